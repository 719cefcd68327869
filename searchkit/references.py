"""Reading the entries of a list of references, in the ways of several languages."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import regex

from searchkit.analyzers.normalize import plain_digits
from searchkit.article import Reference, ReferenceKind, Section
from searchkit.dates import find_date
from searchkit.structure import is_bullet, lines, without_bullet

_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−﹘﹣", "-"))
# Between numbers it is a dash too, elsewhere part of an address: https://x.org/~ann
_WAVE: Final = regex.compile(r"(?<=\d\s{0,3})[~∼〜～](?=\s{0,3}[a-zA-Z]?\d)")
# DOI syntax: https://www.crossref.org/blog/dois-and-matching-regular-expressions/
_DOI: Final = regex.compile(r"(?<![\d.])10\.\d{4,9}/[^\s\"<>，、；。।（）《》]+")
_URL: Final = regex.compile(r"(?:https?://|(?<![\p{L}\p{N}./@-])www\.)[^\s\"<>，、；。।]+", regex.IGNORECASE)
# When somebody looked at it, or where it is to be had: what only sources on the web have.
_ACCESSED: Final = regex.compile(
    r"(?<![\p{L}\p{M}])(?:accessed|retrieved"
    r"|(?:last )?(?:visited|viewed|checked)(?: on)?\s{0,3}:?\s{0,3}(?=\d|\p{Lu})"
    r"|hämtad|hämtat|hämtades|besökt|(?:senast )?läst (?:den\s{1,3})?(?=\d)|senast läst|åtkomst|åtkommen"
    r"|consultée?s?(?= le| en|\s{0,3}:)|(?:dernière )?consultation|(?:dernier )?accès le|date d'accès|page vue le"
    r"|(?:को\s{1,3})?(?:देखा|देखी|देखे) (?:गया|गई|गयी|गए)|अभिगमन|एक्सेस(?: किया)?|पुनःप्राप्त|पुनर्प्राप्त"
    r"|पहुँच (?:तिथि|की तिथि)|से लिया गया)(?![\p{L}\p{M}])"
    r"|(?:最后|最近)?(?:访问|瀏覽|浏览|訪問|检索|檢索|查阅|查閱|存取|引用|取用)(?:日期|时间|時間|于|於|日)|\[EB/OL\]"
    r"|\d日(?:访问|訪問|浏览|瀏覽|检索|檢索|查阅|查閱|存取|取用)",
    regex.IGNORECASE,
)
_YEAR: Final = regex.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# The pieces that styles are made of. Every repetition has a bound, so that no text takes more than linear time.
_Y: Final = r"(?<!\d)(?P<year>(?:19|20)\d\d)(?!\d)"
_VOLUME: Final = r"(?P<volume>[a-z]?\d{1,6})"
_IN_BRACKETS: Final = r"\(\s{0,3}(?P<issue>[^()]{1,20}?)\s{0,3}\)"
_ISSUE: Final = rf"(?:\s{{0,3}}{_IN_BRACKETS})?"
# 165, e34, S12, CD001269, FE7E
_NUMBER: Final = r"(?P<page>[a-z]{1,3}\d{1,9}[a-z]?|\d{1,9})(?![\d\p{L}])"
_PAGE: Final = rf"(?:(?:pp?\.?|s\.|pii:)\s{{0,3}}(?=[a-z]?\d))?{_NUMBER}"
_RANGE: Final = _PAGE + r"\s{0,3}-\s{0,3}[a-z]?\d"
_SUPPLEMENT: Final = r"(?:\s{0,3}suppl\.?\s{0,3}\d{0,3})?"
# What says in running text too that a publication is meant.
_CLEAR: Final = tuple(
    regex.compile(pattern, regex.IGNORECASE)
    for pattern in (
        # Vancouver, with anything short (a month, a day) between year and semicolon: 2010;65(2):165-177
        rf"{_Y}[^;:\n]{{0,16}};\s{{0,3}}{_VOLUME}{_SUPPLEMENT}{_ISSUE}\s{{0,3}}(?:[:,]|\.(?=\s?pii))\s{{0,3}}{_PAGE}",
        # GB/T 7714 and ACS: 2010, 65(2): 165-177
        rf"{_Y}\s{{0,3}}[,.]\s{{0,3}}{_VOLUME}\s{{0,3}}{_IN_BRACKETS}\s{{0,3}}[:,]\s{{0,3}}{_PAGE}",
        # Chicago and MLA: 65, no. 2 (2010): 165-177 and 65.2 (2010): 165-177
        (
            rf"(?<![\d/.,]){_VOLUME}(?:\s{{0,3}},\s{{0,3}}(?:no|nr|n°)\.?\s{{0,3}}|\.)(?P<issue>\d{{1,4}})"
            rf"\s{{0,3}}\([^()\d]{{0,15}}{_Y}\)\s{{0,3}}:\s{{0,3}}{_PAGE}"
        ),
        # Elsevier: 65 (2010) 165-177
        rf"(?<![\d/.]){_VOLUME}\s{{0,3}}(?:\(\d{{1,4}}\)\s{{0,3}})?\({_Y}\)\s{{0,3}}[,:]?\s{{0,3}}{_RANGE}",
        # Nature: 65, 165-177 (2010)
        rf"(?<![\d/.,]){_VOLUME}{_ISSUE}\s{{0,3}}[:,]\s{{0,3}}{_RANGE}\d{{0,9}}\s{{0,3}},?\s{{0,3}}\({_Y}\)",
    )
)
# What says so in a list of references only: elsewhere "2010, 12:30" is a time.
_LISTED: Final = tuple(
    regex.compile(pattern, regex.IGNORECASE)
    for pattern in (
        # APA: Neuron, 65(2), 165-177
        rf"(?<![\d/.]){_VOLUME}\s{{0,3}}{_IN_BRACKETS}\s{{0,3}}[:,]\s{{0,3}}{_RANGE}",
        # 2010, 65, 2, p. 165
        (
            rf"{_Y}\s{{0,3}}[,;]\s{{0,3}}{_VOLUME}(?:\s{{0,3}},\s{{0,3}}(?P<issue>\d{{1,4}}))?\s{{0,3}},\s{{0,3}}"
            rf"(?:pp?|s)\.\s{{0,3}}{_NUMBER}"
        ),
        # 2010, 65:165
        rf"{_Y}\s{{0,3}}[,.]\s{{0,3}}{_VOLUME}\s{{0,3}}:\s{{0,3}}{_PAGE}",
        # Neuron 65:165-177 and Neuron, 65, 165-177
        rf"(?<=[\p{{L}}\p{{M}}.,]\s)(?!(?:19|20)\d\d\D){_VOLUME}\s{{0,3}}[:,]\s{{0,3}}{_RANGE}",
    )
)
# Volume, issue and page in words, in any order after the volume, with the year anywhere near.
_VOLUME_WORD: Final = regex.compile(
    r"(?:(?<![\p{L}\p{M}])(?:vol(?:ume|ym)?|band|bd|tome|t\.|årg(?:ång)?|खंड|खण्ड|वॉल्यूम|वॉल)\.?\s{0,3}"
    r"|卷\s{0,3})(?P<volume>\d{1,6})(?!\d)|(?<!\d)(?P<volume>\d{1,6})\s{0,3}卷",
    regex.IGNORECASE,
)
_ISSUE_WORD: Final = regex.compile(
    r"(?<![\p{L}\p{M}])(?:no|nr|n°|num(?:ber|mer|éro)|issue|häfte|अंक|नंबर)\.?\s{0,3}(?P<issue>\d{1,6})"
    r"|(?P<issue>\d{1,6})\s{0,3}[期号號]|^\s{0,3}\(\s{0,3}(?P<issue>[^()]{1,20}?)\s{0,3}\)",
    regex.IGNORECASE,
)
_PAGE_WORD: Final = regex.compile(
    r"(?<![\p{L}\p{M}])(?:pp?|s|sid(?:a|or|orna)?|pages?|पृष्ठ|पृ|पेज|पीपी)[.॰]?\s{0,3}(?:सं(?:ख्या)?[.॰]?\s{0,3})?"
    rf"{_NUMBER}"
    r"|(?<![\d\p{L}-])(?:第\s{0,3})?(?P<page>[a-z]?\d{1,9})\s{0,3}(?:-\s{0,3}[a-z]?\d{1,9}\s{0,3})?[页頁]"
    r"|[:,]\s{0,3}(?P<page>[a-z]?\d{1,9})(?:\s{0,3}-\s{0,3}[a-z]?\d{1,9})(?!\d)",
    regex.IGNORECASE,
)
# In running text: how far a DOI may be from the place that it belongs to, what parts the two, and how long the
# journal's name before a place may be.
_DOI_WINDOW: Final = 60
_APART: Final = regex.compile(r"[\n)。।]|\.\s")
JOURNAL_WINDOW: Final = 60
_PAGE_WINDOW: Final = 60
_YEAR_WINDOW: Final = 60
# Books: what catalogues and publishers put there, in the languages; or place and publisher at the end.
_BOOK: Final = regex.compile(
    r"(?<![\p{L}\p{M}])(?:isbn\b|university press\b|\p{L}{0,20}förlag(?:et)?\b|éditions\b"
    r"|presses universitaires\b|verlag\b|publishers?\b|publishing\b|\d(?:st|nd|rd|th) ed(?:ition|n)?\b"
    r"|प्रकाशन|पब्लिकेशन|पब्लिशर)"
    r"|出版(?:社|集团|公司)|\[[MRDSGN]\](?!\p{L})",
    regex.IGNORECASE,
)
# A chapter has pages too.
_CHAPTER: Final = regex.compile(
    r"(?<![\p{L}\p{M}])isbn\b|,\s?editors?\b|\((?:eds?|dirs?|red)\.?\)|\d(?:st|nd|rd|th) ed\b|主编|\[M\]",
    regex.IGNORECASE,
)
_PUBLISHER: Final = regex.compile(
    r"[.?!»”\"]\s{1,3}\p{Lu}[\p{L}\p{M} .'’-]{2,30}(?:, \p{Lu}{2})?\s?:\s\p{Lu}[\p{L}\p{M}&'. ’-]{2,50}"
    r"(?:[;,]\s{0,3}(?:19|20)\d\d(?!\d)|\.?\s{0,3}$)"
)
# Full-width signs that end an address, before they become signs that may stand in one.
_WIDE: Final = str.maketrans({"，": ", ", "；": "; ", "）": ") "})
_SIGNS: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xA0: " ", 0x202F: " "}
# A sentence that goes on without a space after an address that ends in a slash.
_GLUED: Final = regex.compile(r"(?<=/)\.\S*$")
# Initials may stand before the surname (K.M. Nelson), and small words belong to it (van Dyck).
_SURNAME: Final = regex.compile(
    r"\P{L}*+(?:(?:\p{Lu}\.[\s-]?){1,4}(?=\p{L}{2}))?"
    r"(?P<name>(?:(?:van|von|de|der|den|del|della|di|da|du|la|le|af|ter|ten)\s){0,3}\p{L}[\p{L}\p{M}'’-]*+)"
)
# What begins an entry that is nothing but an address.
_PREFIX: Final = regex.compile(r"https?|www|doi", regex.IGNORECASE)
_CLOSING: Final = ".,;:'\"]}>”’»"


class _Place(NamedTuple):
    """Where something was published, and where in a text that stands."""

    year: str
    volume: str
    issue: str
    page: str
    start: int
    end: int


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
            # Twice, for a numbered entry of a list of Markdown: "- [2] Ann B."
            spans.append([line.end - len(without_bullet(without_bullet(line.text))), line.end])
    for start, end in spans:
        start, end = start + section.start, end + section.start
        reference = parse_reference(text[start:end], start)
        if reference.year or reference.doi or reference.url:
            yield reference


def find_citations(text: str) -> Iterator[Reference]:
    """Yield the publications that running text cites by DOI, or by year, volume and page.

    A DOI that follows such a place belongs to it: (N Engl J Med 2018;378:e34, doi:10.1056/…).
    """
    # Signs are exchanged one for one here: offsets must stay those of the text.
    plain = _WAVE.sub("-", plain_digits(text.translate(_SIGNS)).translate(_DASHES))
    found: list[tuple[int, int, _Place | None, str]] = []
    past = 0
    for one in sorted(_cited_places(plain), key=lambda place: place.start):
        if one.start >= past:  # one place may fit several styles
            found.append((one.start, one.end, one, ""))
            past = one.end
    starts = [start for start, *_ in found]
    for match in _DOI.finditer(plain_digits(text).translate(_DASHES)):
        doi = _trimmed(match.group())
        end = match.start() + len(doi)
        before = bisect_right(starts, match.start()) - 1
        if before >= 0:
            start, past, place, other = found[before]
            near = match.start() - past <= _DOI_WINDOW
            if near and not other and not _APART.search(plain[past : match.start()]):
                found[before] = (start, end, place, doi)
                continue
        found.append((match.start(), end, None, doi))
    for start, end, place, doi in sorted(found, key=lambda item: item[:2]):
        low = max(start - JOURNAL_WINDOW, 0)
        yield Reference(
            text=text[start:end],
            start=start,
            end=end,
            kind="study",
            year=int(place.year) if place else None,
            volume=place.volume if place else "",
            issue=place.issue if place else "",
            first_page=place.page if place else "",
            doi=doi.lower(),
            journal=_journal(plain[low:start], start - low) if place else "",
        )


def _cited_places(plain: str) -> Iterator[_Place]:
    for style in _CLEAR:
        for match in style.finditer(plain):
            place = _read(match, "")
            # "In 2010; 5, 10 and 20 mg" is no place; a colon, an issue or a range of pages makes one.
            if place.issue or regex.search(r":|-", match.group()):
                yield place
    yield from _in_words(plain)


def parse_reference(entry: str, start: int = 0) -> Reference:
    """Return what one entry says.

    Args:
        entry: the entry, without bullet or number.
        start: its offset in the article's text.

    Full-width punctuation, any dash, Indic digits and DOI with or without prefix are read alike. A web source
    is an entry with an address, or the day when it was looked at, and neither a DOI nor volume and page; a book is
    one with a publisher and none of these.
    """
    plain = plain_digits(unicodedata.normalize("NFKC", entry.translate(_WIDE))).translate(_DASHES)
    plain = _WAVE.sub("-", plain.replace("’", "'"))
    doi = _DOI.search(plain)
    url = _URL.search(plain)
    author = _SURNAME.match(entry)
    address = _trimmed(url.group()) if url else ""
    identifier = _trimmed(doi.group()) if doi else ""
    # Numbers inside an address say nothing about year and page.
    bare = plain
    for part in filter(None, (address, identifier)):
        bare = bare.replace(part, " ")
    place = _place(bare)
    year = place.year if place else ""
    if not year and (found := _YEAR.search(bare)):
        year = found.group()
    kind: ReferenceKind = "study"
    if not doi and _CHAPTER.search(plain):
        kind = "book"
    elif not doi and not place:
        web = url or _ACCESSED.search(plain)
        kind = "web" if web else "book" if _BOOK.search(plain) or _PUBLISHER.search(plain) else "study"
    return Reference(
        text=entry,
        start=start,
        end=start + len(entry),
        kind=kind,
        author=author.group("name") if author and not _PREFIX.fullmatch(author.group("name")) else "",
        year=int(year) if year else None,
        volume=place.volume if place else "",
        issue=place.issue if place else "",
        first_page=place.page if place else "",
        doi=identifier.lower(),
        url="" if doi and "doi.org" in address else address,
        journal=_journal(bare, place.start if place else -1),
        published=find_date(bare),
    )


def _place(plain: str) -> _Place | None:
    """Return the place of publication that an entry gives, in the first style that fits."""
    for style in _CLEAR:
        if match := style.search(plain):
            return _read(match, plain)
    if place := next(_in_words(plain), None):
        return place
    for style in _LISTED:
        if match := style.search(plain):
            return _read(match, plain)
    return None


def _read(match: "regex.Match[str]", plain: str) -> _Place:
    found = match.groupdict()
    year, start, end = found.get("year") or "", match.start(), match.end()
    if not year:
        # A year in the title is farther from the volume than that of publication.
        years = list(_YEAR.finditer(plain))
        nearest = min(years, key=lambda one: max(start - one.end(), one.start() - end, 0), default=None)
        year = nearest.group() if nearest else ""
    volume, issue, page = (found.get(name) or "" for name in ("volume", "issue", "page"))
    return _Place(year, volume.lower(), issue, page.lower(), start, end)


def _in_words(plain: str) -> Iterator[_Place]:
    """Yield the places of publication that are given in words: vol. 21, nr 24, s. 2109; 第28卷第8期，第3243页."""
    for match in _VOLUME_WORD.finditer(plain):
        after = plain[match.end() : match.end() + _PAGE_WINDOW].partition("\n")[0]
        if not (page := _PAGE_WORD.search(after)):
            continue
        start, end = match.start(), match.end() + page.end()
        low = plain.rfind("\n", max(start - _YEAR_WINDOW, 0), start) + 1 or max(start - _YEAR_WINDOW, 0)
        window = plain[low : end + _YEAR_WINDOW]
        # The nearest: titles have years too.
        years = [(max(low + one.start() - end, start - low - one.end(), 0), one) for one in _YEAR.finditer(window)]
        if not years:
            continue
        year = min(years, key=lambda one: one[0])[1]
        issue = _ISSUE_WORD.search(after[: page.start()])
        yield _Place(
            year=year.group(),
            volume=match.group("volume"),
            issue=(issue.group("issue") or "") if issue else "",
            page=page.group("page").lower(),
            start=min(start, low + year.start()),
            end=max(end, low + year.end()),
        )


def _trimmed(address: str) -> str:
    """Return a DOI or address without what the sentence around it put there."""
    address = _GLUED.sub("", address)
    end = len(address)
    # Counted once, not anew for each bracket: a text may end in a million of them.
    unopened = address.count(")") - address.count("(")
    while end and (address[end - 1] in _CLOSING or (address[end - 1] == ")" and unopened > 0)):
        end -= 1
        unopened -= address[end] == ")"
    return address[:end]


def _journal(plain: str, year: int) -> str:
    """Return what stands between the title's end and the year, as far as it can be told."""
    if year < 0:
        return ""
    before = plain[:year].rstrip(" .,。》।")
    name = regex.split(r"[.。।?!\"”》《,(\n]", before)[-1].strip()
    return name if 0 < len(name) <= 60 else ""
