"""Makes the Swedish word lists of searchkit from the dictionary of hunspell-sv.

    python tools/swedish/build.py FOLDER

FOLDER holds sv_SE.aff and sv_SE.dic of Debian's package (see the README beside this file). Writes
analyzers/data/sv_compounds.txt and analyzers/data/sv_stems.txt; the same dictionary and the same rules in
analyzers/sv.py give the same files, byte for byte.
"""

import argparse
import copy
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from searchkit.analyzers import Analyzer, language
from searchkit.analyzers.compounds import Compounds

DATA = Path(__file__).resolve().parents[2] / "analyzers" / "data"
WORD = re.compile("[a-zåäöéü]+")
SHORTEST = 3

# Flags of the dictionary, as its affix file explains them.
BEGINS, ENDS, PART_ONLY, NO_WORD = frozenset("XUW"), "Y", "Z", frozenset("!%")
OF_NOUNS, OF_OTHERS = frozenset("BCDEFGHIJ"), frozenset("mMNOPQ")

# Adverbs, prefixes and numerals that words begin with: nothing to search for, and what follows them
# is seldom what it means alone.
NO_FIRST = frozenset(
    (
        *("för", "upp", "ned", "ner", "till", "med", "bort", "sam", "när", "all", "und", "hop", "van", "sen"),
        *("väl", "före", "inne", "ute", "borta", "undan", "igen", "utom", "samman", "andra", "andre", "förste"),
        *("tredje", "två", "tre", "fem", "sex", "tio", "oför", "kon", "pre", "pro", "dis", "sub", "run", "res"),
        *("nit", "mot", "hel", "bak", "utan", "över", "under", "efter", "fram", "genom", "kring", "mellan"),
        *("inter", "trans", "semi", "anti", "mång", "samm", "nog", "ler", "små", "lill", "miss", "ens", "bar"),
        *("här", "har", "hän", "vad", "min", "vid", "des", "obe", "inte", "förs", "föro", "kom", "han", "dia"),
    )
)
# Last parts that make adjectives and adverbs of what stands before them.
NO_LAST = frozenset(
    (
        *("lös", "löst", "fri", "full", "rik", "fattig", "mässig", "vänlig", "aktig", "artad", "vis", "sätt"),
        *("dom", "het", "skap", "ism", "era", "ande", "liga", "tals"),
    )
)
# Words that no count tells from a compound.
SIMPLE = frozenset(
    (
        *("kristall", "temperatur", "handel", "komposition", "allmänhet", "förorening", "getting", "parameter"),
        *("mikroskop", "villkor", "sannolikhet", "protestant", "lagring", "lindring", "elektrolys", "plankton"),
        *("magma", "ballast", "landskap", "partnerskap"),
    )
)
# Stems of words that are endings as often.
NO_LAST_STEMS = frozenset(("skap", "kap", "het", "ast", "and", "ärt", "lys", "logi"))
# How often the dictionary must show a form before others that it does not list as one; short ones
# stand there by chance.
LEAST_SHOWN = {3: 12, 4: 4}
LEAST_SHOWN_LONG = 3
LEAST_SHOWN_PREFIX = 8
# Nouns of this length are taken as parts without more evidence.
LONG_NOUN = 6
# Parts that no compound of the dictionary shows are kept up to this length.
LONGEST_UNSHOWN = 9
LONGEST_LISTED = 12
NOT_UNSHOWN = ("ning", "nings", "het", "hets", "are", "ande", "ing", "ings", "skap", "skaps")


# What it takes off, what it puts there, the flags of what comes out, and what it needs.
Suffix = tuple[str, str, frozenset[str], re.Pattern[str]]


@dataclass(frozen=True)
class Entry:
    """A word of the dictionary, with its flags."""

    word: str
    flags: frozenset[str]

    @property
    def is_noun(self) -> bool:
        """Whether it is inflected as a noun and as nothing else."""
        return bool(self.flags & OF_NOUNS) and not self.flags & OF_OTHERS


class Dictionary:
    """A Hunspell dictionary, as much of the format as the Swedish one uses."""

    def __init__(self, folder: Path) -> None:
        self._suffixes: defaultdict[str, list[Suffix]] = defaultdict(list)
        for line in (folder / "sv_SE.aff").read_text(encoding="utf-8").splitlines():
            cells = line.split("#")[0].split()
            if len(cells) == 5 and cells[0] == "SFX":
                _, flag, strip, added, condition = cells
                text, _, more = added.partition("/")
                self._suffixes[flag].append(
                    (strip.strip("0"), text.strip("0"), frozenset(more), re.compile(f"(?:{condition})$"))
                )
        source = (folder / "sv_SE.dic").read_bytes()
        self.digest = hashlib.sha256(source).hexdigest()
        found: defaultdict[str, set[str]] = defaultdict(set)
        parts: defaultdict[str, set[str]] = defaultdict(set)
        for line in source.decode().splitlines()[1:]:
            word, _, rest = line.strip().partition("/")
            flags = set(rest.split()[0]) if rest else set()
            if WORD.fullmatch(word) and not flags & NO_WORD:
                (parts if PART_ONLY in flags else found)[word] |= flags
        self.words = [Entry(word, frozenset(flags)) for word, flags in sorted(found.items())]
        self.parts = [Entry(word, frozenset(flags)) for word, flags in sorted(parts.items())]

    def forms(self, entry: Entry) -> Iterator[tuple[str, str, frozenset[str]]]:
        """Yield the forms of a word: each with the flag that makes it and the flags that it gets."""
        for flag in sorted(entry.flags):
            for strip, text, more, condition in self._suffixes.get(flag, ()):
                if entry.word.endswith(strip) and condition.search(entry.word):
                    form = entry.word[: len(entry.word) - len(strip)] + text
                    if WORD.fullmatch(form):
                        yield form, flag, more


class Elements:
    """What compounds are made of: forms that begin one with their words, and words that end one."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._flagged = {entry.word for entry in dictionary.words if ENDS in entry.flags and entry.flags & BEGINS}
        self._words = {entry.word: entry for entry in dictionary.words}
        first, last = self._listed()
        self.first, self.last = first, last
        self.first, self.last = self._simple(first, last)
        self.last |= self._shown_last()
        self.first, self.last = self._simple({**self._shown(), **self.first}, self.last)
        self.compounds = {word for word in self._words if any(self.cuts(word))}
        ends = self.last | self.compounds
        self.sizes, used = self._families(self.first, ends)
        self.first = {form: word for form, word in self.first.items() if self.sizes[form] or self._is_short(form)}
        self.last = {word for word in self.last if word in used or self._is_short(word)}

    def _simple(self, first: Mapping[str, str], last: Set[str]) -> tuple[dict[str, str], set[str]]:
        """Return those of the parts that are not made of shorter ones.

        A part that others could make is simple all the same if it stands in more compounds than they do, by their
        geometric mean (Koehn and Knight's measure): temperatur is not tempera and tur.
        """
        begin, end = self._families(first, last)
        kept_first: dict[str, str] = {}
        kept_last: set[str] = set()
        irregular = language("sv").irregular

        def made(word: str) -> bool:
            bare = word.removesuffix("s")
            family = max(begin[word], begin[word + "s"], begin[bare], end[word], end[bare])
            for cut in range(SHORTEST, len(word) - SHORTEST + 2):
                if word[:cut] not in kept_first:
                    continue
                # Of three equal consonants one is not written: natt and tåg make nattåg.
                for rest in (word[cut:], word[cut - 1 :] if word[cut - 1] == word[cut - 2] else ""):
                    bare = rest.removesuffix("s")
                    if rest in kept_last or bare in kept_last or rest in kept_first:
                        others = begin[word[:cut]] * max(end[rest], end[bare], begin[rest])
                        if family * family <= others:
                            return True
                    elif rest in irregular:
                        return True
            return False

        for word in sorted({*first, *last}, key=lambda word: (len(word), word)):
            if word in SIMPLE or not made(word):
                if word in first:
                    kept_first[word] = first[word]
                if word in last:
                    kept_last.add(word)
        return kept_first, kept_last

    def _families(self, first: Mapping[str, str], last: Set[str]) -> tuple[Counter[str], Counter[str]]:
        """Return how many of the dictionary's words each part begins, and how many each one ends."""
        pairs = [
            (word[:cut], word[cut:])
            for word in self._words
            for cut in range(SHORTEST, len(word) - SHORTEST + 1)
            if word[:cut] in first and word[cut:] in last
        ]
        return Counter(begin for begin, _ in pairs), Counter(end for _, end in pairs)

    def _is_short(self, word: str) -> bool:
        """Tell whether to keep a part that no compound of the dictionary shows: not after a prefix."""
        if word in SIMPLE:
            return True
        longest = LONGEST_LISTED if word in self._flagged else LONGEST_UNSHOWN
        return (
            len(word) <= longest
            and not word.endswith(NOT_UNSHOWN)
            and not any(
                word[:cut] in NO_FIRST and {word[cut:], word[cut:].removesuffix("s")} & self.last
                for cut in range(2, len(word) - 3)
            )
        )

    def cuts(self, word: str) -> Iterator[int]:
        """Yield where a word can be cut into a first and a last part."""
        for cut in range(SHORTEST, len(word) - SHORTEST + 1):
            if word[:cut] in self.first and word[cut:] in self.last:
                yield cut

    def _listed(self) -> tuple[dict[str, str], set[str]]:
        """Return what the dictionary says may begin and end a compound."""
        first: dict[str, str] = {}
        last = set()
        for entry in self._dictionary.words:
            long_noun = entry.is_noun and len(entry.word) >= LONG_NOUN
            if ENDS in entry.flags or long_noun:
                last.add(entry.word)
            if entry.flags & BEGINS or (long_noun and entry.word[-1] not in "ae"):
                first[entry.word] = entry.word
        for entry in self._dictionary.words:
            for form, _, more in self._dictionary.forms(entry):
                if more & BEGINS:
                    first.setdefault(form, entry.word)
        for entry in self._dictionary.parts:
            if entry.flags & BEGINS:
                first.setdefault(entry.word, self._word_of(entry.word))
        return (
            {form: word for form, word in first.items() if len(form) >= SHORTEST and form not in NO_FIRST},
            {word for word in last if len(word) >= SHORTEST and word not in NO_LAST},
        )

    def _shown(self) -> dict[str, str]:
        """Return forms that the dictionary does not list, but that many of its words begin with."""
        shown: Counter[str] = Counter()
        for word in self._words:
            if not any(self.cuts(word)):
                shown.update(word[:cut] for cut in range(SHORTEST, len(word) - 3) if word[cut:] in self.last)
        found = {}
        for form, count in shown.items():
            if form in NO_FIRST or form in self.first:
                continue
            word = self._word_of(form)
            if word and count >= LEAST_SHOWN.get(len(form), LEAST_SHOWN_LONG):
                found[form] = word
            elif not word and form.endswith("o") and len(form) > SHORTEST and count >= LEAST_SHOWN_PREFIX:
                found[form] = ""
        return found

    def _shown_last(self) -> set[str]:
        """Return nouns that the dictionary does not list as last parts, but that many of its words end in."""
        shown = Counter(
            word[cut:]
            for word in self._words
            for cut in range(SHORTEST, len(word) - SHORTEST + 1)
            if word[:cut] in self.first
        )
        return {
            word
            for word, count in shown.items()
            if word in self._words
            and self._words[word].is_noun
            and word not in NO_LAST
            and count >= LEAST_SHOWN.get(len(word), LEAST_SHOWN_LONG)
        }

    def _word_of(self, form: str) -> str:
        """Return the word that a form before another part belongs to, "" if there is none."""
        if form in self._words:
            return form
        nouns = [form + "e", form + "a"]
        if form.endswith(("o", "u", "e", "a")):
            nouns += [form[:-1] + "a", form[:-1] + "e", form[:-1], form[:-1] + "um"]
        if form.endswith("s"):
            nouns += [form[:-1], form[:-1] + "e", form[:-1] + "a", form.removesuffix("es")]
        if form.endswith(("el", "er")):
            nouns.append(form[:-2] + form[-1] + "a")
        for noun in nouns:
            if len(noun) > 1 and noun in self._words and self._words[noun].flags & OF_NOUNS:
                return noun
        if form + "a" in self._words:
            return form + "a"
        return form + "e" if form.endswith("ar") and len(form) > 4 else ""


def stemmer(stems: Mapping[str, str]) -> Callable[[str], str]:
    """Return the stems of searchkit, with these for others and without the lists that this program makes."""
    analyzer = Analyzer(replace(language("sv"), stems=stems, compounds=None))

    @cache
    def stem(word: str) -> str:
        return analyzer.canonical(word)[-1].text

    return stem


HEAD = """\
{what}
Made by tools/swedish/build.py; do not edit. Derived from sv_SE.dic and sv_SE.aff of Debian's package hunspell-sv
1:7.5.0-1 (DSSO, the big Swedish dictionary, https://sfol.se), copyright 2003-2015 Göran Andersson <goran@init.se>,
GNU Lesser General Public License version 3 (licenses/LGPL-3.0.txt in the source). This list is under that licence.
Changes: words that are compounds removed, inflected forms and linking forms made from the flags, all stemmed.
Dictionary: sha256 {digest}. Rules of analyzers/sv.py: {rules}.
"""
STEMS = "Stems that searchkit's rules give to forms of Swedish nouns, and the stems of their words."
COMPOUNDS = "What Swedish compounds are made of; analyzers/compounds.py tells how it is read."


def uneven_stems(dictionary: Dictionary, elements: Elements) -> dict[str, str]:
    """Return the stems in which forms of simple nouns differ from their words -> the stems of the words.

    Only those that no other word has: städ is an anvil, and stays so beside städer.
    """
    stem = stemmer({})
    meant: defaultdict[str, set[str]] = defaultdict(set)
    for entry in dictionary.words:
        own = stem(entry.word)
        meant[own].add(own)
        for form, flag, more in dictionary.forms(entry):
            if PART_ONLY not in more:
                meant[stem(form)].add(own if entry.is_noun and flag in OF_NOUNS | {"A"} else "")
    nouns = [entry.word for entry in dictionary.words if entry.is_noun]
    simple = {stem(word) for word in nouns if word not in elements.compounds}
    return {
        other: own
        for other, owns in sorted(meant.items())
        for own in owns
        if len(owns) == 1 and own in simple and own != other and 3 < len(other) < 13
    }


def splitter_of(code: str) -> Compounds:
    """Return a language's splitter, which reads its list anew."""
    compounds = language(code).compounds
    return copy.copy(compounds) if compounds else Compounds("")


def whole_words(dictionary: Dictionary, stem: Callable[[str], str], compounds: Compounds) -> set[str]:
    """Return the stems of forms that the splitter takes for compounds though their words are none."""
    found = set()

    def cuts(word: str) -> list[int]:
        return [part.start for part in compounds.split(word, stem)]

    def overlaps(word: str) -> bool:
        made = compounds.split(word, stem)
        return any(after.start < before.end for before, after in pairwise(made))

    real = {entry.word for entry in dictionary.words}
    forms = {
        entry.word: [form for form, _, more in dictionary.forms(entry) if PART_ONLY not in more]
        for entry in dictionary.words
    }
    real.update(*forms.values())
    compound = set()
    for entry in dictionary.words:
        for form in (entry.word, *forms[entry.word]):
            if made := cuts(form):
                # The ends of the word and of its form must both be words: fixa and fixad, not an and anen.
                good = {entry.word[made[-1] :], form[made[-1] :]} <= real
                # Verbs are seldom compounds: kontrollera is not kontroll and lera.
                good = good and (entry.is_noun or not overlaps(form))
                (compound if good else found).add(stem(form))
    return found - compound


def main() -> None:
    """Write the two lists."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds sv_SE.aff and sv_SE.dic")
    dictionary = Dictionary(parser.parse_args().folder)
    elements = Elements(dictionary)
    stems = uneven_stems(dictionary, elements)
    stem = stemmer(stems)
    parts = [
        "[first]",
        *(
            f"{form} {stem(word) if word else '-'} {elements.sizes[form].bit_length()}"
            for form, word in sorted(elements.first.items())
        ),
        "[last]",
        *sorted({stem(word) for word in elements.last} - NO_LAST_STEMS),
        "[whole]",
    ]
    write("sv_compounds.txt", COMPOUNDS, dictionary, parts)
    # The words that it takes for compounds by mistake are found by splitting all.
    compounds = splitter_of("sv")
    whole = whole_words(dictionary, stem, compounds)
    write("sv_compounds.txt", COMPOUNDS, dictionary, [*parts, *sorted(whole)])
    # A compound is stemmed as its last part is.
    compounds = splitter_of("sv")
    simple = {stem(entry.word) for entry in dictionary.words if not compounds.split(entry.word, stem)}
    stems = {other: own for other, own in stems.items() if own in simple}
    write("sv_stems.txt", STEMS, dictionary, [f"{other} {own}" for other, own in stems.items()])
    print(
        f"{len(elements.first)} first parts, {len(elements.last)} last ones, {len(whole)} whole words, "
        f"{len(stems)} stems"
    )


def write(name: str, what: str, dictionary: Dictionary, lines: Sequence[str]) -> None:
    """Write a list with its head."""
    head = HEAD.format(what=what, digest=dictionary.digest, rules=rules_digest())
    comment = [f"# {line}" for line in head.splitlines()]
    (DATA / name).write_text("\n".join([*comment, *lines, ""]), encoding="utf-8")


def rules_digest() -> str:
    """Return a digest of the rules that the stems in the lists come from."""
    bare = replace(language("sv"), stems={}, compounds=None)
    return hashlib.sha256(bare.describe().encode()).hexdigest()[:12]


if __name__ == "__main__":
    main()
