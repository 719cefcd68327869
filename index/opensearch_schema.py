"""Documents as an OpenSearch cluster takes them: the fields, and how our tokens pass its analysis unchanged.

OpenSearch has no field type for tokens that were made elsewhere. So a text is sent as its terms: positions are
separated by spaces, the terms of one position by bars, and a position without a term holds a mark. The analyzer
splits at spaces, drops the marks, which leaves their positions empty, and splits at bars, which puts what follows
at the same position.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from searchkit.index.bm25 import K1, B
from searchkit.index.engine import Document, Entry
from searchkit.index.query import KINDS

# In code points, which take at most 4 bytes. Lucene takes values of up to 32,766 bytes, and looks for beginnings
# of up to 1,000.
_LONGEST: Final = 8_000
_LONGEST_TERM: Final = 240
# What is kept of a longer one.
_HEAD: Final = 160
# Stands between the beginning of a term that is too long and its digest: no text has this code point.
_CUT: Final = "\U0010ffff\U0010fffe"
# A position without a term. Terms that hold it, or a separator, hold another private code point in its place: one
# for one, so that lengths and distances stay.
_GAP: Final = "\U0010ff00"
_BESIDE: Final = "|"
_PRIVATE: Final = str.maketrans({" ": "\U0010ff20", _BESIDE: "\U0010ff7c", _GAP: "\U0010ff01"})
_PLAIN: Final = re.compile(r"\w+", re.ASCII)
# Of values in columns.
_MOST_BYTES: Final = 32_000
_ANALYZER: Final = "searchkit_terms"
_SIMILARITY: Final = "searchkit_bm25"
# What a term or a phrase counts, from 0 to K1 + 1 (`searchkit.index.bm25.saturation`): the average length comes
# with the query, as its boost, so no statistic of a shard has a part in it. Lengths are those of `scored_length`.
_SATURATION: Final = (
    f"return doc.freq * {K1 + 1} / (doc.freq + {K1} * ({1 - B} + {B} * doc.length / query.boost));"
)
_KEYWORD: Final = {"type": "keyword", "norms": False}
_NOT_SEARCHED: Final = {"type": "integer", "index": False}


# What is written


def articles(name: str, shards: int, replicas: int) -> dict[str, Any]:
    """Return the settings and fields of the index that holds the documents.

    Args:
        name: of the index, as people call it.
        shards: number of shards.
        replicas: copies of each besides the first.
    """
    text = {
        "type": "text",
        "analyzer": _ANALYZER,
        "similarity": _SIMILARITY,
        "index_options": "positions",
    }
    return {
        "settings": {
            "number_of_shards": shards,
            "number_of_replicas": replicas,
            # A commit refreshes.
            "refresh_interval": -1,
            "mapping.total_fields.limit": 10_000,
            "merge.policy.segments_per_tier": 5,
            "merge.policy.max_merge_at_once": 5,
            "similarity": {
                _SIMILARITY: {
                    "type": "scripted",
                    # Terms beside each other at one position count in a length.
                    "discount_overlaps": False,
                    "script": {"source": _SATURATION},
                }
            },
            "analysis": {
                "tokenizer": {"positions": {"type": "simple_pattern_split", "pattern": " "}},
                "filter": {
                    "gaps": {"type": "stop", "stopwords": [_GAP]},
                    "beside": {
                        "type": "pattern_capture",
                        "preserve_original": False,
                        "patterns": [f"([^{_BESIDE}]+)"],
                    },
                },
                "analyzer": {
                    _ANALYZER: {"type": "custom", "tokenizer": "positions", "filter": ["gaps", "beside"]}
                },
            },
        },
        "mappings": {
            "_meta": {"searchkit": name},
            "dynamic_templates": [
                {"texts": {"match_pattern": "regex", "match": rf"({'|'.join(KINDS)})_.*", "mapping": text}},
                {"facets": {"path_match": "facet.*", "match_mapping_type": "string", "mapping": _KEYWORD}},
            ],
            "properties": {
                "id": _KEYWORD,
                "language": _KEYWORD,
                # The commit with which it came, and the one with which it went; none while it is there.
                "born": {"type": "long"},
                "died": {"type": "long"},
                "published": {"type": "integer"},
                "group": {"type": "long"},
                **{f"length_{kind}": _NOT_SEARCHED for kind in KINDS},
                # id, digest, source and group.
                "entry": {"type": "binary", "doc_values": True},
                "stored": {"type": "binary"},
                # Entries and facet values that are too long for a column.
                "long": {"type": "object", "enabled": False},
            },
        },
    }


def words(name: str, replicas: int) -> dict[str, Any]:
    """Return the settings and fields of the index that holds the terms of each field once, for `Engine.terms`."""
    return {
        "settings": {
            "number_of_shards": 1,
            "number_of_replicas": replicas,
            "refresh_interval": -1,
            "hidden": True,
        },
        "mappings": {
            "_meta": {"searchkit": name},
            "dynamic": "strict",
            "properties": {
                "field": _KEYWORD,
                "term": _KEYWORD,
                "length": {"type": "integer"},
            },
        },
    }


def state(name: str) -> dict[str, Any]:
    """Return the settings and fields of the index that holds the state and the writer's lock."""
    return {
        "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-2", "hidden": True},
        "mappings": {"_meta": {"searchkit": name}, "enabled": False},
    }


def encode(document: Document) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    """Return a document as the cluster takes it, and its terms: (field, what is kept of it).

    Raises:
        ValueError: it has a kind of text that there is not.
    """
    long: dict[str, object] = {}
    entry = json.dumps([document.id, document.digest, document.source, document.group])
    if len(entry) > _MOST_BYTES:
        long["entry"] = [document.id, document.digest, document.source, document.group]
        entry = "null"
    facets = {
        facet_key(name): {kept(value): value for value in values}
        for name, values in document.facets.items()
        if values
    }
    for values in facets.values():
        long |= {key: value for key, value in values.items() if not is_whole(key)}
    found: dict[str, Any] = {
        "id": kept(document.id),
        "language": kept(document.language),
        "published": document.published,
        "group": group_key(document.id, document.group),
        "entry": base64.b64encode(entry.encode()).decode(),
        "stored": base64.b64encode(document.stored).decode(),
        "facet": {name: sorted(values) for name, values in facets.items()},
    }
    if long:
        found["long"] = {key: json.dumps(value) for key, value in long.items()}
    held: set[tuple[str, str]] = set()
    for kind, given in document.fields.items():
        if kind not in KINDS:
            raise ValueError(f"no field is called {kind!r}; there are {', '.join(KINDS)}")
        field = f"{kind}_{document.language}"
        terms = [(position, text) for text, position in given if text]
        if terms:
            found[field] = as_text((position, term_key(text)) for position, text in terms)
            found[f"length_{kind}"] = len(terms)
            held.update((field, kept_term(text)) for _, text in terms)
    return found, held


def as_text(terms: Iterable[tuple[int, str]]) -> str:
    """Return terms as the analyzer takes them.

    Args:
        terms: (position, key), the first position being 0; in any order.
    """
    positions: list[str] = []
    last = -1
    for position, key in sorted(terms, key=_position):
        if position == last:
            positions[-1] += _BESIDE + key
        else:
            positions += [_GAP] * (position - last - 1)
            positions.append(key)
            last = position
    return " ".join(positions)


def _position(term: tuple[int, str]) -> int:
    return term[0]


def from_text(text: str) -> Iterator[tuple[int, str]]:
    """Yield the terms of a text again: (position, key)."""
    for position, keys in enumerate(text.split(" ")):
        if keys != _GAP:
            for key in keys.split(_BESIDE):
                yield position, key


def kept(text: str, longest: int = _LONGEST) -> str:
    """Return what is kept of a text: itself, or its beginning and a digest where it is too long.

    Halves of surrogate pairs, which no index can hold, are replaced.
    """
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(text) <= longest:
        return text
    return f"{text[:_HEAD]}{_CUT}{len(text)}.{hashlib.sha256(text.encode()).hexdigest()}"


def kept_term(text: str) -> str:
    """Return what is kept of a term."""
    return kept(text, _LONGEST_TERM)


def is_whole(kept_text: str) -> bool:
    """Tell whether what is kept of a text is the text."""
    return _CUT not in kept_text


def length_of(kept_text: str) -> int:
    """Return the length of a text of which this is kept, in code points."""
    _, cut, rest = kept_text.partition(_CUT)
    return int(rest.partition(".")[0]) if cut else len(kept_text)


def term_key(text: str) -> str:
    """Return what stands for a term in a text: what is kept of it, without separators."""
    return kept_term(text).translate(_PRIVATE)


def facet_key(name: str) -> str:
    """Return the key of a facet in the field of facets."""
    return name if _PLAIN.fullmatch(name) else "-" + name.encode("utf-8", "surrogatepass").hex()


def group_key(identifier: str, group: str) -> int:
    """Return a number for a document's group; two of a million groups share one in 1 of 30 million indexes."""
    group = f"group {group}" if group else f"id {identifier}"
    digest = hashlib.blake2b(group.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def identity(identifier: str) -> str:
    """Return a short name for an article's id that a cluster takes for one of its own."""
    digest = hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=15).digest()
    return base64.urlsafe_b64encode(digest).decode()


# What is read


def entry_of(hit: Mapping[str, Any]) -> tuple[Entry, str] | None:
    """Return the entry of a document that was found, and its group; None if it was too long for a column."""
    # It comes without padding, and more of that than needed does no harm.
    found = json.loads(base64.b64decode(hit["fields"]["entry"][0] + "=="))
    return None if found is None else (Entry(*found[:3]), found[3])


def long_of(hit: Mapping[str, Any], key: str) -> Any:
    """Return what was too long for a column: of a facet value's key the value, of ``entry`` the entry."""
    return json.loads(hit["_source"]["long"][key])


def stored_of(hit: Mapping[str, Any]) -> bytes:
    """Return the stored bytes of a document that was found."""
    return base64.b64decode(hit["_source"]["stored"])
