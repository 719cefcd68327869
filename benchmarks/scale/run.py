"""What articles cost to analyze, to index and to find, on each engine, and what follows for 10^4 to 10^9.

    python benchmarks/scale/run.py [--sizes 200,2000] [--queries N] [--corpus FILE] [--seed N] [--out DIR]

Three OpenSearch nodes are started on this machine for it (java and mvn; see tests/cluster). What is measured goes
to scale.csv, and scale.md is made from it (--report: only that).
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
sys.path += [str(CHECKOUT / folder) for folder in ("benchmarks/speed", "tests/cluster")]

import corpus  # noqa: E402 - of the speed benchmark
import model  # noqa: E402 - beside this file, and so is report
import prepare  # noqa: E402
import report  # noqa: E402
from cluster import Cluster, missing_tools  # noqa: E402
from report import Line  # noqa: E402

import searchkit  # noqa: E402
from searchkit.bulk import Progress, bulk  # noqa: E402
from searchkit.derive import Deriver, digest_of, make_id  # noqa: E402
from searchkit.index import DEFAULT_ENGINE  # noqa: E402
from searchkit.readers import Draft, read  # noqa: E402
from searchkit.studies import StudyRegistry  # noqa: E402
from searchkit.vocabulary import Vocabulary  # noqa: E402

SHARED: Final = CHECKOUT.parent / "shared" / "corpus" / "libreoffice-help.jsonl.gz"
SAMPLES: Final = CHECKOUT / "examples" / "articles"
WORKERS: Final = 2
# Files that are loaded in parallel.
SHARDS: Final = 8
# Documents that are analyzed to tell what analysis costs, and how often the few sample articles are.
ANALYZED: Final = 100
AGAIN: Final = 5
EMBEDDED: Final = (DEFAULT_ENGINE, "tantivy")
CLUSTER: Final = "opensearch"


def main() -> None:
    """Measure what is asked for, and write the results."""
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.report:
        if missing := missing_tools():
            raise SystemExit(f"OpenSearch needs {' and '.join(missing)}")
        report.write(list(measure(options)), options.out)
    lines = report.read(options.out)
    (options.out / "scale.md").write_text(report.markdown(lines, model.table(lines)), encoding="utf-8")


def measure(options: argparse.Namespace) -> Iterator[Line]:
    """Yield what is measured, each step in a process of its own."""
    told = {
        "machine": f"{os.cpu_count()} × {processor()}, {memory_gb():.0f} GB",
        "python": platform.python_version(),
        "searchkit": searchkit.__version__,
        "corpus": options.corpus.name,
        "load": f"{os.getloadavg()[0]:.1f}",
    }
    yield from (Line("run", 0, name, value) for name, value in told.items())
    texts = corpus.load(options.corpus)
    queries = [query.text for query in prepare.draw(texts[:5_000], options.queries, options.seed)]
    with tempfile.TemporaryDirectory(prefix="searchkit-scale-") as name:
        work = Path(name)
        for source in ("corpus", "samples"):
            yield from step("analysis", 0, analysis, source, options.corpus, options.seed, prefix=f"{source} ")
        for size in options.sizes:
            say(f"{size:,} articles")
            shards = write_shards(work / f"shards-{size}", texts, options.seed, size)
            characters = sum(sum(len(draft.text) for draft in read([shard])) for shard in shards)  # type: ignore[union-attr]
            yield Line("corpus", size, "characters", characters)
            whoosh = work / f"whoosh-{size}"
            yield from step(DEFAULT_ENGINE, size, index_embedded, shards, whoosh)
            yield from step(DEFAULT_ENGINE, size, search, str(whoosh), queries)
            yield from step("tantivy", size, move, whoosh, "tantivy")
            yield from step("tantivy", size, search, str(whoosh), queries)
            with Cluster(work / f"cluster-{size}") as cluster:
                yield from in_cluster(cluster, work, shards, size, queries)


def in_cluster(
    cluster: Cluster, work: Path, shards: Sequence[Path], size: int, queries: Sequence[str]
) -> Iterator[Line]:
    """Yield what three nodes need for the articles, and how fast they are."""
    hosts = ",".join(url.removeprefix("http://") for url in cluster.urls)
    address = f"http://{hosts}/scale-{size}"
    before = sum(map(processor_seconds, cluster.pids))
    yield from step(CLUSTER, size, load, shards, address, work / f"state-{size}")
    yield Line(CLUSTER, size, "nodes_cpu_s", sum(map(processor_seconds, cluster.pids)) - before)
    names = f"scale-{size}-0,scale-{size}-0-words"
    stats = cluster.request("GET", f"/{names}/_stats/store,docs")["indices"]
    articles, words = (stats[name] for name in names.split(","))
    yield Line(CLUSTER, size, "index_bytes", articles["primaries"]["store"]["size_in_bytes"])
    yield Line(CLUSTER, size, "words_bytes", words["primaries"]["store"]["size_in_bytes"])
    yield Line(CLUSTER, size, "words", words["primaries"]["docs"]["count"])
    # Once for nothing: Java compiles what it runs often.
    list(step(CLUSTER, size, search, address, queries))
    before = sum(map(processor_seconds, cluster.pids))
    yield from step(CLUSTER, size, search, address, queries)
    yield Line(CLUSTER, size, "nodes_query_cpu_s", sum(map(processor_seconds, cluster.pids)) - before)
    nodes = cluster.request("GET", "/_nodes/stats/jvm")["nodes"].values()
    yield Line(CLUSTER, size, "heap_mb", max(node["jvm"]["mem"]["heap_used_in_bytes"] for node in nodes) / 1e6)
    yield Line(CLUSTER, size, "node_mb", max(map(resident_mb, cluster.pids)))


# Steps, each in a process of its own


def analysis(source: str, path: Path, seed: int) -> dict[str, float]:
    """Derive articles on one processor: all that a worker does but sending them."""
    deriver = Deriver(Vocabulary.builtin(), Vocabulary.builtin("study_types"), StudyRegistry.builtin())
    if source == "corpus":
        made = articles(corpus.load(path), seed, ANALYZED)
        drafts = [Draft(one.title, one.text, one.id, language=one.language) for one in made]
    else:
        drafts = [draft for draft in read([SAMPLES]) if isinstance(draft, Draft)] * AGAIN
    for draft in drafts[:50]:  # dictionaries and tables are loaded by then
        deriver.draft(draft, make_id(draft), digest_of(draft))
    before = time.process_time()
    stored = sum(len(deriver.draft(draft, make_id(draft), "").document.stored) for draft in drafts)
    seconds = time.process_time() - before
    characters = sum(len(draft.text) for draft in drafts)
    return {
        "articles": len(drafts),
        "characters": characters,
        "cpu_s": seconds,
        "stored_bytes": stored,
        "peak_mb": peak_mb(),
    }


def index_embedded(shards: Sequence[Path], folder: Path) -> dict[str, float]:
    """Index files into a folder, in one process."""
    begun, used = time.perf_counter(), cpu_s()
    searchkit.index_articles(shards, index=folder)
    return {
        "index_s": time.perf_counter() - begun,
        "index_cpu_s": cpu_s() - used,
        "index_bytes": folder_bytes(folder),
        "index_peak_mb": peak_mb(),
    }


def move(folder: Path, engine: str) -> dict[str, float]:
    """Move an index to another engine: what indexing costs without analysis."""
    with searchkit.open(folder) as index:
        used = cpu_s()
        index.convert(engine)
        return {"convert_cpu_s": cpu_s() - used, "index_bytes": folder_bytes(folder), "index_peak_mb": peak_mb()}


def load(shards: Sequence[Path], address: str, state: Path) -> dict[str, float]:
    """Load files into the cluster, with two workers."""
    moments: list[tuple[float, Progress]] = []
    # Its shards are spread over all nodes; each has a copy elsewhere.
    with searchkit.ArticleIndex.create(address, shards=3, replicas=1):
        pass
    begun, used = time.perf_counter(), cpu_s()
    bulk(
        shards,
        index=address,
        workers=WORKERS,
        state=state,
        progress=lambda progress: moments.append((time.perf_counter(), progress)),
    )
    ended = time.perf_counter()
    loaded = next(moment for moment, progress in moments if progress.bytes == progress.total)
    return {
        "index_s": ended - begun,
        "load_s": loaded - moments[0][0],
        "finish_s": ended - loaded,
        "workers_cpu_s": cpu_s() - used,
        "coordinator_peak_mb": peak_mb(),
    }


def search(index: str, queries: Sequence[str]) -> dict[str, float]:
    """Search as a person does: ten hits with snippets, and all facets."""
    with searchkit.open(index) as opened:
        for query in queries[: len(queries) // 4]:
            opened.search(query)
        times = []
        for query in queries:
            begun = time.perf_counter()
            opened.search(query)
            times.append(time.perf_counter() - begun)
    ranks = statistics.quantiles(times, n=20, method="inclusive")
    return {
        "p50_ms": 1000 * ranks[9],
        "p95_ms": 1000 * ranks[18],
        "queries": len(times),
        "search_peak_mb": peak_mb(),
    }


# Inside


def step(
    system: str, size: int, function: Callable[..., dict[str, float]], *given: Any, prefix: str = ""
) -> Iterator[Line]:
    """Yield what a function measures in a process of its own, whose memory is its own."""
    say(f"  {system}: {function.__name__}")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        found = alone.submit(function, *given).result()
    for metric, value in found.items():
        yield Line(system, size, f"{prefix}{metric}", value)


def write_shards(folder: Path, texts: Sequence[corpus.Text], seed: int, size: int) -> list[Path]:
    """Write articles into files of about the same size."""
    folder.mkdir()
    files = [folder / f"{number}.jsonl" for number in range(SHARDS)]
    streams = [file.open("w", encoding="utf-8") for file in files]
    for number, document in enumerate(articles(texts, seed, size)):
        article = {key: getattr(document, key) for key in ("id", "title", "text", "language")}
        streams[number % SHARDS].write(json.dumps(article, ensure_ascii=False) + "\n")
    for stream in streams:
        stream.close()
    return files


def articles(texts: Sequence[corpus.Text], seed: int, size: int) -> Iterator[corpus.Document]:
    """Yield articles of the length that the model assumes: documents of one language, put together."""
    parts: defaultdict[str, list[corpus.Document]] = defaultdict(list)
    lengths: Counter[str] = Counter()
    made = 0
    for document in corpus.documents(texts, seed):
        parts[document.language].append(document)
        lengths[document.language] += len(document.text) + 1
        if lengths[document.language] >= model.CHARACTERS:
            made += 1
            together = parts.pop(document.language)
            lengths[document.language] = 0
            yield replace(together[0], text="\n".join(part.text for part in together))
            if made == size:
                return


def cpu_s() -> float:
    """Return the seconds of processors that this process and those that it has ended took."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def peak_mb() -> float:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def processor_seconds(pid: int | None) -> float:
    """Return the seconds of processors that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int | None) -> float:
    """Return the memory of a process, files that it has mapped included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def folder_bytes(folder: Path) -> float:
    """Return the size of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def memory_gb() -> float:
    """Return the memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9


def processor() -> str:
    """Return the name of this machine's processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def numbers(text: str) -> list[int]:
    """Read numbers between commas."""
    return [int(number) for number in text.split(",")]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=numbers, default=[200, 2_000])
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=SHARED if SHARED.is_file() else SAMPLES)
    parser.add_argument("--out", type=Path, default=CHECKOUT / "benchmarks" / "results")
    parser.add_argument("--report", action="store_true", help="only make scale.md anew from scale.csv")
    return parser.parse_args()


if __name__ == "__main__":
    main()
