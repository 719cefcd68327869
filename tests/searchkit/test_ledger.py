"""What a bulk load remembers: enough to go on where it was, and only with the same files."""

from pathlib import Path

import pytest

from searchkit import InputError
from searchkit.ledger import Ledger, Line, Loaded, Plan, Shard, lines_of, packed
from searchkit.parallel import Trace
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary

TRACE = Trace("zh", frozenset({"doi:10.1/a"}), frozenset({"ltp"}), ("study doi:10.1/a", "1,5\u2028"), 3)
LINES = [
    Line("突触-1", "digest", "file.jsonl:1", "", TRACE, {"1987;12:34": {"noname": "doi:10.1/a"}}),
    Line("b", "digest", "file.jsonl:2", "given", Trace("en", frozenset(), frozenset(), (), 0), {}),
]
WORDS = Vocabulary.builtin()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{number}.jsonl" for number in range(3)]
    for file in made:
        file.write_text("{}\n")
    return made


def plan(files: list[Path], index: str = "http://localhost:9200/a", studies: StudyRegistry | None = None) -> Plan:
    return Plan.of(index, [Shard.of(file) for file in files], WORDS, studies or StudyRegistry())


def test_articles_are_unpacked_as_they_were_packed() -> None:
    assert list(lines_of(packed(LINES))) == LINES
    assert [line.own for line in LINES] == ["突触-1 digest", "=given"]


def test_what_is_done_is_there_after_a_restart(files: list[Path], tmp_path: Path) -> None:
    first = Ledger(tmp_path / "state", plan(files))
    first.begin(7)
    loaded = Loaded(2, 30, 0.5, ["a problem"], {"zh": "fingerprint"}, {"doi:10.1/a": "A 1987"}, packed(LINES))
    first.put(1, loaded)
    again = Ledger(tmp_path / "state", plan(files))
    assert (again.plan.batch, again.done()) == (7, {1})
    assert list(again.lines(1)) == LINES
    loaded.lines = b""
    assert again.head(1) == loaded
    again.begin(7)
    assert again.done() == {1}
    again.remove()
    assert not (tmp_path / "state").exists()


def test_what_was_done_in_a_batch_that_is_lost_is_forgotten(files: list[Path], tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state", plan(files))
    ledger.begin(7)
    ledger.put(0, Loaded(lines=packed([])))
    ledger.begin(8)
    assert ledger.done() == set()
    assert Ledger(tmp_path / "state", plan(files)).plan.batch == 8


def test_another_load_is_refused(files: list[Path], tmp_path: Path) -> None:
    Ledger(tmp_path / "state", plan(files)).begin(1)
    with pytest.raises(InputError, match="into another index"):
        Ledger(tmp_path / "state", plan(files, index="http://localhost:9200/b"))
    known = StudyRegistry.from_dict({"a-1987": {"label": "A 1987"}})
    with pytest.raises(InputError, match="with other words"):
        Ledger(tmp_path / "state", plan(files, studies=known))
    files[1].write_text("{}\n{}\n")
    with pytest.raises(InputError, match=r"first: .*1\.jsonl"):
        Ledger(tmp_path / "state", plan(files))


def test_a_folder_of_something_else_is_left_alone(files: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not empty; name another folder with --state"):
        Ledger(tmp_path, plan(files))
    with pytest.raises(InputError, match="cannot keep there what is done"):
        Ledger(files[0], plan(files))
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "plan.json").write_text("{}")
    with pytest.raises(InputError, match="not of a bulk load"):
        Ledger(tmp_path / "state", plan(files))
