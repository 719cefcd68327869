"""Words as people write them, from the terms that an index holds.

An index holds plain words, folded, beside their stems, and nothing tells which a term is. The articles do: a term
is a plain word where its token's surface folds to it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from searchkit.analyzers import Analyzer, Token
from searchkit.analyzers.script import UNSPACED, runs
from searchkit.index import Request
from searchkit.index.engine import Snapshot
from searchkit.index.query import Term, field_name
from searchkit.stored import StoredArticle

# Articles to look into for the way in which a term is written.
_LOOKED_INTO: Final = 3


class WrittenWords:
    """Looks up how terms are written. Keeps the articles that it has read: made for one question.

    Args:
        engine: the index.
        analyzer: returns the analyzer of a language.
    """

    def __init__(self, engine: Snapshot, analyzer: Callable[[str], Analyzer]) -> None:
        self._engine = engine
        self._analyzer = analyzer
        self._read: dict[str, StoredArticle] = {}

    def of(self, kind: str, language: str, term: str) -> list[str]:
        """Return the words that a term stands for, as a few articles write them, the most frequent first.

        Where the term itself is written, only that: not the inflected words whose stem it is too. A word that is
        written small and large is given small.
        """
        analyzer = self._analyzer(language)
        counts: Counter[str] = Counter()
        for article in self._holding(field_name(kind, language), term):
            counts.update(
                text[token.start : token.end]
                for text, token in _tokens(article, kind, term, analyzer)
                if not _is_part(text, token)
            )
        plain = Counter({surface: count for surface, count in counts.items() if analyzer.words(surface) == [term]})
        found: dict[str, str] = {}
        for surface, _ in sorted((plain or counts).items(), key=lambda item: (-item[1], item[0])):
            folded = " ".join(analyzer.words(surface))
            if folded not in found or surface.islower():
                found[folded] = surface
        return list(found.values())

    def _holding(self, field: str, term: str) -> Iterator[StoredArticle]:
        request = Request(Term(field, term), limit=_LOOKED_INTO, stored=False)
        ids = [hit.id for hit in self._engine.search(request).hits]
        missing = [identifier for identifier in ids if identifier not in self._read]
        for identifier, block in self._engine.get(missing).items():
            self._read[identifier] = StoredArticle.from_bytes(block)
        for identifier in ids:
            # Another process may have removed it meanwhile.
            if identifier in self._read:
                yield self._read[identifier]


def _tokens(stored: StoredArticle, kind: str, term: str, analyzer: Analyzer) -> Iterator[tuple[str, Token]]:
    """Yield the tokens of a term in one text of an article, each with the text."""
    if kind == "author":
        author = stored.article.author
        yield from ((author, token) for token in analyzer.tokens(author) if token.text == term)
        return
    text = stored.article.title if kind == "title" else stored.article.text
    vector = stored.title if kind == "title" else stored.body
    yield from ((text, token) for token in vector.select({term}))


def _is_part(text: str, token: Token) -> bool:
    """Tell whether a token is part of a word in a script with spaces: hjärn in hjärnmagnesium is not written."""
    first = max(token.start - 1, 0)
    for script, start, end in runs(text[first : token.end + 1]):
        if first + start <= token.start < first + end:
            return script not in UNSPACED and (first + start, first + end) != (token.start, token.end)
    return False
