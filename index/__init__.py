"""Tokens to an index, and to ranked hits. One file for each engine behind one protocol."""

from searchkit.index.engine import (
    Distant,
    Document,
    Engine,
    EngineHit,
    EngineStats,
    Entry,
    Request,
    Response,
    Snapshot,
    Sort,
    Writer,
)
from searchkit.index.registry import DEFAULT_ENGINE, ENGINES, engine_class

__all__ = [
    "DEFAULT_ENGINE",
    "ENGINES",
    "Distant",
    "Document",
    "Engine",
    "EngineHit",
    "EngineStats",
    "Entry",
    "Request",
    "Response",
    "Snapshot",
    "Sort",
    "Writer",
    "engine_class",
]
