"""How much an article is about a mechanism, from 0.1 (named in passing) to 1 (its subject).

Three places speak, each for itself: the title, the headings, and the sentences of the text. What they say is put
together as independent evidence (the noisy-or of Pearl 1988, Probabilistic Reasoning in Intelligent Systems):

    strength = 1 - (1 - title) * (1 - heading) ** headings * (1 - text)
    text = share ** 2 / (share ** 2 + half ** 2)

``share`` is the share of the text's sentences that name the mechanism. Of sentences, for translations have about
as many, while their words and characters differ: so a mechanism is about as strong in a translation. The text's
part saturates as a term's frequency does in ranking; it is squared (the function of Hill 1910), for a passing
mention says less than half of what two say. Only affirmed mentions count (`searchkit.negation`). In a short text
without headings, a mechanism that one sentence names has 0.2, two 0.5, three 0.7, four 0.8.

Strengths are kept in tenths: finer ones would promise more than the count of a few sentences can tell, and an
engine can filter and count tenths as the values of a facet.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import regex

from searchkit.article import Article

# Named in the title: a title's part, whatever follows. Named in a heading: half, for that is a part's subject.
_TITLE: Final = 0.9
_HEADING: Final = 0.5
# Named in one of twelve sentences: half. Who writes on something names it about so often, with pronouns between.
_HALF: Final = 1 / 12
# A shorter text counts as one of so many sentences: one sentence alone makes no subject, even of a short note.
_LEAST_SENTENCES: Final = 24

LEVELS: Final = 10
# The name under which engines keep strengths; no facet that people see.
FIELD: Final = "mechanism_strength"

_CONTENT: Final = regex.compile(r"[\p{L}\p{N}]")

Span = tuple[int, int]


def strengths(
    article: Article, mentions: Mapping[str, Collection[Span]], in_title: Collection[str]
) -> dict[str, float]:
    """Return how much an article is about each value: a multiple of 0.1, from 0.1 to 1.

    A value with all the mentions of another, and more, is never weaker: a wider mechanism than one below it.

    Args:
        article: the article, with its sections.
        mentions: value -> where the ``body`` sections affirm it, in code points; none where the title alone does.
        in_title: values that the title affirms.
    """
    if not mentions:
        return {}
    starts, headings = _sentences(article)
    length = max(len(starts), _LEAST_SENTENCES)
    found: dict[str, float] = {}
    for value, spans in mentions.items():
        named = {bisect_right(starts, start) - 1 for start, _ in spans}
        share = len(named) / length
        over = {headings[number] for number in named if number in headings}
        doubt = (1 - share**2 / (share**2 + _HALF**2)) * (1 - _HEADING) ** len(over)
        if value in in_title:
            doubt *= 1 - _TITLE
        found[value] = max(round((1 - doubt) * LEVELS), 1) / LEVELS
    return found


def _sentences(article: Article) -> tuple[list[int], dict[int, int]]:
    """Return where the sentences of the body begin, and for those of headings where their section begins.

    A heading is a sentence too, or several. One with nothing under it is none: a line of a list, or of prose that
    was broken into lines.
    """
    starts: list[int] = []
    headings: dict[int, int] = {}
    for section in article.sections:
        if section.kind != "body":
            continue
        begun = list(_begin(article.text, section.start, section.end))
        line = article.text.find("\n", section.start, section.end)
        if section.heading and begun and line < begun[-1]:
            for number, start in enumerate(begun, len(starts)):
                if start < line:
                    headings[number] = section.start
        starts += begun
    return starts, headings


def _begin(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where the sentences of a part of a text begin; what holds no word is none."""
    from searchkit.negation import sentences  # a search reads strengths and makes none

    for first, last in sentences(text[start:end]):
        if _CONTENT.search(text, start + first, start + last):
            yield start + first


def at_least(least: float) -> tuple[int, ...]:
    """Return the levels, in tenths, of strengths that are not below ``least``."""
    # What is a tenth to a person need not be one in binary: 0.1 + 0.2.
    return tuple(level for level in range(1, LEVELS + 1) if level / LEVELS >= least - 1e-9)


def levels(values: Mapping[str, float]) -> tuple[str, ...]:
    """Return what engines keep of the strengths of one article, one for each value: ``nmda-receptor=7``."""
    return tuple(sorted(level_of(value, round(strength * LEVELS)) for value, strength in values.items()))


def level_of(value: str, level: int) -> str:
    """Return what engines keep of a value at a level."""
    return f"{value}={level}"


def value_and_level(kept: str) -> tuple[str, int]:
    """Return the value and the level that `level_of` put together."""
    value, _, level = kept.rpartition("=")
    return value, int(level)
