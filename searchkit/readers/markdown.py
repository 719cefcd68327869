"""Markdown: the first heading is the title, a block of ``key: value`` lines between ``---`` gives fields."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import regex

from searchkit.readers.draft import Draft
from searchkit.readers.fields import draft_from_fields

_FRONT_MATTER: Final = regex.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", regex.DOTALL)
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
                content = bullet + _inline(token.children or ())
                bullet = ""
                yield level, content
                level = 0
            case "fence" | "code_block":
                yield 0, token.content.rstrip("\n")
            case _:
                pass


def _inline(children: Any) -> str:
    parts = []
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif child.type in {"text", "code_inline", "image"}:
            parts.append(child.content)
    return "".join(parts)
