"""SQLite FTS5, ordered by bm25() (its column `rank`); facets in a table of their own, counted by GROUP BY.

Values of facets are numbers there, which group faster than texts. The index is optimized in the one transaction.
"""

import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

from systems import FACETS, LIMIT, Answer, Document, Query, Row, Work

VERSION = sqlite3.sqlite_version

# All kinds of characters that a token may hold: it splits at blanks only.
_TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'"


class Fts5:
    """A database file; a connection for each thread."""

    def index(self, folder: Path, documents: Iterable[Document]) -> None:
        """Index in one transaction."""
        connection = sqlite3.connect(folder / "index.db")
        connection.execute(
            f'CREATE VIRTUAL TABLE documents USING fts5(id UNINDEXED, text, tokenize="{_TOKENIZER}")'
        )
        connection.execute(
            "CREATE TABLE facets(document INTEGER, value INTEGER, PRIMARY KEY(document, value)) WITHOUT ROWID"
        )
        connection.execute("CREATE TABLE facet_values(value INTEGER PRIMARY KEY, name TEXT, text TEXT)")
        numbers: dict[tuple[str, str], int] = {}
        with connection:
            for row, document in enumerate(documents, 1):
                connection.execute(
                    "INSERT INTO documents(rowid, id, text) VALUES (?, ?, ?)", (row, document.id, document.tokens)
                )
                values = {(name, value) for name in FACETS for value in document.facets[name]}
                connection.executemany(
                    "INSERT INTO facets VALUES (?, ?)",
                    [(row, numbers.setdefault(value, len(numbers))) for value in values],
                )
            connection.executemany(
                "INSERT INTO facet_values VALUES (?, ?, ?)",
                [(number, *value) for value, number in numbers.items()],
            )
            connection.execute("INSERT INTO documents(documents) VALUES ('optimize')")
        connection.close()

    def open(self, folder: Path) -> None:
        """Read the names of the facets' values."""
        self._file = folder / "index.db"
        self._thread = threading.local()
        self._values = {
            number: (name, text)
            for number, name, text in self._connection().execute("SELECT value, name, text FROM facet_values")
        }

    def search(self, query: Query, work: Work) -> Answer:
        """Search for any of the tokens."""
        connection = self._connection()
        match = " OR ".join(f'"{token}"' for token in query.tokens)
        snippet = "snippet(documents, 1, '[', ']', '…', 30)" if work == "snippets" else "''"
        found = connection.execute(
            f"SELECT id, {snippet} FROM documents WHERE documents MATCH ? ORDER BY rank LIMIT {LIMIT}", (match,)
        ).fetchall()
        facets: dict[str, dict[str, int]] | None = None
        if work != "hits":
            facets = {name: {} for name in FACETS}
            for number, count in connection.execute(
                "SELECT value, count(*) FROM facets"
                " WHERE document IN (SELECT rowid FROM documents WHERE documents MATCH ?) GROUP BY value",
                (match,),
            ):
                name, text = self._values[number]
                facets[name][text] = count
        return Answer(
            [identifier for identifier, _ in found], facets, [text for _, text in found if work == "snippets"]
        )

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._thread, "connection", None)
        if found is None:
            found = self._thread.connection = sqlite3.connect(self._file)
        return found


# Fail here, not in the middle, if this SQLite lacks it.
try:
    sqlite3.connect(":memory:").execute("CREATE VIRTUAL TABLE documents USING fts5(text)")
except sqlite3.OperationalError as error:
    raise ImportError(str(error)) from error

ROWS = {
    "sqlite": Row(Fts5, ("hits", "facets", "snippets"), "FTS5, rank; facets joined from a table; snippet()"),
}
