"""The documents: those of a corpus in a seeded order, and then as many more as are asked for, grown from them.

A grown document takes the shape of one of the corpus (its number of sentences, and their lengths). Each sentence
is two of the language, joined at a word that both hold (in scripts without spaces: at two characters), so that the
words and their neighbours are as frequent as in the corpus, and few documents are in it. Rare words give way to
coined ones as often as Heaps' law asks for: V = K n^b, with b fitted to the corpus. Coined words come again as
often as the new words of the corpus's second half did.

Facets are drawn for each document by Zipf's law, and have nothing to do with its text.
"""

import gzip
import hashlib
import json
import math
import random
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import Final, NamedTuple

import regex

from searchkit.language import detect
from searchkit.readers import Draft, read
from searchkit.vocabulary import Vocabulary

STUDIES: Final = 300
MECHANISMS: Final = 60
# Facet -> how many documents of a hundred carry 0, 1, 2, … of its values.
VALUES: Final = {"study": (30, 50, 20), "mechanism": (20, 40, 25, 15)}

_SENTENCE: Final = regex.compile(r"[^.!?।。！？\n]*(?:[.!?।。！？]+[\s\"'”’»)\]」』）]*|\n\s*|\Z)")
_UNIT: Final = regex.compile(r"\p{Han}|[\p{L}\p{M}\p{N}--\p{Han}]+", regex.VERSION1)
_HAN: Final = regex.compile(r"\p{Han}")
# A word this rare may give way to a coined one.
_RARE: Final = 5
# How many places to join a sentence at are looked at for one that leaves it as long as it was.
_JOINTS: Final = 8
_TRIES: Final = 4


class Text(NamedTuple):
    """A document of a corpus."""

    title: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document with its facets.

    Attributes:
        facets: study and mechanism -> values; the language is one more, of one value.
    """

    id: str
    title: str
    text: str
    language: str
    facets: dict[str, tuple[str, ...]]


def load(path: Path) -> list[Text]:
    """Return the documents of a JSONL file (text, and language and title if there), or of a folder of articles.

    Raises:
        SystemExit: there are none, or a line is no JSON object with a text.
    """
    texts = list(_articles(path) if path.is_dir() else _lines(path))
    if not texts:
        raise SystemExit(f"{path} holds no documents")
    return texts


def _articles(folder: Path) -> Iterator[Text]:
    for draft in read([folder]):
        if isinstance(draft, Draft):
            yield Text(draft.title, draft.text, draft.language or detect(f"{draft.title}\n{draft.text}"))


def _lines(path: Path) -> Iterator[Text]:
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    value = json.loads(line)
                    text, title = str(value["text"]).strip(), str(value.get("title") or "")
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise SystemExit(f"{path}:{number}: not a JSON object with a text") from None
                if text:
                    yield Text(title, text, value.get("language") or detect(f"{title}\n{text}"))
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror or error}") from error


def documents(texts: Sequence[Text], seed: int) -> Iterator[Document]:
    """Yield the documents of a corpus in random order, then grown ones without end; equal for an equal seed.

    What is kept does not grow with the documents, but for the words that were coined.
    """
    order = list(texts)
    random.Random(seed).shuffle(order)
    dice = random.Random(f"{seed} facets")
    draw = {"study": _zipf(study_values(), dice), "mechanism": _zipf(mechanism_values(), dice)}
    for number, text in enumerate(_endless(order, seed), 1):
        facets = {
            name: tuple(sorted({next(draw[name]) for _ in range(_roll(shares, dice))}))
            for name, shares in VALUES.items()
        }
        yield Document(f"d{number:07}", text.title, text.text, text.language, facets)


def study_values() -> list[str]:
    """Return the studies, the most cited first."""
    return [f"study-{number:03}" for number in range(1, STUDIES + 1)]


def mechanism_values() -> list[str]:
    """Return the mechanisms, which are those of searchkit's vocabulary, the most frequent first."""
    return sorted(Vocabulary.builtin().concepts)[:MECHANISMS]


def _endless(order: Sequence[Text], seed: int) -> Iterator[Text]:
    yield from order
    yield from grown(order, seed)


def grown(texts: Sequence[Text], seed: int) -> Iterator[Text]:
    """Yield grown documents without end; see above. Languages are as frequent as among ``texts``."""
    by_language: defaultdict[str, list[Text]] = defaultdict(list)
    for text in texts:
        by_language[text.language].append(text)
    models = {language: _Model(some, f"{seed} {language}") for language, some in sorted(by_language.items())}
    dice = random.Random(f"{seed} languages")
    codes, edges = list(models), list(accumulate(len(by_language[language]) for language in models))
    while True:
        language = codes[bisect_left(edges, dice.randrange(edges[-1]) + 1)]
        yield models[language].document()


def _zipf(values: Sequence[str], dice: random.Random) -> Iterator[str]:
    edges = list(accumulate(1 / rank for rank in range(1, len(values) + 1)))
    while True:
        yield values[min(bisect_left(edges, dice.random() * edges[-1]), len(values) - 1)]


def _roll(shares: Sequence[int], dice: random.Random) -> int:
    return bisect_left(list(accumulate(shares)), dice.randrange(sum(shares)) + 1)


class Unit(NamedTuple):
    """A word, or a pair of characters of a script without spaces, and where it stands."""

    text: str
    start: int
    end: int


def units(text: str) -> list[Unit]:
    """Return the words of a text in lower case; of runs of Chinese characters all pairs of neighbours."""
    found: list[Unit] = []
    before = None
    for match in _UNIT.finditer(text):
        here = Unit(match.group().lower(), match.start(), match.end())
        if not _HAN.match(here.text):
            found.append(here)
            before = None
            continue
        if before is not None and before.end == here.start:
            found.append(Unit(before.text + here.text, before.start, here.end))
        before = here
    return found


class _Model:
    """What is known of one language: its documents' shapes, its sentences and its words."""

    def __init__(self, texts: Sequence[Text], seed: str) -> None:
        self._dice = random.Random(seed)
        self._texts = texts
        self._known = {_digest(text.text) for text in texts}
        self._sentences: list[str] = []
        # Where each word ends: numbers of sentences, and offsets into them.
        self._ends: defaultdict[str, tuple[array[int], array[int]]] = defaultdict(lambda: (array("I"), array("H")))
        self._sizes: defaultdict[int, array[int]] = defaultdict(lambda: array("I"))
        self._counts: Counter[str] = Counter()
        self._read = 0
        growth: list[tuple[int, int]] = []
        half: set[str] = set()
        unseen = 0
        for number, text in enumerate(texts):
            for sentence in sentences(text.text):
                self._take(sentence)
            if number == len(texts) // 2:
                half = set(self._counts)
            elif half:
                unseen += sum(unit.text not in half for unit in units(text.text))
            if number * 2 >= len(texts):
                growth.append((self._read, len(self._counts)))
        self._all = len(self._counts)
        self._exponent = heaps_exponent(growth)
        new = self._all - len(half)
        self._repeats = unseen / new - 1 if half and new else 0.0
        rare = sorted(word for word, count in self._counts.items() if count == 1)
        self._rare = [word for word in rare if _kind(word) == "letters" and word.isalpha()]
        self._characters = [word[1] for word in rare if _kind(word) == "Han"]
        self._words = set(self._counts)
        self._written = self._read
        self._coined: defaultdict[str, list[str]] = defaultdict(list)
        self._owed = 0.0

    def _take(self, sentence: str) -> None:
        number = len(self._sentences)
        self._sentences.append(sentence)
        self._sizes[_size(sentence)].append(number)
        for unit in units(sentence):
            self._counts[unit.text] += 1
            self._read += 1
            if unit.end < 65_536:
                numbers, ends = self._ends[unit.text]
                numbers.append(number)
                ends.append(unit.end)

    def document(self) -> Text:
        """Return a new document."""
        shape = self._dice.choice(self._texts)
        for _ in range(_TRIES):
            text = "".join(self._sentence(sentence) for sentence in sentences(shape.text)).strip()
            if _digest(text) not in self._known:
                break
        return Text(shape.title, text, shape.language)

    def _sentence(self, shape: str) -> str:
        """Return a new sentence about as long as another, with the other's blanks and line ends behind it."""
        sentence = self._sentences[self._dice.choice(self._sizes[_size(shape)])]
        joined = self._renewed(self._joined(sentence))
        return joined.rstrip() + shape[len(shape.rstrip()) :]

    def _joined(self, sentence: str) -> str:
        found = units(sentence)
        if len(found) < 2:
            return sentence
        unit = self._dice.choice(found)
        numbers, ends = self._ends[unit.text]
        best, distance = sentence, math.inf
        for _ in range(_JOINTS):
            place = self._dice.randrange(len(numbers)) if numbers else 0
            if not numbers:
                break
            made = sentence[: unit.end] + self._sentences[numbers[place]][ends[place] :]
            apart = abs(len(made) - len(sentence))
            if made != sentence and apart < distance:
                best, distance = made, apart
            if distance <= len(sentence) // 5:
                break
        return best

    def _renewed(self, sentence: str) -> str:
        """Replace rare words by coined ones, as many as are due."""
        found = units(sentence)
        self._written += len(found)
        due = self._all * (self._written / self._read) ** self._exponent
        parts: list[str] = []
        last = 0
        for unit in found:
            if unit.start < last or self._counts[unit.text] > _RARE:
                continue
            if len(self._words) < due:
                word = self._coin(unit.text)
                self._owed += self._repeats
            elif self._owed >= 1 and (coined := self._coined[_kind(unit.text)]):
                # All alike: what has not been met in so many words is rare, and none much more so than another.
                word = self._dice.choice(coined)
                self._owed -= 1
            else:
                continue
            parts += [sentence[last : unit.start], word]
            last = unit.end
        if not parts:
            return sentence
        renewed = "".join([*parts, sentence[last:]])
        # In scripts without spaces a coined word makes new pairs with its neighbours.
        self._words.update(unit.text for unit in units(renewed))
        return renewed

    def _coin(self, like: str) -> str:
        """Return a new word of the kind of another: digits, two characters, or halves of two rare words."""
        word = like
        for _ in range(_TRIES):
            if like.isdecimal():
                word = "".join(self._dice.choice("0123456789") for _ in like)
            elif _HAN.match(like):
                word = like[0] + self._dice.choice(self._characters or [like[1]])
            elif self._rare:
                one, other = self._dice.choice(self._rare), self._dice.choice(self._rare)
                word = one[: (len(one) + 1) // 2] + other[len(other) // 2 :]
            if word not in self._words:
                break
        self._coined[_kind(like)].append(word)
        self._words.add(word)
        return word


def _kind(word: str) -> str:
    return "digits" if word.isdecimal() else "Han" if _HAN.match(word) else "letters"


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with the blanks and line ends behind it; together they are the text."""
    return [match.group() for match in _SENTENCE.finditer(text) if match.group()]


def heaps_exponent(growth: Sequence[tuple[int, int]]) -> float:
    """Return b of Heaps' law, V = K n^b, by least squares on the logarithms.

    Args:
        growth: (n words read, V different ones). With fewer than two, 1.
    """
    points = [(math.log(read), math.log(known)) for read, known in growth if read and known]
    if len({x for x, _ in points}) < 2:
        return 1.0
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in points) / sum((x - x_mean) ** 2 for x, _ in points)
    return min(max(slope, 0.0), 1.0)


def _size(sentence: str) -> int:
    """Return the logarithm of a sentence's length, in steps of about a quarter."""
    return round(math.log(len(sentence.rstrip()) + 1) * 4)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class Closeness:
    """How like a corpus what is grown from one half of it is, in one language; pairs are (real, grown).

    Length, top words and their shares compare the grown documents with as many of the other half, which the
    generator has not seen. The vocabulary is that of the half and what was added to it, as in a grown corpus.

    Attributes:
        documents: number of documents compared.
        length: words in a document, mean and 90th percentile.
        ratio: different words / words.
        once: share of the different words that occur once.
        exponent: b of Heaps' law.
        top: how many of the hundred most frequent words of the other half are such here too; under "real", in the
            half that was grown from: what two draws of one corpus have in common.
        share: share of all words that the hundred most frequent real ones are.
        apart: mean of the relative differences of those hundred words' frequencies, real as for ``top``.
    """

    language: str
    documents: int
    length: tuple[float, float]
    longest: tuple[float, float]
    ratio: tuple[float, float]
    once: tuple[float, float]
    exponent: tuple[float, float]
    top: tuple[int, int]
    share: tuple[float, float]
    apart: tuple[float, float]


class _Statistics:
    """Counts over some documents."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.counts: Counter[str] = Counter()
        lengths = []
        growth = []
        read = 0
        for number, text in enumerate(texts):
            found = units(text)
            lengths.append(len(found))
            read += len(found)
            self.counts.update(unit.text for unit in found)
            if number * 10 >= len(texts):
                growth.append((read, len(self.counts)))
        self.words = max(read, 1)
        self.length = round(read / len(texts), 1)
        self.longest = float(sorted(lengths)[len(lengths) * 9 // 10])
        self.ratio = round(len(self.counts) / self.words, 4)
        once = sum(count == 1 for count in self.counts.values())
        self.once = round(once / max(len(self.counts), 1), 3)
        self.exponent = round(heaps_exponent(growth), 3)
        self.top = [word for word, _ in self.counts.most_common(100)]

    def top_of(self, other: "_Statistics") -> int:
        """Return how many of the hundred most frequent words are such in other documents too."""
        return len(set(self.top) & set(other.top))

    def share_of(self, other: "_Statistics") -> float:
        """Return the share that the hundred most frequent words have of all words of other documents."""
        return round(sum(other.counts[word] for word in self.top) / other.words, 3)

    def apart_from(self, other: "_Statistics") -> float:
        """Return how far the hundred most frequent words are from their frequencies in other documents."""
        pairs = [(self.counts[word] / self.words, other.counts[word] / other.words) for word in self.top]
        return round(sum(abs(here - there) / here for here, there in pairs) / max(len(pairs), 1), 3)


def closeness(texts: Sequence[Text], seed: int) -> list[Closeness]:
    """Compare a corpus with what is grown from half of it, language by language."""
    order = list(texts)
    random.Random(seed).shuffle(order)
    half, rest = order[: len(order) // 2], order[len(order) // 2 :]
    first, real, made = (
        _by_language(some) for some in (half, rest, islice(grown(half, seed), len(rest) + len(rest) // 10))
    )
    found = []
    for language in sorted(first.keys() & real.keys() & made.keys()):
        number = min(len(real[language]), len(made[language]))
        one, other, given = (_Statistics(part[language][:number]) for part in (real, made, first))
        whole = [_Statistics(first[language] + part[language][:number]) for part in (real, made)]
        found.append(
            Closeness(
                language=language,
                documents=number,
                length=(one.length, other.length),
                longest=(one.longest, other.longest),
                ratio=(whole[0].ratio, whole[1].ratio),
                once=(whole[0].once, whole[1].once),
                exponent=(whole[0].exponent, whole[1].exponent),
                top=(one.top_of(given), one.top_of(other)),
                share=(one.share_of(one), one.share_of(other)),
                apart=(one.apart_from(given), one.apart_from(other)),
            )
        )
    return found


def _by_language(texts: Iterable[Text]) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for text in texts:
        found[text.language].append(text.text)
    return found
