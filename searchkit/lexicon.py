"""Bilingual word lists: what a word of one language is called in another.

A word list is a file ``SOURCE/en-sv.txt`` below ``searchkit/data/lexicon``: a line for each phrase, its folded
words, a tab, and its translations, best first, with ``|`` between. Lines stand in the order of their bytes, so
that a phrase is found by bisection and one query reads nothing into memory. Sources have licences of their own and
can be taken away; what the others know is still found.
"""

import mmap
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from searchkit.analyzers import analyzer_for

# Sources by how much their translations are to be trusted; a folder that is not named here counts as the last.
_TRUST: Final = {
    "cldr": 1.0,
    "wikdict": 1.0,
    "cc-cedict": 1.0,
    "freedict": 1.0,
    "libreoffice-help": 0.7,
    "id-tagging-schema": 0.7,
    "geonames": 0.7,
}
_LEAST_TRUST: Final = 0.5
# Another form of the word, such as the verb that a noun is made of.
_OTHER_FORM: Final = 0.5
# A translation by way of a third language.
_PIVOTED: Final = 0.5
_PIVOTS: Final = ("en", "fr")
_MOST_PIVOTS: Final = 3
# Words that a key may begin with share all of their stem but its end, which some stemmers rewrite (happi, happy).
_SHORT_STEM: Final = 4
# A stem of one or two letters is what the stemmer left of words that have nothing to do with each other.
_LEAST_STEM: Final = 3
_MOST_KNOWN: Final = 100_000
_MOST_TRANSLATED: Final = 20_000
# Keys after which a process is answering many queries, and a list pays that is read whole: bisection in the file
# takes twenty times as long.
_READ_AFTER: Final = 500


# Returns the stem of a folded word.
Stem: TypeAlias = Callable[[str], str]
# Returns the stemmer of a language, None where words have no forms.
Stems: TypeAlias = Callable[[str], Stem | None]


class Translation(NamedTuple):
    """A translation, and how good it is beside the best one, which has 1."""

    text: str
    weight: float


class WordList:
    """One file of phrases and their translations.

    Args:
        path: the file; it is mapped into memory and not read.
        trust: how much its translations count.
    """

    def __init__(self, path: Path, trust: float = 1.0) -> None:
        self.trust = trust
        with path.open("rb") as file:
            self._data: mmap.mmap | bytes = b""
            if path.stat().st_size:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def get(self, key: str) -> str:
        """Return the translations of a key, with ``|`` between; nothing if there is no such key."""
        wanted = key.encode() + b"\t"
        line = next(self._from(wanted), b"")
        return line[len(wanted) :].decode() if line.startswith(wanted) else ""

    def __contains__(self, key: str) -> bool:
        """Tell whether there is such a key."""
        wanted = key.encode() + b"\t"
        return next(self._from(wanted), b"").startswith(wanted)

    def beginning(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield the keys that begin so, and their translations in one text, in order."""
        first = prefix.encode()
        if not first:
            return
        for line in self._from(first):
            if not line.startswith(first):
                return
            key, _, texts = line.partition(b"\t")
            yield key.decode(), texts.decode()

    def lines(self) -> list[bytes]:
        """Return all lines, in order."""
        return self._data[:].splitlines()

    def _from(self, wanted: bytes) -> Iterator[bytes]:
        """Yield the lines that are not below ``wanted``."""
        start = self._place(wanted)
        while start < len(self._data):
            end = self._end(start)
            yield self._data[start:end]
            start = end + 1

    def _place(self, wanted: bytes) -> int:
        """Return where the first line begins that is not below ``wanted``."""
        low, high = 0, len(self._data)
        while low < high:
            start = self._data.rfind(b"\n", 0, (low + high) // 2) + 1
            if self._data[start : start + len(wanted)] < wanted:
                low = self._end(start) + 1
            else:
                high = start
        return low

    def _end(self, start: int) -> int:
        end = self._data.find(b"\n", start)
        return len(self._data) if end < 0 else end


class _Pair:
    """The lists of a pair of languages: one after the other, or as one once they have been asked for many keys."""

    def __init__(self) -> None:
        self.lists: list[WordList] = []
        self._asked = 0
        self._lines: list[bytes] = []
        self._trusts: list[float] = []

    def get(self, key: str) -> list[tuple[str, float]]:
        """Return the translations of a key, with ``|`` between, and how far they are trusted, for each list."""
        if not self._is_read():
            return [(texts, entries.trust) for entries in self.lists if (texts := entries.get(key))]
        wanted = key.encode() + b"\t"
        return [(line[len(wanted) :].decode(), trust) for line, trust in self._beginning(wanted)]

    def __contains__(self, key: str) -> bool:
        return bool(self.get(key)) if self._is_read() else any(key in entries for entries in self.lists)

    def beginning(self, prefix: str) -> Iterator[tuple[str, str, float]]:
        """Yield the keys that begin so, their translations in one text, and how far these are trusted."""
        if not prefix:
            return
        if not self._is_read():
            for entries in self.lists:
                yield from ((key, texts, entries.trust) for key, texts in entries.beginning(prefix))
            return
        for line, trust in self._beginning(prefix.encode()):
            key, _, texts = line.decode().partition("\t")
            yield key, texts, trust

    def _beginning(self, first: bytes) -> Iterator[tuple[bytes, float]]:
        lines = self._lines
        start = bisect_left(lines, first)
        # No byte of UTF-8 is above this one.
        end = bisect_left(lines, first + b"\xff", start)
        return zip(lines[start:end], self._trusts[start:end], strict=True)

    def _is_read(self) -> bool:
        self._asked += 1
        if self._asked > _READ_AFTER and not self._lines:
            found = sorted((line, entries.trust) for entries in self.lists for line in entries.lines())
            # The lines last: another thread reads both once it sees them.
            self._trusts = [trust for _, trust in found]
            self._lines = [line for line, _ in found]
        return bool(self._lines)


_NO_LISTS: Final = _Pair()


class Lexicon:
    """All word lists of a folder.

    Args:
        folder: holds a folder for each source; None, or one that is not there, is an empty lexicon.
    """

    def __init__(self, folder: Path | None) -> None:
        found: defaultdict[tuple[str, str], _Pair] = defaultdict(_Pair)
        for path in sorted(folder.glob("*/[a-z][a-z]-[a-z][a-z].txt")) if folder else ():
            source, _, target = path.stem.partition("-")
            found[source, target].lists.append(WordList(path, _TRUST.get(path.parent.name, _LEAST_TRUST)))
        self._lists = dict(found)
        # Key of a sound (`searchkit.transliteration`) -> English names.
        self._names = [WordList(path) for path in sorted(folder.glob("*/sounds.txt"))] if folder else []
        self._known: dict[tuple[str, str], bool] = {}
        # A way by a third language leads to several: the first step is looked up once.
        self._translated: dict[tuple[str, str, str, Stems, frozenset[str]], tuple[Translation, ...]] = {}

    @classmethod
    def builtin(cls) -> "Lexicon":
        """Return the lexicon that ships with searchkit; the same object each time."""
        return _builtin()

    @property
    def languages(self) -> frozenset[str]:
        """The languages that have a word list."""
        return frozenset(code for pair in self._lists for code in pair)

    def knows(self, word: str, source: str) -> bool:
        """Tell whether a folded word, or phrase, is a key of any list of a language."""
        known = self._known.get((word, source))
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            lists = (entries for (code, _), entries in self._lists.items() if code == source)
            known = self._known[word, source] = any(word in entries for entries in lists)
        return known

    def names(self, key: str) -> list[str]:
        """Return the English names with the key of a sound, in lower case."""
        found = (name for entries in self._names for name in entries.get(key).split("|") if name)
        return list(dict.fromkeys(found))

    def longest(self, run: str, start: int, source: str, target: str) -> int:
        """Return where the longest key ends that begins at a place of a run without spaces, or ``start``."""
        head = run[start : start + 2]
        ends = [
            start + len(key)
            for path in self._paths(source, target)
            for key, _, _ in _near(self._pair(source, path), head).words
            if run.startswith(key, start)
        ]
        if not ends and head[:1] in self._pair(source, target):
            return start + 1
        return max(ends, default=start)

    def phrase(self, words: Sequence[str], start: int, source: str, target: str, stem: Stem) -> int:
        """Return how many words the longest phrase has that begins at a place; 0 or 1 if none has several.

        Args:
            words: folded words of one language.
            start: the place of the first.
            source: their language.
            target: the language to translate to.
            stem: gives the stem of a folded word of that language.
        """
        longest = 0
        if start + 1 == len(words):
            return longest
        prefix = _prefix(words[start], stem)
        for path in self._paths(source, target):
            for key in _near(self._pair(source, path), prefix).phrases.get(words[start], ()):
                parts = key.split(" ")
                size = len(parts)
                if size > longest and _same(parts, words[start : start + size], stem):
                    longest = size
        return longest

    def translate(self, phrase: str, source: str, target: str, stems: Stems) -> list[Translation]:
        """Return the translations of a phrase, best first; by way of another language if there are none.

        Args:
            phrase: folded words with a space between, or a run without spaces.
            source: its language.
            target: the language to translate to.
            stems: gives the stemmer of a language; words with the stem of ``phrase`` are other forms of it.
        """
        return list(self._translate(phrase, source, target, stems, frozenset({source})))

    def _translate(
        self, phrase: str, source: str, target: str, stems: Stems, passed: frozenset[str]
    ) -> tuple[Translation, ...]:
        name = (phrase, source, target, stems, passed)
        found = self._translated.get(name)
        if found is None:
            if len(self._translated) >= _MOST_TRANSLATED:
                self._translated.clear()
            found = self._translated[name] = tuple(self._looked_up(*name))
        return found

    def _looked_up(
        self, phrase: str, source: str, target: str, stems: Stems, passed: frozenset[str]
    ) -> list[Translation]:
        scores: defaultdict[str, float] = defaultdict(float)
        for texts, weight in self._found(self._pair(source, target), phrase, source, stems(source)):
            for place, text in enumerate(texts.split("|")):
                scores[text] += weight / (place + 1)
        if not scores:
            for pivot in _PIVOTS:
                if pivot in passed or pivot == target or (source, pivot) not in self._lists:
                    continue
                through = self._translate(phrase, source, pivot, stems, passed | {pivot, target})
                for middle in through[:_MOST_PIVOTS]:
                    ends = self._translate(_folded(middle.text, pivot), pivot, target, stems, passed | {pivot})
                    for end in ends:
                        scores[end.text] += _PIVOTED * middle.weight * end.weight
                if scores:
                    break
        best = max(scores.values(), default=1.0)
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        return [Translation(text, score / best) for text, score in ranked]

    def _found(self, entries: _Pair, phrase: str, source: str, stem: Stem | None) -> Iterator[tuple[str, float]]:
        """Yield the translations of a phrase and what they count: those of its other forms less."""
        if stem is None or " " in phrase:
            yield from entries.get(phrase)
            return
        root = stem(phrase) if len(stem(phrase)) >= _LEAST_STEM else phrase
        for key, texts, trust in _near(entries, _prefix(phrase, stem)).words:
            if key == phrase:
                yield texts, trust
            elif stem(key) == root:
                yield texts, _OTHER_FORM * trust
        for bases, _ in self._pair(source, source).get(phrase):
            for base in filter(None, bases.split("|")):
                yield from entries.get(base)

    def _pair(self, source: str, target: str) -> _Pair:
        return self._lists.get((source, target), _NO_LISTS)

    def _paths(self, source: str, target: str) -> list[str]:
        """Return the languages in which a first step from ``source`` to ``target`` may end."""
        if (source, target) in self._lists:
            return [target]
        return [pivot for pivot in _PIVOTS if (source, pivot) in self._lists]


def _same(parts: Sequence[str], words: Sequence[str], stem: Stem) -> bool:
    return len(parts) == len(words) and all(
        part == word or stem(part) == stem(word) for part, word in zip(parts, words, strict=True)
    )


def _prefix(word: str, stem: Stem) -> str:
    """Return what all words begin with that share the stem of a word."""
    root = stem(word)
    prefix = root if len(root) <= _SHORT_STEM else root[:-1]
    # Some stemmers also rewrite letters before the end: bibliothèque has the stem bibliothequ.
    while not word.startswith(prefix):
        prefix = prefix[:-1]
    return prefix


class _Near(NamedTuple):
    """The lines of a word list whose keys begin alike."""

    words: list[tuple[str, str, float]]
    # By their first words.
    phrases: dict[str, list[str]]


@lru_cache(maxsize=8192)
def _near(entries: _Pair, prefix: str) -> _Near:
    """Return the words that begin so with their translations, and the phrases by their first words."""
    found = _Near([], {})
    for line in entries.beginning(prefix):
        first, space, _ = line[0].partition(" ")
        if space:
            found.phrases.setdefault(first, []).append(line[0])
        else:
            found.words.append(line)
    return found


def _folded(text: str, language: str) -> str:
    return " ".join(analyzer_for(language).words(text))


@cache
def _builtin() -> Lexicon:
    folder = resources.files("searchkit.data").joinpath("lexicon")
    return Lexicon(folder if isinstance(folder, Path) else None)
