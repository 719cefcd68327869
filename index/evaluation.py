"""The query tree evaluated on the arrays of a commit, and its scores explained.

A query becomes its documents and their scores, whole postings at a time. That gives exact totals and facet counts
in the same pass, and statistics for each field, which Whoosh's own scoring does not offer (its document count is
that of the whole index, not that of one language).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from searchkit.index import bm25
from searchkit.index.explanation import Explanation, Statistics
from searchkit.index.fuzzy import most_frequent
from searchkit.index.matches import NOTHING, Matches, best_and_share, distinct, summed, unrepeated, values_at
from searchkit.index.query import (
    Bool,
    Everything,
    Facet,
    Fuzzy,
    Ids,
    Phrase,
    Prefix,
    Query,
    Readings,
    Synonyms,
    Term,
)
from searchkit.index.reader import Reader, size_of
from searchkit.index.segment import Array

# Positions of a document in one number with the document's: offsets in a phrase may make them negative.
_POSITION_BITS = 33
_MIDDLE = 1 << 32


class Evaluator:
    """Evaluates queries on one commit."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def evaluate(self, query: Query) -> Matches:
        """Return the documents that match, and their scores."""
        match query:
            case Term() | Readings() | Phrase() | Synonyms():
                return summed(list(self._parts(query)), self._reader.size)
            case Bool():
                # A search asks for the same several times: for its best hits, with words of theirs, page by page.
                return self._reader.kept.get(query, lambda: self._bool(query), size_of)
            case Everything():
                return _constant(self._reader.live, 0.0)
            case Facet():
                return _constant(self._reader.carrying(query.name, query.values), query.boost)
            case Ids():
                return _constant(np.array(sorted(self._reader.ids(query.ids).values()), np.int64), query.boost)
            case Prefix() | Fuzzy():
                numbers, _ = self._expanded(query)
                return _constant(distinct(numbers, self._reader.size), query.boost)

    def _parts(self, query: Query) -> Iterator[Matches]:
        """Yield what the scores of a query are the sum of."""
        match query:
            case Term():
                yield from self._parts(Readings((query,)))
            case Readings():
                for term, frequency, counts in self._read_terms(query):
                    weight = term.boost * bm25.idf(self._documents(term.field), frequency)
                    yield self._saturated(term, counts).times(weight)
            case Phrase():
                yield self._score(query.field, query.boost, *self._read_phrase(query))
            case Synonyms():
                yield self._reader.kept.get(query, lambda: self._synonyms(query), size_of)
            case Bool() if not query.must and not query.must_not:
                for part in query.should:
                    yield from self._parts(part)
            case _:
                yield self.evaluate(query)

    def _bool(self, query: Bool) -> Matches:
        size = self._reader.size
        if query.must:
            first, *others = sorted(map(self.evaluate, query.must), key=lambda part: len(part.numbers))
            numbers, scores = first
            for part in others:
                found, more = values_at(part, numbers, size)
                numbers, scores = numbers[found], (scores + more)[found]
            if query.should and len(numbers):
                optional = summed([part for each in query.should for part in self._parts(each)], size)
                scores = scores + values_at(optional, numbers, size)[1]
        elif query.should:
            numbers, scores = summed([part for each in query.should for part in self._parts(each)], size)
        else:
            numbers, scores = self.evaluate(Everything()) if query.must_not else NOTHING
        for excluded in query.must_not:
            left = ~values_at(self.evaluate(excluded), numbers, size)[0]
            numbers, scores = numbers[left], scores[left]
        return Matches(numbers, scores)

    def _read_terms(self, query: Readings) -> Iterator[tuple[Term, float, Matches]]:
        """Yield each term with the document frequency to count with, and how often documents hold it."""
        found = [self._reader.postings(term.field, term.text) for term in query.terms]
        statistics = [
            (self._documents(term.field), len(counts.numbers))
            for term, counts in zip(query.terms, found, strict=True)
        ]
        statistics += [
            (self._documents(term.field), self._reader.document_frequency(term.field, term.text))
            for term in query.unread
        ]
        frequencies = bm25.at_home(statistics)[: len(found)]
        yield from zip(query.terms, frequencies, found, strict=True)

    def _read_phrase(self, query: Phrase) -> tuple[list[float], Matches]:
        """Return the document frequency of each term of a phrase, and how often documents hold the phrase."""
        return self._reader.kept.get(
            ("phrase", query.field, query.terms),
            lambda: self._find_phrase(query),
            lambda found: found[1].numbers.nbytes * 2 + 100 * len(query.terms),
        )

    def _find_phrase(self, query: Phrase) -> tuple[list[float], Matches]:
        postings = [self._reader.postings(query.field, text) for _, text in query.terms]
        order = sorted(range(len(postings)), key=lambda place: len(postings[place].numbers))
        if not order or not len(postings[order[0]].numbers):
            return [], NOTHING
        together = postings[order[0]].numbers
        for place in order[1:]:
            together = together[values_at(postings[place], together, self._reader.size)[0]]
        starts: Array | None = None
        for place in order:
            offset, text = query.terms[place]
            numbers, positions = self._reader.places(query.field, text, together)
            # Sorted, because documents are and the positions in each.
            shifted = (numbers << _POSITION_BITS) + (positions - offset + _MIDDLE)
            starts = unrepeated(shifted) if starts is None else _in_both(starts, shifted)
            together = unrepeated(starts >> _POSITION_BITS)
        counted = NOTHING
        if starts is not None and len(starts):
            first = np.flatnonzero(np.diff(starts >> _POSITION_BITS, prepend=-1))
            counted = Matches(together, np.diff(first, append=len(starts)).astype(np.float64))
        return [float(len(found.numbers)) for found in postings], counted

    def _synonyms(self, query: Synonyms) -> Matches:
        boost, held, words = self._read_synonyms(query)
        rarity = bm25.idf(self._documents(_field_of(query)), held)
        parts = [self._saturation(_field_of(query), counts).times(factor) for factor, counts in words]
        return best_and_share(parts, bm25.BESIDE, self._reader.size).times(boost * rarity)

    def _read_synonyms(self, query: Synonyms) -> tuple[float, float, list[tuple[float, Matches]]]:
        """Return the boost and document frequency of synonyms as one word, and each with its factor."""
        field = _field_of(query)
        words = []
        held = 0.0
        for alternative in query.alternatives:
            match alternative:
                case Phrase():
                    here = [self._read_phrase(alternative)[1]]
                case Prefix():
                    here = [self._reader.postings(field, term) for term in self._terms(alternative)]
                case Term():
                    here = [self._reader.postings(field, alternative.text)]
            holders = np.concatenate([NOTHING.numbers, *(counts.numbers for counts in here)])
            held += alternative.boost * len(distinct(holders, self._reader.size))
            words += [(bm25.of_synonym(alternative.boost), counts) for counts in here if len(counts.numbers)]
        documents = self._documents(field)
        held = min(held, documents)
        return query.boost * self._share_of_home(query, documents, held), held, words

    def _terms(self, query: Prefix) -> list[str]:
        longest = query.max_length
        terms = (term for term, _ in self._reader.terms(query.field, query.prefix))
        return [term for term in terms if longest is None or len(term) <= longest]

    def _share_of_home(self, query: Synonyms, documents: int, held: float) -> float:
        """Return what brings the weight of synonyms down to that of the word in its own language."""
        weight = bm25.idf(documents, held)
        if query.home is None or not weight:
            return 1.0
        frequency = self._reader.document_frequency(query.home.field, query.home.text)
        if not frequency:
            return 1.0
        return min(1.0, bm25.idf(self._documents(query.home.field), frequency) / weight)

    def _expanded(self, query: Prefix | Fuzzy) -> tuple[Array, Array]:
        """Return the postings of the terms that fit: documents, in any order and repeated, and how often."""
        if isinstance(query, Prefix):
            longest = query.max_length
            accept = None if longest is None else lambda term: len(term) <= longest
            return self._reader.expanded(query.field, query.prefix, accept)
        found = most_frequent(self._reader.similar(query.field, query.text, query.distance))
        parts = [NOTHING, *(self._reader.postings(query.field, term) for term in found)]
        return Matches(*map(np.concatenate, zip(*parts, strict=True)))

    def _saturated(self, term: Term, counts: Matches) -> Matches:
        return self._reader.kept.get(
            ("saturated", term.field, term.text),
            lambda: self._saturation(term.field, counts),
            size_of,
        )

    def _saturation(self, field: str, counts: Matches) -> Matches:
        average = self._reader.total_length(field) / max(self._documents(field), 1)
        lengths = self._reader.lengths(field)[counts.numbers]
        return counts._replace(values=bm25.saturation(counts.values, lengths, average))

    def _score(self, field: str, boost: float, document_frequencies: Sequence[float], counts: Matches) -> Matches:
        if not len(counts.numbers):
            return NOTHING
        documents = self._documents(field)
        rarity = sum(bm25.idf(documents, frequency) for frequency in document_frequencies)
        return self._saturation(field, counts).times(boost * rarity)

    def _documents(self, field: str) -> int:
        """Return the number of documents in the language of a field."""
        return self._reader.document_count(field.partition("_")[2])

    # Explaining

    def explain(self, query: Query, ids: Iterable[str]) -> dict[str, Explanation]:
        """Return where the scores of those documents come from that exist and match."""
        found = {number: identifier for identifier, number in self._reader.ids(ids).items()}
        numbers = np.array(sorted(found), np.int64)
        return {found[number]: explained for number, explained in self._explain(query, numbers).items()}

    def _explain(self, query: Query, numbers: Array) -> dict[int, Explanation]:
        match query:
            case Term():
                parts = self._explain(Readings((query,)), numbers)
                return {number: found.parts[0] for number, found in parts.items()}
            case Readings():
                return _together(query, [self._explain_term(*term, numbers) for term in self._read_terms(query)])
            case Phrase():
                return self._explain_field(query, query.field, query.boost, *self._read_phrase(query), numbers)
            case Synonyms():
                return self._explain_synonyms(query, numbers)
            case Bool():
                return self._explain_bool(query, numbers)
        return {
            number: Explanation(query, score) for number, score in self._at(self.evaluate(query), numbers).items()
        }

    def _at(self, matches: Matches, numbers: Array) -> dict[int, float]:
        found, values = values_at(matches, numbers, self._reader.size)
        return dict(zip(numbers[found].tolist(), values[found].tolist(), strict=True))

    def _explain_term(
        self, term: Term, frequency: float, counts: Matches, numbers: Array
    ) -> dict[int, Explanation]:
        return self._explain_field(term, term.field, term.boost, [frequency], counts, numbers)

    def _explain_synonyms(self, query: Synonyms, numbers: Array) -> dict[int, Explanation]:
        boost, held, words = self._read_synonyms(query)
        explained: dict[int, Explanation] = {}
        # The numbers are those of the best word.
        for _, counts in sorted(words, key=lambda word: -word[0]):
            for number, found in self._explain_field(
                query, _field_of(query), boost, [held], counts, numbers
            ).items():
                explained.setdefault(number, found)
        scores = self._at(self._synonyms(query), numbers)
        for number, found in explained.items():
            assert found.statistics is not None  # noqa: S101 - those of a field
            weight = boost * found.statistics.rarity
            statistics = replace(found.statistics, saturation=scores[number] / weight if weight else 0.0)
            explained[number] = replace(found, score=scores[number], statistics=statistics)
        return explained

    def _explain_field(
        self,
        leaf: Term | Phrase | Synonyms,
        field: str,
        boost: float,
        document_frequencies: Sequence[float],
        counts: Matches,
        numbers: Array,
    ) -> dict[int, Explanation]:
        here = self._at(counts, numbers)
        documents = self._documents(field)
        rarity = sum(bm25.idf(documents, frequency) for frequency in document_frequencies)
        average = self._reader.total_length(field) / max(documents, 1)
        lengths = self._reader.lengths(field)
        explained = {}
        for number, count in here.items():
            length = float(lengths[number])
            saturation = bm25.saturation(count, length, average)
            statistics = Statistics(
                boost=boost,
                documents=documents,
                document_frequencies=tuple(document_frequencies),
                rarity=rarity,
                frequency=count,
                length=length,
                average_length=average,
                saturation=saturation,
            )
            explained[number] = Explanation(leaf, boost * rarity * saturation, statistics=statistics)
        return explained

    def _explain_bool(self, query: Bool, numbers: Array) -> dict[int, Explanation]:
        must = [self._explain(part, numbers) for part in query.must]
        should = [self._explain(part, numbers) for part in query.should]
        if must:
            matched = set.intersection(*(set(part) for part in must))
        elif should:
            matched = set().union(*should)
        else:
            matched = set(numbers.tolist()) if query.must_not else set()
        for excluded in query.must_not:
            matched -= self._at(self.evaluate(excluded), numbers).keys()
        found = _together(query, [*must, *should])
        return {number: found.get(number, Explanation(query, 0.0)) for number in matched}


def _in_both(ordered: Array, others: Array) -> Array:
    """Return those of some sorted numbers that are among others, which are sorted too."""
    if not len(others):
        return others
    places = np.searchsorted(others, ordered)
    places[places == len(others)] = 0
    found: Array = ordered[others[places] == ordered]
    return found


def _constant(numbers: Array, score: float) -> Matches:
    return Matches(numbers, np.full(len(numbers), float(score)))


def _together(query: Query, parts: Iterable[Mapping[int, Explanation]]) -> dict[int, Explanation]:
    """Return the parts that each document has, under one explanation for all."""
    found: defaultdict[int, list[Explanation]] = defaultdict(list)
    for part in parts:
        for number, explanation in part.items():
            found[number].append(explanation)
    return {
        number: Explanation(query, sum(part.score for part in all_of_it), tuple(all_of_it))
        for number, all_of_it in found.items()
    }


def _field_of(query: Synonyms) -> str:
    """Return the one field of synonyms; none has no documents."""
    return query.alternatives[0].field if query.alternatives else ""
