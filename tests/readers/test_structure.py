"""Lines, headings, lists of references, disclaimers."""

from pathlib import Path

import pytest

from searchkit.readers import Draft, read
from searchkit.structure import find_sections, is_bullet, is_one_of, lines, looks_like_heading, without_bullet

PROSE = "A paragraph of prose that ends with a full stop."


def kinds(text: str) -> list[tuple[str, str]]:
    return [(section.heading, section.kind) for section in find_sections(text)]


def test_lines_are_those_that_are_not_blank_with_their_places() -> None:
    text = "  one \n\n\ttwo\n \nthree"
    assert [(line.text, text[line.start : line.end]) for line in lines(text)] == [
        ("one", "one"),
        ("two", "two"),
        ("three", "three"),
    ]


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        *(("- one", "one"), ("• one", "one"), ("– one", "one"), ("* one", "one"), ("▪ one", "one")),
        *(("1. one", "one"), ("12) one", "one"), ("(3) one", "one"), ("4、 一", "一"), ("  5.\tone", "one")),
        *(("[6] one", "one"), ("[7]one", "one"), ("［8］一", "一")),
    ],
)
def test_bullets_and_numbers_are_cut_off(line: str, entry: str) -> None:
    assert is_bullet(line)
    assert without_bullet(line) == entry


@pytest.mark.parametrize("line", ["one", "-one", "1.5 mg", "2010 was", "(2010) one", "1、一", "[one] two"])
def test_what_only_looks_like_a_bullet_stays(line: str) -> None:
    assert not is_bullet(line)
    assert without_bullet(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "References",
        "REFERENCES:",
        "## References",
        "Works cited",
        "参考资料",
        "参考文献：",
        "參考文獻",
        "Referenser",
        "Källor",
        "संदर्भ",
        "सन्दर्भ सूची",
        "Références",
        "Re\u0301fe\u0301rences",
        "Références bibliographiques :",
    ],
)
def test_a_heading_of_references_is_known_in_every_language(line: str) -> None:
    assert is_one_of(line, "references")
    assert kinds(f"{PROSE}\n\n{line}\n\n- Ann. 2010;65(2):165.")[-1] == (line, "references")


@pytest.mark.parametrize(
    "line",
    [
        "What you can do",
        "Et le stress ?",
        "你可以做什么",
        "深度睡眠：把白天重放一遍",
        "आप क्या कर सकते हैं",
        "Vad är sömn?",
    ],
)
def test_a_short_line_that_ends_no_sentence_is_a_heading(line: str) -> None:
    assert looks_like_heading(line)
    assert kinds(f"{PROSE}\n\n{line}\n\n{PROSE}") == [("", "body"), (line, "body")]


@pytest.mark.parametrize(
    "line", ["A sentence.", "- an entry", "一句话。", "एक वाक्य।", "word " * 30, "睡" * 50, "such as:"]
)
def test_sentences_entries_and_long_lines_are_no_headings(line: str) -> None:
    assert kinds(f"{PROSE}\n\n{line}\n\n{PROSE}") == [("", "body")]


def test_the_last_line_is_no_heading() -> None:
    assert kinds(f"{PROSE}\n\nA short line") == [("", "body")]


@pytest.mark.parametrize(
    "small_print",
    [
        "This text does not replace medical advice.",
        "These statements have not been evaluated by the Food and Drug Administration.",
        "本文不能代替医生的建议。",
        "Texten ersätter inte råd från läkare.",
        "यह लेख चिकित्सकीय सलाह नहीं है।",
        "Ce texte ne remplace pas l’avis d’un médecin.",
        "Anything else that stands alone at the end.",
    ],
)
@pytest.mark.parametrize("bullet", ["- ", "1. ", "[1] ", ""])
def test_the_small_print_after_the_references_is_no_reference(small_print: str, bullet: str) -> None:
    text = f"{PROSE}\n\nReferences\n\n{bullet}Ann. 2010;65(2):165.\n{bullet}Bea. 2011;66(2):1.\n\n{small_print}"
    body, references, disclaimer = find_sections(text)
    assert (body.kind, references.kind, disclaimer.kind) == ("body", "references", "disclaimer")
    assert text[disclaimer.start : disclaimer.end] == small_print


def test_small_print_without_references_before_it_is_a_disclaimer_too() -> None:
    assert kinds(f"{PROSE}\n\nThis text does not replace medical advice.") == [("", "body"), ("", "disclaimer")]


def test_an_article_that_goes_on_after_the_references_is_body() -> None:
    text = f"{PROSE}\n\nReferences\n\n- Ann. 2010;65(2):165.\n\nMore of it\n\n{PROSE}\n\n{PROSE}\n\n{PROSE}"
    assert [section.kind for section in find_sections(text)] == ["body", "references", "body"]


def test_given_headings_are_taken_instead_of_those_that_look_like_one() -> None:
    text = "A short line\nText.\nReferences\nAnn. 2010;65(2):165."
    first, last = find_sections(text, [(text.index("References"), "References")])
    assert (first.heading, first.kind) == ("", "body")
    assert (last.heading, last.kind) == ("References", "references")


@pytest.mark.parametrize("text", ["", "\n\n", "x"])
def test_a_text_without_headings_is_one_section(text: str) -> None:
    (section,) = find_sections(text)
    assert (section.start, section.end, section.kind) == (0, len(text), "body")


SAMPLES = {
    "exercise.en.md": (5, False),
    "exercise.hi.txt": (6, True),
    "exercise.sv.txt": (6, True),
    "gut-brain.en.txt": (6, True),
    "gut-brain.fr.txt": (6, True),
    "long-term-potentiation.zh.txt": (7, True),
    "magnesium-sleep.fr.txt": (7, True),
    "sleep-and-memory.en.txt": (7, True),
    "sleep-and-memory.fr.txt": (7, True),
    "sleep-and-memory.hi.txt": (7, True),
    "sleep-and-memory.sv.txt": (7, True),
    "sleep-two-articles.zh.txt": (7, True),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_sample_articles_have_one_list_of_references_and_their_small_print(samples: Path, name: str) -> None:
    count, small_print = SAMPLES[name]
    draft = next(iter(read([samples / name])))
    assert isinstance(draft, Draft)
    sections = find_sections(draft.text, draft.headings)
    assert len(sections) == count
    expected = ["references", "disclaimer"] if small_print else ["references"]
    assert [section.kind for section in sections if section.kind != "body"] == expected
    assert [section.kind for section in sections][-len(expected) :] == expected


@pytest.mark.parametrize(
    "line",
    [
        "This page gives general information and is no substitute for a visit to a doctor.",
        "Texten ger allmän information och kan inte ersätta ett läkarbesök.",
        "Ces informations sont données à titre indicatif et ne sauraient remplacer un médecin.",
        "यह सामान्य जानकारी है और डॉक्टर की सलाह का विकल्प नहीं है।",
        "以上内容仅供参考，不能取代医生的诊断。",
        "以上內容僅供參考，無法取代醫師的診斷。",
    ],
)
def test_small_print_at_the_end_is_a_disclaimer(line: str) -> None:
    text = f"The body goes here.\n\n{line}"
    assert find_sections(text)[-1].kind == "disclaimer"
    assert find_sections(f"{line}\n\nThe body goes here.")[0].kind == "body"
