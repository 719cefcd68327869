"""Tokens and queries, made once and read by every system: the files of a work folder.

documents.jsonl holds as many documents as the largest size, and a smaller size is its beginning. Queries are drawn
from the first documents of the corpus, so they are the same at every size.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Final

import corpus
import regex
from systems import Document, Query

from searchkit.analyzers import Analyzer, analyzer_for, canonical
from searchkit.analyzers.script import runs

WORDS: Final = 3
# Queries that warm a system up, before those that are measured.
WARM: Final = 60
# Documents that queries are drawn from.
_DRAWN_FROM: Final = 10_000
# Words of middling frequency: the share of a language's documents that hold one, and at least so many.
_LEAST, _MOST = 0.002, 0.05
_FEWEST, _FEW = 2, 5
_SHORTEST: Final = 3
# Unlike isalpha(), with the vowel signs of Devanagari.
_LETTERS: Final = regex.compile(r"[\p{L}\p{M}]+")
_TRIES: Final = 40


def prepare(work: Path, source: Path, seed: int, size: int, queries: int) -> int:
    """Write the files of a work folder, and return the number of documents of the corpus.

    Args:
        work: the folder.
        source: the corpus, see `corpus.load`.
        seed: of the documents' order, what is grown, facets and queries.
        size: number of documents.
        queries: number of queries to measure.

    Raises:
        SystemExit: the corpus is too small to draw a query from.
    """
    texts = corpus.load(source)
    first = list(islice(corpus.documents(texts, seed), min(_DRAWN_FROM, len(texts))))
    drawn = draw(first, WARM + queries, seed)
    with (work / "documents.jsonl").open("w", encoding="utf-8") as file:
        for document in islice(corpus.documents(texts, seed), size):
            file.write(json.dumps(_tokens(document), ensure_ascii=False, separators=(",", ":")) + "\n")
    data = {
        "warm": [asdict(query) for query in drawn[:WARM]],
        "measured": [asdict(query) for query in drawn[WARM:]],
    }
    (work / "queries.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return len(texts)


def read_documents(work: Path, size: int) -> Iterator[Document]:
    """Yield the first documents of a work folder."""
    with (work / "documents.jsonl").open(encoding="utf-8") as file:
        for line in islice(file, size):
            values = json.loads(line)
            facets = {name: tuple(found) for name, found in values.pop("facets").items()}
            yield Document(**values | {"positions": tuple(values["positions"]), "facets": facets})


def read_queries(work: Path) -> tuple[list[Query], list[Query]]:
    """Return the queries to warm up with, and those to measure."""
    data = json.loads((work / "queries.json").read_text(encoding="utf-8"))
    return [query_of(value) for value in data["warm"]], [query_of(value) for value in data["measured"]]


def query_of(values: dict) -> Query:
    """Return the query that ``asdict`` took apart."""
    return Query(**values | {"tokens": tuple(values["tokens"])})


def _tokens(document: corpus.Document) -> dict:
    tokens = list(analyzer_for(document.language).tokens(document.text))
    return {
        "id": document.id,
        "language": document.language,
        "tokens": " ".join(f"{document.language}{token.text}" for token in tokens),
        "positions": [token.position for token in tokens],
        "facets": document.facets | {"language": (document.language,)},
        "title": document.title,
        "text": document.text,
    }


def draw(documents: Sequence[corpus.Document], count: int, seed: int) -> list[Query]:
    """Return queries of three words of middling frequency that one document holds.

    Each language has as many, as far as its documents go.

    Args:
        documents: where words come from, and what tells how frequent they are.
        count: number of queries; fewer if the documents have no more.
        seed: of the choice.

    Raises:
        SystemExit: there is none.
    """
    dice = random.Random(f"{seed} queries")
    held: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for document in documents:
        held[document.language].append(dict(_words(analyzer_for(document.language), document.text)))
    drawing = [_draws(language, found, dice) for language, found in sorted(held.items())]
    queries: dict[tuple[str, ...], Query] = {}
    # In turn, so that each language has as many, until it has no more.
    while drawing and len(queries) < count:
        for draws in list(drawing):
            for _ in range(_TRIES):
                query = next(draws, None)
                if query and query.tokens not in queries:
                    queries[query.tokens] = query
                    break
            else:
                drawing.remove(draws)
    if not queries:
        raise SystemExit(f"{len(documents)} documents are too few to draw a query from")
    # However many of them are asked, all languages are among them.
    mixed = list(queries.values())[:count]
    dice.shuffle(mixed)
    return mixed


def _draws(language: str, found: Sequence[dict[str, str]], dice: random.Random) -> Iterator[Query]:
    """Yield queries of one language without end, or none if no document holds words enough."""
    frequency = Counter(term for terms in found for term in terms)
    least, most = max(_FEWEST, len(found) * _LEAST), max(_FEW, len(found) * _MOST)
    middling = ([term for term in sorted(terms) if least <= frequency[term] <= most] for terms in found)
    pairs = [(terms, some) for terms, some in zip(found, middling, strict=True) if len(some) >= WORDS]
    while pairs:
        terms, some = dice.choice(pairs)
        chosen = dice.sample(some, WORDS)
        yield Query(
            language, tuple(f"{language}{term}" for term in chosen), " ".join(terms[term] for term in chosen)
        )


def _words(analyzer: Analyzer, text: str) -> Iterable[tuple[str, str]]:
    """Yield (term, as written) of words in a language's own script; without spaces, those of two characters."""
    tokens = canonical(analyzer.tokens(text))
    words = set(analyzer.segments(text))
    unspaced = {token.start for token in tokens for start, end in words if start <= token.start < end}
    own = [(start, end) for script, start, end in runs(text) if script in analyzer.language.scripts]
    inside = {token.start for token in tokens for start, end in own if start <= token.start < end}
    for token in tokens:
        surface = text[token.start : token.end]
        if token.start not in inside:
            continue
        if token.start in unspaced:
            if (token.start, token.end) in words and len(surface) == 2:
                yield token.text, surface
        elif len(surface) >= _SHORTEST and _LETTERS.fullmatch(surface) and not analyzer.is_stop_word(surface):
            yield token.text, surface
