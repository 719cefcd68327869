"""What ``searchkit.json`` must look like before anything in it is used: an index may come from a stranger."""

from collections.abc import Callable
from typing import Any, Final

import regex

# Bytes of the file: the vocabulary, and a label for each of a million studies.
MOST_BYTES: Final = 256_000_000
_CODE: Final = regex.compile(r"[a-z]{2,3}")


def check_settings(data: dict[str, Any]) -> None:
    """Check the settings of an index.

    Raises:
        ValueError: something is not of its kind; the message names it.
    """
    _need("engine", type(data["engine"]) is str)
    _need("searchkit", type(data["searchkit"]) is str and len(data["searchkit"]) < 100)
    _need("analyzers", _is_map(data["analyzers"], _is_text) and all(map(_CODE.fullmatch, data["analyzers"])))
    _need("study_labels", _is_map(data["study_labels"], _is_text))
    _need("study_ties", _is_map(data.get("study_ties", {}), lambda keys: _is_map(keys, _is_text)))
    _need("vocabulary", _is_map(data["vocabulary"], _is_entry))
    _need("compiled", _is_list(data["compiled"]["words"], _is_text))
    _need("compiled", _is_map(data["compiled"]["chains"], _is_compiled))
    _need("sources", _is_list(data.get("sources", []), _is_text))
    _need("studies", _is_map(data.get("studies", {}), _is_study))


def _need(name: str, condition: object) -> None:
    if not condition:
        raise ValueError(f"{name!r} is not what it is in an index")


def _is_text(value: object) -> bool:
    return type(value) is str


def _is_list(value: object, is_item: Callable[[object], bool]) -> bool:
    return isinstance(value, list) and all(map(is_item, value))


def _is_map(value: object, is_item: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and all(map(is_item, value.values()))


def _is_texts(value: object) -> bool:
    return _is_list(value, _is_text)


def _is_entry(entry: object) -> bool:
    return _is_map(entry, _is_texts)


def _is_compiled(value: object) -> bool:
    """Tell whether a value is a fingerprint and chains: pairs of a key and its tokens."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and _is_text(value[0])
        and _is_list(
            value[1],
            lambda pair: isinstance(pair, list) and len(pair) == 2 and _is_text(pair[0]) and _is_texts(pair[1]),
        )
    )


def _is_study(study: object) -> bool:
    return isinstance(study, dict) and all(
        type(value) is int if name == "year" else _is_text(value) or _is_texts(value)
        for name, value in study.items()
    )
