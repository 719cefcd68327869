"""Which language an article is in."""

from pathlib import Path

import pytest

from searchkit.language import UNKNOWN, detect
from searchkit.readers import Draft, read

SAMPLES = Path(__file__).parents[2] / "examples" / "articles"


@pytest.mark.parametrize("name", sorted(file.name for file in SAMPLES.iterdir()))
def test_every_sample_article_is_in_the_language_of_its_name(samples: Path, name: str) -> None:
    for draft in read([samples / name]):
        assert isinstance(draft, Draft)
        assert detect(f"{draft.title}\n{draft.text}") == name.split(".")[-2]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("What does sleep do for memory?", "en"),
        ("Hur fungerar minnet när vi sover?", "sv"),
        ("Comment dort le cerveau ?", "fr"),
        ("मस्तिष्क कैसे सीखता है?", "hi"),
        ("大脑如何学习？", "zh"),
        ("大腦如何學習？", "zh"),
        ("大脑", "zh"),
        ("脳はどのように学ぶか", "ja"),
        ("뇌는 어떻게 배우는가", "ko"),
        ("Wie lernt das Gehirn im Schlaf?", "de"),
        ("Как учится мозг во сне?", "ru"),
    ],
)
def test_a_short_text_is_enough(text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "L-苏氨酸镁（Magtein，MMFS-01）与NMDA受体的关系",
        "Hausenblas H、Lynch T、Hooper S，2024年，随机对照试验，睡眠质量和日间功能得到改善。",
        "发表在Journal of Alzheimer's Disease上的一项研究指出，认知能力有所提高，副作用很少。",
    ],
)
def test_latin_names_do_not_make_a_chinese_text_english(text: str) -> None:
    assert detect(text) == "zh"


def test_kana_between_the_characters_makes_a_text_japanese() -> None:
    assert detect("海馬は記憶の中枢である") == "ja"


def test_a_chinese_name_does_not_make_an_english_text_chinese() -> None:
    assert (
        detect("The word 突触 means synapse, and the study of it is a large part of neuroscience today.") == "en"
    )


@pytest.mark.parametrize("text", ["", "  \n", "2010; 65(2):165–177", "😀 — !", "\u0301", "½²"])
def test_a_text_without_letters_is_in_no_language(text: str) -> None:
    assert detect(text) == UNKNOWN


def test_languages_that_share_a_written_form_share_a_code() -> None:
    assert detect("佢哋喺度瞓覺，唔好嘈醒佢。") == "zh"
    assert detect("Hvordan lærer hjernen mens vi sover om natten, og hva husker den dagen etter?") in {"no", "da"}


def test_the_end_of_a_long_text_does_not_count() -> None:
    assert detect("Hjärnan lär sig medan vi sover. " * 1000 + "大脑在睡眠中学习。" * 5000) == "sv"
