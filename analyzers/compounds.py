"""Splitting of compounds that are written as one word: hjärnmagnesium holds hjärna and magnesium.

A dictionary method, after Koehn and Knight, "Empirical methods for compound splitting" (EACL 2003), and Sjöbergh
and Kann, "Finding the correct interpretation of Swedish compounds" (LREC 2004): a word is split where all its
parts are known, into as few parts as possible, and of several such splits into the one whose first parts begin
most compounds. What may begin a compound is listed as it is written there (``hjärn``, ``tids``, ``gatu``), so that
linking letters need no rule that guesses; what may end one is listed by its stem, so that all its forms are known.
"""

import hashlib
from collections.abc import Callable
from functools import cached_property
from importlib import resources
from typing import Final, NamedTuple

# A part shorter than this is more often the end of another one than a word.
_SHORTEST: Final = 3
# Longer ones are chains of signs rather than words; the time that a split takes grows with the square.
_LONGEST: Final = 60

_NO_WORD: Final = "-"
# A word that is known by its ending only has a syllable or two before it, and stands back behind known ones.
_SHORTEST_MADE: Final = 8
_COUNT_MADE: Final = 3


class Part(NamedTuple):
    """A part of a compound: its stem, "" if it is no word by itself, and where it stands."""

    stem: str
    start: int
    end: int


class _Elements(NamedTuple):
    stems: dict[str, str]
    sizes: dict[str, str]
    last: frozenset[str]
    whole: frozenset[str]


class Compounds:
    """Finds the parts of compounds by a list of what they are made of.

    The list is a file in ``analyzers/data`` of three sections. ``[first]`` has lines of three columns: a form that
    stands before another part, the stem of its word (``-`` for one that is no word: ``elektro``), and how many
    compounds begin with it, as a power of two. ``[last]`` has the stems of words that end compounds, ``[whole]``
    stems of words that look like compounds and are none. It is read with the first word that is long enough.

    Args:
        file: name of the list.
        link: letters that may follow a part that is neither first nor last: boll in fotbollsplan.
        makers: endings, the link among them, that make words without limit: a word with one of them may begin a
            compound though no list has it, as telekommunikation does in telekommunikationsnät.
    """

    def __init__(self, file: str, link: str = "", makers: tuple[str, ...] = ()) -> None:
        self._file = file
        self._link = link
        self._makers = makers

    @cached_property
    def fingerprint(self) -> str:
        """A text that changes whenever the parts found may change."""
        return f"{self._file} {self._link} {self._makers} {hashlib.sha256(self._read()).hexdigest()[:12]}"

    def split(self, word: str, stem: Callable[[str], str]) -> tuple[Part, ...]:
        """Return the parts of a compound, in order; none for a word that is not made of known ones.

        Args:
            word: a folded word.
            stem: returns the stem of a word.
        """
        if not 2 * _SHORTEST <= len(word) <= _LONGEST or not word.isalpha():
            return ()
        elements = self._elements
        begins = any(word[:end] in elements.stems for end in range(_SHORTEST, len(word) - _SHORTEST + 2))
        if not begins and not any(maker in word for maker in self._makers):
            return ()
        whole = stem(word)
        if whole in elements.last or whole in elements.whole:
            return ()
        return _Search(word, stem, elements, self._link, self._makers).best()

    @cached_property
    def _elements(self) -> _Elements:
        _, first, last, whole = self._read().decode().split("\n[", 3)
        # Split at every blank at once: the list is read while a person waits for an answer.
        cells = first.split()[1:]
        return _Elements(
            stems=dict(zip(cells[::3], cells[1::3], strict=True)),
            sizes=dict(zip(cells[::3], cells[2::3], strict=True)),
            last=frozenset(last.split()[1:]),
            whole=frozenset(whole.split()[1:]),
        )

    def _read(self) -> bytes:
        return resources.files("searchkit.analyzers.data").joinpath(self._file).read_bytes()


class _Split(NamedTuple):
    """The parts of the rest of a word; fewer are better, then those that begin more compounds, then long ones."""

    cost: tuple[int, int, int]
    parts: tuple[Part, ...]


class _Search:
    """Finds the best split of one word, from its end to its beginning."""

    def __init__(
        self, word: str, stem: Callable[[str], str], elements: _Elements, link: str, makers: tuple[str, ...]
    ) -> None:
        self._word = word
        self._stem = stem
        self._elements = elements
        self._link = link
        self._makers = makers
        self._known: dict[int, _Split | None] = {}

    def best(self) -> tuple[Part, ...]:
        found = self._before_others(0)
        return found.parts if found else ()

    def _rest(self, start: int) -> _Split | None:
        """Return the best split of what begins at ``start``, or None."""
        if start not in self._known:
            options = [self._last(start), self._before_others(start)]
            self._known[start] = min((option for option in options if option), default=None)
        return self._known[start]

    def _last(self, start: int) -> _Split | None:
        stem = self._stem(self._word[start:])
        if stem not in self._elements.last:
            return None
        return _Split((1, 0, 0), (Part(stem, start, len(self._word)),))

    def _before_others(self, start: int) -> _Split | None:
        options: list[_Split] = []
        for end in range(start + _SHORTEST, len(self._word) - _SHORTEST + 2):
            form = self._word[start:end]
            if form not in self._elements.stems and start and self._link and not form.endswith(2 * self._link):
                form = form.removesuffix(self._link)
            stem = self._elements.stems.get(form)
            count = 1
            size = int(self._elements.sizes.get(form, 0))
            if stem is None and end - start >= _SHORTEST_MADE and form.endswith(self._makers):
                stem = self._stem(form.removesuffix(self._link))
                count = _COUNT_MADE
            if stem is not None:
                part = Part("" if stem == _NO_WORD else stem, start, end)
                options += [
                    _Split((rest.cost[0] + count, rest.cost[1] - size, start - end), (part, *rest.parts))
                    for rest in self._after(end)
                ]
        return min(options, default=None)

    def _after(self, end: int) -> list[_Split]:
        """Return what may follow a part that ends at ``end``: of three equal letters one is not written."""
        word = self._word
        starts = [end, end - 1] if word[end - 1] == word[end - 2] and word[end - 1] not in "aeiouyåäö" else [end]
        found = [self._rest(start) for start in starts if len(word) - start >= _SHORTEST]
        return [split for split in found if split]
