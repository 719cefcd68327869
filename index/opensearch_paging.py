"""What is read from an index in a cluster beyond one answer, and which documents a commit has."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from searchkit.index.opensearch_cluster import Cluster
from searchkit.index.opensearch_state import State

Hit = dict[str, Any]
# What a cluster hands out at once (index.max_result_window).
WINDOW: Final = 10_000
# An answer of some shards only would be a wrong one.
WHOLE: Final = {"allow_partial_search_results": "false"}
_KEEP: Final = "5m"
# No two documents have both in common.
_SORT: Final = ({"id": "asc"}, {"born": "asc"})


def unseen(state: State) -> list[dict[str, Any]]:
    """Return what matches the documents that readers of a commit do not see.

    They are few, so leaving them out costs little.
    """
    dead: dict[str, Any] = {"range": {"died": {"lte": state.generation}}}
    unborn: dict[str, Any] = {"range": {"born": {"gt": state.generation}}}
    if not state.aborted:
        return [dead, unborn]
    numbers = [number for number, _ in state.aborted]
    dead = {"bool": {"filter": [dead], "must_not": [{"terms": {"died": numbers}}]}}
    return [dead, unborn, {"terms": {"born": numbers}}]


def count(cluster: Cluster, index: str, query: dict[str, Any]) -> int:
    """Return how many documents match."""
    body = {"query": query, "size": 0, "track_total_hits": True}
    answer = cluster.request("POST", f"/{index}/_search", body, params=WHOLE)
    found: int = answer["hits"]["total"]["value"]
    return found


def walk(
    cluster: Cluster,
    index: str,
    query: dict[str, Any],
    sort: Sequence[Any] = _SORT,
    **wanted: Any,
) -> Iterator[Hit]:
    """Yield all documents that match, however many, as they are at the beginning.

    Args:
        cluster: where to search.
        index: of the cluster.
        query: what matches.
        sort: in which order; ends with what no two documents share.
        wanted: further keys of the search, as the fields to return; ``_source`` is not, unless it is asked for.
    """
    body = {
        "query": query,
        "size": WINDOW,
        "sort": list(sort),
        "_source": False,
        "track_total_hits": False,
        **wanted,
    }
    answer = cluster.request("POST", f"/{index}/_search", body, params=WHOLE)
    hits = answer["hits"]["hits"]
    if len(hits) < WINDOW:
        yield from hits
        return
    # More than one answer: begun again, in the state of one moment.
    opened = cluster.request("POST", f"/{index}/_search/point_in_time", params={"keep_alive": _KEEP})
    pit = opened["pit_id"]
    try:
        after: dict[str, Any] = {}
        while True:
            page = {**body, **after, "pit": {"id": pit, "keep_alive": _KEEP}}
            answer = cluster.request("POST", "/_search", page, params=WHOLE)
            hits = answer["hits"]["hits"]
            yield from hits
            if len(hits) < WINDOW:
                return
            after = {"search_after": hits[-1]["sort"]}
            pit = answer.get("pit_id", pit)
    finally:
        cluster.request("DELETE", "/_search/point_in_time", {"pit_id": [pit]}, expected={404})
