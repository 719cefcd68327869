"""What an index in a cluster says of itself: which commit readers see, and who is writing.

``NAME-state`` holds three documents: ``state``, which is replaced by compare-and-set and so makes a commit atomic;
``settings``, of whoever uses the engine; ``lock``, of the one writer. ``NAME-0`` holds the articles, and
``NAME-0-words`` the terms of their fields; a batch that replaces all articles makes others, with its generation
for the number. The alias ``NAME`` follows, for people and other programs.
"""

import json
import os
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

from searchkit.errors import IndexFormatError, IndexLockedError, IndexStateError, InputError
from searchkit.index import opensearch_schema as schema
from searchkit.index.lock import checked
from searchkit.index.opensearch_cluster import Cluster

_FORMAT: Final = 1
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_FORBIDDEN: Final = 403
# Seconds. A holder that is not heard of for so long has lost its lock. It renews it three times as often.
LEASE: Final = 15.0
# Clocks of machines differ; a lock older than this by any clock is nobody's.
_LONGEST_LEASE: Final = 120.0
_DELAY: Final = 0.05
# How long what a commit replaced stays for readers of the commit before.
KEPT: Final = 600.0


@dataclass(frozen=True, slots=True)
class State:
    """Which documents make up the index.

    Attributes:
        index: name of the index of the cluster that holds them.
        made: what no other index had, also none of that name.
        generation: of the last commit. Readers see what was born until then and has not died until then.
        reserved: the last generation that a writer has taken, committed or not.
        aborted: generations that were never committed, with the time when that was found: what they wrote does not
            count.
        routings: a value for each shard that leads there.
        replaced: the times of the commits whose predecessors may still be read: (generation, seconds).
        swept: the generation up to which what died has been removed.
        retired: indexes of the cluster that earlier commits were in, with the time of their end.
        writer: who wrote this.
        version: of the document, to compare and set; not written.
    """

    index: str
    made: str = ""
    generation: int = 0
    reserved: int = 0
    aborted: tuple[tuple[int, float], ...] = ()
    routings: tuple[str, ...] = ("0",)
    replaced: tuple[tuple[int, float], ...] = ()
    swept: int = 0
    retired: tuple[tuple[str, float], ...] = ()
    writer: str = ""
    version: tuple[int, int] = field(default=(0, 0), compare=False)

    @property
    def words(self) -> str:
        """The name of the index of the cluster that holds the terms."""
        return f"{self.index}-words"

    @classmethod
    def read(cls, cluster: Cluster) -> Self | None:
        """Return the state of an index, None if there is none.

        Raises:
            IndexFormatError: another version wrote it.
        """
        found = get(cluster, "state")
        if found is None:
            return None
        data, version = found
        if data.get("format") != _FORMAT:
            raise IndexFormatError(
                f"{cluster.address}: format {data.get('format')!r} is not {_FORMAT}; index the articles again"
            )
        del data["format"]
        return cls(
            **{
                **data,
                "aborted": tuple((number, when) for number, when in data["aborted"]),
                "routings": tuple(data["routings"]),
                "replaced": tuple((number, when) for number, when in data["replaced"]),
                "retired": tuple((name, when) for name, when in data["retired"]),
            },
            version=version,
        )

    def write(self, cluster: Cluster) -> Self:
        """Replace the state that this was made from.

        Raises:
            IndexLockedError: it is not there any more: another writer has taken over.
        """
        data = asdict(self) | {"format": _FORMAT, "writer": uuid4().hex}
        del data["version"]
        version = put(cluster, "state", data, self.version)
        if version is None:
            raise lost(cluster)
        return replace(self, writer=data["writer"], version=version)


def lost(cluster: Cluster) -> IndexLockedError:
    """Return the error of a writer that was not heard of for so long that another one took over."""
    return IndexLockedError(
        f"{cluster.address}: another process took over because this one was not heard of for {LEASE:g} s; "
        "nothing of the batch shows: try again"
    )


# Documents of the state


def place(cluster: Cluster) -> str:
    """Return the name of the index of the cluster that the state is in."""
    return f"{cluster.address.name}-state"


def get(
    cluster: Cluster, name: str, *, fields: str | None = None
) -> tuple[dict[str, Any], tuple[int, int]] | None:
    """Return a document of the state, or some fields of it, and its version; None if it is not there."""
    params = {"_source_includes": fields} if fields else None
    found = cluster.request("GET", f"/{place(cluster)}/_doc/{name}", params=params, expected={_NOT_FOUND})
    if not found.get("found"):
        return None
    return found.get("_source", {}), (found["_seq_no"], found["_primary_term"])


def put(
    cluster: Cluster, name: str, data: dict[str, Any], version: tuple[int, int] | None
) -> tuple[int, int] | None:
    """Write a document of the state, if it is still of a version; return the new one, None if it is not.

    Args:
        cluster: where.
        name: of the document.
        data: with a ``writer`` that nobody else has, to tell our own from others' where an answer was lost.
        version: None for a document that must not be there.
    """
    params = (
        {"op_type": "create"}
        if version is None
        else {"if_seq_no": str(version[0]), "if_primary_term": str(version[1])}
    )
    answer = cluster.request(
        "PUT", f"/{place(cluster)}/_doc/{name}", data, params=params, expected={_CONFLICT}, writing=True
    )
    if answer.get("status") != _CONFLICT:
        return answer["_seq_no"], answer["_primary_term"]
    there = get(cluster, name)
    return there[1] if there and there[0].get("writer") == data["writer"] else None


# Making and removing


def create(cluster: Cluster, shards: int, replicas: int) -> State:
    """Make an empty index.

    Raises:
        InputError: there is something of that name, or these are no numbers of shards and replicas.
    """
    name = cluster.address.name
    if shards < 1 or replicas < 0:
        raise InputError(f"{cluster.address}: shards must be 1 or more, and replicas 0 or more")
    if State.read(cluster):
        raise InputError(f"{cluster.address} holds an index already")
    found = cluster.request("GET", f"/{name}", expected={_NOT_FOUND})
    ours = owned(cluster)
    if found.get("status") != _NOT_FOUND and not found.keys() <= ours:
        raise InputError(f"{cluster.address} is an index that is not searchkit's; choose another name")
    drop(cluster, ours)  # of a process that was killed
    cluster.request("PUT", f"/{place(cluster)}", schema.state(name), writing=True)
    state = fill(cluster, 0, shards, replicas)
    swap(cluster, None, state.index)
    data = asdict(state) | {"format": _FORMAT, "writer": uuid4().hex}
    del data["version"]
    version = put(cluster, "state", data, None)
    if version is None:
        raise InputError(f"{cluster.address} holds an index already")
    return replace(state, version=version)


def fill(cluster: Cluster, generation: int, shards: int, replicas: int) -> State:
    """Make the indexes of the cluster that hold the articles and their terms, empty; return their state."""
    name = cluster.address.name
    state = State(f"{name}-{generation}", made=uuid4().hex)
    # What is acknowledged before the copies are there would be on one machine only.
    health = cluster.request("GET", "/_cluster/health", expected={_FORBIDDEN})
    copies = min(replicas + 1, health.get("number_of_data_nodes", 1))
    for index, body in (
        (state.index, schema.articles(name, shards, replicas)),
        (state.words, schema.words(name, replicas)),
    ):
        params = {"wait_for_active_shards": str(copies)}
        answer = cluster.request("PUT", f"/{index}", body, params=params, expected={400}, writing=True)
        if answer.get("status") == 400 and "resource_already_exists" not in json.dumps(answer):
            raise IndexStateError(f"{cluster.address}: cannot make {index}: {json.dumps(answer)[:300]}")
    return replace(state, routings=_routings(cluster, state.index, shards))


def _routings(cluster: Cluster, index: str, shards: int) -> tuple[str, ...]:
    found: dict[int, str] = {}
    tried = 0
    while len(found) < shards:
        routing = str(tried)
        tried += 1
        answer = cluster.request("GET", f"/{index}/_search_shards", params={"routing": routing})
        # A shard that is not there yet is named all the same.
        for copies in answer["shards"]:
            found.setdefault(copies[0]["shard"], routing)
    return tuple(found[shard] for shard in sorted(found))


def swap(cluster: Cluster, old: str | None, new: str) -> None:
    """Let the alias name another index of the cluster, at once."""
    alias = cluster.address.name
    actions: list[dict[str, Any]] = [{"add": {"index": new, "alias": alias}}]
    if old is not None:
        actions.append({"remove": {"index": old, "alias": alias, "must_exist": False}})
    cluster.request("POST", "/_aliases", {"actions": actions}, writing=True)


def owned(cluster: Cluster) -> set[str]:
    """Return the names of the indexes of the cluster that belong to this one."""
    name = cluster.address.name
    answer = cluster.request(
        "GET",
        f"/{name}-*/_mapping",
        params={"expand_wildcards": "all", "ignore_unavailable": "true", "filter_path": "*.mappings._meta"},
        expected={_NOT_FOUND},
    )
    pattern = re.compile(rf"{re.escape(name)}-(state|\d+(-words)?)")
    return {
        index
        for index, found in answer.items()
        if pattern.fullmatch(index) and found["mappings"].get("_meta", {}).get("searchkit") == name
    }


def drop(cluster: Cluster, indexes: set[str]) -> None:
    """Remove indexes of the cluster, the state first."""
    for index in sorted(indexes, key=lambda found: (found != place(cluster), found)):
        cluster.request("DELETE", f"/{index}", expected={_NOT_FOUND}, writing=True)


# One writer


class ClusterLock:
    """The lock of an index, held from the making of this object to `release`; kept alive by a thread.

    Args:
        cluster: where the index is.
        wait: seconds to wait for another writer.

    Raises:
        IndexLockedError: another writer did not finish in time; the message names its process and host.
    """

    def __init__(self, cluster: Cluster, wait: float) -> None:
        self._cluster = cluster
        self._data = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "machine": _machine(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self._guard = threading.Lock()
        self._version = self._acquired(wait)
        self._renewed = time.monotonic()
        self._lost = False
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="searchkit lock", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Make sure that the lock is still ours.

        Raises:
            IndexLockedError: another process took over.
        """
        if time.monotonic() - self._renewed > LEASE:
            self._renew()
        if self._lost:
            raise lost(self._cluster)

    def release(self) -> None:
        """Let the next writer in."""
        self._released.set()
        self._thread.join()
        number, term = self._version
        # A cluster that does not answer lets go when the lease ends.
        with suppress(IndexStateError):
            self._cluster.request(
                "DELETE",
                f"/{place(self._cluster)}/_doc/lock",
                params={"if_seq_no": str(number), "if_primary_term": str(term)},
                expected={_NOT_FOUND, _CONFLICT},
            )

    def _acquired(self, wait: float) -> tuple[int, int]:
        end = time.monotonic() + checked(wait)
        seen: tuple[int, int] | None = None
        seen_at = 0.0
        while True:
            version = put(self._cluster, "lock", self._renewal(), None)
            if version is not None:
                return version
            found = get(self._cluster, "lock")
            if found is None:
                continue
            holder, held = found
            now = time.monotonic()
            if held != seen:
                seen, seen_at = held, now
            if _is_over(holder) or now - seen_at > LEASE:
                version = put(self._cluster, "lock", self._renewal(), held)
                if version is not None:
                    return version
                continue
            if now >= end:
                raise IndexLockedError(
                    f"{self._cluster.address} is being written by {_told(holder)}; "
                    f"waited {wait:g} s: try again when it is done"
                )
            time.sleep(min(_DELAY, max(end - now, 0.001)))

    def _renewal(self) -> dict[str, Any]:
        return {**self._data, "renewed": time.time(), "writer": uuid4().hex}

    def _keep(self) -> None:
        while not self._released.wait(LEASE / 3):
            # Who writes asks again, and is told.
            with suppress(IndexStateError):
                self._renew()

    def _renew(self) -> None:
        with self._guard:
            begun = time.monotonic()
            if self._lost or begun - self._renewed < LEASE / 4:
                return
            version = put(self._cluster, "lock", self._renewal(), self._version)
            if version is None:
                self._lost = True
            else:
                self._version = version
                self._renewed = begun


def _is_over(holder: dict[str, Any]) -> bool:
    """Tell whether the holder of a lock is gone for certain."""
    try:
        if time.time() - holder["renewed"] > _LONGEST_LEASE:
            return True
        if holder["machine"] != _machine() or not _machine() or os.name != "posix":
            return False
        os.kill(holder["pid"], 0)
    except ProcessLookupError:
        return True
    except (OSError, KeyError, TypeError):
        return False
    return False


@cache
def _machine() -> str:
    """Return what tells this machine, as it runs now, and its processes from others; empty if it is not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _told(holder: dict[str, Any]) -> str:
    try:
        return f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    except KeyError:
        return "another process"
