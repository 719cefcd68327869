"""What a text denies is not its subject; what it says with a "not" about something else stays one."""

import tomllib
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.analyzers import analyzer_for
from searchkit.negation import is_denied
from searchkit.participants import KEY, find_participants
from searchkit.vocabulary import Match, Vocabulary

VOCABULARIES = (Vocabulary.builtin(), Vocabulary.builtin("study_types"))
LANGUAGES = ("en", "fr", "hi", "sv", "zh")


def split(code: str, text: str) -> tuple[set[str], set[str]]:
    """Return the concepts that a text affirms, and those that it names only to deny them."""
    matches = [match for vocabulary in VOCABULARIES for match in vocabulary.find(text, analyzer_for(code))]
    matches += [Match(KEY, start, end) for start, end in find_participants(text, code)]
    denied = is_denied(text, code, [(match.start, match.end) for match in matches])
    affirmed = {match.key for match, no in zip(matches, denied, strict=True) if not no}
    return affirmed, {match.key for match in matches} - affirmed


@pytest.mark.parametrize(
    ("code", "text", "denied"),
    [
        ("en", "The result has nothing to do with the gut-brain axis.", "gut-brain-axis"),
        ("en", "This page does not deal with ketones or autophagy.", "autophagy"),
        ("en", "REM sleep was unchanged.", "rem-sleep"),
        ("en", "It was not a randomized controlled trial.", "randomized-controlled-trial"),
        ("en", "Autophagy is beyond the scope of this text.", "autophagy"),
        ("en", "There is no evidence that it promotes neurogenesis.", "neurogenesis"),
        ("en", "Dopamine, which many blame, has nothing to do with it.", "dopamine-signalling"),
        ("en", "The effect doesn't involve dopamine.", "dopamine-signalling"),
        ("en", "It wasn’t a randomised trial.", "randomized-controlled-trial"),
        ("en", "Inflammation had no part in the result.", "inflammation"),
        ("sv", "Detta har inget att göra med autofagi.", "autophagy"),
        ("sv", "Det har ingenting med inflammation att göra.", "inflammation"),
        ("sv", "Artikeln tar inte upp autofagi.", "autophagy"),
        ("fr", "L’étude n’a pas mesuré le cortisol.", "cortisol"),
        ("fr", "L’autophagie n’est pas le sujet de cet article.", "autophagy"),
        ("hi", "सूजन का इससे कोई लेना-देना नहीं है।", "inflammation"),
        ("zh", "没有证据表明神经新生会增加。", "neurogenesis"),
        ("zh", "多巴胺在这里不起作用。", "dopamine-signalling"),
        ("sv", "Med autofagi har detta inget att göra.", "autophagy"),
        ("sv", "Det var ingen randomiserad studie.", "randomized-controlled-trial"),
        ("sv", "Kortisol mättes inte.", "cortisol"),
        ("fr", "Cela n’a rien à voir avec l’autophagie.", "autophagy"),
        ("fr", "Ce n'est pas un essai randomisé.", "randomized-controlled-trial"),
        ("fr", "Du cortisol, il n'en sera pas question.", "cortisol"),
        ("hi", "इसका ऑटोफैगी से कोई संबंध नहीं है।", "autophagy"),
        ("hi", "यह पशु अध्ययन नहीं था।", "animal"),
        ("hi", "इस लेख में कोर्टिसोल की चर्चा नहीं है।", "cortisol"),
        ("zh", "这与细胞自噬无关。", "autophagy"),
        ("zh", "這與細胞自噬無關。", "autophagy"),
        ("zh", "本文不讨论皮质醇。", "cortisol"),
        ("zh", "这并非动物实验。", "animal"),
    ],
)
def test_a_denied_mention(code: str, text: str, denied: str) -> None:
    assert split(code, text) == (set(), {denied})


@pytest.mark.parametrize(
    ("code", "text", "affirmed"),
    [
        (
            "en",
            "Serotonin does not cross the blood-brain barrier.",
            {"serotonin-signalling", "blood-brain-barrier"},
        ),
        ("en", "At rest the NMDA receptors are not active.", {"nmda-receptor"}),
        ("en", "Not only inflammation but also oxidative stress rises.", {"inflammation", "oxidative-stress"}),
        ("en", "There is no doubt that neurogenesis occurs.", {"neurogenesis"}),
        ("en", "Whether neurogenesis plays a role or not is open.", {"neurogenesis"}),
        ("sv", "Serotonin passerar inte blod-hjärnbarriären.", {"serotonin-signalling", "blood-brain-barrier"}),
        ("en", "Unlike cortisol, in contrast to dopamine, it rises.", {"cortisol", "dopamine-signalling"}),
        ("en", "People who do not get enough deep sleep forget more.", {"deep-sleep"}),
        ("sv", "Inte bara inflammation ökar.", {"inflammation"}),
        ("sv", "Den som inte får djupsömn minns sämre.", {"deep-sleep"}),
        ("zh", "没有髓鞘化，信号就慢。", {"myelination"}),
        ("zh", "深度睡眠不足的人记忆更差。", {"deep-sleep"}),
        ("fr", "La mélatonine ne traverse pas la barrière hémato-encéphalique.", {"blood-brain-barrier"}),
        ("fr", "Non seulement l’inflammation augmente.", {"inflammation"}),
        ("hi", "सेरोटोनिन रक्त-मस्तिष्क अवरोध को पार नहीं करता।", {"serotonin-signalling", "blood-brain-barrier"}),
        ("hi", "न केवल सूजन बढ़ती है।", {"inflammation"}),
        ("zh", "血清素不能穿过血脑屏障。", {"serotonin-signalling", "blood-brain-barrier"}),
        ("zh", "不仅炎症会增加。", {"inflammation"}),
    ],
)
def test_a_not_about_something_else_leaves_the_mention(code: str, text: str, affirmed: set[str]) -> None:
    found, denied = split(code, text)
    assert found >= affirmed
    assert denied == set()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "This has nothing to do with autophagy, but inflammation falls."),
        ("en", "This has nothing to do with autophagy. Inflammation falls."),
        ("sv", "Detta har inget att göra med autofagi men inflammation minskar."),
        ("fr", "Cela n'a rien à voir avec l'autophagie, mais l'inflammation diminue."),
        ("hi", "इसका ऑटोफैगी से कोई संबंध नहीं है, लेकिन सूजन घटती है।"),
        ("hi", "इसका ऑटोफैगी से कोई संबंध नहीं है। सूजन घटती है।"),
        ("zh", "这与细胞自噬无关，但炎症减轻。"),
        ("zh", "这与细胞自噬无关。炎症减轻。"),
    ],
)
def test_a_denial_ends_with_a_but_and_with_the_sentence(code: str, text: str) -> None:
    assert split(code, text) == ({"inflammation"}, {"autophagy"})


def test_one_affirmative_mention_is_enough() -> None:
    assert split("en", "Autophagy was not measured. Autophagy clears the cell.") == ({"autophagy"}, set())


def test_in_a_language_without_triggers_nothing_is_denied() -> None:
    assert is_denied("nicht autophagy", "de", [(6, 15)]) == [False]


@given(
    st.text()
    | st.lists(st.sampled_from(["not", "no", "ne", "pas", "inte", "नहीं", "无关", "与", ",", ".", "x", "\n"])),
    st.sampled_from(LANGUAGES),
    st.data(),
)
def test_any_text_gets_an_answer_for_each_mention(drawn: str | list[str], code: str, data: st.DataObject) -> None:
    text = drawn if isinstance(drawn, str) else " ".join(drawn)
    place = st.integers(0, len(text))
    mentions = [tuple(sorted(pair)) for pair in data.draw(st.lists(st.tuples(place, place), max_size=5))]
    assert len(is_denied(text, code, [(start, end) for start, end in mentions])) == len(mentions)


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("en", "no evidence not deal with autophagy "),
        ("fr", "ne x ne pas de "),
        ("sv", "någon har inte "),
        ("hi", "का कोई न "),
        ("zh", "与和没有"),
    ],
)
def test_time_is_linear(code: str, unit: str) -> None:
    def seconds(times: int) -> float:
        text = unit * times
        begun = perf_counter()
        is_denied(text, code, [(place, place + 1) for place in range(0, len(text), 50)])
        return perf_counter() - begun

    seconds(10)
    # Ten times the text in far less than a hundred times the time.
    assert seconds(3000) < 40 * max(seconds(300), 0.005)


SENTENCES = tomllib.loads(Path(__file__).with_name("denials.toml").read_text(encoding="utf-8"))


def sentences(kind: str) -> list[tuple[str, str]]:
    return [(code, sentence) for code, lines in SENTENCES[kind].items() for sentence in lines.strip().splitlines()]


@pytest.mark.parametrize(("code", "text"), sentences("denied"))
def test_a_denial_in_any_form_denies(code: str, text: str) -> None:
    affirmed, denied = split(code, text)
    assert not affirmed
    assert denied


@pytest.mark.parametrize(("code", "text"), sentences("affirmed"))
def test_a_not_of_something_else_denies_nothing(code: str, text: str) -> None:
    affirmed, denied = split(code, text)
    assert affirmed
    assert not denied


@pytest.mark.parametrize(
    ("code", "text", "affirmed"),
    [
        ("en", "The volunteers were not randomly assigned.", "human"),
        ("en", "Instead of a clinical trial, they studied mice.", "animal"),
        ("sv", "Deltagarna lottades inte.", "human"),
        ("sv", "I stället för en klinisk prövning, som tar tid, studerade de möss.", "animal"),
        ("fr", "Au lieu d'un essai clinique, ils ont étudié des souris chez le rat.", "animal"),
        ("hi", "नैदानिक परीक्षण के बजाय चूहों पर अध्ययन हुआ।", "animal"),
        ("hi", "चूहों में कोर्टिसोल नहीं मापा गया।", "animal"),
        ("zh", "他们没有做临床试验，而是研究了小鼠。", "animal"),
        ("zh", "在小鼠中皮质醇没有改变。", "animal"),
    ],
)
def test_what_is_beside_a_denied_mention_stays(code: str, text: str, affirmed: str) -> None:
    found, denied = split(code, text)
    assert found == {affirmed}
    assert affirmed not in denied


def test_a_gap_begins_after_a_word() -> None:
    # नींद begins with न, सबूत with सब.
    assert split("hi", "नींद से सिनैप्टिक प्लास्टिसिटी बढ़ती है न कि घटती है।")[0] == {"synaptic-plasticity"}
    assert split("hi", "न्यूरोजेनेसिस का कोई सबूत नहीं है।") == (set(), {"neurogenesis"})
