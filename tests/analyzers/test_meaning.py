"""What the analyzers promise to people who search, in words and examples."""

import unicodedata
from itertools import pairwise

import pytest

from searchkit.analyzers import Analyzer, Token, analyzer_for

TEXTS = {
    "en": "The brain's memories — 500 mg, NF-κB and CO₂ — aren’t fixed.",
    "fr": "L’hippocampe d’un être endormi, aujourd’hui : 1,5 mg de Mg²⁺.",
    "hi": "मैग्नीशियम-एल-थ्रियोनेट और NMDA रिसेप्टर, २०२४ में हिन्दी।",
    "sv": "NMDA-receptorerna i hjärnan: 500 mg L-treonat, B12 och 记忆.",
    "zh": "L-苏氨酸镁（MMFS-01）支持突触可塑性，2010年NMDA受体。",
    "da": "Hjernens søvn og hukommelse – 5G 500 mg.",
    "ja": "神経可塑性とNMDA受容体について、ﾊﾞｲﾀﾐﾝ 50 mg。",
}


def terms(code: str, text: str) -> list[str]:
    return [token.text for token in analyzer_for(code).tokens(text)]


def canonical(code: str, text: str) -> list[str]:
    return [token.text for token in analyzer_for(code).canonical(text)]


@pytest.mark.parametrize("word", ["हिन्दी", "हिंदी", "मैग्नीशियम", "न्यूरोप्लास्टिसिटी", "स्मृति", "क्ष्\u200dय", "पक्\u200cष"])
def test_a_hindi_word_is_one_position_and_keeps_its_vowel_signs(word: str) -> None:
    tokens = list(analyzer_for("hi").tokens(word))
    assert {token.position for token in tokens} == {0}
    assert {word[token.start : token.end] for token in tokens} == {word}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("हिन्दी", "हिंदी"),
        ("सम्बन्ध", "संबंध"),
        ("आँख", "आंख"),
        ("ज़रूरत", "जरूरत"),
        ("पढ\u093cना", "प\u095dना"),
        ("डॉक्टर", "डोक्टर"),
        ("शक्\u200dति", "शक्ति"),
        ("गये", "गए"),
        ("लिये", "लिए"),
        ("नयी", "नई"),
        ("५००", "500"),
    ],
)
def test_spellings_of_a_hindi_word_meet(one: str, other: str) -> None:
    assert terms("hi", one) == terms("hi", other)


@pytest.mark.parametrize(
    ("lemma", "forms"),
    [
        ("hjärna", "hjärnan hjärnas hjärnans hjärnor hjärnorna hjärnors hjärnornas"),
        ("plasticitet", "plasticiteten plasticitets plasticitetens plasticiteter plasticiteterna"),
        ("synaps", "synapsen synapsens synapser synapserna synapsers synapsernas"),
        ("receptor", "receptorn receptors receptorns receptorer receptorerna receptorers receptorernas"),
        ("nervcell", "nervcellen nervcells nervcellens nervceller nervcellerna nervcellers nervcellernas"),
        ("minne", "minnet minnes minnets minnen minnena minnens minnenas"),
        ("signalsubstans", "signalsubstansen signalsubstansens signalsubstanser signalsubstanserna"),
        ("frekvens", "frekvensen frekvenser frekvenserna"),
        ("transmittor", "transmittorn transmittorns transmittorer transmittorerna"),
        ("ämne", "ämnet ämnets ämnen ämnena"),
        ("beteende", "beteendet beteendets beteenden beteendena"),
        ("nätverk", "nätverket nätverkets nätverken nätverkens"),
        ("tillstånd", "tillståndet tillståndets tillstånden"),
        ("axel", "axeln axelns axels"),
        ("glutamat", "glutamatet glutamatets"),
        ("nivå", "nivån nivåns nivåer nivåerna"),
        ("hjärta", "hjärtat hjärtats hjärtan"),
        ("Alzheimer", "Alzheimers"),
        ("muskel", "muskeln muskler musklerna musklernas"),
        ("nyckel", "nyckeln nycklar nycklarna"),
        ("kapitel", "kapitlet kapitlen"),
        ("fönster", "fönstret fönstren"),
        ("vatten", "vattnet vattnets vattnen"),
        ("program", "programs programmet programmets programmen"),
        ("rum", "rummet rummen"),
        ("system", "systemet systemen systemets"),
        ("månad", "månaden månader månaderna månadens"),
        ("marknad", "marknaden marknader marknadernas"),
        ("stadium", "stadiet stadier"),
        ("centrum", "centrumet centret centra"),
        ("museum", "museet museer museerna"),
        ("energi", "energin energins energier"),
        ("protein", "proteinet proteiner proteinerna"),
        ("idé", "idén idéns idéer idéerna"),
        ("förhållande", "förhållandet förhållanden förhållandena"),
        ("resultat", "resultatet resultaten resultatens"),
        ("tak", "taket takets taken"),
        ("öga", "ögat ögon ögonen ögonens"),
        ("man", "mannen män männen männens"),
        ("bok", "boken böcker böckerna"),
        ("hand", "handen händer händerna"),
        ("tand", "tanden tänder tänderna"),
        ("natt", "natten nätter nätterna"),
        ("fot", "foten fötter fötternas"),
        ("mus", "musen möss mössen"),
        ("huvudstad", "huvudstaden huvudstäder huvudstädernas"),
        ("hjärtmuskel", "hjärtmuskeln hjärtmuskler hjärtmusklernas"),
    ],
)
def test_the_forms_of_a_swedish_noun_meet_in_one_canonical_term(lemma: str, forms: str) -> None:
    assert {form: canonical("sv", form) for form in forms.split()} == dict.fromkeys(
        forms.split(), canonical("sv", lemma)
    )


@pytest.mark.parametrize(
    ("code", "one", "other"),
    [
        ("fr", "l'hippocampe", "hippocampe"),
        ("fr", "l’hippocampe", "hippocampe"),
        ("fr", "L＇HIPPOCAMPE", "hippocampe"),
        ("fr", "qu’il", "il"),
        ("fr", "cœur", "coeur"),
        ("fr", "synapses", "synapse"),
        ("en", "brain's", "brain"),
        ("en", "brain’s", "brain"),
        ("en", "memories", "memory"),
        ("en", "ﬁnding", "findings"),
        ("hi", "किताबों", "किताबें"),
        ("zh", "神經可塑性", "神经可塑性"),
        ("zh", "長時程增強", "长时程增强"),
        ("zh", "ＮＭＤＡ受体", "nmda受体"),
        ("zh", "突触\u200b可塑性", "突触可塑性"),
        ("zh", "500㎎", "500mg"),
        ("ja", "ﾊﾞｲﾀﾐﾝ", "バイタミン"),
    ],
)
def test_two_ways_to_write_a_word_meet(code: str, one: str, other: str) -> None:
    assert canonical(code, one) == canonical(code, other)


@pytest.mark.parametrize(
    ("code", "one", "other"),
    [
        ("fr", "la", "là"),
        ("fr", "peche", "pêche"),
        ("fr", "l 'hippocampe", "hippocampe"),
        ("sv", "far", "får"),
        ("sv", "internet", "intern"),
        ("sv", "gator", "gatorer"),
        ("sv", "banan", "bana"),
        ("sv", "planet", "plan"),
        ("sv", "månad", "måne"),
        ("sv", "damm", "dam"),
        ("sv", "städ", "stad"),
        ("sv", "händelse", "hand"),
        ("sv", "medel", "medalj"),
        ("sv", "min", "minne"),
        ("en", "brain s", "brain"),
        ("hi", "कम", "काम"),
        ("hi", "ये", "ए"),
        ("zh", "大脑", "小脑"),
    ],
)
def test_different_words_stay_apart(code: str, one: str, other: str) -> None:
    assert canonical(code, one) != canonical(code, other)


def parts(word: str) -> list[tuple[str, str]]:
    """Return the terms of the parts of a Swedish word, and what they show of it."""
    tokens = analyzer_for("sv").tokens(word)
    return [(token.text, word[token.start : token.end]) for token in tokens if token.end - token.start < len(word)]


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("hjärnmagnesium", "hjärn magnesium"),  # hjärna without its vowel
        ("korttidsminnet", "kort tids minnet"),  # a linking s, and a form
        ("blodhjärnbarriären", "blod hjärn barriären"),
        ("BLODHJÄRNBARRIÄREN", "BLOD HJÄRN BARRIÄREN"),
        ("gatukorsning", "gatu korsning"),
        ("kyrkogård", "kyrko gård"),
        ("nattåg", "natt tåg"),  # of three t one is not written
        ("busstation", "buss station"),
        ("glasskål", "glas skål"),
        ("fotbollsplan", "fot bolls plan"),  # an s that boll alone has not
        ("receptorantagonister", "receptor antagonister"),
        ("telekommunikationsnätet", "telekommunikations nätet"),  # a word that the list has not
        ("neurotransmittorer", "transmittorer"),  # neuro is no word
        ("arbets\u00adminne", "arbets\u00ad minne"),
    ],
)
def test_a_swedish_compound_holds_its_parts_where_they_stand(word: str, shown: str) -> None:
    assert [part for _, part in parts(word)] == shown.split(" ")


@pytest.mark.parametrize(
    ("compound", "word"),
    [
        ("hjärnmagnesium", "magnesium"),
        ("hjärnmagnesium", "hjärnan"),
        ("korttidsminnets", "minnen"),
        ("korttidsminne", "tid"),
        ("blodhjärnbarriären", "barriärer"),
        ("arbetsminne", "arbetet"),
        ("gatukorsning", "gator"),
        ("läkarvård", "läkaren"),
        ("hälsoeffekter", "hälsa"),
        ("ögonläkare", "öga"),
        ("hundtänder", "tand"),
    ],
)
def test_a_part_has_the_canonical_term_of_its_word(compound: str, word: str) -> None:
    assert canonical("sv", word)[0] in [term for term, _ in parts(compound)]


@pytest.mark.parametrize(
    "word",
    [
        *("kontakten", "banan", "bananer", "planeten", "minister", "kapital", "parlament", "talang", "kalkon"),
        *("diabetes", "temperaturer", "transporten", "kristaller", "mandeln", "kardinal", "information"),
        *("försök", "förstå", "underhållning", "undersökningar", "tillsammans", "patienter", "universitetet"),
        *("hjärnans", "minnena", "Washington", "B12", "xyzminne"),
    ],
)
def test_a_word_that_is_no_compound_of_known_words_is_left_whole(word: str) -> None:
    assert parts(word) == []


@pytest.mark.parametrize("text", ["blodhjärnbarriären", "blod-hjärnbarriären", "blod–hjärn-barriären"])
def test_a_compound_has_the_same_parts_however_it_is_joined(text: str) -> None:
    assert {"blod", "hjärn", "barriär"} <= set(terms("sv", text))


def test_parts_share_the_position_of_their_compound_and_are_not_canonical() -> None:
    tokens = list(analyzer_for("sv").tokens("nytt hjärnmagnesium nu"))
    assert [token.position for token in tokens if "hjärn" in token.text] == [1, 1, 1]
    assert canonical("sv", "nytt hjärnmagnesium nu") == ["nytt", "hjärnmagnesi", "nu"]


@pytest.mark.parametrize(("word", "start"), [("突触", 2), ("可塑性", 4), ("可塑", 4), ("塑性", 5)])
def test_a_chinese_compound_holds_its_words_where_they_stand(word: str, start: int) -> None:
    tokens = analyzer_for("zh").tokens("支持突触可塑性")
    assert Token(word, start, start + len(word), start) in list(tokens)


def test_every_pair_of_neighbours_in_chinese_is_a_token() -> None:
    text = "长时程增强的机制"
    assert {text[place : place + 2] for place in range(len(text) - 1)} <= set(terms("zh", text))


def test_traditional_chinese_has_the_tokens_of_simplified_at_the_same_places() -> None:
    analyzer = analyzer_for("zh")
    assert list(analyzer.tokens("神經可塑性與記憶")) == list(analyzer.tokens("神经可塑性与记忆"))


def test_japanese_keeps_its_own_characters() -> None:
    assert terms("ja", "神経") != terms("zh", "神经")
    assert "神経" in terms("ja", "神経")


@pytest.mark.parametrize(("code", "text"), TEXTS.items())
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_text_gives_the_same_terms(code: str, text: str, form: str) -> None:
    assert terms(code, unicodedata.normalize(form, text)) == terms(code, text)


@pytest.mark.parametrize(("code", "text"), TEXTS.items())
def test_case_makes_no_difference(code: str, text: str) -> None:
    assert canonical(code, text.upper()) == canonical(code, text)


@pytest.mark.parametrize(
    ("code", "text", "names"),
    [
        ("zh", "服用L-苏氨酸镁和NMDA受体", ["l", "nmda"]),
        ("hi", "NMDA रिसेप्टर और MMFS-01", ["nmda", "mmfs", "01"]),
        ("en", "the word 记忆 and हिन्दी", ["记忆", "हिंद"]),
        ("sv", "ordet 神經 betyder nerv", ["神经"]),
    ],
)
def test_names_in_another_script_are_read_by_the_language_of_that_script(
    code: str, text: str, names: list[str]
) -> None:
    assert set(names) <= set(terms(code, text))


@pytest.mark.parametrize(
    ("code", "question", "content"),
    [
        ("en", "What does THE brain do", {"brain"}),
        ("fr", "Comment est faite la mémoire", {"faite", "mémoire"}),
        ("sv", "Vad är ett minne", {"minne"}),
        ("hi", "क्या यहाँ स्मृति है", {"स्मृति"}),
        ("hi", "कितने लोग कब और कहाँ गये", {"लोग"}),
        ("zh", "为什么 什麼 记忆", {"记忆"}),
    ],
)
def test_question_words_are_stop_words_and_the_thing_asked_for_is_not(
    code: str, question: str, content: set[str]
) -> None:
    is_stop_word = analyzer_for(code).is_stop_word
    assert {word for word in question.split() if not is_stop_word(word)} == content


@pytest.mark.parametrize("code", ["en", "fr", "sv", "hi", "zh"])
def test_stop_words_are_written_as_the_analyzer_folds_them(code: str) -> None:
    analyzer = analyzer_for(code)
    stops = analyzer.language.stop_words
    assert len(stops) > 50
    assert [word for word in stops if not analyzer.is_stop_word(word)] == []


def test_stop_words_are_indexed_all_the_same() -> None:
    assert "the" in terms("en", "the brain")


@pytest.mark.parametrize(
    ("word", "token"), [("苏氨酸镁", "苏氨酸镁"), ("镁离子阻断", "镁离子阻断"), ("突觸修剪", "突触修剪")]
)
def test_a_user_word_becomes_a_token(word: str, token: str) -> None:
    found = analyzer_for("zh", [word]).tokens(f"关于{word}的文章")
    assert token in {token.text for token in found}


def test_a_user_word_changes_nothing_for_others() -> None:
    text = "关于苏氨酸镁的文章"
    before = terms("zh", text)
    list(analyzer_for("zh", ["苏氨酸镁"]).tokens(text))
    assert terms("zh", text) == before
    assert "苏氨酸镁" not in before


def test_user_words_do_not_move_the_canonical_tokens() -> None:
    text = "关于苏氨酸镁的文章"
    assert analyzer_for("zh", ["苏氨酸镁"]).canonical(text) == analyzer_for("zh").canonical(text)


@pytest.mark.parametrize(("code", "text"), TEXTS.items())
def test_positions_begin_at_zero_and_neither_fall_nor_skip(code: str, text: str) -> None:
    positions = [token.position for token in analyzer_for(code).tokens(text)]
    assert positions[0] == 0
    assert {after - before for before, after in pairwise(positions)} <= {0, 1}


@pytest.mark.parametrize(("code", "text"), TEXTS.items())
def test_the_canonical_token_is_the_last_of_its_position(code: str, text: str) -> None:
    analyzer = analyzer_for(code)
    last: dict[int, Token] = {token.position: token for token in analyzer.tokens(text)}
    assert analyzer.canonical(text) == list(last.values())


def test_words_are_folded_and_not_stemmed() -> None:
    assert analyzer_for("sv").words("Hjärnans ＮＭＤＡ-receptorer") == ["hjärnans", "nmda", "receptorer"]
    assert analyzer_for("hi").words("हिन्दी किताबें") == ["हिंदी", "किताबें"]


@pytest.mark.parametrize("text", ["", "  \n", "—…!?", "😀❤\ufe0f👩\u200d🔬", "\u0301", "\u200d\u00ad"])
def test_text_without_words_has_no_tokens(text: str) -> None:
    assert [list(analyzer_for(code).tokens(text)) for code in TEXTS] == [[]] * len(TEXTS)


def test_analyzers_can_be_made_of_a_language_alone() -> None:
    language = analyzer_for("sv").language
    assert [token.text for token in Analyzer(language).canonical("hjärnans minnen")] == ["hjärn", "minn"]
