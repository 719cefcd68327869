"""Nothing that an index, an article or a cache holds is run: no pickle, no marshal, no eval, no shell."""

import ast
import importlib
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import searchkit

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDERS = ("searchkit", "analyzers", "index")

# Modules that make code or objects of any class out of bytes, or hand text to a shell.
RUNNING = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "code"}
RUNNING |= {"subprocess", "pty", "commands", "popen2", "ctypes", "cffi", "runpy", "imp", "xmlrpc", "dbm"}
CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
# Of modules that are needed otherwise: what of them runs something, or loads pickles.
ATTRIBUTES = {
    "os": {
        "system",
        "popen",
        "startfile",
        "execv",
        "execve",
        "execl",
        "execlp",
        "execvp",
        "spawnl",
        "spawnv",
        "fork",
    },
    "np": {"load", "loads", "fromfile", "memmap"},
    "numpy": {"load", "loads", "fromfile", "memmap"},
    "builtins": CALLS,
    "shutil": {"unpack_archive"},
}
# What is imported by a name that is made: tables of our own modules, never what an index says.
DYNAMIC = {
    "searchkit/__init__.py": "names of our own modules",
    "searchkit/evaluation.py": "libraries of the extra, by their names",
    "searchkit/cli.py": "one of COMMANDS",
    "index/registry.py": "one of ENGINES",
    "analyzers/registry.py": "the modules of the package",
}


# What a process hands over to the workers that it starts, in the arguments of their tasks; never a file.
WORKERS = ("searchkit/bulk.py", "searchkit/loading.py")


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((CHECKOUT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def found_in(path: Path) -> Iterator[str]:
    """Yield what runs code in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name.partition(".")[0] in RUNNING)
            case ast.ImportFrom(module=str(module), names=names):
                yield from [module] if module.partition(".")[0] in RUNNING else []
                yield from (alias.name for alias in names if alias.name in ATTRIBUTES.get(module, ()))
            case ast.Call(func=function):
                yield from called(ast.unparse(function), path)
            case ast.Attribute(value=ast.Name(id=module), attr=attribute):
                yield from [attribute] if attribute in ATTRIBUTES.get(module, ()) else []
            case ast.keyword(arg="shell" | "allow_pickle"):
                yield str(node.arg)


def called(name: str, path: Path) -> list[str]:
    known = name_of(path) in DYNAMIC
    return [name] if name in CALLS or (name.endswith("import_module") and not known) else []


def test_no_code_of_ours_loads_pickles_evaluates_or_starts_a_shell() -> None:
    found = {name_of(path): list(found_in(path)) for path in sources()}
    assert len(found) > 100
    assert {name: what for name, what in found.items() if what and name not in WORKERS} == {}
    assert all(found[name] == ["pickle"] for name in WORKERS)
    assert all((CHECKOUT / name).is_file() for name in DYNAMIC)


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from marshal import loads",
        "import os\nos.system('x')",
        "from os import popen",
        "eval('1')",
        "import importlib\nimportlib.import_module(name)",
        "import numpy as np\nnp.load(file)",
        "f(shell=True)",
    ],
)
def test_the_test_finds_what_it_looks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(f"{__name__}.CHECKOUT", tmp_path)
    file = tmp_path / "a.py"
    file.write_text(line)
    assert list(found_in(file))


def imported_whoosh() -> set[str]:
    """Return the names that our code imports from Whoosh."""
    found = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "whoosh":
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names if alias.name.partition(".")[0] == "whoosh"}
    return found


def test_of_whoosh_we_call_what_reads_no_file() -> None:
    # Whoosh pickles its schema in its table of contents and postings in blocks; none of these opens either.
    assert imported_whoosh() == {
        "whoosh.codec.base",
        "whoosh.fields",
        "whoosh.filedb.filestore.FileStorage",
        "whoosh.formats",
        "whoosh.index.clean_files",
        "whoosh.matching.ListMatcher",
        "whoosh.reading",
        "whoosh.util.random_name",
    }
    # The one function that is given our folder looks at names alone.
    whoosh_index = importlib.import_module("whoosh.index")
    source = Path(str(whoosh_index.__file__)).read_text(encoding="utf-8")
    (cleaner,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == "clean_files"
    )
    assert {ast.unparse(node.func) for node in ast.walk(cleaner) if isinstance(node, ast.Call)} == {
        *(
            "TOC._pattern",
            "TOC._segment_pattern",
            "tocpattern.match",
            "segpattern.match",
            "tocm.group",
            "segm.group",
        ),
        *("set", "int", "s.segment_id", "filename.startswith", "todelete.add", "storage.delete_file"),
    }


WATCHED = """
import sys
EVENTS = {"pickle.find_class", "marshal.loads", "exec", "compile", "subprocess.Popen", "os.system", "os.exec"}
found = set()

def watch(event, arguments):
    if event in EVENTS:
        frame, files = sys._getframe(1), []
        while frame:
            files.append(frame.f_code.co_filename)
            frame = frame.f_back
        # Importing runs code, and that is what the installed modules are.
        if not any(file.startswith("<frozen importlib") for file in files):
            libraries = ("py3langid", "jieba", "whoosh", "tantivy")
            whose = [name for name in libraries if any(name in file for file in files)]
            found.add((event, *whose))

import searchkit, searchkit.cli
sys.addaudithook(watch)
index, articles, engine = sys.argv[1:]
searchkit.index_articles([articles], index=index, engine=engine)
with searchkit.open(index) as opened:
    opened.rebuild()
    for query in ("sleep AND memory", '"slow wave"~', "plastic*", "plasticty~", "睡眠", "नींद"):
        opened.search(query, explain=True, collapse=True)
    opened.facets(); opened.studies(); opened.complete("sle"); opened.unmatched(); opened.like(opened.ids()[0])
    opened.convert("tantivy" if engine == "whoosh" else "whoosh")
    opened.search("sleep")
print(sorted(found))
"""


@pytest.mark.parametrize("engine", ["whoosh", pytest.param("tantivy", marks=pytest.mark.slow)])
def test_no_library_that_we_call_does_either(samples: Path, tmp_path: Path, engine: str) -> None:
    pytest.importorskip("tantivy")
    articles = tmp_path / "articles"
    articles.mkdir()
    for file in samples.glob("sleep*en*"):
        shutil.copy(file, articles)
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(tmp_path / "index"), str(articles), engine],
        capture_output=True,
        text=True,
        check=True,
    )
    # numpy reads the headers of the language detector's model, which is installed with it, as literals.
    assert set(ast.literal_eval(done.stdout)) <= {("compile", "py3langid")}


# A table of contents that runs something when it is unpickled


MARK = "unpickled"


def payloads(mark: Path) -> list[bytes]:
    """Return the payload as Whoosh's own table of contents has it, as a bare pickle, and beside our checksum."""
    import zlib

    code = f"import pathlib; pathlib.Path({str(mark)!r}).touch()"
    bare = b"c" + b"builtins\nexec\n(V" + code.encode() + b"\ntR."
    # Whoosh: "WHOOSH TOC", int sizes, versions, then strings of which the first is the pickled schema.
    toc = b"".join(
        [
            *(bytes([size]) for size in (2, 4, 8, 4)),
            (-12345).to_bytes(4, "big", signed=True),
            (-111).to_bytes(4, "big", signed=True),
            *(number.to_bytes(4, "big") for number in (2, 7, 5)),
            bytes([len(bare)]) if len(bare) < 128 else bytes([len(bare) & 0x7F | 0x80, len(bare) >> 7]),
            bare,
            bytes(64),
        ]
    )
    return [bare, toc, b"%d\n%s" % (zlib.crc32(bare), bare)]


NAMES = (
    *("_MAIN_0.toc", "_MAIN_1.toc", "_MAIN_2.toc", "_MAIN_99.toc"),
    *("MAIN_1.seg", "MAIN_1.trm", "MAIN_1.pst", "MAIN_1.toc"),
    *("writer.json", "commit.json", "meta.json", "schema.pickle"),
)


@pytest.fixture(scope="module", params=["whoosh", "tantivy"])
def made(request: pytest.FixtureRequest, samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of some articles on either engine."""
    pytest.importorskip(request.param)
    folder = tmp_path_factory.mktemp("made") / "index"
    searchkit.index_articles(sorted(samples.glob("sleep*en*")), index=folder, engine=request.param)
    return folder


def test_the_payload_runs_where_something_unpickles_it(tmp_path: Path) -> None:
    pickle.loads(payloads(tmp_path / MARK)[0])
    assert (tmp_path / MARK).exists()


def test_a_planted_table_of_contents_runs_nothing(made: Path, tmp_path: Path) -> None:
    index, mark = tmp_path / "index", tmp_path / MARK
    articles = tmp_path / "a.jsonl"
    articles.write_text(json.dumps({"id": "new", "text": "New sleep."}))
    more = [Path(engine, name) for engine in ("whoosh", "tantivy") for name in NAMES]
    own = [file.relative_to(made) for file in made.rglob("*") if file.is_file() and file.name != "WRITELOCK"]
    told: list[str] = []
    for number, places in enumerate([more, more, more, *([file] for file in own)]):
        shutil.rmtree(index, ignore_errors=True)
        shutil.copytree(made, index)
        for place in places:
            (index / place).parent.mkdir(exist_ok=True)
            (index / place).write_bytes(payloads(mark)[number % 3])
        for attempt in (
            lambda: searchkit.search("sleep", index=index),
            lambda: searchkit.index_articles([articles], index=index),
        ):
            try:
                attempt()
            except searchkit.SearchkitError as error:
                told.append(str(error))
    assert told
    assert not any("\n" in message for message in told)
    assert not mark.exists()


def test_a_search_imports_nothing_that_unpickles(made: Path, tmp_path: Path) -> None:
    program = (
        "import sys, searchkit\n"
        f"searchkit.search('sleep', index={str(made)!r}, explain=True)\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in {'whoosh', 'shelve', 'dbm'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "[]\n"


# jieba's cache


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "searchkit"


def words() -> list[str]:
    from searchkit.analyzers.segmenter import JiebaSegmenter

    text = "突触可塑性和记忆"
    return [text[start:end] for start, end in JiebaSegmenter().spans(text)]


def slow(plant: object) -> object:
    """Return an argument of a test that takes seconds: each makes the dictionary anew."""
    return pytest.param(plant, marks=pytest.mark.slow)


posix = pytest.mark.skipif(os.name != "posix", reason="needs rights of files")


@posix
def test_the_dictionary_cache_is_private(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "shared"))
    (tmp_path / "shared").mkdir()
    words()
    (file,) = cache.iterdir()
    assert (cache.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert list((tmp_path / "shared").iterdir()) == []  # where jieba would write its own, which is marshal
    cache.chmod(0o755)
    words()
    assert cache.stat().st_mode & 0o777 == 0o700


@posix
@pytest.mark.parametrize(
    "plant",
    [
        lambda file: file.chmod(0o666),
        slow(lambda file: file.rename(file.with_suffix(".x")) and file.symlink_to(file.with_suffix(".x"))),
        slow(lambda file: file.write_bytes(b"\xe3\x00\x00")),
        slow(lambda file: file.write_bytes(b"[" * 100_000)),
        slow(lambda file: file.write_text('{"total": 1, "size": 0, "parts": []}\n')),
        slow(lambda file: file.write_text('{"total": "1", "size": 2, "parts": {"突": [0, 2]}}\n{}')),
        slow(lambda file: file.write_text('{"total": 1, "size": 2, "parts": {"突": [0, 99999999999]}}\n{}')),
        slow(
            lambda file: file.write_text('{"total": 1, "size": 13, "parts": {"突": [0, 13]}}\n{"突触": "x"}'[:80])
        ),
        slow(lambda file: os.mkfifo(file.with_suffix(".f")) or file.with_suffix(".f").replace(file)),
    ],
)
def test_a_planted_cache_is_not_trusted(cache: Path, plant: object) -> None:
    before = words()
    (file,) = cache.iterdir()
    plant(file)  # type: ignore[operator]
    assert words() == before


@posix
def test_a_folder_that_others_can_write_to_or_nobody_is_not_used(cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    before = words()
    assert list(cache.iterdir()) == []
    cache.rmdir()
    cache.symlink_to(tmp_path)
    assert words() == before
    assert not list(tmp_path.glob("jieba*"))
    cache.unlink()
    cache.parent.rmdir()
    cache.parent.write_text("a file where the folder of caches would be")
    assert words() == before
