"""What a search gives back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from searchkit.article import Article

SnippetKind = Literal["", "title", "text", "reference", "given", "detected"]


@dataclass(frozen=True, slots=True)
class Snippet:
    """A passage of an article's text.

    Attributes:
        text: the passage.
        start: where it begins in the article's text (of a title, in the title), in code points.
        highlights: (start, end) of each match in ``text``, in order, not overlapping.
        kind: what the passage is as evidence (`ArticleIndex.why`): part of the ``title``, the ``text`` or a
            ``reference``; or what stands for one: the value was ``given`` by the source, or ``detected`` from a
            text that begins so. Empty in a search's hits.
    """

    text: str
    start: int
    highlights: tuple[tuple[int, int], ...] = ()
    kind: SnippetKind = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the snippet as JSON types."""
        return {
            "text": self.text,
            "start": self.start,
            "highlights": [list(span) for span in self.highlights],
            **({"kind": self.kind} if self.kind else {}),
        }


@dataclass(frozen=True, slots=True)
class ScorePart:
    """A part of a score, in words.

    Attributes:
        points: what it adds.
        text: what it is for.
        parts: what it is put together of: their points add up to its own. Empty where there is no more to say.
    """

    points: float
    text: str
    parts: tuple["ScorePart", ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the part as JSON types."""
        return {"points": self.points, "text": self.text, "parts": [part.to_dict() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Version:
    """The same article in another language."""

    id: str
    language: str
    title: str

    def to_dict(self) -> dict[str, Any]:
        """Return the version as JSON types."""
        return {"id": self.id, "language": self.language, "title": self.title}


@dataclass(frozen=True, slots=True)
class Hit:
    """One found article.

    Attributes:
        article: the whole article.
        score: higher is better; comparable within one search only. 0 where nothing is scored.
        snippet: the passage that answers the query best, or the beginning.
        title_highlights: (start, end) of each match in the title.
        mechanisms: keys of mechanisms that the query names and this article carries.
        translations: words of the query that the article holds in translation, each with the words that stand
            there.
        explanation: where the score comes from, where that was asked for.
        shared: what an article that is like another has in common with it: ``word``, ``mechanism`` and ``study``,
            each with its values.
        also: the other versions of the article among the matches, best first, where a search collapses them.
    """

    article: Article
    score: float
    snippet: Snippet
    title_highlights: tuple[tuple[int, int], ...] = ()
    mechanisms: tuple[str, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()
    explanation: ScorePart | None = None
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    also: tuple[Version, ...] = ()

    @property
    def id(self) -> str:
        """The article's id."""
        return self.article.id

    @property
    def title(self) -> str:
        """The article's title."""
        return self.article.title

    @property
    def language(self) -> str:
        """The article's language."""
        return self.article.language

    @property
    def author(self) -> str:
        """The article's author."""
        return self.article.author

    @property
    def published(self) -> date | None:
        """The article's date of publication."""
        return self.article.published

    @property
    def url(self) -> str:
        """The article's address."""
        return self.article.url

    @property
    def source(self) -> str:
        """The file that the article came from."""
        return self.article.source

    @property
    def facets(self) -> Mapping[str, tuple[str, ...]]:
        """The article's facet values."""
        return self.article.facets

    @property
    def strengths(self) -> Mapping[str, Mapping[str, float]]:
        """How much the article is about its mechanisms; see `Article.strengths`."""
        return self.article.strengths

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as JSON types, without the article's text, sections and references."""
        return {
            "id": self.id,
            "score": round(self.score, 6),
            "title": self.title,
            "title_highlights": [list(span) for span in self.title_highlights],
            "language": self.language,
            "author": self.author,
            "published": self.published.isoformat() if self.published else None,
            "url": self.url,
            "source": self.source,
            "snippet": self.snippet.to_dict(),
            "facets": {name: list(values) for name, values in self.facets.items()},
            "strengths": {name: dict(values) for name, values in self.strengths.items()},
            "mechanisms": list(self.mechanisms),
            "translations": [list(pair) for pair in self.translations],
            **({"explanation": self.explanation.to_dict()} if self.explanation else {}),
            **({"shared": {name: list(values) for name, values in self.shared.items()}} if self.shared else {}),
            **({"also": [version.to_dict() for version in self.also]} if self.also else {}),
        }


CompletionKind = Literal["word", "mechanism", "title"]


@dataclass(frozen=True, slots=True)
class Completion:
    """A way in which what somebody is typing may go on.

    Attributes:
        text: the whole text, completed: what was typed before the word, and the word; or a title.
        completed: the word, label or title alone.
        kind: what it is.
        articles: number of articles that hold the word in any inflection (after the word before it, where some
            do), are about the mechanism, or have the title.
    """

    text: str
    completed: str
    kind: CompletionKind
    articles: int

    def to_dict(self) -> dict[str, Any]:
        """Return the completion as JSON types."""
        return {"text": self.text, "completed": self.completed, "kind": self.kind, "articles": self.articles}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A term that articles name and no vocabulary entry covers.

    Attributes:
        text: as articles write it most often.
        articles: number of articles that hold it, among those that were read.
        occurrences: how often they do, in any inflection.
        score: termhood, for ranking among the candidates of one language (`searchkit.candidates`).
    """

    text: str
    articles: int
    occurrences: int
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return the candidate as JSON types."""
        return {
            "text": self.text,
            "articles": self.articles,
            "occurrences": self.occurrences,
            "score": round(self.score, 6),
        }


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A facet value and the number of articles that carry it.

    Attributes:
        value: the key, as filters take it.
        label: for people.
        selected: it is among the search's filters.
        parent: the wider mechanism that it is under, whose count includes its articles; None where there is none.
    """

    value: str
    label: str
    count: int
    selected: bool = False
    parent: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the count as JSON types."""
        return {
            "value": self.value,
            "label": self.label,
            "count": self.count,
            "selected": self.selected,
            "parent": self.parent,
        }


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a search. Iterating gives the hits.

    Attributes:
        query: as given.
        total: number of articles that match, on this page or not; exact. Of articles in several languages, where
            a search collapses their versions.
        hits: this page.
        offset: number of hits before this page.
        facets: facet -> counts over all matches, highest first. The counts of a facet leave its own filters
            out, so they say what another choice would give.
        notes: what a person should know about the answer, one line each.
        like: id of the article that the hits are like, where such were asked for.
        suggestion: the query with unknown words replaced by the nearest ones of the index, if there are any.
    """

    query: str
    total: int
    hits: tuple[Hit, ...]
    offset: int = 0
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    suggestion: str | None = None
    like: str | None = None

    def __iter__(self) -> Iterator[Hit]:
        """Iterate over the hits of this page."""
        return iter(self.hits)

    def __len__(self) -> int:
        """Return the number of hits on this page."""
        return len(self.hits)

    def to_dict(self) -> dict[str, Any]:
        """Return the results as JSON types."""
        return {
            "query": self.query,
            "total": self.total,
            "offset": self.offset,
            "hits": [hit.to_dict() for hit in self.hits],
            "facets": {name: [count.to_dict() for count in counts] for name, counts in self.facets.items()},
            "notes": list(self.notes),
            "suggestion": self.suggestion,
            **({"like": self.like} if self.like else {}),
        }
