"""Documents with numbers to them (scores, occurrences), as arrays: sums, sections and lookups of such sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from searchkit.index.segment import Array

# A set of at least this part of all documents is added up in an array with a place for every document.
_DENSE: int = 32


class Matches(NamedTuple):
    """Documents and a number for each.

    Attributes:
        numbers: of the documents, sorted, without repetition.
        values: as many, of 64-bit floating point.
    """

    numbers: Array
    values: Array

    def times(self, factor: float) -> Self:
        """Return the same with each value times a factor."""
        return self if factor == 1 else self._replace(values=self.values * factor)


NOTHING = Matches(np.zeros(0, np.int64), np.zeros(0))


def summed(parts: Sequence[Matches], size: int) -> Matches:
    """Return the documents of all parts, values added up.

    Args:
        parts: any number.
        size: number of documents that there are.
    """
    parts = [part for part in parts if len(part.numbers)]
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    if sum(len(part.numbers) for part in parts) * _DENSE > size:
        values = np.zeros(size)
        held = np.zeros(size, bool)
        for part in parts:
            values[part.numbers] += part.values
            held[part.numbers] = True
        numbers = np.flatnonzero(held)
        return Matches(numbers, values[numbers])
    return added_up(
        np.concatenate([part.numbers for part in parts]), np.concatenate([part.values for part in parts]), size
    )


def best_and_share(parts: Sequence[Matches], share: float, size: int) -> Matches:
    """Return the documents of all parts, with the largest value, and a share of the others.

    Args:
        parts: any number.
        share: what the others count.
        size: number of documents that there are.
    """
    numbers, total = summed(parts, size)
    best = np.zeros(len(numbers))
    for part in parts:
        np.maximum(best, values_at(part, numbers, size)[1], out=best)
    return Matches(numbers, best + share * (total - best))


def added_up(numbers: Array, values: Array, size: int) -> Matches:
    """Return matches of documents in any order that may be there several times."""
    if not len(numbers):
        return NOTHING
    if len(numbers) * _DENSE > size:
        total = np.bincount(numbers, values, size)
        held = np.zeros(size, bool)
        held[numbers] = True
        numbers = np.flatnonzero(held)
        return Matches(numbers, total[numbers])
    order = np.argsort(numbers, kind="stable")
    numbers = numbers[order]
    first = np.flatnonzero(np.diff(numbers, prepend=-1))
    return Matches(numbers[first], np.add.reduceat(values[order], first))


def distinct(numbers: Array, size: int) -> Array:
    """Return document numbers in order and without repetition."""
    if len(numbers) * _DENSE > size:
        return np.flatnonzero(mask_of(numbers, size))
    # As numpy.unique does, which imports a fifth of numpy more for it.
    return unrepeated(np.sort(numbers))


def unrepeated(ordered: Array) -> Array:
    """Return sorted numbers, none below 0, without repetition."""
    found: Array = ordered[np.diff(ordered, prepend=-1) != 0]
    return found


def mask_of(numbers: Array, size: int) -> Array:
    """Return which of all documents are among some."""
    mask = np.zeros(size, bool)
    mask[numbers] = True
    return mask


def values_at(part: Matches, numbers: Array, size: int) -> tuple[Array, Array]:
    """Look documents up: return which of them are in a part, and their values there, 0 where they are not."""
    if len(numbers) * _DENSE > size:
        values = np.zeros(size)
        values[part.numbers] = part.values
        return mask_of(part.numbers, size)[numbers], values[numbers]
    if not len(part.numbers):
        return np.zeros(len(numbers), bool), np.zeros(len(numbers))
    places = np.searchsorted(part.numbers, numbers)
    places[places == len(part.numbers)] = 0
    found = part.numbers[places] == numbers
    return found, np.where(found, part.values[places], 0.0)
