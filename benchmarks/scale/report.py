"""Results as a file of values, and as tables."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = "scale.csv"
_ROWS: Final = (
    ("index_s", "indexing, wall (s)"),
    ("index_cpu_s", "indexing, processor of the process (s)"),
    ("convert_cpu_s", "indexing without analysis, processor (s)"),
    ("workers_cpu_s", "loading, processor of workers and coordinator (s)"),
    ("nodes_cpu_s", "loading, processor of the nodes, copies included (s)"),
    ("load_s", "loading, wall, all files (s)"),
    ("finish_s", "loading, wall, what follows: ties, groups, commit (s)"),
    ("index_bytes", "index, without copies (bytes)"),
    ("words_bytes", "its list of words (bytes)"),
    ("words", "words in it"),
    ("index_peak_mb", "memory while indexing (MB)"),
    ("coordinator_peak_mb", "memory of the coordinator (MB)"),
    ("p50_ms", "search, median (ms)"),
    ("p95_ms", "search, 95th percentile (ms)"),
    ("nodes_query_cpu_s", "all searches, processor of the nodes (s)"),
    ("search_peak_mb", "memory of the searching process (MB)"),
    ("heap_mb", "heap of a node, in use (MB)"),
    ("node_mb", "memory of a node, mapped files included (MB)"),
)


class Line(NamedTuple):
    """One value.

    Attributes:
        system: an engine, or ``run``, ``analysis`` and ``corpus``.
        size: number of articles; 0 where it does not matter.
        value: a number, or of the run a text.
    """

    system: str
    size: int
    metric: str
    value: float | str


def write(lines: Sequence[Line], folder: Path) -> None:
    """Write scale.csv."""
    with (folder / FILE).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(Line._fields)
        for line in lines:
            value = line.value if isinstance(line.value, str) else f"{line.value:.6g}"
            writer.writerow((line.system, line.size, line.metric, value))


def read(folder: Path) -> list[Line]:
    """Read scale.csv.

    Raises:
        SystemExit: it is not there.
    """
    try:
        with (folder / FILE).open(encoding="utf-8", newline="") as stream:
            found = list(csv.DictReader(stream))
    except OSError as error:
        raise SystemExit(f"{folder / FILE}: {error.strerror}; measure first") from error
    return [
        Line(
            row["system"],
            int(row["size"]),
            row["metric"],
            row["value"] if row["system"] == "run" else float(row["value"]),
        )
        for row in found
    ]


def value(lines: Sequence[Line], system: str, size: int, metric: str) -> float | None:
    """Return a value, None if it was not measured."""
    return next((float(line.value) for line in lines if line[:3] == (system, size, metric)), None)


def sizes(lines: Sequence[Line]) -> list[int]:
    """Return the numbers of articles that were measured, smallest first."""
    return sorted({line.size for line in lines if line.system == "corpus"})


def markdown(lines: Sequence[Line], table: str) -> str:
    """Return scale.md."""
    told = "; ".join(f"{line.metric} {line.value}" for line in lines if line.system == "run")
    parts = [
        "# Scale: what was measured, and what follows\n",
        "Made by `python benchmarks/scale/run.py`; what it means: [docs/scale.md](../../docs/scale.md).\n",
        f"{told}\n",
        "## Analysis, on one processor\n",
        _grid(["articles", "number", "characters", "µs for 1,000 of them", "articles a second"], _analysis(lines)),
    ]
    for size in sizes(lines):
        characters = value(lines, "corpus", size, "characters") or 0.0
        parts.append(f"## {size:,} articles, {characters / size:,.0f} characters each\n")
        systems = [name for name in ("whoosh", "tantivy", "opensearch") if value(lines, name, size, "p50_ms")]
        rows = []
        for metric, label in _ROWS:
            found = [value(lines, system, size, metric) for system in systems]
            if any(one is not None for one in found):
                rows.append([label, *("" if one is None else short(one) for one in found)])
        parts.append(_grid(["", *systems], rows))
    return "\n".join([*parts, table])


def _analysis(lines: Sequence[Line]) -> list[list[str]]:
    rows = []
    for source, name in (("corpus", "of the corpus"), ("samples", "the sample articles")):
        number, characters, seconds = (
            value(lines, "analysis", 0, f"{source} {metric}") or 0.0
            for metric in ("articles", "characters", "cpu_s")
        )
        if seconds:
            each = 1e9 * seconds / characters
            rows.append([name, short(number), short(characters), short(each), short(number / seconds)])
    return rows


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, marks, *rows))


def short(number: float) -> str:
    """Return a number with three digits that count."""
    if number >= 1_000 or number == round(number):
        return f"{number:,.0f}"
    return f"{number:.3g}"
