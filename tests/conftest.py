"""What every test may count on: a clean environment, a company's data, an installation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.app import App
from tests import shared
from tests.emulated import Vendors, invent_company, serving

# Fast enough for tests, and still more than one attempt.
_PATIENCE = {
    "REVOPS_HTTP__MAX_ATTEMPTS": "3",
    "REVOPS_HTTP__BACKOFF_SECONDS": "0.01",
    "REVOPS_HTTP__TIMEOUT_SECONDS": "5",
    "REVOPS_WAREHOUSE__WAIT_SECONDS": "5",
}


def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(shared.begin())


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Half as many again as there are processors: tests wait for servers and for each other."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of what dbt builds begin: at the end every worker would wait for the one build."""
    items.sort(key=lambda item: item.path.parent.name != "dbt")


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No REVOPS_* is set and no .env is near; what a test exports ends with it."""
    before = dict(os.environ)  # noqa: TID251 - put back as it was found
    for name in before:
        if name.startswith("REVOPS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield
    os.environ.clear()  # noqa: TID251
    os.environ.update(before)  # noqa: TID251


@pytest.fixture(scope="session")
def company() -> Path:
    """A small company's data directory, generated once; nobody writes to it."""
    return shared.made_once("company", invent_company)


@pytest.fixture
def vendors(company: Path) -> Iterator[Vendors]:
    """The company's tools, as fresh as on their first day."""
    with serving(company) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def installed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[dict[str, str]], App]]:
    """Make an installation from settings; REVOPS_HOME is in the test's own directory."""
    made: list[App] = []

    def install(settings: dict[str, str]) -> App:
        for name, value in {**_PATIENCE, "REVOPS_HOME": str(home), **settings}.items():
            monkeypatch.setenv(name, value)
        made.append(App.from_environment())
        return made[-1]

    yield install
    for app in made:
        app.state.close()


@pytest.fixture
def app(installed: Callable[[dict[str, str]], App], vendors: Vendors) -> App:
    """An installation whose tools are the company's."""
    return installed(vendors.settings())
