"""Fixtures that all tests share."""

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run tests marked slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))


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
