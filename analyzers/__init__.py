"""Text to tokens. One small file for each language; `registry` is the table of them all."""

from searchkit.analyzers.analyzer import Analyzer
from searchkit.analyzers.language import Language, Segmenter
from searchkit.analyzers.registry import LANGUAGES, analyzer_for, known_codes, language
from searchkit.analyzers.token import Token, canonical

__all__ = [
    "LANGUAGES",
    "Analyzer",
    "Language",
    "Segmenter",
    "Token",
    "analyzer_for",
    "canonical",
    "known_codes",
    "language",
]
