"""Fixtures that all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster, missing_tools

CHECKOUT = Path(__file__).resolve().parent.parent


_OPTIONS = {
    "slow": "takes more than a few seconds",
    "cluster": "starts OpenSearch, with java and mvn",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    for name in _OPTIONS:
        parser.addoption(f"--{name}", action="store_true", help=f"also run tests marked {name}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if {"cluster", "secured"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("cluster")
        for name, why in _OPTIONS.items():
            if name in item.keywords and not config.getoption(f"--{name}"):
                item.add_marker(pytest.mark.skip(reason=f"{why}: run with --{name}"))


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the dictionary cache of whoever runs the tests out of them, also in processes that they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def checkout() -> Path:
    return CHECKOUT


@pytest.fixture(scope="session")
def samples() -> Path:
    return CHECKOUT / "examples" / "articles"


@pytest.fixture(scope="session")
def shared_articles() -> Path:
    folder = CHECKOUT.parent / "shared" / "articles"
    if not folder.is_dir():
        pytest.skip("the real articles are not beside this checkout (../shared/articles)")
    return folder


@pytest.fixture(scope="session")
def java() -> None:
    """Skip what needs OpenSearch nodes where they cannot be started."""
    if missing := missing_tools():
        why = f"OpenSearch needs {' and '.join(missing)} on the PATH"
        # There it is a promise that these tests run.
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(why)
        pytest.skip(why)


@pytest.fixture(scope="session")
def cluster(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three OpenSearch nodes, the same for all tests."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="session")
def secured(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One node that speaks HTTPS only, and with `secured.users` only."""
    with Cluster(tmp_path_factory.mktemp("secured"), nodes=1, secure=True) as running:
        yield running


@pytest.fixture
def breakable(cluster: Cluster) -> Iterator[Cluster]:
    """Yield the cluster for a test that kills or stops nodes, or changes cluster settings; all of it is undone."""
    yield cluster
    cluster.repair()
