"""The articles of one language in an index of tantivy, as of one commit: its files, its schema, its statistics.

Each language has an index of its own, so that the statistics with which tantivy scores (number of documents,
average length) are those of the language. A part never changes: a batch of changes makes a new folder, in which
the files that stay are hard links.
"""

import hashlib
import json
import re
import shutil
import struct
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib.metadata import version
from math import log
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import tantivy
from tantivy import Occur, Query

from searchkit.errors import IndexFormatError
from searchkit.index import files
from searchkit.index.engine import Document
from searchkit.index.fuzzy import similar
from searchkit.index.query import KINDS
from searchkit.limits import MAX_TOKEN

META: Final = "meta.json"
MANAGED: Final = ".managed.json"
# At the end of each file of a segment: JSON with its CRC-32, the length of that, a magic number.
_FOOTER: Final = struct.Struct("<II")
_MAGIC: Final = 1337
_LONGEST_FOOTER: Final = 1_000
# What tantivy says of files of a version whose format it does not know.
_OTHER: Final = re.compile(r"IncompatibleIndex.*e\.g\. (\d+)\.(\d+)\.")
# The files of a segment; without some of them tantivy opens it all the same.
SUFFIXES: Final = ("store", "idx", "pos", "term", "fast", "fieldnorm")
# tantivy passes over terms of more than 65,530 bytes, and a code point takes at most 4.
_LONGEST: Final = 16_000
_HEAD: Final = 1_000
# Stands between the beginning of a term that is too long and its digest: no text has this code point.
_CUT: Final = "\U0010ffff\U0010fffe"
# Document frequencies that a part keeps: some megabytes.
_MOST_FREQUENCIES: Final = 50_000
# Terms kept by their first letters, for words with typing errors: some ten megabytes.
_MOST_BEGUN: Final = 200_000
# Bytes of what describes a part.
_MOST_META: Final = 16_000_000
_SEGMENT_ID: Final = re.compile(r"[0-9a-f-]{32,36}")
_SHORT: Final = "="
_LONG: Final = "#"
_DIGITS: Final = "0123456789abcdef"
_PLAIN: Final = re.compile(r"\w+", re.ASCII)
# What means something in tantivy's patterns.
_SYNTAX: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_ESCAPED: Final = r"\\\g<0>"
# Of a terms aggregation: exact only where no bucket is left out.
_ALL_BUCKETS: Final = 2**31 - 1
# What tantivy says of more than 65,000 buckets.
_TOO_MANY: Final = "bucket limit"


# What is written


def schema() -> Any:
    """Return the fields of every part."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", fast=True, tokenizer_name="raw", index_option="basic")
    for kind in KINDS:
        builder.add_text_field(kind, tokenizer_name="raw", index_option="position")
    builder.add_json_field("facet", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("published", fast=True)
    builder.add_unsigned_field("group", fast=True)
    # id, digest, source, group and long values, as JSON in ASCII, which keeps halves of surrogate pairs.
    builder.add_bytes_field("entry", stored=True)
    builder.add_bytes_field("stored", stored=True)
    return builder.build()


def encode(document: Document) -> Any:
    """Return a document as tantivy takes it.

    Raises:
        ValueError: it has a kind of text that there is not.
    """
    found = tantivy.Document()
    for kind, given in document.fields.items():
        if kind not in KINDS:
            raise ValueError(f"no field is called {kind!r}; there are {', '.join(KINDS)}")
        # Positions are kept as differences.
        terms = sorted(given, key=_position)
        if max((len(text) for text, _ in terms), default=0) > _LONGEST:
            terms = [(term_key(text), position) for text, position in terms]
        token = tantivy.Token
        tokens = [token(text, position, 0, 0) for text, position in terms]
        found.add_pre_tokenized_text(kind, tantivy.PreTokenizedString("", tokens))
    found.add_text("id", term_key(document.id))
    facets = {
        _facet_key(name): {_value_key(value): value for value in values}
        for name, values in document.facets.items()
        if values
    }
    found.add_json("facet", {name: sorted(values) for name, values in facets.items()})
    found.add_integer("published", document.published)
    found.add_unsigned("group", group_key(document.group))
    long = {key: value for values in facets.values() for key, value in values.items() if key[0] == _LONG}
    entry = [document.id, document.digest, document.source, document.group, long]
    found.add_bytes("entry", json.dumps(entry).encode("ascii"))
    found.add_bytes("stored", document.stored)
    return found


def _position(term: tuple[str, int]) -> int:
    return term[1]


def term_key(text: str) -> str:
    """Return what stands for a term: itself, or its beginning and a digest where it is too long.

    Halves of surrogate pairs, which no index can hold, are replaced.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_HEAD]}{_CUT}{len(text)} {hashlib.sha256(text.encode()).hexdigest()}"


def _length(key: str) -> int:
    """Return the length of the term that a key stands for, in code points."""
    _, cut, rest = key.partition(_CUT)
    return int(rest.partition(" ")[0]) if cut else len(key)


def group_key(group: str) -> int:
    """Return a number for a group, 0 for none; two of a million groups share one in 1 of 10 million indexes."""
    if not group:
        return 0
    digest = hashlib.blake2b(group.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def _facet_key(name: str) -> str:
    """Return the key of a facet in the field of facets."""
    return name if _PLAIN.fullmatch(name) else "-" + name.encode("utf-8", "surrogatepass").hex()


def _value_key(value: str) -> str:
    """Return what stands for a value of a facet: a sign, a digit that divides values evenly, and its key.

    The sign keeps tantivy from taking a value for a date.
    """
    digit = _DIGITS[crc32(value.encode("utf-8", "surrogatepass")) % len(_DIGITS)]
    return f"{_SHORT if len(value) < _LONGEST else _LONG}{digit}{term_key(value)}"


def entry_of(document: Any) -> list[Any]:
    """Return the id, the digest, the source, the group of a document, and its long values by their keys."""
    try:
        found: list[Any] = json.loads(document.get_first("entry"))
        identifier, digest, source, group, _ = found
    except (ValueError, TypeError, RecursionError) as error:
        raise IndexFormatError("an entry of the index is damaged; index the articles again") from error
    if not type(identifier) is type(digest) is type(source) is type(group) is str:
        raise IndexFormatError("an entry of the index is damaged; index the articles again")
    return found


def stored_of(document: Any) -> bytes:
    """Return the stored bytes of a document."""
    return bytes(document.get_first("stored"))


# Folders


def link(old: Path | None, new: Path) -> None:
    """Make a folder that holds what another one does, ready to be written to."""
    files.make_folder(new)
    if old is None:
        return
    names = sorted(referenced(old))
    for name in names:
        files.link(old / name, new / name)
    files.write(new / META, (old / META).read_bytes())
    files.write(new / MANAGED, json.dumps([META, *names]).encode())


def referenced(folder: Path) -> set[str]:
    """Return the names of the files that a part consists of, besides what describes it."""
    live = _deletes(_meta(folder))
    names = set()
    for file in folder.iterdir():
        stem, _, suffix = file.name.partition(".")
        if stem in live and (not suffix.endswith("del") or suffix == f"{live[stem]}.del"):
            names.add(file.name)
    return names


def _segments(meta: Mapping[str, Any]) -> list[str]:
    """Return what the names of each segment's files begin with."""
    return [segment["segment_id"].replace("-", "") for segment in meta["segments"]]


def _deletes(meta: Mapping[str, Any]) -> dict[str, int | None]:
    """Return for each segment the number in the name of the file of its deletions; None if it has none."""
    stamps = [(segment["deletes"] or {}).get("opstamp") for segment in meta["segments"]]
    return dict(zip(_segments(meta), stamps, strict=True))


def tidy(folder: Path) -> None:
    """Remove what merging and locking left in a folder, and make sure that the rest is on disk."""
    keep = referenced(folder) | {META, MANAGED}
    for file in sorted(folder.iterdir()):
        if file.name not in keep:
            with suppress(OSError):
                files.remove(file)
    files.write(folder / MANAGED, json.dumps(sorted(keep - {MANAGED})).encode())
    files.sync(folder)


def problem(file: Path) -> str:
    """Return what is wrong with a file of a segment, by the checksum that tantivy gave it; empty if nothing is."""
    try:
        size = file.stat().st_size
        with files.open_plain(file) as stream:
            stream.seek(max(size - _LONGEST_FOOTER, 0))
            end = stream.read()
        length, magic = _FOOTER.unpack(end[-_FOOTER.size :])
        footer = end[-_FOOTER.size - length : -_FOOTER.size]
        if magic != _MAGIC or len(footer) != length:
            return "cut off"
        expected = json.loads(footer)["crc"]
        return "" if files.checksum(file, size - length - _FOOTER.size) == expected else "damaged"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return error.strerror or "unreadable"
    except (ValueError, LookupError, TypeError, struct.error):
        return "cut off or damaged"


def problems(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each file of a part with what is wrong with it; see `problem`. Reads everything."""
    try:
        meta = _meta(folder)
        names = [f"{stem}.{suffix}" for stem in _segments(meta) for suffix in SUFFIXES]
        names += [f"{stem}.{deletes}.del" for stem, deletes in _deletes(meta).items() if deletes is not None]
    except FileNotFoundError:
        yield META, "missing"
        return
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        yield META, f"damaged ({' '.join(str(error).split())})"
        return
    yield META, ""
    try:
        json.loads(files.read_plain(folder / MANAGED, _MOST_META))
        yield MANAGED, ""
    except (OSError, ValueError) as error:
        yield MANAGED, "missing" if isinstance(error, FileNotFoundError) else "damaged"
    for name in names:
        yield name, problem(folder / name)


def _meta(folder: Path) -> dict[str, Any]:
    return _described(files.read_plain(folder / META, _MOST_META))


def _described(content: bytes) -> dict[str, Any]:
    """Return what describes a part.

    Raises:
        ValueError: it names what is no segment, and may lead anywhere.
    """
    try:
        found = json.loads(content)
    except RecursionError:
        raise ValueError(f"{META} is nested as no description is") from None
    for segment in found["segments"]:
        if not _SEGMENT_ID.fullmatch(segment["segment_id"]) or type(segment["max_doc"]) is not int:
            raise ValueError(f"{META} names no segments")
    return dict(found)


# What is read


class Part:
    """The articles of one language.

    Args:
        folder: its files.
        language: the code.
        check: the CRC-32 of what describes them; None for indexes that do not keep it.

    Attributes:
        documents: number of live documents.
        counted: number of documents that statistics count: the deleted ones too that are not merged away.

    Raises:
        FileNotFoundError: the folder is not there, or not whole.
        IndexFormatError: it is damaged.
    """

    def __init__(self, folder: Path, language: str, check: int | None = None) -> None:
        self.folder = folder
        self.language = language
        try:
            content = files.read_plain(folder / META, _MOST_META)
            if check is not None and crc32(content) != check:
                raise ValueError(f"{META} was changed")
            meta = _described(content)
            self.counted: int = sum(segment["max_doc"] for segment in meta["segments"])
            _check(folder, _segments(meta))
            index = _opened(folder)
            self.searcher: Any = index.searcher()
            self.schema = index.schema
        except (FileNotFoundError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # damaged files make tantivy panic, which is no Exception
            raise unreadable(folder, error) from error
        self.documents: int = self.searcher.num_docs
        self._counts: dict[tuple[str, ...], dict[str, dict[str, int]]] = {}
        self._asked = 0
        self._held: dict[object, int] = {}
        self._frequencies: dict[tuple[str, str], int] = {}
        self._idfs: dict[int, float] = {}
        self._begun: dict[tuple[str, str], tuple[list[str], list[int]]] = {}
        self._kinds = {f"{kind}_{language}": kind for kind in KINDS}

    @cached_property
    def everything(self) -> Query:
        """All documents, with score 0."""
        return Query.const_score_query(Query.all_query(), 0.0)

    # Terms

    def kind(self, field: str) -> str | None:
        """Return the kind of text of a field, None for fields that this part has not."""
        return self._kinds.get(field)

    def document_frequency(self, kind: str, text: str) -> int:
        """Return how many documents hold a term; deleted ones may count."""
        found = self._frequencies.get((kind, text))
        if found is None:
            if len(self._frequencies) >= _MOST_FREQUENCIES:
                self._frequencies.clear()
            found = self._frequencies[kind, text] = self.searcher.doc_freq(kind, term_key(text))
        return found

    def terms(self, kind: str, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield terms that begin so, by code point, but those that are too long to be kept."""
        rows: Iterable[tuple[str, int]]
        if len(prefix) == 1:
            rows = zip(*self._beginning(kind, term_key(prefix)), strict=True)
        else:
            rows = sorted(self.searcher.terms_with_prefix(kind, term_key(prefix)))
        for key, frequency in rows:
            if _CUT not in key:
                yield key, frequency

    def keys(self, kind: str, prefix: str, longest: int | None = None) -> list[str]:
        """Return the keys of the terms that begin so; of terms that are too long, only by the kept beginning."""
        found = [key for key, _ in self.searcher.terms_with_prefix(kind, term_key(prefix))]
        return found if longest is None else [key for key in found if _length(key) <= longest]

    def beginning(self, kind: str, prefix: str, longest: int | None = None) -> Query | None:
        """Return a query for documents that hold a term that begins so; None if there are none."""
        key = term_key(prefix)
        if longest is not None or len(key) > MAX_TOKEN:
            keys = self.keys(kind, prefix, longest)
            return Query.term_set_query(self.schema, kind, keys) if keys else None
        # The terms are not listed: there may be very many.
        return Query.regex_query(self.schema, kind, f"{_SYNTAX.sub(_ESCAPED, key)}(?s:.*)")

    def similar(
        self, kind: str, text: str, distance: int, *, exchanges: bool = False
    ) -> Iterator[tuple[str, int]]:
        """Yield the keys of the terms that begin as a word does and are within some errors of it, in order."""
        word = term_key(text)
        if word:
            keys, frequencies = self._beginning(kind, word[0])
            for place in similar(keys, word, distance, exchanges=exchanges):
                yield keys[place], frequencies[place]

    def _beginning(self, kind: str, letter: str) -> tuple[list[str], list[int]]:
        """Return the keys of the terms that begin so, sorted, and their document frequencies."""
        found = self._begun.get((kind, letter))
        if found is None:
            rows = sorted(self.searcher.terms_with_prefix(kind, letter))
            found = [key for key, _ in rows], [frequency for _, frequency in rows]
            # Listed at once: other threads add to it.
            if sum(len(keys) for keys, _ in list(self._begun.values())) + len(rows) > _MOST_BEGUN:
                self._begun.clear()
            self._begun[kind, letter] = found
        return found

    def own_idf(self, frequency: int) -> float:
        """Return the weight that tantivy gives a term, in the 32 bits that it calculates with."""
        found = self._idfs.get(frequency)
        if found is None:
            ratio = _float32((max(self.counted - frequency, 0) + 0.5) / (frequency + 0.5))
            found = self._idfs[frequency] = _float32(log(_float32(1 + ratio)))
        return found

    def held(self, key: object, query: Query) -> int:
        """Return how many documents match a query, counted once for each key."""
        found = self._held.get(key)
        if found is None:
            if len(self._held) > 10_000:
                self._held.clear()
            found = self._held[key] = self.count(query)
        return found

    # Documents

    def count(self, query: Query) -> int:
        """Return how many documents match."""
        found: int = self.searcher.search(query, limit=1).count
        return found

    def with_ids(self, ids: Iterable[str]) -> Query | None:
        """Return a query for documents by their ids; None if there are none."""
        keys = [term_key(identifier) for identifier in ids if self.holds(identifier)]
        return Query.term_set_query(self.schema, "id", keys) if keys else None

    def with_values(self, name: str, values: Iterable[str]) -> Query | None:
        """Return a query for documents that carry any value of a facet."""
        keys = sorted({_value_key(value) for value in values})
        return Query.term_set_query(self.schema, f"facet.{_facet_key(name)}", keys) if keys else None

    def holds(self, identifier: str) -> bool:
        """Tell whether there is a document of this id, or was before its deletion."""
        return bool(self.searcher.doc_freq("id", term_key(identifier)))

    def address(self, identifier: str) -> Any | None:
        """Return where a document is."""
        query = Query.term_query(self.schema, "id", term_key(identifier), index_option="basic")
        hits = self.searcher.search(query, limit=1, count=False).hits
        return hits[0][1] if hits else None

    def document(self, address: Any) -> Any:
        """Return what is stored of a document, for `entry_of` and `stored_of`."""
        return self.searcher.doc(address)

    def entry(self, address: Any) -> list[Any]:
        """Return the entry of a document; see `entry_of`."""
        return entry_of(self.document(address))

    def addresses(self) -> list[Any]:
        """Return where all documents are, in the order of the files."""
        if not self.documents:
            return []
        hits = self.searcher.search(Query.all_query(), limit=self.documents, count=False).hits
        return [address for _, address in hits]

    # Facets

    def counts(
        self, query: Query | None, names: tuple[str, ...], matches: int | None = None
    ) -> Mapping[str, Mapping[str, int]]:
        """Return how many documents carry each value of some facets.

        Args:
            query: what to count among; None for all documents, whose counts are kept.
            names: of the facets.
            matches: number of documents that match the query, where it is known.
        """
        if query is None:
            found = self._counts.get(names)
            if found is None:
                found = self._counts[names] = self._aggregated(Query.all_query(), names)
            return found
        # A process that asks once need not learn this.
        self._asked += 1
        even = self._even(names) if self._asked > 1 and matches else {}
        uneven = tuple(name for name in names if name not in even)
        counted = self._aggregated(query, uneven) if uneven else {}
        return counted | {name: dict.fromkeys(values, matches or 0) for name, values in even.items()}

    def _even(self, names: tuple[str, ...]) -> Mapping[str, Iterable[str]]:
        """Return the facets in which all documents are alike, such as the language, with their values."""
        return {
            name: counts
            for name, counts in self.counts(None, names).items()
            if all(count == self.documents for count in counts.values())
        }

    def _aggregated(self, query: Query, names: tuple[str, ...]) -> dict[str, dict[str, int]]:
        try:
            return self._buckets(query, names)
        except ValueError as error:
            if _TOO_MANY not in str(error):
                raise
        found: dict[str, dict[str, int]] = {}
        for name in names:
            found[name] = {}
            for digit in _DIGITS:
                found[name] |= self._buckets(query, (name,), f".{digit}(.|\n)*")[name]
        return found

    def _buckets(self, query: Query, names: tuple[str, ...], include: str = "") -> dict[str, dict[str, int]]:
        """Count the values of some facets, all or those that a pattern includes."""
        request = {}
        for place, name in enumerate(names):
            field = f"facet.{_facet_key(name)}"
            terms = {"field": field, "size": _ALL_BUCKETS, "segment_size": _ALL_BUCKETS}
            request[str(place)] = {"terms": terms | ({"include": include} if include else {})}
        answer = self.searcher.aggregate(query, request)
        return {
            name: {
                (key[2:] if (key := bucket["key"])[0] == _SHORT else self._long(name, key)): bucket["doc_count"]
                for bucket in answer[str(place)]["buckets"]
            }
            for place, name in enumerate(names)
        }

    def _long(self, name: str, key: str) -> str:
        """Return the long value of a facet that a key stands for, out of a document that carries it."""
        query = Query.term_query(self.schema, f"facet.{_facet_key(name)}", key, index_option="basic")
        value: str = self.entry(self.searcher.search(query, limit=1).hits[0][1])[4][key]
        return value


def narrowed(query: Query, *filters: Query) -> Query:
    """Return a query that matches what the filters do too, with its own scores."""
    if not filters:
        return query
    parts = [(Occur.Must, query), *((Occur.Must, Query.const_score_query(each, 0.0)) for each in filters)]
    return Query.boolean_query(parts)


def _check(folder: Path, segments: Iterable[str]) -> None:
    """Look at each file of some segments, and into the small ones.

    Raises:
        FileNotFoundError: one is missing, which another commit may have removed.
        ValueError: one was changed.
    """
    for file in folder.iterdir():
        if not file.is_file():  # a pipe may never end
            raise ValueError(f"{file.name} is not a plain file")
    for stem in segments:
        for suffix in SUFFIXES:
            file = folder / f"{stem}.{suffix}"
            if file.stat().st_size <= files.ALWAYS_CHECKED and (found := problem(file)):
                raise ValueError(f"{file.name}: {found}")


def _opened(folder: Path) -> Any:
    """Open an index of tantivy to read from it."""
    try:
        return _loaded(folder)
    except ValueError as error:
        if "Lockfile" not in str(error):
            raise
    # tantivy wants a lock in a folder from which it reads, also where nothing can be written.
    with mirrored(folder) as mirror:
        return _loaded(mirror)


def _loaded(folder: Path) -> Any:
    index = tantivy.Index.open(str(folder))
    index.config_reader("manual")
    index.reload()
    return index


@contextmanager
def mirrored(folder: Path) -> Iterator[Path]:
    """Give a folder of names for the files of a part, for as long as it takes to open them."""
    with tempfile.TemporaryDirectory(prefix="searchkit-") as name:
        mirror = Path(name)
        for file in folder.iterdir():
            if not file.name.endswith(".lock"):
                try:
                    (mirror / file.name).symlink_to(file.resolve())
                except OSError:  # a system, or a user, that may not make symbolic links
                    shutil.copy2(file, mirror / file.name)
        yield mirror


def unreadable(folder: Path, error: BaseException) -> IndexFormatError:
    """Return the error for a part from which reading failed, which names the file that is at fault.

    Raises:
        FileNotFoundError: a file is not there, perhaps because another commit has removed it.
    """
    if other := _OTHER.search(str(error)):
        return files.OtherVersionError(
            f"{folder}: of tantivy {other[1]}.{other[2]}, which tantivy {version('tantivy')} cannot read; "
            f"run: pip install 'tantivy=={other[1]}.{other[2]}.*'"
        )
    for name, found in problems(folder):
        if found == "missing":
            raise FileNotFoundError(2, "missing", str(folder / name)) from error
        if found:
            return files.damaged(folder.parent, f"{folder / name}: {found}")
    reason = " ".join(str(error).split()) or type(error).__name__
    return files.damaged(folder.parent, f"{folder} cannot be read ({reason})")


def _float32(number: float) -> float:
    found: float = struct.unpack("f", struct.pack("f", number))[0]
    return found
