"""The ranking function, shared by all engines that score here.

Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) with the
inverse document frequency of Lucene, which is never negative. All statistics are those of one field, and so
of one language.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # A number, or as many as there are documents to score.
    Number = TypeVar("Number", float, NDArray[Any])

K1: Final = 1.2
B: Final = 0.75


def idf(documents: int, frequency: float) -> float:
    """Return the weight of a term that ``frequency`` of ``documents`` hold."""
    return log(1 + (max(documents, frequency) - frequency + 0.5) / (frequency + 0.5))


def saturation(frequency: Number, length: Number, average: float) -> Number:
    """Return the weight, from 0 to K1 + 1, of ``frequency`` occurrences in a field of ``length`` tokens."""
    return frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * scored_length(length) / (average or 1)))


def scored_length(tokens: Number) -> Number:
    """Return the length that counts for a field of so many tokens: the length itself.

    Engines that keep lengths in one byte score with a rounded one. This is the place to round alike, if their
    scores are to be the same to the last digit: segments hold exact lengths.
    """
    return tokens


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
