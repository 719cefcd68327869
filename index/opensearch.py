"""An engine for more than one machine: a cluster of OpenSearch keeps postings, columns and stored bytes.

The tokens are ours (`searchkit.index.opensearch_schema`), and what they weigh too
(`searchkit.index.opensearch_query`), so hits and scores are those of the embedded engines. A search asks which
commit is the last and sees that one only (`searchkit.index.opensearch_writer`).
"""

import json
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from searchkit.errors import IndexFormatError, IndexStateError, InputError
from searchkit.index import opensearch_schema as schema
from searchkit.index import opensearch_state as states
from searchkit.index.engine import EngineHit, EngineStats, Entry, Location, OfLastCommit, Request, Response
from searchkit.index.explanation import Explanation
from searchkit.index.fuzzy import within_distance
from searchkit.index.lock import checked
from searchkit.index.opensearch_cluster import Address, Cluster, reason_of
from searchkit.index.opensearch_loader import OpenSearchLoader
from searchkit.index.opensearch_paging import WHOLE, WINDOW, Hit, unseen, walk
from searchkit.index.opensearch_query import Compiler, Dsl, Held, with_ids, with_values
from searchkit.index.opensearch_state import State
from searchkit.index.opensearch_writer import OpenSearchWriter
from searchkit.index.query import KINDS, Query

_MOST_KEPT: Final = 200_000
_BLOCKS_AT_A_TIME: Final = 100
_TERMS_AT_A_TIME: Final = 2_000
_MOST_ERRORS: Final = 2
_LONGEST_FUZZY: Final = 200
# Buckets of an answer (search.max_buckets is 65,535, for all facets together).
_MOST_BUCKETS: Final = 60_000
_FEW_BUCKETS: Final = 10_000
_LANGUAGES: Final = 1_000
# Documents of a group are on one shard, so what shards count adds up.
_GROUPS: Final = {
    "init_script": "state.seen = new HashSet();",
    "map_script": "state.seen.add(doc['group'].value);",
    "combine_script": "return state.seen.size();",
    "reduce_script": "long total = 0; for (size in states) { if (size != null) { total += size; } } return total;",
}
_ENTRY: Final[Mapping[str, Any]] = MappingProxyType({"docvalue_fields": ["entry"]})


class OpenSearchEngine(OfLastCommit):
    """An index in a cluster. See `searchkit.index.engine.Engine`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._snapshot: _Snapshot | None = None
        self._terms: dict[str, set[tuple[str, str]]] = {}

    @classmethod
    def create(cls, location: Location, *, shards: int | None = None, replicas: int | None = None) -> Self:
        """Make an empty index.

        Args:
            location: its address, ``https://host:9200/articles``.
            shards: number of shards; None for what the configuration says.
            replicas: copies of each shard besides the first; None for what the configuration says.

        Raises:
            InputError: there is something of that name, or the address or the configuration cannot be used.
            IndexUnavailableError: the cluster cannot be reached, or refuses.
        """
        cluster = Cluster(Address.parse(_text(location)))
        configuration = cluster.configuration
        states.create(
            cluster,
            configuration.shards if shards is None else shards,
            configuration.replicas if replicas is None else replicas,
        )
        return cls(cluster)

    @classmethod
    def open(cls, location: Location) -> Self:
        """Open an index."""
        engine = cls(Cluster(Address.parse(_text(location))))
        engine.snapshot()
        return engine

    def writer(self, wait: float = 10.0) -> OpenSearchWriter:
        """Return the one writer."""
        checked(wait)
        self.snapshot()
        return OpenSearchWriter(self, self._cluster, wait)

    def loader(self, batch: int) -> OpenSearchLoader:
        """Return a loader for a batch of a writer elsewhere; see `searchkit.index.loading`."""
        return OpenSearchLoader(self, self._cluster, batch)

    def snapshot(self) -> "_Snapshot":
        """Return the last commit."""
        state = State.read(self._cluster)
        if state is None:
            raise IndexFormatError(f"{self._cluster.address} holds no index; index the articles again")
        snapshot = self._snapshot
        if snapshot is None or not snapshot.is_of(state):
            snapshot = self._snapshot = _Snapshot(self._cluster, state)
        snapshot.checked = time.monotonic()
        return snapshot

    def close(self) -> None:
        """Let go of the connections."""
        self._cluster.close()

    # For the writer

    def known_terms(self, index: str) -> set[tuple[str, str]]:
        """Return the terms of which an index of the cluster is known to have taken note: (field, text)."""
        known = self._terms.setdefault(index, set())
        if len(known) > _MOST_KEPT * 10:
            known.clear()
        return known


def remove(location: str) -> None:
    """Remove an index from its cluster, with all that it holds."""
    cluster = Cluster(Address.parse(location))
    try:
        states.drop(cluster, states.owned(cluster))
    finally:
        cluster.close()


def _text(location: Location) -> str:
    if isinstance(location, Path):
        raise InputError(
            f"{location}: the opensearch engine needs the address of a cluster, as http://localhost:9200/articles"
        )
    return location


class _Snapshot:
    """One commit, as one or many threads read it. What is asked of it twice is kept."""

    def __init__(self, cluster: Cluster, state: State) -> None:
        self._cluster = cluster
        self._state = state
        self._unseen = unseen(state)
        self._sizes: Mapping[str, tuple[int, Mapping[str, int]]] | None = None
        self._frequencies: dict[tuple[str, str], int] = {}
        self._counts: dict[str, int] = {}
        self._segments = 0
        # When this was the last commit.
        self.checked = time.monotonic()

    def is_of(self, state: State) -> bool:
        """Tell whether this is the commit that a state names."""
        mine = self._state
        return (mine.made, mine.generation, mine.aborted) == (state.made, state.generation, state.aborted)

    # Answering

    def search(self, request: Request) -> Response:
        self._check()
        query = Compiler(self).compile(request.query)
        if query is None:
            return Response((), 0, {name: {} for name in request.facets})
        narrowed = {name: with_values(name, values) for name, values in request.filters.items()}
        filters = {name: found or {"match_none": {}} for name, found in narrowed.items()}
        # Those on facets that are counted hold for hits only; the others for all that is counted too.
        apart = {name: found for name, found in filters.items() if name in request.facets}
        common = [found for name, found in filters.items() if name not in apart]
        every = [*common, *apart.values()]
        first = request.offset if request.limit > 0 else 0
        within = first + max(request.limit, 0) <= WINDOW
        body: dict[str, Any] = {
            "query": self._seen(query, common),
            "size": max(request.limit, 0) if within else 0,
            "from": first if within else 0,
            "sort": _sort(request),
            "track_scores": True,
            "track_total_hits": True,
            "aggs": self._aggregations(request, apart),
            **_wanted(stored=request.stored),
        }
        if apart:
            body["post_filter"] = {"bool": {"filter": list(apart.values())}}
        if request.collapse:
            body["collapse"] = {"field": "group"}
            groups = {"scripted_metric": _GROUPS}
            body["aggs"]["groups"] = {"filter": {"bool": {"filter": list(apart.values())}}, "aggs": {"n": groups}}
        answer = self._ask(body)
        total = answer["hits"]["total"]["value"]
        if request.collapse:
            total = answer["aggregations"]["groups"]["n"]["value"] or 0
        hits = answer["hits"]["hits"]
        if not within and first < total:
            hits = self._far(request, self._seen(query, every))
        others = self._others(request, self._seen(query, every), hits) if request.collapse and hits else {}
        facets = {}
        for name in request.facets:
            rest = [found for facet, found in apart.items() if facet != name]
            buckets = answer["aggregations"][f"facet {schema.facet_key(name)}"]["values"]
            facets[name] = self._counted(name, buckets, self._seen(query, [*common, *rest]))
        return Response(tuple(self._hit(hit, request, others) for hit in hits), total, facets)

    def explain(self, query: Query, ids: Iterable[str]) -> dict[str, Explanation]:
        self._check()
        compiler = Compiler(self)
        if compiler.compile(query) is None:
            return {}
        wanted = {**_ENTRY, "_source": [*(f"{kind}_*" for kind in KINDS), "facet"]}
        explained = {}
        for hit in self._by_ids(ids, wanted):
            source = hit["_source"]
            texts = {field: list(schema.from_text(text)) for field, text in source.items() if field != "facet"}
            identifier = self._entry(hit)[0].id
            held = Held(texts, source.get("facet", {}), schema.kept(identifier))
            if (found := compiler.explain(query, held)) is not None:
                explained[identifier] = found
        return explained

    def get(self, ids: Iterable[str]) -> dict[str, bytes]:
        self._check()
        hits = self._by_ids(ids, _wanted(stored=True))
        return {self._entry(hit)[0].id: schema.stored_of(hit) for hit in hits}

    def entries(self) -> Iterator[Entry]:
        self._check()
        for hit in walk(self._cluster, self._state.index, self._seen(None), **_ENTRY):
            yield self._entry(hit)[0]

    def stats(self) -> EngineStats:
        answer = self._cluster.request(
            "GET", f"/{self._state.index},{self._state.words}/_stats/segments,store", params={"level": "cluster"}
        )
        found = answer["_all"]["primaries"]
        self._segments = self._segments or found["segments"]["count"]
        return EngineStats(
            documents=sum(documents for documents, _ in self._by_language().values()),
            segments=self._segments,
            bytes=found["store"]["size_in_bytes"],
        )

    def document_frequency(self, field: str, text: str) -> int:
        known = self._frequencies.get((field, text))
        if known is None:
            # A word is asked for in one field after the other.
            fields = {f"{kind}_{language}" for kind in KINDS for language in self._by_language()}
            if field not in fields:
                return 0
            known = self.frequencies({(each, text) for each in fields})[field, text]
        return known

    def document_count(self, language: str) -> int:
        return self.documents(language)

    def prepare(self, texts: Iterable[str], fields: Collection[str] = ()) -> None:
        fields = fields or [f"{kind}_{language}" for kind in KINDS for language in self._by_language()]
        self.frequencies((field, text) for text in set(texts) for field in fields)

    def similar(
        self, field: str, text: str, distance: int, *, exchanges: bool = False
    ) -> Iterable[tuple[str, int]]:
        kind, _, language = field.partition("_")
        if not text or kind not in KINDS or not self.documents(language):
            return ()
        found = [term for term in self._near(field, text, distance, exchanges) if schema.is_whole(term)]
        frequencies = self.frequencies((field, term) for term in found)
        return [(term, frequencies[field, term]) for term in found if frequencies[field, term]]

    def terms(self, field: str, prefix: str = "") -> Iterator[tuple[str, int]]:
        kind, _, language = field.partition("_")
        if kind not in KINDS or not self.documents(language):
            return
        found = (text for text in self._words(field, prefix, None) if schema.is_whole(text))
        while some := list(islice(found, _TERMS_AT_A_TIME)):
            frequencies = self.frequencies((field, text) for text in some)
            yield from ((text, frequencies[field, text]) for text in some if frequencies[field, text])

    # What weights are made of: see `searchkit.index.opensearch_query.Collection`

    def documents(self, language: str) -> int:
        return self._by_language().get(schema.kept(language), (0, {}))[0]

    def tokens(self, field: str) -> int:
        kind, _, language = field.partition("_")
        return self._by_language().get(schema.kept(language), (0, {}))[1].get(kind, 0)

    def frequencies(self, terms: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        terms = set(terms)
        if unknown := terms - self._frequencies.keys():
            if len(self._frequencies) > _MOST_KEPT:
                self._frequencies = {}
            self._frequencies |= self._counted_frequencies(unknown)
        held = self._frequencies
        return {term: held.get(term, 0) for term in terms}

    def counts(self, queries: Sequence[Dsl]) -> Sequence[int]:
        keys = [json.dumps(query, sort_keys=True) for query in queries]
        if unknown := [(key, query) for key, query in zip(keys, queries, strict=True) if key not in self._counts]:
            lines: list[object] = []
            for _, query in unknown:
                lines += [
                    {"index": self._state.index, "allow_partial_search_results": False},
                    {"query": self._seen(query), "size": 0, "track_total_hits": True},
                ]
            body = "".join(json.dumps(line) + "\n" for line in lines).encode()
            answer = self._cluster.request("POST", "/_msearch", body)
            for (key, _), found in zip(unknown, answer["responses"], strict=True):
                if "error" in found:
                    raise self._cluster.unavailable(f"{reason_of(found)}; try again later")
                self._counts[key] = found["hits"]["total"]["value"]
        return [self._counts[key] for key in keys]

    def beginning(self, field: str, prefix: str, longest: int | None) -> Sequence[str]:
        return list(self._words(field, prefix, longest))

    # Inside

    def _check(self) -> None:
        """Make sure that what the commit had is still there, where it was replaced long ago.

        Raises:
            IndexStateError: it is not.
        """
        if time.monotonic() - self.checked < states.KEPT / 2:
            return
        now = State.read(self._cluster)
        mine = self._state
        gone = now is None or (
            now.swept > mine.generation
            if now.index == mine.index
            else mine.index not in {index for index, _ in now.retired}
        )
        if gone:
            raise IndexStateError(
                f"{self._cluster.address}: what was read is older than {states.KEPT / 60:g} minutes and has been "
                "replaced since; read it again"
            )
        self.checked = time.monotonic()

    def _ask(self, body: Mapping[str, Any]) -> Any:
        return self._cluster.request("POST", f"/{self._state.index}/_search", body, params=WHOLE)

    def _seen(self, query: Dsl | None, filters: Sequence[Dsl] = ()) -> Dsl:
        """Return what matches documents of this commit, with the scores of a query."""
        found: Dsl = {"must_not": self._unseen}
        if query is not None:
            found["must"] = [query]
        if filters:
            found["filter"] = list(filters)
        return {"bool": found}

    def _by_language(self) -> Mapping[str, tuple[int, Mapping[str, int]]]:
        """Return the number of documents in each language, and of tokens in each kind of text."""
        if self._sizes is None:
            sums = {kind: {"sum": {"field": f"length_{kind}"}} for kind in KINDS}
            languages = {"terms": {"field": "language", "size": _LANGUAGES}, "aggs": sums}
            answer = self._ask({"query": self._seen(None), "size": 0, "aggs": {"languages": languages}})
            self._sizes = {
                bucket["key"]: (bucket["doc_count"], {kind: round(bucket[kind]["value"]) for kind in KINDS})
                for bucket in answer["aggregations"]["languages"]["buckets"]
            }
        return self._sizes

    def _counted_frequencies(self, terms: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Ask each shard how many of its documents hold some terms, deleted ones too that are not merged away."""
        texts: dict[str, dict[str, str]] = defaultdict(dict)
        found: dict[tuple[str, str], int] = {}
        for field, text in terms:
            found[field, text] = 0
            kind, _, language = field.partition("_")
            if text and kind in KINDS and self.documents(language):
                texts[field][schema.term_key(text)] = text
        if not texts:
            return found
        asked = {
            "doc": {field: schema.as_text(enumerate(keys)) for field, keys in texts.items()},
            "term_statistics": True,
            "field_statistics": False,
            "positions": False,
            "offsets": False,
            "payloads": False,
        }
        body = {"docs": [{**asked, "routing": routing} for routing in self._state.routings]}
        # Copies of a shard merge deleted documents away at different times.
        params = {"preference": "_primary"}
        answer = self._cluster.request("POST", f"/{self._state.index}/_mtermvectors", body, params=params)
        for shard in answer["docs"]:
            if "error" in shard:
                raise self._cluster.unavailable(f"{reason_of(shard)}; try again later")
            for field, keys in texts.items():
                held = shard["term_vectors"].get(field, {}).get("terms", {})
                for key, text in keys.items():
                    found[field, text] += held.get(key, {}).get("doc_freq", 0)
        return found

    def _words(self, field: str, prefix: str, longest: int | None) -> Iterator[str]:
        """Yield what is kept of the terms of a field that begin so, by code point."""
        filters: list[Dsl] = [{"prefix": {"term": schema.kept_term(prefix)}}] if prefix else []
        if longest is not None:
            filters.append({"range": {"length": {"lte": longest}}})
        return self._terms_that(field, filters)

    def _near(self, field: str, text: str, distance: int, exchanges: bool) -> Iterator[str]:
        """Yield what is kept of the terms of a field within some typing errors of a word, by code point."""
        kept = schema.kept_term(text)
        # As many errors as the cluster looks for, and in words for which its automata do not grow too large.
        if 0 < distance <= _MOST_ERRORS and len(kept) <= _LONGEST_FUZZY:
            asked = {
                "value": kept,
                "fuzziness": distance,
                "prefix_length": 1,
                "transpositions": exchanges,
                "rewrite": "constant_score",
            }
            among: Dsl = {"fuzzy": {"term": asked}}
        else:
            lengths = {"gte": len(text) - distance, "lte": len(text) + distance}
            among = {"bool": {"filter": [{"prefix": {"term": kept[:1]}}, {"range": {"length": lengths}}]}}
        for term in self._terms_that(field, [among]):
            if term[0] == kept[0] and within_distance(kept, term, distance, exchanges=exchanges):
                yield term

    def _terms_that(self, field: str, filters: Sequence[Dsl]) -> Iterator[str]:
        """Yield what is kept of the terms of a field that pass filters, by code point."""
        body: dict[str, Any] = {
            "query": {"bool": {"filter": [{"term": {"field": field}}, *filters]}},
            "sort": [{"term": "asc"}],
            "size": WINDOW,
            "_source": False,
            "track_total_hits": False,
        }
        while True:
            answer = self._cluster.request("POST", f"/{self._state.words}/_search", body, params=WHOLE)
            hits = answer["hits"]["hits"]
            for hit in hits:
                yield hit["sort"][0]
            if len(hits) < WINDOW:
                return
            body["search_after"] = hits[-1]["sort"]

    def _by_ids(self, ids: Iterable[str], wanted: Mapping[str, Any]) -> Iterator[Hit]:
        rest = iter(ids)
        while some := list(islice(rest, _BLOCKS_AT_A_TIME)):
            query = {"bool": {"filter": with_ids(some), "must_not": self._unseen}}
            yield from self._ask({"query": query, "size": len(some), **wanted})["hits"]["hits"]

    def _entry(self, hit: Hit) -> tuple[Entry, str]:
        """Return the entry of a document that was found, and its group."""
        found = schema.entry_of(hit)
        if found is None:
            path = f"/{hit['_index']}/_doc/{hit['_id']}"
            whole = self._cluster.request("GET", path, params={"routing": hit["_routing"]})
            *entry, group = schema.long_of(whole, "entry")
            found = Entry(*entry), group
        return found

    # Hits

    def _hit(self, hit: Hit, request: Request, others: Mapping[int, Sequence[str]]) -> EngineHit:
        entry, group = self._entry(hit)
        behind = tuple(each for each in others.get(hit["fields"]["group"][0], ()) if each != entry.id)
        stored = schema.stored_of(hit) if request.stored else b""
        return EngineHit(entry.id, hit["_score"], stored, group, behind)

    def _others(self, request: Request, query: Dsl, hits: Sequence[Hit]) -> dict[int, list[str]]:
        """Return the ids of all matches in the groups of some hits, by rank."""
        groups = [hit["fields"]["group"][0] for hit in hits]
        found: defaultdict[int, list[str]] = defaultdict(list)
        for some in _pieces(groups, WINDOW):
            among = {"bool": {"must": [query], "filter": [{"terms": {"group": some}}]}}
            for hit in self._ranked(request, among):
                found[hit["fields"]["group"][0]].append(self._entry(hit)[0].id)
        return found

    def _ranked(self, request: Request, query: Dsl) -> Iterator[Hit]:
        wanted = {"docvalue_fields": ["entry", "group"], "track_scores": True}
        return walk(self._cluster, self._state.index, query, _sort(request), **wanted)

    def _far(self, request: Request, query: Dsl) -> list[Hit]:
        """Return the hits of a page that is further on than a cluster looks at once."""
        ranked: Iterator[Hit] = self._ranked(request, query)
        if request.collapse:
            ranked = _first_of_groups(ranked)
        page = list(islice(ranked, request.offset, request.offset + request.limit))
        if request.stored:
            ids = [self._entry(hit)[0].id for hit in page]
            blocks = {self._entry(hit)[0].id: hit["_source"] for hit in self._by_ids(ids, _wanted(stored=True))}
            page = [{**hit, "_source": blocks[name]} for hit, name in zip(page, ids, strict=True)]
        return page

    # Facets

    def _aggregations(self, request: Request, apart: Mapping[str, Dsl]) -> dict[str, Any]:
        size = min(_FEW_BUCKETS, _MOST_BUCKETS // max(len(request.facets), 1))
        found = {}
        for name in request.facets:
            others = [other for facet, other in apart.items() if facet != name]
            key = schema.facet_key(name)
            counted = {"terms": {"field": f"facet.{key}", "size": size, "shard_size": size}}
            found[f"facet {key}"] = {"filter": {"bool": {"filter": others}}, "aggs": {"values": counted}}
        return found

    def _counted(self, name: str, buckets: Mapping[str, Any], query: Dsl) -> dict[str, int]:
        """Return the counts of a facet from an answer, or from several where there are very many values.

        Args:
            name: of the facet.
            buckets: the answer; exact where it left nothing out.
            query: what it counted among.
        """
        if buckets["sum_other_doc_count"]:
            counts = dict(self._every_bucket(name, query))
        else:
            counts = {bucket["key"]: bucket["doc_count"] for bucket in buckets["buckets"]}
        return {
            key if schema.is_whole(key) else self._long_value(name, key): number for key, number in counts.items()
        }

    def _every_bucket(self, name: str, query: Dsl) -> Iterator[tuple[str, int]]:
        field = f"facet.{schema.facet_key(name)}"
        pages: dict[str, Any] = {"size": WINDOW, "sources": [{"value": {"terms": {"field": field}}}]}
        while True:
            answer = self._ask({"query": query, "size": 0, "aggs": {"values": {"composite": pages}}})
            found = answer["aggregations"]["values"]
            for bucket in found["buckets"]:
                yield bucket["key"]["value"], bucket["doc_count"]
            if len(found["buckets"]) < WINDOW:
                return
            pages["after"] = found["after_key"]

    def _long_value(self, name: str, key: str) -> str:
        """Return the long value of a facet that a key stands for, out of a document that carries it."""
        query = self._seen(None, [{"term": {f"facet.{schema.facet_key(name)}": {"value": key}}}])
        (hit,) = self._ask({"query": query, "size": 1, "_source": ["long"]})["hits"]["hits"]
        value: str = schema.long_of(hit, key)
        return value


def _wanted(*, stored: bool) -> dict[str, Any]:
    return {"docvalue_fields": ["entry", "group"], "_source": ["stored"] if stored else False}


def _sort(request: Request) -> list[dict[str, str]]:
    best = [{"_score": "desc"}, {"id": "asc"}]
    return [{"published": "desc"}, *best] if request.sort == "date" else best


def _first_of_groups(hits: Iterable[Hit]) -> Iterator[Hit]:
    seen: set[int] = set()
    for hit in hits:
        group = hit["fields"]["group"][0]
        if group not in seen:
            seen.add(group)
            yield hit


def _pieces(whole: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(whole), size):
        yield whole[start : start + size]
