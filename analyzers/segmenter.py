"""Chinese words, found by jieba in dictionary mode.

Without its hidden Markov model for unknown words jieba loses nothing in retrieval beside bigrams; its tokens are
then deterministic, and equal to those of its Rust port.

jieba loads its whole dictionary (350,000 words, 60 MB, half a second) before the first word. Here the dictionary,
with the user's words, is kept in a cache file in parts, one for each first character: a query reads only the parts
that its characters need, and a longer text loads it whole. The cache is JSON, in a folder that nobody else can
write to; jieba's own is a marshal file in the shared temporary folder.
"""

import hashlib
import importlib.util
import json
import os
import stat
import sys
import threading
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

# Characters after which a process is indexing rather than searching, and the whole dictionary pays.
_WHOLE_AFTER: Final = 4_000
_KEPT_CACHES: Final = 4
_MOST_HEAD: Final = 10_000_000


class JiebaSegmenter:
    """Finds Chinese words, and the shorter words inside long ones.

    Nothing is imported or read before the first Chinese text. Shared by threads.

    Args:
        user_words: words to add to the dictionary.
    """

    def __init__(self, user_words: frozenset[str] = frozenset()) -> None:
        self._user_words = sorted(user_words)
        self._tokenizer: Any = None
        self._seen = 0
        self._whole = False
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """The dictionary and the user's words."""
        return f"jieba hmm=off {self._name()}"

    def spans(self, run: str) -> Iterator[tuple[int, int]]:
        """Yield (start, end) of each word of ``run``, and of the dictionary words of 2 and 3 inside it."""
        self._seen += len(run)
        tokenizer = self._tokenizer
        if tokenizer is None or (not self._whole and self._seen > _WHOLE_AFTER):
            tokenizer = self._load()
        known = tokenizer.FREQ
        start = 0
        for word in tokenizer.cut(run, HMM=False):
            size = len(word)
            for part in (2, 3):
                if size > part:
                    for first in range(size - part + 1):
                        if known.get(word[first : first + part]):
                            yield start + first, start + first + part
            yield start, start + size
            start += size

    def _load(self) -> Any:
        with self._lock:
            whole = self._seen > _WHOLE_AFTER
            if self._tokenizer is None or (whole and not self._whole):
                folder = _private_folder()
                file = folder / f"{self._name()}.json" if folder else None
                tokenizer = _import_jieba().Tokenizer()
                parts = _Parts.open(file, self._user_words) if file else None
                if parts is None:
                    _build(tokenizer, self._user_words)
                    if file:
                        _write(file, tokenizer.FREQ, tokenizer.total)
                else:
                    tokenizer.total = parts.total
                    tokenizer.FREQ = parts.all() if whole else parts
                    tokenizer.initialized = True
                self._whole = whole or parts is None
                self._tokenizer = tokenizer
            return self._tokenizer

    def _name(self) -> str:
        words = hashlib.sha256("\n".join(self._user_words).encode()).hexdigest()[:12]
        return f"jieba-{_dictionary().stat().st_size}-{words}"


class _Parts(dict[str, int]):
    """The words of a cache file; those that begin with a character are read when one of them is asked for.

    The file is a line of JSON, ``{"total": …, "size": …, "parts": {character: [offset, length]}}``, and after it
    the parts, each an object of words and their frequencies.
    """

    def __init__(
        self, file: Path, user_words: list[str], start: int, total: int, places: dict[str, tuple[int, int]]
    ) -> None:
        super().__init__()
        self.total = total
        self._user_words = user_words
        self._file = file
        self._start = start
        self._places = places

    @classmethod
    def open(cls, file: Path, user_words: list[str]) -> "_Parts | None":
        """Return the words of a file, or None if it is missing or not whole."""
        try:
            with _opened(file) as stream:
                line = stream.readline(_MOST_HEAD)
                size = os.fstat(stream.fileno()).st_size
            head = json.loads(line)
            total, body, places = head["total"], head["size"], head["parts"]
            sound = type(total) is int and total > 0 and type(body) is int and size == len(line) + body
            if not sound or not all(0 <= first <= first + count <= body for first, count in places.values()):
                return None
            return cls(file, user_words, len(line), total, places)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def all(self) -> dict[str, int]:
        """Return all words as a plain dictionary, which is faster to ask."""
        words: dict[str, int] = {}
        try:
            with _opened(self._file) as stream:
                body = stream.read()[self._start :]
            for offset, length in self._places.values():
                words.update(_words(body[offset : offset + length]))
        except (OSError, ValueError, TypeError, RecursionError):
            return self._built()
        return words

    def _need(self, first: str) -> None:
        place = self._places.get(first)
        if place is not None:
            try:
                with _opened(self._file) as stream:
                    stream.seek(self._start + place[0])
                    self.update(_words(stream.read(place[1])))
                self._places.pop(first, None)
            except (OSError, ValueError, TypeError, RecursionError):
                self.update(self._built())
                self._places.clear()

    def _built(self) -> dict[str, int]:
        """Return all words, made anew: somebody has removed the file meanwhile."""
        tokenizer = _import_jieba().Tokenizer()
        _build(tokenizer, self._user_words)
        words: dict[str, int] = tokenizer.FREQ
        return words

    def __contains__(self, word: object) -> bool:
        self._need(str(word)[:1])
        return super().__contains__(word)

    def __getitem__(self, word: str) -> int:
        self._need(word[:1])
        return super().__getitem__(word)

    def get(self, word: str, default: Any = None) -> Any:
        self._need(word[:1])
        return super().get(word, default)


def _opened(file: Path) -> BinaryIO:
    """Open a cache file that this user has written and nobody else can have.

    Raises:
        OSError: it is a link, no plain file, or somebody else's.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(file, flags | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or not _is_own(status):
            raise PermissionError(13, "may be somebody else's", str(file))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _is_own(status: os.stat_result) -> bool:
    """Tell whether nobody but this user can write to a file or folder."""
    own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return own and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _words(packed: bytes) -> dict[str, int]:
    """Return a part of a cache file.

    Raises:
        ValueError: it is no object of words and frequencies.
    """
    words = json.loads(packed)
    if type(words) is not dict or not all(type(frequency) is int for frequency in words.values()):
        raise ValueError("no words and frequencies")
    return words


def _build(tokenizer: Any, user_words: list[str]) -> None:
    with _dictionary().open("rb") as stream:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(stream)
    tokenizer.initialized = True
    for word in user_words:
        tokenizer.add_word(word)


def _write(file: Path, words: dict[str, int], total: int) -> None:
    """Write a cache file so that others see all of it or none; without one the next process builds again."""
    parts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for word, frequency in words.items():
        parts[word[:1]][word] = frequency
    places = {}
    body = bytearray()
    for first, part in parts.items():
        packed = json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()
        places[first] = (len(body), len(packed))
        body += packed
    head = json.dumps({"total": total, "size": len(body), "parts": places}, ensure_ascii=False).encode()
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    with suppress(OSError):
        try:
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
            ) as stream:
                stream.write(head + b"\n" + body)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
        caches = sorted(file.parent.glob("jieba-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in caches[_KEPT_CACHES:]:
            old.unlink(missing_ok=True)


def _dictionary() -> Path:
    """Return jieba's dictionary file, without importing jieba."""
    spec = importlib.util.find_spec("jieba")
    assert spec is not None and spec.origin is not None  # noqa: S101, PT018 - a dependency
    return Path(spec.origin).with_name("dict.txt")


def _import_jieba() -> Any:
    # jieba 0.42.1 warns on import on current Pythons (invalid escapes, pkg_resources) and then works without
    # pkg_resources, whose import costs more than jieba's own.
    missing = "pkg_resources" not in sys.modules
    if missing:
        sys.modules["pkg_resources"] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jieba
    finally:
        if missing:
            sys.modules.pop("pkg_resources", None)
    jieba.setLogLevel("ERROR")
    return jieba


def _private_folder() -> Path | None:
    """Return a folder for caches that nobody else can write to, or None."""
    import platformdirs

    folder = platformdirs.user_cache_path("searchkit", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or not _is_own(status):
            return None
        if os.name == "posix" and stat.S_IMODE(status.st_mode) != 0o700:
            folder.chmod(0o700)  # made by an earlier version, or by hand
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
