"""An index of articles: adding, searching, counting. Everything that people and commands do goes through here."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, Self, TypeVar, cast

from searchkit.analyzers import Analyzer, analyzer_for
from searchkit.article import FACETS, Article
from searchkit.compile import Compiler
from searchkit.damage import damage_told, failed
from searchkit.errors import (
    AnalyzerMismatchError,
    FilterError,
    IndexFormatError,
    IndexStateError,
    InputError,
    quoted,
)
from searchkit.facets import FacetNames
from searchkit.feedback import feedback, preferring
from searchkit.filters import Filter, Filters
from searchkit.home import Home, Stamp, home_of
from searchkit.index import (
    Distant,
    EngineHit,
    Request,
    Response,
    Snapshot,
    Sort,
    Writer,
    engine_class,
)
from searchkit.index.query import Bool, Everything, Phrase, Prefix, Query, Term, field_name
from searchkit.limits import (
    MAX_FILTER_VALUES,
    MAX_HITS,
    MAX_NOTES,
    MAX_PATTERNS,
    MAX_QUERY_CHARACTERS,
    MAX_QUERY_WORDS,
)
from searchkit.matches import Sought
from searchkit.query import parse
from searchkit.results import Candidate, Completion, FacetCount, Hit, Results, Snippet, Version
from searchkit.settings import FORMAT, Settings
from searchkit.snippets import best_snippet, merge, whole_graphemes
from searchkit.spelling import Speller
from searchkit.stored import StoredArticle
from searchkit.studies import StudyRegistry
from searchkit.translate import Translator
from searchkit.transliteration import Names
from searchkit.vocabulary import Vocabulary, chain_of, is_character

# What not every search needs is imported where it is used.
if TYPE_CHECKING:
    from searchkit.batch import Changes
    from searchkit.bibliography import CitedStudy
    from searchkit.derive import Deriver
    from searchkit.index.loading import SharedWriter
    from searchkit.readers import Draft, Problem

_SORTS: Final = ("relevance", "date")
_MOST_FREQUENCIES: Final = 100_000
# Settings and commit are read until they belong together, which they do but for the moment of a commit.
_REFRESH_TRIES: Final = 20
_TRUNCATED: Final = (
    f"the query is very long: only its first {MAX_QUERY_WORDS:,} words, of its first {MAX_QUERY_CHARACTERS:,} "
    "characters, were used"
)
_UNFILTERED: Final = Filters()


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What an index is.

    Attributes:
        path: its folder or address.
        articles: number of articles.
        languages: language -> number of articles.
        bytes: size of the engine's files.
        analyzers: language -> fingerprint of the analyzer that made its tokens.
        mechanisms: number of concepts in its vocabulary.
    """

    path: str
    format: int
    version: str
    engine: str
    articles: int
    languages: Mapping[str, int]
    segments: int
    bytes: int
    analyzers: Mapping[str, str]
    mechanisms: int


@damage_told
class ArticleSnapshot:
    """The articles of an index as of one commit, for as long as it is asked: later commits change nothing.

    Made by `ArticleIndex.snapshot`. Pages of one list, or a search and the articles that it found, come from one
    commit here. It can be shared by threads, and needs no closing: its files are let go with it.
    """

    def __init__(self, path: Path | str, current: Settings, stamp: Stamp, commit: Snapshot) -> None:
        self.path = path
        self.settings = current
        self.stamp = stamp
        self.commit = commit
        self._analyzers: dict[str, Analyzer] = {}
        self._names = FacetNames(self.vocabulary, current.study_labels, self._known)
        # What is kept of the index's words.
        self._speller: Speller | None = None
        self._translates: Translator | None = None
        self._frequencies: dict[tuple[str, str], int] = {}

    @property
    def engine(self) -> str:
        """The name of its engine."""
        return self.settings.engine

    @property
    def vocabulary(self) -> Vocabulary:
        """The mechanisms that it looks for."""
        return self.settings.vocabulary

    @property
    def known_studies(self) -> StudyRegistry:
        """The studies that were given to be known besides those that ship with searchkit."""
        return self.settings.studies

    # Searching

    def search(
        self,
        query: str = "",
        *,
        language: Filter = None,
        study: Filter = None,
        mechanism: Filter = None,
        study_type: Filter = None,
        min_strength: float = 0.0,
        limit: int = 10,
        offset: int = 0,
        sort: Sort = "relevance",
        expand: bool = True,
        facets: bool = True,
        explain: bool = False,
        collapse: bool = False,
    ) -> Results:
        """Find articles.

        Args:
            query: words, in any language; see `searchkit.query` for phrases, AND, OR, NOT and the rest. An empty
                query finds all articles that the filters leave.
            language: ISO code or codes that a hit may have.
            study: studies that a hit cites: keys, DOIs, or the beginning of a label.
            mechanism: mechanisms that a hit is about: keys or labels in any language.
            study_type: kinds of study: keys or labels.
            min_strength: how much an article must be about a mechanism, from 0 to 1, for ``mechanism``, for
                ``mechanism:`` in the query and for the counts of mechanisms: 0.5 leaves out mere mentions. Without
                either it narrows nothing (`Article.strengths`).
            limit: number of hits, 0 for counts only.
            offset: number of hits to pass over; with ``limit`` at most `searchkit.limits.MAX_HITS`.
            sort: ``relevance``, or ``date`` for the newest first.
            expand: also find articles in other languages, by the mechanisms that the query names and by its
                words in translation.
            facets: count the values of all facets.
            explain: tell for each hit where its score comes from.
            collapse: of the versions of an article in several languages, only the best is a hit, and names the
                others that match (`Hit.also`). Pages and the total count such hits; facets count articles.

        Several values of one filter are alternatives; several filters must all hold.

        Raises:
            FilterError: a filter names a value that there is not.
            InputError: min_strength is not from 0 to 1, limit or offset is negative, or sort is not known.
        """
        page = self._page(limit, offset, sort, collapse=collapse)
        filters = self._filters(
            min_strength, language=language, study=study, study_type=study_type, mechanism=mechanism
        )
        tree, notes = self._compile(query, filters, expand=expand)
        response, extra = self._ranked(_narrowed(page, tree, filters, facets=facets))
        results = self._results(response, tree, filters, offset)
        if explain:
            from searchkit.account import words_of

            results = self._explained(
                results, preferring(tree, extra), lambda code: words_of(query, self.analyzer(code)), extra
            )
        # Nobody mistypes what is longer than a query: it is pasted.
        asked = limit and _TRUNCATED not in notes
        suggestion = self._suggestion(query, filters, expand=expand) if asked else None
        return replace(results, query=query, notes=notes, suggestion=suggestion)

    def like(
        self,
        identifier: str,
        *,
        language: Filter = None,
        study: Filter = None,
        mechanism: Filter = None,
        study_type: Filter = None,
        min_strength: float = 0.0,
        limit: int = 10,
        offset: int = 0,
        sort: Sort = "relevance",
        facets: bool = True,
        explain: bool = False,
        collapse: bool = False,
    ) -> Results:
        """Find articles like another one: with its most telling words, its mechanisms and its studies.

        Words find articles in the same language, mechanisms and studies those in others; each hit tells what it
        shares. The article itself is left out.

        Args:
            identifier: the article's id, or the beginning of its id where that is enough to tell.
            language: as in `search`, like all that follow.
            study: see there.
            mechanism: see there.
            study_type: see there.
            min_strength: see there.
            limit: see there.
            offset: see there.
            sort: see there.
            facets: see there.
            explain: see there.
            collapse: see there.

        Raises:
            FilterError: a filter names a value that there is not.
            InputError: there is no such article, or several; min_strength is not from 0 to 1, limit or offset is
                negative, or sort is not known.
        """
        from searchkit.alike import likeness

        page = self._page(limit, offset, sort, collapse=collapse)
        filters = self._filters(
            min_strength, language=language, study=study, study_type=study_type, mechanism=mechanism
        )
        stored = self.stored(identifier)
        alike = likeness(stored, self.commit, self.analyzer(stored.article.language))
        tree = alike.query
        response = self.commit.search(_narrowed(page, tree, filters, facets=facets))
        results = self._results(response, tree, filters, offset)
        hits = zip(results.hits, response.hits, strict=True)
        shared = [replace(hit, shared=alike.shared(StoredArticle.from_bytes(found.stored))) for hit, found in hits]
        results = replace(results, hits=tuple(shared), like=stored.article.id)
        return self._explained(results, tree, lambda _: alike.words) if explain else results

    def rank(self, query: str, limit: int = 100, *, expand: bool = True) -> list[tuple[str, float]]:
        """Return the ids and scores that `search` would find, best first, without reading articles or counting."""
        tree, _ = self._compile(query, expand=expand)
        page = self._page(limit, 0, "relevance", collapse=False)
        response, _ = self._ranked(replace(page, query=tree, stored=False))
        return [(found.id, found.score) for found in response.hits]

    def facets(
        self,
        query: str = "",
        *,
        language: Filter = None,
        study: Filter = None,
        mechanism: Filter = None,
        study_type: Filter = None,
        min_strength: float = 0.0,
        expand: bool = True,
    ) -> Mapping[str, tuple[FacetCount, ...]]:
        """Return the counts of all facets over the articles that a search would find. See `search`."""
        return self.search(
            query,
            language=language,
            study=study,
            mechanism=mechanism,
            study_type=study_type,
            min_strength=min_strength,
            limit=0,
            expand=expand,
        ).facets

    def unmatched(
        self,
        query: str = "",
        *,
        language: Filter = None,
        study: Filter = None,
        mechanism: Filter = None,
        study_type: Filter = None,
        min_strength: float = 0.0,
        limit: int = 20,
        expand: bool = True,
    ) -> Mapping[str, tuple[Candidate, ...]]:
        """Return the terms that articles name and no vocabulary entry covers, by language, the best first.

        For who keeps a vocabulary: content words, and up to three side by side, that at least two articles hold,
        ranked by termhood (`searchkit.candidates`). Of each language at most 300 articles are read, evenly drawn.

        Args:
            query: as in `search`, like the filters; empty for all articles.
            language: see there.
            study: see there.
            mechanism: see there.
            study_type: see there.
            min_strength: see there.
            limit: number of candidates in each language.
            expand: see there.

        Raises:
            FilterError: a filter names a value that there is not.
            InputError: limit is negative, or min_strength is not from 0 to 1.
        """
        from searchkit.candidates import Finder

        _check_limit(limit)
        filters = self._filters(
            min_strength, language=language, study=study, study_type=study_type, mechanism=mechanism
        )
        tree, _ = self._compile(query, filters, expand=expand)
        finder = Finder(self.commit, self.analyzer, (self.vocabulary, Vocabulary.builtin("study_types")))
        wanted = filters.values.get("language")
        codes = [code for code in self._languages if wanted is None or code in wanted]
        found = {code: finder.find(tree, filters.for_engine(), code, limit) for code in codes}
        return {code: candidates for code, candidates in found.items() if candidates}

    def studies(
        self,
        query: str = "",
        *,
        language: Filter = None,
        study: Filter = None,
        mechanism: Filter = None,
        study_type: Filter = None,
        min_strength: float = 0.0,
        expand: bool = True,
    ) -> tuple[CitedStudy, ...]:
        """Return the studies that the articles cite which a search would find; see `search` for the arguments.

        Studies of most articles come first. A study filter leaves only the studies that it names.

        Raises:
            FilterError: a filter names a value that there is not.
            InputError: min_strength is not from 0 to 1.
        """
        from searchkit.bibliography import cited_studies

        filters = self._filters(
            min_strength, language=language, study=study, study_type=study_type, mechanism=mechanism
        )
        tree, _ = self._compile(query, filters, expand=expand)
        everything = max(self.commit.stats().documents, 1)
        request = Request(tree, filters=filters.for_engine(), limit=everything, stored=False)
        hits = self.commit.search(request).hits
        blocks = (block for hit in hits for block in self.commit.get([hit.id]).values())
        found = cited_studies(map(StoredArticle.from_bytes, blocks), self.settings.study_labels, self._known())
        chosen = filters.values.get("study")
        return tuple(one for one in found if chosen is None or one.key in chosen)

    def complete(self, text: str, limit: int = 10) -> tuple[Completion, ...]:
        """Complete the last word of what somebody is typing.

        Words come as articles write them, in any language, one for all inflections, with the mechanisms whose
        names begin so, those of most articles first; where articles have some of them after the word before, only
        those. Then titles that hold what was typed, for up to a third of ``limit``. A text that does not end in a
        word has no completions.

        Args:
            text: what was typed so far.
            limit: number of completions.

        Raises:
            InputError: limit is negative.
        """
        from searchkit.completion import Completer

        _check_limit(limit)
        completer = Completer(self.commit, self._languages, self.analyzer, self.vocabulary)
        return tuple(completer.complete(text, limit))[:limit]

    def get(self, identifier: str) -> Article:
        """Return an article by its id, or by the beginning of its id where that is enough to tell.

        Raises:
            InputError: there is no such article, or several.
        """
        return self.stored(identifier).article

    def stored(self, identifier: str) -> StoredArticle:
        """Return an article with its evidence; see `get`."""
        found = self.commit.get([identifier])
        if not found:
            ids = sorted(entry.id for entry in self.commit.entries() if entry.id.startswith(identifier))
            if not identifier or not ids:
                raise InputError(f"no article has the id {quoted(identifier)}; 'searchkit search' shows ids")
            if len(ids) > 1:
                some = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
                raise InputError(f"{len(ids)} articles have ids that begin with {quoted(identifier)}: {some}")
            found = self.commit.get(ids)
        return StoredArticle.from_bytes(next(iter(found.values())))

    def carried(self, identifier: str, facet: str, value: str) -> tuple[str, ...]:
        """Return the values of an article's facet that a spelling means, as filters take it.

        Args:
            identifier: the article's id, or the beginning of its id where that is enough to tell.
            facet: ``language``, ``study``, ``study_type`` or ``mechanism``.
            value: a key, a label or its beginning, a term in any language, a DOI.

        Raises:
            FilterError: there is no such value, or the article does not carry it.
            InputError: there is no such facet, no such article, or several.
        """
        if facet not in FACETS:
            raise InputError(f"no facet is called {quoted(facet)}; choose one of: {', '.join(FACETS)}")
        article = self.stored(identifier).article
        carried = article.facets.get(facet, ())
        meant = self._accepted(facet, value)
        if not meant.intersection(carried):
            has = f"it has: {', '.join(carried)}" if carried else "it has none"
            raise FilterError(f"{article.id} does not have the {facet.replace('_', ' ')} {quoted(value)}; {has}")
        return tuple(name for name in carried if name in meant)

    def why(self, identifier: str, facet: str, value: str) -> tuple[Snippet, ...]:
        """Return the passages for which an article carries a facet value, highlighted: the evidence.

        Whole sentences around each place, merged where they overlap: the title first, then the text, references
        and all. A kind of study that comes from a known study shows where that is cited. Where the source gave
        the facet, and for the language, one passage says how it came about (`Snippet.kind`).

        Args:
            identifier: the article's id, or the beginning of its id where that is enough to tell.
            facet: ``language``, ``study``, ``study_type`` or ``mechanism``.
            value: as filters take it; several values that it means are shown together.

        Raises:
            FilterError: there is no such value, or the article does not carry it.
            InputError: there is no such facet, no such article, or several.
        """
        from searchkit.evidence import evidence

        values = self.carried(identifier, facet, value)
        vocabularies = {"mechanism": self.vocabulary, "study_type": Vocabulary.builtin("study_types")}
        return evidence(self.stored(identifier), facet, values, vocabularies.get(facet), self.analyzer)

    def holds(self, term: str, language: str) -> bool:
        """Tell whether the words of a vocabulary's term stand side by side in an article of a language."""
        chain = chain_of(self.analyzer(language), term)
        if not chain:
            return False
        # A lone character at the end begins a bigram in running text.
        lone = chain[-1].text if is_character(chain[-1].text) else ""
        words = chain[:-1] if lone else chain
        for held in (field_name(kind, language) for kind in ("title", "body")):
            if not all(self._frequency(held, token.text) for token in words):
                continue
            parts: list[Query] = [Prefix(held, lone, max_length=2)] if lone else []
            if words:
                first = words[0].position
                parts.append(Phrase(held, tuple((token.position - first, token.text) for token in words)))
            if self.commit.search(Request(Bool(must=tuple(parts)), limit=0)).total:
                return True
        return False

    def ids(self) -> list[str]:
        """Return the ids of all articles, sorted."""
        return sorted(entry.id for entry in self.commit.entries())

    def info(self) -> IndexInfo:
        """Return what the index is and holds."""
        stats = self.commit.stats()
        counts = self.commit.search(Request(facets=("language",), limit=0)).facets["language"]
        return IndexInfo(
            path=str(self.path),
            format=FORMAT,
            version=self.settings.version,
            engine=self.settings.engine,
            articles=stats.documents,
            languages=dict(sorted(counts.items())),
            segments=stats.segments,
            bytes=stats.bytes,
            analyzers=dict(self.settings.analyzers),
            mechanisms=len(self.vocabulary.concepts),
        )

    def label(self, facet: str, value: str, language: str = "en") -> str:
        """Return what people call a facet value."""
        return self._names.label(facet, value, language)

    # Inside

    def analyzer(self, language: str) -> Analyzer:
        """Return the analyzer of a language that knows the vocabulary's words."""
        analyzer = self._analyzers.get(language)
        if analyzer is None:
            words = self.vocabulary.words_without_spaces()
            analyzer = self._analyzers[language] = analyzer_for(language, words)
        return analyzer

    def _known(self) -> StudyRegistry:
        return _known(self.settings)

    def check_analyzers(self) -> None:
        """Compare the analyzers with those that are installed.

        Raises:
            AnalyzerMismatchError: they are others.
        """
        for language, fingerprint in self.settings.analyzers.items():
            if self.analyzer(language).fingerprint != fingerprint:
                raise AnalyzerMismatchError(
                    f"{self.path} was made with another {language} analyzer than the one installed; "
                    f"run: searchkit rebuild --index {self.path}"
                )

    def _compile(
        self, text: str, filters: Filters = _UNFILTERED, *, expand: bool
    ) -> tuple[Query, tuple[str, ...]]:
        if not isinstance(text, str):
            raise InputError(f"a query is a text, not {type(text).__name__}")
        if not text.strip():
            return Everything(), ()
        parsed = parse(text)
        notes = []
        if parsed.truncated:
            notes.append(_TRUNCATED)
        if parsed.patterns_left_out:
            notes.append(f"only the first {MAX_PATTERNS} words with * or ~ were used")

        def resolve(name: str, value: str) -> Query:
            try:
                return filters.query(name, self._accepted(name, value))
            except FilterError as error:
                notes.append(str(error))
                return Bool()

        compiler = Compiler(
            languages=self._languages,
            analyzer=self.analyzer,
            frequency=self._frequency,
            vocabulary=self.vocabulary if expand else None,
            resolve=resolve,
            translator=self._translator() if expand else None,
            prepare=self._prepare,
        )
        tree = compiler.compile(parsed.root)
        return tree, tuple(dict.fromkeys(notes))[:MAX_NOTES]

    def _ranked(self, request: Request) -> tuple[Response, tuple[Term, ...]]:
        """Return the answer to a request, its hits ranked with feedback, and the terms that the feedback adds."""
        tree = request.query
        if not request.limit or request.sort != "relevance" or isinstance(tree, Everything):
            return self.commit.search(request), ()
        if request.offset or request.collapse:
            first = Request(tree, filters=request.filters, limit=2, stored=False)
            extra = feedback(self.commit.search(first).hits, self.commit, self._frequency)
            return self.commit.search(replace(request, query=preferring(tree, extra))), extra
        # The first two are on the page itself, which stays as it is where there is no clear best hit.
        response = self.commit.search(replace(request, limit=max(request.limit, 2)))
        hits = response.hits[: request.limit]
        if extra := feedback(response.hits[:2], self.commit, self._frequency):
            hits = self.commit.search(replace(request, query=preferring(tree, extra), facets=())).hits
        return replace(response, hits=hits), extra

    def _suggestion(self, query: str, filters: Filters, *, expand: bool) -> str | None:
        """Return the first corrected query that finds something."""
        for corrected in self._speller_now().corrections(query):
            tree, _ = self._compile(corrected, filters, expand=expand)
            if self.commit.search(Request(tree, filters=filters.for_engine(), limit=0)).total:
                return corrected
        return None

    def _speller_now(self) -> Speller:
        if self._speller is None:
            self._speller = Speller(self.commit, self._languages, self.analyzer, self.vocabulary)
        return self._speller

    @property
    def _languages(self) -> tuple[str, ...]:
        return tuple(sorted(self.settings.analyzers))

    def _filters(self, min_strength: float, **given: Filter) -> Filters:
        accepted = {}
        for name, values in given.items():
            if values:
                spellings = {values} if isinstance(values, str) else set(values)
                if len(spellings) > MAX_FILTER_VALUES:
                    raise InputError(f"{name} has {len(spellings):,} values; {MAX_FILTER_VALUES:,} is the most")
                accepted[name] = self._accepted(name, sorted(spellings))
        return Filters(accepted, min_strength)

    def _page(self, limit: int, offset: int, sort: Sort, *, collapse: bool) -> Request:
        """Return a request for a page of everything.

        Raises:
            InputError: limit or offset is negative or too large, or sort is not known.
        """
        _check_limit(limit)
        _check_limit(offset, "offset")
        if limit > MAX_HITS or offset > MAX_HITS - limit:
            raise InputError(
                f"limit and offset together must be at most {MAX_HITS:,}; narrow the search with filters, or take "
                f"the ids of all articles (ArticleIndex.ids)"
            )
        if sort not in _SORTS:
            raise InputError(f"cannot sort by {sort!r}; choose one of: {', '.join(_SORTS)}")
        return Request(limit=limit, offset=offset, sort=sort, collapse=collapse)

    def _results(self, response: Response, tree: Query, filters: Filters, offset: int) -> Results:
        counts = {
            name: self._counts(name, found, filters.values.get(name, frozenset()))
            for name, found in filters.counts(response.facets).items()
        }
        sought = Sought(tree)
        return Results(
            query="",
            total=response.total,
            hits=tuple(self._hit(found, sought) for found in response.hits),
            offset=offset,
            facets=MappingProxyType(counts),
        )

    def _explained(
        self,
        results: Results,
        tree: Query,
        words: Callable[[str], Mapping[str, str]],
        extra: tuple[Term, ...] = (),
    ) -> Results:
        """Return results with the score of each hit explained; see `searchkit.account.account`."""
        from searchkit.account import account

        explained = self.commit.explain(tree, [hit.id for hit in results])

        def told(hit: Hit) -> Hit:
            found = explained.get(hit.id)  # not there any more if another process has just removed it
            return (
                replace(hit, explanation=account(found, words(hit.language), self.label, extra)) if found else hit
            )

        return replace(results, hits=tuple(map(told, results)))

    def _frequency(self, field: str, text: str) -> int:
        held = self._frequencies
        frequency = held.get((field, text))
        if frequency is None:
            frequency = self.commit.document_frequency(field, text)
            if len(held) >= _MOST_FREQUENCIES:
                held.clear()
            held[field, text] = frequency
        return frequency

    @property
    def _prepare(self) -> Callable[[Iterable[str]], None] | None:
        return self.commit.prepare if isinstance(self.commit, Distant) else None

    def _translator(self) -> Translator:
        if self._translates is None:
            self._translates = Translator(
                languages=self._languages,
                analyzer=self.analyzer,
                frequency=self._frequency,
                terms=self.commit.terms,
                names=Names(self.commit.terms),
                prepare=self._prepare,
            )
        return self._translates

    def _hit(self, found: EngineHit, sought: Sought) -> Hit:
        stored = StoredArticle.from_bytes(found.stored)
        article = stored.article
        body = sought.find(stored, "body")
        title = sought.find(stored, "title")
        named = {match.leaf for match in body} & set(article.facets.get("mechanism", ()))
        others = self.commit.get(found.others) if found.others else {}
        versions = (StoredArticle.from_bytes(others[name]).article for name in found.others if name in others)
        return Hit(
            article=article,
            score=found.score,
            snippet=best_snippet(article.text, body, article.sections),
            title_highlights=merge(
                whole_graphemes(article.title, [(match.start, match.end) for match in title]), article.title
            ),
            mechanisms=tuple(sorted(named)),
            also=tuple(Version(version.id, version.language, version.title) for version in versions),
            translations=sought.translations(stored),
        )

    def _counts(self, name: str, counts: Mapping[str, int], chosen: frozenset[str]) -> tuple[FacetCount, ...]:
        found = []
        # A chosen value stays to be seen, and unchosen, where nothing is left of it.
        for value in {*counts, *chosen}:
            label, parent = self._names.called(name, value)
            found.append(FacetCount(value, label, counts.get(value, 0), value in chosen, parent))
        return tuple(sorted(found, key=lambda count: (-count.count, count.label, count.value)))

    def _accepted(self, name: str, spellings: str | Iterable[str]) -> frozenset[str]:
        """Return the facet values that a person's spellings mean."""
        known = self.commit.search(Request(facets=(name,), limit=0)).facets[name]
        return self._names.accepted(name, spellings, known)


def _check_limit(limit: object, name: str = "limit") -> None:
    if not isinstance(limit, int) or limit < 0:
        raise InputError(f"{name} must be a whole number, 0 or more, not {limit!r}")


def _narrowed(page: Request, query: Query, filters: Filters, *, facets: bool) -> Request:
    """Return the request for a page of what a query and filters leave."""
    counted = filters.counted() if facets else ()
    return replace(page, query=query, filters=filters.for_engine(), facets=counted)


P = ParamSpec("P")
R = TypeVar("R")


def _of_last_commit(
    method: Callable[Concatenate[ArticleSnapshot, P], R],
) -> Callable[Concatenate[ArticleIndex, P], R]:
    """Return a method of an index that puts a question to its last commit."""

    @wraps(method)
    def asked(self: ArticleIndex, /, *args: P.args, **given: P.kwargs) -> R:
        return method(self.snapshot(), *args, **given)

    return asked


@damage_told
class ArticleIndex:
    """An index of articles in a folder or a cluster. Made by `create`, `open` or `searchkit.open`.

    Each question is answered from one commit, the last one at that time, also that of another process: so whoever
    has the index open sees what was written at the next question, and never a part of it. What must be answered
    from the same commit, such as the pages of a list, is put to a `snapshot`.

    One object can be shared by threads, and used after a fork. One writer at a time changes an index; it stops
    nobody from reading, and readers do not stop it.
    """

    def __init__(self, home: Home, current: Settings, stamp: Stamp) -> None:
        self._home = home
        # Held while the last snapshot is replaced.
        self._lock = threading.Lock()
        self._engine = engine_class(current.engine).open(home.engine(current.engine))
        self._opened = current.engine
        self._last: ArticleSnapshot | None = ArticleSnapshot(self.path, current, stamp, self._engine.snapshot())

    # Opening

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        engine: str | None = None,
        vocabulary: Vocabulary | None = None,
        studies: StudyRegistry | None = None,
        **options: int,
    ) -> Self:
        """Make an empty index.

        Args:
            path: the folder, made if it is missing; it must be empty or not exist. Or an address in a cluster,
                ``https://host:9200/articles``.
            engine: a name of `searchkit.index.ENGINES`; None for ``whoosh`` in a folder, and ``opensearch`` in a
                cluster.
            vocabulary: mechanisms to look for, instead of those that ship with searchkit.
            studies: studies to know besides those that ship with searchkit.
            options: ``shards`` and ``replicas`` of an index in a cluster.

        Raises:
            InputError: there is an index or something else, or it cannot be made.
            IndexLockedError: another process is making an index there and does not finish.
            IndexUnavailableError: the cluster does not answer, or refuses.
        """
        home = home_of(path)
        engine = engine or home.default_engine
        current = Settings(engine, vocabulary or Vocabulary.builtin(), studies=studies or StudyRegistry())
        with home.making(engine, options):
            current.write(home)
        stamp = home.stamp()
        return cls(home, Settings.read(home), stamp)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, check: bool = True) -> Self:
        """Open an index.

        Args:
            path: its folder, or its address in a cluster.
            check: compare the analyzers; only `rebuild` does without.

        Raises:
            IndexNotFoundError: there is none at ``path``.
            IndexFormatError: another version wrote it, or it is damaged.
            AnalyzerMismatchError: its tokens are not those of the analyzers installed now.
            IndexUnavailableError: the cluster does not answer, or refuses.
        """
        home = home_of(path)
        while True:
            stamp = home.stamp()  # before reading: if they are written in between, they are read again
            current = Settings.read(home)
            try:
                index = cls(home, current, stamp)
                break
            except IndexFormatError:
                if home.stamp() == stamp:
                    raise
                # Another process has just moved it to another engine.
        if check:
            index._now().check_analyzers()
        return index

    @staticmethod
    def exists(path: str | os.PathLike[str]) -> bool:
        """Tell whether there is an index in a folder, or at an address."""
        home = home_of(path)
        try:
            return home.exists()
        finally:
            home.close()

    def close(self) -> None:
        """Let go of files; what is asked of the index afterwards is an error. Snapshots keep their files."""
        with self._lock:
            self._last = None
        self._engine.close()
        self._home.close()

    def __enter__(self) -> Self:
        """Return the index."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the index."""
        self.close()

    @property
    def path(self) -> Path | str:
        """Its folder, or its address in a cluster."""
        return self._home.location

    @property
    def engine(self) -> str:
        """The name of its engine."""
        return self._now().engine

    @property
    def vocabulary(self) -> Vocabulary:
        """The mechanisms that it looks for."""
        return self._now().vocabulary

    @property
    def known_studies(self) -> StudyRegistry:
        """The studies that were given to be known besides those that ship with searchkit."""
        return self._now().known_studies

    # Searching

    def snapshot(self) -> ArticleSnapshot:
        """Return the index as of its last commit; the same object until another commit follows.

        Raises:
            IndexStateError: the index is closed or gone, or was changed to what cannot be read here.
        """
        last = self._now()
        if self._home.stamp() == last.stamp:
            engine = self._engine
            with suppress(IndexFormatError):  # another process may be moving it to another engine
                if engine.snapshot() is last.commit:
                    return last
        with self._lock:
            return self._refreshed()

    search = _of_last_commit(ArticleSnapshot.search)
    like = _of_last_commit(ArticleSnapshot.like)
    rank = _of_last_commit(ArticleSnapshot.rank)
    facets = _of_last_commit(ArticleSnapshot.facets)
    unmatched = _of_last_commit(ArticleSnapshot.unmatched)
    studies = _of_last_commit(ArticleSnapshot.studies)
    complete = _of_last_commit(ArticleSnapshot.complete)
    get = _of_last_commit(ArticleSnapshot.get)
    stored = _of_last_commit(ArticleSnapshot.stored)
    carried = _of_last_commit(ArticleSnapshot.carried)
    why = _of_last_commit(ArticleSnapshot.why)
    holds = _of_last_commit(ArticleSnapshot.holds)
    ids = _of_last_commit(ArticleSnapshot.ids)
    info = _of_last_commit(ArticleSnapshot.info)
    label = _of_last_commit(ArticleSnapshot.label)

    # Changing

    def update(
        self,
        drafts: Iterable[Draft | Problem],
        *,
        prune: Sequence[str | os.PathLike[str]] = (),
        sources: Iterable[str | os.PathLike[str]] = (),
        wait: float = 10.0,
        jobs: int = 1,
        progress: Callable[[Draft], None] | None = None,
    ) -> Changes:
        """Add articles, replace those that changed, leave alone those that did not.

        Args:
            drafts: what `searchkit.readers.read` yields. Problems are passed on in the result.
            prune: files and folders; articles that came from there and are not among ``drafts`` are removed.
            sources: files and folders that ``drafts`` come from, to be read again should the index be damaged.
            wait: seconds to wait for another writer.
            jobs: processes to analyze articles on, once there are many. With more than 1 a script needs
                ``if __name__ == "__main__":``, as `multiprocessing` tells.
            progress: called after each article.

        All changes show at once, at the end; an error before leaves the index as it was. Then follow articles
        whose studies go by a better key since another article gave it.

        Raises:
            IndexLockedError: another process is writing.
        """
        from searchkit.batch import Batch

        with self._writing(wait) as writer:
            now = self.snapshot()
            batch = Batch(now.commit, writer, deriver_of(now.settings), now.settings.copy(), jobs)
            changes = batch.update(drafts, prune, progress)
            if changes.any:
                batch.settings.add_sources(str(Path(source).resolve()) for source in sources)
                # The labels are written first: those of articles that are not there yet do no harm.
                self._save(batch.settings)
                writer.commit()
            # Also what a process that was killed before this has left undone.
            self._tie(writer)
        return changes

    def rebuild(
        self,
        *,
        vocabulary: Vocabulary | None = None,
        studies: StudyRegistry | None = None,
        wait: float = 10.0,
        jobs: int = 1,
    ) -> int:
        """Analyze all articles again, from the texts that the index keeps; return their number.

        Args:
            vocabulary: a new vocabulary of mechanisms; None keeps the index's own.
            studies: studies to know besides those that ship with searchkit; None keeps the index's own.
            wait: seconds to wait for another writer.
            jobs: see `update`.
        """
        from searchkit.batch import Batch

        with self._writing(wait) as writer:
            old = Settings.read(self._home)
            new = Settings(
                old.engine,
                vocabulary or old.vocabulary,
                studies=old.studies if studies is None else studies,
                sources=old.sources,
            )
            number = Batch(self._engine.snapshot(), writer, deriver_of(new), new, jobs).rebuild()
            # After the commit: if it is cut short between the two, the old fingerprints ask for another rebuild.
            writer.commit()
            self._save(new)
            self._tie(writer)
        return number

    def convert(self, engine: str, *, wait: float = 10.0, progress: Callable[[int], None] | None = None) -> int:
        """Move the index to another engine, and return the number of its articles.

        The articles' files are not read, nor is anything analyzed again. Who has the index open goes on with the
        new engine; killed before the end, the index is what it was.

        Args:
            engine: a name of `searchkit.index.ENGINES`.
            wait: seconds to wait for another writer.
            progress: called after each article with the number of those to come.

        Raises:
            InputError: there is no such engine, or the index has it already.
            MissingExtraError: its library is not installed.
            IndexLockedError: another process is writing.
        """
        from searchkit.convert import documents

        kind = engine_class(engine)
        with self._writing(wait):
            now = self.snapshot()
            if engine == now.engine:
                raise InputError(f"{self.path} has the engine {engine!r} already")
            left = count = now.commit.stats().documents
            new = kind.create(self._home.engine(engine))
            with new.writer(wait) as writer:
                for document in documents(now.commit, now.analyzer):
                    writer.add(document)
                    left -= 1
                    if progress:
                        progress(left)
                writer.commit()
            current = now.settings.copy()
            current.engine = engine
            current.write(self._home)
            with self._lock:
                old, self._engine, self._opened = self._engine, new, engine
        old.close()
        with self._writing(wait):
            """Nothing but clear away what the old engine left."""
        return count

    def fill(self, load: Callable[[SharedWriter, Settings, Deriver], Changes], *, wait: float = 10.0) -> Changes:
        """Let others put articles into the index, which has none; all show at once, at the end.

        Args:
            load: gets the writer, to share its batch, the settings, to add to them, and what finds facets.
            wait: seconds to wait for another writer.

        Raises:
            InputError: there are articles, or the engine takes them from one process only.
            IndexLockedError: another process is writing.
        """
        from searchkit.index.loading import Loadable

        with self._writing(wait) as writer:
            now = self.snapshot()
            if not isinstance(self._engine, Loadable):
                raise InputError(
                    f"{self.path}: the engine {now.engine!r} is filled by one process: searchkit index --jobs N"
                )
            if now.commit.stats().documents:
                raise InputError(f"{self.path} has articles already; add others with: searchkit index")
            current = now.settings.copy()
            changes = load(cast("SharedWriter", writer), current, deriver_of(current))
            self._save(current)
            writer.commit()
        return changes

    # Inside

    @contextmanager
    def _writing(self, wait: float) -> Iterator[Writer]:
        """Yield the one writer, of the engine that the index has by then."""
        self._home.guard()
        self._now()
        while True:
            engine = self._engine
            try:
                writer = engine.writer(wait)
            except (OSError, IndexFormatError) as error:
                # Its files are gone if another process has moved the index to another engine meanwhile.
                self._follow()
                if self._engine is not engine:
                    continue
                if isinstance(error, OSError):
                    raise failed(self.path, error) from error
                raise
            try:
                with writer:
                    self._follow()
                    if self._engine is engine:
                        self._home.tidy(self._opened)
                        yield writer
                        return
            except OSError as error:
                raise failed(self.path, error) from error

    def _follow(self) -> None:
        """Open the engine that the index has now."""
        with self._lock:
            if self._home.stamp() != self._now().stamp:
                self._open_engine(Settings.read(self._home).engine)

    def _open_engine(self, name: str) -> None:
        if name != self._opened:
            self._engine, self._opened = engine_class(name).open(self._home.engine(name)), name

    def _tie(self, writer: Writer) -> None:
        """Derive articles anew whose studies have a better key that their index has learned since."""
        from searchkit.batch import Batch

        now = self.snapshot()
        batch = Batch(now.commit, writer, deriver_of(now.settings), now.settings.copy())
        if batch.tie():
            writer.commit()
            self._save(batch.settings)

    def _now(self) -> ArticleSnapshot:
        """Return what was last seen of the index.

        Raises:
            IndexStateError: it is closed.
        """
        last = self._last
        if last is None:
            raise IndexStateError(f"the index {self.path} was closed; open it again with searchkit.open")
        return last

    def _refreshed(self) -> ArticleSnapshot:
        """Take over what was changed: articles, a new language, another vocabulary, another engine."""
        last = self._now()
        for left in reversed(range(_REFRESH_TRIES)):
            stamp = self._home.stamp()
            current = last.settings if stamp == last.stamp else Settings.read(self._home)
            try:
                self._open_engine(current.engine)
                commit = self._engine.snapshot()
            except IndexFormatError:
                if self._home.stamp() == stamp or not left:
                    raise
                continue  # moved to another engine meanwhile
            if self._home.stamp() == stamp:
                break  # the settings are those of the commit
        if current is not last.settings and current.vocabulary == last.vocabulary:
            current.vocabulary = last.vocabulary  # its terms are compiled already
        now = ArticleSnapshot(self.path, current, stamp, commit)
        if current is not last.settings:
            now.check_analyzers()
        self._last = now
        return now

    def _save(self, current: Settings) -> None:
        """Write settings, those of the last commit or of the next."""
        current.write(self._home)
        with self._lock:
            self._last = ArticleSnapshot(self.path, current, self._home.stamp(), self._engine.snapshot())


def deriver_of(current: Settings) -> Deriver:
    """Return what finds facets with the vocabulary and the studies of an index."""
    from searchkit.derive import Deriver

    return Deriver(current.vocabulary, Vocabulary.builtin("study_types"), _known(current))


def _known(current: Settings) -> StudyRegistry:
    builtin = StudyRegistry.builtin()
    return builtin.extended(current.studies) if current.studies.studies else builtin
