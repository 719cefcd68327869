"""How well the facets of an index agree with labels that people made.

Labels are JSON lines, one for each article, with its file's name and its place in the file, and the values that
each facet should have, as in ``examples/gold``::

    {"source": "tea.sv.txt", "place": 1, "language": "sv", "mechanism": ["gaba-signalling"], "study_type": []}

A mechanism is labelled by the most specific concept. An article that carries one carries the wider ones above it
too, so those of the index's vocabulary are added to the labels before they are compared. As a wider concept is
easier to find than what is under it, and would flatter the figures, mechanisms are measured a second time with the
most specific ones alone, on both sides: a value that is above another of the same article is left out.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

import regex

from searchkit.article import FACETS, Article
from searchkit.article_index import ArticleIndex
from searchkit.errors import InputError
from searchkit.evaluation import Place, read_lines

_ID: Final = regex.compile(r"-(\d+)-[0-9a-f]{8}\Z")


@dataclass(frozen=True, slots=True)
class Label:
    """What people say of one article.

    Attributes:
        source: name of its file, with as many folders before it as it takes to be the only one.
        place: position of the article in its file, from 1.
        facets: facet -> values; a facet that is missing is not judged.
    """

    source: str
    place: int
    facets: Mapping[str, frozenset[str]]


@dataclass(slots=True)
class Agreement:
    """Counts of values, over articles.

    Attributes:
        right: values found that are labelled.
        wrong: values found that are not labelled.
        missed: values labelled that are not found.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, found: frozenset[str], labelled: frozenset[str]) -> None:
        """Count the values of one article."""
        self.right += len(found & labelled)
        self.wrong += len(found - labelled)
        self.missed += len(labelled - found)

    @property
    def precision(self) -> float:
        """How many of the values found are right; 1 where none is found."""
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """How many of the labelled values are found; 1 where there is none."""
        labelled = self.right + self.missed
        return self.right / labelled if labelled else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        all_values = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / all_values if all_values else 1.0

    def to_dict(self) -> dict[str, float | int]:
        """Return measures and counts as JSON types."""
        measures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {**measures, "right": self.right, "wrong": self.wrong, "missed": self.missed}


@dataclass(slots=True)
class FacetEvaluation:
    """What was measured.

    Attributes:
        articles: how many articles were compared.
        missing: labels of articles that the index does not hold.
        languages: facet -> language -> counts.
        most_specific: the same without values that are above another of the same article; for the facets whose
            values are under others.
    """

    articles: int = 0
    missing: list[Label] = field(default_factory=list)
    languages: dict[str, dict[str, Agreement]] = field(default_factory=dict)
    most_specific: dict[str, dict[str, Agreement]] = field(default_factory=dict)

    def total(self, facet: str) -> Agreement:
        """Return the counts of a facet over all languages."""
        return total(self.languages[facet])

    def to_dict(self) -> dict[str, Any]:
        """Return the measures as JSON types: each facet's over all articles, then by language."""
        facets = {facet: _by_language(counts) for facet, counts in self.languages.items()}
        for facet, counts in self.most_specific.items():
            facets[facet]["most_specific"] = _by_language(counts)
        return {"articles": self.articles, "missing": len(self.missing), "facets": facets}


def total(counts: Mapping[str, Agreement]) -> Agreement:
    """Return the sum of counts by language."""
    return Agreement(
        sum(count.right for count in counts.values()),
        sum(count.wrong for count in counts.values()),
        sum(count.missed for count in counts.values()),
    )


def _by_language(counts: Mapping[str, Agreement]) -> dict[str, Any]:
    languages = {code: count.to_dict() for code, count in sorted(counts.items())}
    return {**total(counts).to_dict(), "languages": languages}


def read_labels(path: Place) -> list[Label]:
    """Read labels.

    Raises:
        InputError: the file cannot be read, a line is broken, or two lines are of one article.
    """
    labels: dict[tuple[str, int], Label] = {}
    for number, line in read_lines(path):
        label = _label(f"{path}:{number}", line)
        if labels.setdefault((label.source, label.place), label) is not label:
            raise InputError(f"{path}:{number}: a second line for {label.source}, place {label.place}")
    if not labels:
        raise InputError(f"{path}: holds no labels")
    return list(labels.values())


def measure_facets(index: ArticleIndex, labels: Sequence[Label]) -> FacetEvaluation:
    """Compare the facets of an index with labels, to which the wider concepts above them are added.

    An article counts under its labelled language, else under the one that the index gives it.

    Raises:
        InputError: a label fits several articles, or none fits.
    """
    places: defaultdict[tuple[str, int], list[Article]] = defaultdict(list)
    for held, place in _numbered(index):
        places[PurePath(held.source).name, place].append(held)
    result = FacetEvaluation()
    for label in labels:
        parts = PurePath(label.source).parts
        fitting = [
            article
            for article in places.get((PurePath(label.source).name, label.place), ())
            if PurePath(article.source).parts[-len(parts) :] == parts
        ]
        if len(fitting) > 1:
            raise InputError(
                f"{label.source}, place {label.place}, is {len(fitting)} articles of the index, such as "
                f"{fitting[0].source} and {fitting[1].source}; write the folder before the name"
            )
        if not fitting:
            result.missing.append(label)
            continue
        result.articles += 1
        (article,) = fitting
        code = next(iter(label.facets.get("language", ())), article.language)
        for facet, values in label.facets.items():
            found = frozenset(article.facets.get(facet, ()))
            counts = result.languages.setdefault(facet, {})
            if facet != "mechanism":
                counts.setdefault(code, Agreement()).add(found, values)
                continue
            vocabulary = index.vocabulary
            counts.setdefault(code, Agreement()).add(vocabulary.closed(found), vocabulary.closed(values))
            if vocabulary.parents:
                specific = result.most_specific.setdefault(facet, {}).setdefault(code, Agreement())
                specific.add(vocabulary.most_specific(found), vocabulary.most_specific(values))
    if not result.articles:
        raise InputError("no labelled article is in the index; are the names of the files the same?")
    result.languages = {facet: result.languages[facet] for facet in FACETS if facet in result.languages}
    return result


def _numbered(index: ArticleIndex) -> Iterable[tuple[Article, int]]:
    """Yield articles with their places, which ids tell; an article whose id was given counts as the first."""
    for identifier in index.ids():
        match = _ID.search(identifier)
        yield index.get(identifier), int(match[1]) if match else 1


def _label(where: str, line: str) -> Label:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise InputError(
            f'{where}: not a JSON object such as {{"source": "tea.txt", "place": 1, "mechanism": []}}'
        )
    source, place = row.get("source"), row.get("place", 1)
    if not isinstance(source, str) or not source.strip():
        raise InputError(f"{where}: 'source' must be the name of the article's file")
    if not isinstance(place, int) or isinstance(place, bool) or place < 1:
        raise InputError(f"{where}: 'place' must be a number from 1")
    facets = {}
    for facet in FACETS:
        values = row.get(facet)
        if values is None:
            continue
        if facet == "language" and isinstance(values, str):
            values = [values]
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise InputError(f"{where}: {facet!r} must be a list of texts")
        facets[facet] = frozenset(values)
    return Label(source, place, facets)
