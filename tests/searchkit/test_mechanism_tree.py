"""Mechanisms in a tree: who carries one carries the wider ones; counts, filters and the command show it."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

import searchkit
from searchkit import ArticleIndex
from searchkit.cli import cli
from searchkit.vocabulary import Vocabulary

MECHANISMS = Vocabulary.builtin()
CHAIN = ("nmda-receptor", "glutamate-receptor", "receptor")

# Each names the NMDA receptor, and nothing else.
NMDA = {
    "en": "The garden gate\n\nThis is about the NMDA receptor, and how it opens in the morning when people go by.",
    "zh": "花园的门\n\n这篇文章讲的是NMDA受体，以及它在早晨人们走过的时候怎样打开。",
    "sv": "Grinden i trädgården\n\nDet här handlar om NMDA-receptorn och hur den öppnas när någon går förbi.",
    "hi": "बगीचे का द्वार\n\nयह लेख एनएमडीए रिसेप्टर के बारे में है, और यह बताता है कि सुबह वह कैसे खुलता है।",
    "fr": "La porte du jardin\n\nCet article parle du récepteur NMDA, et de la façon dont il s’ouvre le matin.",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of an article in each language that names the NMDA receptor, and one that names autophagy."""
    root = tmp_path_factory.mktemp("tree")
    for code, text in NMDA.items():
        (root / f"gate.{code}.txt").write_text(text, encoding="utf-8")
    (root / "rake.en.txt").write_text("The rake\n\nThis is about autophagy in the leaves of the garden.")
    searchkit.index_articles([root], index=root / "index")
    return root / "index"


@pytest.fixture
def index(folder: Path) -> Iterator[ArticleIndex]:
    with searchkit.open(folder) as opened:
        yield opened


def run(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(cli, [*arguments, "--index", str(folder)])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("key", CHAIN)
@pytest.mark.parametrize("code", sorted(NMDA))
def test_who_names_only_the_nmda_receptor_is_found_under_the_wider_ones(folder: Path, code: str, key: str) -> None:
    found = json.loads(run(folder, "search", "--mechanism", key, "--language", code, "--json"))
    (hit,) = found["hits"]
    assert hit["language"] == code
    assert set(CHAIN) == set(hit["facets"]["mechanism"])


def test_the_passage_behind_a_wider_mechanism_is_that_of_the_narrow_one(folder: Path, index: ArticleIndex) -> None:
    (hit,) = index.search(language="sv").hits
    (passage,) = index.why(hit.id, "mechanism", "receptor")
    assert [passage.text[start:end] for start, end in passage.highlights] == ["NMDA-receptorn"]


def test_the_command_shows_each_mechanism_below_the_wider_one(folder: Path) -> None:
    assert [line.rstrip() for line in run(folder, "facets", "--facet", "mechanism").splitlines()] == [
        "mechanism",
        "       5  receptor",
        "       5    glutamate-receptor  glutamate receptor",
        "       5      nmda-receptor     NMDA receptor",
        "       1  proteostasis",
        "       1    autophagy",
    ]


def test_json_is_flat_and_tells_the_parent(folder: Path) -> None:
    counts = json.loads(run(folder, "facets", "--json"))
    assert {one["value"]: (one["parent"], one["count"]) for one in counts["mechanism"]} == {
        "receptor": (None, 5),
        "glutamate-receptor": ("receptor", 5),
        "nmda-receptor": ("glutamate-receptor", 5),
        "proteostasis": (None, 1),
        "autophagy": ("proteostasis", 1),
    }
    assert {one["parent"] for one in counts["language"]} == {None}


def test_a_search_names_no_wider_mechanism_that_holds_no_more_articles(folder: Path) -> None:
    def line(*arguments: str) -> str:
        shown = run(folder, "search", *arguments)
        return next(line for line in shown.splitlines() if line.startswith("mechanism"))

    assert line() == "mechanism  NMDA receptor 5 · autophagy 1 · … 3 more"
    assert line("--mechanism", "receptor") == "mechanism  NMDA receptor 5 · receptor 5 · autophagy 1 · … 2 more"


def test_a_chosen_mechanism_is_marked_in_its_place(folder: Path) -> None:
    lines = run(folder, "facets", "--facet", "mechanism", "--mechanism", "glutamate-receptor").splitlines()
    assert [line[0] for line in lines[1:]] == [" ", "*", " ", " ", " "]


@pytest.mark.parametrize("query", ["", "brain", "sömn", "睡眠", "नींद", "mémoire", "magnesium", "stress"])
@pytest.mark.parametrize(
    "filters", [{}, {"language": "sv"}, {"study_type": "animal"}, {"mechanism": "sleep-stages"}]
)
def test_no_mechanism_is_counted_more_often_than_the_wider_one(
    sample_index: ArticleIndex, query: str, filters: dict[str, str]
) -> None:
    found = sample_index.facets(query, **filters)["mechanism"]
    counts = {count.value: count.count for count in found}
    for count in found:
        assert count.parent == MECHANISMS.parents.get(count.value)
        if count.parent:
            assert counts.get(count.parent, 0) >= count.count


@pytest.mark.parametrize("key", sorted(set(MECHANISMS.parents.values())))
def test_a_wider_mechanism_finds_the_articles_of_those_under_it(sample_index: ArticleIndex, key: str) -> None:
    def carrying(value: str) -> set[str]:
        return {hit.id for hit in sample_index.search(mechanism=value, limit=100)}

    wide = carrying(key)
    for child, parent in MECHANISMS.parents.items():
        if parent == key:
            assert carrying(child) <= wide, child


def test_mechanisms_that_a_source_gives_are_carried_with_the_wider_ones(tmp_path: Path) -> None:
    rows = [{"title": "A leaf", "text": "This is a leaf of the garden.", "mechanism": ["nmda-receptor", "my-own"]}]
    file = tmp_path / "given.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    searchkit.index_articles([file], index=tmp_path / "index")
    with searchkit.open(tmp_path / "index") as index:
        (hit,) = index.search(mechanism="receptor").hits
        assert hit.facets["mechanism"] == ("nmda-receptor", "my-own", "glutamate-receptor", "receptor")


def test_every_step_of_the_tree_is_told_by_above() -> None:
    for key in MECHANISMS.parents:
        steps = (key, *MECHANISMS.above(key))
        assert all(MECHANISMS.parents[low] == high for low, high in pairwise(steps))
        assert steps[-1] not in MECHANISMS.parents
