"""Saved pages: the text of a web page as a browser's "select all" or a crawler gives it.

What such dumps have around the text, and how it is told apart:

- a *meta line* after the title, ``1024 683 Name``: width and height of the lead image, and the author. It may have
  the site's name or the image's address before it, and the author's name twice and the address of an avatar after
  it, with the text glued on. Each meta line begins an article, so a file may hold several.
- before the title, the header of the list that the page was saved from: ``Tag :`` and the tag, or
  ``Daily archives :`` and the day, which is then the day of publication.
- a breadcrumb line ``Home » Section » Title``; its last part is the title in the page's own language.
- after the text, a line that leads to other articles.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

import regex

from searchkit.dates import find_date
from searchkit.readers.draft import Draft
from searchkit.structure import Line, is_bullet, is_one_of, is_short, is_unspaced, lines, looks_like_heading

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
_BREADCRUMB: Final = regex.compile(r"(?<!\s)\s+[»›>]\s+")
_SENTENCE: Final = regex.compile(r"(?<=[.!?。！？।])\s*")
_TITLE_LIMIT: Final = 200
_META_LIMIT: Final = 160
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
        lead = [line for place, line in enumerate(header) if not _is_header(header, place)]
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
    for place, line in enumerate(body[:6]):
        crumbs = _BREADCRUMB.split(line.text)
        if len(crumbs) >= 3 and is_short(crumbs[0]):
            title = crumbs[-1].strip()
            kept = [other for other in body[:place] if other.text.strip() != title] + body[place + 1 :]
            return Draft(title=title, text=_join(kept, text), source=source, published=published)
    if not body:
        return Draft(title="", text="", source=source)
    first = body[0].text
    if len(first) <= _TITLE_LIMIT and len(body) > 1 and (looks_like_heading(first) or first[-1] in "?!？！"):
        return Draft(title=first, text=_join(body[1:], text), source=source, published=published)
    # No title line: the first sentence stands for it, and stays in the text.
    title = _shortened(_SENTENCE.split(first, maxsplit=1)[0])
    return Draft(title=title, text=_join(body, text), source=source, published=published)


def _shortened(sentence: str) -> str:
    limit = 40 if is_unspaced(sentence) else 100
    if len(sentence) <= limit:
        return sentence
    cut = regex.match(rf"\X{{1,{limit}}}", sentence)
    assert cut is not None  # noqa: S101 - the sentence is longer than the limit
    return cut.group().rsplit(" ", 1)[0].rstrip() + " …"


def _trimmed(body: list[Line]) -> list[Line]:
    """Return the lines up to the one that leads to other articles, if nothing but titles follows it."""
    leads = [place for place, line in enumerate(body) if place and is_one_of(line.text, "related")]
    if leads:
        last = max((place for place, line in enumerate(body) if not _may_be_title(line)), default=0)
        return body[: next((place for place in leads if place >= last), len(body))]
    return body


def _may_be_title(line: Line) -> bool:
    return is_short(line.text) and not is_one_of(line.text, "references")


def _join(body: list[Line], text: str) -> str:
    """Join lines as they stood: a blank line stays a blank line, bullets keep their indent away."""
    parts: list[str] = []
    for place, line in enumerate(body):
        if place:
            between = text[body[place - 1].end : line.start]
            parts.append("\n\n" if between.count("\n") > 1 else "\n")
        parts.append(line.text)
    return "".join(parts)
