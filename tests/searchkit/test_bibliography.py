"""The studies that articles cite, listed and exported."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import searchkit
from searchkit import ArticleIndex, CitedStudy
from searchkit.bibliography import title_of, to_bibtex, to_csl
from searchkit.cli import cli
from searchkit.references import parse_reference

ITEM = re.compile(r"@article\{(?P<key>[^,]+),\n(?P<fields>(?:  \w+ = \{.*\},\n)*)\}\n")


def bibtex(text: str) -> dict[str, dict[str, str]]:
    """Read what `to_bibtex` writes, by the format's own rule: braces are counted, with or without a backslash."""
    found = {}
    for match in ITEM.finditer(text):
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", match["fields"], re.MULTILINE))
        for value in fields.values():
            depth = 0
            for char in value:
                depth += (char == "{") - (char == "}")
                assert depth >= 0
            assert depth == 0
        found[match["key"]] = fields
    assert ITEM.sub("", text).strip() == ""
    return found


# What is found


def test_every_value_of_the_facet_is_a_study_with_its_articles(sample_index: ArticleIndex) -> None:
    studies = sample_index.studies()
    counts = {count.value: count.count for count in sample_index.facets()["study"]}
    assert {study.key: len(study.articles) for study in studies} == counts
    assert [len(study.articles) for study in studies] == sorted(counts.values(), reverse=True)
    for study in studies:
        assert sum(study.languages.values()) == len(study.articles)
        for article in study.articles:
            assert study.key in sample_index.get(article.id).facets["study"]


def test_what_an_unknown_study_is_comes_from_its_references(sample_index: ArticleIndex) -> None:
    studies = {study.key: study for study in sample_index.studies()}
    study = studies["1982;1:195"]
    assert (study.author, study.year, study.volume, study.issue, study.first_page) == (
        "Borbély",
        1982,
        "1",
        "3",
        "195",
    )
    assert study.title == "A two process model of sleep regulation"
    assert study.languages == {"fr": 1, "hi": 1, "sv": 1, "zh": 1}
    assert studies["doi:10.1073/pnas.1418490112"].first_page == "1232"
    assert studies["2004;427:311"].journal == "Nature"  # named in running text alone
    known = studies["slutsky-2010"]
    assert (known.label, known.study_type) == ("Slutsky 2010, Neuron", ("animal",))


def test_filters_and_words_leave_the_studies_of_fewer_articles(sample_index: ArticleIndex) -> None:
    swedish = sample_index.studies(language="sv")
    assert {study.languages.get("sv") for study in swedish} == {1, 2} & {len(study.articles) for study in swedish}
    assert all(set(study.languages) == {"sv"} for study in swedish)
    assert [study.key for study in sample_index.studies(study="Slutsky")] == ["slutsky-2010"]
    found = {study.key for study in sample_index.studies("myelin", language="zh")}
    assert "doi:10.1126/science.1254960" in found
    assert len(found) < len(sample_index.studies(language="zh"))


def test_a_study_that_a_source_gives_needs_no_reference(tmp_path: Path) -> None:
    index = ArticleIndex.create(tmp_path / "index")
    index.update(
        [searchkit.Draft("Title", "Text.", "test", id="a", facets={"study": ("doi:10.1000/x",)}, language="en")]
    )
    (study,) = index.studies()
    assert (study.key, study.doi, study.title, study.year) == ("doi:10.1000/x", "10.1000/x", "", None)


def test_an_index_without_articles_has_no_studies(tmp_path: Path) -> None:
    assert ArticleIndex.create(tmp_path / "index").studies() == ()


@pytest.mark.parametrize(
    ("entry", "title"),
    [
        ("Xie L, Kang H. Sleep drives clearance. Science. 2013;342:373.", "Sleep drives clearance"),
        ("XIE L, KANG H. Sleep drives clearance[J]. Science, 2013, 342: 373.", "Sleep drives clearance"),
        ("Xie, L., & Kang, H. (2013). Sleep drives clearance. Science, 342, 373–377.", "Sleep drives clearance"),
        ("谢L。《睡眠促使大脑清除代谢物》。科学。2013；342：373。", "睡眠促使大脑清除代谢物"),
        ("谢L．睡眠促使大脑清除代谢物．《科学》，2013年，第342卷，第373页．", "睡眠促使大脑清除代谢物"),
        ("शी एल. नींद मस्तिष्क को साफ़ करती है। साइंस। 2013;342:373.", "नींद मस्तिष्क को साफ़ करती है"),
        ("https://doi.org/10.1126/science.1241224", ""),
        ("Science 2013;342:373", ""),
    ],
)
def test_the_title_stands_between_authors_and_journal(entry: str, title: str) -> None:
    assert title_of(parse_reference(entry)) == title


# Exports


def test_bibtex_has_the_standard_fields(sample_index: ArticleIndex) -> None:
    found = bibtex(to_bibtex(sample_index.studies()))
    assert len(found) == len(sample_index.studies())
    assert found["slutsky-2010"] == {
        "author": "{Slutsky} and others",
        "title": "{Enhancement of learning and memory by elevating brain magnesium}",
        "journal": "Neuron",
        "year": "2010",
        "volume": "65",
        "number": "2",
        "pages": "165",
        "doi": "10.1016/j.neuron.2009.12.026",
    }


def test_nothing_in_a_field_breaks_bibtex() -> None:
    wild = CitedStudy(
        "k", "l", author="O{", title="50 % of \\x & {y_1}} #2 $3 ~^\n@book{x,", doi="10.1000/a{b_c}}"
    )
    (fields,) = bibtex(to_bibtex([wild])).values()
    assert fields["author"] == r"{O\textbraceleft{}}"
    assert fields["title"] == (
        r"{50 \% of \textbackslash{}x \& \textbraceleft{}y\_1\textbraceright{}\textbraceright{} \#2 \$3 "
        r"\textasciitilde{}\textasciicircum{} @book\textbraceleft{}x,}"
    )
    assert fields["doi"] == "10.1000/a%7Bb_c%7D%7D"


def test_every_bibtex_entry_has_a_name_of_its_own() -> None:
    keys = ["2010;65:1", "2010,65:1", "a b", "A-b", "झोउ:2021", "周:2021"]
    names = list(bibtex(to_bibtex(CitedStudy(key, "") for key in keys)))
    assert names[:4] == ["2010-65:1", "2010-65:1-2", "a-b", "A-b-2"]
    assert all(name.isascii() for name in names)
    assert len({name.lower() for name in names}) == len(keys)


def test_csl_json_has_the_variables_of_the_schema(sample_index: ArticleIndex) -> None:
    items = {item["id"]: item for item in to_csl(sample_index.studies())}
    assert items["1982;1:195"] == {
        "id": "1982;1:195",
        "type": "article-journal",
        "author": [{"family": "Borbély"}],
        "title": "A two process model of sleep regulation",
        "container-title": items["1982;1:195"]["container-title"],
        "issued": {"date-parts": [[1982]]},
        "volume": "1",
        "issue": "3",
        "page": "195",
    }
    assert items["1982;1:195"]["container-title"] in {"Hum Neurobiol", "Human Neurobiology"}
    assert items["slutsky-2010"]["DOI"] == "10.1016/j.neuron.2009.12.026"


# The command


@pytest.fixture
def run(sample_index: ArticleIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in a folder with an index of the samples."""
    shutil.copytree(sample_index.path, tmp_path / ".searchkit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEARCHKIT_INDEX", raising=False)
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_the_command_lists_studies_with_their_articles(run: Callable[..., Result]) -> None:
    lines = run("studies", "--study", "tononi-2014").output.splitlines()
    assert lines[0] == "      5  Tononi 2014, Neuron  tononi-2014  (en 1, fr 1, hi 1, sv 1, zh 1)"
    assert len(lines) == 6
    assert all(line.split()[0] in {"en", "fr", "hi", "sv", "zh"} for line in lines[1:])
    assert run("studies", "zzzznothing").output == "No article cites a study.\n"


def test_the_command_prints_json(run: Callable[..., Result]) -> None:
    (study,) = json.loads(run("studies", "--study", "tononi-2014", "--json").output)
    assert list(study) == [
        *("key", "label", "author", "title", "journal", "year", "volume", "issue", "first_page", "doi"),
        *("study_type", "count", "languages", "articles"),
    ]
    assert (study["count"], study["languages"]["zh"], study["doi"]) == (5, 1, "10.1016/j.neuron.2013.12.025")
    assert list(study["articles"][0]) == ["id", "language", "title"]


def test_the_command_exports(run: Callable[..., Result]) -> None:
    found = bibtex(run("studies", "--language", "hi", "--format", "bibtex").output)
    items = json.loads(run("studies", "--language", "hi", "--format", "csl-json").output)
    assert len(found) == len(items) > 10
    both = run("studies", "--json", "--format", "bibtex")
    assert both.exit_code == 2
    assert "exclude" in both.output


def test_an_index_knows_the_studies_of_a_file(run: Callable[..., Result], samples: Path, tmp_path: Path) -> None:
    file = tmp_path / "studies.toml"
    file.write_text(
        '[borbely-1982]\nlabel = "Two processes"\nyear = 1982\nvolume = 1\nfirst_page = 195\n'
        'study_type = ["review"]\n',
        encoding="utf-8",
    )
    assert run("index", samples, "--studies", file).exit_code == 0
    (study,) = json.loads(run("studies", "--study", "two processes", "--json").output)
    assert (study["key"], study["label"], study["count"]) == ("borbely-1982", "Two processes", 4)
    (article, *_) = study["articles"]
    assert "review" in json.loads(run("show", article["id"], "--json").output)["facets"]["study_type"]
    # Kept: articles that come later, and a rebuild, know it too.
    assert run("rebuild").exit_code == 0
    assert json.loads(run("studies", "--study", "borbely-1982", "--json").output)[0]["count"] == 4
    file.write_text("[wrong", encoding="utf-8")
    wrong = run("index", samples, "--studies", file)
    assert (wrong.exit_code, "not valid TOML" in wrong.output) == (2, True)
