"""Whatever is asked, an answer comes with bounded work, or an error in one line. Work is counted, never timed."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit import ArticleIndex, Draft, FilterError, InputError, SearchkitError
from searchkit.analyzers import LANGUAGES, analyzer_for
from searchkit.article_index import ArticleSnapshot
from searchkit.index import DEFAULT_ENGINE, Request, engine_class
from searchkit.index.engine import Document
from searchkit.index.fuzzy import edit_distance, most_frequent, similar, within_distance
from searchkit.index.query import Fuzzy, Prefix, Query
from searchkit.limits import (
    MAX_DEPTH,
    MAX_EXPANSIONS,
    MAX_FILTER_VALUES,
    MAX_HITS,
    MAX_NOTES,
    MAX_PATTERNS,
    MAX_QUERY_CHARACTERS,
    MAX_QUERY_WORDS,
    MAX_TOKEN,
    MAX_VALUE_CHARACTERS,
)
from searchkit.query import Anything, Group, Node, Word, parse, spelled

EMBEDDED = ("tantivy", "whoosh")
_MEGABYTE = 1 << 20
_HAN = "".join(chr(0x4E00 + place * 7919 % 20_000) for place in range(8_000))

# Each is made when it is needed: together they would be hundreds of megabytes.
HOSTILE: dict[str, Callable[[], str]] = {
    "a megabyte of one word": lambda: "a" * _MEGABYTE,
    "a megabyte of spaces": lambda: " " * _MEGABYTE,
    "a megabyte of quotes": lambda: '"' * _MEGABYTE,
    "a megabyte of quotes without their other half": lambda: "“" * _MEGABYTE,
    "a megabyte of brackets": lambda: "(" * _MEGABYTE,
    "a megabyte of closing brackets": lambda: ")" * _MEGABYTE,
    "a megabyte of Chinese": lambda: "睡眠" * (_MEGABYTE // 2),
    "eight thousand Chinese characters": lambda: _HAN,
    "a phrase of them": lambda: f'"{_HAN}"',
    "a megabyte of combining marks": lambda: "a" + "\u0301\u0323" * (_MEGABYTE // 2),
    "marks without a letter": lambda: "\u0301" * _MEGABYTE,
    "a megabyte of vowel signs": lambda: "क" + "ि" * _MEGABYTE,
    "a megabyte of viramas": lambda: "क्" * (_MEGABYTE // 2),
    "a megabyte of digits": lambda: "7" * _MEGABYTE,
    "a megabyte of emoji": lambda: "😀" * _MEGABYTE,
    "joiners": lambda: "a\u200d" * 10_000,
    "a megabyte of NUL": lambda: "\0" * _MEGABYTE,
    "a megabyte of direction controls": lambda: "\u202e" * _MEGABYTE,
    "halves of surrogate pairs": lambda: "a\ud800 \udc00b " * 10_000,
    "a sign that folds to eighteen": lambda: "\ufdfa" * 10_000,
    "three scripts in one word": lambda: "aक睡" * 5_000,
    "Thai": lambda: "ก" * 10_000,
    "ten thousand words": lambda: " ".join(f"word{number}" for number in range(10_000)),
    "one word ten thousand times": lambda: "sleep " * 10_000,
    "one word that must be there ten thousand times": lambda: "+sleep " * 10_000,
    "ten thousand words that must be there": lambda: " ".join(f"+word{number}" for number in range(10_000)),
    "ten thousand that must not": lambda: "-sleep " * 10_000,
    "AND": lambda: "AND " * 10_000,
    "words with AND": lambda: "sleep AND memory AND " * 5_000,
    "words with OR": lambda: "sleep OR " * 10_000,
    "NOT": lambda: "NOT " * 10_001 + "sleep",
    "NOT and minus": lambda: "-NOT " * 10_000 + "sleep",
    "plus and minus": lambda: "+-" * 10_000 + "sleep",
    "brackets in brackets": lambda: "(" * 5_000 + "sleep" + ")" * 5_000,
    "words and brackets in brackets": lambda: "(sleep " * 5_000,
    "brackets in brackets with AND": lambda: "sleep AND (" * 5_000 + "memory",
    "everything, often": lambda: "(* a) " * 5_000,
    "a wildcard that fits most": lambda: "s*",
    "a wildcard that fits many Chinese words": lambda: "一*",
    "wildcards": lambda: " ".join(f"{chr(97 + number % 26)}*" for number in range(5_000)),
    "stars in words": lambda: "a*" * 5_000,
    "words with errors": lambda: " ".join(f"{chr(97 + number % 26)}b~2" for number in range(5_000)),
    "a megabyte with errors": lambda: "s" + "leep" * (_MEGABYTE // 4) + "~2",
    "tildes": lambda: "~" * 10_000,
    "a phrase of ten thousand words": lambda: '"' + "sleep memory " * 5_000 + '"',
    "ten thousand phrases": lambda: '"sleep memory" ' * 10_000,
    "ten thousand words of fields": lambda: "title:sleep text:memory author:nora " * 3_000,
    "ten thousand fields without words": lambda: "author:" * 10_000,
    "fields and operators": lambda: "language:AND " * 10_000,
    "ten thousand facet values": lambda: "mechanism:nmda-receptor " * 10_000,
    "ten thousand unknown facet values": lambda: " ".join(f"mechanism:x{number}" for number in range(10_000)),
    "an endless facet value": lambda: "mechanism:" + "x" * _MEGABYTE,
    "words with typing errors": lambda: "memroy slepe brian " * 3_000,
    "words written as one": lambda: ("sleepmemory" * 6)[:64],
}


@dataclass
class Work:
    """An engine that counts what it is asked."""

    engine: Any
    asked: Counter[str] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self.engine, name)


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ArticleIndex]]:
    """On each engine: a few articles in the five languages, one of them long and full of one word."""
    texts = {
        "en": "Deep sleep helps the brain to keep a memory. Stress and the NMDA receptor are another story.",
        "sv": "Djup sömn hjälper hjärnan att bevara ett minne.",
        "fr": "Le sommeil profond aide le cerveau à garder la mémoire.",
        "hi": "गहरी नींद मस्तिष्क को स्मृति बनाए रखने में मदद करती है।",
        "zh": "深度睡眠有助于大脑保存记忆。一个一种一些一直一样",
    }
    drafts = [Draft(id=code, title=text[:9], text=text, source="", language=code) for code, text in texts.items()]
    drafts.append(Draft(id="long", title="Long", text="sleep and sleep again " * 2_000, source="", language="en"))
    drafts.append(Draft(id="paste", title="Paste", text=_pasted(), source="", language="en"))
    with ExitStack() as stack:
        made = {}
        for engine in EMBEDDED:
            path = tmp_path_factory.mktemp("hostile") / engine
            index = made[engine] = stack.enter_context(ArticleIndex.create(path, engine=engine))
            index.update(drafts)
        yield made


@pytest.fixture(scope="module")
def counting(indexes: dict[str, ArticleIndex]) -> dict[str, ArticleSnapshot]:
    """Their last commits, which count what is read of them."""
    snapshots = {engine: index.snapshot() for engine, index in indexes.items()}
    for snapshot in snapshots.values():
        snapshot.commit = Work(snapshot.commit)  # type: ignore[assignment]
    return snapshots


@pytest.fixture(params=EMBEDDED)
def index(request: pytest.FixtureRequest, indexes: dict[str, ArticleIndex]) -> ArticleIndex:
    return indexes[request.param]


def _pasted() -> str:
    """Return an article of more than 20,000 characters in which no sentence says anything."""
    chosen = random.Random(7)
    words = ["sleep", "memory", "brain", "stress", *(f"{a}{b}orin" for a in "bdfgklmnprst" for b in "aeiou")]
    return "".join(f"{' '.join(chosen.choices(words, k=9)).capitalize()}.\n" for _ in range(400))


def _work(snapshot: ArticleSnapshot) -> Counter[str]:
    """Return the counts of what is read of a commit from now on."""
    assert isinstance(snapshot.commit, Work)
    snapshot.commit.asked = Counter()
    return snapshot.commit.asked


def _nodes(root: Group) -> Iterator[tuple[Node, int]]:
    left: list[tuple[Node, int]] = [(root, 0)]
    while left:
        node, depth = left.pop()
        yield node, depth
        if isinstance(node, Group):
            left += [(part, depth + 1) for part in (*node.must, *node.should, *node.must_not)]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_tree_of_a_query_is_bounded(name: str) -> None:
    query = HOSTILE[name]()
    nodes = list(_nodes(parse(query).root))
    leaves = [node for node, _ in nodes if not isinstance(node, Group)]
    patterns = [node for node in leaves if isinstance(node, Anything) or getattr(node, "prefix", False)]
    patterns += [node for node in leaves if getattr(node, "distance", 0)]
    assert len(leaves) <= MAX_QUERY_WORDS
    assert len(patterns) <= MAX_PATTERNS
    # A bracket holds alternatives, of what goes together, of what is excluded.
    assert max(depth for _, depth in nodes) <= 4 * (MAX_DEPTH + 1)
    assert sum(len(getattr(node, "text", "")) for node in leaves) <= MAX_QUERY_CHARACTERS
    assert all(span.end <= MAX_QUERY_CHARACTERS for span in spelled(query))


# Of one word in five languages; a query of all its words may ask as often for each.
_ASKED_FOR_A_WORD = 120


# All on the default engine; on the other those that are work for the engine itself.
_ON_BOTH = ("wildcard", "errors", "phrase", "everything", "must", "surrogate", "NUL", "one word")
_SEARCHED = [
    (name, engine)
    for name in HOSTILE
    for engine in EMBEDDED
    if engine == DEFAULT_ENGINE or any(part in name for part in _ON_BOTH)
]


@pytest.mark.parametrize(("name", "engine"), _SEARCHED)
def test_a_search_does_bounded_work(name: str, engine: str, counting: dict[str, ArticleSnapshot]) -> None:
    snapshot = counting[engine]
    work = _work(snapshot)
    results = snapshot.search(HOSTILE[name](), limit=2)
    assert len(results) <= 2
    assert len(results.notes) <= MAX_NOTES
    assert all(len(note) < 300 and "\n" not in note for note in results.notes)
    assert work["document_frequency"] <= _ASKED_FOR_A_WORD * MAX_QUERY_WORDS
    assert work["search"], "nothing was counted"
    # Those of the page, of feedback, of corrections, and of the facet values that a query names.
    assert work["search"] <= 100 + MAX_QUERY_WORDS
    # Eight words are looked for at most, in three kinds of text in each of five languages.
    assert work["similar"] <= 8 * 3 * 5


def test_a_pasted_article_finds_itself_and_a_note_says_what_was_read(index: ArticleIndex) -> None:
    pasted = _pasted()
    assert len(pasted) > MAX_QUERY_CHARACTERS
    results = index.search(pasted)
    assert results.hits[0].article.id == "paste"
    assert any("very long" in note for note in results.notes)
    assert results.suggestion is None


def test_a_pasted_paragraph_is_read_whole(index: ArticleIndex) -> None:
    paragraph = " ".join(_pasted().split()[:MAX_QUERY_WORDS])
    assert not parse(paragraph).truncated
    assert index.search(paragraph).notes == ()


def test_what_is_left_out_of_a_query_is_told(index: ArticleIndex) -> None:
    (note,) = index.search("a* " * (MAX_PATTERNS + 1)).notes
    assert str(MAX_PATTERNS) in note
    assert parse("a* " * MAX_PATTERNS).patterns_left_out is False


def test_the_words_of_scripts_without_spaces_are_two_characters() -> None:
    (word,) = parse("睡" * (2 * MAX_QUERY_WORDS + 1)).root.should
    assert isinstance(word, Word)
    assert len(word.text) == 2 * MAX_QUERY_WORDS
    assert not parse("睡" * 2 * MAX_QUERY_WORDS).truncated


def test_signs_and_not_in_any_number_are_one() -> None:
    assert (
        parse("-NOT " * 3_000 + "a").root == Group(should=(Group(must_not=(Word("a"),)),))
        or parse("NOT -NOT -a").root == parse("a").root
    )


@pytest.mark.parametrize("limit", [-1, MAX_HITS + 1, 10**18, 10**30, float("nan"), float("inf"), 2.5, "5", None])
def test_a_page_that_cannot_be_is_an_error_in_one_line(limit: Any, index: ArticleIndex) -> None:
    for options in ({"limit": limit}, {"offset": limit}):
        with pytest.raises(InputError, match=r"limit|offset") as raised:
            index.search("sleep", **options)
        assert len(str(raised.value).splitlines()) == 1


def test_the_largest_page_is_answered(index: ArticleIndex) -> None:
    assert index.search("*", limit=MAX_HITS).total == 7
    assert index.search("*", offset=MAX_HITS - 10).hits == ()
    with pytest.raises(InputError, match="10,000"):
        index.search("*", offset=MAX_HITS)


@pytest.mark.parametrize("strength", [float("nan"), float("inf"), -1, 1.01, 10**400, "much", None])
def test_a_strength_that_is_none_is_an_error(strength: Any, index: ArticleIndex) -> None:
    with pytest.raises(InputError, match="min_strength must be from 0 to 1"):
        index.search("sleep", min_strength=strength)


@pytest.mark.parametrize("query", [None, 5, b"sleep", ["sleep"]])
def test_what_is_no_text_is_no_query(query: Any, index: ArticleIndex) -> None:
    with pytest.raises(InputError, match="a query is a text"):
        index.search(query)


def test_filters_with_very_many_or_very_long_values_are_errors_in_one_short_line(index: ArticleIndex) -> None:
    with pytest.raises(InputError, match=r"10,000 values; 1,000"):
        index.search("sleep", study=[f"study-{number}" for number in range(10 * MAX_FILTER_VALUES)])
    assert index.search("sleep", language=["en"] * 10_000).total == 3
    for name in ("language", "study", "mechanism", "study_type"):
        for value in ("x" * _MEGABYTE, "x" * MAX_VALUE_CHARACTERS, "\x1b[2J\n\ud800" * 9):
            with pytest.raises(FilterError) as raised:
                index.search("sleep", **{name: value})
            assert len(str(raised.value)) < 400
            assert str(raised.value).isprintable()


def test_very_long_ids_are_told_in_short(index: ArticleIndex) -> None:
    with pytest.raises(InputError, match=r"no article has the id .*1,048,576 characters") as raised:
        index.get("x" * _MEGABYTE)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    "typed",
    ["s", "一", "a" * _MEGABYTE, "睡" * 500, "क" + "ि" * 499, "\ud800", "\0", "sleep \uff9e", "a " * 249 + "b"],
)
@pytest.mark.parametrize("engine", EMBEDDED)
def test_what_somebody_types_is_completed_with_bounded_work(
    typed: str, engine: str, counting: dict[str, ArticleSnapshot]
) -> None:
    index = counting[engine]
    work = _work(index)
    index.complete(typed, 10)
    assert work["terms"] <= 8 * 2 * 5
    # For every form the word before it, and the articles in which to see how it is written.
    assert work["search"] <= 8 * 2 * 5 * 40
    with pytest.raises(InputError):
        index.complete(typed, float("nan"))  # type: ignore[arg-type]


def test_a_word_that_fills_a_long_article_is_shown_in_one_passage(index: ArticleIndex) -> None:
    (hit,) = [hit for hit in index.search("sleep again sleep~ s*").hits if hit.article.id == "long"]
    assert len(hit.snippet.text) < 500
    assert 0 < len(hit.snippet.highlights) < 100


def test_everything_can_be_explained_and_put_together(index: ArticleIndex) -> None:
    for query in ("*", "s* m~2 一*", "sleep " * 1_000):
        results = index.search(query, explain=True, collapse=True)
        assert all(hit.explanation is not None for hit in results)


# Words with typing errors

_WORDS = st.text("abé睡", max_size=6)


@settings(max_examples=150, deadline=None, database=None)
@given(st.sets(_WORDS, max_size=40), _WORDS, st.integers(0, 3), st.booleans())
def test_similar_words_are_those_within_the_distance(
    words: set[str], typed: str, distance: int, exchanges: bool
) -> None:
    terms = sorted(words)

    def fits(term: str) -> bool:
        if exchanges:
            return edit_distance(term, typed, distance) is not None
        return within_distance(term, typed, distance)

    expected = [place for place, term in enumerate(terms) if fits(term)]
    assert list(similar(terms, typed, distance, exchanges=exchanges)) == expected


class _Read(list[str]):
    """Terms that count how often one is read."""

    reads = 0

    def __getitem__(self, place: Any) -> Any:
        self.reads += 1
        return super().__getitem__(place)


def test_few_of_many_terms_are_read_for_a_word_with_errors() -> None:
    syllables = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
    terms = _Read(sorted(f"s{a}{b}{c}" for a in syllables for b in syllables for c in syllables[:30]))
    assert len(terms) == 108_000
    for distance, most in ((1, len(terms) / 10), (2, len(terms) / 2)):
        terms.reads = 0
        assert list(similar(terms, "sbakade", distance))
        assert terms.reads < most


@pytest.fixture(scope="module", params=EMBEDDED)
def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An engine with more terms near a word than are read, each in one document, the last one in two."""
    terms = sorted(f"a{chr(0x4E00 + one)}{chr(0x4E00 + other)}" for one in range(34) for other in range(34))
    engine = engine_class(request.param).create(tmp_path_factory.mktemp("crowded") / "index")
    special = ["b.x", "bzx", "b*", "b\nx", "b\\x", "b(x", "c" * 300]
    with engine.writer() as writer:
        for number, term in enumerate([*terms, terms[-1], *special]):
            writer.add(Document(f"{number:05}", "en", {"body": [(term, 0)]}, {}, 0, "", "", b""))
        writer.commit()
    return engine


def _found(engine: Any, query: Query) -> list[str]:
    return [hit.id for hit in engine.search(Request(query, limit=2_000, stored=False)).hits]


def test_of_very_many_similar_words_those_of_most_documents_are_taken(crowded: Any) -> None:
    found = _found(crowded, Fuzzy("body_en", "a", distance=2))
    assert found == [*(f"{number:05}" for number in range(MAX_EXPANSIONS - 1)), "01155", "01156"]


def test_the_most_frequent_of_some_terms_come_first_and_then_by_code_point() -> None:
    assert most_frequent([("b", 1), ("a", 1), ("c", 2)], 2) == ["c", "a"]


@pytest.mark.parametrize(
    ("prefix", "number"),
    [("b.", 1), ("b*", 1), ("b\n", 1), ("b\\", 1), ("b(", 1), ("b", 6), ("a", 1_157), ("", 1_164)],
)
def test_a_prefix_is_no_pattern(prefix: str, number: int, crowded: Any) -> None:
    assert len(_found(crowded, Prefix("body_en", prefix))) == number


def test_a_very_long_prefix_is_one(crowded: Any) -> None:
    assert len(_found(crowded, Prefix("body_en", "c" * 299))) == 1
    assert not _found(crowded, Prefix("body_en", "c" * 301))


# Tokens


@pytest.mark.parametrize("code", [*LANGUAGES, "ja", "th", "xx"])
@pytest.mark.parametrize(
    "surface", ["x" * 2_000, "क" + "ि" * 2_000, "睡" + "\u0301\u0323" * 2_000, "\ufdfa" * 300, "9" * 2_000]
)
def test_a_long_token_is_cut_and_stands_for_the_whole_word(code: str, surface: str) -> None:
    tokens = list(analyzer_for(code).tokens(f"{surface} end"))
    assert all(0 < len(token.text) <= MAX_TOKEN for token in tokens)
    assert (tokens[0].start, max(token.end for token in tokens if token.start == 0)) == (0, len(surface))
    assert tokens[-1].end == len(surface) + 4


def test_a_word_longer_than_a_token_is_found_by_itself_and_its_beginning(tmp_path: Any) -> None:
    word = "gatccatt" * 40
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([Draft(id="gene", title="", text=f"The gene {word} is long.", source="", language="en")])
        for query in (word, f'"gene {word}"', word[:200] + "*", f"+{word}", f"{word}~"):
            assert index.search(query).total == 1
        assert index.search(word[:MAX_TOKEN] + "x").total == 1  # the beginning decides
        assert index.search(word[:200]).total == 0


# Any query

_PIECES = st.sampled_from(
    [
        *("sleep", "slepe", "sömn", "睡眠", "一", "नींद", "memory", "stress", "a", "the", "x" * 300, "7", "१२"),
        *("AND", "OR", "NOT", "+", "-", "(", ")", '"', "“", "”", "*", "~", "~2", " ", " ", " ", "\n", "\u3000"),
        *(
            "title:",
            "text:",
            "author:",
            "language:",
            "mechanism:",
            "study:",
            "en",
            "nmda-receptor",
            ":",
            "\\",
            "^",
        ),
        *(
            "\ud800",
            "\0",
            "sleep \uff9e",
            "\u202e",
            "\u200d",
            "\u0301",
            "ि",
            "\ufdfa",
            "😀",
            "\U0010ffff",
            "İ",
            "ß",
            "\x1b[2J",
        ),
    ]
)
_QUERIES = st.one_of(st.lists(_PIECES, max_size=25).map("".join), st.text(st.characters(exclude_categories=())))


@settings(max_examples=200, deadline=None, database=None)
@given(_QUERIES)
def test_any_query_has_a_tree_within_the_limits(query: str) -> None:
    assert sum(not isinstance(node, Group) for node, _ in _nodes(parse(query).root)) <= MAX_QUERY_WORDS


@settings(max_examples=30, deadline=None, database=None)
@given(query=_QUERIES, limit=st.integers(0, 3), expand=st.booleans(), engine=st.sampled_from(EMBEDDED))
def test_any_query_is_answered(
    query: str, limit: int, expand: bool, engine: str, indexes: dict[str, ArticleIndex]
) -> None:
    index = indexes[engine]
    results = index.search(query, limit=limit, expand=expand, collapse=limit > 1)
    assert len(results) <= min(limit, results.total)
    with suppress(SearchkitError):
        index.search("sleep", mechanism=query, language=query)
    index.complete(query, 3)
