"""The documents of an index once more, for another engine: from what the index keeps, without any analysis."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from searchkit.analyzers import Analyzer
from searchkit.index import Document, Entry, Request, Snapshot
from searchkit.index.query import Ids
from searchkit.parallel import Groups, pieces, trace_of
from searchkit.stored import StoredArticle
from searchkit.strength import FIELD, levels

# As many as fit into some megabytes.
_AT_A_TIME: Final = 100


def documents(engine: Snapshot, analyzer: Callable[[str], Analyzer]) -> Iterator[Document]:
    """Yield the documents of an index as they were when they were added to it.

    Args:
        engine: the index.
        analyzer: returns the analyzer of a language, the one that the index was made with; only authors' names, of
            which no tokens are kept, are analyzed.
    """
    entries = engine.entries()
    while batch := {entry.id: entry for entry in islice(entries, _AT_A_TIME)}:
        for hit in engine.search(Request(Ids(tuple(batch)), limit=len(batch))).hits:
            yield document_of(batch[hit.id], StoredArticle.from_bytes(hit.stored), hit.stored, hit.group, analyzer)


def document_of(
    entry: Entry, kept: StoredArticle, stored: bytes, group: str, analyzer: Callable[[str], Analyzer]
) -> Document:
    """Return a document as it was when it was added, from what an index keeps of it.

    Args:
        entry: its line in the table of contents.
        kept: the article.
        stored: the same as bytes.
        group: the group that it belongs to.
        analyzer: see `documents`.
    """
    article = kept.article
    author = analyzer(article.language).tokens(article.author)
    fields = {
        kind: [(token.text, token.position) for token in tokens]
        for kind, tokens in (("title", kept.title), ("body", kept.body), ("author", author))
    }
    return Document(
        id=entry.id,
        language=article.language,
        fields={kind: terms for kind, terms in fields.items() if terms},
        facets={
            **article.facets,
            FIELD: levels(article.strengths["mechanism"]),
            Groups.facet: pieces(trace_of(kept)),
        },
        published=article.published.toordinal() if article.published else 0,
        digest=entry.digest,
        source=entry.source,
        stored=stored,
        group=group,
    )
