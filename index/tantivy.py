"""An engine for many articles: tantivy keeps postings, columns and stored bytes, scores and counts.

Each language is an index of tantivy in a folder of its own (`searchkit.index.tantivy_part`). One small file names
the folders that make up the last commit, and is replaced as a whole: so a commit shows at once, and for all
languages together.
"""

import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, Final, NamedTuple, ParamSpec, Self, TypeVar
from uuid import uuid4
from zlib import crc32

import tantivy
from tantivy import FieldType, Order
from tantivy import Query as Found

from searchkit.errors import SearchkitError
from searchkit.index import files
from searchkit.index.engine import (
    Checked,
    Document,
    EngineHit,
    EngineStats,
    Entry,
    Kept,
    Location,
    OfLastCommit,
    Request,
    Response,
)
from searchkit.index.explanation import Explanation
from searchkit.index.files import damaged, size_of
from searchkit.index.lock import WriterLock
from searchkit.index.query import KINDS, Everything, Query
from searchkit.index.tantivy_part import (
    META,
    Part,
    encode,
    entry_of,
    link,
    narrowed,
    problems,
    schema,
    stored_of,
    term_key,
    tidy,
    unreadable,
)
from searchkit.index.tantivy_query import Compiler

_COMMIT: Final = "commit.json"
_FORMAT: Final = 1
_MOST_COMMIT: Final = 1_000_000
_PANIC: Final = "PanicException"
# What a commit may name: never another place.
_FOLDER: Final = re.compile(r"[0-9a-f]{32}")

P = ParamSpec("P")
T = TypeVar("T")

# A commit may remove a folder between the reading of the file that names it and the opening of its files.
_OPEN_TRIES: Final = 20
_OS_ERROR: Final = re.compile(r"os error (\d+)")
# Bytes for the postings of one batch; each further language gets half as much, down to what tantivy needs.
_HEAP: Final = 128_000_000
_LEAST_HEAP: Final = 16_000_000
# More than one thread would leave more segments, and the order of documents to chance.
_THREADS: Final = 1
# Parts are asked side by side where the index is so large that it pays.
_LARGE: Final = 5_000
# Scores that differ less are one score: tantivy adds 32-bit numbers up, in an order that varies.
_SAME: Final = 2e-6
# Hits beyond the page, so that one search is mostly enough to see where ties at its edge end.
_MARGIN: Final = 40


class TantivyEngine(OfLastCommit):
    """An index in a folder, for hundreds of thousands of articles. See `searchkit.index.engine.Engine`."""

    def __init__(self, location: Path) -> None:
        self._location = location
        # As text: the file is looked at for every search.
        self._commit = os.fspath(location / _COMMIT)
        self._lock = threading.Lock()
        self._snapshot: _Snapshot | None = None

    @classmethod
    def create(cls, location: Location) -> Self:
        """Make an empty index."""
        location = Path(location)
        location.mkdir(parents=True, exist_ok=True)
        _name(location, {})
        return cls(location)

    @classmethod
    def open(cls, location: Location) -> Self:
        """Open an index."""
        engine = cls(Path(location))
        engine.snapshot()
        return engine

    def writer(self, wait: float = 10.0) -> "TantivyWriter":
        """Return the one writer."""
        return TantivyWriter(self._location, wait)

    def close(self) -> None:
        """Let go of files."""
        with self._lock:
            self._snapshot = None

    @classmethod
    def check(cls, location: Path) -> Iterator[Checked]:
        """Compare all files with their checksums."""
        try:
            named, checks = _named(location)
        except (SearchkitError, FileNotFoundError) as error:
            yield Checked(_COMMIT, "missing" if isinstance(error, FileNotFoundError) else "damaged")
            return
        yield Checked(_COMMIT)
        for code, name in named.items():
            for file, found in problems(location / name):
                problem = found
                if file == META and not found and checks.get(code) not in {None, _check_of(location / name)}:
                    problem = "damaged"
                yield Checked(f"{name}/{file}", problem)
        for path in _unnamed(location, named.values()):
            yield Checked(path.name, litter=True)

    @classmethod
    def salvage(cls, location: Path) -> Iterator[Kept]:
        """Yield what can be read of the documents."""
        from searchkit.index.tantivy_salvage import salvaged

        try:
            folders = list(_named(location)[0].values())
        except (SearchkitError, FileNotFoundError):
            found = [path for path in location.glob("*/") if (path / META).is_file()]
            folders = [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)]
        for name in folders:
            yield from salvaged(location / name)

    @classmethod
    def renewed(cls, location: Path, wait: float = 10.0) -> "TantivyWriter":
        """Return a writer whose first commit replaces everything."""
        location.mkdir(exist_ok=True)
        return TantivyWriter(location, wait, anew=True)

    def snapshot(self) -> "_Snapshot":
        """Return the last commit; readers of older ones go on undisturbed."""
        stamp = _stamp(self._commit)
        snapshot = self._snapshot
        if snapshot is None or snapshot.stamp != stamp:
            with self._lock:
                snapshot = self._snapshot
                if snapshot is None or snapshot.stamp != _stamp(self._commit):
                    snapshot = self._snapshot = _opened(self._location, snapshot)
        return snapshot


class _Batch:
    """Changes to the articles of one language, in a folder that no reader knows yet."""

    def __init__(self, old: Path | None, folder: Path, heap: int) -> None:
        self.folder = folder
        link(old, folder)
        self._index = tantivy.Index.open(str(folder)) if old else tantivy.Index(schema(), path=str(folder))
        self._writer: Any = self._index.writer(heap_size=heap, num_threads=_THREADS)

    def add(self, document: Any) -> None:
        """Add a document as tantivy takes it."""
        with self._told():
            self._writer.add_document(document)

    def delete(self, key: str) -> None:
        """Remove the document of this id's key that is there so far."""
        with self._told():
            self._writer.delete_documents_by_term("id", key)

    def finish(self) -> None:
        """Write all changes to disk, and merge what is to be merged."""
        with self._told():
            self._writer.commit()
            self._writer.wait_merging_threads()
        tidy(self.folder)

    def drop(self) -> None:
        """Forget all changes."""
        try:
            self._writer.rollback()
            self._writer.wait_merging_threads()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: S110 - nothing to roll back, or no place to write that down
            pass

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raise an error of the system as such."""
        try:
            yield
        except ValueError as error:  # a full disk, above all
            number = _OS_ERROR.search(str(error))
            reason = os.strerror(int(number[1])) if number else _reason(_text_of(error))
            raise OSError(number and int(number[1]), reason, str(self.folder)) from error
        except (Exception, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # tantivy panics where files that it reads to merge them are damaged
            raise unreadable(self.folder, error) from error


def _text_of(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _reason(told: str) -> str:
    return "writing failed; is the disk full?" if "writer was killed" in told else told


class TantivyWriter:
    """One batch of changes to a `TantivyEngine`.

    Raises:
        IndexLockedError: another writer did not finish in time.
    """

    def __init__(self, location: Path, wait: float, *, anew: bool = False) -> None:
        if not location.is_dir():
            raise damaged(location, f"{location} is missing")
        self._lock = WriterLock(location, wait)
        self._location = location
        # Opened at the first change, so that a batch without any reads and writes nothing.
        self._snapshot: _Snapshot | None = _Snapshot(location, None, {}) if anew else None
        self._anew = anew
        self._batches: dict[str, _Batch] = {}
        self._added: dict[str, str] = {}
        try:
            if not anew:
                _sweep(location)
        except BaseException:  # Ctrl-C is one
            self._lock.release()
            raise

    def add(self, document: Document) -> None:
        """Add a document, replacing the one with the same id."""
        found = encode(document)  # all that can fail comes first
        self.delete([document.id])
        self._batch(document.language).add(found)
        self._added[document.id] = document.language

    def delete(self, ids: Iterable[str]) -> None:
        """Remove documents; unknown ids are passed over."""
        parts = self._begun().parts
        for identifier in ids:
            key = term_key(identifier)
            languages = {code for code, part in parts.items() if part.holds(identifier)}
            if identifier in self._added:
                languages.add(self._added.pop(identifier))
            for language in languages:
                self._batch(language).delete(key)

    def commit(self) -> None:
        """Make the batch visible and durable at once."""
        if self._batches or self._anew:
            for batch in self._batches.values():
                batch.finish()
            named = {code: part.folder.name for code, part in self._begun().parts.items()}
            named |= {code: batch.folder.name for code, batch in self._batches.items()}
            filled = {
                code: name
                for code, name in named.items()
                if code not in self._batches or Part(self._location / name, code).documents
            }
            _name(self._location, filled)
            _sweep(self._location)
        self._anew = False
        self._batches = {}
        self._snapshot = None
        self._added.clear()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was not committed."""
        try:
            # A commit may fail when its folders are in the index already.
            named = set()
            with suppress(SearchkitError, OSError):
                named = set(_named(self._location)[0].values())
            for batch in self._batches.values():
                batch.drop()
                if batch.folder.name not in named:
                    files.remove_folder(batch.folder)
        finally:
            self._batches = {}
            self._lock.release()

    def _begun(self) -> "_Snapshot":
        """Return the commit that this batch goes on from."""
        if self._snapshot is None:
            self._snapshot = _opened(self._location, None)
        return self._snapshot

    def _batch(self, language: str) -> _Batch:
        batch = self._batches.get(language)
        if batch is None:
            part = self._begun().parts.get(language)
            folder = uuid4().hex  # never again: readers know a part by its folder
            heap = max(_LEAST_HEAP, _HEAP >> len(self._batches))
            batch = self._batches[language] = _Batch(part.folder if part else None, self._location / folder, heap)
        return batch


class _Candidate(NamedTuple):
    """A match that may be a hit.

    Attributes:
        key: what decides its rank, but for its id: newest first where that is asked for, then best.
    """

    key: tuple[int, float]
    part: Part
    address: Any


def _told(ask: Callable[Concatenate["_Snapshot", P], T]) -> Callable[Concatenate["_Snapshot", P], T]:
    """Make a method name the file that is damaged where it fails."""

    @wraps(ask)
    def asked(self: "_Snapshot", /, *given: P.args, **named: P.kwargs) -> T:
        try:
            return ask(self, *given, **named)
        except (SearchkitError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # tantivy panics, which is no Exception
            self.tell(error)
            raise

    return asked


class _Snapshot:
    """One commit, as one or many threads read it."""

    def __init__(self, location: Path, stamp: object, parts: Mapping[str, Part]) -> None:
        self._location = location
        self.stamp = stamp
        self.parts = parts
        self.compiler = Compiler(parts)

    def tell(self, error: BaseException) -> None:
        """Raise an error that names the file from which reading failed, if that is why."""
        for part in self.parts.values():
            if any(found for _, found in problems(part.folder)):
                raise unreadable(part.folder, error) from error
        # An index from a stranger has checksums that fit.
        if isinstance(error, ValueError | LookupError | OverflowError) or type(error).__name__ == _PANIC:
            raise damaged(self._location, f"{self._location} cannot be read ({_text_of(error)[:200]})") from error

    def _each(self, items: Iterable[T]) -> Iterator[T]:
        """Yield what there is, and name the file that is damaged where that fails."""
        try:
            yield from items
        except (SearchkitError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:
            self.tell(error)
            raise

    @_told
    def search(self, request: Request) -> Response:
        """Answer a request."""

        def ask(part: Part) -> _Answer:
            return _ask(self.compiler, part, request)

        parts = self.parts.values()
        large = sum(part.documents for part in parts) >= _LARGE
        # tantivy lets go of the interpreter while it searches.
        answers = list(_askers().map(ask, parts) if large and len(parts) > 1 else map(ask, parts))
        candidates = [candidate for answer in answers for candidate in answer.candidates]
        total = sum(answer.total for answer in answers)
        behind: dict[int, list[_Candidate]] = {}
        if request.collapse:
            candidates, behind = _collapsed(candidates)
            total = len(candidates)
        return Response(
            hits=tuple(_page(candidates, request, behind)) if request.limit > 0 else (),
            total=total,
            facets={name: _added_up(answer.counts.get(name, {}) for answer in answers) for name in request.facets},
        )

    @_told
    def document_frequency(self, field: str, text: str) -> int:
        """Return how many documents hold a term in a field."""
        return self.compiler.frequency(field, text)

    def document_count(self, language: str) -> int:
        """Return how many documents there are in a language."""
        part = self.parts.get(language)
        return part.documents if part else 0

    def terms(self, field: str, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Yield the terms of a field that begin so, with their document frequencies."""
        kind, _, language = field.partition("_")
        part = self.parts.get(language)
        return self._each(part.terms(kind, prefix)) if part and kind in KINDS else iter(())

    def similar(
        self, field: str, text: str, distance: int, *, exchanges: bool = False
    ) -> Iterator[tuple[str, int]]:
        """Yield the terms of a field within some typing errors of a word, with their document frequencies."""
        kind, _, language = field.partition("_")
        part = self.parts.get(language)
        if part is None or kind not in KINDS:
            return iter(())
        return self._each(part.similar(kind, text, distance, exchanges=exchanges))

    @_told
    def explain(self, query: Query, ids: Iterable[str]) -> dict[str, Explanation]:
        """Return where the scores of those documents come from that exist and match."""
        compiler = self.compiler
        explained = {}
        for identifier, part, address in self._places(ids):
            if (found := compiler.explain(query, part, address, identifier)) is not None:
                explained[identifier] = found
        return explained

    @_told
    def get(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return the stored bytes of those documents that exist."""
        return {identifier: stored_of(part.document(address)) for identifier, part, address in self._places(ids)}

    def entries(self) -> Iterator[Entry]:
        """Yield the table of contents."""
        for part in self.parts.values():
            for address in self._each(part.addresses()):
                yield Entry(*part.entry(address)[:3])

    def stats(self) -> EngineStats:
        """Return what the index holds."""
        parts = self.parts.values()
        return EngineStats(
            documents=sum(part.documents for part in parts),
            segments=sum(part.searcher.num_segments for part in parts),
            bytes=size_of(self._location),
        )

    def _places(self, ids: Iterable[str]) -> Iterator[tuple[str, Part, Any]]:
        for identifier in ids:
            for part in self.parts.values():
                if (address := part.address(identifier)) is not None:
                    yield identifier, part, address


# Asking a part


@cache
def _askers() -> ThreadPoolExecutor:
    """Return the threads that ask parts side by side."""
    return ThreadPoolExecutor(min(os.cpu_count() or 1, 8), "searchkit")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_askers.cache_clear)  # a fork has none of its parent's threads


class _Answer(NamedTuple):
    """What one part answers to a request.

    Attributes:
        total: number of documents that match query and filters.
        candidates: those that may be on the page.
        counts: see `searchkit.index.engine.Response.facets`.
    """

    total: int
    candidates: list[_Candidate]
    counts: Mapping[str, Mapping[str, int]]


def _ask(compiler: Compiler, part: Part, request: Request) -> _Answer:
    """Answer a request from one part."""
    compiled = compiler.compile(request.query, part)
    if compiled is None:
        return _Answer(0, [], {})
    query = compiled.scored if request.limit > 0 or request.collapse else compiled.counted
    filters = {name: part.with_values(name, values) for name, values in request.filters.items() if values}
    known = [found for found in filters.values() if found is not None]
    total, candidates = 0, list[_Candidate]()
    if len(known) == len(filters):
        total, candidates = _ranked(compiler, part, request, narrowed(query, *known))
    counts = _counted(part, compiled.counted, request, filters, total) if request.facets else {}
    return _Answer(total, candidates, counts)


def _counted(
    part: Part, query: Found, request: Request, filters: Mapping[str, Found | None], total: int
) -> dict[str, Mapping[str, int]]:
    """Count the values of each facet among what the query and the filters on the other facets leave.

    Args:
        part: where to count.
        query: that of the request.
        request: what is asked.
        filters: those of the request.
        total: number of documents that the query and all filters leave.
    """
    free = tuple(name for name in request.facets if name not in filters)
    counts: dict[str, Mapping[str, int]] = {}
    for names in filter(None, [free, *((name,) for name in request.facets if name in filters)]):
        others = [found for name, found in filters.items() if name not in names]
        known = [found for found in others if found is not None]
        if len(known) == len(others):
            whole = isinstance(request.query, Everything) and not known
            counted = None if whole else narrowed(query, *known)
            counts |= part.counts(counted, names, total if names is free else None)
    return counts


def _added_up(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in parts:
        if not total:
            total = dict(counts)
        else:
            for value, number in counts.items():
                total[value] = total.get(value, 0) + number
    return total


# Ranking


def _ranked(compiler: Compiler, part: Part, request: Request, query: Found) -> tuple[int, list[_Candidate]]:
    """Return how many documents match, and those that may be on the page."""
    if request.collapse:
        candidates = _every(part, query, request)
        return len(candidates), candidates
    wanted = request.offset + request.limit if request.limit > 0 else 0
    if wanted and request.sort == "date":
        return _newest(part, query, wanted)
    score = compiler.constant_score(request.query)
    if wanted and score is not None:
        return _first(part, query, wanted, score)
    return _best(part, query, wanted)


def _best(part: Part, query: Found, wanted: int) -> tuple[int, list[_Candidate]]:
    """Return how many documents match, and the best, with all that tie with the last of them."""
    limit = max(wanted + _MARGIN, 1)
    while True:
        answer = part.searcher.search(query, limit=limit)
        hits = answer.hits
        end = next((place for place in range(wanted, len(hits)) if _apart(hits[place - 1], hits[place])), None)
        if not wanted or end is not None or len(hits) < limit:
            return answer.count, _alike(part, hits[: end if wanted else 0])
        limit *= 4


def _apart(one: tuple[float, Any], other: tuple[float, Any]) -> bool:
    return one[0] - other[0] > _SAME * abs(one[0])


def _alike(part: Part, hits: Sequence[tuple[float, Any]], day: int = 0) -> list[_Candidate]:
    """Return hits as candidates; scores that follow each other closely are made one."""
    found = []
    last = score = 0.0
    for number, (here, address) in enumerate(hits):
        if not number or last - here > _SAME * abs(last):
            score = here
        last = here
        found.append(_Candidate((-day, -score), part, address))
    return found


def _first(part: Part, query: Found, wanted: int, score: float) -> tuple[int, list[_Candidate]]:
    """Return how many documents match, and the first by id, where all score the same."""
    if wanted * 2 > part.documents:  # to put them in order here is quicker
        answer = part.searcher.search(query, limit=max(part.documents, 1))
        return answer.count, [_Candidate((0, -score), part, address) for _, address in answer.hits]
    answer = part.searcher.search(query, limit=wanted, order_by_field="id", order=Order.Asc)
    return answer.count, [_Candidate((0, -score), part, address) for _, address in answer.hits]


def _newest(part: Part, query: Found, wanted: int) -> tuple[int, list[_Candidate]]:
    """Return how many documents match, and the newest, with all that tie with the last of them."""
    answer = part.searcher.search(query, limit=wanted, order_by_field="published")
    days = [day for day, _ in answer.hits]
    found: list[_Candidate] = []
    for day in dict.fromkeys(days):
        if len(found) < wanted:
            on_it = Found.range_query(part.schema, "published", FieldType.Integer, day, day)
            found += _of_day(_best(part, narrowed(query, on_it), wanted - len(found))[1], day)
    return answer.count, found


def _of_day(candidates: Iterable[_Candidate], day: int) -> list[_Candidate]:
    return [candidate._replace(key=(-day, candidate.key[1])) for candidate in candidates]


def _every(part: Part, query: Found, request: Request) -> list[_Candidate]:
    """Return all documents that match."""
    if not part.documents:
        return []
    candidates = _alike(part, part.searcher.search(query, limit=part.documents, count=False).hits)
    if request.sort == "date":
        days = part.searcher.fast_field_values("published", [candidate.address for candidate in candidates])
        candidates = [
            candidate._replace(key=(-day, candidate.key[1]))
            for candidate, day in zip(candidates, days, strict=True)
        ]
    return candidates


def _collapsed(candidates: list[_Candidate]) -> tuple[list[_Candidate], dict[int, list[_Candidate]]]:
    """Return the first candidate of each group, and those behind each, by the identity of its address."""
    by_part: defaultdict[int, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_part[id(candidate.part)].append(candidate)
    first: list[_Candidate] = []
    groups: defaultdict[int, list[_Candidate]] = defaultdict(list)
    for members in by_part.values():
        keys = members[0].part.searcher.fast_field_values("group", [member.address for member in members])
        for member, key in zip(members, keys, strict=True):
            (groups[key] if key else first).append(member)
    behind = {}
    for members in groups.values():
        key = min(member.key for member in members)
        tied = [member for member in members if member.key == key]
        best = min(tied, key=_id) if len(tied) > 1 else tied[0]
        behind[id(best.address)] = [member for member in members if member is not best]
        first.append(best)
    return first, behind


def _page(
    candidates: list[_Candidate], request: Request, behind: Mapping[int, list[_Candidate]]
) -> Iterator[EngineHit]:
    stop = request.offset + request.limit
    if stop < len(candidates):
        # Ties at the edge of the page are settled by id, so all of them stay in.
        edge = sorted(candidate.key for candidate in candidates)[stop - 1]
        candidates = [candidate for candidate in candidates if candidate.key <= edge]
    # In the order in which they are stored: neighbours are unpacked together.
    candidates.sort(key=_place)
    found = []
    for candidate in candidates:
        document = candidate.part.document(candidate.address)
        # The texts of a hundred thousand hits, of which only the ids are asked, are not kept.
        found.append((candidate.key, entry_of(document), candidate, document if request.stored else None))
    found.sort(key=lambda entry: (entry[0], entry[1][0]))
    for key, (identifier, _, _, group, _), candidate, document in found[request.offset : stop]:
        stored = stored_of(document) if document is not None else b""
        score = -key[1] + 0.0  # without a sign, where it is nothing
        others = sorted((other.key, _id(other)) for other in behind.get(id(candidate.address), ()))
        yield EngineHit(identifier, score, stored, group, tuple(other for _, other in others))


def _place(candidate: _Candidate) -> tuple[str, int, int]:
    return (candidate.part.language, candidate.address.segment_ord, candidate.address.doc)


def _id(candidate: _Candidate) -> str:
    return str(candidate.part.entry(candidate.address)[0])


# Files


def _name(location: Path, folders: Mapping[str, str]) -> None:
    """Make some folders the index, at once: readers see the old ones or these."""
    files.sync(location)  # the folders' names
    checks = {code: _check_of(location / name) for code, name in folders.items()}
    data = {"format": _FORMAT, "tantivy": version("tantivy"), "languages": folders, "meta": checks}
    files.rewrite(location / _COMMIT, files.sealed(data))


def _check_of(folder: Path) -> int:
    return crc32((folder / META).read_bytes())


def _stamp(commit: str | Path) -> object:
    """Return what changes with each commit; None if there is no index."""
    try:
        status = os.stat(commit)  # noqa: PTH116 - a third of the time of a path's own
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ino, status.st_size)


def _opened(location: Path, old: _Snapshot | None) -> _Snapshot:
    """Open the last commit; parts that did not change stay open."""
    known = {part.folder: part for part in old.parts.values()} if old else {}
    for left in reversed(range(_OPEN_TRIES)):
        stamp = _stamp(location / _COMMIT)  # before reading: if it is replaced in between, it is read again
        try:
            named, checks = _named(location)
            parts = {
                code: known.get(location / name) or Part(location / name, code, checks.get(code))
                for code, name in named.items()
            }
            return _Snapshot(location, stamp, parts)
        except FileNotFoundError as error:
            if not left or not location.is_dir():
                raise damaged(location, f"{error.filename} is missing") from error
            time.sleep(0.02)
    raise AssertionError("unreachable")


def _named(location: Path) -> tuple[dict[str, str], dict[str, int]]:
    """Return the name of each language's folder in the last commit, and the checksum of what describes it."""
    file = location / _COMMIT
    try:
        data = files.unsealed(files.read_plain(file, _MOST_COMMIT))
        if data["format"] > _FORMAT:
            raise files.OtherVersionError(
                f"{file}: format {data['format']}, and this searchkit reads {_FORMAT}; "
                "run: pip install --upgrade searchkit"
            )
        if data["format"] != _FORMAT:
            raise damaged(location, f"{file}: format {data['format']}, and this searchkit reads {_FORMAT}")
        named = dict(data["languages"])
        if not all(map(_FOLDER.fullmatch, named.values())):
            raise ValueError("it names what are no folders of an index")
        return named, dict(data.get("meta", {}))
    except FileNotFoundError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise damaged(location, f"{file} cannot be read ({_text_of(error)})") from error


def _unnamed(location: Path, used: Iterable[str]) -> list[Path]:
    """Return the folders of earlier commits, and what processes left that were killed, sorted."""
    keep = set(used)
    draft = files.draft_of(location / _COMMIT)
    found = [path for path in location.iterdir() if path == draft or (path.is_dir() and path.name not in keep)]
    return sorted(found)


def _sweep(location: Path) -> None:
    """Remove what the last commit does not name; nothing, if it cannot be read."""
    with suppress(SearchkitError, OSError):
        for path in _unnamed(location, _named(location)[0].values()):
            if path.is_dir():
                files.remove_folder(path)
            else:
                files.remove(path)
