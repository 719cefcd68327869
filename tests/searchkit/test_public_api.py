import subprocess
import sys

import searchkit

PUBLIC = [
    "AnalyzerMismatchError",
    "Article",
    "ArticleError",
    "ArticleIndex",
    "ArticleSnapshot",
    "Candidate",
    "Changes",
    "CitedStudy",
    "CitingArticle",
    "Completion",
    "Draft",
    "FacetCount",
    "FilterError",
    "Hit",
    "IndexFormatError",
    "IndexInfo",
    "IndexLockedError",
    "IndexNotFoundError",
    "IndexStateError",
    "IndexUnavailableError",
    "InputError",
    "MissingExtraError",
    "Problem",
    "Reference",
    "Results",
    "ScorePart",
    "SearchkitError",
    "Section",
    "Snippet",
    "Study",
    "StudyRegistry",
    "Version",
    "Vocabulary",
    "VocabularyError",
    "index_articles",
    "open",
    "read",
    "search",
]


def test_the_public_names_are_these() -> None:
    assert searchkit.__all__ == PUBLIC


def test_every_public_name_is_there_and_documented() -> None:
    for name in PUBLIC:
        assert getattr(searchkit, name).__doc__


def test_every_error_is_a_searchkit_error() -> None:
    errors = [getattr(searchkit, name) for name in PUBLIC if name.endswith("Error")]
    assert all(issubclass(error, searchkit.SearchkitError) for error in errors)


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys; print('\\n'.join(sys.modules))"
    return set(
        subprocess.run(
            [sys.executable, "-W", "error", "-c", script], check=True, capture_output=True, text=True
        ).stdout.split()
    )


def test_importing_searchkit_loads_none_of_its_libraries() -> None:
    assert not modules_after("import searchkit") & {"whoosh", "jieba", "regex", "click", "numpy", "Stemmer"}


def test_a_search_loads_neither_chinese_nor_language_detection_nor_whoosh(
    sample_index: searchkit.ArticleIndex,
) -> None:
    code = f"import searchkit; assert searchkit.search('sömn och minne', index={str(sample_index.path)!r}).total"
    assert not modules_after(code) & {
        "jieba",
        "py3langid",
        "whoosh",
        "markdown_it",
        "trafilatura",
        "importlib.metadata",
    }


def test_a_chinese_search_reads_only_a_part_of_the_dictionary(sample_index: searchkit.ArticleIndex) -> None:
    code = (
        f"import searchkit; assert searchkit.search('突触可塑性', index={str(sample_index.path)!r}).total\n"
        "from searchkit.analyzers.zh import CHINESE\n"
        "import gc\n"
        "from searchkit.analyzers.segmenter import JiebaSegmenter\n"
        "found = [thing for thing in gc.get_objects() if isinstance(thing, JiebaSegmenter)]\n"
        "loaded = [thing._tokenizer.FREQ for thing in found if thing._tokenizer]\n"
        "assert len(loaded) == 1 and 0 < len(loaded[0]) < 20_000, [len(words) for words in loaded]"
    )
    assert "jieba" in modules_after(code)


def test_importing_jieba_ourselves_shows_no_warning() -> None:
    modules_after("from searchkit.analyzers import analyzer_for; list(analyzer_for('zh').tokens('突触可塑性'))")
