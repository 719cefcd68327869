"""bm25s: its own tokenizer, with its stop words and PyStemmer's stemmer for the languages it has stop words for.

Chinese has stop words and no stemmer, Hindi neither. The mixed index is set up as its README does it, for English.
"""

from collections.abc import Sequence

import bm25s
import numpy as np
import Stemmer

from systems import LIMIT, Document, Row

VERSION = bm25s.__version__

STEMMERS = {"en": "english", "fr": "french", "sv": "swedish"}
STOP_WORDS = {*STEMMERS, "zh"}


class Bm25s:
    """An index in memory."""

    def __init__(self, language: str | None) -> None:
        language = language or "en"
        self._stop_words = language if language in STOP_WORDS else []
        self._stemmer = Stemmer.Stemmer(STEMMERS[language]) if language in STEMMERS else None

    def index(self, documents: Sequence[Document]) -> None:
        """Index with the library's defaults (k1 1.5, b 0.75, Lucene's variant)."""
        self._retriever = bm25s.BM25(corpus=[document.id for document in documents])
        self._retriever.index(self._tokens([document.text for document in documents]), show_progress=False)

    def search(self, query: str) -> list[str]:
        """Search; documents with none of the terms, which bm25s fills up with, are left out."""
        tokens = self._tokens([query])
        ids, scores = self._retriever.retrieve(tokens, k=LIMIT, show_progress=False)
        return [str(identifier) for identifier in ids[0][np.asarray(scores[0]) > 0]]

    def _tokens(self, texts: list[str]) -> list[list[str]]:
        return bm25s.tokenize(
            texts, stopwords=self._stop_words, stemmer=self._stemmer, return_ids=False, show_progress=False
        )


ROWS: dict[str, Row] = {"bm25s": Bm25s}
