"""Where a text names known studies: by a code name, or by the journal and the year."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import regex

from searchkit.studies import Mention, Study

# Between a journal's name and the year, as in "Neuron (2010)": quotes, brackets and a word such as "magazine".
_YEAR_WINDOW: Final = 16
_APART: Final = frozenset("\n.。।;；")
_YEAR: Final = regex.compile(r"(?<!\d)\d{4}(?!\d)")
# Where a name may begin and end: Chinese has no spaces, so a Latin name may touch it.
_BEFORE: Final = r"(?:(?<![\p{L}\p{M}\p{N}])|(?<=\p{Han})(?!\p{Han}))"
_BEGIN: Final = regex.compile(_BEFORE)
_END: Final = regex.compile(r"(?:(?![\p{L}\p{M}])|(?<=\p{Han})|(?=\p{Han}))")
_NO_NUMBER: Final = regex.compile(r"(?!\p{N})")
_DASH: Final = regex.compile(r"\p{Pd}")
# What may stand between a year and the journal, as in "2010 in the journal Neuron", 2010年发表于《神经元》: a few
# of these words, and nothing else.
_BETWEEN: Final = regex.compile(
    r"(?:[^\S\n]|[,，、(（\"“«»‘'’「『《〈*_]"
    r"|(?<!\p{L})(?:in|by|from|the|an?|issue|of|journal|magazine|published|appeared|printed|paper|article|study|came|out|was|it"
    r"|i|av|från|års|den|vetenskapliga|tidskriften|publicerades|publicerad|publicerat|publicerade|kom|utkom|stod|nummer|numret|studie"
    r"|artikel|artikeln|en|ut|dans|de|du|la|le|l|revue|journal|magazine|numéro|par|parue?s?|publiée?s?|paraissait|paraît|article|étude|un|une"
    r"|scientifique|a|été)(?!\p{L})"
    r"|(?<![\p{L}\p{M}])(?:में|को|की|के|का|से|एक|प्रकाशित|छपे|छपा|छपी|हुआ|हुई|हुए|विज्ञान|वैज्ञानिक|पत्रिका|जर्नल|अध्ययन|शोध|अंक)(?![\p{L}\p{M}])"
    r"|\d{1,2}[月日号]|[年月发發表刊登载載于於在的上]|期刊|杂志|雜誌|一项|一項|研究|学术|學術|论文|論文){1,24}",
    regex.IGNORECASE,
)
# Names of journals that are words of the language too, as all are in scripts without capitals, need a sign that a
# journal is meant: quotes, or the word for it.
_FRAMED_BEFORE: Final = regex.compile(
    r"(?:[\"“«‘'「『《〈*_]|(?:पत्रिका|जर्नल|期刊|杂志|雜誌)[^\S\n]{0,3}[\"“‘'「『《〈]?)$"
)
_FRAMED_AFTER: Final = regex.compile(
    r"[\"”»’'」』》〉*_]?[^\S\n]{0,3}(?:पत्रिका|जर्नल|期刊|杂志|雜誌|में[^\S\n]{1,3}(?:प्रकाशित|छप))"
)
_CAPITAL: Final = regex.compile(r"\p{Lu}")
# "the 2013 Science Foundation report": a longer name, of something else.
_GOES_ON: Final = regex.compile(r"[ -]\p{Lu}")
# After the year, in "Neuron 2010;65(2):165": which study of that journal and year is meant.
_VOLUME: Final = regex.compile(r"\s{0,3}[;；,，]\s{0,3}(?P<volume>\d{1,6})\s{0,3}[(（:：]")


class _Node:
    """A place in a trie of names: what may follow, and what the name that ends here stands for."""

    __slots__ = ("aliases", "journals", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.aliases: list[str] = []
        self.journals: dict[int, list[Study]] = {}

    def at(self, name: Iterable[str]) -> "_Node":
        """Return the node of a name below this one, made where there is none."""
        node = self
        for char in name:
            node = node.next.setdefault(char, _Node())
        return node


class _Named(NamedTuple):
    """A journal's name in a text, and its studies of a year."""

    start: int
    end: int
    studies: list[Study]


def _longest_first(named: _Named) -> tuple[int, int]:
    return named.start, -named.end


class StudyNames:
    """The code names and journals of many studies, as tries of characters."""

    def __init__(self, studies: Iterable[Study]) -> None:
        self._aliases = _Node()
        self._journals = _Node()  # from the last character to the first
        self._forward = _Node()
        for study in studies:
            for alias in study.aliases:
                self._aliases.at(_DASH.sub("-", alias)).aliases.append(study.key)
            for journal in set(study.journals) if study.year else ():
                for node in (self._journals.at(reversed(journal)), self._forward.at(journal)):
                    node.journals.setdefault(study.year or 0, []).append(study)
        firsts = "".join(map(regex.escape, self._aliases.next)).replace(r"\-", r"\p{Pd}")
        self._first = regex.compile(rf"{_BEFORE}[{firsts}]") if firsts else None

    def aliases_in(self, text: str) -> Iterator[Mention]:
        """Yield the code names in a text; of those that begin at one place the longest."""
        if self._first is None:
            return
        for match in self._first.finditer(text):
            start = end = match.start()
            node, keys, after = self._aliases, list[str](), start
            while end < len(text):
                char = text[end]
                following = node.next.get(char) or (node.next.get("-") if _DASH.match(char) else None)
                if following is None:
                    break
                node, end = following, end + 1
                if node.aliases and _NO_NUMBER.match(text, end):
                    keys, after = node.aliases, end
            for key in keys:
                yield Mention(key, start, after)

    def journals_in(self, text: str) -> Iterator[Mention]:
        """Yield the journals in a text that a year of one of their studies follows or precedes."""
        if not self._journals.next:
            return
        for match in _YEAR.finditer(text):
            year, after = int(match.group()), _VOLUME.match(text, match.end())
            found: dict[str, int] = {}
            past = 0
            for start, end, studies in sorted(self._before(text, match.start(), year), key=_longest_first):
                if end <= past:
                    continue  # Nature, in Nature Neuroscience
                past = end
                if after:
                    # Which of a journal's studies of the year it is, if any, is said.
                    volume = str(int(after.group("volume")))
                    studies = [study for study in studies if study.volume in ("", volume)]
                if len(studies) == 1:
                    found.setdefault(studies[0].key, start)
            for key, start in found.items():
                yield Mention(key, start, match.end())
            if not found and (named := self._after(text, match.end(), year)):
                yield Mention(named.studies[0].key, match.start(), named.end)

    def _after(self, text: str, place: int, year: int) -> _Named | None:
        """Return the journal that begins shortly after a year, with its one study of that year."""
        between = _BETWEEN.match(text, place)
        if between is None:
            return None
        # "2010 in the Journal of …": the words between may be the first of the name.
        for start in range(between.end(), place, -1):
            if _BEGIN.match(text, start) and (named := self._beginning(text, start, year)):
                break
        else:
            return None
        if len(named.studies) != 1 or _GOES_ON.match(text, named.end):
            return None
        if not (_CAPITAL.match(text, start) or _is_framed(text, place, named)):
            return None
        # In "Ann 2010, Neuron 2014" the journal's year is the one after it.
        own = _YEAR.search(text, named.end, named.end + _YEAR_WINDOW)
        if own and not _APART.intersection(text[named.end : own.start()]):
            return None
        return named

    def _beginning(self, text: str, start: int, year: int) -> _Named | None:
        """Return the longest journal's name that begins at a place, with its studies of a year."""
        node, end = self._forward, start
        best: _Named | None = None
        while end < len(text) and (following := node.next.get(text[end])):
            node, end = following, end + 1
            if node.journals and _END.match(text, end):
                best = _Named(start, end, node.journals.get(year, []))
        return best

    def _before(self, text: str, place: int, year: int) -> Iterator[_Named]:
        """Yield the journals that end shortly before a place, with their studies of a year."""
        for end in range(place, max(place - _YEAR_WINDOW - 1, 0), -1):
            if end < place and (text[end] in _APART or text[end].isdecimal()):
                return
            if named := self._ending(text, end, year):
                yield named

    def _ending(self, text: str, end: int, year: int) -> _Named | None:
        """Return the longest journal's name that ends at a place, with its studies of a year."""
        node, start = self._journals, end
        best: _Named | None = None
        while start and (following := node.next.get(text[start - 1])):
            node, start = following, start - 1
            if node.journals and _BEGIN.match(text, start) and _END.match(text, end):
                best = _Named(start, end, node.journals.get(year, []))
        return best


def _is_framed(text: str, year: int, named: _Named) -> bool:
    """Tell whether quotes or a word beside it say that a name is that of a journal."""
    before = text[year : named.start]
    return bool(_FRAMED_BEFORE.search(before) or _FRAMED_AFTER.match(text, named.end))
