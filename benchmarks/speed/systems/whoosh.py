"""Whoosh as it is (BM25F), without searchkit; facets by `groupedby`.

A column holds one value, so a facet with several values takes as many columns, and the counts of its columns add
up: with `allow_overlap` Whoosh reads all postings of a facet for every query, which takes several times as long.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import whoosh
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.fields import ID, STORED, TEXT, Schema
from whoosh.index import create_in, open_dir
from whoosh.query import Or, Term
from whoosh.searching import Searcher
from whoosh.sorting import Count, FieldFacet

from systems import FACETS, LIMIT, Answer, Document, Query, Row, Work

VERSION = whoosh.versionstring()

# Columns for each facet: as many values as a document may carry (corpus.VALUES).
_COLUMNS = {
    "study": ("study1", "study2"),
    "mechanism": ("mechanism1", "mechanism2", "mechanism3"),
    "language": ("language1",),
}


class Whoosh:
    """An index in a folder; a searcher for each thread."""

    def index(self, folder: Path, documents: Iterable[Document]) -> None:
        """Index in one commit."""
        columns = {column: ID(sortable=True) for columns in _COLUMNS.values() for column in columns}
        schema = Schema(id=STORED, text=TEXT(analyzer=SpaceSeparatedTokenizer(), stored=True), **columns)
        with create_in(folder, schema).writer(limitmb=256) as writer:
            for document in documents:
                values = {
                    column: value
                    for name, columns in _COLUMNS.items()
                    for column, value in zip(columns, document.facets[name], strict=False)
                }
                writer.add_document(id=document.id, text=document.tokens, **values)

    def open(self, folder: Path) -> None:
        """Open for the first thread."""
        self._index = open_dir(folder)
        self._thread = threading.local()
        self._searcher()

    def search(self, query: Query, work: Work) -> Answer:
        """Search for any of the tokens."""
        tree = Or([Term("text", token) for token in query.tokens])
        grouped = None
        if work != "hits":
            grouped = {
                column: FieldFacet(column, maptype=Count) for columns in _COLUMNS.values() for column in columns
            }
        found = self._searcher().search(tree, limit=LIMIT, groupedby=grouped)
        facets: dict[str, dict[str, int]] | None = None
        if grouped:
            counts = {name: Counter[str]() for name in FACETS}
            for name, columns in _COLUMNS.items():
                for column in columns:
                    counts[name].update(found.groups(column))
                # Documents without a value.
                counts[name].pop("", None)
                counts[name].pop(None, None)
            facets = {name: dict(one) for name, one in counts.items()}
        snippets = [hit.highlights("text") for hit in found] if work == "snippets" else []
        return Answer([hit["id"] for hit in found], facets, snippets)

    def _searcher(self) -> Searcher:
        found = getattr(self._thread, "searcher", None)
        if found is None:
            found = self._thread.searcher = self._index.searcher()
        return found


ROWS = {
    "whoosh": Row(
        Whoosh,
        ("hits", "facets", "snippets"),
        "whoosh-reloaded; groupedby, a column for each value; highlights()",
    ),
}
