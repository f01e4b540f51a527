"""Gives dbt's connection the two text functions its models need and DuckDB lacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from dbt.adapters.duckdb.plugins import BasePlugin

from warehouse.connection import Session
from warehouse.domains import registrable_domains

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
    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        session = Session(conn)
        session.function("revops_nfkc", nfkc, ["VARCHAR"], "VARCHAR")
        session.function("revops_registrable_domain", registrable_domains, ["VARCHAR"], "VARCHAR")


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
    return Session(getattr(session, "_cursor", session))
