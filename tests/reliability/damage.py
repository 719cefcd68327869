"""Damage the files of an index, one at a time, and see what a reader, the doctor and a rebuild make of it.

    python tests/reliability/damage.py --engine tantivy --count 500 --seed 1

A byte is changed, a run of bytes becomes zeros or garbage, or the end is cut off, at random places of every file
in turn. Then

- searching answers as before, or says in one line what is damaged, and nothing else comes of it;
- where an answer differs, or reading fails, the doctor says which file it is;
- a rebuild brings all articles back, from the index or from their files.

The last line of the output is JSON; the exit code is 1 if any of this does not hold. Answers that differ without
reading failing are counted ("differing"): files of more than 64 KB are not read whole to search them; with
--large, none is.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import kill

import searchkit
from searchkit import ArticleIndex, SearchkitError
from searchkit.doctor import examine, restore
from searchkit.index import files

QUERIES = ("sleep", "två celler", '"two cells"', "sömn*", "receptro", "mechanism:nmda-receptor", "")
SECONDS = 60


def article(number: int, language: str) -> str:
    lines = [f"{kill.TEXTS[language]} Word{number * line}." for line in range(30)]
    return "\n".join([f"# Article {number}\n", *lines, ""])


def make(folder: Path, engine: str) -> Path:
    """Make an index of some files, and return its folder."""
    articles = folder / "articles"
    articles.mkdir()
    for number in range(12):
        language = list(kill.TEXTS)[number % len(kill.TEXTS)]
        (articles / f"{number}.md").write_text(article(number, language), encoding="utf-8")
    index = folder / "index"
    ArticleIndex.create(index, engine=engine, vocabulary=kill.VOCABULARY).close()
    half = sorted(articles.iterdir())[:6]
    searchkit.index_articles(half, index=index)
    (articles / "0.md").write_text(article(0, "en") + "Changed.\n", encoding="utf-8")
    searchkit.index_articles([articles], index=index)
    return index


def answers(index: Path) -> str:
    """Return all that is found, as text."""
    with ArticleIndex.open(index) as opened:
        said: list[Any] = [opened.info().articles, sorted(opened.info().languages.items())]
        for query in QUERIES:
            results = opened.search(query, limit=20)
            said.append([(hit.id, round(hit.score, 3), hit.snippet and hit.snippet.text) for hit in results])
            said.append([[(count.value, count.count) for count in counts] for counts in results.facets.values()])
        said += [opened.get(identifier).text for identifier in opened.ids()]
    return repr(said)


def texts(index: Path) -> dict[str, str]:
    with ArticleIndex.open(index) as opened:
        return {identifier: opened.get(identifier).text for identifier in opened.ids()}


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return bytes that something has happened to."""
    place = chance.randrange(len(content))
    match chance.choice(("flip", "flip", "zero", "cut", "empty", "garbage")):
        case "flip":
            return content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
        case "zero":
            size = min(chance.choice((1, 16, 512, 4096)), len(content) - place)
            return content[:place] + bytes(size) + content[place + size :]
        case "garbage":
            size = min(chance.choice((1, 16, 512)), len(content) - place)
            return content[:place] + chance.randbytes(size) + content[place + size :]
        case "empty":
            return b""
    return content[:place]


def trial(index: Path, good: str, held: dict[str, str]) -> Callable[[Callable[[object], None]], None]:
    def task(tell: Callable[[object], None]) -> None:
        # What tantivy prints when it panics.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        signal.alarm(SECONDS)
        try:
            tell("same" if answers(index) == good else "differing")
        except SearchkitError as error:
            mended = str(index) in str(error) and f"run: searchkit rebuild --index {index}" in str(error)
            tell("told" if mended and "\n" not in str(error) else f"not clear: {error}")
        tell([problem for check in examine(index) for problem in check.problems])
        restore(index, vocabulary=kill.VOCABULARY)
        tell(texts(index) == held)
        tell([problem for check in examine(index) for problem in check.problems])

    return task


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--engine", default="whoosh")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="as if all files were too large to be read whole")
    given = parser.parse_args(arguments)
    begun = time.monotonic()
    chance = random.Random(given.seed)
    kill.warm_up(given.engine)
    if given.large:
        files.ALWAYS_CHECKED = 0  # type: ignore[misc]
    found: Counter[str] = Counter()
    bad = []
    with tempfile.TemporaryDirectory(dir=kill.MEMORY if kill.MEMORY.is_dir() else None) as place:
        index = Path(place) / "index"
        kept = Path(place) / "kept"

        def prepare(tell: Callable[[object], None]) -> None:
            make(Path(place), given.engine)
            tell([answers(index), texts(index)])

        ((good, held),) = kill.done_by(prepare)
        index.rename(kept)
        there = [file for file in sorted(kept.rglob("*")) if file.is_file() and file.stat().st_size]
        kinds = sorted({file.suffix or file.name for file in there})
        for number in range(given.count):
            shutil.rmtree(index, ignore_errors=True)
            shutil.copytree(kept, index)
            kind = kinds[number % len(kinds)]
            file = chance.choice([each for each in there if (each.suffix or each.name) == kind]).relative_to(kept)
            content = (kept / file).read_bytes()
            changed = damaged(content, chance)
            (index / file).write_bytes(changed)
            lines = kill.done_by(trial(index, good, held))
            said = str(lines[0]) if lines else "died"
            found[said.partition(":")[0] if isinstance(lines[0] if lines else "", str) else "raised"] += 1
            seen = bool(lines[1]) if len(lines) > 1 else False
            whole = len(lines) == 4 and lines[2] is True and not lines[3]
            if said not in ("same", "told", "differing") or not whole or (said != "same" and not seen):
                bad.append({"file": str(file), "bytes": len(content), "after": len(changed), "told": lines})
                print(json.dumps(bad[-1])[:2_000], file=sys.stderr)
    figures = {"engine": given.engine, "damaged": given.count, **dict(sorted(found.items())), "bad": len(bad)}
    print(json.dumps({**figures, "seed": given.seed, "seconds": round(time.monotonic() - begun, 1)}))
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
