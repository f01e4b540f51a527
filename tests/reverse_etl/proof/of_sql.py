"""Rows of a table, upserted and made once, in SQLite and in a real PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from reverse_etl.destinations.sql import OpenDatabases
from reverse_etl.guards import Guards
from reverse_etl.spec import SyncSpec
from tests.postgresql import server
from tests.reverse_etl.proof.case import AnyWire, Record
from tests.reverse_etl.proof.local import LocalCase, LocalWire
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from warehouse.external_database import ExternalDatabase

_TABLE = "create table {name} (account_id text primary key, name varchar(40), score integer)"
_WRITTEN = ("insert", "update", "delete")

SPEC = SyncSpec.model_validate(
    {
        "name": "sql_accounts",
        "description": "Accounts in a database of somebody else's.",
        "owner": "revops",
        "model": "sync_sql__accounts",
        "destination": "sql",
        "object": "accounts",
        "mode": "upsert",
        "identify_by": {"column": "account_id", "field": "account_id"},
        "gate": {"ruleset": "accounts", "key": "account_id"},
        "fields": [{"column": "name", "field": "name"}, {"column": "score", "field": "score"}],
    }
)


class SqlWire(LocalWire):
    """Beside the requests, every statement that writes and every commit are steps."""

    def __init__(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> None:
        super().__init__(app, steps, script, look)
        self._poison: str | None = None
        self._is_writing = False

    def watch(self, engine: sa.Engine, error: type[Exception], refusal: type[Exception]) -> None:
        self._error, self._refusal = error, refusal
        sa.event.listen(engine, "do_execute", self._execute)
        sa.event.listen(engine, "do_executemany", self._execute)
        commit = engine.dialect.do_commit

        def do_commit(connection: Any) -> None:
            if self.fault == "lost_before_commit":
                raise self._error("cut off, by the script")
            self._step("before commit of the tool")
            commit(connection)
            self._step("after commit of the tool")
            if self.fault == "time_out_after_commit":
                raise self._error("cut off, by the script")

        engine.dialect.do_commit = do_commit  # type: ignore[method-assign, assignment]

    def _execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:  # noqa: ARG002
        """Before a statement; False lets it be executed as ever."""
        if self.fault == "reset":
            raise self._error("no connection, by the script")
        self._is_writing = statement.lower().startswith(_WRITTEN)
        if not self._is_writing:
            return False
        if self.fault == "deadlock":
            raise self._error("deadlock detected, by the script")
        rows = parameters if isinstance(parameters, list) else [parameters]
        keys = sorted(str(value) for row in rows for value in _values(row) if _is_key(value))
        if self.fault in {"refused_whole", "refused_row"} and keys and self._poison is None:
            self._poison = self.chance.choice(keys)
        if self._poison in keys:
            raise self._refusal("refused by the script")
        self._step("before statement")
        return False

    def _step(self, place: str) -> None:
        if self._is_writing:
            self.steps.take(place)

    @contextmanager
    def request(self, kind: Any) -> Iterator[None]:
        self._is_writing = False
        with super().request(kind):
            yield
        if self.fault == "refused_row":
            self._poison = None


class WatchedDatabase(ExternalDatabase):
    """The real one, which says what it is about to do."""

    def __init__(self, url: str, wire: SqlWire) -> None:
        super().__init__(url, writes=True)
        self._wire = wire
        dbapi = sqlite3 if self.dialect == "sqlite" else psycopg
        wire.watch(self._engine, dbapi.OperationalError, dbapi.IntegrityError)

    @contextmanager
    def connected(self, purpose: str) -> Iterator[sa.Connection]:
        with self._wire.request("other"), super().connected(purpose) as connection:
            yield connection

    @contextmanager
    def transaction(self, purpose: str) -> Iterator[sa.Connection]:
        kind = "write" if purpose.startswith("writing") else "read"
        with self._wire.request(kind), super().transaction(purpose) as connection:
            yield connection


class SqlUpsert(LocalCase):
    """In SQLite."""

    name = "sql upsert"
    any_faults = ("reset", "deadlock", "lost_before_commit")
    lost_faults = ("time_out_after_commit",)
    faults = ("refused_row", "refused_whole")
    folds_keys = False
    last_step: ClassVar[int] = 36

    def __init__(self) -> None:
        self.spec = SPEC

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        folder.mkdir(parents=True)
        with self._opened(f"sqlite:///{folder / 'tool.sqlite'}") as connection:
            connection.execute(_TABLE.format(name=self.spec.object))

    def start(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'tool.sqlite'}"

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return SqlWire(app, steps, script, look)

    def client(self, wire: AnyWire) -> OpenDatabases:
        assert isinstance(wire, SqlWire)
        return OpenDatabases({None: WatchedDatabase(wire.app, wire)})

    def key(self, number: int) -> str:
        return f"key {number}"

    def held(self, app: str) -> list[tuple[str, str, Record]]:
        with self._opened(app) as connection:
            query = f"select account_id, name, score from {self.spec.object}"
            rows = connection.execute(query).fetchall()
        return [(key, key, {"name": name, "score": score}) for key, name, score in rows]

    @staticmethod
    @contextmanager
    def _opened(url: str) -> Iterator[Any]:
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        yield connection
        connection.close()


class SqlCreate(SqlUpsert):
    name = "sql create only"
    is_slow = True
    # It is read only by a run that begins in doubt: that must be killed early to be killed there.
    last_step = 18

    def __init__(self) -> None:
        self.spec = SPEC.model_copy(update={"mode": "create_only", "name": "sql_create"})


class SqlMirror(SqlUpsert):
    """Rows that leave the model are deleted, and those alone that we sent."""

    name = "sql mirror"
    is_slow = True
    rows_leave = True

    def __init__(self) -> None:
        update = {"mode": "mirror", "when_gone": "delete", "name": "sql_mirror"}
        self.spec = SPEC.model_copy(update={**update, "guards": Guards()})


class PostgreSqlUpsert(SqlUpsert):
    """In a PostgreSQL, which is started once for each process."""

    name = "sql upsert in postgresql"
    is_slow = True

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        with _admin().begin() as connection:
            connection.execute(sa.text("drop table if exists accounts"))
            connection.execute(sa.text(_TABLE.format(name=self.spec.object)))

    def start(self, folder: Path) -> str:  # noqa: ARG002 - a server has no folder of ours
        return _admin().url.render_as_string(hide_password=False)

    @staticmethod
    @contextmanager
    def _opened(url: str) -> Iterator[Any]:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            yield connection


@cache
def _admin() -> sa.Engine:
    return sa.create_engine(server()(), poolclass=NullPool)


def _values(row: Any) -> list[Any]:
    return list(row.values()) if isinstance(row, dict) else list(row)


def _is_key(value: object) -> bool:
    return isinstance(value, str) and value.startswith("key ")


CASES = (SqlUpsert, SqlCreate, SqlMirror, PostgreSqlUpsert)
