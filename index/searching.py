"""Requests answered from one commit: filters, facet counts, the page of hits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from searchkit.index.engine import EngineHit, Request, Response
from searchkit.index.evaluation import Evaluator
from searchkit.index.matches import Matches
from searchkit.index.reader import Reader
from searchkit.index.segment import Array


def search(reader: Reader, request: Request) -> Response:
    """Answer a request."""
    matches = Evaluator(reader).evaluate(request.query)
    chosen = {
        name: reader.filter(name, values)[matches.numbers] for name, values in request.filters.items() if values
    }
    counts: dict[str, Mapping[str, int]] = {}
    for name in request.facets:
        # Disjunctive: what the query and the filters on the other facets leave.
        left = [mask for other, mask in chosen.items() if other != name]
        counts[name] = reader.count(
            name, matches.numbers[np.logical_and.reduce(left)] if left else matches.numbers
        )
    if chosen:
        every = np.logical_and.reduce(list(chosen.values()))
        matches = Matches(matches.numbers[every], matches.values[every])
    page = _Page(reader, request, matches)
    return Response(hits=tuple(page.hits()), total=page.total, facets=counts)


class _Page:
    """The hits of a request, in order."""

    def __init__(self, reader: Reader, request: Request, matches: Matches) -> None:
        self._reader = reader
        self._request = request
        self._scores = matches
        # Of each group with several matches the first one, where in `_members` its matches end, and all of them.
        self._firsts = self._ends = self._members = matches.numbers[:0]
        self._numbers = self._collapsed(matches) if request.collapse else matches.numbers
        self.total = len(self._numbers)

    def hits(self) -> Iterator[EngineHit]:
        """Yield the hits of the page."""
        reader, request = self._reader, self._request
        if request.limit <= 0 or request.offset >= self.total:
            return
        numbers = self._first(self._numbers, request.offset + request.limit)[request.offset :]
        scores = self._scores.values[np.searchsorted(self._scores.numbers, numbers)]
        for number, identifier, score, group in zip(
            numbers.tolist(),
            reader.labels("id", numbers),
            scores.tolist(),
            reader.labels("group", numbers),
            strict=True,
        ):
            yield EngineHit(
                identifier.decode(),
                score,
                reader.column("stored", number) if request.stored else b"",
                group.decode("utf-8", "surrogatepass"),
                tuple(self._others(number)) if len(self._firsts) else (),
            )

    def _keys(self, numbers: Array) -> list[Array]:
        """Return what decides the order of documents before their ids do, the largest first."""
        scores = self._scores.values
        if numbers is not self._scores.numbers:
            scores = scores[np.searchsorted(self._scores.numbers, numbers)]
        return [self._reader.number("published")[numbers], scores] if self._request.sort == "date" else [scores]

    def _first(self, numbers: Array, most: int) -> Array:
        """Return the first documents of some, in order."""
        # Ties at the edge of the page are settled by id.
        sure, tied = _best(self._keys(numbers), most)
        numbers = np.concatenate([numbers[sure], self._reader.by_id(numbers[tied], most - len(sure))])
        rows = zip(*[(-key.astype(np.float64)).tolist() for key in self._keys(numbers)], strict=True)
        ordered = sorted(zip(rows, self._reader.labels("id", numbers), range(len(numbers)), strict=True))
        return numbers[[place for _, _, place in ordered]]

    # Groups

    def _collapsed(self, matches: Matches) -> Array:
        """Return the first document of each group; what else is in its group is kept in `_members`."""
        numbers = matches.numbers
        groups = self._reader.groups[numbers]
        order = np.argsort(groups, kind="stable")
        ordered = groups[order]
        edges = np.flatnonzero(np.diff(ordered, prepend=-1, append=-2))
        sizes = np.diff(edges)
        alone = order[edges[:-1][sizes == 1]]
        several = order[np.repeat(sizes > 1, sizes)]
        if not len(several):
            return numbers
        members = numbers[several]
        ranks = self._reader.ranks[members].astype(np.int64)
        by_rank = [ranks, *(-key.astype(np.float64) for key in reversed(self._keys(members))), groups[several]]
        members = members[np.lexsort(by_rank)]
        self._ends = np.cumsum(sizes[sizes > 1])
        self._members = members
        self._firsts = members[np.concatenate([[0], self._ends[:-1]])]
        return np.sort(np.concatenate([numbers[alone], self._firsts]))

    def _others(self, number: int) -> Iterator[str]:
        """Yield the ids of the other matches in the group of a hit, in order."""
        for group in np.flatnonzero(self._firsts == number).tolist():
            first = self._ends.item(group - 1) if group else 0
            others = self._members[first + 1 : self._ends.item(group)]
            yield from (identifier.decode() for identifier in self._reader.labels("id", others))


def _best(keys: Sequence[Array], most: int) -> tuple[Array, Array]:
    """Choose the places with the largest keys.

    Args:
        keys: one or several for each place; the second decides where the first are the same, and so on.
        most: how many places to choose.

    Returns:
        The places that are certainly among them, and those tied for what is left.
    """
    left = np.arange(len(keys[0]))
    sure = [left[:0]]
    for key in keys:
        if len(left) <= most:
            break
        values = key if len(left) == len(key) else key[left]
        edge = np.partition(values, len(values) - most)[len(values) - most]
        better = values > edge
        sure.append(left[better])
        most -= len(sure[-1])
        left = left[values == edge]
    return np.concatenate(sure), left
