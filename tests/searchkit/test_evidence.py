"""Why an article has a facet value: the passages, checked against the articles themselves."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import searchkit
from searchkit import ArticleIndex, Draft, FilterError, InputError
from searchkit.article import FACETS
from searchkit.cli import cli
from searchkit.snippets import passages


def test_every_value_of_every_article_has_evidence_that_stands_in_it(sample_index: ArticleIndex) -> None:
    seen = set()
    for identifier in sample_index.ids():
        stored = sample_index.stored(identifier)
        article = stored.article
        for facet, values in article.facets.items():
            for value in values:
                found = sample_index.why(identifier, facet, value)
                assert found, (identifier, facet, value)
                shown = set()
                for passage in found:
                    seen.add(passage.kind)
                    whole = article.title if passage.kind == "title" else article.text
                    assert whole[passage.start : passage.start + len(passage.text)] == passage.text
                    assert bool(passage.highlights) == (facet != "language")
                    if passage.kind != "title":
                        for start, end in passage.highlights:
                            shown.update(range(passage.start + start, passage.start + end))
                for start, end in stored.evidence.get(facet, {}).get(value, ()):
                    assert shown.issuperset(range(start, end))
    assert seen == {"title", "text", "reference", "detected"}


@given(st.text("ab .\n。！？中é\u0301", max_size=60), st.data())
def test_passages_hold_every_span_and_do_not_overlap(text: str, data: st.DataObject) -> None:
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    spans = data.draw(st.lists(places.map(sorted).map(tuple).filter(lambda span: span[0] < span[1]), max_size=4))
    found = passages(text, spans)
    marked = set()
    after = 0
    for passage in found:
        assert passage.start >= after
        after = passage.start + len(passage.text)
        assert text[passage.start : after] == passage.text
        for start, end in passage.highlights:
            assert 0 <= start < end <= len(passage.text)
            marked.update(range(passage.start + start, passage.start + end))
    assert marked.issuperset(place for start, end in spans for place in range(start, end))


def test_passages_of_one_grapheme_are_one() -> None:
    (passage,) = passages("aa。\u0301", [(0, 1), (3, 4)])
    assert passage.text == "aa。\u0301"


def test_passages_are_whole_sentences_and_those_that_overlap_are_one() -> None:
    text = "One is here. Two has a word and a word. Three has a word. Four ends."
    first, second = text.index("word"), text.index("word", text.index("word") + 1)
    third = text.rindex("word")
    found = passages(text, [(first, first + 4), (second, second + 4), (third, third + 4)])
    assert [passage.text for passage in found] == ["Two has a word and a word.", "Three has a word."]
    assert [passage.text[start:end] for passage in found for start, end in passage.highlights] == ["word"] * 3


def test_a_sentence_without_end_is_cut_around_the_span() -> None:
    text = "word " * 2_000 + "needle " + "word " * 2_000
    (passage,) = passages(text, [(10_000, 10_006)])
    ((start, end),) = passage.highlights
    assert passage.text[start:end] == "needle"
    assert len(passage.text) <= 1_000


def test_a_title_that_denies_a_mechanism_is_no_evidence_of_it(make_index: Callable[..., ArticleIndex]) -> None:
    title = "Sleep has nothing to do with neurogenesis"
    index = make_index(one=(title, "Others say that sleep helps neurogenesis."), two="water")
    assert [passage.kind for passage in index.why("one", "mechanism", "neurogenesis")] == ["text"]


def test_a_term_in_the_title_alone_is_shown_there(make_index: Callable[..., ArticleIndex]) -> None:
    index = make_index(one=("Sleep and neurogenesis", "Nothing is named here."))
    (passage,) = index.why("one", "mechanism", "neurogenesis")
    assert (passage.kind, passage.text, passage.highlights) == ("title", "Sleep and neurogenesis", ((10, 22),))


def test_a_kind_of_study_shows_the_reference_that_it_comes_from(sample_index: ArticleIndex) -> None:
    (passage,) = sample_index.why("gut-brain.en", "study_type", "review")
    (reference,) = [one for one in sample_index.get("gut-brain.en").references if "Cryan" in one.text]
    assert (passage.kind, passage.start) == ("reference", reference.start)
    assert passage.text == sample_index.get("gut-brain.en").text[reference.start : reference.end]


@pytest.mark.parametrize(
    ("facet", "spelling"),
    [
        ("study", "erickson-2011"),
        ("study", "10.1073/pnas.1015950108"),
        ("study", "Erickson 2011"),
        ("study_type", "review"),
        ("mechanism", "neurogenes"),
        ("mechanism", "神经发生"),
        ("language", "sv"),
    ],
)
def test_values_are_spelled_as_in_filters(sample_index: ArticleIndex, facet: str, spelling: str) -> None:
    (value,) = sample_index.carried("exercise.sv", facet, spelling)
    assert value in sample_index.get("exercise.sv").facets[facet]
    assert sample_index.why("exercise.sv", facet, spelling) == sample_index.why("exercise.sv", facet, value)


def test_what_the_source_gave_is_told_so(tmp_path: Path) -> None:
    draft = Draft(
        id="a", title="Sleep", text="Deep sleep.", source="x", language="en", facets={"mechanism": ("my-own",)}
    )
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([draft])
        assert [passage.kind for passage in index.why("a", "mechanism", "my-own")] == ["given"]
        assert [passage.kind for passage in index.why("a", "language", "en")] == ["given"]


def test_an_article_of_a_title_alone_has_evidence_of_its_language(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([Draft(id="a", title="Sleep helps the memory of the brain", text="", source="x")])
        (passage,) = index.why("a", "language", index.get("a").language)
        assert (passage.kind, passage.text) == ("detected", "Sleep helps the memory of the brain")


def test_what_an_article_does_not_carry_is_an_error(sample_index: ArticleIndex) -> None:
    with pytest.raises(FilterError, match="does not have the mechanism 'nmda-receptor'; it has: "):
        sample_index.why("exercise.sv", "mechanism", "nmda-receptor")
    with pytest.raises(FilterError, match="'nonsense-xyz'"):
        sample_index.why("exercise.sv", "mechanism", "nonsense-xyz")
    with pytest.raises(InputError, match=f"choose one of: {', '.join(FACETS)}"):
        sample_index.why("exercise.sv", "colour", "red")


def show(index: ArticleIndex, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["show", *arguments, "--index", str(index.path)])
    return done.exit_code, done.stdout, done.stderr


def test_show_prints_the_passages_for_each_why(sample_index: ArticleIndex) -> None:
    code, output, _ = show(
        sample_index,
        "exercise.sv",
        "--why",
        "study=Erickson",
        "--why",
        "study-type=review",
        "--why",
        "language=sv",
    )
    assert code == 0
    headings = [line for line in output.splitlines() if line.split(" ")[0] in FACETS]
    assert headings == [
        "study erickson-2011  Erickson 2011, Proc Natl Acad Sci U S A",
        f"study_type review  {sample_index.label('study_type', 'review')}"
        if sample_index.label("study_type", "review") != "review"
        else "study_type review",
        "language sv",
    ]
    assert "detected from the text" in output
    assert "in a reference" in output


def test_show_prints_the_evidence_as_json(sample_index: ArticleIndex) -> None:
    code, output, _ = show(sample_index, "exercise.sv", "--why", "study=erickson-2011", "--json")
    assert code == 0
    told = json.loads(output)
    assert told["id"] == sample_index.get("exercise.sv").id
    (why,) = told["why"]
    assert (why["facet"], why["value"], why["label"]) == (
        "study",
        "erickson-2011",
        sample_index.label("study", "erickson-2011"),
    )
    assert why["passages"] == [
        passage.to_dict() for passage in sample_index.why("exercise.sv", "study", "erickson-2011")
    ]


@pytest.mark.parametrize("asked", ["study", "study=zzz", "mechanism=nmda-receptor", "colour=red", "mechanism="])
def test_a_why_that_cannot_be_answered_is_one_line(sample_index: ArticleIndex, asked: str) -> None:
    code, output, told = show(sample_index, "exercise.sv", "--why", asked)
    assert (code, output, len(told.splitlines())) == (2, "", 1)


def test_evidence_is_the_same_after_the_articles_files_are_gone_and_the_vocabulary_changes(tmp_path: Path) -> None:
    article = tmp_path / "a.txt"
    article.write_text("Brains\n\nA quiet night. Then neurogenesis and slumber come. The end is near.")
    searchkit.index_articles([article], index=tmp_path / "index")
    article.unlink()
    with searchkit.open(tmp_path / "index") as index:
        (identifier,) = index.ids()
        assert "slumber" not in index.get(identifier).facets["mechanism"]
        words = searchkit.Vocabulary({"slumber": {"en": ("slumber",)}})
        assert index.rebuild(vocabulary=words) == 1
        assert index.get(identifier).facets["mechanism"] == ("slumber",)
        (passage,) = index.why(identifier, "mechanism", "slumber")
        assert passage.text == "Then neurogenesis and slumber come."
