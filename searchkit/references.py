"""Reading the entries of a list of references, in the ways of several languages."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

import regex

from searchkit.analyzers.normalize import plain_digits
from searchkit.article import Reference, Section
from searchkit.dates import find_date
from searchkit.structure import is_bullet, lines, without_bullet

_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−﹘﹣", "-"))
# DOI syntax: https://www.crossref.org/blog/dois-and-matching-regular-expressions/
_DOI: Final = regex.compile(r"10\.\d{4,9}/[^\s\"<>，、；。।]+")
_URL: Final = regex.compile(r"https?://[^\s\"<>，、；。।]+")
_YEAR: Final = regex.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# Vancouver style, with anything short (a month) between the year and the semicolon: 2010;65(2):165-177
_PLACE: Final = regex.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?!\d)[^;:\d]{0,12}(?:\d{1,2})?\s*;\s*(?P<volume>[a-z]?\d+)\s*"
    r"(?:\(\s*(?P<issue>[^()]{1,20}?)\s*\))?\s*[:,]\s*(?:pp?\.?\s*)?(?P<page>[a-z]?\d+)",
    regex.IGNORECASE,
)
# Other styles: Neuron, 65(2), 165-177 and Neuron, 2010, 65(2): 165-177.
_PAGES: Final = regex.compile(
    r"(?:(?<!\d)(?P<year>(?:19|20)\d\d)\s*,\s*)?(?<![\d/.])(?P<volume>\d{1,4})\s*"
    r"\(\s*(?P<issue>[^()]{1,20}?)\s*\)\s*[:,]\s*(?:pp?\.?\s*)?(?P<page>[a-z]?\d+)\s*-\s*[a-z]?\d",
    regex.IGNORECASE,
)
# Full-width signs that end an address, before they become signs that may stand in one.
_WIDE: Final = str.maketrans({"，": ", ", "；": "; ", "）": ") "})
# A sentence that goes on without a space after an address that ends in a slash.
_GLUED: Final = regex.compile(r"(?<=/)\.\S*$")
_SURNAME: Final = regex.compile(r"\P{L}*(?P<name>\p{L}[\p{L}\p{M}'’-]*)")
# What begins an entry that is nothing but an address.
_PREFIX: Final = regex.compile(r"https?|www|doi", regex.IGNORECASE)
_CLOSING: Final = ".,;:'\"]}>”’»"


def parse_references(text: str, sections: Iterable[Section]) -> tuple[Reference, ...]:
    """Return the entries of those sections of an article's text that are lists of references."""
    found: list[Reference] = []
    for section in sections:
        if section.kind == "references":
            found.extend(_entries(text, section))
    return tuple(found)


def _entries(text: str, section: Section) -> Iterator[Reference]:
    found = [line for line in lines(text[section.start : section.end]) if line.text != section.heading]
    bulleted = any(is_bullet(line.text) for line in found)
    spans: list[list[int]] = []
    for line in found:
        if bulleted and not is_bullet(line.text) and spans:
            spans[-1][1] = line.end  # an entry over several lines
        else:
            spans.append([line.end - len(without_bullet(line.text)), line.end])
    for start, end in spans:
        start, end = start + section.start, end + section.start
        reference = parse_reference(text[start:end], start)
        if reference.year or reference.doi or reference.url:
            yield reference


def parse_reference(entry: str, start: int = 0) -> Reference:
    """Return what one entry says.

    Args:
        entry: the entry, without bullet or number.
        start: its offset in the article's text.

    Full-width punctuation, any dash, Indic digits and DOI with or without prefix are read alike. A web source
    is an entry with an address and neither a DOI nor volume and page.
    """
    plain = plain_digits(unicodedata.normalize("NFKC", entry.translate(_WIDE))).translate(_DASHES)
    doi = _DOI.search(plain)
    place = _PLACE.search(plain) or _PAGES.search(plain)
    url = _URL.search(plain)
    author = _SURNAME.match(entry)
    address = _trimmed(url.group()) if url else ""
    identifier = _trimmed(doi.group()) if doi else ""
    # Numbers inside an address say nothing about the year.
    bare = plain
    for part in filter(None, (address, identifier)):
        bare = bare.replace(part, " ")
    year = place.group("year") if place else None
    if not year and (found := _YEAR.search(bare)):
        year = found.group()
    return Reference(
        text=entry,
        start=start,
        end=start + len(entry),
        kind="web" if url and not doi and not place else "study",
        author=author.group("name") if author and not _PREFIX.fullmatch(author.group("name")) else "",
        year=int(year) if year else None,
        volume=place.group("volume") if place else "",
        issue=(place.group("issue") or "") if place else "",
        first_page=place.group("page").lower() if place else "",
        doi=identifier.lower(),
        url="" if doi and "doi.org" in address else address,
        journal=_journal(plain, place.start() if place else -1),
        published=find_date(bare),
    )


def _trimmed(address: str) -> str:
    """Return a DOI or address without what the sentence around it put there."""
    address = _GLUED.sub("", address)
    while address and (
        address[-1] in _CLOSING or (address[-1] == ")" and address.count(")") > address.count("("))
    ):
        address = address[:-1]
    return address


def _journal(plain: str, year: int) -> str:
    """Return what stands between the title's end and the year, as far as it can be told."""
    if year < 0:
        return ""
    before = plain[:year].rstrip(" .,。》।")
    name = regex.split(r"[.。।?!\"”》《,]", before)[-1].strip()
    return name if 0 < len(name) <= 60 else ""
