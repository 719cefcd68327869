from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.index.bm25 import K1, B, at_home, idf, saturation, scored_length

COUNTS = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("documents", "frequency", "expected"),
    [
        (10, 1, log(1 + 9.5 / 1.5)),
        (10, 5, log(2)),
        (10, 10, log(1 + 0.5 / 10.5)),
        (1, 1, log(1 + 0.5 / 1.5)),
        (10, 0, log(1 + 10.5 / 0.5)),
        (0, 0, log(2)),
        (10, 2.5, log(1 + 8 / 3)),
    ],
)
def test_the_weight_of_a_term(documents, frequency, expected):
    assert idf(documents, frequency) == pytest.approx(expected)


@given(documents=COUNTS, frequency=COUNTS)
def test_the_weight_of_a_term_is_positive_even_when_every_document_has_it(documents, frequency):
    assert idf(documents, frequency) > 0


@given(documents=st.integers(2, 10**6), share=st.floats(0, 1))
def test_a_rarer_term_weighs_more(documents, share):
    frequency = 1 + int(share * (documents - 2))

    assert idf(documents, frequency) > idf(documents, frequency + 1)


@pytest.mark.parametrize(
    ("frequency", "length", "average", "expected"),
    [
        (0, 10, 10, 0),
        (1, 10, 10, 1),
        (2, 10, 10, 2 * 2.2 / 3.2),
        (1, 20, 10, 2.2 / (1 + 1.2 * 1.75)),
        (1, 5, 10, 2.2 / (1 + 1.2 * 0.625)),
        (1, 0, 0, 2.2 / (1 + 1.2 * 0.25)),
    ],
)
def test_the_weight_of_occurrences(frequency, length, average, expected):
    assert saturation(frequency, length, average) == pytest.approx(expected)


def test_the_constants_are_the_usual_ones():
    assert (K1, B) == (1.2, 0.75)


@given(frequency=st.integers(1, 1_000), length=st.integers(1, 1_000), average=st.floats(0.5, 1_000))
def test_more_occurrences_and_shorter_texts_weigh_more_up_to_a_limit(frequency, length, average):
    weight = saturation(frequency, length, average)

    assert weight < saturation(frequency + 1, length, average) < K1 + 1
    assert weight >= saturation(frequency, length + 1, average)
    assert weight > saturation(frequency, length * 2, average)


@pytest.mark.parametrize(
    ("statistics", "expected"),
    [
        ([], []),
        ([(100, 7)], [7]),
        ([(0, 0)], [0]),
        # Common in one language, and so as common in the other.
        ([(100, 25), (1_000, 1)], [25, 150]),
        ([(1_000, 1), (100, 25)], [150, 25]),
        ([(100, 100), (10, 0)], [100, 8]),
        # A handful of documents in a small language decides nothing.
        ([(4, 4), (1_000, 1)], [4, 1]),
        ([(1, 1), (1_000, 1)], [1, 1]),
        # A language without documents has no say.
        ([(0, 0), (100, 25)], [0, 25]),
    ],
)
def test_a_word_is_as_common_as_where_it_is_most_at_home(statistics, expected):
    assert at_home(statistics) == pytest.approx(expected)


@given(st.lists(st.tuples(COUNTS, COUNTS), max_size=6))
def test_a_word_is_never_rarer_than_it_is(statistics):
    found = at_home(statistics)

    assert len(found) == len(statistics)
    assert all(raised >= frequency for raised, (_, frequency) in zip(found, statistics, strict=True))


@given(length=st.integers(0, 10**9))
def test_a_length_is_rounded_down_by_an_eighth_at_most_and_short_ones_not_at_all(length):
    assert length * 7 / 8 <= scored_length(length) <= length
    assert length > 40 or scored_length(length) == length
    assert scored_length(scored_length(length)) == scored_length(length)


def test_lengths_are_those_that_a_byte_tells_apart():
    assert [scored_length(length) for length in (41, 42, 59, 1_000, 2**31)] == [40, 42, 56, 984, 2_013_265_944]


def test_many_lengths_are_rounded_like_one():
    lengths = list(range(5_000))
    assert scored_length(np.array(lengths)).tolist() == [scored_length(length) for length in lengths]
