"""The query tree that engines evaluate.

Everything about languages is settled before: terms are analyzed, and a field is named for its kind and
language (`field_name`). A leaf that names several fields is a `Bool` of one leaf for each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

# The kinds of text that a document has.
KINDS = ("title", "body", "author")


def field_name(kind: str, language: str) -> str:
    """Return the name of the field that holds the ``kind`` of text of articles in ``language``.

    Fields are per language so that term statistics are: a word that every Swedish article has is common, even
    where Swedish articles are few.
    """
    return f"{kind}_{language}"


@dataclass(frozen=True, slots=True)
class Term:
    """Documents that hold a term; scored by BM25."""

    field: str
    text: str
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Readings:
    """One word as several languages read it: documents that hold any of the terms, scores added up.

    A word that is rare in a language because it is a foreign one there ("what" in Swedish articles) must not
    weigh as much as that language's own rare words. So each term weighs at most what the word weighs in the
    language where it is most at home (`searchkit.index.bm25.at_home`).

    Attributes:
        terms: one for each language, of the same kind of text.
        unread: readings that match nothing and only tell how common the word is: a stop word of theirs.
    """

    terms: tuple[Term, ...]
    unread: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Documents that hold terms at given distances.

    Attributes:
        terms: (position relative to the first, term), by position. One term is allowed.
    """

    field: str
    terms: tuple[tuple[int, str], ...]
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Prefix:
    """Documents that hold a term with a prefix; each scores ``boost``, however many terms fit.

    Attributes:
        max_length: longest term to accept, in code points; None for any.
    """

    field: str
    prefix: str
    max_length: int | None = None
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Documents that hold any of several words for one thing, scored by BM25 nearly as if they were one word.

    Their document frequencies add up, each times its own boost (probabilistic structured queries: Darwish and
    Oard, SIGIR 2003, after Pirkola, SIGIR 1998), so a word with ten translations does not count ten times.
    Frequencies should too, but not every engine can add them: a document scores what its best word does, times
    `bm25.of_synonym`, and `bm25.BESIDE` of what each of its other words does.

    Attributes:
        alternatives: terms and phrases of one field, the best with a boost of 1; a prefix is each of the terms
            that fit it.
        boost: of the whole.
        home: the word that they translate, in its own language; None if no document is in that. The synonyms
            weigh at most what it weighs there, so that a common word is not a rare one where articles are more.
        of: what they stand for, for people; nothing to an engine.
    """

    alternatives: tuple[Term | Phrase | Prefix, ...]
    boost: float = 1.0
    home: Term | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Documents that hold a term within an edit distance (insertions, deletions, substitutions).

    Each scores ``boost``. The first character must be right.
    """

    field: str
    text: str
    distance: int = 1
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Facet:
    """Documents that carry any of the values of a facet; each scores ``boost``."""

    name: str
    values: tuple[str, ...]
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Ids:
    """Documents by their ids, those that exist; each scores ``boost``."""

    ids: tuple[str, ...]
    boost: float = 0.0


@dataclass(frozen=True, slots=True)
class Everything:
    """All documents, with score 0."""


@dataclass(frozen=True, slots=True)
class Bool:
    """All of ``must``, none of ``must_not``; the scores of ``must`` and ``should`` add up.

    Without ``must`` at least one of ``should`` is needed; without both, all documents that ``must_not`` leaves.
    An empty `Bool` matches nothing.
    """

    must: tuple["Query", ...] = ()
    should: tuple["Query", ...] = ()
    must_not: tuple["Query", ...] = ()


Query: TypeAlias = Term | Readings | Phrase | Synonyms | Prefix | Fuzzy | Facet | Ids | Everything | Bool


def leaves(query: Query) -> Iterator[Query]:
    """Yield the leaves that a hit may match: all that do not stand under ``must_not``."""
    if isinstance(query, Bool):
        for part in (*query.must, *query.should):
            yield from leaves(part)
    elif isinstance(query, Readings):
        yield from query.terms
    else:
        yield query
