import itertools
import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("opensearchpy", reason="needs the extra opensearch")

import searchkit
from searchkit.errors import IndexFormatError, IndexLockedError, IndexStateError, InputError
from searchkit.index import Document, Request, opensearch, opensearch_paging, opensearch_schema, opensearch_state
from searchkit.index.opensearch import OpenSearchEngine
from searchkit.index.opensearch_cluster import Address, Cluster, Configuration
from searchkit.index.opensearch_query import Compiler
from searchkit.index.query import Bool, Everything, Facet, Phrase, Term
from searchkit.testing import EngineContract

NUMBERS = itertools.count()


@pytest.fixture
def hosts(cluster):
    return ",".join(url.removeprefix("http://") for url in cluster.urls)


def addresses_of(hosts):
    given = []

    def another():
        given.append(f"http://{hosts}/test-{next(NUMBERS)}")
        return given[-1]

    yield another
    for place in given:
        opensearch.remove(place)


@pytest.fixture
def addresses(hosts, monkeypatch):
    """A function that names a place without an index, another one at each call; all are removed at the end."""
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_SHARDS", "2")
    yield from addresses_of(hosts)


@pytest.fixture(scope="session")
def lasting_addresses(cluster):
    yield from addresses_of(",".join(url.removeprefix("http://") for url in cluster.urls))


class TestOpenSearch(EngineContract):
    engine_name = "opensearch"

    @pytest.fixture
    def location(self, addresses):
        return addresses

    @pytest.fixture
    def lasting_location(self, lasting_addresses, addresses):
        return lasting_addresses

    @pytest.fixture
    def remove(self):
        return opensearch.remove


def document(identifier, body="", **changes):
    values = {
        "id": identifier,
        "language": identifier.partition("-")[0],
        "fields": {"body": [(word, place) for place, word in enumerate(body.split())]} if body else {},
        "facets": {"language": (identifier.partition("-")[0],)},
        "published": 0,
        "digest": "",
        "source": "",
        "stored": b"",
    }
    return Document(**values | changes)


def write(engine, *documents, delete=()):
    with engine.writer(wait=60) as writer:
        writer.delete(delete)
        for each in documents:
            writer.add(each)
        writer.commit()


def found(engine, query=None, **options):
    return [hit.id for hit in engine.search(Request(query or Everything(), **options)).hits]


@pytest.fixture
def place(addresses):
    return addresses()


@pytest.fixture
def engine(place):
    engine = OpenSearchEngine.create(place)
    yield engine
    engine.close()


def indexes(place):
    cluster = Cluster(Address.parse(place))
    return opensearch_state.owned(cluster)


# More than a cluster hands out at once


@pytest.fixture
def small_window(monkeypatch):
    """Let everything that reads further than an answer reaches begin to at ten documents."""
    monkeypatch.setattr(opensearch, "WINDOW", 10)
    monkeypatch.setattr(opensearch_paging, "WINDOW", 10)


@pytest.mark.usefixtures("small_window")
def test_pages_further_on_than_an_answer_reaches(engine):
    ids = [f"en-{number:03}" for number in range(57)]
    write(
        engine,
        *[document(name, "sleep " * (1 + number % 3), stored=name.encode()) for number, name in enumerate(ids)],
    )
    query = Term("body_en", "sleep")

    pages = [engine.search(Request(query, limit=9, offset=offset)) for offset in range(0, 63, 9)]

    assert {page.total for page in pages} == {57}
    hits = [hit for page in pages for hit in page.hits]
    assert sorted(hit.id for hit in hits) == ids
    assert [(-hit.score, hit.id) for hit in hits] == sorted((-hit.score, hit.id) for hit in hits)
    assert all(hit.stored == hit.id.encode() for hit in hits)
    assert found(engine, query, limit=57) == [hit.id for hit in hits]
    assert sorted(entry.id for entry in engine.entries()) == ids


@pytest.mark.usefixtures("small_window")
def test_groups_further_on_than_an_answer_reaches(engine):
    write(engine, *[document(f"en-{number:02}", "sleep", group=f"group {number % 25}") for number in range(50)])
    request = Request(Term("body_en", "sleep"), limit=4, offset=20, collapse=True)

    answer = engine.search(request)

    assert answer.total == 25
    assert [(hit.id, hit.others) for hit in answer.hits] == [
        (f"en-{number}", (f"en-{number + 25}",)) for number in range(20, 24)
    ]


@pytest.mark.usefixtures("small_window")
def test_facets_of_more_values_than_an_answer_holds_are_exact(engine, monkeypatch):
    monkeypatch.setattr(opensearch, "_FEW_BUCKETS", 5)
    facets = [{"study": (f"study {number % 40}", "all")} for number in range(60)]
    write(engine, *[document(f"en-{number}", "sleep", facets=each) for number, each in enumerate(facets)])

    counts = engine.search(Request(facets=("study",))).facets["study"]

    assert counts == {"all": 60} | {f"study {number}": 2 if number < 20 else 1 for number in range(40)}


def test_of_very_many_words_all_match_and_the_most_telling_are_scored(engine, monkeypatch):
    monkeypatch.setattr("searchkit.index.opensearch_query._MOST_LEAVES", 5)
    words = [f"word{number}" for number in range(12)]
    write(engine, *[document(f"en-{number:02}", " ".join(words[number:])) for number in range(12)])
    query = Bool(should=tuple(Term("body_en", word) for word in words))

    hits = engine.search(Request(query, limit=20)).hits

    assert len(hits) == 12  # also the last, which holds the most common word only
    assert hits[0].id == "en-00"  # it alone holds the rarest
    assert {hit.id for hit in hits if hit.score == 0} == {f"en-{number:02}" for number in range(5, 12)}


def test_a_query_of_thousands_of_words_is_no_error(engine):
    write(engine, document("en-1", "sleep"))
    words = tuple(Term("body_en", f"word{number}") for number in range(5_000))
    assert found(engine, Bool(should=(*words, Term("body_en", "sleep")))) == ["en-1"]


# What an index of the cluster holds


def test_tokens_pass_the_analysis_of_the_cluster_unchanged(engine, place, cluster):
    write(engine, document("en-1", "a"))
    terms = [(0, "睡眠"), (0, "睡眠质量"), (1, "质量"), (4, "a b|c"), (5, "x" * 200_000)]
    keys = [(position, opensearch_schema.term_key(term)) for position, term in terms]

    said = cluster.request(
        "POST",
        f"/{Address.parse(place).name}/_analyze",
        {"field": "body_en", "text": opensearch_schema.as_text(keys)},
    )

    assert [(token["position"], token["token"]) for token in said["tokens"]] == keys
    assert list(opensearch_schema.from_text(opensearch_schema.as_text(keys))) == keys


def test_a_batch_that_replaces_all_is_a_new_index_and_the_alias_follows_at_once(engine, place, cluster):
    name = Address.parse(place).name
    write(engine, *[document(f"en-{number}", "old") for number in range(5)])
    before = set(cluster.request("GET", f"/_alias/{name}"))
    snapshot = engine.snapshot()

    write(engine, *[document(f"en-{number}", "new") for number in range(4)], delete=[f"en-{n}" for n in range(5)])

    after = set(cluster.request("GET", f"/_alias/{name}"))
    assert len(before) == len(after) == 1
    assert before != after
    assert len(found(engine, Term("body_en", "new"))) == 4
    assert engine.document_frequency("body_en", "old") == 0
    assert len(snapshot.search(Request(Term("body_en", "old"))).hits) == 5  # for as long as it may be asked


def test_what_no_reader_sees_any_more_is_removed(engine, place, cluster, monkeypatch):
    monkeypatch.setattr(opensearch_state, "KEPT", 0.0)
    write(engine, document("en-1", "old"), document("en-2", "old"))
    for _ in range(3):
        write(engine, document("en-1", "new"))
    write(engine, delete=["en-1", "en-2"])
    write(engine, document("en-3", "last"))

    cluster.request("POST", f"/{Address.parse(place).name}/_refresh")
    assert cluster.request("GET", f"/{Address.parse(place).name}/_count")["count"] == 1
    assert len(indexes(place)) == 3


def test_a_snapshot_whose_documents_were_removed_says_so(engine, monkeypatch):
    monkeypatch.setattr(opensearch_state, "KEPT", 0.0)
    write(engine, document("en-1", "old"), document("en-2"))
    snapshot = engine.snapshot()
    write(engine, document("en-1", "new"))
    with pytest.raises(IndexStateError, match="read it again"):
        snapshot.search(Request())


def test_another_index_of_that_name_is_left_alone(place, cluster):
    name = Address.parse(place).name
    cluster.request("PUT", f"/{name}", {"settings": {"number_of_replicas": 0}})
    try:
        with pytest.raises(InputError, match="not searchkit's"):
            OpenSearchEngine.create(place)
        assert cluster.request("GET", f"/{name}/_count")["count"] == 0
    finally:
        cluster.request("DELETE", f"/{name}")


def test_shards_and_replicas_are_options(addresses, cluster):
    place = addresses()
    OpenSearchEngine.create(place, shards=3, replicas=0).close()
    said = cluster.request("GET", f"/{Address.parse(place).name}/_settings")
    (found,) = said.values()
    assert (found["settings"]["index"]["number_of_shards"], found["settings"]["index"]["number_of_replicas"]) == (
        "3",
        "0",
    )
    with pytest.raises(InputError, match="shards must be 1 or more"):
        OpenSearchEngine.create(addresses(), shards=0)


# A writer that is killed

WRITE_AND_WAIT = """
import sys
from searchkit.index import Document
from searchkit.index.opensearch import OpenSearchEngine

with OpenSearchEngine.open(sys.argv[1]).writer() as writer:
    for number in range(50):
        body = [(f"killed{place}", place) for place in range(20)]
        writer.add(Document(f"en-{number}", "en", {"body": body}, {"language": ("en",)}, 0, "", "", b"killed"))
    writer._bulk.flush()
    if sys.argv[2] == "commit":
        writer._bury(writer._begun())
        writer._refresh()
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("when", ["batch", "commit"])
def test_a_killed_writer_leaves_the_last_commit_and_no_lock(engine, place, when):
    write(engine, document("en-1", "old", stored=b"old"), document("en-2", "old"))
    command = [sys.executable, "-c", WRITE_AND_WAIT, place, when]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        with pytest.raises(IndexLockedError, match=f"process {process.pid} on "):
            engine.writer(wait=0)
        process.kill()
        process.wait()

        assert found(engine) == ["en-1", "en-2"]
        write(engine, document("en-3", "new"))

    assert found(engine) == ["en-1", "en-2", "en-3"]
    assert found(engine, Term("body_en", "old")) == ["en-1", "en-2"]
    assert found(engine, Term("body_en", "killed1")) == []
    assert engine.get(["en-1"]) == {"en-1": b"old"}


def test_a_writer_whose_lock_was_taken_over_commits_nothing(engine, place, cluster):
    name = Address.parse(place).name
    with engine.writer() as writer:
        writer.add(document("en-1", "late"))
        cluster.request("DELETE", f"/{name}-state/_doc/lock")  # as its end by the clock would
        write(OpenSearchEngine.open(place), document("en-2", "new"))
        with pytest.raises(IndexLockedError, match="took over"):
            writer.commit()

    assert found(engine) == ["en-2"]
    write(engine, document("en-3"))
    assert found(engine) == ["en-2", "en-3"]


def test_a_lock_of_another_machine_ends_with_its_lease(engine, place, cluster, monkeypatch):
    monkeypatch.setattr(opensearch_state, "LEASE", 0.3)
    name = Address.parse(place).name
    holder = {
        "pid": 1,
        "host": "elsewhere",
        "machine": "another",
        "since": "then",
        "renewed": 10**12,
        "writer": "x",
    }
    cluster.request("PUT", f"/{name}-state/_doc/lock", holder)
    with pytest.raises(IndexLockedError, match="process 1 on elsewhere since then"):
        engine.writer(wait=0)
    write(engine, document("en-1"))
    assert found(engine) == ["en-1"]


# Addresses and configuration


@pytest.mark.parametrize(
    ("given", "hosts", "name"),
    [
        ("http://localhost/articles", ("localhost:9200",), "articles"),
        ("https://a.example:443,b.example/my-articles_2/", ("a.example:443", "b.example:9200"), "my-articles_2"),
        ("http://[::1]:9201/x", ("[::1]:9201",), "x"),
    ],
)
def test_an_address_names_hosts_and_an_index(given, hosts, name):
    address = Address.parse(given)
    assert (address.hosts, address.name) == (hosts, name)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "given",
    [
        "http://localhost:9200",
        "http://localhost/Articles",
        "http://localhost/a/b",
        "http:///x",
        "http://h:99999/x",
        "http://h/_x",
        "ftp://h/x",
        "http://h/a,b",
        "http://h/*",
    ],
)
def test_what_is_no_address_is_told_in_one_line(given):
    with pytest.raises(InputError) as caught:
        Address.parse(given)
    assert "\n" not in str(caught.value)


def test_credentials_in_an_address_are_refused_and_not_repeated(tmp_path):
    place = "https://user:secret@localhost:9200/articles"
    with pytest.raises(InputError, match="SEARCHKIT_OPENSEARCH_PASSWORD") as caught:
        searchkit.open(place)
    assert "secret" not in str(caught.value)


def configured(monkeypatch, address="https://search.example/articles", file=None, **settings):
    if file:
        monkeypatch.setenv("SEARCHKIT_OPENSEARCH_CONFIG", str(file))
    for name, value in settings.items():
        monkeypatch.setenv(f"SEARCHKIT_OPENSEARCH_{name.upper()}", value)
    return Configuration.read(Address.parse(address))


def test_the_environment_comes_before_the_file_and_a_host_before_the_rest(monkeypatch, tmp_path):
    file = tmp_path / "opensearch.toml"
    file.write_text(
        'user = "all"\npassword = "p"\nshards = 5\ntimeout = 7\n["search.example"]\nuser = "one"\nreplicas = 2\n'
    )
    file.chmod(0o600)
    found = configured(monkeypatch, file=file, timeout="9.5")
    assert (found.user, found.password, found.shards, found.replicas, found.timeout) == ("one", "p", 5, 2, 9.5)
    assert configured(monkeypatch, "https://other.example/x", file=file).user == "all"


@pytest.mark.skipif(os.name != "posix", reason="needs modes of files")
def test_a_file_with_a_password_that_others_can_read_is_refused(monkeypatch, tmp_path):
    file = tmp_path / "opensearch.toml"
    file.write_text('user = "u"\npassword = "secret"\n')
    file.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600") as caught:
        configured(monkeypatch, file=file)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"user": "u"}, "PASSWORD"),
        ({"shards": "0"}, "SHARDS must be a number above 0"),
        ({"timeout": "soon"}, "TIMEOUT must be a number above 0"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told(monkeypatch, settings, told):
    with pytest.raises(InputError, match=told):
        configured(monkeypatch, **settings)


def test_a_broken_file_is_told_without_its_lines(monkeypatch, tmp_path):
    file = tmp_path / "opensearch.toml"
    file.write_text('password = "secret\n')
    with pytest.raises(InputError, match="not valid TOML") as caught:
        configured(monkeypatch, file=file)
    assert "secret" not in str(caught.value)


def test_a_password_is_not_sent_over_http_to_another_machine(monkeypatch):
    with pytest.raises(InputError, match="use https"):
        configured(monkeypatch, "http://search.example/articles", user="u", password="p")
    assert configured(monkeypatch, "http://localhost/articles", user="u", password="p").user == "u"


# Articles


def test_an_index_in_a_cluster_is_used_like_one_in_a_folder(place, samples, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from searchkit.cli import cli

    def run(*arguments, index):
        said = CliRunner().invoke(cli, [*arguments, "--index", index], catch_exceptions=False)
        assert said.exit_code == 0, said.output
        return said.output.replace(index, "INDEX")

    folder = str(tmp_path / "index")
    told = [
        run("index", str(samples), *engine, index=index)
        for index, engine in ((place, ["--engine", "opensearch", "--shards", "3"]), (folder, []))
    ]
    assert told[0] == told[1]
    for asked in (
        ["search", "magnesium sleep", "--explain"],
        ["search", "sömn och minne", "--collapse"],
        ["search", "突触可塑性", "--sort", "date"],
        ["search", '"deep sleep" OR stres* OR magnsium~1', "--language", "en"],
        ["facets"],
        ["suggest", "magn"],
        ["studies", "sleep"],
    ):
        assert run(*asked, index=place) == run(*asked, index=folder)
    assert "Nothing changed" in run("index", str(samples), index=place)
    assert json.loads(run("info", "--json", index=place))["engine"] == "opensearch"


def test_a_place_without_an_index_says_so(place):
    with pytest.raises(searchkit.IndexNotFoundError, match="no index in http"):
        searchkit.open(place)
    with pytest.raises(IndexFormatError, match="holds no index"):
        OpenSearchEngine.open(place)


def test_folders_are_for_embedded_engines_and_addresses_for_this_one(tmp_path):
    with pytest.raises(InputError, match="in a cluster, not in a folder"):
        searchkit.ArticleIndex.create(tmp_path / "index", engine="opensearch")
    with pytest.raises(InputError, match="in a folder, not in a cluster"):
        searchkit.ArticleIndex.create("http://localhost:1/articles", engine="whoosh")


def test_equal_parts_of_a_query_stay_apart():
    """Of two equal clauses Lucene makes one with twice the boost, which is no weight here."""

    class Numbers:
        documents = staticmethod(lambda _: 10)
        tokens = staticmethod(lambda _: 100)
        frequencies = staticmethod(lambda terms: dict.fromkeys(terms, 3))
        counts = staticmethod(lambda queries: [1] * len(queries))

    word = Term("body_en", "sleep")
    made = Compiler(Numbers()).compile(
        Bool(must=(word, word), should=(word, Phrase("body_en", ((0, "deep"), (1, "sleep"))), Facet("a", ("b",))))
    )
    same = [*made["bool"]["must"], made["bool"]["should"][0]]
    assert len({json.dumps(each, sort_keys=True) for each in same}) == 3
