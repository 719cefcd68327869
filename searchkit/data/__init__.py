"""Vocabularies and word lists, in TOML."""

from functools import cache
from typing import Any


@cache
def tables(name: str) -> dict[str, Any]:
    """Return what a file of this folder holds, such as ``dates`` or ``negation``."""
    # A search reads none of them.
    import tomllib
    from importlib import resources

    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
