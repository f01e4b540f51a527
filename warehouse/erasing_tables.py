"""Finds a person in every table of the warehouse, and takes them out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from warehouse.connection import Session, literal, quoted
from warehouse.needles import ERASED, Needles
from warehouse.version_log import VERSION_ORDER

# Layers of which the next build makes every row anew that is taken away here.
_DERIVED = ("identity", "canonical", "metrics", "marts", "activation")
# Schemas that may be thrown away at any time: whoever needs them makes them again.
_DISPOSABLE = ("identity_work", "sync_memory")
# Tables of `ops` of which a row is about one person or record, and is of no use without them.
_OF_ONE = (
    *("identity_assignments", "identity_events", "identity_decisions"),
    *("holdout_members", "suppressions", "kept_suppressions"),
)
_NOTES = ("_recent", "_rejected")
# Sources whose records are what one person did.
_ACTS = ("raw_events",)

Kind = Literal["raw", "notes", "staging", "derived", "disposable", "of_one", "other"]
# Vendor and stream -> the keys of the person's own records.
OwnKeys = Mapping[tuple[str, str], Sequence[str]]


@dataclass(frozen=True)
class Held:
    """A table that holds the person in so many rows; `named` more hold the name and nothing else.

    `log` is the raw table that a staging table is made of.
    """

    schema: str
    table: str
    kind: Kind
    rows: int
    named: int = 0
    log: str | None = None

    @property
    def name(self) -> str:
        return self.schema if self.kind == "disposable" else f"{self.schema}.{self.table}"

    @property
    def is_deleted(self) -> bool:
        """Whether whole rows are deleted, and not only masked."""
        return self.kind in {"notes", "derived", "disposable", "of_one"} or self.schema in _ACTS


_OF_OPS = (
    "select table_name from duckdb_tables() where schema_name = 'ops'"
    " and database_name = current_database()"
)


def kind_of(schema: str, table: str) -> Kind:
    """What becomes of a table's rows."""
    if schema in _DISPOSABLE:
        return "disposable"
    if schema.startswith("raw_") and table != "_cursors":
        return "notes" if table in _NOTES else "raw"
    if schema == "staging":
        return "staging"
    if schema in _DERIVED:
        return "derived"
    return "of_one" if schema == "ops" and table in _OF_ONE else "other"


def held_in(
    session: Session, needles: Needles, own: OwnKeys, logs: Mapping[str, str]
) -> list[Held]:
    """Every table that holds the person, in the order of their names.

    `logs` tells of staging tables which raw table each is made of.
    """
    found: list[Held] = []
    with _shown(session, own):
        for one in _tables(session, logs):
            rows, named = _count(session, one, needles)
            if rows or named:
                found.append(replace(one, rows=rows, named=named))
    return _thrown_away_as_one(found)


def still_held(session: Session, held: Held, needles: Needles, own: OwnKeys) -> int:
    """In how many rows of what was to be cleaned the person is now."""
    with _shown(session, own):
        return sum(
            _count(session, one, needles)[0]
            for one in _tables(session, {held.table: held.log} if held.log else {})
            if one.name == held.name
        )


def take_out(session: Session, held: Held, needles: Needles, own: OwnKeys) -> None:
    """Delete or mask the person's rows in one transaction; twice does no more than once."""
    with _shown(session, own), session.transaction():
        if held.kind == "disposable":
            session.execute(f"drop schema if exists {quoted(held.schema)} cascade")
            return
        if not any(one.name == held.name for one in _tables(session, {})):
            return
        if held.kind in {"raw", "staging"}:
            _delete_own(session, held, needles)
        if held.is_deleted:
            _delete(session, held, needles)
        else:
            _mask(session, held, needles)


def _tables(session: Session, logs: Mapping[str, str]) -> list[Held]:
    found = session.rows(
        "select schema_name, table_name from duckdb_tables() where not internal and not temporary"
        " and database_name = current_database() order by schema_name, table_name"
    )
    return [
        Held(name, table, kind_of(name, table), 0, log=logs.get(table))
        for name, table in ((row["schema_name"], row["table_name"]) for row in found)
    ]


@contextmanager
def _shown(session: Session, own: OwnKeys) -> Iterator[None]:
    """Show SQL the person's own records as the table `own_keys` for the time of the block."""
    rows = [(vendor, stream, key) for (vendor, stream), keys in own.items() for key in keys]
    columns = {
        name: [row[place] for row in rows] for place, name in enumerate(("vendor", "stream", "key"))
    }
    with session.table("own_keys", columns, dict.fromkeys(columns, "text")):
        yield


def _thrown_away_as_one(found: Iterable[Held]) -> list[Held]:
    kept: dict[str, Held] = {}
    for one in found:
        known = kept.get(one.name)
        kept[one.name] = replace(one, rows=one.rows + (known.rows if known else 0))
    return list(kept.values())


def _is_own(held: Held) -> str:
    """SQL: the row `rows` is the person's own record, or hangs on it, or on a row that is gone.

    What hangs on a record is called by it, such as HubSpot's `contacts/1` and
    `contacts/1/companies`.
    """
    if held.kind == "staging" and held.log is not None:
        log = _raw(held.log)
        own = f"select rows._key from {held.log} as rows where {_is_own(log)}"
        if log.is_deleted:
            own = f"select rows._key from ({_read(log)}) as rows where is_own or {_hits(log)}"
        return f"(rows._key in ({own}) or rows._key not in (select _key from {held.log}))"
    if held.kind not in {"raw", "notes"}:
        return "false"
    vendor = literal(held.schema.removeprefix("raw_"))
    stream = "rows.stream" if held.kind == "notes" else literal(held.table)
    # That a record was left out on purpose is told by its number alone, and stays.
    kept = "rows.payload::varchar is distinct from 'null' and " if held.table == "_rejected" else ""
    return f"""coalesce({kept}exists (
        from own_keys
        where own_keys.vendor = {vendor} and (
            (own_keys.stream = {stream} and own_keys.key = rows._key)
            or own_keys.stream || '/' || own_keys.key
                = regexp_extract(rows._key, '^[a-z_]+/[^/]+')
        )
    ), false)"""


def _hits(held: Held) -> str:
    """SQL: the row, whose text is `said`, tells of the person.

    A record of a tool names others by their ids, which lead nowhere once those are gone: by them
    alone it tells of nobody.
    """
    known = "regexp_matches(said, $ids)"
    if held.kind == "staging" or (held.kind == "raw" and not held.is_deleted):
        known = f"({known} and regexp_matches(said, $names))"
    return f"(regexp_matches(said, $identifiers) or {known})"


def _read(held: Held) -> str:
    """SQL: all rows of a table, each with its place, its key, whether it is own, and its text."""
    table = f"{quoted(held.schema)}.{quoted(held.table)}"
    key = "rows._key" if held.kind in {"raw", "notes", "staging"} else "null"
    return (
        f"select rows.rowid as place, {key} as _key, {_is_own(held)} as is_own,"
        f" rows::varchar as said from {table} as rows"
    )


def _raw(log: str) -> Held:
    schema, _, table = log.partition(".")
    return Held(schema, table, "raw", 0)


def _count(session: Session, held: Held, needles: Needles) -> tuple[int, int]:
    sql = f"""
        with told as (
            select
                is_own or {_hits(held)} as is_told,
                regexp_matches(said, $names) as is_named
            from ({_read(held)})
        )

        select
            count(*) filter (is_told) as told,
            count(*) filter (is_named and not is_told) as named
        from told
        """
    (row,) = session.rows(sql, _patterns(sql, needles))
    return row["told"], row["named"]


def _delete(session: Session, held: Held, needles: Needles) -> None:
    table = f"{quoted(held.schema)}.{quoted(held.table)}"
    places = f"select place from ({_read(held)}) where is_own or {_hits(held)}"
    _run(session, f"delete from {table} where rowid in ({places})", needles)
    if held.kind == "derived":
        _ask_for_a_build(session, held, table)


def _ask_for_a_build(session: Session, held: Held, table: str) -> None:
    """Let nothing be sent of a table that lacks rows, until it is made anew, and as a whole."""
    known = {row["table_name"] for row in session.rows(_OF_OPS)}
    # Without it no gate has judged the table; by_key.sql makes anew what lacks its comment.
    if "model_builds" in known:
        forgotten = "delete from ops.model_builds where model = $model"
        session.execute(forgotten, {"model": held.table})
    if f"keys_of__{held.table}" in known:
        session.execute(f"comment on table {table} is null")


def _delete_own(session: Session, held: Held, needles: Needles) -> None:
    """Delete every version of the person's own records, and count those that are left anew."""
    table = f"{quoted(held.schema)}.{quoted(held.table)}"
    _run(session, f"delete from {table} as rows where {_is_own(held)}", needles)
    if held.kind == "raw":
        session.execute(
            f"""
            update {quoted(held.schema)}._cursors set live = (
                select count(*) filter (not is_gone) from (
                    select arg_max(_deleted, {VERSION_ORDER}) as is_gone from {table} group by _key
                )
            )
            where stream = $stream
            """,
            {"stream": held.table},
        )


def _mask(session: Session, held: Held, needles: Needles) -> None:
    """Mask in every row that tells of the person what does so, column by column."""
    table = f"{quoted(held.schema)}.{quoted(held.table)}"
    columns = session.rows(
        "select column_name, data_type from duckdb_columns()"
        " where database_name = current_database()"
        " and schema_name = $schema and table_name = $table",
        {"schema": held.schema, "table": held.table},
    )
    told = f"select place from ({_read(held)}) where {_hits(held)}"
    texts = {
        quoted(row["column_name"]): row["data_type"]
        for row in columns
        if "VARCHAR" in row["data_type"] or row["data_type"] == "JSON"
    }
    masked = [f"{column} = {_masked(column, kind, held)}" for column, kind in texts.items()]
    if masked:
        sql = f"update {table} set {', '.join(masked)} where rowid in ({told})"
        _run(session, sql, needles)


def _run(session: Session, sql: str, needles: Needles) -> None:
    session.execute(sql, _patterns(sql, needles))


def _patterns(sql: str, needles: Needles) -> dict[str, object]:
    """The parameters that a statement has."""
    known = {
        "identifiers": needles.identifiers,
        "ids": needles.ids,
        "names": needles.full_names,
        "numbers": needles.bare_numbers,
    }
    return {name: pattern for name, pattern in known.items() if f"${name}" in sql}


def _masked(column: str, kind: str, held: Held) -> str:
    """SQL: a column without the person; ids stay in the records of tools."""
    is_nested = kind not in {"VARCHAR", "JSON"}
    text = f"to_json({column})::varchar" if is_nested else f"{column}::varchar"
    for _ in range(2):
        text = f"regexp_replace({text}, $identifiers, '\\1{ERASED}\\2', 'g')"
    text = f"regexp_replace({text}, $names, '{ERASED}', 'g')"
    if held.kind == "other":
        for _ in range(2):
            text = f"regexp_replace({text}, $numbers, '\\1null\\2', 'g')"
        text = f"regexp_replace({text}, $ids, '{ERASED}', 'g')"
    if kind == "VARCHAR":
        return text
    return f"({text})::json" if kind == "JSON" else f"({text})::json::{kind}"
