"""Filling an index from files that many processes read at once, on this machine or on any number of them.

The articles of each file are derived and put into the index by one process (`searchkit.loading`), in one batch
that shows when all is done. What one article says of others comes after that: studies that go by a better key, and
groups of versions in other languages. Each file that is done is noted (`searchkit.ledger`): a load that was cut
short goes on where it was, and what was under way is done again.

Dask spreads the work. It is a library like any other and brings its own scheduler, so that two processes here and
a hundred machines differ in one address.
"""

from __future__ import annotations

import logging
import os
import pickle
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from searchkit.article_index import ArticleIndex
from searchkit.batch import Changes
from searchkit.derive import Deriver
from searchkit.errors import IndexStateError, InputError, MissingExtraError
from searchkit.index.loading import SharedWriter
from searchkit.ledger import Ledger, Line, Plan, Shard, lines_of
from searchkit.loading import Job, Move, derive_again, load, move
from searchkit.parallel import Groups, pieces
from searchkit.readers import Problem, Report
from searchkit.readers.source import files_of
from searchkit.settings import Settings
from searchkit.studies import StudyRegistry, Ties
from searchkit.vocabulary import Vocabulary

if TYPE_CHECKING:
    from distributed import Client

# Files under way for each process: none waits for the next.
_AHEAD: Final = 2


class Progress(NamedTuple):
    """How far a load is.

    Attributes:
        bytes: of the files that are done.
        total: of all files.
    """

    bytes: int
    total: int


def bulk(
    paths: Iterable[str | os.PathLike[str]],
    *,
    index: str,
    engine: str | None = None,
    workers: int = 2,
    scheduler: str | None = None,
    state: str | os.PathLike[str] = ".searchkit-bulk",
    shards: int | None = None,
    replicas: int | None = None,
    vocabulary: str | os.PathLike[str] | None = None,
    studies: str | os.PathLike[str] | None = None,
    format: str | None = None,
    wait: float = 10.0,
    progress: Callable[[Progress], None] | None = None,
) -> Changes:
    """Fill a new index from files of articles, on several processes.

    Args:
        paths: files, or folders of files, each of which one process reads. Processes on other machines must find
            them at the same place.
        index: address of the index, as in ``https://host:9200/articles``; it is made if it is missing.
        engine: of a new index, one that many processes can fill; None for ``opensearch``.
        workers: processes on this machine, if there is no ``scheduler``.
        scheduler: address of a Dask scheduler, as in ``tcp://host:8786``, whose workers take part.
        state: folder that remembers what is done, removed at the end; after a load that was cut short, the same
            call goes on.
        shards: of a new index; see `searchkit.index_articles`, like those that follow.
        replicas: see there.
        vocabulary: see there.
        studies: see there.
        format: see there.
        wait: seconds to wait for another writer.
        progress: called after each file.

    The index is that which `searchkit.index_articles` makes of the same files, but for one thing: what articles
    say of each other's studies holds for all of them, whichever comes first.

    Raises:
        InputError: the index has articles already, there is nothing to load, or ``state`` is of another load.
        MissingExtraError: Dask or the engine's library is not installed.
        IndexStateError: the index cannot be filled now; the same call goes on later.
    """
    words = Vocabulary.load(Path(vocabulary), Vocabulary.builtin()) if vocabulary is not None else None
    known = StudyRegistry.load(Path(studies)) if studies is not None else None
    files, problems = _files(paths, format)
    options = {name: number for name, number in (("shards", shards), ("replicas", replicas)) if number is not None}
    opened = _opened(index, engine, words, known, options)
    with opened:
        ledger = Ledger(Path(state), Plan.of(str(opened.path), files, opened.vocabulary, opened.known_studies))

        def fill(writer: SharedWriter, settings: Settings, deriver: Deriver) -> Changes:
            batch = writer.share(ledger.plan.batch)
            ledger.begin(batch)
            job = Job(str(opened.path), opened.engine, batch, pickle.dumps(deriver), format)
            with _client(workers, scheduler) as client:
                changes = Load(client, job, ledger, settings, progress or _silent).run()
            changes.problems[:0] = problems
            return changes

        changes = opened.fill(fill, wait=wait)
    ledger.remove()
    return changes


@dataclass(slots=True)
class Load:
    """One load.

    Args:
        client: of Dask.
        job: what its processes have in common.
        ledger: what is done.
        settings: of the index; ties, labels and analyzers are added.
        progress: called after each file.
    """

    client: Client
    job: Job
    ledger: Ledger
    settings: Settings
    progress: Callable[[Progress], None]
    # id -> an article whose trace is not that of the ledger any more.
    _anew: dict[str, Line] = field(default_factory=dict)

    def run(self) -> Changes:
        """Load all files, and then what follows from all of them; return what was done."""
        changes = Changes()
        self._load()
        for number in range(len(self._shards)):
            head = self.ledger.head(number)
            changes.problems += head.problems
            self.settings.add_study_labels(head.labels)
            for language, fingerprint in head.analyzers.items():
                if self.settings.analyzers.setdefault(language, fingerprint) != fingerprint:
                    raise IndexStateError(
                        f"the machines of this load have different {language} analyzers; "
                        "install the same searchkit on all"
                    )
        twice = self._twice()
        changes.added = self._derive_again(twice, changes.problems)
        self._group(twice)
        return changes

    @property
    def _shards(self) -> tuple[Shard, ...]:
        return self.ledger.plan.shards

    def _load(self) -> None:
        done = self.ledger.done()
        total = sum(shard.bytes for shard in self._shards)
        read = sum(self._shards[number].bytes for number in done)
        self.progress(Progress(read, total))
        todo = ((number, (shard.path,)) for number, shard in enumerate(self._shards) if number not in done)
        for number, loaded in self._each(load, todo):
            shard = self._shards[number]
            if Shard.of(Path(shard.path)) != shard:
                raise InputError(f"{shard.path} has changed while it was loaded; begin anew")
            self.ledger.put(number, loaded)
            read += shard.bytes
            self.progress(Progress(read, total))

    def _derive_again(self, twice: frozenset[int], problems: list[str]) -> int:
        """Derive anew what others have changed; return the number of articles."""
        ties = Ties(self.settings.study_ties)
        for _, line in self._lines():
            for key, authors in line.learned.items():
                for author, better in authors.items():
                    ties.known.setdefault(key, {}).setdefault(author, better)
        tied: defaultdict[int, dict[str, Line]] = defaultdict(dict)
        unsure: defaultdict[int, dict[str, tuple[str, ...]]] = defaultdict(dict)
        firsts: dict[str, tuple[int, Line]] = {}
        articles = 0
        for number, line in self._lines():
            if _number(line.id) in twice:
                if line.id in firsts:
                    at, first = firsts[line.id]
                    problems.append(
                        f"{line.where}: id {line.id!r} is that of {first.where} too; the first is kept"
                    )
                    unsure[at][line.id] = tuple({*unsure[at].get(line.id, ()), line.own} - {first.own})
                    continue
                firsts[line.id] = (number, line)
            articles += 1
            keys = {*line.trace.studies, *line.learned}
            if any(key in ties.known and ties.known[key] != line.learned.get(key) for key in keys):
                tied[number][line.id] = line
        for number, ids in unsure.items():
            for identifier in ids:
                tied[number].pop(identifier, None)
        todo = (
            (number, (self._shards[number].path, tied.get(number, {}), unsure.get(number, {}), ties))
            for number in sorted({*tied, *unsure})
        )
        for _, loaded in self._each(derive_again, todo):
            self.settings.add_study_labels(loaded.labels)
            for line in lines_of(loaded.lines):
                self._anew[line.id] = line
        return articles

    def _group(self, twice: frozenset[int]) -> None:
        """Find the groups of articles in several languages, in the order of the files."""
        shared = self._shared_pieces(twice)
        groups = Groups(None)
        moves: defaultdict[int, dict[str, Move]] = defaultdict(dict)
        for number, line in self._firsts(twice):
            if shared.isdisjoint(pieces(line.trace)):
                continue  # it has no versions, nor may it be one
            group, _ = groups.place(line.id, line.trace, line.given, f"{line.id} {line.digest}")
            if group != line.own:
                moves[number][line.id] = Move(line, group)
        for _ in self._each(move, ((number, (moves[number],)) for number in sorted(moves))):
            pass

    def _shared_pieces(self, twice: frozenset[int]) -> set[str]:
        """Return the pieces of traces that several articles have."""
        import numpy as np

        held = (int(piece, 16) for _, line in self._firsts(twice) for piece in pieces(line.trace))
        values, counts = np.unique(np.fromiter(held, np.uint64), return_counts=True)
        return {f"{value:012x}" for value in values[counts > 1].tolist()}

    def _twice(self) -> frozenset[int]:
        """Return what stands for the ids that several articles have."""
        import numpy as np

        ids = (_number(line.id) for _, line in self._lines())
        values, counts = np.unique(np.fromiter(ids, np.uint64), return_counts=True)
        return frozenset(values[counts > 1].tolist())

    def _lines(self) -> Iterator[tuple[int, Line]]:
        """Yield all articles with the number of their file, in order."""
        for number in range(len(self._shards)):
            for line in self.ledger.lines(number):
                yield number, line

    def _firsts(self, twice: frozenset[int]) -> Iterator[tuple[int, Line]]:
        """Yield the articles that are kept, as they are by now."""
        seen: set[str] = set()
        for number, line in self._lines():
            if _number(line.id) in twice:
                if line.id in seen:
                    continue
                seen.add(line.id)
            yield number, self._anew.get(line.id, line)

    def _each(
        self, function: Callable[..., Any], todo: Iterable[tuple[int, tuple[Any, ...]]]
    ) -> Iterator[tuple[int, Any]]:
        """Yield numbers with results of a function, in the order in which processes are done with them.

        Args:
            function: gets the job first.
            todo: numbers with further arguments.

        Raises:
            IndexStateError: a process was killed, again and again.
        """
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        waiting = iter(todo)
        numbers: dict[Any, int] = {}

        def more(count: int) -> list[Any]:
            futures = []
            for number, arguments in islice(waiting, count):
                future = self.client.submit(function, self.job, *arguments, pure=False)
                numbers[future.key] = number
                futures.append(future)
            return futures

        under_way = as_completed(more(max(_AHEAD * sum(self.client.nthreads().values()), 1)))
        try:
            for future in under_way:
                result = future.result()
                yield numbers.pop(future.key), result
                del future
                for another in more(1):
                    under_way.add(another)
        except KilledWorker as error:
            raise IndexStateError(
                "a process that loads articles was killed again and again, perhaps for want of memory; "
                "try again with fewer workers or smaller files"
            ) from error


def _number(identifier: str) -> int:
    """Return a number that stands for an id; two may have the same one."""
    return int.from_bytes(blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _files(paths: Iterable[str | os.PathLike[str]], format: str | None) -> tuple[Sequence[Shard], list[str]]:
    """Return the files under some paths, each once, and what is wrong with others."""
    files: dict[str, Shard] = {}
    problems: list[str] = []
    for path in paths:
        for file in files_of(Path(path), format, Report()):
            if isinstance(file, Problem):
                problems.append(file.message)
            else:
                shard = Shard.of(file)
                files.setdefault(shard.path, shard)
    if not files:
        raise InputError(problems[0] if problems else "there are no files of articles to load")
    return list(files.values()), problems


def _opened(
    index: str,
    engine: str | None,
    words: Vocabulary | None,
    known: StudyRegistry | None,
    options: Mapping[str, int],
) -> ArticleIndex:
    if not ArticleIndex.exists(index):
        opened = ArticleIndex.create(index, engine=engine, vocabulary=words, studies=known, **options)
    else:
        opened = ArticleIndex.open(index)
    try:
        if engine not in {None, opened.engine}:
            raise InputError(f"{opened.path} has the engine {opened.engine!r}, not {engine!r}")
        if (words is not None and words != opened.vocabulary) or (
            known is not None and known != opened.known_studies
        ):
            raise InputError(f"{opened.path} was made with other words; give the same ones, or another index")
    except BaseException:
        opened.close()
        raise
    return opened


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Client]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MissingExtraError(f"bulk needs {error.name}: pip install 'searchkit[bulk]'") from error
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=10)
        except (OSError, ValueError) as error:
            raise InputError(f"{scheduler}: no Dask scheduler answers there ({error})") from error
        with client:
            yield client
        return
    with (
        tempfile.TemporaryDirectory(prefix="searchkit-bulk-") as scratch,
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            local_directory=scratch,
            # What goes wrong is told once, here.
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _silent(_: Progress) -> None:
    pass
