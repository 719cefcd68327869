"""On which line of a TOML file each key and each item of a list stands; tomllib does not say."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import regex

Path = tuple[str | int, ...]

# Longer quotes first: an empty text is also the beginning of a long one.
_TOKEN: Final = regex.compile(
    r"(?P<blank>[^\S\n]+|#[^\n]*)|(?P<line>\n)|(?P<mark>[\[\]{}=,.])"
    r'|(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')|(?P<bare>[^\s\[\]{}=,.#]+)',
    regex.DOTALL,
)


class _Piece(NamedTuple):
    kind: str
    text: str
    line: int


def lines_of(text: str) -> dict[Path, int]:
    """Return the line, from 1, of every key and list item of a valid TOML text, by its path.

    ``("autophagy", "en", 1)`` is the second item of the list ``en`` in the table ``[autophagy]``. What is not
    valid TOML gives some lines, or none, and no error.
    """
    return _Scanner(text).scan()


def longest_key(text: str, most: int) -> int:
    """Return the number of parts of the longest dotted key; 0 where none can have more than ``most``."""
    if max(map(_count_dots, text.split("\n"))) < most:
        return 0
    longest = parts = 0
    dotted = False
    for piece in _pieces(text):
        if piece.text == ".":
            dotted = True
        elif piece.kind in {"bare", "text"}:
            parts = parts + 1 if dotted else 1
            longest = max(longest, parts)
            dotted = False
        elif piece.kind != "blank":
            parts, dotted = 0, False
    return longest


def _count_dots(line: str) -> int:
    return line.count(".")


class _Scanner:
    def __init__(self, text: str) -> None:
        self._pieces = [piece for piece in _pieces(text) if piece.kind != "blank"]
        self._place = 0
        self._lines: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while piece := self._peek():
            if piece.kind == "line":
                self._place += 1
            elif piece.text == "[":
                while (mark := self._peek()) and mark.text == "[":
                    self._place += 1
                table = self._keys(())
                self._rest_of_line()
            else:
                before = self._place
                self._pair(table)
                self._place = max(self._place, before + 1)
        return self._lines

    def _peek(self) -> _Piece | None:
        return self._pieces[self._place] if self._place < len(self._pieces) else None

    def _keys(self, above: Path) -> Path:
        """Read a key, dotted or not."""
        while (piece := self._peek()) and (piece.kind in {"bare", "text"} or piece.text == "."):
            if piece.text != ".":
                above = (*above, _key(piece))
                self._lines.setdefault(above, piece.line)
            self._place += 1
        return above

    def _pair(self, table: Path) -> None:
        path = self._keys(table)
        if (piece := self._peek()) and piece.text == "=":
            self._place += 1
            self._value(path)

    def _value(self, path: Path) -> None:
        piece = self._peek()
        if piece and piece.text == "[":
            self._place += 1
            self._list(path)
        elif piece and piece.text == "{":
            self._place += 1
            while (inner := self._peek()) and inner.text != "}":
                before = self._place
                if inner.text != "," and inner.kind != "line":
                    self._pair(path)
                self._place = max(self._place, before + 1)
            self._place += 1
        else:
            # A number or date may hold dots.
            while (inner := self._peek()) and inner.kind != "line" and inner.text not in {",", "]", "}"}:
                self._place += 1

    def _list(self, path: Path) -> None:
        number = 0
        while (piece := self._peek()) and piece.text != "]":
            if piece.kind == "line" or piece.text == ",":
                self._place += 1
                continue
            self._lines.setdefault((*path, number), piece.line)
            before = self._place
            self._value((*path, number))
            self._place = max(self._place, before + 1)
            number += 1
        self._place += 1

    def _rest_of_line(self) -> None:
        while (piece := self._peek()) and piece.kind != "line":
            self._place += 1


def _pieces(text: str) -> Iterator[_Piece]:
    line = 1
    for match in _TOKEN.finditer(text):
        yield _Piece(str(match.lastgroup), match.group(), line)
        line += match.group().count("\n")


def _key(piece: _Piece) -> str:
    # Escapes in keys of a vocabulary would be no slug: the text between the quotes is good enough.
    return piece.text[1:-1] if piece.kind == "text" else piece.text
