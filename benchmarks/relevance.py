"""MRR@10 on question sets: each set in an index of its own, and all sets in one index.

    python benchmarks/relevance.py [FOLDER]

FOLDER (default: ../shared/eval beside the checkout) holds a folder NAME.LANGUAGE for each set, with docs.jsonl
(id, text), queries.jsonl (id, text) and qrels.tsv (query, document, 1). Documents are indexed without titles;
queries are not tagged with their language. The reciprocal rank of the first relevant document among ten is
averaged over all queries.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from searchkit import ArticleIndex, Draft

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class QuestionSet:
    """One set of questions and the documents that answer them."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    def drafts(self) -> Iterator[Draft]:
        """Yield the documents; ids carry the set's name."""
        for row in _rows(self.folder / "docs.jsonl"):
            yield Draft(
                id=f"{self.name}/{row['id']}",
                title="",
                text=row["text"],
                source=self.name,
                language=self.folder.suffix[1:],
            )

    def queries(self) -> Iterator[tuple[str, set[str]]]:
        """Yield each query with the ids of its relevant documents."""
        relevant: defaultdict[str, set[str]] = defaultdict(set)
        for line in (self.folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
            query, document, _ = line.split("\t")
            relevant[query].add(f"{self.name}/{document}")
        for row in _rows(self.folder / "queries.jsonl"):
            if row["id"] in relevant:
                yield row["text"], relevant[row["id"]]


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def measure(index: ArticleIndex, questions: QuestionSet) -> tuple[float, float]:
    """Return MRR@10 and the mean time of a query in milliseconds."""
    total, count = 0.0, 0
    started = time.perf_counter()
    for query, relevant in questions.queries():
        ranks = (rank for rank, hit in enumerate(index.search(query, facets=False), 1) if hit.id in relevant)
        total += 1 / next(ranks, float("inf"))
        count += 1
    return total / count, (time.perf_counter() - started) / count * 1000


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=CHECKOUT.parent / "shared" / "eval")
    folder = parser.parse_args().folder
    sets = [QuestionSet(path) for path in sorted(folder.iterdir()) if (path / "qrels.tsv").is_file()]
    with tempfile.TemporaryDirectory() as place, ArticleIndex.create(Path(place) / "mixed") as mixed:
        mixed.update(draft for questions in sets for draft in questions.drafts())
        print(f"{'set':<20}{'alone':>8}{'mixed':>8}{'ms/query':>10}")
        for questions in sets:
            with ArticleIndex.create(Path(place) / questions.name) as alone:
                alone.update(questions.drafts())
                single, _ = measure(alone, questions)
            together, speed = measure(mixed, questions)
            print(f"{questions.name:<20}{single:>8.3f}{together:>8.3f}{speed:>10.1f}", flush=True)


if __name__ == "__main__":
    main()
