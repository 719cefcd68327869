"""What is compared: one file for each library, behind one small protocol.

A file has `VERSION` and `ROWS`: for each row of the tables, a function from a language to a system. The language
is that of all documents and queries, or None for the mixed index, where only documents tell their language. The
function returns None where the row has no place. A file imports its library at the top, so that a missing one
shows at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

LIMIT = 10


@dataclass(frozen=True)
class Document:
    """A document to index."""

    id: str
    text: str
    language: str


class System(Protocol):
    """A search engine, set up."""

    def index(self, documents: Sequence[Document]) -> None:
        """Index all documents. Called once."""
        ...

    def search(self, query: str) -> list[str]:
        """Return the ids of the ten best documents, best first."""
        ...


Row = Callable[[str | None], System | None]
