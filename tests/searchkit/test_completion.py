"""Completing what somebody is typing."""

from collections.abc import Callable

import pytest

import searchkit
from searchkit import ArticleIndex, Draft
from searchkit.analyzers import analyzer_for
from searchkit.analyzers.normalize import fold

MakeIndex = Callable[..., ArticleIndex]


def completed(index: ArticleIndex, text: str, kind: str = "word", limit: int = 10) -> list[str]:
    return [completion.text for completion in index.complete(text, limit) if completion.kind == kind]


def test_words_are_completed_most_articles_first_one_for_all_inflections(make_index: MakeIndex) -> None:
    index = make_index(
        one="A neuron and other neurons. Neural nets.",
        two="Neurons are neurons; a neuron is one.",
        three="The neural neuron.",
        four="Neurology of neurons.",
    )
    assert completed(index, "neur") == ["neuron", "neural", "neurology"]
    assert [completion.articles for completion in index.complete("neur")] == [4, 2, 1]


def test_stems_and_stop_words_are_no_completions(make_index: MakeIndex) -> None:
    index = make_index(one="The memory of memories. The theories there.")
    assert completed(index, "memor") == ["memory"]
    assert completed(index, "th") == ["theories"]


def test_words_are_completed_as_they_are_written(make_index: MakeIndex) -> None:
    index = make_index(one="NMDA receptors, says Whitfield. Sleep is NMDA. Then sleep.")
    assert completed(index, "nm") == ["NMDA"]
    assert completed(index, "Whit") == ["Whitfield"]
    assert completed(index, "sl") == ["sleep"]


def test_only_the_last_word_is_completed_and_the_one_before_decides(make_index: MakeIndex) -> None:
    index = make_index(one="Deep slush. Slow trains. Slow hours.", two="Slow slugs.", three="Slow slush.")
    assert completed(index, "sl") == ["slow", "slush", "slugs"]
    assert completed(index, "+deep sl") == ["+deep slush"]
    assert completed(index, "unheard-of sl")[0] == "unheard-of slow"
    assert completed(index, '"deep sl') == ['"deep slush']
    assert completed(index, "text:slu") == ["text:slush", "text:slugs"]


@pytest.mark.parametrize("text", ["", " ", "sleep ", "sleep)", "!?", "zzz", "a zzz"])
def test_what_does_not_end_in_the_beginning_of_a_word_has_no_completions(
    sample_index: ArticleIndex, text: str
) -> None:
    assert sample_index.complete(text) == ()


@pytest.mark.parametrize(
    ("typed", "completion"),
    [
        ("hjä", "hjärnan"),
        ("मस्ति", "मस्तिष्क"),
        ("somm", "sommeil"),
        ("睡", "睡眠"),
        ("突觸傳", "突触传递"),  # Traditional characters
        ("关于突触传", "关于突触传递"),
    ],
)
def test_every_language_completes(sample_index: ArticleIndex, typed: str, completion: str) -> None:
    assert completion in [found.text for found in sample_index.complete(typed)]


def test_characters_that_only_stand_side_by_side_are_no_word(make_index: MakeIndex) -> None:
    index = make_index("zh", one="突触可塑性，神经可以。")
    assert completed(index, "经") == completed(index, "触") == []
    assert set(completed(index, "可")) == {"可塑", "可塑性"}
    assert analyzer_for("zh").is_part_of_word("触可")
    assert not analyzer_for("zh").is_part_of_word("突触")
    assert not analyzer_for("sv").is_part_of_word("ab")


def test_mechanisms_are_completed_by_all_their_names_and_only_those_that_articles_have(
    sample_index: ArticleIndex,
) -> None:
    assert "the effects of long-term potentiation" in completed(
        sample_index, "the effects of long-term pot", "mechanism"
    )
    assert "synaptisk gallring" in completed(sample_index, "synaptisk ga", "mechanism")
    assert completed(sample_index, "kainate", "mechanism") == []
    assert "kainate-receptor" in sample_index.vocabulary.concepts


def test_titles_that_hold_what_was_typed_fill_up_to_a_third(tmp_path: object) -> None:
    with ArticleIndex.create(f"{tmp_path}/index") as index:
        index.update(
            Draft(id=str(n), title=f"Sleep number {n}", text="sleeping sleeper", source="x", language="en")
            for n in range(9)
        )
        found = index.complete("sleep n", 9)
        assert [completion.kind for completion in found].count("title") == 3
        assert all(completion.completed.startswith("Sleep number") for completion in found[-3:])


def test_no_completion_comes_twice_and_all_begin_as_typed(sample_index: ArticleIndex) -> None:
    for typed in ("s", "me", "sy", "pl", "hi", "NM", "突", "睡", "न", "स्मृ", "é"):
        found = sample_index.complete(typed, 12)
        assert 0 < len(found) <= 12
        folded = [fold(completion.text) for completion in found]
        assert len(set(folded)) == len(folded)
        assert all(
            text.startswith(fold(typed))
            for text, completion in zip(folded, found, strict=True)
            if completion.kind != "title"
        )
        assert all(
            sample_index.search(completion.text).total >= 1
            for completion in found
            if completion.kind != "mechanism"
        )


def test_the_number_of_completions_is_the_limit_at_most(sample_index: ArticleIndex) -> None:
    assert [len(sample_index.complete("s", limit)) for limit in (0, 1, 2, 7)] == [0, 1, 2, 7]
    with pytest.raises(searchkit.InputError, match="0 or more"):
        sample_index.complete("s", -1)
