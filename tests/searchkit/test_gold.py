"""The gold labels of the articles fit the articles, the vocabularies and their own guidelines."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import searchkit
from searchkit import ArticleIndex
from searchkit.facet_evaluation import measure_facets, read_labels, total
from searchkit.readers import Draft, read
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

LANGUAGES = {"en", "fr", "hi", "sv", "zh"}
LISTS = ("study", "study_type", "mechanism", "mechanism_denied", "study_type_denied")
GOLD = Path(__file__).parents[2] / "examples" / "gold"
HELD_OUT = GOLD / "held_out"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def in_order(folder: Path) -> list[tuple[str, int]]:
    """The articles of a folder: file and place."""
    return sorted((Path(draft.source).name, draft.place) for draft in read([folder]) if isinstance(draft, Draft))


LABELS = lines(GOLD / "facets.jsonl")
HELD_OUT_LABELS = lines(HELD_OUT / "facets.jsonl")
STUDY_TYPES = {"randomized-controlled-trial", "human", "animal", "in-vitro", "review"}
# What a study outside the registry is called: see the guidelines.
UNKNOWN_STUDY = re.compile(r"doi:10\.\d{4,9}/[^\sA-Z]+|(?:19|20)\d\d;[a-z]?\d+:[a-z]?\d+")


def traits() -> dict[str, tuple[str, ...]]:
    """The table of the guidelines: trait, and the files that show it."""
    text = (GOLD / "GUIDELINES.md").read_text(encoding="utf-8").partition("\n## Traits\n")[2]
    rows = re.findall(r"^\| (?!trait )([^|`]+) \| (`[^|]+) \|$", text, re.MULTILINE)
    assert len({trait for trait, _ in rows}) == len(rows)
    return {trait: tuple(re.findall(r"`([^`]+)`", files)) for trait, files in rows}


TRAITS = traits()


def of(file: str) -> list[dict[str, Any]]:
    return [label for label in LABELS if label["source"] == file]


def test_every_sample_article_has_one_line_and_every_line_an_article(samples: Path) -> None:
    articles = in_order(samples)
    assert [(label["source"], label["place"]) for label in LABELS] == articles
    assert len(set(articles)) == len(articles)


def test_the_language_is_that_of_the_files_name() -> None:
    for labels in (LABELS, HELD_OUT_LABELS):
        assert {label["language"] for label in labels} == LANGUAGES
        assert all(label["source"].split(".")[-2] == label["language"] for label in labels)


def test_every_language_has_eight_articles() -> None:
    assert all(count >= 8 for count in Counter(label["language"] for label in LABELS).values())


@pytest.mark.parametrize(
    "label", LABELS + HELD_OUT_LABELS, ids=lambda label: f"{label['source']}-{label['place']}"
)
def test_a_line_has_sorted_lists_of_existing_keys(label: dict[str, Any]) -> None:
    assert list(label) == ["source", "place", "language", *LISTS]
    for name in LISTS:
        assert label[name] == sorted(set(label[name]))
    for name in ("mechanism", "mechanism_denied"):
        assert set(label[name]) <= set(Vocabulary.builtin().concepts)
    for name in ("study_type", "study_type_denied"):
        assert set(label[name]) <= STUDY_TYPES
    registry = StudyRegistry.builtin()
    for key in label["study"]:
        assert key in registry.studies or UNKNOWN_STUDY.fullmatch(key), key
    assert registry.types(label["study"]) <= set(label["study_type"])
    assert not set(label["mechanism"]) & set(label["mechanism_denied"])
    assert not set(label["study_type"]) & set(label["study_type_denied"])
    # A trial by lot is one with people or with animals.
    if "randomized-controlled-trial" in label["study_type"]:
        assert {"human", "animal"} & set(label["study_type"])


def test_no_study_of_the_registry_is_labelled_by_its_doi_or_place() -> None:
    known = StudyRegistry.builtin().studies.values()
    written = {f"doi:{study.doi}" for study in known if study.doi}
    written |= {f"{study.year};{study.volume}:{study.first_page}" for study in known}
    assert not written & {key for label in LABELS + HELD_OUT_LABELS for key in label["study"]}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_studies_that_are_found_are_those_of_the_labels(sample_index: ArticleIndex, language: str) -> None:
    wanted = {(label["source"], label["place"]): set(label["study"]) for label in LABELS}
    right = found = labelled = 0
    for hit in sample_index.search(language=language, limit=100):
        place = int(hit.id.split("-")[-2])
        gold = wanted[Path(hit.article.source).name, place]
        right += len(gold & set(hit.facets["study"]))
        found += len(hit.facets["study"])
        labelled += len(gold)
    assert labelled > 10
    assert 2 * right / (found + labelled) >= 0.98


def test_every_kind_of_label_occurs_in_every_language() -> None:
    for name in ("study", "study_type", "mechanism", "mechanism_denied"):
        assert {label["language"] for label in LABELS if label[name]} == LANGUAGES, name
        assert any(not label[name] for label in LABELS), name
    for language in LANGUAGES:
        cited = {key for label in LABELS if label["language"] == language for key in label["study"]}
        known = set(StudyRegistry.builtin().studies)
        assert cited & known, language
        assert cited - known, language


@pytest.mark.parametrize(
    "topic", ["body-clock", "exercise", "gut-brain", "magnesium-brain", "sleep-and-memory", "turmeric"]
)
def test_the_same_article_in_other_languages_has_the_same_labels(topic: str) -> None:
    versions = [label for label in LABELS if label["source"].startswith(f"{topic}.")]
    assert len(versions) >= 2
    for name in ("study", "study_type", "mechanism"):
        assert len({tuple(label[name]) for label in versions}) == 1


# The held-out articles


@pytest.fixture(scope="module")
def held_out_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArticleIndex]:
    folder = tmp_path_factory.mktemp("held-out") / "index"
    searchkit.index_articles([HELD_OUT / "articles"], index=folder)
    with searchkit.open(folder) as index:
        yield index


def test_every_held_out_article_has_one_line_and_every_line_an_article() -> None:
    assert [(label["source"], label["place"]) for label in HELD_OUT_LABELS] == in_order(HELD_OUT / "articles")
    assert set(Counter(label["language"] for label in HELD_OUT_LABELS).values()) == {3}


def test_no_held_out_article_is_a_sample_article(samples: Path) -> None:
    names = {file.name for file in samples.iterdir()}
    assert not names & {label["source"] for label in HELD_OUT_LABELS}


# A little below what was measured first: lower is a regression. They are raised, if at all, by what was measured
# after a change that was made for another reason (see the guidelines).
@pytest.mark.parametrize(
    ("facet", "floor"), [("language", 1.0), ("study", 0.95), ("study_type", 0.88), ("mechanism", 0.83)]
)
def test_the_facets_of_held_out_articles(held_out_index: ArticleIndex, facet: str, floor: float) -> None:
    measured = measure_facets(held_out_index, read_labels(HELD_OUT / "facets.jsonl"))
    assert measured.articles == len(HELD_OUT_LABELS)
    assert measured.total(facet).f1 >= floor


def test_the_most_specific_mechanisms_of_held_out_articles(held_out_index: ArticleIndex) -> None:
    measured = measure_facets(held_out_index, read_labels(HELD_OUT / "facets.jsonl"))
    assert total(measured.most_specific["mechanism"]).f1 >= 0.80


# Traits

PATTERNS = {
    "image size and author glued to the text, with an avatar": r"\d+ \d+ .+https://secure\.gravatar\.com/\S+&r=g\w",
    "image size and author on a line": r"(?m)^\d{3,4} \d{3,4} [^\d\n]{3,30}$",
    "header of a list of articles": r"\A[^\n]+ :\n\n[^\n]+\n",
    "breadcrumb": r"(?m)^[^\n]+ » [^\n]+ » ",
    "links to other articles": r"(?m)^(?:Related posts|संबंधित लेख|Relaterade artiklar|À lire aussi|相关文章)$",
    "Traditional Chinese": "[體腦們]",
    "full-width punctuation in references": r"[，；]\s?(?:19|20)\d\d|(?:19|20)\d\d(?:；|年，)",
    "GB/T 7714": r"\[J\][.．]",
    "APA": r"\((?:19|20)\d\d\)\. ",
    "year after the volume, in brackets": r" 60 \(2017\) 1620",
    "year at the end": r"\d, ?(?:19|20)\d\d।|\((?:19|20)\d\d\)\. h|(?:19|20)\d\d, p\. \d",
    "year, volume and page in words": r"vol\. \d+, n|खंड \d+, अंक|第\d+卷第\d+期",
    "volume and page after a comma": r"(?:19|20)\d\d, \d+:\d+",
    "hyphen, en dash, em dash or tilde between pages": r"\d[-–—～]\d",
    "Devanagari digits": "[०-९]{4};[०-९]+",
    "authors and journals transliterated": r"एट अल\.|डी\. |एए\. |豪森布拉斯",
    "date in words instead of volume and page": r"August 17, 2024|17 अगस्त 2024|17 augusti 2024|2024年8月17日",
    "DOI with prefix, as an address, bare": (
        r"https?://(?:dx\.)?doi\.org/10\.|(?m:[ .]10\.\d{4}/\S+$)|doi：10\.| doi\.org/"
    ),
    "numbered [1], (1) or ①": r"(?m)^\s*(?:\[1\]|\(1\)|①) ",
    "web source, which is no study": r"https://(?:www\.who\.int|ods\.od\.nih\.gov)/",
    "book, which is no study": r"New York: (?:Scribner|Random House)",
    "study named only in running text": (
        r"\(Nature 2004;427|एमएमएफएस-01 नाम|tidskriften Neuron 2010|\(N Engl J Med 2018;378|（Nat Neurosci 2005;8"
    ),
    "mechanism only in the references": "synaptic plasticity",
    "mechanism only in the disclaimer": "stress",
    "study in a dish": "cultured cells|सेल कल्चर",
    "namesake of a mechanism": "artificial neural network",
    "English in the text": r"\(BDNF\)|gut-brain axis|Nat Neurosci|long-term potentiation",
}


@pytest.mark.parametrize("trait", TRAITS)
def test_the_files_of_a_trait_have_it(samples: Path, trait: str) -> None:
    files = TRAITS[trait]
    assert files
    assert len(set(files)) == len(files)
    for file in files:
        assert of(file), file
        if trait in PATTERNS:
            assert re.search(PATTERNS[trait], (samples / file).read_text(encoding="utf-8")), file


def test_every_pattern_is_of_a_trait() -> None:
    assert set(PATTERNS) <= set(TRAITS)


def test_several_articles_in_a_file() -> None:
    several = {file for file, count in Counter(label["source"] for label in LABELS).items() if count > 1}
    assert set(TRAITS["several articles in a file"]) == several


def test_markdown() -> None:
    markdown = {label["source"] for label in LABELS if label["source"].endswith(".md")}
    assert set(TRAITS["Markdown"]) == markdown


@pytest.mark.parametrize(
    ("trait", "name", "empty", "languages"),
    [
        ("cites nothing", "study", True, LANGUAGES),
        ("no mechanism", "mechanism", True, LANGUAGES - {"fr"}),
        ("mechanism denied or out of scope", "mechanism_denied", False, LANGUAGES),
        ("kind of study denied", "study_type_denied", False, LANGUAGES),
    ],
)
def test_labels_show_the_trait(trait: str, name: str, empty: bool, languages: set[str]) -> None:
    files = TRAITS[trait]
    assert {file.split(".")[-2] for file in files} == languages
    assert all(any(bool(label[name]) != empty for label in of(file)) for file in files)


def test_a_study_with_a_doi_here_and_without_it_there(samples: Path) -> None:
    for file in TRAITS["study with a DOI here and without it there"]:
        text = (samples / file).read_text(encoding="utf-8").casefold()
        (label,) = of(file)
        missing = [key for key in label["study"] if key.startswith("doi:") and key[4:] not in text]
        assert len(missing) == 1
        assert any(missing[0] in other["study"] for other in LABELS if other is not label)


def test_what_stands_only_in_references_or_the_disclaimer_is_no_label(samples: Path) -> None:
    (label,) = of("stress-memory.fr.txt")
    assert "synaptic-plasticity" not in label["mechanism"]
    (label,) = of("vitamin-d.en.md")
    assert not {"inflammation", "oxidative-stress"} & set(label["mechanism"] + label["mechanism_denied"])
    text = (samples / "vitamin-d.en.md").read_text(encoding="utf-8")
    assert "oxidative stress" in text.strip().splitlines()[-1]
