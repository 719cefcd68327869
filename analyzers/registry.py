"""The table of languages, and the one way to get an analyzer."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Final

from searchkit.analyzers.analyzer import Analyzer
from searchkit.analyzers.language import Language

ENTRY_POINT_GROUP: Final = "searchkit.analyzers"

# Code -> where its Language is. Other packages add theirs with an entry point of the same form:
#   [project.entry-points."searchkit.analyzers"]
#   da = "my_package.da:DANISH"
LANGUAGES: Final[Mapping[str, str]] = {
    "en": "searchkit.analyzers.en:ENGLISH",
    "fr": "searchkit.analyzers.fr:FRENCH",
    "hi": "searchkit.analyzers.hi:HINDI",
    "sv": "searchkit.analyzers.sv:SWEDISH",
    "zh": "searchkit.analyzers.zh:CHINESE",
}

# Who reads a script inside an article of a language that is not written in it.
FOREIGN: Final[Mapping[str, str]] = {"Latin": "en", "Han": "zh", "Devanagari": "hi"}


@cache
def language(code: str) -> Language:
    """Return the language with the ISO 639 ``code``: ours, another package's, or the fallback."""
    place = LANGUAGES.get(code)
    if place is None:
        from importlib.metadata import entry_points  # as dear as all else that a search imports together

        for entry in entry_points(group=ENTRY_POINT_GROUP, name=code):
            found = entry.load()
            if not isinstance(found, Language):
                raise TypeError(f"entry point {entry.value!r} of {ENTRY_POINT_GROUP} is not a Language")
            return found
        from searchkit.analyzers.fallback import fallback

        return fallback(code)
    module, name = place.split(":")
    found = getattr(import_module(module), name)
    assert isinstance(found, Language)  # noqa: S101 - the table above is ours
    return found


def known_codes() -> frozenset[str]:
    """Return the codes of all languages that are more than whole words here, without loading them."""
    from importlib.metadata import entry_points

    from searchkit.analyzers.fallback import SNOWBALL

    return frozenset({*LANGUAGES, *SNOWBALL, *(entry.name for entry in entry_points(group=ENTRY_POINT_GROUP))})


def analyzer_for(code: str, user_words: Iterable[str] = ()) -> Analyzer:
    """Return the analyzer of a language.

    Args:
        code: ISO 639 code, in any case; a region (``zh-TW``) is ignored. Unknown codes get the fallback.
        user_words: words for the segmenters of scripts without spaces; others ignore them.

    The same arguments give the same analyzer, with its caches.
    """
    return _analyzer(code.lower().replace("_", "-").split("-")[0], frozenset(user_words))


@cache
def _analyzer(code: str, user_words: frozenset[str]) -> Analyzer:
    foreign = {script: language(other) for script, other in FOREIGN.items()}
    return Analyzer(language(code), foreign, user_words)
