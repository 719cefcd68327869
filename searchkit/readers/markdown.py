"""Markdown: the first heading is the title, a block of ``key: value`` lines between ``---`` gives fields."""

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import unquote

import regex

from searchkit.readers.draft import Draft
from searchkit.readers.fields import draft_from_fields
from searchkit.structure import is_bullet, is_one_of

_FRONT_MATTER: Final = regex.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", regex.DOTALL)
_DOI: Final = regex.compile(r"10\.\d{4,9}/")
# What each entry of a list of references has.
_DATED: Final = regex.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|10\.\d{4,9}/|https?://")
_FIELD: Final = regex.compile(r"([A-Za-z_]+)\s*:\s*(.*?)\s*")


def read_markdown(text: str, source: str) -> Iterator[Draft]:
    """Yield the article of a Markdown text, as plain text with its headings marked."""
    values: dict[str, Any] = {}
    if match := _FRONT_MATTER.match(text):
        for line in match.group(1).splitlines():
            if field := _FIELD.fullmatch(line):
                values[field.group(1).lower()] = _value(field.group(2))
        text = text[match.end() :]
    blocks = list(_blocks(text))
    title = str(values.get("title") or "")
    if not title and blocks and blocks[0][0]:
        title = blocks.pop(0)[1]
    elif blocks and blocks[0] == (1, title):
        blocks.pop(0)
    body, headings = _joined(blocks)
    if not title and body:
        from searchkit.readers.page import read_page

        title = next(read_page(body, source)).title
    yield draft_from_fields({**values, "title": title, "text": body}, source, headings=headings)


def _joined(blocks: Iterable[tuple[int, str]]) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Return the text of blocks, and where the headings stand in it."""
    parts: list[str] = []
    headings = []
    size = 0
    for level, content in blocks:
        # Offsets count from the first character of the text, which is no white space.
        block = content if parts else content.lstrip()
        if not block.strip():
            continue
        if parts:
            size += 1
        if level:
            headings.append((size, block))
        parts.append(block)
        size += len(block)
    return "\n".join(parts), tuple(headings)


def _value(text: str) -> str | list[str]:
    if text.startswith("[") and text.endswith("]"):
        return [part.strip().strip("\"'") for part in text[1:-1].split(",") if part.strip()]
    return text.strip("\"'")


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield (heading level or 0, text) of each block."""
    from markdown_it import MarkdownIt

    level, bullet = 0, ""
    listed = False
    counters: list[int | None] = []
    for token in MarkdownIt("commonmark").parse(text):
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
            case "bullet_list_open":
                counters.append(None)
            case "ordered_list_open":
                counters.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                counters.pop()
            case "list_item_open":
                count = counters[-1]
                bullet = "- " if count is None else f"{count}. "
                if count is not None:
                    counters[-1] = count + 1
            case "inline":
                if level:
                    listed = is_one_of(token.content, "references")
                content = bullet + _inline(token.children or (), listed=listed)
                bullet = ""
                yield level, content
                level = 0
            case "fence" | "code_block":
                yield 0, token.content.rstrip("\n")
            case _:
                pass


def _inline(children: Any, *, listed: bool) -> str:
    """Return the text of a block.

    Args:
        children: its tokens.
        listed: whether it stands in the list of references, where addresses and lines count.
    """
    lines = [""]
    address, shown = "", 0
    for child in children:
        if child.type == "hardbreak":
            lines[-1] += " "
        elif child.type == "softbreak":
            lines.append("")
        elif child.type in {"text", "code_inline", "image"}:
            lines[-1] += child.content
        elif child.type == "link_open":
            address, shown = child.attrs.get("href", ""), len(lines[-1])
        elif child.type == "link_close":
            # A DOI is a citation wherever it stands, other addresses tell what an entry is.
            told = _DOI.search(address) or (listed and address.startswith("http"))
            if told and unquote(address) not in lines[-1][shown:]:
                lines[-1] += f" {unquote(address)}"
    # Markdown makes one paragraph of lines without blank lines between them; of entries it should not.
    entries = listed and (any(map(is_bullet, lines[1:])) or all(map(_DATED.search, lines)))
    if not entries:
        return " ".join(lines)
    bulleted = any(map(is_bullet, lines))
    text = lines[0]
    for line in lines[1:]:
        text += (" " if bulleted and not is_bullet(line) else "\n") + line
    return text
