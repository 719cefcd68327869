"""A query's words in the other languages of an index.

Each word or phrase of the query that a word list knows (`searchkit.lexicon`), and each name that sounds like a
word of the index (`searchkit.transliteration`), gives one group of synonyms for each other language.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from searchkit.analyzers import Analyzer, analyzer_for, language
from searchkit.analyzers.script import UNSPACED, runs
from searchkit.index import query as engine
from searchkit.lexicon import Lexicon, Stem, Translation
from searchkit.transliteration import Names, Terms, is_devanagari, is_near, skeleton, sounds

# A translation is a guess at what the query means, and what holds the words themselves comes first. Lower does not
# change the order among translations; 0.3 costs a Chinese question its place.
_WEIGHT: Final = 0.2
# A name that sounds alike, beside a translation.
_NAME_WEIGHT: Final = 0.7
_KINDS: Final = ("title", "body")
# The best translations of a word that the index knows. Each is read from the index.
_MOST: Final = 5
_LEAST_WEIGHT: Final = 0.1
# Languages that share a script are told apart by the words that they know; one that knows much fewer is not meant.
_LEAST_SHARE: Final = 0.7
# Words that no language knows, such as names, may be of any.
_UNKNOWN_SHARE: Final = 0.7
_WORD_LIST_EVIDENCE: Final = 0.5
_SHORTEST_NAME: Final = 4
# Of a text that somebody pastes as a query, what is beyond this many characters is not translated.
_LONGEST: Final = 1_000
_MOST_BIGRAMS: Final = 40
# Words, characters and queries of which is kept what was found out about them.
_MOST_KEPT: Final = 4_000
K = TypeVar("K")
V = TypeVar("V")


class _Piece(NamedTuple):
    """A word, a phrase or a part of a run without spaces that is translated as one.

    Attributes:
        surface: as it stands in the query.
        key: as it is looked up.
        name: whether it is written like a name, which may sound alike elsewhere though it also has translations.
    """

    surface: str
    key: str
    name: bool


@dataclass(frozen=True)
class Translator:
    """Translates queries for one index.

    Args:
        languages: codes of the languages that the index holds.
        analyzer: returns the analyzer of a code.
        frequency: returns the number of documents that hold a term in a field.
        terms: yields the terms of a field that begin with a prefix.
        names: the words of the index by their sounds.
        lexicon: the word lists.
        prepare: is told the terms whose frequencies follow, where that is quicker than one after the other.
    """

    languages: tuple[str, ...]
    analyzer: Callable[[str], Analyzer]
    frequency: Callable[[str, str], int]
    terms: Terms
    names: Names
    lexicon: Lexicon = field(default_factory=lambda: Lexicon.builtin())
    prepare: Callable[[Iterable[str]], None] | None = None
    # What was found out, for the queries that come next.
    _told: dict[str, Mapping[str, float]] = field(default_factory=dict, compare=False, repr=False)
    _synonyms: dict[tuple[Any, ...], tuple[engine.Synonyms, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _few: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False, repr=False)

    def translate(
        self, text: str, context: str = "", kinds: Sequence[str] = _KINDS, *, whole: bool = False
    ) -> Iterator[engine.Synonyms]:
        """Yield synonyms for the words of a text.

        Args:
            text: plain words of a query.
            context: the whole query, which tells its language; ``text`` itself if empty.
            kinds: where to look for the translations.
            whole: only where the text is one phrase of a word list, from its first word to its last.
        """
        text = text[:_LONGEST]
        words = list(runs(text))
        scripts = {script for script, _, _ in words if script != "Number"}
        for source, share in self._sources(context or text).items():
            own = set(language(source).scripts)
            if not own & scripts:
                continue
            if self.prepare:
                self.prepare(self._asked(text, source))
            for target in self.languages:
                if target == source or target not in self.lexicon.languages:
                    continue
                for piece in self._pieces(text, source, target):
                    if not whole or piece.surface == text.strip():
                        yield from self._kept(piece, source, target, tuple(kinds), share, whole)

    def _asked(self, text: str, source: str) -> Iterator[str]:
        """Yield the terms whose frequencies a translation asks for."""
        for target in self.languages:
            if target == source or target not in self.lexicon.languages:
                continue
            for piece in self._pieces(text, source, target):
                for terms in self._translations(piece, source, target):
                    yield from (term for _, term in terms)
                yield from (term for _, term in _terms(piece.surface, self.analyzer(source)))

    def common_words(self, text: str, target: str) -> frozenset[str]:
        """Return the stop words of a text's own language, in scripts that ``target`` is not written in.

        English questions must find Chinese articles by what they ask, not by the "of" of an English title there.
        In the same script an article may be in another language than it says, and function words tell.
        """
        foreign = set(language(target).scripts)
        words = {text[start:end] for script, start, end in runs(text) if script not in foreign}
        analyzers = [analyzer_for(code) for code in self._sources(text)]
        return frozenset(
            word
            for analyzer in analyzers
            if self._known([word for word in words if _in_script(word, analyzer)], analyzer.language.code)
            for word in words
            if analyzer.is_stop_word(word)
        )

    def _sources(self, text: str) -> Mapping[str, float]:
        """Return the languages that a text may be in, and how much each counts.

        Of the languages of one script, that which knows most words: as words that every text in it holds, or as
        words of a list.
        """
        if text in self._told:
            return self._told[text]
        found: dict[str, float] = {}
        _keep(self._told, text, found)
        spans = list(runs(text))
        for script in sorted({script for script, _, _ in spans}):
            codes = [code for code in sorted(self.lexicon.languages) if script in language(code).scripts]
            words = [text[start:end] for other, start, end in spans if other == script]
            known = {code: self._known(words, code) for code in codes} if len(codes) > 1 else {}
            most = max(known.values(), default=0.0)
            for code in codes:
                share = known[code] / most if most else 1.0 if len(codes) == 1 else _UNKNOWN_SHARE
                if share >= _LEAST_SHARE:
                    found[code] = share**2
        return found

    def _known(self, words: Sequence[str], code: str) -> float:
        analyzer = analyzer_for(code)
        stop = [analyzer.is_stop_word(word) for word in words]
        if all(stop):
            return 0.0
        return sum(
            1.0 if common else _WORD_LIST_EVIDENCE * self.lexicon.knows(analyzer.words(word)[0], code)
            for word, common in zip(words, stop, strict=True)
        )

    def _pieces(self, text: str, source: str, target: str) -> Iterator[_Piece]:
        """Cut a text into what is translated as one: the longest phrases that the lists know, else words."""
        analyzer = analyzer_for(source)
        scripts = language(source).scripts
        spans = list(runs(text))
        folded = [analyzer.words(text[start:end])[0] for _, start, end in spans]
        place = 0
        while place < len(spans):
            script, start, end = spans[place]
            if script not in scripts:
                place += 1
                continue
            if script in UNSPACED:
                yield from self._cut(text[start:end], folded[place], source, target)
                place += 1
                continue
            surface = text[start:end]
            stop = analyzer.is_stop_word(surface)
            stem = _stemmer(source)
            size = self.lexicon.phrase(folded, place, source, target, stem) if stem and not stop else 0
            if size > 1:
                last = spans[place + size - 1][2]
                yield _Piece(text[start:last], " ".join(folded[place : place + size]), name=False)
            elif piece := _word(surface, source):
                yield piece
            place += max(size, 1)

    def _cut(
        self, surface: str, run: str, source: str, target: str, longest: int = sys.maxsize
    ) -> Iterator[_Piece]:
        """Cut a run without spaces into the longest keys of the lists, from left to right."""
        analyzer = analyzer_for(source)
        even = len(surface) == len(run)  # else folding changed lengths and the surface cannot be cut like the run
        place = 0
        while place < len(run):
            end = self.lexicon.longest(run[: place + longest], place, source, target)
            if end > place:
                part = run[place:end]
                if not analyzer.is_stop_word(part):
                    yield _Piece(surface[place:end] if even else part, part, name=False)
            place = max(end, place + 1)

    def _kept(
        self, piece: _Piece, source: str, target: str, kinds: tuple[str, ...], share: float, whole: bool
    ) -> tuple[engine.Synonyms, ...]:
        """Return synonyms for a piece, as a whole only or for its parts too."""
        name = (piece, source, target, kinds, share, whole)
        found = self._synonyms.get(name)
        if found is None:
            look_up = self._group if whole else self._groups
            found = _keep(self._synonyms, name, tuple(look_up(piece, source, target, kinds, share)))
        return found

    def _groups(
        self, piece: _Piece, source: str, target: str, kinds: Sequence[str], share: float
    ) -> Iterator[engine.Synonyms]:
        """Yield synonyms for a piece; for its parts, if the index does not hold a translation of the whole."""
        found = list(self._group(piece, source, target, kinds, share))
        yield from found
        if found:
            return
        if " " in piece.key:
            for script, start, end in runs(piece.surface):
                part = _word(piece.surface[start:end], source)
                if part and script != "Number":
                    yield from self._group(part, source, target, kinds, share)
        elif len(piece.key) > 1 and not _stemmer(source):
            for part in self._cut(piece.surface, piece.key, source, target, len(piece.key) - 1):
                yield from self._groups(part, source, target, kinds, share)

    def _group(
        self, piece: _Piece, source: str, target: str, kinds: Sequence[str], share: float
    ) -> Iterator[engine.Synonyms]:
        found = self._translations(piece, source, target)
        home = self._home(piece.surface, source)
        for kind in kinds:
            field_name = engine.field_name(kind, target)
            alternatives = self._alternatives(found, field_name)
            if " " not in piece.key and (piece.name or not alternatives):
                known = {leaf.text for leaf in alternatives if isinstance(leaf, engine.Term)}
                sounding = self._sounding(piece, source, field_name, target)
                alternatives += [leaf for leaf in sounding if leaf.text not in known]
            if alternatives:
                yield engine.Synonyms(tuple(alternatives), _WEIGHT * share, home, piece.surface)

    def _translations(self, piece: _Piece, source: str, target: str) -> dict[tuple[tuple[int, str], ...], float]:
        """Return the terms of each translation with their distances, and its weight; best first."""
        analyzer = self.analyzer(target)
        found: dict[tuple[tuple[int, str], ...], float] = {}
        translations = self.lexicon.translate(piece.key, source, target, _stemmer)
        if not translations and (piece.name or is_devanagari(piece.key)):
            # A name is mostly spelled alike in Latin letters, and the English lists have most names.
            for name in [piece.key] if "Latin" in language(source).scripts else self._english(piece.key):
                translations += [
                    Translation(text, weight * _NAME_WEIGHT)
                    for text, weight in self.lexicon.translate(name, "en", target, _stemmer)
                ]
        for text, weight in translations:
            if weight >= _LEAST_WEIGHT and (terms := _terms(text, analyzer)):
                found.setdefault(terms, weight)
        return found

    def _english(self, word: str) -> list[str]:
        """Return the English names that a word in Devanagari sounds like."""
        (spoken,) = sounds(word)
        return [name for name in self.lexicon.names(skeleton(spoken)) if is_near(spoken, name)]

    def _alternatives(
        self, translations: Mapping[tuple[tuple[int, str], ...], float], field_name: str
    ) -> list[engine.Term | engine.Phrase | engine.Prefix]:
        """Return the best translations that the index holds in a field."""
        found: list[engine.Term | engine.Phrase | engine.Prefix] = []
        for terms, weight in translations.items():
            if len(terms) > 1:
                if all(self.frequency(field_name, term) for _, term in terms):
                    found.append(engine.Phrase(field_name, terms, weight))
            elif _one_character(terms):
                if self._are_few(field_name, terms[0][1]):
                    found.append(engine.Prefix(field_name, terms[0][1], 2, weight))
            elif self.frequency(field_name, terms[0][1]):
                found.append(engine.Term(field_name, terms[0][1], weight))
            if len(found) == _MOST:
                break
        # Of what stands at one place the whole word is told, not its first character.
        return sorted(found, key=lambda leaf: isinstance(leaf, engine.Prefix))

    def _are_few(self, field_name: str, character: str) -> bool:
        """Tell whether a character begins some words of a script without spaces, but not too many to read.

        Words are found by their bigrams.
        """
        few = self._few.get((field_name, character))
        if few is None:
            begun = sum(len(term) <= 2 for term, _ in self.terms(field_name, character))
            few = _keep(self._few, (field_name, character), 0 < begun <= _MOST_BIGRAMS)
        return few

    def _sounding(self, piece: _Piece, source: str, field_name: str, target: str) -> list[engine.Term]:
        """Return the words of a field that sound like a name; those of a Chinese one as it is in English."""
        ways = (*language(source).scripts, *language(target).scripts)
        if ways == ("Han", "Devanagari"):
            english = self.lexicon.translate(piece.key, source, "en", _stemmer)
            names = [word.casefold() for text, _ in english if text[:1].isupper() for word in text.split()]
        elif set(ways) == {"Latin", "Devanagari"}:
            names = [piece.key]
        else:
            return []
        found = dict.fromkeys(term for name in names for term in self.names.alike(name, field_name)[:_MOST])
        return [engine.Term(field_name, term, _NAME_WEIGHT) for term in found]

    def _home(self, surface: str, source: str) -> engine.Term | None:
        """Return the rarest term of a piece in its own language, if the index has articles in it."""
        if source not in self.languages:
            return None
        field_name = engine.field_name("body", source)
        held = [
            (frequency, term)
            for _, term in _terms(surface, self.analyzer(source))
            if (frequency := self.frequency(field_name, term))
        ]
        return engine.Term(field_name, min(held)[1]) if held else None


def _keep(kept: dict[K, V], key: K, value: V) -> V:
    """Keep something for the queries that come next, and return it."""
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value
    return value


def _one_character(terms: Sequence[tuple[int, str]]) -> bool:
    """Tell whether the terms are one character of a script without spaces."""
    text = terms[0][1]
    return len(terms) == len(text) == 1 and next(runs(text), ("",))[0] in UNSPACED


def _word(surface: str, source: str) -> _Piece | None:
    """Return a word of a script with spaces as a piece; None for a stop word or a letter."""
    analyzer = analyzer_for(source)
    if len(surface) < 2 or analyzer.is_stop_word(surface):
        return None
    name = len(surface) >= _SHORTEST_NAME and surface[:1].isupper()
    return _Piece(surface, analyzer.words(surface)[0], name)


@lru_cache(maxsize=20_000)
def _terms(text: str, analyzer: Analyzer) -> tuple[tuple[int, str], ...]:
    """Return the canonical terms of a phrase with their distances; none where it has stop words only."""
    tokens = analyzer.canonical(text)
    if len(tokens) > 1 and tokens[-1].start < tokens[-2].end:
        # The lone last character of a run without spaces stands in the bigram before it.
        tokens = tokens[:-1]
    if all(analyzer.is_stop_word(text[token.start : token.end]) for token in tokens):
        return ()
    return tuple((token.position - tokens[0].position, token.text) for token in tokens)


def _in_script(word: str, analyzer: Analyzer) -> bool:
    return next(runs(word), ("",))[0] in analyzer.language.scripts


@cache
def _stemmer(source: str) -> Stem | None:
    """Return what gives the stem of a word of a language; None where words have no forms."""
    analyzer = analyzer_for(source)
    if analyzer.language.stemmer is None:
        return None

    @lru_cache(maxsize=50_000)
    def stem(word: str) -> str:
        tokens = analyzer.canonical(word)
        return tokens[-1].text if tokens else word

    return stem
