"""Dates as writers put them: 2024-08-17, 17 August 2024, Aug 17, 2024, 2024年8月17日, 17 अगस्त 2024."""

import unicodedata
from datetime import date
from functools import cache
from typing import Final

import regex

from searchkit.analyzers.normalize import fold
from searchkit.data import tables

_ISO: Final = regex.compile(r"(?<!\d)((?:19|20)\d\d)-(\d{1,2})-(\d{1,2})(?!\d)")
_CHINESE: Final = regex.compile(r"((?:19|20)\d\d)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")


def find_date(text: str) -> date | None:
    """Return the first full date (day, month and year) in ``text``, or None.

    Month names are read in English, Swedish, French and Hindi. Dates of digits alone are read only in the
    orders that cannot be misread: year first.
    """
    text = fold(text)
    for pattern in (_ISO, _CHINESE):
        if match := pattern.search(text):
            return _date(*match.groups())
    months, pattern = _months()
    if match := pattern.search(text):
        found = match.groupdict()
        for order in "abc":
            if found[f"y{order}"]:
                return _date(found[f"y{order}"], months[found[f"m{order}"]], found[f"d{order}"])
    return None


def _date(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@cache
def _months() -> tuple[dict[str, int], "regex.Pattern[str]"]:
    months = {
        unicodedata.normalize("NFC", fold(form)): number
        for names in tables("dates").values()
        for number, forms in enumerate(names, 1)
        for form in forms.split("|")
    }
    # Longest first, so that "september" is not read as "sep".
    names = "|".join(sorted(map(regex.escape, months), key=len, reverse=True))
    ordinal, gap = r"(?:st|nd|rd|th|er|e|\.)?", r"[\s,.]*"

    def part(name: str, order: str) -> str:
        forms = {"d": r"\d{1,2}", "m": rf"(?:{names})", "y": r"(?:19|20)\d\d"}
        edge = r"[\p{L}\p{M}]" if name == "m" else r"\d"
        return rf"(?<!{edge})(?P<{name}{order}>{forms[name]})(?!{edge})"

    orders = (
        part("d", "a") + ordinal + gap + part("m", "a") + gap + part("y", "a"),
        part("m", "b") + r"\.?\s*" + part("d", "b") + ordinal + gap + part("y", "b"),
        part("y", "c") + gap + part("m", "c") + r"\.?\s*" + part("d", "c"),
    )
    return months, regex.compile("|".join(orders))
