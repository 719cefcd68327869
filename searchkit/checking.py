"""Checking a vocabulary file: what is wrong with it, what may be, and on which line."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import regex

from searchkit.analyzers import Analyzer, analyzer_for
from searchkit.errors import VocabularyError
from searchkit.toml_lines import lines_of
from searchkit.vocabulary import Vocabulary, chain_of, parse_concept, parse_toml, problem_above, read_text

if TYPE_CHECKING:
    from searchkit.article_index import ArticleIndex

Level = Literal["error", "warning", "info"]

_PLACE: Final = regex.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check of a vocabulary found.

    Attributes:
        line: line of the file, from 1.
        level: ``error``: it cannot be used so, or a term can never match; ``warning``: it may be meant
            otherwise; ``info``: so it is.
        message: one line.
    """

    line: int
    level: Level
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON types."""
        return {"line": self.line, "level": self.level, "message": self.message}


class _Term(NamedTuple):
    key: str
    code: str
    text: str
    line: int


def check(path: Path, index: "ArticleIndex | None" = None) -> tuple[Finding, ...]:
    """Return what there is to say of a vocabulary file, by line.

    Args:
        path: the file.
        index: where terms are looked for, to tell those that stand in no article.

    Raises:
        VocabularyError: the file cannot be read.
    """
    text = read_text(path)
    try:
        data = parse_toml(text)
    except ValueError as error:
        place = _PLACE.search(str(error))
        last = max(len(text.splitlines()), 1)
        line = int(place[1]) if place and place[1] else last
        return (Finding(line, "error", f"not valid TOML: {_PLACE.sub('', str(error))}"),)
    checker = _Checker(path, text, data)
    found = checker.findings()
    if index is not None:
        found += _not_found(checker.terms, index)
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.message)))


class _Checker:
    def __init__(self, path: Path, text: str, data: dict[str, Any]) -> None:
        self._lines = lines_of(text)
        self._found: list[Finding] = []
        self._alone = data.pop("replace", False)
        if not isinstance(self._alone, bool):
            self._say(("replace",), "error", "'replace' must be true or false")
        self._concepts: dict[str, dict[str, tuple[str, ...]]] = {}
        self._parents: dict[str, str] = {}
        for key, entry in data.items():
            try:
                concept = parse_concept(key, entry)
            except VocabularyError as error:
                self._say((key,), "error", str(error))
                continue
            self._concepts[key] = concept.terms
            if concept.parent:
                self._parents[key] = concept.parent
        if not data:
            self._found.append(
                Finding(1, "error", f"{path.name} holds no concept; write a table such as [nmda-receptor]")
            )
        self.terms = [
            _Term(key, code, term, self._line((key, code, number)))
            for key, entry in self._concepts.items()
            for code in entry
            for number, term in enumerate(data[key][code])
        ]

    def findings(self) -> list[Finding]:
        base = Vocabulary({}) if self._alone is True else Vocabulary.builtin()
        self._languages()
        self._duplicates(base)
        self._above(base)
        return self._found

    def _line(self, place: tuple[str | int, ...]) -> int:
        """Return the line of a path, or of the nearest above it."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def _say(self, place: tuple[str | int, ...], level: Level, message: str) -> None:
        self._found.append(Finding(self._line(place), level, message))

    def _languages(self) -> None:
        wanted = {code for entry in self._concepts.values() for code in entry}
        for key, entry in self._concepts.items():
            if missing := sorted(wanted.difference(entry)):
                self._say((key,), "warning", f"[{key}] has no terms in {', '.join(missing)}, which others have")

    def _duplicates(self, base: Vocabulary) -> None:
        """Tell terms that are one to the analyzer; between concepts an article would carry both."""
        first: dict[tuple[str, tuple[str, ...]], _Term] = {}
        shipped = {
            (code, _reading(analyzer_for(code), term)): (key, term)
            for key, entry in base.concepts.items()
            if key not in self._concepts
            for code, terms in entry.items()
            for term in terms
        }
        for term in self.terms:
            reading = _reading(analyzer_for(term.code), term.text)
            if not reading:
                self._found.append(
                    Finding(term.line, "error", f"{term.text!r} ({term.code}) holds no word: it can never match")
                )
                continue
            before = first.setdefault((term.code, reading), term)
            if before is not term:
                other = f"{before.text!r} on line {before.line}"
                if before.key == term.key:
                    self._found.append(
                        Finding(term.line, "warning", f"{term.text!r} ({term.code}) is the same term as {other}")
                    )
                else:
                    self._found.append(
                        Finding(
                            term.line,
                            "error",
                            f"{term.text!r} ({term.code}) of [{term.key}] is one of [{before.key}] too: {other}",
                        )
                    )
            elif built_in := shipped.get((term.code, reading)):
                self._found.append(
                    Finding(
                        term.line,
                        "warning",
                        f"{term.text!r} ({term.code}) is also a term of the built-in [{built_in[0]}]: "
                        f"{built_in[1]!r}; articles get both",
                    )
                )

    def _above(self, base: Vocabulary) -> None:
        parents = {**{key: above for key, above in base.parents.items() if key not in self._concepts}}
        parents |= self._parents
        for key, parent in self._parents.items():
            if parent not in self._concepts and parent not in base.concepts:
                self._say((key, "parent"), "error", f"the parent {parent!r} of [{key}] is no concept")
            elif problem := problem_above(key, parents):
                self._say((key, "parent"), "error", f"[{key}] {problem}")


def _reading(analyzer: Analyzer, term: str) -> tuple[str, ...]:
    return tuple(token.text for token in chain_of(analyzer, term))


def _not_found(terms: Iterable[_Term], index: "ArticleIndex") -> list[Finding]:
    """Tell the terms that stand in no article of an index in which they are looked for."""
    held = sorted(index.info().languages)
    found = []
    for term in terms:
        # English terms are looked for in articles of every language.
        codes = held if term.code == "en" else [code for code in held if code == term.code]
        if chain_of(analyzer_for(term.code), term.text) and not any(
            index.holds(term.text, code) for code in codes
        ):
            found.append(Finding(term.line, "info", f"{term.text!r} ({term.code}) stands in no article"))
    return found
