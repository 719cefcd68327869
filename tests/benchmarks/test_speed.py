"""The speed benchmark from end to end, at a size that says nothing about speed."""

import csv
import importlib
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Lines = list[dict[str, str]]


@pytest.fixture(scope="module")
def run(checkout: Path, paragraphs: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(out: Path, *options: str, corpus: Path = paragraphs) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", checkout / "benchmarks" / "speed" / "run.py", "--out", out]
        command += ["--corpus", corpus, "--seconds", "2", *options]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)

    return run


@pytest.fixture(scope="module")
def measured(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("results") / "new"
    done = run(out, "--sizes", "100,200", "--queries", "5", "--systems", "engine-whoosh,sqlite")
    assert done.returncode == 0, done.stderr
    return out, done.stderr


def lines_of(out: Path) -> Lines:
    with (out / "speed.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_has_every_number_of_every_system(measured: tuple[Path, str]) -> None:
    lines = lines_of(measured[0])
    found = {
        (line["system"], int(line["documents"]), line["work"], line["metric"]): float(line["value"])
        for line in lines
    }
    works = {
        "engine-whoosh": ("hits", "facets"),
        "sqlite": ("hits", "facets", "snippets"),
    }
    positive = ("docs_per_s", "index_mb", "index_peak_mb", "search_peak_mb", "cold_s", "qps_1", "qps_2", "qps_8")
    for system, some in works.items():
        for size in (100, 200):
            assert not [line for line in lines if line["system"] == system and line["metric"] == "skipped"]
            for metric in positive:
                assert math.isfinite(value := found[system, size, "", metric]), metric
                assert value > 0, metric
            for work in some:
                assert found[system, size, work, "queries"] == 5
                p50, p95, p99 = (found[system, size, work, f"{name}_ms"] for name in ("p50", "p95", "p99"))
                assert 0 < p50 <= p95 <= p99
    ratio = found["engine-whoosh", 200, "facets", "p50 / sqlite"]
    own, peer = (found[name, 200, "facets", "p50_ms"] for name in ("engine-whoosh", "sqlite"))
    assert ratio == pytest.approx(own / peer, rel=0.01)
    assert ("engine-whoosh", 200, "snippets", "p50 / sqlite") not in found


def test_systems_count_the_same_facets(measured: tuple[Path, str]) -> None:
    lines = lines_of(measured[0])
    for size in ("100", "200"):
        answers = {
            line["system"]: line["note"]
            for line in lines
            if line["metric"] == "answers" and line["documents"] == size
        }
        assert answers["engine-whoosh"] == answers["sqlite"]
        matches = [
            float(line["value"])
            for line in lines
            if (line["documents"], line["metric"], line["system"]) == (size, "matches", "sqlite")
        ]
        assert matches[0] >= 1


def test_the_report_has_a_table_for_each_size(measured: tuple[Path, str]) -> None:
    text = (measured[0] / "speed.md").read_text(encoding="utf-8")
    assert "## 100 documents" in text
    assert "## 200 documents" in text
    assert text.count("All systems count the same facets") == 2
    assert "| engine-whoosh | facets |" in text
    assert "## Growth" in text
    assert "## The grown corpus" in text
    widths = [
        {line.count("|") for line in block.splitlines()} for block in text.split("\n\n") if block.startswith("| ")
    ]
    assert widths
    assert all(len(width) == 1 for width in widths)


def test_nothing_tells_where_it_was_measured(measured: tuple[Path, str], paragraphs: Path) -> None:
    text = (measured[0] / "speed.csv").read_text(encoding="utf-8")
    text += (measured[0] / "speed.md").read_text(encoding="utf-8")
    assert str(paragraphs.parent) not in text
    assert str(Path.home()) not in text
    assert paragraphs.name in text


def test_a_second_run_measures_what_is_missing_only(
    measured: tuple[Path, str], run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    before = lines_of(measured[0])
    done = run(measured[0], "--sizes", "100,200", "--queries", "5", "--systems", "engine-whoosh,sqlite")
    assert done.returncode == 0
    assert "everything is there" in done.stderr
    assert lines_of(measured[0]) == before


def test_results_of_other_queries_are_not_mixed(
    measured: tuple[Path, str], run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    before = (measured[0] / "speed.csv").read_bytes()
    done = run(measured[0], "--sizes", "100", "--queries", "6")
    assert done.returncode == 1
    assert "queries was 5, is 6" in done.stderr
    assert "--again" in done.stderr
    assert (measured[0] / "speed.csv").read_bytes() == before


def test_what_takes_too_long_is_left_out_with_the_reason(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = run(tmp_path, "--sizes", "50", "--queries", "5", "--systems", "sqlite", "--limit", "0.01")
    assert done.returncode == 0, done.stderr
    (reason,) = [line["note"] for line in lines_of(tmp_path) if line["metric"] == "skipped"]
    assert reason == "took longer than 0.01 s to index"
    assert f"- sqlite: {reason}" in (tmp_path / "speed.md").read_text(encoding="utf-8")


def test_the_report_is_made_anew_from_the_csv(
    measured: tuple[Path, str], run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "speed.csv").write_bytes((measured[0] / "speed.csv").read_bytes())
    assert run(tmp_path, "--report").returncode == 0
    for name in ("speed.csv", "speed.md"):
        assert (tmp_path / name).read_bytes() == (measured[0] / name).read_bytes()
    if "](growth.svg)" in (tmp_path / "speed.md").read_text(encoding="utf-8"):  # where matplotlib is installed
        assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (tmp_path / "growth.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sizes", "many"], "--sizes takes numbers with commas between, not 'many'"),
        (["--queries", "0"], "--queries must be 1 or more, not 0"),
        (["--systems", "lucene"], "no system is called lucene; there are "),
        (["--report"], "is not there; run without --report first"),
    ],
)
def test_what_cannot_be_is_said(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, options: list[str], said: str
) -> None:
    done = run(tmp_path / "none", *options)
    assert done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_queries_are_words_of_their_language(benchmark: None, paragraphs: Path) -> None:
    corpus, prepare = (importlib.import_module(name) for name in ("corpus", "prepare"))
    texts = corpus.load(paragraphs)
    documents = list(corpus.islice(corpus.documents(texts, 3), len(texts)))
    queries = prepare.draw(documents, 40, 3)
    assert queries == prepare.draw(documents, 40, 3)
    assert len({query.tokens for query in queries}) == len(queries) == 40
    held = {
        language: "\n".join(text.text for text in texts if text.language == language)
        for language in ["en", "hi", "zh"]
    }
    for query in queries:
        assert len(query.tokens) == len(query.text.split()) == 3
        assert all(token.startswith(query.language) for token in query.tokens)
        assert all(word in held.get(query.language, word) for word in query.text.split())


@pytest.fixture
def measure(benchmark: None) -> ModuleType:
    return importlib.import_module("measure")


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_the_breakdown_leaves_searchkit_as_it_was(
    measure: ModuleType, paragraphs: Path, tmp_path: Path, engine: str
) -> None:
    parts, searchkit_file = (importlib.import_module(name) for name in ("breakdown", "systems.searchkit"))
    prepare = importlib.import_module("prepare")
    assert prepare.prepare(tmp_path, paragraphs, 3, 50, 5) > 50
    warm, queries = prepare.read_queries(tmp_path)
    system = searchkit_file.Articles(engine)
    system.index(tmp_path, prepare.read_documents(tmp_path, 50))
    system.open(tmp_path)

    def functions() -> list[object]:
        found = []
        for part in parts._PARTS:
            owner = importlib.import_module(part.module)
            *path, name = part.name.split(".")
            for step in path:
                owner = getattr(owner, step)
            found.append(vars(owner)[name])
        return found

    before = functions()
    found = parts.measure(system, warm[:1], queries, 10)
    assert functions() == before
    alone = found.pop(parts.ALONE, None)
    assert (alone is not None) == (engine == "tantivy")
    assert set(found) == {parts.REST, parts.FACET_COUNTS} | {part.part for part in parts._PARTS} | {parts._RANKING}
    assert sum(found.values()) > 0
    system.articles.close()


def test_throughput_counts_every_thread_and_raises_what_one_raises(measure: ModuleType) -> None:
    systems = importlib.import_module("systems")
    asked: list[object] = []

    class Echo:
        def search(self, query: object, work: str) -> object:
            asked.append(query)
            return systems.Answer([], None, [])

    class Broken:
        def search(self, query: object, work: str) -> object:
            raise ValueError("broken")

    queries = [systems.Query("en", (str(number),), str(number)) for number in range(3)]
    assert measure.throughput(Echo(), queries, "hits", 2, 0.01) > 0
    assert set(queries) == set(asked)
    with pytest.raises(ValueError, match="broken"):
        measure.throughput(Broken(), queries, "hits", 2, 0.01)


def test_a_digest_tells_other_counts(measure: ModuleType) -> None:
    answer = importlib.import_module("systems").Answer
    one = answer(["a"], {"language": {"en": 2, "sv": 1}}, [])
    same = answer(["b"], {"language": {"sv": 1, "en": 2}}, [])
    other = answer(["a"], {"language": {"en": 2, "sv": 2}}, [])
    assert measure.digest([one]) == measure.digest([same])
    assert measure.digest([one]) != measure.digest([other])


def test_the_slope_of_a_curve(benchmark: None) -> None:
    report = importlib.import_module("report")
    assert report.slope([(1_000, 2.0), (10_000, 20.0), (100_000, 200.0)]) == pytest.approx(1.0)
    assert report.slope([(1_000, 5.0), (10_000, 5.0)]) == pytest.approx(0.0)


def test_a_csv_of_something_else_is_refused(benchmark: None, tmp_path: Path) -> None:
    file = tmp_path / "speed.csv"
    file.write_text(json.dumps({"a": 1}) + "\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="not of this benchmark"):
        importlib.import_module("report").read(file)


def test_the_parts_of_a_query_are_a_table(benchmark: None) -> None:
    report = importlib.import_module("report")
    lines = [
        report.Line("articles-whoosh", 100, "", report.DONE, 1.0, "s"),
        report.Line("articles-whoosh", 100, "breakdown", "parse the query", 0.25, "ms"),
        report.Line("articles-whoosh", 100, "breakdown", "everything else", 1.5, "ms"),
    ]
    text = report.markdown(lines, [])
    assert "## Where the time of one query goes" in text
    assert "| parse the query | 0.25 |" in text
    assert "| all | 1.75 |" in text


def test_what_was_not_measured_is_told_with_its_reason(benchmark: None) -> None:
    report = importlib.import_module("report")
    text = report.markdown(
        [report.Line("whoosh", 100, "", report.SKIPPED, 0.0, "", "took longer than 9 s to index")], []
    )
    assert "- whoosh: took longer than 9 s to index" in text
