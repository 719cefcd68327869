"""searchkit as it comes: documents tell their language, queries do not, in either mode."""

from collections.abc import Sequence
from tempfile import TemporaryDirectory

from searchkit import ArticleIndex, Draft, __version__
from systems import LIMIT, Document, Row

VERSION = __version__


class Searchkit:
    """An index in a temporary folder."""

    def __init__(self, engine: str) -> None:
        self._folder = TemporaryDirectory()
        self._index = ArticleIndex.create(self._folder.name, engine=engine)

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
