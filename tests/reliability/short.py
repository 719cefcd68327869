"""Some of what `kill.py` and `damage.py` do, on each engine, in one process: ``short.py ENGINE DAMAGES …``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import damage
import kill

for engine, count in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
    if kill.main(["--engine", engine, "--short"]) or damage.main(["--engine", engine, "--count", count]):
        sys.exit(1)
