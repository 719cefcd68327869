"""What commands print: text for people, JSON for programs.

Article text is somebody else's: nothing in it may drive the terminal, so control characters never get through.
"""

import json
import os
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Final

import click
import regex

# What moves the cursor, changes colours or the direction of writing, or breaks a line: controls of ASCII and C1,
# surrogates, line separators, and the formatting characters of the bidirectional algorithm (UAX #9) and the like.
_DRIVING: Final = r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
_CONTROLS: Final = regex.compile(rf"[\p{{Cc}}\p{{Cs}}{_DRIVING}]")
# JSON spells the controls of ASCII itself.
_RAW_IN_JSON: Final = regex.compile(rf"[\x7f-\x9f{_DRIVING}]")
# Marks pile up over the lines around them; no word in any script takes so many on one letter.
_MOST_MARKS: Final = 8
_PILE: Final = regex.compile(rf"([\p{{M}}\p{{Cf}}]{{{_MOST_MARKS}}})[\p{{M}}\p{{Cf}}]++")
_GRAPHEME: Final = regex.compile(r"\X")
_WIDEST: Final = 100

Span = tuple[int, int]


def plain(text: str) -> str:
    """Return ``text`` on one line, with a space for every control character and line break.

    Of more than 8 marks or characters without width in a row the first 8 are left.
    """
    if text.isascii() and text.isprintable():
        return text
    return _PILE.sub(r"\1", _CONTROLS.sub(" ", text))


def use_color() -> bool | None:
    """Return False where the environment asks for no colour (https://no-color.org), else None: click decides."""
    return False if os.environ.get("NO_COLOR") else None


def echo(text: str = "", *, err: bool = False) -> None:
    """Print a line; styles are left out when the output is not a terminal."""
    click.echo(text, err=err, color=use_color())


def echo_json(data: Any) -> None:
    """Print JSON, as it is in UTF-8; characters that drive a terminal are spelled ``\\u009b``."""
    text = _RAW_IN_JSON.sub(
        lambda found: f"\\u{ord(found.group()):04x}", json.dumps(data, ensure_ascii=False, indent=2)
    )
    click.echo(text.encode("utf-8", "replace").decode())


def echo_problems(problems: Iterable[str]) -> None:
    """Print problems on standard error, a line each."""
    for problem in problems:
        echo(f"searchkit: {plain(problem)}", err=True)


def highlighted(text: str, spans: Sequence[Span], **style: Any) -> str:
    """Return one line of ``text`` with the spans in bold colour, and the rest in ``style``."""
    parts = []
    place = 0
    for start, end in [*spans, (len(text), len(text))]:
        between, match = plain(text[place:start]), plain(text[start:end])
        parts.append(click.style(between, **style) if between and style else between)
        parts.append(click.style(match, fg="yellow", bold=True) if match else "")
        place = end
    return "".join(parts)


def wrapped(text: str, spans: Sequence[Span], indent: str = "    ") -> str:
    """Return ``text`` with its spans highlighted, broken into lines that fit the terminal."""
    room = min(shutil.get_terminal_size().columns, _WIDEST)
    lines = []
    for start, end in _lines(text, max(room - len(indent), 20)):
        inside = [
            (max(low, start) - start, min(high, end) - start) for low, high in spans if low < end and high > start
        ]
        lines.append(indent + highlighted(text[start:end].rstrip(), inside))
    return "\n".join(lines)


def width(text: str) -> int:
    """Return how many columns ``text`` takes on a terminal."""
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _lines(text: str, room: int) -> list[Span]:
    """Return where to break: at spaces, between wide characters, and at the text's own line breaks."""
    lines: list[Span] = []
    start, used, breakable = 0, 0, 0
    for match in _GRAPHEME.finditer(text):
        (place, after), char = match.span(), match.group()
        if char.endswith("\n"):
            if text[start:place].strip():
                lines.append((start, place))
            start, used, breakable = after, 0, after
            continue
        size = width(char)
        if used + size > room and place > start:
            stop = breakable if breakable > start else place
            lines.append((start, stop))
            start = breakable = stop
            used = width(text[start:place])
        used += size
        if char.isspace() or _char_width(char[0]) == 2:
            breakable = after
    if text[start:].strip():
        lines.append((start, len(text)))
    return lines
