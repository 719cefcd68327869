"""Reading what is left of a damaged index of tantivy: stored documents need one file of a segment's six.

The other five are replaced by those of an index of as many empty documents, so that tantivy opens the segment;
what is stored is then read document by document.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tantivy

from searchkit.index.engine import Entry, Kept
from searchkit.index.tantivy_part import META, SUFFIXES, Part, mirrored, problems, schema, stored_of


def salvaged(folder: Path) -> Iterator[Kept]:
    """Yield the live documents of a part as far as they can be read, and one for each that is lost."""
    try:
        meta = json.loads((folder / META).read_bytes())
        segments = [(segment["segment_id"].replace("-", ""), segment) for segment in meta["segments"]]
        sizes = [
            max(segment["max_doc"] - (segment["deletes"] or {}).get("num_deleted_docs", 0), 0)
            for _, segment in segments
        ]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        yield _lost(folder, META)
        return
    bad = {name for name, found in problems(folder) if found}
    for (stem, segment), size in zip(segments, sizes, strict=True):
        store = f"{stem}.store"
        found = 0
        try:
            for kept in _documents(folder, meta, stem, segment, bad):
                found += 1
                yield kept
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException:  # noqa: S110 - damaged files make tantivy panic; what is missing follows
            pass
        yield from [_lost(folder, store)] * (size - found)


def _lost(folder: Path, name: str) -> Kept:
    return Kept(Entry("", "", ""), None, f"{folder.name}/{name}", whole=False)


def _documents(
    folder: Path, meta: dict[str, Any], stem: str, segment: dict[str, Any], bad: set[str]
) -> Iterator[Kept]:
    """Yield the documents of one segment."""
    store = f"{stem}.store"
    with mirrored(folder) as mirror, TemporaryDirectory(prefix="searchkit-") as spare:
        wanted = dict(segment)
        if any(f"{stem}.{suffix}" in bad for suffix in SUFFIXES if suffix != "store"):
            _stand_in(mirror, stem, segment["max_doc"], Path(spare))
        deletes = segment["deletes"]
        if deletes and f"{stem}.{deletes['opstamp']}.del" in bad:
            wanted["deletes"] = None  # better what was deleted than nothing
        for name in (META, ".managed.json"):
            (mirror / name).unlink(missing_ok=True)
        (mirror / META).write_text(json.dumps({**meta, "segments": [wanted]}), encoding="utf-8")
        part = Part(mirror, "")
        for address in part.addresses():
            try:
                identifier, digest, source = part.entry(address)[:3]
                kept = Entry(identifier, digest, source)
                yield Kept(kept, stored_of(part.document(address)), f"{folder.name}/{store}", store not in bad)
            except (KeyboardInterrupt, SystemExit, GeneratorExit):
                raise
            except BaseException:
                yield _lost(folder, store)


def _stand_in(mirror: Path, stem: str, documents: int, spare: Path) -> None:
    """Put files of empty documents in the place of all but the stored ones."""
    index = tantivy.Index(schema(), path=str(spare))
    writer: Any = index.writer(num_threads=1)
    for _ in range(documents):
        writer.add_document(tantivy.Document())
    writer.commit()
    writer.wait_merging_threads()
    (made,) = json.loads((spare / META).read_bytes())["segments"]
    name = made["segment_id"].replace("-", "")
    for suffix in SUFFIXES:
        if suffix != "store":
            (mirror / f"{stem}.{suffix}").unlink(missing_ok=True)
            shutil.copyfile(spare / f"{name}.{suffix}", mirror / f"{stem}.{suffix}")
