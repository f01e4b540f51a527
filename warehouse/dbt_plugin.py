"""Gives dbt's connection two text functions that DuckDB lacks, and an analyst's dbt its turn."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from warehouse.connection import Session, Warehouse
from warehouse.domains import registrable_domains
from warehouse.errors import Busy
from warehouse.lake import CATALOG, Lake
from warehouse.settings import Settings, load

if TYPE_CHECKING:
    Column = pa.ChunkedArray[Any]
else:
    # DuckDB evaluates the annotations of what it registers, and this class takes no subscript.
    Column = pa.ChunkedArray


def nfkc(texts: Column) -> Column:
    """Fold variants of width, ligature and composition: `㈱ＡＢＣ` becomes `(株)ABC`."""
    folded: Column = pc.utf8_normalize(texts, form="NFKC")  # type: ignore[attr-defined]
    return folded


class Plugin(BasePlugin):  # type: ignore[misc,unused-ignore]  # dbt-duckdb ships no types
    def initialize(self, plugin_config: dict[str, Any]) -> None:
        self._wait_seconds = float(plugin_config["wait_seconds"])
        # Where the lake and its password are is told by our settings, and in no profile.
        is_lake = plugin_config.get("kind") == "ducklake"
        self._lake = Lake.from_settings(load(Settings)) if is_lake else None
        self._turn = ExitStack()
        weakref.finalize(self, self._turn.close)

    def update_connection_config(self, creds: Any, _: dict[str, Any]) -> None:
        """Wait for the warehouse before dbt opens it, and keep it for as long as dbt does.

        Where dbt was started by `revops`, the turn is that process's, which waits for us.

        Raises:
            DbtRuntimeError: somebody else had it for longer than the wait.
        """
        path = Path(creds.path).absolute()
        warehouse = Warehouse(path, wait_seconds=self._wait_seconds, lake=self._lake)
        holder = warehouse.holder()
        if holder is not None and holder.pid == os.getppid():
            return
        self._turn.close()
        try:
            self._turn.enter_context(warehouse.lent(_own_command()))
        except Busy as error:
            raise DbtRuntimeError(str(error)) from error

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        if self._lake:
            self._lake.prepare(conn)
            self._lake.attach(conn)
        session = Session(conn)
        session.function("revops_nfkc", nfkc, ["VARCHAR"], "VARCHAR")
        session.function("revops_registrable_domain", registrable_domains, ["VARCHAR"], "VARCHAR")

    def configure_cursor(self, cursor: Any) -> None:
        """Let names without a catalog be those of the lake, as they are those of the file."""
        if self._lake:
            cursor.execute(f"use {CATALOG}")


def _own_command() -> str:
    """`dbt build`, without its options."""
    return " ".join(["dbt", *[word for word in sys.argv[1:] if not word.startswith("-")][:1]])


@contextmanager
def committed(session: Session) -> Iterator[None]:
    """Leave dbt's transaction for the block: what is not committed is planned as if it were empty.

    Each statement of the block is its own transaction; behind it dbt goes on in a new one.
    """
    connection = session.connection
    try:
        connection.execute("commit")
    except duckdb.TransactionException:
        # A client that opened none.
        yield
        return
    try:
        yield
    finally:
        connection.execute("begin transaction")


def lent(session: Any) -> Session:
    """The connection on which dbt runs a Python model, as one of ours."""
    connection = getattr(session, "_cursor", session)
    kind = "select type from duckdb_databases() where database_name = current_database()"
    return Session(connection, in_lake=connection.execute(kind).fetchone()[0] == "ducklake")
