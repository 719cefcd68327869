import json
import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip("tantivy", reason="needs the extra tantivy")

from searchkit.errors import IndexFormatError, IndexLockedError
from searchkit.index import Document, Request, tantivy
from searchkit.index.query import Bool, Everything, Facet, Fuzzy, Phrase, Prefix, Term
from searchkit.index.tantivy import TantivyEngine
from searchkit.testing import EngineContract


class TestTantivy(EngineContract):
    engine_name = "tantivy"


@pytest.fixture
def place(tmp_path):
    return tmp_path / "articles" / "tantivy"


@pytest.fixture
def engine(place):
    engine = TantivyEngine.create(place)
    yield engine
    engine.close()


def document(identifier, body="", *, facets=None, **changes):
    language = identifier.partition("-")[0]
    values = {
        "id": identifier,
        "language": language,
        "fields": {"body": [(word, place) for place, word in enumerate(body.split())]},
        "facets": {"language": (language,), **(facets or {})},
        "published": 0,
        "digest": "",
        "source": "",
        "stored": b"",
    }
    return Document(**values | changes)


def write(engine, *documents, delete=()):
    with engine.writer() as writer:
        writer.delete(delete)
        for each in documents:
            writer.add(each)
        writer.commit()


def found(engine, query=None, limit=1_000, **options):
    return {
        hit.id: hit.score for hit in engine.search(Request(query or Everything(), limit=limit, **options)).hits
    }


def files(place):
    return sorted(
        str(file.relative_to(place))
        for file in place.rglob("*")
        if file.is_file() and not file.name.upper().endswith("LOCK")
    )


# A process that is killed

WRITE_AND_WAIT = """
import sys
from pathlib import Path
from searchkit.index import Document
from searchkit.index.tantivy import TantivyEngine

with TantivyEngine.open(Path(sys.argv[1])).writer() as writer:
    for number in range(100):
        body = [(f"word{place}", place) for place in range(100)]
        for language in ("en", "sv"):
            name = f"{language}-{number}"
            writer.add(Document(name, language, {"body": body}, {"language": (language,)}, 0, "", "", b"killed"))
    writer.delete(["en-old"])
    if sys.argv[2:] == ["commit"]:
        for batch in writer._batches.values():
            batch.finish()
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=["in a batch", "in a commit"])
def other_writer(request, place, engine):
    """A process in the middle of a batch, or of a commit, on an index of one document."""
    write(engine, document("en-old", "old"))
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(place), request.param.rpartition(" ")[2]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def test_a_writer_is_told_which_other_process_is_writing(engine, place, other_writer):
    with pytest.raises(IndexLockedError) as caught:
        engine.writer(wait=0)

    assert f"process {other_writer.pid} on " in str(caught.value)
    assert str(place.parent) in str(caught.value)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_writer_leaves_the_last_commit_and_no_lock(engine, place, other_writer):
    other_writer.send_signal(signal.SIGKILL)
    other_writer.wait()

    assert list(found(engine)) == ["en-old"]
    with engine.writer(wait=0) as writer:
        writer.add(document("en-new", "new"))
        writer.commit()
    assert list(found(engine)) == ["en-new", "en-old"]
    assert list(found(TantivyEngine.open(place), Term("body_en", "word1"))) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_what_a_killed_writer_left_behind_is_gone_after_the_next_commit(engine, place, other_writer):
    before = files(place)
    other_writer.send_signal(signal.SIGKILL)
    other_writer.wait()
    assert len(files(place)) > len(before) / 2

    write(engine, document("en-old", "old"))

    assert len([folder for folder in place.iterdir() if folder.is_dir()]) == 1
    assert "sv" not in json.loads((place / "commit.json").read_text("utf-8"))["languages"]


# Files


def test_a_dropped_batch_leaves_no_files(engine, place):
    write(engine, document("en-1", "one"))
    before = files(place)

    with engine.writer() as writer:
        writer.add(document("en-2", "two"))
        writer.add(document("sv-2", "two"))
        writer.delete(["en-1"])

    assert files(place) == before


def test_a_language_that_does_not_change_keeps_its_files(engine, place):
    write(engine, document("en-1", "one"), document("sv-1", "ett"))
    before = set(files(place))

    write(engine, document("sv-2", "två"))

    english = json.loads((place / "commit.json").read_text("utf-8"))["languages"]["en"]
    kept = {name for name in before if name.startswith(f"{english}/")}
    assert kept
    assert kept <= set(files(place))


def test_what_is_merged_away_or_deleted_leaves_no_files(engine, place):
    for number in range(30):
        write(engine, document(f"en-{number}", "one two three"), delete=[f"en-{number - 1}"])

    # An index of tantivy has two files besides those of its segments, and a segment up to eight.
    assert len(files(place)) <= 1 + 2 + 8 * engine.stats().segments
    assert engine.stats().segments < 8

    write(engine, delete=["en-29"])

    assert files(place) == ["commit.json"]


def test_an_index_is_written_where_there_are_no_hard_links(engine, monkeypatch):
    def link(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("searchkit.index.files.os.link", link)
    for number in range(3):
        write(engine, document(f"en-{number}", "one two three"))

    assert len(found(engine, Phrase("body_en", ((0, "one"), (1, "two"))))) == 3


def test_a_commit_that_fails_changes_nothing_in_any_language(engine, place, monkeypatch):
    write(engine, document("en-1", "one"), document("sv-1", "ett"))
    before = files(place)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tantivy, "_name", fail)
        with pytest.raises(OSError, match="No space"):
            write(engine, document("en-2", "two"), document("sv-2", "två"))

    assert files(place) == before
    assert list(found(TantivyEngine.open(place))) == ["en-1", "sv-1"]


FULL_DISK = """
import os, resource, sys
from pathlib import Path
from searchkit.index import Document
from searchkit.index.tantivy import TantivyEngine

engine = TantivyEngine.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with engine.writer() as writer:
        for number in range(1_000):
            fields, facets = {"body": [("a", 0)]}, {"language": ("en",)}
            writer.add(Document(f"en-{number}", "en", fields, facets, 0, "", "", os.urandom(1_000)))
        writer.commit()
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs limits of the system")
def test_a_full_disk_is_told_in_one_line_and_changes_nothing(engine, place):
    write(engine, document("en-1", "one"))
    before = files(place)

    command = [sys.executable, "-c", FULL_DISK, str(place)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert told.count("\n") == 1
    assert "File too large" in told or "is the disk full" in told
    assert str(place) in told
    assert files(place) == before
    assert list(found(TantivyEngine.open(place))) == ["en-1"]


def test_who_is_reading_an_older_commit_reads_on(engine):
    write(engine, *[document(f"en-{number}", "sleep", stored=b"old") for number in range(50)])
    entries = engine.entries()
    next(entries)

    for number in range(10):
        write(engine, document(f"en-{number}", "sleep", stored=b"new"))

    assert len(list(entries)) == 49


# Damage


def damaged(action, place):
    with pytest.raises(IndexFormatError) as caught:
        action()
    message = str(caught.value)
    assert str(place) in message
    assert message.endswith(f"; run: searchkit rebuild --index {place.parent}")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", ["store", "idx", "fast", "term", "pos", "fieldnorm"])
def test_a_missing_file_is_named(engine, place, suffix):
    write(engine, document("en-1", "one"))
    (file,) = place.rglob(f"*.{suffix}")
    file.unlink()

    assert file.name in damaged(lambda: TantivyEngine.open(place), place)


def test_a_missing_folder_is_named(engine, place):
    write(engine, document("en-1", "one"))
    (folder,) = (folder for folder in place.iterdir() if folder.is_dir())
    folder.rename(place.parent / "elsewhere")

    assert str(folder) in damaged(lambda: TantivyEngine.open(place), place)
    assert str(folder) in damaged(lambda: engine.search(Request()), place)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 0, "languages": {}}', '{"format": 1}', "\0" * 100])
def test_a_damaged_commit_is_said_to_be_unreadable(engine, place, content):
    write(engine, document("en-1", "one"))
    (place / "commit.json").write_text(content, encoding="utf-8")

    assert "commit.json" in damaged(lambda: TantivyEngine.open(place), place)


@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("suffix", ["store", "idx", "fast", "term", "pos", "fieldnorm"])
def test_a_truncated_file_is_said_to_be_unreadable(engine, place, suffix, part):
    write(engine, document("en-1", "one two three"))
    (file,) = place.rglob(f"*.{suffix}")
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * part)])

    damaged(lambda: TantivyEngine.open(place), place)


# Scores and ties


def test_scores_survive_reopening(engine, place):
    write(engine, *[document(f"en-{length}", "sleep " + "deep " * length) for length in (1, 5, 50, 500)])
    scores = found(engine, Term("body_en", "sleep"))

    assert len(set(scores.values())) == 4
    assert found(TantivyEngine.open(place), Term("body_en", "sleep")) == scores


def test_scores_do_not_depend_on_the_number_of_commits(tmp_path):
    documents = [document(f"en-{length:02}", "sleep " + "deep " * length) for length in range(40)]
    one, many = TantivyEngine.create(tmp_path / "one"), TantivyEngine.create(tmp_path / "many")
    write(one, *documents)
    for each in documents:
        write(many, each)

    for query in (Term("body_en", "sleep"), Phrase("body_en", ((0, "sleep"), (1, "deep")))):
        assert found(many, query) == pytest.approx(found(one, query), rel=1e-5)


@pytest.mark.parametrize("sort", ["relevance", "date"])
def test_a_page_out_of_many_ties_holds_the_first_ids(engine, sort):
    """More of them than a first search brings, in several segments, with scores that are sums of many."""
    numbers = [number * 7919 % 500 for number in range(500)]
    for start in range(0, 500, 100):
        write(engine, *[document(f"en-{number:03}", "a b c d e") for number in numbers[start : start + 100]])
    boosts = {"a": 1, "b": 0.3, "c": 7, "d": 0.01, "e": 2}
    query = Bool(should=tuple(Term("body_en", word, boost) for word, boost in boosts.items()))

    for offset in (0, 10, 490):
        hits = engine.search(Request(query, limit=10, offset=offset, sort=sort)).hits
        assert [hit.id for hit in hits] == [f"en-{number:03}" for number in range(offset, offset + 10)]
        assert len({hit.score for hit in hits}) == 1


@pytest.mark.parametrize("query", [Everything(), Facet("language", ("en",), boost=0.5), Bool(must_not=(Bool(),))])
def test_a_page_out_of_everything_holds_the_first_ids(engine, query):
    for start in (2, 0, 1):
        write(
            engine, *[document(f"{code}-{number:03}") for code in ("en", "sv") for number in range(start, 90, 3)]
        )

    assert list(found(engine, query, limit=5, offset=20)) == [f"en-{number:03}" for number in range(20, 25)]


# What tantivy would pass over in silence


@pytest.mark.parametrize("size", [15_999, 16_000, 16_001, 65_530, 65_531, 200_000])
@pytest.mark.parametrize("letter", ["x", "睡", "𝄞"])
def test_terms_and_values_of_any_length_are_found_and_told_apart(engine, size, letter):
    long, longer = letter * size, letter * (size + 1)
    for text in (long, longer):
        facets = {"study": (text, "short")}
        write(engine, document(f"en-{len(text)}", facets=facets, fields={"body": [(text, 3)]}))
    first = [f"en-{size}"]

    assert list(found(engine, Term("body_en", long))) == first
    assert list(found(engine, Facet("study", (long,)))) == first
    assert list(found(engine, Prefix("body_en", letter, max_length=size))) == first
    assert len(found(engine, Prefix("body_en", letter * 5))) == 2
    assert first[0] in found(engine, Fuzzy("body_en", long))
    assert engine.search(Request(facets=("study",))).facets["study"] == {long: 1, longer: 1, "short": 2}


def test_a_value_that_looks_like_a_date_is_a_value(engine):
    values = ("2020-01-01T00:00:00Z", "2020-01-01", "1", "true", "1.5", "null")
    write(engine, *[document(f"en-{place}", facets={"study": (value,)}) for place, value in enumerate(values)])

    assert engine.search(Request(facets=("study",))).facets["study"] == dict.fromkeys(values, 1)
    for place, value in enumerate(values):
        assert list(found(engine, Facet("study", (value,)))) == [f"en-{place}"]


@pytest.mark.parametrize("name", ["a.b", "a b", "", "日本", "a\\b", "-61", "\0"])
def test_a_facet_may_have_any_name(engine, name):
    write(engine, document("en-1", facets={name: ("x",)}), document("en-2", facets={"a": ("x",)}))

    assert engine.search(Request(facets=(name, "a"))).facets == {name: {"x": 1}, "a": {"x": 1}}
    assert list(found(engine, Facet(name, ("x",)))) == ["en-1"]


def test_more_values_are_counted_than_tantivy_has_buckets(engine):
    """It takes 65,000 at most."""
    write(
        engine,
        *[
            document(f"en-{number}", facets={"study": tuple(f"s{number * 35 + place}\n" for place in range(36))})
            for number in range(2_000)
        ],
    )

    for query in (Everything(), Term("language", "en"), Facet("language", ("en",))):
        counts = engine.search(Request(query, facets=("study", "language"), limit=0)).facets
        if isinstance(query, Term):
            assert counts == {"study": {}, "language": {}}
        else:
            assert len(counts["study"]) == 70_001
            assert sum(counts["study"].values()) == 72_000
            assert counts["language"] == {"en": 2_000}


def test_a_kind_of_text_that_there_is_not_is_an_error_and_no_loss(engine):
    with pytest.raises(ValueError, match="no field is called 'abstract'"):
        write(engine, document("en-1", fields={"abstract": [("a", 0)]}))

    assert found(engine) == {}


# Languages


def test_a_document_may_change_its_language(engine):
    write(engine, document("en-1", "sleep"), document("sv-1", "sömn"))

    write(engine, document("en-1", "sömn", language="sv", facets={"language": ("sv",)}))

    assert list(found(engine)) == ["en-1", "sv-1"]
    assert list(found(engine, Term("body_en", "sleep"))) == []
    assert (engine.document_count("en"), engine.document_count("sv")) == (0, 2)


def test_a_document_may_change_its_language_within_a_batch(engine):
    write(engine, document("x", "sleep", language="en"), document("x", "sömn", language="sv"))

    assert list(found(engine, Term("body_sv", "sömn"))) == ["x"]
    assert list(found(engine)) == ["x"]


def test_a_language_may_come_in_a_later_batch(engine, place):
    languages = ["en", "sv", "zh_Hant", "hi", "x-klingon"]
    for number, language in enumerate(languages):
        write(
            engine,
            document(
                f"{language}-1",
                "shared own",
                language=language,
                facets={"language": (language,), f"only_{language}": ("yes",)},
            ),
        )
        assert len(found(engine, Prefix(f"body_{language}", "own"))) == 1
        assert len(found(engine)) == number + 1

    for reader in (engine, TantivyEngine.open(place)):
        for language in languages:
            assert list(found(reader, Term(f"body_{language}", "shared"))) == [f"{language}-1"]
            counts = reader.search(Request(facets=(f"only_{language}", "language"))).facets
            assert counts[f"only_{language}"] == {"yes": 1}
            assert counts["language"] == dict.fromkeys(languages, 1)
    assert engine.stats().segments == len(languages)


@pytest.mark.parametrize("sort", ["relevance", "date"])
@pytest.mark.parametrize("collapse", [False, True])
def test_languages_that_are_asked_side_by_side_answer_the_same(engine, monkeypatch, sort, collapse):
    write(
        engine,
        *[
            document(
                f"{code}-{number:02}",
                "sleep " * (number % 4 + 1) + "deep",
                facets={"study": (f"s{number % 7}",)},
                group=f"g{number % 9}" if number % 2 else "",
                published=number % 3,
            )
            for code in ("en", "sv", "fr", "hi", "zh")
            for number in range(30)
        ],
    )
    query = Bool(should=tuple(Term(f"body_{code}", "sleep") for code in ("en", "sv", "fr", "zh")))
    for filters in ({}, {"study": frozenset({"s1", "s2"})}, {"language": frozenset({"sv", "hi"})}):
        request = Request(query, filters, ("study", "language"), 20, sort=sort, collapse=collapse)
        one_by_one = engine.search(request)
        with monkeypatch.context() as patch:
            patch.setattr(tantivy, "_LARGE", 0)
            assert engine.search(request) == one_by_one
        assert one_by_one.total > 10
