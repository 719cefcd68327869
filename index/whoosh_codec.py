"""The codec by which Whoosh reads our segments: all of its queries, matchers and weighting models work on them.

What searchkit asks is evaluated on the arrays themselves (`searchkit.index.evaluation`). This is for what it does
not ask: forms of queries that only Whoosh has, and comparing scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from whoosh import fields, formats, reading
from whoosh.codec import base
from whoosh.matching import ListMatcher

from searchkit.index.inversion import FACET, LENGTH
from searchkit.index.query import KINDS
from searchkit.index.reader import Leaf, Reader
from searchkit.index.segment import TEXT, Array, Field


class _Positions(formats.Format):  # type: ignore[misc]
    """Posting values: the positions of a term in a document."""

    def decode_frequency(self, value: list[int]) -> int:
        return len(value)

    def decode_positions(self, value: tuple[int, ...]) -> list[int]:
        return list(value)


class _Terms(fields.FieldType):  # type: ignore[misc]
    """A field of analyzed terms."""

    def __init__(self) -> None:
        super().__init__(format=_Positions(), analyzer=None, scorable=True)


class _Values(fields.FieldType):  # type: ignore[misc]
    """A field of ids or facet values."""

    def __init__(self) -> None:
        super().__init__(format=formats.Existence(), analyzer=None, scorable=False)


def _schema() -> fields.Schema:
    schema = fields.Schema(id=_Values(), group=_Values())
    for kind in KINDS:
        schema.add(f"{kind}_*", _Terms(), glob=True)
    schema.add(FACET + "*", _Values(), glob=True)
    return schema


def whoosh_reader(reader: Reader) -> reading.IndexReader:
    """Return Whoosh's reader of a commit."""
    schema = _schema()
    readers = [reading.SegmentReader(None, schema, _Segment(leaf)) for leaf in reader.leaves]
    if not readers:
        return reading.EmptyReader(schema)
    return readers[0] if len(readers) == 1 else reading.MultiReader(readers)


class _Segment(base.Segment):  # type: ignore[misc]
    def __init__(self, leaf: Leaf) -> None:
        super().__init__("")
        self.leaf = leaf

    def codec(self) -> _Codec:
        return _Codec()


class _Codec(base.Codec):  # type: ignore[misc]
    """Reads; segments are written by `searchkit.index.inversion`."""

    def terms_reader(self, _: object, segment: _Segment) -> _TermsReader:
        return _TermsReader(segment.leaf)

    def per_document_reader(self, _: object, segment: _Segment) -> _PerDocumentReader:
        return _PerDocumentReader(segment.leaf)


class _PerDocumentReader(base.PerDocumentReader):  # type: ignore[misc]
    def __init__(self, leaf: Leaf) -> None:
        self._segment = leaf.segment
        self._read: dict[str, Array] = {}
        self._deleted = frozenset(() if leaf.live is None else np.flatnonzero(~leaf.live).tolist())

    def doc_count(self) -> int:
        return self._segment.documents - len(self._deleted)

    def doc_count_all(self) -> int:
        return self._segment.documents

    def has_deletions(self) -> bool:
        return bool(self._deleted)

    def is_deleted(self, number: int) -> bool:
        return number in self._deleted

    def deleted_docs(self) -> Iterable[int]:
        return self._deleted

    def _lengths(self, field: str) -> Array:
        lengths = self._read.get(field)
        if lengths is None:
            kind, _, language = field.partition("_")
            languages = self._segment.languages
            # A document has a kind of text in its own language only.
            own = self._segment.number("language") == (languages.index(language) if language in languages else -1)
            lengths = self._read[field] = self._segment.number(LENGTH + kind) * own
        return lengths

    def doc_field_length(self, number: int, field: str, default: int = 0) -> int:
        return int(self._lengths(field)[number]) or default

    def field_length(self, field: str) -> int:
        return int(self._lengths(field).sum())

    def min_field_length(self, field: str) -> int:
        return int(self._lengths(field).min())

    def max_field_length(self, field: str) -> int:
        return int(self._lengths(field).max())

    def stored_fields(self, number: int) -> dict[str, object]:
        identifiers = self._segment.field("id")
        return {
            "id": identifiers.label(number).decode() if identifiers else "",
            "stored": self._segment.column("stored", number),
        }


class _TermsReader(base.TermsReader):  # type: ignore[misc]
    def __init__(self, leaf: Leaf) -> None:
        self._segment = leaf.segment

    def indexed_field_names(self) -> Iterable[str]:
        return self._segment.fields

    def _found(self, name: str, text: bytes) -> tuple[Field, int]:
        field = self._segment.field(name)
        place = field.find(text) if field else None
        if field is None or place is None:
            raise reading.TermNotFound(f"no term {name}:{text!r}")
        return field, place

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        field = self._segment.field(term[0])
        return field is not None and field.find(term[1]) is not None

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return self.terms_from("", b"")

    def terms_from(self, name: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        for each in self._segment.fields:
            field = self._segment.field(each)
            if field and each >= name:
                for term in field.terms(field.place(prefix) if each == name else 0):
                    yield each, term

    def items(self) -> Iterator[tuple[tuple[str, bytes], reading.TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(self, name: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], reading.TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(name, prefix))

    def term_info(self, name: str, text: bytes) -> reading.TermInfo:
        field, place = self._found(name, text)
        numbers, frequencies = field.documents(place), _frequencies(field, place)
        lengths = self._segment.number(LENGTH + name.partition("_")[0])[numbers]
        return reading.TermInfo(
            weight=float(frequencies.sum()),
            df=len(numbers),
            minlength=int(lengths.min()),
            maxlength=int(lengths.max()),
            maxweight=float(frequencies.max()),
            minid=int(numbers[0]),
            maxid=int(numbers[-1]),
        )

    def doc_frequency(self, name: str, text: bytes) -> int:
        field, place = self._found(name, text)
        return field.document_frequency(place)

    def frequency(self, name: str, text: bytes) -> float:
        return float(_frequencies(*self._found(name, text)).sum())

    def matcher(self, name: str, text: bytes, format_: formats.Format, scorer: Any = None) -> ListMatcher:
        field, place = self._found(name, text)
        numbers = field.documents(place)
        values = None
        if field.kind == TEXT:
            sizes, positions = field.places(place, numbers)
            values = [tuple(each.tolist()) for each in np.split(positions, np.cumsum(sizes)[:-1])]
        return ListMatcher(
            numbers.tolist(),
            _frequencies(field, place).astype(float).tolist(),
            values,
            format_,
            scorer,
            term=(name, text),
            terminfo=self.term_info(name, text),
        )


def _frequencies(field: Field, place: int) -> Array:
    start, end = field.starts.item(place), field.starts.item(place + 1)
    return field.frequencies[start:end] if field.kind == TEXT else np.ones(end - start, np.uint8)
