"""Saved pages: the text of a web page as a browser's "select all" or a crawler gives it.

What such dumps have around the text, and how it is told apart:

- a *meta line* after the title, ``1024 683 Name``: width and height of the lead image, and the author. It may have
  the site's name or the image's address before it, and the author's name twice and the address of an avatar after
  it, with the text glued on. Each meta line begins an article, so a file may hold several.
- before the title, the header of the list that the page was saved from: ``Tag :`` and the tag, or
  ``Daily archives :`` and the day, which is then the day of publication.
- a breadcrumb line ``Home » Section » Title``; its last part is the title in the page's own language, unless it
  is the name of a section and the title stands below.
- menus and names of sections above the title, and below it who wrote the text, and when.
- after the text, or within it, a line that leads to other articles, and at the end the menus of the foot.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

import regex

from searchkit.dates import find_date
from searchkit.readers.draft import Draft
from searchkit.structure import (
    Line,
    begins_with,
    is_bullet,
    is_navigation,
    is_one_of,
    is_short,
    is_unspaced,
    lines,
    looks_like_heading,
)

_AVATAR: Final = r"https?://\S*?gravatar\.com/avatar/[0-9a-f]+(?:\?(?:s=\d+)?(?:&d=[a-z]+)?(?:&r=(?:pg|g|r|x))?)?"
_IMAGE: Final = r"https?://.{1,300}?\.(?:jpe?g|png|gif|webp|avif|svg)"
_NAME: Final = r"[\p{L}\p{M}.'’\u200c\u200d·-]+(?: [\p{L}\p{M}.'’\u200c\u200d·-]+){0,5}"
_META: Final = regex.compile(
    rf"(?:(?:{_IMAGE}|{_NAME})\s+)?"
    rf"(?P<width>\d{{2,5}})\s+(?P<height>\d{{2,5}})\s+(?P<author>{_NAME})\s*"
    rf"(?:(?P<avatar>{_AVATAR})(?P<rest>.*))?",
    regex.DOTALL,
)
# From where white space begins, not from each of its signs: there may be a million.
_BREADCRUMB: Final = regex.compile(r"(?<!\s)\s+[»›>→]\s+")
# These stand elsewhere too; after "Home" they part a breadcrumb, between short names a menu.
_PARTS: Final = regex.compile(r"(?<!\s)\s+[»›>→/|·•]\s+")
_HEADER_LINES: Final = 14
_SECTION_WORDS: Final = 2
_SECTION_SIGNS: Final = 6
_SENTENCE: Final = regex.compile(r"(?<=[.!?。！？।])\s*")
_TWO_SENTENCES: Final = regex.compile(r"[.!?]\s{1,3}(?=\p{Lu})|[。！？।]\s{0,3}(?=\S)")
_TITLE_LIMIT: Final = 200
_META_LIMIT: Final = 160
_DATE_LIMIT: Final = 40
_LEAST_IMAGE: Final = 100


class _Meta(NamedTuple):
    line: int
    author: str
    rest: str
    rest_start: int


def read_page(text: str, source: str) -> Iterator[Draft]:
    """Yield the articles of a saved page, or the one article of any plain text."""
    found = list(lines(text))
    metas = [meta for place, line in enumerate(found) if place and (meta := _meta(found, place))]
    if not metas:
        yield _plain(found, text, source)
        return
    # The article before a meta line begins with the line before it, its title.
    starts = [_header_start(found, meta.line) for meta in metas]
    starts[0] = 0
    for number, meta in enumerate(metas):
        after = starts[number + 1] if number + 1 < len(metas) else len(found)
        header = found[starts[number] : meta.line - 1]
        body = found[meta.line + 1 : after]
        lead = [
            line
            for place, line in enumerate(header)
            if not _is_header(header, place) and not is_navigation(line.text)
        ]
        if meta.rest:
            body.insert(0, Line(meta.rest, meta.rest_start, meta.rest_start + len(meta.rest)))
        yield Draft(
            title=found[meta.line - 1].text,
            text=_join([*lead, *_trimmed(body)], text),
            source=source,
            place=number + 1,
            author=meta.author,
            published=_archive_day(header),
        )


def _meta(found: list[Line], place: int) -> _Meta | None:
    line = found[place]
    match = _META.fullmatch(line.text)
    if match is None:
        return None
    author, rest = match.group("author").strip(), match.group("rest") or ""
    # An image's size and a name, not any line with two numbers ("100 200 mg").
    size = (int(match.group("width")), int(match.group("height")))
    if min(size) < _LEAST_IMAGE or author[0].islower() or (not rest and len(line.text) > _META_LIMIT):
        return None
    words = author.split(" ")
    half = len(words) // 2
    if len(words) % 2 == 0 and words[:half] == words[half:]:
        author = " ".join(words[:half])
    title = found[place - 1].text
    if is_bullet(title) or len(title) > _TITLE_LIMIT:
        return None
    return _Meta(place, author, rest.strip(), line.start + match.start("rest") if rest else line.end)


def _header_start(found: list[Line], meta: int) -> int:
    """Return the line where the header of the article with a meta line begins: its title, or what is above."""
    start = meta - 1
    if start >= 2 and is_one_of(found[start - 2].text, "list_headers"):
        start -= 2
    return start


def _is_header(header: list[Line], place: int) -> bool:
    """Tell whether a line above the title belongs to the list that the page was saved from."""
    return any(is_one_of(line.text, "list_headers") for line in header[max(place - 1, 0) : place + 1])


def _archive_day(header: list[Line]) -> date | None:
    for place, line in enumerate(header):
        if _is_header(header, place) and (day := find_date(line.text)):
            return day
    return None


def _plain(found: list[Line], text: str, source: str) -> Draft:
    """Return the article of a text without a meta line."""
    body = _trimmed(found)
    published = None
    while len(body) > 2 and is_one_of(body[0].text, "list_headers"):
        published = find_date(body[1].text)
        body = body[2:]
    if found_title := _titled(body):
        title, kept = found_title
        return Draft(title=title, text=_join(kept, text), source=source, published=published)
    if not body:
        return Draft(title="", text="", source=source)
    first = body[0].text
    if len(first) <= _TITLE_LIMIT and len(body) > 1 and (looks_like_heading(first) or first[-1] in "?!？！"):
        return Draft(title=first, text=_join(body[1:], text), source=source, published=published)
    # No title line: the first sentence stands for it, and stays in the text.
    title = _shortened(_SENTENCE.split(first, maxsplit=1)[0])
    return Draft(title=title, text=_join(body, text), source=source, published=published)


def _titled(body: list[Line]) -> tuple[str, list[Line]] | None:
    """Return the title of a page with a menu or a breadcrumb above it, and the other lines of the article."""
    header = _header(body)
    crumbs: list[str] = []
    crumb_line = -1
    for place, line in enumerate(body[:_HEADER_LINES]):
        parts = _crumbs(line.text)
        if parts and (place < len(header) or place < 6):
            crumbs, crumb_line = parts, place
            break
    led = [place for place, line in enumerate(header) if is_navigation(line.text) or _is_menu(line.text)]
    if crumb_line < 0 and not led:
        return None
    last = crumbs[-1].strip() if crumbs else ""
    # The title stands above or below it too.
    again = any(
        line.text == last for line in (*body[: max(crumb_line, 0)], *body[crumb_line + 1 : crumb_line + 2])
    )
    if last and (again or not _is_section(last)):
        kept = [line for line in body[:crumb_line] if line.text != last and not is_navigation(line.text)]
        after = body[crumb_line + 1 :]
        if after and after[0].text == last:
            after = after[1:]
        return last, kept + after
    sections = {part.strip() for part in crumbs}
    candidates = [
        place
        for place, line in enumerate(header)
        if place != crumb_line
        and place not in led
        and line.text not in sections
        and not begins_with(line.text, "byline")
        and not (find_date(line.text) and len(line.text) <= _DATE_LIMIT)
        and (looks_like_heading(line.text) or line.text[-1] in "?!？！")
        and not is_bullet(line.text)
    ]
    if not candidates:
        return (
            (last, [line for place, line in enumerate(body) if place != crumb_line and place not in led])
            if last
            else None
        )
    # Names of sections are short, and stand above the title.
    best = max(candidates, key=lambda place: len(header[place].text))
    # What stands above it is the page's; what stands below it may be a standfirst or a byline.
    return header[best].text, [
        line for place, line in enumerate(body) if place > best and place not in led and place != crumb_line
    ]


def _header(body: list[Line]) -> list[Line]:
    """Return the short lines above the first paragraph of a page."""
    for place, line in enumerate(body[:_HEADER_LINES]):
        if not is_short(line.text) or (line.text[-1] in ".。।" and _TWO_SENTENCES.search(line.text)):
            return body[:place]
    return body[:_HEADER_LINES] if len(body) > _HEADER_LINES else []


def _crumbs(line: str) -> list[str]:
    """Return the parts of a breadcrumb, or nothing."""
    crumbs = _BREADCRUMB.split(line)
    if len(crumbs) >= 3 and is_short(crumbs[0]):
        return crumbs
    parts = _PARTS.split(line)
    return parts if len(parts) >= 2 and is_one_of(parts[0], "home") and is_short(parts[1]) else []


def _is_menu(line: str) -> bool:
    """Tell whether a line is a row of short names: News | Health | Food."""
    parts = _PARTS.split(line)
    return len(parts) >= 3 and all(_is_section(part) for part in parts)


def _is_section(name: str) -> bool:
    """Tell whether a name is as short as that of a section of a site."""
    if is_unspaced(name):
        return len(name) < _SECTION_SIGNS
    return len(name.split()) <= _SECTION_WORDS


def _shortened(sentence: str) -> str:
    limit = 40 if is_unspaced(sentence) else 100
    if len(sentence) <= limit:
        return sentence
    cut = regex.match(rf"\X{{1,{limit}}}", sentence)
    assert cut is not None  # noqa: S101 - the sentence is longer than the limit
    return cut.group().rsplit(" ", 1)[0].rstrip() + " …"


def _trimmed(body: list[Line]) -> list[Line]:
    """Return the lines without the links to other articles, and without the menus at the end."""
    end = len(body)
    while end > 1 and is_navigation(body[end - 1].text):
        end -= 1
    body = body[:end]
    # Above the first paragraph "Subscribe" is of the menu.
    first = next((place for place, line in enumerate(body) if not _may_be_title(line)), 0)
    leads = [place for place, line in enumerate(body) if place > first and _leads(line.text)]
    if not leads:
        return body
    # Where nothing but titles follows, all of it is links.
    last = max((place for place, line in enumerate(body) if not _may_be_title(line)), default=0)
    body = body[: next((place for place in leads if place >= last), len(body))]
    kept = []
    dropped = -1  # the line of a block of links that was read last
    for place, line in enumerate(body):
        if place in leads or (dropped == place - 1 >= 0 and _may_be_title(line) and _in_block(body, place, leads)):
            dropped = place
        else:
            kept.append(line)
    return kept


def _leads(line: str) -> bool:
    """Tell whether a line leads to other articles: "See also", "Read also: Why we sleep"."""
    return is_one_of(line, "related") or (
        is_short(line)
        and (head := regex.split("[:：]", line, maxsplit=1)[0]) != line
        and is_one_of(head, "related")
    )


def _in_block(body: list[Line], place: int, leads: list[int]) -> bool:
    """Tell whether a line that may be a title is one of the links below the line that leads to them."""
    line, before = body[place], body[place - 1]
    if is_bullet(line.text):
        return True
    # A heading of the article stands right above its text.
    return (
        place + 1 < len(body)
        and line.start - before.end <= 2
        and place - 1 in leads
        and not line.text.endswith(".")
    )


def _may_be_title(line: Line) -> bool:
    if not is_short(line.text) or is_one_of(line.text, "references"):
        return False
    return not _TWO_SENTENCES.search(line.text)


def _join(body: list[Line], text: str) -> str:
    """Join lines as they stood: a blank line stays a blank line, bullets keep their indent away."""
    parts: list[str] = []
    for place, line in enumerate(body):
        if place:
            between = text[body[place - 1].end : line.start]
            parts.append("\n\n" if between.count("\n") > 1 else "\n")
        parts.append(line.text)
    return "".join(parts)
