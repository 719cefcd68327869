"""What the README and docs/ show must work as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from searchkit.cli import COMMANDS

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted([CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *(CHECKOUT / "docs").glob("*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_python_examples_run(page: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(CHECKOUT / "examples")
    for block in blocks(page, "python"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_the_readmes_console_example_shows_real_output(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(CHECKOUT / "examples")
    (block,) = blocks(CHECKOUT / "README.md", "console")
    shell = {"COLUMNS": "110", "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    for part in block.split("$ ")[1:]:
        command, _, shown = part.partition("\n")
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=shell, capture_output=True, text=True, check=True
        )
        # Ids end in a digest of the path.
        assert re.sub(r"-[0-9a-f]{8}$", "", done.stdout.strip(), flags=re.MULTILINE) == re.sub(
            r"-[0-9a-f]{8}$", "", shown.strip(), flags=re.MULTILINE
        )


def test_the_readme_has_the_two_commands_that_ci_runs() -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    for name in ("run", "test"):
        assert re.search(rf"<!-- ci: {name} -->\n```sh\n.+\n```\n", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_shown_exist(page: Path) -> None:
    for command in re.findall(
        r"^(?:\$ )?searchkit ([a-z]+)", "".join(blocks(page, "(?:sh|console)?")), re.MULTILINE
    ):
        assert command in COMMANDS
