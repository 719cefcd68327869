"""Filling an index in a cluster from many processes: see `searchkit.index.loading`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from searchkit.index import opensearch_schema as schema
from searchkit.index.engine import Document
from searchkit.index.opensearch_cluster import Cluster
from searchkit.index.opensearch_state import State, lost
from searchkit.index.opensearch_writer import Bulk, Operation, send_terms

if TYPE_CHECKING:
    from searchkit.index.opensearch import OpenSearchEngine

_AT_A_TIME: Final = 200
_MOST_TERMS: Final = 200_000
_CONFLICT: Final = 409
_NOT_FOUND: Final = 404


class _Place(NamedTuple):
    """Where a document of a batch is: its id, and what leads to its shard."""

    identifier: str
    routing: str


class OpenSearchLoader:
    """Takes documents into a batch of an `OpenSearchWriter` in another process.

    Raises:
        IndexLockedError: the batch is over.
    """

    def __init__(self, engine: OpenSearchEngine, cluster: Cluster, batch: int) -> None:
        self._engine = engine
        self._cluster = cluster
        self._batch = batch
        self._bulk = Bulk(cluster, self._check)
        self._target = self._check()
        self._terms: set[tuple[str, str]] = set()
        self._moves: list[tuple[Document, frozenset[str]]] = []

    def add(self, document: Document) -> None:
        """Add a document, replacing the one of the batch with the same id and the same group."""
        source, terms = schema.encode(document)
        place = _Place(document.id, str(source["group"]))
        self._bulk.add(Operation({"index": self._action(place)}, {**source, "born": self._batch}))
        self._terms |= terms - self._engine.known_terms(self._target)
        if len(self._terms) > _MOST_TERMS:
            self._send_terms()

    def replace(self, document: Document, groups: Collection[str]) -> None:
        """Add a document, and remove those that the batch has under its id with other groups."""
        self._moves.append((document, frozenset(_routing(document.id, group) for group in groups)))
        if len(self._moves) >= _AT_A_TIME:
            self._move()

    def get(self, groups: Mapping[str, str]) -> dict[str, bytes]:
        """Return the stored bytes of documents of the batch that were flushed."""
        places = (_Place(identifier, _routing(identifier, group)) for identifier, group in groups.items())
        return {place.identifier: schema.stored_of(hit) for place, hit in self._there(places)}

    def flush(self) -> None:
        """Return when the cluster has acknowledged all."""
        self._move()
        self._bulk.flush()
        self._send_terms()

    def __enter__(self) -> Self:
        """Return the loader."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget what was not flushed."""
        self._bulk.drop()
        self._moves, self._terms = [], set()

    def _check(self) -> str:
        """Make sure that the batch is under way; return the index of the cluster that it goes into."""
        state = State.read(self._cluster)
        if state is None or state.reserved != self._batch or state.generation >= self._batch:
            raise lost(self._cluster)
        return state.index

    def _action(self, place: _Place) -> dict[str, Any]:
        return {
            "_index": self._target,
            "_id": f"{schema.identity(place.identifier)}-{self._batch}",
            "routing": place.routing,
        }

    def _there(self, places: Iterable[_Place]) -> Iterator[tuple[_Place, dict[str, Any]]]:
        places = iter(places)
        while some := list(islice(places, _AT_A_TIME)):
            asked = [{**self._action(place), "_source": ["stored"]} for place in some]
            answer = self._cluster.request("POST", "/_mget", {"docs": asked})
            for place, found in zip(some, answer["docs"], strict=True):
                if found.get("found"):
                    yield place, found

    def _move(self) -> None:
        # What is there is looked up before the documents come: on one shard old and new have the same name.
        places = (_Place(document.id, routing) for document, old in self._moves for routing in sorted(old))
        there = list(self._there(places))
        for document, _ in self._moves:
            self.add(document)
        self._bulk.flush()
        for place, hit in there:
            action = self._action(place) | {"if_seq_no": hit["_seq_no"], "if_primary_term": hit["_primary_term"]}
            # Where it is the new one already, a conflict is as it should be.
            self._bulk.add(Operation({"delete": action}, passed=frozenset({_CONFLICT, _NOT_FOUND})))
        self._bulk.flush()
        self._moves = []

    def _send_terms(self) -> None:
        send_terms(self._bulk, self._target, self._terms)
        self._engine.known_terms(self._target).update(self._terms)
        self._terms = set()


def _routing(identifier: str, group: str) -> str:
    return str(schema.group_key(identifier, group))
