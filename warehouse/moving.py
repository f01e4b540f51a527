"""Moves what a warehouse file holds to a lake: table by table, compared, and resumable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from warehouse.connection import Row, Session, Warehouse, WarehouseError, literal, quoted
from warehouse.lake import CATALOG

_MOVED = """
    create table if not exists ops._moved (place varchar not null, rows bigint not null,
        digest varchar)
"""
_TABLES = """
    select schema_name as schema, table_name as name, comment
    from duckdb_tables()
    where database_name = 'source' and not internal and not temporary
        -- What a build compares with the next one: sums that a lake cannot keep whole.
        and not (schema_name = 'ops' and starts_with(table_name, 'keys_of__'))
        and not (schema_name = 'ops' and table_name = '_layout')
    order by all
"""
_COLUMNS = """
    select column_name as name, data_type as type, is_nullable
    from duckdb_columns()
    where database_name = 'source' and schema_name = $schema and table_name = $name
    order by column_index
"""


@dataclass(frozen=True)
class Moved:
    """How many tables are in the lake now, of them how many by this run, and their rows."""

    tables: int
    copied: int
    rows: int


def move(source: Path, target: Warehouse, say: Callable[[str], object] = str) -> Moved:
    """Copy every table of a warehouse file into a lake, and compare each with what it was made of.

    A table and the note that it is there are committed together: after a kill, the next run goes on
    behind the last whole table, and copies again what the file holds otherwise by now. The file
    stays as it is. Views are made by the next build.

    Raises:
        WarehouseError: there is no file, the lake has tables of its own, or a table is not equal.
        Busy: others used the file or the lake for too long.
    """
    if not source.exists():
        raise WarehouseError(f"There is no warehouse file {source}", advice="see REVOPS_HOME")
    file = Warehouse(source)
    with file.lent("moving to a lake"), target.open("moving to a lake") as session:
        session.execute(f"attach {literal(source)} as source (read_only)")
        try:
            return _move(session, say)
        finally:
            session.execute("detach source")


def _move(session: Session, say: Callable[[str], object]) -> Moved:
    _refuse_others(session)
    session.execute("create schema if not exists ops")
    session.define(_MOVED)
    there = {one["place"]: one for one in session.rows("from ops._moved")}
    tables, copied, rows = session.rows(_TABLES), 0, 0
    for table in tables:
        place = f"{quoted(table['schema'])}.{quoted(table['name'])}"
        wanted = _digest(session, f"source.{place}")
        rows += wanted["rows"]
        known = there.get(place)
        if known and (known["rows"], known["digest"]) == (wanted["rows"], wanted["digest"]):
            continue
        if known and _digest(session, f"{CATALOG}.{place}")["digest"] != known["digest"]:
            raise WarehouseError(
                f"{table['schema']}.{table['name']} was changed in the lake since it was moved",
                advice="the lake is in use: it is not replaced by what the file holds",
            )
        say(f"{table['schema']}.{table['name']}: {wanted['rows']} rows")
        _refuse_wide(session, table, place)
        with session.transaction():
            _copy(session, table, place)
            if _digest(session, f"{CATALOG}.{place}") != wanted:
                raise WarehouseError(
                    f"{table['schema']}.{table['name']} is not the same in the lake: undone"
                )
            session.execute("delete from ops._moved where place = $place", {"place": place})
            session.execute(
                "insert into ops._moved values ($place, $rows, $digest)", {"place": place, **wanted}
            )
        copied += 1
    return Moved(len(tables), copied, rows)


def _copy(session: Session, table: Row, place: str) -> None:
    columns = ", ".join(
        f"{quoted(one['name'])} {one['type']}{'' if one['is_nullable'] else ' not null'}"
        for one in session.rows(_COLUMNS, {"schema": table["schema"], "name": table["name"]})
    )
    session.execute(f"create schema if not exists {quoted(table['schema'])}")
    session.execute(f"create or replace table {place} ({columns})")
    session.execute(f"insert into {place} from source.{place}")
    if table["comment"] is not None:
        session.execute(f"comment on table {place} is {literal(table['comment'])}")


def _refuse_wide(session: Session, table: Row, place: str) -> None:
    """A HUGEINT is a double in Parquet; a few rows are whole until they are written there."""
    for one in session.rows(_COLUMNS, {"schema": table["schema"], "name": table["name"]}):
        if one["type"] not in ("HUGEINT", "UHUGEINT"):
            continue
        largest = f"max(abs(cast({quoted(one['name'])} as double)))"
        if (session.value(f"select {largest} from source.{place}") or 0) >= 2**53:
            raise WarehouseError(
                f"{table['schema']}.{table['name']}.{one['name']} holds a HUGEINT of 2^53 or more,"
                " which a lake would round",
                advice="`revops build` makes the product's own tables anew, with decimals;"
                " in a model of your own, cast it to decimal(38, 0)",
            )


def _digest(session: Session, place: str) -> Row:
    """Rows, and the sum of their hashes: of the same rows in any order the same."""
    (found,) = session.rows(
        f"select count(*) as rows, sum(hash(one))::varchar as digest from {place} as one"
    )
    return found


def _refuse_others(session: Session) -> None:
    """What is in the lake already must have come by this way."""
    others = session.value(
        "select count(*) from duckdb_tables() where database_name = current_database()"
        " and not (schema_name = 'ops' and table_name in ('_layout', '_moved'))"
    )
    if others and not session.has("ops", "_moved"):
        raise WarehouseError(
            "The lake holds tables already, which would be replaced",
            advice="give REVOPS_WAREHOUSE__CATALOG and __DATA_PATH of a lake that is empty",
        )
