"""The ranking function, shared by all engines that score here.

Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) with the
inverse document frequency of Lucene, which is never negative. All statistics are those of one field, and so
of one language.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from math import log, sqrt
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # A number, or as many as there are documents to score.
    Number = TypeVar("Number", float, NDArray[Any])

K1: Final = 1.2
B: Final = 0.75

# The lengths that one byte can tell apart in Lucene (SmallFloat.byte4ToInt) and tantivy: 24 and a number of three
# bits after the first one. Exact up to 40; from there on up to an eighth less.
_LENGTHS: Final = [
    *range(24),
    *(24 + (code if code < 8 else (8 | code & 7) << (code >> 3) - 1) for code in range(232)),
]


def idf(documents: int, frequency: float) -> float:
    """Return the weight of a term that ``frequency`` of ``documents`` hold."""
    return log(1 + (max(documents, frequency) - frequency + 0.5) / (frequency + 0.5))


def saturation(frequency: Number, length: Number, average: float) -> Number:
    """Return the weight, from 0 to K1 + 1, of ``frequency`` occurrences in a field of ``length`` tokens."""
    return frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * scored_length(length) / (average or 1)))


def scored_length(tokens: Number) -> Number:
    """Return the length that counts for a field of so many tokens.

    Engines that keep lengths in one byte can score with rounded ones only. So all do, for the same scores.
    """
    if isinstance(tokens, int | float):
        rounded: float = _LENGTHS[bisect_right(_LENGTHS, tokens) - 1]
        return rounded
    lengths = _lengths()
    found: Number = lengths[lengths.searchsorted(tokens, "right") - 1]
    return found


@cache
def _lengths() -> NDArray[Any]:
    import numpy as np

    return np.array(_LENGTHS)


def of_synonym(boost: float) -> float:
    """Return what the saturation of one of several synonyms counts.

    It is what the word has in a text of average length that holds it once, when its frequency is multiplied by its
    boost: exact there, and a factor everywhere.
    """
    return saturation(boost, 1, 1)


def at_home(statistics: Sequence[tuple[int, int]]) -> list[float]:
    """Return the document frequency to count with for each reading of one word.

    Args:
        statistics: (documents, document frequency) of each reading, one for each language.

    A reading's share of documents is raised to the share that the word has in the language where it is most
    common, taken two standard deviations low so that a handful of documents in a small language decides nothing.
    """
    share = max(
        ((frequency - 2 * sqrt(frequency)) / documents for documents, frequency in statistics if documents),
        default=0,
    )
    return [max(float(frequency), documents * share) for documents, frequency in statistics]


# What each of several synonyms counts beside the best: what BM25 gives two that are taken as one word, in a text
# of average length that holds each once.
BESIDE: Final = saturation(2, 1, 1) - saturation(1, 1, 1)
