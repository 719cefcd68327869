"""Speed of searchkit and its peers, side by side, on the same tokens and queries.

    python benchmarks/speed/run.py [--sizes 1000,10000] [--systems a,b] [--queries N] [--seed N] [--corpus FILE]

Each system indexes and searches each size in processes of its own. What is measured goes to speed.csv at once, and
is not measured again by the next run (unless --again); speed.md and the plots are made from it (--report: only
that).
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import report
from report import CORPUS, DONE, RUN, SKIPPED, Line

CHECKOUT: Final = Path(__file__).resolve().parents[2]
SHARED: Final = CHECKOUT.parent / "shared" / "corpus" / "libreoffice-help.jsonl.gz"
SAMPLES: Final = CHECKOUT / "examples" / "articles"
MEASURE: Final = Path(__file__).resolve().with_name("measure.py")
SIZES: Final = "1000,10000,100000,300000"
_COLD_RUNS: Final = 5

sys.path.append(str(CHECKOUT / "benchmarks"))
from peers import INSTALL  # noqa: E402 - beside this folder, not in it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of the tables that can be measured.

    Attributes:
        file: in systems/.
        works: what it can do.
        note: how it is set up.
        tokens: whether it takes tokens; False if it reads texts itself.
    """

    name: str
    file: str
    version: str
    works: tuple[str, ...]
    note: str
    tokens: bool


class SkippedError(Exception):
    """A cell that is not measured, with the reason."""


def child(action: str, limit: float | None = None, **arguments: Any) -> Any:
    """Run one action of measure.py and return what it found.

    Raises:
        SkippedError: it took longer than ``limit`` seconds, or failed.
    """
    command = [sys.executable, "-W", "ignore", str(MEASURE), action, json.dumps(arguments)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        raise SkippedError(f"took longer than {limit:g} s to {action}") from None
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
        raise SkippedError(f"could not {action}: {last[0]}")
    return json.loads(done.stdout)


def candidates(wanted: set[str]) -> tuple[list[Candidate], dict[str, str]]:
    """Return the rows that can be measured, and for each that cannot the reason.

    Args:
        wanted: names of rows, or of files for all their rows; empty for all.

    Raises:
        SystemExit: there is no such name.
    """
    found: list[Candidate] = []
    absent: dict[str, str] = {}
    for file, install in INSTALL.items():
        try:
            told = child("systems", file=file)
        except SkippedError as reason:
            absent[file] = f"not loaded ({reason})"
            continue
        if "missing" in told:
            absent[file] = f"not installed ({told['missing']}); it needs: {install}"
            continue
        absent |= {name: reason for name, reason in told["absent"].items() if not wanted or wanted & {file, name}}
        for name, row in told["rows"].items():
            if not wanted or wanted & {file, name}:
                found.append(Candidate(name, file, told["version"], tuple(row.pop("works")), **row))
    known = {*INSTALL, *(row.name for row in found), *absent}
    if unknown := wanted - known:
        reasons = "".join(f"; {name} is {reason}" for name, reason in absent.items())
        raise SystemExit(
            f"no system is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}{reasons}"
        )
    return found, {name: reason for name, reason in absent.items() if not wanted or name in wanted}


def cell(candidate: Candidate, size: int, work: Path, options: argparse.Namespace) -> list[Line]:
    """Measure one system at one size.

    Raises:
        SkippedError: it took too long or failed.
    """
    folder = work / "index"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    where: dict[str, Any] = {"file": candidate.file, "row": candidate.name, "folder": str(folder)}
    name = candidate.name
    lines: list[Line] = []

    def add(values: dict[str, float], kind: str = "") -> None:
        lines.extend(
            Line(name, size, kind, metric, value, report.unit(metric)) for metric, value in values.items()
        )

    try:
        add(child("index", options.limit, work=str(work), size=size, **where))
        found = child("search", options.limit, work=str(work), seconds=options.seconds, **where)
        for kind, values in found.pop("by_work").items():
            add(values, kind)
        add({f"qps_{threads}": value for threads, value in found.pop("threads").items()})
        lines.append(Line(name, size, "", "answers", 0, "digest", found.pop("answers")))
        add(found)
        add({"cold_s": cold(work, **where)})
        if not candidate.tokens:
            try:
                parts = child("breakdown", options.limit, work=str(work), seconds=options.seconds, **where)
                lines.extend(Line(name, size, "breakdown", part, value, "ms") for part, value in parts.items())
            except SkippedError as reason:  # all else of the cell stands
                say(f"no breakdown of {name}: {reason}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    lines.append(Line(name, size, "", "set-up", 0, "", candidate.note))
    return lines


def cold(work: Path, **where: Any) -> float:
    """Return the median seconds from the start of a new process to its first answer."""
    query = json.loads((work / "queries.json").read_text(encoding="utf-8"))["measured"][0]
    command = [sys.executable, "-W", "ignore", str(MEASURE), "cold", json.dumps(where | {"query": query})]
    times = []
    for _ in range(_COLD_RUNS):
        started = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            times.append(time.perf_counter() - started)
            error = process.communicate()[1]
        if said != "answered\n":
            raise SkippedError(f"could not start cold: {(error.strip().splitlines() or ['no answer'])[-1]}")
    return statistics.median(times)


def bare_python() -> float:
    """Return the median seconds of starting Python alone, of which every cold start has its share."""
    times = []
    for _ in range(_COLD_RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def setup(options: argparse.Namespace) -> dict[str, str]:
    """Return what has to be the same for results to stand in one table: machine, documents and queries."""
    source: Path = options.corpus
    hashed = hashlib.sha256()
    for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
        if path.is_file():
            with path.open("rb") as file:
                hashed.update(hashlib.file_digest(file, "sha256").digest())
    return {
        "corpus": source.name,
        "corpus sha256": hashed.hexdigest()[:16],
        "seed": str(options.seed),
        "queries": str(options.queries),
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "searchkit": version("searchkit"),
    }


def processor() -> str:
    """Return the name of the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def say(text: str) -> None:
    """Tell how far things are."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def kept(options: argparse.Namespace, told: dict[str, str], file: Path) -> list[Line]:
    """Return the results that there are.

    Raises:
        SystemExit: they were measured in another way, or on another machine.
    """
    lines = report.read(file)
    before = {line.metric: line.note for line in lines if line.system == RUN}
    different = [
        f"{name} was {before[name]}, is {now}" for name, now in told.items() if before.get(name, now) != now
    ]
    if different and not options.again:
        raise SystemExit(f"{file.name} holds other results ({'; '.join(different)}): use --again, or --out FOLDER")
    return [] if different else lines


def main() -> None:
    """Run the benchmark."""
    options = arguments()
    file: Path = options.out / "speed.csv"
    if options.report:
        if not file.exists():
            raise SystemExit(f"{file} is not there; run without --report first")
        report.write(report.read(file), options.out)
        return
    told = setup(options)
    lines = kept(options, told, file)
    sizes = sorted({int(size) for size in options.sizes.split(",")})
    rows, absent = candidates(set(filter(None, options.systems.split(","))))
    for name, reason in absent.items():
        say(f"{name} is skipped: {reason}")
    lines = [line for line in lines if line.system != RUN or line.metric not in told]
    lines = [*(Line(RUN, 0, "", name, 0, "", value) for name, value in told.items()), *lines]
    plan = [(size, row) for size in sizes for row in rows]
    cells = {(row.name, size) for size, row in plan}
    versions = {row.name: row.version for row in rows}
    old = {
        (line.system, line.documents)
        for line in lines
        if line.metric == "version" and line.note != versions.get(line.system, line.note)
    }
    done = {(line.system, line.documents) for line in lines if line.metric == DONE}
    gone = cells if options.again else cells & old
    lines = [line for line in lines if (line.system, line.documents) not in gone]
    done -= gone
    # Reasons to skip are found anew, but for what took too long.
    cells |= {(name, size) for name in absent for size in sizes}
    lines = [
        line
        for line in lines
        if line.metric not in (SKIPPED, "version") or (line.system, line.documents) not in cells - done
    ]
    lines += [Line(name, size, "", SKIPPED, 0, "", reason) for name, reason in absent.items() for size in sizes]
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=options.work, prefix="speed-") as folder:
            measure(
                options, [(size, row) for size, row in plan if (row.name, size) not in done], lines, Path(folder)
            )
    except KeyboardInterrupt:
        say("stopped; what is measured is kept")
    finally:
        report.write(lines, options.out)


def measure(options: argparse.Namespace, plan: list[tuple[int, Candidate]], lines: list[Line], work: Path) -> None:
    """Measure what is missing, and keep each cell as soon as it is there."""
    file = options.out / "speed.csv"
    if not any(line.system == CORPUS for line in lines):
        say("how like the corpus its growth is")
        for one in child("closeness", source=str(options.corpus), seed=options.seed):
            language = one.pop("language")
            for metric, value in one.items():
                real, grown = value if isinstance(value, list) else (value, None)
                lines.append(Line(CORPUS, 0, language, metric, real, "real" if grown is not None else ""))
                if grown is not None:
                    lines.append(Line(CORPUS, 0, language, metric, grown, "grown"))
        lines.append(Line(RUN, 0, "", "python alone", bare_python(), "s"))
        report.keep(lines, file)
    if not plan:
        say("everything is there; --again measures it anew")
        return
    largest = max(size for size, _ in plan)
    say(f"tokens of {largest:,} documents")
    there = child(
        "prepare",
        work=str(work),
        source=str(options.corpus),
        seed=options.seed,
        size=largest,
        queries=options.queries,
    )
    lines[:] = [line for line in lines if (line.system, line.metric) != (RUN, report.REAL)]
    lines.append(Line(RUN, 0, "", report.REAL, there["documents"], ""))
    for number, (size, row) in enumerate(plan, 1):
        started = time.perf_counter()
        try:
            found = cell(row, size, work, options)
            outcome = "measured"
        except SkippedError as reason:
            found = [Line(row.name, size, "", SKIPPED, 0, "", str(reason))]
            outcome = f"skipped: {reason}"
        seconds = time.perf_counter() - started
        found.append(Line(row.name, size, "", "version", 0, "", row.version))
        # What failed is tried again by the next run, what took too long is not.
        if outcome == "measured" or "took longer" in outcome:
            found.append(Line(row.name, size, "", DONE, seconds, "s"))
        lines += found
        report.keep(lines, file)
        say(f"{number}/{len(plan)} {row.name}, {size:,} documents: {outcome} ({seconds:.0f} s)")


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=SIZES, help=f"numbers of documents, with commas between ({SIZES})")
    parser.add_argument("--systems", default="", help="rows or files of systems/, with commas between (all)")
    parser.add_argument("--queries", type=int, default=300, help="number of queries (300)")
    parser.add_argument("--seed", type=int, default=1, help="of documents, facets and queries (1)")
    parser.add_argument(
        "--corpus",
        type=Path,
        default=SHARED if SHARED.exists() else SAMPLES,
        help="a JSONL file (text, language, title), .gz or not, or a folder of articles",
    )
    parser.add_argument(
        "--out", type=Path, default=CHECKOUT / "benchmarks" / "results", help="folder of the results"
    )
    parser.add_argument("--work", type=Path, help="folder for tokens and indexes while it runs (a temporary one)")
    parser.add_argument(
        "--limit", type=float, default=3600, help="seconds for one system to index one size (3600)"
    )
    parser.add_argument("--seconds", type=float, default=60, help="for the queries of one kind of work (60)")
    parser.add_argument("--again", action="store_true", help="measure anew what is there")
    parser.add_argument("--report", action="store_true", help="only write the tables and plots anew")
    options = parser.parse_args()
    try:
        valid = all(int(size) > 0 for size in options.sizes.split(","))
    except ValueError:
        valid = False
    if not valid:
        parser.error(f"--sizes takes numbers with commas between, not {options.sizes!r}")
    if options.queries < 1:
        parser.error(f"--queries must be 1 or more, not {options.queries}")
    if not options.corpus.exists():
        parser.error(f"{options.corpus} is not there; name a JSONL file or a folder with --corpus")
    options.corpus = options.corpus.resolve()
    return options


if __name__ == "__main__":
    main()
