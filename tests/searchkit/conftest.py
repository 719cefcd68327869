from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import searchkit
from searchkit import ArticleIndex


@pytest.fixture(scope="session")
def sample_index(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArticleIndex]:
    """The sample articles, indexed once; tests only read it."""
    folder = tmp_path_factory.mktemp("samples") / "index"
    searchkit.index_articles([samples], index=folder)
    with searchkit.open(folder) as index:
        yield index


@pytest.fixture(scope="session")
def real_index(shared_articles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArticleIndex]:
    """The real articles, indexed once; tests only read it."""
    folder = tmp_path_factory.mktemp("real") / "index"
    searchkit.index_articles([shared_articles], index=folder)
    with searchkit.open(folder) as index:
        yield index


@pytest.fixture
def make_index(tmp_path: Path) -> Callable[..., ArticleIndex]:
    """Make an index of texts: ``make_index(one="text", two=("title", "text"))``; the language is English."""

    def make(language: str = "en", **texts: str | tuple[str, str]) -> ArticleIndex:
        index = ArticleIndex.create(tmp_path / "made")
        pairs = {name: text if isinstance(text, tuple) else ("", text) for name, text in texts.items()}
        index.update(
            searchkit.Draft(id=name, title=title, text=text, source="made", language=language)
            for name, (title, text) in pairs.items()
        )
        return index

    return make
