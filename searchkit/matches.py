"""Where a query matched in an article, by the tokens that the index keeps of it."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from searchkit.index import query as engine
from searchkit.index.fuzzy import within_distance
from searchkit.stored import StoredArticle
from searchkit.termvector import TermVector


class Found(NamedTuple):
    """A match in a text: the span, what of the query it answers, and how much that is worth."""

    start: int
    end: int
    leaf: str
    value: float


@dataclass(slots=True)
class _Leaves:
    """What a query looks for in one field."""

    terms: dict[str, float] = field(default_factory=dict)
    phrases: list[engine.Phrase] = field(default_factory=list)
    synonyms: list[engine.Term | engine.Phrase | engine.Prefix] = field(default_factory=list)
    characters: list[engine.Prefix] = field(default_factory=list)
    inexact: list[engine.Prefix | engine.Fuzzy] = field(default_factory=list)


_NOTHING = _Leaves()


class Sought:
    """What a query looks for, by field: read from its tree once, and looked for in many articles."""

    def __init__(self, query: engine.Query) -> None:
        self._fields: defaultdict[str, _Leaves] = defaultdict(_Leaves)
        self._mechanisms: list[str] = []
        self._translated: defaultdict[str, list[engine.Synonyms]] = defaultdict(list)
        for leaf in engine.leaves(query):
            match leaf:
                case engine.Term():
                    terms = self._fields[leaf.field].terms
                    terms[leaf.text] = max(leaf.boost, terms.get(leaf.text, 0.0))
                case engine.Phrase():
                    # A lighter one only adds to the score of words that count by themselves.
                    if leaf.boost >= 1:
                        self._fields[leaf.field].phrases.append(leaf)
                case engine.Synonyms():
                    for alternative in leaf.alternatives:
                        self._fields[alternative.field].synonyms.append(alternative)
                    for language in {each.field.partition("_")[2] for each in leaf.alternatives}:
                        self._translated[language].append(leaf)
                case engine.Prefix() if leaf.max_length is not None:
                    self._fields[leaf.field].characters.append(leaf)
                case engine.Prefix() | engine.Fuzzy():
                    self._fields[leaf.field].inexact.append(leaf)
                case engine.Facet():
                    # Mechanisms that a filter or a field asks for have no weight, and are no part of the question.
                    if leaf.name == "mechanism" and leaf.boost:
                        self._mechanisms += leaf.values

    def find(self, stored: StoredArticle, kind: str) -> list[Found]:
        """Return where the query matches in the title or body of an article, by position.

        Terms match wherever their tokens stand, phrases only where all their terms stand in order. Mechanisms that
        the query names match where the article names them, in its own words.
        """
        vector = stored.title if kind == "title" else stored.body
        leaves = self._fields.get(engine.field_name(kind, stored.article.language), _NOTHING)
        found = [
            *chain.from_iterable(_phrase(leaf, vector) for leaf in leaves.phrases),
            *chain.from_iterable(_alternative(leaf, vector) for leaf in leaves.synonyms),
            *chain.from_iterable(_characters(leaf, vector) for leaf in leaves.characters),
        ]
        if kind == "body" and self._mechanisms:
            evidence = stored.evidence.get("mechanism", {})
            found += [Found(*span, value, 1.0) for value in self._mechanisms for span in evidence.get(value, ())]
        terms = leaves.terms
        if leaves.inexact:
            fitting = (term for leaf in leaves.inexact for term in _fitting(leaf, vector))
            terms = terms | dict.fromkeys(fitting, 1.0)
        found += [
            Found(token.start, token.end, token.text, terms[token.text] * _rarity(token.text))
            for token in vector.select(terms)
        ]
        return sorted(found)

    def translations(self, stored: StoredArticle) -> tuple[tuple[str, str], ...]:
        """Return the words of the query that an article holds in translation, each with the best that it holds.

        In the order of the query; the translation as it stands in the text, or else in the title.
        """
        found: dict[str, str] = {}
        for leaf in self._translated.get(stored.article.language, ()):
            if leaf.of not in found and (surface := _surface(leaf, stored)):
                found[leaf.of] = surface
        return tuple(found.items())


def _alternative(leaf: engine.Term | engine.Phrase | engine.Prefix, vector: TermVector) -> Iterator[Found]:
    """Yield where one of several synonyms stands."""
    match leaf:
        case engine.Phrase():
            yield from _phrase(leaf, vector)
        case engine.Prefix():
            yield from _characters(leaf, vector)
        case engine.Term():
            for token in vector.select((leaf.text,)):
                yield Found(token.start, token.end, leaf.text, leaf.boost * _rarity(leaf.text))


def _characters(leaf: engine.Prefix, vector: TermVector) -> Iterator[Found]:
    """Yield where one character of a script without spaces stands: it alone, not the bigram that it begins."""
    for token in vector.select(_fitting(leaf, vector)):
        yield Found(token.start, token.start + len(leaf.prefix), leaf.prefix, 1.0)


def _surface(leaf: engine.Synonyms, stored: StoredArticle) -> str:
    """Return the first place of an article where the best of some synonyms stands, as it is written there."""
    for alternative in leaf.alternatives:
        kind, _, language = alternative.field.partition("_")
        if language != stored.article.language or kind == "author":
            continue
        in_title = kind == "title"
        vector = stored.title if in_title else stored.body
        first = min(_alternative(alternative, vector), default=None)
        if first:
            text = stored.article.title if in_title else stored.article.text
            return " ".join(text[first.start : first.end].split())
    return ""


def _fitting(leaf: engine.Prefix | engine.Fuzzy, vector: TermVector) -> set[str]:
    """Return the terms of a text that a prefix or a word with typing errors stands for."""
    if isinstance(leaf, engine.Prefix):
        longest = leaf.max_length or sys.maxsize
        return {term for term in vector.terms if term.startswith(leaf.prefix) and len(term) <= longest}
    first = leaf.text[:1]
    return {term for term in vector.terms if term[:1] == first and within_distance(term, leaf.text, leaf.distance)}


def _phrase(leaf: engine.Phrase, vector: TermVector) -> Iterator[Found]:
    wanted = {text for _, text in leaf.terms}
    if not all(text in vector for text in wanted):
        return
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
