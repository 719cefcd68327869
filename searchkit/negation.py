"""Denied mentions: which stretches of a text say that it is not about what they name.

The method is that of NegEx and ConText (see ``data/negation.toml``, which has the words): a trigger denies what
stands after or before it in its sentence, as far as a word that ends it. Time is linear in the text.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

import regex

from searchkit.analyzers import language
from searchkit.data import tables
from searchkit.vocabulary import Match

_AHEAD: Final = ("before", "phrase", "near", "whole")
_BACK: Final = ("after", "at_once")
# How many words away a trigger reaches.
_REACH: Final = {"before": 12, "phrase": 6, "near": 2, "after": 12, "at_once": 1}
_CLASS: Final = regex.compile(r"\{([a-z]+)\}")
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
    known: dict[Stretch, tuple[Denials, Denials]] = {}
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
            found = list(rules.stretches(plain[first:last]))
            denials = known[first, last] = (
                Denials(stretch for stretch, back in found if not back),
                Denials(stretch for stretch, back in found if back),
            )
        ahead, back = denials
        here, past = start - first, end - first
        # "In the trial weight was not measured", in languages where what means "in" follows: the trial was.
        spared = rules.place_end(plain, start, end, last) - first
        answer.append(ahead.cover(here, past) or (back.cover(here, past) and not back.cover_all(past, spared)))
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

    def cover_all(self, start: int, end: int) -> bool:
        """Tell whether all of a stretch that is not empty is denied."""
        number = bisect_right(self._starts, start) - 1
        return start < end and number >= 0 and self._ends[number] >= end


class _Rules:
    """The triggers of a language."""

    def __init__(self, table: dict[str, Any]) -> None:
        lists = {name: _written_out(table[name], table["words"]) for name in table if name != "words"}
        self._unspaced = any(_HAN.search(phrase) for phrase in lists["before"])
        # Each direction by itself: "was not tested in mice" denies what stands before it and the mice.
        self._triggers = [self._directed(lists, kinds) for kinds in (_AHEAD, _BACK)]
        self._pseudo = self._compile(lists["pseudo"])
        self._around = [self._compile([phrase]) for phrase in lists["around"]]
        self._stops = self._compile(lists["stop"])
        self._commas = self._compile([*lists["stop"], *lists["comma"]])
        # White space before it is part of it, as a mention ends where its word does.
        place = [phrase_pattern(phrase, unspaced=self._unspaced) for phrase in lists.get("place", ())]
        self._place = regex.compile(rf"\s{{0,3}}(?:{'|'.join(place)})") if place else None

    def _directed(
        self, lists: dict[str, list[str]], kinds: Sequence[str]
    ) -> tuple[list[str], "regex.Pattern[str]"]:
        """Return the kinds of the triggers that look one way, and their pattern, with a group for each."""
        # The longest first: "not be confused with" is more than "not".
        phrases = sorted(
            ((phrase, kind) for kind in kinds for phrase in lists[kind]), key=lambda pair: -len(pair[0])
        )
        return [kind for _, kind in phrases], self._compile([phrase for phrase, _ in phrases])

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

    def place_end(self, text: str, start: int, end: int, last: int) -> int:
        """Return where the word ends that makes of a mention the place of something, or the mention's end."""
        if self._place is None:
            return end
        if any(match.end() == end for match in self._place.finditer(text, start, end)):
            return end + 1  # "in mice" is a term itself
        match = self._place.match(text, end, last)
        return match.end() if match else end

    def stretches(self, sentence: str) -> Iterator[tuple[Stretch, bool]]:
        """Yield what a sentence denies, and whether it is what stands before a trigger."""
        pseudo = Denials(match.span() for match in self._pseudo.finditer(sentence))
        triggers = [
            (kinds[(match.lastindex or 1) - 1], match.start(), match.end())
            for kinds, pattern in self._triggers
            for match in pattern.finditer(sentence)
            if not pseudo.cover(match.start(), match.end())
        ]
        for pattern in self._around:
            yield from ((match.span(), False) for match in pattern.finditer(sentence))
        if not triggers:
            return
        words = [(match.start(), match.end()) for match in _WORD.finditer(sentence)]
        stops = [(match.start(), match.end()) for match in self._stops.finditer(sentence)]
        begins, ends = [start for start, _ in stops], [end for _, end in stops]
        commas = [(match.start(), match.end()) for match in self._commas.finditer(sentence)]
        pauses, after_pauses = [start for start, _ in commas], [end for _, end in commas]
        for kind, start, end in triggers:
            if kind in _BACK:
                # "Dopamine, which …, has nothing to do with it": a comma closes what another opened.
                closed = sentence[:start].rstrip().endswith(",")
                # "A meta-analysis is needed": the trigger may hold the mention.
                until = end if kind == "at_once" else start
                yield (self._back(kind, start, words, ends if closed else after_pauses), until), True
            elif kind == "whole":
                yield (0, len(sentence)), False
            else:
                limits = pauses if kind == "phrase" else begins
                yield (end, self._forward(kind, end, words, limits, len(sentence))), False

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


def _written_out(phrases: Iterable[str], words: dict[str, list[str]]) -> list[str]:
    """Return phrases with classes of words in place of their names: "{studied}" is any word of the class."""
    return [_CLASS.sub(lambda name: f"({'|'.join(words[name.group(1)])})", phrase) for phrase in phrases]


def phrase_pattern(phrase: str, *, unspaced: bool) -> str:
    """Return the pattern of a phrase of the word lists.

    Args:
        phrase: "…" is a gap of up to four words, (a|b) a choice, ? as in a pattern, * the rest of a word.
        unspaced: whether the language writes no spaces.
    """
    # Every repetition has a bound, so that runs of white space or of triggers take linear time.
    # A gap begins after a word: न in "न … न" is not the first letter of नींद.
    spaced = r"(?:(?<=')|(?![\p{L}\p{M}\p{N}]))\s{0,4}(?:[^\s:;]{1,40}+\s{1,4}){0,4}?"
    gap = r"[^，。,：:、]{0,16}?" if unspaced else spaced
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
