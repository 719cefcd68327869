"""The segments of one commit, read as one set of documents, numbered through.

Nothing here changes once it is made, so threads share it. What depends on a segment alone is kept by the segment
(`searchkit.index.segment.SegmentFile`) and outlives the commit; what depends on the commit is kept here.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import compress, groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeVar, overload

import numpy as np

from searchkit.index.fuzzy import similar
from searchkit.index.inversion import FACET, LENGTH, live_documents
from searchkit.index.matches import NOTHING, Matches, distinct, mask_of
from searchkit.index.segment import TEXT, Array, Field, SegmentFile, ranges, sizes_of

# What a reader keeps of what it read: postings, scores, filters.
_KEPT_BYTES: Final = 64 << 20
# A result of at least this part of the postings of a facet is counted along the postings.
_DENSE: Final = 8

T = TypeVar("T")


def encoded(text: str) -> bytes:
    """Return the bytes of a term as an index holds it; halves of surrogate pairs are in no index."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


class Kept:
    """What was made last, up to a number of bytes."""

    def __init__(self, most: int = _KEPT_BYTES) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return what there is under a key, or make it."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                value: T = found[0]
                return value
        value = make()
        taken = size(value) + 200
        with self._lock:
            if key not in self._held:
                self._held[key] = value, taken
                self._bytes += taken
            while self._bytes > self._most:
                self._bytes -= self._held.popitem(last=False)[1][1]
        return value


def size_of(matches: Matches) -> int:
    """Return the bytes of some matches."""
    return int(matches.numbers.nbytes + matches.values.nbytes)


class Leaf(NamedTuple):
    """A segment, the number of its first document, and which of its documents are not deleted (None for all)."""

    segment: SegmentFile
    base: int
    live: Array | None


class Reader:
    """One commit.

    Args:
        segments: each with its deleted documents.
    """

    def __init__(self, segments: Iterable[tuple[SegmentFile, Iterable[int]]]) -> None:
        self.leaves: list[Leaf] = []
        self.size = 0
        for segment, deleted in segments:
            self.leaves.append(Leaf(segment, self.size, live_documents(segment, deleted)))
            self.size += segment.documents
        self.kept = Kept()
        self._bases = np.array([leaf.base for leaf in self.leaves], np.int64)
        self._numbers: dict[str, Array] = {}
        self._whole_counts: dict[str, dict[str, int]] = {}

    @cached_property
    def live(self) -> Array:
        """The documents that are not deleted."""
        if all(leaf.live is None for leaf in self.leaves):
            return np.arange(self.size)
        return np.concatenate(
            [
                leaf.base + (np.arange(leaf.segment.documents) if leaf.live is None else np.flatnonzero(leaf.live))
                for leaf in self.leaves
            ]
        )

    def split(self, numbers: Array) -> Iterator[tuple[Leaf, Array]]:
        """Yield the segments that hold some documents, with the documents' numbers there.

        Args:
            numbers: sorted.
        """
        ends = [*np.searchsorted(numbers, self._bases[1:]).tolist(), len(numbers)]
        first = 0
        for leaf, end in zip(self.leaves, ends, strict=False):
            if end > first:
                yield leaf, numbers[first:end] - leaf.base
            first = end

    # Columns

    def number(self, name: str) -> Array:
        """Return a number of all documents."""
        found = self._numbers.get(name)
        if found is None:
            columns = [leaf.segment.number(name) for leaf in self.leaves]
            found = np.concatenate(columns) if len(columns) > 1 else (columns or [np.zeros(0, "<u1")])[0]
            self._numbers[name] = found
        return found

    def column(self, name: str, number: int) -> bytes:
        """Return the bytes of a document."""
        leaf = self._leaf(number)
        return leaf.segment.column(name, number - leaf.base)

    def entries(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Yield id, digest and source of all documents."""
        for segment, _, live in self.leaves:
            field = segment.field("id")
            if field:
                terms = field.terms()
                rows = zip(
                    map(terms.__getitem__, field.labels.tolist()),
                    segment.rows("digest"),
                    segment.rows("source"),
                    strict=True,
                )
                yield from rows if live is None else compress(rows, live.tolist())

    def labels(self, name: str, numbers: Array) -> list[bytes]:
        """Return the label of each of some documents, their ids or groups; empty for one that has none."""
        order = np.argsort(numbers, kind="stable")
        found: list[bytes] = []
        for leaf, own in self.split(numbers[order]):
            field = leaf.segment.field(name)
            found += field.labels_of(own) if field else [b""] * len(own)
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return [found[place] for place in back.tolist()]

    def _leaf(self, number: int) -> Leaf:
        if len(self.leaves) == 1:
            return self.leaves[0]
        return self.leaves[int(np.searchsorted(self._bases, number, side="right")) - 1]

    # Statistics

    @cached_property
    def _languages(self) -> dict[str, tuple[int, dict[str, int]]]:
        """Each language with its number of documents and the total length of each kind of text."""
        counted: dict[str, tuple[int, dict[str, int]]] = {}
        for segment, _, live in self.leaves:
            language = segment.number("language")
            language = language if live is None else language[live]
            if len(language) and int(language.max()) >= len(segment.languages):
                raise ValueError("documents in languages that there are not")
            documents = np.bincount(language, minlength=len(segment.languages)).tolist()
            totals = {}
            for name in segment.numbers:
                if name.startswith(LENGTH):
                    lengths = segment.number(name)
                    lengths = lengths if live is None else lengths[live]
                    totals[name.removeprefix(LENGTH)] = np.bincount(
                        language, lengths, len(segment.languages)
                    ).tolist()
            for place, code in enumerate(segment.languages):
                before, lengths_before = counted.get(code, (0, {}))
                counted[code] = (
                    before + documents[place],
                    {kind: lengths_before.get(kind, 0) + int(total[place]) for kind, total in totals.items()}
                    | {kind: total for kind, total in lengths_before.items() if kind not in totals},
                )
        return counted

    def document_count(self, language: str) -> int:
        """Return how many documents there are in a language."""
        return self._languages.get(language, (0, {}))[0]

    def total_length(self, field: str) -> int:
        """Return the number of tokens of a field in all documents."""
        kind, _, language = field.partition("_")
        return self._languages.get(language, (0, {}))[1].get(kind, 0)

    def lengths(self, field: str) -> Array:
        """Return the number of tokens of all documents in a field, of those that have it."""
        return self.number(LENGTH + field.partition("_")[0])

    def document_frequency(self, field: str, text: str) -> int:
        """Return how many documents hold a term, deleted ones too."""
        key = encoded(text)
        return sum(held.document_frequency(place) for _, held, place in self._found(field, key))

    def _found(self, field: str, key: bytes) -> Iterator[tuple[Leaf, Field, int]]:
        for leaf in self.leaves:
            held = leaf.segment.field(field)
            place = held.find(key) if held else None
            if held and place is not None:
                yield leaf, held, place

    # Terms

    def terms(self, field: str, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the terms of a field that begin so, with their document frequencies."""
        lists = []
        for leaf in self.leaves:
            held = leaf.segment.field(field)
            if held:
                low, high = held.beginning(encoded(prefix))
                frequencies = sizes_of(held.starts[low : high + 1]).tolist()
                lists.append(zip(held.terms(low, high), frequencies, strict=True))
        if len(lists) == 1:
            yield from ((term.decode(), frequency) for term, frequency in lists[0])
            return
        for term, group in groupby(merge(*lists), key=itemgetter(0)):
            yield term.decode(), sum(frequency for _, frequency in group)

    def similar(
        self, field: str, text: str, distance: int, *, exchanges: bool = False
    ) -> Iterator[tuple[str, int]]:
        """Yield the terms of a field that begin as a word does and are within some errors of it, in order."""
        found: dict[str, int] = {}
        for leaf in self.leaves:
            held = leaf.segment.field(field)
            if held and text:
                terms = _Terms(held, *held.beginning(encoded(text[:1])))
                for place in similar(terms, text, distance, exchanges=exchanges):
                    term = terms[place]
                    found[term] = found.get(term, 0) + held.document_frequency(terms.low + place)
        yield from sorted(found.items())

    # Postings

    def postings(self, field: str, text: str) -> Matches:
        """Return the documents that hold a term, and how often."""
        return self.kept.get((field, text), lambda: self._postings(field, encoded(text)), size_of)

    def _postings(self, field: str, key: bytes) -> Matches:
        found = [
            self._live(leaf, held, held.starts.item(place), held.starts.item(place + 1))
            for leaf, held, place in self._found(field, key)
        ]
        if len(found) < 2:
            return found[0] if found else NOTHING
        return Matches(*map(np.concatenate, zip(*found, strict=True)))

    def _live(self, leaf: Leaf, field: Field, start: int, end: int) -> Matches:
        numbers = field.numbers[start:end].astype(np.int64)
        if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < leaf.segment.documents:
            raise ValueError("postings of documents that there are not")
        values = field.frequencies[start:end].astype(np.float64) if field.kind == TEXT else np.ones(len(numbers))
        if leaf.live is not None:
            live = leaf.live[numbers]
            numbers, values = numbers[live], values[live]
        return Matches(numbers + leaf.base if leaf.base else numbers, values)

    def expanded(
        self, field: str, prefix: str, accept: Callable[[str], bool] | None = None
    ) -> tuple[Array, Array]:
        """Return the postings of all terms that begin so: documents, in any order and repeated, and how often.

        Args:
            field: of the terms.
            prefix: how they begin.
            accept: tells which of them to take; all if it is not given.
        """
        all_numbers, all_values = [np.zeros(0, np.int64)], [np.zeros(0)]
        for leaf in self.leaves:
            held = leaf.segment.field(field)
            if not held:
                continue
            low, high = held.beginning(encoded(prefix))
            if accept is None:
                runs = [(low, high)] if high > low else []
            else:
                terms = enumerate(held.terms(low, high), low)
                runs = [(place, place + 1) for place, term in terms if accept(term.decode())]
            for first, end in runs:
                numbers, values = self._live(leaf, held, held.starts.item(first), held.starts.item(end))
                all_numbers.append(numbers)
                all_values.append(values)
        return np.concatenate(all_numbers), np.concatenate(all_values)

    def places(self, field: str, text: str, among: Array) -> tuple[Array, Array]:
        """Return where a term stands in some documents that hold it: documents (repeated) and positions."""
        all_numbers, all_positions = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        key = encoded(text)
        for leaf, numbers in self.split(among):
            held = leaf.segment.field(field)
            place = held.find(key) if held else None
            if held and place is not None:
                sizes, positions = held.places(place, numbers)
                all_numbers.append(np.repeat(numbers + leaf.base, sizes))
                all_positions.append(positions.astype(np.int64))
        return np.concatenate(all_numbers), np.concatenate(all_positions)

    def ids(self, identifiers: Iterable[str]) -> dict[str, int]:
        """Return the numbers of those documents that exist."""
        found = {}
        for identifier in identifiers:
            for leaf, held, place in self._found("id", encoded(identifier)):
                number = held.numbers.item(held.starts.item(place))
                if leaf.live is None or leaf.live[number]:
                    found[identifier] = leaf.base + number
        return found

    # Facets

    def carrying(self, name: str, values: Iterable[str]) -> Array:
        """Return the documents that carry any of the values of a facet."""
        found = [self.postings(FACET + name, value).numbers for value in dict.fromkeys(values)]
        found = [numbers for numbers in found if len(numbers)]
        if len(found) < 2:
            return found[0] if found else NOTHING.numbers
        return distinct(np.concatenate(found), self.size)

    def filter(self, name: str, values: frozenset[str]) -> Array:
        """Return which of all documents carry any of the values of a facet."""
        key = ("filter", name, values)
        return self.kept.get(
            key, lambda: mask_of(self.carrying(name, values), self.size), lambda mask: mask.nbytes
        )

    def count(self, name: str, among: Array) -> dict[str, int]:
        """Return how many of some documents carry each value of a facet, without zeros.

        Args:
            name: of the facet.
            among: documents, sorted.
        """
        if len(among) == len(self.live):
            whole = self._whole_counts.get(name)
            if whole is None:
                whole = self._whole_counts[name] = self._counted(name, among)
            return dict(whole)
        return self._counted(name, among)

    def _counted(self, name: str, among: Array) -> dict[str, int]:
        counts: dict[str, int] = {}
        for leaf, numbers in self.split(among):
            field = leaf.segment.field(FACET + name)
            if not field:
                continue
            counted = _tally(field, numbers, leaf.segment.documents)
            held = np.flatnonzero(counted)
            texts = field.texts
            found = zip(map(texts.__getitem__, held.tolist()), counted[held].tolist(), strict=True)
            if not counts:
                counts = dict(found)
            else:
                for text, count in found:
                    counts[text] = counts.get(text, 0) + count
        return counts

    # Order

    def by_id(self, among: Array, most: int) -> Array:
        """Return the first documents of some by id.

        Args:
            among: documents, sorted.
            most: number of documents to return at most.
        """
        if len(among) <= most:
            firsts = among
        else:
            found = [among[:0]]
            for leaf, numbers in self.split(among):
                order = leaf.segment.field("id")
                if order:
                    mask = mask_of(numbers, leaf.segment.documents)
                    places = np.flatnonzero(mask[order.numbers])[:most]
                    found.append(leaf.base + order.numbers[places].astype(np.int64))
            firsts = np.concatenate(found)
        identifiers = self.labels("id", firsts)
        return firsts[sorted(range(len(firsts)), key=identifiers.__getitem__)[:most]]

    @cached_property
    def groups(self) -> Array:
        """A number for each document that only the documents of its group have."""
        groups = np.arange(self.size)
        known: dict[bytes, int] = {}
        for leaf in self.leaves:
            field = leaf.segment.field("group")
            if field:
                numbers = np.array([known.setdefault(term, self.size + len(known)) for term in field.terms()])
                held = np.flatnonzero(sizes_of(field.label_starts))
                groups[leaf.base + held] = numbers[field.labels]
        return groups

    @cached_property
    def ranks(self) -> Array:
        """The place of each document in the order of ids."""
        if len(self.leaves) == 1 and (field := self.leaves[0].segment.field("id")):
            return field.labels
        identifiers = self.labels("id", np.arange(self.size))
        ranks = np.empty(self.size, np.int64)
        ranks[sorted(range(self.size), key=identifiers.__getitem__)] = np.arange(self.size)
        return ranks


class _Terms(Sequence[str]):
    """Some terms of a field that stand side by side, read when they are asked for."""

    def __init__(self, field: Field, low: int, high: int) -> None:
        self._field = field
        self.low = low
        self._size = high - low

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...

    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(self._size))]
        if not 0 <= place < self._size:
            raise IndexError(place)
        return self._field.term(self.low + place).decode()


def _tally(field: Field, numbers: Array, documents: int) -> Array:
    """Return how many of some documents carry each label."""
    starts = field.starts.astype(np.int64)
    if len(numbers) == documents:
        return np.diff(starts)
    if len(numbers) * _DENSE > documents:
        return np.add.reduceat(mask_of(numbers, documents)[field.numbers], starts[:-1], dtype=np.int64)
    first = field.label_starts[numbers]
    sizes = field.label_starts[numbers + 1] - first
    labels = field.labels[ranges(first, sizes, len(field.labels))]
    if len(labels) and int(labels.max()) >= len(field):
        raise ValueError("labels that there are not")
    return np.bincount(labels, minlength=len(field))
