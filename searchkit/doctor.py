"""Checking an index, and restoring a damaged one from what it keeps and from the files that were indexed."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from searchkit import batch, settings
from searchkit.analyzers import analyzer_for
from searchkit.article import FACETS
from searchkit.article_index import ArticleIndex, deriver_of
from searchkit.derive import digest_of, make_id
from searchkit.errors import IndexFormatError, IndexLockedError, IndexNotFoundError, InputError, SearchkitError
from searchkit.home import FILE, FolderHome, home_of
from searchkit.index import FILE_ENGINES, Checked, Engine, FileEngine, Request, Writer, file_engine, files
from searchkit.index.files import OtherVersionError
from searchkit.index.lock import WriterLock
from searchkit.parallel import Groups
from searchkit.readers import Draft, read
from searchkit.settings import Settings
from searchkit.stored import StoredArticle
from searchkit.studies import StudyRegistry, Ties
from searchkit.vocabulary import Vocabulary
from searchkit.workers import Task, derive

# Ids and files that a message names.
_SOME: Final = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        name: what.
        detail: what was found, for people.
        problems: one line for each thing that is wrong, which names the file.
        mend: the command that mends it; empty where nothing is wrong.
    """

    name: str
    detail: str
    problems: tuple[str, ...] = ()
    mend: str = ""


def examine(path: str | os.PathLike[str]) -> Iterator[Check]:
    """Check an index: settings, files, lock, articles, counts, analyzers. Nothing is changed; everything is read.

    Args:
        path: the folder of the index.

    Raises:
        IndexNotFoundError: there is none.
        InputError: it is in a cluster.
        MissingExtraError: the library of its engine is not installed.
    """
    folder = _folder(path)
    rebuild = f"searchkit rebuild --index {folder}"
    current = None
    try:
        current = Settings.read(FolderHome(folder))
        yield Check("settings", f"format {settings.FORMAT}, made by searchkit {current.version}")
        engine = current.engine
    except IndexNotFoundError:
        raise
    except OtherVersionError as error:
        yield Check("settings", "cannot be read", *_told(error))
        return
    except SearchkitError as error:
        yield Check("settings", "cannot be read", *_told(error))
        engine = _engine_in(folder)
    location = folder / engine
    lock = _lock(location, folder)
    yield lock
    found = list(file_engine(engine).check(location))
    wrong = tuple(f"{location / each.name}: {each.problem}" for each in found if each.problem)
    whole = sum(not each.problem and not each.litter for each in found)
    yield Check("files", f"{whole:,} of the engine {engine} are what was written", wrong, rebuild if wrong else "")
    litter = [] if lock.problems or lock.detail != _FREE else list(_litter(folder, engine, found))
    # The next writer removes it, whatever it is asked to do.
    yield Check("left over", _number(len(litter), "file"), tuple(map(str, litter)), rebuild if litter else "")
    if current and not wrong:
        yield from _opened(folder, current, rebuild)


def _folder(path: str | os.PathLike[str]) -> Path:
    """Return the folder of an index.

    Raises:
        InputError: it is in a cluster.
    """
    home = home_of(path)
    if not isinstance(home, FolderHome):
        home.close()
        raise InputError(f"{home} is in a cluster, whose own tools check its files and restore its snapshots")
    return home.location


def _told(error: SearchkitError) -> tuple[tuple[str, ...], str]:
    """Return the problem and the command of an error's message."""
    problem, _, command = str(error).partition("; run: ")
    return (problem,), command


_FREE: Final = "free"


def _lock(location: Path, folder: Path) -> Check:
    if not location.is_dir():
        return Check("lock", _FREE)
    try:
        WriterLock(location, 0).release()
        return Check("lock", _FREE)
    except IndexLockedError as error:
        return Check("lock", str(error).partition(";")[0].removeprefix(f"{folder} is "))
    except OSError as error:
        return Check("lock", f"nobody here can write: {error.strerror}")


def _litter(folder: Path, engine: str, found: Iterable[Checked]) -> Iterator[Path]:
    """Yield what no commit names."""
    yield from (folder / engine / each.name for each in found if each.litter)
    others = (folder / name for name in FILE_ENGINES if name != engine)
    yield from (path for path in (*others, files.draft_of(folder / FILE)) if path.exists())


def _opened(folder: Path, current: Settings, rebuild: str) -> Iterator[Check]:
    """Yield the checks of an index whose files are right."""
    place = folder / current.engine
    words = current.vocabulary.words_without_spaces()
    other = [code for code, made in current.analyzers.items() if analyzer_for(code, words).fingerprint != made]
    yield Check(
        "analyzers",
        f"of {_number(len(current.analyzers), 'language')}",
        tuple(f"{folder / FILE}: made with another analyzer of {code}" for code in sorted(other)),
        rebuild if other else "",
    )
    try:
        engine = file_engine(current.engine).open(place)
        problems, articles, counts = _articles(engine, place)
        wrong = tuple(_wrong_counts(engine, place, articles, counts))
    except SearchkitError as error:
        yield Check("articles", "cannot be read", *_told(error))
        return
    yield Check("articles", f"{articles:,} can be read", tuple(problems), rebuild if problems else "")
    values = sum(len(found) for found in counts.values())
    yield Check("counts", f"of articles, and of {_number(values, 'facet value')}", wrong, rebuild if wrong else "")


def _articles(engine: Engine, place: Path) -> tuple[list[str], int, dict[str, Counter[str]]]:
    """Read all articles; return what is wrong, how many can be read, and the counts of their facet values."""
    problems = []
    articles = 0
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    seen: set[str] = set()
    for entry in engine.entries():
        if entry.id in seen:
            problems.append(f"{place}: article {entry.id!r} is there twice")
        seen.add(entry.id)
        try:
            article = StoredArticle.from_bytes(engine.get([entry.id])[entry.id]).article
        except Exception as error:
            problems.append(f"{place}: article {entry.id!r} cannot be read ({_reason(error)})")
            continue
        articles += 1
        if article.id != entry.id:
            problems.append(f"{place}: article {entry.id!r} says that it is {article.id!r}")
        for name in FACETS:
            counts[name].update(set(article.facets.get(name, ())))
    return problems, articles, counts


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _wrong_counts(engine: Engine, place: Path, articles: int, counts: dict[str, Counter[str]]) -> Iterator[str]:
    """Yield where the index counts other than its articles do."""
    if (held := engine.stats().documents) != articles:
        yield f"{place}: {held:,} articles by its own count, and {articles:,} that can be read"
    said = engine.search(Request(facets=FACETS, limit=0)).facets
    for name in FACETS:
        for value in sorted(said[name].keys() | counts[name].keys()):
            if (count := said[name].get(value, 0)) != counts[name][value]:
                yield f"{place}: {name} {value!r} counts {count:,} articles, not {counts[name][value]:,}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


# Restoring


@dataclass(slots=True)
class Restored:
    """What became of a damaged index.

    Attributes:
        kept: articles that the index itself still held.
        read: articles that were read from their files again.
        lost: number of articles that could not be had.
        problems: one line for each thing that is not as it was.
    """

    kept: int = 0
    read: int = 0
    lost: int = 0
    problems: list[str] = field(default_factory=list)


def restore(
    path: str | os.PathLike[str],
    *,
    vocabulary: Vocabulary | None = None,
    studies: StudyRegistry | None = None,
    wait: float = 10.0,
    jobs: int = 1,
) -> Restored:
    """Make a damaged index anew: from the articles that can still be read, the others from their files.

    Killed before the end, the index is what it was.

    Args:
        path: the folder of the index.
        vocabulary: a new vocabulary of mechanisms; None keeps the index's own, if that can be read.
        studies: studies to know besides those that ship with searchkit; None as before.
        wait: seconds to wait for another writer.
        jobs: processes to analyze articles on.

    Raises:
        IndexNotFoundError: there is no index.
        IndexFormatError: it is whole, and another version reads it.
        IndexLockedError: another process is writing.
    """
    folder = _folder(path)
    done = Restored()
    old = _settings(folder, done, vocabulary)
    new = Settings(
        old.engine,
        vocabulary or old.vocabulary,
        studies=old.studies if studies is None else studies,
        sources=old.sources,
    )
    kind = file_engine(old.engine)
    try:
        kind.open(folder / old.engine).close()
    except OtherVersionError:
        raise
    except SearchkitError:
        pass  # that is why
    with kind.renewed(folder / old.engine, wait) as writer:
        _fill(writer, new, _tasks(kind, folder / old.engine, old.sources, done), jobs)
        writer.commit()
        new.write(FolderHome(folder))
    with ArticleIndex.open(folder) as index:
        index.update(())  # learns what references say of each other's studies, and clears up
    return done


def _settings(folder: Path, done: Restored, vocabulary: Vocabulary | None) -> Settings:
    try:
        return Settings.read(FolderHome(folder))
    except (IndexNotFoundError, OtherVersionError):
        raise
    except IndexFormatError as error:
        done.problems.append(str(error).partition("; run: ")[0])
        given = "the vocabulary given" if vocabulary else "the built-in vocabulary; give another with --vocabulary"
        done.problems.append(
            f"{folder}: derived anew with {given}; --studies of searchkit index adds studies again"
        )
        return Settings(_engine_in(folder), Vocabulary.builtin())


def _engine_in(folder: Path) -> str:
    """Return the engine whose folder is there; the one of most bytes, should there be several."""
    there = [name for name in FILE_ENGINES if (folder / name).is_dir()]
    if not there:
        raise IndexNotFoundError(
            f"nothing is left of the index in {folder}; run: searchkit index ARTICLES --index NEW-FOLDER"
        )
    return max(there, key=lambda name: files.size_of(folder / name))


def _fill(writer: Writer, new: Settings, tasks: Iterable[Task], jobs: int) -> None:
    deriver = deriver_of(new)
    groups = Groups(None)  # all found anew
    for _, derived in derive(tasks, deriver, Ties(new.study_ties), jobs):
        batch.add(derived, groups, writer, deriver, new)


def _tasks(kind: type[FileEngine], location: Path, sources: Sequence[str], done: Restored) -> Iterator[Task]:
    """Yield the articles to derive: those that can be read, then the others from their files."""
    seen: set[str] = set()
    lost: Counter[str] = Counter()
    ids: set[str] = set()
    places: set[str] = set()
    nameless = 0
    for kept in kind.salvage(location):
        identifier, digest, source = kept.entry
        try:
            stored = StoredArticle.without_tokens(kept.stored or b"")
        except Exception:
            lost[kept.file] += 1
            if identifier and source:
                ids.add(identifier)
                places.add(source)
            else:
                nameless += 1
            continue
        article = stored.article
        if article.id not in seen:
            seen.add(article.id)
            done.kept += 1
            # Without a digest, the next run of "searchkit index" takes it for changed, which does no harm.
            yield Task(article, article.id, digest, stored.given)
    done.problems += [
        f"{location / name}: {_number(count, 'article')} damaged" for name, count in sorted(lost.items())
    ]
    if not lost:
        return
    ids -= seen
    for draft in _drafts(sorted(places) + (list(sources) if nameless else []), done):
        identifier = draft.id or make_id(draft)
        if identifier not in seen and (nameless or identifier in ids):
            seen.add(identifier)
            ids.discard(identifier)
            done.read += 1
            source = str(Path(draft.source).resolve())
            draft = replace(draft, id=identifier, source=source)
            yield Task(draft, identifier, digest_of(draft))
    done.lost = max(lost.total() - done.read, 0)
    if done.lost:
        named = f" ({', '.join(sorted(ids)[:_SOME])}{', …' if len(ids) > _SOME else ''})" if ids else ""
        done.problems.append(
            f"{_number(done.lost, 'article')} could not be had{named}; where their files are, run: "
            f"searchkit index PATH --index {location.parent}"
        )


def _drafts(places: Iterable[str], done: Restored) -> Iterator[Draft]:
    """Yield what the files hold that are still there."""
    there = []
    for place in dict.fromkeys(places):
        if Path(place).exists():
            there.append(place)
        else:
            done.problems.append(f"{place}: not there any more")
    for draft in read(there):
        if isinstance(draft, Draft):
            yield draft
        else:
            done.problems.append(draft.message)
