"""How well an index answers questions whose answers are known.

Questions and judgements are read from the files that test collections come in; the measures are those of
trec_eval, computed by ir-measures (extra ``evaluate``)::

    questions = judged(read_questions("queries.jsonl"), qrels := read_qrels("qrels.tsv"))
    ranked = rank(index, questions)
    print(measure(documents(ranked), qrels, questions).to_dict())
"""

import html
import json
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import regex

from searchkit.article_index import ArticleIndex
from searchkit.errors import InputError, MissingExtraError
from searchkit.language import detect

# As they are called in the results, and in ir-measures.
MEASURES: Final = {"mrr@10": "RR@10", "ndcg@10": "nDCG@10", "recall@10": "R@10", "recall@100": "R@100"}
DEPTH: Final = 100  # documents that are ranked for a question: what the deepest measure looks at
TAG: Final = "searchkit"

_RESAMPLES: Final = 9_999
_BATCH: Final = 2_000_000  # signs that are held in memory at once

_TOPIC: Final = regex.compile(r"<top\b[^>]*>(.*?)(?:</top>|(?=<top\b)|\Z)", regex.DOTALL | regex.IGNORECASE)
_NUMBER: Final = regex.compile(r"<num>\s*(?:Number:)?\s*([^<\s]+)", regex.IGNORECASE)
_TITLE: Final = regex.compile(r"<title>\s*(?:Topic:)?([^<]*)", regex.IGNORECASE)

Place = str | os.PathLike[str]
Qrels = Mapping[str, Mapping[str, int]]
"""Query -> document -> relevance."""
Ranked = Mapping[str, Sequence[tuple[str, float]]]
"""Query -> documents and their scores, best first."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query with a name.

    Attributes:
        language: ISO code under which it is counted, empty where the file gives none.
    """

    id: str
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured.

    Attributes:
        scores: query -> measure -> value.
        languages: query -> language.
    """

    scores: Mapping[str, Mapping[str, float]]
    languages: Mapping[str, str]

    def mean(self, language: str | None = None) -> dict[str, float | int]:
        """Return the mean of each measure, and the number of queries, over those in a language or all."""
        chosen = [
            values
            for query, values in self.scores.items()
            if language is None or self.languages[query] == language
        ]
        means = {name: math.fsum(values[name] for values in chosen) / len(chosen) for name in MEASURES}
        return {**means, "queries": len(chosen)}

    def to_dict(self) -> dict[str, Any]:
        """Return the means over all queries, and under ``languages`` those of each language."""
        codes = sorted(set(self.languages.values()))
        return {**self.mean(), "languages": {code: self.mean(code) for code in codes}}


# Reading


def read_questions(path: Place) -> list[Question]:
    """Read questions: JSON lines with ``id`` (or ``_id``), ``text`` and perhaps ``language``, or TREC topics.

    Raises:
        InputError: the file cannot be read, a line is broken, or two questions have one id.
    """
    lines = list(read_lines(path))
    topics = bool(lines) and lines[0][1].lstrip().startswith("<")
    questions: dict[str, Question] = {}
    for number, question in _topics(path, lines) if topics else _json_lines(path, lines):
        if question.id in questions:
            raise InputError(f"{path}:{number}: a second query with the id {question.id!r}")
        questions[question.id] = question
    if not questions:
        raise InputError(f"{path}: holds no queries")
    return list(questions.values())


def read_qrels(path: Place) -> dict[str, dict[str, int]]:
    """Read judgements: ``query 0 document relevance`` as TREC has them, or ``query document relevance``.

    Columns stand apart by tabs (then ids may hold spaces) or by any white space.

    Raises:
        InputError: the file cannot be read, or a line is not of these.
    """
    qrels: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for number, line in read_lines(path):
        columns = _columns(line, 3, 4)
        if number == 1 and columns[-1:] == ["score"]:
            continue  # the header of BEIR's files
        try:
            query, document, relevance = columns[0], columns[-2], int(columns[-1])
        except (IndexError, ValueError):
            columns = []
        if len(columns) not in (3, 4):
            raise InputError(
                f"{path}:{number}: not 'query 0 document relevance' or 'query document relevance' "
                "with a whole number last"
            )
        if qrels[query].setdefault(document, relevance) != relevance:
            raise InputError(f"{path}:{number}: document {document!r} is judged differently above for {query!r}")
    return dict(qrels)


def read_run(path: Place) -> dict[str, list[str]]:
    """Read a TREC run, ``query Q0 document rank score tag``: query -> documents, best first.

    The score decides, as in trec_eval; of equal scores the rank.

    Raises:
        InputError: the file cannot be read, a line is broken, or a document comes twice.
    """
    rows: defaultdict[str, dict[str, tuple[float, int]]] = defaultdict(dict)
    for number, line in read_lines(path):
        columns = _columns(line, 6)
        try:
            query, _, document, rank, score, _ = columns
            place = (-float(score), int(rank))
        except ValueError:
            place = (math.nan, 0)
        if math.isnan(place[0]):
            raise InputError(f"{path}:{number}: not 'query Q0 document rank score tag'")
        if document in rows[query]:
            raise InputError(f"{path}:{number}: document {document!r} is there twice for {query!r}")
        rows[query][document] = place
    return {query: sorted(places, key=places.__getitem__) for query, places in rows.items()}


def write_run(path: Place, ranked: Ranked, tag: str = TAG) -> None:
    """Write a TREC run, with tabs between the columns where an id holds a space.

    Raises:
        InputError: the file cannot be written, or an id holds a tab or line break.
    """
    rows = []
    for query, hits in ranked.items():
        for rank, (document, score) in enumerate(hits, 1):
            columns = (query, "Q0", document, str(rank), repr(score), tag)
            spaced = any(len(column.split()) != 1 for column in columns)
            row = ("\t" if spaced else " ").join(columns)
            if spaced and (row.count("\t") != len(columns) - 1 or len(row.splitlines()) != 1):
                raise InputError(f"{path}: an id with a tab or line break cannot be written: {document!r}")
            rows.append(row + "\n")
    try:
        Path(path).write_text("".join(rows), encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error


def read_lines(path: Place) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            line = raw.decode().rstrip("\r")
        except UnicodeDecodeError:
            raise InputError(f"{path}:{number}: not UTF-8; save the file as UTF-8") from None
        if line.strip():
            yield number, line


def _columns(line: str, *counts: int) -> list[str]:
    tabbed = [column.strip() for column in line.split("\t")]
    return tabbed if len(tabbed) in counts and all(tabbed) else line.split()


def _json_lines(path: Place, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, Question]]:
    for number, line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f'{path}:{number}: not a JSON object such as {{"id": "q1", "text": "…"}}')
        identifier = row.get("id", row.get("_id"))
        if isinstance(identifier, int) and not isinstance(identifier, bool):
            identifier = str(identifier)
        given: dict[str, Any] = {"id": identifier, "text": row.get("text"), "language": row.get("language") or ""}
        for name, value in given.items():
            if not isinstance(value, str) or not (value.strip() or name == "language") or not _encodes(value):
                raise InputError(f"{path}:{number}: {name!r} must be a text that is not empty")
        yield number, Question(**given)


def _topics(path: Place, lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, Question]]:
    numbers = {}  # where a line begins -> its number
    place = 0
    for number, line in lines:
        numbers[place] = number
        place += len(line) + 1
    text = "\n".join(line for _, line in lines)
    for topic in _TOPIC.finditer(text):
        number = numbers[text.rfind("\n", 0, topic.start()) + 1]
        name, title = _NUMBER.search(topic[1]), _TITLE.search(topic[1])
        words = " ".join(html.unescape(title[1]).split()) if title else ""
        if not name or not words:
            raise InputError(f"{path}:{number}: a topic without <{'title' if name else 'num'}>")
        yield number, Question(name[1], words)


def _encodes(text: str) -> bool:
    """Tell whether a text can be written: JSON may hold half a character."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


# Ranking and measuring


def judged(questions: Iterable[Question], qrels: Qrels) -> list[Question]:
    """Return the questions that have a relevant document, each with its language: given, else detected."""
    return [
        replace(question, language=question.language or detect(question.text))
        for question in questions
        if any(relevance > 0 for relevance in qrels.get(question.id, {}).values())
    ]


def rank(
    index: ArticleIndex, questions: Iterable[Question], *, expand: bool = True
) -> dict[str, list[tuple[str, float]]]:
    """Return the best 100 articles for each question, found as `ArticleIndex.search` finds them."""
    return {question.id: index.rank(question.text, DEPTH, expand=expand) for question in questions}


def documents(ranked: Ranked) -> dict[str, list[str]]:
    """Return the documents of each query, without their scores."""
    return {query: [document for document, _ in hits] for query, hits in ranked.items()}


def measure(ranking: Mapping[str, Sequence[str]], qrels: Qrels, questions: Sequence[Question]) -> Evaluation:
    """Return the measures of each question; one that the ranking does not have scores 0.

    Reciprocal rank and recall take every relevance above 0 alike; nDCG takes it as the gain, with log2(rank + 1)
    as discount (Järvelin and Kekäläinen 2002, https://doi.org/10.1145/582415.582418, as in trec_eval).

    Raises:
        MissingExtraError: ir-measures is not installed.
    """
    library = _library("ir_measures")
    names = {library.parse_measure(theirs): ours for ours, theirs in MEASURES.items()}
    # The order is given, not left to scores: trec_eval would order equal ones by the documents' names.
    run = {
        question.id: {
            document: -float(place) for place, document in enumerate(ranking.get(question.id, ())[:DEPTH])
        }
        for question in questions
    }
    # Marks below 0 ("spam") mean not relevant.
    wanted = {
        question.id: {document: max(relevance, 0) for document, relevance in qrels[question.id].items()}
        for question in questions
    }
    scores: dict[str, dict[str, float]] = {question.id: {} for question in questions}
    for value in library.iter_calc(list(names), wanted, run):
        scores[value.query_id][names[value.measure]] = float(value.value)
    return Evaluation(scores, {question.id: question.language for question in questions})


def p_values(one: Evaluation, other: Evaluation) -> dict[str, float]:
    """Return for each measure how likely so large a mean difference is where the two do not differ.

    Paired two-sided randomization test over the queries of both: exact up to 13 queries that differ, else with
    9,999 random reassignments, the same every time (Smucker, Allan and Carterette 2007,
    https://doi.org/10.1145/1321440.1321528).

    Raises:
        MissingExtraError: scipy is not installed.
    """
    return {
        name: _p_value([values[name] - other.scores[query][name] for query, values in one.scores.items()])
        for name in MEASURES
    }


def _p_value(differences: Iterable[float]) -> float:
    # Queries that score the same say the same under every reassignment.
    differing = [difference for difference in differences if difference]
    if not differing:
        return 1.0
    result = _library("scipy.stats").permutation_test(
        (differing,),
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=_RESAMPLES,
        batch=max(1, _BATCH // len(differing)),
        rng=0,
    )
    return float(result.pvalue)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(f"evaluate needs {error.name}: pip install 'searchkit[evaluate]'") from error
