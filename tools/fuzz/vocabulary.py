"""Fuzz vocabulary files and files of studies: loading, checking, and finding their terms in a text.

    python tools/fuzz/vocabulary.py --count 20000 --seed 1

What may come of a file is a vocabulary or a `SearchkitError` of one line, within a second of processor time.
"""

import argparse
import json
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, Final

from searchkit.analyzers import analyzer_for
from searchkit.checking import check
from searchkit.errors import SearchkitError
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

MOST_SECONDS: Final = 1.0
TEXT: Final = "Deep sleep helps memory: the NMDA receptor, 突触可塑性 and ZQ-1, in Neuron 2010."
KEYS: Final = ("a", "b-2", "nmda-receptor", "ignore", "replace", "A", "", "é", "a.b", '"x y"', "0", "a" * 200)
NAMES: Final = (
    *("en", "sv", "zh", "hi", "fr", "xx", "parent", "sources", "label", "doi", "year", "volume", "first_page"),
    *("journals", "aliases", "authors", "study_type", "published", "title", "toolong"),
)
TEXTS: Final = (
    *(
        "sleep",
        "NMDA receptor",
        "突触可塑性",
        "नींद",
        "récepteur de l'acide",
        "",
        " ",
        ".",
        ".*",
        "(a+)+$",
        "[",
        "\\\\",
        "\\u0000",
    ),
    *(
        "\\u001b[31m",
        "\\u202e",
        "ZQ-1",
        "10.1016/j.x",
        "Neuron",
        "2010",
        "cohort",
        "a" * 5000,
        "a " * 2000,
        "𝔸",
        "e\u0301\u0301",
    ),
)
VALUES: Final = (
    "1",
    "-1",
    "true",
    "9e99",
    "nan",
    "2024-01-01",
    "2024-13-45",
    "{a = 1}",
    "[]",
    "[[1]]",
    "9" * 30,
    "1.5",
)


def made(rng: random.Random) -> str:
    """Return a file, mostly of the form of one."""
    lines = ["replace = true"] if rng.random() < 0.1 else []
    keys = [rng.choice(KEYS) if rng.random() < 0.05 else f"c-{number}" for number in range(rng.choice((1, 3, 30)))]
    kind = rng.choice(("vocabulary", "studies", "anything"))
    for key in keys:
        lines.append(f"[{key}]")
        if kind == "studies":
            lines.append('label = "A study"')
        names = {"vocabulary": NAMES[:6], "studies": NAMES[9:]}.get(kind, NAMES)
        lines.extend(f"{name} = {_value(rng, keys, name, kind)}" for name in rng.sample(names, rng.randint(1, 4)))
    text = "\n".join(lines)
    for _ in range(rng.choice((0, 0, 1, 3))):
        place = rng.randrange(len(text) + 1)
        piece = rng.choice(
            (*'[]{}"=,.\n#', "'''", '"""', "\x00", "\x7f", "\ud800", "[" * 2000, "a." * 500, text[:200])
        )
        text = text[:place] + piece + text[place + rng.choice((0, 1, 10)) :]
    return text


def _value(rng: random.Random, keys: list[str], name: str, form: str) -> str:
    if form != "anything" and rng.random() < 0.97:
        if name in {"doi", "year", "published"}:
            return {"doi": '"10.1000/x"', "year": str(rng.choice((2010, 0, -1, 10**30)))}.get(name, "2024-01-01")
        if name in {"volume", "first_page", "title"}:
            return f'"{rng.choice(TEXTS)}"'
        return (
            '["' + rng.choice(("sleep", "cohort", "NMDA receptor", "ZQ-1") if rng.random() < 0.7 else TEXTS) + '"]'
        )
    kind = rng.random()
    if kind < 0.15:
        return rng.choice(VALUES)
    if kind < 0.35:
        return f'"{rng.choice(keys)}"'
    if kind < 0.5:
        return f'"{rng.choice(TEXTS)}"'
    return "[" + ", ".join(f'"{rng.choice(TEXTS)}"' for _ in range(rng.choice((0, 1, 3, 30)))) + "]"


def run(file: Path, text: str) -> str:
    """Load a file as both, and check it; return what came of it."""
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    came = []
    for kind in ("vocabulary", "studies", "check"):
        try:
            if kind == "vocabulary":
                vocabulary = Vocabulary.load(file, Vocabulary.builtin())
                vocabulary.find(TEXT, analyzer_for("en"))
                Vocabulary.from_dict(json.loads(json.dumps(vocabulary.to_dict())))
            elif kind == "studies":
                list(StudyRegistry.load(file).mentions(TEXT))
            else:
                check(file)
            came.append(kind)
        except SearchkitError as error:
            if "\n" in str(error):
                raise AssertionError(f"an error of several lines: {error}") from error
    return " and ".join(came) or "errors"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="number of files (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="other files for another seed (default: 1)")
    parser.add_argument("--only", type=int, help="run this one alone, and print it")
    parser.add_argument("--results", type=Path, help="write the figures to this JSON file")
    given = parser.parse_args()
    came: Counter[str] = Counter()
    failures: list[str] = []
    slowest = (0.0, 0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "v.toml"
        for number in range(given.count) if given.only is None else [given.only]:
            text = made(random.Random(f"{given.seed}:{number}"))  # noqa: S311 - no secret
            if given.only is not None:
                print(text)
            start = time.process_time()
            try:
                came[run(file, text)] += 1
            except Exception:
                failures.append(f"{number}\n{traceback.format_exc()}")
            # The first loads what searchkit ships with.
            if number:
                slowest = max(slowest, (time.process_time() - start, number))
    if slowest[0] > MOST_SECONDS:
        failures.append(f"{slowest[1]} took {slowest[0]:.2f} s")
    figures: dict[str, Any] = {
        "files": sum(came.values()) + len(failures),
        "seed": given.seed,
        "came of them": dict(came),
        "failures": len(failures),
        "slowest, s of processor time": [round(slowest[0], 3), slowest[1]],
    }
    print(json.dumps(figures, indent=2))
    print(*failures[:10], sep="\n", file=sys.stderr)
    if given.results:
        given.results.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
