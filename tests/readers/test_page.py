"""Saved pages: what is the article, and what only stood around it."""

from datetime import date
from pathlib import Path

import pytest

from searchkit.readers import Draft, read
from searchkit.readers.page import read_page

AVATAR = "https://secure.gravatar.com/avatar/0123abcd?s=96&d=mm&r=g"


def page(text: str) -> list[Draft]:
    return list(read_page(text, "page.txt"))


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("1024 683 Nora Whitfield", "Nora Whitfield"),
        ("930 522 林若溪", "林若溪"),
        ("1024 683 莱利-福布斯", "莱利-福布斯"),
        ("1024 683 अनन्या वर्मा", "अनन्या वर्मा"),
        ("1024 683 Jean-Luc d’Ormesson", "Jean-Luc d’Ormesson"),
        ("thesite 1024 683 Nora Whitfield", "Nora Whitfield"),
        (f"thesite 1024 683 Nora Whitfield Nora Whitfield {AVATAR}", "Nora Whitfield"),
        (f"https:// example .org/a/image-1024x683.jpeg 1024 683 Nora Nora {AVATAR}", "Nora"),
    ],
)
def test_the_line_with_the_image_size_gives_the_author_and_the_line_before_it_the_title(
    line: str, author: str
) -> None:
    (draft,) = page(f"The title\n\n{line}\n\nThe first paragraph.\n\nThe second.")
    assert (draft.title, draft.author) == ("The title", author)
    assert draft.text == "The first paragraph.\n\nThe second."


def test_text_glued_to_an_avatar_address_is_kept() -> None:
    (draft,) = page(f"Title\n1024 683 Ann Ann {AVATAR}The text begins here.\nAnd goes on.")
    assert draft.text == "The text begins here.\nAnd goes on."


@pytest.mark.parametrize("line", ["12 May", "5 10 Rats", "1024 683", "1024 683 50 mg a day", "1024683 Ann"])
def test_other_lines_with_numbers_belong_to_the_text(line: str) -> None:
    (draft,) = page(f"The title\n{line}\nThe text goes on.")
    assert (draft.title, draft.author) == ("The title", "")
    assert draft.text.startswith(line)


def test_an_entry_of_a_list_is_no_title() -> None:
    (draft,) = page("The title\n\n- An entry\n1024 683 Ann\nThe text.")
    assert draft.title == "The title"


def test_a_file_holds_as_many_articles_as_meta_lines() -> None:
    one, two = page("First\n\n1024 683 Ann\n\nText one.\n\nSecond\n\n930 522 Bea\n\nText two.\n")
    assert (one.title, one.author, one.text, one.place) == ("First", "Ann", "Text one.", 1)
    assert (two.title, two.author, two.text, two.place) == ("Second", "Bea", "Text two.", 2)


@pytest.mark.parametrize(
    ("header", "value", "published"),
    [
        ("Dagliga arkiv :", "Torsdagen den 16 maj 2024", date(2024, 5, 16)),
        ("Daily Archives:", "May 16, 2024", date(2024, 5, 16)),
        ("每日归档：", "2024年5月16日", date(2024, 5, 16)),
        ("दैनिक अभिलेख :", "16 मई 2024", date(2024, 5, 16)),
        ("Archives quotidiennes :", "16 mai 2024", date(2024, 5, 16)),
        ("标签为 :", "睡眠科学", None),
        ("Tag:", "Sleep", None),
        ("Catégorie :", "Sommeil", None),
    ],
)
def test_the_header_of_a_list_of_articles_is_left_out_and_its_day_is_the_date(
    header: str, value: str, published: date | None
) -> None:
    (with_meta,) = page(f"{header}\n\n{value}\n\nThe title\n\n1024 683 Ann\n\nThe text.")
    (without,) = page(f"{header}\n\n{value}\n\nThe title\n\nThe text goes on.")
    for draft in with_meta, without:
        assert draft.title == "The title"
        assert draft.published == published
        assert draft.text.startswith("The text")


def test_a_header_between_two_articles_belongs_to_the_second() -> None:
    one, two = page(
        "First\n1024 683 Ann\nText one.\nDaily archives :\nMay 16, 2024\nSecond\n1024 683 Bea\nText two."
    )
    assert (one.text, one.published) == ("Text one.", None)
    assert (two.text, two.published) == ("Text two.", date(2024, 5, 16))


@pytest.mark.parametrize("sign", ["»", "›", ">"])
def test_the_last_part_of_a_breadcrumb_is_the_title(sign: str) -> None:
    (draft,) = page(f"An English title\n\nLe titre\n\nAccueil {sign} Sommeil {sign} Le titre\nLe texte est ici.")
    assert draft.title == "Le titre"
    assert draft.text == "An English title\n\nLe texte est ici."


@pytest.mark.parametrize(
    "line",
    ["Related posts", "相关文章", "Relaterade inlägg", "संबंधित लेख", "Publications similaires", "Related Articles:"],
)
def test_what_follows_a_line_about_other_articles_is_left_out(line: str) -> None:
    (draft,) = page(f"The title\n\n1024 683 Ann\n\nThe text ends here.\n\n{line}\n\nAnother title\nA third")
    assert draft.text == "The text ends here."


def test_an_article_that_goes_on_after_such_a_line_is_not_cut() -> None:
    prose = "The article goes on here with a paragraph. It is much too long to be a title. " * 2 + "Isn't it?"
    (draft,) = page(f"The title\n\n1024 683 Ann\n\nThe text.\n\nRelated posts\n\nOne\n\n{prose}")
    assert draft.text.endswith(prose)
    (draft,) = page("The title\n\n1024 683 Ann\n\nThe text.\n\nLäs också\n\nReferenser\n\nAnn. 2010;65:1.")
    assert draft.text.endswith("Ann. 2010;65:1.")


@pytest.mark.parametrize("title", ["A short line", "Does sleep help?", "睡眠与记忆", "नींद और स्मृति"])
def test_a_first_line_that_looks_like_a_title_is_one(title: str) -> None:
    (draft,) = page(f"{title}\n\nThe text begins here.")
    assert (draft.title, draft.text) == (title, "The text begins here.")


def test_a_first_sentence_stands_for_a_missing_title_and_stays_in_the_text() -> None:
    (draft,) = page("Sleep is good. It helps memory.\nMore.")
    assert draft.title == "Sleep is good."
    assert draft.text == "Sleep is good. It helps memory.\nMore."


def test_a_long_first_sentence_is_shortened_between_words_and_characters() -> None:
    (draft,) = page("word " * 60 + "end.")
    assert draft.title == "word " * 19 + "word …"
    (draft,) = page("睡" * 90 + "。")
    assert draft.title == "睡" * 40 + " …"
    (draft,) = page("कि" * 200)
    assert draft.title == "कि" * 100 + " …"


@pytest.mark.parametrize("text", ["", " \n\n\t"])
def test_an_empty_page_is_an_empty_draft(text: str) -> None:
    (draft,) = page(text)
    assert (draft.title, draft.text) == ("", "")


def test_blank_lines_are_kept_as_one() -> None:
    (draft,) = page("Title\n\n\n\nOne.\n  • indented\n\n\nTwo.")
    assert draft.text == "One.\n• indented\n\nTwo."


EXPECTED = {
    "adolescence.fr.txt": ("Hélène Garnier", None, "Le cerveau des adolescents"),
    "alzheimer.en.txt": ("Martin Hale", None, "Plaques, Scavengers and Patience"),
    "anaemia.hi.txt": ("", None, "ख़ून की कमी"),
    "antibiotics.fr.txt": ("Hélène Garnier", date(2024, 11, 18), "Antibiotiques"),
    "body-clock.fr.txt": ("Camille Roussel", None, "L’horloge en nous"),
    "body-clock.hi.txt": ("अनन्या वर्मा", None, "भीतर की घड़ी"),
    "body-clock.sv.txt": ("Elin Sandberg", None, "Klockan inom oss"),
    "body-clock.zh.txt": ("林若溪", None, "体内的时钟"),
    "briefs.sv.jsonl": ("Johan Lindqvist", date(2024, 3, 11), "Kort om"),
    "city-map.sv.txt": ("", None, "En stad i huvudet"),
    "diabetes.hi.md": ("राघव मिश्रा", date(2023, 11, 14), "मधुमेह को टालना"),
    "exercise.en.md": ("", None, "Exercise and the Adaptable Brain"),
    "exercise.hi.txt": ("राघव मिश्रा", None, "व्यायाम और बदलने में सक्षम मस्तिष्क"),
    "exercise.sv.txt": ("Johan Lindqvist", None, "Rörelse och den anpassningsbara hjärnan"),
    "fasting.en.md": ("Martin Hale", date(2024, 2, 8), "Eating by the Clock"),
    "flu-vaccine.zh.txt": ("许文清", date(2024, 10, 9), "流感疫苗为什么年年都要打"),
    "gut-brain.en.txt": ("Martin Hale", None, "The Gut and the Brain"),
    "gut-brain.fr.txt": ("", None, "L’intestin et le cerveau"),
    "gut-brain.zh.txt": ("陳雨桐", None, "腸與腦"),
    "habits.sv.txt": ("Johan Lindqvist", None, "Sextiosex dagar"),
    "handwashing.en.txt": ("Ruth Adeyemi", None, "Twenty Seconds That Save Lives"),
    "heat.hi.txt": ("अनन्या वर्मा", None, "लू से बचाव"),
    "inflammation.sv.txt": ("Elin Sandberg", None, "Låg eld"),
    "learning.hi.txt": ("अनन्या वर्मा", None, "दोहराना नहीं, याद करना"),
    "long-term-potentiation.zh.txt": ("周以宁", None, "越用越强的突触"),
    "magnesium-brain.en.txt": ("Nora Whitfield", None, "Magnesium and the Brain"),
    "magnesium-brain.hi.txt": ("राघव मिश्रा", None, "मैग्नीशियम और मस्तिष्क"),
    "magnesium-brain.sv.txt": ("Johan Lindqvist", None, "Magnesium och hjärnan"),
    "magnesium-brain.zh.txt": ("周以宁", None, "镁与大脑"),
    "magnesium-sleep.fr.txt": ("Camille Roussel", None, "Magnésium et sommeil"),
    "mediterranean.fr.txt": ("Camille Roussel", None, "Le régime méditerranéen"),
    "muscle.fr.md": ("", None, "Pourquoi l’entraînement rend endurant"),
    "music.zh.txt": ("周以宁", None, "练琴的孩子"),
    "night-cleaning.hi.txt": ("अनन्या वर्मा", date(2024, 11, 12), "रात की सफ़ाई"),
    "night-two-articles.en.txt": ("Nora Whitfield", date(2024, 9, 6), "Why Teenagers Go to Bed So Late"),
    "salt.zh.txt": ("", None, "少吃一点盐，血压会知道"),
    "serotonin.zh.txt": ("许文清", None, "血清素与抑郁"),
    "sleep-and-memory.en.txt": ("Nora Whitfield", None, "Sleep and Memory"),
    "sleep-and-memory.fr.txt": ("", None, "Sommeil et mémoire"),
    "sleep-and-memory.hi.txt": ("अनन्या वर्मा", None, "नींद और स्मृति"),
    "sleep-and-memory.sv.txt": ("Elin Sandberg", date(2024, 5, 16), "Sömn och minne"),
    "sleep-two-articles.zh.txt": ("林若溪", None, "睡眠与记忆"),
    "stress-memory.fr.txt": ("Hélène Garnier", None, "Le trou de mémoire"),
    "stress.hi.txt": ("राघव मिश्रा", None, "तनाव"),
    "ticks.sv.txt": ("Elin Sandberg", None, "Fästingen vaknar vid fem grader"),
    "turmeric.en.txt": ("", None, "Turmeric"),
    "turmeric.hi.txt": ("राघव मिश्रा", None, "हल्दी"),
    "vitamin-d.en.md": ("", None, "Vitamin D"),
}
# Files of more than one article.
SEVERAL = {"briefs.sv.jsonl": 2, "night-two-articles.en.txt": 2, "sleep-two-articles.zh.txt": 2}
AROUND = (
    *("1024", "683", "930 522", "gravatar", "wp-content"),
    *(
        "Accueil",
        "Start »",
        "Home »",
        "Kategori",
        "मुखपृष्ठ",
        "首页",
        "arkiv",
        "标签",
        "標籤",
        "归档",
        "Étiquette",
        "श्रेणी",
        "अभिलेखागार",
    ),
    *(
        "Publications similaires",
        "À lire aussi",
        "Läs också",
        "Relaterade",
        "संबंधित लेख",
        "相关文章",
        "Related posts",
    ),
)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_sample_articles_have_their_titles_authors_and_dates(samples: Path, name: str) -> None:
    author, published, title = EXPECTED[name]
    drafts = [item for item in read([samples / name]) if isinstance(item, Draft)]
    assert (drafts[0].author, drafts[0].published) == (author, published)
    assert drafts[0].title.startswith(title)
    assert len(drafts) == SEVERAL.get(name, 1)
    assert [words for words in AROUND for draft in drafts if words in draft.text] == []


def test_every_sample_is_expected(samples: Path) -> None:
    assert {file.name for file in samples.iterdir()} == set(EXPECTED)


def test_two_numbers_and_a_word_are_no_image_and_author() -> None:
    drafts = list(read_page("Doses\n\n100 200 mg\n\nThis is what was given, in two groups.", "x.txt"))
    assert [(draft.title, draft.author) for draft in drafts] == [("Doses", "")]


PARAGRAPHS = {
    "en": "Many people bathe in the evening. The water warms the skin. After it the body cools, and sleep comes.",
    "sv": "Många badar på kvällen. Vattnet värmer huden. Efteråt svalnar kroppen, och sömnen kommer lätt.",
    "fr": "Beaucoup se baignent le soir. L’eau chauffe la peau. Ensuite le corps se refroidit, et l’on dort.",
    "hi": "बहुत से लोग शाम को नहाते हैं। पानी त्वचा को गरम करता है। उसके बाद शरीर ठंडा होता है और नींद आती है।",
    "zh": "很多人晚上洗热水澡。热水使皮肤变暖。之后身体变凉，更容易入睡。这一点很早就有人注意到了。",
}


@pytest.mark.parametrize(
    ("code", "header", "title"),
    [
        ("en", "Skip to main content\nMenu\nSearch\nLog in\nHealth\n", "Why a bath helps you sleep"),
        ("en", "News | Health | Food\n\n", "Why a bath helps you sleep?"),
        ("en", "Menu\nSleep\n", "A bath before bed"),
        ("en", "Home > Health > Sleep\n", "Why a bath helps you sleep"),
        ("en", "Home / Health / Sleep\nSubscribe\n", "Why a bath helps you sleep"),
        ("sv", "Hoppa till innehåll\nMeny Sök Logga in\nHälsa\n", "Därför hjälper ett bad"),
        ("sv", "Meny\nSök\nStart › Hälsa › Sömn\n", "Därför hjälper ett bad"),
        ("fr", "Aller au contenu principal\nMenu\nRechercher\nSe connecter\nSanté\n", "Pourquoi un bain aide"),
        ("fr", "Accueil > Santé > Sommeil\n", "Pourquoi un bain aide"),
        ("hi", "मुख्य सामग्री पर जाएँ\nमेन्यू\nखोजें\nलॉग इन करें\nस्वास्थ्य\n", "नहाने से नींद क्यों आती है"),
        ("hi", "होम > स्वास्थ्य > नींद\n", "नहाने से नींद क्यों आती है"),
        ("zh", "跳到主要内容\n菜单 搜索 登录\n健康\n", "为什么洗澡有助于睡眠"),
        ("zh", "首页 > 健康 > 睡眠\n", "为什么洗澡有助于睡眠"),
        ("zh", "跳至內容\n選單\n搜尋\n登入\n\n", "為什麼洗澡有助於睡眠"),
    ],
)
@pytest.mark.parametrize("below", ["", "{byline}\n"])
def test_menus_breadcrumbs_and_names_of_sections_above_the_title_are_left_out(
    code: str, header: str, title: str, below: str
) -> None:
    bylines = {
        "en": "By Nora Whitfield, reading time 4 minutes",
        "sv": "Publicerad 3 maj 2021",
        "fr": "Publié le 3 mai 2021",
        "hi": "प्रकाशित: 3 मई 2021",
        "zh": "发布时间：2021年5月3日",
    }
    below = below.format(byline=bylines[code])
    (draft,) = page(f"{header}{title}\n{below}\n{PARAGRAPHS[code]}\n\n{PARAGRAPHS[code]}")
    assert draft.title == title
    assert draft.text.split() == f"{below}{PARAGRAPHS[code]} {PARAGRAPHS[code]}".split()


@pytest.mark.parametrize(
    "title", ["Menus of the world", "A search for sleep", "Sleep", "Home baths", "Baths | a story"]
)
def test_a_title_with_a_word_of_menus_is_a_title(title: str) -> None:
    (draft,) = page(f"{title}\n\n{PARAGRAPHS['en']}")
    assert (draft.title, draft.text) == (title, PARAGRAPHS["en"])


@pytest.mark.parametrize(
    ("code", "lead"),
    [
        ("en", "You might also like"),
        ("en", "Read also:"),
        ("sv", "Läs också"),
        ("sv", "Mer läsning"),
        ("fr", "À lire aussi"),
        ("fr", "Sur le même sujet"),
        ("hi", "यह भी पढ़ें"),
        ("hi", "संबंधित लेख"),
        ("zh", "相关阅读"),
        ("zh", "你可能還喜歡"),
    ],
)
def test_links_to_other_articles_are_no_text(code: str, lead: str) -> None:
    text = PARAGRAPHS[code]
    (draft,) = page(f"The title\n\n{text}\n\n{lead}\nOne link\nTwo links\n\nMenu\n")
    assert draft.text == text
    # In the middle of the text, what follows goes on.
    (draft,) = page(f"The title\n\n{text}\n\n{lead}\n- One link\n- Two links\n\nA heading\n\n{text}")
    assert draft.text.split("\n\n") == [text, "A heading", text]


def test_a_link_after_the_words_that_lead_to_it_is_no_text() -> None:
    text = PARAGRAPHS["en"]
    (draft,) = page(f"The title\n\n{text}\n\nRead also: Why we sleep\n\n{text}")
    assert draft.text == f"{text}\n\n{text}"
