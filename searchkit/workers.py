"""Deriving articles on several processors; analysis is most of what indexing costs."""

import multiprocessing
import signal
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, NamedTuple

from searchkit.article import Article
from searchkit.derive import Derived, Deriver
from searchkit.errors import IndexStateError
from searchkit.readers import Draft
from searchkit.studies import Ties

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

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
    workers: list[_Worker] = []
    under_way: deque[tuple[list[Task], Future[list[_Answer]]]] = deque()
    # A thread waits for each process: one that takes its time, or its copy of the deriver, holds nobody up.
    with ThreadPoolExecutor(jobs) as threads:
        try:
            idle: SimpleQueue[_Worker] = SimpleQueue()
            for _ in range(jobs):
                workers.append(_Worker(deriver))
                idle.put(workers[-1])
            under_way.append((first, threads.submit(_answered, idle, first)))
            more = True
            while under_way:
                while more and len(under_way) < jobs * _AHEAD:
                    portion = next(portions, None)
                    if more := portion is not None:
                        under_way.append((portion, threads.submit(_answered, idle, portion)))
                done, future = under_way.popleft()
                for task, answer in zip(done, future.result(), strict=True):
                    yield task, _tied(deriver, task, answer, ties)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.end()


class _Worker:
    """A process that derives portions of tasks, one at a time.

    Not one of `concurrent.futures`: with CPython 3.11 a process that is killed when it starts leaves its parent
    waiting for ever, and its siblings outlive a parent that is killed. Here each has a pipe of its own, of which
    nobody else has an end.
    """

    def __init__(self, deriver: Deriver) -> None:
        # Not forked: a process with threads, such as an engine's, cannot be forked safely.
        context = multiprocessing.get_context("spawn")
        self._deriver: Deriver | None = deriver
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _without_interrupts():
            self._process.start()
        theirs.close()

    def answer(self, tasks: list[Task]) -> list[_Answer]:
        """Return what the process makes of some tasks.

        Raises:
            IndexStateError: it was killed.
        """
        try:
            if self._deriver is not None:
                self._connection.send(self._deriver)
                self._deriver = None
            self._connection.send(tasks)
            answer: list[_Answer] | Exception = self._connection.recv()
        except (EOFError, OSError):
            raise IndexStateError(
                "a process that analyzes articles was killed, perhaps for want of memory; "
                "nothing was changed: try again with --jobs 1"
            ) from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()


def _answered(idle: "SimpleQueue[_Worker]", tasks: list[Task]) -> list[_Answer]:
    worker = idle.get()
    try:
        return worker.answer(tasks)
    finally:
        idle.put(worker)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let processes start that do not hear Ctrl-C: it is for the first one, which ends the others."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which unmasks Ctrl-C when it is started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # they begin with their parent's mask
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


def _work(connection: "Connection") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it could not be masked
    with suppress(EOFError, OSError):  # the first process was killed
        deriver = connection.recv()
        while True:
            connection.send(_portion_derived(deriver, connection.recv()))


def _portion_derived(deriver: Deriver, tasks: list[Task]) -> list[_Answer] | Exception:
    answers = []
    try:
        for task in tasks:
            ties = Ties()
            answers.append(_Answer(_derive(deriver, task, ties), ties.known))
    except Exception as error:
        error.add_note("in a process that analyzes articles:\n" + traceback.format_exc())
        return error
    return answers
