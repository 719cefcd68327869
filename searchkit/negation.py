"""Denied mentions: which stretches of a text say that it is not about what they name.

The method is that of NegEx and ConText (see ``data/negation.toml``, which has the words): a trigger denies what
stands after or before it in its sentence, as far as a word that ends it. Time is linear in the text.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

import regex

from searchkit.analyzers import language
from searchkit.data import tables
from searchkit.vocabulary import Match

_KINDS: Final = ("before", "near", "after", "at_once", "whole")
# How many words away a trigger reaches.
_REACH: Final = {"before": 12, "near": 2, "after": 12, "at_once": 1}
_WORD: Final = regex.compile(r"\p{Han}|[\p{L}\p{M}\p{N}]+(?:[-'][\p{L}\p{M}\p{N}]+)*")
# A full stop inside "4.5" or "e.g. x" is none: white space and no small letter follow one that ends a sentence.
_END: Final = regex.compile(r"[!?。！？।॥;；\n]|\.(?=[\s\"»”’)]++(?!\p{Ll})|$)")
_HAN: Final = regex.compile(r"\p{Han}")
_WORD_START: Final = r"(?<![\p{L}\p{M}\p{N}])"
# Nothing need end where an apostrophe ends the last word: "d'excitotoxicité".
_WORD_END: Final = r"(?:(?<=[^\p{L}\p{M}\p{N}])|(?![\p{L}\p{M}\p{N}]))"
_APOSTROPHES: Final = {ord("’"): "'", ord("ʼ"): "'", ord("\N{NO-BREAK SPACE}"): " "}
# Sentences longer than this are no prose; only the part around a mention counts, so that time stays linear.
_LONGEST: Final = 2000

Stretch = tuple[int, int]


def affirmed(text: str, code: str, matches: Sequence[Match]) -> list[Match]:
    """Return the mentions that the text does not deny: "has nothing to do with autophagy" is not about it."""
    denied = is_denied(text, code, [(match.start, match.end) for match in matches])
    return [match for match, no in zip(matches, denied, strict=True) if not no]


def is_denied(text: str, code: str, mentions: Iterable[Stretch]) -> list[bool]:
    """Tell of each mention whether the sentence around it denies it.

    Args:
        text: the text.
        code: its language; in one without triggers nothing is denied.
        mentions: where the mentions stand, in any order.
    """
    places = list(mentions)
    rules = _rules(code)
    if rules is None or not places:
        return [False] * len(places)
    plain = plain_text(text, code)
    ends = [match.end() for match in _END.finditer(plain)]
    known: dict[Stretch, Denials] = {}
    answer = []
    for start, end in places:
        number = bisect_right(ends, start)
        first = ends[number - 1] if number else 0
        last = ends[number] if number < len(ends) else len(plain)
        if last - first > _LONGEST:
            first = first + (start - first) // _LONGEST * _LONGEST
            last = min(last, first + _LONGEST)
        denials = known.get((first, last))
        if denials is None:
            denials = known[first, last] = Denials(rules.stretches(plain[first:last]))
        answer.append(denials.cover(start - first, end - first))
    return answer


class Denials:
    """Stretches that are denied, joined where they touch."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(stretches):
            if start >= end:
                continue
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def cover(self, start: int, end: int) -> bool:
        """Tell whether some of a mention is denied."""
        number = bisect_left(self._starts, end) - 1
        return number >= 0 and self._ends[number] > start


class _Rules:
    """The triggers of a language."""

    def __init__(self, lists: dict[str, list[str]]) -> None:
        self._unspaced = any(_HAN.search(phrase) for phrase in lists["before"])
        phrases = sorted(
            ((phrase, kind) for kind in _KINDS for phrase in lists[kind]), key=lambda pair: -len(pair[0])
        )
        self._kinds = [kind for _, kind in phrases]
        # The longest first: "not be confused with" is more than "not".
        self._triggers = self._compile([phrase for phrase, _ in phrases])
        self._pseudo = self._compile(lists["pseudo"])
        self._around = [self._compile([phrase]) for phrase in lists["around"]]
        self._stops = self._compile(lists["stop"])
        self._commas = self._compile([*lists["stop"], *lists["comma"]])

    def _compile(self, phrases: Sequence[str]) -> "regex.Pattern[str]":
        patterns = [phrase_pattern(phrase, unspaced=self._unspaced) for phrase in phrases]
        start = ""
        if any(pattern.startswith(_WORD_START) for pattern in patterns) and not self._unspaced:
            # Looked for once at each place, not by each of a hundred phrases: five times as fast.
            others = [pattern for pattern in patterns if not pattern.startswith(_WORD_START)]
            starts = dict.fromkeys("(?=n't)" if "n't" in other else f"(?={other})" for other in others)
            start = f"(?:{'|'.join([_WORD_START, *starts])})"
            patterns = [pattern.removeprefix(_WORD_START) for pattern in patterns]
        return regex.compile(f"{start}(?:{'|'.join(f'({pattern})' for pattern in patterns)})", regex.IGNORECASE)

    def stretches(self, sentence: str) -> Iterator[Stretch]:
        """Yield what a sentence denies."""
        pseudo = Denials(match.span() for match in self._pseudo.finditer(sentence))
        triggers = [
            (self._kinds[(match.lastindex or 1) - 1], match.start(), match.end())
            for match in self._triggers.finditer(sentence)
            if not pseudo.cover(match.start(), match.end())
        ]
        for pattern in self._around:
            yield from ((match.start(), match.end()) for match in pattern.finditer(sentence))
        if not triggers:
            return
        words = [(match.start(), match.end()) for match in _WORD.finditer(sentence)]
        stops = [(match.start(), match.end()) for match in self._stops.finditer(sentence)]
        begins, ends = [start for start, _ in stops], [end for _, end in stops]
        commas = [match.end() for match in self._commas.finditer(sentence)]
        for kind, start, end in triggers:
            if kind == "whole":
                yield 0, len(sentence)
            elif kind in ("before", "near"):
                yield end, self._forward(kind, end, words, begins, len(sentence))
            elif kind in ("after", "at_once"):
                # "Dopamine, which …, has nothing to do with it": a comma closes what another opened.
                closed = sentence[:start].rstrip().endswith(",")
                yield self._back(kind, start, words, ends if closed else commas), start

    def _forward(self, kind: str, end: int, words: list[Stretch], stops: list[int], length: int) -> int:
        number = bisect_left(words, (end, end)) + self._reach(kind)
        limit = words[number][0] if number < len(words) else length
        stop = bisect_left(stops, end)
        return min(limit, stops[stop]) if stop < len(stops) else limit

    def _back(self, kind: str, start: int, words: list[Stretch], stops: list[int]) -> int:
        number = bisect_left(words, (start, start)) - self._reach(kind)
        limit = words[number][0] if number > 0 else 0
        stop = bisect_right(stops, start) - 1
        return max(limit, stops[stop]) if stop >= 0 else limit

    def _reach(self, kind: str) -> int:
        return _REACH[kind] * (2 if self._unspaced else 1)


def phrase_pattern(phrase: str, *, unspaced: bool) -> str:
    """Return the pattern of a phrase of the word lists.

    Args:
        phrase: "…" is a gap of up to four words, (a|b) a choice, ? as in a pattern, * the rest of a word.
        unspaced: whether the language writes no spaces.
    """
    # Every repetition has a bound, so that runs of white space or of triggers take linear time.
    gap = r"[^，。,：:、]{0,16}?" if unspaced else r"\s{0,4}(?:[^\s:;]{1,40}+\s{1,4}){0,4}?"
    pattern = regex.sub(r"\((?!\?)", "(?:", phrase).replace(")*", "){0,4}")
    if unspaced:
        return pattern.replace("…", gap)
    pattern = regex.sub(r"\*", r"[\\p{L}\\p{M}]*", pattern)
    pattern = regex.sub(r"\s*…\s*", "…", pattern)
    pattern = regex.sub(r"\s+", " ", pattern).replace("…", gap)
    # "did not" is "didn't" as well; no other language has a word "not".
    pattern = regex.sub(r" not\b", r"(?: not|n't)", pattern).replace(" ", r"\s{1,4}")
    if regex.match(r"not\b", pattern):
        pattern = rf"(?:(?<![\p{{L}}\p{{M}}\p{{N}}])not|n't){pattern[3:]}"
        return f"(?:{pattern})" + _WORD_END
    first = _WORD_START if phrase[0].isalpha() or phrase[0] == "(" else ""
    return first + f"(?:{pattern})" + _WORD_END


def plain_text(text: str, code: str) -> str:
    """Return a text with one apostrophe and one kind of Chinese; lengths do not change."""
    return text.translate(_table(code))


def sentences(text: str) -> Iterator[Stretch]:
    """Yield the sentences of a text, without gaps."""
    start = 0
    for match in _END.finditer(text):
        yield start, match.end()
        start = match.end()
    if start < len(text):
        yield start, len(text)


@cache
def _table(code: str) -> dict[int, str]:
    """Return what a language reads as others, one for one: Traditional as Simplified Chinese."""
    letters = {
        key: value for key, value in language(code).letters.items() if isinstance(value, str) and len(value) == 1
    }
    return _APOSTROPHES | letters


@cache
def _rules(code: str) -> _Rules | None:
    lists = tables("negation").get(code)
    return _Rules(lists) if lists else None
