"""Writing to an index in a cluster: one batch of changes, which shows at once or not at all.

What a batch writes carries its generation, and no reader looks at it before the state names that generation
(`searchkit.index.opensearch_state.State`). Documents that it replaces or removes are marked with the generation of
their death and cleared away later, when nobody reads the commit before any more. A batch that was cut short leaves
documents of a generation that never counts; the next writer removes them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from searchkit.errors import IndexFormatError, IndexStateError, IndexUnavailableError
from searchkit.index import opensearch_schema as schema
from searchkit.index import opensearch_state as states
from searchkit.index.engine import Document
from searchkit.index.opensearch_cluster import Cluster, is_full, reason_of
from searchkit.index.opensearch_paging import Hit, count, unseen, walk
from searchkit.index.opensearch_query import Dsl, with_ids
from searchkit.index.opensearch_state import ClusterLock, State

if TYPE_CHECKING:
    from searchkit.index.opensearch import OpenSearchEngine

# Of one request. A cluster takes up to 100 MB, and is happiest with a few.
_MOST_BYTES: Final = 5_000_000
_MOST_OPERATIONS: Final = 2_000
_IDS_AT_A_TIME: Final = 1_000
_MOST_TERMS: Final = 1_000_000
# Seconds.
_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 10.0
_CONFLICT: Final = 409
_NOT_FOUND: Final = 404
_BUSY: Final = frozenset({429, 500, 502, 503, 504})
# How long a batch that was cut short may still write, on a machine that was thought dead.
_AFTERLIFE: Final = 3_600.0


class Operation:
    """One line of a bulk request, or two.

    Args:
        action: what to do, as JSON.
        source: with which document, as JSON; none to delete.
        passed: statuses that do no harm.
    """

    __slots__ = ("lines", "passed", "what")

    def __init__(
        self, action: dict[str, Any], source: object = None, passed: frozenset[int] = frozenset()
    ) -> None:
        lines = [action] if source is None else [action, source]
        self.lines = b"".join(
            json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines
        )
        self.passed = passed
        self.what = str(next(iter(action.values()))["_id"])


class Bulk:
    """Operations on their way to a cluster, a few megabytes at a time.

    Args:
        cluster: where to send them.
        check: called before each request; raises an error where nothing more may be sent.
    """

    def __init__(self, cluster: Cluster, check: Callable[[], object]) -> None:
        self._cluster = cluster
        self._check = check
        self._waiting: dict[str, Operation] = {}
        self._bytes = 0

    def add(self, operation: Operation) -> None:
        """Send an operation, now or with others."""
        # One that was sent again must not come after the next on the same document.
        if operation.what in self._waiting or self._bytes + len(operation.lines) > _MOST_BYTES:
            self.flush()
        self._waiting[operation.what] = operation
        self._bytes += len(operation.lines)
        if len(self._waiting) >= _MOST_OPERATIONS:
            self.flush()

    def flush(self) -> None:
        """Send all, and return when the cluster has acknowledged each.

        What the cluster is too busy for is sent again, later and later, for as long as its patience says.

        Raises:
            IndexUnavailableError: it stays too busy, or is full.
            IndexStateError: it refuses a document.
        """
        waiting = list(self._waiting.values())
        self.drop()
        end = time.monotonic() + self._cluster.configuration.patience
        delay = _FIRST_DELAY
        while waiting:
            self._check()
            answer = self._cluster.request(
                "POST", "/_bulk", b"".join(operation.lines for operation in waiting), writing=True
            )
            results = (next(iter(item.values())) for item in answer["items"])
            again = []
            reason = ""
            for operation, result in zip(waiting, results, strict=True):
                status = result["status"]
                if status < 300 or status in operation.passed:
                    continue
                if is_full(result):
                    raise self._cluster.full()
                if status not in _BUSY and status != _CONFLICT:
                    raise IndexStateError(
                        f"{self._cluster.address}: the cluster refuses {operation.what} ({status}): "
                        f"{reason_of(result)}"
                    )
                reason = f"{reason_of(result)} ({status})"
                again.append(operation)
            if again and time.monotonic() + delay > end:
                raise self._cluster.unavailable(
                    f"{len(again)} of {len(waiting)} changes were not taken: {reason}; try again later"
                )
            if again:
                time.sleep(delay)
                delay = min(delay * 2, _LONGEST_DELAY)
            waiting = again

    def drop(self) -> None:
        """Forget what was not sent."""
        self._waiting, self._bytes = {}, 0


def send_terms(bulk: Bulk, index: str, terms: Collection[tuple[str, str]]) -> None:
    """Let the words of an index know terms: (field, what is kept of it)."""
    for field, text in sorted(terms):
        action = {"_index": f"{index}-words", "_id": schema.identity(f"{field} {text}")}
        source = {"field": field, "term": text, "length": schema.length_of(text)}
        bulk.add(Operation({"create": action}, source, frozenset({_CONFLICT})))
    bulk.flush()


class OpenSearchWriter:
    """One batch of changes to an `OpenSearchEngine`.

    Raises:
        IndexLockedError: another writer did not finish in time, or took over.
    """

    def __init__(self, engine: OpenSearchEngine, cluster: Cluster, wait: float) -> None:
        self._engine = engine
        self._cluster = cluster
        self._lock = ClusterLock(cluster, wait)
        self._bulk = Bulk(cluster, self._lock.check)
        # Taken at the first change, so that a batch without any writes nothing.
        self._state: State | None = None
        self._target = ""
        self._routings: tuple[str, ...] = ()
        self._made = ""
        # What is new, with its routing, and what it replaces or removes.
        self._added: dict[str, str] = {}
        self._gone: dict[str, None] = {}
        self._terms: set[tuple[str, str]] = set()
        self._shared = False

    def share(self, batch: int = 0) -> int:
        """Return the number of the batch, for loaders; see `searchkit.index.loading.SharedWriter`."""
        state = self._begun(batch)
        self._shared = True
        return state.reserved

    def add(self, document: Document) -> None:
        """Add a document, replacing the one with the same id."""
        source, terms = schema.encode(document)  # all that can fail comes first
        state = self._begun()
        routing = str(source["group"])
        if self._added.get(document.id, routing) != routing:
            self._take_back(document.id)
        self._gone[document.id] = None
        self._added[document.id] = routing
        self._bulk.add(
            Operation(
                {"index": {"_index": self._target, "_id": self._identity(document.id), "routing": routing}},
                {**source, "born": state.reserved},
            )
        )
        self._terms |= terms - self._engine.known_terms(self._target)
        if len(self._terms) > _MOST_TERMS:
            self._send_terms()

    def delete(self, ids: Iterable[str]) -> None:
        """Remove documents; unknown ids are passed over."""
        for identifier in ids:
            if identifier in self._added:
                self._take_back(identifier)
            self._gone[identifier] = None

    def commit(self) -> None:
        """Make the batch visible and durable at once."""
        if not self._gone and not self._shared:
            return
        state = self._begun()
        self._bulk.flush()
        self._send_terms()
        dead = 0
        if self._target == state.index and (live := self._live(state)):
            dead = self._bury(state)
            if dead == live and not self._added:
                self._begin_anew(state)  # nothing is left, and statistics begin anew too
        if self._shared:
            self._expunge()
        self._refresh()
        self._lock.check()
        now = time.time()
        changed = replace(state, generation=state.reserved)
        if self._target != state.index:
            changed = replace(
                changed,
                index=self._target,
                routings=self._routings,
                aborted=(),
                replaced=(),
                made=self._made,
                retired=(*state.retired, (state.index, now)),
            )
        elif dead:
            changed = replace(changed, replaced=(*state.replaced, (state.reserved, now)))
        committed = changed.write(self._cluster)
        if committed.index != state.index:
            states.swap(self._cluster, state.index, committed.index)
        self._forget()
        self._sweep(committed)

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was not committed."""
        self._forget()
        self._lock.release()

    # The batch

    def _begun(self, unfinished: int = 0) -> State:
        """Return the state that this batch goes on from, with a generation of its own.

        Args:
            unfinished: the generation of a batch to go on with, if no other batch has begun since.
        """
        if self._state is None:
            self._lock.check()
            state = State.read(self._cluster)
            if state is None:
                raise IndexFormatError(f"{self._cluster.address} holds no index; index the articles again")
            if state.generation < unfinished == state.reserved:
                self._state = state
                self._target, self._routings, self._made = state.index, state.routings, state.made
                return state
            now = time.time()
            cut_short = range(state.generation + 1, state.reserved + 1)
            known = {number for number, _ in state.aborted}
            aborted = (*state.aborted, *((number, now) for number in cut_short if number not in known))
            state = replace(state, reserved=state.reserved + 1, aborted=aborted).write(self._cluster)
            if aborted:
                self._heal(state)
                state = replace(state, aborted=tuple(one for one in aborted if now - one[1] < _AFTERLIFE))
            self._state = state
            self._target, self._routings, self._made = state.index, state.routings, state.made
            if self._replaces_all(state):
                self._begin_anew(state)
        return self._state

    def _forget(self) -> None:
        self._bulk.drop()
        self._state = None
        self._added = {}
        self._gone = {}
        self._terms = set()
        self._shared = False

    def _identity(self, identifier: str) -> str:
        return f"{schema.identity(identifier)}-{self._begun().reserved}"

    def _take_back(self, identifier: str) -> None:
        """Remove what this batch has added under an id."""
        action = {
            "_index": self._target,
            "_id": self._identity(identifier),
            "routing": self._added.pop(identifier),
        }
        self._bulk.add(Operation({"delete": action}, passed=frozenset({_NOT_FOUND})))

    def _replaces_all(self, state: State) -> bool:
        """Tell whether the batch has removed all documents that there are."""
        if not self._gone or len(self._gone) < (live := self._live(state)) or not live:
            return False
        return live == sum(1 for _ in self._committed(state))

    def _begin_anew(self, state: State) -> None:
        """Go on in a new index of the cluster, made like the old one."""
        found = self._cluster.request("GET", f"/{state.index}/_settings")
        old = found[state.index]["settings"]["index"]
        made = states.fill(
            self._cluster, state.reserved, int(old["number_of_shards"]), int(old["number_of_replicas"])
        )
        self._target, self._routings, self._made = made.index, made.routings, made.made

    def _send_terms(self) -> None:
        """Let the words of the index know the terms that are new."""
        send_terms(self._bulk, self._target, self._terms)
        self._engine.known_terms(self._target).update(self._terms)
        self._terms = set()

    def _live(self, state: State) -> int:
        """Return how many documents the last commit has."""
        return count(self._cluster, state.index, {"bool": {"must_not": unseen(state)}})

    def _committed(self, state: State) -> Iterator[Hit]:
        """Yield the documents of the last commit that this batch replaces or removes."""
        ids = iter(self._gone)
        while some := list(islice(ids, _IDS_AT_A_TIME)):
            query = {"bool": {"filter": with_ids(some), "must_not": unseen(state)}}
            yield from walk(self._cluster, state.index, query)

    def _bury(self, state: State) -> int:
        """Mark what this batch replaces or removes as dead; return how many documents that are."""
        dead = 0
        for hit in self._committed(state):
            self._mark(hit, state.reserved)
            dead += 1
        self._bulk.flush()
        return dead

    def _mark(self, hit: Hit, generation: int | None) -> None:
        action = {"_index": hit["_index"], "_id": hit["_id"], "routing": hit["_routing"]}
        # Nobody else writes to it, but an earlier try may still be on its way.
        self._bulk.add(Operation({"update": action}, {"doc": {"died": generation}}, frozenset({_NOT_FOUND})))

    def _remove(self, index: str, query: Dsl) -> None:
        for hit in walk(self._cluster, index, query):
            action = {"_index": hit["_index"], "_id": hit["_id"], "routing": hit["_routing"]}
            self._bulk.add(Operation({"delete": action}, passed=frozenset({_NOT_FOUND})))
        self._bulk.flush()

    def _expunge(self) -> None:
        """Let the cluster clear away documents that loaders have moved, which would count in statistics."""
        # A large index takes longer than an answer may; the cluster then goes on by itself.
        with suppress(IndexUnavailableError):
            self._cluster.request("POST", f"/{self._target}/_forcemerge", params={"only_expunge_deletes": "true"})

    def _refresh(self) -> None:
        """Let searches see what was written, on every copy of every shard."""
        end = time.monotonic() + self._cluster.configuration.patience
        delay = _FIRST_DELAY
        while True:
            path = f"/{self._target},{self._target}-words/_refresh"
            if not self._cluster.request("POST", path, writing=True)["_shards"]["failed"]:
                return
            if time.monotonic() + delay > end:
                raise self._cluster.unavailable("some shards do not show what was written; try again later")
            time.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)

    # What earlier batches left

    def _heal(self, state: State) -> None:
        """Undo what batches have written that were cut short."""
        self._cluster.request("POST", f"/{state.index}/_refresh", writing=True)
        numbers = [number for number, _ in state.aborted]
        self._remove(state.index, {"terms": {"born": numbers}})
        for hit in walk(self._cluster, state.index, {"terms": {"died": numbers}}):
            self._mark(hit, None)
        self._bulk.flush()
        used = {state.index, *(index for index, _ in state.retired)}
        used |= {f"{index}-words" for index in used} | {states.place(self._cluster)}
        states.drop(self._cluster, states.owned(self._cluster) - used)

    def _sweep(self, state: State) -> None:
        """Remove what no reader sees any more."""
        before = time.time() - states.KEPT
        over = [generation for generation, when in state.replaced if when < before]
        retired = [index for index, when in state.retired if when < before]
        if over:
            self._remove(state.index, {"range": {"died": {"lte": max(over)}}})
        if retired:
            states.drop(self._cluster, {name for index in retired for name in (index, f"{index}-words")})
        if over or retired:
            replace(
                state,
                replaced=tuple(one for one in state.replaced if one[0] not in over),
                swept=max([state.swept, *over]),
                retired=tuple(one for one in state.retired if one[0] not in retired),
            ).write(self._cluster)
