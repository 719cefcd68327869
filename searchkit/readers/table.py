"""CSV and TSV: a header row names the fields; see `searchkit.readers.fields` for the names."""

import csv
from collections.abc import Iterable, Iterator

from searchkit.errors import ArticleError
from searchkit.readers.draft import Draft
from searchkit.readers.fields import MOST_READ, draft_from_fields, not_utf8


def read_table(lines: Iterable[str], source: str, delimiter: str = ",") -> Iterator[Draft | ArticleError]:
    """Yield the article of each row, or the error in it.

    Args:
        lines: the lines of the file, with their line ends.
        source: name for messages.
        delimiter: what stands between columns; a header row without commas but with semicolons means those.
    """
    csv.field_size_limit(2**31 - 1)
    rows = _Rows(lines)
    try:
        header = next(rows, "")
    except ArticleError as error:
        yield ArticleError(f"{source}:1: {error}; skipped")
        return
    if delimiter == "," and ";" in header and "," not in header:
        delimiter = ";"
    try:
        names = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error as error:
        yield ArticleError(f"{source}:1: {error}; skipped")
        return
    if bad := not_utf8(header):
        yield ArticleError(f"{source}:1: {bad}; skipped: save it as UTF-8")
        return
    lowered = {name.strip().lower() for name in names}
    if not lowered & {"text", "body", "content", "title", "headline"}:
        yield ArticleError(f"{source}: the first row must name the columns, one of them 'text' or 'title'")
        return
    reader = csv.reader(rows, delimiter=delimiter)
    place = 0
    while True:
        try:
            rows.begin()
            row = next(reader, None)
            if row is None:
                return
            place += 1
            if bad := not_utf8("".join(row)):
                # A table in another encoding; what seems right in it may be wrong too.
                where = f"{source}:{reader.line_num + 1}"
                yield ArticleError(f"{where}: {bad}; rest of the file skipped: save it as UTF-8")
                return
            if any(cell.strip() for cell in row):
                yield draft_from_fields(dict(zip(names, row, strict=False)), source, place=place)
        except (ArticleError, csv.Error) as error:
            yield ArticleError(f"{source}:{reader.line_num + 1}: {error}; row skipped")


class _Rows(Iterator[str]):
    """The lines of a table, of which one row, whose quotes may never be closed, gets no more than it may have."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._left = MOST_READ

    def begin(self) -> None:
        """Begin the next row."""
        self._left = MOST_READ

    def __next__(self) -> str:
        line = next(self._lines)
        self._left -= len(line)
        if self._left < 0:
            raise ArticleError(f"longer than {MOST_READ:,} characters; is a quote not closed?")
        return line
