"""Articles given as named fields: a line of JSON, a row of CSV, the front matter of Markdown."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import regex

from searchkit.article import FACETS
from searchkit.dates import find_date
from searchkit.errors import ArticleError
from searchkit.readers.draft import Draft

# Names that exports use for our fields.
_ALIASES = {
    "body": "text",
    "content": "text",
    "lang": "language",
    "date": "published",
    "link": "url",
    "headline": "title",
    "mechanisms": "mechanism",
    "studies": "study",
}
# Characters of the text of one article. Analysis takes some 200 bytes of memory and 3 µs for each of them.
MOST_TEXT: Final = 5_000_000
# Characters of a line of JSON, a row of a table or a page of HTML: escapes and markup take more than text.
MOST_READ: Final = 8 * MOST_TEXT
# Characters of each other field, and of each value of a facet.
MOST_FIELD: Final = 10_000
_MOST_VALUES: Final = 1_000
# Addresses that a program may make a link of without running somebody's code ("javascript:", "data:").
_SCHEMES: Final = frozenset({"http", "https", "ftp", "doi", "urn"})
_SCHEME: Final = regex.compile(r"([^/?#:]*+):")
_NO_ADDRESS: Final = regex.compile(r"[\s\p{Cc}]+")
_NO_UTF8 = regex.compile("[\udc80-\udcff]")
# A date that leaves the day open stands for its first day.
_YEAR_AND_MONTH = regex.compile(r"\s*((?:19|20)\d\d)(?:[-/](0[1-9]|1[0-2]))?\s*")
_CODE = regex.compile(r"[A-Za-z]{2,3}(?:[-_].*)?")


def draft_from_fields(
    given: Mapping[str, Any],
    source: str,
    place: int = 1,
    headings: tuple[tuple[int, str], ...] | None = None,
) -> Draft:
    """Return the draft that named fields describe; unknown names are passed over.

    Raises:
        ArticleError: a field has the wrong type or is too long, or there is neither title nor text.
    """
    values: dict[str, Any] = {}
    for name, value in given.items():
        key = name.strip().lower()
        key = _ALIASES.get(key, key)
        if value not in (None, "", []) and key not in values:
            values[key] = value
    facets = {name: _names(name, values[name]) for name in FACETS if name != "language" and name in values}
    facets |= _nested(values.get("facets"))
    text, title = _text(values, "text"), _text(values, "title")
    if not text and not title:
        raise ArticleError("has neither text nor title")
    language = _text(values, "language").lower() or None
    if language and not _CODE.fullmatch(language):
        raise ArticleError(f"language {language!r} is not a code such as en or zh")
    return Draft(
        title=title,
        text=text,
        source=source,
        place=place,
        id=_identifier("id", values.get("id")),
        language=language.replace("_", "-").split("-")[0] if language else None,
        url=_address(_text(values, "url")),
        author=_text(values, "author"),
        published=_day(values.get("published")),
        headings=headings,
        facets=facets,
        group=_identifier("group", values.get("group")) or "",
    )


def not_utf8(text: str) -> str:
    """Return what is wrong with a text that had bytes in it that are no UTF-8; empty if nothing is.

    Formats that are read line by line are decoded with the error handler ``surrogateescape``, so that one bad
    line does not take others with it.
    """
    found = _NO_UTF8.search(text)
    return f"not UTF-8 (byte 0x{ord(found.group()) - 0xDC00:02x})" if found else ""


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, "")
    if isinstance(value, list) and name == "author" and all(isinstance(part, str) for part in value):
        value = ", ".join(value)
    if not isinstance(value, str):
        raise ArticleError(f"field {name!r} must be a text, not {_json_name(value)}")
    most = MOST_TEXT if name == "text" else MOST_FIELD
    if len(value) > most:
        raise ArticleError(f"field {name!r} has {len(value):,} characters, and may have {most:,}")
    # Lone surrogates, which JSON can spell, are no characters and cannot be stored.
    return value.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\x00", " ").strip()


def _address(url: str) -> str:
    """Return the address of a page; nothing where a browser would run it, or read a file, and not go there."""
    url = _NO_ADDRESS.sub("", url)
    scheme = _SCHEME.match(url)
    return url if scheme is None or scheme.group(1).lower() in _SCHEMES else ""


def _json_name(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a fraction", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def _identifier(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ArticleError(f"field {name!r} must be a text or a number, not {_json_name(value)}")
    return _text({"id": str(value)}, "id") or None


def _day(value: Any) -> date | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) <= MOST_FIELD and (day := find_date(value)):
        return day
    if match := _YEAR_AND_MONTH.fullmatch(str(value)[:MOST_FIELD]):
        year, month = match.groups()
        return date(int(year), int(month or 1), 1)
    raise ArticleError(f"field 'published' is not a date such as 2024-08-17: {str(value)[:40]!r}")


def _names(name: str, value: Any) -> tuple[str, ...]:
    names = [part.strip() for part in value.split(";")] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(part, str) for part in names):
        raise ArticleError(f"field {name!r} must be a text or a list of texts")
    if len(names) > _MOST_VALUES:
        raise ArticleError(f"field {name!r} has {len(names):,} values, and may have {_MOST_VALUES:,}")
    return tuple(dict.fromkeys(_text({name: part}, name) for part in names if part.strip()))


def _nested(value: Any) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ArticleError("field 'facets' must be an object")
    return {name: _names(name, names) for name, names in value.items() if name in FACETS and name != "language"}
