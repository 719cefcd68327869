"""bm25s: sparse scores in memory; facets counted with numpy over the documents that score.

It scores all documents, so what matches is at hand for the counts. It keeps no texts, and has no snippets.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import bm25s
import bm25s.selection
import numpy as np

from systems import FACETS, LIMIT, Answer, Document, Query, Row, Work

VERSION = bm25s.__version__


class Bm25s:
    """Arrays, read from disk when opened."""

    def index(self, folder: Path, documents: Iterable[Document]) -> None:
        """Index with the library's defaults (Lucene's variant), and save."""
        ids: list[str] = []
        tokens: list[list[str]] = []
        values: dict[str, dict[str, int]] = {name: {} for name in FACETS}
        codes: dict[str, list[int]] = {name: [] for name in FACETS}
        owners: dict[str, list[int]] = {name: [] for name in FACETS}
        for number, document in enumerate(documents):
            ids.append(document.id)
            tokens.append(document.tokens.split())
            for name in FACETS:
                for value in document.facets[name]:
                    codes[name].append(values[name].setdefault(value, len(values[name])))
                    owners[name].append(number)
        retriever = bm25s.BM25()
        retriever.index(tokens, show_progress=False)
        retriever.save(folder / "index", show_progress=False)
        (folder / "values.json").write_text(json.dumps({name: list(found) for name, found in values.items()}))
        arrays = {f"{name}_codes": np.array(codes[name], np.int32) for name in FACETS}
        arrays |= {f"{name}_owners": np.array(owners[name], np.int32) for name in FACETS}
        np.savez(folder / "facets.npz", ids=np.array(ids), **arrays)

    def open(self, folder: Path) -> None:
        """Read everything."""
        self._retriever = bm25s.BM25.load(folder / "index", show_progress=False)
        self._values = json.loads((folder / "values.json").read_text())
        with np.load(folder / "facets.npz") as arrays:
            self._arrays = {name: arrays[name] for name in arrays.files}

    def search(self, query: Query, work: Work) -> Answer:
        """Search for any of the tokens; documents that hold none score 0."""
        known = [token for token in query.tokens if token in self._retriever.vocab_dict]
        if not known:
            return Answer([], {name: {} for name in FACETS} if work != "hits" else None, [])
        scores = self._retriever.get_scores(known)
        best, places = bm25s.selection.topk(scores, k=min(LIMIT, len(scores)))
        ids = [str(self._arrays["ids"][place]) for place in places[best > 0]]
        if work == "hits":
            return Answer(ids, None, [])
        matches = scores > 0
        facets: dict[str, dict[str, int]] = {}
        for name in FACETS:
            codes = self._arrays[f"{name}_codes"][matches[self._arrays[f"{name}_owners"]]]
            counts = np.bincount(codes, minlength=len(self._values[name]))
            facets[name] = {self._values[name][code]: int(counts[code]) for code in np.flatnonzero(counts)}
        return Answer(ids, facets, [])


ROWS = {
    "bm25s": Row(Bm25s, ("hits", "facets"), "in memory, saved and loaded whole; facets by numpy; keeps no texts")
}
