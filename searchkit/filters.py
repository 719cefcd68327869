"""What a search is narrowed to, as an engine takes it.

A filter on mechanisms takes articles that carry them. With a least strength it takes those that are about them so
much: engines keep each mechanism of an article with its strength as one more facet value (`searchkit.strength`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from searchkit.article import FACETS
from searchkit.errors import InputError
from searchkit.index.query import Facet, Query
from searchkit.strength import FIELD, at_least, level_of, value_and_level

Filter = str | Iterable[str] | None

_STRONG: Final = "mechanism"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is narrowed to.

    Attributes:
        values: facet -> values of which an article must carry one.
        min_strength: how strong an article's mechanisms must be to count as carried, from 0 to 1.

    Raises:
        InputError: the strength is not from 0 to 1.
    """

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    min_strength: float = 0.0

    def __post_init__(self) -> None:
        given: object = self.min_strength
        if not (isinstance(given, int | float) and 0 <= given <= 1):
            raise InputError(f"min_strength must be from 0 to 1, not {self.min_strength!r}")

    def for_engine(self) -> dict[str, frozenset[str]]:
        """Return the filters of an engine's request."""
        return {self._field(name): self._kept(name, values) for name, values in self.values.items()}

    def query(self, name: str, values: Iterable[str]) -> Query:
        """Return the query for the articles that carry some of a facet's values; it adds nothing to a score."""
        return Facet(self._field(name), tuple(sorted(self._kept(name, values))), 0.0)

    def counted(self) -> tuple[str, ...]:
        """Return the facets of an engine's request from which `counts` are made."""
        return tuple(self._field(name) for name in FACETS)

    def counts(self, found: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
        """Return facet -> value -> number of articles, from an engine's counts of the `counted` facets, if any."""
        return {
            name: self._sum(found[self._field(name)]) if self._by_level(name) else found[name]
            for name in FACETS
            if self._field(name) in found
        }

    def _by_level(self, name: str) -> bool:
        return name == _STRONG and 1 not in at_least(self.min_strength)

    def _field(self, name: str) -> str:
        return FIELD if self._by_level(name) else name

    def _kept(self, name: str, values: Iterable[str]) -> frozenset[str]:
        if not self._by_level(name):
            return frozenset(values)
        levels = at_least(self.min_strength)
        return frozenset(level_of(value, level) for value in values for level in levels)

    def _sum(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Return the counts of values; an article has each at one level, so that sums are exact."""
        strong = at_least(self.min_strength)
        total: dict[str, int] = {}
        for kept, count in counts.items():
            value, level = value_and_level(kept)
            if level in strong:
                total[value] = total.get(value, 0) + count
        return total
