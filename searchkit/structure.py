"""The parts of a text: lines, headings, lists of references, disclaimers."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

import regex

from searchkit.analyzers.normalize import fold
from searchkit.article import Section, SectionKind
from searchkit.data import tables

_BULLET: Final = regex.compile(r"\s*(?:(?:[-–•*·▪]|\(?\d{1,3}[.)、])\s+|[\[［]\d{1,3}[\]］]\s*)")
_SENTENCE_END: Final = frozenset(".!。！．।,，;；:：*…")
_CITATION: Final = regex.compile(r"(?:19|20)\d\d\s*[;；]\s*\d|10\.\d{4,9}/")
_LETTER: Final = regex.compile(r"\p{L}")
_UNSPACED_LETTER: Final = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")
_ENTRY_LINES: Final = 4
_HEADING_LIMIT: Final = 110
_HEADING_LIMIT_UNSPACED: Final = 45


class Line(NamedTuple):
    """A line that is not blank: its text without white space around it, and where that stands."""

    text: str
    start: int
    end: int


def lines(text: str) -> Iterator[Line]:
    """Yield the lines of ``text`` that are not blank."""
    start = 0
    for raw in text.split("\n"):
        stripped = raw.strip()
        if stripped:
            first = start + raw.index(stripped)
            yield Line(stripped, first, first + len(stripped))
        start += len(raw) + 1


@cache
def page_words(kind: str) -> frozenset[str]:
    """Return a list of ``data/page_words.toml``, folded."""
    return frozenset(fold(word) for word in tables("page_words")[kind])


def is_one_of(line: str, kind: str) -> bool:
    """Tell whether a whole line is one of the words of a kind (see ``data/page_words.toml``)."""
    return fold(line).strip(" :.#*_-—") in page_words(kind)


def is_bullet(line: str) -> bool:
    """Tell whether a line is an entry of a list."""
    return _BULLET.match(line) is not None


def without_bullet(line: str) -> str:
    """Return a line without its bullet or number."""
    match = _BULLET.match(line)
    return line[match.end() :] if match else line


def is_unspaced(text: str) -> bool:
    """Tell whether most letters of ``text`` are of a script without spaces, such as Chinese."""
    if text.isascii() or not _UNSPACED_LETTER.search(text):
        return False
    return len(_UNSPACED_LETTER.findall(text)) * 2 > len(_LETTER.findall(text))


def is_short(line: str) -> bool:
    """Tell whether a line is short enough for a heading or title, in its script."""
    size = len(line)
    # Scripts are only counted where they decide.
    return size <= _HEADING_LIMIT_UNSPACED or (size <= _HEADING_LIMIT and not is_unspaced(line))


def looks_like_heading(line: str) -> bool:
    """Tell whether a line reads as a heading: short, not a list entry, not the end of a sentence."""
    return is_short(line) and not is_bullet(line) and line[-1] not in _SENTENCE_END


def find_sections(text: str, headings: Sequence[tuple[int, str]] | None = None) -> tuple[Section, ...]:
    """Return the parts of a text, in order, without gaps.

    Args:
        text: the cleaned text.
        headings: (offset, text) of each heading, where the format marks them; otherwise they are recognised
            by their look.
    """
    if headings is None:
        headings = _headings(list(lines(text)))
    starts = [(start, heading, _kind(heading)) for start, heading in headings]
    starts += _breaks(text, starts)
    if not starts or min(starts)[0] > 0:
        starts.append((0, "", "body"))
    starts.sort()
    ends = [start for start, _, _ in starts[1:]] + [len(text)]
    return tuple(
        Section(heading, start, end, kind) for (start, heading, kind), end in zip(starts, ends, strict=True)
    )


def _kind(heading: str) -> SectionKind:
    return "references" if is_one_of(heading, "references") else "body"


def _headings(found: list[Line]) -> list[tuple[int, str]]:
    headings = []
    in_references = False
    for place, line in enumerate(found):
        following = found[place + 1].text if place + 1 < len(found) else ""
        references = is_one_of(line.text, "references")
        if references or (following and not in_references and looks_like_heading(line.text)):
            headings.append((line.start, line.text))
        in_references = references or in_references
    return headings


def _breaks(text: str, starts: list[tuple[int, str, SectionKind]]) -> list[tuple[int, str, SectionKind]]:
    """Return where the text goes on after the references, and where the disclaimer at its end begins."""
    found = list(lines(text))
    known = {start for start, _, _ in starts}
    breaks: list[tuple[int, str, SectionKind]] = []
    opened = next((start for start, _, kind in starts if kind == "references"), None)
    if opened is not None:
        entries = [line for line in found if line.start > opened]
        bulleted = bool(entries) and is_bullet(entries[0].text)
        for place, line in enumerate(entries):
            if line.start in known:
                break
            entry = is_bullet(line.text) or _goes_on(text, entries, place) if bulleted else _has_digit(line.text)
            if _is_disclaimer(line.text) or not entry:
                # A line or two after the references are the page's small print, whatever they say.
                small_print = len(entries) - place <= 2
                breaks.append((line.start, "", "disclaimer" if small_print else "body"))
                break
    last = None
    for line in reversed(found):
        if line.start in known or not _is_disclaimer(line.text):
            break
        last = line.start
    if last is not None and all(start != last for start, _, _ in breaks):
        breaks.append((last, "", "disclaimer"))
    return breaks


def _goes_on(text: str, entries: list[Line], place: int) -> bool:
    """Tell whether a line without a bullet belongs to the entry above it: the entry's end or another follows."""
    for before, line in pairwise(entries[place - 1 : place + _ENTRY_LINES]):
        if text.count("\n", before.end, line.start) > 1:
            return False
        if is_bullet(line.text) or _CITATION.search(line.text):
            return True
    return False


def _has_digit(line: str) -> bool:
    return any(char.isdigit() for char in line)


def _is_disclaimer(line: str) -> bool:
    folded = fold(line)
    return any(word in folded for word in page_words("disclaimer"))
