"""Relevance and query time of searchkit and its peers on question sets.

    python benchmarks/relevance/run.py [FOLDER] [--systems a,b] [--sets x,y] [--questions N] [--json FILE]

FOLDER (default: ../shared/eval beside the checkout) holds a folder NAME.LANGUAGE for each set, with docs.jsonl
(id, text), queries.jsonl (id, text) and qrels.tsv (query, document, judgement). Each set is indexed alone, and all
sets in one mixed index; there, only documents tell their language. Prints Markdown tables.
"""

import argparse
import gc
import importlib
import json
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from question_sets import QuestionSet, find_sets
from systems import Document, Row, System

from searchkit import evaluation

CHECKOUT = Path(__file__).resolve().parents[2]

sys.path.append(str(CHECKOUT / "benchmarks"))
from peers import INSTALL  # noqa: E402 - beside this folder, not in it

MODES = ("alone", "mixed")
# As they are headed here -> as `searchkit evaluate` calls them. Systems return ten documents.
MEASURES = {"MRR@10": "mrr@10", "nDCG@10": "ndcg@10", "recall@10": "recall@10"}


@dataclass(frozen=True)
class Result:
    """What one system reached on one set."""

    system: str
    mode: str
    set: str
    documents: int
    queries: int
    index_seconds: float
    query_ms: float
    measures: dict[str, float]


def available(wanted: set[str]) -> tuple[dict[str, Row], dict[str, str]]:
    """Return the rows that can run, and their versions. Names of files stand for all their rows."""
    rows: dict[str, Row] = {}
    versions: dict[str, str] = {}
    known: set[str] = set()
    for file, install in INSTALL.items():
        known.add(file)
        try:
            module = importlib.import_module(f"systems.{file}")
        except ImportError as error:
            asked = {name for name in wanted if name.startswith(file)}
            known |= asked
            if asked or not wanted:
                print(f"{file} is skipped ({error}); it needs: {install}", file=sys.stderr)
            continue
        known |= module.ROWS.keys()
        for name, row in module.ROWS.items():
            if not wanted or wanted & {file, name}:
                rows[name], versions[name] = row, module.VERSION
    if unknown := wanted - known:
        raise SystemExit(f"no system is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    return rows, versions


def measure(name: str, row: Row, sets: Sequence[QuestionSet]) -> Iterator[Result]:
    """Run one system in both modes."""
    for questions in sets:
        if system := row(questions.language):
            seconds = _index(system, questions.documents)
            yield _ask(name, "alone", system, questions, len(questions.documents), seconds)
    if system := row(None):
        documents = [document for questions in sets for document in questions.documents]
        seconds = _index(system, documents)
        for questions in sets:
            yield _ask(name, "mixed", system, questions, len(documents), seconds)


def _index(system: System, documents: Sequence[Document]) -> float:
    started = time.perf_counter()
    system.index(documents)
    return time.perf_counter() - started


def _ask(
    name: str, mode: str, system: System, questions: QuestionSet, documents: int, index_seconds: float
) -> Result:
    system.search(questions.questions[0].text)  # loads what is loaded once
    started = time.perf_counter()
    rankings = {question.id: system.search(question.text) for question in questions.questions}
    seconds = time.perf_counter() - started
    count = len(rankings)
    means = evaluation.measure(rankings, questions.qrels, questions.questions).mean()
    return Result(
        system=name,
        mode=mode,
        set=questions.name,
        documents=documents,
        queries=count,
        index_seconds=round(index_seconds, 2),
        query_ms=round(seconds / count * 1000, 3),
        measures={label: round(means[name], 4) for label, name in MEASURES.items()},
    )


def tables(results: Sequence[Result], systems: Sequence[str], sets: Sequence[str]) -> str:
    """Return the results as Markdown."""
    cells = {(result.mode, result.system, result.set): result for result in results}
    parts = []
    for label in [*MEASURES, "ms per query"]:
        for mode in MODES:
            head = ["system", *sets, "mean"]
            lines = [f"### {label}, {mode}", "", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
            for system in systems:
                found = [cells[mode, system, name] for name in sets if (mode, system, name) in cells]
                if not found:
                    continue
                values = [result.measures.get(label, result.query_ms) for result in found]
                digits = 3 if label in MEASURES else 1 if max(values) >= 1 else 2
                shown = [f"{value:.{digits}f}" for value in [*values, sum(values) / len(values)]]
                lines.append(f"| {system} | {' | '.join(shown)} |")
            parts.append("\n".join(lines))
    return "\n\n".join(parts)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=CHECKOUT.parent / "shared" / "eval")
    parser.add_argument("--systems", default="", help="rows or files of systems/, with commas between")
    parser.add_argument("--sets", default="", help="names of folders, with commas between")
    parser.add_argument("--questions", type=int, default=0, help="of each set, evenly drawn; 0 for all")
    parser.add_argument("--json", type=Path, help="file to write all numbers to")
    options = parser.parse_args()
    sets = find_sets(options.folder, set(filter(None, options.sets.split(","))), options.questions)
    if not sets:
        raise SystemExit(f"no sets in {options.folder}")
    rows, versions = available(set(filter(None, options.systems.split(","))))
    results: list[Result] = []
    for name, row in rows.items():
        started = time.perf_counter()
        results += measure(name, row, sets)
        gc.collect()
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    print(tables(results, list(rows), [questions.name for questions in sets]))
    if options.json:
        report = {"python": platform.python_version(), "versions": versions, "results": [*map(asdict, results)]}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
