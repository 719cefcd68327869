"""searchkit: full-text search for articles in several languages.

import searchkit

results = searchkit.search("synaptisk plasticitet", index=".searchkit", mechanism="nmda-receptor")
for hit in results:
    print(hit.score, hit.title, hit.snippet.text)
"""

from pathlib import Path as _Path
from typing import TYPE_CHECKING as _TYPE_CHECKING

_checkout = _Path(__file__).resolve().parent.parent
if (_checkout / "pyproject.toml").is_file() and (_checkout / "analyzers" / "registry.py").is_file():
    # Imported from a checkout (``python`` started in its top folder): there analyzers/ and index/ stand beside
    # this folder, and an installed copy of them would be shadowed by it.
    __path__.append(str(_checkout))

if _TYPE_CHECKING:
    from searchkit.api import index_articles, open, search
    from searchkit.article import Article, Reference, Section
    from searchkit.article_index import ArticleIndex, ArticleSnapshot, IndexInfo
    from searchkit.batch import Changes
    from searchkit.bibliography import CitedStudy, CitingArticle
    from searchkit.errors import (
        AnalyzerMismatchError,
        ArticleError,
        FilterError,
        IndexFormatError,
        IndexLockedError,
        IndexNotFoundError,
        IndexStateError,
        IndexUnavailableError,
        InputError,
        MissingExtraError,
        SearchkitError,
        VocabularyError,
    )
    from searchkit.readers import Draft, Problem, read
    from searchkit.results import Candidate, Completion, FacetCount, Hit, Results, ScorePart, Snippet, Version
    from searchkit.studies import Study, StudyRegistry
    from searchkit.vocabulary import Vocabulary

__version__ = "0.1.0"

__all__ = [
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

_PLACES = {
    "api": ("index_articles", "open", "search"),
    "article": ("Article", "Reference", "Section"),
    "article_index": ("ArticleIndex", "ArticleSnapshot", "IndexInfo"),
    "batch": ("Changes",),
    "bibliography": ("CitedStudy", "CitingArticle"),
    "readers": ("Draft", "Problem", "read"),
    "results": ("Candidate", "Completion", "FacetCount", "Hit", "Results", "ScorePart", "Snippet", "Version"),
    "studies": ("Study", "StudyRegistry"),
    "vocabulary": ("Vocabulary",),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: ``import searchkit`` itself costs nothing."""
    from importlib import import_module

    if name in __all__:
        module = next((module for module, names in _PLACES.items() if name in names), "errors")
        value = getattr(import_module(f"searchkit.{module}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'searchkit' has no attribute {name!r}")
