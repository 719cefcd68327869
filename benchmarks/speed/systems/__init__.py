"""What is compared: one file for each library, behind one small protocol.

A file has `VERSION` and `ROWS`: row of the tables -> `Row`. It imports its library at the top, so that a missing
one shows at once. Documents and queries come as tokens, made once, which every system takes as they are.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

LIMIT = 10
FACETS = ("study", "mechanism", "language")

# What is asked for: the ids of the ten best; and the counts of three facets; and ten snippets.
Work = Literal["hits", "facets", "snippets"]


@dataclass(frozen=True, slots=True)
class Document:
    """A document in tokens.

    Attributes:
        tokens: with the code of their language before each (``svminn``), with blanks between: one field serves
            for all languages, and a word of one is none of another.
        positions: of each token; several tokens of one word share one.
        facets: names of `FACETS` -> values.
        title: only for a system that reads articles itself, like ``text``.
        text: see there.
    """

    id: str
    language: str
    tokens: str
    positions: tuple[int, ...]
    facets: dict[str, tuple[str, ...]]
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query: any of some words.

    Attributes:
        tokens: as in `Document.tokens`.
        text: what a person would type.
    """

    language: str
    tokens: tuple[str, ...]
    text: str


class Answer(NamedTuple):
    """What was found.

    Attributes:
        ids: the ten best, best first.
        facets: facet -> value -> number of matches; None if they were not asked for.
        snippets: one for each hit, if asked for.
    """

    ids: list[str]
    facets: dict[str, dict[str, int]] | None
    snippets: list[str]


class System(Protocol):
    """A search engine over an index on disk."""

    def index(self, folder: Path, documents: Iterable[Document]) -> None:
        """Index all documents into an empty folder, and let go of it. Called once, in a process of its own."""
        ...

    def open(self, folder: Path) -> None:
        """Open what `index` made."""
        ...

    def search(self, query: Query, work: Work) -> Answer:
        """Answer a query. Called by several threads."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the tables.

    Attributes:
        make: makes the system.
        works: what it can do.
        note: how it is set up, for the reader.
        tokens: whether it takes tokens as they come; False if it reads texts itself.
    """

    make: Callable[[], System]
    works: tuple[Work, ...]
    note: str
    tokens: bool = True
