"""The articles that the project is for, as they came. They are no part of it: see ``shared_articles``."""

from datetime import date
from pathlib import Path

import pytest

from searchkit.language import detect
from searchkit.readers import Draft, Report, read
from searchkit.references import parse_references
from searchkit.structure import find_sections
from searchkit.studies import StudyRegistry

PLASTICITY = {"slutsky-2010", "liu-2016", "zhou-2021", "hausenblas-2024", "grober-2015"}
MEMORY = {"slutsky-2010", "zhou-2021", "hausenblas-2024"}

# Language and beginning of the title -> author, and the studies cited.
EXPECTED = {
    ("zh", "神经可塑性"): ("莱利-福布斯", PLASTICITY),
    ("zh", "镁与记忆"): ("莱利-福布斯", MEMORY),
    ("sv", "Neuroplasticitetens"): ("Riley Forbes", PLASTICITY),
    ("sv", "Magnesium och minne"): ("Riley Forbes", MEMORY),
    ("fr", "Le L-thréonate"): ("", set()),
    ("hi", "न्यूरोप्लास्टिसिटी"): ("रिले फोर्ब्स", PLASTICITY),
}

# What stands around the articles in the saved pages.
AROUND = [
    *("1024", "683", "930 522", "gravatar", "https:// ", "wp-content", "Dagliga arkiv", "标签", "Accueil", "»"),
    *("Publications similaires", "Riley Forbes", "रिले फोर्ब्स", "莱利"),
]


@pytest.fixture(scope="module")
def drafts(shared_articles: Path) -> dict[tuple[str, str], Draft]:
    """The articles by language and the beginning of the title."""
    found = {}
    for item in read([shared_articles]):
        assert isinstance(item, Draft)
        language = detect(f"{item.title}\n{item.text}")
        name = next(name for code, name in EXPECTED if code == language and item.title.startswith(name))
        found[language, name] = item
    return found


def test_five_files_hold_six_articles(shared_articles: Path) -> None:
    report = Report()
    assert len([item for item in read([shared_articles], report=report) if isinstance(item, Draft)]) == 6
    assert report == Report(files=5, ignored={})


def test_every_article_is_found_in_its_language(drafts: dict[tuple[str, str], Draft]) -> None:
    assert set(drafts) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_authors_are_named_once(drafts: dict[tuple[str, str], Draft], name: tuple[str, str]) -> None:
    assert drafts[name].author == EXPECTED[name][0]


@pytest.mark.parametrize("name", EXPECTED)
def test_titles_hold_nothing_of_the_page_around_them(
    drafts: dict[tuple[str, str], Draft], name: tuple[str, str]
) -> None:
    title = drafts[name].title
    assert "\n" not in title
    assert 10 < len(title) < 120
    assert [words for words in [*AROUND, ": :", "|"] if words in title] == []
    assert title not in drafts[name].text


@pytest.mark.parametrize("name", EXPECTED)
def test_texts_hold_nothing_of_the_page_around_them(
    drafts: dict[tuple[str, str], Draft], name: tuple[str, str]
) -> None:
    text = drafts[name].text
    assert len(text) > 2000
    if name[0] == "fr":
        text = text.replace("»", "")  # the quotation marks of the language
    assert [words for words in AROUND if words in text] == []


def test_the_day_of_the_daily_archive_is_the_date(drafts: dict[tuple[str, str], Draft]) -> None:
    dates = {name: draft.published for name, draft in drafts.items() if draft.published}
    assert dates == {("sv", "Magnesium och minne"): date(2025, 11, 3)}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_same_article_cites_the_same_studies_in_every_language(
    drafts: dict[tuple[str, str], Draft], name: tuple[str, str]
) -> None:
    text = drafts[name].text
    registry = StudyRegistry.builtin()
    references = parse_references(text, find_sections(text))
    studies = [study.key for item in references if (study := registry.resolve(item))]
    assert set(studies) == EXPECTED[name][1]
    assert len(studies) == len(set(studies))


@pytest.mark.parametrize("name", [("zh", "镁与记忆"), ("sv", "Magnesium och minne")])
def test_the_fact_sheet_is_a_web_source(drafts: dict[tuple[str, str], Draft], name: tuple[str, str]) -> None:
    text = drafts[name].text
    references = parse_references(text, find_sections(text))
    web = [item for item in references if item.kind == "web"]
    assert [item.url for item in web] == ["https://ods.od.nih.gov/factsheets/Magnesium-HealthProfessional/"]
    assert [StudyRegistry.builtin().resolve(item) for item in web] == [None]


@pytest.mark.parametrize("name", [name for name, (_, studies) in EXPECTED.items() if studies])
def test_the_parts_of_an_article_are_told_apart(
    drafts: dict[tuple[str, str], Draft], name: tuple[str, str]
) -> None:
    sections = find_sections(drafts[name].text)
    assert [section.kind for section in sections[-2:]] == ["references", "disclaimer"]
    body = sections[:-2]
    assert {section.kind for section in body} == {"body"}
    assert len(body) >= 7
    assert [section.heading for section in body[1:] if not section.heading] == []


@pytest.mark.parametrize("code", ["zh", "sv", "hi"])
def test_the_code_name_is_read_as_the_study(drafts: dict[tuple[str, str], Draft], code: str) -> None:
    (draft,) = [draft for name, draft in drafts.items() if name[0] == code and EXPECTED[name][1] == PLASTICITY]
    assert "liu-2016" in {mention.key for mention in StudyRegistry.builtin().mentions(draft.text)}
