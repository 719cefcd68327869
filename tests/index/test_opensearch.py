import pytest

pytest.importorskip("opensearchpy", reason="needs the extra opensearch")

from searchkit.index import opensearch
from searchkit.testing import EngineContract


@pytest.fixture
def addresses(cluster, monkeypatch):
    """A function that names a place without an index, another one at each call; all are removed at the end."""
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_SHARDS", "2")
    hosts = ",".join(url.removeprefix("http://") for url in cluster.urls)
    given = []

    def another():
        given.append(f"http://{hosts}/contract-{len(given)}")
        return given[-1]

    yield another
    for place in given:
        opensearch.remove(place)


class TestOpenSearch(EngineContract):
    engine_name = "opensearch"

    @pytest.fixture
    def location(self, addresses):
        return addresses
