"""Xapian (BM25): its TermGenerator with its stemmer of the language, and n-grams of Chinese characters.

No stemmer in Hindi, which it lacks, and in the mixed index. The query is the OR of the terms that the same
TermGenerator makes of it; Xapian's QueryParser would join the n-grams of a run of Chinese with AND.
"""

from collections.abc import Sequence

import xapian

from systems import LIMIT, Document, Row

VERSION = xapian.version_string()

STEMMERS = {"en", "fr", "sv"}


class Xapian:
    """An index in memory."""

    def __init__(self, language: str | None) -> None:
        self._generator = xapian.TermGenerator()
        if language in STEMMERS:
            self._generator.set_stemmer(xapian.Stem(language))
            self._generator.set_stemming_strategy(xapian.TermGenerator.STEM_ALL)
        self._generator.set_flags(xapian.TermGenerator.FLAG_CJK_NGRAM)
        self._database = xapian.WritableDatabase("", xapian.DB_BACKEND_INMEMORY)

    def index(self, documents: Sequence[Document]) -> None:
        """Index, with the id as data."""
        for document in documents:
            entry = self._analyzed(document.text)
            entry.set_data(document.id)
            self._database.add_document(entry)
        self._database.commit()

    def search(self, query: str) -> list[str]:
        """Search for any of the terms."""
        terms = [(item.term, item.wdf) for item in self._analyzed(query).termlist()]
        enquire = xapian.Enquire(self._database)
        enquire.set_query(xapian.Query(xapian.Query.OP_OR, [xapian.Query(term, count) for term, count in terms]))
        return [match.document.get_data().decode() for match in enquire.get_mset(0, LIMIT)]

    def _analyzed(self, text: str) -> xapian.Document:
        entry = xapian.Document()
        self._generator.set_document(entry)
        self._generator.index_text(text)
        return entry


ROWS: dict[str, Row] = {"xapian": Xapian}
