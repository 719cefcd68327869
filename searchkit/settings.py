"""What an index says of itself: ``searchkit.json`` in its folder, or a document in its cluster."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

import searchkit
from searchkit.errors import IndexFormatError
from searchkit.home import Home
from searchkit.index import files
from searchkit.index.files import OtherVersionError
from searchkit.settings_check import check_settings
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

FORMAT: Final = 3
# Places that were indexed, kept to read them again; more are not.
_MOST_SOURCES: Final = 1_000


@dataclass(slots=True)
class Settings:
    """The settings of one index. Only a writer changes them, and writes them whole.

    Attributes:
        engine: name of its engine.
        vocabulary: the mechanisms that it looks for.
        analyzers: language -> fingerprint of the analyzer that made its tokens; the languages that it holds.
        study_labels: study key -> what people call it.
        studies: the studies that were given to be known besides those that ship with searchkit.
        study_ties: keys of unknown studies that have a better one (`searchkit.studies.Ties`).
        sources: the files and folders that articles were read from, so that `searchkit.doctor.restore` can again.
        version: the release of searchkit that made it.
    """

    engine: str
    vocabulary: Vocabulary
    analyzers: dict[str, str] = field(default_factory=dict)
    study_labels: dict[str, str] = field(default_factory=dict)
    study_ties: dict[str, dict[str, str]] = field(default_factory=dict)
    studies: StudyRegistry = field(default_factory=StudyRegistry)
    sources: tuple[str, ...] = ()
    version: str = searchkit.__version__

    @classmethod
    def read(cls, home: Home) -> Self:
        """Read the settings of an index.

        Raises:
            IndexNotFoundError: there is no index.
            IndexFormatError: another version wrote it, or it is damaged.
        """
        where = home.settings
        mend = f"run: searchkit rebuild --index {home}"
        try:
            data = files.unsealed(home.read())
        except (ValueError, RecursionError) as error:
            raise IndexFormatError(f"{where} is damaged ({error}); {mend}") from error
        found = data.get("format") if isinstance(data, dict) else None
        if isinstance(found, int) and found > FORMAT:
            raise OtherVersionError(
                f"{where}: format {found}, of searchkit {str(data.get('searchkit'))[:40]}; this searchkit is "
                f"{searchkit.__version__} and reads format {FORMAT}; run: pip install --upgrade searchkit"
            )
        if found != FORMAT:
            told = repr(found)[:40]
            raise IndexFormatError(f"{where}: format {told}, and this searchkit reads format {FORMAT}; {mend}")
        try:
            check_settings(data)
            return cls(
                engine=data["engine"],
                vocabulary=Vocabulary.from_dict(data["vocabulary"], data["compiled"]),
                analyzers=data["analyzers"],
                study_labels=data["study_labels"],
                study_ties=data.get("study_ties", {}),  # older indexes have none, nor the next
                studies=StudyRegistry.from_dict(data.get("studies", {})),
                sources=tuple(data.get("sources", ())),
                version=data["searchkit"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise IndexFormatError(f"{where} is damaged ({error!r}); {mend}") from error

    def write(self, home: Home) -> None:
        """Write the settings so that a reader sees the old ones or the new ones, whatever happens."""
        data = {
            "format": FORMAT,
            "searchkit": self.version,
            "engine": self.engine,
            "analyzers": self.analyzers,
            "vocabulary": self.vocabulary.to_dict(),
            # So that a search need not analyze a thousand terms first.
            "compiled": self.vocabulary.compiled(),
            "study_labels": self.study_labels,
            "study_ties": self.study_ties,
            "studies": self.studies.to_dict(),
            "sources": self.sources,
        }
        home.write(files.sealed(data))

    def copy(self) -> Self:
        """Return settings that can be changed without changing these."""
        return replace(
            self,
            analyzers=dict(self.analyzers),
            study_labels=dict(self.study_labels),
            study_ties={key: dict(authors) for key, authors in self.study_ties.items()},
        )

    def add_sources(self, paths: Iterable[str]) -> None:
        """Take note of places that were indexed."""
        self.sources = tuple(dict.fromkeys((*self.sources, *paths)))[-_MOST_SOURCES:]

    def add_study_labels(self, labels: Mapping[str, str]) -> None:
        """Take over labels of studies; one in Latin letters, which more people can read, replaces another."""
        for key, label in labels.items():
            old = self.study_labels.get(key)
            if old is None or (label.isascii() and not old.isascii()):
                self.study_labels[key] = label
