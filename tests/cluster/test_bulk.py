"""A load on several processes makes the index that one process makes, and goes on where it was cut short."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster

import searchkit
from searchkit import ArticleIndex, InputError
from searchkit.bulk import Progress, bulk
from searchkit.errors import SearchkitError
from searchkit.readers import Draft, read

QUERIES = ("magnesium", '"synaptisk plasticitet"', "突触")
# The first says where the study is printed, the second what its DOI is, the third both.
PLACE = "1. Noname A. A study of ours. Journal of Nothing. 1987;12(3):34-56."
BOTH = f"{PLACE} doi: 10.9999/nothing.1987"


@pytest.fixture
def address(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"bulk-{abs(hash(request.node.name)) % 10**8}"
    yield f"{cluster.urls[0]}/{name}"
    cluster.request("DELETE", f"/{name}-*?expand_wildcards=all")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> list[Path]:
    """The sample articles in four files, so that most have their versions in other languages in another file."""
    drafts = [draft for draft in read([samples]) if isinstance(draft, Draft)]
    articles = [
        {
            "id": f"{Path(draft.source).stem}-{draft.place}",
            "title": draft.title,
            "text": draft.text,
            "author": draft.author,
        }
        for draft in drafts
    ]
    for number, references in enumerate((PLACE, BOTH, PLACE, "")):
        text = f"Nothing to read here, but for what it cites [1].\n\nReferences\n\n{references}\n"
        articles.insert(number * 17, {"id": f"cites-{number}", "title": "Citing", "text": text, "language": "en"})
    folder = tmp_path_factory.mktemp("shards")
    return [written(folder / f"{number}.jsonl", articles[number::4]) for number in range(4)]


def written(file: Path, articles: list[dict[str, str]]) -> Path:
    file.write_text("".join(f"{json.dumps(article)}\n" for article in articles))
    return file


def told(index: ArticleIndex) -> object:
    """All that a person can see of an index, but for scores.

    What was moved into a group counts twice in the cluster's statistics until merged away (docs/scale.md).
    """
    found = [index.search(query, limit=100, collapse=collapse) for query in QUERIES for collapse in (False, True)]
    return (
        [sorted(sorted([hit.id, *(version.id for version in hit.also)]) for hit in results) for results in found],
        [results.facets for results in found],
        [results.total for results in found],
        sorted(sorted([hit.id, *(one.id for one in hit.also)]) for hit in index.search(limit=100, collapse=True)),
        index.ids(),
        sorted((study.key, study.label, study.articles) for study in index.studies()),
        index.info().languages,
    )


def test_the_index_is_the_one_that_a_single_process_makes(
    address: str, shards: list[Path], state: Path, tmp_path: Path
) -> None:
    searchkit.index_articles(shards, index=tmp_path / "one")
    seen: list[Progress] = []
    changes = bulk(shards, index=address, state=state, workers=2, progress=seen.append)
    assert (changes.added, changes.problems) == (len(searchkit.open(tmp_path / "one").ids()), [])
    assert seen[-1].bytes == seen[-1].total == sum(shard.stat().st_size for shard in shards)
    assert not state.exists()
    with searchkit.open(tmp_path / "one") as one, searchkit.open(address) as many:
        assert told(many) == told(one)
        # The test has what it is about: versions in other files, and a study under its better key.
        assert any(hit.also for hit in many.search(limit=100, collapse=True))
        assert sum("doi:10.9999/nothing.1987" in hit.article.facets["study"] for hit in many.search("citing")) == 3
        # Further articles come the usual way.
        assert many.update(read([shards[0]])).unchanged > 0


def test_of_articles_with_one_id_the_first_is_kept(address: str, state: Path, tmp_path: Path) -> None:
    files = [
        written(tmp_path / f"{number}.jsonl", [{"id": "same", "title": f"From file {number}", "text": "alike"}])
        for number in range(5)
    ]
    changes = bulk(files, index=address, state=state)
    assert changes.added == 1
    assert changes.problems == [
        f"{file}:1: id 'same' is that of {files[0]}:1 too; the first is kept" for file in files[1:]
    ]
    with searchkit.open(address) as index:
        assert [hit.title for hit in index.search("alike")] == ["From file 0"]
        assert index.info().articles == 1


def test_a_load_that_was_killed_goes_on_where_it_was(
    address: str, shards: list[Path], state: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "searchkit", "bulk", *map(str, shards)]
    command += ["--index", address, "--state", str(state), "--workers", "1"]
    run = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    while not list(state.glob("*.gz")):
        assert run.poll() is None, run.communicate()[0]
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    done = {file.name: file.stat().st_mtime_ns for file in state.glob("*.gz")}
    assert 0 < len(done) < len(shards)
    with searchkit.open(address) as index:
        assert index.info().articles == 0
    left: list[Progress] = []

    def note(progress: Progress) -> None:
        left.append(progress)
        assert done.items() <= {file.name: file.stat().st_mtime_ns for file in state.glob("*.gz")}.items()

    bulk(shards, index=address, state=state, progress=note)
    assert left[0].bytes == sum(shards[int(name.partition(".")[0])].stat().st_size for name in done)
    searchkit.index_articles(shards, index=tmp_path / "one")
    with searchkit.open(tmp_path / "one") as one, searchkit.open(address) as many:
        assert told(many) == told(one)


def test_a_killed_worker_loses_nothing(address: str, shards: list[Path], state: Path) -> None:
    killed: list[int] = []

    def kill(_: Progress) -> None:
        """Kill the first worker that there is, once."""
        if not killed:
            killed.append(worker_of(os.getpid()))
            os.kill(killed[0], signal.SIGKILL)

    changes = bulk(shards, index=address, state=state, workers=1, progress=kill)
    assert killed
    with searchkit.open(address) as index:
        assert (
            index.info().articles == changes.added == sum(len(shard.read_text().splitlines()) for shard in shards)
        )


def worker_of(parent: int) -> int:
    """Return a process below another that runs a worker of Dask."""
    tasks = Path(f"/proc/{parent}/task").iterdir()
    children = [child for task in tasks for child in (task / "children").read_text().split()]
    found = [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert found
    return found[-1]


def test_files_that_changed_meanwhile_are_refused(address: str, state: Path, tmp_path: Path) -> None:
    files = [
        written(tmp_path / f"{number}.jsonl", [{"title": f"File {number}", "text": "text"}]) for number in range(2)
    ]

    def change(progress: Progress) -> None:
        if progress.bytes:
            written(files[0], [{"title": "Another", "text": "one of another length"}])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk(files, index=address, state=state, workers=1, progress=change)
    with pytest.raises(InputError, match=r"cut short.*0\.jsonl"):
        bulk(files, index=address, state=state)


def test_a_load_fills_a_new_index_only(address: str, shards: list[Path], state: Path, tmp_path: Path) -> None:
    searchkit.index_articles(shards[:1], index=address)
    with pytest.raises(InputError, match="has articles already"):
        bulk(shards, index=address, state=state)
    with pytest.raises(SearchkitError, match=r"in a folder|one process"):
        bulk(shards, index=str(tmp_path / "folder"), state=state)


def test_a_node_that_is_killed_meanwhile_costs_no_article(
    breakable: Cluster, address: str, shards: list[Path], state: Path, tmp_path: Path
) -> None:
    every = ",".join(url.removeprefix("http://") for url in breakable.urls)
    anywhere = f"http://{every}/{address.rpartition('/')[2]}"

    def kill(progress: Progress) -> None:
        if progress.bytes and breakable.pids[2] is not None:
            breakable.kill(2)

    bulk(shards, index=anywhere, state=state, workers=2, progress=kill)
    with searchkit.open(anywhere) as many:
        during = many.ids(), many.facets()
    breakable.restart(2)
    breakable.wait_for("green")
    searchkit.index_articles(shards, index=tmp_path / "one")
    with searchkit.open(tmp_path / "one") as one, searchkit.open(anywhere) as many:
        assert during == (many.ids(), many.facets()) == (one.ids(), one.facets())
