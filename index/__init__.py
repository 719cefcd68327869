"""Tokens to an index, and to ranked hits. One file for each engine behind one protocol."""

from searchkit.index.engine import (
    Checked,
    Document,
    Engine,
    EngineHit,
    EngineStats,
    Entry,
    Kept,
    Request,
    Response,
    Sort,
    Writer,
)
from searchkit.index.registry import DEFAULT_ENGINE, ENGINES, engine_class

__all__ = [
    "DEFAULT_ENGINE",
    "ENGINES",
    "Checked",
    "Document",
    "Engine",
    "EngineHit",
    "EngineStats",
    "Entry",
    "Kept",
    "Request",
    "Response",
    "Sort",
    "Writer",
    "engine_class",
]
