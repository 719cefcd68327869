import gc
import signal
import subprocess
import sys
import warnings
from random import Random

import pytest
from whoosh import query as queries
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from searchkit.errors import IndexFormatError, IndexLockedError
from searchkit.index import Document, Request, bm25, inversion, matches, whoosh
from searchkit.index import reader as readers
from searchkit.index.query import Bool, Everything, Facet, Fuzzy, Ids, Phrase, Prefix, Term
from searchkit.index.whoosh import WhooshEngine
from searchkit.testing import EngineContract


class TestWhoosh(EngineContract):
    engine_name = "whoosh"


class TestWhooshInManySegments(EngineContract):
    """As with hundreds of thousands of articles, where small batches stay beside large ones.

    A batch does not fit into memory either, nor does what a merge reads at a time, and what is found is little of
    what there is.
    """

    engine_name = "whoosh"

    @pytest.fixture(autouse=True)
    def _keep_segments(self, monkeypatch):
        monkeypatch.setattr(whoosh, "_MERGE_FACTOR", 2)
        monkeypatch.setattr(whoosh, "_MERGE_ALWAYS_BELOW", 0)
        monkeypatch.setattr(whoosh, "_BATCH_BYTES", 2_000)
        monkeypatch.setattr(inversion, "_MERGED_AT_A_TIME", 3)
        monkeypatch.setattr(inversion, "_TERMS_AT_A_TIME", 4)
        monkeypatch.setattr(matches, "_DENSE", 0)
        monkeypatch.setattr(readers, "_DENSE", 0)

    def test_the_reference_corpus_is_in_several_segments(self, library):
        assert library.stats().segments == 3


@pytest.fixture
def place(tmp_path):
    return tmp_path / "articles" / "whoosh"


@pytest.fixture
def engine(place):
    engine = WhooshEngine.create(place)
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


def found(engine, query=None):
    return {hit.id: hit.score for hit in engine.search(Request(query or Everything(), limit=1_000)).hits}


def files(place):
    return sorted(file.name for file in place.rglob("*") if file.is_file() and not file.name.endswith("LOCK"))


# A process that is killed

WRITE_AND_WAIT = """
import sys
from pathlib import Path
from searchkit.index import Document
from searchkit.index.whoosh import WhooshEngine

with WhooshEngine.open(Path(sys.argv[1])).writer() as writer:
    for number in range(100):
        body = [(f"word{place}", place) for place in range(100)]
        writer.add(Document(f"en-{number}", "en", {"body": body}, {"language": ("en",)}, 0, "", "", b"killed"))
    writer.delete(["en-old"])
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_writer(place, engine):
    """A process in the middle of a batch, on an index of one document."""
    write(engine, document("en-old", "old"))
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(place)]
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
    assert list(found(WhooshEngine.open(place), Term("body_en", "word1"))) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_what_a_killed_writer_left_behind_is_gone_after_the_next_commit(engine, place, other_writer):
    other_writer.send_signal(signal.SIGKILL)
    other_writer.wait()

    write(engine, document("en-new", "new"))
    size = engine.stats().bytes
    write(engine, document("en-new", "new"))

    assert len([name for name in files(place) if name.endswith(".seg")]) == 1
    assert engine.stats().bytes == pytest.approx(size, rel=0.05)


def test_what_a_killed_writer_left_is_gone_after_the_next_commit(engine, place):
    left = ["_MAIN_1.toc.1700000000.25", "MAIN_0123456789abcdef.pst", "MAIN_0123456789abcdef._stored.col"]
    for name in left:
        (place / name).write_bytes(b"half a file")
    with engine.writer() as writer:
        writer.add(document("en-1"))
        writer.commit()

    assert not [name for name in left if (place / name).exists()]


# Memory


def test_a_batch_that_does_not_fit_into_memory_is_one_segment_after_the_commit(engine, place, monkeypatch):
    monkeypatch.setattr(whoosh, "_BATCH_BYTES", 1)
    with engine.writer() as writer:
        for number in range(5):
            writer.add(document(f"en-{number}", "word"))
        writer.add(document("en-3", "other"))
        writer.delete(["en-1"])
        written_out = len(list(place.glob("*.seg")))
        writer.commit()

    assert written_out == 6
    assert engine.stats().segments == len(list(place.glob("*.seg"))) == 1
    assert sorted(found(engine, Term("body_en", "word"))) == ["en-0", "en-2", "en-4"]
    assert sorted(found(engine)) == ["en-0", "en-2", "en-3", "en-4"]


def test_what_was_written_out_is_gone_when_the_batch_is_dropped(engine, place, monkeypatch):
    write(engine, document("en-1", "one"))
    before = files(place)
    monkeypatch.setattr(whoosh, "_BATCH_BYTES", 1)

    with engine.writer() as writer:
        for number in range(3):
            writer.add(document(f"en-{number}", "word"))
        assert len(files(place)) == len(before) + 4  # and the file that names the writer

    assert files(place) == before


INDEX_AND_TELL_MEMORY = """
import random, resource, sys
from pathlib import Path
from searchkit.index import Document, inversion, whoosh

whoosh._BATCH_BYTES = 4 << 20
inversion._MERGED_AT_A_TIME = 200_000
random.seed(1)
with whoosh.WhooshEngine.create(Path(sys.argv[1])).writer() as writer:
    for number in range(int(sys.argv[2])):
        body = [(f"word{int(random.paretovariate(0.3)) % 50_000}", place) for place in range(300)]
        writer.add(Document(f"en-{number}", "en", {"body": body}, {"language": ("en",)}, 0, "", "", bytes(3_000)))
    writer.commit()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in other units")
def test_memory_does_not_grow_with_the_number_of_documents(tmp_path):
    def megabytes(documents):
        command = [sys.executable, "-c", INDEX_AND_TELL_MEMORY, str(tmp_path / str(documents)), str(documents)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    small, large = megabytes(3_000), megabytes(12_000)

    assert large - small < 25  # the texts alone are 50 MB more


# A reader between commits


def test_a_small_commit_leaves_what_is_open_of_a_large_one(engine):
    write(engine, *[document(f"en-{number}", "word") for number in range(1_200)])
    found(engine)
    before = set(engine._snapshot.segments.values())

    write(engine, document("en-new", "word"), delete=["en-7"])

    assert len(found(engine, Term("body_en", "word"))) == 1_000
    assert before < set(engine._snapshot.segments.values())


def test_commits_are_seen_however_fast_they_follow_each_other(engine, place):
    reader = WhooshEngine.open(place)
    for number in range(20):
        write(engine, document(f"en-{number}"))
        if number % 3:  # one or two commits since
            assert len(found(reader)) == number + 1


def test_counts_of_all_documents_are_those_of_the_last_commit(engine):
    write(engine, document("en-1"), document("sv-1"))
    request = Request(facets=("language",), limit=0)
    counts = engine.search(request).facets["language"]
    counts.clear()

    assert engine.search(request).facets["language"] == {"en": 1, "sv": 1}
    write(engine, document("sv-2"), delete=["en-1"])
    assert engine.search(request).facets["language"] == {"sv": 2}


def test_a_dropped_batch_leaves_no_files(engine, place):
    write(engine, document("en-1", "one"))
    before = files(place)

    with engine.writer() as writer:
        writer.add(document("en-2", "two"))
        writer.delete(["en-1"])

    assert files(place) == before


# Damage


def damaged(action, place):
    with pytest.raises(IndexFormatError) as caught:
        action()
    message = str(caught.value)
    assert str(place) in message
    assert message.endswith(f"; run: searchkit rebuild --index {place.parent}")
    assert "\n" not in message
    return message


def only(place, pattern):
    (file,) = place.glob(pattern)
    return file


def test_a_missing_segment_is_named(engine, place):
    write(engine, document("en-1", "one"))
    segment = only(place, "*.seg")
    segment.unlink()

    assert segment.name in damaged(lambda: WhooshEngine.open(place), place)
    assert segment.name in damaged(lambda: engine.search(Request()), place)


def test_a_segment_that_goes_missing_does_not_disturb_who_has_it_open(engine, place):
    write(engine, document("en-1", "one"))
    assert list(found(engine)) == ["en-1"]

    only(place, "*.seg").unlink()

    assert list(found(engine, Term("body_en", "one"))) == ["en-1"]


def test_a_missing_table_of_contents_is_an_index_that_is_not_there(engine, place):
    only(place, "*.toc").unlink()

    assert "holds no index" in damaged(lambda: WhooshEngine.open(place), place)


@pytest.fixture
def _unclosed_files():
    """Whoosh does not close a file that it cannot read."""
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        yield
        gc.collect()


@pytest.mark.usefixtures("_unclosed_files")
@pytest.mark.parametrize("pattern", ["*.toc", "*.seg"])
@pytest.mark.parametrize("part", [0.0, 0.01, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_said_to_be_unreadable(engine, place, pattern, part):
    write(engine, document("en-1", "one two three"), document("sv-1", "ett två tre"))
    file = only(place, pattern)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * part)])

    damaged(lambda: WhooshEngine.open(place), place)


@pytest.mark.usefixtures("_unclosed_files")
@pytest.mark.parametrize("content", [b"not an index", b"\0" * 1000, b"\xff" * 1000, b"\n\n\n"])
def test_a_file_of_something_else_is_said_to_be_unreadable(engine, place, content):
    only(place, "*.toc").write_bytes(content)

    damaged(lambda: WhooshEngine.open(place), place)


QUERIES = [
    Everything(),
    Term("body_en", "one"),
    Phrase("body_en", ((0, "one"), (1, "two"))),
    Prefix("body_en", "t"),
    Fuzzy("body_en", "twa"),
    Facet("mechanism", ("nmda",)),
    Ids(("en-1",)),
]


@pytest.mark.parametrize("damage", [0x01, 0x80, 0xFF])
def test_a_changed_byte_is_said_to_be_damage_or_does_no_harm(engine, place, damage):
    """Damage within a segment is found when it makes reading fail, and never shows as another error."""
    facets = {"mechanism": ("nmda", "gaba")}
    write(engine, *[document(f"en-{number}", "one two three", facets=facets, group="g") for number in range(3)])
    segment = only(place, "*.seg")
    whole = segment.read_bytes()
    said = 0
    for start in range(8, whole.index(b'{"documents"')):
        segment.write_bytes(whole[:start] + bytes([whole[start] ^ damage]) + whole[start + 1 :])
        changed = WhooshEngine.open(place)
        for query in QUERIES:
            try:
                changed.search(Request(query, facets=("mechanism",), collapse=True))
                changed.explain(query, ["en-1"])
            except IndexFormatError as error:
                assert f"{segment.name} is damaged; run: searchkit rebuild" in str(error)  # noqa: PT017
                said += 1
    assert said > 20


def test_a_damaged_segment_is_not_merged(engine, place):
    write(engine, document("en-1", "one two three", stored=b"what is kept"))
    segment = only(place, "*.seg")
    segment.write_bytes(segment.read_bytes().replace(b"what is kept", b"what is lost"))
    before = files(place)

    message = damaged(lambda: write(WhooshEngine.open(place), document("en-2", "two")), place)

    assert f"{segment.name} is damaged" in message
    assert files(place) == before


def test_a_changed_table_of_contents_is_said_to_be_unreadable(engine, place):
    write(engine, document("en-1", "one"), document("en-2", "two"))
    write(engine, document("en-3", "three"), delete=["en-1"])
    contents = only(place, "*.toc")
    contents.write_bytes(contents.read_bytes().replace(b'"documents": 2', b'"documents": 9'))

    assert "was changed" in damaged(lambda: WhooshEngine.open(place), place)


# Scores


def test_scores_survive_reopening(engine, place):
    write(engine, *[document(f"en-{length}", "sleep " + "deep " * length) for length in (1, 5, 50, 500)])
    scores = found(engine, Term("body_en", "sleep"))

    assert len(set(scores.values())) == 4
    assert found(WhooshEngine.open(place), Term("body_en", "sleep")) == scores


def test_scores_survive_merging(engine):
    documents = [document(f"en-{length}", "sleep " + "deep " * length) for length in (1, 5, 50, 500)]
    write(engine, *documents)
    scores = found(engine, Term("body_en", "sleep"))

    for number in range(5):
        write(engine, document(f"sv-{number}", "sömn"))

    assert engine.stats().segments == 1
    assert found(engine, Term("body_en", "sleep")) == scores


@pytest.mark.parametrize("always_below", [0, 1_000], ids=["kept segments", "merged segments"])
def test_scores_forget_deleted_and_replaced_documents_at_once(tmp_path, monkeypatch, always_below):
    monkeypatch.setattr(whoosh, "_MERGE_FACTOR", 1)
    monkeypatch.setattr(whoosh, "_MERGE_ALWAYS_BELOW", always_below)
    kept = [document(f"en-{number}", "deep sleep " + "rest " * number) for number in range(8)]
    changed, plain = WhooshEngine.create(tmp_path / "changed"), WhooshEngine.create(tmp_path / "plain")
    write(plain, *kept)

    write(changed, *kept, document("en-gone", "sleep " * 10), document("en-7", "sleep " * 9), kept[7])
    write(changed, delete=["en-gone"])

    query = Phrase("body_en", ((0, "deep"), (1, "sleep")))
    assert found(changed, query) == pytest.approx(found(plain, query))
    assert found(changed, Term("body_en", "sleep")) == pytest.approx(found(plain, Term("body_en", "sleep")))


# Languages that come later


@pytest.mark.parametrize("always_below", [0, 1_000], ids=["kept segments", "merged segments"])
def test_a_language_may_come_in_a_later_batch(engine, place, monkeypatch, always_below):
    monkeypatch.setattr(whoosh, "_MERGE_FACTOR", 1)
    monkeypatch.setattr(whoosh, "_MERGE_ALWAYS_BELOW", always_below)
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

    for reader in (engine, WhooshEngine.open(place)):
        for language in languages:
            assert list(found(reader, Term(f"body_{language}", "shared"))) == [f"{language}-1"]
            counts = reader.search(Request(facets=(f"only_{language}", "language"))).facets
            assert counts[f"only_{language}"] == {"yes": 1}
            assert counts["language"] == dict.fromkeys(languages, 1)
    assert engine.stats().segments == (1 if always_below else len(languages))


# Whoosh's own readers


class LuceneBM25F(BM25F):
    """Whoosh's BM25F with the inverse document frequency that searchkit uses; Whoosh's own may be negative."""

    def idf(self, searcher, fieldname, text):
        return bm25.idf(searcher.doc_count_all(), searcher.doc_frequency(fieldname, text))


WORDS = ["sleep", "deep", "rest", "memory", "learning", "stress", "night", "dream"]


@pytest.fixture
def english(engine):
    """300 seeded texts of 1 to 200 words in one language, in several segments."""
    random = Random(7)
    documents = [
        document(
            f"en-{number:03}",
            " ".join(random.choices(WORDS, weights=range(1, 9), k=random.randint(1, 200))),
            facets={"mechanism": (random.choice("abc"),)},
        )
        for number in range(300)
    ]
    write(engine, *documents[:290])
    write(engine, *documents[290:])
    return engine


@pytest.fixture
def searcher(english):
    with Searcher(english.reader(), weighting=LuceneBM25F(B=0.75, K1=1.2)) as searcher:
        yield searcher


def scores_of_whoosh(searcher, query):
    return {hit["id"]: hit.score for hit in searcher.search(query, limit=None)}


def body(*words):
    return tuple(Term("body_en", word) for word in words)


def whooshs(*words):
    return [queries.Term("body_en", word) for word in words]


@pytest.mark.parametrize("always_below", [0, 1_000], ids=["kept segments", "merged segments"])
@pytest.mark.parametrize(
    ("query", "same"),
    [
        (Term("body_en", "sleep"), queries.Term("body_en", "sleep")),
        (Bool(should=body("sleep", "dream")), queries.Or(whooshs("sleep", "dream"))),
        (Bool(must=body("sleep", "deep", "rest")), queries.And(whooshs("sleep", "deep", "rest"))),
        (
            Bool(must=body("dream"), must_not=body("sleep")),
            queries.AndNot(queries.Term("body_en", "dream"), queries.Term("body_en", "sleep")),
        ),
        (
            Bool(must=(*body("dream"), Facet("mechanism", ("b",), 0.0))),
            queries.Require(queries.Term("body_en", "dream"), queries.Term("facet_mechanism", "b")),
        ),
    ],
    ids=["term", "or", "and", "not", "facet"],
)
def test_scores_are_those_of_whooshs_own_bm25f_but_for_the_rounding_of_lengths(
    request, monkeypatch, query, same, always_below
):
    monkeypatch.setattr(bm25, "scored_length", lambda tokens: tokens)
    monkeypatch.setattr(whoosh, "_MERGE_ALWAYS_BELOW", always_below)
    expected = scores_of_whoosh(request.getfixturevalue("searcher"), same)

    assert len(expected) > 20
    assert found(request.getfixturevalue("english"), query) == pytest.approx(expected, rel=1e-6)


def test_whooshs_own_queries_find_the_same_phrases_and_prefixes(english, searcher):
    phrase = queries.Phrase("body_en", ["deep", "sleep"])

    assert (
        scores_of_whoosh(searcher, phrase).keys()
        == found(english, Phrase("body_en", ((0, "deep"), (1, "sleep")))).keys()
    )
    assert (
        scores_of_whoosh(searcher, queries.Prefix("body_en", "dre")).keys()
        == found(english, Prefix("body_en", "dre")).keys()
    )


def test_whooshs_own_readers_pass_over_deleted_documents(english):
    write(english, delete=["en-000", "en-001"])

    with Searcher(english.reader()) as searcher:
        assert searcher.doc_count() == 298
        assert not {"en-000", "en-001"} & scores_of_whoosh(searcher, queries.Or(whooshs(*WORDS))).keys()
    assert WhooshEngine.create(english._location.parent / "empty").reader().doc_count() == 0
