"""Names in Devanagari and in Latin letters: spelled differently, spoken alike.

A word is reduced to a key of its consonants as both scripts hear them: पैंथर्स and Panthers are ``pntrs``, शिकागो
and Chicago ``skg``. The vowels, which English spells by history, are only compared roughly, and more strictly
the shorter the key is.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from searchkit.index.fuzzy import within_distance

# Classes of sounds that the other script may write for one another.
_CONSONANTS: Final = {
    **dict.fromkeys("कख", "k"),
    **dict.fromkeys("गघ", "g"),
    **dict.fromkeys("चछ", "c"),
    **dict.fromkeys("जझ", "j"),
    **dict.fromkeys("टठतथ", "t"),
    **dict.fromkeys("डढदध", "d"),
    **dict.fromkeys("ङञणनं", "n"),
    "प": "p",
    "फ": "f",
    **dict.fromkeys("बभ", "b"),
    "म": "m",
    "य": "y",
    "र": "r",
    **dict.fromkeys("लळ", "l"),
    "व": "v",
    **dict.fromkeys("शषस", "s"),
    "ह": "h",
}
_VOWELS: Final = {
    **dict.fromkeys("अआा", "a"),
    **dict.fromkeys("इईिी", "i"),
    **dict.fromkeys("उऊुू", "u"),
    **dict.fromkeys("एऐेैऍॅऎॆ", "e"),
    **dict.fromkeys("ओऔोौऑॉऒॊ", "o"),
    "ऋ": "ri",
    "ृ": "ri",
}
_NUKTA: Final = "\u093c"
_DEVANAGARI: Final = re.compile(r"[\u0900-\u097f]+")
# Latin spellings and the sounds they may stand for, by their first letter and the longest first; where there are
# two, both are tried.
_SPELLINGS: Final = {
    letter: tuple((re.compile(pattern), choices) for pattern, choices in spellings)
    for letter, spellings in {
        "c": (
            ("ch", ("c", "k", "s")),
            ("c[kq]", ("k",)),
            ("c(?=[eiy])", ("s",)),
            ("c", ("k",)),
        ),
        "d": (("dg(?=e)", ("j",)),),
        "g": (
            ("(?<=[aeiouy])gh", ("", "g")),
            ("g(?=[eiy])", ("j", "g")),
        ),
        "k": (("^kn", ("n", "kn")),),
        "m": (("m(?=[pbf])", ("n",)),),
        "p": (("ph", ("f",)),),
        "q": (("qu", ("kv", "k")), ("q", ("k",))),
        "s": (("sch", ("sk", "s")), ("sh", ("s",))),
        "t": (("tch", ("c",)), ("th", ("t",)), ("ti(?=on)", ("s",))),
        "w": (("w", ("v", "")),),
        "x": (("x", ("ks",)),),
        "y": (("y(?=[aeiou])", ("y",)), ("y", ("i",))),
        "z": (("z", ("j", "s", "ts")),),
    }.items()
}
_MOST_READINGS: Final = 8
_DOUBLED: Final = re.compile(r"(.)\1+")
_SOUNDS: Final = re.compile("[aeiou]")
# The letters that words begin with whose keys begin with a sound.
_DEVANAGARI_INITIALS: Final = {
    sound: "".join(letter for letter, other in _CONSONANTS.items() if other == sound and letter != "ं")
    for sound in set(_CONSONANTS.values())
} | {"": "अआइईउऊएऐओऔ"}
_LATIN_INITIALS: Final = {
    "k": "kcq",
    "c": "c",
    "j": "jgz",
    "f": "fp",
    "s": "scz",
    "v": "vw",
    "n": "nk",
    "t": "tz",
    "": "aeiou",
}
# Keys of fewer sounds are those of too many words.
_LEAST_SOUNDS: Final = 2
_MOST_DIFFERENT: Final = 3

# Yields the terms of a field that begin so, with the number of documents that hold each.
Terms = Callable[[str, str], Iterator[tuple[str, int]]]


def is_devanagari(word: str) -> bool:
    """Tell whether a word is written in Devanagari and nothing else."""
    return _DEVANAGARI.fullmatch(word) is not None


@lru_cache(maxsize=100_000)
def sounds(word: str) -> tuple[str, ...]:
    """Return how a word may sound, as consonants and vowels in Latin letters; several for a Latin spelling.

    Args:
        word: in Devanagari or Latin letters; nothing is known of other scripts.
    """
    if is_devanagari(word):
        return (_spoken(word),)
    letters = unicodedata.normalize("NFKD", word.casefold())
    plain = "".join(letter for letter in letters if letter.isascii() and letter.isalpha())
    return tuple(dict.fromkeys(_DOUBLED.sub(r"\1", text) for text in _readings(_DOUBLED.sub(r"\1", plain))))


def skeleton(spoken: str) -> str:
    """Return the key of a sound: its consonants, of y and h only the first of a word."""
    found = _SOUNDS.sub("", _plain(spoken))
    return _DOUBLED.sub(r"\1", found)


def _plain(spoken: str) -> str:
    return spoken[:1] + spoken[1:].replace("y", "").replace("h", "")


def _spoken(word: str) -> str:
    parts: list[str] = []
    word = word.replace(_NUKTA, "")
    for place, letter in enumerate(word):
        following = word[place + 1 : place + 2]
        if letter in _CONSONANTS:
            parts.append(_CONSONANTS[letter])
            # The vowel that is not written, spoken between consonants and not at the end of a word.
            if letter != "ं" and following and following in _CONSONANTS:
                parts.append("a")
        elif letter in _VOWELS:
            parts.append(_VOWELS[letter])
    return _DOUBLED.sub(r"\1", "".join(parts))


def _readings(word: str) -> list[str]:
    """Return the sounds of a Latin word, all that its spelling may stand for."""
    found = [""]
    place = 0
    while place < len(word):
        for pattern, choices in _SPELLINGS.get(word[place], ()):
            if match := pattern.match(word, place):
                found = [before + choice for before in found for choice in choices][:_MOST_READINGS]
                place = match.end()
                break
        else:
            found = [before + word[place] for before in found]
            place += 1
    return found


class Names:
    """The words of an index by their sounds, read as far as they are asked for.

    Args:
        terms: yields the terms of a field that begin with a prefix. They must not change; make a new object
            for a new state of the index.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._words: dict[tuple[str, str], dict[str, list[str]]] = {}

    def alike(self, word: str, field: str) -> list[str]:
        """Return the terms of a field in the other script that sound like a word, sorted.

        Args:
            word: folded, in Latin letters or Devanagari.
            field: a field of articles in the other script.
        """
        initials = _LATIN_INITIALS if is_devanagari(word) else _DEVANAGARI_INITIALS
        found: set[str] = set()
        for spoken in sounds(word):
            key = skeleton(spoken)
            if len(key) < _LEAST_SOUNDS:
                continue
            first = "" if _SOUNDS.match(spoken) else key[:1]
            for letter in initials.get(first, first):
                for term in self._beginning(field, letter).get(key, ()):
                    if is_near(spoken, term):
                        found.add(term)
        return sorted(found)

    def _beginning(self, field: str, letter: str) -> dict[str, list[str]]:
        words = self._words.get((field, letter))
        if words is None:
            grouped: defaultdict[str, list[str]] = defaultdict(list)
            for term, _ in self._terms(field, letter):
                for key in {skeleton(spoken) for spoken in sounds(term)}:
                    grouped[key].append(term)
            words = self._words[field, letter] = dict(grouped)
        return words


def is_near(spoken: str, term: str) -> bool:
    """Tell whether a word has the key of a sound, and vowels that are alike enough."""
    allowed = min(max(len(skeleton(spoken)) - 1, 1), _MOST_DIFFERENT)
    return any(
        skeleton(other) == skeleton(spoken) and within_distance(_plain(other), _plain(spoken), allowed)
        for other in sounds(term)
    )
