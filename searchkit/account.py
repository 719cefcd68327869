"""Scores in words that a person can follow: which word of the query is worth how much, where, and why."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from searchkit.analyzers import Analyzer
from searchkit.index.explanation import Explanation, Statistics
from searchkit.index.query import Facet, Fuzzy, Phrase, Prefix, Synonyms, Term
from searchkit.results import ScorePart

_PLACES: Final = {"title": "title", "body": "text", "author": "author"}

_ALIKE: Final = "like the best hit"

Label = Callable[[str, str], str]


def words_of(query: str, analyzer: Analyzer) -> dict[str, str]:
    """Return the words of a query by the terms that they become in one language."""
    found: dict[str, str] = {}
    for token in analyzer.tokens(query):
        # Of inflected forms that become the same term, the first speaks for all.
        found.setdefault(token.text, query[token.start : token.end])
    return found


def account(
    explanation: Explanation, words: Mapping[str, str], label: Label, alike: Collection[Term] = ()
) -> ScorePart:
    """Return a score in words.

    Args:
        explanation: the engine's.
        words: term -> the word of the query that became it; others speak for themselves.
        label: returns what people call a facet value.
        alike: terms of the best hit, which the query does not name (see `searchkit.feedback`).
    """
    parts: defaultdict[str, list[ScorePart]] = defaultdict(list)
    for leaf in _leaves(explanation):
        heading, text = _described(leaf, words, label)
        if leaf.query in alike:
            heading, text = _ALIKE, f"{heading} {text}"
        parts[heading].append(ScorePart(leaf.score, text))
    # What has no more to say than its heading needs no line of its own.
    whole = [
        ScorePart(sum(part.points for part in inner), heading, tuple(part for part in inner if part.text))
        for heading, inner in parts.items()
    ]
    whole.sort(key=lambda part: (-part.points, part.text))
    return ScorePart(explanation.score, "score", tuple(whole))


def _leaves(explanation: Explanation) -> Iterator[Explanation]:
    if explanation.parts:
        for part in explanation.parts:
            yield from _leaves(part)
    elif explanation.score:
        yield explanation


def _described(leaf: Explanation, words: Mapping[str, str], label: Label) -> tuple[str, str]:
    """Return what of the query a leaf is, and how it matched; the latter is empty where nothing is to be said."""
    match leaf.query:
        case Term(field, term):
            word = words.get(term, term)
            form = "" if word.casefold() == term else f", as “{term}”"
            return f"“{word}”", f"in the {_place(field)}{form}: {_reckoned(leaf)}"
        case Phrase(field, terms):
            phrase = " ".join(words.get(term, term) for _, term in terms)
            return f"“{phrase}”, side by side", f"in the {_place(field)}: {_reckoned(leaf)}"
        case Synonyms(alternatives, _, _, word):
            return f"“{word}”, translated", f"in the {_place(alternatives[0].field)}: {_reckoned(leaf)}"
        case Prefix(field, prefix):
            return f"words that begin with “{prefix}”", f"in the {_place(field)}, whichever they are"
        case Fuzzy(field, text):
            return f"words like “{text}”", f"in the {_place(field)}, whichever they are"
        case Facet(name, values):
            named = ", ".join(label(name, value) for value in values)
            return f"{name.replace('_', ' ')}: {named}", ""
    return type(leaf.query).__name__.lower(), ""


def _place(field: str) -> str:
    kind, _, language = field.partition("_")
    return f"{_PLACES.get(kind, kind)} ({language})"


def _reckoned(leaf: Explanation) -> str:
    numbers = leaf.statistics
    if numbers is None:
        return "found there"
    return (
        f"{_times(numbers.frequency)} in {numbers.length:,.0f} terms (average {numbers.average_length:,.0f}), "
        f"counts {numbers.saturation:.3g}; {_rare(numbers)}, counts {numbers.rarity:.3g}; "
        f"weight {numbers.boost:.3g}"
    )


def _times(frequency: float) -> str:
    return "once" if frequency == 1 else f"{frequency:,.0f} times"


def _rare(numbers: Statistics) -> str:
    held = " and ".join(f"{frequency:,.0f}" for frequency in numbers.document_frequencies)
    return f"in {held} of {numbers.documents:,} articles"
