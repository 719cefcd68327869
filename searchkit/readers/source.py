"""From paths to drafts: which files there are, which format each has, and what is wrong with them."""

import codecs
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, TextIO

from searchkit.errors import ArticleError, InputError, MissingExtraError, SearchkitError
from searchkit.home import FolderHome
from searchkit.index.files import open_plain
from searchkit.readers.draft import STDIN, Draft
from searchkit.readers.fields import MOST_READ, MOST_TEXT
from searchkit.readers.html import read_html
from searchkit.readers.jsonl import read_jsonl
from searchkit.readers.markdown import read_markdown
from searchkit.readers.page import read_page
from searchkit.readers.table import read_table

_HEAD: Final = 16  # bytes that tell a format
_HEAD_MOST: Final = 1_000_000  # bytes that may be white space before them

FORMATS: Final = {
    "text": (".txt", ".text"),
    "markdown": (".md", ".markdown"),
    "jsonl": (".jsonl", ".ndjson"),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "html": (".html", ".htm", ".xhtml"),
}
# What archives and binary files begin with.
_BINARY: Final = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd"),
    *(b"%PDF-", b"\x89PNG", b"\xff\xd8\xff"),
)
_BY_SUFFIX: Final = {suffix: name for name, suffixes in FORMATS.items() for suffix in suffixes}

_WHOLE: Final[dict[str, Callable[[str, str], Iterator[Draft]]]] = {
    "text": read_page,
    "markdown": read_markdown,
    "html": read_html,
}
_LINES: Final[dict[str, Callable[[Iterable[str], str], Iterator[Draft | ArticleError]]]] = {
    "jsonl": read_jsonl,
    "csv": read_table,
    "tsv": lambda lines, source: read_table(lines, source, delimiter="\t"),
}


_SPACES: Final = dict.fromkeys([0x00, 0x0B, 0xA0, 0x2007, 0x2009, 0x202F], " ") | {
    0x0C: "\n",
    0x2028: "\n",
    0x2029: "\n",
}


class Problem(NamedTuple):
    """Something that was skipped.

    Attributes:
        message: one line for a person; it names the file, and the line where there is one.
        source: the file or folder; what the index has from there may be there still, and is not pruned.
    """

    message: str
    source: str = ""


@dataclass(slots=True)
class Report:
    """What reading met besides articles.

    Attributes:
        files: files read, at least in part.
        ignored: files in folders that are no article files, by suffix.
    """

    files: int = 0
    ignored: dict[str, int] = field(default_factory=dict)


def read(
    paths: Iterable[str | os.PathLike[str]],
    *,
    format: str | None = None,
    report: Report | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Draft | Problem]:
    """Yield the articles under ``paths``, and a problem for everything that cannot be read.

    Args:
        paths: files, folders (with all below, hidden names left out), or ``-`` for standard input.
        format: a key of `FORMATS` for files whose suffix does not tell; standard input is recognised.
        report: filled with what was met.
        stdin: the stream to read for ``-``.

    Files are read as a stream where the format allows (JSONL, CSV); others are one article, of
    `searchkit.readers.fields.MOST_TEXT` characters at most. In a folder, links are followed to files below it
    only: who puts a link among articles must not choose which of a person's files become articles. Never raises
    on a file's content.
    """
    if format is not None and format not in FORMATS:
        raise InputError(f"no format is named {format!r}; choose one of: {', '.join(FORMATS)}")
    report = report if report is not None else Report()
    for path in paths:
        if os.fspath(path) == STDIN:
            yield from _read_stream(stdin or sys.stdin.buffer, STDIN, format, report)
            continue
        for file in files_of(Path(path), format, report):
            if isinstance(file, Problem):
                yield file
            else:
                yield from _read_file(file, format, report)


def files_of(path: Path, format: str | None, report: Report) -> Iterator[Path | Problem]:
    """Yield the files that `read` reads for a path, in its order."""
    errors: list[OSError] = []
    try:
        if path.is_dir():
            top = Path(os.path.realpath(path))
            for folder, folders, names in os.walk(path, onerror=errors.append):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                if FolderHome(Path(folder)).exists():
                    folders.clear()  # an index, not articles
                    continue
                for name in sorted(names):
                    file = Path(folder) / name
                    if name.startswith(".") or not file.is_file():
                        continue
                    if file.suffix.lower() in _BY_SUFFIX or format:
                        if file.is_symlink() and not Path(os.path.realpath(file)).is_relative_to(top):
                            yield Problem(f"{file}: a link out of {path}; skipped: name its target", str(file))
                        else:
                            yield file
                    else:
                        suffix = file.suffix.lower() or "no suffix"
                        report.ignored[suffix] = report.ignored.get(suffix, 0) + 1
        elif path.is_file():
            yield path
        elif path.exists():
            yield Problem(f"{path}: not a file or a folder; skipped: read a pipe with -", str(path))
        else:
            yield Problem(f"{path}: no such file or folder; check the path", str(path))
    except OSError as error:
        yield Problem(f"{path}: {error.strerror or error}; skipped", str(path))
    for met in errors:
        yield Problem(f"{met.filename}: {met.strerror or met}; skipped", str(met.filename))


def _read_file(file: Path, format: str | None, report: Report) -> Iterator[Draft | Problem]:
    try:
        with open_plain(file) as stream:
            yield from _read_stream(stream, str(file), format or _BY_SUFFIX.get(file.suffix.lower()), report)
    except OSError as error:
        yield Problem(f"{file}: {error.strerror or error}; skipped", str(file))


def _read_stream(stream: BinaryIO, source: str, format: str | None, report: Report) -> Iterator[Draft | Problem]:
    buffered = io.BufferedReader(stream) if isinstance(stream, io.RawIOBase) else stream
    try:
        head = _head(buffered)
        if not head.strip():
            yield Problem(f"{source}: empty; skipped", source)
            return
        encoding = _encoding(head, source)
        name = format or _sniff(head.decode(encoding, "ignore"))
        report.files += 1
        count = 0
        with _text(io.BufferedReader(_Rejoined(head, buffered)), encoding, name) as text:
            for item in _drafts(text, source, name):
                count += 1
                yield Problem(str(item), source) if isinstance(item, ArticleError) else item
        if not count:
            yield Problem(f"{source}: holds no article; skipped", source)
    except UnicodeDecodeError as error:
        yield Problem(
            f"{source}: not {error.encoding.upper()} (byte 0x{error.object[error.start]:02x}); "
            "skipped: save it as UTF-8, for example with iconv",
            source,
        )
    except (ArticleError, MissingExtraError) as error:
        message = str(error)
        yield Problem(message if message.startswith(source) else f"{source}: {message}; skipped", source)
    except SearchkitError:
        raise
    except OSError as error:
        yield Problem(f"{source}: {error.strerror or error}; skipped", source)


def _drafts(text: TextIO, source: str, name: str) -> Iterator[Draft | ArticleError]:
    if name in _LINES:
        yield from _LINES[name](_Lines(text), source)
        return
    most = MOST_READ if name == "html" else MOST_TEXT
    content = text.read(most + 1)
    if len(content) > most:
        raise ArticleError(
            f"{source}: longer than {most:,} characters; skipped: make an article of each part, or lines of JSON"
        )
    # No-break and thin spaces are a matter of layout; a form feed or null byte ends a line or nothing at all.
    content = content.translate(_SPACES)
    for draft in _WHOLE[name](content, source):
        if draft.title or draft.text:
            yield draft


class _Lines(Iterator[str]):
    """The lines of a text; one that is too long is passed over, and raises an error."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def __next__(self) -> str:
        line = self._text.readline(MOST_READ)
        if not line:
            raise StopIteration
        if len(line) == MOST_READ and line[-1] not in "\r\n":
            while (more := self._text.readline(_HEAD_MOST)) and more[-1] not in "\r\n":
                pass
            raise ArticleError(f"longer than {MOST_READ:,} characters")
        return line


def _head(stream: BinaryIO) -> bytes:
    """Take from a stream as much as tells its format; a pipe may give its first line alone."""
    head = b""
    while len(head.lstrip()) < _HEAD and len(head) < _HEAD_MOST and (more := stream.read1(4096)):  # type: ignore[attr-defined]
        head += more
    return head


class _Rejoined(io.RawIOBase):
    """A stream with what was taken off its beginning."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head or self._stream.read1(len(buffer))  # type: ignore[attr-defined]
        taken, self._head = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _encoding(head: bytes, source: str) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16 does
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return encoding
    if head.startswith(_BINARY) or b"\x00" in head:
        raise ArticleError(
            f"{source}: a binary file or an archive, not text; skipped: unpack it, or save it as text"
        )
    return "utf-8"


def _sniff(head: str) -> str:
    start = head.lstrip()
    if start.startswith("{"):
        return "jsonl"
    if start[:15].lower().startswith(("<!doctype html", "<html")):
        return "html"
    if start.startswith(("# ", "---\n", "---\r\n")):
        return "markdown"
    return "text"


def _text(stream: BinaryIO, encoding: str, name: str) -> TextIO:
    # Formats of lines tell by themselves which line is not UTF-8 (see `searchkit.readers.fields.not_utf8`).
    errors = "surrogateescape" if name in _LINES and encoding.startswith("utf-8") else "strict"
    return _Detached(stream, encoding=encoding, errors=errors, newline="" if name in {"csv", "tsv"} else None)


class _Detached(io.TextIOWrapper):
    """A text view of a stream that leaves the stream open."""

    def __exit__(self, *_: object) -> None:
        self.detach()
