"""Makes and finds the tables that a run hands on to the next one."""

from __future__ import annotations

from warehouse.connection import Session, quoted


def make_table(session: Session, table: str, query: str) -> None:
    """Make `table` of a query, its columns as they are: what is read at once is not worth packing.

    To find out how a column of text is packed best costs more than most of the queries, and so does
    every later look into it.
    """
    columns = ", ".join(
        f"{quoted(row['column_name'])} {row['column_type']} using compression uncompressed"
        for row in session.rows(f"describe {query}")
    )
    session.define(f"create or replace table {table} ({columns})")
    session.execute(f"insert into {table} {query}")


def exists(session: Session, work: str, table: str) -> bool:
    known = """
        select count(*) from information_schema.tables
        where table_schema = $schema and table_name = $table
    """
    return bool(session.value(known, {"schema": work, "table": table}))
