"""Highlights and snippets: the passage that shows best where a query matched."""

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

import regex

from searchkit.article import Section
from searchkit.matches import Found
from searchkit.results import Snippet
from searchkit.stored import Span
from searchkit.structure import is_unspaced

# A passage is about two lines on a terminal; a character without spaces is as wide as two letters and says more.
_LENGTH: Final = 240
_LENGTH_UNSPACED: Final = 110
# Evidence is shown in whole sentences, but for what no one wrote as such: a table, a text without full stops.
_LONGEST: Final = 1_000
_LONGEST_UNSPACED: Final = 400
# Sentences end after their mark and the quotes behind it, at a space in most scripts, and with the line. A group
# is what stands between two sentences.
_SENTENCE_BREAK: Final = re.compile(
    r"[.!?।][\"'”’»)\]]{0,3}(\s+)|[。！？]+(?:[”’」』）]{1,3}(?![”’」』）])|(?![”’」』）]))|(\n\s*)"
)
_LETTER: Final = regex.compile(r"\p{L}")
_BREAK: Final = regex.compile(r"(?<=[\s,;:，、；：—–])")
_HYPHENS: Final = frozenset("-‐‑–'’/")
_GRAPHEME: Final = regex.compile(r"\X")
# Where a text has none of these, each character is a grapheme (Unicode Standard Annex 29).
_JOINED: Final = regex.compile(
    r"[\p{M}\p{Cf}\r\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=ZWJ}\p{RI}"
    r"\p{GCB=L}\p{GCB=V}\p{GCB=T}\p{GCB=LV}\p{GCB=LVT}]"
)
_WIDEST_GRAPHEMES: Final = 4_096
_REPEAT_VALUE: Final = 0.1
_REFERENCES_VALUE: Final = 0.4


def merge(spans: Iterable[Span], text: str = "") -> tuple[Span, ...]:
    """Return spans in order; those that overlap, touch, or have only a hyphen of ``text`` between are one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and (start <= merged[-1][1] or text[merged[-1][1] : start] in _HYPHENS):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def best_snippet(text: str, found: Sequence[Found], sections: Iterable[Section] = ()) -> Snippet:
    """Return the passage that shows most of what a query asks for, highlighted; the beginning without matches.

    Passages are whole sentences as far as they fit; longer ones are cut between words. Matches in a list of
    references count less.
    """
    limit = _LENGTH_UNSPACED if is_unspaced(text[:2000]) else _LENGTH
    sections = list(sections)
    sentences = _sentences(text, [section.start for section in sections])
    if not sentences:
        return Snippet("", 0)
    asides = [(section.start, section.end) for section in sections if section.kind != "body"]
    best, best_value = (sentences[0][0], _extend(sentences, 0, limit)), 0.0
    place = 0
    for number, (start, end, _) in enumerate(sentences):
        while place < len(found) and found[place].end <= start:
            place += 1
        if place >= len(found) or found[place].start >= end:
            continue
        first, last = start, _extend(sentences, number, limit)
        if last - first > limit:
            # One long sentence: begin near the first match.
            first, last = _cut(text, first, last, found[place].start, limit)
        value = _value(found, place, first, last)
        if any(low <= first < high for low, high in asides):
            value *= _REFERENCES_VALUE
        if value > best_value:
            best, best_value = (first, last), value
    first, last = best
    if last - first > limit:
        first, last = _cut(text, first, last, first, limit)
    inside = [(match.start, match.end) for match in found if match.start >= first and match.end <= last]
    (first, last), *inside = whole_graphemes(text, [(first, last), *inside])
    spans = merge(inside, text)
    return Snippet(text[first:last], first, tuple((start - first, end - first) for start, end in spans))


def passages(
    text: str, spans: Iterable[Span], sections: Iterable[Section] = (), entries: Iterable[Span] = ()
) -> list[Snippet]:
    """Return the whole sentences around each span, highlighted, in order; those that overlap are one passage.

    A sentence that would fill a page is cut between words around its spans. Of a span in one of ``entries`` that
    entry is the passage: references have full stops everywhere.
    """
    wholes = sorted(entries)
    limit = _LONGEST_UNSPACED if is_unspaced(text[:2000]) else _LONGEST
    marked = merge(spans, text)
    sentences = _sentences(text, [section.start for section in sections])
    starts, ends = [start for start, _, _ in sentences], [end for _, end, _ in sentences]
    around: list[Span] = []
    for start, end in marked:
        entry = wholes[place] if (place := bisect_right(wholes, (start, sys.maxsize)) - 1) >= 0 else (0, 0)
        if end <= entry[1]:
            around.append(entry)
            continue
        before, after = bisect_right(starts, start) - 1, bisect_left(ends, end)
        first = starts[before] if before >= 0 and ends[before] > start else start
        last = ends[after] if after < len(sentences) and starts[after] < end else end
        if last - first > limit:
            first, last = _cut(text, first, last, start, limit)
        around.append((min(first, start), max(last, end)))
    joined: list[Span] = []
    for first, last in sorted(whole_graphemes(text, around)):
        if joined and first < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    found = []
    for first, last in joined:
        inside = [(start, end) for start, end in marked if first <= start and end <= last]
        (first, last), *whole = whole_graphemes(text, [(first, last), *inside])
        found.append(
            Snippet(
                text[first:last], first, tuple((low - first, high - first) for low, high in merge(whole, text))
            )
        )
    return found


def whole_graphemes(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return spans that are not empty, each with the rest of the graphemes that it cuts.

    A grapheme is what a reader sees as one character. A word may end inside one: where a joiner or a mark of no
    letter follows it, as in a keycap.
    """
    if not spans:
        return []
    low, high = min(start for start, _ in spans), max(end for _, end in spans)
    # A line begins with a grapheme. In a line without end it is enough to begin far before.
    place = max(text.rfind("\n", 0, low) + 1, low - _WIDEST_GRAPHEMES)
    # One more character: a mark behind the last would be part of it.
    if not _JOINED.search(text, place, high + 1):
        return list(spans)
    edges = [place]
    for found in _GRAPHEME.finditer(text, place):
        edges.append(found.end())
        if found.end() >= high:
            break
    return [(edges[bisect_right(edges, start) - 1], edges[bisect_left(edges, end)]) for start, end in spans]


def _value(found: Sequence[Found], place: int, first: int, last: int) -> float:
    seen: set[str] = set()
    value = 0.0
    for number in range(place, len(found)):
        match = found[number]
        if match.start >= last:
            break
        if match.start >= first and match.end <= last:
            value += match.value if match.leaf not in seen else match.value * _REPEAT_VALUE
            seen.add(match.leaf)
    return value


def _sentences(text: str, starts: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return (start, end, section) of every sentence."""
    spans: list[tuple[int, int, int]] = []
    section, first = 0, None
    cuts = [
        match.span(match.lastindex) if match.lastindex else (match.end(), match.end())
        for match in _SENTENCE_BREAK.finditer(text)
    ]
    start = 0
    for end, following in [*cuts, (len(text), len(text))]:
        piece = text[start:end]
        start = end - len(piece.lstrip())
        stop = start + len(piece.strip())
        if stop > start:
            first = start if first is None else first
            if text[start].isalpha() or _LETTER.search(text, start, stop):
                while section < len(starts) and starts[section] <= first:
                    section += 1
                spans.append((first, stop, section))
                first = None
            # Without a letter it is a bullet or the number of an entry, which goes with what follows.
        start = following
    return spans


def _extend(sentences: Sequence[tuple[int, int, int]], number: int, limit: int) -> int:
    """Return the end of the passage that begins with a sentence and takes whole ones of its section."""
    start, last, section = sentences[number]
    for _, end, other in sentences[number + 1 :]:
        if end - start > limit or other != section:
            break
        last = end
    return last


def _cut(text: str, first: int, last: int, match: int, limit: int) -> Span:
    """Return a window of a long sentence with the match in its first third, cut between words or characters."""
    start = max(first, min(match - limit // 3, last - limit))
    if start > first:
        start = _boundary(text, start, match, first)
    end = min(last, start + limit)
    if end < last:
        breaks = [found.start() for found in _BREAK.finditer(text, match, end)]
        end = breaks[-1] if breaks and breaks[-1] > match + limit // 4 else _grapheme(text, end, start)
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _boundary(text: str, start: int, match: int, first: int) -> int:
    found = _BREAK.search(text, start, match)
    return found.start() if found else _grapheme(text, start, first)


def _grapheme(text: str, place: int, start: int) -> int:
    """Return the last boundary between graphemes at or before ``place``."""
    low = last = max(start, place - 64)
    for found in regex.finditer(r"\X", text[low : place + 64]):
        if low + found.end() > place:
            break
        last = low + found.end()
    return last
