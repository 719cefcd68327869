"""Articles, file names and vocabularies made to do harm: what is printed, read and kept of them."""

import io
import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import searchkit
from searchkit.cli import cli
from searchkit.commands.output import plain
from searchkit.errors import SearchkitError, VocabularyError
from searchkit.readers import Draft, Problem, read
from searchkit.readers.fields import MOST_FIELD, MOST_READ, MOST_TEXT
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

Run = Callable[..., Result]
posix = pytest.mark.skipif(os.name != "posix", reason="needs links, pipes and names of bytes")

# C0, DEL, C1, the marks and overrides of direction, line separators, byte order mark, and what hides beside them.
DRIVING = {
    *map(chr, [*range(9), *range(11, 32), *range(127, 160)]),
    *"\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206f\ufeff\ufff9\ufffb",
}
ALL = "".join(sorted(DRIVING)) + "\x1b[31m\x1b]0;owned\x07\x1b]8;;http://e\x1b\\\x9b2J\t\n"
CLEAN = {"id": "clean", "title": "Clean", "text": "Sleep helps memory.", "language": "en"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEARCHKIT_INDEX", "index")

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code in {0, 2}, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


# What is printed


def hostile(**more: object) -> str:
    values = {
        "id": f"id{ALL}",
        "title": f"Title {ALL}",
        "text": f"Deep sleep {ALL} helps. Sleep and memory {ALL}. " * 3,
        "author": f"Ann {ALL}",
        "url": f"https://e.org/{ALL}",
        "language": "en",
        "group": f"g{ALL}",
        **{name: [f"{name}{ALL}"] for name in ("mechanism", "study", "study_type")},
        **more,
    }
    return json.dumps(values)


@pytest.fixture
def indexed(run: Run, tmp_path: Path) -> Run:
    second = hostile(id=f"id2{ALL}", title=f"Sleep {ALL}")
    (tmp_path / "a.jsonl").write_text(f"{hostile()}\n{second}\n" + '{"text": 1}\n{"language": "\\u009b"}')
    run("index", "a.jsonl")
    return run


COMMANDS = [
    ("search", "sleep"),
    ("search", "sleep", "--explain"),
    ("search", "--collapse"),
    ("search", "--like", "id"),
    ("search", f"zzz{ALL}"),
    ("search", f'mechanism:"{ALL}"'),
    ("search", "x", "--study", ALL),
    ("facets",),
    ("facets", "--unmatched"),
    ("studies",),
    ("studies", "--format", "bibtex"),
    ("studies", "--format", "csl-json"),
    ("show", "id2"),
    ("show", "id2", "--why", "mechanism=mech"),
    ("show", "id"),
    ("show", ALL),
    ("show", "id2", "--why", f"{ALL}={ALL}"),
    ("info",),
    ("suggest", "tit"),
    ("suggest", "sl"),
    ("analyze", "--language", ALL, f"sleep {ALL}"),
    ("index", "a.jsonl"),
    ("index", f"no{ALL}.txt"),
    ("index", "a.jsonl", "--index", f"n{ALL.replace('/', '')}"),
    ("vocabulary", "check", f"no{ALL}.toml"),
    ("info", "--index", f"no{ALL}"),
    ("show", "id", f"too{ALL}"),
    (f"nothing{ALL}",),
    ("search", f"--{ALL}"),
]


def test_nothing_printed_drives_a_terminal(indexed: Run) -> None:
    for command in COMMANDS:
        arguments = [part.replace("\0", "") for part in command]
        result = indexed(*arguments)
        assert not DRIVING.intersection(result.output), command
        assert len(result.output) < 100_000


def test_json_spells_what_would_drive_a_terminal(indexed: Run) -> None:
    for command in (command for command in COMMANDS if command[0] in {"search", "facets", "studies", "suggest"}):
        result = indexed(*(part.replace("\0", "") for part in command), "--json")
        assert not DRIVING.intersection(result.stdout), command
    article = json.loads(indexed("show", "id2", "--json").stdout)
    assert article["author"] == f"Ann {ALL}".replace("\0", " ").strip()


def test_marks_do_not_pile_up(run: Run, tmp_path: Path) -> None:
    pile = "e" + "\u0301\u200d" * 50_000
    (tmp_path / "a.jsonl").write_text(json.dumps({**CLEAN, "title": pile, "text": f"sleep {pile}"}))
    (tmp_path / "b.jsonl").write_text(json.dumps({**CLEAN, "id": "b", "text": f"sleep {pile}"}))
    run("index", "a.jsonl", "b.jsonl")
    assert len(run("search", "sleep").output) < 3000
    assert plain("क्षि मूर्ति 👩🏽‍🔬 葛\U000e0100 שָׁלוֹם") == "क्षि मूर्ति 👩🏽‍🔬 葛\U000e0100 שָׁלוֹם"


@settings(max_examples=60, deadline=None, database=None)
@given(text=st.text(st.characters(exclude_categories=()), max_size=60))
def test_plain_text_is_one_line_that_drives_nothing(text: str) -> None:
    shown = plain(text)
    assert not DRIVING.union("\n\t").intersection(shown)
    assert len(shown) <= len(text)
    assert plain(shown) == shown


def test_completion_offers_words_that_a_shell_takes_as_one(run: Run, tmp_path: Path) -> None:
    values = ["a;rm -rf x", "$(touch owned)", "`id`", "a'b", "fine-1", "doi:10.1000/x", "é\x1b[31m"]
    (tmp_path / "a.jsonl").write_text(json.dumps({**CLEAN, "study": values}))
    run("index", "a.jsonl")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("searchkit"))],
        env={
            **os.environ,
            "_SEARCHKIT_COMPLETE": "bash_complete",
            "COMP_WORDS": f"searchkit search --index {tmp_path / 'index'} --study ",
            "COMP_CWORD": "5",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(line.partition(",")[2] for line in done.stdout.splitlines()) == ["doi:10.1000/x", "fine-1"]


# Names of files


@posix
@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_any_name_of_a_file_can_be_indexed_pruned_and_shown(run: Run, tmp_path: Path, engine: str) -> None:
    pytest.importorskip(engine)
    folder = tmp_path / "articles"
    folder.mkdir()
    names = [b"a\x1b[31m.txt", b"b\xff\xfe.txt", b"c\nd.md", "e\u202e\x9b.txt".encode(), b"-", b"--help.txt"]
    for name in names:
        (folder / os.fsdecode(name)).write_text(f"Sleep\n\nText of {len(name)} and sleep.", encoding="utf-8")
    (folder / os.fsdecode(b"f\x1b.\x9b31m")).write_text("no article")
    result = run("index", "articles", "--engine", engine)
    assert result.stdout.endswith("5 added, 0 changed, 0 unchanged, 0 removed in index.\n")
    assert "unchanged" in run("index", "articles").stdout or "Nothing changed" in run("index", "articles").stdout
    (folder / os.fsdecode(names[1])).unlink()
    assert "1 removed" in run("index", "articles", "--prune").stdout
    for output in (result.output, run("search", "sleep").output, run("search", "sleep", "--json").output):
        assert not DRIVING.intersection(output)


# Links, pipes and what else is no file


@posix
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Secret\n\nThe secret sleeps.")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "s.txt").write_text("Secret\n\nThe other secret sleeps.")
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "link.txt").symlink_to("../secret.txt")
    (folder / "absolute.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "folder").symlink_to("../other")
    (folder / "zero.txt").symlink_to("/dev/zero")
    found = list(read([folder]))
    assert all(isinstance(item, Problem) and "a link out of" in item.message for item in found)
    assert len(found) == 2
    # Named by the person, it is what the person wants.
    assert [item.title for item in read([folder / "link.txt"]) if isinstance(item, Draft)] == ["Secret"]


@posix
def test_a_link_to_itself_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "a.txt")
    result = run("index", "a.txt")
    assert result.exit_code == 2
    assert "a.txt" in result.stderr


@posix
@pytest.mark.parametrize("name", ["pipe.txt", "socket.txt", "zero.txt"])
def test_pipes_sockets_and_devices_are_told_and_not_read(run: Run, tmp_path: Path, name: str) -> None:
    import socket

    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.txt")
        result = run("index", name)
        assert (result.exit_code, result.stderr.count("not a file or a folder")) == (2, 1)
        for command in (("vocabulary", "check", name), ("index", "x.txt", "--studies", name)):
            assert run(*command).exit_code == 2


@posix
def test_a_file_that_became_a_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "a.txt")
    monkeypatch.setattr(Path, "is_file", lambda path: True)  # what it was when it was looked at
    (item,) = read([tmp_path / "a.txt"])
    assert isinstance(item, Problem)
    assert "is not a plain file" in item.message


@pytest.mark.parametrize(
    "head",
    [
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b\x08",
        b"BZh9",
        b"\xfd7zXZ\x00",
        b"7z\xbc\xaf\x27\x1c",
        b"Rar!\x1a",
        b"a.txt" + bytes(95),
    ],
)
def test_an_archive_is_told_to_be_one(head: bytes) -> None:
    (item,) = read(["-"], stdin=io.BytesIO(head + b"sleep" * 20))
    assert isinstance(item, Problem)
    assert "an archive" in item.message


# Sizes


class Endless(io.RawIOBase):
    """A stream of so many bytes that repeat."""

    def __init__(self, begin: bytes, block: bytes, size: int) -> None:
        self._begin, self._block, self.left = begin, block, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._begin:
            taken, self._begin = self._begin, b""
        else:
            taken = (self._block * (len(buffer) // len(self._block) + 1))[: min(len(buffer), self.left)]
            self.left -= len(taken)
        buffer[: len(taken)] = taken
        return len(taken)


def problem_of(stream: io.RawIOBase, format: str) -> str:
    item = next(iter(read(["-"], format=format, stdin=stream)))  # type: ignore[arg-type]
    assert isinstance(item, Problem)
    return item.message


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_a_text_without_end_is_read_up_to_the_limit(format: str) -> None:
    stream = Endless(b"Title\n\n", b"words and ", 1 << 40)
    assert f"longer than {MOST_TEXT:,} characters" in problem_of(stream, format)
    assert (1 << 40) - stream.left < 2 * MOST_TEXT


def test_a_line_without_end_is_passed_over_and_the_next_one_read(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    line = json.dumps(CLEAN).encode()
    with file.open("wb") as stream:
        stream.write(line + b'\n{"text": "')
        for _ in range(51):
            stream.write(b"sleep " * 170_000)
        stream.write(b'"}\n' + line.replace(b"clean", b"last"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first, problem, last = read([file])
    assert isinstance(problem, Problem)
    assert f":2: longer than {MOST_READ:,} characters" in problem.message
    assert [item.id for item in (first, last) if isinstance(item, Draft)] == ["clean", "last"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # kB


def test_a_quote_that_is_never_closed_ends_at_the_limit() -> None:
    stream = Endless(b'title,text\nx,"', b"words and\n", 45_000_000)
    assert "is a quote not closed?" in problem_of(stream, "csv")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"text": "a" * (MOST_TEXT + 1)}, "'text' has 5,000,001 characters"),
        ({"id": "i" * (MOST_FIELD + 1)}, "'id' has 10,001 characters"),
        ({"title": "t" * (MOST_FIELD + 1)}, "'title' has"),
        ({"author": ["a" * 6000, "b" * 6000]}, "'author' has"),
        ({"study": ["s" * (MOST_FIELD + 1)]}, "'study' has"),
        ({"facets": {"mechanism": [f"m{number}" for number in range(1001)]}}, "'mechanism' has 1,001 values"),
        ({"published": "2024-01-01 " + "9" * 20_000}, "not a date"),
        ({"id": float("nan")}, "'id' must be a text or a number, not a fraction"),
        ({"published": -1}, "not a date"),
        ({"published": "9999-99-99"}, "not a date"),
    ],
)
def test_a_field_that_is_too_long_or_of_no_sense_is_told(values: dict[str, object], told: str) -> None:
    line = json.dumps({**CLEAN, **values}).encode()
    (item,) = read(["-"], format="jsonl", stdin=io.BytesIO(line))
    assert isinstance(item, Problem)
    assert told in item.message


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b'{"text": "a", "id": ' + b"9" * 1_000_000 + b"}", "too many digits"),
    ],
)
def test_json_that_no_article_is_made_of_is_told(line: bytes, told: str) -> None:
    (item,) = read(["-"], format="jsonl", stdin=io.BytesIO(line))
    assert isinstance(item, Problem)
    assert told in item.message
    assert len(item.message) < 200


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    (item,) = read(["-"], stdin=io.BytesIO("Sömn\n\nText om sömn.".encode(encoding)))
    assert isinstance(item, Draft)
    assert item.title == "Sömn"


@pytest.mark.parametrize(
    "text",
    [
        "# T\n\n" + ">" * 50_000 + " x",
        "# T\n\n" + "[" * 20_000,
        "# T\n\n" + "*a " * 20_000,
        "# T\n\n" + "![[" * 10_000,
        "# T\n\n" + "\n".join("  " * depth + "- a" for depth in range(500)),
    ],
)
def test_markdown_nested_without_end_is_an_article(text: str) -> None:
    (item,) = read(["-"], format="markdown", stdin=io.BytesIO(text.encode()))
    assert isinstance(item, Draft)
    assert item.title == "T"


ENTITIES = "".join("<!ENTITY a{} {!r}>".format(n, f"&a{n - 1};" * 10) for n in range(1, 10))
BOMB = (
    f'<!DOCTYPE html [<!ENTITY a0 "aaaaaaaaaa">{ENTITIES}]>'
    "<html><body><p>&a9; some text of sleep, long enough</p></body></html>"
)


@pytest.mark.parametrize(
    "page",
    [
        "<html><body>" + "<div>" * 100_000 + "sleep " * 50 + "</div>" * 100_000,
        BOMB,
        '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>&x; text of sleep, long</p>',
        "<html><body><p>Some text of sleep, long enough<script>alert(1)</script><p>" + "&#x1b;[31m&#155;" * 50,
    ],
)
def test_html_runs_and_loads_nothing(page: str) -> None:
    pytest.importorskip("trafilatura")
    (item,) = read(["-"], format="html", stdin=io.BytesIO(page.encode()))
    if isinstance(item, Draft):
        assert len(item.text) < 10_000
        assert "root:" not in item.text
        assert "alert" not in item.text


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://e.org/a?b#c", "https://e.org/a?b#c"),
        ("e.org/a:b", "e.org/a:b"),
        ("javascript:alert(1)", ""),
        (" java\nscript:alert(1)", ""),
        ("JaVaScRiPt\x00:alert(1)", ""),
        ("data:text/html,<script>", ""),
        ("file:///etc/passwd", ""),
    ],
)
def test_an_address_that_a_browser_would_run_is_left_out(url: str, kept: str) -> None:
    (item,) = read(["-"], format="jsonl", stdin=io.BytesIO(json.dumps({**CLEAN, "url": url}).encode()))
    assert isinstance(item, Draft)
    assert item.url == kept


# Vocabularies and registries


def entries(count: int, line: str) -> str:
    return "".join(f"[c-{number}]\n{line.format(number - 1, number)}\n" for number in range(count))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (entries(5000, 'en = ["zq{1}"]\nparent = "c-{0}"').replace("c--1", "c-4999"), "is under more than 64"),
        (
            entries(3, 'en = ["zq{1}"]\nparent = "c-{0}"').replace("c--1", "c-2"),
            "above itself: c-0 → c-2 → c-1 → c-0",
        ),
        ("a = " + "[" * 50_000 + "]" * 50_000, "nested too deeply"),
        ("a = " + "{a=" * 5000 + "1" + "}" * 5000, "nested too deeply"),
        ("[" + ".".join("a" * 50_000) + "]\nen = ['b']", "a key of more than 100 parts"),
        ("[a]\n" + " . ".join('"a"' for _ in range(50_000)) + " = 1", "a key of more than 100 parts"),
        ("a = " + "9" * 100_000, "too many digits"),
        (entries(2000, "en = [{1}]"), ":1: en in [c-0] must be a list"),
        ("#" * 16_000_001, "larger than 16 MB"),
        ("[a]\nen = ['\ud800']", "not UTF-8"),
    ],
    ids=lambda value: value[:20],
)
def test_a_vocabulary_made_to_do_harm_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "v.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(VocabularyError) as raised:
        Vocabulary.load(file)
    assert told in str(raised.value)
    assert len(str(raised.value)) < 2000


def test_a_large_vocabulary_and_registry_are_read_in_time_linear_in_their_size(tmp_path: Path) -> None:
    (tmp_path / "v.toml").write_text(entries(5000, 'en = ["zq{1} .*", "(a+)+$ {1}"]'))
    found = Vocabulary.load(tmp_path / "v.toml")
    assert len(found.concepts) == 5000
    (tmp_path / "s.toml").write_text(entries(5000, 'label = "S {1}"\naliases = ["ZQ-{1}"]'))
    studies = StudyRegistry.load(tmp_path / "s.toml")
    assert [mention.key for mention in studies.mentions("In ZQ-77 people slept.")] == ["c-77"]


def test_terms_are_texts_and_no_patterns(run: Run, tmp_path: Path) -> None:
    (tmp_path / "v.toml").write_text('[all]\nen = [".*", "(s|sleep)+$", "[a-z]", "sleep|memory"]\n')
    (tmp_path / "a.jsonl").write_text(json.dumps(CLEAN))
    run("index", "a.jsonl", "--vocabulary", "v.toml")
    assert searchkit.open("index").get("clean").facets["mechanism"] == ()


@pytest.mark.parametrize("kind", [Vocabulary, StudyRegistry])
@settings(max_examples=40, deadline=None, database=None)
@given(seed=st.integers(0, 1 << 32))
def test_any_text_is_a_vocabulary_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, kind: type[Vocabulary | StudyRegistry], seed: int
) -> None:
    rng = random.Random(seed)
    pieces = [
        *("[a]", "[b.c]", '"', "'''", "=", "{", "}", "[", "]", ",", "\n", 'en = ["x"]', 'parent = "a"'),
        *('label = "x"', "year = 2010", "\x00", "\x9b", "é", "9e9", "."),
    ]
    file = tmp_path_factory.getbasetemp() / f"{kind.__name__}.toml"
    file.write_text("".join(rng.choices(pieces, k=rng.randrange(30))), encoding="utf-8")
    try:
        kind.load(file)
    except SearchkitError as error:
        told = str(error)
    else:
        told = ""
    assert "\n" not in told
