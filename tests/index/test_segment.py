import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.index import inversion
from searchkit.index.engine import Document
from searchkit.index.inversion import Batch, merge
from searchkit.index.segment import Field, SegmentFile, SegmentFileWriter, narrowed, ranges, type_for

IDS = [f"{language}-{number}" for language in ("en", "sv", "zh") for number in range(4)]


@st.composite
def documents(draw):
    words = st.sampled_from(["a", "b", "bb", "c", "文", "é", "deep", "\U0001f600"])
    identifiers = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=8))
    made = []
    for identifier in identifiers:
        text = draw(st.lists(st.tuples(words, st.integers(0, 70_000)), max_size=12))
        title = draw(st.lists(st.tuples(words, st.integers(0, 3)), max_size=3))
        made.append(
            Document(
                identifier,
                identifier[:2],
                {"body": text, "title": title},
                {"mechanism": tuple(draw(st.sets(st.sampled_from("xyz")))), "language": (identifier[:2],)},
                draw(st.integers(0, 800_000)),
                f"digest of {identifier}",
                f"{identifier}.txt",
                draw(st.binary(max_size=300)),
                draw(st.sampled_from(["", "g1", "g2"])),
            )
        )
    return made


def write(path, made):
    batch = Batch()
    for document in made:
        batch.add(document)
    batch.write(path)
    return SegmentFile(path)


def content(segment):
    """Return all that a segment holds, by what it says and not by how its arrays are laid out."""
    fields = {}
    for name in segment.fields:
        field = segment.field(name)
        postings = {}
        for place in range(len(field)):
            numbers = field.documents(place)
            postings[field.term(place)] = numbers.tolist()
            if field.kind == "text":
                sizes, positions = field.places(place, numbers)
                postings[field.term(place)] = list(
                    zip(
                        numbers.tolist(),
                        [each.tolist() for each in np.split(positions, np.cumsum(sizes)[:-1])],
                        strict=True,
                    )
                )
        labels = [field.label(number) for number in range(segment.documents)] if field.kind == "label" else []
        fields[name] = (field.terms(), postings, labels)
    languages = [segment.languages[number] for number in segment.number("language").tolist()]
    numbers = {
        name: segment.number(name).tolist()
        for name in segment.numbers
        if name != "language" and segment.number(name).any()
    }
    columns = {name: list(segment.rows(name)) for name in segment.columns}
    return segment.documents, languages, numbers, columns, fields


@settings(deadline=None, max_examples=60)
@given(made=st.lists(documents(), min_size=1, max_size=4), data=st.data(), most=st.sampled_from([1, 5, 4_000_000]))
def test_merged_segments_are_what_the_live_documents_make_together(tmp_path_factory, made, data, most):
    place = tmp_path_factory.mktemp("segments")
    parts, left = [], []
    for number, batch in enumerate(made):
        gone = data.draw(st.sets(st.integers(0, len(batch) - 1))) if batch else set()
        parts.append((write(place / f"{number}.seg", batch), gone))
        left += [document for at, document in enumerate(batch) if at not in gone]

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(inversion, "_MERGED_AT_A_TIME", most)
        monkeypatch.setattr(inversion, "_TERMS_AT_A_TIME", most)
        count = merge(parts, place / "merged.seg")

    assert count == len(left)
    assert content(SegmentFile(place / "merged.seg")) == content(write(place / "expected.seg", left))


def test_a_segment_holds_what_it_was_given(tmp_path):
    document = Document(
        "sv-1",
        "sv",
        {"body": [("sömn", 7), ("djup", 6), ("sömn", 2)], "title": []},
        {"study": ("b", "a", "b")},
        730_000,
        "digest",
        "caf\udce9.txt",
        b"stored",
        "group",
    )
    segment = write(tmp_path / "a.seg", [document, Document("sv-2", "sv", {}, {}, 0, "", "", b"")])

    body = segment.field("body_sv")
    assert body.terms() == [b"djup", "sömn".encode()]
    assert body.places(1, np.array([0])).positions.tolist() == [2, 7]
    assert segment.field("facet_study").terms() == [b"a", b"b"]
    assert segment.field("facet_study").label_starts.tolist() == [0, 2, 2]
    assert segment.field("group").label(0) == b"group"
    assert segment.field("group").label(1) == b""
    assert segment.field("title_sv") is None
    assert segment.number("length_body").tolist() == [3, 0]
    assert segment.number("published").tolist() == [730_000, 0]
    assert list(segment.rows("stored")) == [b"stored", b""]
    assert segment.column("source", 0) == b"caf\xe9.txt"


@pytest.mark.parametrize(
    ("key", "found"),
    [("a", 0), ("b", 1), ("bb", 2), ("c", 3), ("", None), ("aa", None), ("d", None), ("é", None)],
)
def test_a_term_is_found_where_it_is(tmp_path, key, found):
    terms = [(word, 0) for word in ("c", "bb", "a", "b")]
    field = write(tmp_path / "a.seg", [Document("en-1", "en", {"body": terms}, {}, 0, "", "", b"")]).field(
        "body_en"
    )

    assert field.find(key.encode()) == found
    assert [term.decode() for term in field.terms(*field.beginning(b"b"))] == ["b", "bb"]
    assert isinstance(field, Field)


@pytest.fixture
def file(tmp_path):
    write(tmp_path / "a.seg", [Document("en-1", "en", {"body": [("word", 0)]}, {}, 0, "d", "s", b"stored")])
    return tmp_path / "a.seg"


def test_a_file_that_ends_anywhere_before_its_end_is_refused(file):
    whole = file.read_bytes()
    for size in {*range(0, len(whole), 11), *range(len(whole) - 50, len(whole))}:
        file.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"a\.seg|mmap"):
            SegmentFile(file)


def test_a_directory_that_was_changed_is_refused(file):
    whole = file.read_bytes()
    start = whole.index(b'{"documents"')
    for place in {*range(start, len(whole), 11), *range(len(whole) - 50, len(whole))}:
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        if place in range(len(whole) - 12, len(whole) - 8):
            continue  # padding
        with pytest.raises(ValueError, match=r"a\.seg"):
            SegmentFile(file)


def test_a_file_that_was_not_finished_is_refused(tmp_path):
    writer = SegmentFileWriter(tmp_path / "a.seg")
    writer.write("numbers/number", np.arange(5, dtype=np.uint8))
    writer.close()

    with pytest.raises(ValueError, match=r"a\.seg"):
        SegmentFile(tmp_path / "a.seg")


def test_the_directory_is_plain_json(file):
    block = file.read_bytes()
    directory = block[block.index(b'{"documents"') : block.rindex(b"}") + 1]

    assert json.loads(directory)["documents"] == 1


def test_a_document_that_cannot_be_added_leaves_no_trace(tmp_path):
    good = Document("en-1", "en", {"body": [("word", 0)]}, {}, 0, "", "", b"")
    for changes in (
        {"fields": {"body": [("ghost", 0), ("\ud800", 1)]}},
        {"fields": {"body": [("ghost", -1)]}},
        {"id": "\ud800"},
        {"facets": {"study": ("\ud800",)}},
        {"published": -1},
        {"digest": "\ud800"},
    ):
        batch = Batch()
        batch.add(good)
        with pytest.raises((UnicodeEncodeError, OverflowError)):
            batch.add(
                Document(**{name: getattr(good, name) for name in good.__slots__} | {"id": "en-2"} | changes)
            )
        batch.add(Document("en-3", "en", {"body": [("word", 0)]}, {}, 0, "", "", b""))
        batch.write(tmp_path / "a.seg")
        segment = SegmentFile(tmp_path / "a.seg")
        assert segment.field("id").terms() == [b"en-1", b"en-3"]
        assert segment.field("body_en").terms() == [b"word"]
        assert segment.field("body_en").documents(0).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("most", "kind"), [(0, "<u1"), (255, "<u1"), (256, "<u2"), (65_536, "<u4"), (2**32 - 1, "<u4"), (2**32, "<u8")]
)
def test_numbers_are_kept_in_the_smallest_type(most, kind):
    assert type_for(most) == kind
    assert narrowed(np.array([most], np.uint64)).tolist() == [most]


def test_ranges_follow_each_other():
    assert ranges(np.array([5, 0, 9], np.uint8), np.array([2, 0, 3], np.uint8), 12).tolist() == [5, 6, 9, 10, 11]
    assert ranges(np.array([], np.uint8), np.array([], np.uint8), 0).tolist() == []
