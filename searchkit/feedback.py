"""Pseudo-relevance feedback: articles like a clear best hit rank higher among those that match.

The terms that tell the best hit from other articles are added to the query, weakly. They change the order, never
what is found. After Rocchio, "Relevance feedback in information retrieval" (1971), with one document taken to be
relevant, and only where it stands clear of the second: with more of them the answer to a question falls behind its
neighbours (docs/relevance.md).
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from searchkit.index import EngineHit, bm25
from searchkit.index.engine import Distant, Snapshot
from searchkit.index.query import Bool, Query, Term, field_name
from searchkit.stored import StoredArticle

# The second hit's score, as a share of the best, from which on the best is not believed.
_CLEAR: Final = 0.9
# What all terms together add to an article that holds each once, as a share of the best score.
_WEIGHT: Final = 0.15
_TERMS: Final = 10
# Of a long article, those of its terms that it repeats most.
_CANDIDATES: Final = 200
# A term that most articles hold tells nothing, and one that no other holds changes nothing.
_COMMON: Final = 0.25
_SHARED: Final = 2


def feedback(
    hits: tuple[EngineHit, ...], engine: Snapshot, frequency: Callable[[str, str], int]
) -> tuple[Term, ...]:
    """Return terms that prefer what is like the best of the first two hits, none if it is not clearly the best.

    Args:
        hits: the first two.
        engine: where they were found.
        frequency: returns the number of documents that hold a term in a field.
    """
    if len(hits) < 2 or hits[1].score >= _CLEAR * hits[0].score:
        return ()
    block = hits[0].stored or engine.get([hits[0].id]).get(hits[0].id)
    if not block:
        return ()  # another process has just removed it
    best = StoredArticle.from_bytes(block)
    field = field_name("body", best.article.language)
    documents = engine.document_count(best.article.language)
    counts = Counter(token.text for token in best.body)
    repeated = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_CANDIDATES]
    weighed = []
    if isinstance(engine, Distant):
        engine.prepare([term for term, _ in repeated], [field])
    for term, count in repeated:
        held = frequency(field, term)
        if _SHARED <= held <= documents * _COMMON:
            rarity = bm25.idf(documents, held)
            weighed.append((-count * rarity, term, rarity))
    chosen = sorted(weighed)[:_TERMS]
    whole = -sum(weight * rarity for weight, _, rarity in chosen)
    return tuple(Term(field, term, -weight / whole * _WEIGHT * hits[0].score) for weight, term, _ in chosen)


def preferring(query: Query, terms: tuple[Term, ...]) -> Query:
    """Return a query that finds what ``query`` does, and scores the terms too."""
    return Bool(must=(query,), should=terms) if terms else query
