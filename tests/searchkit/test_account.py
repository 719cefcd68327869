"""A score in words: the points add up, and each word of the query is told of."""

from collections.abc import Callable, Iterator

import pytest

from searchkit import ArticleIndex, ScorePart

MakeIndex = Callable[..., ArticleIndex]

QUERIES = [
    "sleep memory",
    "synaptisk gallring av minnen",
    "突触可塑性 睡眠",
    "नींद और स्मृति",
    "élagage synaptique",
    '"deep sleep" +memory -stress',
    "plast* sleap~ hippocampus",
    "title:sleep author:whitfield",
    "(sleep AND memory) OR mechanism:deep-sleep",
    "镁",
    "*",
    "NOT sleep",
    "",
]


def parts(part: ScorePart) -> Iterator[ScorePart]:
    yield part
    for inner in part.parts:
        yield from parts(inner)


@pytest.mark.parametrize("query", QUERIES)
def test_the_points_of_every_hit_add_up_to_its_score(sample_index: ArticleIndex, query: str) -> None:
    results = sample_index.search(query, limit=50, explain=True)
    assert results.total
    for hit in results:
        assert hit.explanation is not None
        assert hit.explanation.points == pytest.approx(hit.score, abs=1e-6)
        for part in parts(hit.explanation):
            if part.parts:
                assert sum(inner.points for inner in part.parts) == pytest.approx(part.points, abs=1e-6)


def test_articles_alike_are_explained_too(sample_index: ArticleIndex) -> None:
    for hit in sample_index.like("sleep-and-memory.sv", explain=True, limit=50):
        assert hit.explanation is not None
        assert hit.explanation.points == pytest.approx(hit.score, abs=1e-6)
        assert sum(part.points for part in hit.explanation.parts) == pytest.approx(hit.score, abs=1e-6)


def test_every_word_of_the_query_is_told_as_it_was_typed_with_its_places(make_index: MakeIndex) -> None:
    index = make_index(one=("Memories", "Sleeping well. She sleeps."), two="nothing")
    (hit,) = index.search("Sleep MEMORY", explain=True)
    assert hit.explanation is not None
    told = {part.text: [inner.text.partition(":")[0] for inner in part.parts] for part in hit.explanation.parts}
    assert told == {"“Sleep”": ["in the text (en)"], "“MEMORY”": ["in the title (en), as “memori”"]}
    (text,) = [part for part in parts(hit.explanation) if part.text.startswith("in the text")]
    assert "2 times in" in text.text
    assert "in 1 of 2 articles" in text.text


def test_words_side_by_side_and_mechanisms_are_told(make_index: MakeIndex) -> None:
    index = make_index(one="Deep sleep and long-term potentiation.", two="nothing")
    (hit,) = index.search("deep sleep", explain=True)
    assert hit.explanation is not None
    headings = [part.text for part in hit.explanation.parts]
    assert "“deep sleep”, side by side" in headings
    assert "mechanism: deep sleep" in headings
    points = [part.points for part in hit.explanation.parts]
    assert points == sorted(points, reverse=True)


def test_without_asking_nothing_is_explained(sample_index: ArticleIndex) -> None:
    (hit, *_) = sample_index.search("sleep")
    assert hit.explanation is None
    assert "explanation" not in hit.to_dict()
