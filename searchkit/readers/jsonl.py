"""JSON lines: one object a line; see `searchkit.readers.fields` for the names."""

import json
from collections.abc import Iterable, Iterator
from itertools import count

from searchkit.errors import ArticleError
from searchkit.readers.draft import Draft
from searchkit.readers.fields import draft_from_fields, not_utf8


def read_jsonl(lines: Iterable[str], source: str) -> Iterator[Draft | ArticleError]:
    """Yield the article of each line, or the error in it; blank lines are passed over."""
    rest = iter(lines)
    for number in count(1):
        try:
            line = next(rest, None)  # one that is too long is an error of its own
            if line is None:
                return
            if line.strip():
                yield _draft(line, source, number)
        except ArticleError as error:
            yield ArticleError(f"{source}:{number}: {error}; line skipped")


def _draft(line: str, source: str, number: int) -> Draft:
    if bad := not_utf8(line):
        raise ArticleError(bad)
    try:
        value = json.loads(line)
    except RecursionError:
        raise ArticleError("not valid JSON (nested too deeply)") from None
    except json.JSONDecodeError as error:
        raise ArticleError(f"not valid JSON ({error})") from None
    except ValueError:
        raise ArticleError("not valid JSON (a number has too many digits)") from None
    if not isinstance(value, dict):
        raise ArticleError('not a JSON object such as {"title": "…", "text": "…"}')
    return draft_from_fields(value, source, place=number)
