"""Entries of lists of references, in the styles and languages of the articles."""

from datetime import date
from pathlib import Path

import pytest

from searchkit.article import Section
from searchkit.readers import Draft, read
from searchkit.references import parse_reference, parse_references
from searchkit.structure import find_sections

# The same study as writers in five languages give it.
SAME = [
    "Slutsky I, Abumaria N, Wu LJ, et al. Enhancement of learning. Neuron. 2010;65(2):165-177.",
    "Slutsky I, Abumaria N. Enhancement of learning. Neuron. 2010 Jan 28;65(2):165–77.",
    "Slutsky I, et al. Bättre inlärning. Neuron. 2010; 65(2):165—177.",
    "Slutsky I, et al. L’apprentissage. Neuron. 2010 ; 65(2) : 165-177.",
    "斯卢茨基等。《增强学习》。神经元。2010；65(2)：165–177。",
    "斯卢茨基等．增强学习．神经元，２０１０；６５（２）：１６５－１７７．",
    "स्लटस्की आई, एट अल. सीखने में सुधार। न्यूरॉन। 2010;65(2):165-177.",
    "स्लटस्की आई. सीखने में सुधार। न्यूरॉन। २०१०; ६५(२):१६५–१७७।",
    "Slutsky I. Enhancement of learning. Neuron 2010;65:165.",
    "Slutsky I. Enhancement of learning. Neuron. 2010;65(2), pp. 165-177.",
    "Slutsky, I., & Abumaria, N. (2010). Enhancement of learning. Neuron, 65(2), 165–177.",
    "Slutsky I, Abumaria N. Enhancement of learning[J]. Neuron, 2010, 65(2): 165-177.",
    "Slutsky I, Abumaria N. Enhancement of learning. Neuron 65(2), 165-177 (2010).",
]


@pytest.mark.parametrize("entry", SAME)
def test_year_volume_and_first_page_are_read_in_every_style(entry: str) -> None:
    reference = parse_reference(entry)
    assert (reference.year, reference.volume, reference.first_page) == (2010, "65", "165")
    assert reference.issue in {"2", ""}
    assert reference.kind == "study"


@pytest.mark.parametrize(
    ("entry", "author"),
    [(SAME[0], "Slutsky"), (SAME[4], "斯卢茨基等"), (SAME[6], "स्लटस्की"), (SAME[10], "Slutsky")],
)
def test_the_author_is_the_first_surname_as_written(entry: str, author: str) -> None:
    assert parse_reference(entry).author == author


@pytest.mark.parametrize(
    ("entry", "author"),
    [
        ("O'Riordan KJ. 2019;99:1.", "O'Riordan"),
        ("O’Riordan KJ. 2019;99:1.", "O’Riordan"),
        ("Gröber U. 2015;7:8199.", "Gröber"),
        ("“Smith J” 2015;7:8199.", "Smith"),
        ("https://doi.org/10.1038/nrn2762", ""),
        ("www.example.org 2015", ""),
        ("doi:10.1038/nrn2762", ""),
        ("2010;65:165", ""),
    ],
)
def test_names_with_marks_are_whole_and_an_address_is_no_name(entry: str, author: str) -> None:
    assert parse_reference(entry).author == author


@pytest.mark.parametrize(
    ("entry", "journal"),
    [
        (SAME[0], "Neuron"),
        (SAME[4], "神经元"),
        (SAME[6], "न्यूरॉन"),
        (SAME[10], "Neuron"),
        (SAME[11], "Neuron"),
        (
            "Xie L, et al. Sleep drives clearance. Proc Natl Acad Sci U S A. 2013;342:373.",
            "Proc Natl Acad Sci U S A",
        ),
        ("Xie L. Sleep drives clearance. https://doi.org/10.1126/science.1241224", ""),
    ],
)
def test_the_journal_stands_before_the_year_or_the_volume(entry: str, journal: str) -> None:
    assert parse_reference(entry).journal == journal


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("doi:10.1038/nrn2762", "10.1038/nrn2762"),
        ("DOI: 10.1038/nrn2762.", "10.1038/nrn2762"),
        ("doi : 10.1038/NRN2762", "10.1038/nrn2762"),
        ("DOI：10.1038/nrn2762。", "10.1038/nrn2762"),
        ("DOI：10.1038/nrn2762，全文", "10.1038/nrn2762"),
        ("DOI：10.1038/nrn2762；PMID：20046194", "10.1038/nrn2762"),
        ("（DOI：10.1038/nrn2762）。", "10.1038/nrn2762"),
        ("https://doi.org/10.1038/nrn2762", "10.1038/nrn2762"),
        ("<https://doi.org/10.1038/nrn2762>.", "10.1038/nrn2762"),
        ("http://dx.doi.org/10.1038/nrn2762।", "10.1038/nrn2762"),
        ("“doi:10.1038/nrn2762”", "10.1038/nrn2762"),
        ("doi:10.1016/S0166-2236(02)02143-4", "10.1016/s0166-2236(02)02143-4"),
        ("(doi:10.1016/S0166-2236(02)02143-4).", "10.1016/s0166-2236(02)02143-4"),
        ("doi:10.1016/j.neuron.2009.12.026.", "10.1016/j.neuron.2009.12.026"),
        ("doi:10.1016/j.neuron.2009\u201112\u2011026", "10.1016/j.neuron.2009-12-026"),
        ("no identifier 10.10/x", ""),
    ],
)
def test_a_doi_is_read_without_what_stands_around_it(text: str, doi: str) -> None:
    reference = parse_reference(f"Ann B. A title. {text}")
    assert (reference.doi, reference.url) == (doi, "")


@pytest.mark.parametrize(
    ("entry", "year"),
    [
        ("Ann B. A title. doi:10.1016/j.neuron.2009.12.026", None),
        ("Ann B. A title. doi:10.1016/j.neuron.2009.12.026. 2010", 2010),
        ("WHO. https://example.org/2024/05/page. Accessed 2025.", 2025),
        ("World Health Organization. 2020.", 2020),
        ("Section 12010 of it.", None),
    ],
)
def test_numbers_inside_an_address_are_no_year(entry: str, year: int | None) -> None:
    assert parse_reference(entry).year == year


@pytest.mark.parametrize(
    ("entry", "published"),
    [
        ("Hausenblas H. A title. Sleep Medicine: X. 17 August 2024.", date(2024, 8, 17)),
        ("Hausenblas H. En titel. Sömnmedicin: X. 17 augusti 2024.", date(2024, 8, 17)),
        ("Hausenblas H. Un titre. 17 août 2024.", date(2024, 8, 17)),
        ("豪森布拉斯。《题目》。2024年8月17日。", date(2024, 8, 17)),
        ("हौसेनब्लास एच। शीर्षक। 17 अगस्त, 2024।", date(2024, 8, 17)),
        ("Hausenblas H. Sleep Med X. 2024;8:100121. Published 2024 Aug 17.", date(2024, 8, 17)),
        ("Hausenblas H. Sleep Med X. 2024;8:100121.", None),
    ],
)
def test_a_full_date_is_read_in_every_language(entry: str, published: date | None) -> None:
    assert parse_reference(entry).published == published


@pytest.mark.parametrize(
    ("entry", "kind", "url"),
    [
        ("NIH. Magnesium. https://ods.od.nih.gov/a/. Accessed 2025.", "web", "https://ods.od.nih.gov/a/"),
        ("NIH。镁。https://ods.od.nih.gov/a/.2025 年访问。", "web", "https://ods.od.nih.gov/a/"),
        ("WHO। https://www.who.int/a-b। 2025 में देखा गया।", "web", "https://www.who.int/a-b"),
        ("WHO (https://www.who.int/a_(b)).", "web", "https://www.who.int/a_(b)"),
        ("Ann B. Neuron. 2010;65(2):165. https://example.org/a", "study", "https://example.org/a"),
        ("Ann B. A title. https://doi.org/10.1038/nrn2762", "study", ""),
        ("Ann B. A title. 2010.", "study", ""),
    ],
)
def test_a_page_with_nothing_that_tells_a_publication_is_a_web_source(entry: str, kind: str, url: str) -> None:
    reference = parse_reference(entry)
    assert (reference.kind, reference.url) == (kind, url)


def test_an_entry_keeps_its_text_and_place() -> None:
    reference = parse_reference(SAME[5], start=40)
    assert (reference.text, reference.start, reference.end) == (SAME[5], 40, 40 + len(SAME[5]))


def test_entries_are_found_in_lists_of_references_alone() -> None:
    text = "Ann. 2010;65(2):165.\nReferences\n- Bea. 2011;66:1.\n- no year\n- Cid. 2012."
    start = text.index("References")
    sections = [Section("", 0, start), Section("References", start, len(text), "references")]
    found = parse_references(text, sections)
    assert [(item.author, text[item.start : item.end]) for item in found] == [
        ("Bea", "Bea. 2011;66:1."),
        ("Cid", "Cid. 2012."),
    ]


@pytest.mark.parametrize("bullet", ["- {}", "• {}", "{}. ", "[{}] ", "({}) ", "  {}) "])
def test_an_entry_may_go_over_several_lines(bullet: str) -> None:
    entries = [f"{bullet.format(n)}Ann B,\n   Bea C.\n   Neuron. 201{n};65(2):165." for n in range(1, 4)]
    text = "Some text.\n\nReferences\n" + "\n".join(entries)
    found = parse_references(text, find_sections(text))
    assert [(item.year, item.volume) for item in found] == [(2011, "65"), (2012, "65"), (2013, "65")]
    assert all(text[item.start : item.end] == item.text for item in found)


def test_a_list_without_bullets_has_an_entry_a_line() -> None:
    text = "Some text.\n\nRéférences\n\nAnn B. 2010;65(2):165.\nBea C. 2011;66:1."
    assert [item.author for item in parse_references(text, find_sections(text))] == ["Ann", "Bea"]


@pytest.mark.parametrize("topic", ["exercise", "gut-brain", "sleep-and-memory"])
def test_samples_on_one_topic_cite_the_same_places(samples: Path, topic: str) -> None:
    places = set()
    for file in samples.glob(f"{topic}.*"):
        (draft,) = read([file])
        assert isinstance(draft, Draft)
        found = parse_references(draft.text, find_sections(draft.text, draft.headings))
        places.add(
            tuple((item.kind, item.year, item.volume, item.first_page, item.doi, item.url) for item in found)
        )
    assert len(places) == 1
