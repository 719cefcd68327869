"""Measuring an index on questions with known answers."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from searchkit import ArticleIndex
from searchkit.cli import cli
from searchkit.errors import InputError, MissingExtraError
from searchkit.evaluation import (
    MEASURES,
    Question,
    documents,
    judged,
    measure,
    p_values,
    rank,
    read_qrels,
    read_questions,
    read_run,
    write_run,
)

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file and return its path."""
    made: list[Path] = []

    def make(content: str) -> Path:
        made.append(tmp_path / f"file-{len(made)}")
        made[-1].write_text(content, encoding="utf-8")
        return made[-1]

    return make


def questions(*ids: str, language: str = "en") -> list[Question]:
    return [Question(name, "words", language) for name in ids]


# Measures, against values worked out by hand


def test_the_measures_of_one_query() -> None:
    qrels = {"q": {"a": 2, "b": 1, "c": 0, "d": 1, "gone": 1}}
    found = measure({"q": ["c", "b", "x", "a", *"efghij", "d"]}, qrels, questions("q"))
    # Found at 2 (gain 1), 4 (gain 2) and 11 (gain 1); the best order has the gains 2, 1, 1, 1.
    gained = 1 / math.log2(3) + 2 / math.log2(5)
    best = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4) + 1 / math.log2(5)
    assert found.scores["q"] == pytest.approx(
        {"mrr@10": 1 / 2, "ndcg@10": gained / best, "recall@10": 2 / 4, "recall@100": 3 / 4}
    )


def test_what_comes_after_the_tenth_is_not_found_by_measures_that_look_at_ten() -> None:
    found = measure({"q": [*"abcdefghij", "x"]}, {"q": {"x": 1}}, questions("q"))
    assert found.scores["q"] == {"mrr@10": 0, "ndcg@10": 0, "recall@10": 0, "recall@100": 1}


def test_recall_at_100_looks_no_further() -> None:
    order = [str(number) for number in range(101)]
    assert measure({"q": order}, {"q": {"99": 1, "100": 1}}, questions("q")).mean()["recall@100"] == 0.5


def test_the_order_counts_whatever_the_documents_are_called() -> None:
    qrels = {"q": {"a": 1}}
    assert measure({"q": ["a", "z"]}, qrels, questions("q")).mean()["mrr@10"] == 1
    assert measure({"q": ["z", "a"]}, qrels, questions("q")).mean()["mrr@10"] == 0.5


def test_a_query_that_finds_nothing_counts_as_zero() -> None:
    found = measure({"q1": ["a"]}, {"q1": {"a": 1}, "q2": {"a": 1}}, questions("q1", "q2"))
    assert found.mean() == {"mrr@10": 0.5, "ndcg@10": 0.5, "recall@10": 0.5, "recall@100": 0.5, "queries": 2}


def test_a_mark_below_zero_means_not_relevant() -> None:
    found = measure({"q": ["spam", "a"]}, {"q": {"spam": -2, "a": 1}}, questions("q"))
    assert found.scores["q"] == pytest.approx(
        {"mrr@10": 0.5, "ndcg@10": 1 / math.log2(3), "recall@10": 1, "recall@100": 1}
    )


def test_each_language_has_its_own_means() -> None:
    asked = [Question("q1", "sömn", "sv"), Question("q2", "minne", "sv"), Question("q3", "睡眠", "zh")]
    qrels = {name: {"a": 1} for name in ("q1", "q2", "q3")}
    found = measure({"q1": ["a"], "q2": ["x", "a"], "q3": ["x", "y", "z", "a"]}, qrels, asked).to_dict()
    assert found["mrr@10"] == pytest.approx((1 + 1 / 2 + 1 / 4) / 3)
    assert found["queries"] == 3
    assert list(found["languages"]) == ["sv", "zh"]
    assert found["languages"]["sv"]["mrr@10"] == 0.75
    assert found["languages"]["sv"]["queries"] == 2
    assert found["languages"]["zh"]["mrr@10"] == 0.25
    assert set(found) == {*found["languages"]["zh"], "languages"} == {*MEASURES, "queries", "languages"}


def test_ids_may_be_in_any_script_and_hold_spaces() -> None:
    asked = questions("fråga ett", "问题")
    qrels = {"fråga ett": {"睡眠 1": 1}, "问题": {"नींद": 1}}
    assert measure({"fråga ett": ["睡眠 1"], "问题": ["x", "नींद"]}, qrels, asked).mean()["mrr@10"] == 0.75


# Questions


def test_questions_are_json_lines(write: Write) -> None:
    file = write(
        '{"id": "q1", "text": "deep sleep", "language": "en"}\n\n{"id": 7, "text": "sömn\u2028minne"}\r\n'
    )
    assert read_questions(file) == [Question("q1", "deep sleep", "en"), Question("7", "sömn\u2028minne", "")]


def test_beirs_name_for_the_id_is_read_too(write: Write) -> None:
    assert read_questions(write('\ufeff{"_id": "q1", "text": "sleep"}')) == [Question("q1", "sleep")]


TOPICS = """\
<top>

<num> Number: 301
<title> International
  Crime &amp; Police

<desc> Description:
More words.

</top>
<top>
<num> Number: 302
<title> Topic: Polio
</top>
"""
CLOSED_TOPICS = """\
<topics>
<top><num>301</num><title>International Crime & Police</title></top>
<top lang="en"><num>302</num><title>Polio</title></top>
</topics>
"""
OPEN_TOPICS = "<TOP><NUM>301\n<TITLE>International Crime & Police\n<TOP><NUM>302<TITLE>Polio"


@pytest.mark.parametrize("topics", [TOPICS, CLOSED_TOPICS, OPEN_TOPICS], ids=["trec", "closed tags", "open tags"])
def test_questions_are_trec_topics(write: Write, topics: str) -> None:
    assert read_questions(write(topics)) == [
        Question("301", "International Crime & Police"),
        Question("302", "Polio"),
    ]


def test_a_language_that_is_not_given_is_detected() -> None:
    asked = [
        Question("given", "deep sleep and memory in the brain", "sv"),
        Question("zh", "深度睡眠与记忆"),
        Question("sv", "Varför blir man så trött när man inte har sovit på natten?"),
        Question("number", "42"),
    ]
    qrels = {question.id: {"a": 1} for question in asked}
    assert {question.id: question.language for question in judged(asked, qrels)} == {
        "given": "sv",
        "zh": "zh",
        "sv": "sv",
        "number": "und",
    }


def test_only_questions_with_a_relevant_document_are_asked() -> None:
    asked = questions("answered", "nothing-relevant", "not-judged")
    qrels = {"answered": {"a": 1, "b": 0}, "nothing-relevant": {"a": 0, "b": -1}}
    assert [question.id for question in judged(asked, qrels)] == ["answered"]


# Judgements


@pytest.mark.parametrize(
    "content",
    [
        "q1 0 a 1\nq1 0 b 0\nq2 0 a 2\n",
        "q1\t0\ta\t1\nq1\t0\tb\t0\nq2\t0\ta\t2\n",
        "q1 a 1\nq1  b\t0\n\nq2 a 2",
        "q1\ta\t1\r\nq1\tb\t0\r\nq2\ta\t2\r\n",
        "query-id\tcorpus-id\tscore\nq1\ta\t1\nq1\tb\t0\nq2\ta\t2\nq2\ta\t2\n",
    ],
)
def test_judgements_have_four_columns_or_three(write: Write, content: str) -> None:
    assert read_qrels(write(content)) == {"q1": {"a": 1, "b": 0}, "q2": {"a": 2}}


def test_tabs_let_ids_hold_spaces(write: Write) -> None:
    assert read_qrels(write("q 1\tsleep 2\t1\n")) == {"q 1": {"sleep 2": 1}}


# Runs


def test_a_run_that_is_written_is_read_back_in_its_order(tmp_path: Path) -> None:
    ranked = {"q1": [("b", 2.5), ("z", 0.1 + 0.2), ("a", 0.1 + 0.2)], "q 2": [("睡眠 1", 1.0)], "none": []}
    write_run(tmp_path / "run", ranked)
    lines = (tmp_path / "run").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "q1 Q0 b 1 2.5 searchkit"
    assert lines[3] == "q 2\tQ0\t睡眠 1\t1\t1.0\tsearchkit"
    assert read_run(tmp_path / "run") == {"q1": ["b", "z", "a"], "q 2": ["睡眠 1"]}


def test_the_score_orders_a_run_and_of_equal_scores_the_rank(write: Write) -> None:
    file = write("q Q0 a 1 0.5 x\nq Q0 b 3 1e1 x\nq Q0 c 2 10 x\n")
    assert read_run(file) == {"q": ["c", "b", "a"]}


@pytest.mark.parametrize("name", ["a\tb c", "a\nb", "a\u2028b"])
def test_an_id_that_would_break_the_run_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="tab or line break"):
        write_run(tmp_path / "run", {"q": [(name, 1.0)]})


# Ranking


def test_ranking_is_what_searching_finds(sample_index: ArticleIndex) -> None:
    for text in ("synaptisk gallring", "突觸修剪", "the and of", '"deep sleep" -stress', ""):
        for expand in (True, False):
            hits = sample_index.search(text, limit=100, expand=expand).hits
            assert sample_index.rank(text, expand=expand) == [(hit.id, hit.score) for hit in hits]


def test_ranking_goes_as_deep_as_the_deepest_measure(make_index: Callable[..., ArticleIndex]) -> None:
    index = make_index(**{f"d{number}": "sleep" for number in range(105)})
    assert len(rank(index, [Question("q", "sleep")])["q"]) == 100


def test_a_tiny_collection_from_index_to_measures(make_index: Callable[..., ArticleIndex]) -> None:
    index = make_index(
        once="Sleep helps. Rain falls on the hills.", twice="Sleep and sleep. Rain falls on hills.", other="Rain."
    )
    ranked = rank(index, [Question("q", "sleep", "en")])
    assert documents(ranked) == {"q": ["twice", "once"]}
    found = measure(documents(ranked), {"q": {"once": 1, "other": 1}}, [Question("q", "sleep", "en")])
    best = 1 + 1 / math.log2(3)
    assert found.scores["q"] == pytest.approx(
        {"mrr@10": 0.5, "ndcg@10": (1 / math.log2(3)) / best, "recall@10": 0.5, "recall@100": 0.5}
    )


# Comparing


def against(better: int, worse: int = 0) -> dict[str, float]:
    """Compare two runs: the first finds the answer to some queries, the second to others, both to three more."""
    names = [f"q{number}" for number in range(better + worse + 3)]
    qrels = {name: {"a": 1} for name in names}
    one = {name: ["a"] for name in names[:better] + names[better + worse :]}
    two = {name: ["a"] for name in names[better:]}
    asked = questions(*names)
    return p_values(measure(one, qrels, asked), measure(two, qrels, asked))


def test_equal_runs_do_not_differ() -> None:
    assert against(0) == dict.fromkeys(MEASURES, 1.0)
    assert against(4, 4) == dict.fromkeys(MEASURES, 1.0)


def test_few_differences_are_tested_exactly() -> None:
    # All ten signs alike, one way or the other: 2 of 2^10 assignments.
    assert against(10) == pytest.approx(dict.fromkeys(MEASURES, 2 / 1024))
    assert against(0, 10) == pytest.approx(dict.fromkeys(MEASURES, 2 / 1024))
    # Nine or ten of ten alike: 2 x (1 + 10) of 2^10.
    assert against(9, 1) == pytest.approx(dict.fromkeys(MEASURES, 22 / 1024))


def test_many_differences_are_tested_by_sampling_the_same_every_time() -> None:
    first = against(60, 40)
    assert first == against(60, 40)
    # The sign test's exact value for 60 of 100: 0.0569.
    assert first["mrr@10"] == pytest.approx(0.0569, abs=0.01)
    assert against(100)["mrr@10"] < 0.001


# The command


@pytest.fixture
def run(sample_index: ArticleIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Evaluate the sample articles: ``run("--json", queries=…, qrels=…)``."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, queries: str = QUERIES, qrels: str = QRELS) -> Result:
        Path("queries").write_text(queries, encoding="utf-8")
        Path("qrels").write_text(qrels, encoding="utf-8")
        files = ("--queries", "queries", "--qrels", "qrels")
        full = ["evaluate", "--index", str(sample_index.path), *files, *arguments]
        result = CliRunner().invoke(cli, full)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


QUERIES = """\
{"id": "sv1", "text": "varför hjälper en promenad i skogen minnet"}
{"id": "sv2", "text": "synaptisk gallring", "language": "sv"}
{"id": "zh1", "text": "长时程增强"}
"""
QRELS = "sv1 0 nowhere 1\nsv2 0 nowhere 1\nzh1 0 nowhere 1\n"


@pytest.fixture(scope="module")
def qrels(sample_index: ArticleIndex) -> str:
    """The first hit answers sv1, the second sv2, the first two zh1 (of which the second more)."""
    first = sample_index.rank("varför hjälper en promenad i skogen minnet")[0][0]
    second = sample_index.rank("synaptisk gallring")[1][0]
    (one, _), (two, _) = sample_index.rank("长时程增强")[:2]
    return f"sv1\t{first}\t1\nsv2\t{second}\t1\nzh1\t{one}\t1\nzh1\t{two}\t2\n"


def test_the_command_prints_a_table_for_each_language_and_all(run: Callable[..., Result], qrels: str) -> None:
    result = run(qrels=qrels)
    ndcg = (1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3))
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["language", "queries", "MRR@10", "nDCG@10", "recall@10", "recall@100"],
        ["sv", "2", "0.7500", f"{(1 + 1 / math.log2(3)) / 2:.4f}", "1.0000", "1.0000"],
        ["zh", "1", "1.0000", f"{ndcg:.4f}", "1.0000", "1.0000"],
        ["all", "3", f"{2.5 / 3:.4f}", f"{(1 + 1 / math.log2(3) + ndcg) / 3:.4f}", "1.0000", "1.0000"],
    ]
    assert len({len(line) for line in result.stdout.splitlines()}) == 1


def test_the_command_prints_json(run: Callable[..., Result], qrels: str) -> None:
    found = json.loads(run("--json", qrels=qrels).stdout)
    assert set(found) == {*MEASURES, "queries", "languages"}
    assert found["mrr@10"] == pytest.approx(2.5 / 3)
    assert {code: values["queries"] for code, values in found["languages"].items()} == {"sv": 2, "zh": 1}


def test_a_run_kept_before_and_compared_after(run: Callable[..., Result], qrels: str) -> None:
    assert run("--run", "before.run", qrels=qrels).exit_code == 0
    same = run("--compare", "before.run", qrels=qrels)
    assert (same.exit_code, same.stderr) == (0, "")
    table = [line.split() for line in same.stdout.split("\n\n")[1].splitlines()]
    assert table[0] == ["measure", "this", "index", "before.run", "difference", "p"]
    assert [row[0] for row in table[1:]] == ["MRR@10", "nDCG@10", "recall@10", "recall@100"]
    assert {(row[1] == row[2], *row[3:]) for row in table[1:]} == {(True, "+0.0000", "1.0000")}


def test_a_comparison_in_json(run: Callable[..., Result], qrels: str) -> None:
    answer = qrels.split("\t")[1]
    Path("other.run").write_text(f"sv1 Q0 x 1 2 other\nsv1 Q0 {answer} 2 1 other\nnot-asked Q0 x 1 2 other\n")
    result = run("--json", "--compare", "other.run", qrels=qrels)
    other = json.loads(result.stdout)["compare"]
    assert set(other) == {"run", *MEASURES, "queries", "languages", "p"}
    assert (other["run"], other["queries"], other["mrr@10"]) == ("other.run", 3, pytest.approx(0.5 / 3))
    # Better in all three: 2 of 2^3 assignments of signs.
    assert other["p"] == pytest.approx({"mrr@10": 0.25, "ndcg@10": 0.25, "recall@10": 0.5, "recall@100": 0.5})
    assert result.stderr == "searchkit: 2 of 3 queries are not in other.run and score 0 there\n"


def test_other_languages_are_found_unless_told_not_to(run: Callable[..., Result], tmp_path: Path) -> None:
    def found(*more: str) -> int:
        run("--run", "kept.run", *more)
        return sum(len(ids) for ids in read_run(tmp_path / "kept.run").values())

    assert found("--no-expand") < found()


def test_what_is_left_out_is_told(run: Callable[..., Result], qrels: str) -> None:
    more = QUERIES + '{"id": "unjudged", "text": "rain"}\n'
    result = run("--json", queries=more, qrels=qrels + "sv1\tnowhere\t1\n")
    assert json.loads(result.stdout)["queries"] == 3
    assert result.stderr.splitlines() == [
        "searchkit: 1 of 4 queries have no relevant document and are left out",
        "searchkit: 1 of 5 relevant documents are not in the index",
    ]


# Bad input: one line that names file and line, exit code 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"queries": '{"id": "a", "text": "x"}\n{"id": "b", \n'}, "queries:2: not a JSON object"),
        ({"queries": "[" * 100_000}, "queries:1: not a JSON object"),
        ({"queries": '["a", "x"]\n'}, "queries:1: not a JSON object"),
        ({"queries": "what is sleep\n"}, "queries:1: not a JSON object"),
        ({"queries": '{"text": "x"}\n'}, "queries:1: 'id' must be"),
        ({"queries": '{"id": true, "text": "x"}\n'}, "queries:1: 'id' must be"),
        ({"queries": '{"id": "a", "text": " "}\n'}, "queries:1: 'text' must be"),
        ({"queries": '{"id": "a", "text": "\\ud800"}\n'}, "queries:1: 'text' must be"),
        ({"queries": '{"id": "a", "text": "x", "language": 5}\n'}, "queries:1: 'language' must be"),
        ({"queries": '{"id": "a", "text": "x"}\n\n{"id": "a", "text": "y"}\n'}, "queries:3: a second query"),
        ({"queries": "\n"}, "queries: holds no queries"),
        ({"queries": "<top><num>1<title>x\n\n</top>\n<top>\n<num>2</top>"}, "queries:4: a topic without <title>"),
        ({"queries": "<top><title>x</top>"}, "queries:1: a topic without <num>"),
        ({"queries": "<top><num>1<title>x</top>\n<top><num>1<title>y</top>"}, "queries:2: a second query"),
        ({"queries": "<html></html>"}, "queries: holds no queries"),
        ({"qrels": "sv1 a 1\nsv1 a\n"}, "qrels:2: not 'query 0 document relevance'"),
        ({"qrels": "1\n"}, "qrels:1: not"),
        ({"qrels": "sv1 0 a 1 extra\n"}, "qrels:1: not"),
        ({"qrels": "sv1 0 a yes\n"}, "qrels:1: not"),
        ({"qrels": "sv1 a 1\nsv1 a 0\n"}, "qrels:2: document 'a' is judged differently"),
        ({"qrels": "other a 1\nsv1 a 0\n"}, "qrels: no document is relevant to a query of queries"),
        ({"qrels": ""}, "qrels: no document is relevant"),
    ],
)
def test_a_bad_file_is_one_line_that_names_it(
    run: Callable[..., Result], given: dict[str, str], told: str
) -> None:
    assert_told(run(**given), told)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("q Q0 a 1 0.5 x\nq Q0 b 2 x\n", "other.run:2: not 'query Q0 document rank score tag'"),
        ("q Q0 a 1 high x\n", "other.run:1: not"),
        ("q Q0 a first 1 x\n", "other.run:1: not"),
        ("q Q0 a 1 nan x\n", "other.run:1: not"),
        ("q Q0 a 1 2 x\nq Q0 a 2 1 x\n", "other.run:2: document 'a' is there twice"),
    ],
)
def test_a_bad_run_is_one_line_that_names_it(run: Callable[..., Result], content: str, told: str) -> None:
    Path("other.run").write_text(content)
    assert_told(run("--compare", "other.run"), told)


@pytest.mark.parametrize("option", ["--queries", "--qrels", "--compare"])
def test_a_missing_file_is_told(run: Callable[..., Result], option: str) -> None:
    assert_told(run(option, "missing"), "missing: no such file")


def test_a_file_that_is_not_utf8_a_folder_and_a_run_that_cannot_be_written_are_told(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "latin1").write_bytes("sv1 a 1\nsv1 smörgås 1\n".encode("latin-1"))
    assert_told(run("--qrels", "latin1"), "latin1:2: not UTF-8")
    assert_told(run("--qrels", "."), ".: cannot be read")
    assert_told(run("--run", "no/such/folder"), "no/such/folder: cannot be written")


def test_an_index_that_is_missing_is_told(run: Callable[..., Result]) -> None:
    assert_told(run("--index", "nowhere"), "no index in nowhere")


@pytest.mark.parametrize("option", ["--queries", "--qrels"])
def test_both_files_are_asked_for(option: str) -> None:
    result = CliRunner().invoke(cli, ["evaluate", option, "x"])
    assert result.exit_code == 2
    assert "Missing option" in result.stderr


@pytest.mark.parametrize("library", ["ir_measures", "scipy.stats"])
def test_a_missing_library_is_told_with_how_to_install_it(
    run: Callable[..., Result], qrels: str, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    Path("other.run").write_text("sv1 Q0 a 1 1 x\n")
    monkeypatch.setitem(sys.modules, library, None)
    result = run("--compare", "other.run", qrels=qrels)
    assert result.stderr.splitlines()[-1].endswith("pip install 'searchkit[evaluate]'")
    assert (result.exit_code, result.stdout) == (2, "")
    assert issubclass(MissingExtraError, ImportError)


def assert_told(result: Result, told: str) -> None:
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"searchkit: {told}")
    assert len(result.stderr.splitlines()) == 1
