"""One writer at a time, and who it is: the same on every embedded engine."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from searchkit.errors import IndexLockedError, InputError
from searchkit.index import Document, engine_class, lock
from searchkit.index.lock import WriterLock

DOCUMENT = Document("en-1", "en", {"body": [("word", 0)]}, {"language": ("en",)}, 0, "", "", b"")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "articles" / "engine"


@pytest.fixture(params=["whoosh", "tantivy"])
def engine(request, place):
    if request.param == "tantivy":
        pytest.importorskip("tantivy", reason="needs the extra tantivy")
    engine = engine_class(request.param).create(place)
    yield engine
    engine.close()


def test_the_holder_is_named_while_it_writes_and_gone_after_the_commit(engine, place):
    with engine.writer() as writer:
        assert json.loads((place / "writer.json").read_text("utf-8"))["pid"] == os.getpid()
        writer.add(DOCUMENT)
        writer.commit()
    assert not (place / "writer.json").exists()


@pytest.mark.parametrize("error", [None, ZeroDivisionError], ids=["without a commit", "with an exception"])
def test_the_holder_is_gone_when_the_batch_was_dropped(engine, place, error):
    with suppress(ZeroDivisionError), engine.writer() as writer:
        writer.add(DOCUMENT)
        if error:
            raise error

    assert not (place / "writer.json").exists()


@pytest.mark.parametrize("holder", ["", "{", "[]", '{"pid": 1}', None])
def test_a_damaged_holder_file_is_another_process(engine, place, holder):
    with engine.writer():
        if holder is None:
            (place / "writer.json").unlink()
        else:
            (place / "writer.json").write_text(holder, encoding="utf-8")
        with pytest.raises(IndexLockedError, match="being written by another process"):
            engine.writer(wait=0)


def test_a_writer_that_cannot_say_who_it_is_holds_nothing(tmp_path):
    (tmp_path / "writer.json").mkdir()
    with pytest.raises(OSError, match=r"writer\.json"):
        WriterLock(tmp_path, wait=0)

    (tmp_path / "writer.json").rmdir()
    WriterLock(tmp_path, wait=0).release()


# Who holds it


def told(place, holder):
    """Return what one is told who cannot wait, where the holder's file says so."""
    (place / "writer.json").write_text(json.dumps(holder), encoding="utf-8")
    with pytest.raises(IndexLockedError) as caught:
        WriterLock(place, wait=0)
    return str(caught.value)


@pytest.fixture
def held(tmp_path):
    """A folder that a lock is held of."""
    writer = WriterLock(tmp_path, wait=0)
    yield tmp_path
    writer.release()


def test_a_process_that_is_gone_is_not_named(held):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    here = socket.gethostname()
    assert "by another process;" in told(held, {"pid": gone.pid, "host": here, "since": "then"})
    for number in (0, -1, 2**70):
        assert "by another process;" in told(held, {"pid": number, "host": here, "since": "then"})
    parent = {"pid": os.getppid(), "host": here, "since": "then"}
    assert f"by process {os.getppid()} on {here} since then;" in told(held, parent)


def test_a_process_of_another_host_is_named(held):
    assert "by process 1 on elsewhere since then;" in told(held, {"pid": 1, "host": "elsewhere", "since": "then"})


def test_this_process_is_told_that_it_is_this_one(held):
    with pytest.raises(IndexLockedError, match=f"by this process, {os.getpid()} on .* since 2"):
        WriterLock(held, wait=0)


@pytest.mark.parametrize("wait", [-1, float("nan"), float("inf")])
def test_nobody_waits_for_ever(tmp_path, wait):
    with pytest.raises(InputError, match="wait must be a number of seconds, 0 or more"):
        WriterLock(tmp_path, wait)


# What it is held of


@pytest.mark.parametrize("remove", [False, True])
def test_who_waits_gets_the_lock_also_of_a_new_file(tmp_path, remove):
    def write_briefly(_):
        WriterLock(tmp_path, 60).release(remove=remove)

    first = WriterLock(tmp_path, wait=0)
    with ThreadPoolExecutor(3) as threads:
        waiting = threads.map(write_briefly, range(3))
        first.release(remove=remove)
        assert list(waiting) == [None] * 3
    WriterLock(tmp_path, wait=0).release(remove=remove)
    assert (tmp_path / "WRITELOCK").exists() is not remove


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="needs a file that cannot be locked")
def test_a_file_that_cannot_be_locked_is_not_held_by_another(tmp_path):
    file = os.open(tmp_path, os.O_PATH)
    with pytest.raises(OSError, match="Bad file descriptor"):
        lock._locked(file)
    os.close(file)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
@pytest.mark.parametrize(
    ("end", "code"), [("held.release(); WriterLock(place, wait=0)", 0), ("os.kill(os.getpid(), 9)", -9)]
)
def test_a_fork_neither_holds_nor_releases_the_lock_of_its_parent(tmp_path, end, code):
    script = f"""
import os, sys
from pathlib import Path
from searchkit.errors import IndexLockedError
from searchkit.index.lock import WriterLock
place = Path(sys.argv[1])
held = WriterLock(place, wait=0)
come, go = os.pipe()
if not os.fork():
    held.release()
    try:
        WriterLock(place, wait=0)
    except IndexLockedError as error:
        print(str(os.getppid()) in str(error), flush=True)
    os.write(go, b"x")
    os.read(0, 1)  # lives longer than its parent
    os._exit(0)
os.read(come, 1)
{end}
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "True\n"
        assert process.wait(60) == code
        WriterLock(tmp_path, wait=0).release()
