from collections.abc import Callable

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit import ArticleIndex, Hit
from searchkit.analyzers import analyzer_for
from searchkit.article import Article
from searchkit.index.query import Bool, Term
from searchkit.matches import Sought
from searchkit.snippets import best_snippet, merge
from searchkit.stored import StoredArticle
from searchkit.termvector import TermVector

MakeIndex = Callable[..., ArticleIndex]


def marked(hit: Hit) -> list[str]:
    return [hit.snippet.text[start:end] for start, end in hit.snippet.highlights]


def only(index: ArticleIndex, query: str) -> Hit:
    (hit,) = index.search(query)
    return hit


@pytest.mark.parametrize(
    ("language", "text", "query", "expected"),
    [
        ("en", "Synapses change. A synapse is small.", "synapse", ["Synapses", "synapse"]),
        ("sv", "Hjärnans minne. En hjärna.", "hjärnan", ["Hjärnans", "hjärna"]),
        ("fr", "L'hippocampe grandit.", "hippocampes", ["hippocampe"]),
        ("hi", "मैग्नीशियम और नींद।", "मैग्नीशियम", ["मैग्नीशियम"]),
        ("zh", "突触可塑性很重要。", "可塑性", ["可塑性"]),
        ("zh", "突触可塑性很重要。", "突觸", ["突触"]),
        ("zh", "提高镁含量。", "镁", ["镁"]),
        ("zh", "服用MMFS配方。", "mmfs", ["MMFS"]),
        ("en", "The code MMFS-01 was used.", "mmfs-01", ["MMFS-01"]),
        ("en", "Deep sleep, not deep water or sleep.", '"deep sleep"', ["Deep sleep"]),
        ("en", "Plasticity and plastics.", "plast*", ["Plasticity", "plastics"]),
        ("en", "Plasticity matters.", "plastcity~", ["Plasticity"]),
        ("en", "ＮＭＤＡ in wide letters.", "nmda", ["ＮＭＤＡ"]),
        ("en", "Cafe\u0301 noir.", "café", ["Cafe\u0301"]),
    ],
)
def test_highlights_are_the_words_as_they_stand(
    make_index: MakeIndex, language: str, text: str, query: str, expected: list[str]
) -> None:
    assert marked(only(make_index(language, one=text), query)) == expected


def test_the_snippet_is_the_passage_with_most_of_the_query(make_index: MakeIndex) -> None:
    filler = "Nothing of interest is written in this sentence, which only takes room. " * 8
    text = f"Sleep comes first. {filler}Deep sleep strengthens memory in the hippocampus. {filler}Memory again."
    hit = only(make_index(one=text), "sleep memory hippocampus")
    assert hit.snippet.text.startswith("Deep sleep strengthens memory in the hippocampus.")
    assert text[hit.snippet.start :].startswith(hit.snippet.text)


def test_without_a_match_in_the_text_the_snippet_is_its_beginning(make_index: MakeIndex) -> None:
    hit = only(make_index(one=("Sleep", "The text begins here. It goes on.")), "sleep")
    assert hit.snippet.text.startswith("The text begins here.")
    assert hit.snippet.highlights == ()
    assert hit.title_highlights == ((0, 5),)


def test_a_passage_does_not_run_into_the_next_section(make_index: MakeIndex) -> None:
    hit = only(
        make_index(
            one="Memory is kept here in this sentence.\n\nAnother heading\n\nMore text follows, with a full stop."
        ),
        "memory",
    )
    assert "Another heading" not in hit.snippet.text


def test_spans_that_touch_overlap_or_are_joined_by_a_hyphen_are_one() -> None:
    assert merge([(0, 2), (1, 4), (4, 6), (8, 9)]) == ((0, 6), (8, 9))
    assert merge([(0, 4), (5, 7)], "MMFS-01") == ((0, 7),)
    assert merge([(0, 4), (5, 7)], "MMFS 01") == ((0, 4), (5, 7))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
clusters = st.sampled_from(
    ["é", "e\u0301", "हिन्दी", "क्षि", "👩🏽‍🔬", "各", "ก็", "a", " ", ". ", "\n", "突触", "sömn "]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(texts, clusters), max_size=60),
    st.sampled_from(["zh", "sv", "hi", "fr", "en"]),
    st.data(),
)
def test_snippets_cut_no_grapheme_and_highlights_are_matches(
    parts: list[str], language: str, data: st.DataObject
) -> None:
    text = "".join(parts)
    analyzer = analyzer_for(language)
    tokens = list(analyzer.tokens(text))
    stored = StoredArticle(Article("x", "", text, language), TermVector.of(()), TermVector.of(tokens))
    terms = sorted({token.text for token in tokens})
    chosen = data.draw(st.lists(st.sampled_from(terms), max_size=3)) if terms else []
    query = Bool(should=tuple(Term(f"body_{language}", term) for term in chosen))
    found = Sought(query).find(stored, "body")
    snippet = best_snippet(text, found)
    end = snippet.start + len(snippet.text)
    assert text[snippet.start : end] == snippet.text
    graphemes = [match.span() for match in regex.finditer(r"\X", text)]
    assert {snippet.start, end} <= {0, *(after for _, after in graphemes)}
    surfaces = {(token.start, token.end) for token in tokens if token.text in chosen}
    matched = {place for low, high in surfaces for place in range(low, high)}
    covered = {place for span in graphemes if matched.intersection(range(*span)) for place in range(*span)}
    for low, high in snippet.highlights:
        assert 0 <= low < high <= len(snippet.text)
        assert set(range(low + snippet.start, high + snippet.start)) - covered <= {
            place for place, char in enumerate(text) if char in "-‐‑–'’/"
        }


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.sampled_from(["zh", "sv", "hi"]))
def test_a_term_vector_comes_back_as_it_was(text: str, language: str) -> None:
    tokens = list(analyzer_for(language).tokens(text))
    assert list(TermVector.from_bytes(TermVector.of(tokens).to_bytes())) == tokens
