"""What a language is to the analyzer: a few declared facts."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final, Protocol

from searchkit.analyzers.compounds import Compounds

_COMMENT: Final = re.compile("#.*")


class Segmenter(Protocol):
    """Finds the words in text of a script that is written without spaces."""

    def spans(self, run: str) -> Iterable[tuple[int, int]]:
        """Yield (start, end) of every word and sub-word in ``run``, in any order."""

    @property
    def fingerprint(self) -> str:
        """A text that changes whenever the words found may change. Must not load the dictionary."""


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """A declarative description of how one language is analyzed.

    Attributes:
        code: ISO 639-1 code (ISO 639-3 where there is none), the name of the file that defines it.
        name: English name.
        scripts: Unicode scripts that the language is written in; text in any other script inside an
            article goes to the language that `searchkit.analyzers.registry` names for that script.
        stemmer: name of the Snowball algorithm, or None. The plain word is indexed beside its stem, so that
            the exact form ranks higher, and prefixes and typing errors are matched on words as people write them.
        letters: further characters to fold, a table as of ``str.maketrans``.
        rewrites: patterns to replace after ``letters``, in order, as (regular expression, replacement).
        endings: word endings to replace before stemming, as (ending, replacement, least length of the rest);
            the first that fits is taken.
        stem_rewrites: patterns to replace in a stem, in order, as (regular expression, replacement).
        irregular: words to stem as another one: ``fötter`` as ``fot``.
        stems: stems to replace by another one, after ``stem_rewrites``: stem of a form -> stem of its word.
        compounds: finds the parts of words that are written as one; each part is indexed beside the word.
        elisions: short words that lose their vowel before an apostrophe (``l'`` in French) and are not
            indexed when they stand there.
        enclitics: endings after an apostrophe that are not indexed (``'s`` in English).
        segmenter: makes the word finder, for scripts without spaces; gets the user's words.
        stop_words: words that a query of several words does not need; all words are indexed.
        version: raise it when the rules change, so that old indexes are told to rebuild.
    """

    code: str
    name: str
    scripts: tuple[str, ...] = ()
    stemmer: str | None = None
    letters: Mapping[int, str | None] = field(default_factory=dict)
    rewrites: tuple[tuple[str, str], ...] = ()
    endings: tuple[tuple[str, str, int], ...] = ()
    stem_rewrites: tuple[tuple[str, str], ...] = ()
    irregular: Mapping[str, str] = field(default_factory=dict)
    stems: Mapping[str, str] = field(default_factory=dict)
    compounds: Compounds | None = None
    elisions: frozenset[str] = frozenset()
    enclitics: frozenset[str] = frozenset()
    segmenter: Callable[[frozenset[str]], Segmenter] | None = None
    stop_words: frozenset[str] = frozenset()
    version: int = 1

    @cache  # noqa: B019 - languages are few and live as long as the process
    def describe(self) -> str:
        """Return a text of every fact that decides the tokens, for fingerprints."""
        tables = [sorted(table.items()) for table in (self.letters, self.irregular, self.stems)]
        rules = (tables, self.rewrites, self.endings, self.stem_rewrites)
        digest = hashlib.sha256(repr(rules).encode()).hexdigest()[:12]
        lists = (sorted(self.elisions), sorted(self.enclitics))
        compounds = f" {self.compounds.fingerprint}" if self.compounds else ""
        return f"{self.code} v{self.version} {self.stemmer} {lists} {digest}{compounds}"


@cache
def read_list(name: str) -> tuple[str, ...]:
    """Return the lines of a word list in ``analyzers/data``, without comments and blank lines."""
    text = resources.files("searchkit.analyzers.data").joinpath(name).read_text(encoding="utf-8")
    return tuple(filter(None, map(str.strip, _COMMENT.sub("", text).splitlines())))


def word_list(name: str) -> frozenset[str]:
    """Return the words of a list in ``analyzers/data`` as a set."""
    return frozenset(read_list(name))
