"""The studies that an index cites: who cites them, what is known of them, and how reference managers take them."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import regex

from searchkit.article import Reference
from searchkit.references import JOURNAL_WINDOW, find_citations
from searchkit.stored import StoredArticle
from searchkit.studies import Study, StudyRegistry

_PLACE_KEY: Final = regex.compile(r"(?P<year>\d{4});(?P<volume>[^:]+):(?P<page>.+)")
_QUOTED: Final = regex.compile(r"《([^《》]{1,400})》|〈([^〈〉]{1,400})〉|“([^“”]{1,400})”|\"([^\"]{1,400})\"")
_APA_TITLE: Final = regex.compile(r"\((?:19|20)\d\d[a-z]?\)\.\s(?!https?:|doi)([^.?!]{8,400}[?!]?)")
_SENTENCE: Final = regex.compile(r"(?<=[\p{Ll}\p{M}\p{Lu}\p{Lo}\])][.?!।]|[。．])\s{0,3}(?=[\p{L}《〈“\"])")
_OTHERS: Final = regex.compile(r"\bet al\b|\bm\.\s?fl\b|\bet coll\b|等|एट अल|&", regex.IGNORECASE)
_MARKS: Final = " .,:;，。．：；।《》〈〉“”\"'"
_CONTROL: Final = regex.compile(r"[\p{Cc}\p{Cs}\s]+")
# BibTeX counts braces with a backslash too: one without its partner would swallow what follows.
_TEX: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{char: f"\\{char}" for char in "$&%#_"},
}
# What stands in a DOI is taken as it is, so that braces and backslashes are written as in an address.
_ADDRESS: Final = {char: f"%{ord(char):02X}" for char in "\\{}"}


class CitingArticle(NamedTuple):
    """An article that cites a study."""

    id: str
    language: str
    title: str


@dataclass(frozen=True, slots=True)
class CitedStudy:
    """A study that articles cite; what nobody says of it is empty.

    Attributes:
        key: the value of the facet ``study``.
        label: what people call it.
        author: surname of the first author.
        others: whether it is known to have more authors.
        study_type: keys of the study types, for studies of the registry.
        articles: those that cite it, by language and id.
    """

    key: str
    label: str
    author: str = ""
    others: bool = False
    title: str = ""
    journal: str = ""
    year: int | None = None
    volume: str = ""
    issue: str = ""
    first_page: str = ""
    doi: str = ""
    study_type: tuple[str, ...] = ()
    articles: tuple[CitingArticle, ...] = ()

    @property
    def languages(self) -> dict[str, int]:
        """Language -> number of citing articles, those of most articles first."""
        counts = Counter(article.language for article in self.articles)
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def to_dict(self) -> dict[str, Any]:
        """Return the study as JSON types."""
        return {
            **{name: getattr(self, name) for name in ("key", "label", "author", "title", "journal", "year")},
            **{name: getattr(self, name) for name in ("volume", "issue", "first_page", "doi")},
            "study_type": list(self.study_type),
            "count": len(self.articles),
            "languages": self.languages,
            "articles": [article._asdict() for article in self.articles],
        }


@dataclass(slots=True)
class _Found:
    articles: list[CitingArticle] = field(default_factory=list)
    references: list[tuple[bool, int, Reference]] = field(default_factory=list)


def cited_studies(
    articles: Iterable[StoredArticle], labels: Mapping[str, str], registry: StudyRegistry
) -> tuple[CitedStudy, ...]:
    """Return the studies that some articles cite, those of most articles first."""
    found: dict[str, _Found] = {}
    for stored in articles:
        article = stored.article
        listed = {(reference.start, reference.end): reference for reference in article.references}
        spans = stored.evidence.get("study", {})
        for key in article.facets.get("study", ()):
            entry = found.setdefault(key, _Found())
            entry.articles.append(CitingArticle(article.id, article.language, article.title))
            for start, end in spans.get(key, ()):
                if reference := listed.get((start, end)) or _in_text(article.text, start, end):
                    entry.references.append((article.language != "en", _strangeness(reference), reference))
    studies = (_study(key, labels.get(key, key), entry, registry.studies.get(key)) for key, entry in found.items())
    return tuple(sorted(studies, key=lambda study: (-len(study.articles), study.label, study.key)))


def _study(key: str, label: str, found: _Found, known: Study | None) -> CitedStudy:
    references = [item[2] for item in sorted(found.references, key=lambda item: (item[1], item[0], item[2].text))]
    titled = [item[2] for item in sorted(found.references, key=lambda item: (item[0], item[1], item[2].text))]
    place = _PLACE_KEY.fullmatch(key)

    def first(name: str) -> Any:
        return next((value for item in references if (value := getattr(item, name))), "")

    if known:
        values: dict[str, Any] = {
            "author": next(iter(known.authors), ""),
            "title": known.title,
            "journal": next(iter(known.journals), ""),
            "year": known.year,
            "volume": known.volume,
            "first_page": known.first_page,
            "doi": known.doi,
        }
    else:
        values = {
            "year": int(place["year"]) if place else None,
            "volume": place["volume"] if place else "",
            "first_page": place["page"] if place else "",
            "doi": key.removeprefix("doi:") if key.startswith("doi:") else "",
        }
    for name in ("author", "journal", "year", "volume", "issue", "first_page", "doi"):
        values[name] = values.get(name) or first(name) or (None if name == "year" else "")
    values["title"] = values.get("title") or next(filter(None, map(title_of, titled)), "")
    return CitedStudy(
        key=key,
        label=known.label if known else label,
        others=any(_OTHERS.search(item.text) for item in references),
        study_type=known.study_type if known else (),
        articles=tuple(sorted(found.articles, key=lambda article: (article.language, article.id))),
        **values,
    )


def _strangeness(reference: Reference) -> int:
    """Return how far an entry is from how the study was published: Latin letters, and surnames not in capitals."""
    name = reference.author or reference.journal
    if not unicodedata.normalize("NFD", name)[:1].isascii():
        return 2
    return int(name.isupper())


def _in_text(text: str, start: int, end: int) -> Reference | None:
    """Return the citation in running text at a place, with the journal's name that stands before it."""
    low = max(start - JOURNAL_WINDOW, 0)
    found = [item for item in find_citations(text[low:end]) if low + item.end == end]
    return found[-1] if found else None


def title_of(reference: Reference) -> str:
    """Return the title that an entry gives, as far as it can be told; empty otherwise."""
    text = reference.text
    for quoted in _QUOTED.finditer(text):
        title = str(next(filter(None, quoted.groups()))).strip(_MARKS)
        if title != reference.journal and _is_title(title):
            return title
    if match := _APA_TITLE.search(text):
        return str(match.group(1)).strip(_MARKS)
    parts = _SENTENCE.split(text)
    if len(parts) < 3:
        return ""
    title = regex.sub(r"\[[A-Z/]{1,6}\]", "", parts[1]).strip(_MARKS)
    return title if title != reference.journal and _is_title(title) and not title.startswith("http") else ""


def _is_title(text: str) -> bool:
    words = len(text.split())
    return words >= 3 or len(regex.findall(r"\p{Han}", text)) >= 5


def to_bibtex(studies: Iterable[CitedStudy]) -> str:
    """Return studies as a BibTeX file in UTF-8, an ``@article`` each."""
    entries, used = [], set[str]()
    for study in studies:
        name = _citation_key(study.key, used)
        used.add(name)
        author = f"{{{_tex(study.author)}}}" if study.author else ""
        fields = {
            "author": f"{author} and others" if author and study.others else author,
            "title": f"{{{_tex(study.title)}}}" if study.title else "",
            "journal": _tex(study.journal),
            "year": str(study.year or ""),
            "volume": _tex(study.volume),
            "number": _tex(study.issue),
            "pages": _tex(study.first_page),
            "doi": "".join(_ADDRESS.get(char, char) for char in _CONTROL.sub("", study.doi)),
        }
        lines = "".join(f"  {kind} = {{{value}}},\n" for kind, value in fields.items() if value)
        entries.append(f"@article{{{name},\n{lines}}}\n")
    return "\n".join(entries)


def to_csl(studies: Iterable[CitedStudy]) -> list[dict[str, Any]]:
    """Return studies as CSL-JSON items (https://docs.citationstyles.org), as JSON types."""
    items = []
    for study in studies:
        item = {
            "id": study.key,
            "type": "article-journal",
            "author": [{"family": study.author}] if study.author else None,
            "title": study.title,
            "container-title": study.journal,
            "issued": {"date-parts": [[study.year]]} if study.year else None,
            "volume": study.volume,
            "issue": study.issue,
            "page": study.first_page,
            "DOI": study.doi,
        }
        items.append({name: value for name, value in item.items() if value})
    return items


def _tex(text: str) -> str:
    return "".join(_TEX.get(char, char) for char in _CONTROL.sub(" ", text))


def _citation_key(key: str, used: set[str]) -> str:
    """Return a name that BibTeX takes and no other entry has; names that are not ASCII become a digest."""
    name = regex.sub(r"[^A-Za-z0-9:./_-]", "-", key)
    if not key.isascii():
        name = f"study-{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    # BibTeX does not tell upper case from lower.
    taken = {other.lower() for other in used}
    number, wanted = 1, name
    while wanted.lower() in taken:
        number += 1
        wanted = f"{name}-{number}"
    return wanted
