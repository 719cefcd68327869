"""An index of articles: adding, searching, counting. Everything that people and commands do goes through here."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

from searchkit import settings
from searchkit.article import FACETS, Article
from searchkit.compile import Compiler
from searchkit.derive import Derived, Deriver, digest_of, make_id
from searchkit.errors import AnalyzerMismatchError, FilterError, InputError
from searchkit.facets import FacetNames
from searchkit.index import DEFAULT_ENGINE, EngineHit, Entry, Request, Sort, Writer, engine_class
from searchkit.index.query import Everything, Query
from searchkit.query import parse
from searchkit.readers import Draft, Problem
from searchkit.readers.draft import STDIN
from searchkit.results import FacetCount, Hit, Results
from searchkit.settings import FORMAT, Settings, Stamp
from searchkit.snippets import best_snippet, find_matches, find_translations, merge
from searchkit.stored import StoredArticle
from searchkit.studies import StudyRegistry
from searchkit.translate import Translator
from searchkit.transliteration import Names
from searchkit.vocabulary import Vocabulary

_SORTS: Final = ("relevance", "date")
_MOST_FREQUENCIES: Final = 100_000

Filter = str | Iterable[str] | None


@dataclass(slots=True)
class Changes:
    """What an update did.

    Attributes:
        problems: one line for each thing that was skipped.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether the index is not what it was."""
        return bool(self.added or self.changed or self.removed)


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


class ArticleIndex:
    """An index of articles in a folder. Made by `create`, `open` or `searchkit.open`.

    One object can be shared by threads. Searches see the last commit, also that of another process.
    """

    def __init__(self, path: Path, current: Settings, stamp: Stamp) -> None:
        self.path = path
        self._deriver = _deriver(current.vocabulary)
        self._take(current, stamp)
        self._engine = engine_class(current.engine).open(path / current.engine)

    # Opening

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        engine: str = DEFAULT_ENGINE,
        vocabulary: Vocabulary | None = None,
    ) -> Self:
        """Make an empty index.

        Args:
            path: the folder, made if it is missing; it must be empty or not exist.
            engine: a name of `searchkit.index.ENGINES`.
            vocabulary: mechanisms to look for, instead of those that ship with searchkit.

        Raises:
            InputError: the folder holds something else, or cannot be made.
        """
        folder = Path(path)
        kind = engine_class(engine)
        try:
            if folder.exists() and not folder.is_dir():
                raise InputError(f"{folder} is a file; name a folder for the index")
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise InputError(f"{folder} is not empty and holds no index; name another folder with --index")
            kind.create(folder / engine).close()
            current = Settings(engine, vocabulary or Vocabulary.builtin())
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
        return self._deriver.mechanisms

    # Searching

    def search(
        self,
        query: str = "",
        *,
        language: Filter = None,
        study: Filter = None,
        mechanism: Filter = None,
        study_type: Filter = None,
        limit: int = 10,
        offset: int = 0,
        sort: Sort = "relevance",
        expand: bool = True,
        facets: bool = True,
    ) -> Results:
        """Find articles.

        Args:
            query: words, in any language; see `searchkit.query` for phrases, AND, OR, NOT and the rest. An empty
                query finds all articles that the filters leave.
            language: ISO code or codes that a hit may have.
            study: studies that a hit cites: keys, DOIs, or the beginning of a label.
            mechanism: mechanisms that a hit is about: keys or labels in any language.
            study_type: kinds of study: keys or labels.
            limit: number of hits, 0 for counts only.
            offset: number of hits to pass over.
            sort: ``relevance``, or ``date`` for the newest first.
            expand: also find articles in other languages, by the mechanisms that the query names and by its
                words in translation.
            facets: count the values of all facets.

        Several values of one filter are alternatives; several filters must all hold.

        Raises:
            FilterError: a filter names a value that there is not.
            InputError: limit or offset is negative, or sort is not known.
        """
        self._refresh()
        if limit < 0 or offset < 0:
            raise InputError(f"limit and offset must be 0 or more, not {min(limit, offset)}")
        if sort not in _SORTS:
            raise InputError(f"cannot sort by {sort!r}; choose one of: {', '.join(_SORTS)}")
        given = {"language": language, "study": study, "study_type": study_type, "mechanism": mechanism}
        filters = {name: self._accepted(name, values) for name, values in given.items() if values}
        tree, notes = self._compile(query, expand=expand)
        request = Request(
            query=tree,
            filters=filters,
            facets=FACETS if facets else (),
            limit=limit,
            offset=offset,
            sort=sort,
        )
        response = self._engine.search(request)
        return Results(
            query=query,
            total=response.total,
            hits=tuple(self._hit(found, tree) for found in response.hits),
            offset=offset,
            facets=MappingProxyType(
                {name: self._counts(name, counts, filters) for name, counts in response.facets.items()}
            ),
            notes=notes,
        )

    def rank(self, query: str, limit: int = 100, *, expand: bool = True) -> list[tuple[str, float]]:
        """Return the ids and scores that `search` would find, best first, without reading articles or counting."""
        self._refresh()
        tree, _ = self._compile(query, expand=expand)
        request = Request(query=tree, limit=limit, stored=False)
        return [(found.id, found.score) for found in self._engine.search(request).hits]

    def facets(
        self,
        query: str = "",
        *,
        language: Filter = None,
        study: Filter = None,
        mechanism: Filter = None,
        study_type: Filter = None,
        expand: bool = True,
    ) -> Mapping[str, tuple[FacetCount, ...]]:
        """Return the counts of all facets over the articles that a search would find. See `search`."""
        return self.search(
            query,
            language=language,
            study=study,
            mechanism=mechanism,
            study_type=study_type,
            limit=0,
            expand=expand,
        ).facets

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
        wait: float = 10.0,
        progress: Callable[[Draft], None] | None = None,
    ) -> Changes:
        """Add articles, replace those that changed, leave alone those that did not.

        Args:
            drafts: what `searchkit.readers.read` yields. Problems are passed on in the result.
            prune: files and folders; articles that came from there and are not among ``drafts`` are removed.
            wait: seconds to wait for another writer.
            progress: called after each article.

        All changes show at once, at the end; an error before leaves the index as it was.

        Raises:
            IndexLockedError: another process is writing.
        """
        changes = Changes()
        with self._engine.writer(wait) as writer:
            self._refresh()
            current = self._settings.copy()
            before = {entry.id: entry for entry in self._engine.entries()}
            seen: dict[str, str] = {}
            broken: list[str] = []
            for draft in drafts:
                if isinstance(draft, Problem):
                    changes.problems.append(draft.message)
                    broken.append(draft.source)
                    continue
                where = f"{draft.source}:{draft.place}"
                identifier = draft.id or make_id(draft)
                if identifier in seen:
                    changes.problems.append(
                        f"{where}: id {identifier!r} is that of {seen[identifier]} too; the first is kept"
                    )
                    continue
                seen[identifier] = where
                draft = replace(draft, id=identifier, source=_absolute(draft.source))
                digest = digest_of(draft)
                old = before.get(identifier)
                if old and (old.digest, old.source) == (digest, draft.source):
                    changes.unchanged += 1
                else:
                    _add(writer, self._deriver.draft(draft, identifier, digest), current, self._deriver)
                    changes.added += old is None
                    changes.changed += old is not None
                if progress:
                    progress(draft)
            gone = _gone(before.values(), seen, prune, broken)
            writer.delete(gone)
            changes.removed = len(gone)
            if changes.any:
                # The labels are written first: those of articles that are not there yet do no harm.
                self._save(current)
                writer.commit()
                # Once more: whoever read them before the commit has kept what the index said before it.
                self._save(current)
        return changes

    def rebuild(self, *, vocabulary: Vocabulary | None = None, wait: float = 10.0) -> int:
        """Analyze all articles again, from the texts that the index keeps; return their number.

        Args:
            vocabulary: a new vocabulary of mechanisms; None keeps the index's own.
            wait: seconds to wait for another writer.
        """
        with self._engine.writer(wait) as writer:
            old = Settings.read(self.path)
            new = Settings(old.engine, vocabulary or old.vocabulary)
            deriver = _deriver(new.vocabulary)
            entries = list(self._engine.entries())
            for entry in entries:
                stored = StoredArticle.from_bytes(self._engine.get([entry.id])[entry.id])
                _add(writer, deriver.article(stored.article, stored.given, entry.digest), new, deriver)
            # After the commit: if it is cut short between the two, the old fingerprints ask for another rebuild.
            writer.commit()
            self._save(new)
        return len(entries)

    # Inside

    def _take(self, current: Settings, stamp: Stamp) -> None:
        """Work with these settings from now on."""
        if self._deriver.mechanisms != current.vocabulary:
            self._deriver = _deriver(current.vocabulary)
        self._settings = current
        self._stamp = stamp
        # The deriver's vocabulary, equal to that of the settings, has its terms compiled.
        self._names = FacetNames(self.vocabulary, current.study_labels)
        # What is kept of the index's words; the settings are written with each commit, and so it starts anew.
        self._sounds: Names | None = None
        self._frequencies: dict[tuple[str, str], int] = {}

    def _refresh(self) -> None:
        """Take over what another process changed: a new language, another vocabulary."""
        stamp = settings.stamp(self.path)
        if stamp != self._stamp:
            self._take(Settings.read(self.path), stamp)
            self._check_analyzers()

    def _save(self, current: Settings) -> None:
        current.write(self.path)
        self._take(current, settings.stamp(self.path))

    def _check_analyzers(self) -> None:
        for language, fingerprint in self._settings.analyzers.items():
            if self._deriver.analyzer(language).fingerprint != fingerprint:
                raise AnalyzerMismatchError(
                    f"{self.path} was made with another {language} analyzer than the one installed; "
                    f"run: searchkit rebuild --index {self.path}"
                )

    def _compile(self, text: str, *, expand: bool) -> tuple[Query, tuple[str, ...]]:
        parsed = parse(text)
        if not text.strip():
            return Everything(), ()
        notes = []
        if parsed.truncated:
            notes.append("the query is very long: only its first 1,024 words were used")

        def resolve(name: str, value: str) -> tuple[str, ...]:
            try:
                return tuple(self._accepted(name, value))
            except FilterError as error:
                notes.append(str(error))
                return ()

        compiler = Compiler(
            languages=tuple(sorted(self._settings.analyzers)),
            analyzer=self._deriver.analyzer,
            frequency=self._frequency,
            vocabulary=self.vocabulary if expand else None,
            resolve=resolve,
            translator=self._translator() if expand else None,
        )
        return compiler.compile(parsed.root), tuple(dict.fromkeys(notes))

    def _frequency(self, field: str, text: str) -> int:
        held = self._frequencies
        frequency = held.get((field, text))
        if frequency is None:
            frequency = self._engine.document_frequency(field, text)
            if len(held) >= _MOST_FREQUENCIES:
                held.clear()
            held[field, text] = frequency
        return frequency

    def _translator(self) -> Translator:
        if self._sounds is None:
            self._sounds = Names(self._engine.terms)
        return Translator(
            languages=tuple(sorted(self._settings.analyzers)),
            analyzer=self._deriver.analyzer,
            frequency=self._frequency,
            terms=self._engine.terms,
            names=self._sounds,
        )

    def _hit(self, found: EngineHit, query: Query) -> Hit:
        stored = StoredArticle.from_bytes(found.stored)
        article = stored.article
        body = find_matches(query, stored, "body")
        title = find_matches(query, stored, "title")
        named = {match.leaf for match in body} & set(article.facets.get("mechanism", ()))
        return Hit(
            article=article,
            score=found.score,
            snippet=best_snippet(article.text, body, article.sections),
            title_highlights=merge(((match.start, match.end) for match in title), article.title),
            mechanisms=tuple(sorted(named)),
            translations=find_translations(query, stored),
        )

    def _counts(
        self, name: str, counts: Mapping[str, int], filters: Mapping[str, frozenset[str]]
    ) -> tuple[FacetCount, ...]:
        chosen = filters.get(name, frozenset())
        # A chosen value stays to be seen, and unchosen, where nothing is left of it.
        found = [
            FacetCount(value, self._names.label(name, value), counts.get(value, 0), value in chosen)
            for value in {*counts, *chosen}
        ]
        return tuple(sorted(found, key=lambda count: (-count.count, count.label, count.value)))

    def _accepted(self, name: str, spellings: str | Iterable[str]) -> frozenset[str]:
        """Return the facet values that a person's spellings mean."""
        known = self._engine.search(Request(facets=(name,), limit=0)).facets[name]
        return self._names.accepted(name, spellings, known)


def _add(writer: Writer, derived: Derived, current: Settings, deriver: Deriver) -> None:
    writer.add(derived.document)
    current.add_study_labels(derived.study_labels)
    language = derived.document.language
    if language not in current.analyzers:
        current.analyzers[language] = deriver.analyzer(language).fingerprint


def _gone(
    before: Iterable[Entry],
    seen: Mapping[str, str],
    prune: Sequence[str | os.PathLike[str]],
    broken: Iterable[str],
) -> list[str]:
    """Return the ids of articles under the pruned places that were not seen and did not come from a broken one."""
    roots = [Path(path).resolve() for path in prune]
    unsure = [Path(path).resolve() for path in broken if path]

    def under(entry: Entry, places: Iterable[Path]) -> bool:
        return any(Path(entry.source).is_relative_to(place) for place in places)

    return [
        entry.id for entry in before if entry.id not in seen and under(entry, roots) and not under(entry, unsure)
    ]


def _deriver(vocabulary: Vocabulary) -> Deriver:
    return Deriver(vocabulary, Vocabulary.builtin("study_types"), StudyRegistry.builtin())


def _absolute(source: str) -> str:
    return source if source == STDIN else str(Path(source).resolve())
