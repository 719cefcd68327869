"""What a reader hands on: an article before its language, sections and facets are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

STDIN: Final = "-"  # the source of what was read from standard input


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as its file gives it; a field that is None or empty is left to detection.

    Halves of surrogate pairs, which are no characters and cannot be stored, become question marks.

    Attributes:
        title: without boilerplate.
        text: the text, cleaned, title not included.
        id: given id, or None to make one from ``source`` and ``place``.
        place: position of the article in its file, from 1.
        headings: (offset into ``text``, heading), where the format marks headings; None to recognise them.
        facets: given facet values; they win over detected ones.
        group: what versions of the article in several languages have in common, where the source tells them.
    """

    title: str
    text: str
    source: str
    place: int = 1
    id: str | None = None
    language: str | None = None
    url: str = ""
    author: str = ""
    published: date | None = None
    headings: tuple[tuple[int, str], ...] | None = None
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    group: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "text", "id", "url", "author", "group"):
            value = getattr(self, name)
            if value and not value.isascii():
                object.__setattr__(self, name, _storable(value))
        if self.headings:
            headings = tuple((start, _storable(heading)) for start, heading in self.headings)
            object.__setattr__(self, "headings", headings)


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
