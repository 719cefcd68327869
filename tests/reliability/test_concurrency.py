"""One writer, any number of readers: processes, threads and forks, on both embedded engines."""

import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import searchkit
from searchkit import ArticleIndex, Draft, IndexLockedError, IndexStateError, InputError, article_index
from searchkit.analyzers import analyzer, registry
from searchkit.compile import Compiler

posix = pytest.mark.skipif(os.name != "posix", reason="signals and forks of POSIX")
QUERIES = (
    "sömn och minne",
    "突触可塑性",
    "नींद और स्मृति",
    "plasticité synaptique",
    "sleep memory -stress",
    '"synaptic plasticity"',
    "hypocampus",
    "plastic* magnesum~",
    "mechanism:nmda-receptor hjärna",
)


def draft(name: str, text: str, **given: Any) -> Draft:
    return Draft(id=name, title="", text=text, source=f"/articles/{name}", language="en", **given)


@pytest.fixture(params=["whoosh", "tantivy"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "tantivy":
        pytest.importorskip("tantivy", reason="needs the extra tantivy")
    return str(request.param)


@pytest.fixture
def index(engine: str, tmp_path: Path) -> Iterator[ArticleIndex]:
    with ArticleIndex.create(tmp_path / "index", engine=engine) as made:
        made.update([draft("a", "A walrus about sleep."), draft("b", "Another walrus.")])
        yield made


@pytest.fixture
def restless() -> Iterator[None]:
    """Let Python switch between threads as often as it can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def together(count: int, action: Callable[[int], object]) -> list[Any]:
    """Return what several threads come to that begin at once."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> object:
        barrier.wait(60)
        return action(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(begin, range(count)))


def files(folder: Path) -> set[str]:
    return {str(place.relative_to(folder)) for place in folder.rglob("*")}


def installed() -> str:
    found = shutil.which("searchkit", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip("the command searchkit is not installed")
    return found


def python(code: str, *given: object) -> str:
    """Return what a Python process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, given)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# Snapshots


def test_a_snapshot_stays_while_the_index_follows_commits(index: ArticleIndex) -> None:
    before = index.snapshot()
    assert index.snapshot() is before
    with searchkit.open(index.path) as other:
        other.update([draft("a", "A lynx."), draft("c", "A walrus.")], prune=["/articles"])

    assert before.search("walrus").total == len(before.ids()) == before.info().articles == 2
    assert "sleep" in before.get("a").text
    assert before.search("lynx").total == 0
    assert index.snapshot() is not before
    assert sorted(index.ids()) == ["a", "c"]
    assert index.search("lynx").total == 1


@pytest.mark.parametrize("way", ["search", "rank", "like", "explain"])
def test_a_commit_in_the_middle_of_a_search_changes_nothing_in_it(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    asked: dict[str, Callable[[], Any]] = {
        "search": lambda: index.search("walrus sleep"),
        "explain": lambda: index.search("walrus sleep", explain=True),
        "rank": lambda: index.rank("walrus sleep"),
        "like": lambda: index.like("a", explain=True),
    }
    wanted = asked[way]()
    compiled = Compiler.compile
    narrowed = article_index._narrowed

    def commit() -> None:
        monkeypatch.undo()
        with searchkit.open(index.path) as other:
            other.update([draft("c", "A walrus, a walrus and sleep.")], prune=["/articles"])

    def compile_and_commit(*given: Any) -> Any:
        tree = compiled(*given)
        commit()
        return tree

    def narrow_and_commit(*given: Any, **named: Any) -> Any:
        commit()
        return narrowed(*given, **named)

    if way == "like":
        monkeypatch.setattr(article_index, "_narrowed", narrow_and_commit)
    else:
        monkeypatch.setattr(Compiler, "compile", compile_and_commit)
    assert asked[way]() == wanted
    assert index.ids() == ["c"]


def test_a_closed_index_says_so_and_its_snapshots_go_on(index: ArticleIndex) -> None:
    snapshot = index.snapshot()
    index.close()
    index.close()
    for ask in (
        index.snapshot,
        index.ids,
        lambda: index.search("walrus"),
        lambda: index.update([]),
        index.rebuild,
    ):
        with pytest.raises(IndexStateError, match="was closed; open it again"):
            ask()
    assert snapshot.search("walrus").total == 2


def test_an_index_that_was_removed_and_made_anew_is_seen_as_it_is(index: ArticleIndex) -> None:
    assert index.search("walrus").total == 2
    engine = index.engine
    shutil.rmtree(index.path)
    with pytest.raises(searchkit.IndexNotFoundError):
        index.search("walrus")
    with ArticleIndex.create(index.path, engine=engine) as again:
        again.update([draft("z", "A walrus.")])
    assert index.ids() == ["z"]
    assert [hit.id for hit in index.search("walrus")] == ["z"]


# Threads and forks


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("rounds", [1, pytest.param(30, marks=pytest.mark.slow)])
def test_threads_that_share_an_index_get_the_answers_of_one(
    samples: Path, engine: str, tmp_path: Path, rounds: int
) -> None:
    articles = [*samples.glob("magnesium-*"), *samples.glob("sleep-and-memory.*")]
    searchkit.index_articles(sorted(articles), index=tmp_path / "index", engine=engine)
    with searchkit.open(tmp_path / "index") as shared:
        assert shared.search(QUERIES[0]).total > 1
        wanted = [shared.search(query, explain=True, collapse=True).to_dict() for query in QUERIES]
    for _ in range(rounds):
        # So that the threads meet where stemmers and dictionaries are loaded and caches filled.
        registry._analyzer.cache_clear()
        analyzer._rules.cache_clear()
        with searchkit.open(tmp_path / "index") as shared:

            def ask(number: int, shared: ArticleIndex = shared) -> dict[str, Any]:
                query = QUERIES[number % len(QUERIES)]
                return shared.search(query, explain=True, collapse=True).to_dict()

            found = together(2 * len(QUERIES), ask)
        assert found == wanted * 2


def test_threads_that_write_wait_for_each_other(index: ArticleIndex) -> None:
    together(4, lambda number: index.update([draft(f"thread-{number}", "A walrus.")], wait=60))
    assert len(index.ids()) == 6
    assert index.search("walrus").total == 6


@posix
@pytest.mark.parametrize("engine", ["tantivy"], indirect=True)  # with whoosh the soak has one
def test_a_fork_goes_on_with_an_index_that_was_open(index: ArticleIndex) -> None:
    index.update([Draft(id="s", title="", text="En valross, walrus.", source="s", language="sv")])
    code = """
import os, sys
import searchkit
if sys.argv[2] == "tantivy":
    import searchkit.index.tantivy as tantivy
    tantivy._LARGE = 0  # parts are asked side by side, on threads that a fork has not
with searchkit.open(sys.argv[1]) as index:
    before = index.search("walrus").to_dict()
    with index._writing(0):
        if not (child := os.fork()):
            same = index.search("walrus").to_dict() == before
            try:
                index.update([], wait=0)
            except searchkit.IndexLockedError:
                os._exit(0 if same else 1)
            os._exit(2)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert python(code, index.path, index.engine) == "0\n"
    index.update([], wait=0)


# Writers


def test_the_time_to_wait_is_the_same_everywhere() -> None:
    from searchkit.cli import COMMANDS, LazyGroup

    calls = (ArticleIndex.update, ArticleIndex.rebuild, ArticleIndex.convert, searchkit.index_articles)
    assert {inspect.signature(call).parameters["wait"].default for call in calls} == {10.0}
    waiting = set()
    for name in COMMANDS:
        command = LazyGroup().get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        options = {option.name: option.default for option in command.params}
        if "wait" in options:
            waiting.add(name)
            assert options["wait"] == 10.0
    assert waiting >= {"index", "rebuild", "convert"}


@pytest.mark.parametrize("wait", [-1, float("nan"), float("inf")])
def test_nobody_waits_for_ever(index: ArticleIndex, wait: float) -> None:
    for change in (lambda: index.update([], wait=wait), lambda: index.rebuild(wait=wait)):
        with pytest.raises(InputError, match="wait must be a number of seconds"):
            change()


@pytest.mark.parametrize("command", ["index articles", "rebuild", "convert whoosh"])
def test_a_command_that_may_not_wait_names_who_writes(
    index: ArticleIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    from click.testing import CliRunner

    from searchkit.cli import cli

    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "one.txt").write_text("One\n\nA walrus.", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with index._writing(0):
        result = CliRunner().invoke(cli, [*command.split(), "--index", "index", "--wait", "0"])
    assert result.exit_code == 2
    assert f", {os.getpid()} on " in result.stderr
    assert "since 2" in result.stderr
    assert "waited 0 s" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@posix
def test_who_waits_for_a_stopped_writer_is_told_its_name(index: ArticleIndex) -> None:
    code = "import sys, searchkit\nwith searchkit.open(sys.argv[1])._writing(0):\n    print(); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-uc", code, str(index.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.send_signal(signal.SIGSTOP)
        with pytest.raises(IndexLockedError, match=f"process {holder.pid} on .* since .*waited 0.1 s"):
            index.update([], wait=0.1)
        holder.kill()
    assert index.update([draft("c", "A lynx.")], wait=0).added == 1


@pytest.mark.usefixtures("restless")
def test_processes_that_make_an_index_at_once_make_one(engine: str, tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"articles-{number}").mkdir()
        text = f"Article {number}\n\nA walrus about sleep.\n"
        (tmp_path / f"articles-{number}" / "one.txt").write_text(text, encoding="utf-8")
    (tmp_path / "articles-3" / "one.txt").unlink()  # who has nothing to index takes nothing away

    def add(number: int) -> None:
        searchkit.index_articles(
            [tmp_path / f"articles-{number}"], index=tmp_path / "index", engine=engine, wait=60
        )

    together(4, add)
    with searchkit.open(tmp_path / "index") as index:
        assert index.search("walrus").total == 3
        assert index.engine == engine
    assert {place.name for place in (tmp_path / "index").iterdir()} == {"searchkit.json", engine}


def test_what_a_killed_maker_left_is_made_again(engine: str, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    (folder / engine).mkdir(parents=True)
    (folder / engine / "half").write_text("done")
    (folder / "WRITELOCK").touch()
    (folder / "writer.json").write_text(json.dumps({"pid": 2**22 + 1, "host": "h", "since": "s"}))
    with ArticleIndex.create(folder, engine=engine) as index:
        index.update([draft("a", "A walrus.")])
        assert "half" not in {place.name for place in (folder / engine).iterdir()}
        assert {place.name for place in folder.iterdir()} == {"searchkit.json", engine}
        (folder / "WRITELOCK").touch()  # of one that was killed when it was done
        index.update([draft("b", "A walrus.")])
        assert {place.name for place in folder.iterdir()} == {"searchkit.json", engine}
    with pytest.raises(InputError, match="holds an index already"):
        ArticleIndex.create(folder, engine=engine)


def test_a_folder_that_holds_something_else_is_left_alone(engine: str, tmp_path: Path) -> None:
    (tmp_path / engine).mkdir()
    (tmp_path / engine / "mine").touch()
    with pytest.raises(InputError, match="not empty"):
        ArticleIndex.create(tmp_path, engine=engine)
    assert files(tmp_path) == {engine, f"{engine}/mine"}


# Signals


def as_in_a_terminal() -> None:
    """Let Ctrl-C stop a process, which who starts the tests in the background has switched off."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@posix
@pytest.mark.parametrize(
    ("engine", "number"),
    [("whoosh", signal.SIGINT), ("tantivy", signal.SIGTERM)],
    indirect=["engine"],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_a_stopped_command_leaves_the_last_commit_and_no_lock(index: ArticleIndex, number: signal.Signals) -> None:
    before = files(index.path)
    process = subprocess.Popen(
        [installed(), "index", "-", "--index", str(index.path)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=as_in_a_terminal,
    )
    holder = index.path / index.engine / "writer.json"
    with process:
        until = time.monotonic() + 60
        while not (holder.exists() and holder.stat().st_size) and time.monotonic() < until:
            time.sleep(0.01)
        assert json.loads(holder.read_text("utf-8"))["pid"] == process.pid
        process.send_signal(number)
        assert process.stderr is not None
        watch = threading.Timer(60, process.kill)  # or its standard input would be waited for
        watch.start()
        told = process.stderr.read().decode()
        watch.cancel()
    assert (process.returncode, told) == (128 + number, f"searchkit: stopped by {number.name}\n")
    assert files(index.path) == before
    assert index.update([], wait=0).any is False
    assert index.search("walrus").total == 2


@posix
@pytest.mark.slow
@pytest.mark.parametrize("way", ["Ctrl-C", "SIGTERM", "SIGKILL", "a worker"])
def test_the_processes_that_analyze_end_with_their_parent(tmp_path: Path, way: str) -> None:
    with (tmp_path / "big.jsonl").open("w") as stream:
        for number in range(2_000):
            text = " ".join(f"word{(number * place) % 997} of sleep." for place in range(100))
            stream.write(json.dumps({"id": f"d{number}", "title": f"{number}", "text": text}) + "\n")
    path = tmp_path / "index"
    with ArticleIndex.create(path) as index:
        index.update([draft("a", "A walrus.")])
        process = subprocess.Popen(
            [installed(), "index", "big.jsonl", "--index", "index", "--jobs", "2"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=as_in_a_terminal,
        )
        with process:
            workers: list[int] = []
            until = time.monotonic() + 120
            while len(workers) < 2 and time.monotonic() < until:
                listed = subprocess.run(
                    ["ps", "-o", "pid=,args=", "--ppid", str(process.pid)],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                workers = [int(line.split()[0]) for line in listed.stdout.splitlines() if "spawn_main" in line]
            assert len(workers) == 2
            match way:
                case "Ctrl-C":  # goes to all processes of the terminal
                    os.killpg(process.pid, signal.SIGINT)
                case "SIGTERM":
                    process.terminate()
                case "SIGKILL":
                    process.kill()
                case "a worker":
                    os.kill(workers[0], signal.SIGKILL)
            assert process.stderr is not None
            told = process.stderr.read().decode()  # to its end: nobody holds the pipe any more
        wanted = {"Ctrl-C": 130, "SIGTERM": 143, "SIGKILL": -signal.SIGKILL, "a worker": 2}
        assert process.returncode == wanted[way]
        assert len(told.splitlines()) == (way != "SIGKILL")
        assert ("was killed" in told) is (way == "a worker")
        assert index.update([draft("b", "A walrus.")], wait=0).added == 1
        assert sorted(index.ids()) == ["a", "b"]


# The soak


@posix
@pytest.mark.parametrize(
    ("seconds", "readers"), [(0, 2), pytest.param(60, 8, marks=pytest.mark.slow)], ids=["short", "a minute"]
)
def test_every_answer_is_that_of_a_commit(checkout: Path, engine: str, seconds: int, readers: int) -> None:
    script = checkout / "benchmarks" / "reliability" / "soak.py"
    done = subprocess.run(
        [
            sys.executable,
            script,
            "--engine",
            engine,
            "--seconds",
            str(seconds),
            "--readers",
            str(readers),
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=seconds + 300,
        check=False,
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["errors"] == []
    assert found["commits"] >= 3
    assert found["answers"] >= readers
