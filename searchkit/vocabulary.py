"""Controlled vocabularies: what a mechanism or a kind of study is called, in each language.

A vocabulary is a TOML file with a table for each concept and a list of terms for each language, the label first::

    [nmda-receptor]
    en = ["NMDA receptor", "N-methyl-D-aspartate receptor"]
    sv = ["NMDA-receptor"]

``parent = "glutamate-receptor"`` in a table puts a concept under a wider one: who carries it carries that too.
``sources = ["MeSH D016194: Receptors, N-Methyl-D-Aspartate"]`` says where a concept and its terms come from.

Terms are matched on analyzed tokens, so neither inflection nor punctuation nor Chinese word breaks matter; where
terms overlap the longest wins. The table ``[ignore]`` has phrases that are no term of any concept, and hide the
terms in them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, TypeAlias

import regex

from searchkit.analyzers import Analyzer, Token, analyzer_for, language
from searchkit.analyzers.normalize import fold
from searchkit.analyzers.script import UNSPACED, runs
from searchkit.data import tables
from searchkit.errors import VocabularyError
from searchkit.index.files import read_plain
from searchkit.toml_lines import longest_key

_SLUG: Final = regex.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_IGNORE: Final = "ignore"
_BEGINS: Final = "\0"  # after a character: any bigram that begins with it
_CODE: Final = regex.compile(r"[a-z]{2,3}")
# Longer than any language code.
_PARENT: Final = "parent"
# Bytes of a file: some 400,000 terms.
_MOST_BYTES: Final = 16_000_000
# Wider concepts above one another; MeSH, the largest vocabulary of medicine, has 13.
_DEEPEST: Final = 64
# Parts of a dotted key: a path has as many, and the time to read them grows with their square.
_MOST_PARTS: Final = 100
_SOURCES: Final = "sources"


# A term: its key, and its tokens.
Chain: TypeAlias = tuple[str, list[str]]


class Match(NamedTuple):
    """A term found in a text: its concept, and where it stands."""

    key: str
    start: int
    end: int


class Concept(NamedTuple):
    """A table of a vocabulary file.

    Attributes:
        terms: language -> terms, of which the first is the label.
        parent: key of the wider concept that it is under, or nothing.
        sources: where it and its terms come from; any text.
    """

    terms: dict[str, tuple[str, ...]]
    parent: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Concepts with their terms: key -> language -> terms, of which the first is the label.

    Attributes:
        parents: key -> the wider concept that it is under, for those that are under one.
        ignored: language -> phrases that hide the terms in them, such as "artificial neural network".
        sources: key -> where the concept and its terms come from, such as "MeSH D016194: …"; those that say so.
    """

    concepts: Mapping[str, Mapping[str, tuple[str, ...]]]
    parents: Mapping[str, str] = field(default_factory=dict)
    ignored: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _matchers: dict[tuple[str, tuple[str, ...]], "Matcher"] = field(
        default_factory=dict, compare=False, repr=False
    )
    # Fingerprint of an analyzer and language -> the tokens of each term, with its key.
    _chains: dict[tuple[str, str], list[Chain]] = field(default_factory=dict, compare=False, repr=False)
    _words: set[str] = field(default_factory=set, compare=False, repr=False)

    @staticmethod
    def builtin(name: str = "mechanisms") -> "Vocabulary":
        """Return a vocabulary that ships with searchkit: ``mechanisms`` or ``study_types``; the same each time."""
        return _builtin(name)

    @classmethod
    def load(cls, path: Path, base: "Vocabulary | None" = None) -> Self:
        """Read a vocabulary file.

        Args:
            path: the TOML file. ``replace = true`` at its top makes it stand alone; otherwise its concepts are
                added to those of ``base``, and replace those with the same key.
            base: the vocabulary to extend.

        Raises:
            VocabularyError: the file is missing or not a vocabulary; the message names file and line.
        """
        text, data = read_toml(path)
        replace = data.pop("replace", False)
        if not isinstance(replace, bool):
            raise VocabularyError(f"{path}: 'replace' must be true or false")
        tables: dict[str, Concept] = {}
        for key, entry in data.items():
            try:
                tables[key] = parse_concept(key, entry)
            except VocabularyError as error:
                raise VocabularyError(f"{path}:{line_of(text, key)}: {error}") from error
        concepts, parents, ignored, sources = _parts(tables)
        if not concepts and not ignored:
            raise VocabularyError(f"{path}: holds no concept; write a table such as [nmda-receptor]")
        if base is not None and not replace:
            parents = {**{key: above for key, above in base.parents.items() if key not in concepts}, **parents}
            sources = {**{key: said for key, said in base.sources.items() if key not in concepts}, **sources}
            concepts = {**base.concepts, **concepts}
            codes = dict.fromkeys([*base.ignored, *ignored])
            ignored = {code: (*base.ignored.get(code, ()), *ignored.get(code, ())) for code in codes}
        for key in data:
            if key in parents and parents[key] not in concepts:
                raise VocabularyError(
                    f"{path}:{line_of(text, key)}: the parent {parents[key]!r} of [{key}] is no concept"
                )
            if problem := problem_above(key, parents):
                raise VocabularyError(f"{path}:{line_of(text, key)}: [{key}] {problem}")
        return cls(concepts, parents, ignored, sources)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the compiled terms."""
        return type(self).from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, dict[str, list[str]]]:
        """Return the vocabulary as JSON types."""
        tables = {**self.concepts, _IGNORE: self.ignored} if self.ignored else self.concepts
        return {
            key: {code: list(terms) for code, terms in entry.items()}
            | ({_PARENT: [self.parents[key]]} if key in self.parents else {})
            | ({_SOURCES: list(self.sources[key])} if key in self.sources else {})
            for key, entry in tables.items()
        }

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Mapping[str, Iterable[str]]], compiled: Mapping[str, Any] | None = None
    ) -> Self:
        """Return the vocabulary that `to_dict` gave.

        Args:
            data: what it gave.
            compiled: what `compiled` gave; what other analyzers made of the terms is not used.
        """
        tables = {
            key: Concept(
                {code: tuple(terms) for code, terms in entry.items() if code not in {_PARENT, _SOURCES}},
                next(iter(entry.get(_PARENT, ())), ""),
                tuple(entry.get(_SOURCES, ())),
            )
            for key, entry in data.items()
        }
        vocabulary = cls(*_parts(tables))
        if compiled:
            vocabulary._words.update(compiled["words"])
            for code, (fingerprint, chains) in compiled["chains"].items():
                vocabulary._chains[fingerprint, code] = [(key, list(chain)) for key, chain in chains]
        return vocabulary

    def above(self, key: str) -> tuple[str, ...]:
        """Return the wider concepts that a concept is under, the nearest first."""
        found: list[str] = []
        while (parent := self.parents.get(key)) and parent not in found and len(found) < _DEEPEST:
            found.append(parent)
            key = parent
        return tuple(found)

    def most_specific(self, keys: Iterable[str]) -> frozenset[str]:
        """Return the concepts that are above no other of ``keys``."""
        held = frozenset(keys)
        return held.difference(*(self.above(key) for key in held))

    def closed(self, keys: Iterable[str]) -> frozenset[str]:
        """Return concepts with all the wider ones that they are under."""
        held = frozenset(keys)
        return held.union(*(self.above(key) for key in held))

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that have terms."""
        return frozenset(code for entry in self.concepts.values() for code in entry)

    def label(self, key: str, code: str = "en") -> str:
        """Return the label of a concept, in English where the language has none; unknown keys are their own."""
        entry = self.concepts.get(key, {})
        terms = entry.get(code) or entry.get("en") or next(iter(entry.values()), (key,))
        return terms[0]

    def words_without_spaces(self) -> frozenset[str]:
        """Return the terms in scripts that need a segmenter, for its dictionary."""
        if not self._words:
            self._words.update(
                text
                for entry in (*self.concepts.values(), self.ignored)
                for terms in entry.values()
                for term in terms
                for text in _unspaced_runs(term)
            )
        return frozenset(self._words)

    def compiled(self) -> dict[str, Any]:
        """Return as JSON types what takes a query's time to find out: the tokens of all terms; see `from_dict`."""
        chains = {}
        for code in sorted(self.languages):
            analyzer = analyzer_for(code)
            chains[code] = [analyzer.fingerprint, self._chained(analyzer, code)]
        return {"words": sorted(self.words_without_spaces()), "chains": chains}

    def find(self, text: str, analyzer: Analyzer, tokens: Sequence[Token] | None = None) -> list[Match]:
        """Return the terms of the analyzer's language, and the English ones, that stand in ``text``.

        Args:
            text: what to search.
            analyzer: the analyzer of the text's language.
            tokens: the canonical tokens of ``text``, where they are at hand.
        """
        found = analyzer.canonical(text) if tokens is None else tokens
        codes = tuple(dict.fromkeys((analyzer.language.code, "en")))
        return list(self._matcher(analyzer, codes).find(found))

    def find_in_query(self, text: str, *, whole: bool = False) -> set[str]:
        """Return the concepts that a query names, in whatever language it is.

        Args:
            text: the query.
            whole: only concepts that the query names from its first word to its last.
        """
        cut = list(runs(text))
        scripts = {script for script, _, _ in cut}
        found: set[str] = set()
        for code in sorted(self.languages):
            spec = language(code)
            if code == "en" or scripts.intersection(spec.scripts):
                analyzer = analyzer_for(code)
                found.update(
                    match.key
                    for match in self._matcher(analyzer, (code,)).find(analyzer.canonical(text))
                    if not whole or (match.start, match.end) == (cut[0][1], cut[-1][2])
                )
        return found

    def _matcher(self, analyzer: Analyzer, codes: tuple[str, ...]) -> "Matcher":
        """Return the matcher of the terms of some languages, as an analyzer reads them."""
        name = (analyzer.fingerprint, codes)
        matcher = self._matchers.get(name)
        if matcher is None:
            chains = [chain for code in codes for chain in self._chained(analyzer, code)]
            matcher = self._matchers[name] = Matcher(chains)
        return matcher

    def _chained(self, analyzer: Analyzer, code: str) -> list[Chain]:
        """Return the terms of a language as an analyzer reads them."""
        name = (analyzer.fingerprint, code)
        if name not in self._chains:
            chains: dict[tuple[str, tuple[str, ...]], None] = {}
            for key, entry in (*self.concepts.items(), ("", self.ignored)):
                for term in entry.get(code, ()):
                    for form in (term, *_forms(term, code)):
                        chains[key, tuple(token.text for token in chain_of(analyzer, form))] = None
            self._chains[name] = [(key, list(chain)) for key, chain in chains]
        return self._chains[name]


# Words that never take a plural ending.
_SMALL_FRENCH: Final = frozenset(
    {
        "à",
        "au",
        "aux",
        "avec",
        "chez",
        "contre",
        "dans",
        "de",
        "des",
        "du",
        "en",
        "entre",
        "et",
        "in",
        "la",
        "le",
        "les",
        "ou",
        "par",
        "pour",
        "sans",
        "sous",
        "sur",
        "un",
        "une",
        "vitro",
        "vivo",
    }
)
_FRENCH_RECEPTOR: Final = regex.compile(
    r"(?P<head>récepteurs?) (?:(?:du |de la |des |de |à la |à |au |aux )|(?:de l|à l|d)')?(?P<name>.+)"
)
_HINDI_PARTICLES: Final = ("की", "का", "के")


def _forms(term: str, code: str) -> Iterator[str]:
    """Yield the other forms of a term that the grammar of its language makes and its analyzer does not undo.

    French plurals (essais cliniques, canaux), and the ways to say of what a receptor is one; in Hindi the genitive
    for a compound, मस्तिष्क की तरंग for मस्तिष्क तरंग.
    """
    words = term.split(" ")
    if code == "fr":
        yield " ".join(map(_french_plural, words))
        match = _FRENCH_RECEPTOR.fullmatch(term)
        if match and match.group("name").split(" ")[0] not in {"cellulaire", "membranaire", "métabotrope"}:
            name = match.group("name")
            for link in ("", "à ", "au ", "aux ", "de ", "du ", "de la ", "des ", "à la ", "de l'", "à l'"):
                yield f"récepteur {link}{name}"
                yield f"récepteurs {link}{name}"
    elif code == "hi" and len(words) == 2 and not set(words).intersection(_HINDI_PARTICLES):
        for particle in _HINDI_PARTICLES:
            yield f"{words[0]} {particle} {words[1]}"


def _french_plural(word: str) -> str:
    if word.lower() in _SMALL_FRENCH or not word.isalpha() or not word.islower() or word[-1] in "sxz":
        return word
    if word.endswith("al"):
        return f"{word[:-2]}aux"
    return word + ("x" if word.endswith(("eau", "eu")) else "s")


class _Node:
    __slots__ = ("keys", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.keys: list[str] = []


class Matcher:
    """Finds many terms at once in canonical tokens; time is linear in the text, whatever the number of terms.

    Args:
        chains: the terms; one without key is found and not told, so that it hides shorter ones.
    """

    def __init__(self, chains: Iterable[Chain]) -> None:
        self._root = _Node()
        for key, chain in chains:
            node = self._root
            for text in chain:
                above, node = node, node.next.setdefault(text, _Node())
            if chain and is_character(chain[-1]):
                # HPA轴: in running text its last character begins a bigram.
                above.next.setdefault(chain[-1] + _BEGINS, node)
            if chain and key not in node.keys:
                node.keys.append(key)

    def find(self, tokens: Sequence[Token]) -> Iterator[Match]:
        """Yield the longest matches from left to right; they do not overlap."""
        place = 0
        while place < len(tokens):
            node, best, after, end = self._root, None, place, 0
            for ahead in range(place, len(tokens)):
                text = tokens[ahead].text
                if len(text) == 2 and (lone := node.next.get(text[0] + _BEGINS)):
                    best, after, end = lone, ahead + 1, _end_of_first(tokens, ahead)
                following = node.next.get(text)
                if following is None:
                    break
                node = following
                if node.keys:
                    best, after, end = node, ahead + 1, tokens[ahead].end
            if best is None:
                place += 1
                continue
            for key in filter(None, best.keys):
                yield Match(key, tokens[place].start, end)
            place = after


def chain_of(analyzer: Analyzer, term: str) -> list[Token]:
    """Return the tokens that a term is matched by; none where it holds no word."""
    chain = analyzer.canonical(term)
    if len(chain) > 1 and chain[-1].start < chain[-2].end:
        # The lone last character of a run without spaces: in running text a bigram stands there.
        chain.pop()
    return chain


def problem_above(key: str, parents: Mapping[str, str]) -> str:
    """Return what is wrong with the concepts above one: it is among them, or they are too many; or nothing."""
    chain = [key]
    while (parent := parents.get(chain[-1])) and parent not in chain:
        chain.append(parent)
        if len(chain) > _DEEPEST:
            return f"is under more than {_DEEPEST} others"
    return f"is above itself: {' → '.join([*chain, key])}" if parent == key else ""


def read_text(path: Path) -> str:
    """Return the text of a vocabulary file.

    Raises:
        VocabularyError: it cannot be read, or is not UTF-8.
    """
    try:
        return read_plain(path, _MOST_BYTES).decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise VocabularyError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise VocabularyError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except ValueError as error:
        raise VocabularyError(f"{path}: {error}; leave out what no article needs") from error


def is_character(text: str) -> bool:
    """Tell whether a token is one character of a script without spaces."""
    return len(text) == 1 and all(script in UNSPACED for script, _, _ in runs(text))


def _end_of_first(tokens: Sequence[Token], bigram: int) -> int:
    """Return where the first character of a bigram ends: the next token begins with the other."""
    following = tokens[bigram + 1].start if bigram + 1 < len(tokens) else tokens[bigram].end
    return min(following, tokens[bigram].end)


def _unspaced_runs(term: str) -> Iterator[str]:
    for script, start, end in runs(term):
        if script in UNSPACED and end - start > 1:
            yield term[start:end]


class _Parts(NamedTuple):
    """What a vocabulary is made of; see `Vocabulary`."""

    concepts: dict[str, Mapping[str, tuple[str, ...]]]
    parents: dict[str, str]
    ignored: Mapping[str, tuple[str, ...]]
    sources: dict[str, tuple[str, ...]]


def _parts(tables: Mapping[str, Concept]) -> _Parts:
    named = {key: table for key, table in tables.items() if key != _IGNORE}
    return _Parts(
        {key: table.terms for key, table in named.items()},
        {key: table.parent for key, table in named.items() if table.parent},
        tables[_IGNORE].terms if _IGNORE in tables else {},
        {key: table.sources for key, table in named.items() if table.sources},
    )


@cache
def _builtin(name: str) -> Vocabulary:
    return Vocabulary(*_parts({key: parse_concept(key, entry) for key, entry in tables(name).items()}))


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of a TOML file, and what it holds.

    Raises:
        VocabularyError: the file is missing or not TOML.
    """
    text = read_text(path)
    try:
        return text, parse_toml(text)
    except ValueError as error:
        raise VocabularyError(f"{path}: not valid TOML: {error}") from error


def parse_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text holds.

    Raises:
        ValueError: it is not TOML, or nested deeper than any vocabulary: tomllib would take hours.
    """
    import tomllib

    if longest_key(text, _MOST_PARTS) > _MOST_PARTS:
        raise ValueError(f"a key of more than {_MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        raise ValueError("a number has too many digits") from None


def parse_concept(key: str, entry: Any) -> Concept:
    """Return what the table of a concept says.

    Raises:
        VocabularyError: it is not a concept; the message does not tell where.
    """
    if not _SLUG.fullmatch(key):
        raise VocabularyError(f"{key!r} is not a key; use lower-case letters, digits and hyphens")
    if not isinstance(entry, dict) or not entry:
        raise VocabularyError(f'[{key}] needs a list of terms for a language, such as en = ["…"]')
    parent = entry.get(_PARENT, "")
    if not isinstance(parent, str):
        raise VocabularyError(f"the parent of [{key}] must be the key of another concept, in quotes")
    sources = entry.get(_SOURCES, [])
    if not isinstance(sources, list) or not all(isinstance(name, str) and name.strip() for name in sources):
        raise VocabularyError(
            f'the sources of [{key}] must be a list of texts in quotes, such as ["MeSH D016194"]'
        )
    terms: dict[str, tuple[str, ...]] = {}
    for code, names in entry.items():
        if code in {_PARENT, _SOURCES}:
            continue
        if not _CODE.fullmatch(code):
            raise VocabularyError(f"{code!r} in [{key}] is not a language code such as en or zh")
        if not isinstance(names, list) or not all(isinstance(name, str) and fold(name).strip() for name in names):
            raise VocabularyError(f"{code} in [{key}] must be a list of terms in quotes")
        if names:
            terms[code] = tuple(names)
    if not terms:
        raise VocabularyError(f"[{key}] has no term in any language")
    return Concept(terms, parent, tuple(sources))


def line_of(text: str, key: str) -> int:
    """Return the line on which a table (or a stray value) of a TOML file begins."""
    pattern = regex.compile(
        rf"^\s*(?:\[\s*[\"']?{regex.escape(key)}[\"']?\s*\]|[\"']?{regex.escape(key)}[\"']?\s*=)"
    )
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)
