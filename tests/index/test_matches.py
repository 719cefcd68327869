from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.index import matches
from searchkit.index.matches import Matches, added_up, distinct, mask_of, summed, values_at

SIZE = 40
NUMBERS = st.lists(st.integers(0, SIZE - 1), max_size=30)
PARTS = st.lists(st.dictionaries(st.integers(0, SIZE - 1), st.integers(0, 9), max_size=20), max_size=5)


def made(values):
    numbers = sorted(values)
    return Matches(np.array(numbers, np.int64), np.array([values[number] for number in numbers], float))


def said(part):
    assert part.numbers.dtype == np.int64
    assert part.values.dtype == np.float64
    return list(zip(part.numbers.tolist(), part.values.tolist(), strict=True))


@pytest.fixture(params=[0, 10_000], ids=["few of all", "most of all"], autouse=True)
def _dense(request):
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(matches, "_DENSE", request.param)
        yield


@given(parts=PARTS)
def test_values_of_a_document_add_up(parts):
    expected = Counter()
    for part in parts:
        for number, value in part.items():
            expected[number] += value

    assert said(summed([made(part) for part in parts], SIZE)) == sorted(expected.items())


@given(numbers=NUMBERS)
def test_documents_in_any_order_are_put_in_order(numbers):
    array = np.array(numbers, np.int64)

    assert distinct(array, SIZE).tolist() == sorted(set(numbers))
    assert said(added_up(array, np.ones(len(array)), SIZE)) == sorted(Counter(numbers).items())
    assert np.flatnonzero(mask_of(array, SIZE)).tolist() == sorted(set(numbers))


@given(
    part=st.dictionaries(st.integers(0, SIZE - 1), st.integers(1, 9)), numbers=st.sets(st.integers(0, SIZE - 1))
)
def test_documents_are_looked_up(part, numbers):
    found, values = values_at(made(part), np.array(sorted(numbers), np.int64), SIZE)

    assert found.tolist() == [number in part for number in sorted(numbers)]
    assert values.tolist() == [part.get(number, 0) for number in sorted(numbers)]


def test_documents_whose_values_are_zero_match_all_the_same():
    both = [made({1: 0, 3: 0}), made({3: 0, 5: 0})]

    assert said(summed(both, SIZE)) == [(1, 0), (3, 0), (5, 0)]
    assert values_at(both[0], np.array([3, 5]), SIZE)[0].tolist() == [True, False]


def test_values_times_a_factor():
    assert said(made({1: 2, 3: 4}).times(0.5)) == [(1, 1), (3, 2)]
