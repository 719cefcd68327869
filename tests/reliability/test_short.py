"""The short forms of `kill.py` and `damage.py`; docs/reliability.md has the figures of the long ones."""

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks processes, to kill them")


def run(script: str, *arguments: str) -> list[dict[str, object]]:
    """Run a script and return its figures."""
    command = [sys.executable, str(HERE / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(params=["whoosh", "tantivy"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "tantivy":
        pytest.importorskip("tantivy", reason="needs the extra tantivy")
    return str(request.param)


def engines() -> list[str]:
    return ["whoosh", "tantivy"] if find_spec("tantivy") else ["whoosh"]


# Damages of files.
KINDS = {"whoosh": 3, "tantivy": 6}
WAYS = [("random", "kill"), ("operations", "kill"), ("operations", "ENOSPC"), ("operations", "EIO")]
FAULTS = ("unreadable", "lost", "locked", "left_over", "raised")


def test_killed_without_a_disk_or_damaged_an_index_loses_nothing() -> None:
    """One process, because it takes longer to start one than to do all this."""
    tried = [word for engine in engines() for word in (engine, str(KINDS[engine]))]

    figures = run("short.py", *tried)

    killed = [each for each in figures if "at" in each]
    assert [(each["engine"], each["at"], each["fault"]) for each in killed] == [
        (engine, at, fault)
        for engine in engines()
        for at, fault in [
            ("random", "kill"),
            ("operations", "kill"),
            ("operations", "ENOSPC"),
            ("operations", "EIO"),
        ]
    ]
    assert all(each[name] == 0 for each in killed for name in FAULTS)
    damaged = [each for each in figures if "damaged" in each]
    assert [(each["damaged"], each["bad"]) for each in damaged] == [(KINDS[engine], 0) for engine in engines()]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["kill", "ENOSPC", "EIO"])
@pytest.mark.parametrize("more", [[], ["--creating"]], ids=["changing", "creating"])
def test_each_operation_may_be_the_last_or_fail(engine: str, fault: str, more: list[str]) -> None:
    (figures,) = run("kill.py", "--engine", engine, "--at", "operations", "--fault", fault, *more)

    assert int(str(figures["done"])) > 30


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_hundred_kills(engine: str) -> None:
    (figures,) = run("kill.py", "--engine", engine, "--kills", "100", "--seed", "2")

    assert figures["done"] == 100


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--large"]], ids=["small files", "large files"])
def test_much_damage_is_said_found_and_mended(engine: str, more: list[str]) -> None:
    (figures,) = run("damage.py", "--engine", engine, "--count", "150", "--seed", "3", *more)

    assert figures["bad"] == 0
