"""Where an index is kept: a folder, or a name in a cluster. Its settings are there, and its engine's part."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from searchkit.errors import IndexFormatError, IndexNotFoundError, InputError
from searchkit.index import files
from searchkit.index.engine import Location
from searchkit.index.lock import HOLDER, LOCK, WriterLock
from searchkit.index.registry import DEFAULT_ENGINE, FILE_ENGINES, engine_class, file_engine
from searchkit.settings_check import MOST_BYTES

FILE: Final = "searchkit.json"
# Seconds to wait for a process that makes an index in the same folder, which takes a moment.
_WAIT: Final = 10.0

Stamp = tuple[int, ...]


class Home(Protocol):
    """The place of one index. As text it is what people call it."""

    @property
    def location(self) -> Location:
        """The folder, or the address."""

    @property
    def settings(self) -> str:
        """What people call the settings."""

    @property
    def default_engine(self) -> str:
        """The engine of a new index for which none is named."""

    def exists(self) -> bool:
        """Tell whether there is an index."""

    def making(self, engine: str, options: Mapping[str, int]) -> AbstractContextManager[None]:
        """Make an empty index of an engine, and let the caller write its settings.

        Args:
            engine: its name.
            options: how, where the engine has a choice: ``shards`` and ``replicas``.

        Raises:
            InputError: there is an index or something else, the engine keeps none there, or has no such options.
            IndexLockedError: another process is making one and does not finish.
        """

    def engine(self, name: str) -> Location:
        """Return where an engine has its part.

        Raises:
            InputError: the engine keeps none there.
        """

    def read(self) -> bytes:
        """Return the settings.

        Raises:
            IndexNotFoundError: there is no index.
            IndexFormatError: they cannot be read.
        """

    def write(self, content: bytes) -> None:
        """Replace the settings: a reader sees the old ones or the new ones, whatever happens."""

    def stamp(self) -> Stamp:
        """Return what changes whenever the settings are written anew, without reading them."""

    def guard(self) -> None:
        """Make sure that a writer writes here and nowhere else.

        Raises:
            IndexFormatError: something leads elsewhere.
        """

    def tidy(self, engine: str) -> None:
        """Remove what engines other than that of the index have left."""

    def close(self) -> None:
        """Let go of connections."""


def home_of(location: str | os.PathLike[str]) -> Home:
    """Return the place that a path, or an address like ``https://host:9200/articles``, names."""
    text = os.fspath(location)
    if "://" in text:
        engine_class("opensearch")  # says what is not installed
        from searchkit.cluster import ClusterHome

        return ClusterHome(text)
    return FolderHome(Path(text))


class FolderHome:
    """A folder: ``searchkit.json``, and the engine's files in a folder of its name."""

    default_engine: str = DEFAULT_ENGINE

    def __init__(self, folder: Path) -> None:
        self.location = folder
        self.settings = str(folder / FILE)

    def __str__(self) -> str:
        return str(self.location)

    def exists(self) -> bool:
        """Tell whether there is an index in the folder."""
        return (self.location / FILE).is_file()

    @contextmanager
    def making(self, engine: str, options: Mapping[str, int]) -> Iterator[None]:
        """Make an empty index. The folder must be empty or not exist."""
        folder = self.location
        kind = engine_class(engine)
        place = self.location / engine
        self.engine(engine)
        if options:
            raise InputError(f"{folder}: {' and '.join(sorted(options))} are for an index in a cluster")
        try:
            if folder.exists() and not folder.is_dir():
                raise InputError(f"{folder} is a file; name a folder for the index")
            folder.mkdir(parents=True, exist_ok=True)
            names = {found.name for found in folder.iterdir()}
            # What a process leaves that makes an index now, or was killed when it did.
            ours = {LOCK, HOLDER, files.draft_of(folder / FILE).name, *FILE_ENGINES}
            if names and not self.exists() and (LOCK not in names or names - ours):
                self._check_headless()
                raise InputError(f"{folder} is not empty and holds no index; name another folder with --index")
            lock = WriterLock(folder, _WAIT, index=folder)
            try:
                if self.exists():
                    raise InputError(f"{folder} holds an index already; open it instead")
                self._clear()
                kind.create(place).close()
                yield
            finally:
                lock.release(remove=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot make an index there ({error.strerror or error})") from error

    def _clear(self) -> None:
        """Remove what a process left that was killed while it made an empty index."""
        self._check_headless()
        for name in FILE_ENGINES:
            files.remove_folder(self.location / name)

    def _check_headless(self) -> None:
        """Raise an error if there are documents, and only the settings are gone."""
        for name in FILE_ENGINES:
            place = self.location / name
            if place.is_dir() and next(iter(file_engine(name).salvage(place)), None) is not None:
                raise self._headless()

    def engine(self, name: str) -> Location:
        """Return the engine's folder."""
        if name == "opensearch":
            raise InputError(
                f"{self.location}: the opensearch engine keeps an index in a cluster, not in a folder; "
                "name one like https://localhost:9200/articles with --index"
            )
        return self.location / name

    def read(self) -> bytes:
        """Return the settings."""
        file = self.location / FILE
        try:
            return files.read_plain(file, MOST_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            if any((self.location / name).is_dir() for name in FILE_ENGINES):
                raise self._headless() from None
            raise not_found(self) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise IndexFormatError(
                f"{file} cannot be read ({reason}); run: searchkit rebuild --index {self}"
            ) from error

    def _headless(self) -> IndexFormatError:
        return IndexFormatError(f"{self.location / FILE} is missing; run: searchkit rebuild --index {self}")

    def write(self, content: bytes) -> None:
        """Replace the settings."""
        files.rewrite(self.location / FILE, content)

    def stamp(self) -> Stamp:
        """Return what changes with the settings."""
        try:
            status = (self.location / FILE).stat()
        except OSError:
            return ()
        return (status.st_mtime_ns, status.st_size, status.st_ino)

    def guard(self) -> None:
        """Refuse symbolic links in the folder."""
        files.refuse_links(self.location)

    def tidy(self, engine: str) -> None:
        """Remove the folders of other engines, and the lock of the making."""
        for name in FILE_ENGINES:
            place = self.location / name
            if name != engine and place.is_dir():
                files.remove_folder(place)  # of a move to another engine, done or cut short
        # Of processes that were killed when they had just made the index, or wrote the settings.
        for path in (self.location / LOCK, self.location / HOLDER, files.draft_of(self.location / FILE)):
            if path.exists():
                files.remove(path)

    def close(self) -> None:
        """Do nothing: no file is kept open."""


def not_found(home: Home) -> IndexNotFoundError:
    """Return the error for a place without an index."""
    return IndexNotFoundError(f"no index in {home}; make one with: searchkit index ARTICLES --index {home}")
