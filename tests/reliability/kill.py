"""Kill a process that writes to an index, or let its disk fail, and see what is left: again and again.

    python tests/reliability/kill.py --engine tantivy --kills 500          # SIGKILL at random instants
    python tests/reliability/kill.py --engine tantivy --at operations      # after each operation of index/files.py
    python tests/reliability/kill.py --engine tantivy --at operations --fault ENOSPC
    python tests/reliability/kill.py --engine tantivy --at syscalls        # after each system call; needs strace

Each time it is looked at what a reader finds, then an ordinary run goes on, then the index is examined. The last
line of the output is JSON; the exit code is 1 if anything was lost, unreadable, locked or left over.

A commit is one generation: the same articles all say its number, one comes and one goes. So an index that is torn
between two commits shows, and a commit of which the writer was told shows if it is lost.
"""

import argparse
import errno
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from searchkit import ArticleIndex, Draft, SearchkitError, Vocabulary
from searchkit.doctor import examine
from searchkit.index import engine_class, files

# What changes files; a write is one of `NewFile`.
OPERATIONS = ("create", "sync", "replace", "remove", "make_folder", "remove_folder", "link")
# Those that a full disk does not hinder.
FREEING = ("remove", "remove_folder", "close")
CALLS = (
    "write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,link,linkat,mkdir,mkdirat,rmdir,fsync,"
    "fdatasync,ftruncate"
)
TEXTS = {
    "en": "Sleep keeps what the day has taught. NMDA receptors open where two cells are active together.",
    "sv": "Sömnen behåller det som dagen har lärt. Minnet lagras där två celler är aktiva samtidigt.",
    "fr": "Le sommeil garde ce que le jour a appris. La mémoire se forme entre deux cellules actives.",
}
COPIES = 3
MEMORY = Path("/dev/shm")
VOCABULARY = Vocabulary({"nmda-receptor": {"en": ("NMDA receptor",)}})
GONE = "/gone/"


def drafts(generation: int) -> list[Draft]:
    """Return the articles of a generation."""
    found = [
        Draft(
            id=f"{language}-{copy}",
            title=f"Article {copy}",
            text=f"generation{generation}. {text} " * 5,
            source="/kept",
            language=language,
        )
        for language, text in TEXTS.items()
        for copy in range(COPIES)
    ]
    found.append(replaced(found[0], id="extra", text=f"generation{generation}.", source=f"{GONE}{generation}"))
    return found


def replaced(draft: Draft, **changes: Any) -> Draft:
    return Draft(**{"title": draft.title, "language": draft.language, **changes})


def commit(index: ArticleIndex, generation: int) -> None:
    index.update(drafts(generation), prune=[f"{GONE}{generation - 1}"], wait=0)


def generation_of(folder: Path) -> int:
    """Return the generation that a reader finds.

    Raises:
        AssertionError: articles of several generations are there, or not all.
    """
    with ArticleIndex.open(folder) as index:
        ids = index.ids()
        if not ids:
            return 0
        assert len(ids) == len(TEXTS) * COPIES + 1, f"{len(ids)} articles"
        said = {index.get(identifier).text.split(".")[0] for identifier in ids}
        assert len(said) == 1, f"articles of {sorted(said)}"
        word = said.pop()
        total = index.search(word, limit=0).total
        assert total == len(ids), f"{total} articles are found by their generation"
        return int(word.removeprefix("generation"))


class Disk:
    """A disk that fails at one of its operations: the shim under `searchkit.index.files`.

    Args:
        at: the number of the operation, from 1; 0 for none.
        fault: ``kill``: the process ends right after it; ``ENOSPC``: it and all that follow fail which take room;
            ``EIO``: it fails.
    """

    def __init__(self, at: int, fault: str) -> None:
        self.at = at
        self.fault = fault
        self.count = 0
        for name in OPERATIONS:
            setattr(files, name, self._through(name, getattr(files, name)))
        for name in ("write", "close"):
            setattr(files.NewFile, name, self._through(name, getattr(files.NewFile, name)))

    def _through(self, name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(operation)
        def counted(*given: Any) -> Any:
            self.count += 1
            if self.fault == "EIO" and self.count == self.at:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(getattr(given[0], "path", given[0])))
            if self.fault == "ENOSPC" and 0 < self.at <= self.count and name not in FREEING:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(getattr(given[0], "path", given[0])))
            result = operation(*given)
            if self.fault == "kill" and self.count == self.at:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return counted


class Child:
    """A process that does something and tells lines; made by forking, so that nothing is imported again."""

    def __init__(self, task: Callable[[Callable[[object], None]], None]) -> None:
        reading, writing = os.pipe()
        self._go, go = os.pipe()
        self._pipe = reading
        self._held = b""
        self.pid = os.fork()
        if self.pid:
            os.close(writing)
            os.close(self._go)
            self._go = go
            return
        code = 0
        try:
            os.close(go)
            os.read(self._go, 1)
            task(lambda line: os.write(writing, json.dumps(line).encode() + b"\n") and None)
        except BaseException as error:
            os.write(writing, json.dumps({"raised": f"{type(error).__name__}: {error}"}).encode() + b"\n")
            code = 1
        finally:
            os._exit(code)

    def start(self) -> None:
        os.write(self._go, b"x")
        os.close(self._go)

    def end(self, deadline: float | None = None) -> list[Any]:
        """Return its lines when it has ended; kill it when the time has come."""
        while True:
            left = None if deadline is None else max(deadline - time.monotonic(), 0)
            if select.select([self._pipe], [], [], left)[0]:
                if not (more := os.read(self._pipe, 1 << 16)):
                    break
                self._held += more
            else:
                os.kill(self.pid, signal.SIGKILL)
                deadline = None
        os.close(self._pipe)
        os.waitpid(self.pid, 0)
        return [json.loads(line) for line in self._held.split(b"\n")[:-1]]


def warm_up(engine: str) -> None:
    """Load here what each process would load anew: dictionaries, above all. Starts no thread."""
    engine_class(engine)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "index"
        with ArticleIndex.create(folder, vocabulary=VOCABULARY) as index:
            commit(index, 1)
        generation_of(folder)
        assert not any(check.problems for check in examine(folder))


def done_by(task: Callable[[Callable[[object], None]], None]) -> list[Any]:
    child = Child(task)
    child.start()
    return child.end()


class Trial:
    """An index, and what went wrong with it."""

    def __init__(self, folder: Path, engine: str) -> None:
        self.folder = folder
        self.engine = engine
        self.committed = 0
        self.faults = {"unreadable": 0, "lost": 0, "locked": 0, "left_over": 0, "raised": 0}
        self.told: list[str] = []

    def write(self, commits: int) -> Callable[[Callable[[object], None]], None]:
        """Return a task that commits the following generations, and tells each when it is done."""
        first = self.committed + 1

        def task(tell: Callable[[object], None]) -> None:
            try:
                if not ArticleIndex.exists(self.folder):
                    ArticleIndex.create(self.folder, engine=self.engine, vocabulary=VOCABULARY).close()
                with ArticleIndex.open(self.folder) as index:
                    for generation in range(first, first + commits):
                        commit(index, generation)
                        tell({"done": generation})
            except SearchkitError as error:
                tell({"refused": str(error)})

        return task

    def after(self, lines: list[Any], *, made: bool = True) -> None:
        """See what is left, go on with an ordinary run, and see what is left then.

        Args:
            lines: what the writer told.
            made: there was an index before it began.
        """
        for line in lines:
            self.committed = line.get("done", self.committed)
            if "raised" in line:
                self._fault("raised", line["raised"])
            if "refused" in line and str(self.folder) not in line["refused"]:
                self._fault("raised", line["refused"])
        self._look(at_least=self.committed, may_be_missing=not made)
        lines = done_by(self.write(1))
        if lines != [{"done": self.committed + 1}]:
            said = json.dumps(lines)
            self._fault("locked" if "is being written" in said else "unreadable", said)
            shutil.rmtree(self.folder, ignore_errors=True)  # the next trial begins anew
            self.committed = 0
            return
        self.committed += 1
        self._look(at_least=self.committed)
        problems = done_by(
            lambda tell: (
                [tell([check.name, problem]) for check in examine(self.folder) for problem in check.problems]
                and None
            )
        )
        for problem in problems:
            kind = "left_over" if isinstance(problem, list) and problem[0] == "left over" else "unreadable"
            self._fault(kind, json.dumps(problem))

    def _look(self, at_least: int, *, may_be_missing: bool = False) -> None:
        if may_be_missing and not ArticleIndex.exists(self.folder):
            return
        (found,) = done_by(lambda tell: tell(generation_of(self.folder)))
        if not isinstance(found, int):
            self._fault("unreadable", found["raised"])
        elif found not in (at_least, at_least + 1):
            self._fault("lost", f"generation {found}, not {at_least}")
        else:
            self.committed = found

    def _fault(self, kind: str, told: str) -> None:
        self.faults[kind] += 1
        self.told.append(f"{kind}: {told}")
        print(self.told[-1], file=sys.stderr, flush=True)


def at_random(trial: Trial, kills: int, seed: int, bound: float) -> int:
    """Kill writers at random instants of their first commits."""
    chance = random.Random(seed)
    end = time.monotonic() + bound
    longest = 0.0
    done = 0
    while done < kills and time.monotonic() < end:
        made = ArticleIndex.exists(trial.folder)
        child = Child(trial.write(1_000))
        begun = time.monotonic()
        child.start()
        # Half of them within the first commit, however fast the machine is.
        reach = longest * chance.choice((1, 3)) if longest else 0.5
        lines = child.end(begun + chance.uniform(0, reach))
        if not longest:
            trial.after(lines, made=made)
            longest = _time_of_commit(trial)
        else:
            trial.after(lines, made=made)
        done += 1
    return done


def _time_of_commit(trial: Trial) -> float:
    begun = time.monotonic()
    trial.after(done_by(trial.write(1)))
    return (time.monotonic() - begun) / 3


def at_each(
    trial: Trial, run: Callable[[int], tuple[list[Any], bool]], step: int, start: int, *, creating: bool
) -> int:
    """Let writers fail at one operation after the other, until one has fewer."""
    done = 0
    for at in range(start, 1_000_000, step):
        lines, reached = run(at)
        if not reached:
            break
        trial.after(lines, made=not creating)
        done += 1
    return done


def at_operations(trial: Trial, fault: str, *, creating: bool) -> Callable[[int], tuple[list[Any], bool]]:
    def run(at: int) -> tuple[list[Any], bool]:
        if creating:
            shutil.rmtree(trial.folder, ignore_errors=True)
            trial.committed = 0
        write = trial.write(1)

        def task(tell: Callable[[object], None]) -> None:
            disk = Disk(at, fault)
            write(tell)
            tell({"operations": disk.count})

        lines = done_by(task)
        count = next((line["operations"] for line in lines if "operations" in line), at)
        return lines, count >= at

    return run


def at_syscalls(trial: Trial) -> Callable[[int], tuple[list[Any], bool]]:
    """Kill a writer after the nth system call of a thread that changes files."""

    def run(at: int) -> tuple[list[Any], bool]:
        child = Child(trial.write(1))
        command = ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-e", f"inject={CALLS}:signal=KILL:when={at}"]
        with tempfile.TemporaryDirectory() as place:
            tracing = subprocess.Popen([*command, "-o", f"{place}/out", "-p", str(child.pid)])
            status = Path(f"/proc/{child.pid}/status")
            while "TracerPid:\t0\n" in status.read_text():
                if tracing.poll() is not None:
                    sys.exit("strace cannot trace processes here")
            child.start()
            lines = child.end()
            tracing.wait()
        return lines, {"done": trial.committed + 1} not in lines

    return run


# What the default suite has time for: where, what fails, so many kills or each so manyeth operation.
SHORT = (
    ("random", "kill", 5),
    ("operations", "kill", 25),
    ("operations", "ENOSPC", 60),
    ("operations", "EIO", 60),
)


def tried(engine: str, at: str, fault: str, given: argparse.Namespace) -> bool:
    """Try one way, print the figures, and return whether all went well."""
    begun = time.monotonic()
    # A kill loses nothing that the system has, so memory does as well as a disk, and takes less time.
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        trial = Trial(Path(place) / "index", engine)
        if at == "random":
            done = at_random(trial, given.kills, given.seed, given.seconds)
        else:
            assert done_by(trial.write(2))[-1] == {"done": 2}
            trial.committed = 2
            operations = at_operations(trial, fault, creating=given.creating)
            run = at_syscalls(trial) if at == "syscalls" else operations
            done = at_each(trial, run, given.step, given.start, creating=given.creating)
    figures = {"engine": engine, "at": at, "fault": fault, "done": done, **trial.faults}
    print(json.dumps({**figures, "seed": given.seed, "seconds": round(time.monotonic() - begun, 1)}), flush=True)
    return done > 0 and not any(trial.faults.values())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--engine", default="whoosh")
    parser.add_argument("--at", choices=["random", "operations", "syscalls"], default="random")
    parser.add_argument("--fault", choices=["kill", "ENOSPC", "EIO"], default="kill", help="at operations")
    parser.add_argument("--creating", action="store_true", help="at operations: of the first commit of an index")
    parser.add_argument("--step", type=int, default=1, help="at operations, syscalls: only each so manyeth")
    parser.add_argument("--start", type=int, default=1, help="at operations, syscalls: the first")
    parser.add_argument("--kills", type=int, default=500, help="at random instants")
    parser.add_argument("--seconds", type=float, default=3600, help="end random kills after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="some of each, in seconds")
    given = parser.parse_args(arguments)
    warm_up(given.engine)
    if not given.short:
        return int(not tried(given.engine, given.at, given.fault, given))
    good = True
    for at, fault, number in SHORT:
        given.kills = number if at == "random" else 0
        given.step, given.start = number, 1 + given.seed % number
        good = tried(given.engine, at, fault, given) and good
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
