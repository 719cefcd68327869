"""Fuzz the analyzers of all languages with texts made from a seed.

    python tools/fuzz/analyzers.py --count 20000
    python tools/fuzz/analyzers.py --count 1000000 --out benchmarks/results/fuzz-analyzers
    python tools/fuzz/analyzers.py --atheris -runs=100000       # led by coverage; needs the extra "fuzz"

A text fails where an analyzer raises anything, where its tokens are not what `searchkit.analyzers.Token` promises,
or where it takes more than a second of processor time. The exit code is 1 then; ``--only NUMBER`` runs one again.
"""

import argparse
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any, Final

from hostile import Hostile

import searchkit
from searchkit.analyzers import LANGUAGES, analyzer_for
from searchkit.limits import MAX_TOKEN

_SAMPLES: Final = Path(__file__).resolve().parents[2] / "examples" / "articles"
# The table's languages, and fallbacks with and without a stemmer, with and without spaces.
_CODES: Final = (*LANGUAGES, "da", "ru", "ar", "ja", "ko", "th", "mr", "xx")
_SLOW: Final = 1.0  # seconds
_MOST_FAILURES: Final = 20


def main() -> int:
    """Run the command line; return the exit code."""
    if "--atheris" in sys.argv:
        _led_by_coverage()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="texts, each for one language")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long, and report what was done")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="run this one text of the seed, and print it")
    parser.add_argument("--out", type=Path, help="write OUT.json")
    given = parser.parse_args()
    report = _run(given)
    text = json.dumps(report, indent=1)
    if given.out:
        given.out.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    print(text)
    return 1 if report["failures"] or report["slow"] else 0


def _run(given: argparse.Namespace) -> dict[str, Any]:
    words = sorted(
        {word for path in sorted(_SAMPLES.glob("*.txt")) for word in path.read_text(encoding="utf-8").split()}
    )
    for code in _CODES:
        check(code, "Läser 词典 once: it is not the first text's work.")
    failures: list[dict[str, Any]] = []
    slow = done = characters = 0
    slowest, number_of_slowest = 0.0, 0
    started = time.perf_counter()
    for number in range(given.count) if given.only is None else [given.only]:
        made = Hostile(given.seed * 1_000_003 + number, words)
        code, text = made.random.choice(_CODES), made.text()
        if given.only is not None:
            print(code, ascii(text))
        cpu = time.process_time()
        try:
            check(code, text)
        except Exception as error:
            if len(failures) < _MOST_FAILURES:
                told = {"error": f"{type(error).__name__}: {error}", "text": ascii(text)[:500]}
                failures.append({"number": number, "language": code, **told})
        cpu = time.process_time() - cpu
        slow += cpu > _SLOW
        slowest, number_of_slowest = max((slowest, number_of_slowest), (cpu, number))
        done += 1
        characters += len(text)
        if time.perf_counter() - started > 60 * given.minutes:
            break
    return {
        "texts": done,
        "characters": characters,
        "seed": given.seed,
        "failures": failures,
        "slow": slow,
        "slowest": {"processor": round(slowest, 3), "number": number_of_slowest},
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "searchkit": searchkit.__version__,
        "python": platform.python_version(),
    }


def check(code: str, text: str) -> None:
    """Analyze a text, and raise an error if its tokens are not well formed."""
    analyzer = analyzer_for(code)
    last = -1
    tokens = list(analyzer.tokens(text))
    for token in tokens:
        if not (0 <= token.start < token.end <= len(text) and 0 < len(token.text) <= MAX_TOKEN):
            raise AssertionError(f"{code}: {token} in a text of {len(text)}")
        if token.position < last:
            raise AssertionError(f"{code}: {token} after position {last}")
        last = token.position
    places = {(token.position, token.text) for token in tokens}
    for token in analyzer.canonical(text):
        if (token.position, token.text) not in places:
            raise AssertionError(f"{code}: {token} is canonical and no token")
    if any(len(word) > MAX_TOKEN for word in analyzer.words(text)):
        raise AssertionError(f"{code}: a word is too long")


def _led_by_coverage() -> None:
    """Hand over to atheris, which takes libFuzzer's options: -runs=N, -max_total_time=SECONDS, a corpus."""
    import atheris

    def one(data: bytes) -> None:
        given = atheris.FuzzedDataProvider(data)
        check(given.PickValueInList(list(_CODES)), given.ConsumeUnicode(2_000))

    atheris.instrument_all()
    atheris.Setup([argument for argument in sys.argv if argument != "--atheris"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
