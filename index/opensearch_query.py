"""The query tree as OpenSearch's query language, and where its scores come from.

The cluster matches terms and phrases and counts their occurrences. What they weigh is decided here, from the
statistics of the whole index: a leaf is ``function_score`` of a term or phrase whose similarity is the saturation
(`searchkit.index.opensearch_schema`), with the average length as its boost, and a weight. So scores are the same
on every shard and every copy of it, whatever deleted documents it still holds.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain
from typing import Any, Final, Protocol

from searchkit.index import bm25
from searchkit.index import query as tree
from searchkit.index.explanation import Explanation, Statistics, explained_bool, summed
from searchkit.index.fuzzy import within_distance
from searchkit.index.opensearch_schema import as_text, facet_key, kept, kept_term, length_of, term_key

Dsl = dict[str, Any]
# Of values in one clause (index.max_terms_count).
_MOST_TERMS: Final = 65_536
# Of scored leaves in one query (indices.query.bool.max_clause_count is 1,024, the other clauses counted).
_MOST_LEAVES: Final = 900
# Longer ones would make automata of too many states.
_LONGEST_PATTERN: Final = 200
_MOST_REPEATS: Final = 20
NOTHING: Final[Dsl] = {"match_none": {}}
EVERYTHING: Final[Dsl] = {"match_all": {}}


class Collection(Protocol):
    """What weights are made of: the numbers of the whole index."""

    def documents(self, language: str) -> int:
        """Return how many documents there are in a language."""

    def tokens(self, field: str) -> int:
        """Return how many terms all texts of a field have together."""

    def frequencies(self, terms: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """Return how many documents hold each of some terms: (field, text)."""

    def counts(self, queries: Sequence[Dsl]) -> Sequence[int]:
        """Return how many documents match each of some queries."""

    def beginning(self, field: str, prefix: str, longest: int | None) -> Sequence[str]:
        """Return what is kept of the terms of a field that begin so."""


class Compiler:
    """Makes the queries of one search. Not shared between threads.

    Args:
        collection: what the index holds.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._frequencies: dict[tuple[str, str], int] = {}
        self._held: dict[tree.Query, int] = {}
        self._expanded: dict[tree.Prefix, Sequence[str]] = {}
        # Leaves that weigh less are not scored.
        self._least = 0.0
        self._weights: list[float] = []
        self._made: Counter[str] = Counter()

    # Matching and scoring

    def compile(self, query: tree.Query) -> Dsl | None:
        """Return what matches and scores as a query does; None matches nothing."""
        self._prepare(query)
        found = self._compiled(query)
        if len(self._weights) > _MOST_LEAVES:
            # All that matched does; of very many words the most telling ones are scored.
            self._least = sorted(self._weights, reverse=True)[_MOST_LEAVES - 1]
            self._weights = []
            self._made.clear()
            found = self._compiled(query)
        return found

    def _compiled(self, query: tree.Query) -> Dsl | None:
        match query:
            case tree.Term():
                return self._scored_term(query.field, query.text, query.boost * self._idf_of(query))
            case tree.Readings():
                return _either([self._scored_term(*scored) for scored in self._held_readings(query)])
            case tree.Phrase():
                return self._scored_phrase(query, query.boost * self._rarity(query))
            case tree.Synonyms():
                return self._synonyms(query)
            case tree.Bool():
                return self._bool(query)
        constant = self._constant(query)
        if constant is None:
            return None
        return _constantly(constant, 0.0 if isinstance(query, tree.Everything) else query.boost)

    def _constant(self, query: tree.Query) -> Dsl | None:
        """Return what matches as a query does whose matches all score the same; None matches nothing."""
        match query:
            case tree.Everything():
                return EVERYTHING
            case tree.Facet():
                return with_values(query.name, query.values)
            case tree.Ids():
                return with_ids(query.ids)
            case tree.Prefix():
                return self._prefix(query)
            case tree.Fuzzy():
                return self._fuzzy(query)
        raise AssertionError(query)

    def _bool(self, query: tree.Bool) -> Dsl | None:
        must = [self._compiled(each) for each in query.must]
        if None in must:
            return None
        should = self._thinned([found for each in _flat(query.should) if (found := self._compiled(each))])
        without = [found for each in query.must_not if (found := self._compiled(each))]
        if not must and not should and (query.should or not query.must_not):
            return None
        if not must and not should:
            must = [_constantly(EVERYTHING, 0.0)]
        clauses = {"must": must, "should": should, "must_not": without}
        if len(must) + len(should) == 1 and not without:
            return (must or should)[0]
        combined: Dsl = {name: parts for name, parts in clauses.items() if parts}
        return {"bool": combined if must else {**combined, "minimum_should_match": 1}}

    def _held_readings(self, query: tree.Readings) -> list[tuple[str, str, float]]:
        """Return the terms that documents hold: (field, text, weight)."""
        return [
            (term.field, term.text, term.boost * self._idf(term.field, counted))
            for term, counted in self._at_home(query)
        ]

    def _at_home(self, query: tree.Readings) -> list[tuple[tree.Term, float]]:
        """Return the terms that documents hold, each with the document frequency to count with."""
        terms = (*query.terms, *query.unread)
        frequencies = [self._frequency(term) for term in terms]
        statistics = [
            (self._documents(term.field), frequency) for term, frequency in zip(terms, frequencies, strict=True)
        ]
        at_home = bm25.at_home(statistics)
        found = zip(query.terms, frequencies, at_home, strict=False)
        return [(term, counted) for term, frequency, counted in found if frequency]

    def _scored_term(self, field: str, text: str, weight: float) -> Dsl | None:
        if not self._frequencies.get((field, text)):
            return None
        self._weights.append(weight)
        key = term_key(text)
        if weight < self._least:
            return {"term": {field: {"value": key, "boost": 0.0}}}
        return self._weighed({"term": {field: {"value": key, "boost": self._average(field)}}}, weight)

    def _scored_phrase(self, query: tree.Phrase, weight: float) -> Dsl | None:
        if not all(self._frequencies.get((query.field, text)) for _, text in query.terms):
            return None
        if len(query.terms) == 1:
            return self._scored_term(query.field, query.terms[0][1], weight)
        self._weights.append(weight)
        found = _phrase(query, self._average(query.field))
        # The similarity adds up over the terms of a phrase, of spans over different ones.
        terms = query.terms if "match_phrase" in found else {text for _, text in query.terms}
        return self._weighed(found, weight / len(terms))

    def _weighed(self, query: Dsl, weight: float) -> Dsl:
        """Return what scores as a query does, times a weight."""
        scored: Dsl = {"query": query, "weight": weight, "boost_mode": "multiply"}
        key = json.dumps(scored, sort_keys=True)
        if self._made[key]:
            # Of two clauses that are the same Lucene makes one with twice the boost, and that is the average
            # length here. No weight comes near these limits, which make them different.
            scored["max_boost"] = 1e30 / self._made[key]
        self._made[key] += 1
        return {"function_score": scored}

    def _synonyms(self, query: tree.Synonyms) -> Dsl | None:
        weight, _ = self._weight(query)
        found = [
            scored
            for each in query.alternatives
            for scored in self._alternatives(each, bm25.of_synonym(each.boost) * weight)
            if scored
        ]
        if len(found) < 2:
            return found[0] if found else None
        return {"dis_max": {"queries": found, "tie_breaker": bm25.BESIDE}}

    def _alternatives(self, query: tree.Term | tree.Phrase | tree.Prefix, weight: float) -> list[Dsl | None]:
        match query:
            case tree.Term():
                return [self._scored_term(query.field, query.text, weight)]
            case tree.Phrase():
                return [self._scored_phrase(query, weight)]
            case tree.Prefix():
                return [self._scored_term(query.field, text, weight) for text in self._expanded[query]]

    def _weight(self, query: tree.Synonyms) -> tuple[float, float]:
        """Return what the saturation of synonyms counts, and the document frequency that they have as one word."""
        if not query.alternatives:
            return 0.0, 0.0
        field = query.alternatives[0].field
        held = sum(each.boost * self._held[each] for each in query.alternatives)
        held = min(held, self._documents(field))
        weight = self._idf(field, held)
        if query.home is not None and (at_home := self._frequency(query.home)):
            weight = min(weight, bm25.idf(self._documents(query.home.field), at_home))
        return query.boost * weight, held

    def _prefix(self, query: tree.Prefix) -> Dsl | None:
        if not self._documents(query.field):
            return None
        key = term_key(query.prefix)
        if query.max_length is None:
            return {"prefix": {query.field: {"value": key}}}
        rest = query.max_length - len(query.prefix)
        if rest < 0:
            return None
        if rest <= _MOST_REPEATS and len(key) <= _LONGEST_PATTERN:
            pattern = "".join(character if character.isalnum() else f"\\{character}" for character in key)
            return {"regexp": {query.field: {"value": f"{pattern}.{{0,{rest}}}", "flags": "NONE"}}}
        expanded = self._collection.beginning(query.field, query.prefix, query.max_length)
        return _any_of(query.field, map(term_key, expanded))

    def _fuzzy(self, query: tree.Fuzzy) -> Dsl | None:
        if not query.text or not self._documents(query.field):
            return None
        key = term_key(query.text)
        if not query.distance:
            return {"term": {query.field: {"value": key}}}
        if query.distance <= 2 and len(key) <= _LONGEST_PATTERN:
            asked = {
                "value": key,
                "fuzziness": query.distance,
                "prefix_length": 1,
                "transpositions": False,
                "rewrite": "constant_score",
            }
            return {"fuzzy": {query.field: asked}}
        longest = len(query.text) + query.distance
        expanded = self._collection.beginning(query.field, query.text[:1], longest)
        text = kept_term(query.text)
        near = [each for each in expanded if within_distance(each, text, query.distance)]
        return _any_of(query.field, map(term_key, near))

    def _thinned(self, clauses: list[Dsl]) -> list[Dsl]:
        """Return alternatives with those that are not scored put together."""
        if not self._least:
            return clauses
        unscored: defaultdict[str, list[str]] = defaultdict(list)
        found = []
        for clause in chain.from_iterable(_alternatives_of(clause) for clause in clauses):
            ((field, term),) = clause["term"].items() if "term" in clause else [("", None)]
            if term is not None and term.get("boost") == 0.0:
                unscored[field].append(term["value"])
            else:
                found.append(clause)
        merged = [_any_of(field, dict.fromkeys(keys)) for field, keys in unscored.items()]
        return [*found, *(_constantly(clause, 0.0) for clause in merged if clause)]

    # Statistics

    def _prepare(self, query: tree.Query) -> None:
        """Ask for all numbers that the parts of a query need, in few requests."""
        parts = list(_parts(query))
        for part in parts:
            if isinstance(part, tree.Synonyms):
                for each in part.alternatives:
                    if isinstance(each, tree.Prefix) and each not in self._expanded:
                        known = bool(self._documents(each.field))
                        self._expanded[each] = (
                            self._collection.beginning(each.field, each.prefix, each.max_length) if known else ()
                        )
        terms = {term for part in parts for term in self._terms(part)} - self._frequencies.keys()
        self._frequencies |= self._collection.frequencies(terms)
        unknown: dict[tree.Query, Dsl] = {}
        for part in parts:
            for each in part.alternatives if isinstance(part, tree.Synonyms) else ():
                if each in self._held:
                    continue
                if isinstance(each, tree.Term):
                    self._held[each] = self._frequency(each)
                    continue
                found = self._constant_of(each)
                if found is None:
                    self._held[each] = 0
                elif isinstance(each, tree.Phrase) and len(each.terms) == 1:
                    self._held[each] = self._frequencies[each.field, each.terms[0][1]]
                else:
                    unknown[each] = found
        self._held |= zip(unknown, self._collection.counts(list(unknown.values())), strict=True)

    def _constant_of(self, query: tree.Phrase | tree.Prefix) -> Dsl | None:
        if isinstance(query, tree.Prefix):
            return self._prefix(query)
        if not all(self._frequencies.get((query.field, text)) for _, text in query.terms):
            return None
        return _phrase(query, 1.0)

    def _terms(self, part: tree.Query) -> Iterator[tuple[str, str]]:
        """Yield the terms whose frequencies a leaf's weight is made of."""
        match part:
            case tree.Term():
                yield part.field, part.text
            case tree.Readings():
                for term in (*part.terms, *part.unread):
                    yield term.field, term.text
            case tree.Phrase():
                for _, text in part.terms:
                    yield part.field, text
            case tree.Synonyms():
                for each in part.alternatives:
                    if isinstance(each, tree.Prefix):
                        yield from ((each.field, text) for text in self._expanded[each])
                    else:
                        yield from self._terms(each)
                if part.home is not None:
                    yield part.home.field, part.home.text

    def _frequency(self, term: tree.Term) -> int:
        return self._frequencies.get((term.field, term.text), 0)

    def _documents(self, field: str) -> int:
        kind, _, language = field.partition("_")
        return self._collection.documents(language) if kind in tree.KINDS else 0

    def _average(self, field: str) -> float:
        """Return the average length of a field over all documents of its language, 1 if none has a text."""
        documents = self._documents(field)
        return (self._collection.tokens(field) / documents if documents else 0.0) or 1.0

    def _idf(self, field: str, frequency: float) -> float:
        return bm25.idf(self._documents(field), frequency)

    def _idf_of(self, term: tree.Term) -> float:
        return self._idf(term.field, self._frequency(term))

    def _rarity(self, query: tree.Phrase) -> float:
        return sum(self._idf_of(tree.Term(query.field, text)) for _, text in query.terms)

    # Explaining

    def explain(self, query: tree.Query, document: "Held") -> Explanation | None:
        """Return where the score of a document comes from, None if it does not match.

        Args:
            query: one that was compiled.
            document: the texts and facets that it has.
        """
        match query:
            case tree.Term():
                weights = (query.boost, [float(self._frequency(query))])
                return self._explained(query, document.occurrences(query.field, query.text), weights, document)
            case tree.Readings():
                parts = [
                    self._explained(
                        term, document.occurrences(term.field, term.text), (term.boost, [counted]), document
                    )
                    for term, counted in self._at_home(query)
                ]
                return summed(query, parts)
            case tree.Phrase():
                frequencies = [float(self._frequency(tree.Term(query.field, text))) for _, text in query.terms]
                weights = (query.boost, frequencies)
                return self._explained(query, document.phrases(query), weights, document)
            case tree.Synonyms():
                return self._explained_synonyms(query, document)
            case tree.Bool():
                return explained_bool(query, lambda each: self.explain(each, document))
        if not document.matches(query):
            return None
        return Explanation(query, 0.0 if isinstance(query, tree.Everything) else query.boost)

    def _explained(
        self,
        leaf: tree.Term | tree.Phrase,
        frequency: int,
        weights: tuple[float, Sequence[float]],
        document: "Held",
    ) -> Explanation | None:
        if not frequency:
            return None
        boost, frequencies = weights
        rarity = sum(self._idf(leaf.field, each) for each in frequencies)
        saturation = self._saturation(leaf.field, frequency, document)
        statistics = self._statistics(leaf.field, document, boost, frequencies, rarity, frequency, saturation)
        return Explanation(leaf, boost * rarity * saturation, statistics=statistics)

    def _explained_synonyms(self, query: tree.Synonyms, document: "Held") -> Explanation | None:
        counts: list[tuple[float, int]] = []
        for word in query.alternatives:
            factor = bm25.of_synonym(word.boost)
            if isinstance(word, tree.Phrase):
                counts.append((factor, document.phrases(word)))
            else:
                texts = self._expanded[word] if isinstance(word, tree.Prefix) else [word.text]
                counts += [(factor, document.occurrences(word.field, text)) for text in texts]
        field = query.alternatives[0].field if query.alternatives else ""
        there = [(factor, frequency) for factor, frequency in counts if frequency]
        if not there:
            return None
        each = [factor * self._saturation(field, frequency, document) for factor, frequency in there]
        saturation = max(each) + bm25.BESIDE * (sum(each) - max(each))
        # The number that is told is that of the best word.
        frequency = max(there, key=lambda word: word[0])[1]
        weight, held = self._weight(query)
        rarity = self._idf(field, held)
        boost = weight / rarity if rarity else 0.0
        statistics = self._statistics(field, document, boost, [held], rarity, frequency, saturation)
        return Explanation(query, weight * saturation, statistics=statistics)

    def _saturation(self, field: str, frequency: int, document: "Held") -> float:
        return bm25.saturation(float(frequency), document.length(field), self._average(field))

    def _statistics(
        self,
        field: str,
        document: "Held",
        boost: float,
        frequencies: Sequence[float],
        rarity: float,
        frequency: int,
        saturation: float,
    ) -> Statistics:
        return Statistics(
            boost=boost,
            documents=self._documents(field),
            document_frequencies=tuple(frequencies),
            rarity=rarity,
            frequency=float(frequency),
            length=float(document.length(field)),
            average_length=self._average(field),
            saturation=saturation,
        )


class Held:
    """What one document holds, to explain its score.

    Args:
        texts: field -> (position, key) of each term.
        facets: key of a facet -> values as they are kept.
        identifier: what is kept of its id.
    """

    def __init__(
        self,
        texts: Mapping[str, Sequence[tuple[int, str]]],
        facets: Mapping[str, Sequence[str]],
        identifier: str,
    ) -> None:
        self._texts = texts
        self._facets = facets
        self._identifier = identifier
        self._places: dict[str, dict[str, set[int]]] = {}

    def length(self, field: str) -> int:
        """Return the number of terms in a field."""
        return len(self._texts.get(field, ()))

    def occurrences(self, field: str, text: str) -> int:
        """Return how often a field holds a term."""
        key = term_key(text)
        return Counter(held for _, held in self._texts.get(field, ()))[key]

    def phrases(self, query: tree.Phrase) -> int:
        """Return how often a field holds a phrase."""
        places = self._where(query.field)
        starts = [{place - offset for place in places.get(term_key(text), ())} for offset, text in query.terms]
        return len(set.intersection(*starts))

    def matches(self, query: tree.Query) -> bool:
        """Tell whether a leaf matches that scores all its matches alike."""
        match query:
            case tree.Facet():
                return not {*map(kept, query.values)}.isdisjoint(self._facets.get(facet_key(query.name), ()))
            case tree.Ids():
                return self._identifier in map(kept, query.ids)
            case tree.Prefix():
                key = term_key(query.prefix)
                longest = query.max_length
                return any(
                    held.startswith(key) and (longest is None or length_of(held) <= longest)
                    for held in self._where(query.field)
                )
            case tree.Fuzzy():
                key = term_key(query.text)
                return bool(key) and any(
                    held[0] == key[0] and within_distance(held, key, query.distance)
                    for held in self._where(query.field)
                )
        return True

    def _where(self, field: str) -> dict[str, set[int]]:
        """Return the positions of each term of a field."""
        found = self._places.get(field)
        if found is None:
            found = self._places[field] = {}
            for position, key in self._texts.get(field, ()):
                found.setdefault(key, set()).add(position)
        return found


def with_values(name: str, values: Iterable[str]) -> Dsl | None:
    """Return what matches documents that carry any value of a facet; None if there are no values."""
    return _any_of(f"facet.{facet_key(name)}", map(kept, values))


def with_ids(ids: Iterable[str]) -> Dsl | None:
    """Return what matches documents by their ids; None if there are none."""
    return _any_of("id", map(kept, ids))


def _any_of(field: str, keys: Iterable[str]) -> Dsl | None:
    found = list(dict.fromkeys(keys))
    parts = [{"terms": {field: found[start : start + _MOST_TERMS]}} for start in range(0, len(found), _MOST_TERMS)]
    return _either(parts)


def _either(parts: Iterable[Dsl | None]) -> Dsl | None:
    found = [part for part in parts if part]
    if len(found) < 2:
        return found[0] if found else None
    return {"bool": {"should": found, "minimum_should_match": 1}}


def _alternatives_of(clause: Dsl) -> list[Dsl]:
    """Return the parts of a clause that matches where any of them does and adds their scores up."""
    parts: list[Dsl] = [clause]
    if clause.keys() == {"bool"} and clause["bool"].keys() == {"should", "minimum_should_match"}:
        parts = clause["bool"]["should"]
    return parts


def _constantly(query: Dsl, score: float) -> Dsl:
    return {"constant_score": {"filter": query, "boost": score}}


def _phrase(query: tree.Phrase, boost: float) -> Dsl:
    first = min(place for place, _ in query.terms)
    places: defaultdict[int, list[str]] = defaultdict(list)
    for place, text in query.terms:
        places[place - first].append(term_key(text))
    if all(len(keys) == 1 for keys in places.values()):
        text = as_text((place, key) for place, keys in places.items() for key in keys)
        return {"match_phrase": {query.field: {"query": text, "boost": boost}}}
    # What stands at one position is an alternative to a phrase, but what we mean is that all stand there.
    clauses: list[Dsl] = []
    for place in range(max(places) + 1):
        if place not in places:
            clauses.append({"span_gap": {query.field: 1}})
            continue
        here: list[Dsl] = [{"span_term": {query.field: key}} for key in places[place]]
        clauses.append(reduce(lambda one, other: {"span_within": {"little": one, "big": other}}, here))
    if len(clauses) > 1:
        return {"span_near": {"clauses": clauses, "slop": 0, "in_order": True, "boost": boost}}
    clauses[0]["span_within"]["boost"] = boost
    return clauses[0]


def _parts(query: tree.Query) -> Iterator[tree.Query]:
    """Yield all leaves of a query."""
    if isinstance(query, tree.Bool):
        for part in (*query.must, *query.should, *query.must_not):
            yield from _parts(part)
    else:
        yield query


def _flat(queries: Iterable[tree.Query]) -> Iterator[tree.Query]:
    """Yield alternatives without those that are alternatives again: there is less to evaluate."""
    for query in queries:
        if isinstance(query, tree.Bool) and not query.must and not query.must_not:
            yield from _flat(query.should)
        else:
            yield query
