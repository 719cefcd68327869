"""What goes wrong in a cluster: nodes are killed or stop answering, disks fill up, credentials are refused."""

import itertools
import threading
import time
from contextlib import suppress

import pytest

pytest.importorskip("opensearchpy", reason="needs the extra opensearch")

from cluster import Cluster as Nodes

from searchkit.errors import IndexUnavailableError, SearchkitError
from searchkit.index import Document, Request, opensearch
from searchkit.index.opensearch import OpenSearchEngine
from searchkit.index.query import Everything, Term

NUMBERS = itertools.count()
SLEEP = Term("body_en", "sleep")


def address(nodes, name=None):
    scheme = nodes.urls[0].partition("://")[0]
    hosts = ",".join(url.partition("://")[2] for url in nodes.urls)
    return f"{scheme}://{hosts}/{name or f'faults-{next(NUMBERS)}'}"


@pytest.fixture
def place(breakable, monkeypatch):
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_SHARDS", "3")
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_REPLICAS", "1")
    place = address(breakable)
    yield place
    breakable.repair()
    opensearch.remove(place)


def document(number, body="deep sleep"):
    terms = [(word, place) for place, word in enumerate(body.split())]
    facets = {"language": ("en",), "study": (f"study {number % 7}",)}
    return Document(f"en-{number:05}", "en", {"body": terms}, facets, 0, "", "", b"stored %d" % number)


def write(engine, numbers, body="deep sleep"):
    with engine.writer(wait=60) as writer:
        for number in numbers:
            writer.add(document(number, body))
        writer.commit()


def assert_all_there(engine, count):
    """Assert that an index holds so many documents, and that every way to count them says so."""
    answer = engine.search(Request(SLEEP, facets=("language", "study"), limit=10_000))
    assert answer.total == count
    assert answer.facets["language"] == {"en": count}
    assert answer.facets["study"] == {f"study {n}": len(range(n, count, 7)) for n in range(min(count, 7))}
    assert {hit.id: hit.stored for hit in answer.hits} == {
        f"en-{number:05}": b"stored %d" % number for number in range(count)
    }
    assert engine.stats().documents == engine.document_count("en") == count
    assert sum(1 for _ in engine.entries()) == count


# A node that is killed


@pytest.mark.parametrize("node", range(3))
def test_no_acknowledged_article_is_lost_when_a_node_is_killed_while_indexing(breakable, place, node):
    engine = OpenSearchEngine.create(place)
    committed = 0
    with engine.writer() as writer:
        for batch in range(8):
            if batch == 3:
                killer = threading.Timer(0.05, breakable.kill, [node])
                killer.start()
            for number in range(committed, committed + 100):
                writer.add(document(number))
            writer.commit()  # all of it is acknowledged
            committed += 100
        killer.join()
    assert_all_there(engine, committed)

    breakable.restart(node)
    breakable.wait_for("green")
    assert_all_there(engine, committed)

    # Also each of the copies that were made anew: the others go, one at a time.
    other = (node + 1) % 3
    breakable.kill(other)
    assert_all_there(engine, committed)


def test_searches_go_on_while_a_node_is_killed(breakable, place):
    engine = OpenSearchEngine.create(place)
    write(engine, range(200))
    breakable.wait_for("green")
    wrong = []
    answers = []
    done = threading.Event()

    def search():
        while not done.is_set():
            answer = engine.search(Request(SLEEP, facets=("study",), limit=10))
            answers.append(answer.total)
            if (answer.total, sum(answer.facets["study"].values()), len(answer.hits)) != (200, 200, 10):
                wrong.append(answer)

    thread = threading.Thread(target=search)
    thread.start()
    try:
        while len(answers) < 5 and thread.is_alive():
            time.sleep(0.01)
        before = len(answers)
        breakable.kill(1)
        while len(answers) < before + 20 and thread.is_alive():
            time.sleep(0.01)
    finally:
        done.set()
        thread.join()
    assert wrong == []
    assert len(answers) >= before + 20  # no search failed


def test_a_batch_that_the_cluster_could_not_take_is_written_again_by_the_next_run(breakable, monkeypatch):
    """With one copy only, and its node gone, a commit fails; nothing of it shows, and the next one has it all."""
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PATIENCE", "2")
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_TIMEOUT", "3")
    place = address(breakable)
    engine = OpenSearchEngine.create(place, shards=3, replicas=0)
    write(engine, range(50))
    breakable.kill(2)
    with pytest.raises(IndexUnavailableError):
        write(engine, range(500), "deep sleep again")
    breakable.restart(2)
    breakable.wait_for("green")

    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PATIENCE", "60")
    again = OpenSearchEngine.open(place)
    assert_all_there(again, 50)
    assert again.search(Request(Term("body_en", "again"), limit=0)).total == 0
    write(again, range(500), "deep sleep again")
    assert_all_there(again, 500)
    assert again.search(Request(Term("body_en", "again"), limit=0)).total == 500
    opensearch.remove(place)


# A cluster that is not whole, slow, full or busy


def told(action):
    """Return the one line of the error that an action raises."""
    begun = time.monotonic()
    with pytest.raises(SearchkitError) as caught:
        action()
    assert time.monotonic() - begun < 60  # bounded, also on a busy machine
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, IndexUnavailableError)
    return str(caught.value)


def test_a_cluster_that_is_red_is_told_and_never_half_an_answer(breakable, monkeypatch):
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_TIMEOUT", "2")
    place = address(breakable)
    engine = OpenSearchEngine.create(place, shards=3, replicas=0)
    write(engine, range(30))
    breakable.kill(0)
    breakable.wait_for("red")

    assert "not whole (503)" in told(lambda: engine.search(Request(SLEEP)))

    breakable.restart(0)
    breakable.wait_for("green")
    assert_all_there(engine, 30)
    opensearch.remove(place)


def test_a_cluster_that_does_not_answer_is_told(breakable, place, monkeypatch):
    write(OpenSearchEngine.create(place), range(5))
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_TIMEOUT", "1")
    engine = OpenSearchEngine.open(place)
    for node in range(3):
        breakable.pause(node)
    assert "no answer within 1 s" in told(lambda: engine.search(Request(SLEEP)))
    for node in range(3):
        breakable.resume(node)
    breakable.wait_for("green")
    assert_all_there(engine, 5)


def test_nobody_at_the_address_is_told(monkeypatch):
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PATIENCE", "0.5")
    assert "no host of the cluster can be reached" in told(lambda: OpenSearchEngine.open("http://127.0.0.1:1/x"))


def test_disks_that_are_full_are_told_and_nothing_of_the_batch_shows(breakable, place):
    engine = OpenSearchEngine.create(place)
    write(engine, range(10))
    index = place.rpartition("/")[2] + "-0"
    blocked = {"index.blocks.read_only_allow_delete": True}
    breakable.request("PUT", f"/{index}/_settings", blocked)

    assert "disks of the cluster are full" in told(lambda: write(engine, range(20)))
    assert_all_there(engine, 10)

    breakable.request("PUT", f"/{index}/_settings", dict.fromkeys(blocked))
    write(engine, range(20))
    assert_all_there(engine, 20)


@pytest.mark.cluster
def test_what_a_cluster_is_too_busy_for_is_sent_again(java, tmp_path, monkeypatch):
    """A node that takes so little at once that it refuses most of a batch (429) at first."""
    with Nodes(tmp_path, nodes=1, settings={"indexing_pressure.memory.limit": "100kb"}) as small:
        place = address(small)
        engine = OpenSearchEngine.create(place, replicas=0)
        monkeypatch.setattr("searchkit.index.opensearch_writer._MOST_BYTES", 60_000)
        threads = [threading.Thread(target=flood, args=(small, place)) for _ in range(3)]
        for thread in threads:
            thread.start()
        write(engine, range(1_000))
        for thread in threads:
            thread.join()
        assert_all_there(engine, 1_000)

        # Larger than it ever takes: told when the patience is over.
        monkeypatch.setattr("searchkit.index.opensearch_writer._MOST_BYTES", 5_000_000)
        monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PATIENCE", "1")
        impatient = OpenSearchEngine.open(place)
        assert "429" in told(lambda: write(impatient, range(1_000, 3_000)))
        assert_all_there(engine, 1_000)


def flood(nodes, place):
    """Keep a node busy with writes to an index of no concern."""
    for number in range(30):
        with suppress(Exception):  # refused, as is meant
            nodes.request("PUT", f"/noise/_doc/{number}", {"text": "x" * 40_000})


# Credentials and certificates


@pytest.fixture
def login(secured, monkeypatch):
    def login(user, password=None, certificate=True):
        monkeypatch.setenv("SEARCHKIT_OPENSEARCH_USER", user)
        monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PASSWORD", password or secured.users[user])
        if certificate:
            monkeypatch.setenv("SEARCHKIT_OPENSEARCH_CA_CERT", str(secured.certificate))
        else:
            monkeypatch.delenv("SEARCHKIT_OPENSEARCH_CA_CERT", raising=False)

    return login


def test_credentials_and_the_authority_come_from_the_environment(secured, login):
    place = address(secured)
    login("admin")
    engine = OpenSearchEngine.create(place, replicas=0)
    write(engine, range(10))
    assert_all_there(engine, 10)
    login("reader")
    assert OpenSearchEngine.open(place).search(Request(Everything(), limit=0)).total == 10
    assert "(403)" in told(lambda: write(OpenSearchEngine.open(place), range(20)))
    assert_all_there(engine, 10)


def test_refused_credentials_are_told_at_once_and_never_repeated(secured, login):
    login("admin", "wrong secret")
    begun = time.monotonic()
    said = told(lambda: OpenSearchEngine.open(address(secured)))
    assert "refuses the user or password (401)" in said
    assert "wrong secret" not in said
    assert time.monotonic() - begun < 10


def test_a_certificate_that_nobody_vouches_for_is_told(secured, login):
    login("admin", certificate=False)
    assert "certificate is not trusted" in told(lambda: OpenSearchEngine.open(address(secured)))
