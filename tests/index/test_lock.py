"""One writer at a time, and who it is: the same on every embedded engine."""

import json
import os
from contextlib import suppress

import pytest

from searchkit.errors import IndexLockedError
from searchkit.index import Document, engine_class
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
