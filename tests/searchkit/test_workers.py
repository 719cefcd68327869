"""Articles derived on several processes are the same as on one."""

import pickle
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from searchkit import ArticleIndex, IndexStateError, workers
from searchkit.derive import Deriver
from searchkit.readers import Draft, Problem, read
from searchkit.studies import StudyRegistry, Ties
from searchkit.vocabulary import Vocabulary
from searchkit.workers import Task, derive

SAMPLES = Path(__file__).parents[2] / "examples" / "articles"
DERIVER = Deriver(Vocabulary.builtin(), Vocabulary.builtin("study_types"), StudyRegistry())


@pytest.fixture(autouse=True)
def _portions_of_an_article_or_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_ALONE", 3_000)
    monkeypatch.setattr(workers, "_PORTION", 5_000)


def drafts() -> list[Draft]:
    return [draft for draft in read([SAMPLES]) if not isinstance(draft, Problem)]


def tasks() -> Iterator[Task]:
    for number, draft in enumerate(drafts()):
        yield Task(draft, f"article-{number}", str(number))


@pytest.mark.slow
def test_two_processes_derive_what_one_does_in_the_same_order() -> None:
    # No study is known here, so that all keys depend on what other articles say of a study.
    alone, together = Ties(), Ties()
    one = list(derive(tasks(), DERIVER, alone))
    two = list(derive(tasks(), DERIVER, together, jobs=2))
    assert [task for task, _ in two] == [task for task, _ in one]
    assert [derived for _, derived in two] == [derived for _, derived in one]
    assert together == alone
    assert alone.known


def test_an_index_made_and_rebuilt_on_two_processes_is_that_of_one(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "one") as one, ArticleIndex.create(tmp_path / "two") as two:
        one.update(drafts())
        changes = two.update(drafts(), jobs=2)
        assert changes.added == len(drafts())
        assert two.facets() == one.facets()
        assert two.search("magnesium").hits == one.search("magnesium").hits
        two.rebuild(jobs=2)
        assert two.search("magnesium").hits == one.search("magnesium").hits
        again = two.update(drafts(), jobs=2)
        assert (again.unchanged, again.any) == (len(drafts()), False)


def test_a_process_that_is_killed_is_told_and_changes_nothing(
    tmp_path: Path,
) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update(drafts()[:3])
        # Stands for a lack of memory: the process ends itself when it unpacks the draft.
        fatal = [*drafts()[3:], replace(drafts()[0], source="fatal.txt", title=_Fatal("Fatal"))]
        with pytest.raises(IndexStateError, match=r"was killed.*--jobs 1"):
            index.update(fatal, jobs=2)
        assert index.info().articles == 3
        assert index.update(drafts()).added == len(drafts()) - 3


class _Fatal(str):
    def __reduce__(self) -> tuple[object, ...]:
        return signal.raise_signal, (signal.SIGKILL,)


@pytest.mark.slow
def test_an_error_of_the_reader_ends_the_processes(tmp_path: Path) -> None:
    def broken() -> Iterator[Draft]:
        yield from drafts()
        raise OSError("the disk is gone")

    with ArticleIndex.create(tmp_path / "index") as index:
        with pytest.raises(OSError, match="the disk is gone"):
            index.update(broken(), jobs=2)
        assert index.info().articles == 0


def test_articles_and_what_derives_them_can_be_pickled() -> None:
    (found,) = [derived for _, derived in derive(list(tasks())[:1], DERIVER, Ties())]
    assert pickle.loads(pickle.dumps(found)) == found
    copy = pickle.loads(pickle.dumps(DERIVER))
    assert (copy.mechanisms, copy.study_types, copy.studies) == (
        DERIVER.mechanisms,
        DERIVER.study_types,
        DERIVER.studies,
    )
