"""Processor time of whole commands in new processes: what a person waits for at a prompt.

    python benchmarks/startup.py [--runs N]

Indexes the sample articles in a temporary folder, then runs each command N times. Prints the median and the
worst of user plus system time, and the ratio to starting Python alone: machines are noisy, and ratios of one run
are what compares. Needs the installed command.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
SEARCHKIT = str(Path(sys.executable).with_name("searchkit"))


def processor_time(command: list[str], folder: str) -> float:
    """Return the processor time in seconds of a command and all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [SEARCHKIT, "index", str(CHECKOUT / "examples" / "articles")],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import whoosh.index": [sys.executable, "-c", "import whoosh.index"],
            "searchkit --help": [SEARCHKIT, "--help"],
            "search, Swedish": [SEARCHKIT, "search", "synaptisk plasticitet"],
            "search, Hindi": [SEARCHKIT, "search", "स्मृति"],
            "search, Chinese": [SEARCHKIT, "search", "突触可塑性"],
            "import jieba; jieba.initialize()": [
                sys.executable,
                "-W",
                "ignore",
                "-c",
                "import jieba; jieba.initialize()",
            ],
        }
        base = 0.0
        print(f"{'command':<34}{'median':>8}{'worst':>8}{'ratio':>8}")
        for name, command in commands.items():
            times = sorted(processor_time(command, folder) for _ in range(runs))
            base = base or statistics.median(times)
            median = statistics.median(times)
            print(f"{name:<34}{median:>8.3f}{times[-1]:>8.3f}{median / base:>8.1f}")


if __name__ == "__main__":
    main()
