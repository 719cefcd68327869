"""An index of articles: adding, searching, counting. Everything that people and commands do goes through here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Final, Self

from searchkit import settings
from searchkit.analyzers import Analyzer, analyzer_for
from searchkit.article import FACETS, Article
from searchkit.compile import Compiler
from searchkit.damage import damage_told, failed
from searchkit.errors import AnalyzerMismatchError, FilterError, IndexFormatError, InputError
from searchkit.facets import FacetNames
from searchkit.feedback import feedback, preferring
from searchkit.filters import Filter, Filters
from searchkit.index import (
    DEFAULT_ENGINE,
    ENGINES,
    EngineHit,
    Request,
    Response,
    Sort,
    Writer,
    engine_class,
    files,
)
from searchkit.index.query import Bool, Everything, Phrase, Prefix, Query, Term, field_name
from searchkit.matches import Sought
from searchkit.query import parse
from searchkit.results import Candidate, Completion, FacetCount, Hit, Results, Snippet, Version
from searchkit.settings import FORMAT, Settings, Stamp
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
    from searchkit.readers import Draft, Problem

_SORTS: Final = ("relevance", "date")
_MOST_FREQUENCIES: Final = 100_000
_UNFILTERED: Final = Filters()


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What an index is.

    Attributes:
        path: its folder.
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
class ArticleIndex:
    """An index of articles in a folder. Made by `create`, `open` or `searchkit.open`.

    One object can be shared by threads. Searches see the last commit, also that of another process.
    """

    def __init__(self, path: Path, current: Settings, stamp: Stamp) -> None:
        self.path = path
        self._settings = current
        self._take(current, stamp)
        self._engine = engine_class(current.engine).open(path / current.engine)
        self._opened = current.engine

    # Opening

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        engine: str = DEFAULT_ENGINE,
        vocabulary: Vocabulary | None = None,
        studies: StudyRegistry | None = None,
    ) -> Self:
        """Make an empty index.

        Args:
            path: the folder, made if it is missing; it must be empty or not exist.
            engine: a name of `searchkit.index.ENGINES`.
            vocabulary: mechanisms to look for, instead of those that ship with searchkit.
            studies: studies to know besides those that ship with searchkit.

        Raises:
            InputError: the folder holds something else, or cannot be made.
        """
        folder = Path(path)
        kind = engine_class(engine)
        try:
            if folder.exists() and not folder.is_dir():
                raise InputError(f"{folder} is a file; name a folder for the index")
            folder.mkdir(parents=True, exist_ok=True)
            _clear(folder)
            if any(folder.iterdir()):
                raise InputError(f"{folder} is not empty and holds no index; name another folder with --index")
            kind.create(folder / engine).close()
            current = Settings(engine, vocabulary or Vocabulary.builtin(), studies=studies or StudyRegistry())
            current.write(folder)
        except OSError as error:
            raise InputError(f"{folder}: cannot make an index there ({error.strerror or error})") from error
        return cls(folder, current, settings.stamp(folder))

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, check: bool = True) -> Self:
        """Open an index.

        Args:
            path: its folder.
            check: compare the analyzers; only `rebuild` does without.

        Raises:
            IndexNotFoundError: there is none at ``path``.
            IndexFormatError: another version wrote it, or it is damaged.
            AnalyzerMismatchError: its tokens are not those of the analyzers installed now.
        """
        folder = Path(path)
        stamp = settings.stamp(folder)  # before reading: if they are written in between, they are read again
        index = cls(folder, Settings.read(folder), stamp)
        if check:
            index._check_analyzers()
        return index

    @staticmethod
    def exists(path: str | os.PathLike[str]) -> bool:
        """Tell whether there is an index in a folder."""
        return settings.exists(Path(path))

    def close(self) -> None:
        """Let go of files."""
        self._engine.close()

    def __enter__(self) -> Self:
        """Return the index."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the index."""
        self.close()

    @property
    def engine(self) -> str:
        """The name of its engine."""
        return self._settings.engine

    @property
    def vocabulary(self) -> Vocabulary:
        """The mechanisms that it looks for."""
        return self._settings.vocabulary

    @property
    def known_studies(self) -> StudyRegistry:
        """The studies that were given to be known besides those that ship with searchkit."""
        return self._settings.studies

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
            offset: number of hits to pass over.
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
        self._refresh()
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
                results, preferring(tree, extra), lambda code: words_of(query, self._analyzer(code)), extra
            )
        suggestion = self._suggestion(query, filters, expand=expand) if limit else None
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

        self._refresh()
        page = self._page(limit, offset, sort, collapse=collapse)
        filters = self._filters(
            min_strength, language=language, study=study, study_type=study_type, mechanism=mechanism
        )
        stored = self.stored(identifier)
        alike = likeness(stored, self._engine, self._analyzer(stored.article.language))
        tree = alike.query
        response = self._engine.search(_narrowed(page, tree, filters, facets=facets))
        results = self._results(response, tree, filters, offset)
        hits = zip(results.hits, response.hits, strict=True)
        shared = [replace(hit, shared=alike.shared(StoredArticle.from_bytes(found.stored))) for hit, found in hits]
        results = replace(results, hits=tuple(shared), like=stored.article.id)
        return self._explained(results, tree, lambda _: alike.words) if explain else results

    def rank(self, query: str, limit: int = 100, *, expand: bool = True) -> list[tuple[str, float]]:
        """Return the ids and scores that `search` would find, best first, without reading articles or counting."""
        self._refresh()
        tree, _ = self._compile(query, expand=expand)
        response, _ = self._ranked(Request(tree, limit=limit, stored=False))
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

        self._refresh()
        if limit < 0:
            raise InputError(f"limit must be 0 or more, not {limit}")
        filters = self._filters(
            min_strength, language=language, study=study, study_type=study_type, mechanism=mechanism
        )
        tree, _ = self._compile(query, filters, expand=expand)
        finder = Finder(self._engine, self._analyzer, (self.vocabulary, Vocabulary.builtin("study_types")))
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

        self._refresh()
        filters = self._filters(
            min_strength, language=language, study=study, study_type=study_type, mechanism=mechanism
        )
        tree, _ = self._compile(query, filters, expand=expand)
        everything = max(self._engine.stats().documents, 1)
        request = Request(tree, filters=filters.for_engine(), limit=everything, stored=False)
        hits = self._engine.search(request).hits
        blocks = (block for hit in hits for block in self._engine.get([hit.id]).values())
        found = cited_studies(map(StoredArticle.from_bytes, blocks), self._settings.study_labels, self._known())
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

        self._refresh()
        if limit < 0:
            raise InputError(f"limit must be 0 or more, not {limit}")
        completer = Completer(self._engine, self._languages, self._analyzer, self.vocabulary)
        return tuple(completer.complete(text, limit))[:limit]

    def get(self, identifier: str) -> Article:
        """Return an article by its id, or by the beginning of its id where that is enough to tell.

        Raises:
            InputError: there is no such article, or several.
        """
        return self.stored(identifier).article

    def stored(self, identifier: str) -> StoredArticle:
        """Return an article with its evidence; see `get`."""
        self._refresh()
        found = self._engine.get([identifier])
        if not found:
            ids = sorted(entry.id for entry in self._engine.entries() if entry.id.startswith(identifier))
            if not identifier or not ids:
                raise InputError(f"no article has the id {identifier!r}; 'searchkit search' shows ids")
            if len(ids) > 1:
                some = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
                raise InputError(f"{len(ids)} articles have ids that begin with {identifier!r}: {some}")
            found = self._engine.get(ids)
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
            raise InputError(f"no facet is called {facet!r}; choose one of: {', '.join(FACETS)}")
        article = self.stored(identifier).article
        carried = article.facets.get(facet, ())
        meant = self._accepted(facet, value)
        if not meant.intersection(carried):
            has = f"it has: {', '.join(carried)}" if carried else "it has none"
            raise FilterError(f"{article.id} does not have the {facet.replace('_', ' ')} {value!r}; {has}")
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
        return evidence(self.stored(identifier), facet, values, vocabularies.get(facet), self._analyzer)

    def holds(self, term: str, language: str) -> bool:
        """Tell whether the words of a vocabulary's term stand side by side in an article of a language."""
        chain = chain_of(self._analyzer(language), term)
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
            if self._engine.search(Request(Bool(must=tuple(parts)), limit=0)).total:
                return True
        return False

    def ids(self) -> list[str]:
        """Return the ids of all articles, sorted."""
        return sorted(entry.id for entry in self._engine.entries())

    def info(self) -> IndexInfo:
        """Return what the index is and holds."""
        self._refresh()
        stats = self._engine.stats()
        counts = self._engine.search(Request(facets=("language",), limit=0)).facets["language"]
        return IndexInfo(
            path=str(self.path),
            format=FORMAT,
            version=self._settings.version,
            engine=self._settings.engine,
            articles=stats.documents,
            languages=dict(sorted(counts.items())),
            segments=stats.segments,
            bytes=stats.bytes,
            analyzers=dict(self._settings.analyzers),
            mechanisms=len(self.vocabulary.concepts),
        )

    def label(self, facet: str, value: str, language: str = "en") -> str:
        """Return what people call a facet value."""
        return self._names.label(facet, value, language)

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
            self._refresh()
            batch = Batch(self._engine, writer, deriver_of(self._settings), self._settings.copy(), jobs)
            changes = batch.update(drafts, prune, progress)
            if changes.any:
                batch.settings.add_sources(str(Path(source).resolve()) for source in sources)
                # The labels are written first: those of articles that are not there yet do no harm.
                self._save(batch.settings)
                writer.commit()
                # Whoever read them before the commit has kept what the index said before it.
                settings.touch(self.path)
                self._take(batch.settings, settings.stamp(self.path))
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
            old = Settings.read(self.path)
            new = Settings(
                old.engine,
                vocabulary or old.vocabulary,
                studies=old.studies if studies is None else studies,
                sources=old.sources,
            )
            number = Batch(self._engine, writer, deriver_of(new), new, jobs).rebuild()
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
            self._refresh()
            if engine == self.engine:
                raise InputError(f"{self.path} has the engine {engine!r} already")
            left = count = self._engine.stats().documents
            new = kind.create(self.path / engine)
            with new.writer(wait) as writer:
                for document in documents(self._engine, self._analyzer):
                    writer.add(document)
                    left -= 1
                    if progress:
                        progress(left)
                writer.commit()
            current = self._settings.copy()
            current.engine = engine
            self._save(current)
            old, self._engine, self._opened = self._engine, new, engine
        old.close()
        with self._writing(wait):
            """Nothing but clear away what the old engine left."""
        return count

    # Inside

    @contextmanager
    def _writing(self, wait: float) -> Iterator[Writer]:
        """Yield the one writer, of the engine that the index has by then."""
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
                        # Of processes that were killed.
                        settings.clean(self.path)
                        for name in ENGINES.keys() - {self._opened}:
                            # Of a move to another engine, done or cut short.
                            files.remove_folder(self.path / name)
                        yield writer
                        return
            except OSError as error:
                raise failed(self.path, error) from error

    def _follow(self) -> None:
        """Open the engine that the index has now."""
        if settings.stamp(self.path) != self._stamp:
            engine = Settings.read(self.path).engine
            if engine != self._opened:
                self._engine, self._opened = engine_class(engine).open(self.path / engine), engine

    def _tie(self, writer: Writer) -> None:
        """Derive articles anew whose studies have a better key that their index has learned since."""
        from searchkit.batch import Batch

        batch = Batch(self._engine, writer, deriver_of(self._settings), self._settings.copy())
        if batch.tie():
            writer.commit()
            self._save(batch.settings)

    def _take(self, current: Settings, stamp: Stamp) -> None:
        """Work with these settings from now on."""
        if self._settings.vocabulary == current.vocabulary:
            # Its terms are compiled already.
            current.vocabulary = self._settings.vocabulary
        self._settings = current
        self._stamp = stamp
        self._analyzers: dict[str, Analyzer] = {}
        self._speller: Speller | None = None
        self._names = FacetNames(self.vocabulary, current.study_labels, self._known)
        # What is kept of the index's words; the settings are written with each commit, and so it starts anew.
        self._sounds: Names | None = None
        self._frequencies: dict[tuple[str, str], int] = {}

    def _refresh(self) -> None:
        """Take over what another process changed: a new language, another vocabulary, another engine."""
        stamp = settings.stamp(self.path)
        if stamp != self._stamp:
            self._follow()
            self._take(Settings.read(self.path), stamp)
            self._check_analyzers()

    def _save(self, current: Settings) -> None:
        current.write(self.path)
        self._take(current, settings.stamp(self.path))

    def _analyzer(self, language: str) -> Analyzer:
        """Return the analyzer of a language that knows the vocabulary's words."""
        analyzer = self._analyzers.get(language)
        if analyzer is None:
            words = self.vocabulary.words_without_spaces()
            analyzer = self._analyzers[language] = analyzer_for(language, words)
        return analyzer

    def _known(self) -> StudyRegistry:
        return _known(self._settings)

    def _check_analyzers(self) -> None:
        for language, fingerprint in self._settings.analyzers.items():
            if self._analyzer(language).fingerprint != fingerprint:
                raise AnalyzerMismatchError(
                    f"{self.path} was made with another {language} analyzer than the one installed; "
                    f"run: searchkit rebuild --index {self.path}"
                )

    def _compile(
        self, text: str, filters: Filters = _UNFILTERED, *, expand: bool
    ) -> tuple[Query, tuple[str, ...]]:
        parsed = parse(text)
        if not text.strip():
            return Everything(), ()
        notes = []
        if parsed.truncated:
            notes.append("the query is very long: only its first 1,024 words or 8,000 characters were used")

        def resolve(name: str, value: str) -> Query:
            try:
                return filters.query(name, self._accepted(name, value))
            except FilterError as error:
                notes.append(str(error))
                return Bool()

        compiler = Compiler(
            languages=self._languages,
            analyzer=self._analyzer,
            frequency=self._frequency,
            vocabulary=self.vocabulary if expand else None,
            resolve=resolve,
            translator=self._translator() if expand else None,
        )
        return compiler.compile(parsed.root), tuple(dict.fromkeys(notes))

    def _ranked(self, request: Request) -> tuple[Response, tuple[Term, ...]]:
        """Return the answer to a request, its hits ranked with feedback, and the terms that the feedback adds."""
        tree = request.query
        if not request.limit or request.sort != "relevance" or isinstance(tree, Everything):
            return self._engine.search(request), ()
        if request.offset or request.collapse:
            first = Request(tree, filters=request.filters, limit=2, stored=False)
            extra = feedback(self._engine.search(first).hits, self._engine, self._frequency)
            return self._engine.search(replace(request, query=preferring(tree, extra))), extra
        # The first two are on the page itself, which stays as it is where there is no clear best hit.
        response = self._engine.search(replace(request, limit=max(request.limit, 2)))
        hits = response.hits[: request.limit]
        if extra := feedback(response.hits[:2], self._engine, self._frequency):
            hits = self._engine.search(replace(request, query=preferring(tree, extra), facets=())).hits
        return replace(response, hits=hits), extra

    def _suggestion(self, query: str, filters: Filters, *, expand: bool) -> str | None:
        """Return the first corrected query that finds something."""
        for corrected in self._speller_now().corrections(query):
            tree, _ = self._compile(corrected, filters, expand=expand)
            if self._engine.search(Request(tree, filters=filters.for_engine(), limit=0)).total:
                return corrected
        return None

    def _speller_now(self) -> Speller:
        if self._speller is None:
            self._speller = Speller(self._engine, self._languages, self._analyzer, self.vocabulary)
        return self._speller

    @property
    def _languages(self) -> tuple[str, ...]:
        return tuple(sorted(self._settings.analyzers))

    def _filters(self, min_strength: float, **given: Filter) -> Filters:
        accepted = {name: self._accepted(name, values) for name, values in given.items() if values}
        return Filters(accepted, min_strength)

    def _page(self, limit: int, offset: int, sort: Sort, *, collapse: bool) -> Request:
        """Return a request for a page of everything.

        Raises:
            InputError: limit or offset is negative, or sort is not known.
        """
        if limit < 0 or offset < 0:
            raise InputError(f"limit and offset must be 0 or more, not {min(limit, offset)}")
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

        explained = self._engine.explain(tree, [hit.id for hit in results])

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
            frequency = self._engine.document_frequency(field, text)
            if len(held) >= _MOST_FREQUENCIES:
                held.clear()
            if frequency:
                # What is not there may have come since: a process that was killed has committed and not said so.
                held[field, text] = frequency
        return frequency

    def _translator(self) -> Translator:
        if self._sounds is None:
            self._sounds = Names(self._engine.terms)
        return Translator(
            languages=tuple(sorted(self._settings.analyzers)),
            analyzer=self._analyzer,
            frequency=self._frequency,
            terms=self._engine.terms,
            names=self._sounds,
        )

    def _hit(self, found: EngineHit, sought: Sought) -> Hit:
        stored = StoredArticle.from_bytes(found.stored)
        article = stored.article
        body = sought.find(stored, "body")
        title = sought.find(stored, "title")
        named = {match.leaf for match in body} & set(article.facets.get("mechanism", ()))
        others = self._engine.get(found.others) if found.others else {}
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
        # A chosen value stays to be seen, and unchosen, where nothing is left of it.
        found = [
            FacetCount(
                value,
                self._names.label(name, value),
                counts.get(value, 0),
                value in chosen,
                self._names.parent(name, value),
            )
            for value in {*counts, *chosen}
        ]
        return tuple(sorted(found, key=lambda count: (-count.count, count.label, count.value)))

    def _accepted(self, name: str, spellings: str | Iterable[str]) -> frozenset[str]:
        """Return the facet values that a person's spellings mean."""
        known = self._engine.search(Request(facets=(name,), limit=0)).facets[name]
        return self._names.accepted(name, spellings, known)


def _clear(folder: Path) -> None:
    """Remove what a process left that was killed while it made or removed an empty index.

    Raises:
        IndexFormatError: there are documents; only the settings are gone.
    """
    for name in ENGINES:
        place = folder / name
        if place.is_dir():
            if next(engine_class(name).salvage(place), None) is not None:
                raise IndexFormatError(
                    f"{folder / settings.FILE} is missing; run: searchkit rebuild --index {folder}"
                )
            files.remove_folder(place)
    settings.clean(folder)


def _narrowed(page: Request, query: Query, filters: Filters, *, facets: bool) -> Request:
    """Return the request for a page of what a query and filters leave."""
    counted = filters.counted() if facets else ()
    return replace(page, query=query, filters=filters.for_engine(), facets=counted)


def deriver_of(current: Settings) -> Deriver:
    """Return what finds facets with the vocabulary and the studies of an index."""
    from searchkit.derive import Deriver

    return Deriver(current.vocabulary, Vocabulary.builtin("study_types"), _known(current))


def _known(current: Settings) -> StudyRegistry:
    builtin = StudyRegistry.builtin()
    return builtin.extended(current.studies) if current.studies.studies else builtin
