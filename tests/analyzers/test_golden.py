"""Golden tokens: ``golden/CODE.json`` says for each text what the analyzer of CODE makes of it.

Each entry holds a text, its tokens as [term, start, end, position], and the surface form of each token. They were
read and judged by hand; change them only together with a rule, never to make a test pass.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from searchkit.analyzers import LANGUAGES, analyzer_for

GOLDEN = Path(__file__).with_name("golden")
FILES = sorted(GOLDEN.glob("*.json"))
CASES = [
    pytest.param(file.stem, case, id=f"{file.stem}-{number}")
    for file in FILES
    for number, case in enumerate(json.loads(file.read_text(encoding="utf-8")), 1)
]


@pytest.mark.parametrize(("code", "case"), CASES)
def test_text_gives_its_golden_tokens(code: str, case: dict[str, Any]) -> None:
    assert [list(token) for token in analyzer_for(code).tokens(case["text"])] == case["tokens"]


@pytest.mark.parametrize(("code", "case"), CASES)
def test_offsets_cut_out_the_surface_form(code: str, case: dict[str, Any]) -> None:
    text = case["text"]
    assert [text[token.start : token.end] for token in analyzer_for(code).tokens(text)] == case["surfaces"]


def test_every_language_of_the_table_has_golden_tokens() -> None:
    assert set(LANGUAGES) <= {file.stem for file in FILES}
