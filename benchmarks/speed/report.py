"""From speed.csv to speed.md and plots. Ratios are made here, and written to the CSV too."""

import csv
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

# Of a breakdown: no part, but what to compare with the sum of all.
ALONE: Final = "tantivy by itself, the same terms"
# "Systems" that are none: the machine and the options; the corpus and its growth.
RUN: Final = "(run)"
CORPUS: Final = "(corpus)"
# Metrics that are none.
DONE: Final = "done"
SKIPPED: Final = "skipped"
REAL: Final = "documents in the corpus"
RATIO: Final = "p50 / "

_WORKS: Final = {
    "hits": "the ten best",
    "facets": "the ten best and three facet counts",
    "snippets": "the ten best, three facet counts and ten snippets",
}
_LATENCIES: Final = ("p50_ms", "p95_ms", "p99_ms", "mean_ms", "cpu_ms")
# Of the tables, as of the plots.
_ORDER: Final = (
    *("engine-tantivy", "engine-whoosh", "articles-tantivy", "articles-whoosh"),
    *("tantivy", "xapian", "sqlite", "bm25s", "whoosh"),
)


class Line(NamedTuple):
    """One line of the CSV.

    Attributes:
        system: a row of systems/, `RUN` or `CORPUS`.
        documents: number of documents indexed.
        work: what was asked for (`systems.Work`); "breakdown"; a language, of the corpus; or nothing.
        metric: what was measured.
        note: what is no number.
    """

    system: str
    documents: int
    work: str
    metric: str
    value: float
    unit: str
    note: str = ""


def unit(metric: str) -> str:
    """Return the unit of a metric, which its name ends in."""
    for ending, name in (("_ms", "ms"), ("_mb", "MB"), ("_per_s", "documents/s"), ("_s", "s")):
        if metric.endswith(ending):
            return name
    return "queries/s" if metric.startswith("qps_") else ""


def read(file: Path) -> list[Line]:
    """Return the lines of a CSV, without ratios, which `write` makes anew; none if there is no file."""
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if tuple(rows.fieldnames or ()) != Line._fields:
            raise SystemExit(f"{file} is not of this benchmark: its columns are not {','.join(Line._fields)}")
        found = [Line(**row | {"documents": int(row["documents"]), "value": float(row["value"])}) for row in rows]
    return [line for line in found if not line.metric.startswith(RATIO)]


def keep(lines: Iterable[Line], file: Path) -> None:
    """Write the CSV, all or nothing."""
    new = file.with_suffix(".new")
    with new.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(Line._fields)
        writer.writerows((*line[:4], _short(line.value), *line[5:]) for line in lines)
    new.replace(file)


def _short(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def write(lines: Sequence[Line], folder: Path) -> None:
    """Write speed.csv with its ratios, speed.md, and growth and breakdown as PNG and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    # As the file has them: what is made from it later is the same.
    lines = [line._replace(value=float(_short(line.value))) for line in lines]
    found = [*lines, *ratios(lines)]
    keep(found, folder / "speed.csv")
    plotted = plots(lines, folder)
    (folder / "speed.md").write_text(markdown(found, plotted), encoding="utf-8")


class _Table:
    """The lines by what they tell."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = list(lines)
        self._values = {(line.system, line.documents, line.work, line.metric): line for line in self.lines}
        self.sizes = sorted({line.documents for line in self.lines if line.documents})
        there = {line.system for line in self.lines if line.metric == DONE or line.metric == SKIPPED}
        self.systems = sorted(there, key=lambda name: (_ORDER.index(name) if name in _ORDER else 99, name))
        self.ours = [name for name in self.systems if name.startswith(("engine-", "articles-"))]
        self.peers = [name for name in self.systems if name not in self.ours]

    def value(self, system: str, size: int, metric: str, work: str = "") -> float | None:
        """Return a number, if it was measured."""
        line = self._values.get((system, size, work, metric))
        return None if line is None else line.value

    def note(self, system: str, size: int, metric: str) -> str:
        """Return what is no number."""
        line = self._values.get((system, size, "", metric))
        return "" if line is None else line.note


def ratios(lines: Iterable[Line]) -> list[Line]:
    """Return how many times the median latency of each peer each of our rows takes, at the same work."""
    table = _Table(lines)
    found = []
    for size in table.sizes:
        for name in table.ours:
            for peer in table.peers:
                for work in _WORKS:
                    own, other = (table.value(row, size, "p50_ms", work) for row in (name, peer))
                    if own is not None and other:
                        found.append(Line(name, size, work, f"{RATIO}{peer}", own / other, "ratio"))
    return found


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def markdown(lines: Sequence[Line], plotted: Sequence[str]) -> str:
    """Return the report."""
    table = _Table(lines)
    parts = ["# Speed, measured", _head(table)]
    if "growth" in plotted:
        parts.append("![Growth of latency, throughput, index and memory with the documents](growth.svg)")
    for size in table.sizes:
        parts += [f"## {size:,} documents", *_size(table, size)]
    parts += _growth(table)
    parts += _breakdown(table, plotted)
    parts += _corpus(table)
    return "\n\n".join(parts) + "\n"


def _head(table: _Table) -> str:
    told = {line.metric: line.note or _number(line.value) for line in table.lines if line.system == RUN}
    systems = {line.system: line.note for line in table.lines if line.metric == "version"}
    by_version: defaultdict[str, list[str]] = defaultdict(list)
    for name in table.systems:
        if name in systems:
            by_version[systems[name]].append(name)
    versions = "; ".join(f"{', '.join(names)} {number}" for number, names in by_version.items())
    text = (
        f"{told.get('processor', '')}, {told.get('cores', '')} cores, {told.get('system', '')}, "
        f"{told.get('python', '')}. Corpus {told.get('corpus', '')} ({told.get(REAL, '')} documents, then grown), "
        f"seed {told.get('seed', '')}, {told.get('queries', '')} queries. "
        f"Starting Python alone takes {told.get('python alone', '')} s. Versions: {versions}.\n\n"
        "Made by `benchmarks/speed/run.py`; [docs/performance.md](../../docs/performance.md) explains it."
    )
    notes = {line.system: line.note for line in table.lines if line.metric == "set-up"}
    return text + "\n\n" + "\n".join(f"- {name}: {notes[name]}" for name in table.systems if name in notes)


def _size(table: _Table, size: int) -> list[str]:
    measured = [name for name in table.systems if table.value(name, size, "docs_per_s") is not None]
    parts = []
    head = ["system", "docs/s", "index MB", "memory to index MB", "to search MB", "cold start s"]
    metrics = ("docs_per_s", "index_mb", "index_peak_mb", "search_peak_mb", "cold_s")
    head += ["queries/s, 1 thread", "2", "8"]
    metrics += ("qps_1", "qps_2", "qps_8")
    if measured:
        rows = [[name, *(_number(table.value(name, size, metric)) for metric in metrics)] for name in measured]
        parts.append(_markdown_table(head, rows))
    for work, told in _WORKS.items():
        rows = []
        for name in measured:
            if (queries := table.value(name, size, "queries", work)) is not None:
                values = [_number(table.value(name, size, metric, work)) for metric in _LATENCIES]
                rows.append([name, *values, f"{queries:.0f}"])
        if rows:
            latencies = ["p50 ms", "p95 ms", "p99 ms", "mean ms", "processor ms", "queries"]
            parts.append(f"A query for {told}:\n\n{_markdown_table(['system', *latencies], rows)}")
    if compared := _ratios(table, size):
        parts.append(compared)
    if agreed := _agreement(table, size, measured):
        parts.append(agreed)
    left = [f"- {name}: {reason}" for name in table.systems if (reason := table.note(name, size, SKIPPED))]
    if left:
        parts.append("Not measured:\n\n" + "\n".join(left))
    return parts


def _ratios(table: _Table, size: int) -> str:
    rows = []
    for name in table.ours:
        for work in _WORKS:
            values = [table.value(name, size, f"{RATIO}{peer}", work) for peer in table.peers]
            if any(value is not None for value in values):
                rows.append([name, work, *map(_number, values)])
    if not rows:
        return ""
    head = ["system", "work", *(f"/ {peer}" for peer in table.peers)]
    return (
        f"Median time of a query as a multiple of each peer's, at the same work:\n\n{_markdown_table(head, rows)}"
    )


def _agreement(table: _Table, size: int, measured: Sequence[str]) -> str:
    """Tell whether systems fed with the same tokens found as many documents with the same facets."""
    same: defaultdict[str, list[str]] = defaultdict(list)
    for name in measured:
        if not name.startswith("articles-"):
            same[table.note(name, size, "answers")].append(name)
    groups = sorted(same.values(), key=len, reverse=True)
    if len(groups) == 1 and len(groups[0]) > 1:
        matches = table.value(groups[0][0], size, "matches")
        return f"All systems count the same facets; a query matches {_number(matches)} documents in the mean."
    if len(groups) > 1:
        return "Counts differ: " + "; ".join(", ".join(group) for group in groups) + "."
    return ""


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return b of y = a x^b, by least squares on the logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    x_mean, y_mean = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    return sum((x - x_mean) * (y - y_mean) for x, y in logs) / sum((x - x_mean) ** 2 for x, _ in logs)


def _growth(table: _Table) -> list[str]:
    rows = []
    for work in ("facets", "snippets"):
        for name in table.systems:
            values = [(size, table.value(name, size, "p50_ms", work)) for size in table.sizes]
            points = [(float(size), value) for size, value in values if value]
            if len(points) > 1:
                rows.append([name, work, *(_number(value) for _, value in values), f"{slope(points):.2f}"])
    if not rows:
        return []
    head = ["system", "work", *(f"{size:,}" for size in table.sizes), "b"]
    text = "Median ms of a query by number of documents n, and b of the curve a·n^b that fits best:"
    return ["## Growth", f"{text}\n\n{_markdown_table(head, rows)}"]


def _breakdown(table: _Table, plotted: Sequence[str]) -> list[str]:
    cells = [
        (size, name)
        for size in table.sizes
        for name in table.systems
        if any((line.system, line.documents, line.work) == (name, size, "breakdown") for line in table.lines)
    ]
    if not cells:
        return []
    lines = [line for line in table.lines if line.work == "breakdown"]
    names = list(dict.fromkeys(line.metric for line in lines if line.metric != ALONE))
    rows = [
        [part, *(_number(table.value(name, size, part, "breakdown")) for size, name in cells)] for part in names
    ]
    sums = [sum(table.value(name, size, part, "breakdown") or 0.0 for part in names) for size, name in cells]
    rows.append(["all", *map(_number, sums)])
    alone = [table.value(name, size, ALONE, "breakdown") for size, name in cells]
    if any(alone):
        rows.append([ALONE, *map(_number, alone)])
        ratios = [whole / part if part else None for whole, part in zip(sums, alone, strict=True)]
        rows.append(["all / by itself", *map(_number, ratios)])
    head = ["processor ms, mean of all queries", *(f"{name}, {size:,}" for size, name in cells)]
    parts = ["## Where the time of one query goes", _markdown_table(head, rows)]
    if "breakdown" in plotted:
        parts.append("![Parts of one query's time](breakdown.svg)")
    return parts


def _corpus(table: _Table) -> list[str]:
    real: defaultdict[str, dict[str, float]] = defaultdict(dict)
    grown: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for line in table.lines:
        if line.system == CORPUS:
            (grown if line.unit == "grown" else real)[line.work][line.metric] = line.value
    if not grown:
        return []

    def pair(language: str, metric: str) -> str:
        return f"{real[language][metric]:g} / {grown[language][metric]:g}"

    rows = [
        [
            language,
            f"{real[language]['documents']:,.0f}",
            *(pair(language, metric) for metric in ("length", "longest", "ratio", "once", "exponent")),
            pair(language, "top"),
            pair(language, "share"),
            f"{real[language]['apart']:.0%} / {grown[language]['apart']:.0%}",
        ]
        for language in real
    ]
    head = ["language", "documents", "words in one, mean", "90 % have at most", "types / tokens"]
    head += [
        "types met once",
        "Heaps' exponent",
        "of the top 100 words",
        "their share of all words",
        "their frequencies apart",
    ]
    text = (
        "Real / grown. The corpus is cut in two halves; from one, as many documents are grown as the other has, "
        "and the two are compared. Types, tokens and Heaps' exponent are of the half and what was added to it. "
        "Of the top hundred words of the other half, the real number is of the half that was grown from: what two "
        "draws of one corpus have in common."
    )
    return ["## The grown corpus", f"{text}\n\n{_markdown_table(head, rows)}"]


def plots(lines: Sequence[Line], folder: Path) -> list[str]:
    """Draw growth and breakdown; return what was drawn, nothing without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        print("no plots: pip install matplotlib", file=sys.stderr)
        return []
    matplotlib.use("Agg")
    matplotlib.rcParams |= {
        "svg.hashsalt": "speed",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    table = _Table(lines)
    drawn = []
    for name, draw in (("growth", _draw_growth), ("breakdown", _draw_breakdown)):
        figure = draw(table)
        if figure is None:
            continue
        figure.savefig(folder / f"{name}.png", dpi=150, metadata={"Software": None})
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
        drawn.append(name)
    return drawn


_PANELS: Final = (
    ("Query with three facet counts, median ms", "p50_ms", "facets"),
    ("Query with facets and ten snippets, median ms", "p50_ms", "snippets"),
    ("Indexing, documents/s", "docs_per_s", ""),
    ("Queries/s, 8 threads", "qps_8", ""),
    ("Index, MB", "index_mb", ""),
    ("Memory to search, MB", "search_peak_mb", ""),
)


def _draw_growth(table: _Table) -> Any:
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    if not table.sizes:
        return None
    colours = {name: colormaps["tab10"](place % 10) for place, name in enumerate(_ORDER)}
    figure = Figure(figsize=(11, 11), layout="constrained")
    shown: dict[str, Any] = {}
    for axes, (title, metric, work) in zip(figure.subplots(3, 2).flat, _PANELS, strict=True):
        for name in table.systems:
            points = [(size, table.value(name, size, metric, work)) for size in table.sizes]
            known = [(size, value) for size, value in points if value]
            if known:
                (line,) = axes.plot(
                    *zip(*known, strict=True),
                    marker="o" if name in table.ours else "s",
                    linestyle="-" if name in table.ours else "--",
                    linewidth=2 if name in table.ours else 1.2,
                    color=colours.get(name, "black"),
                )
                shown.setdefault(name, line)
        axes.set(title=title, xscale="log", yscale="log", xlabel="documents")
        axes.set_xticks(table.sizes, [f"{size:,}" for size in table.sizes])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=5, frameon=False)
    return figure


def _draw_breakdown(table: _Table) -> Any:
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    found = [line for line in table.lines if line.work == "breakdown" and line.metric != ALONE]
    if not found:
        return None
    cells = list(dict.fromkeys((line.system, line.documents) for line in sorted(found, key=_place)))
    parts = list(dict.fromkeys(line.metric for line in found))
    figure = Figure(figsize=(11, 2 + 0.5 * len(cells)), layout="constrained")
    axes = figure.subplots()
    left = [0.0] * len(cells)
    labels = [f"{name}, {size:,}" for name, size in cells]
    for number, part in enumerate(parts):
        values = [table.value(name, size, part, "breakdown") or 0.0 for name, size in cells]
        axes.barh(labels, values, left=left, label=part, color=colormaps["tab20"](number % 20))
        left = [before + value for before, value in zip(left, values, strict=True)]
    axes.invert_yaxis()
    axes.set(title="ArticleIndex.search(): processor time of a query, mean", xlabel="ms")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def _place(line: Line) -> tuple[str, int]:
    return line.system, line.documents
