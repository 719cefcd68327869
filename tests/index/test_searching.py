import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from searchkit.index.reader import Kept
from searchkit.index.searching import _best

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(rows=ROWS, most=st.integers(1, 35))
def test_the_best_are_chosen_up_to_ties(rows, most):
    keys = [np.array([row[0] for row in rows]), np.array([row[1] for row in rows], float)]

    sure, tied = _best(keys, most)

    ordered = sorted(rows, reverse=True)
    wanted = min(most, len(rows))
    assert len(sure) <= wanted <= len(sure) + len(tied)
    assert len({rows[place] for place in tied}) <= 1 or len(sure) + len(tied) == wanted
    chosen = [rows[place] for place in (*sure, *list(tied)[: wanted - len(sure)])]
    assert sorted(chosen, reverse=True) == ordered[:wanted]
    assert not set(sure) & set(tied)


def test_what_was_used_last_is_kept_up_to_a_number_of_bytes():
    kept = Kept(most=1_000)
    made = []

    def get(key, size):
        return kept.get(key, lambda: made.append(key) or key.upper(), lambda _: size)

    assert [get(key, 200) for key in "aba"] == ["A", "B", "A"]
    assert made == ["a", "b"]
    get("c", 200)  # 400 bytes each with what keeping takes: b goes, which was not asked for again
    assert (get("a", 200), made) == ("A", ["a", "b", "c"])
    assert (get("b", 200), made) == ("B", ["a", "b", "c", "b"])


def test_what_is_larger_than_all_that_may_be_kept_is_made_each_time():
    kept = Kept(most=1_000)
    made = []
    for _ in range(2):
        kept.get("a", lambda: made.append(1), lambda _: 5_000)

    assert len(made) == 2
