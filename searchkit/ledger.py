"""What a bulk load has done: one file for each shard, written when all that the shard holds is in the index.

A shard's file is gzip of lines of JSON: what holds for the shard, then each article with its trace, which is what
tells later which articles are versions of one. ``plan.json`` says what is being loaded, so that a run that was cut
short goes on only with the same files, the same vocabulary and the same index.
"""

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import searchkit
from searchkit.errors import InputError
from searchkit.parallel import Trace
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

_PLAN: Final = "plan.json"
_FORMAT: Final = 1


class Shard(NamedTuple):
    """A file of articles, which one process reads from its beginning to its end.

    Attributes:
        path: absolute, and the same on every machine.
        bytes: its size.
        changed: when it was changed last, in nanoseconds.
    """

    path: str
    bytes: int
    changed: int

    @classmethod
    def of(cls, file: Path) -> Self:
        """Return a file as it is now."""
        status = file.stat()
        return cls(str(file.resolve()), status.st_size, status.st_mtime_ns)


class Line(NamedTuple):
    """An article that was loaded.

    Attributes:
        id: the article's id.
        digest: of what its source says.
        where: file and place, for messages.
        given: the group that the source gave, or nothing.
        trace: what tells versions of it in other languages.
        learned: what its references say of studies (`searchkit.studies.Ties`).
    """

    id: str
    digest: str
    where: str
    given: str
    trace: Trace
    learned: Mapping[str, Mapping[str, str]]

    @property
    def own(self) -> str:
        """The group that it has as long as nothing is known of others."""
        return f"={self.given}" if self.given else f"{self.id} {self.digest}"

    def pack(self) -> str:
        """Return a line of JSON."""
        trace = self.trace
        told = (trace.language, sorted(trace.studies), sorted(trace.mechanisms), trace.steps, trace.sections)
        return json.dumps((*self[:4], told, self.learned), separators=(",", ":"))

    @classmethod
    def unpack(cls, text: str) -> Self:
        """Return what `pack` made a line of."""
        identifier, digest, where, given, trace, learned = json.loads(text)
        language, studies, mechanisms, steps, sections = trace
        trace = Trace(language, frozenset(studies), frozenset(mechanisms), tuple(steps), sections)
        return cls(identifier, digest, where, given, trace, learned)


@dataclass(slots=True)
class Loaded:
    """What was loaded of a shard.

    Attributes:
        articles: how many.
        characters: of all their texts.
        seconds: of one processor.
        problems: one line for each thing that was skipped.
        analyzers: language -> fingerprint of the analyzer that made its tokens.
        labels: study key -> what people call it.
        lines: the articles, packed; see `lines_of`.
    """

    articles: int = 0
    characters: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    analyzers: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    lines: bytes = b""


def packed(lines: Iterable[Line]) -> bytes:
    """Return articles as `Loaded.lines`."""
    return gzip.compress("".join(f"{line.pack()}\n" for line in lines).encode(), compresslevel=6)


def lines_of(block: bytes) -> Iterator[Line]:
    """Yield the articles of `Loaded.lines`."""
    for line in gzip.decompress(block).decode().splitlines():
        yield Line.unpack(line)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is loaded, and where.

    Attributes:
        index: the index's address.
        shards: in the order that decides which of two articles with one id is kept.
        words: digest of the vocabulary and the studies.
        batch: of the index's writer; 0 as long as there is none.
    """

    index: str
    shards: tuple[Shard, ...]
    words: str
    version: str = searchkit.__version__
    batch: int = 0

    @classmethod
    def of(cls, index: str, shards: Sequence[Shard], vocabulary: Vocabulary, studies: StudyRegistry) -> Self:
        """Return a plan that is not begun."""
        known = json.dumps([vocabulary.to_dict(), studies.to_dict()], sort_keys=True)
        return cls(index, tuple(shards), hashlib.sha256(known.encode()).hexdigest()[:24])


class Ledger:
    """A folder that remembers what is done.

    Args:
        folder: made if it is missing.
        plan: what is to be done now.

    Raises:
        InputError: the folder belongs to another load, or to none.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        self.plan = plan
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = (folder / _PLAN).read_text(encoding="utf-8") if (folder / _PLAN).exists() else ""
        except OSError as error:
            raise InputError(f"{folder}: cannot keep there what is done ({error.strerror})") from error
        if not text:
            if any(folder.iterdir()):
                raise InputError(f"{folder} is not empty; name another folder with --state")
            return
        before = self._read(text)
        if replace(before, batch=0) != plan:
            raise InputError(
                f"{folder} is of a load that was cut short, of other files, with other words or into another index"
                f"{_first_difference(before, plan)}; remove it to begin anew"
            )
        self.plan = before

    def begin(self, batch: int) -> None:
        """Take note of the writer's batch; what was done in another one is forgotten."""
        if batch != self.plan.batch:
            for file in self._folder.glob("*.gz"):
                file.unlink()
            self.plan = replace(self.plan, batch=batch)
            self._write(_PLAN, json.dumps(asdict(self.plan) | {"format": _FORMAT}).encode())

    def done(self) -> set[int]:
        """Return the numbers of the shards that are in the index."""
        return {int(file.name.partition(".")[0]) for file in self._folder.glob("*.jsonl.gz")}

    def put(self, number: int, loaded: Loaded) -> None:
        """Take note that a shard is in the index."""
        head = asdict(loaded)
        del head["lines"]
        # Two parts of one gzip file.
        first = gzip.compress(f"{json.dumps(head)}\n".encode())
        self._write(f"{number:06}.jsonl.gz", first + loaded.lines)

    def head(self, number: int) -> Loaded:
        """Return what holds for a shard that is done, without its lines."""
        with self._open(number) as stream:
            return Loaded(**json.loads(stream.readline()))

    def lines(self, number: int) -> Iterator[Line]:
        """Yield the articles of a shard that is done."""
        with self._open(number) as stream:
            next(stream)
            for line in stream:
                yield Line.unpack(line)

    def remove(self) -> None:
        """Forget everything: the load is over."""
        shutil.rmtree(self._folder)

    def _open(self, number: int) -> Any:
        return gzip.open(self._folder / f"{number:06}.jsonl.gz", "rt", encoding="utf-8", newline="\n")

    def _read(self, text: str) -> Plan:
        try:
            data = json.loads(text)
            if data.pop("format") != _FORMAT:
                raise ValueError("another format")
            return Plan(**{**data, "shards": tuple(Shard(*shard) for shard in data["shards"])})
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{self._folder / _PLAN}: not of a bulk load ({error}); name another folder"
            ) from error

    def _write(self, name: str, data: bytes) -> None:
        draft = self._folder / f"{name}.tmp"
        with draft.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self._folder / name)


def _first_difference(before: Plan, now: Plan) -> str:
    changed = sorted({shard.path for shard in set(before.shards) ^ set(now.shards)})
    return f" (first: {changed[0]})" if changed else ""
