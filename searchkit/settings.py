"""What an index says of itself: ``searchkit.json`` in its folder, beside the engine's own."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

import searchkit
from searchkit.errors import IndexFormatError, IndexNotFoundError
from searchkit.index.files import read_plain
from searchkit.settings_check import MOST_BYTES, check_settings
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

FILE: Final = "searchkit.json"
FORMAT: Final = 3

Stamp = tuple[int, ...]


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
        version: the release of searchkit that made it.
    """

    engine: str
    vocabulary: Vocabulary
    analyzers: dict[str, str] = field(default_factory=dict)
    study_labels: dict[str, str] = field(default_factory=dict)
    study_ties: dict[str, dict[str, str]] = field(default_factory=dict)
    studies: StudyRegistry = field(default_factory=StudyRegistry)
    version: str = searchkit.__version__

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the settings of an index.

        Raises:
            IndexNotFoundError: there is no index in ``folder``.
            IndexFormatError: another version wrote it, or it is damaged.
        """
        file = folder / FILE
        try:
            data = json.loads(read_plain(file, MOST_BYTES))
        except (FileNotFoundError, NotADirectoryError):
            raise IndexNotFoundError(
                f"no index in {folder}; make one with: searchkit index ARTICLES --index {folder}"
            ) from None
        except (OSError, ValueError, RecursionError) as error:
            raise IndexFormatError(f"{file}: cannot be read ({error}); index the articles again") from error
        found = data.get("format") if isinstance(data, dict) else None
        if found != FORMAT:
            raise IndexFormatError(
                f"{file}: format {repr(found)[:40]}, but this searchkit reads format {FORMAT}; "
                "index the articles again"
            )
        try:
            check_settings(data)
            return cls(
                engine=data["engine"],
                vocabulary=Vocabulary.from_dict(data["vocabulary"], data["compiled"]),
                analyzers=data["analyzers"],
                study_labels=data["study_labels"],
                study_ties=data.get("study_ties", {}),  # older indexes have none, nor the next
                studies=StudyRegistry.from_dict(data.get("studies", {})),
                version=data["searchkit"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise IndexFormatError(f"{file}: damaged ({error!r}); index the articles again") from error

    def write(self, folder: Path) -> None:
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
        }
        draft = folder / f".{FILE}.tmp"  # one name, so that killed processes leave one file at most
        try:
            with draft.open("w", encoding="utf-8") as stream:
                # In one piece: piece by piece it takes ten times as long.
                stream.write(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(folder / FILE)
        finally:
            draft.unlink(missing_ok=True)

    def copy(self) -> Self:
        """Return settings that can be changed without changing these."""
        return replace(
            self,
            analyzers=dict(self.analyzers),
            study_labels=dict(self.study_labels),
            study_ties={key: dict(authors) for key, authors in self.study_ties.items()},
        )

    def add_study_labels(self, labels: Mapping[str, str]) -> None:
        """Take over labels of studies; one in Latin letters, which more people can read, replaces another."""
        for key, label in labels.items():
            old = self.study_labels.get(key)
            if old is None or (label.isascii() and not old.isascii()):
                self.study_labels[key] = label


def exists(folder: Path) -> bool:
    """Tell whether there is an index in a folder."""
    return (folder / FILE).is_file()


def stamp(folder: Path) -> Stamp:
    """Return what changes whenever the settings are written anew, without reading them."""
    try:
        status = (folder / FILE).stat()
    except OSError:
        return ()
    return (status.st_mtime_ns, status.st_size, status.st_ino)
