"""From paths to articles: folders, formats, standard input, and everything that can be wrong with a file."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from searchkit.readers import Draft, Problem, Report, read

TEXT = "A title\n\nThe text of the article."
ARTICLES = {
    "text": TEXT,
    "markdown": "# A title\n\nThe text of the article.",
    "jsonl": '{"title": "A title", "text": "The text of the article."}\n',
    "csv": "title,text\nA title,The text of the article.\n",
    "tsv": "title\ttext\nA title\tThe text of the article.\n",
}


def titles(items: list[Draft | Problem]) -> list[str]:
    return [item.title for item in items if isinstance(item, Draft)]


def problems(items: list[Draft | Problem]) -> list[str]:
    return [item.message for item in items if isinstance(item, Problem)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good article, which stands between all others."""
    (tmp_path / "m.txt").write_text("Good\n\nThe text of a good article.", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "format"),
    [
        *(
            ("a.txt", "text"),
            ("a.text", "text"),
            ("a.md", "markdown"),
            ("a.markdown", "markdown"),
            ("A.TXT", "text"),
        ),
        *(("a.jsonl", "jsonl"), ("a.ndjson", "jsonl"), ("a.csv", "csv"), ("a.tsv", "tsv")),
    ],
)
def test_the_suffix_tells_the_format(tmp_path: Path, name: str, format: str) -> None:
    (tmp_path / name).write_text(ARTICLES[format], encoding="utf-8")
    (draft,) = read([tmp_path])
    assert isinstance(draft, Draft)
    assert (draft.title, draft.text) == ("A title", "The text of the article.")
    assert draft.source == str(tmp_path / name)


@pytest.mark.parametrize("format", ARTICLES)
def test_the_format_may_be_told_for_files_and_for_standard_input(tmp_path: Path, format: str) -> None:
    (tmp_path / "article").write_text(ARTICLES[format], encoding="utf-8")
    stdin = io.BytesIO(ARTICLES[format].encode())
    assert titles(list(read([tmp_path, "-"], format=format, stdin=stdin))) == ["A title", "A title"]


@pytest.mark.parametrize("format", ["text", "markdown", "jsonl"])
@pytest.mark.parametrize("before", ["", "\n\n", "\ufeff"])
def test_the_format_of_standard_input_is_recognised(format: str, before: str) -> None:
    (draft,) = read(["-"], stdin=io.BytesIO((before + ARTICLES[format]).encode()))
    assert isinstance(draft, Draft)
    assert (draft.title, draft.source) == ("A title", "-")


def test_html_on_standard_input_is_recognised() -> None:
    pytest.importorskip("trafilatura")
    page = "<!DOCTYPE html><html><head><title>A title</title></head><body><p>The text of it.</p></body></html>"
    (draft,) = read(["-"], stdin=io.BytesIO(page.encode()))
    assert isinstance(draft, Draft)
    assert draft.text == "The text of it."


def test_the_first_line_of_a_pipe_may_be_empty() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as stream:
        os.write(sink, b"\n")
        assert stream.peek() == b"\n"  # all that there is, until more is written
        os.write(sink, b'{"title": "A title", "text": "x"}\n')
        os.close(sink)
        assert titles(list(read(["-"], stdin=stream))) == ["A title"]


def test_standard_input_stays_open() -> None:
    stream = io.BytesIO(TEXT.encode())
    list(read(["-"], stdin=stream))
    assert not stream.closed


def test_jsonl_is_read_as_it_comes() -> None:
    """A line is read before the next is there, so that a stream may have no end."""

    class Endless(io.RawIOBase):
        lines = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            self.lines += 1
            line = b'{"text": "line %d"}\n' % self.lines
            buffer[: len(line)] = line
            return len(line)

    drafts = read(["-"], stdin=io.BufferedReader(Endless()), format="jsonl")
    assert [next(drafts).text for _ in range(3)] == ["line 1", "line 2", "line 3"]  # type: ignore[union-attr]


def test_a_folder_is_read_with_all_below_in_the_order_of_names(tmp_path: Path) -> None:
    names = ["c.txt", "a/1.txt", "b/10.txt", "b/2.txt", "b/d/e.txt"]
    for name in reversed(names):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{name}\n\nText.", encoding="utf-8")
    report = Report()
    assert titles(list(read([tmp_path], report=report))) == [
        "c.txt",
        "a/1.txt",
        "b/10.txt",
        "b/2.txt",
        "b/d/e.txt",
    ]
    assert report == Report(files=5, ignored={})


def test_hidden_files_and_folders_are_left_out(folder: Path) -> None:
    for name in [".hidden.txt", ".git/a.txt", "b/.cache/a.txt"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(TEXT, encoding="utf-8")
    report = Report()
    assert titles(list(read([folder], report=report))) == ["Good"]
    assert report.ignored == {}
    assert titles(list(read([folder / ".hidden.txt", folder / ".git"]))) == ["A title", "A title"]


def test_an_index_in_the_folder_is_left_out(folder: Path) -> None:
    (folder / "index" / "parts").mkdir(parents=True)
    (folder / "index" / "searchkit.json").write_text("{}")
    (folder / "index" / "parts" / "a.txt").write_text(TEXT)
    assert titles(list(read([folder]))) == ["Good"]


def test_files_that_are_no_articles_are_counted_by_suffix(folder: Path) -> None:
    for name in ["a.JPG", "b.jpg", "c.pdf", "Makefile"]:
        (folder / name).write_bytes(b"\x00")
    report = Report()
    items = list(read([folder], report=report))
    assert (titles(items), problems(items)) == (["Good"], [])
    assert report == Report(files=1, ignored={".jpg": 2, ".pdf": 1, "no suffix": 1})


def test_a_file_that_is_named_is_read_whatever_its_suffix(tmp_path: Path) -> None:
    file = tmp_path / "article.page"
    file.write_text(TEXT, encoding="utf-8")
    assert titles(list(read([file]))) == ["A title"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\xef\xbb\xbf", "no article"),
        ("Sömn\n\nÖver natten".encode("latin-1"), "not UTF-8 (byte 0xf6)"),
        ("睡眠".encode("gb18030"), "not UTF-8"),
        (b"Title\n\n" + b"x" * 9000 + b"\xff", "not UTF-8 (byte 0xff)"),
        (b"\xff\xfeT\x00\x00\xd8x\x00", "not UTF-16"),
        (b"%PDF-1.7\n...", "a binary file"),
        (b"PK\x03\x04....", "a binary file"),
        (b"\x89PNG\r\n\x1a\n", "a binary file"),
        (b"\x1f\x8b\x08....", "a binary file"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "a binary file"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "z.txt"])
def test_a_text_that_cannot_be_read_is_one_problem_that_names_it(
    folder: Path, name: str, content: bytes, message: str
) -> None:
    (folder / name).write_bytes(content)
    items = list(read([folder]))
    assert titles(items) == ["Good"]
    (problem,) = problems(items)
    assert problem.startswith(f"{folder / name}: ")
    assert message in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("name", "content", "place", "message"),
    [
        ("a.jsonl", b'{"text": "one"}\n{"text": \n{"text": "two"}\n', ":2: ", "not valid JSON"),
        ("a.jsonl", b'{"text": "one"}\n{"text": "caf\xe9"}\n{"text": "two"}\n', ":2: ", "not UTF-8 (byte 0xe9)"),
        ("a.jsonl", b'{"text": "one"}\n[]\n\n{"text": "two"}\n', ":2: ", "not a JSON object"),
        ("a.csv", b"text,date\none,2024-01-02\nx,soon\ntwo,\n", ":3: ", "published"),
        ("a.tsv", b"text\tlang\none\ten\nx\tenglish\ntwo\tsv\n", ":3: ", "language"),
        ("a.csv", b"text\none\ntwo\ncaf\xe9\n", ":4: ", "not UTF-8 (byte 0xe9)"),
        ("a.csv", b"text\none\n\ntwo\ncaf\xe9\nna\xefve\n", ":5: ", "not UTF-8"),
    ],
)
def test_a_line_that_cannot_be_read_is_one_problem_that_names_it(
    folder: Path, name: str, content: bytes, place: str, message: str
) -> None:
    (folder / name).write_bytes(content)
    items = list(read([folder]))
    assert [item.text for item in items if isinstance(item, Draft)] == [
        "one",
        "two",
        "The text of a good article.",
    ]
    (problem,) = problems(items)
    assert problem.startswith(f"{folder / name}{place}")
    assert message in problem


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"one,two\n1,2\n", "'text' or 'title'"),
        ("a.csv", b"\n\ntext\none\n", "'text' or 'title'"),
        ("a.csv", b"te\xffxt,title\n1,2\n", "not UTF-8"),
        ("a.csv", b"text\n", "no article"),
        ("a.jsonl", b"\xef\xbb\xbf\n\n \n", "no article"),
        ("a.md", b"---\nauthor: Ann\n---\n", "neither text nor title"),
        ("a.md", b"---\nlanguage: swedish\n---\nText.", "language 'swedish'"),
    ],
)
def test_a_file_without_an_article_is_one_problem_that_names_it(
    folder: Path, name: str, content: bytes, message: str
) -> None:
    (folder / name).write_bytes(content)
    items = list(read([folder]))
    assert titles(items) == ["Good"]
    (problem,) = problems(items)
    assert str(folder / name) in problem
    assert message in problem


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("format", ["text", "jsonl", "csv"])
def test_a_byte_order_mark_is_understood_and_left_out(tmp_path: Path, encoding: str, format: str) -> None:
    mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
    content = (mark + ARTICLES[format].replace("A title", "Sömn 睡眠")).encode(encoding)
    (tmp_path / f"a.{format.replace('text', 'txt')}").write_bytes(content)
    assert titles(list(read([tmp_path]))) == ["Sömn 睡眠"]
    if format != "csv":
        assert titles(list(read(["-"], stdin=io.BytesIO(content)))) == ["Sömn 睡眠"]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_the_ends_of_lines_of_every_system_are_understood(tmp_path: Path, end: str) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT.replace("\n", end).encode())
    (tmp_path / "b.jsonl").write_bytes(f'{{"text": "one"}}{end}{{"text": "two"}}{end}'.encode())
    (tmp_path / "c.csv").write_bytes(f"title,text{end}T,one{end}U,two{end}".encode())
    assert titles(list(read([tmp_path]))) == ["A title", "", "", "T", "U"]


def test_no_break_spaces_and_control_characters_are_spaces(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "Qu’est-ce\u00a0?\n\n1\u202f000\u2009mg\x0band\x0cmore\u2028lines", encoding="utf-8"
    )
    (draft,) = read([tmp_path])
    assert isinstance(draft, Draft)
    assert (draft.title, draft.text) == ("Qu’est-ce ?", "1 000 mg and\nmore\nlines")


def test_a_path_that_is_not_there_is_a_problem(folder: Path) -> None:
    items = list(read([folder / "no.txt", folder]))
    assert titles(items) == ["Good"]
    assert problems(items) == [f"{folder / 'no.txt'}: no such file or folder; check the path"]


posix = pytest.mark.skipif(os.name != "posix", reason="needs what POSIX has")
not_root = pytest.mark.skipif(getattr(os, "getuid", lambda: 0)() == 0, reason="root may read everything")


@posix
@not_root
def test_a_file_and_a_folder_without_permission_are_a_problem_each(folder: Path) -> None:
    (folder / "a.txt").write_text(TEXT)
    (folder / "b").mkdir()
    (folder / "a.txt").chmod(0)
    (folder / "b").chmod(0)
    try:
        items = list(read([folder]))
    finally:
        (folder / "b").chmod(0o700)
    assert titles(items) == ["Good"]
    assert sorted(message.split(":")[0] for message in problems(items)) == [
        str(folder / "a.txt"),
        str(folder / "b"),
    ]


@posix
def test_links_that_lead_back_or_nowhere_do_no_harm(folder: Path) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "loop").symlink_to(folder)
    (folder / "itself.txt").symlink_to(folder / "itself.txt")
    (folder / "nowhere.txt").symlink_to(folder / "no.txt")
    items = list(read([folder]))
    assert (titles(items), problems(items)) == (["Good"], [])
    (problem,) = problems(list(read([folder / "itself.txt"])))
    assert "itself.txt" in problem


@posix
def test_a_link_to_an_article_is_read(folder: Path) -> None:
    (folder / "n.txt").symlink_to(folder / "m.txt")
    assert titles(list(read([folder]))) == ["Good", "Good"]


@posix
def test_a_named_pipe_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "a.txt")
    assert titles(list(read([folder]))) == ["Good"]
    assert problems(list(read([folder / "a.txt"]))) == [
        f"{folder / 'a.txt'}: not a file or a folder; skipped: read a pipe with -"
    ]


def test_nothing_is_read_before_it_is_asked_for(folder: Path) -> None:
    items = read([folder / "m.txt", folder / "later.txt"])
    next(items)
    (folder / "later.txt").write_text(TEXT, encoding="utf-8")
    assert titles(list(items)) == ["A title"]


def test_articles_that_came_before_the_damage_are_yielded(tmp_path: Path) -> None:
    lines = b'{"text": "one"}\n' * 3000 + b"\xff\n" + b'{"text": "two"}\n' * 3000
    (tmp_path / "a.jsonl").write_bytes(lines)
    items = list(read([tmp_path]))
    assert len(titles(items)) == 6000
    assert problems(items) == [f"{tmp_path / 'a.jsonl'}:3001: not UTF-8 (byte 0xff); line skipped"]


@pytest.fixture
def reads_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], list[str]]:
    def reads(content: bytes) -> list[str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        return titles(list(read(["-"])))

    return reads


def test_a_hyphen_means_standard_input(reads_of_standard_input: Callable[[bytes], list[str]]) -> None:
    assert reads_of_standard_input(TEXT.encode()) == ["A title"]
