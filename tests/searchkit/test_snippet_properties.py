"""Every snippet of every hit, in five languages: highlights are matches, and no grapheme is cut.

Words, queries and articles are drawn at random, indexed and searched as a person would; what is asked of the
answer is worked out anew from the text, with nothing of what made the snippet.
"""

import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit import ArticleIndex, Draft, Hit
from searchkit.alike import likeness
from searchkit.analyzers import Analyzer, analyzer_for
from searchkit.index import query as engine
from searchkit.index.fuzzy import within_distance

LANGUAGES = ("zh", "sv", "hi", "fr", "en")

# Words of each language, inflected, compound and misspelled, and what breaks naive cutting: marks of their own,
# conjuncts, joiners, signs that are no letters, pictures made of several characters.
WORDS = {
    "zh": [
        "突触可塑性",
        "突触",
        "可塑",
        "塑性",
        "睡眠",
        "记忆",
        "神经可塑性",
        "NMDA受体",
        "深睡",
        "葛\U000e0100城",
        "镁",
    ],
    "sv": [
        "synapserna",
        "synaps",
        "sömn",
        "so\u0308mnens",
        "hjärnans",
        "hjärna",
        "NMDA-receptor",
        "minnet",
        "a\u200c",
    ],
    "hi": ["न्यूरोप्लास्टिसिटी", "नींद", "क्षति", "हिन्दी", "हिंदी", "स्मृति", "श्रृंखला", "क\u094d\u200dष", "मैग्नीशियम"],
    "fr": [
        "l'hippocampe",
        "sommeil",
        "mémoire",
        "me\u0301moire",
        "plasticité",
        "synaptique",
        "aujourd’hui",
        "œuf",
    ],
    "en": [
        "synapses",
        "synapse",
        "sleep",
        "deep",
        "memory",
        "plasticity",
        "MMFS-01",
        "ＮＭＤＡ",
        "don't",
        "1\ufe0f\u20e3",
    ],
}
ODD = [
    "👩🏽‍🔬",
    "🇸🇪🇮🇳",
    "e\u0301\u0323",
    "各\u0301",
    "ｶﾞﾝ",
    "か\u3099",
    "각",
    "ก็ำ",
    "\u0600",
    "❤\ufe0f",
    "a\u0308\u0323\u200d",
    "\u00ad",
]
JOINTS = [" ", " ", " ", ", ", ". ", "。", "，", "।\n", "\n", "\n\n", "", "", "-", "/", "\r\n", "\u0301 "]


def texts(language: str) -> st.SearchStrategy[str]:
    words = st.sampled_from([*WORDS[language], *WORDS[language], *WORDS["en"], *ODD])
    some = st.one_of(words, words, words, st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
    return st.lists(st.tuples(some, st.sampled_from(JOINTS)), max_size=80).map(
        lambda parts: "".join(word + joint for word, joint in parts)
    )


ANY_WORD = st.sampled_from([word for words in WORDS.values() for word in words] + ODD)
QUERIES = st.lists(
    st.one_of(
        ANY_WORD,
        ANY_WORD,
        st.lists(ANY_WORD, min_size=2, max_size=3).map(lambda words: f'"{" ".join(words)}"'),
        ANY_WORD.map(lambda word: f"{word[:3]}*"),
        ANY_WORD.map(lambda word: f"{word[:-1]}~"),
        ANY_WORD.map(lambda word: f"+{word}"),
        ANY_WORD.map(lambda word: f"title:{word}"),
    ),
    min_size=1,
    max_size=4,
).map(" ".join)


@cache
def boundaries(text: str) -> frozenset[int]:
    return frozenset({0, *(match.end() for match in regex.finditer(r"\X", text))})


def cuts_no_grapheme(text: str, start: int, end: int) -> bool:
    return {start, end} <= boundaries(text)


def is_match(surface: str, leaf: engine.Query, field: str, analyzer: Analyzer, index: ArticleIndex) -> bool:
    """Tell whether a text, by itself, is what a leaf of a query looks for."""
    tokens = list(analyzer.tokens(surface))
    match leaf:
        case engine.Term(at, text):
            return at == field and any(token.text == text for token in tokens)
        case engine.Prefix(at, prefix):
            return at == field and any(token.text.startswith(prefix) for token in tokens)
        case engine.Fuzzy(at, text, distance):
            return at == field and any(within_distance(token.text, text, distance) for token in tokens)
        case engine.Phrase(at, terms):
            stands = {(token.text, token.position) for token in tokens}
            return at == field and any(
                all((text, position + offset) in stands for offset, text in terms)
                for word, position in stands
                if word == terms[0][1]
            )
        case engine.Synonyms(alternatives):
            return any(is_match(surface, one, field, analyzer, index) for one in alternatives)
        case engine.Facet("mechanism", values):
            named = {match.key for match in index.vocabulary.find(surface, analyzer)}
            return not index.vocabulary.closed(named).isdisjoint(values)
    return False


def wanted(looked_for: list[engine.Query], field: str) -> set[str]:
    """Return the terms that leaves look for in a field."""
    alternatives = [leaf.alternatives if isinstance(leaf, engine.Synonyms) else (leaf,) for leaf in looked_for]
    return {
        one.text for some in alternatives for one in some if isinstance(one, engine.Term) and one.field == field
    }


def is_compound(text: str, start: int, end: int, terms: set[str], analyzer: Analyzer) -> bool:
    """Tell whether a span is parts of a compound, each of which is a term, or a whole word with them."""
    first = regex.search(r"[\p{L}\p{M}\p{N}]*$", text[:start])
    after = regex.match(r"[\p{L}\p{M}\p{N}]*", text[end:])
    assert first is not None
    assert after is not None
    around = first.start()
    tokens = list(analyzer.tokens(text[around : end + after.end()]))
    found = [token for token in tokens if token.text in terms]
    spans = {(around + token.start, around + token.end) for token in found}
    return any(low <= start < high for low, high in spans) and any(low < end <= high for low, high in spans)


def leaves(index: ArticleIndex, query: str) -> list[engine.Query]:
    tree, _ = index.snapshot()._compile(query, expand=True)
    return list(engine.leaves(tree))


def assert_right(hit: Hit, looked_for: list[engine.Query], index: ArticleIndex) -> None:
    analyzer = analyzer_for(hit.language, index.vocabulary.words_without_spaces())
    article, snippet = hit.article, hit.snippet
    assert article.text[snippet.start : snippet.start + len(snippet.text)] == snippet.text
    assert cuts_no_grapheme(article.text, snippet.start, snippet.start + len(snippet.text))
    for kind, text, start, spans in (
        ("body", article.text, snippet.start, snippet.highlights),
        ("title", article.title, 0, hit.title_highlights),
    ):
        field = engine.field_name(kind, hit.language)
        for low, high in spans:
            assert 0 <= low < high <= len(snippet.text if kind == "body" else text)
            surface = text[start + low : start + high]
            assert cuts_no_grapheme(text, start + low, start + high), (text, surface)
            assert any(is_match(surface, leaf, field, analyzer, index) for leaf in looked_for), (
                surface,
                looked_for,
            )
        # What overlaps or touches is one highlight, so that no word is marked twice.
        assert all(before[1] < after[0] for before, after in pairwise(spans))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.fixed_dictionaries({code: st.tuples(texts(code), texts(code)) for code in LANGUAGES}),
    st.lists(QUERIES, min_size=1, max_size=8),
)
def test_every_highlight_is_a_match_and_no_grapheme_is_cut(
    articles: dict[str, tuple[str, str]], queries: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder, ArticleIndex.create(Path(folder) / "index") as index:
        index.update(
            Draft(id=code, title=title[:120], text=text, source="random", language=code)
            for code, (title, text) in articles.items()
        )
        for query in queries:
            looked_for = leaves(index, query)
            for hit in index.search(query, limit=10, facets=False):
                assert_right(hit, looked_for, index)


def some_of(index: ArticleIndex) -> list[str]:
    """Return the ids of some articles, in all languages."""
    found = index.ids()
    return found[:: max(len(found) // 12, 1)]


def words_of(index: ArticleIndex) -> Iterator[str]:
    """Yield queries made of what the articles say: words, pairs, phrases, and parts of words."""
    for identifier in some_of(index):
        article = index.get(identifier)
        found = regex.findall(r"[\p{L}\p{M}\p{N}]+", article.text)
        for number in range(0, len(found) - 1, max(len(found) // 2, 1)):
            one, other = found[number][:8], found[number + 1][:8]
            yield from (one, f"{one} {other}", f'"{one} {other}"', f"{one[:4]}*", f"{other}~")
    yield from (concept["en"][0] for concept in list(index.vocabulary.concepts.values())[:8])


@pytest.mark.parametrize("which", ["sample_index", "real_index"])
def test_every_snippet_of_whole_articles_is_right(request: pytest.FixtureRequest, which: str) -> None:
    index: ArticleIndex = request.getfixturevalue(which)
    shown = 0
    for query in words_of(index):
        looked_for = leaves(index, query)
        for hit in index.search(query, limit=5, facets=False):
            assert_right(hit, looked_for, index)
            shown += len(hit.snippet.highlights)
    for identifier in some_of(index):
        stored = index.stored(identifier)
        alike = likeness(stored, index._engine, analyzer_for(stored.article.language))
        for hit in index.like(identifier, limit=5, facets=False):
            assert_right(hit, list(engine.leaves(alike.query)), index)
            shown += len(hit.snippet.highlights)
    assert shown > 100


def test_a_combined_character_is_highlighted_whole(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([Draft(id="x", title="", text="日本の葛\U000e0100城市。", source="x", language="zh")])
        (hit,) = index.search("葛")
        assert [hit.snippet.text[low:high] for low, high in hit.snippet.highlights] == ["葛\U000e0100"]
