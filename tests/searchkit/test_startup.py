"""What a search in a new process loads: modules are counted, for times depend on the machine."""

import subprocess
import sys

import pytest

import searchkit

# For readers and writers of articles, other languages, the network, other processes.
NOT_NEEDED = {
    "asyncio",
    "concurrent.futures",
    "http.client",
    "importlib.metadata",
    "jieba",
    "markdown_it",
    "multiprocessing",
    "py3langid",
    "searchkit.batch",
    "searchkit.derive",
    "searchkit.negation",
    "searchkit.parallel",
    "searchkit.readers",
    "searchkit.references",
    "searchkit.study_names",
    "ssl",
    "tantivy",
    "trafilatura",
    "whoosh",
}
# Of all kinds, Python's own among them. Whoever needs more shows that it is worth its time.
OURS, OTHERS = 70, 300


def modules_of_a_search(index: searchkit.ArticleIndex, *arguments: str) -> set[str]:
    script = (
        "import sys\n"
        f"sys.argv = ['searchkit', 'search', '--index', {str(index.path)!r}, *{arguments!r}]\n"
        "from searchkit.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    command = [sys.executable, "-W", "error", "-c", script]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [("magnesium",), ("sömn och minne",), ("नींद",), ("sommeil", "--language", "fr"), ("sleep", "--json")],
)
def test_a_search_loads_what_it_needs(sample_index: searchkit.ArticleIndex, arguments: tuple[str, ...]) -> None:
    loaded = modules_of_a_search(sample_index, *arguments)
    assert loaded & NOT_NEEDED == set()
    ours = {name for name in loaded if name.partition(".")[0] == "searchkit"}
    assert len(ours) <= OURS
    assert len(loaded - ours) <= OTHERS


def test_a_chinese_search_loads_jieba_and_no_more(sample_index: searchkit.ArticleIndex) -> None:
    loaded = modules_of_a_search(sample_index, "突触可塑性")
    assert "jieba" in loaded
    assert loaded & NOT_NEEDED == {"jieba"}
