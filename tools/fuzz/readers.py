"""Fuzz what happens to articles: reading, deriving, storing, and for a share indexing, searching and printing.

    python tools/fuzz/readers.py --count 100000 --seed 1 --results benchmarks/results/fuzz-articles.json

Each case is a file made from the sample articles by seeded mutation, in any format and encoding. What may come of
it is articles, problems, or a `SearchkitError`, each within a second of processor time. The number of a case and
the seed make it again: ``--only NUMBER`` runs it alone.
"""

import argparse
import io
import json
import platform
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import searchkit
from searchkit.commands.output import echo_json, plain
from searchkit.commands.search import print_results
from searchkit.derive import Deriver, digest_of
from searchkit.errors import SearchkitError
from searchkit.readers import Draft, read
from searchkit.stored import StoredArticle
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

ARTICLES: Final = Path(__file__).resolve().parents[2] / "examples" / "articles"
FORMATS: Final = ("text", "markdown", "jsonl", "csv", "tsv", "html", None)
WEIGHTS: Final = (30, 20, 20, 8, 4, 6, 12)
MOST_SECONDS: Final = 1.0
# Cases that are indexed together, on each engine in turn, and how many are drawn for it.
BATCH: Final = 250
SHARE: Final = 0.1
DRIVING: Final = frozenset(map(chr, [*range(32), *range(127, 160), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F)]))

PIECES: Final = (
    *(
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        "\t",
        "\x0b",
        "\x0c",
        "\x85",
        "\u2028",
        "\x00",
        "\u00a0",
        "\u3000",
        "\ufeff",
        " ",
    ),
    *(
        "\x1b[31m",
        "\x1b]8;;http://e\x07",
        "\x9b31m",
        "\x07",
        "\x08",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u200d",
        "\ud800",
    ),
    *(
        "\udfff",
        "\udc80",
        "\u0301",
        "\u0338",
        "\u093c",
        "\U000e0001",
        "\U0010ffff",
        "ﷺ",
        "ﬃ",
        "İ",
        "ß",
        "Σ",
        "२०२४",
        "Ⅷ",
    ),
    *(
        "References",
        "参考资料",
        "Referenser",
        "संदर्भ",
        "Références",
        "Related posts",
        "See also",
        "Home » Sleep » T",
        "|",
    ),
    *(
        "1024 683 Ann Smith",
        "Tag :",
        "Menu",
        "- ",
        "• ",
        "[2] ",
        "1. ",
        "# ",
        "## ",
        "```",
        "> ",
        "* ",
        "---",
        "===",
        "![[",
    ),
    *(
        "Neuron. 2010;65(2):165-177.",
        "doi:10.1016/j.neuron.2009.12.023",
        "https://doi.org/",
        "10.1038/",
        "(2010)",
        "2010;",
    ),
    *(
        "NMDA receptor",
        "not",
        "no evidence of",
        "inte",
        "没有",
        "नहीं",
        "n'est pas",
        "participants",
        "45 women",
        "p < 0.05",
    ),
    *(
        "May 16, 2024",
        "2024年5月16日",
        "31 February 2024",
        "१६ मई २०२४",
        "MMFS-01",
        "Nature",
        "vol. 21, nr 24, s. 2109",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        ",",
        ";",
        ":",
        "\\",
        "\\ud800",
        "\\u0000",
        "&#13;",
        "&lt;",
        "<b>",
        "<!--",
        "]]>",
        "<script>",
    ),
    *(
        "<div>",
        "</p>",
        "<title>",
        "&amp;amp;",
        "title: x",
        "date: 2024-02-30",
        "tags: [a, b]",
        "text,title",
        "null",
        "NaN",
        "1e999",
    ),
    *(
        "突触可塑性",
        "睡眠與記憶",
        "नींद और स्मृति",
        "hjärnans plasticitet",
        "la mémoire",
        "👩🏽‍🔬",
        "葛󠄀",
        "a" * 300,
        "9" * 300,
        "(" * 50,
        "。" * 50,
    ),
)
NAMES: Final = (
    *("id", "title", "text", "body", "language", "url", "author", "published", "mechanism", "study", "study_type"),
    *("facets", "group", "date", "headline", "TEXT ", "", "x"),
)
ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "gb18030", "cp1252")


@dataclass(slots=True)
class Tally:
    """What came of the cases so far."""

    cases: int = 0
    articles: int = 0
    problems: int = 0
    indexed: int = 0
    loads: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, int]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def timed(self, seconds: float, number: int) -> None:
        """Take note of the processor time of a case."""
        self.slowest = sorted([*self.slowest, (seconds, number)], reverse=True)[:10]
        if seconds > MOST_SECONDS:
            self.failures.append({"case": number, "error": f"took {seconds:.2f} s"})


class Cases:
    """Files made by mutation; the same for the same seed and number."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._texts = [path.read_text(encoding="utf-8") for path in sorted(ARTICLES.iterdir())]

    def case(self, number: int) -> tuple[str | None, bytes]:
        """Return the format that is told (None: to be recognised) and the bytes of a case."""
        rng = random.Random(f"{self._seed}:{number}")  # noqa: S311 - no secret
        (name,) = rng.choices(FORMATS, WEIGHTS)
        text = self._made(rng, name or rng.choice(FORMATS[:-1]) or "text")
        for _ in range(rng.choice((0, 1, 1, 2, 4, 16))):
            text = self._mutated(rng, text)
        encoding = rng.choice(ENCODINGS) if rng.random() < 0.1 else "utf-8"
        data = text.encode(encoding, "replace" if rng.random() < 0.9 or encoding != "utf-8" else "surrogatepass")
        for _ in range(rng.choice((0, 0, 0, 0, 1, 3))):
            place = rng.randrange(len(data) + 1)
            data = data[:place] + rng.randbytes(rng.choice((1, 1, 4))) + data[place + rng.choice((0, 1, 4)) :]
        return name, data

    def _window(self, rng: random.Random) -> str:
        text = rng.choice(self._texts)
        start = rng.choice((0, rng.randrange(len(text))))
        return text[start : start + rng.choice((0, 20, 200, 500, 500, 2000))]

    def _made(self, rng: random.Random, name: str) -> str:
        if name == "jsonl":
            return "\n".join(self._line(rng) for _ in range(rng.choice((1, 1, 1, 3))))
        if name in {"csv", "tsv"}:
            mark = "\t" if name == "tsv" else rng.choice(",,;")
            names = rng.sample(NAMES, rng.randint(1, 5))
            rows = [names] + [[self._cell(rng) for _ in names] for _ in range(rng.randint(1, 3))]
            return "\n".join(mark.join(row) for row in rows)
        if name == "html":
            parts = "".join(
                f"<{rng.choice(['pp', 'div', 'h1', 'li'])}>{part}" for part in self._window(rng).split("\n")
            )
            return (
                f"<!doctype html><html><head><title>{rng.choice(PIECES)}</title></head><body>{parts}</body></html>"
            )
        if name == "markdown" and rng.random() < 0.4:
            front = "\n".join(f"{rng.choice(NAMES)}: {rng.choice(PIECES)}" for _ in range(rng.randint(1, 5)))
            return f"---\n{front}\n---\n{self._window(rng)}"
        return self._window(rng)

    def _line(self, rng: random.Random) -> str:
        values = {rng.choice(NAMES): self._value(rng) for _ in range(rng.randint(0, 4))}
        if rng.random() < 0.8:
            values["text"] = self._window(rng)
        return json.dumps(values, ensure_ascii=rng.random() < 0.5)

    def _value(self, rng: random.Random, depth: int = 0) -> Any:
        kind = rng.randrange(8)
        if kind < 4:
            return rng.choice(PIECES) * rng.choice((1, 1, 2, 50))
        if kind == 4:
            return rng.choice((None, True, 0, -1, 10**30, 0.5, 1e308, float("nan"), 2024, ""))
        if depth > 3:
            return []
        if kind == 5:
            return {rng.choice(NAMES): self._value(rng, depth + 1) for _ in range(rng.randrange(3))}
        return [self._value(rng, depth + 1) for _ in range(rng.choice((0, 1, 3)))]

    def _cell(self, rng: random.Random) -> str:
        text = rng.choice((rng.choice(PIECES), self._window(rng)))
        return '"' + text.replace('"', '""') + '"' if rng.random() < 0.8 else text

    def _mutated(self, rng: random.Random, text: str) -> str:
        place = rng.randrange(len(text) + 1)
        end = min(place + rng.choice((0, 1, 5, 50, 500)), len(text))
        match rng.randrange(7):
            case 0:
                return text[:place] + text[end:]
            case 1 | 2:
                return text[:place] + rng.choice(PIECES) + text[end:]
            case 3:
                return text[:place] + rng.choice(PIECES) * rng.choice((2, 10, 100, 1000)) + text[place:]
            case 4:
                return text[:place] + text[place:end] * rng.choice((2, 5, 20)) + text[end:]
            case 5:
                other = self._window(rng)
                return text[:place] + other + text[end:]
            case _:
                return text[:place] + "".join(chr(rng.randrange(0x110000)) for _ in range(5)) + text[end:]


class Fuzzer:
    """Runs cases and keeps count."""

    def __init__(self, seed: int) -> None:
        self.tally = Tally()
        self._cases = Cases(seed)
        self._rng = random.Random(seed)  # noqa: S311 - no secret
        self._deriver = Deriver(Vocabulary.builtin(), Vocabulary.builtin("study_types"), StudyRegistry.builtin())
        self._waiting: list[Draft] = []
        self._engines = 0

    def run(self, numbers: range) -> Iterator[Tally]:
        """Run cases, of which a share goes into an index of either engine; yield the tally now and then."""
        for number in numbers:
            self._run(number)
            if len(self._waiting) >= BATCH:
                self._index(number)
                yield self.tally
        self._index(numbers[-1])
        yield self.tally

    def _run(self, number: int, *, again: bool = False) -> None:
        name, data = self._cases.case(number)
        tally = self.tally
        if not again:
            tally.cases += 1
            tally.formats[name or "recognised"] += 1
        start = time.process_time()
        try:
            kept = []
            for item in read(["-"], format=name, stdin=io.BytesIO(data)):
                if isinstance(item, Draft):
                    tally.articles += 1
                    kept.append(item)
                    derived = self._deriver.draft(item, item.id or f"a{number}", digest_of(item))
                    article = StoredArticle.from_bytes(derived.document.stored).article
                    said = (article.title, article.author, article.id, *article.facets["study"])
                    if DRIVING.intersection("".join(map(plain, said))):
                        raise AssertionError(f"drives the terminal: {article.title!r}")
                else:
                    tally.problems += 1
                    if DRIVING.intersection(plain(item.message)):
                        raise AssertionError(f"drives the terminal: {item.message!r}")
        except SearchkitError as error:
            tally.problems += 1
            if "\n" in str(error):
                self._failed(number)
        except Exception:
            self._failed(number)
        else:
            if self._rng.random() < SHARE:
                self._waiting += kept
        seconds = time.process_time() - start
        if seconds > MOST_SECONDS and not again:
            # The first article of a language loads dictionaries and compiles the vocabulary for it.
            tally.loads += 1
            self._run(number, again=True)
        else:
            tally.timed(seconds, number)

    def _index(self, number: int) -> None:
        """Index, search and print what waits, on the next engine."""
        if not self._waiting:
            return
        engine = ("whoosh", "tantivy")[self._engines % 2]
        self._engines += 1
        drafts, self._waiting = self._waiting, []
        try:
            with tempfile.TemporaryDirectory() as folder, io.StringIO() as out, redirect_stdout(out):
                with searchkit.ArticleIndex.create(Path(folder) / "index", engine=engine) as index:
                    changes = index.update(drafts)
                    self.tally.indexed += changes.added
                    for query in ("sleep memory", "睡眠", "sömn", "नींद", drafts[0].title[:200]):
                        with suppress(SearchkitError):
                            results = index.search(query, explain=True, collapse=True)
                            print_results(results, index.label)
                            echo_json(results.to_dict())
                if (driving := DRIVING.difference("\n")).intersection(out.getvalue()):
                    raise AssertionError(f"printed {sorted(driving.intersection(out.getvalue()))}")
        except Exception:
            self._failed(number, engine)

    def _failed(self, number: int, engine: str = "") -> None:
        self.tally.failures.append({"case": number, "engine": engine, "error": traceback.format_exc()})


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="number of cases (default: 2000)")
    parser.add_argument("--first", type=int, default=0, help="number of the first case (default: 0)")
    parser.add_argument("--seed", type=int, default=1, help="other cases for another seed (default: 1)")
    parser.add_argument("--only", type=int, help="run this case alone, and print its bytes")
    parser.add_argument("--results", type=Path, help="write the figures to this JSON file")
    given = parser.parse_args()
    if given.only is not None:
        print(*Cases(given.seed).case(given.only))
    first, count = (given.first, given.count) if given.only is None else (given.only, 1)
    fuzzer = Fuzzer(given.seed)
    start = time.monotonic()
    for tally in fuzzer.run(range(first, first + count)):
        figures = _figures(tally, first, given.seed, time.monotonic() - start)
        if given.results:
            given.results.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))
    for failure in tally.failures[:20]:
        print(failure["case"], failure.get("engine", ""), failure["error"], file=sys.stderr)
    sys.exit(bool(tally.failures))


def _figures(tally: Tally, first: int, seed: int, seconds: float) -> dict[str, Any]:
    return {
        "cases": tally.cases,
        "first": first,
        "seed": seed,
        "formats": dict(sorted(tally.formats.items())),
        "articles": tally.articles,
        "problems told": tally.problems,
        "articles indexed, searched and printed on both engines": tally.indexed,
        "failures": len(tally.failures),
        "failed cases": [failure["case"] for failure in tally.failures[:50]],
        "timed again, for loading a language": tally.loads,
        "slowest, s of processor time": [[round(taken, 3), number] for taken, number in tally.slowest],
        "peak memory, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        "wall, s": round(seconds),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    main()
