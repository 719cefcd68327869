"""The commands, run as a person would, through the installed command's own entry point."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result

from searchkit import ArticleIndex
from searchkit.cli import COMMANDS, cli
from searchkit.commands.output import plain, width, wrapped

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an empty folder: ``run("index", path)``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEARCHKIT_INDEX", raising=False)

    def invoke(*arguments: object, **more: Any) -> Result:
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], **more)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def indexed(run: Run, sample_index: ArticleIndex, tmp_path: Path) -> Run:
    """The same, with the sample articles indexed: a copy, because some tests write to it."""
    shutil.copytree(sample_index.path, tmp_path / ".searchkit")
    return run


def test_indexing_says_what_it_did_and_again_that_nothing_changed(run: Run, samples: Path) -> None:
    assert run("index", samples).output == "51 added, 0 changed, 0 unchanged, 0 removed in .searchkit.\n"
    assert run("index", samples).output == "Nothing changed: all 51 articles were in .searchkit already.\n"


def test_the_index_is_the_option_else_the_environment_else_the_folder_here(
    run: Run, samples: Path, tmp_path: Path
) -> None:
    file = samples / "exercise.sv.txt"
    run("index", file, env={"SEARCHKIT_INDEX": "from-environment"})
    run("index", file, "--index", "from-option", env={"SEARCHKIT_INDEX": "from-environment"})
    run("index", file)
    assert {path.name for path in tmp_path.iterdir()} == {"from-environment", "from-option", ".searchkit"}


def test_search_shows_title_language_passage_and_counts(indexed: Run) -> None:
    output = indexed("search", "synaptisk", "gallring").output
    assert "Sömn och minne" in output
    assert "sv · 2024-05-16 · Elin Sandberg" in output
    assert "about: synaptic pruning" in output
    assert "Tononi 2014, Neuron" in output
    assert "\x1b" not in output


def test_search_is_coloured_in_a_terminal(indexed: Run) -> None:
    assert "\x1b[33m\x1b[1m" in indexed("search", "sömn", color=True).output


def test_no_color_is_honoured(indexed: Run) -> None:
    assert "\x1b" not in indexed("search", "sömn", color=True, env={"NO_COLOR": "1"}).output


def test_search_prints_json_with_the_documented_keys(indexed: Run, checkout: Path) -> None:
    found = json.loads(indexed("search", "synaptisk gallring", "--json").output)
    documented = (checkout / "docs" / "cli.md").read_text(encoding="utf-8")
    example = json.loads(documented.split("```json\n")[1].split("```")[0])

    def keys(value: object) -> object:
        if isinstance(value, dict):
            return {key: keys(inner) for key, inner in value.items() if key not in {"facets", "mechanism"}}
        if isinstance(value, list):
            return keys(value[0]) if value and isinstance(value[0], dict) else []
        return None

    assert keys(found) == keys(example)
    assert (
        set(found["facets"]) == set(found["hits"][0]["facets"]) == {"language", "study", "study_type", "mechanism"}
    )
    assert set(found["facets"]["study"][0]) == set(example["facets"]["study"][0])


def test_filters_repeat_and_combine(indexed: Run) -> None:
    arguments = ("search", "--language", "sv", "--language", "hi", "--mechanism", "deep sleep", "--json")
    assert sorted(hit["language"] for hit in json.loads(indexed(*arguments).output)["hits"]) == [
        *["hi", "hi", "hi"],
        *["sv", "sv"],
    ]


def test_limit_and_offset_page_through_the_hits(indexed: Run) -> None:
    def titles(*more: str) -> list[str]:
        return [hit["title"] for hit in json.loads(indexed("search", "sömn", "--json", *more).output)["hits"]]

    assert titles("-n", "1") + titles("-n", "1", "--offset", "1") == titles("-n", "2")


def test_sorting_by_date(indexed: Run) -> None:
    hits = json.loads(indexed("search", "--sort", "date", "--json", "-n", "50").output)["hits"]
    dates = [hit["published"] or "" for hit in hits]
    assert dates == sorted(dates, reverse=True)
    assert dates[0]


def test_finding_nothing_is_no_error(indexed: Run) -> None:
    result = indexed("search", "zzzxyzzy")
    assert (result.exit_code, result.output) == (0, "0 articles\n")


def test_a_misspelled_query_is_answered_with_what_may_have_been_meant(indexed: Run) -> None:
    assert indexed("search", '"slow osclations"', "AND", "memmory").output == (
        '0 articles\nDid you mean: "slow oscillations" AND memory?\n'
    )
    assert json.loads(indexed("search", "slepe", "--json").output)["suggestion"] == "sleep"
    assert "Did you mean" not in indexed("search", "sleep").output


def test_suggest_completes_what_is_typed(indexed: Run) -> None:
    lines = indexed("suggest", "hippo").output.splitlines()
    assert lines[0].split(maxsplit=1) == ["hippocampus", "word, 8 articles"]
    found = json.loads(indexed("suggest", "deep", "sl", "--json", "-n", "1").output)
    assert found == [{"text": "deep sleep", "completed": "deep sleep", "kind": "mechanism", "articles": 10}]
    assert indexed("suggest", "zzz").output == ""


def test_articles_like_one_are_found_with_what_they_share(indexed: Run) -> None:
    output = indexed("search", "--like", "sleep-and-memory.sv", "--language", "hi").output
    assert output.splitlines()[2].startswith(" 1. नींद और स्मृति")
    assert "shares: " in output
    assert "Tononi 2014, Neuron" in output
    found = json.loads(indexed("search", "--like", "sleep-and-memory.sv", "--json", "-n", "4").output)
    assert found["like"].startswith("sleep-and-memory.sv")
    assert sorted(hit["language"] for hit in found["hits"]) == ["en", "fr", "hi", "zh"]
    assert all("tononi-2014" in hit["shared"]["study"] for hit in found["hits"])


def test_a_score_is_explained_on_request(indexed: Run) -> None:
    assert "counts" not in indexed("search", "sömn").output
    lines = indexed("search", "sömn", "--explain", "-n", "1", env={"COLUMNS": "100"}).output.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines if line.endswith(("score", "“sömn”"))] == [
        "score",
        "“sömn”",
    ]
    assert any("in the title (sv): once in" in line for line in lines)
    (hit,) = json.loads(indexed("search", "sömn", "--explain", "--json", "-n", "1").output)["hits"]
    assert hit["explanation"]["points"] == pytest.approx(hit["score"], abs=1e-6)
    assert sum(part["points"] for part in hit["explanation"]["parts"]) == pytest.approx(hit["score"], abs=1e-6)


def test_versions_of_an_article_are_put_together_on_request(indexed: Run) -> None:
    output = indexed("search", "synaptisk gallring", "--collapse").output
    assert output.startswith("1–1 of 1 article\n")
    assert "also in zh: 睡眠与记忆" in output
    (hit,) = json.loads(indexed("search", "synaptisk gallring", "--collapse", "--json").output)["hits"]
    assert sorted(version["language"] for version in hit["also"]) == ["en", "fr", "hi", "zh"]
    assert set(hit["also"][0]) == {"id", "language", "title"}
    assert "also in" not in indexed("search", "synaptisk gallring").output
    apart, together = (
        indexed("search", *options, "-n", "0").output.split()[0] for options in ((), ("--collapse",))
    )
    assert 0 < int(together) < int(apart)


def test_facets_lists_keys_labels_and_counts(indexed: Run) -> None:
    output = indexed("facets", "--facet", "study", "--language", "hi").output
    assert output.splitlines()[0] == "study"
    assert "erickson-2011" in output
    assert "Erickson 2011" in output
    assert set(json.loads(indexed("facets", "--json").output)) == {
        "language",
        "study",
        "study_type",
        "mechanism",
    }


def test_show_prints_the_article(indexed: Run) -> None:
    output = indexed("show", "exercise.hi").output
    assert "व्यायाम" in output
    assert "Erickson 2011" in output
    article = json.loads(indexed("show", "exercise.hi", "--json").output)
    assert article["sections"][-2]["kind"] == "references"


def test_info_says_what_the_index_holds(indexed: Run) -> None:
    assert "en 11, fr 9, hi 11, sv 10, zh 10" in indexed("info").output
    assert json.loads(indexed("info", "--json").output)["articles"] == 51


def test_analyze_shows_tokens(run: Run) -> None:
    output = run("analyze", "--language", "hi", "मैग्नीशियम").output
    assert output.split() == ["0", "मैग्नीशियम", "0–10", "मैग्नीशियम"]
    tokens = json.loads(run("analyze", "--json", "-", input="Das Gehirn der Maus schläft tief").output)
    assert tokens["language"] == "de"


def test_rebuild_says_how_many(indexed: Run) -> None:
    assert indexed("rebuild").output == "51 articles analyzed again in .searchkit.\n"


def test_demo_shows_a_faceted_search_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    output = run("demo").output
    assert "synaptic pruning" in output
    assert "Tononi 2014, Neuron" in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(run: Run, shell: str) -> None:
    assert "_SEARCHKIT_COMPLETE" in run("completion", shell).output


def test_facet_values_are_completed_from_the_index(indexed: Run, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "_SEARCHKIT_COMPLETE": "bash_complete",
        "COMP_WORDS": "searchkit search --mechanism synaptic-p",
        "COMP_CWORD": "3",
    }
    done = subprocess.run([installed()], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert {"plain,synaptic-plasticity", "plain,synaptic-pruning"} <= set(done.stdout.split())


def test_the_installed_command_leaves_mere_mentions_out(sample_index: ArticleIndex) -> None:
    def asked(*arguments: str) -> Any:
        command = [
            installed(),
            *arguments,
            "--mechanism",
            "deep sleep",
            "--index",
            str(sample_index.path),
            "--json",
        ]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    everything = asked("search", "--limit", "100")
    strong = asked("search", "--limit", "100", "--min-strength", "0.8")
    expected = [hit["id"] for hit in everything["hits"] if hit["strengths"]["mechanism"]["deep-sleep"] >= 0.8]
    assert 0 < len(expected) < everything["total"]
    assert sorted(hit["id"] for hit in strong["hits"]) == sorted(expected)
    counts = {count["value"]: count for count in asked("facets", "--min-strength", "0.8")["mechanism"]}
    count = counts["deep-sleep"]
    assert (count["count"], count["selected"]) == (len(expected), True)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_in_the_documentation(run: Run, command: str, checkout: Path) -> None:
    output = run(command, "--help").output
    documented = (checkout / "docs" / "cli.md").read_text(encoding="utf-8")
    assert f"searchkit {command}" in documented
    section = documented.split(f"## `searchkit {command}", 1)[1].split("\n## ", 1)[0]
    options = {word.rstrip(",") for word in output.replace("/", " ").split() if word.startswith("--")}
    told_once = {
        "--help",
        "--index",
        "--json",
        "--language",
        "--study",
        "--mechanism",
        "--study-type",
        "--min-strength",
        "--expand",
        "--no-expand",
    }
    assert [option for option in sorted(options - told_once) if option not in section] == []


# Bad input: one line, exit code 2, no traceback


class Bad(NamedTuple):
    arguments: tuple[str, ...]
    told: str


@pytest.mark.parametrize(
    "bad",
    [
        Bad(("search", "x", "--index", "nowhere"), "no index in nowhere"),
        Bad(("search", "x", "--mechanism", "nonsense-xyz"), "'nonsense-xyz'"),
        Bad(("search", "x", "--language", "tlh"), "'tlh'"),
        Bad(("show", "no-such-id"), "'no-such-id'"),
        Bad(("search", "x", "--like", "sleep-and-memory.sv"), "'x'"),
        Bad(("search", "--like", "no-such-id"), "'no-such-id'"),
        Bad(("search", "--like", "sleep"), "articles have ids that begin with 'sleep'"),
        Bad(("search", "--like", ""), "''"),
        Bad(("suggest", "x", "--index", "nowhere"), "no index in nowhere"),
        Bad(("index", "x.txt", "--engine", "lucene"), "'lucene'"),
        Bad(("index", "x.txt", "--vocabulary", "missing.toml"), "missing.toml"),
    ],
)
def test_a_bad_value_is_one_line_that_names_it(indexed: Run, bad: Bad) -> None:
    Path("x.txt").write_text("Title\n\nText.")
    result = indexed(*bad.arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert bad.told in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "--limit", "x"),
        ("search", "--sort", "size"),
        ("nonsense",),
        ("search", "--limit", "-1"),
        ("suggest",),
    ],
)
def test_wrong_usage_exits_with_two(indexed: Run, arguments: tuple[str, ...]) -> None:
    assert indexed(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("latin1.txt", "Smörgås och sömn".encode("latin-1"), "not UTF-8"),
        ("empty.txt", b"", "empty"),
        ("blank.txt", b" \n\n ", "empty"),
        ("binary.txt", b"\x7fELF\x00\x01\x02", "binary"),
        ("pdf.txt", b"%PDF-1.7 ...", "binary"),
        ("broken.jsonl", b'{"title": "good", "text": "fine words"}\n{"title": \n', "broken.jsonl:2"),
        (
            "wrong.jsonl",
            b'{"title": "good", "text": "fine words"}\n{"title": 7, "text": "x"}\n',
            "wrong.jsonl:2",
        ),
        ("headless.csv", b"a,b\n1,2\n", "headless.csv"),
    ],
)
def test_a_bad_file_is_told_and_the_rest_is_indexed(
    run: Run, samples: Path, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "good.txt").write_bytes((samples / "exercise.sv.txt").read_bytes())
    (folder / name).write_bytes(content)
    result = run("index", folder)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert told in result.stderr
    assert name in result.stderr
    assert "added" in result.stdout
    assert "exercise" not in result.stderr
    assert run("search", "promenad").stdout.startswith("1–1 of 1 article")


def test_a_missing_path_is_told_and_the_rest_is_indexed(run: Run, samples: Path) -> None:
    result = run("index", "nowhere", samples)
    assert (result.exit_code, result.stderr) == (
        2,
        "searchkit: nowhere: no such file or folder; check the path\n",
    )
    assert result.stdout.startswith("51 added")


def test_bad_input_leaves_what_is_indexed_alone(indexed: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[x\n")
    assert indexed("index", "nowhere").exit_code == 2
    assert indexed("index", tmp_path, "--vocabulary", "bad.toml").exit_code == 2
    assert json.loads(indexed("info", "--json").output)["articles"] == 51


def test_an_index_that_may_not_be_written_is_told(run: Run, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for place in ("file", "file/index"):
        result = run("index", samples, "--index", place)
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
        assert "file" in result.stderr


def test_the_systems_own_errors_are_one_line_too(indexed: Run, samples: Path, tmp_path: Path) -> None:
    holder = tmp_path / ".searchkit" / "whoosh" / "writer.json"
    holder.mkdir()  # where the writer leaves its name
    result = indexed("index", samples)
    assert result.exit_code == 2
    assert "writer.json" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    holder.rmdir()
    assert "Nothing changed" in indexed("index", samples).output


def test_files_of_other_kinds_are_counted(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "one.txt").write_text("Title\n\nSome text about sleep.")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    assert "1 .png" in run("index", folder).output


# Standard input


@pytest.mark.parametrize(
    "content",
    [
        '{"title": "Sleep", "text": "Deep sleep helps."}\n{"title": "More", "text": "Deep water."}\n',
        "Sleep\n\nDeep sleep helps memory, they say.\n",
        "# Sleep\n\nDeep sleep helps memory.\n",
    ],
)
def test_standard_input_is_recognised_and_the_same_again_changes_nothing(run: Run, content: str) -> None:
    assert run("index", "-", input=content).exit_code == 0
    assert "Nothing changed" in run("index", "-", input=content).output
    assert "Sleep" in run("search", "deep").output


def test_csv_on_standard_input_needs_its_format(run: Run) -> None:
    assert run("index", "-", "--format", "csv", input="title,text\nSleep,Deep sleep helps\n").exit_code == 0
    assert "Sleep" in run("search", "deep").output


# Nothing in an article drives the terminal


def test_control_characters_in_articles_are_not_printed(run: Run, tmp_path: Path) -> None:
    hostile = {
        "id": "x\x1b[31m",
        "title": "Sleep \x1b[2J\u202e",
        "text": "Deep sleep \x1b]0;owned\x07 helps.",
        "author": "A\x1b[0m",
    }
    (tmp_path / "hostile.jsonl").write_text(json.dumps(hostile))
    run("index", "hostile.jsonl")
    for command in (("search", "deep"), ("show", "x"), ("facets",), ("info",)):
        output = run(*command).output
        assert not {"\x1b", "\x07", "\u202e"} & set(output)


def test_plain_leaves_text_and_takes_control_characters() -> None:
    assert plain("a\x1b[1mb\nc\u202ed\x9be") == "a [1mb c d e"
    assert plain("हिन्दी क्‍ष 突触 é") == "हिन्दी क्‍ष 突触 é"


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert (width("abc"), width("突触"), width("क्‍"), width("e\u0301")) == (3, 4, 1, 1)


def test_lines_break_between_words_and_between_wide_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    assert wrapped("one two three four five six", (), indent="").split("\n") == [
        "one two three four five",
        "six",
    ]
    assert all(width(line) <= 24 for line in wrapped("突触可塑性" * 10, (), indent="  ").split("\n"))
    for grapheme in ("葛\U000e0100", "👩🏽‍🔬", "क्षि"):
        lines = wrapped(grapheme * 30, (), indent="").split("\n")
        assert len(lines) > 1
        assert all(set(line.split(grapheme)) == {""} for line in lines)


# The installed command


def installed() -> str:
    return str(Path(sys.executable).with_name("searchkit"))


def test_the_installed_command_works_end_to_end(samples: Path, tmp_path: Path) -> None:
    def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [installed(), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    assert command("index", str(samples)).stdout.startswith("51 added")
    found = command("search", "神經可塑性", "--json")
    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout)["total"] >= 3
    assert command("search", "--no-expand", "hypocampus").stdout == "0 articles\nDid you mean: hippocampus?\n"
    assert command("suggest", "hippo").stdout.startswith("hippocampus")
    assert "shares: " in command("search", "--like", "exercise.sv", "--explain", "--sort", "date").stdout
    assert "also in sv" in command("search", "--collapse", "--language", "hi", "--language", "sv").stdout
    bad = command("search", "x", "--study", "nobody-1900")
    assert (bad.returncode, bad.stdout, len(bad.stderr.splitlines())) == (2, "", 1)
    assert "searchkit" in command("--version").stdout


def test_a_terminal_said_to_be_ascii_is_no_error(samples: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [installed(), "analyze", "-l", "zh", "突触"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert done.stdout
    assert done.stderr == b""


def test_a_closed_pipe_is_no_error(samples: Path, tmp_path: Path) -> None:
    process = subprocess.Popen([installed(), "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr as stderr:
        assert b"Traceback" not in stderr.read()
    process.wait()


def test_the_runner_reads_bytes_as_they_are(run: Run) -> None:
    result = run("index", "-", input=io.BytesIO(b"\xfa\xfb"))
    assert result.exit_code == 2
    assert "Traceback" not in result.output
