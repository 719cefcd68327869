"""What an article is, once it is read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, Self

SectionKind = Literal["body", "references", "disclaimer"]
ReferenceKind = Literal["study", "web", "book"]

FACETS = ("language", "study", "study_type", "mechanism")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an article's text, with its heading line.

    Attributes:
        heading: the heading's text; empty before the first heading.
        start: offset in code points into the article's text, of the heading line.
        end: offset just past the section.
        kind: what stands in it. Mechanisms are looked for in ``body`` sections only.
    """

    heading: str
    start: int
    end: int
    kind: SectionKind = "body"


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of an article's list of references.

    Attributes:
        text: the entry as written, without its bullet or number.
        start: offset in code points into the article's text.
        end: offset just past the entry.
        kind: ``study``; ``web`` for a page with an address and nothing that tells a publication; ``book``.
        author: surname of the first author, as written.
        doi: lower case, without prefix.
        published: the full date, where one is given.
    """

    text: str
    start: int
    end: int
    kind: ReferenceKind
    author: str = ""
    year: int | None = None
    volume: str = ""
    issue: str = ""
    first_page: str = ""
    doi: str = ""
    url: str = ""
    journal: str = ""
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it is indexed and handed back.

    Attributes:
        id: stable across runs: made from the source and the article's place in it, unless given.
        title: without boilerplate.
        text: the cleaned text, title not included.
        language: ISO 639-1 code.
        url: address of the page, if known.
        author: as stated, or empty.
        published: date of publication, if stated.
        source: file (or ``-`` for standard input) that it was read from.
        sections: the parts of ``text``, in order, without gaps.
        references: entries of the list of references.
        facets: facet name -> values; the names are those of `FACETS`.
        group: what the source says that this article and its versions in other languages have in common.
        strengths: ``mechanism`` -> value -> how much the article is about it, a multiple of 0.1 from 0.1 (named in
            passing) to 1 (its subject, or given by the source); see `searchkit.strength`.
    """

    id: str
    title: str
    text: str
    language: str
    url: str = ""
    author: str = ""
    published: date | None = None
    source: str = ""
    sections: tuple[Section, ...] = ()
    references: tuple[Reference, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    group: str = ""
    strengths: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: MappingProxyType({}))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as JSON types: read-only mappings cannot be pickled."""
        return type(self).from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, Any]:
        """Return the article as JSON types; dates are ISO 8601 texts."""
        data = {item.name: getattr(self, item.name) for item in fields(self)}
        data["published"] = self.published.isoformat() if self.published else None
        data["sections"] = [asdict(section) for section in self.sections]
        data["references"] = [
            asdict(reference) | {"published": reference.published.isoformat() if reference.published else None}
            for reference in self.references
        ]
        data["facets"] = {name: list(values) for name, values in self.facets.items()}
        data["strengths"] = {name: dict(values) for name, values in self.strengths.items()}
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the article that `to_dict` gave."""
        return cls(
            **{
                **data,
                "published": _date(data["published"]),
                "sections": tuple(Section(**section) for section in data["sections"]),
                "references": tuple(
                    Reference(**(reference | {"published": _date(reference["published"])}))
                    for reference in data["references"]
                ),
                "facets": MappingProxyType({name: tuple(values) for name, values in data["facets"].items()}),
                "strengths": MappingProxyType(
                    {name: MappingProxyType(values) for name, values in data["strengths"].items()}
                ),
            }
        )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
