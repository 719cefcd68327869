"""Which study a reference or a mention means: one key for each study, whatever the article's language.

Authors, journals and titles are translated or transliterated from language to language; DOI, and year, volume
and first page, are not. Known studies come from a registry (``data/studies.toml``); all others get a key made
of what does not change.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import regex

from searchkit.analyzers.normalize import fold
from searchkit.article import Reference
from searchkit.data import tables
from searchkit.errors import VocabularyError
from searchkit.vocabulary import Vocabulary, line_of, read_toml

if TYPE_CHECKING:
    from searchkit.study_names import StudyNames

_HAN: Final = regex.compile(r"\p{Han}")


@dataclass(frozen=True, slots=True)
class Study:
    """A known study.

    Attributes:
        key: what the facet ``study`` holds.
        label: author, year and journal.
        authors: the first author's surname, in the scripts that writers use.
        journals: the journal's name, in the languages and abbreviations that writers use.
        aliases: code names found in running text.
        study_type: keys of ``data/study_types.toml``.
    """

    key: str
    label: str
    doi: str = ""
    year: int | None = None
    volume: str = ""
    first_page: str = ""
    published: date | None = None
    authors: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    study_type: tuple[str, ...] = ()
    title: str = ""


class Mention(NamedTuple):
    """A study named in running text."""

    key: str
    start: int
    end: int


@dataclass(frozen=True)
class StudyRegistry:
    """The known studies."""

    studies: Mapping[str, Study] = field(default_factory=dict)

    @staticmethod
    def builtin() -> "StudyRegistry":
        """Return the registry that ships with searchkit; the same object each time."""
        return _builtin()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file of studies: TOML in the form of ``data/studies.toml``.

        Raises:
            VocabularyError: the file is missing or not of that form; the message names file and line.
        """
        text, data = read_toml(path)
        if not data:
            raise VocabularyError(f"{path}: holds no study; write a table such as [slutsky-2010]")
        studies = {}
        for key, entry in data.items():
            try:
                studies[key] = _checked(key, entry)
            except VocabularyError as error:
                raise VocabularyError(f"{path}:{line_of(text, key)}: {error}") from error
        return cls(studies)

    def extended(self, other: "StudyRegistry") -> "StudyRegistry":
        """Return this registry with the studies of another, which replace those with the same key or DOI."""
        dois = {study.doi for study in other.studies.values() if study.doi}
        kept = {key: study for key, study in self.studies.items() if study.doi not in dois}
        # The other's come first: where two fit, somebody's own is meant.
        return StudyRegistry({**other.studies, **{key: kept[key] for key in kept if key not in other.studies}})

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return the studies as JSON types."""
        return {
            key: {
                name: value.isoformat() if isinstance(value, date) else value
                for name, value in asdict(study).items()
                if value and name != "key"
            }
            for key, study in self.studies.items()
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Mapping[str, Any]]) -> Self:
        """Return the registry that `to_dict` gave."""
        return cls({key: _study(key, entry) for key, entry in data.items()})

    def resolve(self, reference: Reference, ties: "Ties | None" = None) -> Study | None:
        """Return the study that a reference means; None for web sources and what cannot be told apart.

        A study that is not known gets the key ``doi:…``, or ``year;volume:page``, or, where the entry has only
        a date, first author and date. ``ties`` give the better of these that other references to it allow.
        """
        if reference.kind != "study":
            return None
        if known := self._known(reference):
            return known
        key = _key(reference)
        if ties and (better := ties.better(key, reference.author)):
            key = better
            if better.startswith("doi:") and (known := self._known(replace(reference, doi=better[4:]))):
                return known
        return Study(key=key, label=_label(reference, key)) if key else None

    def mentions(self, text: str) -> Iterator[Mention]:
        """Yield the known studies that a text names: a code name, or a journal and the year, in either order.

        Where several known studies are of that journal and year none is told: it may be any, or another one.
        Time is linear in the text, whatever the number of studies: names are looked up in tries, forward from
        where a code name may begin, and forward and backward from the years.
        """
        if _HAN.search(text):
            # Traditional as Simplified Chinese, one for one. A search reads names and no text.
            from searchkit.negation import plain_text

            text = plain_text(text, "zh")
        yield from self._names.aliases_in(text)
        yield from self._names.journals_in(text)

    @cached_property
    def _names(self) -> "StudyNames":
        from searchkit.study_names import StudyNames  # a search reads no text for them

        return StudyNames(self.studies.values())

    def _known(self, reference: Reference) -> Study | None:
        candidates = (
            *self._found_by.get(reference.doi, ()),
            *self._found_by.get((reference.volume, reference.first_page), ()),
            *self._found_by.get(reference.published, ()),
        )
        return next((study for study in candidates if _is_same(study, reference)), None)

    @cached_property
    def _found_by(self) -> dict[object, list[Study]]:
        """The studies of each DOI, volume and page, and date: somebody's registry may be long."""
        found: dict[object, list[Study]] = {}
        for study in self.studies.values():
            for name in (study.doi, (study.volume, study.first_page), study.published):
                if name and any(name if isinstance(name, tuple) else (name,)):
                    found.setdefault(name, []).append(study)
        return found

    def types(self, keys: Iterable[str]) -> set[str]:
        """Return the study types of the known ones among ``keys``."""
        return {kind for key in keys if key in self.studies for kind in self.studies[key].study_type}


@dataclass(frozen=True, slots=True)
class Ties:
    """Which keys mean the same unknown study: learned from references that allow several of them.

    One article prints a DOI that another leaves out; the DOI is the study's key in both.

    Args:
        known: key -> first author -> better key. It is changed by what is learned.
    """

    known: dict[str, dict[str, str]] = field(default_factory=dict)

    def learn(self, reference: Reference) -> None:
        """Take note of a reference that gives more than its key needs."""
        if reference.kind != "study":
            return
        keys = [key for key in (_doi_key(reference), _place_key(reference), _date_key(reference)) if key]
        for key in keys[1:]:
            self.known.setdefault(key, {}).setdefault(fold(reference.author), keys[0])

    def better(self, key: str, author: str) -> str:
        """Return the best key of the study that has this one too, or nothing.

        Two journals may have the same year, volume and page. Authors tell them apart, as far as both are written
        in the same script; where that leaves two studies it may be neither.
        """
        best = ""
        while key in self.known:
            possible = {other for name, other in self.known[key].items() if _may_be_one(name, fold(author))}
            if len(possible) != 1:
                break
            best = key = possible.pop()
        return best


def _may_be_one(one: str, other: str) -> bool:
    """Tell whether two surnames may be one person's, judged by the script where it is the same."""
    if not one or not other or one[:1].isascii() != other[:1].isascii():
        return True
    if not one[:1].isascii() and bool(_HAN.match(one)) != bool(_HAN.match(other)):
        return True
    return one.startswith(other) or other.startswith(one)


def _is_same(study: Study, reference: Reference) -> bool:
    if study.doi and reference.doi:
        return study.doi == reference.doi
    if study.year and reference.year and study.year != reference.year:
        return False
    if reference.volume and reference.first_page:
        return (study.volume, study.first_page) == (reference.volume, reference.first_page)
    if study.published and study.published == reference.published:
        written = fold(reference.text)
        return any(fold(name) in written for name in (*study.authors, *study.journals))
    return False


def _doi_key(reference: Reference) -> str:
    return f"doi:{reference.doi}" if reference.doi else ""


def _place_key(reference: Reference) -> str:
    if reference.year and reference.volume and reference.first_page:
        return f"{reference.year};{reference.volume}:{reference.first_page}"
    return ""


def _date_key(reference: Reference) -> str:
    return f"{fold(reference.author)}:{reference.published}" if reference.author and reference.published else ""


def _key(reference: Reference) -> str:
    if key := _doi_key(reference) or _place_key(reference):
        return key
    when = reference.published.isoformat() if reference.published else reference.year
    return f"{fold(reference.author)}:{when}" if reference.author and when else ""


def _label(reference: Reference, key: str) -> str:
    parts = (f"{reference.author} {reference.year or ''}".strip(), reference.journal)
    return ", ".join(part for part in parts if part) or key


_TEXTS: Final = ("label", "doi", "volume", "first_page", "title")
_LISTS: Final = ("authors", "journals", "aliases", "study_type")
_SLUG: Final = regex.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DOI: Final = regex.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(?P<doi>10\.\d{4,9}/\S+)", regex.IGNORECASE)


def _checked(key: str, entry: Any) -> Study:
    """Return the study that a table of somebody's file describes, or say what is wrong with it."""
    if not _SLUG.fullmatch(key):
        raise VocabularyError(f"{key!r} is not a key; use lower-case letters, digits and hyphens")
    if not isinstance(entry, dict) or not entry.get("label"):
        raise VocabularyError(f'[{key}] needs a label, such as label = "Slutsky 2010, Neuron"')
    values = dict(entry)
    for name in ("volume", "first_page"):
        values[name] = str(values.get(name, "")).lower()  # 65 means "65"
    for name, value in values.items():
        if problem := _problem(name, value):
            raise VocabularyError(f"{name} of [{key}] {problem}")
    if match := _DOI.fullmatch(values.get("doi", "").strip()):
        values["doi"] = match.group("doi").lower()
    place = values.get("year") and ((values["volume"] and values["first_page"]) or values.get("journals"))
    if not (values.get("doi") or values.get("published") or values.get("aliases") or place):
        raise VocabularyError(
            f"nothing tells [{key}] from others; give doi, or year, volume and first_page, or aliases"
        )
    return _study(key, values)


def _problem(name: str, value: object) -> str:
    """Return what is wrong with a field of a table, or nothing."""
    if name == "year":
        return "" if type(value) is int else "must be a number"
    if name == "published":
        return "" if _is_date(value) else "must be a date such as 2024-08-17"
    if name in _LISTS:
        return _problem_of_list(name, value)
    if name not in _TEXTS:
        return "is a field that studies do not have"
    if not isinstance(value, str):
        return "must be a text in quotes"
    return "is not a DOI" if name == "doi" and value and not _DOI.fullmatch(value.strip()) else ""


def _problem_of_list(name: str, value: object) -> str:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        return "must be a list of texts in quotes"
    kinds = Vocabulary.builtin("study_types").concepts
    strange = set(value).difference(kinds) if name == "study_type" else set()
    return f"may hold {', '.join(kinds)}; not {', '.join(sorted(strange))}" if strange else ""


def _is_date(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


@cache
def _builtin() -> StudyRegistry:
    return StudyRegistry({key: _study(key, entry) for key, entry in tables("studies").items()})


def _study(key: str, entry: Mapping[str, Any]) -> Study:
    values = dict(entry)
    for name in _LISTS:
        values[name] = tuple(values.get(name, ()))
    if values.get("published"):
        values["published"] = date.fromisoformat(str(values["published"]))
    try:
        return Study(key=key, **values)
    except TypeError as error:
        raise VocabularyError(f"study {key!r}: {error}") from error
