"""What an engine offers that many processes fill at once, on any number of machines, in one batch of its writer.

The one writer shares its batch; loaders elsewhere write into it, and its commit shows all at once. What is loaded
twice is there once, so whatever was cut short can be done again.
"""

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from searchkit.index.engine import Document, Engine, Writer


class Loader(Protocol):
    """Takes documents into the batch of a writer that is elsewhere. Not for several threads."""

    def add(self, document: Document) -> None:
        """Add a document, replacing the one of the batch with the same id and the same group."""

    def replace(self, document: Document, groups: Collection[str]) -> None:
        """Add a document, and remove those that the batch has under its id with other groups."""

    def get(self, groups: Mapping[str, str]) -> dict[str, bytes]:
        """Return the stored bytes of documents of the batch that were flushed: of those that exist.

        Args:
            groups: id -> the group with which it was added.
        """

    def flush(self) -> None:
        """Return when all is as durable as a commit would make it."""

    def __enter__(self) -> Self:
        """Return the loader."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget what was not flushed."""


class SharedWriter(Writer, Protocol):
    """A writer that lets loaders write into its batch."""

    def share(self, batch: int = 0) -> int:
        """Return the number of the batch, for loaders.

        Args:
            batch: one of a writer that was cut short, to go on with it. That is possible until another writer
                begins a batch; then, and with 0, the number is a new one.
        """


@runtime_checkable
class Loadable(Protocol):
    """What an engine has besides that which all have."""

    def loader(self, batch: int) -> Loader:
        """Return a loader for a batch.

        Raises:
            IndexLockedError: it is over: committed, or another writer has begun one.
        """


__all__ = ["Engine", "Loadable", "Loader", "SharedWriter"]
