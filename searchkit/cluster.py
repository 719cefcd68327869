"""An index in a cluster: its settings are a document beside the engine's."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from searchkit.errors import InputError
from searchkit.home import Stamp, not_found
from searchkit.index import opensearch_state as states
from searchkit.index.opensearch import OpenSearchEngine, remove
from searchkit.index.opensearch_cluster import Address, Cluster

_DOCUMENT: Final = "settings"
_ENGINE: Final = "opensearch"


class ClusterHome:
    """A name in a cluster.

    Args:
        address: ``https://host:9200/articles``.

    Raises:
        InputError: it is none, or the configuration cannot be used (docs/opensearch.md).
    """

    default_engine: str = _ENGINE

    def __init__(self, address: str) -> None:
        self.location = str(Address.parse(address))
        self.settings = f"the settings of {self.location}"
        self._cluster = Cluster(Address.parse(address))

    def __str__(self) -> str:
        return self.location

    def exists(self) -> bool:
        """Tell whether there is an index of that name."""
        return states.get(self._cluster, _DOCUMENT, fields="stamp") is not None

    @contextmanager
    def making(self, engine: str, options: Mapping[str, int]) -> Iterator[None]:
        """Make an empty index."""
        place = self.engine(engine)
        state = states.State.read(self._cluster)
        if state is not None and not state.generation and not self.exists():
            remove(place)  # of a process that was killed before it wrote the settings
        OpenSearchEngine.create(place, **options).close()
        yield

    def engine(self, name: str) -> str:
        """Return the address."""
        if name != _ENGINE:
            raise InputError(f"{self.location}: the {name} engine keeps an index in a folder, not in a cluster")
        return self.location

    def read(self) -> bytes:
        """Return the settings."""
        found = states.get(self._cluster, _DOCUMENT)
        if found is None:
            raise not_found(self)
        text: str = found[0]["text"]
        return text.encode()

    def write(self, content: bytes) -> None:
        """Replace the settings; only the one writer does."""
        path = f"/{states.place(self._cluster)}/_doc/{_DOCUMENT}"
        # An index that is removed and made anew has the versions of the old one once more.
        self._cluster.request("PUT", path, {"text": content.decode(), "stamp": secrets.randbits(60)}, writing=True)

    def stamp(self) -> Stamp:
        """Return what changes with the settings."""
        found = states.get(self._cluster, _DOCUMENT, fields="stamp")
        return (found[0]["stamp"],) if found else ()

    def guard(self) -> None:
        """Do nothing: names in a cluster lead nowhere else."""

    def tidy(self, engine: str) -> None:
        """Do nothing: an index in a cluster has no other engine."""

    def close(self) -> None:
        """Let go of the connections."""
        self._cluster.close()
