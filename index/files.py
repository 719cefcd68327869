"""What engines ask of the files in a folder."""

import os
from contextlib import suppress
from pathlib import Path


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
