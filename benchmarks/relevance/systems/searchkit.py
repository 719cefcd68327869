"""searchkit as it comes: documents tell their language, queries do not, in either mode."""

import os
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from uuid import uuid4

from searchkit import ArticleIndex, Draft, __version__
from systems import LIMIT, Document, Row

VERSION = __version__


# Hosts of a cluster, as https://one:9200,two:9200; without, there is no row for it.
CLUSTER = os.environ.get("SEARCHKIT_BENCHMARK_CLUSTER")


class Searchkit:
    """An index in a temporary folder, or of a new name in a cluster, where it stays."""

    def __init__(self, engine: str) -> None:
        self._folder = TemporaryDirectory()
        place = f"{CLUSTER}/relevance-{uuid4().hex}" if engine == "opensearch" else self._folder.name
        self._index = ArticleIndex.create(place, engine=engine)

    def index(self, documents: Sequence[Document]) -> None:
        """Index texts without titles."""
        self._index.update(
            Draft(id=document.id, title="", text=document.text, source="benchmark", language=document.language)
            for document in documents
        )

    def search(self, query: str) -> list[str]:
        """Search as people do, without counting facets."""
        return [hit.id for hit in self._index.search(query, limit=LIMIT, facets=False)]


ROWS: dict[str, Row] = {
    "searchkit": lambda _: Searchkit("whoosh"),
    "searchkit-tantivy": lambda _: Searchkit("tantivy"),
}
if CLUSTER:
    ROWS["searchkit-opensearch"] = lambda _: Searchkit("opensearch")
