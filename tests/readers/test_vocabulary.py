"""Controlled vocabularies: which mechanisms a text or a query names, in each language."""

import re
from pathlib import Path

import pytest

from searchkit.analyzers import analyzer_for
from searchkit.analyzers.normalize import fold
from searchkit.errors import VocabularyError
from searchkit.vocabulary import Match, Vocabulary

LANGUAGES = {"en", "fr", "hi", "sv", "zh"}
MECHANISMS = Vocabulary.builtin()
TYPES = Vocabulary.builtin("study_types")


def found(code: str, text: str, vocabulary: Vocabulary = MECHANISMS) -> list[str]:
    return [match.key for match in vocabulary.find(text, analyzer_for(code))]


def load(folder: Path, text: str, base: Vocabulary | None = None) -> Vocabulary:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return Vocabulary.load(path, base)


@pytest.mark.parametrize(("vocabulary", "least"), [(MECHANISMS, 60), (TYPES, 5)])
def test_the_builtin_vocabularies_have_labels_in_all_five_languages(vocabulary: Vocabulary, least: int) -> None:
    assert len(vocabulary.concepts) >= least
    assert {key: set(entry) for key, entry in vocabulary.concepts.items() if set(entry) != LANGUAGES} == {}
    assert vocabulary.languages == LANGUAGES


def test_the_mechanisms_are_a_tree_of_at_most_five_levels() -> None:
    assert set(MECHANISMS.parents) <= set(MECHANISMS.concepts)
    assert set(MECHANISMS.parents.values()) <= set(MECHANISMS.concepts)
    above = {key: MECHANISMS.above(key) for key in MECHANISMS.concepts}
    assert not [key for key, wider in above.items() if key in wider]
    assert 3 <= max(len(wider) + 1 for wider in above.values()) <= 5
    assert above["nmda-receptor"] == ("glutamate-receptor", "receptor")
    assert len(MECHANISMS.parents) >= 50


def test_concepts_are_closed_upwards_and_cut_to_the_most_specific() -> None:
    closed = MECHANISMS.closed(["nmda-receptor", "autophagy", "no-such-key"])
    assert closed == {
        "nmda-receptor",
        "glutamate-receptor",
        "receptor",
        "autophagy",
        "proteostasis",
        "no-such-key",
    }
    assert MECHANISMS.most_specific(closed) == {"nmda-receptor", "autophagy", "no-such-key"}
    assert MECHANISMS.closed([]) == MECHANISMS.most_specific([]) == frozenset()
    everything = frozenset(MECHANISMS.concepts)
    assert MECHANISMS.closed(everything) == everything
    assert MECHANISMS.most_specific(everything) == everything - set(MECHANISMS.parents.values())


# What a source of a built-in vocabulary may be; identifiers are looked up by tools/mechanisms.
SOURCE = re.compile(r"MeSH D(?:\d{6}|\d{9}): \S.*|GO:\d{7}: \S.*|CC-CEDICT: \S.*|searchkit")


@pytest.mark.parametrize("vocabulary", [MECHANISMS, TYPES], ids=["mechanisms", "study types"])
def test_every_builtin_concept_names_its_sources_each_once(vocabulary: Vocabulary) -> None:
    assert set(vocabulary.sources) == set(vocabulary.concepts)
    named: dict[str, str] = {}
    for key, sources in vocabulary.sources.items():
        assert all(SOURCE.fullmatch(source) for source in sources), key
        assert sources[-1] == "searchkit"
        for source in sources[:-1]:
            assert named.setdefault(source, key) == key
    assert len(named) > len(vocabulary.concepts) / 2


def test_cc_cedict_has_the_terms_that_are_said_to_come_from_it() -> None:
    path = Path(__file__).resolve().parents[2] / "searchkit" / "data" / "lexicon" / "cc-cedict" / "en-zh.txt"
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    lists = {phrase: set(translations.split("|")) for phrase, translations in lines}
    told = {
        key: source.removeprefix("CC-CEDICT: ").split(", ")
        for key, sources in MECHANISMS.sources.items()
        for source in sources
        if source.startswith("CC-CEDICT: ")
    }
    assert len(told) > 10
    for key, terms in told.items():
        assert set(terms) <= set(MECHANISMS.concepts[key]["zh"])
        held = set().union(*(lists.get(fold(term), set()) for term in MECHANISMS.concepts[key]["en"]))
        assert {fold(term) for term in terms} <= held, key


@pytest.mark.parametrize("vocabulary", [MECHANISMS, TYPES], ids=["mechanisms", "study types"])
@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_term_is_found_in_running_text_and_belongs_to_one_concept(vocabulary: Vocabulary, code: str) -> None:
    around = {"zh": "关于{}的文章", "hi": "यह {} है"}.get(code, "x {} y")
    missed = {
        term: keys
        for key, entry in vocabulary.concepts.items()
        for term in entry[code]
        if (keys := found(code, around.format(term), vocabulary)) != [key]
    }
    assert missed == {}


@pytest.mark.parametrize(
    ("code", "text", "key", "surface"),
    [
        ("en", "Synaptic   plasticity matters", "synaptic-plasticity", "Synaptic   plasticity"),
        ("en", "of the NMDA-receptors", "nmda-receptor", "NMDA-receptors"),
        ("sv", "hjärnans synaptiska plasticitet", "synaptic-plasticity", "synaptiska plasticitet"),
        ("sv", "i NMDA-receptorerna", "nmda-receptor", "NMDA-receptorerna"),
        ("sv", "NMDA-receptorns roll", "nmda-receptor", "NMDA-receptorns"),
        ("sv", "signalsubstansernas roll", "neurotransmission", "signalsubstansernas"),
        ("sv", "ökad blod-hjärnbarriär", "blood-brain-barrier", "blod-hjärnbarriär"),
        ("fr", "les récepteurs NMDA", "nmda-receptor", "récepteurs NMDA"),
        ("fr", "de la plasticité synaptique", "synaptic-plasticity", "plasticité synaptique"),
        ("fr", "l’inflammation", "inflammation", "inflammation"),
        ("hi", "सिनेप्टिक प्लास्टिसिटी को", "synaptic-plasticity", "सिनेप्टिक प्लास्टिसिटी"),
        ("hi", "NMDA रिसेप्टर", "nmda-receptor", "NMDA रिसेप्टर"),
        ("zh", "支持突触可塑性和", "synaptic-plasticity", "突触可塑性"),
        ("zh", "支持突觸可塑性和", "synaptic-plasticity", "突觸可塑性"),
        ("zh", "ＮＭＤＡ受體的", "nmda-receptor", "ＮＭＤＡ受體"),
        ("zh", "血脑屏障", "blood-brain-barrier", "血脑屏障"),
    ],
)
def test_inflection_case_width_script_and_word_breaks_do_not_matter(
    code: str, text: str, key: str, surface: str
) -> None:
    (match,) = MECHANISMS.find(text, analyzer_for(code))
    assert (match.key, text[match.start : match.end]) == (key, surface)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The plastic synapse had long-term effects and depression"),
        ("sv", "Långtidseffekter av plast"),
        ("zh", "他说这突然可以塑造"),
        ("hi", "लंबे समय में"),
        ("fr", "récepteur de radio"),
    ],
)
def test_parts_of_a_term_are_not_the_term(code: str, text: str) -> None:
    assert found(code, text) == []


@pytest.mark.parametrize(
    ("code", "text", "keys"),
    [
        ("en", "neuroinflammation and inflammation", ["neuroinflammation", "inflammation"]),
        ("en", "brain inflammation", ["neuroinflammation"]),
        ("en", "non-REM sleep and REM sleep", ["nrem-sleep", "rem-sleep"]),
        ("fr", "sommeil lent profond, sommeil lent", ["deep-sleep", "nrem-sleep"]),
        ("zh", "非快速眼动睡眠和快速眼动睡眠", ["nrem-sleep", "rem-sleep"]),
        ("sv", "icke-REM-sömn och REM-sömn", ["nrem-sleep", "rem-sleep"]),
    ],
)
def test_the_longest_term_wins(code: str, text: str, keys: list[str]) -> None:
    assert found(code, text) == keys


def test_a_term_of_one_chinese_character_or_one_that_ends_in_it_is_found_anywhere(tmp_path: Path) -> None:
    own = load(tmp_path, '[magnesium]\nzh = ["镁"]\n[axis]\nzh = ["HPA轴"]\n[ion]\nzh = ["镁离子通道"]')
    text = "镁和HPA轴的关系，镁离子，镁离子通道，补镁"
    matches = own.find(text, analyzer_for("zh"))
    assert [(match.key, text[match.start : match.end]) for match in matches] == [
        ("magnesium", "镁"),
        ("axis", "HPA轴"),
        ("magnesium", "镁"),
        ("ion", "镁离子通道"),
        ("magnesium", "镁"),
    ]


def test_a_long_term_that_stops_short_does_not_hide_a_short_one(tmp_path: Path) -> None:
    own = load(tmp_path, '[long]\nen = ["one two three four"]\n[short]\nen = ["two three"]\n[first]\nen = ["one"]')
    assert found("en", "one two three five", own) == ["first", "short"]
    assert found("en", "one two three four", own) == ["long"]


def test_english_terms_are_found_in_every_language() -> None:
    for code, text in [
        ("sv", "så kallad long-term potentiation"),
        ("zh", "即long-term potentiation"),
        ("da", "LTP"),
    ]:
        assert found(code, text) == ["long-term-potentiation"]


def test_tokens_at_hand_give_the_same_matches() -> None:
    analyzer = analyzer_for("sv")
    text = "NMDA-receptorn och synaptisk plasticitet"
    assert MECHANISMS.find(text, analyzer, analyzer.canonical(text)) == MECHANISMS.find(text, analyzer)
    assert MECHANISMS.find(text, analyzer, []) == []


@pytest.mark.parametrize(
    "query",
    [
        *("synaptic plasticity", "SYNAPTIC PLASTICITY?", "what is synaptic plasticity"),
        *("synaptisk plasticitet", "den synaptiska plasticiteten", "plasticité synaptique"),
        *("सिनैप्टिक प्लास्टिसिटी", "सिनेप्टिक प्लास्टिसिटी क्या है", "突触可塑性", "突觸可塑性", "什么是突触可塑性？"),
    ],
)
def test_a_query_names_a_mechanism_in_any_language(query: str) -> None:
    assert MECHANISMS.find_in_query(query) == {"synaptic-plasticity"}


def test_a_query_may_name_several_mechanisms_or_none() -> None:
    assert MECHANISMS.find_in_query("NMDA 受体 och djupsömn") == {"nmda-receptor", "deep-sleep"}
    assert MECHANISMS.find_in_query("hur man bakar bröd") == set()
    assert MECHANISMS.find_in_query("") == set()


@pytest.mark.parametrize(("query", "whole"), [("synaptic plasticity", True), ("the synaptic plasticity", False)])
def test_a_query_that_is_nothing_but_a_mechanism_is_told_apart(query: str, whole: bool) -> None:
    assert bool(MECHANISMS.find_in_query(query, whole=True)) is whole


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("en", "NMDA receptor"),
        ("sv", "NMDA-receptor"),
        ("zh", "NMDA受体"),
        ("fr", "récepteur NMDA"),
        ("da", "NMDA receptor"),
    ],
)
def test_the_first_term_is_the_label(code: str, label: str) -> None:
    assert MECHANISMS.label("nmda-receptor", code) == label


def test_a_label_is_found_where_there_is_no_english_one_and_no_concept(tmp_path: Path) -> None:
    own = load(tmp_path, '[sleep-debt]\nsv = ["sömnskuld"]')
    assert own.label("sleep-debt") == "sömnskuld"
    assert own.label("no-such-key") == "no-such-key"


def test_only_words_without_spaces_are_given_to_segmenters(tmp_path: Path) -> None:
    own = load(
        tmp_path, '[a]\nzh = ["NMDA受体", "N-甲基-D-天冬氨酸受体", "镁"]\nen = ["NMDA receptor"]\nhi = ["ग्राही"]'
    )
    assert own.words_without_spaces() == {"受体", "甲基", "天冬氨酸受体"}


OWN = '[sleep-debt]\nen = ["sleep debt"]\nsv = ["sömnskuld"]\n\n[nmda-receptor]\nen = ["glutamate gate"]\n'


def test_an_own_file_extends_the_vocabulary_and_replaces_what_has_the_same_key(tmp_path: Path) -> None:
    own = load(tmp_path, OWN, MECHANISMS)
    assert len(own.concepts) == len(MECHANISMS.concepts) + 1
    assert found("sv", "sömnskulden och synaptisk plasticitet", own) == ["sleep-debt", "synaptic-plasticity"]
    assert found("en", "the glutamate gate", own) == ["nmda-receptor"]
    assert found("en", "the NMDA receptor", own) == ["receptor"]


def test_an_own_file_says_where_its_terms_come_from(tmp_path: Path) -> None:
    text = (
        '[sleep-debt]\nsources = ["our glossary"]\nen = ["sleep debt"]\n[nmda-receptor]\nen = ["glutamate gate"]'
    )
    own = load(tmp_path, text, MECHANISMS)
    assert own.sources["sleep-debt"] == ("our glossary",)
    assert "nmda-receptor" not in own.sources
    assert "nmda-receptor" not in own.parents
    assert own.sources["autophagy"] == MECHANISMS.sources["autophagy"]
    assert Vocabulary.from_dict(own.to_dict()) == own


@pytest.mark.parametrize("base", [MECHANISMS, None])
def test_an_own_file_may_stand_alone(tmp_path: Path, base: Vocabulary | None) -> None:
    own = load(tmp_path, f"replace = true\n{OWN}", base)
    assert set(own.concepts) == {"sleep-debt", "nmda-receptor"}
    assert own.languages == {"en", "sv"}


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert set(load(tmp_path, f"\ufeff{OWN}").concepts) == {"sleep-debt", "nmda-receptor"}


def test_a_vocabulary_goes_through_json_types_and_back() -> None:
    assert Vocabulary.from_dict(MECHANISMS.to_dict()) == MECHANISMS


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[one]\nen = ["a"]\n\n[Two]\nen = ["b"]', 4, "'Two' is not a key"),
        ('[one]\nen = ["a"]\n["two words"]\nen = ["b"]', 3, "'two words' is not a key"),
        ("[one]\n", 1, "needs a list of terms"),
        ("\none = 1\n", 2, "needs a list of terms"),
        ('[one]\nenglish = ["a"]', 1, "'english' in [one] is not a language code"),
        ('[one]\nen = "a"', 1, "en in [one] must be a list"),
        ("[one]\nen = [1]", 1, "en in [one] must be a list"),
        ('[one]\nen = ["a", " "]', 1, "en in [one] must be a list"),
        ("\n\n[one]\nen = []", 3, "has no term"),
        ('[one]\nen = ["a"]\n[two]\nen = ["b"]\nsources = "MeSH"', 3, "the sources of [two] must be a list"),
        ('[one]\nen = ["a"]\nsources = [1]', 1, "the sources of [one] must be a list"),
        ('[one]\nen = ["a"]\nsources = [" "]', 1, "the sources of [one] must be a list"),
        ('[one]\nsources = ["MeSH"]', 1, "has no term"),
    ],
)
def test_an_error_in_a_file_names_file_and_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(VocabularyError) as caught:
        load(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'own.toml'}:{line}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[one]\nen = [", "not valid TOML: "),
        ('[one]\nen = ["a"]\n[one]\nsv = ["b"]', "line 3"),
        ("", "holds no concept"),
        ("replace = true", "holds no concept"),
        ('replace = "yes"\n[one]\nen = ["a"]', "'replace' must be true or false"),
    ],
)
def test_an_error_of_the_whole_file_names_the_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(VocabularyError) as caught:
        load(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'own.toml'}: ")
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=r"no\.toml: cannot be read"):
        Vocabulary.load(tmp_path / "no.toml")
    with pytest.raises(VocabularyError, match="cannot be read"):
        Vocabulary.load(tmp_path)
    (tmp_path / "latin.toml").write_bytes('[one]\nsv = ["sömn"]'.encode("latin-1"))
    with pytest.raises(VocabularyError, match=r"latin\.toml: not UTF-8 at byte 14"):
        Vocabulary.load(tmp_path / "latin.toml")


def test_matches_do_not_overlap_and_stand_in_order() -> None:
    text = "NMDA, AMPA, NMDA receptor, synaptic plasticity and long-term potentiation (LTP) of synaptic plasticity"
    matches = MECHANISMS.find(text, analyzer_for("en"))
    assert len(matches) == 7
    assert all(isinstance(match, Match) for match in matches)
    ends = [0, *(match.end for match in matches)]
    assert all(end <= match.start < match.end for end, match in zip(ends, matches, strict=False))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "An artificial neural network sorts the scans"),
        ("sv", "ett artificiellt neuralt nätverk"),
        ("fr", "des réseaux de neurones artificiels"),
        ("hi", "एक कृत्रिम तंत्रिका नेटवर्क"),
        ("zh", "用人工神经网络来识别"),
    ],
)
def test_a_namesake_is_no_mechanism(code: str, text: str) -> None:
    assert found(code, text) == []


def test_phrases_to_ignore_hide_terms_add_up_and_are_kept(tmp_path: Path) -> None:
    own = load(tmp_path, '[sleep]\nen = ["sleep"]\n[ignore]\nen = ["sleep mode"]', MECHANISMS)
    assert found("en", "sleep mode, sleep, artificial neural network", own) == ["sleep"]
    assert Vocabulary.from_dict(own.to_dict()) == own
    assert "ignore" not in own.concepts
    alone = load(tmp_path, 'replace = true\n[sleep]\nen = ["sleep"]', MECHANISMS)
    assert alone.ignored == {}
    assert "ignore" not in alone.to_dict()
