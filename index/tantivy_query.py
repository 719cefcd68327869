"""The query tree as queries of tantivy, and where their scores come from.

tantivy scores a term by BM25 with the statistics of its index, which is that of one language
(`searchkit.index.tantivy_part.Part`). What it does not know, that a word is common in another language, that
synonyms are one word, and which documents are deleted, changes the inverse document frequency only, and so is a
factor: ours over its own.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from tantivy import Occur, Query

from searchkit.index import bm25
from searchkit.index import query as tree
from searchkit.index.explanation import Explanation, Statistics, explained_bool, summed
from searchkit.index.fuzzy import most_frequent
from searchkit.index.tantivy_part import Part, term_key

_MOST_KEPT: Final = 500
K = TypeVar("K")
V = TypeVar("V")
_FREQUENCY: Final = "freq, "
_LENGTH: Final = "dl, "
_AVERAGE: Final = "avgdl, "


class _Reading(NamedTuple):
    """A term of `searchkit.index.query.Readings` that documents hold.

    Attributes:
        counted: the document frequency to count with.
    """

    term: tree.Term
    counted: float


class Compiled(NamedTuple):
    """A query of tantivy.

    Attributes:
        scored: ranks the documents that match.
        counted: matches the same documents, and takes less time; its scores mean nothing.
    """

    scored: Query
    counted: Query


class Compiler:
    """Makes queries for the parts of one commit. Safe to share between threads.

    Args:
        parts: language -> part.
    """

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        # With the query, so that no other one gets its identity. A search asks for one query several times.
        self._read: dict[int, tuple[tree.Readings, dict[str, list[_Reading]]]] = {}
        self._compiled: dict[tuple[int, str], tuple[tree.Bool, Compiled | None]] = {}
        self._divided: dict[int, tuple[tree.Bool, dict[str, list[tuple[tree.Query, bool]]]]] = {}

    # Matching and scoring

    def compile(self, query: tree.Query, part: Part) -> Compiled | None:
        """Return what finds documents of a part; None matches nothing."""
        if isinstance(query, tree.Bool):
            known = self._compiled.get((id(query), part.language))
            if known is None:
                known = _keep(self._compiled, (id(query), part.language), (query, self._bool(query, part)))
            return known[1]
        found = self._leaf(query, part)
        return None if found is None else Compiled(found, found)

    def _leaf(self, query: tree.Query, part: Part) -> Query | None:
        if isinstance(query, tree.Readings):
            return self._readings(query, part)
        if isinstance(query, tree.Phrase):
            return self._phrase(query, part)
        if isinstance(query, tree.Synonyms):
            return self._synonyms(query, part)
        if isinstance(query, tree.Term):
            idf = part_idf(part, self.frequency(query.field, query.text))
            return self._scored_term(part, query.field, query.text, query.boost * idf)
        found, boost = self._constant(query, part)
        return None if found is None else Query.const_score_query(found, boost)

    def constant_score(self, query: tree.Query) -> float | None:
        """Return the score that all matches have, None if they may differ."""
        match query:
            case tree.Prefix() | tree.Fuzzy() | tree.Facet() | tree.Ids():
                return query.boost
            case tree.Everything():
                return 0.0
            case tree.Bool() if not query.must and len(query.should) == 1:
                return self.constant_score(query.should[0])
            case tree.Bool() if not query.should:
                scores = [self.constant_score(part) for part in query.must]
                return sum(score for score in scores if score is not None) if None not in scores else None
        return None

    def _constant(self, query: tree.Query, part: Part) -> tuple[Query | None, float]:
        match query:
            case tree.Everything():
                return part.everything, 0.0
            case tree.Facet():
                return part.with_values(query.name, query.values), query.boost
            case tree.Ids():
                return part.with_ids(query.ids), query.boost
            case tree.Prefix():
                return _beginning(query, part), query.boost
            case tree.Fuzzy():
                return _any_of(part, part.kind(query.field), _similar(query, part)), query.boost
        raise AssertionError(query)

    def _bool(self, query: tree.Bool, part: Part) -> Compiled | None:
        must = [self.compile(each, part) for each in query.must]
        if None in must:
            return None
        should = [
            (found, implied)
            for each, implied in self._alternatives_in(part, query)
            if (found := self.compile(each, part)) is not None
        ]
        without = [found.counted for each in query.must_not if (found := self.compile(each, part)) is not None]
        if not must and not should and (query.should or not query.must_not):
            return None
        if not must and not should:
            must = [Compiled(part.everything, part.everything)]
        needed = [each for each in must if each is not None]
        scored = _joined([each.scored for each in needed], [each.scored for each, _ in should], without)
        # Alternatives to what must match, and those that imply others, change the score only.
        enough = [] if needed else [each.counted for each, implied in should if not implied]
        return Compiled(scored, _joined([each.counted for each in needed], enough, without))

    def _alternatives_in(self, part: Part, query: tree.Bool) -> list[tuple[tree.Query, bool]]:
        """Return the alternatives that documents of a part can match, and whether another one matches too then."""
        known = self._divided.get(id(query))
        if known is None:
            known = _keep(self._divided, id(query), (query, self._divide(query.should)))
        return known[1].get(part.language, [])

    def _divide(self, alternatives: Iterable[tree.Query]) -> dict[str, list[tuple[tree.Query, bool]]]:
        """Return alternatives by the language whose documents they can match: most are for one only."""
        flat = list(_flat(alternatives))
        held = {(term.field, term.text) for each in flat for term in _terms(each)}
        found: dict[str, list[tuple[tree.Query, bool]]] = {code: [] for code in self._parts}
        for each in flat:
            # What holds a phrase holds its terms.
            implied = isinstance(each, tree.Phrase) and any((each.field, text) in held for _, text in each.terms)
            for code in self._languages(each):
                found[code].append((each, implied))
        return found

    def _languages(self, query: tree.Query) -> Iterable[str]:
        """Return the languages whose documents a query can match."""
        match query:
            case tree.Readings():
                return self._held(query)
            case tree.Term() | tree.Phrase() | tree.Prefix() | tree.Fuzzy():
                fields = {query.field}
            case tree.Synonyms():
                fields = {each.field for each in query.alternatives}
            case _:
                return self._parts
        return {field.partition("_")[2] for field in fields} & self._parts.keys()

    def _readings(self, query: tree.Readings, part: Part) -> Query | None:
        found = [
            scored
            for term, counted in self._held(query).get(part.language, ())
            if (scored := self._scored_term(part, term.field, term.text, term.boost * part_idf(part, counted)))
        ]
        if len(found) < 2:
            return found[0] if found else None
        return Query.boolean_query([(Occur.Should, scored) for scored in found])

    def _held(self, query: tree.Readings) -> Mapping[str, list[_Reading]]:
        """Return the terms that documents hold, by language, each with the document frequency to count with."""
        known = self._read.get(id(query))
        if known is None:
            by_language: dict[str, list[_Reading]] = {}
            terms = (*query.terms, *query.unread)
            frequencies = [self.frequency(term.field, term.text) for term in terms]
            if any(frequencies[: len(query.terms)]):
                statistics = [
                    (self.documents(term.field), frequency)
                    for term, frequency in zip(terms, frequencies, strict=True)
                ]
                at_home = bm25.at_home(statistics)
                for term, frequency, counted in zip(query.terms, frequencies, at_home, strict=False):
                    if frequency:
                        language = term.field.partition("_")[2]
                        by_language.setdefault(language, []).append(_Reading(term, counted))
            known = _keep(self._read, id(query), (query, by_language))
        return known[1]

    def _scored_term(self, part: Part, field: str, text: str, weight: float) -> Query | None:
        """Return a query for a term whose saturation is weighed so."""
        kind = part.kind(field)
        frequency = part.document_frequency(kind, text) if kind else 0
        if kind is None or not frequency:
            return None
        term = Query.term_query(part.schema, kind, term_key(text), index_option="freq")
        return _weighed(term, weight, part.own_idf(frequency))

    def _phrase(self, query: tree.Phrase, part: Part) -> Query | None:
        if not part.kind(query.field):
            return None
        frequencies = _frequencies(query, part)
        rarity = sum(part_idf(part, frequency) for frequency in frequencies)
        return self._scored_phrase(query, part, query.boost * rarity) if all(frequencies) else None

    def _scored_phrase(self, query: tree.Phrase, part: Part, weight: float) -> Query | None:
        kind = part.kind(query.field)
        frequencies = _frequencies(query, part)
        if kind is None or not frequencies or not all(frequencies):
            return None
        if len(query.terms) == 1:  # where tantivy panics
            return self._scored_term(part, query.field, query.terms[0][1], weight)
        terms: list[str | tuple[int, str]] = [(place, term_key(text)) for place, text in query.terms]
        return _weighed(Query.phrase_query(part.schema, kind, terms), weight, sum(map(part.own_idf, frequencies)))

    def _synonyms(self, query: tree.Synonyms, part: Part) -> Query | None:
        if not any(part.kind(each.field) for each in query.alternatives):
            return None
        weight, _ = self._weight(query, part)
        found = [
            scored
            for each in query.alternatives
            for scored in self._alternatives(each, part, bm25.of_synonym(each.boost) * weight)
            if scored is not None
        ]
        if len(found) < 2:
            return found[0] if found else None
        return Query.disjunction_max_query(found, bm25.BESIDE)

    def _alternatives(
        self, query: tree.Term | tree.Phrase | tree.Prefix, part: Part, weight: float
    ) -> list[Query | None]:
        match query:
            case tree.Term():
                return [self._scored_term(part, query.field, query.text, weight)]
            case tree.Phrase():
                return [self._scored_phrase(query, part, weight)]
            case tree.Prefix():
                return [self._scored_term(part, query.field, key, weight) for key in _expanded(query, part)]

    def _weight(self, query: tree.Synonyms, part: Part) -> tuple[float, float]:
        """Return what the saturation of synonyms counts, and the document frequency that they have as one word."""
        held = min(sum(each.boost * self._holders(each, part) for each in query.alternatives), part.counted)
        weight = part_idf(part, held)
        if query.home is not None and (at_home := self.frequency(query.home.field, query.home.text)):
            weight = min(weight, bm25.idf(self.documents(query.home.field), at_home))
        return query.boost * weight, held

    def _holders(self, query: tree.Term | tree.Phrase | tree.Prefix, part: Part) -> int:
        """Return how many documents hold a term, a phrase or any term with a prefix."""
        if isinstance(query, tree.Term):
            return self.frequency(query.field, query.text)
        if isinstance(query, tree.Phrase):
            if len(query.terms) == 1:
                return self.frequency(query.field, query.terms[0][1])
            found = self._scored_phrase(query, part, 0.0)
        else:
            found = _beginning(query, part)
        return 0 if found is None else part.held(query, found)

    # Statistics

    def frequency(self, field: str, text: str) -> int:
        """Return how many documents hold a term."""
        kind, _, language = field.partition("_")
        part = self._parts.get(language)
        return part.document_frequency(kind, text) if part and part.kind(field) else 0

    def documents(self, field: str) -> int:
        """Return the number of documents in the language of a field, as statistics count them."""
        part = self._parts.get(field.partition("_")[2])
        return part.counted if part else 0

    # Explaining

    def explain(self, query: tree.Query, part: Part, address: Any, identifier: str) -> Explanation | None:
        """Return where the score of a document comes from, None if it does not match."""

        def inside(each: tree.Query) -> Explanation | None:
            return self.explain(each, part, address, identifier)

        match query:
            case tree.Term():
                found = inside(tree.Readings((query,)))
                return found.parts[0] if found else None
            case tree.Readings():
                parts = [
                    self._explained(
                        term,
                        self._scored_term(part, term.field, term.text, term.boost * part_idf(part, frequency)),
                        (term.boost, [frequency]),
                        part,
                        address,
                    )
                    for term, frequency in self._held(query).get(part.language, ())
                ]
                return summed(query, parts)
            case tree.Phrase():
                statistics = (query.boost, [float(frequency) for frequency in _frequencies(query, part)])
                return self._explained(query, self._phrase(query, part), statistics, part, address)
            case tree.Synonyms():
                scored = self._synonyms(query, part)
                weight, held = self._weight(query, part) if scored else (0.0, 0.0)
                rarity = part_idf(part, held)
                statistics = (weight / rarity if rarity else 0.0, [held])
                return self._explained(query, scored, statistics, part, address)
            case tree.Bool():
                return explained_bool(query, inside)
        constant, boost = self._constant(query, part)
        wanted = part.with_ids([identifier])
        if constant is None or wanted is None or not part.count(_both(constant, wanted)):
            return None
        return Explanation(query, boost)

    def _explained(
        self,
        leaf: tree.Term | tree.Phrase | tree.Synonyms,
        scored: Query | None,
        weights: tuple[float, Sequence[float]],
        part: Part,
        address: Any,
    ) -> Explanation | None:
        if scored is None:
            return None
        try:
            told = json.loads(scored.explain(part.searcher, address).to_json())
        except ValueError:  # so it says that a document does not match
            return None
        boost, frequencies = weights
        rarity = sum(part_idf(part, frequency) for frequency in frequencies)
        score = float(told["value"])
        return Explanation(
            leaf,
            score,
            statistics=Statistics(
                boost=boost,
                documents=part.counted,
                document_frequencies=tuple(map(float, frequencies)),
                rarity=rarity,
                frequency=_detail(told, _FREQUENCY),
                length=_detail(told, _LENGTH),
                average_length=_detail(told, _AVERAGE),
                saturation=score / (boost * rarity) if boost * rarity else 0.0,
            ),
        )


def _keep(kept: dict[K, V], key: K, value: V) -> V:
    """Keep something for the queries that come next, and return it."""
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value
    return value


def _terms(query: tree.Query) -> Iterable[tree.Term]:
    """Return the terms any of which makes a document match."""
    if isinstance(query, tree.Readings):
        return query.terms
    return (query,) if isinstance(query, tree.Term) else ()


def _joined(must: Sequence[Query], should: Sequence[Query], without: Sequence[Query]) -> Query:
    if len(must) + len(should) == 1 and not without:
        return (*must, *should)[0]
    clauses = [(Occur.Must, each) for each in must]
    clauses += [(Occur.Should, each) for each in should]
    clauses += [(Occur.MustNot, each) for each in without]
    return Query.boolean_query(clauses)


def part_idf(part: Part, frequency: float) -> float:
    """Return the inverse document frequency in the language of a part."""
    return bm25.idf(part.counted, frequency)


def _weighed(query: Query, weight: float, own: float) -> Query:
    return Query.boost_query(query, weight / own if own else 0.0)


def _both(one: Query, other: Query) -> Query:
    return Query.boolean_query([(Occur.Must, one), (Occur.Must, other)])


def _flat(queries: Iterable[tree.Query]) -> Iterable[tree.Query]:
    """Return alternatives without those that are alternatives again: there is less to evaluate."""
    for query in queries:
        if isinstance(query, tree.Bool) and not query.must and not query.must_not:
            yield from _flat(query.should)
        else:
            yield query


def _any_of(part: Part, kind: str | None, keys: Sequence[str]) -> Query | None:
    return Query.term_set_query(part.schema, kind, keys) if kind and keys else None


def _beginning(query: tree.Prefix, part: Part) -> Query | None:
    kind = part.kind(query.field)
    return part.beginning(kind, query.prefix, query.max_length) if kind else None


def _expanded(query: tree.Prefix, part: Part) -> list[str]:
    kind = part.kind(query.field)
    return part.keys(kind, query.prefix, query.max_length) if kind else []


def _similar(query: tree.Fuzzy, part: Part) -> list[str]:
    # tantivy's own may change the first character too.
    kind = part.kind(query.field)
    return most_frequent(part.similar(kind, query.text, query.distance)) if kind else []


def _frequencies(query: tree.Phrase, part: Part) -> list[int]:
    """Return the document frequency of each term of a phrase."""
    kind = part.kind(query.field)
    return [part.document_frequency(kind, text) if kind else 0 for _, text in query.terms]


def _detail(told: Mapping[str, Any], name: str) -> float:
    """Return a number out of an explanation of tantivy's; of the best, where there are several."""
    found = [told]
    for each in found:
        if each.get("description", "").startswith(name):
            return float(each["value"])
        found += sorted(each.get("details") or (), key=lambda inner: -inner["value"])
    return 0.0
