"""The tokens of a stored text, packed: what highlighting needs without analyzing again."""

import zlib
from array import array
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate
from typing import Final, Self

from searchkit.analyzers import Token

_LEVEL: Final = 6
# Bytes that a part of a stored article may have: the longest that readers take has a third.
_MOST_BYTES: Final = 256_000_000


def inflated(packed: bytes) -> bytes:
    """Return what was compressed; a few bytes of a stranger's index must not fill the memory.

    Raises:
        ValueError: it is larger than any article.
        zlib.error: it was not compressed.
    """
    reader = zlib.decompressobj()
    data = reader.decompress(packed, _MOST_BYTES)
    if reader.unconsumed_tail or not reader.eof:
        raise ValueError("compressed data without an end, or more of it than an article has")
    return data


class TermVector:
    """The tokens of one text, by position.

    Packed, it is the distinct terms, and for each token the number of its term, its start and position as the
    difference to those of the token before, and its length: 32-bit numbers, compressed.
    """

    __slots__ = ("_known", "_lengths", "_numbers", "_positions", "_starts", "terms")

    def __init__(
        self,
        terms: list[str],
        numbers: "array[int]",
        starts: "array[int]",
        lengths: "array[int]",
        positions: "array[int]",
    ) -> None:
        self.terms = terms
        self._numbers = numbers
        self._starts = starts
        self._lengths = lengths
        self._positions = positions
        self._known: dict[str, int] = {}

    @classmethod
    def of(cls, tokens: Iterable[Token]) -> Self:
        """Return the vector of some tokens."""
        known: dict[str, int] = {}
        columns = tuple(array("I") for _ in range(4))
        for token in tokens:
            columns[0].append(known.setdefault(token.text, len(known)))
            columns[1].append(token.start)
            columns[2].append(token.end - token.start)
            columns[3].append(token.position)
        return cls(list(known), *columns)

    def __iter__(self) -> Iterator[Token]:
        """Yield the tokens."""
        for number, start, length, position in zip(
            self._numbers, self._starts, self._lengths, self._positions, strict=True
        ):
            yield Token(self.terms[number], start, start + length, position)

    def __contains__(self, term: str) -> bool:
        """Tell whether any token has that text."""
        return term in self._numbered()

    def _numbered(self) -> dict[str, int]:
        """Return the number of each term."""
        if not self._known:
            self._known = dict(zip(self.terms, range(len(self.terms)), strict=True))
        return self._known

    def select(self, terms: Collection[str]) -> Iterator[Token]:
        """Yield the tokens whose text is among ``terms``."""
        known = self._numbered()
        wanted = {known[term] for term in terms if term in known}
        if wanted:
            for place, number in enumerate(self._numbers):
                if number in wanted:
                    start = self._starts[place]
                    yield Token(self.terms[number], start, start + self._lengths[place], self._positions[place])

    def to_bytes(self) -> bytes:
        """Return the vector, packed."""
        head = "\n".join(self.terms).encode("utf-8", "surrogatepass")
        # Differences have a sign: overlapping tokens may step back.
        rows = [self._numbers, _differences(self._starts), self._lengths, _differences(self._positions)]
        sizes = array("I", [len(head), len(self._numbers)])
        return zlib.compress(b"".join([sizes.tobytes(), head, *(row.tobytes() for row in rows)]), _LEVEL)

    @classmethod
    def from_bytes(cls, packed: bytes) -> Self:
        """Return the vector that `to_bytes` packed."""
        data = inflated(packed)
        sizes = array("I")
        sizes.frombytes(data[:8])
        after, count = 8 + sizes[0], sizes[1]
        head = data[8:after].decode("utf-8", "surrogatepass")
        rows = []
        for number, code in enumerate("IiIi"):
            row = array(code)
            row.frombytes(data[after + number * count * 4 : after + (number + 1) * count * 4])
            rows.append(row)
        numbers, starts, lengths, positions = rows
        terms = head.split("\n") if count else []
        if any(len(row) != count for row in rows) or (count and max(numbers) >= len(terms)):
            raise ValueError("not the tokens of a text")
        return cls(terms, numbers, _sums(starts), lengths, _sums(positions))


def _differences(row: "array[int]") -> "array[int]":
    return array("i", (now - before for before, now in zip([0, *row], row, strict=False)))


def _sums(row: "array[int]") -> "array[int]":
    return array("I", accumulate(row))
