"""The functions for programs that embed searchkit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from searchkit.article_index import ArticleIndex
from searchkit.errors import InputError
from searchkit.filters import Filter
from searchkit.home import home_of
from searchkit.index import Sort, engine_class
from searchkit.results import Results
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

if TYPE_CHECKING:
    from searchkit.batch import Changes
    from searchkit.readers import Draft, Problem, Report


def open(index: str | os.PathLike[str]) -> ArticleIndex:  # noqa: A001 - reads as searchkit.open
    """Open an index for many searches.

    Args:
        index: the folder of the index, or its address in a cluster (``https://host:9200/articles``).

    Raises:
        IndexNotFoundError: there is none.
        IndexUnavailableError: the cluster does not answer, or refuses.
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
    min_strength: float = 0.0,
    limit: int = 10,
    offset: int = 0,
    sort: Sort = "relevance",
    expand: bool = True,
    explain: bool = False,
    collapse: bool = False,
) -> Results:
    """Open an index, search it once and close it. See `ArticleIndex.search` for the arguments.

    Raises:
        FilterError: a filter names a value that there is not.
        InputError: min_strength is not from 0 to 1, limit or offset is negative, or sort is not known.
        IndexStateError: the index cannot be opened.
    """
    with open(index) as opened:
        return opened.search(
            query,
            language=language,
            study=study,
            mechanism=mechanism,
            study_type=study_type,
            min_strength=min_strength,
            limit=limit,
            offset=offset,
            sort=sort,
            expand=expand,
            explain=explain,
            collapse=collapse,
        )


def index_articles(
    paths: Iterable[str | os.PathLike[str]],
    *,
    index: str | os.PathLike[str],
    prune: bool = False,
    vocabulary: str | os.PathLike[str] | None = None,
    studies: str | os.PathLike[str] | None = None,
    engine: str | None = None,
    shards: int | None = None,
    replicas: int | None = None,
    format: str | None = None,
    wait: float = 10.0,
    jobs: int = 1,
    report: Report | None = None,
    progress: Callable[[Draft], None] | None = None,
) -> Changes:
    """Add the articles under some paths to an index, which is made if it is missing.

    Args:
        paths: files, folders, or ``-`` for standard input; see `searchkit.read`.
        index: the folder of the index, or its address in a cluster.
        prune: remove articles that came from ``paths`` and are no longer there.
        vocabulary: file of mechanisms to add to the built-in ones; an index that was made with others is derived
            anew. None keeps the index's own.
        studies: file of studies to know besides the built-in ones; the same holds for it.
        engine: engine of a new index; that of an old one stays.
        shards: number of shards of a new index in a cluster; None for what the configuration says (1).
        replicas: copies of each shard besides the first; None for what the configuration says (1).
        format: format of files whose suffix does not tell.
        wait: seconds to wait for another writer.
        jobs: processes to analyze articles on; see `ArticleIndex.update`.
        report: filled with what was met.
        progress: called after each article.

    Raises:
        VocabularyError: the vocabulary or the file of studies is not valid.
        InputError: the folder is none of an index, or the index has another engine.
        IndexStateError: the index cannot be opened, or another process is writing to it.
    """
    from searchkit.batch import Changes
    from searchkit.readers import Problem, read
    from searchkit.readers.draft import STDIN

    paths = list(paths)
    words = Vocabulary.load(Path(vocabulary), Vocabulary.builtin()) if vocabulary is not None else None
    known = StudyRegistry.load(Path(studies)) if studies is not None else None
    drafts = read(paths, format=format, report=report)
    if ArticleIndex.exists(index):
        opened = open(index)
    else:
        engine = engine or home_of(index).default_engine
        engine_class(engine)  # a wrong name is told before anything is read
        begun = list(_up_to_an_article(drafts))
        if not begun or isinstance(begun[-1], Problem):
            # Nothing to index is no reason to leave an empty index behind.
            return Changes(problems=[problem.message for problem in begun if isinstance(problem, Problem)])
        drafts = chain(begun, drafts)
        options = {"shards": shards, "replicas": replicas}
        given = {name: number for name, number in options.items() if number is not None}
        opened = _made(index, engine, words, known, given)
    with opened:
        if engine not in {None, opened.engine}:
            raise InputError(f"{opened.path} has the engine {opened.engine!r}, not {engine!r}; leave --engine out")
        other_words = words is not None and words != opened.vocabulary
        if other_words or (known is not None and known != opened.known_studies):
            opened.rebuild(vocabulary=words, studies=known, wait=wait, jobs=jobs)
        return opened.update(
            drafts,
            prune=paths if prune else (),
            sources=[path for path in paths if path != STDIN],
            wait=wait,
            jobs=jobs,
            progress=progress,
        )


def _up_to_an_article(drafts: Iterable[Draft | Problem]) -> Iterator[Draft | Problem]:
    """Yield the first article and the problems before it."""
    from searchkit.readers import Problem

    for draft in drafts:
        yield draft
        if not isinstance(draft, Problem):
            return


def _made(
    index: str | os.PathLike[str],
    engine: str,
    words: Vocabulary | None,
    known: StudyRegistry | None,
    options: Mapping[str, int],
) -> ArticleIndex:
    """Make an index, or open the one that another process makes there at the same time."""
    try:
        return ArticleIndex.create(index, engine=engine, vocabulary=words, studies=known, **options)
    except InputError:
        if ArticleIndex.exists(index):
            return open(index)
        raise
