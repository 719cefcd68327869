from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.transliteration import Names, is_devanagari, is_near, skeleton, sounds

ALIKE = [
    ("Chicago", "शिकागो"),
    ("Denver", "डेनवर"),
    ("Carolina", "कैरोलिना"),
    ("Tesla", "टेस्ला"),
    ("Luther", "लूथर"),
    ("Newton", "न्यूटन"),
    ("Amazon", "अमेज़न"),
    ("Obama", "ओबामा"),
    ("Göteborg", "गोटेबोर्ग"),
    ("Mozart", "मोजार्ट"),
    ("Kolkata", "कोलकाता"),
    ("Delhi", "दिल्ली"),
]
UNLIKE = [("Denver", "दिल्ली"), ("Chicago", "डेनवर"), ("Luther", "लंदन"), ("Carolina", "कोरिया"), ("Amazon", "मुंबई")]


def alike(word: str, *terms: str) -> list[str]:
    def listed(_: str, prefix: str) -> Iterator[tuple[str, int]]:
        return iter([(term, 1) for term in sorted(terms) if term.startswith(prefix)])

    return Names(listed).alike(word, "body_xx")


@pytest.mark.parametrize(("latin", "devanagari"), ALIKE)
def test_a_name_is_found_by_its_sound_in_either_script(latin: str, devanagari: str) -> None:
    assert alike(latin.casefold(), devanagari, "नदी") == [devanagari]
    assert alike(devanagari, latin.casefold(), "river") == [latin.casefold()]


@pytest.mark.parametrize(("latin", "devanagari"), UNLIKE)
def test_other_names_are_not(latin: str, devanagari: str) -> None:
    assert alike(latin.casefold(), devanagari) == []
    assert alike(devanagari, latin.casefold()) == []


def test_a_word_of_one_sound_is_like_nothing() -> None:
    assert alike("oe", "ओए", "आ") == []
    assert alike("to", "तो", "टी") == []


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("पैंथर्स", "pntrs"),
        ("panthers", "pntrs"),
        ("philadelphia", "fldlf"),
        ("फिलाडेल्फिया", "fldlf"),
        ("कोलंबिया", "klnb"),
        ("columbia", "klnb"),
    ],
)
def test_a_key_is_the_consonants_that_both_scripts_hear(word: str, key: str) -> None:
    assert key in {skeleton(spoken) for spoken in sounds(word)}


def test_a_spelling_with_several_sounds_has_several_keys() -> None:
    assert {"ckg", "kg", "skg"} == {skeleton(spoken) for spoken in sounds("chicago")}


def test_vowels_must_be_alike_where_consonants_are_few() -> None:
    (spoken,) = sounds("दिल्ली")
    assert is_near(spoken, "delhi")
    assert not is_near(spoken, "adula")


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=30) | st.text(alphabet="कखगज़ािीुूेैोौं्अआइphtkcgszxwyéö", max_size=30))
def test_any_text_has_some_sound_or_none(word: str) -> None:
    for spoken in sounds(word):
        assert spoken.isascii()
        assert not set(skeleton(spoken)[1:]) & set("aeiouyh")
    assert is_devanagari(word) in (True, False)
    alike(word, "डेनवर", "denver")
