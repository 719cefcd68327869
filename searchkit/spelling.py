"""Did you mean: a query whose unknown words are replaced by the nearest words of the index.

A word is unknown if no article in any language holds it, in any inflection, and it is neither a stop word nor a
word of the vocabulary. What is offered in its place is a word that articles hold, as they write it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise, product
from string import ascii_lowercase
from typing import Final, NamedTuple

from searchkit.analyzers import Analyzer, Token
from searchkit.analyzers.normalize import fold
from searchkit.analyzers.script import UNSPACED, runs
from searchkit.index import Request
from searchkit.index.engine import Snapshot
from searchkit.index.fuzzy import edit_distance
from searchkit.index.query import KINDS, Phrase, field_name
from searchkit.query import spelled
from searchkit.vocabulary import Vocabulary
from searchkit.written import WrittenWords

# Shorter words say too little to guess from, and longer ones are none; long words are forgiven two errors,
# others one.
_SHORTEST: Final = 3
_LONGEST: Final = 64
_TWO_ERRORS_FROM: Final = 6
# Two words that were written as one are both of this length at least.
_SHORTEST_PART: Final = 3
# Work is bounded whatever is asked: words to look at, to look for others for, to correct, terms to look up in
# articles, corrections.
_MOST_LOOKED_AT: Final = 100
_MOST_TRIED: Final = 8
_MOST_WORDS: Final = 4
_MOST_LOOKED_UP: Final = 8
_MOST_OFFERED: Final = 3
# So many words hold all the letters of a script.
_MOST_FOR_LETTERS: Final = 1_000
_MOST_JOINED: Final = 3


class _Word(NamedTuple):
    """A word of the query.

    Attributes:
        known: it is nothing to correct.
        languages: those in which articles hold it.
    """

    start: int
    end: int
    script: str
    kind: str | None
    known: bool
    languages: tuple[str, ...]


class _Near(NamedTuple):
    """A term near a word, the likeliest first.

    By distance, then with the right first character, in the language of the query's other words, in many articles.
    """

    distance: int
    first_differs: bool
    strangeness: int
    rarity: int
    language: str
    kind: str
    term: str


@dataclass(frozen=True)
class Speller:
    """Corrects queries by the words of an index.

    Args:
        engine: the index.
        languages: the languages that it holds.
        analyzer: returns the analyzer of a language.
        vocabulary: mechanisms, whose names are words although no article may hold them.
    """

    engine: Snapshot
    languages: tuple[str, ...]
    analyzer: Callable[[str], Analyzer]
    vocabulary: Vocabulary

    def corrections(self, query: str) -> Iterator[str]:
        """Yield corrected queries, the most likely first; none if every word is known or nothing is near.

        Operators, quotes, field names and the words that are known stay as they were typed.
        """
        words = self._words(query)
        if all(word.known for word in words):
            return
        written = WrittenWords(self.engine, self.analyzer)
        spoken = Counter(code for word in words for code in word.languages)
        choices: list[list[tuple[int, int, str]]] = []
        place = corrected = tried = 0
        while place < len(words) and corrected < _MOST_WORDS and tried < _MOST_TRIED:
            taken, texts = self._joined(query, words[place : place + _MOST_JOINED])
            word = words[place]
            if not texts and not word.known:
                tried += 1
                texts = self._replaced(query[word.start : word.end], word, spoken, written)
            if texts:
                end = words[place + taken - 1].end
                choices.append([(word.start, end, text) for text in texts])
                corrected += 1
            place += taken
        if choices:
            # All the first choices, then those that differ in one word, and so on.
            ranked = sorted(product(*map(range, map(len, choices))), key=sum)
            for picked in ranked[:_MOST_OFFERED]:
                yield _edited(query, [choice[number] for choice, number in zip(choices, picked, strict=True)])

    def _words(self, query: str) -> list[_Word]:
        found: list[_Word] = []
        for span in spelled(query):
            for script, start, end in runs(query[span.start : span.end]):
                first, last = span.start + start, span.start + end
                if len(found) == _MOST_LOOKED_AT:
                    return found
                text = query[first:last]
                long = len(text) > _LONGEST
                held = tuple(code for code in self.languages if not long and self._held(text, code, span.kind))
                known = bool(held) or self._is_no_error(text, script)
                found.append(_Word(first, last, script, span.kind, known, held))
        return found

    def _is_no_error(self, text: str, script: str) -> bool:
        """Tell whether a word that no article holds is none to correct all the same."""
        if script == "Number" or any(char.isdigit() for char in text) or not _SHORTEST <= len(text) <= _LONGEST:
            return True
        if any(self.analyzer(code).is_stop_word(text) for code in self.languages):
            return True
        return any(
            all(token.text in names for token in _tokens(text, self.analyzer(code)))
            for code, names in self._names.items()
        )

    def _held(self, text: str, code: str, kind: str | None) -> bool:
        """Tell whether an article in a language holds a word."""
        return all(
            any(self.engine.document_frequency(field_name(name, code), token.text) for name in _kinds(kind))
            for token in _tokens(text, self.analyzer(code))
        )

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        """The words of the vocabulary's terms in each language, as they are indexed."""
        found: dict[str, set[str]] = {}
        for entry in self.vocabulary.concepts.values():
            for code, terms in entry.items():
                tokens = (token.text for term in terms for token in self.analyzer(code).canonical(term))
                found.setdefault(code, set()).update(tokens)
        return found

    def _joined(self, query: str, words: Sequence[_Word]) -> tuple[int, list[str]]:
        """Return a word that was written as several, and of how many: as "blod hjärn barriären"."""
        for count in range(len(words), 1, -1):
            part = words[:count]
            between = [query[one.end : other.start] for one, other in pairwise(part)]
            if all(word.known for word in part) or any(gap.strip() or not gap for gap in between):
                continue
            if any(word.script in UNSPACED or word.kind != part[0].kind for word in part):
                continue
            text = "".join(query[word.start : word.end] for word in part)
            if any(self._held(text, code, part[0].kind) for code in self.languages):
                return count, [text]
        return 1, []

    def _replaced(self, text: str, word: _Word, spoken: Mapping[str, int], written: WrittenWords) -> list[str]:
        """Return words of the index that somebody may have meant, the likeliest first."""
        near = sorted({*self._near(text, word, spoken)})
        # Two words that were written as one are likelier than two errors in one.
        split = (not near or near[0].distance > 1) and word.script not in UNSPACED
        if split and (parts := self._split(text, word.kind)):
            return [parts]
        found: dict[str, None] = {}
        others: dict[str, None] = {}
        for candidate in near[:_MOST_LOOKED_UP]:
            for surface in written.of(candidate.kind, candidate.language, candidate.term):
                if text.islower() and surface[1:].islower():
                    surface = surface.lower()  # the beginning of a sentence or title, or a name typed as words are
                folded = fold(surface)
                if edit_distance(fold(text), folded, _errors(text)):
                    found.setdefault(surface)
                elif folded.startswith(candidate.term):
                    others.setdefault(surface)
            if len(found) >= _MOST_OFFERED:
                break
        # Only inflected words have the stem that is near: better than nothing.
        return list(found or others)[:_MOST_OFFERED]

    def _near(self, text: str, word: _Word, spoken: Mapping[str, int]) -> Iterator[_Near]:
        """Yield the terms within reach of a word, in all languages."""
        for code in self.languages:
            folded = self.analyzer(code).words(text)
            if len(folded) != 1:
                continue
            typed, most = folded[0], _errors(folded[0])
            for kind in _kinds(word.kind):
                field = field_name(kind, code)
                for term, frequency in self.engine.similar(field, typed, most, exchanges=True):
                    distance = edit_distance(typed, term, most)
                    if distance and _fits(term, typed, word.script):
                        yield _Near(distance, False, -spoken[code], -frequency, code, kind, term)
                if word.script not in UNSPACED:
                    # Another first character: a scan would visit all terms, so what one error makes is looked up.
                    letters = set(ascii_lowercase) if word.script == "Latin" else set()
                    for term, _ in islice(self.engine.terms(field, typed[:1]), _MOST_FOR_LETTERS):
                        letters.update(term)
                    for term in _other_beginnings(typed, letters):
                        if frequency := self.engine.document_frequency(field, term):
                            yield _Near(1, True, -spoken[code], -frequency, code, kind, term)

    def _split(self, text: str, kind: str | None) -> str:
        """Return two words that were written as one, if an article holds them one after the other."""
        for place in range(_SHORTEST_PART, len(text) - _SHORTEST_PART + 1):
            one, other = text[:place], text[place:]
            for code in self.languages:
                for name in _kinds(kind):
                    field = field_name(name, code)
                    terms = [token.text for part in (one, other) for token in self.analyzer(code).canonical(part)]
                    if len(terms) == 2 and all(self.engine.document_frequency(field, term) for term in terms):
                        phrase = Phrase(field, tuple(enumerate(terms)))
                        if self.engine.search(Request(phrase, limit=0)).total:
                            return f"{one} {other}"
        return ""


def _tokens(text: str, analyzer: Analyzer) -> list[Token]:
    """Return what must be known of a word: its canonical token, or all its bigrams."""
    tokens = analyzer.canonical(text)
    # The last character of a run without spaces is in the bigram before it.
    return tokens[:-1] if len(tokens) > 1 else tokens


def _kinds(kind: str | None) -> tuple[str, ...]:
    return (kind,) if kind else KINDS


def _errors(word: str) -> int:
    return 2 if len(word) >= _TWO_ERRORS_FROM else 1


def _fits(term: str, typed: str, script: str) -> bool:
    """Tell whether a term can be what somebody meant: in the same script, and a word of its own."""
    found = list(runs(term))
    if len(found) != 1 or found[0][0] != script:
        return False
    return script not in UNSPACED or len(term) == len(typed)


def _other_beginnings(word: str, letters: set[str]) -> set[str]:
    """Return what one typing error at the beginning may have made a word of."""
    made = {letter + word[1:] for letter in letters} | {letter + word for letter in letters} | {word[1:]}
    if len(word) > 1:
        made.add(word[1] + word[0] + word[2:])
    return {text for text in made if text[:1] != word[:1]}


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
