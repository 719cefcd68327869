"""Whether a segment's arrays fit together, so that nothing in a file from a stranger leads outside of it.

A checksum tells damage; who makes a file to do harm makes its checksums too. What is quick to tell is looked at
when a file is opened (`checked_directory`); all of it only where reading has failed, and before a writer merges it
(`check`), which reads it all anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from searchkit.index.segment import Array, SegmentFile

_TYPES: Final = frozenset({"<u1", "<u2", "<u4", "<u8"})


class Directory(NamedTuple):
    """What the directory of a segment says."""

    documents: int
    languages: list[str]
    arrays: dict[str, tuple[int, str, int, int]]


def checked_directory(held: Any, end: int) -> Directory:
    """Return a directory whose arrays are all in the file, and of the sizes that its fields need.

    Args:
        held: the directory, as JSON gave it.
        end: where the arrays end in the file.

    Raises:
        ValueError: it is not as a segment's is.
    """
    try:
        documents, languages, arrays = held["documents"], held["languages"], held["arrays"]
        _need(type(documents) is int and 0 <= documents <= end)
        _need(isinstance(languages, list) and all(type(code) is str for code in languages))
        for name, (start, kind, count, check) in arrays.items():
            _need(type(name) is str and type(start) is type(count) is type(check) is int and kind in _TYPES)
            _need(0 <= start <= end and count >= 0 and start + int(kind[2]) * count <= end)
        for name in arrays:
            base, _, part = name.rpartition("/")
            if part == "terms":
                _check_field(arrays, base, documents)
            elif part == "number":
                _need(arrays[name][2] == documents)
            elif part == "bytes":
                _need(arrays[f"{base}/column_starts"][2] == documents + 1)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise ValueError("its directory is not that of a segment") from error
    return Directory(documents, languages, arrays)


def _check_field(arrays: dict[str, tuple[int, str, int, int]], base: str, documents: int) -> None:
    terms = arrays[f"{base}/ends"][2]
    _need(terms >= 1 and arrays[f"{base}/starts"][2] == terms)
    postings = arrays[f"{base}/documents"][2]
    if f"{base}/frequencies" in arrays:
        _need(arrays[f"{base}/frequencies"][2] == postings and arrays[f"{base}/position_starts"][2] == terms)
        _need(f"{base}/positions" in arrays)
    else:
        _need(arrays[f"{base}/label_starts"][2] == documents + 1 and f"{base}/labels" in arrays)


def check(segment: SegmentFile) -> None:
    """Look at all of a segment.

    Raises:
        ValueError: a number in it leads to nothing.
    """
    for name in segment.fields:
        terms = segment.size(f"{name}/terms")
        ends, starts, numbers = (segment.array(f"{name}/{part}") for part in ("ends", "starts", "documents"))
        _check_runs(ends, terms)
        _check_runs(starts, len(numbers))
        _check_below(numbers, segment.documents)
        if segment.holds(f"{name}/frequencies"):
            positions = segment.array(f"{name}/positions")
            position_starts = segment.array(f"{name}/position_starts")
            _check_runs(position_starts, len(positions))
            _check_frequencies(segment.array(f"{name}/frequencies"), starts, position_starts, len(positions))
        else:
            labels = segment.array(f"{name}/labels")
            _check_runs(segment.array(f"{name}/label_starts"), len(labels))
            _check_below(labels, len(ends) - 1)
    for name in segment.columns:
        _check_runs(segment.array(f"{name}/column_starts"), segment.size(f"{name}/bytes"))
    _check_below(segment.number("language"), max(len(segment.languages), 1))


def _check_frequencies(frequencies: Array, starts: Array, position_starts: Array, positions: int) -> None:
    _need(not len(frequencies) or (int(frequencies.min()) > 0 and int(frequencies.max()) <= max(positions, 1)))
    sums = np.concatenate([[0], np.cumsum(frequencies.astype(np.int64))])
    _need(bool((np.diff(sums[starts.astype(np.int64)]) == np.diff(position_starts.astype(np.int64))).all()))


def _check_runs(starts: Array, items: int) -> None:
    """Check where runs start that follow each other and make up so many items."""
    _need(len(starts) > 0 and int(starts[0]) == 0 and int(starts[-1]) == items)
    _need(bool((starts[1:] >= starts[:-1]).all()))


def _check_below(numbers: Array, limit: int) -> None:
    _need(not len(numbers) or int(numbers.max()) < limit)


def _need(condition: bool) -> None:
    if not condition:
        raise ValueError("its arrays do not fit together")
