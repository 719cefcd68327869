"""An index folder from a stranger: every error is one of ours, nothing leads out of the folder or of memory."""

import json
import os
import random
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import searchkit
from searchkit.errors import IndexFormatError, SearchkitError
from searchkit.index.segment import SegmentFile, ranges
from searchkit.stored import StoredArticle
from searchkit.termvector import inflated

posix = pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")
Change = Callable[[Any], Any]
TAIL = struct.Struct("<QQI4x8s")


@pytest.fixture(scope="module")
def articles(samples: Path) -> list[Path]:
    return sorted(samples.glob("sleep-and*"))


@pytest.fixture(scope="module")
def whoosh_index(articles: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whoosh") / "index"
    searchkit.index_articles(articles, index=folder)
    return folder


@pytest.fixture(scope="module")
def tantivy_index(articles: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tantivy")
    folder = tmp_path_factory.mktemp("tantivy") / "index"
    searchkit.index_articles(articles, index=folder, engine="tantivy")
    return folder


@pytest.fixture
def whoosh(whoosh_index: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whoosh_index, tmp_path / "index"))


@pytest.fixture
def tantivy(tantivy_index: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tantivy_index, tmp_path / "index"))


def use(index: Path, *, write: bool = True) -> list[str]:
    """Do with an index what people do; return the errors, which must be ours and of one line."""
    told = []

    def read() -> None:
        with searchkit.open(index) as opened:
            opened.search("sleep AND memory", explain=True, collapse=True)
            opened.search('"deep sleep" plast*', sort="date")
            opened.facets()
            opened.complete("sle")
            opened.get(opened.ids()[0])

    def change() -> None:
        searchkit.ArticleIndex.open(index, check=False).update(
            [searchkit.Draft(title="New", text="New sleep.", source="made", id="new", language="en")]
        )

    for attempt in (read, change) if write else (read,):
        try:
            attempt()
        except SearchkitError as error:
            told.append(str(error))
    assert not any("\n" in message or len(message) > 1000 for message in told)
    return told


# searchkit.json


def settings_with(index: Path, name: str, value: Any) -> None:
    file = index / "searchkit.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data[name] = value
    file.write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("engine", value)
            for value in ("../../x", "/etc", "whoosh/../whoosh", "whoosh\0", None, 1, ["whoosh"], {})
        ),
        *(("analyzers", value) for value in (["en"], {"../../x": "a"}, {"x" * 10**6: "a"}, {"en": 1})),
        *(("study_labels", value) for value in ([], {"a": 1}, "a")),
        *(("study_ties", value) for value in ([1], {"a": 1}, {"a": {"b": 1}})),
        *(("vocabulary", value) for value in ([], {"a": []}, {"a": {"en": [1]}}, {"a": {"en": "ab"}})),
        *(
            ("compiled", value)
            for value in (3, {}, {"words": [1], "chains": {}}, {"words": [], "chains": {"en": [1]}})
        ),
        ("compiled", {"words": [], "chains": {"en": ["x", [[1, [2, 3]]]]}}),
        *(
            ("studies", value)
            for value in ([], {"a": {"label": "x", "year": "y"}}, {"a": {"label": "x", "bad": "y"}})
        ),
        *(("format", value) for value in ([1] * 100_000, "\x1b" * 1000, 10**100, None)),
        ("searchkit", {"a": 1}),
        ("searchkit", "1" * 1000),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_settings_that_no_index_has_are_an_error(whoosh: Path, name: str, value: Any) -> None:
    settings_with(whoosh, name, value)
    assert len(use(whoosh)) == 2


@pytest.mark.parametrize(
    "content", [b"[" * 200_000, b'{"format": ' + b"9" * 100_000 + b"}", b"\xff\xfe", b"", b"null"]
)
def test_settings_that_are_no_json_are_an_error(whoosh: Path, content: bytes) -> None:
    (whoosh / "searchkit.json").write_bytes(content)
    assert len(use(whoosh)) == 2


def test_a_circle_of_mechanisms_ends(whoosh: Path) -> None:
    circle = {f"c-{n}": {"en": [f"sleep {n}"], "parent": [f"c-{(n + 1) % 500}"]} for n in range(500)}
    settings_with(whoosh, "vocabulary", {"a": {"en": ["sleep"], "parent": ["c-0"]}, **circle})
    use(whoosh)


# Names that lead elsewhere


def contents_with(index: Path, change: Change) -> None:
    """Change the table of contents, and make its checksum right."""
    (file,) = (index / "whoosh").glob("*.toc")
    held = json.dumps(change(json.loads(file.read_bytes().partition(b"\n")[2]))).encode()
    file.write_bytes(b"%d\n%s" % (zlib.crc32(held), held))


@pytest.mark.parametrize(
    "entry",
    [
        *(
            {"name": name}
            for name in ("../../x", "/etc/passwd", "MAIN_../x", "", "MAIN_a\0", 1, None, "MAIN_" + "a" * 999)
        ),
        *({"documents": value} for value in (10**12, -1, "1", None, 1.5, 2**70)),
        *({"deleted": value} for value in ([10**12], [-1], ["a"], 3, [None])),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_table_of_contents_that_leads_elsewhere_is_an_error(whoosh: Path, entry: dict[str, Any]) -> None:
    contents_with(whoosh, lambda segments: [{**segments[0], **entry}])
    assert len(use(whoosh)) == 2


def test_a_table_of_contents_nested_without_end_is_an_error(whoosh: Path) -> None:
    (file,) = (whoosh / "whoosh").glob("*.toc")
    held = b"[" * 100_000
    file.write_bytes(b"%d\n%s" % (zlib.crc32(held), held))
    assert len(use(whoosh)) == 2


@pytest.mark.parametrize("name", ["../../x", "/etc", "", ".", "a" * 32 + "/..", 1, None, ["a"], "A" * 32])
def test_a_commit_that_leads_elsewhere_is_an_error(tantivy: Path, name: Any) -> None:
    (tantivy / "tantivy" / "commit.json").write_text(json.dumps({"format": 1, "languages": {"en": name}}))
    assert len(use(tantivy)) == 2


@pytest.mark.parametrize(
    "meta",
    [
        b"[" * 100_000,
        b"{}",
        b'{"segments": [{"segment_id": "../../../../etc/passwd", "max_doc": 1, "deletes": null}]}',
        b'{"segments": [{"segment_id": "' + b"a" * 32 + b'", "max_doc": "x", "deletes": null}]}',
        b'{"segments": 3}',
        b"null",
    ],
)
def test_a_description_of_tantivy_that_is_none_is_an_error(tantivy: Path, meta: bytes) -> None:
    for file in (tantivy / "tantivy").glob("*/meta.json"):
        file.write_bytes(meta)
    assert len(use(tantivy)) == 2


@posix
@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_a_writer_does_not_write_through_links(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> None:
    index = request.getfixturevalue(engine)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    for name in (f"{engine}/writer.json", ".searchkit.json.tmp", f"{engine}/.commit.json.tmp", f"{engine}/x"):
        (index / name).unlink(missing_ok=True)
        (index / name).symlink_to(tmp_path / "elsewhere" if name.endswith("x") else victim)
        (told,) = use(index)
        assert "is a link" in told
        (index / name).unlink()
    assert victim.read_text() == "mine"


@posix
@pytest.mark.parametrize(
    ("engine", "pattern"),
    [
        ("whoosh", "searchkit.json"),
        ("whoosh", "whoosh/*.toc"),
        ("whoosh", "whoosh/*.seg"),
        ("tantivy", "tantivy/commit.json"),
        ("tantivy", "tantivy/*/meta.json"),
        ("tantivy", "tantivy/*/*.store"),
        ("tantivy", "tantivy/*/.managed.json"),
    ],
)
@pytest.mark.parametrize("what", ["pipe", "endless"])
def test_pipes_and_devices_in_an_index_are_not_waited_for(
    request: pytest.FixtureRequest, engine: str, pattern: str, what: str
) -> None:
    index = request.getfixturevalue(engine)
    file = next(index.glob(pattern))
    file.unlink()
    if what == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero")
    assert len(use(index)) == 2


# Segments


def segment_of(index: Path) -> Path:
    (file,) = (index / "whoosh").glob("*.seg")
    return file


def directory_with(file: Path, change: Change) -> None:
    """Change the directory of a segment, and make its checksum right."""
    data = file.read_bytes()
    start, length, _, magic = TAIL.unpack(data[-TAIL.size :])
    held = json.dumps(change(json.loads(data[start : start + length]))).encode()
    file.write_bytes(data[:start] + held + TAIL.pack(start, len(held), zlib.crc32(held), magic))


def array_with(file: Path, name: str, kind: str, change: Change) -> None:
    """Replace an array of a segment with one that stands at its end, with the right checksums."""
    data = file.read_bytes()
    start, length, _, magic = TAIL.unpack(data[-TAIL.size :])
    held = json.loads(data[start : start + length])
    place, old, count, _ = held["arrays"][name]
    new = change(np.frombuffer(data, old, count, place).astype(kind))
    body = data[:start] + bytes(-start % 8) + new.tobytes()
    held["arrays"][name] = (len(body) - new.nbytes, kind, len(new), zlib.crc32(new.tobytes()))
    directory = json.dumps(held).encode()
    file.write_bytes(body + directory + TAIL.pack(len(body), len(directory), zlib.crc32(directory), magic))


def test_a_segment_made_anew_by_the_test_is_as_good_as_before(whoosh: Path) -> None:
    array_with(segment_of(whoosh), "body_en/frequencies", "<u8", lambda values: values)
    assert use(whoosh) == []


ENTRIES: list[Change] = [
    lambda entry: [-8, *entry[1:]],
    lambda entry: [2**63, *entry[1:]],
    lambda entry: ["0", *entry[1:]],
    lambda entry: [entry[0], "O", *entry[2:]],
    lambda entry: [entry[0], "<U1000000", *entry[2:]],
    lambda entry: [entry[0], entry[1], 2**62, entry[3]],
    lambda entry: [entry[0], entry[1], -1, entry[3]],
    lambda entry: [entry[0], entry[1], entry[2] + 1, entry[3]],
    lambda entry: [entry[0], entry[1], True, entry[3]],
    lambda entry: entry[:3],
    lambda entry: None,
]
ARRAYS = [
    "body_en/starts",
    "body_en/ends",
    "body_en/documents",
    "id/label_starts",
    "language/number",
    "stored/column_starts",
]


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("change", ENTRIES)
def test_a_directory_that_leads_out_of_the_file_is_an_error(
    whoosh_index: Path, tmp_path: Path, name: str, change: Change
) -> None:
    file = Path(shutil.copy(segment_of(whoosh_index), tmp_path / "a.seg"))
    directory_with(file, lambda held: {**held, "arrays": {**held["arrays"], name: change(held["arrays"][name])}})
    with pytest.raises(ValueError, match="its"):
        SegmentFile(file)


@pytest.mark.parametrize(
    "held",
    [
        3,
        None,
        [],
        {},
        {"documents": 10**15, "languages": [], "arrays": {}},
        {"documents": 1, "languages": 3, "arrays": {}},
    ],
)
def test_a_directory_that_is_none_is_an_error(whoosh: Path, held: Any) -> None:
    directory_with(segment_of(whoosh), lambda _: held)
    assert len(use(whoosh)) == 2


NUMBERS: list[tuple[str, Change]] = [
    ("body_en/frequencies", lambda values: np.full_like(values, 2**62)),  # a sum of 0, in 64 bits
    ("body_en/frequencies", lambda values: np.full_like(values, 2**31)),
    ("body_en/frequencies", lambda values: np.full_like(values, 2**64 - 1)),
    ("body_en/frequencies", lambda values: values * 0),
    ("body_en/position_starts", lambda values: values + 2**40),
    ("body_en/starts", lambda values: values[::-1]),
    ("body_en/starts", lambda values: values + 2**63),
    ("body_en/starts", lambda values: np.full_like(values, 2**64 - 1)),
    ("body_en/documents", lambda values: values + 10**6),
    ("body_en/documents", lambda values: np.full_like(values, 2**63)),
    ("body_en/ends", lambda values: values[::-1]),
    ("body_en/ends", lambda values: values + 2**50),
    ("id/label_starts", lambda values: np.full_like(values, 2**62)),
    ("id/labels", lambda values: values + 2**40),
    ("id/starts", lambda values: values * 2**40),
    ("facet_mechanism/labels", lambda values: values + 2**31),
    ("facet_mechanism/label_starts", lambda values: values[::-1]),
    ("facet_language/starts", lambda values: values + 2**33),
    ("language/number", lambda values: values + 2**31),
    ("language/number", lambda values: np.full_like(values, 2**63)),
    ("length_body/number", lambda values: np.full_like(values, 2**63)),
    ("published/number", lambda values: np.full_like(values, 2**64 - 1)),
    ("stored/column_starts", lambda values: values[::-1]),
    ("stored/column_starts", lambda values: values + 2**60),
]


def hurt(index: Path, number: int) -> None:
    """Put a bad array into a segment."""
    file = segment_of(index)
    name, change = NUMBERS[number]
    array_with(file, name, "<u8", change)


@pytest.mark.parametrize("number", range(len(NUMBERS)), ids=lambda number: f"{number}-{NUMBERS[number][0]}")
def test_numbers_that_lead_nowhere_are_an_error_or_another_answer(whoosh: Path, number: int) -> None:
    arrays = SegmentFile(segment_of(whoosh))
    if not arrays.holds(NUMBERS[number][0]):
        pytest.skip("the samples have no such array")
    hurt(whoosh, number)
    use(whoosh)


def test_sums_that_overflow_do_not_reach_numpy() -> None:
    # numpy.repeat writes outside of its memory where the sum of the repetitions overflows.
    for sizes in ([2**62] * 4, [2**63 - 1, 1], [2**40], [-1]):
        with pytest.raises(ValueError, match="runs that"):
            ranges(np.zeros(len(sizes), np.int64), np.array(sizes, np.int64), 100)
    with pytest.raises(ValueError, match="longer than their array"):
        ranges(np.zeros(3, np.int64), np.full(3, 60), 100)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_bytes_changed_anywhere_crash_nothing(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> None:
    index = request.getfixturevalue(engine)
    rng = random.Random(7)
    # In a process of its own: a crash would end this one.
    program = (
        "import sys, random, pathlib, shutil, searchkit\n"
        "index, copy, seed = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])\n"
        "rng = random.Random(seed)\n"
        "found = [file for file in sorted(index.rglob('*')) if file.is_file() and file.stat().st_size]\n"
        "files = [file.relative_to(index) for file in found]\n"
        "told = 0\n"
        "for _ in range(40):\n"
        "    shutil.rmtree(copy, ignore_errors=True); shutil.copytree(index, copy)\n"
        "    file = copy / rng.choice(files)\n"
        "    data = bytearray(file.read_bytes())\n"
        "    for _ in range(rng.choice((1, 1, 8))): data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)\n"
        "    file.write_bytes(data[: rng.choice((len(data), len(data), rng.randrange(len(data) + 1)))])\n"
        "    try:\n"
        "        with searchkit.open(copy) as opened:\n"
        "            for query in ('sleep memory', 'plast*', ''): opened.search(query, explain=True)\n"
        "    except searchkit.SearchkitError as error:\n"
        "        told += 1\n"
        "        assert '\\n' not in str(error)\n"
        "print(told)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(index), str(tmp_path / "copy"), str(rng.randrange(1000))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 0


# Stored blocks


def block(data: Any, title: bytes = b"", body: bytes = b"", version: int = 1) -> bytes:
    text = zlib.compress(data if isinstance(data, bytes) else json.dumps(data).encode())
    return struct.pack("<BII", version, len(text), len(title)) + text + title + body


@pytest.mark.slow
def test_a_block_that_grows_without_end_is_an_error() -> None:
    bomb = zlib.compressobj(9)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(300)) + bomb.flush()
    assert len(packed) < 400_000
    with pytest.raises(ValueError, match="compressed data"):
        inflated(packed)
    with pytest.raises(IndexFormatError):
        StoredArticle.from_bytes(struct.pack("<BII", 1, len(packed), 0) + packed)


def test_a_block_that_is_no_article_is_an_error(whoosh_index: Path) -> None:
    with searchkit.open(whoosh_index) as opened:
        stored = opened.stored(opened.ids()[0])
    packed = stored.to_bytes()
    assert StoredArticle.from_bytes(packed).article == stored.article
    _, text, title = struct.unpack_from("<BII", packed)
    data = json.loads(zlib.decompress(packed[9 : 9 + text]))
    vectors = (packed[9 + text : 9 + text + title], packed[9 + text + title :])
    bad: list[Any] = [{**data, "article": {**data["article"], name: 1}} for name in data["article"]]
    bad += [{**data, "article": {**data["article"], "sections": [{"heading": "a", "start": -5, "end": 10**9}]}}]
    bad += [{**data, "evidence": value} for value in ([], {"study": {"a": [[1]]}}, 3)]
    bad += [b"[" * 100_000, 3, None, [], {}]
    blocks = [block(one, *vectors) for one in bad]
    blocks += [b"", packed[:5], packed[:-5], block(data, *vectors, version=9), block(data, b"x", b"y")]
    tokens = struct.pack("<II", 1, 2) + b"a" + struct.pack("<8I", 9, 9, 0, 0, 1, 1, 0, 0)
    blocks += [block(data, zlib.compress(tokens), vectors[1]), block(data, zlib.compress(tokens[:-9]), vectors[1])]
    for one in blocks:
        with pytest.raises(IndexFormatError):
            StoredArticle.from_bytes(one)
