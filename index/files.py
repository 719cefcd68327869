"""What engines ask of the files in a folder."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from searchkit.errors import IndexFormatError


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading that is a file, and no pipe, socket or device, which might never end.

    Raises:
        OSError: it cannot be opened, or is none.
    """
    # What has the name may have changed since somebody looked: a pipe without a writer must not hold us up.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "is not a plain file", str(path))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_plain(path: Path, most: int) -> bytes:
    """Return all bytes of a file, as `open_plain` opens it.

    Args:
        path: the file.
        most: number of bytes that it may have.

    Raises:
        OSError: it cannot be read.
        ValueError: it has more.
    """
    with open_plain(path) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise ValueError(f"larger than {most / 1e6:,.0f} MB")
    return data


def refuse_links(folder: Path) -> None:
    """Raise an error where a name in a folder or below leads elsewhere: a writer would write there.

    Raises:
        IndexFormatError: there is a symbolic link.
    """
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            file = Path(place, name)
            if file.is_symlink():
                raise IndexFormatError(f"{file} is a link, and leads a writer elsewhere; remove it")


def sync(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on disk and not in the system's buffers only."""
    if os.name != "posix" and path.is_dir():
        return  # other systems do not open folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder and below, each once however many names it has."""
    sizes = {}
    for place, _, names in os.walk(folder):
        for name in names:
            # A commit may remove files meanwhile.
            with suppress(FileNotFoundError):
                status = Path(place, name).stat()
                sizes[status.st_dev, status.st_ino] = status.st_size
    return sum(sizes.values())
