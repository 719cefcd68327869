"""Tokens to an index, and to ranked hits. One file for each engine behind one protocol."""

from searchkit.index.engine import (
    Checked,
    Distant,
    Document,
    Engine,
    EngineHit,
    EngineStats,
    Entry,
    FileEngine,
    Kept,
    Request,
    Response,
    Snapshot,
    Sort,
    Writer,
)
from searchkit.index.registry import DEFAULT_ENGINE, ENGINES, FILE_ENGINES, engine_class, file_engine

__all__ = [
    "DEFAULT_ENGINE",
    "ENGINES",
    "FILE_ENGINES",
    "Checked",
    "Distant",
    "Document",
    "Engine",
    "EngineHit",
    "EngineStats",
    "Entry",
    "FileEngine",
    "Kept",
    "Request",
    "Response",
    "Snapshot",
    "Sort",
    "Writer",
    "engine_class",
    "file_engine",
]
