import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event

import pytest

pytest.importorskip("tantivy", reason="needs the extra tantivy")

import searchkit
from searchkit import ArticleIndex, Draft
from searchkit.convert import documents
from searchkit.index import Document, engine_class


def draft(identifier: str, text: str, **more: object) -> Draft:
    return Draft(**{"id": identifier, "title": "", "text": text, "source": "test", "language": "en", **more})  # type: ignore[arg-type]


def ids(index: ArticleIndex, query: str = "") -> list[str]:
    return [hit.id for hit in index.search(query)]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[ArticleIndex]:
    """An index in Whoosh of two articles, versions of each other."""
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update(
            [
                draft("x", "Deep sleep.", title="Night", author="Ann Bee", group="g", published=date(2024, 1, 2)),
                draft("y", "Djup sömn.", language="sv", group="g"),
            ]
        )
        yield index


class Recorder:
    """Keeps the documents that an engine is given, with their terms."""

    def __init__(self, index: ArticleIndex, monkeypatch: pytest.MonkeyPatch) -> None:
        self.documents: dict[str, Document] = {}
        with index._engine.writer() as writer:
            kind = type(writer)
        add = kind.add

        def record(writer: object, document: Document) -> None:
            self.documents[document.id] = replace(
                document, fields={name: list(terms) for name, terms in document.fields.items()}
            )
            add(writer, document)  # type: ignore[arg-type]

        monkeypatch.setattr(kind, "add", record)


def test_the_documents_are_those_that_were_indexed(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        recorder = Recorder(index, monkeypatch)
        index.update(searchkit.read([samples]))

        assert len(recorder.documents) == 51
        for document in documents(index._engine, index.snapshot().analyzer):
            assert document == recorder.documents[document.id]


@pytest.mark.parametrize("query", ["sleep", "minne", "突触可塑性", '"deep sleep" OR नींद', "magn* -sömn", ""])
def test_searches_find_the_same_before_and_after(sample_index: ArticleIndex, tmp_path: Path, query: str) -> None:
    shutil.copytree(sample_index.path, tmp_path / "copy")
    with searchkit.open(tmp_path / "copy") as copy:
        assert copy.convert("tantivy") == 51
        after = copy.search(query, limit=100)
    before = sample_index.search(query, limit=100)

    assert before.total > 0
    assert {hit.id for hit in after} == {hit.id for hit in before}
    assert after.facets == before.facets
    assert {hit.id: hit.snippet for hit in after} == {hit.id: hit.snippet for hit in before}


def test_an_index_knows_its_engine_when_it_is_opened(index: ArticleIndex) -> None:
    index.convert("tantivy")

    with searchkit.open(index.path) as again:
        assert (again.engine, again.info().engine) == ("tantivy", "tantivy")
        assert isinstance(again._engine, engine_class("tantivy"))
        assert ids(again, "sleep") == ["x", "y"]


def test_nothing_of_the_old_engine_is_left(index: ArticleIndex) -> None:
    for engine in ("tantivy", "whoosh", "tantivy"):
        index.convert(engine)
        assert sorted(file.name for file in index.path.iterdir()) == ["searchkit.json", engine]


def test_the_files_are_not_read_again_and_need_no_update(samples: Path, tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    shutil.copytree(samples, articles)
    searchkit.index_articles([articles], index=tmp_path / "index")
    articles.rename(tmp_path / "elsewhere")
    with searchkit.open(tmp_path / "index") as index:
        index.convert("tantivy")
    (tmp_path / "elsewhere").rename(articles)

    changes = searchkit.index_articles([articles], index=tmp_path / "index", engine="tantivy")

    assert (changes.unchanged, changes.any) == (51, False)


def test_groups_go_along(index: ArticleIndex) -> None:
    before = index.search("sleep", collapse=True)
    index.convert("tantivy")
    after = index.search("sleep", collapse=True)

    assert after.total == before.total == 1
    assert [(hit.id, hit.also) for hit in after] == [(hit.id, hit.also) for hit in before]


def test_an_index_without_articles_can_be_moved(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        assert index.convert("tantivy") == 0
        index.update([draft("x", "sleep")])
        assert ids(index) == ["x"]


@pytest.mark.parametrize(("engine", "message"), [("whoosh", "already"), ("lucene", "no engine is named 'lucene'")])
def test_a_move_to_nowhere_is_an_input_error(index: ArticleIndex, engine: str, message: str) -> None:
    with pytest.raises(searchkit.InputError, match=message):
        index.convert(engine)


def test_a_move_that_is_cut_short_changes_nothing(index: ArticleIndex) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.convert("tantivy", progress=stop)

    with searchkit.open(index.path) as again:
        assert (again.engine, ids(again, "sleep")) == ("whoosh", ["x", "y"])
        again.update([draft("z", "sleep")])
        assert sorted(file.name for file in again.path.iterdir()) == ["searchkit.json", "whoosh"]
        assert again.convert("tantivy") == 3


def test_who_has_the_index_open_goes_on_with_the_new_engine(index: ArticleIndex) -> None:
    with searchkit.open(index.path) as reader, searchkit.open(index.path) as writer:
        index.convert("tantivy")

        writer.update([draft("z", "sleep")])

        assert sorted(ids(reader, "sleep")) == ["x", "y", "z"]
        assert reader.engine == "tantivy"
        assert sorted(file.name for file in index.path.iterdir()) == ["searchkit.json", "tantivy"]


def test_who_waits_to_write_meanwhile_writes_to_the_new_engine(index: ArticleIndex) -> None:
    begun, go_on = Event(), Event()

    def progress(_: int) -> None:
        begun.set()
        assert go_on.wait(60)

    with searchkit.open(index.path) as other, ThreadPoolExecutor() as threads:
        converting = threads.submit(index.convert, "tantivy", wait=60, progress=progress)
        assert begun.wait(60)
        updating = threads.submit(other.update, [draft("z", "sleep")], wait=60)
        go_on.set()
        assert converting.result(60) == 2
        updating.result(60)
        assert sorted(ids(index, "sleep")) == ["x", "y", "z"]


def test_another_writer_is_named(index: ArticleIndex) -> None:
    with searchkit.open(index.path) as other, other._engine.writer(), pytest.raises(searchkit.IndexLockedError):
        index.convert("tantivy", wait=0)
