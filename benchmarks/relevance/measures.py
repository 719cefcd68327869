"""Three measures of one ranking, each cut at ten.

MRR and recall as in Manning, Raghavan and Schütze, "Introduction to Information Retrieval" (2008), chapter 8; nDCG
of Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (ACM TOIS 20, 2002), with the
discount log2(rank + 1) and the judgement itself as gain, as trec_eval computes ndcg_cut.
"""

from collections.abc import Mapping, Sequence
from math import log2

CUT = 10


def reciprocal_rank(ranking: Sequence[str], judged: Mapping[str, int]) -> float:
    """Return 1 / the rank of the first relevant document, 0 if there is none among ten."""
    return next((1 / rank for rank, found in enumerate(ranking[:CUT], 1) if found in judged), 0.0)


def ndcg(ranking: Sequence[str], judged: Mapping[str, int]) -> float:
    """Return DCG / the DCG of the best ranking; DCG = sum of gain / log2(rank + 1) over ten ranks."""
    return _dcg([judged.get(found, 0) for found in ranking]) / _dcg(sorted(judged.values(), reverse=True))


def recall(ranking: Sequence[str], judged: Mapping[str, int]) -> float:
    """Return the relevant documents among ten / all relevant documents."""
    return sum(found in judged for found in ranking[:CUT]) / len(judged)


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains[:CUT], 1))


MEASURES = {"MRR@10": reciprocal_rank, "nDCG@10": ndcg, "recall@10": recall}
