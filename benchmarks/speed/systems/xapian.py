"""Xapian (BM25), glass database; facets by ValueCountMatchSpy.

A slot holds one value, so a facet with several values takes as many slots, and the counts of its slots add up.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import xapian

from systems import FACETS, LIMIT, Answer, Document, Query, Row, Work

VERSION = xapian.version_string()

# Slots for each facet: as many values as a document may carry (corpus.VALUES).
_SLOTS = {"study": (0, 1), "mechanism": (2, 3, 4), "language": (5,)}


class Xapian:
    """A database on disk; opened by each thread."""

    def index(self, folder: Path, documents: Iterable[Document]) -> None:
        """Index with positions; the id and the tokens are the document's data."""
        database = xapian.WritableDatabase(str(folder / "index"), xapian.DB_CREATE)
        for document in documents:
            entry = xapian.Document()
            entry.set_data(f"{document.id}\n{document.tokens}")
            for token, position in zip(document.tokens.split(), document.positions, strict=True):
                entry.add_posting(token, position + 1)
            for name, slots in _SLOTS.items():
                for slot, value in zip(slots, document.facets[name], strict=False):
                    entry.add_value(slot, value)
            database.add_document(entry)
        database.commit()
        database.close()

    def open(self, folder: Path) -> None:
        """Open for the first thread."""
        self._path = str(folder / "index")
        self._thread = threading.local()
        self._database()

    def search(self, query: Query, work: Work) -> Answer:
        """Search for any of the tokens."""
        database = self._database()
        enquire = xapian.Enquire(database)
        enquire.set_query(xapian.Query(xapian.Query.OP_OR, list(query.tokens)))
        spies = []
        if work != "hits":
            for name, slots in _SLOTS.items():
                for slot in slots:
                    spy = xapian.ValueCountMatchSpy(slot)
                    enquire.add_matchspy(spy)
                    spies.append((name, spy))
        # Counts are exact only if all documents are looked at.
        matches = enquire.get_mset(0, LIMIT, database.get_doccount() if spies else 0)
        data = [match.document.get_data().decode().partition("\n") for match in matches]
        facets: dict[str, dict[str, int]] | None = None
        if spies:
            counts = {name: Counter[str]() for name in FACETS}
            for name, spy in spies:
                counts[name].update({item.term.decode(): item.termfreq for item in spy.values()})
            facets = {name: dict(found) for name, found in counts.items()}
        snippets = [matches.snippet(text, 240).decode() for _, _, text in data] if work == "snippets" else []
        return Answer([identifier for identifier, _, _ in data], facets, snippets)

    def _database(self) -> xapian.Database:
        found = getattr(self._thread, "database", None)
        if found is None:
            found = self._thread.database = xapian.Database(self._path)
        return found


ROWS = {
    "xapian": Row(
        Xapian, ("hits", "facets", "snippets"), "glass; ValueCountMatchSpy, one for each slot; snippet()"
    ),
}
