"""Measuring the facets of an index on labels that people made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import searchkit
from searchkit import ArticleIndex
from searchkit.cli import cli
from searchkit.errors import InputError
from searchkit.facet_evaluation import Agreement, FacetEvaluation, Label, measure_facets, read_labels

GOLD = Path(__file__).parents[2] / "examples" / "gold" / "facets.jsonl"
LANGUAGES = ["en", "fr", "hi", "sv", "zh"]


@pytest.fixture(scope="module")
def gold(sample_index: ArticleIndex) -> FacetEvaluation:
    """The sample articles measured on their gold labels."""
    return measure_facets(sample_index, read_labels(GOLD))


def test_every_labelled_article_is_compared(gold: FacetEvaluation) -> None:
    assert gold.articles == 51
    assert gold.missing == []
    assert list(gold.languages) == ["language", "study", "study_type", "mechanism"]


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    ("facet", "least"), [("mechanism", 0.9), ("study_type", 0.9), ("study", 0.98), ("language", 1.0)]
)
def test_the_facets_of_the_sample_articles_are_right(
    gold: FacetEvaluation, facet: str, least: float, code: str
) -> None:
    assert gold.languages[facet][code].f1 >= least


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_most_specific_mechanisms_are_right_too(gold: FacetEvaluation, code: str) -> None:
    assert set(gold.most_specific) == {"mechanism"}
    assert gold.most_specific["mechanism"][code].f1 >= 0.9


def test_the_sample_articles_have_no_value_that_they_deny(sample_index: ArticleIndex) -> None:
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    carried = {
        (Path(hit.article.source).name, int(hit.id.split("-")[-2])): hit.facets
        for hit in sample_index.search(limit=100)
    }
    for row in rows:
        for name in ("mechanism", "study_type"):
            assert not set(row[f"{name}_denied"]).intersection(carried[row["source"], row["place"]][name])


def test_precision_recall_and_f1() -> None:
    count = Agreement()
    count.add(frozenset("abc"), frozenset("bcde"))
    count.add(frozenset(), frozenset())
    assert (count.right, count.wrong, count.missed) == (2, 1, 2)
    assert (count.precision, count.recall, count.f1) == pytest.approx((2 / 3, 1 / 2, 4 / 7))


def test_nothing_found_and_nothing_labelled_is_perfect() -> None:
    assert (Agreement().precision, Agreement().recall, Agreement().f1) == (1, 1, 1)


# An index of its own


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an index of three articles, two of which have the same name."""
    monkeypatch.chdir(tmp_path)
    for folder, words in [("one", "Autophagy clears the cell."), ("two", "Dopamine rises.")]:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tea.en.txt").write_text(f"Tea and the body\n\n{words} It is a plain text.\n")
    (tmp_path / "one" / "milk.en.txt").write_text("Milk and the body\n\nSerotonin rises. It is a plain text.\n")
    searchkit.index_articles([tmp_path / "one", tmp_path / "two"], index=tmp_path / ".searchkit")
    return tmp_path


@pytest.fixture
def run(files: Path) -> Callable[..., Result]:
    """Run the command on labels: ``run(row, row, "--option")``."""

    def run(*arguments: Any) -> Result:
        rows = [row if isinstance(row, str) else json.dumps(row) for row in arguments if row not in OPTIONS]
        (files / "gold.jsonl").write_text("\n".join(rows), encoding="utf-8")
        options = [option for option in arguments if option in OPTIONS]
        return CliRunner().invoke(cli, ["evaluate", "--facets", "gold.jsonl", *options])

    return run


OPTIONS = ("--json",)
MILK = {"source": "milk.en.txt", "place": 1, "language": "en", "mechanism": ["serotonin-signalling", "cortisol"]}


def test_the_table(run: Callable[..., Result]) -> None:
    result = run(MILK)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "facet                     language  precision  recall     F1  right  wrong  missed",
        "language                  en            1.000   1.000  1.000      1      0       0",
        "language                  all           1.000   1.000  1.000      1      0       0",
        "mechanism                 en            1.000   0.400  0.571      2      0       3",
        "mechanism                 all           1.000   0.400  0.571      2      0       3",
        "mechanism, most specific  en            1.000   0.500  0.667      1      0       1",
        "mechanism, most specific  all           1.000   0.500  0.667      1      0       1",
    ]


def test_the_wider_concepts_of_both_sides_are_added_and_told_apart(files: Path) -> None:
    facets = {"mechanism": frozenset({"serotonin-signalling", "cortisol", "neurotransmission"})}
    with searchkit.open(files / ".searchkit") as index:
        found = measure_facets(index, [Label("milk.en.txt", 1, facets)])
    # Labelled: serotonin-signalling under neurotransmission; cortisol under hpa-axis under hormone-signalling.
    assert found.languages["mechanism"]["en"] == Agreement(right=2, wrong=0, missed=3)
    assert found.most_specific["mechanism"]["en"] == Agreement(right=1, wrong=0, missed=1)
    assert found.to_dict()["facets"]["mechanism"]["most_specific"]["languages"]["en"]["missed"] == 1


def test_a_wider_concept_found_without_the_narrow_one_is_half_right(files: Path) -> None:
    (files / "one" / "milk.en.txt").write_text(
        "Milk and the body\n\nNeurotransmission goes on. It is plain text.\n"
    )
    searchkit.index_articles([files / "one"], index=files / ".searchkit")
    facets = {"mechanism": frozenset({"serotonin-signalling"})}
    with searchkit.open(files / ".searchkit") as index:
        found = measure_facets(index, [Label("milk.en.txt", 1, facets)])
    assert found.languages["mechanism"]["en"] == Agreement(right=1, wrong=0, missed=1)
    assert found.most_specific["mechanism"]["en"] == Agreement(right=0, wrong=1, missed=1)


def test_json_and_articles_that_the_index_lacks(run: Callable[..., Result]) -> None:
    result = run(MILK, {"source": "gone.txt"}, {"source": "milk.en.txt", "place": 2}, "--json")
    assert result.stderr == "searchkit: 2 of 3 labelled articles are not in the index\n"
    found = json.loads(result.stdout)
    assert (found["articles"], found["missing"]) == (1, 2)
    assert found["facets"]["mechanism"]["most_specific"]["languages"]["en"] == {
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "right": 1,
        "wrong": 0,
        "missed": 1,
    }


def test_a_folder_tells_files_of_one_name_apart(run: Callable[..., Result]) -> None:
    result = run({"source": "one/tea.en.txt", "mechanism": ["autophagy"]}, "--json")
    assert json.loads(result.stdout)["facets"]["mechanism"]["f1"] == 1
    result = run({"source": "tea.en.txt", "mechanism": ["autophagy"]})
    assert result.exit_code == 2
    assert "is 2 articles of the index" in result.stderr


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("x", "gold.jsonl:1: not a JSON object"),
        ("[]", "gold.jsonl:1: not a JSON object"),
        ('{"place": 1}', "gold.jsonl:1: 'source' must be"),
        ('{"source": "a", "place": 0}', "gold.jsonl:1: 'place' must be"),
        ('{"source": "a", "place": true}', "gold.jsonl:1: 'place' must be"),
        ('{"source": "a", "mechanism": "b"}', "gold.jsonl:1: 'mechanism' must be"),
        ('{"source": "a"}\n{"source": "a", "place": 1}', "gold.jsonl:2: a second line for a, place 1"),
        ("", "gold.jsonl: holds no labels"),
        ('{"source": "gone.txt"}', "no labelled article is in the index"),
    ],
)
def test_bad_labels_are_told(run: Callable[..., Result], line: str, told: str) -> None:
    result = run(line)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_missing_file_is_told() -> None:
    with pytest.raises(InputError, match="no such file"):
        read_labels("missing.jsonl")


@pytest.mark.parametrize("option", ["--queries", "--qrels", "--run", "--compare"])
def test_facets_stand_alone(option: str) -> None:
    result = CliRunner().invoke(cli, ["evaluate", "--facets", "x", option, "y"])
    assert result.exit_code == 2
    assert "stands alone" in result.stderr
