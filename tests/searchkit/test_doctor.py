import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import searchkit
from searchkit import ArticleIndex, IndexFormatError, Vocabulary, strength
from searchkit.cli import cli
from searchkit.doctor import examine, restore
from searchkit.home import home_of
from searchkit.index import files
from searchkit.index.lock import WriterLock
from searchkit.settings import FORMAT, Settings

FIXTURES = Path(__file__).parent.parent / "fixtures"
VOCABULARY = Vocabulary({"nmda-receptor": {"en": ("NMDA receptor",)}})
ARTICLES = {
    "sleep.md": "# Sleep\n\nSleep strengthens memory. The NMDA receptor takes part in this, studies show.\n",
    "rest.md": "# Rest\n\nRest is not the same as sleep, and memory profits less from it than from sleep.\n",
    "natt.md": "# Natten\n\nPå natten stärks minnet av det som har lärts in under dagen, när vi sover djupt.\n",
}


@pytest.fixture(params=["whoosh", "tantivy"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "tantivy":
        pytest.importorskip("tantivy", reason="needs the extra tantivy")
    return str(request.param)


@pytest.fixture
def index(engine: str, tmp_path: Path) -> Path:
    """An index of three files in two languages, one of which was changed since."""
    (tmp_path / "articles").mkdir()
    for name, text in ARTICLES.items():
        (tmp_path / "articles" / name).write_text(text, encoding="utf-8")
    folder = tmp_path / "index"
    ArticleIndex.create(folder, engine=engine, vocabulary=VOCABULARY).close()
    searchkit.index_articles([tmp_path / "articles"], index=folder)
    (tmp_path / "articles" / "rest.md").write_text(ARTICLES["rest.md"] + "\nMore.\n", encoding="utf-8")
    assert searchkit.index_articles([tmp_path / "articles"], index=folder).changed == 1
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def problems(index: Path) -> list[str]:
    return [problem for check in examine(index) for problem in check.problems]


def texts(index: Path) -> list[str]:
    with searchkit.open(index) as opened:
        return sorted(opened.get(identifier).text for identifier in opened.ids())


def largest(index: Path, engine: str) -> Path:
    """Return the file that holds the articles."""
    return max(
        (index / engine).rglob("*.seg" if engine == "whoosh" else "*.store"), key=lambda file: file.stat().st_size
    )


# Examining


def test_a_whole_index_has_no_problems(index: Path) -> None:
    checks = {check.name: check.detail for check in examine(index)}

    assert problems(index) == []
    assert list(checks) == ["settings", "lock", "files", "left over", "analyzers", "articles", "counts"]
    assert checks["articles"] == "3 can be read"
    assert run("doctor", "--index", index).exit_code == 0


def test_a_damaged_file_is_named_with_the_command_that_mends_it(index: Path, engine: str) -> None:
    file = largest(index, engine)
    file.write_bytes(file.read_bytes()[:-1] + b"?")

    told = run("doctor", "--index", index)
    data = json.loads(run("doctor", "--index", index, "--json").output)

    assert told.exit_code == 1
    assert file.name in told.output
    assert f"run: searchkit rebuild --index {index}" in told.output
    assert (data["problems"], data["mend"]) == (1, [f"searchkit rebuild --index {index}"])


def test_what_a_killed_process_left_is_named_and_gone_after_the_next_run(index: Path, engine: str) -> None:
    left = index / engine / ("MAIN_0123456789abcdef.seg" if engine == "whoosh" else "0123456789abcdef")
    if engine == "whoosh":
        left.write_bytes(b"half")
    else:
        left.mkdir()
    draft = index / ".searchkit.json.tmp"
    draft.write_text("{", encoding="utf-8")

    assert problems(index) == [str(left), str(draft)]
    assert not searchkit.index_articles([index.parent / "articles"], index=index).any
    assert problems(index) == []


def test_who_is_writing_is_named_and_no_problem(index: Path, engine: str) -> None:
    lock = WriterLock(index / engine, 0)
    try:
        (check,) = [check for check in examine(index) if check.name == "lock"]
    finally:
        lock.release()

    assert f"process, {os.getpid()} on " in check.detail
    assert check.problems == ()


def test_other_analyzers_are_named(index: Path) -> None:
    home = home_of(index)
    current = Settings.read(home)
    current.analyzers["sv"] = "another"
    current.write(home)

    assert problems(index) == [f"{index / 'searchkit.json'}: made with another analyzer of sv"]


def test_a_count_that_is_not_that_of_the_articles_is_named(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Articles have no facet of this name, and the index counts it.
    monkeypatch.setattr("searchkit.doctor.FACETS", ("language", strength.FIELD))

    assert any(strength.FIELD in problem and problem.endswith("1 articles, not 0") for problem in problems(index))


def test_there_is_nothing_to_examine_where_there_is_no_index(tmp_path: Path) -> None:
    told = run("doctor", "--index", tmp_path)

    assert (told.exit_code, "no index in" in told.output) == (2, True)


# Restoring


def test_what_cannot_be_read_comes_from_the_files_again(index: Path, engine: str) -> None:
    before = texts(index)
    file = largest(index, engine)
    file.write_bytes(b"")

    told = run("rebuild", "--index", index)

    assert told.exit_code == 0
    assert "is whole again" in told.output
    assert (texts(index), problems(index)) == (before, [])
    assert not searchkit.index_articles([index.parent / "articles"], index=index).any


def test_what_can_be_read_needs_no_files(index: Path, engine: str) -> None:
    before = texts(index)
    shutil.rmtree(index.parent / "articles")
    pattern = "*.toc" if engine == "whoosh" else "commit.json"
    for file in (index / engine).glob(pattern):
        file.write_bytes(b"?")

    done = restore(index)

    assert (done.kept, done.read, done.lost) == (3, 0, 0)
    assert (texts(index), problems(index)) == (before, [])


def test_what_cannot_be_had_is_said(index: Path, engine: str) -> None:
    shutil.rmtree(index.parent / "articles")
    lost = 3 if engine == "whoosh" else 2
    largest(index, engine).unlink()

    told = run("rebuild", "--index", index)

    assert told.exit_code == 2
    assert "could not be had" in told.output
    assert f"{index.parent / 'articles'}: not there any more" in told.output
    assert len(texts(index)) in (3 - lost, 3 - 1)
    assert problems(index) == []


@pytest.mark.parametrize(
    "damage", [lambda file: file.unlink(), lambda file: file.write_bytes(file.read_bytes()[:-9])]
)
def test_without_settings_the_articles_are_there(index: Path, damage: Callable[[Path], None]) -> None:
    before = texts(index)
    damage(index / "searchkit.json")
    for arguments in (["search", "sleep"], ["index", str(index.parent / "articles")]):
        told = run(*arguments, "--index", index)
        assert told.exit_code == 2
        assert f"run: searchkit rebuild --index {index}" in told.output

    assert run("rebuild", "--index", index).exit_code == 0
    assert (texts(index), problems(index)) == (before, [])


def test_a_changed_setting_does_not_go_unseen(index: Path) -> None:
    file = index / "searchkit.json"
    file.write_bytes(file.read_bytes().replace(b"NMDA receptor", b"NMDA deceptor"))

    with pytest.raises(IndexFormatError, match=r"searchkit\.json is damaged .* run: searchkit rebuild --index"):
        searchkit.open(index)


def test_a_rebuild_that_is_cut_short_changes_nothing(
    index: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = largest(index, engine)
    file.write_bytes(b"")
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "somewhere")

    with monkeypatch.context() as patch:
        patch.setattr(files, "replace", full)
        with pytest.raises(OSError, match="No space"):
            restore(index)

    after = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    assert after == before
    assert restore(index).lost == 0


# A disk that cannot be written

FEW_RIGHTS = """
import ctypes, os, sys
if os.geteuid() == 0:
    # Rights that the system's administrator has everywhere: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH.
    for right in (1, 2):
        ctypes.CDLL(None).prctl(24, right, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "searchkit", *sys.argv[1:]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="takes rights away as Linux does")
def test_a_folder_that_only_can_be_read_is_searched_and_not_changed(index: Path, engine: str) -> None:
    for path in [index, *index.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)

    def few_rights(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", FEW_RIGHTS, *map(str, arguments), "--index", str(index)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    try:
        found = few_rights("search", "sleep")
        refused = few_rights("rebuild")
    finally:
        for path in [index, *index.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)

    assert (found.returncode, "of 3 articles" in found.stdout or "of 2 articles" in found.stdout) == (0, True)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "WRITELOCK: Permission denied; what was committed before is there" in refused.stderr
    assert problems(index) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.name != "posix" or os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only the system's administrator can make a small disk; `kill.py --fault ENOSPC` feigns one")
    yield place
    # At once, though files of it are open still.
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_told_and_loses_nothing(index: Path, engine: str, small_disk: Path) -> None:
    place = small_disk / "index"
    shutil.copytree(index, place)
    before = texts(place)
    many = [
        searchkit.Draft(id=str(number), title="", text=os.urandom(600).hex(), source="many", language="en")
        for number in range(1_000)
    ]

    with searchkit.open(place) as opened:
        with pytest.raises(searchkit.IndexStateError, match=r"what was committed before is there") as caught:
            opened.update(many)
        assert str(place) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert (texts(place), problems(place)) == (before, [])
        assert opened.update(many[:2]).added == 2


@pytest.mark.parametrize("gone", ["", "engine", "searchkit.json"])
def test_a_folder_that_goes_while_it_is_open_is_told(index: Path, engine: str, gone: str) -> None:
    place = index / (engine if gone == "engine" else gone)
    with searchkit.open(index) as opened:
        opened.search("sleep")
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()
        for action in (lambda: opened.search("sleep"), lambda: opened.update([]), opened.info, opened.rebuild):
            with pytest.raises(searchkit.IndexStateError) as caught:
                action()
            assert str(index) in str(caught.value)
            assert "searchkit rebuild --index" in str(caught.value) or "make one with:" in str(caught.value)


# Other versions


def test_there_is_a_fixture_of_the_format(engine: str) -> None:
    assert (FIXTURES / f"index-format-{FORMAT}-{engine}").is_dir(), "run: python tools/index_fixtures.py"


@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("index-format-*")), ids=lambda path: path.name)
def test_an_index_of_a_released_format_opens_or_says_what_to_run(fixture: Path, tmp_path: Path) -> None:
    if fixture.name.endswith("tantivy"):
        pytest.importorskip("tantivy", reason="needs the extra tantivy")
    index = tmp_path / "index"
    shutil.copytree(fixture, index)

    told = run("search", "sleep", "--index", index)

    assert told.exit_code == 0 or f"run: searchkit rebuild --index {index}" in told.output
    assert run("rebuild", "--index", index).exit_code == 0
    assert problems(index) == []
    with searchkit.open(index) as opened:
        assert opened.ids() == ["en-1", "fr-1", "hi-1", "sv-1", "zh-1"]
        assert opened.get("en-1").text.endswith("It is short.")
        assert "en-1" in [hit.id for hit in opened.search("sleep")]
        assert "zh-1" in [hit.id for hit in opened.search("睡眠")]


def test_an_index_of_a_later_format_says_what_to_run(index: Path) -> None:
    file = index / "searchkit.json"
    data = files.unsealed(file.read_bytes())
    file.write_bytes(files.sealed({**data, "format": FORMAT + 1, "searchkit": "9.8"}))
    before = file.read_bytes()

    for command in ("search", "rebuild"):
        told = run(command, "--index", index)
        assert told.exit_code == 2
        assert f"format {FORMAT + 1}, of searchkit 9.8" in told.output
        assert told.output.endswith("run: pip install --upgrade searchkit\n")
    assert run("doctor", "--index", index).exit_code == 1
    assert file.read_bytes() == before


def test_an_index_of_an_earlier_format_is_rebuilt(index: Path) -> None:
    file = index / "searchkit.json"
    file.write_bytes(files.sealed({**files.unsealed(file.read_bytes()), "format": FORMAT - 1}))
    before = len(ARTICLES)

    assert f"run: searchkit rebuild --index {index}" in run("search", "sleep", "--index", index).output
    assert run("rebuild", "--index", index).exit_code == 0
    assert len(texts(index)) == before


def test_an_index_of_a_later_tantivy_says_what_to_run(tmp_path: Path) -> None:
    pytest.importorskip("tantivy", reason="needs the extra tantivy")
    index = tmp_path / "index"
    shutil.copytree(FIXTURES / f"index-format-{FORMAT}-tantivy", index)
    for file in index.rglob("*"):
        if file.is_file() and len(file.name.partition(".")[0]) == 32:
            file.write_bytes(file.read_bytes().replace(b'"index_format_version":7', b'"index_format_version":9'))

    for command in ("search", "rebuild"):
        told = run(command, "--index", index)
        assert told.exit_code == 2
        assert "run: pip install 'tantivy==" in told.output
