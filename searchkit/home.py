"""Where an index is kept: a folder, or a name in a cluster. Its settings are there, and its engine's part."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from searchkit.errors import IndexFormatError, IndexNotFoundError, InputError
from searchkit.index.engine import Location
from searchkit.index.files import read_plain, refuse_links
from searchkit.index.lock import HOLDER, LOCK, WriterLock
from searchkit.index.registry import DEFAULT_ENGINE, ENGINES, engine_class
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

    def read(self) -> str:
        """Return the settings.

        Raises:
            IndexNotFoundError: there is no index.
            IndexFormatError: they cannot be read.
        """

    def write(self, text: str) -> None:
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
            # With a lock, what is there is of a process that makes an index now, or was killed when it did.
            if names and LOCK not in names and not self.exists():
                raise InputError(f"{folder} is not empty and holds no index; name another folder with --index")
            lock = WriterLock(folder, _WAIT, index=folder)
            try:
                if self.exists():
                    raise InputError(f"{folder} holds an index already; open it instead")
                shutil.rmtree(place, ignore_errors=True)
                kind.create(place).close()
                yield
            finally:
                lock.release(remove=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot make an index there ({error.strerror or error})") from error

    def engine(self, name: str) -> Location:
        """Return the engine's folder."""
        if name == "opensearch":
            raise InputError(
                f"{self.location}: the opensearch engine keeps an index in a cluster, not in a folder; "
                "name one like https://localhost:9200/articles with --index"
            )
        return self.location / name

    def read(self) -> str:
        """Return the settings."""
        file = self.location / FILE
        try:
            return read_plain(file, MOST_BYTES).decode("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise not_found(self) from None
        except (OSError, ValueError) as error:
            raise IndexFormatError(f"{file}: cannot be read ({error}); index the articles again") from error

    def write(self, text: str) -> None:
        """Replace the settings."""
        draft = self.location / f".{FILE}.tmp"  # one name, so that killed processes leave one file at most
        try:
            with draft.open("w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(self.location / FILE)
        finally:
            draft.unlink(missing_ok=True)

    def stamp(self) -> Stamp:
        """Return what changes with the settings."""
        try:
            status = (self.location / FILE).stat()
        except OSError:
            return ()
        return (status.st_mtime_ns, status.st_size, status.st_ino)

    def guard(self) -> None:
        """Refuse symbolic links in the folder."""
        refuse_links(self.location)

    def tidy(self, engine: str) -> None:
        """Remove the folders of other engines, and the lock of the making."""
        for name in ENGINES.keys() - {engine}:
            # Of a move to another engine, done or cut short.
            shutil.rmtree(self.location / name, ignore_errors=True)
        for name in (LOCK, HOLDER):
            # Of a process that was killed when it had just made the index.
            (self.location / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Do nothing: no file is kept open."""


def not_found(home: Home) -> IndexNotFoundError:
    """Return the error for a place without an index."""
    return IndexNotFoundError(f"no index in {home}; make one with: searchkit index ARTICLES --index {home}")
