"""SQLite FTS5, ordered by bm25(): its default tokenizer, unicode61; the same with Porter's stemmer; trigram.

The words of the query are quoted and OR-ed. For trigram, the trigrams of each word are OR-ed, not the word itself,
since a clause of a question in Chinese is one "word" of which no document holds all.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from systems import LIMIT, Document, Row

VERSION = sqlite3.sqlite_version

_PUNCTUATION = re.compile(r"""[\s!-/:-@\[-`{-~‐-‧‹›«»¿¡、-】！-／：-？।]+""")


def words(query: str) -> list[str]:
    """Split at white space and punctuation."""
    return [word for word in _PUNCTUATION.split(query) if word]


def trigrams(query: str) -> Iterable[str]:
    """Return the trigrams of each word."""
    return (word[at : at + 3] for word in words(query) for at in range(len(word) - 2))


class Fts5:
    """A table in memory."""

    def __init__(self, tokenizer: str, terms: Callable[[str], Iterable[str]]) -> None:
        self._terms = terms
        self._connection = sqlite3.connect(":memory:")
        self._connection.execute(
            f"CREATE VIRTUAL TABLE documents USING fts5(id UNINDEXED, text, tokenize={tokenizer!r})"
        )

    def index(self, documents: Sequence[Document]) -> None:
        """Index in one transaction."""
        rows = ((document.id, document.text) for document in documents)
        with self._connection:
            self._connection.executemany("INSERT INTO documents VALUES (?, ?)", rows)

    def search(self, query: str) -> list[str]:
        """Search for any of the terms."""
        match = " OR ".join(f'"{term}"' for term in self._terms(query))
        found = self._connection.execute(
            "SELECT id FROM documents WHERE documents MATCH ? ORDER BY bm25(documents) LIMIT ?", (match, LIMIT)
        )
        return [identifier for (identifier,) in found] if match else []


# Fail here, not in the middle, if this SQLite lacks them.
try:
    Fts5("trigram", trigrams)
except sqlite3.OperationalError as error:
    raise ImportError(str(error)) from error

ROWS: dict[str, Row] = {
    "fts5-unicode61": lambda _: Fts5("unicode61", words),
    "fts5-porter": lambda _: Fts5("porter unicode61", words),
    "fts5-trigram": lambda _: Fts5("trigram", trigrams),
}
