"""Highlights and snippets: where a query matched, and the passage that shows it best."""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

import regex

from searchkit.article import Section
from searchkit.index import query as engine
from searchkit.index.fuzzy import within_distance
from searchkit.results import Snippet
from searchkit.stored import Span, StoredArticle
from searchkit.structure import is_unspaced
from searchkit.termvector import TermVector

# A passage is about two lines on a terminal; a character without spaces is as wide as two letters and says more.
_LENGTH: Final = 240
_LENGTH_UNSPACED: Final = 110
# Evidence is shown in whole sentences, but for what no one wrote as such: a table, a text without full stops.
_LONGEST: Final = 1_000
_LONGEST_UNSPACED: Final = 400
# Sentences end after their mark and the quotes behind it, at a space in most scripts, and with the line.
_SENTENCE_BREAK: Final = regex.compile(
    r"(?<=[.!?।][\"'”’»)\]]{0,3})\s+|(?<=[。！？])(?![”’」』）。！？])|(?<=[。！？][”’」』）]{1,3})(?![”’」』）])|\s*\n\s*",
    regex.VERSION1,
)
_LETTER: Final = regex.compile(r"\p{L}")
_BREAK: Final = regex.compile(r"(?<=[\s,;:，、；：—–])")
_HYPHENS: Final = frozenset("-‐‑–'’/")
_GRAPHEME: Final = regex.compile(r"\X")
_WIDEST_GRAPHEMES: Final = 4_096
_REPEAT_VALUE: Final = 0.1
_REFERENCES_VALUE: Final = 0.4


class Found(NamedTuple):
    """A match in a text: the span, what of the query it answers, and how much that is worth."""

    start: int
    end: int
    leaf: str
    value: float


def find_matches(query: engine.Query, stored: StoredArticle, kind: str) -> list[Found]:
    """Return where the leaves of a query match in the title or body of an article, by position.

    Terms match wherever their tokens stand, phrases only where all their terms stand in order. Mechanisms that
    the query names match where the article names them, in its own words.
    """
    field = engine.field_name(kind, stored.article.language)
    vector = stored.title if kind == "title" else stored.body
    found: list[Found] = []
    terms: dict[str, float] = {}
    for leaf in engine.leaves(query):
        if isinstance(leaf, engine.Facet):
            # Mechanisms that a filter or a field asks for have no weight, and are no part of the question.
            if leaf.name == "mechanism" and leaf.boost and kind == "body":
                found.extend(_mechanisms(leaf, stored))
        elif isinstance(leaf, engine.Phrase) and leaf.field == field and leaf.boost >= 1:
            # A lighter one only adds to the score of words that count by themselves.
            found.extend(_phrase(leaf, vector))
        elif isinstance(leaf, engine.Synonyms):
            found.extend(
                chain.from_iterable(_alternative(one, vector) for one in leaf.alternatives if one.field == field)
            )
        elif isinstance(leaf, engine.Prefix) and leaf.field == field and leaf.max_length is not None:
            found.extend(_characters(leaf, vector))
        elif isinstance(leaf, engine.Term) and leaf.field == field:
            terms[leaf.text] = max(leaf.boost, terms.get(leaf.text, 0.0))
        elif isinstance(leaf, engine.Prefix | engine.Fuzzy) and leaf.field == field:
            terms |= dict.fromkeys(_fitting(leaf, vector), 1.0)
    found.extend(
        Found(token.start, token.end, token.text, terms[token.text] * _rarity(token.text))
        for token in vector.select(set(terms))
    )
    return sorted(found)


def _alternative(leaf: engine.Term | engine.Phrase | engine.Prefix, vector: TermVector) -> Iterator[Found]:
    """Yield where one of several synonyms stands."""
    match leaf:
        case engine.Phrase():
            yield from _phrase(leaf, vector)
        case engine.Prefix():
            yield from _characters(leaf, vector)
        case engine.Term():
            for token in vector.select({leaf.text}):
                yield Found(token.start, token.end, leaf.text, leaf.boost * _rarity(leaf.text))


def _characters(leaf: engine.Prefix, vector: TermVector) -> Iterator[Found]:
    """Yield where one character of a script without spaces stands: it alone, not the bigram that it begins."""
    for token in vector.select(_fitting(leaf, vector)):
        yield Found(token.start, token.start + len(leaf.prefix), leaf.prefix, 1.0)


def find_translations(query: engine.Query, stored: StoredArticle) -> tuple[tuple[str, str], ...]:
    """Return the words of a query that an article holds in translation, each with the best that it holds.

    In the order of the query; the translation as it stands in the text, or else in the title.
    """
    found: dict[str, str] = {}
    for leaf in engine.leaves(query):
        if isinstance(leaf, engine.Synonyms) and leaf.of not in found and (surface := _surface(leaf, stored)):
            found[leaf.of] = surface
    return tuple(found.items())


def _surface(leaf: engine.Synonyms, stored: StoredArticle) -> str:
    """Return the first place of an article where the best of some synonyms stands, as it is written there."""
    texts = {"body": (stored.body, stored.article.text), "title": (stored.title, stored.article.title)}
    for alternative in leaf.alternatives:
        kind, _, language = alternative.field.partition("_")
        if language != stored.article.language or kind not in texts:
            continue
        vector, text = texts[kind]
        spans = [(match.start, match.end) for match in _alternative(alternative, vector)]
        if spans:
            start, end = min(spans)
            return " ".join(text[start:end].split())
    return ""


def _fitting(leaf: engine.Prefix | engine.Fuzzy, vector: TermVector) -> set[str]:
    """Return the terms of a text that a prefix or a word with typing errors stands for."""
    if isinstance(leaf, engine.Prefix):
        longest = leaf.max_length or sys.maxsize
        return {term for term in vector.terms if term.startswith(leaf.prefix) and len(term) <= longest}
    first = leaf.text[:1]
    return {term for term in vector.terms if term[:1] == first and within_distance(term, leaf.text, leaf.distance)}


def _mechanisms(leaf: engine.Facet, stored: StoredArticle) -> Iterator[Found]:
    for value in leaf.values:
        for start, end in stored.evidence.get("mechanism", {}).get(value, ()):
            yield Found(start, end, value, 1.0)


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
    edges = [place]
    for found in _GRAPHEME.finditer(text, place):
        edges.append(found.end())
        if found.end() >= high:
            break
    return [(edges[bisect_right(edges, start) - 1], edges[bisect_left(edges, end)]) for start, end in spans]


def _phrase(leaf: engine.Phrase, vector: TermVector) -> Iterator[Found]:
    wanted = {text for _, text in leaf.terms}
    spans = {(token.position, token.text): (token.start, token.end) for token in vector.select(wanted)}
    first_text = leaf.terms[0][1]
    name = " ".join(text for _, text in leaf.terms)
    for position, text in spans:
        if text == first_text:
            places = [spans.get((position + offset, other)) for offset, other in leaf.terms]
            there = [span for span in places if span]
            if len(there) == len(places):
                start, end = min(start for start, _ in there), max(end for _, end in there)
                yield Found(start, end, name, 2.0 * len(leaf.terms))


def _rarity(term: str) -> float:
    """Return a guess at how much a term tells, from its length: long words are rare ones."""
    return min(len(term), 12) / 4


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
    cuts = [*((match.start(), match.end()) for match in _SENTENCE_BREAK.finditer(text)), (len(text), len(text))]
    start = 0
    for end, following in cuts:
        stop = end
        while start < stop and text[start].isspace():
            start += 1
        while stop > start and text[stop - 1].isspace():
            stop -= 1
        if stop > start:
            first = start if first is None else first
            if _LETTER.search(text, start, stop):
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
