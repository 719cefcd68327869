"""One measurement, in a process of its own, so that its memory is its own: started by run.py, answers in JSON.

Its arguments are the name of a function below, and that function's arguments in JSON.
"""

import importlib
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from typing import Any

from systems import Answer, Query, Row, System, Work

# Queries that all systems answer, to compare their counts.
COMPARED = 20
# Even the slowest system answers so many of the queries.
FEWEST = 30
THREADS = (1, 2, 8)


def row_of(file: str, name: str) -> Row:
    """Return a row of a file of systems/."""
    rows: dict[str, Row] = importlib.import_module(f"systems.{file}").ROWS
    return rows[name]


def index(work: str, file: str, row: str, size: int, folder: str) -> dict[str, Any]:
    """Index, and return the speed, the size on disk and the peak of memory.

    The time that reading the prepared documents takes by itself is subtracted.
    """
    from prepare import read_documents

    system = row_of(file, row).make()
    place = Path(folder)
    started = time.perf_counter(), time.process_time()
    for _ in read_documents(Path(work), size):
        pass
    middle = time.perf_counter(), time.process_time()
    system.index(place, read_documents(Path(work), size))
    ended = time.perf_counter(), time.process_time()
    seconds = max(ended[0] - 2 * middle[0] + started[0], 1e-6)
    return {
        "docs_per_s": size / seconds,
        "index_s": seconds,
        "index_cpu_s": max(ended[1] - 2 * middle[1] + started[1], 0.0),
        "index_mb": sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) / 1e6,
        "index_peak_mb": peak_mb(),
    }


def search(work: str, file: str, row: str, folder: str, seconds: float) -> dict[str, Any]:
    """Search: latency of one query after another on one core, throughput of threads, the peak of memory.

    Args:
        work: the work folder.
        file: of the system.
        row: of the system.
        folder: of its index.
        seconds: for the queries of one kind of work, after which the rest is left out; a twelfth for each number
            of threads.
    """
    from prepare import read_queries

    kind = row_of(file, row)
    warm, measured = read_queries(Path(work))
    system = kind.make()
    system.open(Path(folder))
    cores = one_core()
    found: dict[str, Any] = {"by_work": {}, "threads": {}}
    counted = [system.search(query, _richest(kind.works, "facets")) for query in warm[:COMPARED]]
    found["answers"] = digest(counted)
    matches = [sum((answer.facets or {}).get("language", {}).values()) for answer in counted]
    found["matches"] = sum(matches) / len(matches)
    for kind_of_work in kind.works:
        _latencies(system, warm, kind_of_work, seconds / 4, len(warm) // 4)
        found["by_work"][kind_of_work] = _quantiles(*_latencies(system, measured, kind_of_work, seconds, FEWEST))
    found["search_peak_mb"] = peak_mb()
    if cores:
        os.sched_setaffinity(0, cores)
    busiest = _richest(kind.works, "facets")
    for threads in THREADS:
        found["threads"][str(threads)] = throughput(system, measured, busiest, threads, seconds / 12)
    found["threads_peak_mb"] = peak_mb()
    return found


def cold(file: str, row: str, folder: str, query: dict[str, Any]) -> None:
    """Open an index, answer one query, and say so."""
    kind = row_of(file, row)
    system = kind.make()
    system.open(Path(folder))
    system.search(Query(**query | {"tokens": tuple(query["tokens"])}), _richest(kind.works, "facets"))
    sys.stdout.write("answered\n")
    sys.stdout.flush()


def prepare(work: str, source: str, seed: int, size: int, queries: int) -> dict[str, Any]:
    """Make the work folder, and return the number of documents of the corpus."""
    from prepare import prepare

    return {"documents": prepare(Path(work), Path(source), seed, size, queries)}


def closeness(source: str, seed: int) -> list[dict[str, Any]]:
    """Compare the corpus with what is grown from it."""
    from dataclasses import asdict

    import corpus

    return [asdict(one) for one in corpus.closeness(corpus.load(Path(source)), seed)]


def breakdown(work: str, file: str, row: str, folder: str, seconds: float) -> dict[str, float]:
    """Return where the time of one query goes; see `breakdown.measure`."""
    import breakdown as parts
    from prepare import read_queries

    system = row_of(file, row).make()
    system.open(Path(folder))
    one_core()
    warm, measured = read_queries(Path(work))
    return parts.measure(system, warm, measured, seconds)


def systems(file: str) -> dict[str, Any]:
    """Return what a file of systems/ has to measure, or why it has nothing."""
    try:
        module = importlib.import_module(f"systems.{file}")
    except ImportError as error:
        return {"missing": str(error)}
    return {
        "version": module.VERSION,
        "absent": getattr(module, "ABSENT", {}),
        "rows": {
            name: {
                "works": row.works,
                "note": row.note,
                "tokens": row.tokens,
            }
            for name, row in module.ROWS.items()
        },
    }


def _richest(works: Sequence[Work], wanted: Work) -> Work:
    return wanted if wanted in works else works[-1]


def digest(answers: Sequence[Answer]) -> str:
    """Return a digest of the facet counts of some answers, to tell whether two systems count alike."""
    counts = [
        sorted(
            (name, value, count) for name, found in (answer.facets or {}).items() for value, count in found.items()
        )
        for answer in answers
    ]
    return sha256(json.dumps(counts).encode()).hexdigest()[:12]


def _latencies(
    system: System, queries: Sequence[Query], work: Work, seconds: float, fewest: int
) -> tuple[list[float], float]:
    """Return the seconds of each query, and the processor time of all, each asked once until time is up."""
    times: list[float] = []
    begun, used = time.perf_counter(), time.process_time()
    for query in queries:
        started = time.perf_counter()
        system.search(query, work)
        ended = time.perf_counter()
        times.append(ended - started)
        if ended - begun > seconds and len(times) >= fewest:
            break
    return times, time.process_time() - used


def _quantiles(times: list[float], used: float) -> dict[str, float]:
    ordered = sorted(times)

    def quantile(share: float) -> float:
        """Linear interpolation between the two nearest ranks."""
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return (ordered[low] + (ordered[high] - ordered[low]) * (place - low)) * 1000

    return {
        "p50_ms": quantile(0.5),
        "p95_ms": quantile(0.95),
        "p99_ms": quantile(0.99),
        "mean_ms": sum(times) / len(times) * 1000,
        "cpu_ms": used / len(times) * 1000,
        "queries": len(times),
    }


def throughput(system: System, queries: Sequence[Query], work: Work, threads: int, seconds: float) -> float:
    """Return queries a second of some threads that take one query after another from one list, over and over."""
    waiting = cycle(queries)
    taking = threading.Lock()
    ready = threading.Barrier(threads)
    begun: list[float] = []
    ended: list[float] = []
    answered: list[int] = []
    errors: list[BaseException] = []

    def serve() -> None:
        try:
            system.search(queries[0], work)  # what a thread opens for itself is not measured
            ready.wait()
            started = now = time.perf_counter()
            number = 0
            while now < started + seconds:
                with taking:
                    query = next(waiting)
                system.search(query, work)
                number += 1
                now = time.perf_counter()
        except BaseException as error:
            ready.abort()
            errors.append(error)
        else:
            begun.append(started)
            ended.append(now)
            answered.append(number)

    pool = [threading.Thread(target=serve) for _ in range(threads)]
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    if errors:
        raise errors[0]
    return sum(answered) / (max(ended) - min(begun))


def one_core() -> set[int]:
    """Stay on one core, where the system can; return the cores that there were."""
    if not hasattr(os, "sched_setaffinity"):
        return set()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    return cores


def peak_mb() -> float:
    """Return the most memory that this process has held.

    Linux: VmHWM, since ru_maxrss is never below that of the process that started this one.
    """
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


ACTIONS: dict[str, Callable[..., Any]] = {
    action.__name__: action for action in (index, search, cold, prepare, closeness, breakdown, systems)
}


def main() -> None:
    """Do one thing, and print what was found."""
    action, arguments = sys.argv[1:]
    found = ACTIONS[action](**json.loads(arguments))
    if found is not None:
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
