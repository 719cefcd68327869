"""The default engine: Whoosh keeps postings, columns and stored bytes; scoring and counting are done here.

A query is evaluated term at a time into a mapping of document number to score. That gives exact totals and
facet counts in the same pass, and statistics per field, which Whoosh's own scoring does not offer (its document
count is that of the whole index, not that of one language).
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeVar

from whoosh import columns, fields, formats
from whoosh.codec.whoosh3 import W3TermInfo
from whoosh.filedb.filestore import FileStorage
from whoosh.index import EmptyIndexError, FileIndex, LockError, clean_files
from whoosh.reading import SegmentReader, TermNotFound
from whoosh.util.filelock import try_for

from searchkit.errors import IndexFormatError, IndexLockedError
from searchkit.index import bm25
from searchkit.index.engine import Document, EngineHit, EngineStats, Entry, Request, Response
from searchkit.index.explanation import Explanation, Statistics
from searchkit.index.fuzzy import within_distance
from searchkit.index.query import (
    KINDS,
    Bool,
    Everything,
    Facet,
    Fuzzy,
    Ids,
    Phrase,
    Prefix,
    Query,
    Readings,
    Synonyms,
    Term,
)

_FACET: Final = "facet_"
_HOLDER: Final = "writer.json"
# A commit may delete a segment between the reading of the table of contents and the opening of its files.
_OPEN_TRIES: Final = 20
# Segments smaller than this times the batch being written are merged into it.
_MERGE_FACTOR: Final = 4
_MERGE_ALWAYS_BELOW: Final = 1_000
# Postings that a snapshot keeps decoded: some tens of megabytes.
_KEPT_POSTINGS: Final = 300_000

Scores = dict[int, float]
# As Whoosh takes it: (term, frequency, weight, positions).
_Posting = tuple[bytes, int, float, bytes]
T = TypeVar("T")


class _Positions(formats.Format):  # type: ignore[misc]
    """Posting values: the positions of a term in a field, as 32-bit numbers."""


class _Terms(fields.FieldType):  # type: ignore[misc]
    """A field that takes the postings of analyzed terms; Whoosh's analysis is not used."""

    def __init__(self) -> None:
        super().__init__(format=_Positions(), analyzer=None, scorable=True)

    def index(self, value: list[_Posting], **_: object) -> list[_Posting]:
        return value


class _Values(fields.FieldType):  # type: ignore[misc]
    """A field that takes the postings of facet values."""

    def __init__(self) -> None:
        super().__init__(format=formats.Existence(), analyzer=None, scorable=False)

    def index(self, value: list[_Posting], **_: object) -> list[_Posting]:
        return value


def _term_postings(terms: Iterable[tuple[str, int]]) -> list[_Posting]:
    found: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
    for text, position in terms:
        found[text].append(position)
    return [
        (text.encode(), len(positions), float(len(positions)), positions.tobytes())
        for text, positions in found.items()
    ]


def _value_postings(values: Iterable[str]) -> list[_Posting]:
    return [(text.encode(), 1, 1.0, b"") for text in sorted(set(values))]


def _unpack(value: bytes) -> array[int]:
    positions = array("I")
    positions.frombytes(value)
    return positions


def _schema() -> fields.Schema:
    schema = fields.Schema(
        id=fields.ID(unique=True, sortable=True),
        digest=fields.COLUMN(columns.VarBytesColumn()),
        source=fields.COLUMN(columns.VarBytesColumn()),
        group=fields.COLUMN(columns.VarBytesColumn()),
        published=fields.COLUMN(columns.NumericColumn("I")),
        stored=fields.STORED(),
    )
    for kind in KINDS:
        schema.add(f"{kind}_*", _Terms(), glob=True)
    schema.add(_FACET + "*", _Values(), glob=True)
    return schema


class _Storage(FileStorage):  # type: ignore[misc]
    """A folder whose table of contents names only files that are on disk, whatever happens to the machine."""

    def rename_file(self, frm: str, to: str, safe: bool = False) -> None:
        if to.endswith(".toc"):
            # The last step of a commit: what it makes visible must not be in the system's buffers only.
            for name in (frm, *(name for name in self.list() if name.endswith(".seg"))):
                _sync(Path(self.folder, name))
        super().rename_file(frm, to, safe=safe)
        if to.endswith(".toc") and os.name == "posix":
            _sync(Path(self.folder))


class WhooshEngine:
    """An index in a folder, in pure Python. See `searchkit.index.engine.Engine`."""

    def __init__(self, location: Path) -> None:
        self._location = location
        self._index = _retried(lambda: FileIndex(_Storage(str(location))), location)
        self._lock = threading.Lock()
        self._snapshot: _Snapshot | None = None

    @classmethod
    def create(cls, location: Path) -> Self:
        """Make an empty index."""
        location.mkdir(parents=True, exist_ok=True)
        FileIndex.create(_Storage(str(location)), _schema())
        return cls(location)

    @classmethod
    def open(cls, location: Path) -> Self:
        """Open an index."""
        engine = cls(location)
        engine._current()
        return engine

    def writer(self, wait: float = 10.0) -> WhooshWriter:
        """Return the one writer."""
        try:
            return WhooshWriter(self._index, self._location, wait)
        except LockError:
            raise IndexLockedError(
                f"{self._location.parent} is being written by {_holder(self._location)}; "
                f"waited {wait:g} s: try again when it is done"
            ) from None

    def search(self, request: Request) -> Response:
        """Answer a request from the last commit."""
        return self._current().search(request)

    def document_frequency(self, field: str, text: str) -> int:
        """Return how many documents hold a term in a field."""
        return self._current().document_frequency(field, text)

    def document_count(self, language: str) -> int:
        """Return how many documents there are in a language."""
        return self._current().document_count(language)

    def terms(self, field: str, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Yield the terms of a field that begin so, with their document frequencies."""
        return self._current().terms(field, prefix)

    def explain(self, query: Query, ids: Iterable[str]) -> dict[str, Explanation]:
        """Return where the scores of those documents come from that exist and match."""
        return self._current().explain(query, ids)

    def get(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return the stored bytes of those documents that exist."""
        return self._current().get(ids)

    def entries(self) -> Iterator[Entry]:
        """Yield the table of contents."""
        return self._current().entries()

    def stats(self) -> EngineStats:
        """Return what the index holds."""
        reader = self._current().reader
        segments = len(list(reader.leaf_readers()))
        return EngineStats(documents=reader.doc_count(), segments=segments, bytes=_size(self._location))

    def close(self) -> None:
        """Let go of files."""
        with self._lock:
            if self._snapshot:
                self._snapshot.reader.close()
            self._snapshot = None

    def _current(self) -> _Snapshot:
        """Return the snapshot of the last commit; readers of older ones go on undisturbed."""
        generation = self._index.latest_generation()
        snapshot = self._snapshot
        if snapshot is None or snapshot.generation != generation:
            with self._lock:
                snapshot = self._snapshot
                if snapshot is None or snapshot.generation != self._index.latest_generation():
                    snapshot = self._snapshot = _retried(self._open, self._location)
        return snapshot

    def _open(self) -> _Snapshot:
        # Not FileIndex.reader(), which waits half a second for each file that is missing.
        toc = self._index._read_toc()  # noqa: SLF001
        reader = FileIndex._reader(self._index.storage, toc.schema, toc.segments, toc.generation)  # noqa: SLF001
        return _Snapshot(reader, toc.generation)


class WhooshWriter:
    """One batch of changes to a `WhooshEngine`.

    Raises:
        LockError: another writer did not finish in time.
    """

    def __init__(self, index: FileIndex, location: Path, wait: float) -> None:
        self._index = index
        self._location = location
        # A lock of the operating system on a file: it goes when its process does.
        self._lock = index.lock("WRITELOCK")
        if not try_for(self._lock.acquire, timeout=wait, delay=0.05):
            raise LockError
        # Made at the first change, so that a batch without any writes nothing.
        self._batch: Any = None
        self._added: dict[str, int] = {}
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        (location / _HOLDER).write_text(json.dumps(holder), encoding="utf-8")

    def add(self, document: Document) -> None:
        """Add a document, replacing the one with the same id."""
        # All that can fail comes first: Whoosh keeps the beginning of a document that it could not take.
        values: dict[str, object] = {
            "id": document.id,
            "digest": document.digest.encode(),
            "source": document.source.encode("utf-8", "surrogateescape"),
            "group": document.group.encode("utf-8", "surrogatepass"),
            "published": document.published,
            "stored": document.stored,
        }
        for kind, terms in document.fields.items():
            values[f"{kind}_{document.language}"] = _term_postings(terms)
        for facet, names in document.facets.items():
            values[_FACET + facet] = _value_postings(names)
        self.delete([document.id])
        batch = self._writer()
        number = batch.docnum
        batch.add_document(**values)
        self._added[document.id] = number

    def delete(self, ids: Iterable[str]) -> None:
        """Remove documents; unknown ids are passed over."""
        for identifier in ids:
            batch = self._writer()
            batch.delete_by_term("id", identifier)
            number = self._added.pop(identifier, None)
            if number is not None:
                # Whoosh's own deletion sees committed documents only.
                batch.newsegment.delete_document(number)

    def commit(self) -> None:
        """Make the batch visible and durable at once."""
        if self._batch is not None:
            self._batch.commit(mergetype=_merge)
        self._batch = None
        self._added.clear()  # committed: numbers of another batch mean other documents

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was not committed."""
        try:
            if self._batch is not None:
                self._batch.cancel()
                # Whoosh leaves the files of a cancelled batch for the next commit to find.
                index = self._index
                clean_files(index.storage, index.indexname, index.latest_generation(), index._segments())  # noqa: SLF001
        finally:
            self._release()

    def _writer(self) -> Any:
        if self._batch is None:
            from whoosh.writing import SegmentWriter  # not needed for searching, and not small

            for name in self._index.storage.list():
                if ".toc." in name:  # of a process that was killed while it committed
                    self._index.storage.delete_file(name)
            self._batch = SegmentWriter(self._index, _lk=False, limitmb=128)
        return self._batch

    def _release(self) -> None:
        with suppress(FileNotFoundError):
            (self._location / _HOLDER).unlink()
        self._lock.release()


def _merge(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge small segments, and those with many deletions, into the batch; keep the others.

    Sizes stay geometric, so a document is rewritten a logarithmic number of times, and statistics forget
    deleted documents soon.
    """
    kept = []
    size = max(writer.doc_count(), 1)
    for segment in sorted(segments, key=lambda part: part.doc_count()):
        live = segment.doc_count()
        worn = segment.deleted_count() * 5 > segment.doc_count_all()
        small = segment.doc_count_all() < _MERGE_ALWAYS_BELOW
        if small or worn or live < size * _MERGE_FACTOR:
            size += live
            if live:
                reader = SegmentReader(writer.storage, writer.schema, segment)
                writer.add_reader(reader)
                reader.close()
        else:
            kept.append(segment)
    return kept


def _holder(location: Path) -> str:
    try:
        holder = json.loads((location / _HOLDER).read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _size(location: Path) -> int:
    size = 0
    for folder, _, names in os.walk(location):
        for name in names:
            # A commit may delete files meanwhile.
            with suppress(FileNotFoundError):
                size += Path(folder, name).stat().st_size
    return size


def _retried(action: Callable[[], T], location: Path) -> T:
    for left in reversed(range(_OPEN_TRIES)):
        try:
            return action()
        except (FileNotFoundError, EmptyIndexError) as error:
            if not left:
                missing = f"{error.filename} is missing" if isinstance(error, OSError) else "it holds no index"
                raise IndexFormatError(f"{location}: {missing}; index the articles again") from error
            time.sleep(0.02)
        except Exception as error:  # damaged files make Whoosh and pickle raise almost anything
            reason = " ".join(str(error).split()) or type(error).__name__
            raise IndexFormatError(f"{location} cannot be read ({reason}); index the articles again") from error
    raise AssertionError("unreachable")


class _Postings(NamedTuple):
    """The documents that hold a term, how often, and where (see `_unpack`)."""

    numbers: list[int]
    frequencies: list[float]
    values: list[bytes]


class _Snapshot:
    """One commit, as one or many threads read it; caches what depends on the commit alone."""

    def __init__(self, reader: Any, generation: int) -> None:
        self.reader = reader
        self.generation = generation
        # Whoosh reads the postings of all terms through one file position.
        self._reading = threading.Lock()
        # A word of a query is read for itself and for the pairs that it is in.
        self._read: dict[tuple[str, str], _Postings] = {}
        self._kept = 0
        self._size: int = reader.doc_count_all()
        self._facets: dict[str, dict[str, _Set]] = {}
        self._columns: dict[str, Any] = {}
        self._lengths: dict[str, int] = {}

    def search(self, request: Request) -> Response:
        scores = self._evaluate(request.query)
        matched = _mask(scores, self._size)
        chosen = {
            name: _union([self._values(name).get(value) for value in sorted(values)], self._size)
            for name, values in request.filters.items()
            if values
        }
        every = matched
        for mask in chosen.values():
            every &= mask
        counts: dict[str, Mapping[str, int]] = {}
        for name in request.facets:
            # Disjunctive: what the query and the filters on the other facets leave.
            left = matched
            for other, mask in chosen.items():
                if other != name:
                    left &= mask
            counts[name] = self._count(name, left)
        total = every.bit_count()
        hits: tuple[EngineHit, ...] = ()
        if request.collapse or (request.limit > 0 and request.offset < total):
            allowed = _bytes(every, self._size)
            ranked = [
                (score, number) for number, score in scores.items() if allowed[number >> 3] >> (number & 7) & 1
            ]
            others: dict[int, tuple[str, ...]] = {}
            if request.collapse:
                ranked, others = self._collapsed(ranked, request)
                total = len(ranked)
            if request.limit > 0:
                hits = tuple(self._page(ranked, request, others))
        return Response(hits=hits, total=total, facets=counts)

    def get(self, ids: Iterable[str]) -> dict[str, bytes]:
        found = {}
        for identifier in ids:
            for number in self._ids("id", identifier):
                found[identifier] = self._stored(number)
        return found

    def entries(self) -> Iterator[Entry]:
        if not self.reader.doc_count():
            return
        for number in self.reader.all_doc_ids():
            yield Entry(
                self._column("id", number).decode(),
                self._column("digest", number).decode(),
                self._column("source", number).decode("utf-8", "surrogateescape"),
            )

    # Ranking

    def _collapsed(
        self, ranked: list[tuple[float, int]], request: Request
    ) -> tuple[list[tuple[float, int]], dict[int, tuple[str, ...]]]:
        """Return the first document of each group, and the ids of those behind it."""
        groups: defaultdict[object, list[tuple[float, int]]] = defaultdict(list)
        for score, number in ranked:
            groups[self._column("group", number) or number].append((score, number))
        first = []
        others = {}
        for members in groups.values():
            if len(members) > 1:
                ordered = self._ordered(self._keys(members, request))
                others[ordered[0][3]] = tuple(identifier for _, _, identifier, _ in ordered[1:])
                first.append((-ordered[0][1], ordered[0][3]))
            else:
                first += members
        return first, others

    def _keys(self, ranked: list[tuple[float, int]], request: Request) -> list[tuple[int, float, int]]:
        """Return what decides the order of documents, and their numbers."""
        if request.sort == "date":
            return [(-self._column("published", number), -score, number) for score, number in ranked]
        return [(0, -score, number) for score, number in ranked]

    def _ordered(self, keys: list[tuple[int, float, int]]) -> list[tuple[int, float, str, int]]:
        return sorted((key[0], key[1], self._column("id", key[2]).decode(), key[2]) for key in keys)

    def _page(
        self, ranked: list[tuple[float, int]], request: Request, others: Mapping[int, tuple[str, ...]]
    ) -> Iterator[EngineHit]:
        stop = request.offset + request.limit
        keys = self._keys(ranked, request)
        if stop < len(keys):
            # Ties at the edge of the page are settled by id, so all of them stay in.
            edge = sorted(key[:2] for key in keys)[stop - 1]
            keys = [key for key in keys if key[:2] <= edge]
        for _, negative, identifier, number in self._ordered(keys)[request.offset : stop]:
            yield EngineHit(
                identifier,
                -negative,
                self._stored(number) if request.stored else b"",
                self._column("group", number).decode("utf-8", "surrogatepass"),
                others.get(number, ()),
            )

    def _evaluate(self, query: Query) -> Scores:
        match query:
            case Term():
                return self._readings(Readings((query,)))
            case Readings():
                return self._readings(query)
            case Phrase():
                return self._phrase(query)
            case Synonyms():
                return self._synonyms(query)
            case Prefix():
                terms = self._expand(query.field, query.prefix, query.max_length)
                return self._constant(query.field, terms, query.boost)
            case Fuzzy():
                return self._constant(query.field, self._similar(query), query.boost)
            case Facet():
                return dict.fromkeys(self._carrying(query), query.boost)
            case Ids():
                numbers = (number for identifier in query.ids for number in self._ids("id", identifier))
                return dict.fromkeys(numbers, query.boost)
            case Everything():
                return dict.fromkeys(self.reader.all_doc_ids(), 0.0) if self.reader.doc_count() else {}
            case Bool():
                return self._bool(query)

    def _bool(self, query: Bool) -> Scores:
        scores: Scores = {}
        if query.must:
            parts = sorted((self._evaluate(part) for part in query.must), key=len)
            scores = parts[0]
            for part in parts[1:]:
                scores = {number: score + part[number] for number, score in scores.items() if number in part}
            for optional in query.should:
                for number, score in self._evaluate(optional).items():
                    if number in scores:
                        scores[number] += score
        elif query.should:
            for optional in query.should:
                for number, score in self._evaluate(optional).items():
                    scores[number] = scores.get(number, 0.0) + score
        elif query.must_not:
            scores = self._evaluate(Everything())
        for excluded in query.must_not:
            for number in self._evaluate(excluded):
                scores.pop(number, None)
        return scores

    def _readings(self, query: Readings) -> Scores:
        scores: Scores = {}
        for term, frequency, counts in self._read_terms(query):
            for number, score in self._score(term.field, term.boost, [frequency], counts).items():
                scores[number] = scores.get(number, 0.0) + score
        return scores

    def _read_terms(self, query: Readings) -> Iterator[tuple[Term, float, dict[int, float]]]:
        """Yield each term with the document frequency to count with, and how often documents hold it."""
        found = [self._postings(term.field, term.text) for term in query.terms]
        statistics = [
            (self._documents(term.field), len(postings.numbers))
            for term, postings in zip(query.terms, found, strict=True)
        ]
        statistics += [
            (self._documents(term.field), self.document_frequency(term.field, term.text)) for term in query.unread
        ]
        for term, postings, frequency in zip(
            query.terms, found, bm25.at_home(statistics)[: len(found)], strict=True
        ):
            yield term, frequency, dict(zip(postings.numbers, postings.frequencies, strict=True))

    def _synonyms(self, query: Synonyms) -> Scores:
        boost, held, frequencies = self._read_synonyms(query)
        return self._score(_field_of(query), boost, held, frequencies)

    def _read_synonyms(self, query: Synonyms) -> tuple[float, list[float], dict[int, float]]:
        """Return the boost, the document frequency and the occurrences of synonyms taken as one word."""
        field = _field_of(query)
        frequencies: defaultdict[int, float] = defaultdict(float)
        held = 0.0
        for alternative in query.alternatives:
            match alternative:
                case Phrase():
                    counts = self._read_phrase(alternative)[1]
                case Prefix():
                    counts = self._counts(field, self._expand(field, alternative.prefix, alternative.max_length))
                case Term():
                    counts = self._counts(field, [alternative.text])
            held += alternative.boost * len(counts)
            for number, count in counts.items():
                frequencies[number] += alternative.boost * count
        documents = self._documents(field)
        held = min(held, documents)
        return query.boost * self._share_of_home(query, documents, held), [held], frequencies

    def _counts(self, field: str, terms: Iterable[str]) -> dict[int, float]:
        """Return how often each document holds any of some terms."""
        counts: defaultdict[int, float] = defaultdict(float)
        for text in terms:
            postings = self._postings(field, text)
            for number, frequency in zip(postings.numbers, postings.frequencies, strict=True):
                counts[number] += frequency
        return counts

    def _share_of_home(self, query: Synonyms, documents: int, held: float) -> float:
        """Return what brings the weight of synonyms down to that of the word in its own language."""
        weight = bm25.idf(documents, held)
        if query.home is None or not weight:
            return 1.0
        frequency = self.document_frequency(query.home.field, query.home.text)
        if not frequency:
            return 1.0
        return min(1.0, bm25.idf(self._documents(query.home.field), frequency) / weight)

    def _phrase(self, query: Phrase) -> Scores:
        return self._score(query.field, query.boost, *self._read_phrase(query))

    def _read_phrase(self, query: Phrase) -> tuple[list[float], dict[int, float]]:
        """Return the document frequency of each term of a phrase, and how often documents hold the phrase."""
        found: list[_Postings] = []
        together: set[int] = set()
        for _, text in query.terms:
            found.append(self._postings(query.field, text))
            numbers = found[-1].numbers
            together = together.intersection(numbers) if len(found) > 1 else set(numbers)
            if not together:
                return [], {}
        values = [
            {
                number: value
                for number, value in zip(postings.numbers, postings.values, strict=True)
                if number in together
            }
            for postings in found
        ]
        counted: dict[int, float] = {}
        for number in together:
            starts: set[int] | None = None
            for (offset, _), places in zip(query.terms, values, strict=True):
                shifted = {place - offset for place in _unpack(places[number])}
                starts = shifted if starts is None else starts & shifted
                if not starts:
                    break
            if starts:
                counted[number] = float(len(starts))
        return [float(len(postings.numbers)) for postings in found], counted

    def _score(
        self,
        field: str,
        boost: float,
        document_frequencies: Sequence[float],
        frequencies: Mapping[int, float],
    ) -> Scores:
        if not frequencies:
            return {}
        documents = self._documents(field)
        weight = boost * sum(bm25.idf(documents, frequency) for frequency in document_frequencies)
        average = self._total_length(field) / max(documents, 1)
        length = self.reader.doc_field_length
        return {
            number: weight * bm25.saturation(frequency, length(number, field), average)
            for number, frequency in frequencies.items()
        }

    # Explaining

    def explain(self, query: Query, ids: Iterable[str]) -> dict[str, Explanation]:
        numbers = {number: identifier for identifier in ids for number in self._ids("id", identifier)}
        return {numbers[number]: found for number, found in self._explain(query, frozenset(numbers)).items()}

    def _explain(self, query: Query, numbers: frozenset[int]) -> dict[int, Explanation]:
        match query:
            case Term():
                parts = self._explain(Readings((query,)), numbers)
                return {number: found.parts[0] for number, found in parts.items()}
            case Readings():
                return _together(query, [self._explain_term(*term, numbers) for term in self._read_terms(query)])
            case Phrase():
                return self._explain_field(query, query.field, query.boost, *self._read_phrase(query), numbers)
            case Synonyms():
                return self._explain_field(query, _field_of(query), *self._read_synonyms(query), numbers)
            case Bool():
                return self._explain_bool(query, numbers)
        scores = self._evaluate(query)
        return {number: Explanation(query, scores[number]) for number in numbers if number in scores}

    def _explain_term(
        self, term: Term, frequency: float, counts: Mapping[int, float], numbers: frozenset[int]
    ) -> dict[int, Explanation]:
        return self._explain_field(term, term.field, term.boost, [frequency], counts, numbers)

    def _explain_field(
        self,
        leaf: Term | Phrase | Synonyms,
        field: str,
        boost: float,
        document_frequencies: Sequence[float],
        counts: Mapping[int, float],
        numbers: frozenset[int],
    ) -> dict[int, Explanation]:
        here = {number: counts[number] for number in numbers if number in counts}
        documents = self._documents(field)
        rarity = sum(bm25.idf(documents, frequency) for frequency in document_frequencies)
        average = self._total_length(field) / max(documents, 1) if here else 0.0
        scores = self._score(field, boost, document_frequencies, here)
        return {
            number: Explanation(
                leaf,
                scores[number],
                statistics=Statistics(
                    boost=boost,
                    documents=documents,
                    document_frequencies=tuple(document_frequencies),
                    rarity=rarity,
                    frequency=count,
                    length=self.reader.doc_field_length(number, field),
                    average_length=average,
                    saturation=scores[number] / (boost * rarity) if boost * rarity else 0.0,
                ),
            )
            for number, count in here.items()
        }

    def _explain_bool(self, query: Bool, numbers: frozenset[int]) -> dict[int, Explanation]:
        must = [self._explain(part, numbers) for part in query.must]
        should = [self._explain(part, numbers) for part in query.should]
        if must:
            matched = set.intersection(*(set(part) for part in must))
        elif should:
            matched = set().union(*should)
        else:
            matched = set(numbers) if query.must_not else set()
        for excluded in query.must_not:
            matched -= self._evaluate(excluded).keys()
        found = _together(query, [*must, *should])
        return {number: found.get(number, Explanation(query, 0.0)) for number in matched}

    def _documents(self, field: str) -> int:
        """Return the number of documents in the language of a field."""
        return self.document_count(field.partition("_")[2])

    def document_count(self, language: str) -> int:
        found = self._values("language").get(language)
        return found.count() if found else 0

    def _total_length(self, field: str) -> int:
        """Return the number of terms of a field, without those of deleted documents, which Whoosh counts in."""
        total = self._lengths.get(field)
        if total is None:
            total = self.reader.field_length(field)
            for leaf, _ in self.reader.leaf_readers():
                deleted = leaf.segment().deleted_docs() if leaf.segment() else ()
                total -= sum(leaf.doc_field_length(number, field) or 0 for number in deleted)
            self._lengths[field] = total
        return total

    def _constant(self, field: str, terms: Iterable[str], boost: float) -> Scores:
        scores: Scores = {}
        for text in terms:
            scores.update(dict.fromkeys(self._postings(field, text).numbers, boost))
        return scores

    # Reading

    def _postings(self, field: str, text: str) -> _Postings:
        with self._reading:
            found = self._read.get((field, text))
            if found is None:
                found = _Postings([], [], [])
                matcher = self._matcher(field, text)
                while matcher is not None and matcher.is_active():
                    found.numbers.append(matcher.id())
                    found.frequencies.append(matcher.weight())
                    found.values.append(matcher.value())
                    matcher.next()
                self._kept += len(found.numbers) + 1
                if self._kept > _KEPT_POSTINGS:
                    self._read.clear()
                    self._kept = len(found.numbers) + 1
                self._read[field, text] = found
        return found

    def _matcher(self, field: str, text: str) -> Any:
        try:
            return self.reader.postings(field, _encodable(text).encode())
        except TermNotFound:
            return None

    def document_frequency(self, field: str, text: str) -> int:
        try:
            frequency: int = self.reader.doc_frequency(field, _encodable(text).encode())
        except TermNotFound:
            return 0
        return frequency

    def terms(self, field: str, prefix: str) -> Iterator[tuple[str, int]]:
        key = _encodable(prefix).encode()
        parts = [_lexicon(leaf, field, key) for leaf, _ in self.reader.leaf_readers() if leaf.doc_count_all()]
        for term, group in groupby(merge(*parts), key=itemgetter(0)):
            yield term.decode(), sum(frequency for _, frequency in group)

    def _ids(self, field: str, text: str) -> list[int]:
        with self._reading:
            matcher = self._matcher(field, text)
            return [] if matcher is None else list(matcher.all_ids())

    def _expand(self, field: str, prefix: str, max_length: int | None) -> list[str]:
        if field not in self.reader.schema:
            return []
        terms = [term.decode() for term in self.reader.expand_prefix(field, _encodable(prefix))]
        return [term for term in terms if max_length is None or len(term) <= max_length]

    def _similar(self, query: Fuzzy) -> list[str]:
        # Whoosh's own search counts two exchanged letters as one error or as two, depending on the number of
        # segments, and takes seconds for a term of 100,000 characters.
        text = query.text
        terms = self._expand(query.field, text[:1], len(text) + query.distance) if text else []
        return [term for term in terms if within_distance(term, text, query.distance)]

    def _stored(self, number: int) -> bytes:
        stored = self.reader.stored_fields(number)["stored"]
        assert isinstance(stored, bytes)  # noqa: S101 - written above
        return stored

    def _column(self, name: str, number: int) -> Any:
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = self.reader.column_reader(name, translate=False)
        return column[number]

    # Facets

    def _values(self, name: str) -> dict[str, _Set]:
        values = self._facets.get(name)
        if values is None:
            field = _FACET + name
            values = {}
            for term in self.reader.lexicon(field) if field in self.reader.schema else ():
                text = term.decode()
                numbers = self._ids(field, text)
                if numbers:
                    values[text] = _Set(numbers, self._size)
            self._facets[name] = values
        return values

    def _carrying(self, query: Facet) -> Iterable[int]:
        """Return the documents that carry a value, without reading all values of a facet that is not in use."""
        if query.name in self._facets:
            return _numbers(_union(map(self._facets[query.name].get, query.values), self._size), self._size)
        return {number for value in query.values for number in self._ids(_FACET + query.name, value)}

    def _count(self, name: str, among: int) -> dict[str, int]:
        packed = _bytes(among, self._size)
        counted = {value: numbers.count(among, packed) for value, numbers in self._values(name).items()}
        return {value: count for value, count in counted.items() if count}


def _together(query: Query, parts: Iterable[Mapping[int, Explanation]]) -> dict[int, Explanation]:
    """Return the parts that each document has, under one explanation for all."""
    found: defaultdict[int, list[Explanation]] = defaultdict(list)
    for part in parts:
        for number, explanation in part.items():
            found[number].append(explanation)
    return {
        number: Explanation(query, sum(part.score for part in all_of_it), tuple(all_of_it))
        for number, all_of_it in found.items()
    }


def _lexicon(leaf: Any, field: str, prefix: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the terms of one segment that begin so, with their document frequencies.

    Whoosh's own way unpacks the postings of every rare term on the way, which takes ten times as long.
    """
    lexicon = leaf._terms  # noqa: SLF001
    start: bytes = lexicon._keycoder(field, prefix)  # noqa: SLF001
    head = len(start) - len(prefix)
    file = lexicon._tindex.dbfile  # noqa: SLF001
    for place, length, data, _ in lexicon._tindex.ranges_from(start):  # noqa: SLF001
        key: bytes = file.get(place, length)
        if not key.startswith(start):
            return
        yield key[head:], W3TermInfo.read_doc_freq(file, data)


def _field_of(query: Synonyms) -> str:
    """Return the one field of synonyms; none has no documents."""
    return query.alternatives[0].field if query.alternatives else ""


def _encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which no index can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Set:
    """The documents that carry one facet value: a bitmap when there are many, a list when there are few."""

    __slots__ = ("_mask", "_numbers", "_size")

    def __init__(self, numbers: list[int], size: int) -> None:
        dense = len(numbers) * 64 > size
        self._size = len(numbers)
        self._mask = _mask(numbers, size) if dense else None
        self._numbers = None if dense else array("I", numbers)

    def mask(self, size: int) -> int:
        return self._mask if self._mask is not None else _mask(self._numbers or (), size)

    def count(self, among: int | None = None, packed: bytes = b"") -> int:
        """Return how many there are, among those of a mask (given as a number and as its bytes)."""
        if among is None:
            return self._size
        if self._mask is not None:
            return (self._mask & among).bit_count()
        return sum(packed[number >> 3] >> (number & 7) & 1 for number in self._numbers or ())


def _mask(numbers: Iterable[int], size: int) -> int:
    bits = bytearray((size + 7) // 8)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def _bytes(mask: int, size: int) -> bytes:
    return mask.to_bytes((size + 7) // 8, "little")


def _numbers(mask: int, size: int) -> list[int]:
    packed = _bytes(mask, size)
    return [place * 8 + bit for place, byte in enumerate(packed) if byte for bit in range(8) if byte >> bit & 1]


def _union(sets: Iterable[_Set | None], size: int) -> int:
    mask = 0
    for numbers in sets:
        if numbers is not None:
            mask |= numbers.mask(size)
    return mask
