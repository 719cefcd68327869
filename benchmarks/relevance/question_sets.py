"""Sets of questions with the documents that answer them."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from systems import Document


@dataclass(frozen=True)
class Question:
    """A question, with the judgement (1 or more) of each relevant document."""

    text: str
    judged: dict[str, int]


@dataclass(frozen=True)
class QuestionSet:
    """A folder NAME.LANGUAGE with docs.jsonl, queries.jsonl and qrels.tsv."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def language(self) -> str:
        """The code after the dot."""
        return self.folder.suffix[1:]

    @cached_property
    def documents(self) -> list[Document]:
        """The documents; ids carry the set's name."""
        rows = _rows(self.folder / "docs.jsonl")
        return [Document(f"{self.name}/{row['id']}", row["text"], self.language) for row in rows]

    @cached_property
    def questions(self) -> list[Question]:
        """The questions that have a relevant document."""
        judged: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for line in (self.folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
            query, document, grade = line.split("\t")
            if int(grade) > 0:
                judged[query][f"{self.name}/{document}"] = int(grade)
        rows = _rows(self.folder / "queries.jsonl")
        return [Question(row["text"], judged[row["id"]]) for row in rows if row["id"] in judged]


def find_sets(folder: Path, names: set[str]) -> list[QuestionSet]:
    """Return the sets in a folder, those of the names if there are any."""
    found = [QuestionSet(path.parent) for path in sorted(folder.glob("*.*/qrels.tsv"))]
    if unknown := names - {questions.name for questions in found}:
        raise SystemExit(f"no set is called {', '.join(sorted(unknown))} in {folder}")
    return [questions for questions in found if not names or questions.name in names]


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
