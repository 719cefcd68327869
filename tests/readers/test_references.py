"""Entries of lists of references, in the styles and languages of the articles."""

import time
from datetime import date
from pathlib import Path

import pytest

from searchkit.article import Section
from searchkit.readers import Draft, read
from searchkit.references import find_citations, parse_reference, parse_references
from searchkit.structure import find_sections

# The same study as writers in five languages give it.
SAME = [
    "Slutsky I, Abumaria N, Wu LJ, et al. Enhancement of learning. Neuron. 2010;65(2):165-177.",
    "Slutsky I, Abumaria N. Enhancement of learning. Neuron. 2010 Jan 28;65(2):165–77.",
    "Slutsky I, et al. Bättre inlärning. Neuron. 2010; 65(2):165—177.",
    "Slutsky I, et al. L’apprentissage. Neuron. 2010 ; 65(2) : 165-177.",
    "斯卢茨基等。《增强学习》。神经元。2010；65(2)：165–177。",
    "斯卢茨基等．增强学习．神经元，２０１０；６５（２）：１６５－１７７．",
    "स्लटस्की आई, एट अल. सीखने में सुधार। न्यूरॉन। 2010;65(2):165-177.",
    "स्लटस्की आई. सीखने में सुधार। न्यूरॉन। २०१०; ६५(२):१६५–१७७।",
    "Slutsky I. Enhancement of learning. Neuron 2010;65:165.",
    "Slutsky I. Enhancement of learning. Neuron. 2010;65(2), pp. 165-177.",
    "Slutsky, I., & Abumaria, N. (2010). Enhancement of learning. Neuron, 65(2), 165–177.",
    "Slutsky I, Abumaria N. Enhancement of learning[J]. Neuron, 2010, 65(2): 165-177.",
    "Slutsky I, Abumaria N. Enhancement of learning. Neuron 65(2), 165-177 (2010).",
]


@pytest.mark.parametrize("entry", SAME)
def test_year_volume_and_first_page_are_read_in_every_style(entry: str) -> None:
    reference = parse_reference(entry)
    assert (reference.year, reference.volume, reference.first_page) == (2010, "65", "165")
    assert reference.issue in {"2", ""}
    assert reference.kind == "study"


# Other studies, in the styles of journals and languages that the first list lacks.
@pytest.mark.parametrize(
    ("entry", "place", "issue"),
    [
        ("Xie L, Kang H: Sleep drives clearance. Science 2013, 342:373-377.", (2013, "342", "373"), ""),
        ("Xie L, Kang H. Sleep drives clearance. Science, 2013, 342: 373.", (2013, "342", "373"), ""),
        ("Stickgold R. Sleep-dependent memory. Nature 437, 1272–1278 (2005).", (2005, "437", "1272"), ""),
        ("Stickgold, R. (2005). Sleep-dependent memory. Nature, 437, 1272–1278.", (2005, "437", "1272"), ""),
        ("Stickgold R. Sleep-dependent memory. Nature 437:1272–1278, 2005.", (2005, "437", "1272"), ""),
        ("R. Stickgold, Sleep-dependent memory, Nature 437 (2005) 1272–1278.", (2005, "437", "1272"), ""),
        ("Boyle NB, Lawton C. Magnesium. Nutrients 2017, 9 (5), 429.", (2017, "9", "429"), "5"),
        ("Cotman CW. Motion. Trends Neurosci, 2002, vol. 25, nr 6, s. 295–301.", (2002, "25", "295"), "6"),
        ("Cotman CW. Motion. Trends Neurosci 2002, årg. 25, häfte 6, sid. 295.", (2002, "25", "295"), "6"),
        ("Cotman CW. L’exercice. Trends Neurosci, vol. 25, n° 6, 2002, p. 295-301.", (2002, "25", "295"), "6"),
        (
            "Cotman CW. L’exercice. Trends Neurosci, tome 25, numéro 6, pages 295-301, 2002.",
            (2002, "25", "295"),
            "6",
        ),
        (
            "Cotman, C. W. “Exercise.” Trends Neurosci., vol. 25, no. 6, 2002, pp. 295–301.",
            (2002, "25", "295"),
            "6",
        ),
        (
            "Cotman CW. Exercise. Trends Neurosci, Volume 25, Issue 6, 2002, Pages 295-301.",
            (2002, "25", "295"),
            "6",
        ),
        ("科特曼．运动．《神经科学趋势》，2002年，第25卷第6期，第295—301页．", (2002, "25", "295"), "6"),
        ("科特曼。运动。神经科学趋势，2002，25卷6期：295-301。", (2002, "25", "295"), "6"),
        ("科特曼。運動。神經科學趨勢，２００２年第２５卷，第２９５頁。", (2002, "25", "295"), ""),
        ("कॉटमैन सी. व्यायाम। ट्रेंड्स न्यूरोसाइंस। खंड 25, अंक 6, पृष्ठ 295–301, 2002।", (2002, "25", "295"), "6"),
        ("कॉटमैन सी. व्यायाम। ट्रेंड्स न्यूरोसाइंस। २००२, खण्ड २५, पृ. २९५।", (2002, "25", "295"), ""),
        ("Little JP. A model. J Physiol 588, no. 6 (2010): 1011–1022.", (2010, "588", "1011"), "6"),
        ("Little JP. A model. J Physiol 588, no. 6 (March 2010): 1011.", (2010, "588", "1011"), "6"),
        ("Little JP. “A model.” J Physiol 588.6 (2010): 1011–22.", (2010, "588", "1011"), "6"),
        ("Little JP. Un modèle. J Physiol, 2010, 588, 6, p. 1011-1022.", (2010, "588", "1011"), "6"),
        ("Little JP. En modell. J Physiol 2010, 588, s. 1011.", (2010, "588", "1011"), ""),
        ("Little, J. P. (2010) ‘A model’, J Physiol, 588(6), pp.1011-1022.", (2010, "588", "1011"), "6"),
        ("利特尔．模型．生理学杂志．2010年3月15日；588（6）：1011-1022．", (2010, "588", "1011"), "6"),
        ("《生理学杂志》2010年588卷第6期，1011-1022页", (2010, "588", "1011"), "6"),
        ("लिटिल जेपी. मॉडल। जे फिजियोल, वॉल्यूम 588, नंबर 6, पीपी. 1011–1022, 2010।", (2010, "588", "1011"), "6"),
        ("लिटिल जेपी. मॉडल। जे फिजियोल। वर्ष 2010, खंड 588, पृ॰ सं॰ 1011।", (2010, "588", "1011"), ""),
        ("Boyle NB. Magnesium. Nutrients. 2017 Apr 26;9(5). pii: E429.", (2017, "9", "e429"), "5"),
        ("Ann B. Salt. Cochrane Database Syst Rev. 2016;4:CD001269.", (2016, "4", "cd001269"), ""),
        ("Ann B. Sömn. Läkartidningen. 2019;116:FE7E.", (2019, "116", "fe7e"), ""),
        ("Ann B. Sleep. Brain Res. 2015;112 Suppl 1:S12-8.", (2015, "112", "s12"), ""),
        # Years in the title, and pages of another kind.
        ("Ann B. Trends from 1990 to 2000. Brain Res, vol. 12, p. 44-50, 2015.", (2015, "12", "44"), ""),
        ("Ann B. Sleep 1990-2000, a history. Brain Res. 2015, 12: E44.", (2015, "12", "e44"), ""),
        ("Ann B. Sleep. Brain Res. 2015;112(4), s. 1232–1237.", (2015, "112", "1232"), "4"),
    ],
)
def test_the_ways_of_other_journals_and_languages_are_read(
    entry: str, place: tuple[int, str, str], issue: str
) -> None:
    reference = parse_reference(entry)
    assert (reference.year, reference.volume, reference.first_page) == place
    assert (reference.kind, reference.issue) == ("study", issue)


@pytest.mark.parametrize(
    "entry",
    [
        "Kandel ER. In Search of Memory. New York: W. W. Norton; 2006.",
        "Kandel, E. R. (2006). In Search of Memory. New York: Norton.",
        "Sacks O. Musicophilia: Tales of Music. London: Picador, 2007.",
        "Hebb D. The Organization of Behavior. Cambridge University Press, 1949.",
        "Hebb D. The Organization of Behavior. 2nd ed. 1949.",
        "Hansen A. Hjärnstark. Stockholm: Fitnessförlaget, 2016.",
        "Changeux JP. L’Homme neuronal. Paris : Fayard, 1983.",
        "坎德尔。《追寻记忆的痕迹》。北京：中国轻工业出版社，2007。",
        "坎德尔. 追寻记忆的痕迹[M]. 北京, 2007.",
        "कांडेल ई. स्मृति की खोज। नई दिल्ली: राजकमल प्रकाशन, 2008।",
        "Ann B. Sleep. In: Squire L, editor. Encyclopedia, vol. 2. Oxford: Academic; 2009. p. 165-177.",
        "Ann B. Sleep. In: Squire L (ed.) Encyclopedia, vol. 2, 2009, p. 165-177.",
        "Kandel ER. In Search of Memory. 2006. ISBN 978-0-393-32937-7.",
    ],
)
def test_a_book_is_no_study(entry: str) -> None:
    assert parse_reference(entry).kind == "book"


@pytest.mark.parametrize(
    "entry",
    [
        "Ann B. Sleep and memory. Oxford University Press journals. Sleep. 2015;12(3):44-50.",
        "Ann B. A letter to the editor. Sleep. 2015;12(3):44-50.",
        "Ann B. Publishing on sleep. doi:10.1038/nrn2762",
        "Hausenblas H. A title. Sleep Medicine: X. August 17, 2024.",
        "Ann B. A title. 2010.",
    ],
)
def test_what_a_journal_published_is_no_book(entry: str) -> None:
    assert parse_reference(entry).kind == "study"


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "(",
            ")",
            "1",
            " ",
            "2010;",
            "vol. 1 ",
            "第1卷",
            "10.1000/a)",
            "https://a/.",
            ". A: B",
            "_",
            "Ö",
            "2010 (",
        ),
        *("a.", "1(2), ", "2010, 1: ", "\n", "\u0300", "1-", "K.", "5, no. 6 (", "2010,1,"),
    ],
)
def test_no_entry_takes_more_than_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        entry = piece * (length // len(piece))
        started = time.process_time()
        parse_reference(entry)
        return time.process_time() - started

    seconds(1_000)
    # Quadratic work on the longer one would take a hundred times as long as on the shorter one.
    assert seconds(200_000) < 40 * max(seconds(20_000), 0.01)


@pytest.mark.parametrize(
    ("entry", "author"),
    [(SAME[0], "Slutsky"), (SAME[4], "斯卢茨基等"), (SAME[6], "स्लटस्की"), (SAME[10], "Slutsky")],
)
def test_the_author_is_the_first_surname_as_written(entry: str, author: str) -> None:
    assert parse_reference(entry).author == author


@pytest.mark.parametrize(
    ("entry", "author"),
    [
        ("O'Riordan KJ. 2019;99:1.", "O'Riordan"),
        ("O’Riordan KJ. 2019;99:1.", "O’Riordan"),
        ("Gröber U. 2015;7:8199.", "Gröber"),
        ("van Dyck CH. 2015;7:8199.", "van Dyck"),
        ("de la Torre JC. 2015;7:8199.", "de la Torre"),
        ("K.M. Nelson, 2015;7:8199.", "Nelson"),
        ("J.-P. Changeux, 2015;7:8199.", "Changeux"),
        ("“Smith J” 2015;7:8199.", "Smith"),
        ("https://doi.org/10.1038/nrn2762", ""),
        ("www.example.org 2015", ""),
        ("doi:10.1038/nrn2762", ""),
        ("2010;65:165", ""),
    ],
)
def test_names_with_marks_are_whole_and_an_address_is_no_name(entry: str, author: str) -> None:
    assert parse_reference(entry).author == author


@pytest.mark.parametrize(
    ("entry", "journal"),
    [
        (SAME[0], "Neuron"),
        (SAME[4], "神经元"),
        (SAME[6], "न्यूरॉन"),
        (SAME[10], "Neuron"),
        (SAME[11], "Neuron"),
        (
            "Xie L, et al. Sleep drives clearance. Proc Natl Acad Sci U S A. 2013;342:373.",
            "Proc Natl Acad Sci U S A",
        ),
        ("Xie L. Sleep drives clearance. https://doi.org/10.1126/science.1241224", ""),
    ],
)
def test_the_journal_stands_before_the_year_or_the_volume(entry: str, journal: str) -> None:
    assert parse_reference(entry).journal == journal


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("doi:10.1038/nrn2762", "10.1038/nrn2762"),
        ("DOI: 10.1038/nrn2762.", "10.1038/nrn2762"),
        ("doi : 10.1038/NRN2762", "10.1038/nrn2762"),
        ("DOI：10.1038/nrn2762。", "10.1038/nrn2762"),
        ("DOI：10.1038/nrn2762，全文", "10.1038/nrn2762"),
        ("DOI：10.1038/nrn2762；PMID：20046194", "10.1038/nrn2762"),
        ("（DOI：10.1038/nrn2762）。", "10.1038/nrn2762"),
        ("https://doi.org/10.1038/nrn2762", "10.1038/nrn2762"),
        ("<https://doi.org/10.1038/nrn2762>.", "10.1038/nrn2762"),
        ("http://dx.doi.org/10.1038/nrn2762।", "10.1038/nrn2762"),
        ("“doi:10.1038/nrn2762”", "10.1038/nrn2762"),
        ("doi:10.1016/S0166-2236(02)02143-4", "10.1016/s0166-2236(02)02143-4"),
        ("(doi:10.1016/S0166-2236(02)02143-4).", "10.1016/s0166-2236(02)02143-4"),
        ("doi:10.1016/j.neuron.2009.12.026.", "10.1016/j.neuron.2009.12.026"),
        ("doi:10.1016/j.neuron.2009\u201112\u2011026", "10.1016/j.neuron.2009-12-026"),
        ("no identifier 10.10/x", ""),
    ],
)
def test_a_doi_is_read_without_what_stands_around_it(text: str, doi: str) -> None:
    reference = parse_reference(f"Ann B. A title. {text}")
    assert (reference.doi, reference.url) == (doi, "")


@pytest.mark.parametrize(
    ("entry", "year"),
    [
        ("Ann B. A title. doi:10.1016/j.neuron.2009.12.026", None),
        ("Ann B. A title. doi:10.1016/j.neuron.2009.12.026. 2010", 2010),
        ("WHO. https://example.org/2024/05/page. Accessed 2025.", 2025),
        ("World Health Organization. 2020.", 2020),
        ("Section 12010 of it.", None),
    ],
)
def test_numbers_inside_an_address_are_no_year(entry: str, year: int | None) -> None:
    assert parse_reference(entry).year == year


@pytest.mark.parametrize(
    ("entry", "published"),
    [
        ("Hausenblas H. A title. Sleep Medicine: X. 17 August 2024.", date(2024, 8, 17)),
        ("Hausenblas H. En titel. Sömnmedicin: X. 17 augusti 2024.", date(2024, 8, 17)),
        ("Hausenblas H. Un titre. 17 août 2024.", date(2024, 8, 17)),
        ("豪森布拉斯。《题目》。2024年8月17日。", date(2024, 8, 17)),
        ("हौसेनब्लास एच। शीर्षक। 17 अगस्त, 2024।", date(2024, 8, 17)),
        ("Hausenblas H. Sleep Med X. 2024;8:100121. Published 2024 Aug 17.", date(2024, 8, 17)),
        ("Hausenblas H. Sleep Med X. 2024;8:100121.", None),
    ],
)
def test_a_full_date_is_read_in_every_language(entry: str, published: date | None) -> None:
    assert parse_reference(entry).published == published


@pytest.mark.parametrize(
    ("entry", "kind", "url"),
    [
        ("NIH. Magnesium. https://ods.od.nih.gov/a/. Accessed 2025.", "web", "https://ods.od.nih.gov/a/"),
        ("NIH。镁。https://ods.od.nih.gov/a/.2025 年访问。", "web", "https://ods.od.nih.gov/a/"),
        ("WHO। https://www.who.int/a-b। 2025 में देखा गया।", "web", "https://www.who.int/a-b"),
        ("WHO (https://www.who.int/a_(b)).", "web", "https://www.who.int/a_(b)"),
        ("Ann B. Neuron. 2010;65(2):165. https://example.org/a", "study", "https://example.org/a"),
        ("Ann B. A title. https://doi.org/10.1038/nrn2762", "study", ""),
        ("Ann B. A title. 2010.", "study", ""),
    ],
)
def test_a_page_with_nothing_that_tells_a_publication_is_a_web_source(entry: str, kind: str, url: str) -> None:
    reference = parse_reference(entry)
    assert (reference.kind, reference.url) == (kind, url)


def test_an_entry_keeps_its_text_and_place() -> None:
    reference = parse_reference(SAME[5], start=40)
    assert (reference.text, reference.start, reference.end) == (SAME[5], 40, 40 + len(SAME[5]))


def test_entries_are_found_in_lists_of_references_alone() -> None:
    text = "Ann. 2010;65(2):165.\nReferences\n- Bea. 2011;66:1.\n- no year\n- Cid. 2012."
    start = text.index("References")
    sections = [Section("", 0, start), Section("References", start, len(text), "references")]
    found = parse_references(text, sections)
    assert [(item.author, text[item.start : item.end]) for item in found] == [
        ("Bea", "Bea. 2011;66:1."),
        ("Cid", "Cid. 2012."),
    ]


@pytest.mark.parametrize("bullet", ["- {}", "• {}", "{}. ", "[{}] ", "({}) ", "  {}) "])
def test_an_entry_may_go_over_several_lines(bullet: str) -> None:
    entries = [f"{bullet.format(n)}Ann B,\n   Bea C.\n   Neuron. 201{n};65(2):165." for n in range(1, 4)]
    text = "Some text.\n\nReferences\n" + "\n".join(entries)
    found = parse_references(text, find_sections(text))
    assert [(item.year, item.volume) for item in found] == [(2011, "65"), (2012, "65"), (2013, "65")]
    assert all(text[item.start : item.end] == item.text for item in found)


def test_a_list_without_bullets_has_an_entry_a_line() -> None:
    text = "Some text.\n\nRéférences\n\nAnn B. 2010;65(2):165.\nBea C. 2011;66:1."
    assert [item.author for item in parse_references(text, find_sections(text))] == ["Ann", "Bea"]


@pytest.mark.parametrize("topic", ["exercise", "gut-brain", "sleep-and-memory"])
def test_samples_on_one_topic_cite_the_same_places(samples: Path, topic: str) -> None:
    places = set()
    for file in samples.glob(f"{topic}.*"):
        (draft,) = read([file])
        assert isinstance(draft, Draft)
        found = parse_references(draft.text, find_sections(draft.text, draft.headings))
        places.add(
            tuple((item.kind, item.year, item.volume, item.first_page, item.doi, item.url) for item in found)
        )
    assert len(places) == 1


# Running text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("as mice do (Science 2013;342:373–377) when asleep", [("", 2013, "342", "373")]),
        ("这一点（Science 2013；342：373）已经证明", [("", 2013, "342", "373")]),
        ("（《科学》2013年，第342卷，第373页）", [("", 2013, "342", "373")]),
        ("dans Science, vol. 342, n° 6156, 2013, p. 373, on lit", [("", 2013, "342", "373")]),
        ("shown in Nature 437, 1272–1278 (2005).", [("", 2005, "437", "1272")]),
        ("साइंस (२०१३;३४२:३७३) में", [("", 2013, "342", "373")]),
        ("see doi:10.1126/SCIENCE.1241224.", [("10.1126/science.1241224", None, "", "")]),
        ("（DOI：10.1126/science.1241224）。", [("10.1126/science.1241224", None, "", "")]),
        (
            "(Science 2013;342:373-377, doi:10.1126/science.1241224)",
            [("10.1126/science.1241224", 2013, "342", "373")],
        ),
        (
            "(Science 2013;342:373; Nature 2005;437:1272, https://doi.org/10.1038/nature04286)",
            [("", 2013, "342", "373"), ("10.1038/nature04286", 2005, "437", "1272")],
        ),
        (
            "(Science 2013;342:373). Another is doi:10.1038/nature04286",
            [("", 2013, "342", "373"), ("10.1038/nature04286", None, "", "")],
        ),
    ],
)
def test_running_text_cites_by_doi_or_by_year_volume_and_page(
    text: str, expected: list[tuple[str, int | None, str, str]]
) -> None:
    found = list(find_citations(text))
    assert [(item.doi, item.year, item.volume, item.first_page) for item in found] == expected
    assert all(text[item.start : item.end] == item.text for item in found)


@pytest.mark.parametrize(
    "text",
    [
        "In 2010, 12:30 was the time.",
        "in 2010; 5, 10 and 20 mg were given",
        "Volume 3 of 1999 is on my shelf.",
        "Neuron 2010, page 165",
        "version 10.1000 / 2010",
        "On 3 May 2010 65 people came, 165 left.",
        "第1卷第2期",
    ],
)
def test_numbers_of_another_kind_are_no_citation(text: str) -> None:
    assert list(find_citations(text)) == []


@pytest.mark.parametrize(
    "piece", ["2010;1:1 ", "10.1000/a ", "第1卷第2页2010", "vol. 1 p. 2 ", "2010 (", "(2010) 1", "， "]
)
def test_running_text_takes_no_more_than_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        started = time.process_time()
        list(find_citations(text))
        return time.process_time() - started

    seconds(1_000)
    assert seconds(200_000) < 40 * max(seconds(20_000), 0.01)


@pytest.mark.parametrize("wave", ["~", "～", "〜", "∼"])
@pytest.mark.parametrize(
    "entry",
    [
        "甲乙. 题目. 某刊. 2012;33(4):210{}219页.",
        "甲乙：题目，某刊，2012年，33卷4期，210{}219页",
        "Cy D. A title. Brain 33, 210{}219 (2012).",
    ],
)
def test_a_wave_dash_stands_between_pages(entry: str, wave: str) -> None:
    reference = parse_reference(entry.format(wave))
    assert (reference.year, reference.volume, reference.first_page) == (2012, "33", "210")


def test_a_tilde_stays_in_an_address() -> None:
    assert parse_reference("Cy D. https://x.example/1/~2/a 2012").url == "https://x.example/1/~2/a"


@pytest.mark.parametrize(
    "entry",
    [
        "Heart Board. Salt at table. Accessed 4 March 2020.",
        "Heart Board. Salt at table. Retrieved March 4, 2020, from heart.example/salt",
        "Hjärtrådet. Salt vid bordet. Hämtad 2020-03-04.",
        "Hjärtrådet. Salt vid bordet. Senast läst 4 mars 2020.",
        "Conseil du cœur. Le sel à table. Consulté le 4 mars 2020.",
        "Conseil du cœur. Le sel à table (page consultée le 4 mars 2020).",
        "Conseil du cœur, www.coeur.example/sel, 2020",
        "某某协会：餐桌上的盐，2020年3月4日访问。",
        "某某協會：餐桌上的鹽，訪問日期：2020年3月4日。",
        "हृदय परिषद। मेज़ पर नमक। 4 मार्च 2020 को देखा गया।",
        "हृदय परिषद। मेज़ पर नमक। अभिगमन तिथि 4 मार्च 2020।",
    ],
)
def test_what_was_looked_at_on_a_day_is_a_source_on_the_web(entry: str) -> None:
    assert parse_reference(entry).kind == "web"


@pytest.mark.parametrize(
    "entry",
    [
        "Cy D. A title. Brain. 2012;33(4):210-219. Accessed 4 March 2020.",
        "Cy D. A title. doi:10.9999/x.1. Hämtad 2020-03-04.",
        "Cy D. How the shop was accessed. Brain, May 2012 doi:10.9999/x.2",
    ],
)
def test_a_study_may_have_been_looked_at_too(entry: str) -> None:
    assert parse_reference(entry).kind == "study"
