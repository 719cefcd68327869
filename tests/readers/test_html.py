"""HTML: the main text of a page, where trafilatura is installed; a hint where it is not."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from searchkit.errors import ArticleError
from searchkit.readers import Draft, Problem, read
from searchkit.readers.html import read_html

PAGE = """<!doctype html>
<html lang="sv">
<head>
  <meta charset="utf-8">
  <title>Sömn och minne</title>
  <meta name="author" content="Elin Sandberg">
  <meta property="article:published_time" content="2024-05-16T08:00:00+00:00">
  <link rel="canonical" href="https://example.org/somn">
</head>
<body>
  <nav><a href="/">Hem</a> <a href="/om">Om oss</a></nav>
  <article>
    <h1>Sömn och minne</h1>
    <p>Under djupsömnen upprepar hippocampus mönster från dagen, och så befästs nya minnen i hjärnbarken.</p>
    <h2>Vad du kan göra</h2>
    <p>Gå och lägg dig vid samma tid varje kväll. Det hjälper hjärnan att hålla takten, säger forskarna.</p>
  </article>
  <footer>Vi använder kakor</footer>
</body>
</html>
"""


def test_the_main_text_is_the_article() -> None:
    pytest.importorskip("trafilatura")
    (draft,) = read_html(PAGE, "page.html")
    assert (draft.title, draft.author, draft.url) == (
        "Sömn och minne",
        "Elin Sandberg",
        "https://example.org/somn",
    )
    assert draft.published == date(2024, 5, 16)
    first, heading, last = draft.text.split("\n")
    assert first.startswith("Under djupsömnen")
    assert heading == "Vad du kan göra"
    assert last.endswith("forskarna.")


@pytest.mark.parametrize("page", ["", "<p", "<html></html>", "<!doctype html><html><body> </body></html>"])
def test_a_page_without_text_is_an_error(page: str) -> None:
    pytest.importorskip("trafilatura")
    with pytest.raises(ArticleError, match="neither text nor title"):
        list(read_html(page, "page.html"))


def test_pages_in_a_folder_are_read_and_an_empty_one_is_a_problem(tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    (tmp_path / "a.html").write_text("<html><body></body></html>", encoding="utf-8")
    (tmp_path / "b.htm").write_text(PAGE, encoding="utf-8")
    problem, draft = read([tmp_path])
    assert isinstance(problem, Problem)
    assert str(tmp_path / "a.html") in problem.message
    assert isinstance(draft, Draft)


def test_without_trafilatura_the_message_says_how_to_install_it_and_other_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "b.txt").write_text("A title\n\nThe text.", encoding="utf-8")
    code = (
        "import sys\n"
        "sys.modules['trafilatura'] = None\n"
        "from searchkit.readers import read\n"
        f"for item in read([{str(tmp_path)!r}]): print(getattr(item, 'message', None) or item.title)"
    )
    shown = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | {"PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    problem, title = shown.stdout.splitlines()
    assert problem == f"{tmp_path / 'a.html'}: HTML needs trafilatura: pip install 'searchkit[html]'"
    assert title == "A title"
    assert shown.stderr == ""
