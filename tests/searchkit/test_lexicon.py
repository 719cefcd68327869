from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.analyzers import LANGUAGES, analyzer_for
from searchkit.lexicon import Lexicon, WordList
from searchkit.translate import _stemmer as stems

FOLDER = Path(__file__).resolve().parents[2] / "searchkit" / "data" / "lexicon"
LISTS = sorted(FOLDER.glob("*/[a-z][a-z]-[a-z][a-z].txt"))


def texts(word: str, source: str, target: str) -> list[str]:
    return [found.text for found in Lexicon.builtin().translate(word, source, target, stems)]


def make(folder: Path, **lists: str) -> Lexicon:
    """Make a lexicon of one source; ``en_sv`` names a list, a line is ``key=one|two``."""
    (folder / "test").mkdir(parents=True)
    for name, lines in lists.items():
        rows = sorted(line.strip().replace("=", "\t").encode() for line in lines.splitlines() if line.strip())
        (folder / "test" / f"{name.replace('_', '-')}.txt").write_bytes(b"".join(row + b"\n" for row in rows))
    return Lexicon(folder)


# What ships


@pytest.mark.parametrize(
    ("word", "source", "target", "expected"),
    [
        ("sleep", "en", "zh", "睡眠"),
        ("sleep", "en", "hi", "नींद"),
        ("sleep", "en", "sv", "sömn"),
        ("sleep", "en", "fr", "sommeil"),
        ("universities", "en", "zh", "大学"),
        ("united states", "en", "hi", "संयुक्त राज्य"),
        ("taught", "en", "sv", "undervisa"),
        ("记忆", "zh", "en", "memory"),
        ("记忆", "zh", "sv", "minne"),
        ("विश्वविद्यालय", "hi", "en", "university"),
        ("विश्वविद्यालय", "hi", "zh", "大学"),
        ("hjärnan", "sv", "en", "brain"),
        ("hjärna", "sv", "zh", "脑"),
        ("bibliothèque", "fr", "en", "library"),
        ("bibliothèque", "fr", "sv", "bibliotek"),
        ("måndag", "sv", "hi", "सोमवार"),
        ("tyskland", "sv", "zh", "德国"),
        ("einstein", "en", "zh", "爱因斯坦"),
        ("warsaw", "en", "zh", "华沙"),
    ],
)
def test_words_are_translated(word: str, source: str, target: str, expected: str) -> None:
    assert expected in " ".join(texts(word, source, target))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_list_is_sorted_folded_and_without_doubles(path: Path) -> None:
    source, _, target = path.stem.partition("-")
    lines = path.read_bytes().splitlines()
    keys = [line.partition(b"\t")[0] for line in lines]
    assert keys == sorted(set(keys))
    assert {source, target} <= set(LANGUAGES)
    for line in lines[:: max(len(lines) // 200, 1)]:
        key, _, found = line.decode().partition("\t")
        assert key == " ".join(analyzer_for(source).words(key))
        assert found
        assert "" not in found.split("|")


@pytest.mark.parametrize("folder", sorted({path.parent for path in LISTS}), ids=lambda folder: folder.name)
def test_every_source_is_told_with_its_licence(folder: Path) -> None:
    assert f"| `{folder.name}` |" in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert (folder / "LICENSE.txt").is_file()


def test_every_list_is_found_by_the_lexicon() -> None:
    assert {code for path in LISTS for code in path.stem.split("-")} == set(Lexicon.builtin().languages)


# Lists


def test_a_key_is_found_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    keys = ["a", "ab", "b", "睡眠", "睡眠质量", "नींद", "é"]
    rows = sorted(f"{key}\t{key} translated|more".encode() for key in keys)
    path.write_bytes(b"\n".join(rows) + b"\n")
    entries = WordList(path)
    for key in keys:
        assert key in entries
        assert entries.get(key) == f"{key} translated|more"
    for missing in ("", "A", "aa", "abc", "睡", "睡眠质", "z", "\U0010ffff", "a\tb"):
        assert missing not in entries
        assert entries.get(missing) == ""
    assert [key for key, _ in entries.beginning("睡")] == ["睡眠", "睡眠质量"]
    assert [key for key, _ in entries.beginning("a")] == ["a", "ab"]
    assert list(entries.beginning("zz")) == []


def test_an_empty_list_has_no_key(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"")
    entries = WordList(tmp_path / "list.txt")
    assert entries.get("a") == ""
    assert list(entries.beginning("a")) == []


@pytest.mark.parametrize("folder", [None, Path("no such folder")])
def test_without_lists_nothing_is_translated(folder: Path | None) -> None:
    lexicon = Lexicon(folder)
    assert lexicon.languages == frozenset()
    assert lexicon.translate("sleep", "en", "zh", stems) == []
    assert not lexicon.knows("sleep", "en")
    assert lexicon.names("slp") == []
    assert lexicon.longest("睡眠", 0, "zh", "en") == 0
    assert lexicon.phrase(["united", "states"], 0, "en", "zh", stems("en")) == 0  # type: ignore[arg-type]


def test_the_best_translation_has_weight_1_and_later_ones_less(tmp_path: Path) -> None:
    lexicon = make(tmp_path, en_sv="sleep=sömn|vila|dvala")
    found = lexicon.translate("sleep", "en", "sv", stems)
    assert [one.text for one in found] == ["sömn", "vila", "dvala"]
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    assert found[0].weight == 1


def test_other_forms_of_a_word_are_found_below_its_own(tmp_path: Path) -> None:
    lexicon = make(tmp_path, en_sv="meeting=möte\n meet=träffa\n meetinghouse=hus\n go=gå", en_en="went=go")
    assert [one.text for one in lexicon.translate("meeting", "en", "sv", stems)] == ["möte", "träffa"]
    assert [one.text for one in lexicon.translate("meets", "en", "sv", stems)] == ["möte", "träffa"]
    assert [one.text for one in lexicon.translate("went", "en", "sv", stems)] == ["gå"]


def test_a_pair_without_lists_goes_through_another_language(tmp_path: Path) -> None:
    lexicon = make(tmp_path, sv_en="sömn=sleep", en_zh="sleep=睡眠", sv_fr="bi=abeille", fr_en="abeille=bee")
    assert [one.text for one in lexicon.translate("sömn", "sv", "zh", stems)] == ["睡眠"]
    assert [one.text for one in lexicon.translate("bi", "sv", "en", stems)] == ["bee"]
    assert lexicon.translate("sömn", "sv", "hi", stems) == []


def test_the_longest_phrase_wins(tmp_path: Path) -> None:
    lexicon = make(tmp_path, en_sv="new=ny\n new york=New York\n new york city=New York\n york=York")
    stem = stems("en")
    assert stem
    assert lexicon.phrase(["new", "york", "city"], 0, "en", "sv", stem) == 3
    assert lexicon.phrase(["new", "york", "cities"], 0, "en", "sv", stem) == 3
    assert lexicon.phrase(["new", "york", "marathon"], 0, "en", "sv", stem) == 2
    assert lexicon.phrase(["new", "house"], 0, "en", "sv", stem) <= 1


def test_a_run_of_chinese_is_cut_at_the_longest_word(tmp_path: Path) -> None:
    lexicon = make(tmp_path, zh_en="睡=sleep\n 睡眠=sleep\n 睡眠质量=sleep quality\n 好=good")
    assert lexicon.longest("睡眠质量好", 0, "zh", "en") == 4
    assert lexicon.longest("睡眠好", 0, "zh", "en") == 2
    assert lexicon.longest("睡眠质量好", 4, "zh", "en") == 5
    assert lexicon.longest("无", 0, "zh", "en") == 0


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    phrase=st.text(max_size=20) | st.sampled_from(["a b", " ", "\t", "\n", "|", "睡眠\t", "\ud7ff", "new york"]),
    source=st.sampled_from(["en", "sv", "zh", "hi", "fr", "xx"]),
    target=st.sampled_from(["en", "sv", "zh", "hi", "fr", "xx"]),
)
def test_any_text_can_be_looked_up(phrase: str, source: str, target: str) -> None:
    lexicon = Lexicon.builtin()
    for found in lexicon.translate(phrase, source, target, stems):
        assert found.text
        assert 0 < found.weight <= 1
    assert lexicon.knows(phrase, source) in (True, False)
