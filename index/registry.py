"""The table of engines."""

from importlib import import_module
from typing import Final, NamedTuple

from searchkit.errors import InputError, MissingExtraError
from searchkit.index.engine import Engine


class _Place(NamedTuple):
    module: str
    name: str
    extra: str | None


ENGINES: Final = {
    "whoosh": _Place("searchkit.index.whoosh", "WhooshEngine", None),
    "tantivy": _Place("searchkit.index.tantivy", "TantivyEngine", "tantivy"),
    "opensearch": _Place("searchkit.index.opensearch", "OpenSearchEngine", "opensearch"),
}

DEFAULT_ENGINE: Final = "whoosh"


def engine_class(name: str) -> type[Engine]:
    """Return the class of an engine.

    Raises:
        InputError: there is no engine of that name.
        MissingExtraError: its library is not installed; the message says how to install it.
    """
    place = ENGINES.get(name)
    if place is None:
        raise InputError(f"no engine is named {name!r}; choose one of: {', '.join(sorted(ENGINES))}")
    try:
        found: type[Engine] = getattr(import_module(place.module), place.name)
    except ImportError as error:
        if place.extra is None:
            raise
        raise MissingExtraError(
            f"the {name} engine needs {error.name}: pip install 'searchkit[{place.extra}]'"
        ) from error
    return found
