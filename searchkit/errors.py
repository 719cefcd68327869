"""The exceptions that searchkit raises on purpose.

SearchkitError
├── InputError              a value or file given by the caller cannot be used
│   ├── ArticleError        an article file cannot be read
│   ├── VocabularyError     a vocabulary or study registry is not valid
│   └── FilterError         there is no such value of a facet
├── IndexStateError         the index cannot be used as it is
│   ├── IndexNotFoundError  there is no index at that place
│   ├── IndexLockedError    another process is writing
│   ├── IndexFormatError    written by another version, or not by searchkit, or damaged
│   ├── IndexUnavailableError  the cluster that holds the index does not answer, or refuses
│   └── AnalyzerMismatchError  indexed with analyzers that are not today's
└── MissingExtraError       an optional dependency is not installed

Messages are one line, name the file or value, and say what to do.
"""

__all__ = [
    "AnalyzerMismatchError",
    "ArticleError",
    "FilterError",
    "IndexFormatError",
    "IndexLockedError",
    "IndexNotFoundError",
    "IndexStateError",
    "IndexUnavailableError",
    "InputError",
    "MissingExtraError",
    "SearchkitError",
    "VocabularyError",
]


def quoted(text: str) -> str:
    """Return a text as messages show it: between quotes, on one line, and of a very long one the beginning."""
    return repr(text) if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]!r}… ({len(text):,} characters)"


_MOST_QUOTED = 100


class SearchkitError(Exception):
    """Base of every error that searchkit raises on purpose."""


class InputError(SearchkitError, ValueError):
    """A value or file given by the caller cannot be used."""


class ArticleError(InputError):
    """An article file, or a part of it, cannot be read."""


class VocabularyError(InputError):
    """A vocabulary or study registry is not valid."""


class FilterError(InputError):
    """There is no such value of a facet."""


class IndexStateError(SearchkitError):
    """The index cannot be used as it is."""


class IndexNotFoundError(IndexStateError):
    """There is no index at that place."""


class IndexLockedError(IndexStateError):
    """Another process is writing to the index."""


class IndexFormatError(IndexStateError):
    """The index was written by another version, or not by searchkit, or is damaged."""


class IndexUnavailableError(IndexStateError):
    """The cluster that holds the index does not answer, or refuses."""


class AnalyzerMismatchError(IndexStateError):
    """The index was made with analyzers that are not the ones installed now."""


class MissingExtraError(SearchkitError, ImportError):
    """An optional dependency is not installed."""
