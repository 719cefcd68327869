"""One writer and many readers at once: every answer is that of one commit, the last one, and nothing fails.

    python benchmarks/reliability/soak.py --engine whoosh --readers 8 --seconds 60

The writer adds, replaces and removes articles. What the index holds after each of its commits, its *generation*,
follows from the seed and the number alone, and nearly every article carries that number: so an answer that mixes
two commits shows, and so does one that is older than what was committed when it was asked for. Readers are
processes, every third with several threads that share one open index, and one the fork of a process that had it
open. They search, count, page, show articles, and hold snapshots; each of their answers is compared whole. Exit
code 1 if any is wrong.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

import searchkit
from searchkit import Article, ArticleIndex, ArticleSnapshot, Draft

_LANGUAGES: Final = {"en": "sleep memory brain", "sv": "sömn minne hjärna", "zh": "睡眠 记忆 大脑"}
_MECHANISMS: Final = ("synaptic-plasticity", "nmda-receptor", "deep-sleep", "neurogenesis")
_SOURCE: Final = "/soak"
# Articles of each generation: those in all of them, and others that come and go; and those that never change.
_ALWAYS: Final = 12
_SOMETIMES: Final = 24
_STILL: Final = 12
_THREADS: Final = 3
# In every article, and a word that few languages have.
_WORD: Final = "everlasting"
# Generations after which all articles are derived anew; which ones are the same after it.
_REBUILD: Final = 10
_LEAST_COMMITS: Final = 3
_WAIT: Final = 60.0
_MOST_TOLD: Final = 5


class Held(NamedTuple):
    """An article of a generation.

    Attributes:
        number: the generation that it carries; 0 for one that never changes.
    """

    language: str
    mechanisms: tuple[str, ...]
    number: int


@lru_cache(maxsize=256)
def generation(seed: int, number: int) -> Mapping[str, Held]:
    """Return the articles of a generation, by id."""
    chance = random.Random(f"{seed} {number}")
    held = {}
    for place in range(_ALWAYS + _SOMETIMES):
        language = tuple(_LANGUAGES)[place % len(_LANGUAGES)]
        mechanisms = tuple(sorted(chance.sample(_MECHANISMS, chance.randrange(1, 4))))
        if place < _ALWAYS or chance.random() < 0.5:
            held[f"{language}-{place}"] = Held(language, mechanisms, number)
    for place in range(_STILL):
        held[f"still-{place}"] = Held("en", ("deep-sleep",), 0)
    return held


def drafts(seed: int, number: int) -> list[Draft]:
    """Return the articles of a generation as the writer gives them."""
    return [
        Draft(
            id=name,
            title=f"{_WORD} {held.number}",
            text=f"{_WORD} generation{held.number} {_LANGUAGES[held.language]}.",
            source=f"{_SOURCE}/{name}",
            language=held.language,
            facets={"mechanism": held.mechanisms},
        )
        for name, held in generation(seed, number).items()
    ]


def counts(held: Mapping[str, Held], facet: str) -> dict[str, int]:
    """Return the counts of a facet that a generation has."""
    values = (
        value for one in held.values() for value in ([one.language] if facet == "language" else one.mechanisms)
    )
    return dict(Counter(values))


class WrongAnswerError(Exception):
    """An answer is none of a committed state, or of one that is too old."""


def same(found: object, wanted: object, what: str) -> None:
    """Compare what was found with what a generation has.

    Raises:
        WrongAnswerError: they differ.
    """
    if found != wanted:
        raise WrongAnswerError(f"{what}: found {found!r}, not {wanted!r}")


# Reading


class Reader:
    """Asks an index and compares its answers; one for each thread.

    Args:
        path: the index.
        seed: of the generations.
        number: of the reader, for its own chances.
        committed: the number of the last generation that was committed.
        begun: the number of the last generation that the writer has begun to write.
    """

    def __init__(self, path: Path, seed: int, number: int, committed: Any, begun: Any) -> None:
        self._path = path
        self._seed = seed
        self._chance = random.Random(f"{seed} reader {number}")
        self._committed = committed
        self._begun = begun
        self._last = 0
        self.asked: Counter[str] = Counter()
        self.answers = 0

    def ask(self, index: ArticleIndex) -> None:
        """Ask one question, or several that belong together.

        Raises:
            WrongAnswerError: an answer is wrong.
        """
        ways: list[Callable[[ArticleIndex], None]] = [self.narrowed, self.show, self.ids, self.generation]
        ways += [self.snapshot, self.opened, self.searched, self.searched]
        way = self._chance.choice(ways)
        way(index)
        self.asked[way.__name__] += 1

    def searched(self, index: ArticleIndex) -> None:
        """Search, count and explain."""
        self.search(index)

    def search(self, index: ArticleIndex | ArticleSnapshot, before: int | None = None) -> int:
        """Search, count and explain; return the generation of the answer.

        Args:
            index: what to ask.
            before: the last generation that was committed when a snapshot was taken.
        """
        before = self._committed.value if before is None else before
        explain = self._chance.random() < 0.2
        results = index.search(_WORD, limit=100, explain=explain)
        self.answers += 1
        number = self._number((hit.title for hit in results), before)
        held = generation(self._seed, number)
        titles = {name: f"{_WORD} {one.number}" for name, one in held.items()}
        same({hit.id: hit.title for hit in results}, titles, "hits")
        same(results.total, len(held), "total")
        for facet in ("language", "mechanism"):
            found = {count.value: count.count for count in results.facets[facet] if count.value in _known(facet)}
            same(found, counts(held, facet), f"counts of {facet}")
        for hit in results:
            same(_mechanisms(hit.article), held[hit.id].mechanisms, hit.id)
            same(bool(hit.explanation), explain, "explanation")
            same(f"generation{held[hit.id].number}" in hit.article.text, True, "text")
        return number

    def narrowed(self, index: ArticleIndex) -> None:
        """Search with a filter, page by page, in one snapshot."""
        before = self._committed.value
        fixed = index.snapshot()
        number = self.search(fixed, before)
        language = self._chance.choice(tuple(_LANGUAGES))
        wanted = {name for name, one in generation(self._seed, number).items() if one.language == language}
        pages = [fixed.search(_WORD, language=language, limit=5, offset=offset) for offset in range(0, 60, 5)]
        self.answers += len(pages) + 1
        same({page.total for page in pages}, {len(wanted)}, "total of a page")
        same(sorted(hit.id for page in pages for hit in page), sorted(wanted), "pages")
        same({name for name, _ in fixed.rank(_WORD)}, set(generation(self._seed, number)), "ranks")

    def show(self, index: ArticleIndex) -> None:
        """Show an article that is always there."""
        before = self._committed.value
        article = index.get(f"en-{self._chance.randrange(0, _ALWAYS, 3)}")
        self.answers += 1
        number = self._number([article.title], before)
        held = generation(self._seed, number)[article.id]
        same(f"generation{number}" in article.text, True, "text")
        same(_mechanisms(article), held.mechanisms, "mechanisms")

    def ids(self, index: ArticleIndex) -> None:
        """Read the table of contents."""
        before = self._committed.value
        found = set(index.ids())
        self.answers += 1
        numbers = range(max(before, self._last), self._begun.value + 1)
        if not any(found == generation(self._seed, number).keys() for number in numbers):
            raise WrongAnswerError(f"the ids are of no generation from {numbers}: {sorted(found)}")

    def generation(self, index: ArticleIndex) -> None:
        """Search for the last generation, which is there as a whole or not at all."""
        before = self._committed.value
        total = index.search(f"generation{before}", limit=0, expand=False).total
        self.answers += 1
        all_of_it = sum(one.number == before for one in generation(self._seed, before).values())
        if total != all_of_it and (total or self._begun.value == before):
            raise WrongAnswerError(f"{total} articles of generation {before}, not {all_of_it}")

    def snapshot(self, index: ArticleIndex) -> None:
        """Put many questions to a snapshot, while commits go on."""
        before = self._committed.value
        fixed = index.snapshot()
        number = self.search(fixed, before)
        held = generation(self._seed, number)
        until = self._begun.value + 2
        for _ in range(20):
            again = Reader(self._path, self._seed, 0, _Fixed(number), _Fixed(number))
            same(again.search(fixed), number, "the generation of a snapshot")
            same(set(fixed.ids()), set(held), "ids of a snapshot")
            same(fixed.info().articles, len(held), "number of articles of a snapshot")
            same({fixed.get(name).id for name in held}, set(held), "articles of a snapshot")
            self.answers += 3 + len(held)
            if self._begun.value >= until:
                break

    def opened(self, _: ArticleIndex) -> None:
        """Open the index anew, as a command does."""
        with searchkit.open(self._path) as index:
            self.search(index)

    def _number(self, titles: Any, before: int) -> int:
        """Return the generation of some articles, which must be a new one."""
        numbers = {int(title.rpartition(" ")[2]) for title in titles} - {0}
        after = self._begun.value
        if len(numbers) != 1:
            raise WrongAnswerError(f"articles of several generations, or of none: {sorted(numbers)}")
        (number,) = numbers
        if not max(before, self._last) <= number <= after:
            raise WrongAnswerError(
                f"generation {number}, when {before} was committed, {after} begun and {self._last} seen"
            )
        self._last = number
        return number


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A number that is asked for like one that processes share."""

    value: int


def _known(facet: str) -> tuple[str, ...]:
    return tuple(_LANGUAGES) if facet == "language" else _MECHANISMS


def _mechanisms(article: Article) -> tuple[str, ...]:
    """Return the mechanisms of an article, without those that are above the ones given."""
    return tuple(value for value in article.facets["mechanism"] if value in _MECHANISMS)


def read(path: Path, seed: int, number: int, shared: "Shared", answer: Connection) -> None:
    """Ask until it is time to stop, and tell what was asked and what went wrong."""
    threads = _THREADS if number % 3 == 2 else 1
    errors: list[str] = []
    asked: Counter[str] = Counter()
    rounds = [0] * threads
    index = searchkit.open(path)
    if number == 1 and hasattr(os, "fork"):
        _as_fork(index, path, seed, shared)

    def run(thread: int) -> None:
        reader = Reader(path, seed, number * _THREADS + thread, shared.committed, shared.begun)
        while not (shared.stop.is_set() and rounds[thread]) and len(errors) < _MOST_TOLD:
            try:
                reader.ask(index)
            except Exception:
                errors.append(f"reader {number}: {traceback.format_exc()}")
            rounds[thread] += 1
        asked.update(reader.asked)
        asked["answers"] += reader.answers

    running = [threading.Thread(target=run, args=(thread,)) for thread in range(1, threads)]
    for each in running:
        each.start()
    run(0)
    for each in running:
        each.join()
    index.close()
    answer.send((dict(asked), errors))
    answer.close()


def _as_fork(index: ArticleIndex, path: Path, seed: int, shared: "Shared") -> None:
    """Go on as a fork of this process, which has searched and waits for it."""
    Reader(path, seed, 0, shared.committed, shared.begun).search(index)
    if child := os.fork():
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


# Writing


def write(path: Path, seed: int, seconds: float, shared: "Shared", answer: Connection) -> None:
    """Commit generation after generation."""
    until = time.monotonic() + seconds
    errors = []
    number = shared.committed.value
    first = number
    rebuilt = 0
    try:
        with searchkit.open(path) as index:
            while time.monotonic() < until or number - first < _LEAST_COMMITS:
                number += 1
                shared.begun.value = number
                index.update(drafts(seed, number), prune=[_SOURCE], wait=_WAIT)
                shared.committed.value = number
                if number % _REBUILD == 0:
                    index.rebuild(wait=_WAIT)
                    rebuilt += 1
    except Exception:
        errors.append(f"writer: {traceback.format_exc()}")
    shared.stop.set()
    answer.send(({"commits": number - first + rebuilt, "rebuilds": rebuilt}, errors))
    answer.close()


class Shared(NamedTuple):
    """What the processes share.

    Attributes:
        committed: the number of the last generation that was committed.
        begun: the number of the last one that was begun.
        stop: set when it is time to stop.
    """

    committed: Any
    begun: Any
    stop: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a soak found.

    Attributes:
        answers: number of those that were compared.
        asked: way of asking -> number of times.
        errors: wrong answers, exceptions and processes that died.
        files: those in the index's folder.
    """

    engine: str
    seconds: float
    readers: int
    commits: int
    rebuilds: int
    answers: int
    asked: dict[str, int]
    errors: list[str]
    files: int

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def soak(engine: str, *, seconds: float, readers: int, seed: int) -> Outcome:
    """Let a writer and readers work at once on a new index."""
    methods = multiprocessing.get_all_start_methods()
    # Forks share what is imported; nothing is open yet, and no thread runs.
    context: Any = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        with ArticleIndex.create(path, engine=engine) as index:
            index.update(drafts(seed, 1), prune=[_SOURCE])
        shared = Shared(context.Value("q", 1), context.Value("q", 1), context.Event())
        started = time.monotonic()
        pipes = []
        for number in range(readers + 1):
            ours, theirs = context.Pipe(duplex=False)
            target, given = (write, seconds) if number == readers else (read, number)
            process = context.Process(target=target, args=(path, seed, given, shared, theirs))
            process.start()
            theirs.close()
            pipes.append((process, ours))
        done: list[dict[str, int]] = []
        errors: list[str] = []
        for number, (process, ours) in enumerate(pipes):
            name = "the writer" if number == readers else f"reader {number}"
            try:
                told, wrong = ours.recv()
            except EOFError:
                told, wrong = {}, [f"{name} died"]
                if number == readers:
                    shared.stop.set()
            process.join()
            done.append(told)
            errors += wrong
        asked: Counter[str] = Counter()
        for told in done[:-1]:
            asked.update(told)
        return Outcome(
            engine=engine,
            seconds=round(time.monotonic() - started, 1),
            readers=readers,
            commits=done[-1].get("commits", 0),
            rebuilds=done[-1].get("rebuilds", 0),
            answers=asked.pop("answers", 0),
            asked=dict(sorted(asked.items())),
            errors=errors,
            files=sum(place.is_file() for place in path.rglob("*")),
        )


def main() -> int:
    """Run a soak; see the top of the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["whoosh", "tantivy"], default="whoosh")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = soak(options.engine, seconds=options.seconds, readers=options.readers, seed=options.seed)
    if options.json:
        print(json.dumps(found.to_dict(), indent=2))
    else:
        print(
            f"{found.engine}: {found.seconds:g} s, {found.readers} readers, {found.commits:,} commits, "
            f"{found.answers:,} answers, {len(found.errors)} errors, {found.files} files"
        )
        for error in found.errors[:_MOST_TOLD]:
            print(error, file=sys.stderr)
    return 1 if found.errors else 0


if __name__ == "__main__":
    sys.exit(main())
