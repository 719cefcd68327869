"""One writer at a time: a lock of the operating system, which goes when its process does, and who holds it."""

import json
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from searchkit.errors import IndexLockedError

LOCK: Final = "WRITELOCK"
HOLDER: Final = "writer.json"
_DELAY: Final = 0.05


class WriterLock:
    """The lock of an index folder, held from the making of this object to `release`.

    Args:
        location: the engine's folder; messages name the one above it, which is what people call the index.
        wait: seconds to wait for another writer.

    Raises:
        IndexLockedError: another writer did not finish in time; the message names its process and host.
    """

    def __init__(self, location: Path, wait: float) -> None:
        import socket  # a search imports this file and locks nothing

        self._location = location
        self._file = os.open(location / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        end = time.monotonic() + wait
        while not _locked(self._file):
            if time.monotonic() >= end:
                os.close(self._file)
                raise IndexLockedError(
                    f"{location.parent} is being written by {_holder(location)}; "
                    f"waited {wait:g} s: try again when it is done"
                )
            time.sleep(_DELAY)
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        try:
            (location / HOLDER).write_text(json.dumps(holder), encoding="utf-8")
        except OSError:
            os.close(self._file)  # a full disk: who tries again must not wait for this one
            raise

    def release(self) -> None:
        """Let the next writer in."""
        with suppress(FileNotFoundError):
            (self._location / HOLDER).unlink()
        os.close(self._file)


def _locked(file: int) -> bool:
    """Lock a file, unless another has it; closing it, or the end of the process, lets go."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(location: Path) -> str:
    try:
        holder = json.loads((location / HOLDER).read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
