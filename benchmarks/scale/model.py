"""What follows from the figures for any number of articles. The formulas are explained in docs/scale.md."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from report import Line, short, sizes, value

SIZES: Final = tuple(10**power for power in range(4, 10))
# What an article is, also where it is measured; and, assumed, what a machine has.
CHARACTERS: Final = 5_000
CORES: Final = 8
MEMORY: Final = 32e9
DISK: Final = 1e12
# Of the disk, before OpenSearch moves shards away (its watermarks begin at 85 %), with room to merge.
FULL: Final = 0.6
# OpenSearch asks for shards of 10 to 50 GB, and for half of the memory as page cache.
SHARD: Final = 30e9
CACHE: Final = MEMORY / 2
COPIES: Final = 2
# Of an index that one machine serves well: what is read again and again stays in its page cache.
EMBEDDED: Final = CACHE


@dataclass(frozen=True, slots=True)
class Rates:
    """What one character or one article costs, measured.

    Attributes:
        analysis: seconds of a processor for a character, in workers.
        ingest: seconds of the nodes' processors for a character, with a copy of each shard.
        bytes: of the cluster's index for a character, without copies.
        embedded: of the tantivy engine's index for a character.
        hot: share of the cluster's index that searches read; the rest is articles to show.
    """

    analysis: float
    ingest: float
    bytes: float
    embedded: float
    hot: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What so many articles take."""

    articles: int
    engine: str
    bytes: float
    shards: int
    nodes: int
    analysis_hours: float
    ingest_hours: float
    load_hours: float
    coordinator_gb: float


def rates(lines: Sequence[Line]) -> Rates:
    """Return the rates between the smallest and the largest size measured: what starting costs is left out.

    Raises:
        SystemExit: fewer than two sizes were measured.
    """
    measured = sizes(lines)
    if len(measured) < 2:
        raise SystemExit("measure two sizes at least: what one article more costs is their difference")
    small, large = measured[0], measured[-1]

    def at(size: int, metric: str, system: str = "opensearch") -> float:
        return value(lines, system, size, metric) or 0.0

    characters = at(large, "characters", "corpus") - at(small, "characters", "corpus")

    def each(metric: str, system: str = "opensearch") -> float:
        return max(at(large, metric, system) - at(small, metric, system), 0.0) / characters

    of_index = each("index_bytes")
    stored = at(0, "corpus stored_bytes", "analysis") / max(at(0, "corpus characters", "analysis"), 1.0)
    return Rates(
        analysis=each("workers_cpu_s"),
        ingest=each("nodes_cpu_s"),
        bytes=of_index,
        embedded=each("index_bytes", "tantivy"),
        hot=max(1 - stored / of_index, 0.1),
    )


def plan(articles: int, rate: Rates) -> Plan:
    """Return what a number of articles takes."""
    characters = articles * CHARACTERS
    core_hours = characters * rate.analysis / 3600
    alone = characters * rate.embedded
    if alone <= EMBEDDED:
        engine, size, shards, nodes = "tantivy" if articles > 30_000 else "whoosh or tantivy", alone, 1, 1
    else:
        engine, size = "opensearch", characters * rate.bytes
        shards = math.ceil(size / SHARD)
        nodes = max(
            3,
            math.ceil(COPIES * size / (FULL * DISK)),
            math.ceil(COPIES * size * rate.hot / CACHE),
        )
    ingest_hours = characters * rate.ingest / 3600 if engine == "opensearch" else 0.0
    # As many machines analyze as serve afterwards.
    load = max(core_hours, ingest_hours) / (nodes * CORES)
    return Plan(
        articles=articles,
        engine=engine,
        bytes=size,
        shards=shards,
        nodes=nodes,
        analysis_hours=core_hours / CORES,
        ingest_hours=ingest_hours / CORES,
        load_hours=load,
        coordinator_gb=articles * 160 / 1e9,
    )


def table(lines: Sequence[Line]) -> str:
    """Return the rates and the plans as Markdown."""
    rate = rates(lines)
    figures = [
        ("a", "analysis, in workers", f"{1e9 * rate.analysis:.3g} s of a core for 10⁹ characters"),
        (
            "b",
            "the cluster's work for them, with a copy",
            f"{1e9 * rate.ingest:.3g} s for 10⁹ characters",
        ),
        ("c", "index in the cluster, without copies", f"{rate.bytes:.3g} bytes for a character"),
        ("c₁", "index of the tantivy engine", f"{rate.embedded:.3g} bytes for a character"),
        ("h", "share of it that searches read", f"{rate.hot:.2f}"),
    ]
    names = "articles engine index shards nodes analysis ingest load coordinator"
    head = f"| {' | '.join(names.split())} |\n"
    units = "| | | GB | | | machine-hours | machine-hours | hours | GB |\n"
    plans = [plan(articles, rate) for articles in SIZES]
    rows = "".join(
        f"| {one.articles:,} | {one.engine} | {short(one.bytes / 1e9)} | {one.shards} | {one.nodes} "
        f"| {short(one.analysis_hours)} | {short(one.ingest_hours)} | {short(one.load_hours)} "
        f"| {short(one.coordinator_gb)} |\n"
        for one in plans
    )
    return (
        "## Rates\n\n| | | |\n|---|---|---:|\n"
        + "".join(f"| {name} | {what} | {much} |\n" for name, what, much in figures)
        + f"\n## 10⁴ to 10⁹ articles of {CHARACTERS:,} characters\n\n"
        + f"Machines of {CORES} cores, {MEMORY / 1e9:.0f} GB of memory and {DISK / 1e12:.0f} TB of disk.\n\n"
        + head
        + "|---:|---|"
        + "---:|" * 7
        + "\n"
        + units
        + rows
    )
