"""More like this: a query made of an article, after Lucene's MoreLikeThis.

The article's most telling words find articles in its own language; its mechanisms and studies find those in
others.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from searchkit.analyzers import Analyzer, Token, canonical
from searchkit.analyzers.script import UNSPACED, runs
from searchkit.index import Request, bm25
from searchkit.index.engine import Distant, Snapshot
from searchkit.index.query import Bool, Facet, Ids, Query, Term, field_name
from searchkit.stored import StoredArticle

_MOST_WORDS: Final = 25
# A word of which no other article has any is of no use.
_LEAST_ARTICLES: Final = 2
# The title says in a few words what the article is about: each counts as so many in the text.
_TITLE_OCCURRENCES: Final = 3
# What each shared facet value is worth beside a word that is as rare; a study is what an article rests on.
_FACETS: Final = {"mechanism": 1.0, "study": 2.0}


@dataclass(frozen=True)
class Likeness:
    """What makes other articles like one.

    Attributes:
        query: finds them.
        language: of the article.
        words: term -> the word of the article, the most telling first.
        facets: facet -> the article's values that others may have too.
    """

    query: Query
    language: str
    words: Mapping[str, str]
    facets: Mapping[str, tuple[str, ...]]

    def shared(self, other: StoredArticle) -> dict[str, tuple[str, ...]]:
        """Return what another article has in common with this one: words, mechanisms and studies."""
        terms = {*other.title.terms, *other.body.terms} if other.article.language == self.language else set()
        found = {"word": tuple(dict.fromkeys(word for term, word in self.words.items() if term in terms))}
        for name, values in self.facets.items():
            found[name] = tuple(value for value in values if value in other.article.facets.get(name, ()))
        return found


def likeness(stored: StoredArticle, engine: Snapshot, analyzer: Analyzer) -> Likeness:
    """Return what makes other articles of an index like one of its articles."""
    article = stored.article
    found = engine.search(Request(facets=tuple(_FACETS), limit=0))
    counts, everything = found.facets, found.total
    documents = engine.document_count(article.language)
    body, title = (field_name(kind, article.language) for kind in ("body", "title"))
    occurrences: Counter[str] = Counter()
    words: dict[str, str] = {}
    for term, word, weight in _telling(stored, analyzer):
        occurrences[term] += weight
        words.setdefault(term, word)
    values: dict[str, float] = {}
    if isinstance(engine, Distant):
        engine.prepare(occurrences, [body])
    for term, frequency in occurrences.items():
        articles = engine.document_frequency(body, term)
        if articles >= _LEAST_ARTICLES:
            values[term] = frequency * bm25.idf(documents, articles)
    best = sorted(values, key=lambda term: (-values[term], term))[:_MOST_WORDS]
    should: list[Query] = []
    for term in best:
        boost = values[term] / values[best[0]]
        should += [Term(body, term, boost), Term(title, term, boost)]
    facets: dict[str, tuple[str, ...]] = {}
    for name, worth in _FACETS.items():
        facets[name] = article.facets.get(name, ())
        for value in facets[name]:
            rarity = bm25.idf(everything, counts[name].get(value, 0))
            should.append(Facet(name, (value,), worth * rarity))
    # Without anything to look for, a query would find everything that is not excluded.
    query = Bool(should=tuple(should), must_not=(Ids((article.id,)),)) if should else Bool()
    return Likeness(query, article.language, {term: words[term] for term in best}, facets)


def _telling(stored: StoredArticle, analyzer: Analyzer) -> Iterator[tuple[str, str, int]]:
    """Yield the terms of an article that say what it is about, as (term, word, weight)."""
    article = stored.article
    asides = [(section.start, section.end) for section in article.sections if section.kind != "body"]
    texts = ((article.title, stored.title, _TITLE_OCCURRENCES), (article.text, stored.body, 1))
    for text, vector, weight in texts:
        for token in _words(list(vector), analyzer):
            word = text[token.start : token.end]
            aside = vector is stored.body and any(start <= token.start < end for start, end in asides)
            if not aside and not token.text.isdigit() and not analyzer.is_stop_word(word):
                yield token.text, word, weight


def _words(tokens: list[Token], analyzer: Analyzer) -> Iterator[Token]:
    """Yield the stems of a text, and of scripts without spaces the words."""
    known: dict[str, bool] = {}
    canon = set(canonical(tokens))
    for token in tokens:
        if token.text not in known:
            known[token.text] = _is_unspaced(token.text)
        if known[token.text]:
            if len(token.text) > 1 and not analyzer.is_part_of_word(token.text):
                yield token
        elif token in canon and len(token.text) > 1:
            yield token


def _is_unspaced(term: str) -> bool:
    return any(script in UNSPACED for script, _, _ in runs(term))
