"""What holds for the tokens of any text whatever, in every language."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.analyzers import LANGUAGES, analyzer_for

# The table's languages, fallbacks with and without a stemmer, with and without spaces, and no language at all.
CODES = [*LANGUAGES, "da", "ru", "ar", "ja", "ko", "th", "mr", "xx", "und"]

# What words of the five languages are made of, and what stands between and inside them.
PIECES = st.sampled_from(
    [
        *(
            "hjärnan",
            "synaps",
            "minnes",
            "till",
            "lägg",
            "L",
            "l",
            "qu",
            "NMDA",
            "ＮＭＤＡ",
            "ﬁ",
            "cœur",
            "B12",
            "5",
            "５",
            "½",
            "²",
            "㎎",
            "µ",
            "α",
        ),
        *(
            "हिन्दी",
            "न्",
            "\u093c",
            "\u094d",
            "प\u095d",
            "माँ",
            "२०",
            "突触",
            "可塑性",
            "經",
            "\ufa19",
            "〇",
            "々",
            "葛\U000e0100",
        ),
        *("ﾊﾞ", "ﾞ", "か\u3099", "ー", "뇌", "\u1102\u116c", "\u3164", "สมอง", "мозг", "دماغ", "ﷺ", "İ", "ß", "ŉ"),
        *("'", "’", "-", "\u2011", ".", ",", " ", "\n", "\u00a0", "😀", "👩\u200d🔬", "❤\ufe0f", "1\ufe0f\u20e3"),
        *(
            "\u00ad",
            "\u200b",
            "\u200c",
            "\u200d",
            "\u2060",
            "\ufeff",
            "\u0301",
            "\u034f",
            "\x00",
            "\ud800",
            "\udfff",
        ),
    ]
)
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(exclude_categories=())),  # lone surrogates too
    st.lists(PIECES, max_size=12).map("".join),
)


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=80, deadline=None, database=None)
@given(text=TEXTS)
def test_any_text_gives_well_formed_tokens(code: str, text: str) -> None:
    analyzer = analyzer_for(code)
    tokens = list(analyzer.tokens(text))
    starts = [token.start for token in analyzer.canonical(text)]
    positions = [token.position for token in tokens]
    assert all(token.text for token in tokens)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    assert starts == sorted(starts)
    # What else is at a position stands in its word, or, without spaces, begins with its character.
    whole = {token.position: token for token in analyzer.canonical(text)}
    assert all(whole[token.position].start <= token.start < whole[token.position].end for token in tokens)
    assert sorted(set(positions)) == list(range(len(set(positions))))
    assert positions == sorted(positions)
    assert list(analyzer.tokens(text)) == tokens


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=40, deadline=None, database=None)
@given(text=TEXTS)
def test_any_text_has_one_canonical_token_for_each_position(code: str, text: str) -> None:
    analyzer = analyzer_for(code)
    last = {token.position: token for token in analyzer.tokens(text)}
    assert analyzer.canonical(text) == list(last.values())


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=40, deadline=None, database=None)
@given(text=TEXTS)
def test_any_text_can_be_cut_into_words(code: str, text: str) -> None:
    analyzer = analyzer_for(code)
    words = analyzer.words(text)
    assert "" not in words
    assert all(analyzer.is_stop_word(word) in {True, False} for word in words)
