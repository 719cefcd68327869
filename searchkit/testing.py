# ruff: noqa: D102, S101 - the names of the tests are the specification, and tests assert
"""The test that every engine passes.

Derive from `EngineContract`, name the engine, and run pytest: all that searchkit expects of it is checked.
``pip install 'searchkit[test]'`` brings what this module imports::

    # test_paper.py
    import pytest

    from paper_engine import PaperEngine
    from searchkit.testing import EngineContract


    class TestPaper(EngineContract):
        @pytest.fixture
        def engine_class(self):
            return PaperEngine

        def test_paper_is_white(self, engine):
            ...

``pytest.register_assert_rewrite("searchkit.testing")`` in a ``conftest.py`` makes failures speak.
"""

import os
import shutil
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import chain
from threading import Event
from typing import ClassVar, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit.errors import IndexFormatError, IndexLockedError
from searchkit.index import bm25, registry
from searchkit.index.engine import (
    Document,
    Engine,
    EngineHit,
    Entry,
    Location,
    Request,
    Response,
    Snapshot,
    Sort,
    Writer,
)
from searchkit.index.explanation import Explanation
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

__all__ = ["EngineContract"]

_FACETS: Final = ("language", "study", "mechanism")
_ALL: Final = 10_000
_WAIT: Final = 60.0
# Scores of engines that calculate with 32-bit numbers differ in the seventh digit.
_TOLERANCE: Final = 1e-4
_Scores = dict[str, float]


# What engines are given


def _terms(text: str) -> list[tuple[str, int]]:
    """Return ``a|b c _ d`` as terms: a and b at position 0, c at 1, d at 3 after a word not indexed."""
    return [
        (term, position) for position, words in enumerate(text.split()) for term in words.split("|") if term != "_"
    ]


def _document(
    identifier: str,
    *,
    title: str = "",
    body: str = "",
    author: str = "",
    study: tuple[str, ...] = (),
    mechanism: tuple[str, ...] = (),
    published: date | None = None,
    stored: bytes | None = None,
    group: str = "",
) -> Document:
    """Return a document; its language is what stands before the hyphen of its id."""
    language = identifier.partition("-")[0]
    texts = {"title": title, "body": body, "author": author}
    facets = {"language": (language,), "study": study, "mechanism": mechanism}
    return Document(
        id=identifier,
        language=language,
        fields={kind: _terms(text) for kind, text in texts.items() if text},
        facets={name: values for name, values in facets.items() if values},
        published=published.toordinal() if published else 0,
        digest=f"digest of {identifier}",
        source=f"articles/{identifier}.txt",
        stored=f"stored {identifier}".encode() if stored is None else stored,
        group=group,
    )


# No text has more than 10 terms: engines keep longer lengths approximately, in one byte.
_CORPUS: Final = (
    _document(
        "en-1",
        title="magnesium sleep",
        body="magnesium improves deep sleep _ adults",
        author="lee",
        study=("10.1/one",),
        mechanism=("nmda",),
        published=date(2020, 5, 17),
    ),
    _document(
        "en-2",
        title="deep sleep",
        body="deep sleep _ deep rest help memory",
        author="chan lee",
        study=("10.1/one", "10.2/two"),
        mechanism=("gaba", "nmda"),
        published=date(2021, 1, 1),
    ),
    _document("en-3", title="memory", body="sleep helps memory sleep helps learning", study=("10.2/two",)),
    _document(
        "en-4", title="stress", body="stress disturbs sleep", mechanism=("hpa",), published=date(2019, 3, 2)
    ),
    _document(
        "en-5", title="stress", body="stress disturbs sleep", mechanism=("hpa",), published=date(2019, 3, 2)
    ),
    _document("en-6", title="magnets", body="magnet magnets magnetic magma", published=date(1999, 12, 31)),
    _document("en-7", body="what is what"),
    _document("en-8"),
    _document(
        "sv-1",
        title="magnesium sömn",
        body="magnesium förbättrar djup sömn",
        author="lee",
        study=("10.1/one",),
        mechanism=("nmda",),
        published=date(2022, 2, 2),
    ),
    _document("sv-2", title="sömn", body="god sömn hjälper minnet", mechanism=("gaba",)),
    _document("sv-3", body="what _ sömn", study=("10.2/two",), published=date(2020, 5, 17)),
    _document(
        "zh-1",
        title="睡眠|睡眠质量 质量",
        body="镁|镁离子 离子 改善 睡眠|睡眠质量 质量",
        study=("10.1/one",),
        mechanism=("nmda",),
        published=date(2021, 1, 1),
    ),
    _document("zh-2", title="记忆", body="睡眠 记忆|记忆力 质量", mechanism=("gaba", "hpa")),
    _document("fr-1", title="magnésium", body="magnésium améliore sommeil", author="lee", study=("10.1/one",)),
    _document("fr-2", body="sommeil profond sommeil", published=date(2018, 8, 8)),
    _document("hi-1", title="नींद", body="मैग्नीशियम गहरी नींद", mechanism=("nmda",), published=date(2020, 5, 17)),
)
_IDS: Final = tuple(document.id for document in _CORPUS)
_EN: Final = tuple(identifier for identifier in _IDS if identifier.startswith("en-"))


# What they must answer


class _Model:
    """The right answers, worked out from the documents themselves."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = {document.id: document for document in documents}

    def search(self, request: Request) -> Response:
        scores = self.scores(request.query)
        matched = self._filtered(scores, request.filters)
        ranked = sorted(matched, key=lambda found: (self._date_key(found, request), -scores[found], found))
        groups: dict[str, list[str]] = {}
        for found in ranked:
            group = self._documents[found].group if request.collapse else ""
            groups.setdefault(f"group {group}" if group else f"id {found}", []).append(found)
        return Response(
            hits=tuple(
                EngineHit(
                    first,
                    scores[first],
                    self._documents[first].stored,
                    self._documents[first].group,
                    tuple(others),
                )
                for first, *others in list(groups.values())[request.offset :][: request.limit]
            ),
            total=len(groups),
            facets={name: self._count(name, scores, request.filters) for name in request.facets},
        )

    def _date_key(self, identifier: str, request: Request) -> int:
        return -self._documents[identifier].published if request.sort == "date" else 0

    def _filtered(self, ids: Iterable[str], filters: Mapping[str, frozenset[str]]) -> list[str]:
        return [found for found in ids if all(set(self._values(found, name)) & filters[name] for name in filters)]

    def _count(self, name: str, ids: Iterable[str], filters: Mapping[str, frozenset[str]]) -> Mapping[str, int]:
        others = {other: values for other, values in filters.items() if other != name}
        return Counter(value for found in self._filtered(ids, others) for value in self._values(found, name))

    def _values(self, identifier: str, facet: str) -> tuple[str, ...]:
        return self._documents[identifier].facets.get(facet, ())

    def scores(self, query: Query) -> _Scores:
        """Return the score of each document that matches."""
        match query:
            case Term():
                return self.scores(Readings((query,)))
            case Readings():
                return self._readings(query)
            case Phrase():
                return self._phrase(query)
            case Synonyms():
                return self._synonyms(query)
            case Prefix(field, prefix, longest, boost):
                fits = [
                    term
                    for term in self._lexicon(field)
                    if term.startswith(prefix) and (longest is None or len(term) <= longest)
                ]
                return dict.fromkeys(chain.from_iterable(self._holders(field, term) for term in fits), boost)
            case Fuzzy(field, text, distance, boost):
                fits = [
                    term
                    for term in self._lexicon(field)
                    if term[:1] == text[:1] and _edits(term, text) <= distance
                ]
                return dict.fromkeys(chain.from_iterable(self._holders(field, term) for term in fits), boost)
            case Facet(name, values, boost):
                return {found: boost for found in self._documents if set(self._values(found, name)) & set(values)}
            case Ids(ids, boost):
                return {found: boost for found in ids if found in self._documents}
            case Everything():
                return dict.fromkeys(self._documents, 0.0)
            case Bool():
                return self._bool(query)

    def _bool(self, query: Bool) -> _Scores:
        must = [self.scores(part) for part in query.must]
        should = [self.scores(part) for part in query.should]
        excluded = {found for part in query.must_not for found in self.scores(part)}
        if must:
            matched = set.intersection(*(set(part) for part in must))
        elif should:
            matched = set().union(*should)
        else:
            matched = set(self._documents) if query.must_not else set()
        return {found: sum(part.get(found, 0.0) for part in (*must, *should)) for found in matched - excluded}

    def _readings(self, query: Readings) -> _Scores:
        statistics = [
            (self._speakers(term.field), len(self._holders(term.field, term.text)))
            for term in (*query.terms, *query.unread)
        ]
        scores: Counter[str] = Counter()
        for term, frequency in zip(query.terms, bm25.at_home(statistics), strict=False):
            weight = term.boost * bm25.idf(self._speakers(term.field), frequency)
            for found, places in self._holders(term.field, term.text).items():
                scores[found] += weight * self._saturation(term.field, found, len(places))  # type: ignore[assignment]
        return dict(scores)

    def _synonyms(self, query: Synonyms) -> _Scores:
        words: list[tuple[float, Mapping[str, int]]] = []
        held = 0.0
        for alternative in query.alternatives:
            match alternative:
                case Phrase():
                    here = [self._occurrences(alternative)]
                case Prefix(field, prefix, longest):
                    fits = [
                        term
                        for term in self._lexicon(field)
                        if term.startswith(prefix) and len(term) <= (longest or len(term))
                    ]
                    here = [self._counts(field, term) for term in fits]
                case Term(field, text):
                    here = [self._counts(field, text)]
            held += alternative.boost * len({found for counts in here for found in counts})
            words += [(bm25.of_synonym(alternative.boost), counts) for counts in here]
        if not any(counts for _, counts in words):
            return {}
        field = query.alternatives[0].field
        weight = bm25.idf(self._speakers(field), min(held, self._speakers(field)))
        if query.home and (holders := len(self._holders(query.home.field, query.home.text))):
            weight = min(weight, bm25.idf(self._speakers(query.home.field), holders))
        scores = {}
        for found in {found for _, counts in words for found in counts}:
            each = [
                factor * self._saturation(field, found, counts[found])
                for factor, counts in words
                if counts.get(found)
            ]
            scores[found] = query.boost * weight * (max(each) + bm25.BESIDE * (sum(each) - max(each)))
        return scores

    def _phrase(self, query: Phrase) -> _Scores:
        holders = [(offset, self._holders(query.field, text)) for offset, text in query.terms]
        weight = query.boost * sum(bm25.idf(self._speakers(query.field), len(found)) for _, found in holders)
        return {
            found: weight * self._saturation(query.field, found, count)
            for found, count in self._occurrences(query).items()
        }

    def _occurrences(self, query: Phrase) -> Mapping[str, int]:
        """Return how often each document holds a phrase, of those that do."""
        holders = [(offset, self._holders(query.field, text)) for offset, text in query.terms]
        counts = {}
        for found in self._documents:
            starts = [{place - offset for place in places.get(found, ())} for offset, places in holders]
            if count := len(set.intersection(*starts)):
                counts[found] = count
        return counts

    def _saturation(self, field: str, identifier: str, frequency: float) -> float:
        lengths = {found: len(self._text(found, field)) for found in self._documents}
        return bm25.saturation(frequency, lengths[identifier], sum(lengths.values()) / self._speakers(field))

    def _speakers(self, field: str) -> int:
        """Return the number of documents in the language of a field."""
        return sum(document.language == field.partition("_")[2] for document in self._documents.values())

    def _holders(self, field: str, text: str) -> dict[str, list[int]]:
        """Return the documents that hold a term, and where."""
        places = {
            found: [place for term, place in self._text(found, field) if term == text] for found in self._documents
        }
        return {found: where for found, where in places.items() if where}

    def _counts(self, field: str, text: str) -> Counter[str]:
        return Counter({found: len(places) for found, places in self._holders(field, text).items()})

    def terms(self, field: str) -> list[tuple[str, int]]:
        """Return the terms of a field, sorted, with the number of documents that hold them."""
        return [(term, len(self._holders(field, term))) for term in sorted(self._lexicon(field))]

    def _lexicon(self, field: str) -> set[str]:
        return {term for found in self._documents for term, _ in self._text(found, field)}

    def _text(self, identifier: str, field: str) -> list[tuple[str, int]]:
        kind, _, language = field.partition("_")
        document = self._documents[identifier]
        return list(document.fields.get(kind, ())) if document.language == language else []


def _edits(one: str, other: str) -> int:
    """Return the number of insertions, deletions and substitutions between two strings."""
    row = list(range(len(other) + 1))
    for left in one:
        above = row
        row = [above[0] + 1]
        for place, right in enumerate(other):
            row.append(min(above[place + 1] + 1, row[place] + 1, above[place] + (left != right)))
    return row[-1]


_LIBRARY: Final = _Model(_CORPUS)
_WRITTEN: Final = pytest.StashKey[Engine]()


# Asking


def _write(engine: Engine, *documents: Document, delete: Iterable[str] = ()) -> None:
    with engine.writer(wait=_WAIT) as writer:
        writer.delete(delete)
        for document in documents:
            writer.add(document)
        writer.commit()


def _leave(_: Writer) -> None:
    """Do nothing more."""


def _fail(_: Writer) -> None:
    raise ZeroDivisionError


def _search(engine: Engine, query: Query) -> Response:
    return engine.search(Request(query, facets=_FACETS, limit=_ALL))


def _ids(response: Response) -> list[str]:
    return [hit.id for hit in response.hits]


def _everything(engine: Engine) -> list[str]:
    return _ids(_search(engine, Everything()))


def _assert_same_answer(response: Response, expected: Response, *, scores: bool = True) -> None:
    assert response.total == expected.total
    assert {name: dict(counts) for name, counts in response.facets.items()} == {
        name: dict(counts) for name, counts in expected.facets.items()
    }
    kept = [
        {hit.id: (hit.stored, hit.group, set(hit.others)) for hit in answer.hits}
        for answer in (response, expected)
    ]
    assert kept[0] == kept[1]
    assert len(response.hits) == len(expected.hits)
    if scores:
        assert {hit.id: hit.score for hit in response.hits} == pytest.approx(
            {hit.id: hit.score for hit in expected.hits}, rel=_TOLERANCE
        )


def _assert_adds_up(explanation: Explanation) -> None:
    """Assert that parts add up to their whole, and that the numbers of a leaf make its score."""
    if explanation.parts:
        assert explanation.score == pytest.approx(sum(part.score for part in explanation.parts), rel=1e-6)
        for part in explanation.parts:
            _assert_adds_up(part)
    if isinstance(explanation.query, Term | Phrase):
        numbers = explanation.statistics
        assert numbers is not None
        product = explanation.query.boost * numbers.rarity * numbers.saturation
        assert explanation.score == pytest.approx(product, rel=1e-6)
        rarity = sum(bm25.idf(numbers.documents, frequency) for frequency in numbers.document_frequencies)
        assert numbers.rarity == pytest.approx(rarity, rel=1e-6)


# Tables


def _named(*rows: tuple[str, Query, Iterable[str]]) -> list[object]:
    return [pytest.param(query, list(expected), id=name) for name, query, expected in rows]


def _words(field: str, *words: str) -> tuple[Term, ...]:
    return tuple(Term(field, word) for word in words)


_SLEEP: Final = Term("body_en", "sleep")
_DEEP: Final = Term("body_en", "deep")
_STRESS: Final = Term("body_en", "stress")

_LEAVES: Final = _named(
    ("a term", _SLEEP, ["en-1", "en-2", "en-3", "en-4", "en-5"]),
    ("a term of another kind of text", Term("title_en", "sleep"), ["en-1", "en-2"]),
    ("a term of another language", Term("body_sv", "magnesium"), ["sv-1"]),
    ("a term beside another at its position", Term("body_zh", "镁离子"), ["zh-1"]),
    ("an unknown term", Term("body_en", "sleepless"), []),
    ("a part of a term", Term("body_en", "slee"), []),
    ("an empty term", Term("body_en", ""), []),
    ("a term in an unknown language", Term("body_xx", "sleep"), []),
    ("a term in an unknown field", Term("nonsense", "sleep"), []),
    (
        "readings in two languages",
        Readings((Term("body_en", "what"), Term("body_sv", "what"))),
        ["en-7", "sv-3"],
    ),
    ("an unread reading", Readings((Term("body_sv", "what"),), (Term("body_en", "what"),)), ["sv-3"]),
    (
        "an unread reading in an unknown field",
        Readings((_DEEP,), (Term("nonsense", "deep"),)),
        ["en-1", "en-2"],
    ),
    ("readings that are all unread", Readings((), (Term("body_en", "what"),)), []),
    ("a phrase", Phrase("body_en", ((0, "deep"), (1, "sleep"))), ["en-1", "en-2"]),
    ("a phrase in the wrong order", Phrase("body_en", ((0, "sleep"), (1, "deep"))), []),
    ("a phrase of one term", Phrase("body_en", ((0, "deep"),)), ["en-1", "en-2"]),
    ("a phrase with a gap", Phrase("body_en", ((0, "deep"), (3, "deep"))), ["en-2"]),
    ("a phrase with a gap too few", Phrase("body_en", ((0, "deep"), (2, "deep"))), []),
    ("a phrase over a word that is not indexed", Phrase("body_en", ((0, "sleep"), (2, "adults"))), ["en-1"]),
    ("a phrase of a repeated word", Phrase("body_en", ((0, "what"), (2, "what"))), ["en-7"]),
    ("a phrase of a word said once", Phrase("body_en", ((0, "stress"), (1, "stress"))), []),
    ("a phrase across fields", Phrase("title_en", ((0, "sleep"), (1, "magnesium"))), []),
    ("a phrase of the words", Phrase("body_zh", ((0, "睡眠"), (1, "质量"))), ["zh-1"]),
    ("a phrase of overlapping words", Phrase("body_zh", ((0, "睡眠质量"), (1, "质量"))), ["zh-1"]),
    ("a phrase that begins with two at once", Phrase("body_zh", ((0, "睡眠"), (0, "睡眠质量"))), ["zh-1"]),
    ("a phrase of two that are never at once", Phrase("body_zh", ((0, "睡眠"), (0, "质量"))), []),
    ("a phrase with an unknown word", Phrase("body_en", ((0, "deep"), (1, "water"))), []),
    ("a phrase in an unknown field", Phrase("nonsense", ((0, "deep"), (1, "sleep"))), []),
    ("synonyms", Synonyms((_DEEP, _STRESS)), ["en-1", "en-2", "en-4", "en-5"]),
    (
        "a word and a phrase for one thing",
        Synonyms((Term("body_en", "rest"), Phrase("body_en", ((0, "improves"), (1, "deep"))))),
        ["en-1", "en-2"],
    ),
    ("synonyms of which one is known", Synonyms((_DEEP, Term("body_en", "water"))), ["en-1", "en-2"]),
    ("synonyms that are all unknown", Synonyms((Term("body_en", "water"),)), []),
    ("synonyms that are not there but at home", Synonyms((Term("body_sv", "water"),), home=_DEEP), []),
    ("no synonyms", Synonyms(()), []),
    ("synonyms in an unknown field", Synonyms((Term("nonsense", "deep"),)), []),
    ("a prefix", Prefix("body_en", "mag"), ["en-1", "en-6"]),
    ("a prefix that is a word", Prefix("body_en", "magnet"), ["en-6"]),
    ("a prefix of no word", Prefix("body_en", "magnetron"), []),
    ("a prefix of one character", Prefix("body_zh", "睡"), ["zh-1", "zh-2"]),
    ("a prefix of words of up to 2", Prefix("body_zh", "记", max_length=2), ["zh-2"]),
    ("a prefix of words of up to 7", Prefix("body_en", "magne", max_length=7), ["en-6"]),
    ("a prefix of words of up to 5", Prefix("body_en", "magne", max_length=5), []),
    ("an empty prefix", Prefix("author_en", ""), ["en-1", "en-2"]),
    ("a prefix in an unknown field", Prefix("nonsense", "mag"), []),
    ("a word too short by one", Fuzzy("body_en", "magnesiu"), ["en-1"]),
    ("a word too long by one", Fuzzy("body_en", "magneesium"), ["en-1"]),
    ("a word with a wrong letter", Fuzzy("body_en", "magmesium"), ["en-1"]),
    ("a word that is right", Fuzzy("body_en", "magnesium"), ["en-1"]),
    ("a word with a wrong first letter", Fuzzy("body_en", "nagnesium"), []),
    ("a word without its first letter", Fuzzy("body_en", "agnesium"), []),
    ("two letters exchanged are two errors", Fuzzy("body_en", "magnseium"), []),
    ("a word with two errors", Fuzzy("body_en", "magnseium", distance=2), ["en-1"]),
    ("a word with three errors", Fuzzy("body_en", "mgnseiumm", distance=2), []),
    ("an error that makes several words", Fuzzy("body_en", "magnett", distance=2), ["en-6"]),
    ("an error in another script", Fuzzy("body_hi", "मैग्नीशियन"), ["hi-1"]),
    ("an error in a word of one letter", Fuzzy("body_zh", "镁"), ["zh-1"]),
    ("no error allowed", Fuzzy("body_en", "deeper", distance=0), []),
    ("an empty word with errors", Fuzzy("body_en", "", distance=2), []),
    ("errors in an unknown field", Fuzzy("nonsense", "magnesiu"), []),
    ("a facet value", Facet("mechanism", ("gaba",)), ["en-2", "sv-2", "zh-2"]),
    (
        "any of two facet values",
        Facet("mechanism", ("gaba", "hpa")),
        ["en-2", "en-4", "en-5", "sv-2", "zh-2"],
    ),
    ("an unknown facet value", Facet("mechanism", ("gab",)), []),
    ("no facet value", Facet("mechanism", ()), []),
    ("an unknown facet", Facet("colour", ("gaba",)), []),
    ("ids", Ids(("sv-1", "nobody", "en-1", "")), ["en-1", "sv-1"]),
    ("no ids", Ids(()), []),
    ("everything", Everything(), _IDS),
)

_COMBINATIONS: Final = _named(
    ("nothing", Bool(), []),
    ("must", Bool(must=(_SLEEP,)), ["en-1", "en-2", "en-3", "en-4", "en-5"]),
    ("both must", Bool(must=(_SLEEP, _DEEP)), ["en-1", "en-2"]),
    ("must what nothing has", Bool(must=(_SLEEP, Term("body_en", "water"))), []),
    ("should", Bool(should=(_DEEP,)), ["en-1", "en-2"]),
    ("either should", Bool(should=(_DEEP, _STRESS)), ["en-1", "en-2", "en-4", "en-5"]),
    ("should beside must is optional", Bool(must=(_DEEP,), should=(_STRESS,)), ["en-1", "en-2"]),
    ("must not beside must", Bool(must=(_SLEEP,), must_not=(_DEEP,)), ["en-3", "en-4", "en-5"]),
    ("must not beside should", Bool(should=(_DEEP, _STRESS), must_not=(_STRESS,)), ["en-1", "en-2"]),
    ("neither", Bool(must=(_SLEEP,), must_not=(_DEEP, _STRESS)), ["en-3"]),
    (
        "all three",
        Bool(must=(_SLEEP,), should=(_DEEP,), must_not=(_STRESS,)),
        ["en-1", "en-2", "en-3"],
    ),
    ("only must not", Bool(must_not=(Facet("language", ("en",)),)), [i for i in _IDS if i not in _EN]),
    ("only must not what nothing has", Bool(must_not=(Term("nonsense", "x"),)), _IDS),
    ("must not everything", Bool(must=(_SLEEP,), must_not=(Everything(),)), []),
    ("everything but", Bool(must=(Everything(),), must_not=(Facet("language", ("en", "sv")),)), _IDS[11:]),
    ("must be empty", Bool(must=(_SLEEP, Bool())), []),
    ("should be empty", Bool(should=(_DEEP, Bool())), ["en-1", "en-2"]),
    ("must not be empty", Bool(must=(_DEEP,), must_not=(Bool(),)), ["en-1", "en-2"]),
    (
        "a nested either",
        Bool(must=(_SLEEP, Bool(should=(_STRESS, Term("body_en", "learning"))))),
        ["en-3", "en-4", "en-5"],
    ),
    ("a nested negation", Bool(must=(_SLEEP, Bool(must_not=(_DEEP,)))), ["en-3", "en-4", "en-5"]),
    ("a negation negated", Bool(must_not=(Bool(must_not=(_DEEP,)),)), ["en-1", "en-2"]),
    (
        "a negation as an alternative",
        Bool(should=(_DEEP, Bool(must_not=(Facet("language", ("en", "sv", "zh")),)))),
        ["en-1", "en-2", "fr-1", "fr-2", "hi-1"],
    ),
    ("the same twice", Bool(must=(_DEEP, _DEEP), should=(_DEEP,)), ["en-1", "en-2"]),
)

_SCORED: Final[Mapping[str, Query]] = {
    "a common term": _SLEEP,
    "a rare term": Term("body_en", "learning"),
    "a term in a short field": Term("title_en", "memory"),
    "a term in a language of few articles": Term("body_hi", "नींद"),
    "a term with a boost": Term("body_en", "sleep", boost=0.25),
    "a repeated term": Term("body_fr", "sommeil"),
    "a term at home elsewhere": Readings((Term("body_en", "what"), Term("body_sv", "what"))),
    "a word as several languages read it": Readings(
        tuple(Term(f"body_{code}", "magnesium") for code in ("en", "sv", "fr")), (Term("body_en", "sleep"),)
    ),
    "a word that is common where it is unread": Readings(
        (Term("body_en", "learning"),), (Term("body_sv", "sömn"),)
    ),
    "a phrase": Phrase("body_en", ((0, "deep"), (1, "sleep"))),
    "a phrase that occurs twice": Phrase("body_en", ((0, "sleep"), (1, "helps"))),
    "a phrase with a boost": Phrase("body_en", ((0, "what"), (2, "what")), boost=3.0),
    "synonyms": Synonyms((Term("body_en", "memory"), Term("body_en", "rest"))),
    "synonyms of which one is worse": Synonyms((Term("body_en", "memory"), Term("body_en", "rest", boost=0.3))),
    "synonyms with a boost": Synonyms((Term("body_en", "memory"), Term("body_en", "learning")), boost=0.25),
    "a word and a phrase for one thing": Synonyms((Term("body_en", "rest"), Phrase("body_en", ((0, "deep"),)))),
    "a word and a prefix for one thing": Synonyms((Term("body_en", "rest"), Prefix("body_en", "help"))),
    "a prefix of short words": Synonyms((Prefix("body_en", "magne", max_length=7), Prefix("body_en", "stress"))),
    "synonyms in more documents than there are": Synonyms((_SLEEP, _SLEEP, _SLEEP)),
    "synonyms that are commoner at home": Synonyms((Term("body_en", "learning"),), home=Term("body_sv", "sömn")),
    "synonyms that are rarer at home": Synonyms((Term("body_sv", "sömn"),), home=Term("body_en", "learning")),
    "synonyms unknown at home": Synonyms((Term("body_sv", "sömn"),), home=Term("body_en", "water")),
    "a prefix": Prefix("body_en", "mag", boost=0.5),
    "a word with errors": Fuzzy("body_en", "slepe", distance=2, boost=0.5),
    "a facet": Facet("mechanism", ("nmda", "gaba"), boost=0.5),
    "ids": Ids(("en-2", "zh-1"), boost=0.25),
    "everything": Everything(),
    "several words": Bool(should=_words("body_en", "deep", "sleep", "memory", "magnesium")),
    "should beside must": Bool(must=(_SLEEP,), should=(Term("title_en", "sleep"), Facet("mechanism", ("hpa",)))),
    "the same word twice": Bool(should=(_SLEEP, _SLEEP)),
    "only must not": Bool(must_not=(_SLEEP,)),
    "languages together": Bool(
        should=(
            *_words("body_en", "magnesium", "sleep"),
            *_words("title_sv", "magnesium", "sömn"),
            *_words("body_zh", "镁", "睡眠"),
            Bool(must=_words("body_fr", "magnésium", "sommeil")),
            Facet("mechanism", ("nmda",), boost=0.1),
        )
    ),
}

_FILTERED: Final[Mapping[str, Mapping[str, set[str]]]] = {
    "one value": {"mechanism": {"nmda"}},
    "two values of a facet": {"mechanism": {"nmda", "hpa"}},
    "two facets": {"mechanism": {"nmda"}, "language": {"en", "zh"}},
    "three facets": {"mechanism": {"nmda", "gaba"}, "language": {"en", "sv", "fr"}, "study": {"10.1/one"}},
    "a value that nothing has": {"mechanism": {"dopamine"}},
    "a value that nothing has beside one": {"mechanism": {"dopamine", "hpa"}, "language": {"zh"}},
    "facets that exclude each other": {"mechanism": {"hpa"}, "language": {"fr"}},
    "an unknown facet": {"colour": {"blue"}},
    "none": {},
}

# Terms as no analyzer should make them, and some do.
_ODD: Final[Mapping[str, str]] = {
    "100,000 characters": "x" * 100_000,
    "100,000 characters of three bytes": "睡" * 100_000,
    "a NUL": "a\0b",
    "only a NUL": "\0",
    "a newline": "a\nb",
    "a space": "a b",
    "only a space": " ",
    "beyond the basic plane": "𝄞🧠",
    "combining marks": "e\u0301\u0323",
    "the last code point": "\U0010ffff",
    "a colon and a quote": "a:b\"c'",
}

# Random documents, searches and histories


def _some(values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=len(values)).map(lambda some: tuple(some))


_TEXTS: Final = st.lists(st.sampled_from(["a", "ab", "b|ab", "c", "_"]), max_size=5).map(" ".join)
_DOCUMENTS: Final = st.builds(
    _document,
    st.sampled_from([f"{language}-{number}" for language in ("en", "sv") for number in range(5)]),
    title=_TEXTS,
    body=_TEXTS,
    study=_some("xyz"),
    mechanism=_some("pq"),
    published=st.none() | st.dates(),
    group=st.sampled_from(["", "", "g", "h"]),
)
_SOME_IDS: Final = st.lists(st.sampled_from(["en-0", "en-1", "sv-0", "sv-9"]), unique=True).map(
    lambda some: tuple(some)
)
_FIELDS: Final = st.sampled_from(["title_en", "body_en", "title_sv", "body_sv"])
_WORDS: Final = st.sampled_from(["a", "ab", "b", "c"])
_QUERIES: Final = st.recursive(
    st.one_of(
        st.builds(Term, _FIELDS, _WORDS, st.sampled_from([0.5, 1.0])),
        st.builds(
            Readings,
            st.lists(st.builds(Term, _FIELDS, _WORDS), min_size=1, max_size=2).map(lambda some: tuple(some)),
        ),
        st.builds(
            lambda field, words, gap: Phrase(
                field, tuple((place * gap, word) for place, word in enumerate(words))
            ),
            _FIELDS,
            st.lists(_WORDS, min_size=1, max_size=3),
            st.integers(1, 2),
        ),
        st.builds(
            lambda field, words, weight, home: Synonyms(
                tuple(Term(field, word, weight) for word in words), home=home
            ),
            _FIELDS,
            st.lists(_WORDS, max_size=3),
            st.sampled_from([0.3, 1.0]),
            st.none() | st.builds(Term, _FIELDS, _WORDS),
        ),
        st.builds(Prefix, _FIELDS, _WORDS, st.sampled_from([None, 1])),
        st.builds(Fuzzy, _FIELDS, _WORDS),
        st.builds(Facet, st.just("study"), _some("xyz")),
        st.builds(Ids, _SOME_IDS, st.sampled_from([0.0, 0.5])),
        st.just(Everything()),
    ),
    lambda parts: st.builds(
        Bool,
        *[st.lists(parts, max_size=2).map(lambda some: tuple(some)) for _ in ("must", "should", "must_not")],
    ),
    max_leaves=6,
)
_FILTERS: Final = st.fixed_dictionaries(
    {},
    optional={
        "language": st.frozensets(st.sampled_from(["en", "sv"]), min_size=1),
        "study": st.frozensets(st.sampled_from("xyz"), min_size=1),
        "mechanism": st.frozensets(st.sampled_from("pq"), min_size=1),
    },
)
_REQUESTS: Final = st.builds(
    Request,
    _QUERIES,
    _FILTERS,
    st.just(_FACETS),
    st.just(_ALL),
    sort=st.sampled_from(["relevance", "date"]),
    collapse=st.booleans(),
)
# Batches of (ids to delete, documents to add).
_HISTORIES: Final = st.lists(
    st.tuples(
        _some("01234").map(lambda numbers: [f"en-{number}" for number in numbers]),
        st.lists(_DOCUMENTS, max_size=4),
    ),
    min_size=1,
    max_size=4,
)

_property = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    # The same property runs once for each engine, and so from several classes.
    suppress_health_check=[
        HealthCheck.differing_executors,
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)


class EngineContract:
    """What searchkit expects of an engine, as tests.

    A subclass gives `engine_name`, a name of `searchkit.index.ENGINES`, or overrides the fixture
    `engine_class`. One whose indexes are not folders overrides `location` and `remove` too, and where it removes
    them after each test, `lasting_location`.
    """

    engine_name: ClassVar[str] = ""

    @pytest.fixture
    def engine_class(self) -> type[Engine]:
        """Return the engine to test."""
        return registry.engine_class(self.engine_name)

    @pytest.fixture
    def location(self, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Location]:
        """Return a function that names a place without an index, another one at each call."""
        return lambda: tmp_path_factory.mktemp("index") / "engine"

    @pytest.fixture
    def lasting_location(self, location: Callable[[], Location]) -> Callable[[], Location]:
        """Return the same, for an index that is there as long as the class."""
        return location

    @pytest.fixture
    def remove(self) -> Callable[[Location], None]:
        """Return a function that removes an index."""
        return shutil.rmtree

    @pytest.fixture
    def engine(self, engine_class: type[Engine], location: Callable[[], Location]) -> Iterator[Engine]:
        """Yield an empty index."""
        engine = engine_class.create(location())
        yield engine
        engine.close()

    @pytest.fixture
    def library(
        self,
        request: pytest.FixtureRequest,
        engine_class: type[Engine],
        lasting_location: Callable[[], Location],
    ) -> Engine:
        """Return the reference corpus, in three batches, once for a class: its tests only read it."""
        owner = request.node.getparent(pytest.Class)
        library: Engine | None = owner.stash.get(_WRITTEN, None)
        if library is None:
            owner.stash[_WRITTEN] = library = engine_class.create(lasting_location())
            owner.addfinalizer(library.close)
            for batch in (_CORPUS[:10], _CORPUS[10:14], _CORPUS[14:]):
                _write(library, *batch)
        return library

    # Creating and opening

    def test_a_new_index_is_empty(self, engine: Engine) -> None:
        assert list(engine.entries()) == []
        assert engine.get(["en-1"]) == {}
        assert engine.stats().documents == 0

    @pytest.mark.parametrize("query", _SCORED.values(), ids=_SCORED)
    def test_every_query_of_an_empty_index_finds_nothing(self, engine: Engine, query: Query) -> None:
        response = engine.search(Request(query, filters={"study": frozenset({"10.1/one"})}, facets=_FACETS))

        assert (response.hits, response.total) == ((), 0)
        assert response.facets == {"language": {}, "study": {}, "mechanism": {}}

    def test_hits_come_without_stored_bytes_where_they_are_not_asked_for(self, engine: Engine) -> None:
        _write(engine, *_CORPUS)
        whole = engine.search(Request(_SLEEP))
        bare = engine.search(Request(_SLEEP, stored=False))
        assert all(hit.stored for hit in whole.hits)
        assert bare.hits == tuple(hit._replace(stored=b"") for hit in whole.hits)

    @pytest.mark.parametrize("text", ["sleep", "memory", "magnesium", "no such term", ""])
    def test_document_frequencies_are_those_of_the_documents(self, engine: Engine, text: str) -> None:
        _write(engine, *_CORPUS)
        for language in ("en", "sv", "xx"):
            bodies = [document.fields.get("body", ()) for document in _CORPUS if document.language == language]
            expected = sum(any(term == text for term, _ in terms) for terms in bodies)
            assert engine.document_frequency(f"body_{language}", text) == expected

    @pytest.mark.parametrize("language", ["en", "sv", "zh", "xx", ""])
    def test_documents_of_a_language_are_counted(self, engine: Engine, language: str) -> None:
        assert engine.document_count(language) == 0
        _write(engine, *_CORPUS)
        _write(engine, delete=[_CORPUS[0].id])
        expected = sum(document.language == language for document in _CORPUS[1:])
        assert engine.document_count(language) == expected

    @pytest.mark.parametrize("prefix", ["", "m", "magne", "magnesium", "睡", "zzz", "\0"])
    @pytest.mark.parametrize(
        "field", ["body_en", "title_en", "body_sv", "body_zh", "body_hi", "author_en", "body_xx"]
    )
    def test_terms_come_in_order_with_their_document_frequencies(
        self, library: Engine, field: str, prefix: str
    ) -> None:
        model = _LIBRARY.terms(field)
        expected = [(term, count) for term, count in model if term.startswith(prefix)]
        assert list(library.terms(field, prefix)) == expected
        assert all(library.document_frequency(field, term) == count for term, count in expected)

    def test_terms_of_a_replaced_document_are_the_new_ones_at_least(self, engine: Engine) -> None:
        _write(engine, _document("en-1", body="sleep old"), _document("en-2", body="sleep"))
        _write(engine, _document("en-1", body="sleep new"), delete=["en-2"])

        found = dict(engine.terms("body_en"))

        assert list(found) == sorted(found)
        assert {"new", "sleep"} <= found.keys() <= {"new", "sleep", "old"}
        assert all(found[term] >= 1 for term in ("new", "sleep"))

    def test_an_empty_index_has_no_terms(self, engine: Engine) -> None:
        assert list(engine.terms("body_en")) == []

    def test_an_index_is_found_again_when_opened(
        self, engine_class: type[Engine], location: Callable[[], Location]
    ) -> None:
        place = location()
        first = engine_class.create(place)
        _write(first, *_CORPUS)
        first.close()

        second = engine_class.open(place)

        _assert_same_answer(_search(second, _SLEEP), _LIBRARY.search(Request(_SLEEP, facets=_FACETS)))
        second.close()

    def test_an_empty_index_is_found_again_when_opened(
        self, engine_class: type[Engine], location: Callable[[], Location]
    ) -> None:
        place = location()
        engine_class.create(place).close()

        engine = engine_class.open(place)

        assert _everything(engine) == []
        engine.close()

    def test_opening_a_place_without_an_index_says_so(
        self, engine_class: type[Engine], location: Callable[[], Location]
    ) -> None:
        place = location()

        with pytest.raises(IndexFormatError) as caught:
            engine_class.open(place)

        assert str(place) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_stats_count_the_documents_and_their_bytes(self, library: Engine) -> None:
        stats = library.stats()

        assert stats.documents == len(_CORPUS)
        assert stats.bytes > sum(len(document.id) for document in _CORPUS)
        assert stats.segments >= 1

    # Writing

    def test_nothing_shows_before_the_commit(self, engine: Engine) -> None:
        _write(engine, _document("en-1", body="old"))

        with engine.writer() as writer:
            writer.add(_document("en-1", body="new", stored=b"new"))
            writer.add(_document("en-2", body="new"))
            writer.delete(["en-1"])

            assert _everything(engine) == ["en-1"]
            assert engine.get(["en-1", "en-2"]) == {"en-1": b"stored en-1"}
            assert [entry.id for entry in engine.entries()] == ["en-1"]
            assert engine.stats().documents == 1
            assert _ids(_search(engine, Term("body_en", "new"))) == []

    @pytest.mark.parametrize("leave", [_leave, _fail], ids=["without a commit", "with an exception"])
    def test_leaving_the_writer_changes_nothing_and_lets_the_next_one_in(
        self, engine: Engine, leave: Callable[[Writer], None]
    ) -> None:
        _write(engine, _document("en-1"))

        with suppress(ZeroDivisionError), engine.writer() as writer:
            writer.add(_document("en-2"))
            writer.delete(["en-1"])
            leave(writer)

        assert _everything(engine) == ["en-1"]
        with engine.writer(wait=0) as writer:
            writer.add(_document("en-3"))
            writer.commit()
        assert _everything(engine) == ["en-1", "en-3"]

    def test_an_exception_in_a_batch_reaches_the_caller(self, engine: Engine) -> None:
        with pytest.raises(ZeroDivisionError), engine.writer() as writer:
            _fail(writer)

    def test_a_writer_commits_several_batches(self, engine: Engine) -> None:
        with engine.writer() as writer:
            writer.add(_document("en-1", body="old"))
            writer.add(_document("en-2"))
            writer.commit()
            writer.add(_document("en-3"))
            writer.add(_document("en-1", body="new"))
            writer.delete(["en-2"])
            writer.commit()

        assert _everything(engine) == ["en-1", "en-3"]
        assert _ids(_search(engine, Term("body_en", "new"))) == ["en-1"]

    def test_a_committed_batch_is_not_undone_by_an_exception_after_it(self, engine: Engine) -> None:
        with suppress(ZeroDivisionError), engine.writer() as writer:
            writer.add(_document("en-1"))
            writer.commit()
            _fail(writer)

        assert _everything(engine) == ["en-1"]

    def test_adding_replaces_the_document_with_the_same_id(self, engine: Engine) -> None:
        _write(engine, _document("en-1", body="old", study=("x",), stored=b"old"), _document("en-2", body="old"))

        _write(engine, _document("en-1", body="new", study=("y",), stored=b"new"))

        response = _search(engine, Everything())
        assert response.total == 2
        assert response.facets["study"] == {"y": 1}
        assert engine.get(["en-1"]) == {"en-1": b"new"}
        assert _ids(_search(engine, Term("body_en", "old"))) == ["en-2"]
        assert _ids(_search(engine, Term("body_en", "new"))) == ["en-1"]

    def test_the_last_of_several_documents_with_one_id_wins_within_a_batch(self, engine: Engine) -> None:
        _write(
            engine,
            *[_document("en-1", body=f"word{n}", study=(f"s{n}",), stored=b"%d" % n) for n in range(3)],
        )

        response = _search(engine, Everything())
        assert [hit.stored for hit in response.hits] == [b"2"]
        assert response.facets["study"] == {"s2": 1}
        assert [_search(engine, Term("body_en", f"word{n}")).total for n in range(3)] == [0, 0, 1]
        assert [entry.id for entry in engine.entries()] == ["en-1"]
        assert engine.stats().documents == 1

    def test_deleted_documents_are_gone(self, engine: Engine) -> None:
        _write(engine, *_CORPUS)

        _write(engine, delete=_EN)

        left = _Model(document for document in _CORPUS if document.id not in _EN)
        _assert_same_answer(
            _search(engine, Everything()), left.search(Request(facets=_FACETS, limit=_ALL)), scores=False
        )
        assert _search(engine, _SLEEP).total == 0
        assert engine.get(["en-1", "sv-1"]) == {"sv-1": b"stored sv-1"}
        assert {entry.id for entry in engine.entries()} == set(_IDS) - set(_EN)
        assert engine.stats().documents == len(_IDS) - len(_EN)

    def test_unknown_ids_to_delete_are_passed_over(self, engine: Engine) -> None:
        _write(engine, _document("en-1"), delete=["en-1", "nobody", ""])

        _write(engine, delete=["nobody", "en-1", "en-1"])

        assert _everything(engine) == []

    def test_a_document_deleted_and_then_added_in_one_batch_is_there(self, engine: Engine) -> None:
        _write(engine, _document("en-1", stored=b"old"))

        _write(engine, _document("en-1", stored=b"new"), delete=["en-1"])

        assert [(hit.id, hit.stored) for hit in _search(engine, Everything()).hits] == [("en-1", b"new")]

    def test_a_document_added_and_then_deleted_in_one_batch_is_not_there(self, engine: Engine) -> None:
        _write(engine, _document("en-2"))

        with engine.writer() as writer:
            writer.add(_document("en-1"))
            writer.add(_document("en-2", stored=b"new"))
            writer.delete(["en-1", "en-2"])
            writer.commit()

        assert _everything(engine) == []
        assert engine.stats().documents == 0

    def test_a_batch_without_changes_changes_nothing(self, engine: Engine) -> None:
        _write(engine, *_CORPUS)
        before = _search(engine, _SLEEP)

        _write(engine)

        assert _search(engine, _SLEEP) == before

    def test_an_index_that_lost_all_its_documents_can_be_filled_again(self, engine: Engine) -> None:
        _write(engine, *_CORPUS)
        _write(engine, delete=_IDS)
        assert _search(engine, Everything()).total == 0

        _write(engine, *_CORPUS)

        _assert_same_answer(_search(engine, _SLEEP), _LIBRARY.search(Request(_SLEEP, facets=_FACETS)))

    def test_a_document_that_cannot_be_added_does_no_harm_to_the_rest_of_the_batch(self, engine: Engine) -> None:
        def broken() -> Iterator[tuple[str, int]]:
            yield "ghost", 0
            raise ZeroDivisionError

        _write(engine, _document("en-1", body="old"))

        with engine.writer() as writer:
            writer.add(_document("en-2", body="before"))
            for identifier in ("en-1", "en-3"):
                fields = {"title": _terms("ghost"), "body": broken()}
                with pytest.raises(ZeroDivisionError):
                    writer.add(replace(_document(identifier), fields=fields))
            writer.add(_document("en-4", body="after"))
            writer.commit()

        assert _everything(engine) == ["en-1", "en-2", "en-4"]
        assert [_ids(_search(engine, Term("body_en", word))) for word in ("old", "before", "ghost", "after")] == [
            ["en-1"],
            ["en-2"],
            [],
            ["en-4"],
        ]
        assert _ids(_search(engine, Term("title_en", "ghost"))) == []

    def test_terms_may_come_in_any_order_and_from_an_iterator(self, engine: Engine) -> None:
        terms = _terms("deep sleep _ deep rest")
        backwards = replace(_document("en-1"), fields={"body": reversed(terms)})
        streamed = replace(_document("en-2"), fields={"body": (term for term in terms)})

        _write(engine, backwards, streamed)

        assert _ids(_search(engine, Phrase("body_en", ((0, "deep"), (1, "sleep"), (3, "deep"))))) == [
            "en-1",
            "en-2",
        ]

    def test_many_small_commits_leave_few_segments_and_right_answers(self, engine: Engine) -> None:
        documents = []
        for number in range(60):
            documents.append(replace(_CORPUS[number % len(_CORPUS)], id=f"{number:02}"))
            _write(engine, documents[-1])

        # An engine may keep each of the five languages by itself.
        assert engine.stats().segments < 30
        request = Request(_SLEEP, facets=_FACETS, limit=_ALL)
        _assert_same_answer(engine.search(request), _Model(documents).search(request))

    @_property
    @given(history=_HISTORIES, request=_REQUESTS)
    def test_whatever_was_added_replaced_and_deleted_the_answer_is_that_of_what_is_left(
        self,
        engine_class: type[Engine],
        location: Callable[[], Location],
        history: list[tuple[list[str], list[Document]]],
        request: Request,
    ) -> None:
        engine = engine_class.create(location())
        left: dict[str, Document] = {}
        for deleted, added in history:
            _write(engine, *added, delete=deleted)
            left = {identifier: document for identifier, document in left.items() if identifier not in deleted}
            left.update({document.id: document for document in added})

        # Engines may count with deleted documents for a while, in scores alone.
        _assert_same_answer(engine.search(request), _Model(left.values()).search(request), scores=False)
        assert {entry.id for entry in engine.entries()} == set(left)
        engine.close()

    # Queries

    @pytest.mark.parametrize(("query", "expected"), _LEAVES)
    def test_a_leaf_finds(self, library: Engine, query: Query, expected: list[str]) -> None:
        assert sorted(_ids(_search(library, query))) == sorted(expected)

    @pytest.mark.parametrize(("query", "expected"), _COMBINATIONS)
    def test_a_combination_finds(self, library: Engine, query: Query, expected: list[str]) -> None:
        assert sorted(_ids(_search(library, query))) == sorted(expected)

    @pytest.mark.parametrize("term", _ODD.values(), ids=_ODD)
    def test_a_term_is_found_again_however_odd(self, engine: Engine, term: str) -> None:
        _write(
            engine,
            replace(
                _document("en-1"),
                fields={"title": [(term, 0)], "body": [("before", 0), (term, 1), ("after", 2)]},
            ),
            _document("en-2", title="a", body="b"),
        )

        for query in (
            Term("title_en", term),
            Phrase("body_en", ((0, "before"), (1, term), (2, "after"))),
            Prefix("body_en", term),
            Prefix("body_en", term[:1], max_length=len(term)),
            Fuzzy("body_en", term),
        ):
            assert _ids(_search(engine, query)) == ["en-1"], type(query)

    @pytest.mark.parametrize("term", _ODD.values(), ids=_ODD)
    def test_a_term_is_not_found_where_it_is_not_however_odd(self, library: Engine, term: str) -> None:
        for query in (
            Term("body_en", term),
            Phrase("body_en", ((0, "deep"), (1, term))),
            Prefix("body_en", term),
            Fuzzy("body_en", term),
            Facet("mechanism", (term,)),
        ):
            assert _ids(_search(library, query)) == [], type(query)

    @pytest.mark.parametrize(
        "query",
        [
            Term("body_en", "\ud800"),
            Phrase("body_en", ((0, "deep"), (1, "\ud800"))),
            Prefix("body_en", "\ud800"),
            Prefix("body_en", "s\udfff"),
            Fuzzy("body_en", "\ud800"),
            Fuzzy("body_en", "d\udfffep", distance=2),
            Facet("mechanism", ("\ud800",)),
        ],
        ids=repr,
    )
    def test_half_a_surrogate_pair_in_a_query_is_no_error(self, library: Engine, query: Query) -> None:
        expected = ["en-1", "en-2"] if isinstance(query, Fuzzy) and query.text.startswith("d") else []

        assert _ids(_search(library, query)) == expected

    # Ranking

    @pytest.mark.parametrize("query", _SCORED.values(), ids=_SCORED)
    def test_scores_are_bm25_with_the_statistics_of_the_language(self, library: Engine, query: Query) -> None:
        expected = _LIBRARY.search(Request(query, facets=_FACETS, limit=_ALL))

        response = _search(library, query)

        assert expected.total > 0
        _assert_same_answer(response, expected)
        assert _ids(response) == _ids(expected)

    def test_should_beside_must_adds_to_the_score(self, library: Engine) -> None:
        alone = {hit.id: hit.score for hit in _search(library, _SLEEP).hits}
        beside = {hit.id: hit.score for hit in _search(library, Bool(must=(_SLEEP,), should=(_DEEP,))).hits}

        assert beside.keys() == alone.keys()
        assert [found for found in sorted(alone) if beside[found] > alone[found]] == ["en-1", "en-2"]

    def test_a_foreign_word_weighs_no_more_than_at_home(self, engine: Engine) -> None:
        foreign, home = Term("body_sv", "what"), Term("body_en", "what")
        documents = [
            *[_document(f"en-{number}", body="what is") for number in range(30)],
            *[_document(f"sv-{number}", body="god sömn") for number in range(4)],
            _document("sv-4", body="god what"),
        ]
        _write(engine, *documents)

        scores = []
        for query in (Readings((foreign,)), Readings((foreign, home)), Readings((foreign,), (home,))):
            response = _search(engine, query)
            _assert_same_answer(response, _Model(documents).search(Request(query, facets=_FACETS, limit=_ALL)))
            scores += [hit.score for hit in response.hits if hit.id == "sv-4"]

        alone, read, unread = scores
        assert read == pytest.approx(unread)
        assert read < alone / 2

    def test_synonyms_count_as_one_word(self, library: Engine) -> None:
        words = _words("body_en", "helps", "memory")
        one = _search(library, Synonyms(words))
        two = _search(library, Bool(should=words))

        assert {hit.id for hit in one.hits} == {hit.id for hit in two.hits} == {"en-2", "en-3"}
        assert one.hits[0].id == two.hits[0].id == "en-3"
        assert one.hits[0].score < two.hits[0].score

    def test_ties_are_ordered_by_id(self, engine: Engine) -> None:
        ids = [f"en-{letter}" for letter in "hcagfbed"]
        _write(engine, *[_document(identifier, body="sleep") for identifier in ids])

        assert _ids(_search(engine, _SLEEP)) == sorted(ids)
        assert _everything(engine) == sorted(ids)

    def test_the_order_in_which_documents_were_added_does_not_matter(
        self, library: Engine, engine: Engine
    ) -> None:
        for batch in (_CORPUS[12:], _CORPUS[7:12], _CORPUS[:7]):
            _write(engine, *reversed(batch))

        for query in _SCORED.values():
            response, expected = _search(engine, query), _search(library, query)
            _assert_same_answer(response, expected)
            assert _ids(response) == _ids(expected)

    @_property
    @given(documents=st.lists(_DOCUMENTS, max_size=10, unique_by=lambda document: document.id), request=_REQUESTS)
    def test_every_answer_has_the_scores_totals_and_counts_of_a_plain_calculation(
        self,
        engine_class: type[Engine],
        location: Callable[[], Location],
        documents: list[Document],
        request: Request,
    ) -> None:
        engine = engine_class.create(location())
        _write(engine, *documents[:6])
        _write(engine, *documents[6:])

        response = engine.search(request)

        _assert_same_answer(response, _Model(documents).search(request))
        published = {document.id: document.published for document in documents if request.sort == "date"}
        ranks = [(-published.get(hit.id, 0), -hit.score, hit.id) for hit in response.hits]
        assert ranks == sorted(ranks)
        engine.close()

    # Explaining

    @pytest.mark.parametrize("query", _SCORED.values(), ids=_SCORED)
    def test_an_explanation_adds_up_to_the_score(self, library: Engine, query: Query) -> None:
        scores = {hit.id: hit.score for hit in library.search(Request(query, limit=_ALL)).hits}

        explained = library.explain(query, [*_IDS, "nobody"])

        assert {found: part.score for found, part in explained.items()} == pytest.approx(scores, rel=1e-6)
        for part in explained.values():
            _assert_adds_up(part)

    @_property
    @given(documents=st.lists(_DOCUMENTS, max_size=10, unique_by=lambda document: document.id), query=_QUERIES)
    def test_every_explanation_adds_up_to_the_score(
        self, engine_class: type[Engine], location: Callable[[], Location], documents: list[Document], query: Query
    ) -> None:
        engine = engine_class.create(location())
        _write(engine, *documents)
        scores = {hit.id: hit.score for hit in engine.search(Request(query, limit=_ALL)).hits}

        explained = engine.explain(query, [document.id for document in documents])

        assert {found: part.score for found, part in explained.items()} == pytest.approx(scores, rel=1e-6)
        for part in explained.values():
            _assert_adds_up(part)
        engine.close()

    def test_only_those_asked_for_that_match_are_explained(self, library: Engine) -> None:
        assert library.explain(_DEEP, ["en-1", "en-3", "nobody"]).keys() == {"en-1"}
        assert library.explain(_DEEP, []) == {}
        assert library.explain(Bool(must_not=(_DEEP,)), ["en-1", "en-3"]).keys() == {"en-3"}

    def test_a_term_is_explained_with_what_its_score_is_made_of(self, library: Engine) -> None:
        part = library.explain(Term("body_en", "sleep", boost=0.5), ["en-3"])["en-3"]

        assert part.query == Term("body_en", "sleep", boost=0.5)
        assert part.statistics is not None
        assert part.statistics.documents == 8
        assert part.statistics.document_frequencies == (5.0,)
        assert (part.statistics.frequency, part.statistics.length) == (2.0, 6.0)
        assert part.statistics.average_length == pytest.approx(30 / 8)

    def test_a_word_more_at_home_elsewhere_is_explained_with_the_rarity_that_counts(self, library: Engine) -> None:
        query = _SCORED["a word as several languages read it"]

        part = library.explain(query, ["sv-1"])["sv-1"]

        (term,) = part.parts
        assert term.query == Term("body_sv", "magnesium")
        assert term.statistics is not None
        assert term.statistics.document_frequencies[0] >= library.document_frequency("body_sv", "magnesium")

    # Filters and facets

    @pytest.mark.parametrize("query", [Everything(), _SLEEP, Facet("study", ("10.1/one",)), Bool()], ids=repr)
    @pytest.mark.parametrize("filters", _FILTERED.values(), ids=_FILTERED)
    def test_filters_and_counts_are_those_of_a_plain_count(
        self, library: Engine, query: Query, filters: Mapping[str, set[str]]
    ) -> None:
        request = Request(
            query,
            filters={name: frozenset(values) for name, values in filters.items()},
            facets=(*_FACETS, "colour"),
            limit=_ALL,
        )

        response = library.search(request)

        _assert_same_answer(response, _LIBRARY.search(request))
        assert all(count > 0 for counts in response.facets.values() for count in counts.values())

    def test_values_of_one_facet_are_alternatives_and_facets_add_up(self, library: Engine) -> None:
        def found(**filters: set[str]) -> list[str]:
            chosen = {name: frozenset(values) for name, values in filters.items()}
            return _ids(library.search(Request(filters=chosen, limit=_ALL)))

        assert found(mechanism={"hpa"}) == ["en-4", "en-5", "zh-2"]
        assert found(mechanism={"hpa", "gaba"}) == ["en-2", "en-4", "en-5", "sv-2", "zh-2"]
        assert found(mechanism={"hpa", "gaba"}, language={"zh", "sv"}) == ["sv-2", "zh-2"]

    def test_a_facets_own_selection_does_not_empty_its_other_counts(self, library: Engine) -> None:
        response = library.search(Request(filters={"mechanism": frozenset({"hpa"})}, facets=_FACETS, limit=_ALL))

        assert response.facets["mechanism"] == {"nmda": 5, "gaba": 3, "hpa": 3}
        assert response.facets["language"] == {"en": 2, "zh": 1}
        assert response.facets["study"] == {}

    def test_only_the_facets_asked_for_are_counted(self, library: Engine) -> None:
        assert library.search(Request(facets=("study",))).facets.keys() == {"study"}
        assert library.search(Request()).facets == {}

    def test_values_that_few_of_many_documents_carry_are_counted_as_exactly(self, engine: Engine) -> None:
        documents = [
            _document(
                f"en-{number:03}",
                body="deep sleep" if number % 3 else "sleep",
                study=(f"study {number % 100}",),
                mechanism=("nmda",) if number % 2 else (),
            )
            for number in range(300)
        ]
        _write(engine, *documents[:200])
        _write(engine, *documents[200:])

        for query in (_SLEEP, Phrase("body_en", ((0, "deep"), (1, "sleep"))), Bool(must_not=(_DEEP,))):
            for studies in ({"study 7"}, {"study 7", "study 8", "study 9"}, {"study 100"}):
                for others in ({}, {"mechanism": frozenset({"nmda"})}):
                    filters = {"study": frozenset(studies), **others}
                    request = Request(query, filters, _FACETS, _ALL)
                    _assert_same_answer(engine.search(request), _Model(documents).search(request))

    def test_the_order_in_which_filters_are_given_does_not_matter(self, library: Engine) -> None:
        filters = {
            "mechanism": frozenset({"nmda", "gaba"}),
            "language": frozenset({"en"}),
            "study": frozenset({"10.2/two"}),
        }

        forwards = library.search(Request(_SLEEP, filters, _FACETS))
        backwards = library.search(Request(_SLEEP, dict(reversed(filters.items())), tuple(reversed(_FACETS))))

        assert forwards.hits == backwards.hits
        assert forwards.facets == backwards.facets

    def test_a_value_named_twice_counts_once(self, engine: Engine) -> None:
        _write(engine, _document("en-1", study=("x", "x"), mechanism=("p",)))

        assert _search(engine, Everything()).facets == {
            "language": {"en": 1},
            "study": {"x": 1},
            "mechanism": {"p": 1},
        }

    @pytest.mark.parametrize("value", _ODD.values(), ids=_ODD)
    def test_a_facet_value_is_counted_and_filtered_however_odd(self, engine: Engine, value: str) -> None:
        _write(engine, _document("en-1", study=(value,)), _document("en-2", study=("plain",)))

        response = engine.search(Request(filters={"study": frozenset({value})}, facets=("study",)))

        assert _ids(response) == ["en-1"]
        assert response.facets["study"] == {value: 1, "plain": 1}

    # Paging and sorting

    @pytest.mark.parametrize("sort", ["relevance", "date"])
    @pytest.mark.parametrize("query", [Everything(), _SLEEP, _SCORED["languages together"]], ids=repr)
    @pytest.mark.parametrize("size", [1, 2, 3, 7])
    def test_pages_put_together_are_one_long_page(
        self, library: Engine, query: Query, sort: Sort, size: int
    ) -> None:
        whole = library.search(Request(query, limit=_ALL, sort=sort)).hits

        pages = [
            library.search(Request(query, limit=size, offset=offset, sort=sort))
            for offset in range(0, len(whole), size)
        ]

        assert tuple(chain.from_iterable(page.hits for page in pages)) == whole
        assert {page.total for page in pages} == {len(whole)}

    @pytest.mark.parametrize(("limit", "offset"), [(0, 0), (0, 3), (10, 5), (10, 1_000), (0, 1_000)])
    def test_a_page_that_is_empty_still_tells_the_total_and_the_counts(
        self, library: Engine, limit: int, offset: int
    ) -> None:
        response = library.search(Request(_SLEEP, facets=_FACETS, limit=limit, offset=offset))

        assert (response.hits, response.total) == ((), 5)
        assert response.facets == _search(library, _SLEEP).facets

    def test_by_date_the_newest_come_first_and_the_unknown_last(self, library: Engine) -> None:
        query = Facet("mechanism", ("nmda", "gaba"))

        response = library.search(Request(query, limit=_ALL, sort="date"))

        assert _ids(response) == ["sv-1", "en-2", "zh-1", "en-1", "hi-1", "sv-2", "zh-2"]

    def test_within_a_day_the_best_come_first(self, library: Engine) -> None:
        day = date(2020, 5, 17).toordinal()
        query = Bool(should=(Everything(), Term("body_sv", "what"), Facet("mechanism", ("nmda",), boost=0.1)))

        response = library.search(Request(query, limit=_ALL, sort="date"))

        assert [i for i in _ids(response) if i in {"en-1", "hi-1", "sv-3"}] == ["sv-3", "en-1", "hi-1"]
        assert {d.id for d in _CORPUS if d.published == day} == {"en-1", "hi-1", "sv-3"}

    # Collapsing

    @pytest.fixture
    def versions(self, engine: Engine) -> Engine:
        """Return an index of two articles in several languages, and of two by themselves."""
        _write(
            engine,
            _document("en-1", body="a a a x y z", group="one", published=date(2020, 1, 1), mechanism=("p",)),
            _document("sv-1", body="a", group="one", published=date(2024, 1, 1), mechanism=("p",)),
            _document("fr-1", body="a", group="two", published=date(2022, 1, 1)),
            _document("en-2", body="b", group="two"),
        )
        _write(engine, _document("en-3", body="a b c d e f g"), _document("sv-3", body="a c d e f g"))
        return engine

    _A: ClassVar = Bool(should=tuple(Term(f"body_{language}", "a") for language in ("en", "sv", "fr")))

    def test_of_a_group_the_best_match_is_a_hit_and_names_the_others(self, versions: Engine) -> None:
        apart = versions.search(Request(self._A))
        together = versions.search(Request(self._A, collapse=True))

        assert (apart.total, together.total) == (5, 4)
        best = next(hit for hit in apart.hits if hit.id in {"en-1", "sv-1"})
        (grouped,) = (hit for hit in together.hits if hit.group == "one")
        assert grouped == best._replace(others=tuple({"en-1", "sv-1"} - {best.id}))
        assert [hit.id for hit in together.hits] == [hit.id for hit in apart.hits if hit.id not in grouped.others]

    def test_what_does_not_match_is_not_named(self, versions: Engine) -> None:
        (hit,) = (hit for hit in versions.search(Request(self._A, collapse=True)).hits if hit.group == "two")
        assert (hit.id, hit.others) == ("fr-1", ())

        request = Request(self._A, filters={"language": frozenset({"sv"})}, collapse=True)
        assert [(hit.id, hit.others) for hit in versions.search(request).hits] == [("sv-1", ()), ("sv-3", ())]

    def test_documents_without_a_group_stay_apart(self, versions: Engine) -> None:
        hits = versions.search(Request(Everything(), collapse=True)).hits
        assert [hit.id for hit in hits if not hit.group] == ["en-3", "sv-3"]

    def test_by_date_the_newest_of_a_group_stands_for_it(self, versions: Engine) -> None:
        response = versions.search(Request(Everything(), sort="date", collapse=True))
        assert [(hit.id, hit.others) for hit in response.hits] == [
            ("sv-1", ("en-1",)),
            ("fr-1", ("en-2",)),
            ("en-3", ()),
            ("sv-3", ()),
        ]

    def test_pages_of_groups_follow_each_other_and_facets_count_documents(self, versions: Engine) -> None:
        whole = versions.search(Request(Everything(), facets=_FACETS, collapse=True))
        pages = [
            versions.search(Request(Everything(), facets=_FACETS, limit=1, offset=number, collapse=True))
            for number in range(5)
        ]
        assert tuple(hit for page in pages for hit in page.hits) == whole.hits
        assert {page.total for page in pages} == {whole.total} == {4}
        assert whole.facets == versions.search(Request(Everything(), facets=_FACETS)).facets
        assert whole.facets["mechanism"] == {"p": 2}
        assert versions.search(Request(Everything(), limit=0, collapse=True)).total == 4

    # Several writers

    def test_a_second_writer_waits_and_is_then_told_who_is_writing(self, engine: Engine) -> None:
        with engine.writer(), pytest.raises(IndexLockedError) as caught:
            engine.writer(wait=0.1)

        assert str(os.getpid()) in str(caught.value)
        assert socket.gethostname() in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_the_second_writer_gets_in_when_the_first_is_done(
        self, engine_class: type[Engine], location: Callable[[], Location]
    ) -> None:
        place = location()
        one, other = engine_class.create(place), engine_class.open(place)
        with one.writer() as writer:
            writer.add(_document("en-1"))
            with pytest.raises(IndexLockedError):
                other.writer(wait=0)
            writer.commit()

        _write(other, _document("en-2"))

        assert _everything(one) == _everything(other) == ["en-1", "en-2"]
        one.close()
        other.close()

    def test_a_waiting_writer_gets_in_when_the_first_commits(
        self, engine_class: type[Engine], location: Callable[[], Location]
    ) -> None:
        place = location()
        one, other = engine_class.create(place), engine_class.open(place)
        begun = Event()

        def wait_and_write() -> None:
            begun.set()
            _write(other, _document("en-2"))

        with ThreadPoolExecutor() as threads:
            with one.writer() as writer:
                waiting = threads.submit(wait_and_write)
                assert begun.wait(_WAIT)
                writer.add(_document("en-1"))
                assert not waiting.done()
                writer.commit()
            waiting.result(timeout=_WAIT)

        assert _everything(one) == ["en-1", "en-2"]
        one.close()
        other.close()

    # Readers beside a writer

    def test_a_commit_shows_at_the_next_search_of_whoever_has_the_index_open(
        self, engine_class: type[Engine], location: Callable[[], Location]
    ) -> None:
        place = location()
        reader, writer = engine_class.create(place), engine_class.open(place)
        for number in range(3):
            assert _search(reader, Everything()).total == number
            _write(writer, _document(f"en-{number}", stored=b"new"))

        assert _everything(reader) == ["en-0", "en-1", "en-2"]
        assert reader.get(["en-2"]) == {"en-2": b"new"}
        assert reader.stats().documents == len(list(reader.entries())) == 3
        reader.close()
        writer.close()

    @pytest.mark.parametrize("commits", range(1, 5))
    def test_a_reader_that_slept_through_some_commits_sees_the_last(
        self, engine_class: type[Engine], location: Callable[[], Location], commits: int
    ) -> None:
        place = location()
        reader, writer = engine_class.create(place), engine_class.open(place)
        for number in range(8):
            _write(writer, _document("en-1", body=f"word{number}", study=(f"s{number}",)), _document("sv-1"))
            if number % commits == 0:
                response = _search(reader, Term("body_en", f"word{number}"))
                assert (_ids(response), dict(response.facets["study"])) == (["en-1"], {f"s{number}": 1})
                assert list(reader.terms("body_en", "word"))[-1][0] == f"word{number}"
        reader.close()
        writer.close()

    def test_a_table_of_contents_that_is_being_read_is_that_of_one_commit(self, engine: Engine) -> None:
        _write(engine, *_CORPUS)
        entries = engine.entries()
        first = next(iter(entries))

        _write(engine, _document("en-9"), delete=_IDS[:8])

        assert sorted([first.id, *(entry.id for entry in entries)]) == sorted(_IDS)

    def test_a_snapshot_answers_from_its_commit_whatever_follows(
        self, engine_class: type[Engine], location: Callable[[], Location]
    ) -> None:
        place = location()
        engine, other = engine_class.create(place), engine_class.open(place)
        _write(other, _document("en-1", body="old old", study=("old",), stored=b"old"), _document("en-2"))
        before = engine.snapshot()
        assert engine.snapshot() is before
        request = Request(Term("body_en", "old"), facets=("study",))

        def answers(index: Snapshot) -> tuple[object, ...]:
            return (
                index.search(request),
                index.document_frequency("body_en", "old"),
                index.document_count("en"),
                list(index.terms("body_en", "o")),
                index.explain(request.query, ["en-1"]),
                index.get(["en-1", "en-2", "en-3"]),
                sorted(index.entries()),
                replace(index.stats(), bytes=0),
            )

        old = answers(before)
        for number in range(3):
            _write(other, _document("en-1", body="new", stored=b"new"), _document("en-3"), delete=["en-2"])
            assert answers(before) == old, number
        assert engine.snapshot() is not before
        assert answers(engine.snapshot()) == answers(other.snapshot()) == answers(other) != old
        engine.close()
        assert answers(before) == old
        other.close()

    def test_an_index_that_was_removed_and_made_anew_is_another_one(
        self,
        engine_class: type[Engine],
        location: Callable[[], Location],
        remove: Callable[[Location], None],
    ) -> None:
        place = location()
        reader = engine_class.create(place)
        _write(reader, _document("en-1"))
        assert _everything(reader) == ["en-1"]
        remove(place)
        again = engine_class.create(place)
        _write(again, _document("en-2"))
        assert _everything(reader) == ["en-2"]
        reader.close()
        again.close()

    @pytest.mark.usefixtures("_restless_threads")
    def test_threads_that_search_during_commits_see_one_commit_or_another(
        self, engine_class: type[Engine], location: Callable[[], Location]
    ) -> None:
        place = location()
        engine, other = engine_class.create(place), engine_class.open(place)
        batches = [
            [
                _document("en-head", body="head", study=(f"round {n}",)),
                _document(f"en-{n}", body="sleep head", study=("all",)),
            ]
            for n in range(21)
        ]
        request = Request(
            Bool(should=(Term("body_en", "head"), _SLEEP, Phrase("body_en", ((0, "sleep"), (1, "head"))))),
            facets=("study",),
            limit=_ALL,
        )
        committed = [
            (n + 2, {f"round {n}": 1, "all": n + 1}, {"en-head", *(f"en-{m}" for m in range(n + 1))})
            for n in range(len(batches))
        ]
        _write(other, *batches[0])
        done = Event()

        def read() -> list[int]:
            seen = []
            last = False
            while not last:
                last = done.is_set()
                response = engine.search(request)
                answer = (response.total, dict(response.facets["study"]), set(_ids(response)))
                seen.append(committed.index(answer))
                assert engine.get(["en-head", "nobody"]) == {"en-head": b"stored en-head"}
                assert {entry.id for entry in engine.entries()} in [ids for _, _, ids in committed]
                assert engine.stats().documents in range(2, len(batches) + 2)
            return seen

        with ThreadPoolExecutor(4) as threads:
            readers = [threads.submit(read) for _ in range(4)]
            try:
                for batch in batches[1:]:
                    _write(other, *batch)
            finally:
                done.set()
            for reader in readers:
                seen = reader.result(timeout=_WAIT)
                assert seen == sorted(seen)
                assert seen[-1] == len(batches) - 1
        engine.close()
        other.close()

    @pytest.fixture
    def _restless_threads(self) -> Iterator[None]:
        """Let Python switch between threads as often as it can, so that they do meet."""
        usual = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        yield
        sys.setswitchinterval(usual)

    # What is kept for the caller

    @pytest.mark.parametrize(
        "stored",
        [b"", b"\0", bytes(range(256)), b"\r\n", "नींद".encode(), bytes(range(256)) * 4096],
        ids=["nothing", "a NUL", "every byte", "a line end", "text", "a megabyte"],
    )
    def test_stored_bytes_come_back_unchanged(self, engine: Engine, stored: bytes) -> None:
        _write(engine, _document("en-0"), _document("en-1", stored=stored), _document("en-2"))
        _write(engine, _document("en-3"))

        assert engine.get(["en-1"]) == {"en-1": stored}
        assert {hit.id: hit.stored for hit in _search(engine, Everything()).hits}["en-1"] == stored

    def test_only_the_documents_asked_for_come_back(self, library: Engine) -> None:
        assert library.get(["sv-1", "nobody", "en-1", ""]) == {"sv-1": b"stored sv-1", "en-1": b"stored en-1"}
        assert library.get([]) == {}

    def test_the_table_of_contents_names_every_document(self, library: Engine) -> None:
        assert sorted(library.entries()) == sorted(
            Entry(document.id, document.digest, document.source) for document in _CORPUS
        )

    @pytest.mark.parametrize(
        "source",
        [
            "",
            "articles/caf\udce9.txt",
            "\udcff\udcfe",
            "文章/睡眠.txt",
            "two\nlines",
            "https://example.org/?q=a&b=ü",
        ],
        ids=ascii,
    )
    def test_a_source_comes_back_unchanged(self, engine: Engine, source: str) -> None:
        _write(engine, replace(_document("en-1"), source=source, digest="föö"))

        assert list(engine.entries()) == [Entry("en-1", "föö", source)]

    @pytest.mark.parametrize(
        "identifier", ["a b", "a/b.txt#3", "文章-1", "A", "x" * 1_000, 'q"uo\\te', "a\tb\nc", " "]
    )
    def test_an_id_may_be_any_text(self, engine: Engine, identifier: str) -> None:
        _write(engine, replace(_document("en-1"), id=identifier), _document("en-2"))
        _write(engine, replace(_document("en-1"), id=identifier, stored=b"new"))

        assert engine.get([identifier]) == {identifier: b"new"}
        assert sorted(_everything(engine)) == sorted([identifier, "en-2"])

        _write(engine, delete=[identifier])

        assert _everything(engine) == ["en-2"]
