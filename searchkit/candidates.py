"""Terms that a vocabulary may lack: what many articles name and none of its terms covers, ranked by termhood.

A candidate is a content word, or up to three that stand side by side. Its score is the product of two measures:

- C-value (Frantzi, Ananiadou and Mima 2000, "Automatic recognition of multi-word terms: the C-value/NC-value
  method", International Journal on Digital Libraries 3), which favours longer terms and takes from a term what it
  has only as a part of longer ones. Words alone count too, with 1 added to the logarithm of the length.
- Residual idf (Church and Gale 1995, "Inverse document frequency (IDF): a measure of deviations from Poisson",
  Third Workshop on Very Large Corpora): how much rarer than by chance the articles with it are. Words of the
  common language are spread as by chance, those that name a topic come in clusters.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import regex

from searchkit.analyzers import Analyzer, Token, analyzer_for, canonical
from searchkit.analyzers.script import UNSPACED, runs
from searchkit.index import Request
from searchkit.index.engine import Snapshot
from searchkit.index.query import Query
from searchkit.results import Candidate
from searchkit.stored import Span, StoredArticle
from searchkit.vocabulary import Vocabulary

# So many articles of a language tell its frequent terms as well as all; the work is bounded.
_MOST_ARTICLES: Final = 300
# Of a very long article the beginning is read.
_MOST_TOKENS: Final = 5_000
_LONGEST: Final = 3  # words
_LEAST_ARTICLES: Final = 2
# Between the words of a term stands a space or a hyphen, never a mark or the end of a line; or nothing in Chinese.
_BETWEEN: Final = regex.compile(r"[^\S\n]?|[-‐‑–]")
_CONTENT: Final = regex.compile(r"\p{L}")

_Name = tuple[str, ...]


class _Word(NamedTuple):
    """A word of running text: its term, and where it stands."""

    term: str
    start: int
    end: int


@dataclass(slots=True)
class _Counts:
    """What is counted of the candidates of one language."""

    documents: int = 0
    occurrences: Counter[_Name] = field(default_factory=Counter)
    articles: Counter[_Name] = field(default_factory=Counter)
    written: dict[_Name, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


@dataclass(frozen=True)
class Finder:
    """Finds candidates in one index.

    Args:
        engine: the index.
        analyzer: returns the analyzer of a language.
        vocabularies: what is covered already.
    """

    engine: Snapshot
    analyzer: Callable[[str], Analyzer]
    vocabularies: Sequence[Vocabulary]

    def find(
        self, query: Query, filters: Mapping[str, frozenset[str]], language: str, limit: int
    ) -> tuple[Candidate, ...]:
        """Return the best candidates in the articles of a language that a query and filters leave."""
        counts = _Counts()
        for article in self._articles(query, {**filters, "language": frozenset({language})}):
            self._count(article, counts)
        return tuple(_ranked(counts)[:limit])

    def _articles(self, query: Query, filters: Mapping[str, frozenset[str]]) -> Iterator[StoredArticle]:
        total = self.engine.search(Request(query, filters=filters, limit=0)).total
        request = Request(query, filters=filters, limit=total, stored=False)
        ids = sorted(hit.id for hit in self.engine.search(request).hits)
        # Evenly drawn, the same each time.
        step = max(len(ids) / _MOST_ARTICLES, 1.0)
        for place in range(min(len(ids), _MOST_ARTICLES)):
            # One by one: together they would fill the memory. Another process may have removed one meanwhile.
            for block in self.engine.get([ids[int(place * step)]]).values():
                yield StoredArticle.from_bytes(block)

    def _count(self, stored: StoredArticle, counts: _Counts) -> None:
        text = stored.article.text
        analyzer = self.analyzer(stored.article.language)
        tokens = canonical(list(stored.body))[:_MOST_TOKENS]
        covered = [
            (match.start, match.end)
            for vocabulary in self.vocabularies
            for match in vocabulary.find(text, analyzer, tokens)
        ]
        seen: set[_Name] = set()
        for chain in _chains(stored, tokens, analyzer, covered):
            for first in range(len(chain)):
                for after in range(first + 1, min(first + _LONGEST, len(chain)) + 1):
                    name = tuple(word.term for word in chain[first:after])
                    counts.occurrences[name] += 1
                    counts.written[name][text[chain[first].start : chain[after - 1].end]] += 1
                    seen.add(name)
        counts.articles.update(seen)
        counts.documents += 1


def _chains(
    stored: StoredArticle, tokens: Sequence[Token], analyzer: Analyzer, covered: Sequence[Span]
) -> Iterator[list[_Word]]:
    """Yield the content words of the body that stand side by side, without what a vocabulary covers."""
    text = stored.article.text
    taken = bytearray(len(text) + 1)
    for start, end in covered:
        taken[start:end] = b"\1" * (end - start)
    for section in stored.article.sections:
        if section.kind != "body":
            taken[section.start : section.end] = b"\1" * (section.end - section.start)
    chain: list[_Word] = []
    for word in _words(text, tokens, analyzer):
        if chain and not _BETWEEN.fullmatch(text, chain[-1].end, word.start):
            yield chain
            chain = []
        if any(taken[word.start : word.end]) or not _is_content(text[word.start : word.end], analyzer):
            if chain:
                yield chain
            chain = []
        else:
            chain.append(word)
    if chain:
        yield chain


def _words(text: str, tokens: Sequence[Token], analyzer: Analyzer) -> Iterator[_Word]:
    """Yield the words of a text, in order; in scripts without spaces as the segmenter finds them."""
    stop = tokens[-1].end if tokens else 0
    # Folded as the analyzer does: in traditional and in simplified characters a word is one.
    segments = [
        _Word("".join(analyzer.words(text[start:end])), start, end)
        for start, end in analyzer.segments(text[:stop])
    ]
    if not segments:
        yield from (_Word(token.text, token.start, token.end) for token in tokens)
        return
    spaced = (
        _Word(token.text, token.start, token.end)
        for token in tokens
        if not any(script in UNSPACED for script, _, _ in runs(text[token.start : token.end]))
    )
    yield from sorted([*segments, *spaced], key=lambda word: word.start)


def _is_content(surface: str, analyzer: Analyzer) -> bool:
    return (
        len(surface) > 1
        and _CONTENT.search(surface) is not None
        and not surface[0].isdigit()
        and not analyzer.is_stop_word(surface)
        and not _is_foreign_stop_word(surface, analyzer)
    )


def _is_foreign_stop_word(surface: str, analyzer: Analyzer) -> bool:
    """Tell whether a word is an English stop word in a language of another script: part of a title or a name."""
    return (
        surface.isascii() and "Latin" not in analyzer.language.scripts and analyzer_for("en").is_stop_word(surface)
    )


def _ranked(counts: _Counts) -> list[Candidate]:
    frequent = {
        name: number for name, number in counts.occurrences.items() if counts.articles[name] >= _LEAST_ARTICLES
    }
    longer: dict[_Name, list[int]] = defaultdict(list)
    for name, number in frequent.items():
        parts = {
            name[first:after]
            for first in range(len(name))
            for after in range(first + 1, len(name) + 1)
            if after - first < len(name)
        }
        for part in parts:
            longer[part].append(number)
    found = []
    for name, number in frequent.items():
        others = longer[name]
        own = number - sum(others) / len(others) if others else float(number)
        value = (1 + math.log2(len(name))) * own
        clustered = residual_idf(counts.documents, counts.articles[name], number)
        if (score := value * clustered) > 0:
            surfaces = counts.written[name]
            written = min(surfaces, key=lambda text: (-surfaces[text], text))
            found.append(Candidate(" ".join(written.split()), counts.articles[name], number, score))
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.text))


def residual_idf(documents: int, articles: int, occurrences: int) -> float:
    """Return how many bits rarer the articles with a word are than if its occurrences were strewn by chance."""
    return math.log2(documents / articles) + math.log2(-math.expm1(-occurrences / documents))
