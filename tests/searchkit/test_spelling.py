"""Did you mean: what is suggested for a query with typing errors, and what is left alone."""

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit import ArticleIndex, Draft
from searchkit.analyzers.script import runs
from searchkit.index.fuzzy import edit_distance
from searchkit.query import Span, spelled

MakeIndex = Callable[..., ArticleIndex]


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [
        ("sleeep", "sleep"),
        ("slep", "sleep"),
        ("lseep", "sleep"),
        ("zleep", "sleep"),
        ("emory", "memory"),
        ("hypocampus", "hippocampus"),
        ("elagage synaptiqe", "élagage synaptique"),
        ("quelle est la memoire", "quelle est la mémoire"),
        ("hjärman", "hjärnan"),
        ("नीद", "नींद"),
        ("स्मृत्ति", "स्मृति"),
        ("deepsleep", "deep sleep"),
        ("hippo campus", "hippocampus"),
        # What is not a misspelled word stays as it was typed.
        ('"deep slepe" AND memry', '"deep sleep" AND memory'),
        ("+slepe -strss (memroy OR deep)", "+sleep -strss (memory OR deep)"),
        ("title:slepe language:en", "title:sleep language:en"),
        ("author:Whitfeild", "author:Whitfield"),
        ("sleep’s memmory", "sleep’s memory"),
    ],
)
def test_an_unknown_word_is_replaced_by_the_nearest_of_the_index(
    sample_index: ArticleIndex, query: str, suggestion: str
) -> None:
    assert sample_index.search(query).suggestion == suggestion


@pytest.mark.parametrize(
    "query",
    [
        "",
        "sleep memory",
        "synapses' plasticity",
        "hur påverkar motion hjärnan",
        "what is the sleep of it",
        "睡眠与记忆",
        "突触",
        "slepe~2",
        "sleee*",
        "-slepe",
        "NOT slepe",
        "-(slepe memroy)",
        "mechanism:nmda-receptr",
        "2031 MMFS-99",
        "qqqqqqqq",
        "xy",
        "!!! ???",
        "acetylcholine",  # of a mechanism that no article here names
    ],
)
def test_known_words_and_what_is_no_word_get_no_suggestion(sample_index: ArticleIndex, query: str) -> None:
    assert sample_index.search(query).suggestion is None


def test_no_word_of_an_article_is_a_misspelling(sample_index: ArticleIndex) -> None:
    for identifier in sample_index.ids():
        article = sample_index.get(identifier)
        text = f"{article.title} {article.author} {article.text}"
        words = {text[start:end] for _, start, end in runs(text)}
        assert list(sample_index.snapshot()._speller_now().corrections(" ".join(sorted(words)))) == []


def test_what_is_a_stem_in_another_language_is_no_word(make_index: MakeIndex) -> None:
    # The Swedish stem of the misspelling is the French stem of "densité", which the vocabulary holds.
    assert make_index("sv", one="Synaptisk densitet.").search("densitt").suggestion == "densitet"


def test_a_suggestion_always_finds_something(sample_index: ArticleIndex) -> None:
    assert sample_index.search("slepe AND promenadd").suggestion is None
    assert sample_index.search("slepe memroy", language="hi", expand=False).suggestion is None
    assert sample_index.search("slepe memroy", language="en").suggestion == "sleep memory"


def test_of_words_as_near_the_more_frequent_one_is_suggested(make_index: MakeIndex) -> None:
    index = make_index(one="the cart", two="a card", three="this card", four="card games")
    assert index.search("carx").suggestion == "card"


def test_of_words_as_near_that_of_the_querys_language_is_suggested(tmp_path: object) -> None:
    with ArticleIndex.create(f"{tmp_path}/index") as index:
        index.update(
            [
                *[Draft(id=f"sv{n}", title="", text="ett fält", source="x", language="sv") for n in range(3)],
                Draft(id="en", title="", text="a flat plate", source="x", language="en"),
            ]
        )
        assert index.search("falt plate").suggestion == "flat plate"
        assert index.search("ett falt").suggestion == "ett fält"


def test_a_stem_is_never_suggested(make_index: MakeIndex) -> None:
    index = make_index(one="Memories of memory. Organisation organises.")
    assert index.search("memorie5 memori memorx").suggestion == "memorie5 memori memory"
    assert index.search("organizations").suggestion in {None, "organisation"}


def test_words_are_suggested_as_they_are_written(make_index: MakeIndex) -> None:
    index = make_index(one="The NMDA receptor, says Whitfield. Ketamine blocks it. It is Ketamine.")
    assert index.search("NMDO").suggestion == "NMDA"
    assert index.search("Whitfeld").suggestion == "Whitfield"
    assert index.search("ketamin3 katamine").suggestion == "ketamin3 ketamine"


def test_chinese_words_with_one_wrong_character_are_corrected(make_index: MakeIndex) -> None:
    index = make_index("zh", one="海马体与长时程增强。突触可塑性很重要。")
    assert index.search("突触可朔性").suggestion == "突触可塑性"
    assert index.search("海马").suggestion is None


@pytest.mark.parametrize(
    "query", ["x" * 100_000, "sleeepless " * 20_000, "slepe" * 20_000, "突" * 5_000, "क्ष" * 30_000, '"' * 50_000]
)
def test_queries_of_any_size_are_answered(sample_index: ArticleIndex, query: str) -> None:
    assert sample_index.search(query, facets=False).query == query
    assert len(sample_index.complete(query)) <= 10


def test_counting_alone_suggests_nothing(sample_index: ArticleIndex) -> None:
    assert sample_index.search("slepe", limit=0).suggestion is None


@pytest.mark.parametrize(
    ("query", "spans"),
    [
        ('a "b c" title:d', [(0, 1, None), (3, 6, None), (14, 15, "title")]),
        ("+a -b !c NOT d e", [(1, 2, None), (15, 16, None)]),
        ("(a OR b) -(c d) f", [(1, 2, None), (6, 7, None), (16, 17, None)]),
        ("study:x y* z~ w", [(14, 15, None)]),
        ('"open a', [(1, 5, None), (6, 7, None)]),
    ],
)
def test_the_words_that_a_hit_may_hold_are_told_with_their_places(
    query: str, spans: list[tuple[int, int, str | None]]
) -> None:
    assert spelled(query) == [Span(*span) for span in spans]


@given(st.text(max_size=40))
def test_places_of_words_are_inside_any_query(query: str) -> None:
    ends = [place for span in spelled(query) for place in (span.start, span.end)]
    assert ends == sorted(ends)
    assert all(0 <= place <= len(query) for place in ends)


@pytest.mark.parametrize("language", ["en", "sv", "fr", "hi"])
def test_one_typing_error_in_a_word_of_the_articles_is_put_right(
    sample_index: ArticleIndex, language: str
) -> None:
    (identifier, *_) = (name for name in sample_index.ids() if sample_index.get(name).language == language)
    text = sample_index.get(identifier).text
    words = [text[start:end] for _, start, end in runs(text) if text[start:end].isalpha() or language == "hi"]
    asked = right = 0
    for number, word in enumerate(sorted({word for word in words if len(word) >= 7})[:40]):
        middle = len(word) // 2
        typed = (
            word[:middle] + word[middle + 1 :],
            word[:middle] + word[middle] + word[middle:],
            word[:middle] + word[middle + 1] + word[middle] + word[middle + 2 :],
        )[number % 3]
        results = sample_index.search(typed, limit=1, facets=False)
        if typed != word and (results.suggestion or not results.total):
            asked += 1
            right += results.suggestion is not None and results.suggestion.casefold() == word.casefold()
            assert results.suggestion is None or sample_index.search(results.suggestion).total
    assert asked >= 15
    assert right >= 0.8 * asked


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_the_edit_distance_is_that_of_the_textbook(one: str, other: str) -> None:
    @cache
    def textbook(left: int, right: int) -> int:
        if not left or not right:
            return left + right
        costs = [
            textbook(left - 1, right) + 1,
            textbook(left, right - 1) + 1,
            textbook(left - 1, right - 1) + (one[left - 1] != other[right - 1]),
        ]
        if left > 1 and right > 1 and one[left - 2 : left] == other[right - 2 : right][::-1]:
            costs.append(textbook(left - 2, right - 2) + 1)
        return min(costs)

    right = textbook(len(one), len(other))
    assert edit_distance(one, other, 2) == (right if right <= 2 else None)
