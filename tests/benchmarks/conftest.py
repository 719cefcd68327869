"""The modules of the speed benchmark, which is no package, and a small corpus for it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from searchkit.language import detect
from searchkit.readers import Draft, read

_MODULES = {"corpus", "prepare", "measure", "report", "breakdown", "systems"}


@pytest.fixture
def benchmark(checkout: Path) -> Iterator[None]:
    """Let the benchmark's modules be imported by the names that they have for each other."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(checkout / "benchmarks" / "speed")
        yield
    for name in set(sys.modules) - before:
        if name.split(".")[0] in _MODULES:
            del sys.modules[name]


@pytest.fixture(scope="session")
def paragraphs(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """Return a JSONL file with each paragraph of the sample articles once."""
    file = tmp_path_factory.mktemp("corpus") / "paragraphs.jsonl"
    seen: set[str] = set()
    with file.open("w", encoding="utf-8") as out:
        for draft in read([samples]):
            assert isinstance(draft, Draft)
            language = draft.language or detect(draft.text)
            for line in filter(None, map(str.strip, draft.text.splitlines())):
                if line not in seen:
                    seen.add(line)
                    out.write(json.dumps({"title": draft.title, "text": line, "language": language}) + "\n")
    return file
