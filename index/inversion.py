"""Inverting documents into segments, and merging segments, a field and a few million postings at a time."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import numpy as np

from searchkit.index import files
from searchkit.index.engine import Document
from searchkit.index.segment import (
    TEXT,
    Array,
    Field,
    SegmentFile,
    SegmentFileWriter,
    blocks_of,
    narrowed,
    ranges,
    sizes_of,
    starts_of,
    type_for,
    write_column,
    write_starts,
    write_terms,
)

FACET: Final = "facet_"
LENGTH: Final = "length_"
COLUMNS: Final = ("stored", "digest", "source")
# Postings and positions that a merge holds at a time: about 100 MB of memory.
_MERGED_AT_A_TIME: Final = 4_000_000
_TERMS_AT_A_TIME: Final = 100_000

_Key = TypeVar("_Key", str, bytes)


class _Ordinals(dict[_Key, int]):
    """Terms, numbered as they come."""

    def __missing__(self, term: _Key) -> int:
        if isinstance(term, str):
            term.encode()  # what cannot be written must not be taken
        number = self[term] = len(self)
        return number


class _Inverting:
    """The tokens of one field, in the order in which they came."""

    def __init__(self) -> None:
        self.tokens = array("I")
        # The documents that have the field, and how many tokens.
        self.documents = array("I")
        self.sizes = array("I")

    def append(self, number: int, tokens: array[int]) -> None:
        self.tokens += tokens
        self.documents.append(number)
        self.sizes.append(len(tokens))


class _Text(_Inverting):
    def __init__(self) -> None:
        super().__init__()
        self.ordinals: _Ordinals[str] = _Ordinals()
        self.positions = array("I")


class _Labels(_Inverting):
    def __init__(self) -> None:
        super().__init__()
        self.ordinals: _Ordinals[bytes] = _Ordinals()


class Batch:
    """Documents in memory, to be written as one segment."""

    def __init__(self) -> None:
        self.documents = 0
        self.bytes = 0
        self._texts: dict[str, _Text] = {}
        self._labels: dict[str, _Labels] = {}
        self._numbers: dict[str, array[int]] = {}
        self._columns: dict[str, tuple[array[int], list[bytes]]] = {name: (array("Q"), []) for name in COLUMNS}
        self._languages: dict[str, int] = {}

    def add(self, document: Document) -> int:
        """Add a document and return its number; if that fails, the batch is what it was."""
        texts = [
            (kind, f"{kind}_{document.language}", *self._tokens(f"{kind}_{document.language}", terms))
            for kind, terms in document.fields.items()
        ]
        named = [("id", [document.id.encode()])]
        if document.group:
            named.append(("group", [document.group.encode("utf-8", "surrogatepass")]))
        named += [
            (FACET + name, sorted({value.encode() for value in values}))
            for name, values in document.facets.items()
            if values
        ]
        labels = [
            (name, array("I", map(self._labels.setdefault(name, _Labels()).ordinals.__getitem__, values)))
            for name, values in named
        ]
        columns = {
            "stored": document.stored,
            "digest": document.digest.encode(),
            "source": document.source.encode("utf-8", "surrogateescape"),
        }
        numbers = {"published": array("I", [document.published])[0]}
        # From here on nothing fails.
        number = self.documents
        self.documents += 1
        for kind, name, tokens, positions in texts:
            if tokens:
                self._texts[name].append(number, tokens)
                self._texts[name].positions += positions
                self.bytes += 8 * len(tokens)
                numbers[LENGTH + kind] = len(tokens)
        for name, values in labels:
            self._labels[name].append(number, values)
            self.bytes += 100 * len(values)
        for name, block in columns.items():
            sizes, blocks = self._columns[name]
            sizes.append(len(block))
            blocks.append(block)
            self.bytes += len(block) + 50
        numbers["language"] = self._languages.setdefault(document.language, len(self._languages))
        for name, value in numbers.items():
            column = self._numbers.setdefault(name, array("I"))
            column.frombytes(bytes(4 * (number - len(column))))
            column.append(value)
        return number

    def _tokens(self, name: str, terms: Iterable[tuple[str, int]]) -> tuple[array[int], array[int]]:
        field = self._texts.setdefault(name, _Text())
        ordered = sorted(terms, key=itemgetter(1))
        known = len(field.ordinals)
        tokens = array("I", map(field.ordinals.__getitem__, map(itemgetter(0), ordered)))
        self.bytes += 120 * (len(field.ordinals) - known)
        return tokens, array("I", map(itemgetter(1), ordered))

    def write(self, path: Path) -> None:
        """Write the segment."""
        with _writing(path) as writer:
            for name in sorted(self._texts):
                _write_text(writer, name, self._texts[name], self.documents)
            for name in sorted(self._labels):
                _write_labels(writer, name, self._labels[name], self.documents)
            for name, numbers in self._numbers.items():
                column = np.zeros(self.documents, np.uint32)
                column[: len(numbers)] = np.frombuffer(numbers, np.uint32)
                writer.write(f"{name}/number", narrowed(column))
            for name, (sizes, blocks) in self._columns.items():
                write_column(writer, name, np.frombuffer(sizes, np.uint64).astype(np.int64), blocks)
            writer.finish(self.documents, list(self._languages))


class _writing:  # noqa: N801 - a context manager
    """Give a writer, and remove the file if the writing fails."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> SegmentFileWriter:
        self._writer = SegmentFileWriter(self._path)
        return self._writer

    def __exit__(self, kind: object, *_: object) -> None:
        failed = True
        try:
            self._writer.close()
            failed = kind is not None
        finally:
            if failed:
                files.remove(self._path)


def _order(labels: Array) -> Array:
    """Return what sorts labels, equal ones as they came. numpy sorts 16 bits at a time in linear time."""
    order = np.argsort((labels & 0xFFFF).astype(np.uint16), kind="stable")
    high = labels >> 16
    return order[np.argsort(high[order].astype(np.uint16), kind="stable")] if high.any() else order


def _ranked(keys: list[bytes], field: _Inverting) -> tuple[list[bytes], Array, Array]:
    """Return the terms in order, and for each token its term and document."""
    tokens = np.frombuffer(field.tokens, np.uint32)
    used = np.zeros(len(keys), bool)
    used[tokens] = True
    order = sorted(np.flatnonzero(used).tolist(), key=keys.__getitem__)
    ranks = np.zeros(len(keys), np.uint32)
    ranks[order] = np.arange(len(order), dtype=np.uint32)
    holders = np.repeat(np.frombuffer(field.documents, np.uint32), np.frombuffer(field.sizes, np.uint32))
    return [keys[place] for place in order], ranks[tokens], holders


def _write_text(writer: SegmentFileWriter, name: str, field: _Text, documents: int) -> None:
    if not field.tokens:
        return
    terms, labels, holders = _ranked([term.encode() for term in field.ordinals], field)
    order = _order(labels)
    labels, holders = labels[order], holders[order]
    first = np.ones(len(labels), bool)
    first[1:] = (labels[1:] != labels[:-1]) | (holders[1:] != holders[:-1])
    places = np.flatnonzero(first)
    write_terms(writer, name, [terms])
    write_starts(writer, f"{name}/starts", np.bincount(labels[places], minlength=len(terms)))
    writer.write(f"{name}/documents", narrowed(holders[places], documents))
    writer.write(f"{name}/frequencies", narrowed(np.diff(places, append=len(labels))))
    write_starts(writer, f"{name}/position_starts", np.bincount(labels, minlength=len(terms)))
    writer.write(f"{name}/positions", narrowed(np.frombuffer(field.positions, np.uint32)[order]))


def _write_labels(writer: SegmentFileWriter, name: str, field: _Labels, documents: int) -> None:
    if not field.tokens:
        return
    terms, labels, holders = _ranked(list(field.ordinals), field)
    write_terms(writer, name, [terms])
    write_starts(writer, f"{name}/starts", np.bincount(labels, minlength=len(terms)))
    writer.write(f"{name}/documents", narrowed(holders[_order(labels)], documents))
    write_starts(writer, f"{name}/label_starts", np.bincount(holders, minlength=documents))
    writer.write(f"{name}/labels", narrowed(labels, len(terms)))


# Merging


class Part(NamedTuple):
    """A segment to merge: its live documents (None for all), and the numbers that they get."""

    segment: SegmentFile
    live: Array | None
    renumbered: Array


def live_documents(segment: SegmentFile, deleted: Iterable[int]) -> Array | None:
    """Return which documents of a segment are not deleted; None for all."""
    numbers = list(deleted)
    if not numbers:
        return None
    live = np.ones(segment.documents, bool)
    live[numbers] = False
    return live


def merge(segments: Sequence[tuple[SegmentFile, Iterable[int]]], path: Path) -> int:
    """Write the live documents of several segments as one.

    Args:
        segments: each with its deleted documents.
        path: of the file to write.

    Returns:
        The number of documents.
    """
    parts = []
    documents = 0
    for segment, deleted in segments:
        live = live_documents(segment, deleted)
        taken = np.ones(segment.documents, np.int64) if live is None else live.astype(np.int64)
        parts.append(Part(segment, live, documents + np.cumsum(taken) - 1))
        documents += int(taken.sum())
    with _writing(path) as writer:
        for name in sorted({name for part in parts for name in part.segment.fields}):
            _merge_field(writer, name, parts, documents)
            for part in parts:
                part.segment.forget()
        languages = list(dict.fromkeys(language for part in parts for language in part.segment.languages))
        for name in sorted({name for part in parts for name in part.segment.numbers}):
            columns = []
            for part in parts:
                column = part.segment.number(name)
                if name == "language":
                    column = np.array([languages.index(each) for each in part.segment.languages])[column]
                columns.append(column if part.live is None else column[part.live])
            writer.write(f"{name}/number", narrowed(np.concatenate(columns)))
        for name in COLUMNS:
            _merge_column(writer, name, parts)
        writer.finish(documents, languages)
    return documents


def _merge_column(writer: SegmentFileWriter, name: str, parts: list[Part]) -> None:
    sizes = []
    runs: list[list[tuple[int, int]]] = []
    for part in parts:
        starts = part.segment.array(f"{name}/column_starts").astype(np.int64)
        base = part.segment.start(f"{name}/bytes")
        live = np.ones(part.segment.documents, bool) if part.live is None else part.live
        sizes.append(np.diff(starts)[live])
        edges = np.flatnonzero(np.diff(live, prepend=False, append=False))
        places = (base + starts[edges]).reshape(-1, 2).tolist()
        runs.append([(start, end) for start, end in places])
    blocks = (blocks_of(part.segment, own) for part, own in zip(parts, runs, strict=True))
    write_column(writer, name, np.concatenate(sizes), chain.from_iterable(blocks))


class _Source(NamedTuple):
    """A field of a segment to merge; of each of its terms the new place, and how many live documents hold it."""

    part: Part
    field: Field
    places: Array
    document_frequencies: Array


def _merge_field(writer: SegmentFileWriter, name: str, parts: list[Part], documents: int) -> None:
    sources = []
    for part in parts:
        field = part.segment.field(name)
        if field:
            live = _summed(field.starts, None if part.live is None else part.live[field.numbers])
            sources.append(_Source(part, field, np.zeros(len(field), np.int64), live))
    if not any(source.document_frequencies.any() for source in sources):
        return
    merged: list[Array] = []
    write_terms(writer, name, _merged_terms(sources, merged))
    document_frequencies = np.concatenate(merged)
    write_starts(writer, f"{name}/starts", document_frequencies)
    writer.reserve(f"{name}/documents", type_for(documents), int(document_frequencies.sum()))
    if sources[0].field.kind == TEXT:
        _merge_text(writer, name, sources, document_frequencies)
    else:
        _merge_labels(writer, name, sources, document_frequencies, parts)


def _merged_terms(sources: list[_Source], document_frequencies: list[Array]) -> Iterator[list[bytes]]:
    """Yield the terms that live documents hold, in order and in chunks.

    Args:
        sources: whose places are filled in. A term that no live document holds gets that of the one before it.
        document_frequencies: gets those of each chunk.
    """
    largest = max((source.field for source in sources), key=len)
    pivots = [largest.term(place) for place in range(_TERMS_AT_A_TIME, len(largest), _TERMS_AT_A_TIME)]
    lows = [0] * len(sources)
    done = 0
    for pivot in [*pivots, None]:
        highs = [len(source.field) if pivot is None else source.field.place(pivot) for source in sources]
        windows = [slice(low, high) for low, high in zip(lows, highs, strict=True)]
        lists = [source.field.terms(low, high) for source, low, high in zip(sources, lows, highs, strict=True)]
        terms = sorted(set().union(*lists))
        index = dict(zip(terms, range(len(terms)), strict=True))
        held = np.zeros(len(terms), np.int64)
        for source, window, own in zip(sources, windows, lists, strict=True):
            places = np.fromiter(map(index.__getitem__, own), np.int64, len(own))
            held[places] += source.document_frequencies[window]
            source.places[window] = places
        moved = done + np.cumsum(held > 0) - 1
        for source, window in zip(sources, windows, strict=True):
            source.places[window] = moved[source.places[window]]
        used = np.flatnonzero(held)
        document_frequencies.append(held[used])
        done += len(used)
        lows = highs
        yield [terms[place] for place in used.tolist()]


def _summed(starts: Array, values: Array | None) -> Array:
    """Return the sum of the values of each term; without values, their number."""
    if values is None:
        return sizes_of(starts)
    return np.add.reduceat(values, starts[:-1].astype(np.int64), dtype=np.int64)


def _merge_text(writer: SegmentFileWriter, name: str, sources: list[_Source], document_frequencies: Array) -> None:
    sizes = np.zeros(len(document_frequencies), np.int64)
    for part, field, places, _ in sources:
        if part.live is None:
            np.add.at(sizes, places, sizes_of(field.position_starts))
        else:
            np.add.at(sizes, places, _summed(field.starts, field.frequencies * part.live[field.numbers]))
    starts = starts_of(sizes)
    write_starts(writer, f"{name}/position_starts", sizes)
    kinds = [
        max((getattr(source.field, which).dtype.str.replace("|", "<") for source in sources), key=itemgetter(2))
        for which in ("frequencies", "positions")
    ]
    writer.reserve(f"{name}/frequencies", kinds[0], int(document_frequencies.sum()))
    writer.reserve(f"{name}/positions", kinds[1], int(starts[-1]))
    done = 0
    for low, high in _chunks(document_frequencies + sizes):
        labels, holders, slices = _gathered(sources, low, high)
        frequencies = np.concatenate(
            [
                _kept(source.field.frequencies[window], taken)
                for source, (window, taken, _) in zip(sources, slices, strict=True)
            ]
        ).astype(np.int64)
        positions = np.concatenate(
            [
                _kept(
                    source.field.positions[where],
                    None if taken is None else np.repeat(taken, source.field.frequencies[window]),
                )
                for source, (window, taken, where) in zip(sources, slices, strict=True)
            ]
        )
        order = _order(labels)
        writer.fill(f"{name}/documents", done, holders[order])
        writer.fill(f"{name}/frequencies", done, frequencies[order])
        runs = starts_of(frequencies)[:-1]
        writer.fill(
            f"{name}/positions",
            starts.item(low),
            positions[ranges(runs[order], frequencies[order], len(positions))],
        )
        done += len(order)


def _merge_labels(
    writer: SegmentFileWriter, name: str, sources: list[_Source], document_frequencies: Array, parts: list[Part]
) -> None:
    done = 0
    for low, high in _chunks(document_frequencies):
        labels, holders, _ = _gathered(sources, low, high)
        writer.fill(f"{name}/documents", done, holders[_order(labels)])
        done += len(labels)
    of = {id(source.part): source for source in sources}
    all_sizes, all_labels = [], []
    for part in parts:
        source = of.get(id(part))
        if source is None:
            live = part.segment.documents if part.live is None else int(part.live.sum())
            all_sizes.append(np.zeros(live, np.int64))
            continue
        sizes = sizes_of(source.field.label_starts)
        labels = source.places[source.field.labels]
        all_sizes.append(_kept(sizes, part.live))
        all_labels.append(_kept(labels, None if part.live is None else np.repeat(part.live, sizes)))
    write_starts(writer, f"{name}/label_starts", np.concatenate(all_sizes))
    writer.write(f"{name}/labels", narrowed(np.concatenate(all_labels), len(document_frequencies)))


def _kept(values: Array, taken: Array | None) -> Array:
    return values if taken is None else values[taken]


def _chunks(sizes: Array) -> Iterator[tuple[int, int]]:
    """Yield ranges of terms that are small enough to be merged in memory; one term is never divided."""
    ends = np.cumsum(sizes)
    low = 0
    while low < len(sizes):
        done = ends.item(low - 1) if low else 0
        high = max(int(np.searchsorted(ends, done + _MERGED_AT_A_TIME, side="right")), low + 1)
        yield low, high
        low = high


def _gathered(
    sources: list[_Source], low: int, high: int
) -> tuple[Array, Array, list[tuple[slice, Array | None, slice]]]:
    """Return the postings of the terms from ``low`` to ``high``, segment after segment.

    Returns:
        For each posting its term, from 0, and its document; for each source its range of postings, which of them
        are live, and its range of positions (of a text).
    """
    all_labels, all_holders, slices = [], [], []
    for part, field, places, _ in sources:
        first, end = np.searchsorted(places, (low, high)).tolist()
        window = slice(field.starts.item(first), field.starts.item(end))
        labels = np.repeat(places[first:end] - low, sizes_of(field.starts[first : end + 1]))
        holders = field.numbers[window]
        taken = None if part.live is None else part.live[holders]
        all_labels.append(_kept(labels, taken))
        all_holders.append(part.renumbered[_kept(holders, taken)])
        where = (
            slice(field.position_starts.item(first), field.position_starts.item(end))
            if field.kind == TEXT
            else slice(0)
        )
        slices.append((window, taken, where))
    return np.concatenate(all_labels), np.concatenate(all_holders), slices
