"""Articles like a clear best hit rank higher, and nothing else is found for it."""

from collections.abc import Callable

import pytest

from searchkit import ArticleIndex

MakeIndex = Callable[..., ArticleIndex]

# The question's words are in the first of these more than in the others, which hold them equally.
BEST = "The hippocampus stores memory in sleep: hippocampus, memory, sleep. Spindles and ripples carry it."
ALIKE = "In sleep there are spindles and ripples all night long, and that is it."
OTHER = "In sleep there are dragons and castles all night long, and that is it."
MORE = {
    "dragon": "A tale of dragons, of a king and his men",
    "castle": "Of castles, and of how they were built by men",
    "spindle": "Spindles turn, and the wool becomes yarn",
    "ripple": "Ripples on the water of a lake",
} | {f"filler{number}": f"Number {number} is of no use to anybody" for number in range(12)}
QUESTION = "hippocampus memory sleep"


def test_what_is_like_the_best_hit_ranks_above_what_is_not(make_index: MakeIndex) -> None:
    index = make_index(best=BEST, z_alike=ALIKE, a_other=OTHER, **MORE)
    assert [hit.id for hit in index.search(QUESTION)] == ["best", "z_alike", "a_other"]
    assert [identifier for identifier, _ in index.rank(QUESTION)] == ["best", "z_alike", "a_other"]


def test_nothing_more_is_found_or_highlighted(make_index: MakeIndex) -> None:
    results = make_index(best=BEST, alike=ALIKE, other=OTHER, **MORE).search(QUESTION)
    assert results.total == 3
    for hit in results:
        marked = {hit.snippet.text[start:end].lower() for start, end in hit.snippet.highlights}
        assert marked <= {"hippocampus", "memory", "sleep"}


def test_a_best_hit_that_is_not_clearly_so_decides_nothing(make_index: MakeIndex) -> None:
    index = make_index(best=ALIKE, z_alike=ALIKE, a_other=OTHER, **MORE)
    assert len({hit.score for hit in index.search("sleep")}) == 1


def test_pages_are_of_one_order(make_index: MakeIndex) -> None:
    index = make_index(best=BEST, z_alike=ALIKE, a_other=OTHER, **MORE)
    whole = [(hit.id, hit.score) for hit in index.search(QUESTION)]
    assert [(hit.id, hit.score) for n in range(3) for hit in index.search(QUESTION, limit=1, offset=n)] == whole


def test_the_explanation_tells_of_it(make_index: MakeIndex) -> None:
    index = make_index(best=BEST, z_alike=ALIKE, a_other=OTHER, **MORE)
    points = {}
    for hit in index.search(QUESTION, explain=True):
        assert hit.explanation is not None
        assert sum(part.points for part in hit.explanation.parts) == pytest.approx(hit.score, abs=1e-6)
        (points[hit.id],) = [part.points for part in hit.explanation.parts if part.text == "like the best hit"]
    assert points["best"] > points["z_alike"] > points["a_other"]
