"""What a process does that takes part in a bulk load: it derives a shard's articles and hands them to the index.

All that it needs comes with the call, and all that others must know goes back: any engine for many machines can
spread these functions (`searchkit.bulk` uses Dask).
"""

import pickle
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from searchkit.batch import Changes, tasks_of
from searchkit.convert import document_of
from searchkit.derive import Derived, Deriver
from searchkit.errors import IndexStateError
from searchkit.index import Document, Entry, engine_class
from searchkit.index.loading import Loadable, Loader
from searchkit.ledger import Line, Loaded, packed
from searchkit.parallel import Groups, pieces
from searchkit.readers import Draft, read
from searchkit.settings import Settings
from searchkit.stored import StoredArticle
from searchkit.studies import Ties
from searchkit.workers import Task

# Stored blocks are some kilobytes each.
_AT_A_TIME: Final = 100


class Job(NamedTuple):
    """What the processes of one load have in common.

    Attributes:
        location: address of the index.
        engine: its name.
        batch: of the index's writer (`searchkit.index.loading`).
        deriver: finds facets, pickled.
        format: of files whose name does not tell.
    """

    location: str
    engine: str
    batch: int
    deriver: bytes
    format: str | None = None


class Move(NamedTuple):
    """An article that belongs elsewhere.

    Attributes:
        line: the article.
        group: that it belongs to.
    """

    line: Line
    group: str


def load(job: Job, path: str) -> Loaded:
    """Put the articles of a file into the index, each in a group of its own.

    Raises:
        IndexStateError: the index does not take them, or the load is over.
    """
    begun = time.process_time()
    deriver = _deriver(job.deriver)
    changes = Changes()
    loaded = Loaded(problems=changes.problems)
    known = Settings(job.engine, deriver.mechanisms)
    lines = []
    with _loader(job) as loader:
        for task in tasks_of(read([path], format=job.format), {}, changes, {}, []):
            ties = Ties()
            derived = _derive(deriver, task, ties)
            line = _line(task, derived, ties)
            loader.add(_document(derived, line.own))
            lines.append(line)
            loaded.characters += len(task.source.text)
            known.add_study_labels(derived.study_labels)
            language = derived.document.language
            if language not in known.analyzers:
                known.analyzers[language] = deriver.analyzer(language).fingerprint
        loader.flush()
    loaded.articles = len(lines)
    loaded.analyzers, loaded.labels = known.analyzers, known.study_labels
    loaded.lines = packed(lines)
    loaded.seconds = time.process_time() - begun
    return loaded


def derive_again(
    job: Job, path: str, tied: Mapping[str, Line], unsure: Mapping[str, tuple[str, ...]], ties: Ties
) -> Loaded:
    """Derive some articles of a file once more, with what all articles of the load say of studies.

    Args:
        job: the load.
        path: the file.
        tied: id -> articles whose studies may have a better key.
        unsure: id -> groups of others with the same id, which may have taken their place in the index.
        ties: of all articles.
    """
    deriver = _deriver(job.deriver)
    loaded = Loaded()
    lines = []
    with _loader(job) as loader:
        for line, derived in _tied(deriver, loader, tied, ties):
            loader.add(_document(derived, line.own))
            lines.append(line._replace(trace=derived.trace))
            loaded.labels |= derived.study_labels
        if unsure:
            for task in tasks_of(read([path], format=job.format), {}, Changes(), {}, []):
                if task.identifier in unsure:
                    derived = _derive(deriver, task, ties)
                    line = _line(task, derived, Ties())
                    loader.replace(_document(derived, line.own), unsure[task.identifier])
                    lines.append(line)
                    loaded.labels |= derived.study_labels
        loader.flush()
    loaded.articles = len(lines)
    loaded.lines = packed(lines)
    return loaded


def move(job: Job, moves: Mapping[str, Move]) -> int:
    """Put articles into the groups of their versions in other languages; return how many were not there yet."""
    deriver = _deriver(job.deriver)
    moved = 0
    with _loader(job) as loader:
        waiting = iter(moves.items())
        while some := dict(islice(waiting, _AT_A_TIME)):
            stored = loader.get({identifier: one.line.own for identifier, one in some.items()})
            for identifier, block in stored.items():
                line, group = some[identifier]
                kept = StoredArticle.from_bytes(block)
                entry = Entry(identifier, line.digest, kept.article.source)
                loader.replace(document_of(entry, kept, block, group, deriver.analyzer), (line.own,))
                moved += 1
        loader.flush()
    return moved


def _tied(
    deriver: Deriver, loader: Loader, tied: Mapping[str, Line], ties: Ties
) -> Iterator[tuple[Line, Derived]]:
    waiting = iter(tied.items())
    while some := dict(islice(waiting, _AT_A_TIME)):
        stored = loader.get({identifier: line.own for identifier, line in some.items()})
        for identifier, block in stored.items():
            kept = StoredArticle.from_bytes(block)
            line = some[identifier]
            yield line, deriver.article(kept.article, kept.given, line.digest, ties)


def _derive(deriver: Deriver, task: Task, ties: Ties) -> Derived:
    assert isinstance(task.source, Draft)  # noqa: S101 - it was read
    return deriver.draft(task.source, task.identifier, task.digest, ties)


def _line(task: Task, derived: Derived, ties: Ties) -> Line:
    assert isinstance(task.source, Draft)  # noqa: S101 - it was read
    where = f"{task.source.source}:{task.source.place}"
    return Line(task.identifier, task.digest, where, derived.group, derived.trace, ties.known)


def _document(derived: Derived, group: str) -> Document:
    document = derived.document
    return replace(document, group=group, facets={**document.facets, Groups.facet: pieces(derived.trace)})


def _loader(job: Job) -> Loader:
    engine = _engine(job.engine, job.location)
    assert isinstance(engine, Loadable)  # noqa: S101 - whoever made the job has looked
    return engine.loader(job.batch)


# A process has many shards to do, of one load.


@lru_cache(maxsize=1)
def _deriver(data: bytes) -> Deriver:
    found = pickle.loads(data)  # noqa: S301 - from the process that began the load
    if not isinstance(found, Deriver):
        raise IndexStateError("this process runs another version of searchkit than the one that began the load")
    return found


@lru_cache(maxsize=1)
def _engine(name: str, location: str) -> object:
    return engine_class(name).open(location)
