"""The default engine: an index of Whoosh's, in segments of our own codec, evaluated as arrays.

Whoosh's are the folder, the generations of its table of contents and what is removed after a commit;
`searchkit.index.whoosh_codec` lets its own readers and matchers work on the segments. Its tables of contents and
posting blocks are pickles, and its posting lists are made, merged and read one posting at a time; ours are JSON
and arrays (`searchkit.index.segment`), so opening an index runs nothing that is in it.

Whoosh is imported by writers only: that takes almost as long as numpy, and a search in a new process is short.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeAlias, TypeVar

from searchkit.errors import IndexFormatError
from searchkit.index import files
from searchkit.index.engine import (
    Checked,
    Document,
    EngineStats,
    Entry,
    Kept,
    Location,
    OfLastCommit,
    Request,
    Response,
)
from searchkit.index.evaluation import Evaluator
from searchkit.index.explanation import Explanation
from searchkit.index.files import damaged, size_of
from searchkit.index.inversion import Batch, merge
from searchkit.index.lock import WriterLock
from searchkit.index.query import Query
from searchkit.index.reader import Reader, encoded
from searchkit.index.searching import search
from searchkit.index.segment import SegmentFile

# Whoosh's names: those of an index, and of its tables of contents.
_NAME: Final = "MAIN"
_CONTENTS: Final = re.compile(rf"_{_NAME}_([0-9]+)\.toc")
_SEGMENT: Final = re.compile(rf"{_NAME}_[0-9a-z]{{1,64}}")
# Bytes of a table of contents: some ten million deleted documents.
_MOST_CONTENTS: Final = 100_000_000
# A commit may delete a segment between the reading of the table of contents and the opening of its files.
_OPEN_TRIES: Final = 20
# Segments smaller than this times the batch being written are merged into it.
_MERGE_FACTOR: Final = 4
_MERGE_ALWAYS_BELOW: Final = 1_000
# What a batch holds in memory before it is written out; inverting it takes some four times as much.
_BATCH_BYTES: Final = 64 << 20

T = TypeVar("T")
_Stamp: TypeAlias = tuple[int, int, int] | None


class _NoContentsError(Exception):
    """There is no table of contents."""


class _Segment:
    """An entry of the table of contents."""

    def __init__(self, name: str, documents: int = 0, deleted: Iterable[int] = ()) -> None:
        self.name = name
        self.documents = documents
        self.deleted = set(deleted)

    @classmethod
    def named(cls, entry: Any) -> Self:
        """Return what an entry names; a name that is none of a segment's may lead anywhere."""
        name, documents, deleted = entry["name"], entry["documents"], entry["deleted"]
        if not _SEGMENT.fullmatch(name) or type(documents) is not int:
            raise ValueError("its table of contents names no segments")
        if not all(type(number) is int and 0 <= number < documents for number in deleted):
            raise ValueError("its table of contents deletes documents that there are not")
        return cls(name, documents, deleted)

    @property
    def live(self) -> int:
        return self.documents - len(self.deleted)

    def segment_id(self) -> str:
        """Return the name, as Whoosh asks for it."""
        return self.name

    def path(self, location: Path) -> Path:
        return location / f"{self.name}.seg"


class _Contents(NamedTuple):
    """A table of contents.

    Attributes:
        stamp: that of its file.
    """

    generation: int
    segments: list[_Segment]
    stamp: _Stamp = None

    @classmethod
    def read(cls, location: Path) -> Self:
        generations = _generations(location)
        if not generations:
            raise _NoContentsError
        generation = max(generations)
        path = _contents_path(location, generation)
        stamp = _stamp(str(path))
        check, _, held = files.read_plain(path, _MOST_CONTENTS).partition(b"\n")
        if check != b"%d" % zlib.crc32(held):
            raise ValueError(f"{path.name} was changed")
        segments = [_Segment.named(each) for each in json.loads(held)]
        return cls(generation, segments, stamp)

    def write(self, location: Path) -> None:
        """Write it, and remove what it does not name."""
        segments = [
            {"name": segment.name, "documents": segment.documents, "deleted": sorted(segment.deleted)}
            for segment in self.segments
        ]
        # The last step of a commit: what it makes visible must not be in the system's buffers only.
        for segment in self.segments:
            files.sync(segment.path(location))
        held = json.dumps(segments).encode()
        files.rewrite(_contents_path(location, self.generation), b"%d\n%s" % (zlib.crc32(held), held))
        self.clean(location)

    def clean(self, location: Path) -> None:
        """Remove the files that it does not name, of earlier commits and of processes that were killed."""
        for name in self.unnamed(location):
            with suppress(OSError):  # where files that are open cannot be removed, a later commit does
                files.remove(location / name)

    def unnamed(self, location: Path) -> list[str]:
        """Return the names of the files that it does not name, sorted."""
        from whoosh.filedb.filestore import FileStorage
        from whoosh.index import clean_files

        found: list[str] = []

        class Listing(FileStorage):  # type: ignore[misc]
            """A folder from which Whoosh removes nothing, but tells what it would."""

            def delete_file(self, name: str) -> None:
                found.append(name)

        clean_files(Listing(str(location)), _NAME, self.generation, self.segments)
        return sorted({*found, *(path.name for path in location.glob("*.toc.*"))})


def _stamp(path: str) -> _Stamp:
    """Return what tells a file from others of its name; None if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - asked often
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _contents_path(location: Path, generation: int) -> Path:
    return location / f"_{_NAME}_{generation}.toc"


def _generations(location: Path) -> list[int]:
    names = (path.name for path in location.iterdir())
    return [int(found[1]) for name in names if (found := _CONTENTS.fullmatch(name))]


class WhooshEngine(OfLastCommit):
    """An index in a folder. See `searchkit.index.engine.Engine`."""

    def __init__(self, location: Path) -> None:
        self._location = location
        self._lock = threading.Lock()
        self._snapshot: _Snapshot | None = None

    @classmethod
    def create(cls, location: Location) -> Self:
        """Make an empty index."""
        location = Path(location)
        location.mkdir(parents=True, exist_ok=True)
        _Contents(0, []).write(location)
        return cls(location)

    @classmethod
    def open(cls, location: Location) -> Self:
        """Open an index."""
        engine = cls(Path(location))
        engine.snapshot()
        return engine

    def writer(self, wait: float = 10.0) -> WhooshWriter:
        """Return the one writer."""
        return WhooshWriter(self._location, wait)

    def reader(self) -> Any:
        """Return Whoosh's own reader of the last commit, a ``whoosh.reading.IndexReader``.

        With it, ``whoosh.searching.Searcher`` answers what only Whoosh's queries ask. Its fields are those of
        `searchkit.index.query.field_name` and ``facet_NAME``.
        """
        from searchkit.index.whoosh_codec import whoosh_reader  # most of Whoosh, which a search does not need

        return whoosh_reader(self.snapshot().reader)

    @classmethod
    def check(cls, location: Path) -> Iterator[Checked]:
        """Compare all files with their checksums."""
        try:
            contents = _retried(lambda: _Contents.read(location), location)
        except IndexFormatError:
            generations = _generations(location) if location.is_dir() else []
            name = _contents_path(location, max(generations)).name if generations else "table of contents"
            yield Checked(name, "damaged" if generations else "missing")
            return
        yield Checked(_contents_path(location, contents.generation).name)
        for segment in contents.segments:
            yield Checked(segment.path(location).name, _problem(segment, location))
        for name in contents.unnamed(location):
            yield Checked(name, litter=True)

    @classmethod
    def salvage(cls, location: Path) -> Iterator[Kept]:
        """Yield what can be read of the documents."""
        try:
            segments = _retried(lambda: _Contents.read(location), location).segments
        except IndexFormatError:
            found = sorted(location.glob(f"{_NAME}_*.seg"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
            segments = [_Segment(path.stem) for path in found]
        for segment in segments:
            yield from _salvaged(segment, location)

    @classmethod
    def renewed(cls, location: Path, wait: float = 10.0) -> WhooshWriter:
        """Return a writer whose first commit replaces everything."""
        location.mkdir(exist_ok=True)
        return WhooshWriter(location, wait, anew=True)

    def close(self) -> None:
        """Let go of files: each is closed when nothing of it is in use any more."""
        with self._lock:
            self._snapshot = None

    def snapshot(self) -> _Snapshot:
        """Return the last commit; readers of older ones go on undisturbed."""
        snapshot = self._snapshot
        if snapshot is None or not snapshot.is_last():
            with self._lock:
                snapshot = self._snapshot
                if snapshot is None or not snapshot.is_last():
                    snapshot = self._snapshot = _retried(lambda: self._open(snapshot), self._location)
        return snapshot

    def _open(self, before: _Snapshot | None) -> _Snapshot:
        contents = _Contents.read(self._location)
        known = before.segments if before else {}
        segments = {}
        for segment in contents.segments:
            path = segment.path(self._location)
            segments[path] = known.get(path) or SegmentFile(path)
            if segments[path].documents != segment.documents:
                raise ValueError(f"{path.name} has other documents than the table of contents")
        reader = Reader(
            (file, segment.deleted) for file, segment in zip(segments.values(), contents.segments, strict=True)
        )
        return _Snapshot(self._location, reader, contents, segments)


class _Snapshot:
    """One commit, and its open files, which the next one may have too."""

    def __init__(
        self, location: Path, reader: Reader, contents: _Contents, segments: dict[Path, SegmentFile]
    ) -> None:
        self.reader = reader
        self.segments = segments
        self._location = location
        self._contents = str(_contents_path(location, contents.generation))
        self._stamp = contents.stamp
        self._following = str(_contents_path(location, contents.generation + 1))

    def is_last(self) -> bool:
        """Tell whether nothing was committed since. Looks two files up and does not list the folder."""
        # A commit writes the next table of contents, and then removes this one. An index that was removed and made
        # anew may have one of the same name.
        return not os.path.exists(self._following) and _stamp(self._contents) == self._stamp  # noqa: PTH110 - asked often

    def search(self, request: Request) -> Response:
        """Answer a request."""
        with self._reading() as reader:
            return search(reader, request)

    def document_frequency(self, field: str, text: str) -> int:
        """Return how many documents hold a term in a field."""
        with self._reading() as reader:
            return reader.document_frequency(field, text)

    def document_count(self, language: str) -> int:
        """Return how many documents there are in a language."""
        with self._reading() as reader:
            return reader.document_count(language)

    def terms(self, field: str, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Yield the terms of a field that begin so, with their document frequencies."""
        with self._reading() as reader:
            yield from reader.terms(field, prefix)

    def similar(
        self, field: str, text: str, distance: int, *, exchanges: bool = False
    ) -> Iterator[tuple[str, int]]:
        """Yield the terms of a field within some typing errors of a word, with their document frequencies."""
        with self._reading() as reader:
            yield from reader.similar(field, text, distance, exchanges=exchanges)

    def explain(self, query: Query, ids: Iterable[str]) -> dict[str, Explanation]:
        """Return where the scores of those documents come from that exist and match."""
        with self._reading() as reader:
            return Evaluator(reader).explain(query, ids)

    def get(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return the stored bytes of those documents that exist."""
        with self._reading() as reader:
            return {name: reader.column("stored", number) for name, number in reader.ids(ids).items()}

    def entries(self) -> Iterator[Entry]:
        """Yield the table of contents."""
        with self._reading() as reader:
            for identifier, digest, source in reader.entries():
                yield Entry(identifier.decode(), digest.decode(), source.decode("utf-8", "surrogateescape"))

    def stats(self) -> EngineStats:
        """Return what the index holds."""
        reader = self.reader
        return EngineStats(documents=len(reader.live), segments=len(reader.leaves), bytes=size_of(self._location))

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        """Give the commit, and say so where reading fails because a file was damaged."""
        try:
            yield self.reader
        except (ValueError, LookupError, ArithmeticError, MemoryError) as error:
            # Files are not checked when they are opened: that would be reading them.
            for path, segment in self.segments.items():
                if not segment.is_whole():
                    raise _damaged(path) from error
            raise


class WhooshWriter:
    """One batch of changes to a `WhooshEngine`.

    Raises:
        IndexLockedError: another writer did not finish in time.
    """

    def __init__(self, location: Path, wait: float, *, anew: bool = False) -> None:
        self._location = location
        if not location.is_dir():
            raise damaged(location, f"{location} is missing")
        self._lock = WriterLock(location, wait)
        # Read at the first change.
        self._changes: _Changes | None = None
        try:
            if anew:
                self._changes = _Changes(location, anew=True)
            else:
                _clean(location)
        except BaseException:  # Ctrl-C is one
            self._lock.release()
            raise

    def add(self, document: Document) -> None:
        """Add a document, replacing the one with the same id."""
        self._begun().add(document)

    def delete(self, ids: Iterable[str]) -> None:
        """Remove documents; unknown ids are passed over."""
        for identifier in ids:
            self._begun().delete(identifier)

    def commit(self) -> None:
        """Make the batch visible and durable at once."""
        if self._changes is not None:
            self._changes.commit()
        self._changes = None

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was not committed."""
        try:
            if self._changes is not None:
                self._changes.drop()
        finally:
            self._lock.release()

    def _begun(self) -> _Changes:
        if self._changes is None:
            self._changes = _Changes(self._location)
        return self._changes


class _Changes:
    """What is not committed yet: segments with deletions, segments written out, documents in memory."""

    def __init__(self, location: Path, *, anew: bool = False) -> None:
        self._location = location
        self._generation, self._segments, _ = (
            _Contents(max(_generations(location), default=-1), [])
            if anew
            else _retried(lambda: _Contents.read(location), location)
        )
        self._files = {
            segment.name: _retried(lambda: SegmentFile(segment.path(location)), location)  # noqa: B023
            for segment in self._segments
        }
        self._written: list[_Segment] = []
        self._begin()

    def _begin(self) -> None:
        self._batch = Batch()
        self._added: dict[str, int] = {}
        self._dropped: set[int] = set()

    def add(self, document: Document) -> None:
        number = self._batch.add(document)
        self.delete(document.id)
        self._added[document.id] = number
        if self._batch.bytes >= _BATCH_BYTES:
            self._write_out()

    def delete(self, identifier: str) -> None:
        if (number := self._added.pop(identifier, None)) is not None:
            self._dropped.add(number)
            return
        key = encoded(identifier)
        for segment in (*self._segments, *self._written):
            field = self._files[segment.name].field("id")
            place = field.find(key) if field else None
            if field and place is not None:
                segment.deleted.add(field.documents(place).item(0))

    def _write_out(self) -> None:
        if self._batch.documents > len(self._dropped):
            segment = _Segment(_new_name(), self._batch.documents, self._dropped)
            self._batch.write(segment.path(self._location))
            self._files[segment.name] = SegmentFile(segment.path(self._location))
            self._written.append(segment)
        self._begin()

    def commit(self) -> None:
        self._write_out()
        kept, merged = _choose(self._segments, self._written)
        if len(merged) == 1 and not merged[0].deleted:
            kept += merged
        elif merged:
            for segment in merged:
                if segment not in self._written and not self._files[segment.name].is_whole():
                    raise _damaged(segment.path(self._location))  # and not merged, which would hide it
            together = _Segment(_new_name())
            parts = [(self._files[segment.name], segment.deleted) for segment in merged]
            together.documents = merge(parts, together.path(self._location))
            kept.append(together)
        _Contents(self._generation + 1, kept).write(self._location)

    def drop(self) -> None:
        self._files.clear()
        _clean(self._location)


def _clean(location: Path) -> None:
    """Remove what no commit names, unless the last one cannot be read."""
    with suppress(OSError, ValueError, LookupError, TypeError, _NoContentsError):
        _Contents.read(location).clean(location)


def _new_name() -> str:
    from whoosh.util import random_name

    return f"{_NAME}_{random_name(16)}"


def _choose(segments: list[_Segment], written: list[_Segment]) -> tuple[list[_Segment], list[_Segment]]:
    """Tell which segments to keep and which to merge: with what was written, the small ones and the worn ones.

    Sizes stay geometric, so a document is rewritten a logarithmic number of times, and statistics forget
    deleted documents soon.
    """
    kept = []
    merged = [segment for segment in written if segment.live]
    size = max(sum(segment.live for segment in merged), 1)
    for segment in sorted(segments, key=lambda each: each.live):
        worn = len(segment.deleted) * 5 > segment.documents
        small = segment.documents < _MERGE_ALWAYS_BELOW
        if small or worn or segment.live < size * _MERGE_FACTOR:
            size += segment.live
            if segment.live:
                merged.append(segment)
        else:
            kept.append(segment)
    return kept, merged


def _problem(segment: _Segment, location: Path) -> str:
    """Return what is wrong with a segment, or nothing."""
    try:
        file = SegmentFile(segment.path(location))
    except FileNotFoundError:
        return "missing"
    except (OSError, ValueError, LookupError, TypeError) as error:
        return _told(error)
    if file.documents != segment.documents:
        return f"holds {file.documents:,} documents, not {segment.documents:,}"
    if changed := list(file.changed()):
        return f"damaged: {', '.join(changed)}"
    return "" if file.fits() else "its parts do not fit together"


def _salvaged(segment: _Segment, location: Path) -> Iterator[Kept]:
    """Yield the live documents of a segment, as far as they can be read."""
    path = segment.path(location)
    try:
        file = SegmentFile(path)
    except (OSError, ValueError, LookupError, TypeError):
        yield from [Kept(Entry("", "", ""), None, path.name, whole=False)] * segment.live
        return
    changed = set(file.changed())

    def readable(*names: str) -> bool:
        return not changed.intersection(names)

    named = readable("id/terms", "id/ends", "id/starts", "id/documents")
    ids = file.field("id") if named else None
    names = {int(ids.documents(place)[0]): ids.term(place) for place in range(len(ids))} if ids else {}
    starts = {name: readable(f"{name}/column_starts") for name in ("stored", "digest", "source")}
    for number in range(file.documents):
        if number not in segment.deleted:
            digest, source = (
                file.column(name, number) if starts[name] and readable(f"{name}/bytes") else b""
                for name in ("digest", "source")
            )
            entry = Entry(
                names.get(number, b"").decode(), digest.decode(), source.decode("utf-8", "surrogateescape")
            )
            stored = file.block_of("stored", number) if starts["stored"] else None
            yield Kept(entry, stored, path.name, readable("stored/bytes"))


def _damaged(path: Path) -> IndexFormatError:
    return damaged(path.parent, f"{path} is damaged")


def _told(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _retried(action: Callable[[], T], location: Path) -> T:
    for left in reversed(range(_OPEN_TRIES)):
        try:
            return action()
        except (FileNotFoundError, _NoContentsError) as error:
            if not left or not location.is_dir():
                reason = f"{location} holds no index"
                if isinstance(error, OSError):
                    reason = f"{error.filename} is missing"
                raise damaged(location, reason) from error
            time.sleep(0.02)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OSError) as error:
            raise damaged(location, f"{location} cannot be read ({_told(error)})") from error
    raise AssertionError("unreachable")
