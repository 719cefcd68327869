"""The table of engines."""

from importlib import import_module
from typing import Final, NamedTuple, cast

from searchkit.errors import InputError, MissingExtraError
from searchkit.index.engine import Engine, FileEngine


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
# Those that keep an index in files of this machine.
FILE_ENGINES: Final = ("tantivy", "whoosh")


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


def file_engine(name: str) -> type[FileEngine]:
    """Return the class of an engine that keeps an index in files; see `engine_class`.

    Raises:
        InputError: there is no such engine.
        MissingExtraError: its library is not installed.
    """
    if name not in FILE_ENGINES:
        raise InputError(f"no engine of files is named {name!r}; choose one of: {', '.join(FILE_ENGINES)}")
    return cast("type[FileEngine]", engine_class(name))
