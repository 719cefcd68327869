"""The kind of study that a sentence tells of, in plain words of five languages."""

import pytest

from searchkit.derive import Deriver
from searchkit.readers import Draft
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

SENTENCES = {
    "randomized-controlled-trial": {
        "en": ["Forty classes were allocated by chance.", "A toss of a coin decided who got the lamp."],
        "sv": ["Klasserna har lottats till två grupper.", "Vem som fick lampan avgjordes genom slantsingling."],
        "fr": [
            "Les classes ont été réparties aléatoirement.",
            "On a joué à pile ou face pour savoir qui aurait la lampe.",
        ],
        "hi": ["कक्षाओं को यादृच्छिक तरीके से बाँटा गया।", "सिक्का उछालकर तय हुआ कि दीया किसे मिले।"],
        "zh": ["班级随机分到两组。", "由抽签决定谁拿到灯。", "班級被隨機指派到兩組。"],
    },
    "animal": {
        "en": [
            "Ferrets slept longer.",
            "In pigs the effect was small.",
            "The songbirds sang less.",
            "Guinea pigs ate more.",
        ],
        "sv": [
            "Illrarna sov längre.",
            "Hos grisar var effekten liten.",
            "Sångfåglarna sjöng mindre.",
            "Marsvinen åt mer.",
        ],
        "fr": [
            "Les furets dormaient plus.",
            "Chez les porcs, l’effet était faible.",
            "Les souris chantaient moins.",
        ],
        "hi": ["खरगोश ज़्यादा सोए।", "सूअरों पर असर कम था।", "मेंढकों ने कम खाया।", "बंदर ज़्यादा सोए।"],
        "zh": ["雪貂睡得更久。", "兔子吃得更多。", "鴿子睡得更久。", "斑馬魚游得更慢。", "老鼠吃得更多。"],
    },
    "in-vitro": {
        "en": ["The cell line grew well.", "In brain slices it was seen too.", "Organoids were grown."],
        "sv": ["Cellinjen växte bra.", "Organoider odlades.", "Det sågs i petriskålar."],
        "fr": ["La lignée cellulaire poussait bien.", "On a vu cela dans des boîtes de Petri."],
        "hi": ["पेट्री डिश में यह देखा गया।", "ऑर्गेनॉइड उगाए गए।"],
        "zh": ["细胞系长得很好。", "類器官也是如此。"],
    },
    "review": {
        "en": ["An overview of trials told more.", "Two meta-analyses said so."],
        "sv": ["En genomgång av trettio försök sade mer.", "Två metaanalyser sade så."],
        "fr": ["Une revue d’essais en disait plus.", "Deux méta-analyses le disaient."],
        "hi": ["तीस परीक्षणों की समीक्षा ने और बताया।", "दो मेटा-विश्लेषणों ने कहा।"],
        "zh": ["一篇综述说得更多。", "系統回顧說得更多。"],
    },
    "human": {
        "en": [
            "The study had 30 pupils.",
            "In the trial, forty shift workers wore a lamp.",
            "The effect was seen in older adults in one study.",
        ],
        "sv": [
            "Studien hade 30 elever.",
            "I försöket bar fyrtio sångare en lampa.",
            "Effekten sågs hos äldre människor i en studie.",
        ],
        "fr": ["L’étude portait sur 30 écoliers.", "Dans l’essai, quarante malades portaient une lampe."],
        "hi": ["अध्ययन में 30 विद्यार्थी थे।", "परीक्षण में चालीस बुज़ुर्ग थे।", "अध्ययन में स्वस्थ लोगों पर असर दिखा।"],
        "zh": ["研究有30名小学生。", "試驗有四十個大學生。", "实验中有12位老年人戴着灯。"],
    },
}


@pytest.mark.parametrize(
    ("kind", "code", "text"),
    [(kind, code, text) for kind, table in SENTENCES.items() for code, texts in table.items() for text in texts],
)
def test_a_sentence_tells_of_a_kind_of_study(kind: str, code: str, text: str) -> None:
    assert kind in kinds(code, text)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "Use the computer mouse with your left hand."),
        ("en", "Salmon and chicken are on the table."),
        ("en", "Walk the dogs and feed the cats."),
        ("en", "Adults need sleep."),
        ("sv", "Ta en titt på katten och gå ut med hundarna."),
        ("fr", "Promenez vos chiens et mangez du saumon."),
        ("hi", "कुत्ते को घुमाइए और मछली खाइए।"),
        ("zh", "遛狗，吃鱼，喝牛奶。"),
        ("zh", "孩子要多睡。"),
    ],
)
def test_a_sentence_without_a_study_tells_of_none(code: str, text: str) -> None:
    assert kinds(code, text) == set()


def kinds(code: str, text: str) -> set[str]:
    deriver = Deriver(Vocabulary.builtin(), Vocabulary.builtin("study_types"), StudyRegistry.builtin())
    derived = deriver.draft(Draft(title="", text=text, source="a.txt", language=code), "a", "")
    return set(derived.document.facets["study_type"])
