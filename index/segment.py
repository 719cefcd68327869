"""A segment: documents inverted into arrays, in one file that is written once and then mapped into memory.

::

    magic | array | array | … | directory | where the directory is, its CRC-32, magic

Arrays are little-endian unsigned numbers at multiples of 8 bytes; the directory (JSON) names their places, types
and CRC-32s. So nothing is decoded to be searched, what is not touched is not read, and nothing in the file can run
code.

A *field* is a list of terms, sorted as bytes, each with the numbers of the documents that hold it. Texts (`TEXT`)
have frequencies and positions besides; labels (`LABEL`: ids, groups, facet values) have the way back, from a
document to its terms. A *column* holds bytes for each document, a *number* column an unsigned number.
"""

from __future__ import annotations

import json
import mmap
import struct
import zlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from searchkit.index import files
from searchkit.index.files import open_plain
from searchkit.index.soundness import check, checked_directory

if TYPE_CHECKING:
    from numpy.typing import NDArray  # takes a tenth of the time of numpy itself

Array: TypeAlias = "NDArray[Any]"
TEXT: Final = "text"
LABEL: Final = "label"

_MAGIC: Final = b"SKSEG\0\0\1"
_TAIL: Final = struct.Struct("<QQI4x8s")
_TYPES: Final = ("<u1", "<u2", "<u4", "<u8")
_CHUNK: Final = 1 << 20
_MOST_HELD: Final = 32 << 20
_MOST_FOUND: Final = 20_000


def narrowed(numbers: Array, most: int | None = None) -> Array:
    """Return unsigned numbers in the smallest type that holds the largest of them.

    Args:
        numbers: any.
        most: the largest; looked for if it is not given.
    """
    if most is None:
        most = int(numbers.max()) if len(numbers) else 0
    return numbers.astype(type_for(most), copy=False)


def type_for(most: int) -> str:
    """Return the smallest type that holds a number."""
    return next(kind for kind in _TYPES if most >> (8 * int(kind[2])) == 0)


def starts_of(sizes: Array) -> Array:
    """Return where each of several runs starts that follow each other, and where the last ends."""
    starts = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=starts[1:])
    return starts


def sizes_of(starts: Array) -> Array:
    """Return the sizes of runs from what `starts_of` made of them."""
    sizes: Array = np.diff(starts.astype(np.int64, copy=False))
    return sizes


def ranges(starts: Array, sizes: Array, most: int) -> Array:
    """Return the places of several runs, one run after the other.

    Args:
        starts: where each starts.
        sizes: how long each is.
        most: number of places that there are; the runs do not overlap.

    Raises:
        ValueError: they are longer. numpy would write outside of its memory where their sum overflows.
    """
    sizes = sizes.astype(np.int64, copy=False)
    if len(sizes) and not 0 <= int(sizes.min()) <= int(sizes.max()) <= most:
        raise ValueError("runs that lead outside of their array")
    ends = np.cumsum(sizes)
    if len(ends) and int(ends[-1]) > most:
        raise ValueError("runs that are longer than their array")
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts.astype(np.int64) - ends + sizes, sizes) + np.arange(total)


class Places(NamedTuple):
    """Where a term stands in some documents: position after position, document after document."""

    sizes: Array
    positions: Array


class Field:
    """The terms of one field in one segment."""

    def __init__(self, segment: SegmentFile, name: str) -> None:
        self._segment = segment
        self._name = name
        self._base = segment.start(f"{name}/terms")
        self._ends: Array = segment.array(f"{name}/ends")
        self.starts: Array = segment.array(f"{name}/starts")
        self.numbers: Array = segment.array(f"{name}/documents")
        # What a query asks for was asked for when it was made, to weigh its words.
        self._found: dict[bytes, int | None] = {}
        self.kind = TEXT if segment.holds(f"{name}/frequencies") else LABEL

    def __len__(self) -> int:
        return len(self._ends) - 1

    def term(self, place: int) -> bytes:
        """Return the term at a place."""
        ends = self._ends
        return self._segment.block(self._base + ends.item(place), self._base + ends.item(place + 1))

    def terms(self, low: int = 0, high: int | None = None) -> list[bytes]:
        """Return the terms in a range of places."""
        ends = self._ends[low : len(self._ends) if high is None else high + 1].tolist()
        if not ends:
            return []
        first = ends[0]
        block = self._segment.block(self._base + first, self._base + ends[-1])
        return [block[start - first : end - first] for start, end in pairwise(ends)]

    def place(self, key: bytes) -> int:
        """Return where a term stands, or would stand if it were there."""
        low, high = 0, len(self)
        base, end_of, block = self._base, self._ends.item, self._segment.block
        while low < high:
            middle = (low + high) // 2
            if block(base + end_of(middle), base + end_of(middle + 1)) < key:
                low = middle + 1
            else:
                high = middle
        return low

    def find(self, key: bytes) -> int | None:
        """Return where a term stands."""
        try:
            return self._found[key]
        except KeyError:
            place = self.place(key)
            found = place if place < len(self) and self.term(place) == key else None
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            self._found[key] = found
            return found

    def beginning(self, prefix: bytes) -> tuple[int, int]:
        """Return the range of the terms that begin so."""
        return self.place(prefix), self.place(prefix + b"\xff")  # no byte of UTF-8

    def document_frequency(self, place: int) -> int:
        """Return how many documents hold a term, deleted ones too."""
        return int(self.starts.item(place + 1) - self.starts.item(place))

    def documents(self, place: int) -> Array:
        """Return the numbers of the documents that hold a term, sorted."""
        return self.numbers[self.starts.item(place) : self.starts.item(place + 1)]

    @cached_property
    def frequencies(self) -> Array:
        """How often each document holds the term, for each of `numbers`; only of a text."""
        return self._segment.array(f"{self._name}/frequencies")

    @cached_property
    def position_starts(self) -> Array:
        """Where the positions of each term start in `positions`, and the last end."""
        return self._segment.array(f"{self._name}/position_starts")

    @cached_property
    def positions(self) -> Array:
        """Where the terms stand in the documents, sorted within each."""
        return self._segment.array(f"{self._name}/positions")

    def places(self, place: int, among: Array) -> Places:
        """Return the positions of a term.

        Args:
            place: of the term.
            among: documents that hold it, sorted.
        """
        slots = np.searchsorted(self.documents(place), among)
        sizes = self.frequencies[self.starts.item(place) : self.starts.item(place + 1)].astype(np.int64)
        starts = np.cumsum(sizes)
        starts -= sizes
        starts += self.position_starts.item(place)
        wanted = sizes[slots]
        return Places(wanted, self.positions[ranges(starts[slots], wanted, len(self.positions))])

    @cached_property
    def label_starts(self) -> Array:
        """Where the labels of each document start in `labels`, and the last end."""
        return self._segment.array(f"{self._name}/label_starts")

    @cached_property
    def labels(self) -> Array:
        """Places of the terms of each document; only of labels."""
        return self._segment.array(f"{self._name}/labels")

    def label(self, number: int) -> bytes:
        """Return the first label of a document; empty if it has none."""
        first = self.label_starts.item(number)
        return self.term(self.labels.item(first)) if first < self.label_starts.item(number + 1) else b""

    def labels_of(self, numbers: Array) -> list[bytes]:
        """Return the first label of each of some documents, as `label` does."""
        firsts = self.label_starts[numbers].astype(np.int64)
        held = firsts < self.label_starts[numbers + 1]
        places = self.labels[firsts[held]].astype(np.int64)
        base = self._base
        starts, ends = self._ends[places].tolist(), self._ends[places + 1].tolist()
        block = self._segment.block
        found = iter([block(base + start, base + end) for start, end in zip(starts, ends, strict=True)])
        return [next(found) if some else b"" for some in held.tolist()]

    @cached_property
    def texts(self) -> list[str]:
        """All terms."""
        return [term.decode() for term in self.terms()]


class SegmentFile:
    """A segment that was written.

    Raises:
        ValueError: the file is damaged, or none of a segment.
        FileNotFoundError: it is not there.
    """

    def __init__(self, path: Path) -> None:
        with open_plain(path) as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size = len(self._map)
        if size < len(_MAGIC) + _TAIL.size or self._map[: len(_MAGIC)] != _MAGIC:
            raise ValueError(f"{path.name} is no segment, or one of another version")
        start, length, check, magic = _TAIL.unpack(self._map[size - _TAIL.size :])
        if magic != _MAGIC or start + length + _TAIL.size != size:
            raise ValueError(f"{path.name} is cut off")
        directory = self._map[start : start + length]
        if zlib.crc32(directory) != check:
            raise ValueError(f"{path.name} is damaged")
        try:
            held = json.loads(directory)
        except RecursionError:
            raise ValueError(f"{path.name} is nested as no segment is") from None
        self.documents, self.languages, self._arrays = checked_directory(held, start)
        self._fields: dict[str, Field] = {}
        self._checked: set[str] = set()
        self.fields = tuple(name.removesuffix("/terms") for name in self._arrays if name.endswith("/terms"))
        self.columns = tuple(name.removesuffix("/bytes") for name in self._arrays if name.endswith("/bytes"))
        self.numbers = tuple(name.removesuffix("/number") for name in self._arrays if name.endswith("/number"))

    def holds(self, name: str) -> bool:
        """Tell whether there is an array."""
        return name in self._arrays

    def start(self, name: str) -> int:
        """Return where an array begins in the file.

        Raises:
            ValueError: it is small enough to be checked, and was changed.
        """
        start, kind, count, check = self._arrays[name]
        if name not in self._checked:
            size = int(kind[2]) * count
            if size <= files.ALWAYS_CHECKED and zlib.crc32(self._map[start : start + size]) != check:
                raise ValueError(f"{name} was changed")
            self._checked.add(name)
        return start

    def size(self, name: str) -> int:
        """Return the number of items of an array."""
        return self._arrays[name][2]

    def array(self, name: str) -> Array:
        """Return an array, read when it is touched.

        Raises:
            ValueError: it is small enough to be checked, and was changed.
        """
        _, kind, count, _ = self._arrays[name]
        return np.frombuffer(self._map, kind, count, self.start(name)) if count else np.zeros(0, kind)

    def block(self, start: int, end: int) -> bytes:
        """Return a part of the file."""
        return self._map[start:end]

    def field(self, name: str) -> Field | None:
        """Return a field, if any document has it."""
        found = self._fields.get(name)
        if found is None and f"{name}/terms" in self._arrays:
            found = self._fields[name] = Field(self, name)
        return found

    def number(self, name: str) -> Array:
        """Return the number that each document has; zeros if no document has another."""
        if f"{name}/number" not in self._arrays:
            return np.zeros(self.documents, "<u1")
        return self.array(f"{name}/number")

    def column(self, name: str, number: int) -> bytes:
        """Return the bytes of a document."""
        starts = self.array(f"{name}/column_starts")
        base = self.start(f"{name}/bytes")
        return self._map[base + starts.item(number) : base + starts.item(number + 1)]

    def block_of(self, name: str, number: int) -> bytes:
        """Return the bytes of a document, whether they were changed or not."""
        starts = self.array(f"{name}/column_starts")
        base = self._arrays[f"{name}/bytes"][0]
        return self._map[base + starts.item(number) : base + starts.item(number + 1)]

    def rows(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of all documents."""
        base = self.start(f"{name}/bytes")
        places = (base + self.array(f"{name}/column_starts").astype(np.int64)).tolist()
        return (self._map[start:end] for start, end in pairwise(places))

    def is_whole(self) -> bool:
        """Tell whether all arrays are what was written, and fit together. Reads the whole file."""
        return not any(True for _ in self.changed()) and self.fits()

    def fits(self) -> bool:
        """Tell whether all arrays fit together. Reads the whole file."""
        try:
            check(self)
        except (ValueError, LookupError):
            return False
        return True

    def changed(self) -> Iterator[str]:
        """Yield the names of the arrays that are not what was written. Reads the whole file."""
        for name, (start, kind, count, wanted) in self._arrays.items():
            found = 0
            for block in blocks_of(self, [(start, start + int(kind[2]) * count)]):
                found = zlib.crc32(block, found)
            if found != wanted:
                yield name

    def forget(self) -> None:
        """Let the system take back the memory of what was read; it is read again when it is touched."""
        if hasattr(self._map, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


class SegmentFileWriter:
    """Writes a segment, array after array. Unfinished, the file is none of a segment."""

    def __init__(self, path: Path) -> None:
        self._file = files.create(path)
        self._file.write(_MAGIC)
        self._arrays: dict[str, tuple[int, str, int]] = {}
        self._checks: dict[str, int] = {}
        self._end = len(_MAGIC)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def write(self, name: str, numbers: Array) -> None:
        """Write a whole array."""
        self.reserve(name, numbers.dtype.str.replace("|", "<"), len(numbers))
        self.fill(name, 0, numbers)

    def write_bytes(self, name: str, blocks: Iterable[bytes]) -> None:
        """Write bytes that come in blocks."""
        self.reserve(name, "<u1", 0)
        start = self._arrays[name][0]
        self._file.seek(start)
        for block in blocks:
            self._file.write(block)
            self._checks[name] = zlib.crc32(block, self._checks[name])
        self._end = self._file.tell()
        self._arrays[name] = (start, "<u1", self._end - start)

    def reserve(self, name: str, kind: str, count: int) -> None:
        """Make room for an array that `fill` writes in parts."""
        start = -(-self._end // 8) * 8
        self._arrays[name] = (start, kind, count)
        self._checks[name] = 0
        self._end = start + int(kind[2]) * count

    def fill(self, name: str, first: int, numbers: Array) -> None:
        """Write a part of an array, from the place ``first`` on. The parts come in order."""
        start, kind, _ = self._arrays[name]
        block = np.ascontiguousarray(numbers, dtype=kind).data
        self._file.seek(start + first * int(kind[2]))
        self._file.write(block)
        self._checks[name] = zlib.crc32(block, self._checks[name])

    def finish(self, documents: int, languages: list[str]) -> None:
        """Write the directory and close the file."""
        arrays = {name: (*place, self._checks[name]) for name, place in self._arrays.items()}
        held = {"documents": documents, "languages": languages, "arrays": arrays}
        directory = json.dumps(held).encode()
        self._file.seek(self._end)
        self._file.write(directory)
        self._file.write(_TAIL.pack(self._end, len(directory), zlib.crc32(directory), _MAGIC))
        self._file.close()


def write_terms(writer: SegmentFileWriter, name: str, chunks: Iterable[list[bytes]]) -> None:
    """Write the terms of a field, which come in chunks."""
    sizes = []

    def blocks() -> Iterator[bytes]:
        for terms in chunks:
            sizes.append(np.fromiter(map(len, terms), np.int64, len(terms)))
            yield b"".join(terms)

    writer.write_bytes(f"{name}/terms", blocks())
    ends = starts_of(np.concatenate(sizes))
    writer.write(f"{name}/ends", narrowed(ends, int(ends[-1])))


def write_starts(writer: SegmentFileWriter, name: str, sizes: Array) -> None:
    """Write where runs of so many items start, and where the last ends."""
    starts = starts_of(sizes)
    writer.write(name, narrowed(starts, int(starts[-1])))


def write_column(writer: SegmentFileWriter, name: str, sizes: Array, blocks: Iterable[bytes]) -> None:
    """Write a column: the size of each document's bytes, and all bytes in blocks of any size."""
    write_starts(writer, f"{name}/column_starts", sizes)
    writer.write_bytes(f"{name}/bytes", blocks)


def blocks_of(segment: SegmentFile, runs: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield parts of a segment's file in blocks, without taking up memory.

    Args:
        segment: to read.
        runs: where each part starts and ends.
    """
    held = 0
    for start, end in runs:
        for first in range(start, end, _CHUNK):
            block = segment.block(first, min(first + _CHUNK, end))
            yield block
            held += len(block)
            if held >= _MOST_HELD:
                segment.forget()
                held = 0
    segment.forget()
