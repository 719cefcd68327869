"""From text to tokens: the same recipe for indexing and for queries, in every language."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import Final, TypeAlias

from searchkit.analyzers.language import Language, Segmenter
from searchkit.analyzers.normalize import fold
from searchkit.analyzers.script import UNSPACED, clusters, runs
from searchkit.analyzers.token import Token, canonical
from searchkit.limits import MAX_TOKEN

_APOSTROPHES: Final = frozenset("'’ʼ＇")
_CACHE_LIMIT: Final = 200_000
# Texts that may be words of a query, of which the same is asked many times.
_SHORT: Final = 64
_MOST_SHORT: Final = 2_000

# A term of a word, and where it begins and ends in it.
_Term: TypeAlias = tuple[str, int, int]


class Analyzer:
    """Turns text of one language, with other scripts inside it, into tokens.

    The recipe: cut the text into runs of one script; give each run to its language; fold its characters;
    then, for scripts with spaces, stem; for scripts without, find words and add overlapping bigrams. Of a word, or
    a character with its marks, of more than `searchkit.limits.MAX_TOKEN` code points the beginning is read.

    Args:
        language: the language of the text.
        foreign: the language for each script that ``language`` is not written in.
        user_words: words that the segmenters must know beside their dictionaries.

    Shared by threads: after construction it only fills caches.
    """

    def __init__(
        self,
        language: Language,
        foreign: Mapping[str, Language] | None = None,
        user_words: frozenset[str] = frozenset(),
    ) -> None:
        self.language = language
        self._host = _rules(language, user_words)
        self._short: dict[tuple[str, bool], tuple[Token, ...]] = {}
        own = set(language.scripts)
        self._foreign = {
            script: _rules(other, user_words)
            for script, other in (foreign or {}).items()
            if script not in own and other.code != language.code
        }

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change whenever the tokens of some text may change."""
        parts = [self._host.describe()]
        parts += [f"{script}={rules.describe()}" for script, rules in sorted(self._foreign.items())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]

    def tokens(self, text: str) -> Iterator[Token]:
        """Yield the tokens of ``text`` by position; never raises on any text."""
        return (
            iter(self._tokens_of_short(text, words=True))
            if len(text) <= _SHORT
            else self._tokens(text, words=True)
        )

    def canonical(self, text: str) -> list[Token]:
        """Return one token for each position of ``text``: the most normalised one.

        Vocabulary terms and phrases are matched on these, so that neither inflection nor the choice of
        word breaks matters. Does not load a segmenter's dictionary.
        """
        if len(text) <= _SHORT:
            return list(self._tokens_of_short(text, words=False))
        return canonical(self._tokens(text, words=False))

    def words(self, text: str) -> list[str]:
        """Return the folded words of ``text``, not stemmed, for prefixes and fuzzy words."""
        return [self._rules(script).fold(text[start:end]) for script, start, end in runs(text)]

    def segments(self, text: str) -> list[tuple[int, int]]:
        """Return (start, end) of the words that a segmenter breaks the runs without spaces of ``text`` into.

        Only the longest of words that lie in one another; none in scripts that no segmenter knows.
        """
        return [
            span
            for script, start, end in runs(text)
            if script in UNSPACED
            for span in self._rules(script).segments(text[start:end], start)
        ]

    def is_stop_word(self, word: str) -> bool:
        """Tell whether ``word``, as a person types it, is one that a query of several words can spare."""
        return self._host.fold(word) in self.language.stop_words

    def is_part_of_word(self, term: str) -> bool:
        """Tell whether a term is two characters of running text, in a script without spaces, that are no word."""
        found = list(runs(term))
        if len(found) != 1 or found[0][0] not in UNSPACED or len(term) != 2:
            return False
        return not self._rules(found[0][0]).is_word(term)

    def _tokens_of_short(self, text: str, *, words: bool) -> tuple[Token, ...]:
        """Return the tokens of a short text, only the canonical ones without ``words``."""
        found = self._short.get((text, words))
        if found is None:
            if len(self._short) >= _MOST_SHORT:
                self._short.clear()
            tokens = self._tokens(text, words=words)
            found = self._short[text, words] = tuple(tokens if words else canonical(tokens))
        return found

    def _rules(self, script: str) -> "_Rules":
        return self._foreign.get(script, self._host)

    def _tokens(self, text: str, *, words: bool) -> Iterator[Token]:
        position = 0
        for script, start, end in runs(text):
            rules = self._rules(script)
            if script in UNSPACED:
                for token in rules.characters(text[start:end], start, position, words=words):
                    yield token
                    last = token.position
                position = last + 1
                continue
            if rules.is_clitic(text, start, end):
                continue
            for term, first, after in rules.terms(text[start:end]):
                yield Token(term, start + first, start + after, position)
            position += 1


class _Rules:
    """One language's part of the recipe, with its stemmer and caches."""

    def __init__(self, language: Language, user_words: frozenset[str]) -> None:
        self.language = language
        self._cache: dict[str, tuple[_Term, ...]] = {}
        self._folded: dict[str, str] = {}
        self._snowball: Callable[[str], str] | None = None
        self._rewrites = [(re.compile(old), new) for old, new in language.rewrites]
        self._endings = tuple({ending for ending, _, _ in language.endings})
        self._stem_rewrites = [(re.compile(old), new) for old, new in language.stem_rewrites]
        # Words are found in folded text, so the user's are folded too.
        words = frozenset(map(self.fold, user_words)) if language.segmenter else frozenset[str]()
        self._segmenter: Segmenter | None = language.segmenter(words) if language.segmenter else None

    def describe(self) -> str:
        parts = [self.language.describe(), f"tokens to {MAX_TOKEN}"]
        if self.language.stemmer:
            import Stemmer

            parts.append(f"snowball {Stemmer.version()}")
        if self._segmenter:
            parts.append(self._segmenter.fingerprint)
        return " ".join(parts)

    def fold(self, surface: str) -> str:
        # Before anything else: to put many marks in order takes time with the square of their number.
        surface = surface[:MAX_TOKEN]
        cached = self._folded.get(surface)
        if cached is None:
            if len(self._folded) >= _CACHE_LIMIT:
                self._folded.clear()
            cached = self._folded[surface] = self._fold(surface)
        return cached

    def _fold(self, surface: str) -> str:
        folded = fold(surface)
        if self.language.letters:
            folded = folded.translate(self.language.letters)
        for pattern, replacement in self._rewrites:
            folded = pattern.sub(replacement, folded)
        return folded[:MAX_TOKEN]  # one character may fold to many

    def is_clitic(self, text: str, start: int, end: int) -> bool:
        language = self.language
        if language.elisions and end + 1 < len(text) and text[end] in _APOSTROPHES:
            return text[end + 1].isalpha() and self.fold(text[start:end]) in language.elisions
        if language.enclitics and start >= 2 and text[start - 1] in _APOSTROPHES:
            return text[start - 2].isalpha() and self.fold(text[start:end]) in language.enclitics
        return False

    def terms(self, surface: str) -> tuple[_Term, ...]:
        """Return the terms of one word: the parts of a compound, then itself; the canonical one is the last."""
        if len(surface) > MAX_TOKEN:
            return tuple((term, 0, len(surface)) for term, _, _ in self.terms(surface[:MAX_TOKEN]))
        cached = self._cache.get(surface)
        if cached is None:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            cached = self._cache[surface] = self._analyze(surface)
        return cached

    def _analyze(self, surface: str) -> tuple[_Term, ...]:
        size = len(surface)
        word = self.fold(surface) or surface
        if not self.language.stemmer:
            return ((word, 0, size),)
        stem = self._stem(word)
        terms: list[_Term] = []
        if self.language.compounds and (parts := self.language.compounds.split(word, self._stem)):
            # Where a stemmer cuts a word depends on where its first syllable ends. A compound is inflected as its
            # last part is, so all its forms meet if they are stemmed as that part.
            stem = word[: parts[-1].start] + parts[-1].stem
            places = self._places(surface, word)
            terms += [(part.stem, places[part.start], places[part.end]) for part in parts if part.stem]
        terms.append((word, 0, size))
        if stem != word:
            terms.append((stem, 0, size))
        return tuple(terms)

    def _places(self, surface: str, word: str) -> list[int]:
        """Return for each place in a folded word the one in its surface form."""
        if len(word) == len(surface):
            return list(range(len(word) + 1))
        places = []
        for start, end in clusters(surface):
            places += [start] * len(self.fold(surface[start:end]))
        # Folding the whole may differ from folding its characters; then a part is shown as the whole word.
        fits = len(places) == len(word)
        return [*places, len(surface)] if fits else [0] * len(word) + [len(surface)]

    def _stem(self, word: str) -> str:
        if self._snowball is None:
            import Stemmer

            # The stemmer's own cache is off: this class has one, for the whole recipe.
            self._snowball = Stemmer.Stemmer(self.language.stemmer, 0).stemWord
        word = self.language.irregular.get(word, word)
        stem = self._snowball(self._shorten(word)) or word
        for pattern, replacement in self._stem_rewrites:
            stem = pattern.sub(replacement, stem)
        return self.language.stems.get(stem, stem)

    def _shorten(self, word: str) -> str:
        if not word.endswith(self._endings):
            return word
        for ending, replacement, rest in self.language.endings:
            if word.endswith(ending) and len(word) - len(ending) >= rest:
                return word[: -len(ending)] + replacement
        return word

    def is_word(self, term: str) -> bool:
        """Tell whether the segmenter takes a folded term for one word; without one, every term is."""
        return self._segmenter is None or (0, len(term)) in self._segmenter.spans(term)

    def characters(self, run: str, offset: int, position: int, *, words: bool) -> Iterator[Token]:
        """Yield words and bigrams of a run without spaces; a position is a character.

        With one position for each character the phrase "BC" is found in "ABCD" wherever the dictionary
        puts its word breaks, and every character begins some token of at most two, so that a query of one
        character can be answered exactly.
        """
        spans = clusters(run)
        folded = [self.fold(run[start:end]) for start, end in spans]
        size = len(spans)
        found: dict[int, list[int]] = {}
        if words and size > 1:
            for first, after in self._words(folded):
                if after - first != 2:
                    found.setdefault(first, []).append(after)
        for first in range(size):
            for after in sorted(set(found.get(first, ())), reverse=True):
                text = "".join(folded[first:after])
                yield Token(text, offset + spans[first][0], offset + spans[after - 1][1], position + first)
            after = min(first + 2, size)
            text = "".join(folded[first:after])
            if after - first == 1 and 1 in (stop - first for stop in found.get(first, ())):
                continue
            yield Token(text, offset + spans[first][0], offset + spans[after - 1][1], position + first)

    def segments(self, run: str, offset: int) -> Iterator[tuple[int, int]]:
        """Yield (start, end) of the longest words of a run without spaces."""
        spans = clusters(run)
        words = self._words([self.fold(run[start:end]) for start, end in spans])
        covered = 0
        # A word comes before those inside it.
        for first, after in sorted(words, key=lambda word: (word[0], -word[1])):
            if after > covered:
                covered = after
                yield offset + spans[first][0], offset + spans[after - 1][1]

    def _words(self, folded: list[str]) -> list[tuple[int, int]]:
        """Return (first, after) of the words, in characters: words are found in the folded text."""
        joined = "".join(folded)
        # Folding may change the length of a character, and then places cannot be told.
        return list(self._segmenter.spans(joined)) if self._segmenter and len(joined) == len(folded) else []


@cache
def _rules(language: Language, user_words: frozenset[str]) -> _Rules:
    """Return the one set of rules of a language: all analyzers that read it share its caches."""
    return _Rules(language, user_words)
