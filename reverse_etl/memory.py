"""Keeps in the warehouse numbers of what a tool acknowledged, beside the model it is compared with.

No value is kept, only two hashes of each row: what was sent is read where a row differs. The state
store decides: the numbers can be lost or thrown away at any time, and are made again.
"""

from __future__ import annotations

from collections.abc import Callable

from warehouse.connection import Session, literal, quoted
from warehouse.delivered import (
    Columns,
    Standing,
    delivered_since,
    forgotten_since,
    standing,
    store_id,
)
from warehouse.marks import marked
from warehouse.runs import as_utc
from warehouse.state import StateStore

_COLUMNS = {
    "key": "text",
    "desired": "text",
    "entry_id": "integer",
    "delivered_at": "instant",
}

# The rows of a table as SQL, each with its number `row_hash`.
Hashed = Callable[[str], str]


def memory_of(sync: str) -> str:
    """The table that holds the copy."""
    return f"sync_memory.{quoted(sync)}"


def recall(session: Session, sync: str, state: StateStore, hashed: Hashed) -> str:
    """Bring the copy up to date, by what has been acknowledged since; the name of its table.

    DuckDB does not promise the same numbers in every version, and another mapping asks for others:
    then all are made anew.
    """
    table, mark = memory_of(sync), marked(state, sync)
    _forget_another_store(session, store_id(state))
    _begin(session, sync, hashed)
    if mark is not None and mark == session.value(_FOLLOWED, {"sync": sync}):
        return table
    theirs = standing(state, sync)
    with session.transaction():
        if _standing(session, table) != theirs:
            _follow(session, table, sync, state, hashed)
        if _standing(session, table) != theirs:
            # Somebody has acknowledged something that is older than what is known.
            session.execute(f"delete from {table}")
            for block in delivered_since(state, sync, None):
                _add(session, table, block, hashed, is_new=True)
        _forget_mark(session, sync)
        session.execute(
            "insert into sync_memory._followed values ($sync, $mark)", {"sync": sync, "mark": mark}
        )
    return table


def _begin(session: Session, sync: str, hashed: Hashed) -> None:
    """Make sure of a table whose numbers are of this engine's version and of this mapping."""
    stamp = session.value(
        "select version() || ' ' || md5($how)", {"how": hashed("block") + _DEFINED}
    )
    said = session.value(
        "select comment from duckdb_tables() where schema_name = 'sync_memory'"
        " and table_name = $name and database_name = current_database()",
        {"name": sync},
    )
    if said == stamp:
        return
    table = memory_of(sync)
    with session.transaction():
        _forget_mark(session, sync)
        session.execute(f"create or replace table {table} ({_DEFINED})")
        session.execute(f"comment on table {table} is {literal(str(stamp))}")


def _forget_mark(session: Session, sync: str) -> None:
    session.execute("delete from sync_memory._followed where sync = $sync", {"sync": sync})


# Until which mark of the state store the numbers of a sync are known.
_FOLLOWED = "select mark from sync_memory._followed where sync = $sync"
_DEFINED = (
    "key varchar, key_hash ubigint, row_hash ubigint, entry_id bigint, delivered_at timestamptz"
)


def _forget_another_store(session: Session, store: str) -> None:
    """What another store acknowledged was another tool's word, or nobody's any more."""
    session.execute("create schema if not exists sync_memory")
    # No sync is called so: its name begins with a letter.
    session.execute("create table if not exists sync_memory._followed (sync varchar, mark varchar)")
    session.execute("create table if not exists sync_memory._copied_from (store_id varchar)")
    if session.value("select any_value(store_id) from sync_memory._copied_from") == store:
        return
    with session.transaction():
        for row in session.rows(
            "select table_name from duckdb_tables() where schema_name = 'sync_memory'"
            " and database_name = current_database() and left(table_name, 1) <> '_'"
        ):
            session.execute(f"drop table {memory_of(row['table_name'])}")
        session.execute("delete from sync_memory._copied_from")
        session.execute("delete from sync_memory._followed")
        session.execute("insert into sync_memory._copied_from values ($store)", {"store": store})


def _standing(session: Session, table: str) -> Standing:
    (row,) = session.rows(
        "select count(*) as n, coalesce(sum(entry_id), 0)::bigint as total,"
        f" max(delivered_at) as latest from {table}"
    )
    return row["n"], row["total"], row["latest"]


def _follow(session: Session, table: str, sync: str, state: StateStore, hashed: Hashed) -> None:
    # An acknowledgement of the same instant by an earlier entry is missed here, and by the sum of
    # entries it is seen that it is.
    latest = session.rows(
        f"select delivered_at, max(entry_id) as entry_id from {table}"
        f" where delivered_at = (select max(delivered_at) from {table}) group by delivered_at"
    )
    since = (latest[0]["delivered_at"], latest[0]["entry_id"]) if latest else None
    if since is not None:
        gone = {"key": forgotten_since(state, sync, since[0])}
        with session.table("gone", gone, {"key": "text"}):
            session.execute(f"delete from {table} where key in (select key from gone)")
    for block in delivered_since(state, sync, since):
        _add(session, table, block, hashed, is_new=since is None)


def _add(session: Session, table: str, block: Columns, hashed: Hashed, *, is_new: bool) -> None:
    """Put a block in, in place of what is known of its keys, unless they are all new.

    The store tells of each key once: what is read into an empty table takes nothing's place, and to
    look for it in all that was read before costs the square of the rows.
    """
    known = block | {"delivered_at": [as_utc(at) for at in block["delivered_at"]]}  # type: ignore[arg-type]
    with session.table("block", known, _COLUMNS):  # type: ignore[arg-type]
        if not is_new:
            session.execute(f"delete from {table} where key in (select key from block)")
        session.execute(
            f"insert into {table}"
            f" select key, hash(key), row_hash, entry_id, delivered_at from {hashed('block')}"
        )
