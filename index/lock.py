"""One writer at a time: a lock of the operating system, which goes when its process does, and who holds it."""

import errno
import json
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from searchkit.errors import IndexLockedError, InputError

LOCK: Final = "WRITELOCK"
HOLDER: Final = "writer.json"
_DELAY: Final = 0.05
# What the system says where another one has the lock; all else is a fault, such as a file system without locks.
_HELD: Final = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
# The lock files of this process: a lock goes when the last copy of its file is closed, and forks have copies.
_files: set[int] = set()


class WriterLock:
    """The lock of an index folder, held from the making of this object to `release`.

    Args:
        location: the engine's folder.
        wait: seconds to wait for another writer; 0 does not wait.
        index: the folder that people call the index, for messages; the one above ``location`` by default.

    Raises:
        IndexLockedError: another writer did not finish in time; the message names its process and host.
        InputError: ``wait`` is no number of seconds.
        OSError: the folder may not be written, or its file system has no locks.
    """

    def __init__(self, location: Path, wait: float, index: Path | None = None) -> None:
        self._location = location
        self._process = os.getpid()
        end = time.monotonic() + checked(wait)
        holder = json.dumps(_this_process())
        self._file = _opened(location / LOCK)
        try:
            while not self._is_locked():
                left = end - time.monotonic()
                if left <= 0:
                    raise IndexLockedError(
                        f"{index or location.parent} is being written by {_holder(location)}; "
                        f"waited {wait:g} s: try again when it is done"
                    )
                time.sleep(min(_DELAY, left))
            # A killed holder's name is there until now: `_holder` knows that it is gone.
            (location / HOLDER).write_text(holder, encoding="utf-8")
        except BaseException:
            _close(self._file)  # a full disk: who tries again must not wait for this one
            raise

    def release(self, *, remove: bool = False) -> None:
        """Let the next writer in.

        Args:
            remove: remove the lock's file too. Who waits for it takes the next one.
        """
        if os.getpid() != self._process:
            return  # a fork: the lock is its parent's
        for name in (HOLDER, LOCK) if remove else (HOLDER,):
            with suppress(FileNotFoundError):
                (self._location / name).unlink()
        _close(self._file)

    def _is_locked(self) -> bool:
        """Lock the file that has the name now, unless another has it."""
        while _locked(self._file):
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._file), (self._location / LOCK).stat()):
                    return True
            # Removed, with its folder or alone, while this process waited for it.
            _close(self._file)
            self._file = _opened(self._location / LOCK)
        return False


def checked(wait: float) -> float:
    """Return a time to wait.

    Raises:
        InputError: it is negative, infinite or no number: no writer may wait forever.
    """
    if not 0 <= wait < float("inf"):
        raise InputError(f"wait must be a number of seconds, 0 or more, not {wait!r}")
    return wait


def _opened(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    _files.add(file)
    return file


def _close(file: int) -> None:
    """Unlock and close a file, whoever has copies of it."""
    if file not in _files:
        return
    _files.discard(file)
    if sys.platform != "win32":
        import fcntl

        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)
    os.close(file)


def _forget() -> None:
    """Close a fork's copies of its parent's locks, without unlocking them."""
    for file in _files:
        os.close(file)
    _files.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _locked(file: int) -> bool:
    """Lock a file, unless another has it; closing it, or the end of the process, lets go.

    Raises:
        OSError: it cannot be locked at all.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def _this_process() -> dict[str, Any]:
    import socket  # a search imports this file and locks nothing

    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _holder(location: Path) -> str:
    try:
        holder = json.loads((location / HOLDER).read_text(encoding="utf-8"))
        process, host, since = int(holder["pid"]), str(holder["host"]), str(holder["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
    here = _this_process()
    if host == here["host"]:
        if process == here["pid"]:
            return f"this process, {process} on {host}, since {since}"
        if not _is_running(process):
            # A killed process left its name, and the one that holds the lock has not written its own yet.
            return "another process"
    return f"process {process} on {host} since {since}"


def _is_running(process: int) -> bool:
    if process <= 0:
        return False
    if sys.platform == "win32":
        return True  # where there is no way to ask that does no harm
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's
    return True
