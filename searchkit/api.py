"""The functions for programs that embed searchkit."""

import os
from collections.abc import Iterable

from searchkit.article_index import ArticleIndex, Changes, Filter
from searchkit.index import Sort
from searchkit.readers import read
from searchkit.results import Results


def open(index: str | os.PathLike[str]) -> ArticleIndex:  # noqa: A001 - reads as searchkit.open
    """Open an index for many searches.

    Args:
        index: the folder of the index.

    Raises:
        IndexNotFoundError: there is none.
        IndexFormatError: another version wrote it, or it is damaged.
        AnalyzerMismatchError: it was made with other analyzers than those installed.
    """
    return ArticleIndex.open(index)


def search(
    query: str = "",
    *,
    index: str | os.PathLike[str],
    language: Filter = None,
    study: Filter = None,
    mechanism: Filter = None,
    study_type: Filter = None,
    limit: int = 10,
    offset: int = 0,
    sort: Sort = "relevance",
    expand: bool = True,
) -> Results:
    """Open an index, search it once and close it. See `ArticleIndex.search` for the arguments.

    Raises:
        FilterError: a filter names a value that no article of the index has.
        InputError: limit or offset is negative, or sort is not known.
        IndexStateError: the index cannot be opened.
    """
    with open(index) as opened:
        return opened.search(
            query,
            language=language,
            study=study,
            mechanism=mechanism,
            study_type=study_type,
            limit=limit,
            offset=offset,
            sort=sort,
            expand=expand,
        )


def index_articles(
    paths: Iterable[str | os.PathLike[str]],
    *,
    index: str | os.PathLike[str],
    prune: bool = False,
) -> Changes:
    """Add the articles under some paths to an index, which is made if it is missing.

    Args:
        paths: files and folders; see `searchkit.read`.
        index: the folder of the index.
        prune: remove articles that came from ``paths`` and are no longer there.

    Raises:
        IndexStateError: the index cannot be opened, or another process is writing to it.
    """
    paths = list(paths)
    opened = ArticleIndex.open(index) if ArticleIndex.exists(index) else ArticleIndex.create(index)
    with opened:
        return opened.update(read(paths), prune=paths if prune else ())
