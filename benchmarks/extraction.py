"""Time of what derivation runs on a text: sections, references, studies, mechanisms, negation, participants.

    python benchmarks/extraction.py [--sizes N,N] [--languages en,zh] [--hostile] [--terms N,N] [--csv FILE]

Texts grow from 10,000 to 10,000,000 characters: lines of the sample articles in an order drawn from a seed, as one
article. Prints a Markdown table for each language, with the microseconds of processor time per character: linear
is where a row stays the same from left to right. `--hostile` does the same with texts that no person writes, whole
derivation only, and `--terms` with vocabularies and registries of so many made-up entries. `--csv` writes all
figures to a file.
"""

import argparse
import csv
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from searchkit.analyzers import canonical
from searchkit.derive import Deriver
from searchkit.language import detect
from searchkit.negation import affirmed
from searchkit.participants import find_participants
from searchkit.readers import Draft, read
from searchkit.references import find_citations, parse_references
from searchkit.structure import find_sections
from searchkit.studies import Study, StudyRegistry
from searchkit.termvector import TermVector
from searchkit.vocabulary import Vocabulary

SAMPLES = Path(__file__).resolve().parent.parent / "examples" / "articles"
LANGUAGES = ("en", "sv", "fr", "hi", "zh")
# What is repeated until the text is long enough.
HOSTILE = {
    "digits": "7",
    "years": "2010 ",
    "places": "2010;65(2):165-177",
    "numbers with semicolons": "1;",
    "opening brackets": "(",
    "brackets": "()",
    "citations": "et al. 2010 ",
    "DOIs": "10.1234/a)",
    "addresses": "https://x",
    "one word": "a",
    "capitals": "A",
    "initials": "A.",
    "blank lines": "\n",
    "spaces": " ",
    "full stops": ".",
    "quotes": '."',
    "hyphens": "-",
    "Devanagari marks": "\u093f",
    "accents": "\u0301",
    "joiners": "a\u200d",
    "Chinese": "睡",
    "lone surrogates": "\ud800",
    "bullets": "- ",
    "headings": "Head\n",
    "lists of references": "\n\nReferences\n\nAnn B. Neuron. 2010;65(2):165-177.\n",
    "journals": "Neuron 2010 ",
    "code names": "MMFS-",
    "denials": "not ",
    "denials without spaces": "ne-",
    "Chinese denials": "没有",
    "participants": "a study of 5 adults. ",
    "participants under headings": "Head\n\nA study of 5 adults.\n\n",
    "numbers in words": "dix-",
    "breadcrumbs": " » ",
    "months": "17 august ",
}


class Figure(NamedTuple):
    """What one measurement gave: a text, its size in characters, the step, and seconds of processor time."""

    text: str
    size: int
    step: str
    seconds: float


def grown(lines: list[str], size: int, seed: int = 1) -> str:
    """Return a text of a size in characters, made of lines in an order drawn from a seed."""
    rng, parts, length = random.Random(seed), list[str](), 0
    while length < size:
        parts.append(rng.choice(lines))
        length += len(parts[-1]) + 1
    return "\n".join(parts)[:size]


def hostile(name: str, size: int) -> str:
    """Return a text of a size in characters that repeats one thing, after a sentence that opens every rule."""
    # It begins and ends with words, so that nothing is stripped away.
    piece = HOSTILE[name]
    return f"A study of 7 adults, études, does not {piece * (size // len(piece))} x"


def steps(deriver: Deriver, text: str, language: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the steps of derivation, named, each with what it needs at hand."""
    analyzer = deriver.analyzer(language)
    sections = find_sections(text)
    tokens = list(analyzer.tokens(text))
    words = canonical(tokens)
    matches = deriver.mechanisms.find(text, analyzer, words)
    yield "language", lambda: detect(text)
    yield "sections", lambda: find_sections(text)
    yield "list of references", lambda: parse_references(text, sections)
    yield "citations in the text", lambda: list(find_citations(text))
    yield "studies by name", lambda: list(deriver.studies.mentions(text))
    yield "tokens", lambda: list(analyzer.tokens(text))
    yield "mechanisms", lambda: deriver.mechanisms.find(text, analyzer, words)
    yield "denials", lambda: affirmed(text, language, matches)
    yield "participants", lambda: list(find_participants(text, language))
    yield "term vector", lambda: TermVector.of(tokens).to_bytes()
    yield "all", lambda: derived(deriver, text, language)


def derived(deriver: Deriver, text: str, language: str = "") -> object:
    """Return the article that a text becomes."""
    return deriver.draft(Draft(title="A title", text=text, source="a.txt", language=language), "a", "0")


def seconds(run: Callable[[], object], runs: int = 1) -> float:
    """Return the least processor time of some runs: what else the machine does only adds to it."""
    best = float("inf")
    for _ in range(runs):
        before = time.process_time()
        run()
        best = min(best, time.process_time() - before)
    return best


def made_up(count: int, seed: int = 1) -> tuple[Vocabulary, StudyRegistry]:
    """Return a vocabulary and a registry of so many entries, beside the built-in ones."""
    rng = random.Random(seed)
    syllables = [first + vowel for first in "bdfgklmnprstv" for vowel in "aeiou"]

    def word() -> str:
        return "".join(rng.choices(syllables, k=3))

    own = Vocabulary.builtin()
    terms = {f"made-up-{number}": {"en": (f"{word()} {word()}",)} for number in range(count)}
    studies = {
        f"made-{number}": Study(
            f"made-{number}",
            "made up",
            year=rng.randrange(1950, 2026),
            volume=str(rng.randrange(1, 400)),
            first_page=str(rng.randrange(1, 4000)),
            journals=(f"{word().title()} {word()}", "Journal of Physiology"),
            aliases=(f"{word()[:4].upper()}-{number}",),
        )
        for number in range(count)
    }
    registry = StudyRegistry.builtin().extended(StudyRegistry(studies))
    return Vocabulary({**own.concepts, **terms}, own.parents, own.ignored), registry


def table(title: str, rows: dict[str, list[float]], columns: list[int]) -> None:
    """Print figures as a Markdown table."""
    print(f"\n| {title} | {' | '.join(f'{column:,}' for column in columns)} |")
    print(f"|---|{'---:|' * len(columns)}")
    for name, values in rows.items():
        print(f"| {name} | {' | '.join(f'{value:.2f}' for value in values)} |")


def by_step(languages: list[str], sizes: list[int]) -> Iterator[Figure]:
    """Yield the figures of each step in texts of people, and print them."""
    deriver = Deriver(Vocabulary.builtin(), Vocabulary.builtin("study_types"), StudyRegistry.builtin())
    for language in languages:
        lines = lines_of(language)
        rows: dict[str, list[float]] = {}
        derived(deriver, "\n".join(lines), language)
        for size in sizes:
            text = grown(lines, size)
            for name, run in steps(deriver, text, language):
                spent = seconds(run, 3 if size < 1_000_000 else 1)
                rows.setdefault(name, []).append(spent / len(text) * 1e6)
                yield Figure(language, len(text), name, spent)
        table(f"µs per character, {language}", rows, sizes)
        print(f"\n{rows['all'][-1] * sizes[-1] / 1e6:.1f} s for {sizes[-1]:,} characters", flush=True)


def by_hostile_text(languages: list[str], sizes: list[int]) -> Iterator[Figure]:
    """Yield the figures of whole derivation of hostile texts, and print them."""
    deriver = Deriver(Vocabulary.builtin(), Vocabulary.builtin("study_types"), StudyRegistry.builtin())
    rows: dict[str, list[float]] = {}
    for language in languages:
        derived(deriver, "warm up", language)
        for name in HOSTILE:
            for size in sizes:
                text = hostile(name, size)
                spent = seconds(lambda text=text, language=language: derived(deriver, text, language))
                rows.setdefault(f"{name}, {language}", []).append(spent / len(text) * 1e6)
                yield Figure(f"{name}, {language}", len(text), "all", spent)
    table("µs per character, hostile texts", rows, sizes)


def by_entries(counts: list[int], size: int) -> Iterator[Figure]:
    """Yield the figures of an English text with vocabularies and registries of many entries, and print them."""
    text = grown(lines_of("en"), size)
    rows: dict[str, list[float]] = {}
    for count in counts:
        vocabulary, registry = made_up(count)
        deriver = Deriver(vocabulary, Vocabulary.builtin("study_types"), registry)
        derived(deriver, "warm up, Neuron 2010", "en")
        for name, run in steps(deriver, text, "en"):
            if name in {"studies by name", "mechanisms", "all"}:
                spent = seconds(run, 3)
                rows.setdefault(name, []).append(spent / len(text) * 1e6)
                yield Figure(f"{count:,} entries", len(text), name, spent)
    table("µs per character, by number of made-up terms and studies", rows, counts)


def numbers(text: str) -> list[int]:
    """Read numbers that commas divide."""
    return [int(part) for part in text.split(",") if part]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=numbers, default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--languages", type=lambda text: text.split(","), default=list(LANGUAGES))
    parser.add_argument("--hostile", action="store_true", help="texts that no person writes")
    parser.add_argument("--terms", type=numbers, default=[], help="made-up entries, as 100,1000,10000")
    parser.add_argument("--csv", type=Path, help="file for all figures")
    options = parser.parse_args()
    if options.terms:
        figures = list(by_entries(options.terms, options.sizes[0]))
    elif options.hostile:
        figures = list(by_hostile_text(options.languages, options.sizes))
    else:
        figures = list(by_step(options.languages, options.sizes))
    if options.csv:
        with options.csv.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(Figure._fields)
            writer.writerows(figures)


def lines_of(language: str) -> list[str]:
    """Return the lines of the sample articles of a language, blank ones too: they part paragraphs."""
    drafts = [draft for draft in read([SAMPLES]) if isinstance(draft, Draft)]
    texts = [draft.text for draft in drafts if Path(draft.source).name.split(".")[-2] == language]
    return [line for text in texts for line in text.split("\n")]


if __name__ == "__main__":
    main()
