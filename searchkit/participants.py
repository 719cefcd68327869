"""Who took part in a study, said in words: "1,795 volunteers", "douze jeunes adultes", 八位钢琴家.

A vocabulary has terms and no numbers; here a number and people, in a sentence about research, stand for the kind
of study ``human``. The words are in ``data/participants.toml``. Time is linear in the text.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

import regex

from searchkit.data import tables
from searchkit.negation import Stretch, phrase_pattern, plain_text, sentences

KEY: Final = "human"
# Every repetition has a bound, so that no sentence takes more than linear time.
# A year is no count: "in 2015 adults slept longer".
_DIGITS: Final = (
    r"(?<![\p{N}.,])(?!(?:19|20)\p{N}{2}(?![\p{N}.,   ]{0,3}\p{N}))\p{N}{1,3}(?:[.,   ]?\p{N}{3}){0,3}(?!\p{N})"
)


def find_participants(text: str, code: str, start: int = 0, end: int | None = None) -> Iterator[Stretch]:
    """Yield where a text says, in a sentence about research, how many people took part or that they were people.

    Args:
        text: the text.
        code: its language; in one without words for it nothing is found.
        start: where to begin.
        end: where to end.
    """
    rules = _rules(code)
    if rules is None:
        return
    part = plain_text(text[start:end], code)
    before = False
    for first, last in sentences(part):
        sentence = part[first:last]
        here = rules.study.search(sentence) is not None
        if here or before:
            for match in rules.counted.finditer(sentence):
                yield start + first + match.start(), start + first + match.end()
        if here:
            for match in rules.among.finditer(sentence):
                yield start + first + match.start(), start + first + match.end()
        before = here


class _Rules:
    """The patterns of a language."""

    def __init__(self, lists: dict[str, list[str]], *, unspaced: bool) -> None:
        def choice(name: str) -> str:
            phrases = (phrase_pattern(phrase, unspaced=unspaced) for phrase in lists[name])
            return f"(?:{'|'.join(phrases)})"

        number = f"(?:{_DIGITS}|{choice('numbers')})"
        # "ten thousand people", "douze jeunes adultes" have a word or two between; 八位学生 has none. Bounded,
        # so that a run of hyphens takes no time.
        word = rf"[\s-]{{1,3}}(?!{choice('not')})[\p{{L}}\p{{M}}]{{1,30}}"
        between = r"[多余万千百]{0,3}" if unspaced else rf"(?:{word}){{0,2}}?[\s-]{{1,3}}"
        self.counted = regex.compile(f"{number}{between}{choice('people')}", regex.IGNORECASE)
        self.among = regex.compile(choice("among"), regex.IGNORECASE)
        self.study = regex.compile(choice("study"), regex.IGNORECASE)


@cache
def _rules(code: str) -> _Rules | None:
    lists = tables("participants").get(code)
    return _Rules(lists, unspaced=code == "zh") if lists else None
