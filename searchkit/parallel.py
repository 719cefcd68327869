"""The same article in several languages: told apart from others by what translation leaves alone.

A translation says the same things in the same order. What can be compared whatever the language is the order in
which an article first names its mechanisms, numbers and studies: its *trace*. Two articles in different languages
are the same if they rest on the same studies, name the same mechanisms, and their traces agree for the most part.
Where an article has no studies, its trace must say more. What is short of evidence is left apart: better one hit
too many than an article hidden behind another.

Articles are not compared each with each: only with those that share pieces of their trace.
"""

import hashlib
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final, NamedTuple

import regex

from searchkit.analyzers.normalize import plain_digits
from searchkit.index.engine import Request, Snapshot
from searchkit.index.query import Bool, Facet
from searchkit.stored import StoredArticle

# Numbers of one digit are written out in many languages, and number lists. Thousands and decimals are divided by
# comma, point or space, as the language has it.
_NUMBER: Final = regex.compile(r"\d{1,3}(?:[ .,]\d{3})+(?!\d)|\d+(?:[.,]\d+)?")
_SEPARATOR: Final = regex.compile(r"[ .,](?=\d{3}(?!\d))")
_LONGEST: Final = 200
_PIECE: Final = 3
_PIECES: Final = 8
# Candidates share so many pieces at least; of many, only those that share most are looked at.
_SHARED_PIECES: Final = 2
_MOST_CANDIDATES: Final = 10
_COMMON: Final = 500  # a piece of more articles than this tells nothing

_SAME_MECHANISMS: Final = 0.75
_SECTIONS_APART: Final = 2
# How much of the traces agrees, and on how many steps; a study counts as two, for few articles share it.
_SAME_TRACE: Final = 0.6
_EVIDENCE: Final = 8
_STUDY_EVIDENCE: Final = 2
# Without studies.
_SAME_TRACE_ALONE: Final = 0.75
_EVIDENCE_ALONE: Final = 8


class Trace(NamedTuple):
    """What can be compared of an article whatever its language.

    Attributes:
        steps: mechanisms, numbers and studies in the order in which the text first names them.
        sections: number of parts of the text, references left out.
    """

    language: str
    studies: frozenset[str]
    mechanisms: frozenset[str]
    steps: tuple[str, ...]
    sections: int


def trace_of(stored: StoredArticle) -> Trace:
    """Return the trace of an article."""
    article = stored.article
    body = [(section.start, section.end) for section in article.sections if section.kind == "body"]
    places: list[tuple[int, str]] = []
    for facet in ("mechanism", "study"):
        for value, spans in stored.evidence.get(facet, {}).items():
            first = next((start for start, _ in sorted(spans) if _is_inside(start, body)), None)
            if first is not None:
                places.append((first, f"{facet} {value}"))
    for low, high in body:
        places.extend((low + place, number) for place, number in _numbers(article.text[low:high]))
    steps = tuple(dict.fromkeys(step for _, step in sorted(places)))[:_LONGEST]
    return Trace(
        language=article.language,
        studies=frozenset(article.facets.get("study", ())),
        mechanisms=frozenset(article.facets.get("mechanism", ())),
        steps=steps,
        sections=len(body),
    )


def _is_inside(place: int, parts: list[tuple[int, int]]) -> bool:
    """Tell whether a place is in one of some parts of a text, which are in order."""
    number = bisect_right(parts, place, key=lambda part: part[0])
    return number > 0 and place < parts[number - 1][1]


def _numbers(text: str) -> Iterator[tuple[int, str]]:
    plain = plain_digits(unicodedata.normalize("NFKC", text))
    for match in _NUMBER.finditer(plain):
        number = _SEPARATOR.sub("", match.group()).replace(",", ".")
        if len(number) > 1:
            yield match.start(), number


def pieces(trace: Trace) -> tuple[str, ...]:
    """Return a few pieces of a trace, which the traces of translations share for the most part."""
    steps = trace.steps
    found = {
        hashlib.blake2b("\n".join(steps[place : place + _PIECE]).encode(), digest_size=6).hexdigest()
        for place in range(len(steps) - _PIECE + 1)
    }
    return tuple(sorted(found)[:_PIECES])


def agreement(one: Trace, other: Trace) -> float:
    """Return how well two articles agree, from 0 to 1; 0 if they are not the same article in two languages."""
    if one.language == other.language or one.studies != other.studies:
        return 0.0
    if abs(one.sections - other.sections) > max(_SECTIONS_APART, min(one.sections, other.sections) // 4):
        return 0.0
    either = one.mechanisms | other.mechanisms
    if len(one.mechanisms & other.mechanisms) < _SAME_MECHANISMS * len(either):
        return 0.0
    together = _common(one.steps, other.steps)
    share = 2 * together / max(len(one.steps) + len(other.steps), 1)
    if one.studies:
        enough = share >= _SAME_TRACE and together + _STUDY_EVIDENCE * len(one.studies) >= _EVIDENCE
    else:
        enough = share >= _SAME_TRACE_ALONE and together >= _EVIDENCE_ALONE
    return share if enough else 0.0


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for left in one:
        above = row
        row = [0]
        for place, right in enumerate(other):
            row.append(above[place] + 1 if left == right else max(above[place + 1], row[place]))
    return row[-1]


@dataclass(slots=True)
class Groups:
    """Finds for each article that is indexed the group of those that are the same article in other languages.

    Args:
        engine: the index as it was before this batch; None if the batch replaces all of it.
    """

    # The name under which engines keep the pieces of traces; no facet that people see.
    facet: ClassVar[str] = "trace"

    engine: Snapshot | None
    _seen: set[str] = field(default_factory=set)
    _traces: dict[str, tuple[Trace, str]] = field(default_factory=dict)
    _holders: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def place(self, identifier: str, trace: Trace, given: str, own: str) -> tuple[str, tuple[str, ...]]:
        """Return the group of an article (that of the one that agrees best, or its own) and its trace's pieces.

        Args:
            identifier: the article's id.
            trace: its trace.
            given: the group that its source gave, or nothing.
            own: a name that no other group has.

        A group holds one article of a language, unless the source gave it.
        """
        found = pieces(trace)
        group = f"={given}" if given else self._found(identifier, trace, found) or own
        self._seen.add(identifier)
        for piece in found:
            self._traces[identifier] = (trace, group)
            self._holders[piece].append(identifier)
        return group, found

    def _found(self, identifier: str, trace: Trace, wanted: tuple[str, ...]) -> str:
        agreeing: list[tuple[float, str, str]] = []
        taken: set[str] = set()
        for other, (candidate, group) in self._candidates(identifier, wanted):
            if candidate.language == trace.language:
                taken.add(group)
            elif value := agreement(trace, candidate):
                agreeing.append((-value, other, group))
        return next((group for _, _, group in sorted(agreeing) if group not in taken), "")

    def _candidates(self, identifier: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, tuple[Trace, str]]]:
        """Yield articles that share some pieces, of this batch and of the index."""
        shared: Counter[str] = Counter()
        for piece in wanted:
            if len(holders := self._holders.get(piece, ())) <= _COMMON:
                shared.update(holders)
        for other, count in shared.most_common(_MOST_CANDIDATES):
            if count >= _SHARED_PIECES:
                yield other, self._traces[other]
        if self.engine is not None and len(wanted) >= _SHARED_PIECES:
            query = Bool(should=tuple(Facet(self.facet, (piece,)) for piece in wanted))
            for hit in self.engine.search(Request(query, limit=_MOST_CANDIDATES)).hits:
                if hit.score >= _SHARED_PIECES and hit.id != identifier and hit.id not in self._seen:
                    yield hit.id, (trace_of(StoredArticle.from_bytes(hit.stored)), hit.group)
