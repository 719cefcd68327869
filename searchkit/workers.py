"""Deriving articles on several processors; analysis is most of what indexing costs."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, NamedTuple

from searchkit.article import Article
from searchkit.derive import Derived, Deriver
from searchkit.errors import IndexStateError
from searchkit.readers import Draft
from searchkit.studies import Ties

# Characters that one process derives in about the time that it takes to start others, which load their
# dictionaries first.
_ALONE: Final = 1_000_000
# Characters that are handed over at once.
_PORTION: Final = 50_000
# Portions of each process that are under way: enough that none waits, few enough that memory stays small.
_AHEAD: Final = 3


class Task(NamedTuple):
    """An article to derive.

    Attributes:
        source: what was read, or an article as an index keeps it.
        identifier: the article's id.
        digest: see `searchkit.derive.digest_of`.
        given: of an article, names of the facets that stay as they are.
    """

    source: Draft | Article
    identifier: str
    digest: str
    given: frozenset[str] = frozenset()


class _Answer(NamedTuple):
    derived: Derived
    learned: dict[str, dict[str, str]]


def derive(tasks: Iterable[Task], deriver: Deriver, ties: Ties, jobs: int = 1) -> Iterator[tuple[Task, Derived]]:
    """Yield each task with its article, in order; the same whatever the number of processes.

    Args:
        tasks: read as they are needed.
        deriver: what finds facets; others get a copy.
        ties: what is known of studies; what the articles say is added.
        jobs: processes to derive on, beside this one; with 1 there are none. They are started when there is
            enough to do.

    Raises:
        IndexStateError: a process was killed.
    """
    waiting = iter(tasks)
    size = 0
    for task in waiting:
        yield task, _derive(deriver, task, ties)
        size += len(task.source.text)
        if jobs > 1 and size > _ALONE:
            break
    yield from _derive_elsewhere(waiting, deriver, ties, jobs)


def _derive_elsewhere(
    tasks: Iterator[Task], deriver: Deriver, ties: Ties, jobs: int
) -> Iterator[tuple[Task, Derived]]:
    portions = _portions(tasks)
    first = next(portions, None)
    if first is None:
        return
    # Not forked: a process with threads, such as an engine's, cannot be forked safely.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(deriver,))
    under_way: deque[tuple[list[Task], Future[list[_Answer]]]] = deque()
    try:
        under_way.append((first, pool.submit(_work, first)))
        more = True
        while under_way:
            while more and len(under_way) < jobs * _AHEAD:
                portion = next(portions, None)
                if more := portion is not None:
                    under_way.append((portion, pool.submit(_work, portion)))
            done, future = under_way.popleft()
            for task, answer in zip(done, future.result(), strict=True):
                yield task, _tied(deriver, task, answer, ties)
    except BrokenProcessPool:
        raise IndexStateError(
            "a process that analyzes articles was killed, perhaps for want of memory; "
            "nothing was changed: try again with --jobs 1"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _portions(tasks: Iterator[Task]) -> Iterator[list[Task]]:
    portion: list[Task] = []
    size = 0
    for task in tasks:
        portion.append(task)
        size += len(task.source.text)
        if size >= _PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _tied(deriver: Deriver, task: Task, answer: _Answer, ties: Ties) -> Derived:
    """Return what is derived with all ties: anew where another article's may matter, which the process had not."""
    keys = {*answer.derived.document.facets.get("study", ()), *answer.learned}
    if any(key in ties.known and ties.known[key] != answer.learned.get(key) for key in keys):
        return _derive(deriver, task, ties)
    for key, authors in answer.learned.items():
        ties.known.setdefault(key, {}).update(authors)
    return answer.derived


def _derive(deriver: Deriver, task: Task, ties: Ties) -> Derived:
    if isinstance(task.source, Draft):
        return deriver.draft(task.source, task.identifier, task.digest, ties)
    return deriver.article(task.source, task.given, task.digest, ties)


# In the other processes.

_deriver: Deriver | None = None


def _start(deriver: Deriver) -> None:
    global _deriver
    _deriver = deriver
    # Ctrl-C is for the first process, which ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(tasks: list[Task]) -> list[_Answer]:
    assert _deriver is not None  # noqa: S101 - `_start` came before
    answers = []
    for task in tasks:
        ties = Ties()
        answers.append(_Answer(_derive(_deriver, task, ties), ties.known))
    return answers
