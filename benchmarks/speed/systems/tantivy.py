"""Tantivy from Python (BM25); facets by its terms aggregations over fast fields.

The best hits and the counts take two calls. One writer thread; all documents in one commit.
"""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import tantivy
from tantivy import Occur, SchemaBuilder, SnippetGenerator, TextAnalyzerBuilder, Tokenizer

from systems import FACETS, LIMIT, Answer, Document, Query, Row, Work

VERSION = version("tantivy")

# More than any facet has values.
_MOST = 10_000


class Tantivy:
    """An index in a folder; its searcher is shared by threads."""

    def index(self, folder: Path, documents: Iterable[Document]) -> None:
        """Index and commit once."""
        builder = SchemaBuilder().add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("text", stored=True, tokenizer_name="blanks", index_option="position")
        for name in FACETS:
            builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
        index = self._registered(tantivy.Index(builder.build(), path=str(folder)))
        writer = index.writer(num_threads=1)
        for document in documents:
            entry = tantivy.Document(id=document.id, text=document.tokens)
            for name in FACETS:
                for value in document.facets[name]:
                    entry.add_text(name, value)
            writer.add_document(entry)
        writer.commit()
        writer.wait_merging_threads()

    def open(self, folder: Path) -> None:
        """Open the index; its tokenizer is not kept in it."""
        self._index = self._registered(tantivy.Index.open(str(folder)))
        self._schema = self._index.schema
        self._searcher = self._index.searcher()

    def search(self, query: Query, work: Work) -> Answer:
        """Search for any of the tokens."""
        tree = tantivy.Query.boolean_query(
            [(Occur.Should, tantivy.Query.term_query(self._schema, "text", token)) for token in query.tokens]
        )
        hits = self._searcher.search(tree, LIMIT, count=False).hits
        found = [self._searcher.doc(address) for _, address in hits]
        facets: dict[str, dict[str, int]] | None = None
        if work != "hits":
            counted = self._searcher.aggregate(
                tree, {name: {"terms": {"field": name, "size": _MOST, "segment_size": _MOST}} for name in FACETS}
            )
            facets = {
                name: {bucket["key"]: bucket["doc_count"] for bucket in counted[name]["buckets"]}
                for name in FACETS
            }
        snippets = []
        if work == "snippets":
            generator = SnippetGenerator.create(self._searcher, tree, self._schema, "text")
            snippets = [generator.snippet_from_doc(document).to_html() for document in found]
        return Answer([document["id"][0] for document in found], facets, snippets)

    @staticmethod
    def _registered(index: tantivy.Index) -> tantivy.Index:
        index.register_tokenizer("blanks", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
        return index


ROWS = {
    "tantivy": Row(
        Tantivy, ("hits", "facets", "snippets"), "one writer thread; terms aggregations; SnippetGenerator"
    ),
}
