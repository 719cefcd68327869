"""Questions in one language against documents in another, with and without expansion.

    python benchmarks/relevance/cross_language.py [FOLDER] [--name xquad] [--json FILE]

Of the sets in FOLDER (as of run.py) those are taken whose name before the dot is NAME: parallel sets, whose
queries and documents have the same ids in each language. Each language's documents are indexed by themselves and
asked the questions of the others; then all are put into one index, and a filter asks for the other language.
Prints Markdown tables.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from question_sets import QuestionSet, find_sets

from searchkit import ArticleIndex, Draft, evaluation

CHECKOUT = Path(__file__).resolve().parents[2]
LIMIT = 10
MEASURES = ("recall@10", "mrr@10")


@dataclass(frozen=True)
class Row:
    """What questions in one language reach in the documents of another."""

    queries: str
    documents: str
    expand: bool
    measures: dict[str, float]
    query_ms: float


def index_of(sets: Sequence[QuestionSet], folder: str) -> ArticleIndex:
    """Return an index of the documents of some sets."""
    index = ArticleIndex.create(folder)
    index.update(
        Draft(id=document.id, title="", text=document.text, source="benchmark", language=document.language)
        for questions in sets
        for document in questions.documents
    )
    return index


def ask(index: ArticleIndex, questions: QuestionSet, answers: QuestionSet, *, expand: bool, language: bool) -> Row:
    """Ask the questions of one set, to be answered by the documents of another."""
    wanted = answers.language if language else None
    started = time.perf_counter()
    rankings = {
        question.id: [
            hit.id
            for hit in index.search(question.text, limit=LIMIT, facets=False, expand=expand, language=wanted)
        ]
        for question in questions.questions
        if question.id in answers.qrels
    }
    seconds = time.perf_counter() - started
    asked = [question for question in questions.questions if question.id in rankings]
    means = evaluation.measure(rankings, answers.qrels, asked).mean()
    return Row(
        queries=questions.language,
        documents=answers.language,
        expand=expand,
        measures={name: round(means[name], 4) for name in MEASURES},
        query_ms=round(seconds / len(asked) * 1000, 2),
    )


def table(title: str, rows: Sequence[Row]) -> str:
    """Return rows with and without expansion beside each other, as Markdown."""
    lines = [
        f"### {title}",
        "",
        "| queries → documents | recall@10 | with expansion | MRR@10 | with expansion | ms | with expansion |",
        "|---|---|---|---|---|---|---|",
    ]
    for without in rows:
        if without.expand:
            continue
        pair = (without.queries, without.documents)
        with_ = next(row for row in rows if row.expand and (row.queries, row.documents) == pair)
        cells = [f"{row.measures[name]:.3f}" for name in MEASURES for row in (without, with_)]
        cells += [f"{row.query_ms:.1f}" for row in (without, with_)]
        lines.append(f"| {pair[0]} → {pair[1]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=CHECKOUT.parent / "shared" / "eval")
    parser.add_argument("--name", default="xquad", help="name of the parallel sets")
    parser.add_argument("--json", type=Path, help="file to write all numbers to")
    options = parser.parse_args()
    sets = [found for found in find_sets(options.folder, set()) if found.folder.stem == options.name]
    if len(sets) < 2:
        raise SystemExit(f"{options.folder} holds no parallel sets called {options.name}")
    alone: list[Row] = []
    mixed: list[Row] = []
    for answers in sets:
        with TemporaryDirectory() as folder, index_of([answers], folder) as index:
            alone += [
                ask(index, questions, answers, expand=expand, language=False)
                for questions in sets
                if questions is not answers
                for expand in (False, True)
            ]
    with TemporaryDirectory() as folder, index_of(sets, folder) as index:
        for answers in sets:
            mixed += [
                ask(index, questions, answers, expand=expand, language=questions is not answers)
                for questions in sets
                for expand in (False, True)
            ]
    print(table("The documents of one language", alone))
    print()
    print(table("All languages in one index, the other language asked for with --language", mixed))
    if options.json:
        report = {name: [row.__dict__ for row in rows] for name, rows in (("alone", alone), ("mixed", mixed))}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
