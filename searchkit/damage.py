"""Saying what is wrong with an index's files: which one, and the command that mends it."""

import struct
import zlib
from collections.abc import Callable
from functools import wraps
from inspect import isfunction
from pathlib import Path
from typing import Any, Final, TypeVar

from searchkit.errors import IndexFormatError, IndexStateError, SearchkitError
from searchkit.index import file_engine

# What reading a damaged file may end with.
_SYMPTOMS: Final = (
    *(ValueError, LookupError, ArithmeticError, TypeError, AttributeError, MemoryError),
    *(zlib.error, struct.error),
)

C = TypeVar("C", bound=type)


def damage_told(kind: C) -> C:
    """Make the public methods of a class of articles look for damage where they fail.

    Files are not compared with their checksums whenever they are opened: that would be reading them.
    """
    for name, method in vars(kind).items():
        if isfunction(method) and not name.startswith("_"):
            setattr(kind, name, _told(method))
    return kind


def _told(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def told(self: Any, *given: Any, **named: Any) -> Any:
        try:
            return method(self, *given, **named)
        except SearchkitError:
            raise
        except _SYMPTOMS as error:
            if not isinstance(self.path, Path):
                raise  # in a cluster
            place = self.path / self.engine
            for checked in file_engine(self.engine).check(place):
                if checked.problem:
                    raise IndexFormatError(
                        f"{place / checked.name}: {checked.problem}; run: searchkit rebuild --index {self.path}"
                    ) from error
            raise

    return told


def failed(index: Path | str, error: OSError) -> IndexStateError | OSError:
    """Return the error for a change that the system did not let happen; others' errors as they are.

    Args:
        index: the folder of the index, or its address.
        error: what the system said; it names the file.
    """
    if not error.filename or not Path(error.filename).is_relative_to(index):
        return error
    return IndexStateError(
        f"{error.filename}: {error.strerror}; what was committed before is there: see to the disk and to the "
        f"rights of {index}, then run the command again"
    )
