"""From a draft to an article: language, sections, references and facets."""

import hashlib
import os
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import regex

from searchkit.analyzers import Analyzer, Token, analyzer_for, canonical
from searchkit.article import Article, Reference, Section
from searchkit.index.engine import Document
from searchkit.language import detect
from searchkit.negation import affirmed
from searchkit.parallel import Trace, trace_of
from searchkit.participants import KEY, find_participants
from searchkit.readers.draft import STDIN, Draft
from searchkit.references import find_citations, parse_references
from searchkit.stored import Span, StoredArticle
from searchkit.strength import FIELD, levels, strengths
from searchkit.structure import find_sections
from searchkit.studies import Study, StudyRegistry, Ties
from searchkit.termvector import TermVector
from searchkit.vocabulary import Match, Vocabulary

_BLANKS: Final = regex.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Derived:
    """An article ready for an engine.

    Attributes:
        document: what is indexed; its group is still to be found.
        study_labels: study key -> what people call it.
        trace: what tells versions of an article in other languages.
        group: that which the source gave, or nothing.
    """

    document: Document
    study_labels: dict[str, str]
    trace: Trace
    group: str


class Deriver:
    """Finds in an article what its source does not say.

    Args:
        mechanisms: the vocabulary of the facet ``mechanism``.
        study_types: the vocabulary of the facet ``study_type``.
        studies: the known studies.
    """

    def __init__(self, mechanisms: Vocabulary, study_types: Vocabulary, studies: StudyRegistry) -> None:
        self.mechanisms = mechanisms
        self.study_types = study_types
        self.studies = studies
        self._user_words = mechanisms.words_without_spaces()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it was made of: other processes load their own dictionaries."""
        return type(self), (self.mechanisms, self.study_types, self.studies)

    def analyzer(self, language: str) -> Analyzer:
        """Return the analyzer of a language that knows the vocabulary's words."""
        return analyzer_for(language, self._user_words)

    def draft(self, draft: Draft, identifier: str, digest: str, ties: Ties | None = None) -> Derived:
        """Return the article that a draft becomes; see `make_id` and `digest_of`."""
        title = _BLANKS.sub(" ", draft.title).strip()
        language = draft.language or detect(f"{title}\n{draft.text}")
        sections = find_sections(draft.text, draft.headings)
        given = set(draft.facets) | ({"language"} if draft.language else set())
        article = Article(
            id=identifier,
            title=title,
            text=draft.text,
            language=language,
            url=draft.url,
            author=draft.author,
            published=draft.published,
            source=draft.source,
            sections=sections,
            facets=draft.facets,
            group=draft.group,
        )
        return self.article(article, frozenset(given), digest, ties)

    def article(self, article: Article, given: frozenset[str], digest: str, ties: Ties | None = None) -> Derived:
        """Return an article with its references and facets found anew.

        Args:
            article: the article, with its sections.
            given: names of the facets that stay as they are.
            digest: see `digest_of`.
            ties: what references of other articles say of studies; this article's are added.
        """
        article = replace(article, references=parse_references(article.text, article.sections))
        analyzer = self.analyzer(article.language)
        title = list(analyzer.tokens(article.title))
        body = list(analyzer.tokens(article.text))
        found: dict[str, dict[str, list[Span]]] = {
            name: defaultdict(list) for name in ("study", "study_type", "mechanism")
        }
        labels = self._studies(article, found, Ties() if ties is None else ties)
        in_title = self._terms(article, analyzer, title, body, found)
        facets: dict[str, tuple[str, ...]] = {"language": (article.language,)}
        for name, values in found.items():
            kept = article.facets.get(name, ()) if name in given else sorted(values)
            # Given mechanisms, too, are under the wider ones: these follow, in the source's order.
            wider = self.mechanisms.closed(kept).difference(kept) if name == "mechanism" else ()
            facets[name] = (*kept, *sorted(wider))
        evidence = {
            name: {value: tuple(sorted(set(spans))) for value, spans in values.items()}
            for name, values in found.items()
            if name not in given
        }
        # What the source gives is a subject: somebody said so.
        strength = (
            dict.fromkeys(facets["mechanism"], 1.0)
            if "mechanism" in given
            else strengths(article, evidence["mechanism"], in_title)
        )
        article = replace(
            article,
            facets=MappingProxyType(facets),
            strengths=MappingProxyType({"mechanism": MappingProxyType(strength)}),
        )
        stored = StoredArticle(
            article=article,
            title=TermVector.of(title),
            body=TermVector.of(body),
            evidence=evidence,
            given=given,
        )
        fields = {
            "title": [(token.text, token.position) for token in title],
            "body": [(token.text, token.position) for token in body],
            "author": [(token.text, token.position) for token in analyzer.tokens(article.author)],
        }
        document = Document(
            id=article.id,
            language=article.language,
            fields={kind: terms for kind, terms in fields.items() if terms},
            facets={**facets, FIELD: levels(strength)},
            published=article.published.toordinal() if article.published else 0,
            digest=digest,
            source=article.source,
            stored=stored.to_bytes(),
        )
        return Derived(document, labels, trace_of(stored), article.group)

    def cited(self, article: Article, ties: Ties) -> list[tuple[Reference, Study]]:
        """Return the references to studies, listed ones first, then those in running text, with what they mean."""
        references = list(article.references)
        for section in _body(article.sections):
            for reference in find_citations(article.text[section.start : section.end]):
                start, end = section.start + reference.start, section.start + reference.end
                references.append(replace(reference, start=start, end=end))
        # All are read before any is resolved: one may say what another leaves out.
        for reference in references:
            ties.learn(reference)
        found = ((reference, self.studies.resolve(reference, ties)) for reference in references)
        return [(reference, study) for reference, study in found if study]

    def _studies(self, article: Article, found: dict[str, dict[str, list[Span]]], ties: Ties) -> dict[str, str]:
        labels: dict[str, str] = {}
        for reference, study in self.cited(article, ties):
            found["study"][study.key].append((reference.start, reference.end))
            labels.setdefault(study.key, study.label)
        for section in _body(article.sections):
            for mention in self.studies.mentions(article.text[section.start : section.end]):
                found["study"][mention.key].append((section.start + mention.start, section.start + mention.end))
                labels[mention.key] = self.studies.studies[mention.key].label
        for key, spans in found["study"].items():
            for kind in self.studies.types([key]):
                found["study_type"][kind].extend(spans)
        return labels

    def _terms(
        self,
        article: Article,
        analyzer: Analyzer,
        title: list[Token],
        body: list[Token],
        found: dict[str, dict[str, list[Span]]],
    ) -> frozenset[str]:
        """Add the mentions of vocabulary terms to ``found``; return the concepts that the title affirms."""
        sections = article.sections
        starts = [section.start for section in sections]
        inside = [
            token for token in canonical(body) if sections[bisect_right(starts, token.start) - 1].kind == "body"
        ]
        heading = canonical(title)
        in_title: set[str] = set()
        for name, vocabulary in (("mechanism", self.mechanisms), ("study_type", self.study_types)):
            for match in affirmed(article.text, article.language, vocabulary.find(article.text, analyzer, inside)):
                found[name][match.key].append((match.start, match.end))
            for match in affirmed(
                article.title, article.language, vocabulary.find(article.title, analyzer, heading)
            ):
                found[name].setdefault(match.key, [])
                in_title.update((match.key, *vocabulary.above(match.key)))
            for key, spans in list(found[name].items()):
                # What is about a concept is about the wider ones above it.
                for wider in vocabulary.above(key):
                    found[name][wider] += spans
        people = [
            Match(KEY, start, end)
            for section in _body(sections)
            for start, end in find_participants(article.text, article.language, section.start, section.end)
        ]
        # All at once: the text around them is read anew by each call.
        for match in affirmed(article.text, article.language, people):
            if KEY in self.study_types.concepts:
                found["study_type"][KEY].append((match.start, match.end))
        return frozenset(in_title)


def _body(sections: Iterable[Section]) -> Iterable[Section]:
    return (section for section in sections if section.kind == "body")


def make_id(draft: Draft) -> str:
    """Return an id made of the source's name and place, short enough to type and different for each source.

    Standard input has no name: there the text itself is what an id stands for.
    """
    if draft.source == STDIN:
        return f"stdin-{digest_of(draft)[:10]}"
    path = Path(os.path.realpath(draft.source))
    name = regex.sub(r"[^\p{L}\p{M}\p{N}._-]+", "-", path.stem) or "article"
    digest = hashlib.sha256(f"{path}\n{draft.place}".encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{name}-{draft.place}-{digest}"


def digest_of(draft: Draft) -> str:
    """Return a digest of all that a source says, to tell whether it changed."""
    said = (
        *(draft.id, draft.title, draft.text, draft.language, draft.url, draft.author, draft.published),
        *(draft.headings, sorted(draft.facets.items()), draft.group),
    )
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:24]
