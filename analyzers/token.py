"""The unit that analysis produces and engines index."""

from collections.abc import Iterable
from typing import NamedTuple


class Token(NamedTuple):
    """One term at one place of a text.

    Attributes:
        text: the normalised term, as it is indexed.
        start: offset in code points of the first character in the original text.
        end: offset just past the last character, so ``original[start:end]`` is the surface form.
        position: the place for phrases and proximity. It counts words from 0; in scripts written without
            spaces it counts characters. Tokens of one word share a position, and so do those that begin at the
            same character; the last of them is the *canonical* one: the most normalised, and the one that every
            text with the same reading has there (see `Analyzer.canonical`). The parts of a compound come first.
    """

    text: str
    start: int
    end: int
    position: int


def canonical(tokens: Iterable[Token]) -> list[Token]:
    """Return the canonical token of each position: the last of those that share it."""
    return list({token.position: token for token in tokens}.values())
