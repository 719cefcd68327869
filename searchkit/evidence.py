"""Why an article has a facet value: the passages that the decision rests on."""

from collections.abc import Callable, Collection
from dataclasses import replace

from searchkit.analyzers import Analyzer
from searchkit.negation import affirmed
from searchkit.results import Snippet
from searchkit.snippets import passages
from searchkit.stored import Span, StoredArticle
from searchkit.vocabulary import Vocabulary


def evidence(
    stored: StoredArticle,
    facet: str,
    values: Collection[str],
    vocabulary: Vocabulary | None,
    analyzer: Callable[[str], Analyzer],
) -> tuple[Snippet, ...]:
    """Return what makes an article carry some values of a facet: the title first, then by place in the text.

    Args:
        stored: the article.
        facet: name of the facet.
        values: values that the article carries.
        vocabulary: the terms of the facet's values, where it has such.
        analyzer: returns the analyzer of a language.
    """
    if facet in stored.given:
        return (Snippet("", 0, kind="given"),)
    article = stored.article
    if facet == "language":
        # Any sentence is evidence of a language; the first is the one that a reader can find.
        begun = passages(article.text, [(0, 1)], article.sections) if article.text else [Snippet(article.title, 0)]
        return tuple(replace(passage, highlights=(), kind="detected") for passage in begun)
    spans = {span for value in values for span in stored.evidence.get(facet, {}).get(value, ())}
    found = _in_title(stored, values, vocabulary, analyzer) if vocabulary else []
    entries = [(reference.start, reference.end) for reference in article.references]
    for passage in passages(article.text, spans, article.sections, entries):
        found.append(replace(passage, kind="reference" if _in_reference(stored, passage) else "text"))
    return tuple(found)


def _in_title(
    stored: StoredArticle,
    values: Collection[str],
    vocabulary: Vocabulary,
    analyzer: Callable[[str], Analyzer],
) -> list[Snippet]:
    """Return the title with the terms of the values that stand in it; the index keeps no places in titles."""
    title, code = stored.article.title, stored.article.language
    matches = affirmed(title, code, vocabulary.find(title, analyzer(code)))
    spans: list[Span] = [
        (match.start, match.end)
        for match in matches
        if not {match.key, *vocabulary.above(match.key)}.isdisjoint(values)
    ]
    return [replace(passage, kind="title") for passage in passages(title, spans)]


def _in_reference(stored: StoredArticle, passage: Snippet) -> bool:
    """Tell whether what a passage highlights stands in an entry of the list of references."""
    first = passage.start + passage.highlights[0][0] if passage.highlights else passage.start
    return any(reference.start <= first < reference.end for reference in stored.article.references)
