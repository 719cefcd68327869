"""Whoosh (BM25F) with its own analyzers; the query is the OR of its analyzed terms.

`whoosh`: LanguageAnalyzer (stop words, stemmer) for English, French and Swedish, jieba's ChineseAnalyzer for
Chinese, StandardAnalyzer for Hindi and for the mixed index. `whoosh-chinese`: ChineseAnalyzer for the whole mixed
index; it stems English. `whoosh-fields`: a field for each language in the mixed index, analyzed as in `whoosh`;
queries go to all of them.
"""

import logging
from collections.abc import Callable, Sequence

import jieba
import whoosh
from jieba.analyse import ChineseAnalyzer
from whoosh.analysis import LanguageAnalyzer, StandardAnalyzer
from whoosh.fields import ID, TEXT, Schema
from whoosh.filedb.filestore import RamStorage
from whoosh.lang import has_stemmer
from whoosh.query import Or, Term

from systems import LIMIT, Document, Row

VERSION = f"{whoosh.versionstring()}, jieba {jieba.__version__}"

jieba.setLogLevel(logging.WARNING)


def analyzer_of(language: str | None) -> Callable:
    """Return what Whoosh offers for a language."""
    if language == "zh":
        return ChineseAnalyzer()
    return LanguageAnalyzer(language) if language and has_stemmer(language) else StandardAnalyzer()


class Whoosh:
    """An index in memory, with one field or a field for each language."""

    def __init__(self, analyzer: Callable | None) -> None:
        self._analyzer = analyzer

    def index(self, documents: Sequence[Document]) -> None:
        """Index in one segment."""
        languages = sorted({document.language for document in documents})
        self._fields = {"text": self._analyzer} if self._analyzer else {to: analyzer_of(to) for to in languages}
        schema = Schema(id=ID(stored=True), **{name: TEXT(analyzer=how) for name, how in self._fields.items()})
        index = RamStorage().create_index(schema)
        with index.writer() as writer:
            for document in documents:
                field = "text" if self._analyzer else document.language
                writer.add_document(**{"id": document.id, field: document.text})
        self._searcher = index.searcher()

    def search(self, query: str) -> list[str]:
        """Search for any of the terms in any of the fields."""
        terms = [
            Term(name, token.text)
            for name, analyzer in self._fields.items()
            for token in analyzer(query, mode="query")
        ]
        return [hit["id"] for hit in self._searcher.search(Or(terms), limit=LIMIT)] if terms else []


ROWS: dict[str, Row] = {
    "whoosh": lambda language: Whoosh(analyzer_of(language)),
    "whoosh-chinese": lambda language: None if language else Whoosh(ChineseAnalyzer()),
    "whoosh-fields": lambda language: None if language else Whoosh(None),
}
