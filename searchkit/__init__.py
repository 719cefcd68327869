"""searchkit: full-text search for articles in several languages."""

from pathlib import Path as _Path

_checkout = _Path(__file__).resolve().parent.parent
if (_checkout / "pyproject.toml").is_file() and (_checkout / "analyzers" / "registry.py").is_file():
    # Imported from a checkout (``python`` started in its top folder): there analyzers/ and index/ stand beside
    # this folder, and an installed copy of them would be shadowed by it.
    __path__.append(str(_checkout))
