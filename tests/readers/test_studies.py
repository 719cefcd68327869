"""One study is one key, whatever the language of the article that cites or names it."""

import json
import re
import tomllib
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from searchkit.errors import VocabularyError
from searchkit.readers import Draft, read
from searchkit.references import parse_reference, parse_references
from searchkit.structure import find_sections
from searchkit.studies import Study, StudyRegistry, Ties
from searchkit.vocabulary import Vocabulary

REGISTRY = StudyRegistry.builtin()


def key(entry: str) -> str | None:
    study = REGISTRY.resolve(parse_reference(entry))
    return study.key if study else None


def mentions(text: str) -> set[str]:
    return {mention.key for mention in REGISTRY.mentions(text)}


@pytest.mark.parametrize(
    "entry",
    [
        "Slutsky I, Abumaria N. Enhancement. Neuron. 2010;65(2):165-177. doi:10.1016/j.neuron.2009.12.026",
        "Slutsky I. Förbättring. Neuron. 2010; 65(2):165—177.",
        "斯卢茨基。《增强》。神经元。2010；65(2)：165–177。DOI：10.1016/j.neuron.2009.12.026。",
        "स्लटस्की आई. सुधार। न्यूरॉन। २०१०;६५(२):१६५-१७७.",
        "Slutsky I. Un titre. Neuron. 2010 ; 65(2) : 165-177.",
        "Slutsky, I. (2010). Enhancement. Neuron, 65(2), 165-177.",
        "https://doi.org/10.1016/J.NEURON.2009.12.026",
    ],
)
def test_a_known_study_has_its_key_in_every_language_and_style(entry: str) -> None:
    assert key(entry) == "slutsky-2010"


@pytest.mark.parametrize(
    "entry",
    [
        "Hausenblas H. A title. Sleep Medicine: X. August 17, 2024.",
        "Hausenblas H. En titel. Sömnmedicin: X. 17 augusti 2024.",
        "豪森布拉斯。《题目》。睡眠医学：X。2024年8月17日。",
        "हौसेनब्लास एच। शीर्षक। स्लीप मेडिसिन: एक्स। 17 अगस्त, 2024।",
        "Hausenblas H. Un titre. Médecine du sommeil : X. 17 août 2024.",
        "Hausenblas H. A title. Sleep Med X. 2024;8:100121.",
    ],
)
def test_a_date_stands_for_volume_and_page_where_author_or_journal_agree(entry: str) -> None:
    assert key(entry) == "hausenblas-2024"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("Other A. A title. Sleep. 17 August 2024.", "other:2024-08-17"),  # that day, another author
        ("Slutsky I. A title. Neuron. 2011;65(2):165.", "2011;65:165"),  # another year
        ("Slutsky I. A title. Neuron. 2010;66(2):165.", "2010;66:165"),  # another volume
        ("Slutsky I. Neuron. 2010;65(2):165. doi:10.1016/other", "doi:10.1016/other"),  # another DOI
        ("Slutsky I. A book. 2010.", "slutsky:2010"),  # nothing that tells which
    ],
)
def test_what_differs_is_another_study(entry: str, expected: str) -> None:
    assert key(entry) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("Ann B. A title. Brain Res. 2015;12(3):44-50. doi:10.9999/ABC.1", "doi:10.9999/abc.1"),
        ("安。《题目》。2015；12(3)：44–50。DOI：10.9999/abc.1", "doi:10.9999/abc.1"),
        ("Ann B. A title. Brain Res. 2015;12(3):44-50.", "2015;12:44"),
        ("एन बी. शीर्षक। २०१५;१२(३):४४–५०।", "2015;12:44"),
        ("Ann B. A title. Brain Res. 2015;12:E44.", "2015;12:e44"),
        ("Ann B. A title. 3 May 2015.", "ann:2015-05-03"),
        ("Gröber U. A title. 2015.", "gröber:2015"),
    ],
)
def test_an_unknown_study_has_a_key_of_what_no_translation_changes(entry: str, expected: str) -> None:
    assert key(entry) == expected


def test_an_unknown_study_is_labelled_with_author_year_and_journal() -> None:
    study = REGISTRY.resolve(parse_reference("Ann B. A title. Brain Res. 2015;12(3):44-50."))
    assert study is not None
    assert study.label == "Ann 2015, Brain Res"
    study = REGISTRY.resolve(parse_reference("https://doi.org/10.9999/abc.1"))
    assert study is not None
    assert study.label == "doi:10.9999/abc.1"


@pytest.mark.parametrize("entry", ["NIH. Magnesium. https://ods.od.nih.gov/a/. Accessed 2025.", "Nothing at all"])
def test_a_web_source_or_an_entry_without_a_year_is_no_study(entry: str) -> None:
    assert key(entry) is None


@pytest.mark.parametrize(
    "text",
    [
        "a trial of MMFS-01 in adults",
        "试验中使用的MMFS-01是",
        "MMFS\u201101-studien",
        "MMFS–01 studerades",
        "एमएमएफएस-01 का परीक्षण",
    ],
)
def test_a_code_name_in_running_text_names_the_study(text: str) -> None:
    assert mentions(text) == {"liu-2016"}


@pytest.mark.parametrize("text", ["MMFS-012", "XMMFS-01", "mmfs-01", "MMFS 01"])
def test_another_code_name_does_not(text: str) -> None:
    assert mentions(text) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("published in Neuron (2010), rats", "slutsky-2010"),
        ("Neuron, 2010", "slutsky-2010"),
        ("发表在《神经元》（Neuron）杂志（2010年）上", "slutsky-2010"),
        ("न्यूरॉन (2010) में", "slutsky-2010"),
        ("i tidskriften Neuron 2014", "tononi-2014"),
        ("dans Nature (2005)", "stickgold-2005"),
        ("发表于Neuron（2010）", "slutsky-2010"),
        ("《科学》杂志2013年", "xie-2013"),
    ],
)
def test_a_journal_and_the_year_name_the_study(text: str, expected: str) -> None:
    assert mentions(text) == {expected}


@pytest.mark.parametrize(
    "text",
    [
        "A paper in Neuron in 2010 told it.",
        "In 2010 a study came out in Neuron and told it.",
        "the 2010 Neuron paper",
        "Published in 2010 in the journal Neuron, it told that.",
        "the January 2010 issue of Neuron",
        "En artikel i Neuron från 2010 visade det.",
        "Det stod 2010 i Neuron.",
        "i 2010 års Neuron",
        "Den publicerades 2010 i tidskriften Neuron.",
        "Un article de 2010 dans la revue Neuron le dit.",
        "C’est paru dans Neuron en 2010.",
        "En 2010, dans Neuron, on lisait cela.",
        "2010 में न्यूरॉन पत्रिका में छपा लेख",
        "न्यूरॉन में 2010 में छपा लेख",
        "2010 में “न्यूरॉन” में प्रकाशित",
        "2010年《神经元》上的一篇论文",
        "2010年发表于《神經元》",
        "2010年1月的《Neuron》",
        "《神經元》2010年的論文",
        "《神经元》杂志在2010年",
    ],
)
def test_the_year_may_stand_on_either_side_of_the_journal(text: str) -> None:
    assert mentions(text) == {"slutsky-2010"}


@pytest.mark.parametrize(
    "text",
    [
        "2010年神经元死亡",  # the word: no quotes, no "journal"
        "2010 में न्यूरॉन मर गए",
        "in 2010 neuron after neuron died",
        "In 2010. Neuron is a journal.",
        "2010 there was much to read about it in Neuron",
        "the 2013 Science Foundation report",
        "(Ann 2010, Neuron 2012)",  # the year after it is its own
        "2010\nNeuron",
    ],
)
def test_a_year_before_something_else_than_a_journal_names_no_study(text: str) -> None:
    assert mentions(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Neuron (2011)",  # no known study of that year
        "a neuron in 2010",  # the word, not the name
        "Neuron. In 2010",  # another sentence
        "Neurons 2010",
        "न्यूरॉन्स 2010",
        "运动神经元2010年",
        "Neuron 20100",
        "Neuron 12 (2010)",
        "Neuron and many other words that stand between 2010",
        "in 2010",
    ],
)
def test_a_journal_with_another_year_or_far_from_it_does_not(text: str) -> None:
    assert mentions(text) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(Neuron 2010;65:165)", {"slutsky-2010"}),
        ("(Neuron, 2010; 65(2): 165)", {"slutsky-2010"}),
        ("Neuron 2010, 12 animals", {"slutsky-2010"}),
        ("न्यूरॉन २०१०", {"slutsky-2010"}),
        # The volume tells of another study of that journal and year.
        ("(Neuron 2010;66:198)", set()),
        ("《神经元》2010；66（2）：198", set()),
        # The name of another journal ends so too.
        ("Nature Neuroscience 2005", {"bengtsson-2005"}),
        ("Nature Neuroscience 2004", set()),
    ],
)
def test_what_stands_around_a_journal_and_year_may_tell_of_another_study(text: str, expected: set[str]) -> None:
    assert mentions(text) == expected


def test_a_journal_and_year_of_several_known_studies_name_none() -> None:
    def study(key: str, volume: str, journal: str = "Sleep") -> Study:
        return Study(key, key, year=2015, volume=volume, first_page="1", journals=(journal,))

    two = (study("ann-2015", "38"), study("bea-2015", "39"))
    registry = StudyRegistry({one.key: one for one in (*two, study("eve-2015", "1", "Deep Sleep"))})
    assert not list(registry.mentions("Sleep 2015"))
    assert [mention.key for mention in registry.mentions("Sleep 2015;39:1")] == ["bea-2015"]
    # Of names that end at one place the longest is meant.
    assert [mention.key for mention in registry.mentions("in Deep Sleep 2015")] == ["eve-2015"]
    assert not list(StudyRegistry({}).mentions("Sleep 2015"))


def test_a_mention_says_where_it_stands() -> None:
    text = "As shown in Neuron (2010)."
    (mention,) = REGISTRY.mentions(text)
    assert text[mention.start : mention.end] == "Neuron (2010"


def test_the_types_are_those_of_the_known_studies() -> None:
    assert REGISTRY.types(["slutsky-2010", "liu-2016", "doi:10.9999/abc.1"]) == {
        "animal",
        "human",
        "randomized-controlled-trial",
    }


def test_the_builtin_registry_is_sound() -> None:
    kinds = set(Vocabulary.builtin("study_types").concepts)
    identities = [(study.year, study.volume, study.first_page) for study in REGISTRY.studies.values()]
    assert len(set(identities)) == len(identities)
    for slug, study in REGISTRY.studies.items():
        assert re.fullmatch(r"[a-z]+-(?:19|20)\d\d", slug)
        assert study.key == slug
        assert slug.endswith(str(study.year))
        assert study.authors
        assert study.doi or study.journals  # a journal of thousands of studies tells none of them
        assert study.study_type
        assert set(study.study_type) <= kinds
        assert study.doi == study.doi.lower()
        assert study.published is None or isinstance(study.published, date)


def test_the_registry_file_keeps_its_studies_in_order() -> None:
    file = resources.files("searchkit.data").joinpath("studies.toml")
    names = list(tomllib.loads(file.read_text(encoding="utf-8")))
    assert names == sorted(names)


CITED = {
    "exercise": {"erickson-2011", "cotman-2002"},
    "gut-brain": {"cryan-2019"},
    "long-term-potentiation": {"bliss-1973"},
    "magnesium-sleep": {"abbasi-2012", "boyle-2017"},
    "sleep-and-memory": {"diekelmann-2010", "tononi-2014", "stickgold-2005"},
    "sleep-two-articles": {"diekelmann-2010", "tononi-2014", "stickgold-2005", "xie-2013"},
}


@pytest.mark.parametrize("topic", CITED)
def test_the_sample_articles_cite_known_studies_in_all_their_languages(samples: Path, topic: str) -> None:
    for file in samples.glob(f"{topic}.*"):
        cited = set()
        for draft in read([file]):
            assert isinstance(draft, Draft)
            references = parse_references(draft.text, find_sections(draft.text, draft.headings))
            cited |= {study.key for reference in references if (study := REGISTRY.resolve(reference))}
        assert cited == CITED[topic], file.name


# Ties


def tied(entry: str, *others: str) -> str | None:
    ties = Ties()
    for other in others:
        ties.learn(parse_reference(other))
    study = REGISTRY.resolve(parse_reference(entry), ties)
    return study.key if study else None


WITH_DOI = "Ann B. A title. Brain Res. 2015;12(3):44-50. doi:10.9999/abc.1"


@pytest.mark.parametrize(
    ("entry", "others", "expected"),
    [
        ("Ann B. A title. Brain Res. 2015;12(3):44-50.", [WITH_DOI], "doi:10.9999/abc.1"),
        ("एन बी. शीर्षक। २०१५;१२(३):४४–५०।", [WITH_DOI], "doi:10.9999/abc.1"),
        ("Ann B. Un titre. Brain Res, vol. 12, n° 3, 2015, p. 44.", [WITH_DOI], "doi:10.9999/abc.1"),
        # A date ties to a place, and that to a DOI.
        (
            "Ann B. A title. 3 May 2015.",
            [WITH_DOI, "Ann B. A title. Brain Res. 2015;12:44. Published 2015 May 3."],
            "doi:10.9999/abc.1",
        ),
        # Another author of the same script has another study, in another journal.
        ("Bea C. A title. Sleep. 2015;12(3):44-50.", [WITH_DOI], "2015;12:44"),
        # Which of two, a name in another script does not tell.
        (
            "एन बी. शीर्षक। 2015;12(3):44।",
            [WITH_DOI, "Bea C. Sleep. 2015;12(3):44. doi:10.9999/other"],
            "2015;12:44",
        ),
        # The better key may be that of a known study.
        (
            "Slutsky I. A title. 3 May 2010.",
            ["Slutsky I. A title. Published 2010 May 3. doi:10.1016/j.neuron.2009.12.026"],
            "slutsky-2010",
        ),
        ("Ann B. A title. Brain Res. 2016;12(3):44-50.", [WITH_DOI], "2016;12:44"),
    ],
)
def test_what_one_reference_gives_ties_another_to_the_same_key(
    entry: str, others: list[str], expected: str
) -> None:
    assert tied(entry, *others) == expected
    assert tied(entry, *others[::-1]) == expected


# Somebody's own studies

OWN = """
[borbely-1982]
label = "Borbély 1982, Hum Neurobiol"
year = 1982
volume = 1
first_page = "195"
journals = ["Hum Neurobiol"]
aliases = ["TWO-PROCESS-1"]
study_type = ["review"]

[abc-2015]
label = "Ann 2015, Brain Res"
doi = "https://doi.org/10.9999/ABC.1"
published = 2015-05-03
"""


def load(tmp_path: Path, text: str) -> StudyRegistry:
    file = tmp_path / "studies.toml"
    file.write_text(text, encoding="utf-8")
    return StudyRegistry.load(file)


def test_studies_of_a_file_are_known_besides_the_builtin_ones(tmp_path: Path) -> None:
    own = load(tmp_path, OWN)
    registry = REGISTRY.extended(own)
    entries = ["Borbély AA. 1982;1(3):195.", "Ann B. doi:10.9999/abc.1", "Slutsky I. Neuron. 2010;65:165."]
    found = [registry.resolve(parse_reference(entry)) for entry in entries]
    assert [study and study.key for study in found] == ["borbely-1982", "abc-2015", "slutsky-2010"]
    assert [mention.key for mention in registry.mentions("the TWO-PROCESS-1 study, Hum Neurobiol 1982")] == [
        "borbely-1982",
        "borbely-1982",
    ]
    assert registry.types(["borbely-1982"]) == {"review"}
    assert StudyRegistry.from_dict(json.loads(json.dumps(own.to_dict()))) == own


def test_a_study_of_a_file_replaces_the_builtin_one_of_its_key_or_doi(tmp_path: Path) -> None:
    doi = REGISTRY.studies["slutsky-2010"].doi
    own = load(tmp_path, f'[mine]\nlabel = "Mine"\ndoi = "{doi}"\n[xie-2013]\nlabel = "Xie"\naliases = ["X-1"]')
    registry = REGISTRY.extended(own)
    assert set(registry.studies) == {*REGISTRY.studies, "mine"} - {"slutsky-2010"}
    assert registry.studies["xie-2013"].label == "Xie"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no study"),
        ("[a", "not valid TOML"),
        ('\n[Big]\nlabel = "x"', ":2: 'Big' is not a key"),
        ("[a]\nyear = 2010", "needs a label"),
        ('a = "x"', "needs a label"),
        ('[a]\nlabel = "x"', "nothing tells"),
        ('[a]\nlabel = "x"\nyear = 2010\nvolume = "1"', "nothing tells"),
        ('[a]\nlabel = "x"\ndoi = "11.1/x"', "doi of [a] is not a DOI"),
        ('[a]\nlabel = "x"\nyear = "2010"', "year of [a] must be a number"),
        ('[a]\nlabel = "x"\naliases = "X"', "aliases of [a] must be a list"),
        ('[a]\nlabel = "x"\naliases = [" "]', "aliases of [a] must be a list"),
        ('[a]\nlabel = "x"\npages = "1"', "pages of [a] is a field that studies do not have"),
        ('[a]\nlabel = 1\ndoi = "10.1000/x"', "label of [a] must be a text"),
        ('[a]\nlabel = "x"\npublished = "May"', "published of [a] must be a date"),
        ('[a]\nlabel = "x"\nstudy_type = ["wrong"]', "not wrong"),
    ],
)
def test_what_is_wrong_with_a_file_of_studies_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(VocabularyError, match=re.escape(message)):
        load(tmp_path, text)


def test_a_missing_file_of_studies_is_told(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="cannot be read"):
        StudyRegistry.load(tmp_path / "none.toml")
