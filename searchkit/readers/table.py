"""CSV and TSV: a header row names the fields; see `searchkit.readers.fields` for the names."""

import csv
from collections.abc import Iterable, Iterator

from searchkit.errors import ArticleError
from searchkit.readers.draft import Draft
from searchkit.readers.fields import draft_from_fields, not_utf8


def read_table(lines: Iterable[str], source: str, delimiter: str = ",") -> Iterator[Draft | ArticleError]:
    """Yield the article of each row, or the error in it.

    Args:
        lines: the lines of the file, with their line ends.
        source: name for messages.
        delimiter: what stands between columns; a header row without commas but with semicolons means those.
    """
    csv.field_size_limit(2**31 - 1)
    rows = iter(lines)
    header = next(rows, "")
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
