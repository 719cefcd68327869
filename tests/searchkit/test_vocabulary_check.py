"""Checking a vocabulary file, and concepts under wider ones."""

import json
import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from searchkit import ArticleIndex, Draft, Vocabulary, VocabularyError
from searchkit.analyzers import analyzer_for
from searchkit.checking import check
from searchkit.cli import cli
from searchkit.toml_lines import lines_of

GOOD = """# Mechanisms of our own
[autophagy]
en = ["autophagy"]
sv = ["autofagi"]

[mitophagy]
parent = "autophagy"
en = ["mitophagy"]
sv = ["mitofagi"]
"""


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., list[tuple[int, str, str]]]:
    """Check a text: (line, level, message) of each finding."""

    def findings(text: str, index: ArticleIndex | None = None) -> list[tuple[int, str, str]]:
        file = tmp_path / "own.toml"
        file.write_text(text, encoding="utf-8")
        return [(one.line, one.level, one.message) for one in check(file, index)]

    return findings


Told = Callable[..., list[tuple[int, str, str]]]


def test_there_is_nothing_to_say_of_a_good_file(told: Told) -> None:
    assert told(GOOD) == []


@pytest.mark.parametrize(
    ("text", "line", "level", "part"),
    [
        ('[a]\nen = ["x\n', 2, "error", "not valid TOML"),
        ('[a]\nen = ["x"]\n[a]\nsv = ["y"]', 3, "error", "not valid TOML"),
        ("", 1, "error", "holds no concept"),
        ('replace = "yes"\n[a]\nen = ["xyzzy"]', 1, "error", "true or false"),
        ('[Big]\nen = ["xyzzy"]', 1, "error", "'Big' is not a key"),
        ('[a]\nen = ["xyzzy"]\n\n[b]\n', 4, "error", "[b] needs a list of terms"),
        ('[a]\nenglish = ["xyzzy"]', 1, "error", "'english'"),
        ('[a]\nen = "xyzzy"', 1, "error", "must be a list of terms"),
        ('[a]\nparent = 7\nen = ["xyzzy"]', 1, "error", "parent of [a]"),
        ('[a]\nen = [\n  "xyzzy",\n  "+++",\n]', 4, "error", "holds no word"),
        ('[a]\nen = [\n  "fine cell",\n  # a plural\n  "fine cells",\n]', 5, "warning", "'fine cell' on line 3"),
        ('[a]\nen = ["xyzzy"]\n[b]\nen = ["Xyzzy"]', 4, "error", "one of [a] too: 'xyzzy' on line 2"),
        ('[a]\nen = ["neurogenesis"]', 2, "warning", "built-in [neurogenesis]"),
        ('[a]\nen = ["xyzzy"]\nsv = ["xyzzi"]\n\n[b]\nen = ["plugh"]', 5, "warning", "no terms in sv"),
        ('[a]\nen = ["xyzzy"]\nparent = "nowhere"', 3, "error", "'nowhere' of [a] is no concept"),
        ('[a]\nparent = "a"\nen = ["xyzzy"]', 2, "error", "a → a"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(told: Told, text: str, line: int, level: str, part: str) -> None:
    ((where, how, message),) = told(text)
    assert (where, how) == (line, level)
    assert part in message
    assert "\n" not in message


def test_each_concept_of_a_cycle_is_told(told: Told) -> None:
    text = (
        '[a]\nparent = "b"\nen = ["xyzzy"]\n[b]\nparent = "c"\nen = ["plugh"]\n[c]\nparent = "a"\nen = ["frotz"]'
    )
    assert [(line, message) for line, _, message in told(text)] == [
        (2, "[a] is above itself: a → b → c → a"),
        (5, "[b] is above itself: b → c → a → b"),
        (8, "[c] is above itself: c → a → b → c"),
    ]


def test_a_file_that_replaces_the_built_in_vocabulary_is_not_compared_with_it(told: Told) -> None:
    assert told('replace = true\n[a]\nen = ["neurogenesis"]') == []
    ((line, level, _),) = told('replace = true\n[a]\nparent = "neurogenesis"\nen = ["xyzzy"]')
    assert (line, level) == (3, "error")


@pytest.mark.parametrize("name", ["mechanisms", "study_types"])
def test_the_vocabularies_that_ship_have_no_errors(told: Told, name: str) -> None:
    text = resources.files("searchkit.data").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    assert [message for _, level, message in told(f"replace = true\n{text}") if level == "error"] == []


def test_terms_that_stand_in_no_article_are_those_that_the_vocabulary_does_not_find(
    told: Told, sample_index: ArticleIndex
) -> None:
    text = resources.files("searchkit.data").joinpath("mechanisms.toml").read_text(encoding="utf-8")
    wanted = {
        key: entry for key, entry in tomllib.loads(text).items() if key in {"neurogenesis", "dopamine-signalling"}
    }
    lines, expected = ["replace = true"], set()
    articles = []
    for identifier in sample_index.ids():
        article = sample_index.get(identifier)
        analyzer = analyzer_for(article.language)
        articles += [(part, analyzer, analyzer.canonical(part)) for part in (article.title, article.text)]
    for key, entry in wanted.items():
        lines.append(f"[{key}]")
        for code in sorted({"en", "fr", "hi", "sv", "zh"}):
            terms = entry[code]
            lines.append(f"{code} = [")
            for term in terms:
                lines.append(f"  {json.dumps(term, ensure_ascii=False)},")
                alone = Vocabulary({"one": {code: (term,)}})
                if not any(alone.find(*article) for article in articles):
                    expected.add(len(lines))
            lines.append("]")
    found = {line for line, level, _ in told("\n".join(lines), sample_index) if level == "info"}
    assert found == expected
    assert 0 < len(found) < len(lines)


@pytest.mark.parametrize(
    ("term", "language", "held"),
    [
        ("deep sleep", "en", True),
        ("Sleep", "en", True),
        ("sleep deep", "en", False),
        ("deep zebra", "en", False),
        ("+++", "en", False),
        ("deep sleep", "zh", False),
        ("HPA轴", "zh", True),
        ("HPA肽", "zh", False),
        ("轴", "zh", True),
        ("肽", "zh", False),
        ("睡眠", "zh", True),
        ("眠睡", "zh", False),
    ],
)
def test_an_index_tells_whether_a_language_holds_a_term(
    tmp_path: Path, term: str, language: str, held: bool
) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update(
            [
                Draft(id="a", title="Deep sleeps", text="Nothing else.", source="x", language="en"),
                Draft(id="b", title="夜", text="HPA轴与睡眠有关。", source="x", language="zh"),
            ]
        )
        assert index.holds(term, language) == held


# Lines


def test_lines_are_those_of_keys_and_items_in_every_way_to_write_them() -> None:
    text = """# [comment]
top = { en = ["a", "b"], "sv" = ['c'] }
dotted.en = [ # why
  "x]y",

  'z"', \"\"\"two
lines\"\"\",
  "last"]
[ "table" ]
en = [["in"], []]
number = 1.5
when = 1979-05-27T07:32:00Z
[[many]]
a = true
"""
    lines = lines_of(text)
    assert tomllib.loads(text)["dotted"]["en"] == ["x]y", 'z"', "two\nlines", "last"]
    assert lines == {
        ("top",): 2,
        ("top", "en"): 2,
        ("top", "en", 0): 2,
        ("top", "en", 1): 2,
        ("top", "sv"): 2,
        ("top", "sv", 0): 2,
        ("dotted",): 3,
        ("dotted", "en"): 3,
        ("dotted", "en", 0): 4,
        ("dotted", "en", 1): 6,
        ("dotted", "en", 2): 6,
        ("dotted", "en", 3): 8,
        ("table",): 9,
        ("table", "en"): 10,
        ("table", "en", 0): 10,
        ("table", "en", 0, 0): 10,
        ("table", "en", 1): 10,
        ("table", "number"): 11,
        ("table", "when"): 12,
        ("many",): 13,
        ("many", "a"): 14,
    }


@given(st.text("[]{}=,.\"'#ab\n \\", max_size=60))
def test_no_text_is_too_broken_to_be_scanned(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())


@given(st.lists(st.lists(st.text(max_size=8), max_size=4), max_size=4), st.booleans())
def test_every_item_is_found_on_its_line(lists: list[list[str]], spread: bool) -> None:
    written: list[str] = []
    expected = {}
    for number, items in enumerate(lists):
        written.append(f"[t{number}]")
        written.append("en = [")
        for place, item in enumerate(items):
            expected[f"t{number}", "en", place] = len(written) + spread
            quoted = json.dumps(item).replace("\x7f", "\\u007f")
            if spread:
                written.append(f"{quoted},  # {item!r}")
            else:
                written[-1] += f"{quoted}, "
        written.append("]")
    assert {path: line for path, line in lines_of("\n".join(written)).items() if len(path) == 3} == expected


# Through the command


def run(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["vocabulary", "check", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.stdout, done.stderr


def test_the_command_prints_a_line_for_each_finding(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[a]\nen = ["xyzzy"]\n[b]\nen = ["xyzzy"]\n')
    code, output, told = run(file)
    assert code == 2
    assert output == f"{file}:4: error: 'xyzzy' (en) of [b] is one of [a] too: 'xyzzy' on line 2\n"
    assert told == f"{file}: 1 error\n"


def test_a_good_file_and_one_with_warnings_alone_are_no_failure(
    tmp_path: Path, sample_index: ArticleIndex
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(GOOD)
    assert run(file) == (0, "", f"{file}: nothing to say\n")
    code, output, _ = run(file, "--index", sample_index.path, "--json")
    assert code == 0
    told = json.loads(output)
    assert told["file"] == str(file)
    assert {(one["line"], one["level"]) for one in told["findings"]} == {
        (one.line, one.level) for one in check(file, sample_index)
    }


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes("sömn".encode("latin-1"))
    for name in ("missing.toml", "latin.toml"):
        code, output, told = run(tmp_path / name)
        assert (code, output, len(told.splitlines())) == (2, "", 1)
        assert name in told


def test_a_changed_vocabulary_derives_the_facets_anew_without_the_articles_files(tmp_path: Path) -> None:
    def searchkit_(*arguments: object) -> str:
        done = CliRunner().invoke(cli, [*map(str, arguments), "--index", str(tmp_path / "index")])
        assert done.exit_code == 0, done.output
        return done.output

    article, file = tmp_path / "a.txt", tmp_path / "own.toml"
    article.write_text("Cells\n\nHere mitophagy helps, and neurogenesis.")
    searchkit_("index", article)
    article.unlink()
    file.write_text(GOOD)
    searchkit_("rebuild", "--vocabulary", file)
    counts = json.loads(searchkit_("facets", "--facet", "mechanism", "--json"))["mechanism"]
    assert {"autophagy", "mitophagy", "neurogenesis", "structural-plasticity", "neuroplasticity"} == {
        one["value"] for one in counts
    }
    searchkit_("rebuild")
    assert json.loads(searchkit_("facets", "--facet", "mechanism", "--json"))["mechanism"] == counts
    file.write_text(f"replace = true\n{GOOD}")
    searchkit_("rebuild", "--vocabulary", file)
    counts = json.loads(searchkit_("facets", "--facet", "mechanism", "--json"))["mechanism"]
    assert {"autophagy", "mitophagy"} == {one["value"] for one in counts}


# Concepts under wider ones


def test_an_article_carries_the_concepts_above_those_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(GOOD)
    words = Vocabulary.load(tmp_path / "own.toml")
    assert words.parents == {"mitophagy": "autophagy"}
    assert Vocabulary.from_dict(words.to_dict()) == words
    drafts = [
        Draft(id="narrow", title="Cells", text="Here mitophagy helps.", source="x", language="en"),
        Draft(id="wide", title="Cells", text="Here autophagy helps.", source="x", language="en"),
        Draft(id="title", title="Mitophagy", text="It helps.", source="x", language="en"),
    ]
    with ArticleIndex.create(tmp_path / "index", vocabulary=words) as index:
        index.update(drafts)
        counts = {count.value: count.count for count in index.facets()["mechanism"]}
        assert counts == {"autophagy": 3, "mitophagy": 2}
        (passage,) = index.why("narrow", "mechanism", "autophagy")
        assert [passage.text[start:end] for start, end in passage.highlights] == ["mitophagy"]
        assert [passage.kind for passage in index.why("title", "mechanism", "autophagy")] == ["title"]
    with ArticleIndex.open(tmp_path / "index") as index:
        assert index.vocabulary == words


def test_a_parent_may_be_a_built_in_concept(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[a]\nparent = "neurogenesis"\nen = ["xyzzy"]')
    assert Vocabulary.load(file, Vocabulary.builtin()).above("a") == (
        "neurogenesis",
        "structural-plasticity",
        "neuroplasticity",
    )
    assert check(file) == ()


def test_sources_that_are_no_list_of_texts_are_an_error(told: Told) -> None:
    assert told('[a]\nen = ["xyzzy"]\nsources = ["our glossary"]') == []
    ((line, level, message),) = told('# Ours\n[a]\nen = ["xyzzy"]\nsources = "our glossary"')
    assert (line, level) == (2, "error")
    assert message.startswith("the sources of [a] must be a list of texts")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('[a]\nen = ["xyzzy"]\n[b]\nparent = "c"\nen = ["plugh"]', "own.toml:3: the parent 'c' of [b]"),
        (
            '[a]\nparent = "b"\nen = ["xyzzy"]\n[b]\nparent = "a"\nen = ["plugh"]',
            "own.toml:1: [a] is above itself",
        ),
    ],
)
def test_a_vocabulary_whose_parents_are_wrong_is_not_loaded(tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(VocabularyError) as raised:
        Vocabulary.load(tmp_path / "own.toml")
    assert part in str(raised.value)
