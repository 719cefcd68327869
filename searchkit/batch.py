"""One batch of changes to an index: what is added, replaced and removed, before it is committed."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from searchkit.derive import Derived, Deriver, digest_of, make_id
from searchkit.index import Entry, Request, Snapshot, Writer
from searchkit.parallel import Groups
from searchkit.readers import Draft, Problem
from searchkit.readers.draft import STDIN
from searchkit.settings import Settings
from searchkit.stored import StoredArticle
from searchkit.studies import Ties
from searchkit.workers import Task, derive


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
class Batch:
    """A batch of changes; whoever makes one commits it, and writes the settings.

    Args:
        engine: the index as it was before.
        writer: takes the changes.
        deriver: finds facets with the vocabulary and studies of the settings.
        settings: those of the index, to be changed: study labels, ties, languages.
        jobs: processes to derive on; see `searchkit.workers.derive`.
    """

    engine: Snapshot
    writer: Writer
    deriver: Deriver
    settings: Settings
    jobs: int = 1

    def update(
        self,
        drafts: Iterable[Draft | Problem],
        prune: Sequence[str | os.PathLike[str]],
        progress: Callable[[Draft], None] | None,
    ) -> Changes:
        """Add articles, replace those that changed, remove pruned ones; see `ArticleIndex.update`."""
        changes = Changes()
        before = {entry.id: entry for entry in self.engine.entries()}
        seen: dict[str, str] = {}
        broken: list[str] = []
        groups = Groups(self.engine)
        tasks = tasks_of(drafts, before, changes, seen, broken, progress)
        for task, derived in derive(tasks, self.deriver, self._ties(), self.jobs):
            self._add(derived, groups)
            changes.added += task.identifier not in before
            changes.changed += task.identifier in before
            if progress and isinstance(task.source, Draft):
                progress(task.source)
        gone = _gone(before.values(), seen, prune, broken)
        self.writer.delete(gone)
        changes.removed = len(gone)
        return changes

    def rebuild(self) -> int:
        """Derive all articles anew, from the texts that the index keeps; return their number."""
        entries = sorted(self.engine.entries())
        # First of all, so that an engine may begin an index anew beside the old one.
        self.writer.delete(entry.id for entry in entries)
        groups = Groups(None)  # all found anew
        tasks = (
            Task(stored.article, entry.id, entry.digest, stored.given)
            for entry in entries
            for stored in [self._stored(entry.id)]
        )
        for _, derived in derive(tasks, self.deriver, self._ties(), self.jobs):
            self._add(derived, groups)
        return len(entries)

    def tie(self) -> bool:
        """Derive articles anew whose studies have a better key that their index has learned since.

        Returns:
            Whether there are any.
        """
        # Nothing is learned here.
        ties = Ties(self.settings.copy().study_ties)
        held = self.engine.search(Request(facets=("study",), limit=0)).facets["study"]
        if not (worse := frozenset(held.keys() & ties.known.keys())):
            return False
        groups = Groups(self.engine)
        digests = {entry.id: entry.digest for entry in self.engine.entries()}
        request = Request(filters={"study": worse}, limit=len(digests), stored=False)
        changed = False
        for hit in self.engine.search(request).hits:
            stored = self._stored(hit.id)
            article = stored.article
            keys = {study.key for _, study in self.deriver.cited(article, ties)}
            # A key may stay as it is: a namesake's better one, or one that the source gave.
            if "study" not in stored.given and worse.intersection(article.facets["study"]) - keys:
                self._add(self.deriver.article(article, stored.given, digests[hit.id], ties), groups)
                changed = True
        return changed

    def _ties(self) -> Ties:
        return Ties(self.settings.study_ties)

    def _stored(self, identifier: str) -> StoredArticle:
        return StoredArticle.from_bytes(self.engine.get([identifier])[identifier])

    def _add(self, derived: Derived, groups: Groups) -> None:
        add(derived, groups, self.writer, self.deriver, self.settings)


def add(derived: Derived, groups: Groups, writer: Writer, deriver: Deriver, settings: Settings) -> None:
    """Add an article to an index, and to the settings what they keep of articles."""
    document = derived.document
    # The digest makes a name that no earlier text of the article has left behind on its versions.
    own = f"{document.id} {document.digest}"
    group, pieces = groups.place(document.id, derived.trace, derived.group, own)
    writer.add(replace(document, group=group, facets={**document.facets, groups.facet: pieces}))
    settings.add_study_labels(derived.study_labels)
    if document.language not in settings.analyzers:
        settings.analyzers[document.language] = deriver.analyzer(document.language).fingerprint


def tasks_of(
    drafts: Iterable[Draft | Problem],
    before: Mapping[str, Entry],
    changes: Changes,
    seen: dict[str, str],
    broken: list[str],
    progress: Callable[[Draft], None] | None = None,
) -> Iterator[Task]:
    """Yield what is new or changed; take note of the rest.

    Args:
        drafts: what was read.
        before: id -> entry of what the index has.
        changes: gets problems, and what is unchanged.
        seen: id -> where it was read; those that were read are added.
        broken: gets the sources of what could not be read.
        progress: called after each article that did not change.
    """
    # A file may hold a million articles.
    absolute = lru_cache(maxsize=64)(_absolute)
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
        draft = replace(draft, id=identifier, source=absolute(draft.source))
        digest = digest_of(draft)
        old = before.get(identifier)
        if old and (old.digest, old.source) == (digest, draft.source):
            changes.unchanged += 1
            if progress:
                progress(draft)
        else:
            yield Task(draft, identifier, digest)


def _gone(
    before: Iterable[Entry],
    seen: Mapping[str, str],
    prune: Sequence[str | os.PathLike[str]],
    broken: Iterable[str],
) -> list[str]:
    """Return the ids of articles under the pruned places that were not seen and did not come from a broken one."""
    # Not Path.resolve, for which a link to itself is an error.
    roots = [Path(os.path.realpath(path)) for path in prune]
    unsure = [Path(os.path.realpath(path)) for path in broken if path]

    def under(entry: Entry, places: Iterable[Path]) -> bool:
        return any(Path(entry.source).is_relative_to(place) for place in places)

    return [
        entry.id for entry in before if entry.id not in seen and under(entry, roots) and not under(entry, unsure)
    ]


def _absolute(source: str) -> str:
    return source if source == STDIN else os.path.realpath(source)
