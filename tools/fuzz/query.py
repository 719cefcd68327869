"""Fuzz the query language, and searches on both embedded engines, with queries made from a seed.

    python tools/fuzz/query.py --count 20000
    python tools/fuzz/query.py --count 1000000 --corpus help.jsonl.gz --out benchmarks/results/fuzz-queries
    python tools/fuzz/query.py --atheris -runs=100000           # led by coverage; needs the extra "fuzz"

Every query is parsed and its tree checked against the limits. A share is also compiled for all languages and its
articles counted, and a share is searched for with random options, or completed, on one of the indexes: the sample
articles, and the documents of a corpus (JSON lines) where one is given.

A query fails where anything but `searchkit.SearchkitError` is raised, or where it takes more than a second of
processor time. The exit code is 1 then, and the report names the query; ``--only NUMBER`` runs it again.
"""

import argparse
import gzip
import heapq
import json
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from hostile import Hostile

import searchkit
from searchkit import ArticleIndex, Draft, SearchkitError, index_articles
from searchkit.limits import MAX_PATTERNS, MAX_QUERY_WORDS
from searchkit.query import Group, parse, spelled

_SAMPLES: Final = Path(__file__).resolve().parents[2] / "examples" / "articles"
_ENGINES: Final = ("whoosh", "tantivy")
_SLOW: Final = 1.0  # seconds
_SLOWEST: Final = 10
_MOST_FAILURES: Final = 20


def main() -> int:
    """Run the command line; return the exit code."""
    if "--atheris" in sys.argv:
        _led_by_coverage()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="queries")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long, and report what was done")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--searched", type=float, default=0.5, help="share of the queries that are searched for")
    parser.add_argument("--counted", type=float, default=0.25, help="share whose articles are only counted")
    parser.add_argument("--corpus", type=Path, help="JSON lines with id, title, text, language; may be gzipped")
    parser.add_argument("--documents", type=int, default=30_000, help="documents of the corpus to index")
    parser.add_argument("--large", type=float, default=0.02, help="share of the searches on the corpus' index")
    parser.add_argument("--only", type=int, help="run this one query of the seed, and print it")
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(given, Path(folder))
        report = fuzzer.run()
    text = json.dumps(report, indent=1)
    if given.out:
        given.out.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
        given.out.with_suffix(".md").write_text(_table(report), encoding="utf-8")
    print(_table(report))
    return 1 if report["failures"] or report["slow"] else 0


class Fuzzer:
    """Runs queries and counts what comes of them."""

    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self._given = given
        self._small = [_indexed(folder / name, name, [_SAMPLES]) for name in _ENGINES]
        self._large: list[ArticleIndex] = []
        if given.corpus:
            drafts = list(islice(_drafts(given.corpus), given.documents))
            for name in _ENGINES:
                index = ArticleIndex.create(folder / f"large-{name}", engine=name)
                index.update(drafts)
                self._large.append(index)
        self._words = sorted({word for path in sorted(_SAMPLES.glob("*.txt")) for word in _words(path)})
        self._stages: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()
        self._raised: Counter[str] = Counter()
        self._failures: list[dict[str, Any]] = []
        self._slowest: list[tuple[float, float, int, str, str]] = []
        self._slow = 0

    def run(self) -> dict[str, Any]:
        """Run all queries, and return the report."""
        given = self._given
        started, used = time.perf_counter(), time.process_time()
        numbers = range(given.count) if given.only is None else [given.only]
        done = 0
        for number in numbers:
            self._one(number)
            done += 1
            if time.perf_counter() - started > 60 * given.minutes:
                break
        return {
            "queries": done,
            "seed": given.seed,
            "stages": {
                stage: {"queries": count, "mean_ms": round(1_000 * self._seconds[stage] / count, 2)}
                for stage, count in sorted(self._stages.items())
            },
            "documents": [index.info().articles for index in (*self._small, *self._large)],
            "raised": dict(sorted(self._raised.items())),
            "failures": self._failures,
            "slow": self._slow,
            "slowest": [
                {
                    "processor": round(cpu, 3),
                    "clock": round(clock, 3),
                    "number": number,
                    "stage": stage,
                    "query": query,
                }
                for cpu, clock, number, stage, query in sorted(self._slowest, reverse=True)
            ],
            "minutes": round((time.perf_counter() - started) / 60, 1),
            "processor_minutes": round((time.process_time() - used) / 60, 1),
            "searchkit": searchkit.__version__,
            "python": platform.python_version(),
        }

    def _one(self, number: int) -> None:
        """Run one query: its seed is that of the run and its number."""
        made = Hostile(self._given.seed * 1_000_003 + number, self._words)
        query = made.query()
        if self._given.only is not None:
            print(ascii(query))
        stage, act = self._stage(made, query)
        self._stages[stage] += 1
        clock, cpu = time.perf_counter(), time.process_time()
        try:
            check(query)
            act()
        except SearchkitError as error:
            self._raised[type(error).__name__] += 1
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of tantivy is no Exception
            if len(self._failures) < _MOST_FAILURES:
                told = f"{type(error).__name__}: {error}"
                self._failures.append(
                    {"number": number, "stage": stage, "error": told, "query": ascii(query)[:500]}
                )
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
        self._seconds[stage] += cpu
        self._slow += cpu > _SLOW
        slow = (cpu, clock, number, stage, ascii(query)[:120])
        (heapq.heappush if len(self._slowest) < _SLOWEST else heapq.heappushpop)(self._slowest, slow)

    def _stage(self, made: Hostile, query: str) -> tuple[str, Callable[[], object]]:
        """Return what is done with a query, and its name."""
        random, given = made.random, self._given
        chance = random.random()
        large = bool(self._large) and random.random() < given.large
        index = random.choice(self._large if large else self._small)
        place = f"{'corpus' if large else 'samples'}, {index.engine}"
        if chance >= given.searched + given.counted:
            return "parsed", lambda: None
        if chance >= given.searched:
            return f"counted: {place}", lambda: index.search(query, limit=0, facets=False)
        if random.random() < 0.1:
            return f"completed: {place}", lambda: index.complete(query, 5)
        options: dict[str, Any] = {
            "limit": random.choice((0, 1, 1, 3)),
            "offset": random.choice((0, 0, 0, 0, 2, 1_000)),
            "expand": random.random() < 0.7,
            "facets": random.random() < 0.2,
            "collapse": random.random() < 0.1,
            "explain": random.random() < 0.02,
            "sort": random.choice(("relevance", "relevance", "date")),
            "min_strength": random.choice((0, 0, 0, 0.5, 1)),
        }
        if random.random() < 0.1:
            options[random.choice(("language", "study", "mechanism", "study_type"))] = random.choice(
                ("en", "sv", "nmda", made.word(), query)
            )
        return f"searched: {place}", lambda: index.search(query, **options)


def check(query: str) -> None:
    """Parse a query, and raise an error if its tree is larger than the limits allow."""
    words, patterns, depth = _size(parse(query).root)
    if words > MAX_QUERY_WORDS or patterns > MAX_PATTERNS or depth > 200:
        raise AssertionError(f"a tree of {words} leaves, {patterns} patterns, {depth} levels")
    for span in spelled(query):
        if not 0 <= span.start <= span.end <= len(query):
            raise AssertionError(f"{span} is not in the query")


def _size(root: Group) -> tuple[int, int, int]:
    """Return the leaves of a tree, those that are patterns, and its depth."""
    leaves = patterns = deepest = 0
    left: list[tuple[object, int]] = [(root, 1)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        if isinstance(node, Group):
            left += [(part, depth + 1) for part in (*node.must, *node.should, *node.must_not)]
        else:
            leaves += 1
            patterns += bool(getattr(node, "prefix", False) or getattr(node, "distance", 0))
    return leaves, patterns, deepest


def _indexed(folder: Path, engine: str, paths: list[Path]) -> ArticleIndex:
    index_articles(paths, index=folder, engine=engine)
    return searchkit.open(folder)


def _drafts(path: Path) -> Iterator[Draft]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            given = {name: row[name] for name in ("id", "title", "text", "language")}
            yield Draft(**given, source=str(path))


def _words(path: Path) -> list[str]:
    return [word[:20] for word in path.read_text(encoding="utf-8").split()]


def _table(report: dict[str, Any]) -> str:
    made = (
        f"`python tools/fuzz/query.py`, seed {report['seed']}: {report['queries']:,} queries in "
        f"{report['minutes']} minutes ({report['processor_minutes']} of one processor), indexes of "
        f"{', '.join(f'{count:,}' for count in report['documents'])} articles, Python {report['python']}."
    )
    found = (
        f"Errors that are none of searchkit's: **{len(report['failures'])}**. "
        f"Queries that took more than a second of processor time: **{report['slow']}**."
    )
    slowest = (
        f"| {one['stage']} | {one['processor']} | {one['clock']} | {one['number']} |" for one in report["slowest"]
    )
    lines = [
        "# Fuzzed queries",
        "",
        made,
        "",
        found,
        "",
        "| what was done | queries | processor, ms each |",
        "|---|---:|---:|",
        *(f"| {stage} | {one['queries']:,} | {one['mean_ms']} |" for stage, one in report["stages"].items()),
        "",
        "| searchkit's own errors | times |",
        "|---|---:|",
        *(f"| {name} | {count:,} |" for name, count in report["raised"].items()),
        "",
        "| the slowest | processor, s | clock, s | number |",
        "|---|---:|---:|---:|",
        *slowest,
        "",
        *(f"Failed: {one['number']}, {one['stage']}: {one['error']}" for one in report["failures"]),
    ]
    return "\n".join(lines)


def _led_by_coverage() -> None:
    """Hand over to atheris, which takes libFuzzer's options: -runs=N, -max_total_time=SECONDS, a corpus."""
    import atheris

    # Imported anew, with counters in the code: those of the packages that it uses would take all the time.
    for name in [name for name in sys.modules if name.partition(".")[0] == "searchkit"]:
        del sys.modules[name]
    with atheris.instrument_imports(include=["searchkit"]):
        import searchkit.api
        import searchkit.article_index
        import searchkit.query

    with tempfile.TemporaryDirectory() as folder:
        searchkit.api.index_articles([_SAMPLES], index=folder)
        index = searchkit.api.open(folder)

        def one(data: bytes) -> None:
            query = atheris.FuzzedDataProvider(data).ConsumeUnicode(2_000)
            searchkit.query.parse(query)
            searchkit.query.spelled(query)
            index.search(query, limit=1, facets=False)

        atheris.Setup([argument for argument in sys.argv if argument != "--atheris"], one)
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
