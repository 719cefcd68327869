"""What an engine is: tokens in, ranked documents and facet counts out.

An engine knows nothing of languages, articles or files. It gets analyzed terms, opaque stored bytes and facet
values, and evaluates the tree of `searchkit.index.query`. ``searchkit.testing.EngineContract`` is the test that
every engine passes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self, TypeAlias, runtime_checkable

from searchkit.index.explanation import Explanation
from searchkit.index.query import Everything, Query

Sort = Literal["relevance", "date"]
# A folder, or the address of an index in a cluster.
Location: TypeAlias = Path | str


@dataclass(frozen=True, slots=True)
class Document:
    """What is indexed of one article.

    Attributes:
        id: unique; adding a document replaces the one with the same id.
        language: ISO code; also the suffix of the field names.
        fields: kind of text (title, body) -> (term, position) in any order.
        facets: facet name -> values. The language is added by the engine's caller like any other facet.
        published: day as of ``date.toordinal()``, 0 if unknown.
        digest: tells whether the source of the document changed.
        source: where the document came from.
        stored: bytes to hand back with a hit, not looked into.
        group: documents with the same one are one hit where a request collapses; empty for one by itself.
    """

    id: str
    language: str
    fields: Mapping[str, Iterable[tuple[str, int]]]
    facets: Mapping[str, tuple[str, ...]]
    published: int
    digest: str
    source: str
    stored: bytes
    group: str = ""


class Entry(NamedTuple):
    """One line of an index's table of contents."""

    id: str
    digest: str
    source: str


@dataclass(frozen=True, slots=True)
class Request:
    """One search.

    Attributes:
        query: what to match and score.
        filters: facet name -> accepted values; values of one facet are OR, facets are AND.
        facets: names of the facets to count.
        limit: number of hits to return, 0 for none.
        offset: number of hits to pass over.
        sort: ``relevance`` (score, best first) or ``date`` (newest first, unknown last, then score). Ties are
            ordered by id.
        stored: hand back the stored bytes of hits; without, they are empty and nothing is read for them.
        collapse: of the matches in a group only the first is a hit, and names the others.
    """

    query: Query = field(default_factory=Everything)
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    facets: tuple[str, ...] = ()
    limit: int = 10
    offset: int = 0
    sort: Sort = "relevance"
    stored: bool = True
    collapse: bool = False


class EngineHit(NamedTuple):
    """One ranked document.

    Attributes:
        group: that of the document.
        others: ids of the other matches in its group, by rank, where the request collapses.
    """

    id: str
    score: float
    stored: bytes
    group: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a `Request`.

    Attributes:
        hits: the page asked for.
        total: number of documents that match query and filters, or of their groups where the request collapses;
            exact.
        facets: facet name -> value -> number of documents that match the query and the filters on the other
            facets (disjunctive counts, so that a facet's own selection does not empty it); exact, no zeros. They
            count documents, collapsed or not.
    """

    hits: tuple[EngineHit, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class EngineStats:
    """What an index holds, as its engine sees it.

    Attributes:
        documents: live documents.
        segments: parts that a search visits.
        bytes: size on disk.
    """

    documents: int
    segments: int
    bytes: int


class Checked(NamedTuple):
    """A file, or what files say of each other, that was checked.

    Attributes:
        name: the file's path in the engine's folder.
        problem: what is wrong with it; empty if nothing is.
        litter: nothing refers to it; the next writer removes it.
    """

    name: str
    problem: str = ""
    litter: bool = False


class Kept(NamedTuple):
    """A document of an index that may be damaged.

    Attributes:
        entry: its line of the table of contents; what cannot be read of it is empty.
        stored: its bytes, which may be damaged if ``whole`` is not set; None if they cannot be read.
        file: where it is, in the engine's folder.
        whole: its bytes are what was written.
    """

    entry: Entry
    stored: bytes | None
    file: str
    whole: bool


class Writer(Protocol):
    """One batch of changes. Nothing shows to readers before `commit`; leaving without it changes nothing."""

    def add(self, document: Document) -> None:
        """Add a document, replacing the one with the same id."""

    def delete(self, ids: Iterable[str]) -> None:
        """Remove documents; unknown ids are passed over."""

    def commit(self) -> None:
        """Make the batch visible and durable at once. Other writers wait until this one is left."""

    def __enter__(self) -> Self:
        """Return the writer."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was not committed and let the next writer in."""


class Snapshot(Protocol):
    """One commit of an index, for as long as it is asked: later commits change nothing. Shared by threads.

    It needs no closing: its files are let go with it.
    """

    def search(self, request: Request) -> Response:
        """Answer a request."""

    def document_frequency(self, field: str, text: str) -> int:
        """Return how many documents hold a term in a field; deleted ones may count until they are merged away."""

    def document_count(self, language: str) -> int:
        """Return how many documents there are in a language."""

    def terms(self, field: str, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Yield the terms of a field that begin so, by code point, each with the number of documents that hold it.

        Deleted documents may count, and their terms be there, until they are merged away.
        """

    def similar(
        self, field: str, text: str, distance: int, *, exchanges: bool = False
    ) -> Iterable[tuple[str, int]]:
        """Yield the terms of a field within a number of typing errors of a word, with their document frequencies.

        Those that begin with the word's first character, by code point; see `searchkit.index.fuzzy.similar`. The
        work must not grow with the terms that begin so but are not alike.
        """

    def explain(self, query: Query, ids: Iterable[str]) -> dict[str, Explanation]:
        """Return where the scores of those documents come from that exist and match.

        An explanation's score is that of `search`, but for the last digits.
        """

    def get(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return the stored bytes of those documents that exist."""

    def entries(self) -> Iterator[Entry]:
        """Yield the table of contents, in any order."""

    def stats(self) -> EngineStats:
        """Return what the index holds; the bytes are those of all its files now."""


class Engine(Snapshot, Protocol):
    """An index on disk or on a server. Safe to share between threads.

    Each question is answered from the last commit at that time, also that of another process; questions that must
    be answered from the same commit are put to a `snapshot`.
    """

    @classmethod
    def create(cls, location: Location) -> Self:
        """Make an empty index."""

    @classmethod
    def open(cls, location: Location) -> Self:
        """Open an index.

        Raises:
            IndexFormatError: it cannot be read.
        """

    def writer(self, wait: float = 10.0) -> Writer:
        """Return the one writer.

        Args:
            wait: seconds to wait for another writer to finish; 0 does not wait.

        Raises:
            IndexLockedError: it did not; the message names its process and host.
            InputError: ``wait`` is negative, infinite or no number.
        """

    def snapshot(self) -> Snapshot:
        """Return the last commit; the same object until another one follows."""

    def close(self) -> None:
        """Let go of files; snapshots keep theirs."""


@runtime_checkable
class Distant(Protocol):
    """What a snapshot has besides that asks over a network, where many terms take as long as one."""

    def prepare(self, texts: Iterable[str], fields: Collection[str] = ()) -> None:
        """Find out how many documents hold some terms in some fields, or in any, for who asks next."""


class FileEngine(Engine, Protocol):
    """An engine that keeps an index in files of this machine, and can tell whether they are whole."""

    @classmethod
    def check(cls, location: Path) -> Iterator[Checked]:
        """Compare all files of an index with their checksums, and with what they say of each other.

        Raises nothing for damage: it is yielded. Reads everything.
        """

    @classmethod
    def salvage(cls, location: Path) -> Iterator[Kept]:
        """Yield the live documents of an index as far as they can be read, and one for each that is lost.

        Where the list of segments is lost, documents that were deleted may come back, and several with one id: the
        last comes first.
        """

    @classmethod
    def renewed(cls, location: Path, wait: float = 10.0) -> Writer:
        """Return the one writer, of an index that cannot be opened perhaps: its first commit replaces everything.

        Until then all files stay, and `salvage` reads them.

        Raises:
            IndexLockedError: another writer did not finish in time.
        """


class OfLastCommit:
    """What an engine answers from its last commit; the engine has ``snapshot``."""

    def snapshot(self) -> Snapshot:
        """Return the last commit."""
        raise NotImplementedError

    def search(self, request: Request) -> Response:
        """Answer a request from the last commit."""
        return self.snapshot().search(request)

    def document_frequency(self, field: str, text: str) -> int:
        """Return how many documents hold a term in a field."""
        return self.snapshot().document_frequency(field, text)

    def document_count(self, language: str) -> int:
        """Return how many documents there are in a language."""
        return self.snapshot().document_count(language)

    def terms(self, field: str, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Yield the terms of a field that begin so, with their document frequencies."""
        return self.snapshot().terms(field, prefix)

    def similar(
        self, field: str, text: str, distance: int, *, exchanges: bool = False
    ) -> Iterable[tuple[str, int]]:
        """Yield the terms of a field within some typing errors of a word, with their document frequencies."""
        return self.snapshot().similar(field, text, distance, exchanges=exchanges)

    def explain(self, query: Query, ids: Iterable[str]) -> dict[str, Explanation]:
        """Return where the scores of those documents come from that exist and match."""
        return self.snapshot().explain(query, ids)

    def get(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return the stored bytes of those documents that exist."""
        return self.snapshot().get(ids)

    def entries(self) -> Iterator[Entry]:
        """Yield the table of contents."""
        return self.snapshot().entries()

    def stats(self) -> EngineStats:
        """Return what the index holds."""
        return self.snapshot().stats()
