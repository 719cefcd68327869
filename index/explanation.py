"""Why a document scores what it scores: the query tree again, with the numbers that each part came from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from searchkit.index.query import Bool, Query


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the score of a term, a phrase or synonyms is made of: boost times rarity times saturation.

    Attributes:
        boost: the query's; of synonyms less, where they are rarer than the word that they translate.
        documents: number of documents in the language of the field.
        document_frequencies: for each term, the number of documents to count with; more than hold it where the
            word is more at home in another language (`searchkit.index.query.Readings`).
        rarity: inverse document frequency, added up over the terms.
        frequency: occurrences in the document.
        length: number of tokens of the field in the document.
        average_length: the same on average.
        saturation: what the occurrences come to in a field of that length.
    """

    boost: float
    documents: int
    document_frequencies: tuple[float, ...]
    rarity: float
    frequency: float
    length: float
    average_length: float
    saturation: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A part of a query that a document matches.

    Attributes:
        query: the part.
        score: what it adds to the document's score.
        parts: of what it is put together: their scores add up to ``score``. Empty for a leaf.
        statistics: for terms, phrases and synonyms.
    """

    query: Query
    score: float
    parts: tuple["Explanation", ...] = ()
    statistics: Statistics | None = None


def summed(query: Query, parts: Iterable[Explanation | None]) -> Explanation | None:
    """Return the explanation of a query whose score is that of its parts, None if no part matches."""
    found = tuple(part for part in parts if part is not None)
    return Explanation(query, sum(part.score for part in found), found) if found else None


def explained_bool(query: Bool, explain: Callable[[Query], Explanation | None]) -> Explanation | None:
    """Return the explanation of a combination, None if it does not match.

    Args:
        query: the combination.
        explain: explains one of its parts.
    """
    must = [explain(each) for each in query.must]
    should = [explain(each) for each in query.should]
    if None in must or (not must and query.should and not any(should)):
        return None
    if not (must or query.should or query.must_not) or any(explain(each) for each in query.must_not):
        return None
    return summed(query, chain(must, should)) or Explanation(query, 0.0)
