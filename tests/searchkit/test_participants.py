"""A number and people, in a sentence about research, are participants."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.participants import find_participants


def found(code: str, text: str) -> list[str]:
    return [text[start:end] for start, end in find_participants(text, code)]


@pytest.mark.parametrize(
    ("code", "text", "surface"),
    [
        ("en", "The trial followed 1,795 older people for a year.", "1,795 older people"),
        ("en", "In a small study twelve people took caffeine.", "twelve people"),
        ("en", "It was a large trial. Some 26,000 adults took part.", "26,000 adults"),
        ("en", "In humans few studies have been made.", "In humans"),
        ("sv", "Forskarna följde nittiosex frivilliga.", "nittiosex frivilliga"),
        ("sv", "En studie med drygt tio tusen personer.", "tio tusen personer"),
        ("fr", "L’étude a suivi 7 447 personnes.", "7 447 personnes"),
        ("fr", "Dans un essai, douze jeunes adultes ont lu.", "douze jeunes adultes"),
        ("hi", "एक परीक्षण में बारह युवा पढ़ते थे।", "बारह युवा"),
        ("hi", "अध्ययन में ४६ लोगों ने भाग लिया।", "४६ लोगों"),
        ("zh", "研究者扫描了八位职业钢琴家。", "八位"),
        ("zh", "試驗有46名老年患者。", "46名"),
    ],
)
def test_participants(code: str, text: str, surface: str) -> None:
    assert found(code, text) == [surface]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "Adults need seven hours of sleep."),
        ("en", "Every year forty thousand people fall ill."),
        ("en", "The study says that in 2015 adults slept longer."),
        ("en", "The study says that 3 million people are ill."),
        ("sv", "Varje år insjuknar 40 000 personer."),
        ("fr", "Les adultes dorment sept heures."),
        ("hi", "लोगों को सात घंटे सोना चाहिए।"),
        ("zh", "两位研究者做了一项研究。"),
        ("de", "Die Studie hatte 40 people."),
    ],
)
def test_no_participants(code: str, text: str) -> None:
    assert found(code, text) == []


def test_a_part_of_a_text_is_told_in_the_texts_own_offsets() -> None:
    text = "The study. The study had 46 women."
    assert [text[start:end] for start, end in find_participants(text, "en", 11, 34)] == ["46 women"]
    assert list(find_participants(text, "en", 0, 10)) == []


@given(st.text(), st.sampled_from(["en", "fr", "hi", "sv", "zh"]))
def test_any_text_is_read(text: str, code: str) -> None:
    assert all(0 <= start < end <= len(text) for start, end in find_participants(text, code))


@pytest.mark.parametrize(
    ("code", "unit"),
    [("en", "study 12-- a "), ("en", "study 1-"), ("en", "-"), ("zh", "研究三"), ("fr", "étude cent-")],
)
def test_time_is_linear(code: str, unit: str) -> None:
    def seconds(times: int) -> float:
        begun = perf_counter()
        list(find_participants("study 12" + unit * times, code))
        return perf_counter() - begun

    seconds(10)
    assert seconds(10_000) < 40 * max(seconds(1_000), 0.005)
