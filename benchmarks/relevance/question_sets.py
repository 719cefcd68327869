"""Sets of questions with the documents that answer them."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from systems import Document

from searchkit import evaluation


@dataclass(frozen=True)
class QuestionSet:
    """A folder NAME.LANGUAGE with docs.jsonl, queries.jsonl and qrels.tsv."""

    folder: Path
    most: int = 0

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
        with (self.folder / "docs.jsonl").open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return [Document(f"{self.name}/{row['id']}", row["text"], self.language) for row in rows]

    @cached_property
    def qrels(self) -> evaluation.Qrels:
        """The judgements, by the ids of `documents`."""
        return {
            query: {f"{self.name}/{document}": relevance for document, relevance in judged.items()}
            for query, judged in evaluation.read_qrels(self.folder / "qrels.tsv").items()
        }

    @cached_property
    def questions(self) -> list[evaluation.Question]:
        """The questions that have a relevant document, or as many of them as are wanted, evenly drawn."""
        asked = evaluation.read_questions(self.folder / "queries.jsonl")
        found = evaluation.judged((replace(question, language=self.language) for question in asked), self.qrels)
        return found[:: max(len(found) // self.most, 1)][: self.most] if self.most else found


def find_sets(folder: Path, names: set[str], most: int = 0) -> list[QuestionSet]:
    """Return the sets in a folder, those of the names if there are any, with so many questions (0 for all)."""
    found = [QuestionSet(path.parent, most) for path in sorted(folder.glob("*.*/qrels.tsv"))]
    if unknown := names - {questions.name for questions in found}:
        raise SystemExit(f"no set is called {', '.join(sorted(unknown))} in {folder}")
    return [questions for questions in found if not names or questions.name in names]
