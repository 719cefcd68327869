"""Words with typing errors."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from typing import Final, NamedTuple

from searchkit.limits import MAX_EXPANSIONS

# Sorts behind all that go on from where it is put; a term that has it is only looked at once more.
_LAST: Final = "\U0010ffff"


def within_distance(one: str, other: str, distance: int, *, exchanges: bool = False) -> bool:
    """Tell whether ``distance`` insertions, deletions and substitutions of characters make one word of the other.

    Compares only where the words differ, so time grows with the distance (at most 2 in queries) and not with the
    square of the length.

    Args:
        one: a word.
        other: another.
        distance: errors to allow.
        exchanges: whether two neighbours that are exchanged are one error and not two.
    """
    if abs(len(one) - len(other)) > distance:
        return False
    shorter = min(len(one), len(other))
    wrong = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    if wrong == max(len(one), len(other)):
        return True
    if not distance:
        return False
    left, right = one[wrong:], other[wrong:]
    pairs = [(left[1:], right[1:]), (left[1:], right), (left, right[1:])]
    if exchanges and len(left) > 1 and left[:2] == right[1::-1]:
        pairs.append((left[2:], right[2:]))
    return any(within_distance(*pair, distance - 1, exchanges=exchanges) for pair in pairs)


def edit_distance(one: str, other: str, most: int) -> int | None:
    """Return the number of typing errors between two words, or None if there are more than ``most``.

    A typing error is a character too many, too few, or wrong, or two neighbours exchanged (the optimal string
    alignment distance).
    """
    fits = (distance for distance in range(most + 1) if within_distance(one, other, distance, exchanges=True))
    return next(fits, None)


def similar(terms: Sequence[str], word: str, distance: int, *, exchanges: bool = False) -> Iterator[int]:
    """Yield the places of the terms within a number of typing errors of a word.

    Terms are read in order, as the leaves of a tree whose branches are their beginnings: where a beginning has too
    many errors already, all terms that begin so are passed over. So few of many terms are looked at.

    Args:
        terms: sorted by code point, none twice.
        word: what somebody has typed.
        distance: errors to allow.
        exchanges: whether two neighbours that are exchanged are one error and not two.
    """
    automaton = _Automaton(word, distance, exchanges=exchanges)
    states = [_START]  # after each beginning of the term before
    before = ""
    place = 0
    while place < len(terms):
        term = terms[place]
        depth = _shared(before, term, len(states) - 1)
        del states[depth + 1 :]
        state = states[depth]
        while state != _DEAD and depth < len(term):
            state = automaton.step(state, term[depth])
            states.append(state)
            depth += 1
        before = term
        if state == _DEAD:
            place = _after(terms, place, term[:depth])
            continue
        if automaton.accepts[state]:
            yield place
        place += 1


_START: Final = 0
_DEAD: Final = -1


class _State(NamedTuple):
    """What matters of a beginning: the row of the table of distances to the beginnings of the word.

    Attributes:
        depth: characters of the beginning.
        row: distances to those beginnings of the word whose length differs by no more than the errors allowed, as
            the others have more; more errors than allowed are one more.
        before: the row before, and the last character, where exchanges count.
    """

    depth: int
    row: tuple[int, ...]
    before: tuple[int, ...] = ()
    letter: str = ""


class _Automaton:
    """A Levenshtein automaton (Schulz and Mihov, "Fast string correction with Levenshtein automata", 2002).

    Its states are made when a term needs them: of the many beginnings most have the same row.
    """

    def __init__(self, word: str, distance: int, *, exchanges: bool) -> None:
        self._word = word
        self._distance = distance
        self._exchanges = exchanges
        self._worst = distance + 1
        self._letters = frozenset(word)
        self._states = [_State(0, tuple(self._worst if place < 0 else place for place in self._places(0)))]
        self._known = {self._states[0]: _START}
        self._steps: dict[tuple[int, str], int] = {}
        self.accepts = [self._accepts(self._states[0])]

    def step(self, state: int, letter: str) -> int:
        """Return the state after one more character."""
        if letter not in self._letters:
            letter = ""  # all are the same
        found = self._steps.get((state, letter))
        if found is None:
            found = self._steps[state, letter] = self._made(self._states[state], letter)
        return found

    def _made(self, last: _State, letter: str) -> int:
        row = self._row(last, letter)
        if min(row) > self._distance:
            return _DEAD
        state = _State(last.depth + 1, row, last.row, letter) if self._exchanges else _State(last.depth + 1, row)
        if state not in self._known:
            self._known[state] = len(self._states)
            self._states.append(state)
            self.accepts.append(self._accepts(state))
        return self._known[state]

    def _places(self, depth: int) -> range:
        """Return the lengths of the word's beginnings that a row is of, also those that there are not."""
        return range(depth - self._distance, depth + self._distance + 1)

    def _accepts(self, state: _State) -> bool:
        places = self._places(state.depth)
        return len(self._word) in places and state.row[places.index(len(self._word))] <= self._distance

    def _row(self, last: _State, letter: str) -> tuple[int, ...]:
        word, worst = self._word, self._worst
        row: list[int] = []
        # The row before begins one place earlier.
        above = (*last.row[1:], worst)
        for column, place in enumerate(self._places(last.depth + 1)):
            if place < 0 or place > len(word):
                row.append(worst)
                continue
            found = min(above[column] + 1, worst)
            if column:
                found = min(found, row[-1] + 1)
            if place:
                typed = word[place - 1]
                found = min(found, last.row[column] + (letter != typed))
                if last.before and place > 1 and letter == word[place - 2] and last.letter == typed:
                    found = min(found, last.before[column] + 1)
            row.append(found)
        return tuple(row)


def _shared(one: str, other: str, most: int) -> int:
    """Return how many characters two terms have in common at their beginnings, up to ``most``."""
    most = min(most, len(one), len(other))
    if one[:most] == other[:most]:
        return most
    return next(place for place in range(most) if one[place] != other[place])


def _after(terms: Sequence[str], place: int, prefix: str) -> int:
    """Return the first place behind one whose term does not begin with a prefix; it is mostly near."""
    end = prefix + _LAST
    step = 1
    while place + step < len(terms) and terms[place + step] < end:
        step *= 2
    return bisect_left(terms, end, place + step // 2 + 1, min(place + step, len(terms)))


def most_frequent(found: Iterable[tuple[str, int]], most: int = MAX_EXPANSIONS) -> list[str]:
    """Return the terms that most documents hold, those that as many hold by code point.

    Args:
        found: terms and the number of documents that hold each.
        most: how many to return.
    """
    return [term for term, _ in nsmallest(most, found, key=lambda pair: (-pair[1], pair[0]))]
