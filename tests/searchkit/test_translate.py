"""Across languages: a query in one finds articles in the others, below those in its own, and says why."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit import ArticleIndex, Draft, Hit
from searchkit.cli import cli
from searchkit.lexicon import Lexicon

LIBRARY = {
    "en-library": "The university opened a new library for its students in the old town.",
    "en-bridge": "The bridge over the river was built of stone by Wilhelm Kessler.",
    "sv-library": "Universitetet öppnade ett nytt bibliotek för sina studenter.",
    "sv-bridge": "Bron över floden byggdes av sten.",
    "fr-library": "L’université a ouvert une nouvelle bibliothèque pour ses étudiants.",
    "fr-bridge": "Le pont sur le fleuve est construit en pierre.",
    "hi-library": "विश्वविद्यालय ने छात्रों के लिए नया पुस्तकालय खोला।",
    "hi-bridge": "नदी पर पत्थर का पुल विल्हेम केसलर ने बनाया।",
    "zh-library": "大学为学生开设了新的图书馆。",
    "zh-bridge": "河上的石桥是很久以前建造的，象征着友谊。",
}


def index_of(folder: Path, texts: dict[str, str]) -> ArticleIndex:
    """Make an index of texts; an id begins with the language."""
    index = ArticleIndex.create(folder)
    index.update(
        Draft(id=name, title="", text=text, source="test", language=name.partition("-")[0])
        for name, text in texts.items()
    )
    return index


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArticleIndex]:
    with index_of(tmp_path_factory.mktemp("library") / "index", LIBRARY) as index:
        yield index


@pytest.fixture
def without_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lexicon, "builtin", classmethod(lambda cls: cls(None)))


def found(index: ArticleIndex, query: str, **options: object) -> list[str]:
    return [hit.id for hit in index.search(query, **options)]  # type: ignore[arg-type]


def hit_of(index: ArticleIndex, query: str, identifier: str) -> Hit:
    return next(hit for hit in index.search(query) if hit.id == identifier)


QUERIES = {
    "en": "library",
    "sv": "bibliotek",
    "fr": "bibliothèque",
    "hi": "पुस्तकालय",
    "zh": "图书馆",
}


@pytest.mark.parametrize("code", QUERIES)
def test_a_word_of_one_language_finds_the_others_below_its_own(library: ArticleIndex, code: str) -> None:
    hits = found(library, QUERIES[code])
    assert hits[0] == f"{code}-library"
    assert set(hits) == {f"{other}-library" for other in QUERIES}


@pytest.mark.parametrize("code", QUERIES)
def test_without_expansion_only_its_own_language_is_found(library: ArticleIndex, code: str) -> None:
    assert found(library, QUERIES[code], expand=False) == [f"{code}-library"]
    assert library.search(QUERIES[code], expand=False).hits[0].translations == ()


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("How was the bridge over the river built?", "zh-bridge"),
        ("new libraries of universities", "zh-library"),
        ("Hur byggdes bron över floden?", "zh-bridge"),
        ("pont de pierre sur le fleuve", "zh-bridge"),
        ("नदी का पुल", "zh-bridge"),
    ],
)
def test_a_question_finds_articles_of_an_index_that_lacks_its_language(
    tmp_path: Path, query: str, best: str
) -> None:
    chinese = {name: text for name, text in LIBRARY.items() if name.startswith("zh")}
    with index_of(tmp_path / "index", chinese) as index:
        assert found(index, query)[:1] == [best]
        assert found(index, query, expand=False) == []


def test_equal_matches_in_the_querys_own_language_come_first(tmp_path: Path) -> None:
    texts = {f"en-{number}": "a library by the sea" for number in range(3)}
    texts |= {f"zh-{number}": "海边的图书馆" for number in range(3)} | {"zh-other": "石桥"}
    with index_of(tmp_path / "index", texts) as index:
        assert found(index, "library")[:3] == ["en-0", "en-1", "en-2"]
        assert found(index, "图书馆")[:3] == ["zh-0", "zh-1", "zh-2"]


def test_a_common_word_does_not_become_a_rare_one_elsewhere(tmp_path: Path) -> None:
    texts = {f"en-{number}": f"library number {number}" for number in range(20)}
    texts |= {f"sv-{number}": f"text {number} om annat" for number in range(20)} | {"sv-one": "ett bibliotek"}
    with index_of(tmp_path / "index", texts) as index:
        assert found(index, "library", limit=30)[-1] == "sv-one"


def test_a_hit_says_which_words_it_holds_in_translation(library: ArticleIndex) -> None:
    hit = hit_of(library, "libraries of the university", "zh-library")
    assert hit.translations == (("libraries", "图书馆"), ("university", "大学"))
    assert hit.to_dict()["translations"] == [["libraries", "图书馆"], ["university", "大学"]]
    assert hit_of(library, "libraries of the university", "en-library").translations == ()


def test_translated_words_are_highlighted(library: ArticleIndex) -> None:
    for query, identifier, words in [
        ("library", "zh-library", ["图书馆"]),
        ("library", "hi-library", ["पुस्तकालय"]),
        ("图书馆", "sv-library", ["bibliotek"]),
        ("bridge", "zh-bridge", ["桥"]),
    ]:
        snippet = hit_of(library, query, identifier).snippet
        assert [snippet.text[start:end] for start, end in snippet.highlights] == words


@pytest.mark.parametrize(("query", "identifier"), [("Wilhelm Kessler", "hi-bridge"), ("केसलर", "en-bridge")])
def test_a_name_is_found_in_the_other_script(library: ArticleIndex, query: str, identifier: str) -> None:
    assert identifier in found(library, query)
    assert identifier not in found(library, query, expand=False)
    assert hit_of(library, query, identifier).translations


def test_a_chinese_name_is_found_in_devanagari_and_back(tmp_path: Path) -> None:
    with index_of(tmp_path / "index", {"hi-name": "आइंस्टीन का पत्र", "zh-name": "爱因斯坦的信"}) as index:
        assert found(index, "爱因斯坦") == ["zh-name", "hi-name"]
        assert found(index, "आइंस्टीन") == ["hi-name", "zh-name"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("library AND university", {"en", "sv", "fr", "hi", "zh"}),
        ("+library +students", {"en", "sv", "fr", "hi", "zh"}),
        ("library AND stone", set()),
        ("library NOT university", {"sv", "fr", "hi", "zh"}),  # a word that must not stand there is meant as it is
        ("text:library", {"en", "sv", "fr", "hi", "zh"}),
        ("title:library", set()),
        ("author:library", set()),
        ('"library"', {"en", "sv", "fr", "hi", "zh"}),
        ('"new library"', {"en"}),
        ("librar*", {"en"}),
        ("libary~", {"en"}),
        ("language:zh AND library", {"zh"}),
    ],
)
def test_operators(library: ArticleIndex, query: str, expected: set[str]) -> None:
    assert {hit.language for hit in library.search(query)} == expected


def test_titles_are_searched_in_translation_too(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([Draft(id="zh", title="图书馆", text="一座楼。", source="test", language="zh")])
        assert found(index, "title:library") == ["zh"]
        (hit,) = index.search("library")
        assert hit.translations == (("library", "图书馆"),)
        assert hit.title_highlights == ((0, 3),)


def test_a_phrase_is_translated_as_one_and_else_by_its_words(tmp_path: Path) -> None:
    texts = {"zh-states": "美国的河流", "zh-apart": "联合起来的国家", "zh-none": "石桥"}
    with index_of(tmp_path / "index", texts) as index:
        assert found(index, "United States")[0] == "zh-states"
        assert found(index, '"United States"') == ["zh-states"]
    with index_of(tmp_path / "other", {"sv-mask": "en maskin", "sv-none": "ett träd"}) as index:
        assert found(index, "washing machine") == ["sv-mask"]


def test_a_function_word_of_the_query_is_not_looked_for_in_another_script(tmp_path: Path) -> None:
    texts = {
        "zh-title": "他读了 The Art of the Deal 和 The Lord of the Rings",
        "zh-library": LIBRARY["zh-library"],
    }
    with index_of(tmp_path / "index", texts) as index:
        assert found(index, "the library of the university") == ["zh-library"]
        assert found(index, "The Lord of the Rings")[0] == "zh-title"


def test_new_words_are_known_after_a_commit(tmp_path: Path) -> None:
    with index_of(tmp_path / "index", {"hi-one": "नदी"}) as index, ArticleIndex.open(tmp_path / "index") as reader:
        assert found(reader, "Kessler library") == []
        index.update([Draft(id="hi-two", title="", text="केसलर का पुस्तकालय", source="test", language="hi")])
        assert found(reader, "Kessler library") == ["hi-two"]
        assert len(reader.search("Kessler library").hits[0].translations) == 2


@pytest.mark.usefixtures("without_lists")
def test_without_the_word_lists_the_vocabulary_and_names_connect_languages(tmp_path: Path) -> None:
    with index_of(tmp_path / "index", LIBRARY) as index:
        assert found(index, "library") == ["en-library"]
        assert found(index, "图书馆") == ["zh-library"]


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(
            [
                "library",
                "AND",
                "NOT",
                "(",
                '"',
                "图书馆",
                "नदी",
                "the",
                "Kessler",
                "~",
                "*",
                "title:",
                "bron",
                "l’",
            ]
        ),
        max_size=8,
    ).map(" ".join)
)
def test_any_query_can_be_translated(library: ArticleIndex, query: str) -> None:
    results = library.search(query)
    ours = {hit.id for hit in library.search(query, expand=False)}
    if "NOT" not in query and "-" not in query and "!" not in query and "−" not in query:
        assert ours <= {hit.id for hit in results}
    for hit in results:
        for word, translation in hit.translations:
            assert word in query
            assert translation in f"{hit.title}\n{hit.article.text}"


# The command line, on the sample articles


@pytest.fixture
def run(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    run("index", str(samples))
    return run


def test_a_line_tells_what_was_translated(run: Callable[..., str]) -> None:
    assert "translated: help → 帮助, memory → 记忆" in run("search", "help memory", "--language", "zh")
    assert "translated: 睡眠 → " in run("search", "睡眠", "--language", "en")
    assert "translated" not in run("search", "help memory", "--language", "en")
    assert "translated" not in run("search", "help memory", "--no-expand")


def test_json_tells_what_was_translated(run: Callable[..., str]) -> None:
    hits = json.loads(run("search", "memory", "--language", "hi", "--json"))["hits"]
    assert hits[0]["translations"] == [["memory", "स्मृति"]]
    assert all(
        hit["translations"] == []
        for hit in json.loads(run("search", "memory", "--language", "en", "--json"))["hits"]
    )
