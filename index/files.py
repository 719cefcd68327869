"""Changing files so that a process that is killed, or a full disk, leaves the last commit.

Engines and settings change the disk through these functions only, one operation of the file system each: so a
test can make every one of them fail, or be the last of its process (``tests/reliability``). What tantivy writes by
itself does not pass here. Errors of the system name the file.
"""

import errno
import json
import os
import shutil
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from searchkit.errors import IndexFormatError

# Files, and parts of them, up to so many bytes are compared with their checksums whenever they are opened, which
# takes microseconds; larger ones when they are merged, when reading fails, and by ``searchkit doctor``.
ALWAYS_CHECKED: Final = 1 << 16
_CHUNK: Final = 1 << 20
_SEAL: Final = b',"crc":'


class OtherVersionError(IndexFormatError):
    """The index is whole, and another version of searchkit or of a library reads it."""


def damaged(location: Path, reason: str) -> IndexFormatError:
    """Return the error that says how to mend an index.

    Args:
        location: the engine's folder; the one above it is what people call the index.
        reason: what is wrong, with the name of the file.
    """
    return IndexFormatError(f"{reason}; run: searchkit rebuild --index {location.parent}")


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


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.filename is None:  # writing to an open file does not say which
            error.filename = str(path)
        raise


class NewFile:
    """A file that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w+b")

    def write(self, block: Any) -> None:
        """Write bytes, or an array's memory."""
        with _named(self.path):
            self._file.write(block)

    def seek(self, place: int) -> None:
        """Go on at another place."""
        with _named(self.path):
            self._file.seek(place)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def close(self) -> None:
        """Hand over to the system what is not yet."""
        with _named(self.path):
            self._file.close()


def create(path: Path) -> NewFile:
    """Open a file to be written."""
    return NewFile(path)


def sync(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on disk and not in the system's buffers only."""
    writable = 0
    if os.name != "posix":
        if path.is_dir():
            return  # other systems do not open folders
        writable = os.O_RDWR  # nor sync what is open for reading
    handle = os.open(path, os.O_RDONLY | writable)
    try:
        with _named(path):
            os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, content: bytes) -> None:
    """Write a whole file, onto the disk; killed, it may be anything."""
    file = create(path)
    try:
        file.write(content)
    finally:
        file.close()
    sync(path)


def replace(draft: Path, path: Path) -> None:
    """Give a file the name of another, which is gone: at once, and on disk."""
    draft.replace(path)
    sync(path.parent)


def rewrite(path: Path, content: bytes) -> None:
    """Write a whole file so that others see the old one or this one, whatever happens."""
    draft = draft_of(path)
    try:
        write(draft, content)
        replace(draft, path)
    except BaseException:
        with suppress(OSError):
            remove(draft)
        raise


def draft_of(path: Path) -> Path:
    """Return the name under which `rewrite` writes: one only, so that killed processes leave one file at most."""
    return path.with_name(f".{path.name}.tmp")


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    path.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder that is not there."""
    path.mkdir()


def remove_folder(path: Path) -> None:
    """Remove a folder with all that is in it, as far as that can be done."""
    shutil.rmtree(path, ignore_errors=True)


def link(path: Path, new: Path) -> None:
    """Give a file a second name; a copy, where there are no hard links or too many of them."""
    try:
        os.link(path, new)
    except OSError:
        with _named(new):
            shutil.copy2(path, new)
        sync(new)


def sealed(data: Mapping[str, Any]) -> bytes:
    """Return JSON that tells if it was changed: its last key is the CRC-32 of what it would be without."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return b"%s%s%d}" % (text[:-1], _SEAL, zlib.crc32(text))


def unsealed(content: bytes) -> Any:
    """Return what `sealed` packed, or other JSON.

    Raises:
        ValueError: it was changed, or is no JSON.
    """
    text, seal, check = content.rpartition(_SEAL)
    if seal and check != b"%d}" % zlib.crc32(text + b"}"):
        raise ValueError("its checksum is another")
    return json.loads(content.decode())


def checksum(path: Path, end: int | None = None) -> int:
    """Return the CRC-32 of a file, or of its first bytes."""
    found = 0
    with open_plain(path) as file:
        left = end if end is not None else path.stat().st_size
        while left > 0 and (block := file.read(min(left, _CHUNK))):
            found = zlib.crc32(block, found)
            left -= len(block)
    return found


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
