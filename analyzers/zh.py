"""Chinese: words from jieba, overlapping bigrams beside them, Traditional read as Simplified.

jieba runs in dictionary mode (no hidden Markov model for unknown words): beside bigrams it loses nothing in
retrieval, the tokens are deterministic, and they equal those of its Rust port.
"""

import hashlib
import importlib.metadata
import os
import shutil
import stat
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from searchkit.analyzers.language import Language, read_list, word_list


class JiebaSegmenter:
    """Finds Chinese words, and the shorter words inside long ones, with jieba's dictionary.

    The dictionary (some 60 MB of memory) is loaded at the first Chinese text, not before.

    Args:
        user_words: words to add to the dictionary.
    """

    def __init__(self, user_words: frozenset[str] = frozenset()) -> None:
        self._user_words = sorted(user_words)
        self._tokenizer: Any = None
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """The release of jieba and the user's words."""
        words = hashlib.sha256("\n".join(self._user_words).encode()).hexdigest()[:12]
        return f"jieba {importlib.metadata.version('jieba')} hmm=off words={words}"

    def spans(self, run: str) -> Iterator[tuple[int, int]]:
        """Yield (start, end) of each word of ``run``, and of the dictionary words of 2 and 3 inside it."""
        tokenizer = self._tokenizer or self._load()
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
            if self._tokenizer is None:
                tokenizer = _import_jieba().Tokenizer()
                folder = _private_cache()
                try:
                    tokenizer.tmp_dir = str(folder or (temporary := tempfile.mkdtemp(prefix="searchkit-")))
                    tokenizer.cache_file = f"jieba-{importlib.metadata.version('jieba')}.cache"
                    tokenizer.initialize()
                finally:
                    if folder is None:
                        shutil.rmtree(temporary, ignore_errors=True)
                for word in self._user_words:
                    tokenizer.add_word(word)
                self._tokenizer = tokenizer
        return self._tokenizer


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


def _private_cache() -> Path | None:
    """Return a folder for jieba's dictionary cache that nobody else can write to, or None.

    The cache is a marshal file, which must never be read from a place where others can put one; jieba's own
    default is the shared temporary folder.
    """
    import platformdirs

    folder = platformdirs.user_cache_path("searchkit", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError:
        return None
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        return None
    return folder if os.access(folder, os.W_OK) else None


CHINESE = Language(
    code="zh",
    name="Chinese",
    scripts=("Han",),
    letters={ord(pair[0]): pair[1] for pair in read_list("zh_simplified.txt")},
    segmenter=JiebaSegmenter,
    stop_words=word_list("zh_stop.txt"),
)
