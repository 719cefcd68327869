r"""Cutting a text into runs of one script.

A word is a run of letters, marks and numbers (``\p{L}\p{M}\p{N}``). Python's ``\w`` leaves out the marks
and so breaks Devanagari at every vowel sign; this is why the third-party ``regex`` module is used.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import regex

# Scripts that are written without spaces between words: their runs are cut further.
UNSPACED: Final = frozenset({"Han", "Kana", "Hangul", "Thai", "Lao", "Khmer", "Myanmar"})

_SPACED: Final = ("Latin", "Devanagari", "Cyrillic", "Greek", "Arabic", "Hebrew")
_NAMED: Final = {
    "Han": r"\p{Han}々〇",
    # With the marks of half-width text that Unicode gives to no script: ﾊﾞｲﾀﾐﾝ.
    "Kana": r"\p{Hiragana}\p{Katakana}ーｰﾞﾟ",
    "Hangul": r"\p{Hangul}",
    "Thai": r"\p{Thai}",
    "Lao": r"\p{Lao}",
    "Khmer": r"\p{Khmer}",
    "Myanmar": r"\p{Myanmar}",
} | {name: rf"\p{{{name}}}" for name in _SPACED}
# Units written as one sign: ㎎, ㎏, ㎝.
_NAMED["Latin"] += r"\u3371-\u337A\u3380-\u33DF\u33FF"
_SHORT: Final = 64
_INVISIBLE: Final = r"\u00AD\u200B-\u200D\u2060\uFEFF"


def _pattern() -> str:
    # A word does not begin with a mark: the sign that makes an emoji of ❤ is one. Invisible joiners are part of
    # a word only between two of its characters.
    joined = rf"(?:[{_INVISIBLE}]++(?=[\p{{L}}\p{{M}}\p{{N}}]))?"
    parts = []
    for name in UNSPACED & _NAMED.keys():
        letters = _NAMED[name]
        parts.append(rf"(?P<{name}>[{letters}](?:(?:[{_INVISIBLE}]++(?=[{letters}]))?[{letters}\p{{M}}])*+)")
    for name in _SPACED:
        letters = _NAMED[name]
        parts.append(rf"(?P<{name}>\p{{N}}*+[{letters}](?:{joined}[{letters}\p{{M}}\p{{N}}])*+)")
    known = "".join(_NAMED.values())
    other = rf"[\p{{L}}--[{known}]]"
    parts.append(rf"(?P<Other>\p{{N}}*+{other}(?:{joined}[{other}\p{{M}}\p{{N}}])*+)")
    parts.append(r"(?P<Number>\p{N}++)")
    return rf"(?!\p{{M}})(?:{'|'.join(sorted(parts))})"


_RUN: Final = regex.compile(_pattern(), regex.VERSION1)
_CLUSTER: Final = regex.compile(rf"\X[{_INVISIBLE}]*+", regex.VERSION1)


def runs(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (script, start, end) for every run of word characters of one script, in order.

    Digits belong to the letters that they touch (``5g``, ``B12``); a run of digits alone is ``Number``. All
    scripts without a name of their own here are ``Other``.
    """
    # A query asks of each of its words many times.
    return iter(_runs_of_short(text)) if len(text) <= _SHORT else _runs(text)


def _runs(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _RUN.finditer(text):
        yield match.lastgroup or "Other", match.start(), match.end()


@lru_cache(maxsize=4_000)
def _runs_of_short(text: str) -> tuple[tuple[str, int, int], ...]:
    return tuple(_runs(text))


def clusters(run: str) -> list[tuple[int, int]]:
    """Return (start, end) of each grapheme cluster (what a reader sees as one character).

    Invisible signs belong to the character before them.
    """
    return [match.span() for match in _CLUSTER.finditer(run)]
