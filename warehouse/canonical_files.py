"""Reads canonical tables from CSV files: what is wrong is refused with file, line and field."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.canonical_tables import SQL_TYPES, TABLES, CanonicalTable, Column
from warehouse.connection import Row, Session, quoted
from warehouse.errors import Misconfigured

SCHEMA = "canonical"
# Of one file; what is wrong with a whole column would hide what is wrong elsewhere.
_FAULTS_SHOWN = 20


@dataclass(frozen=True)
class Fault:
    """A row that was left out. `line` counts from 1, the header included."""

    file: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.reason}"


@dataclass(frozen=True)
class LoadResult:
    """Rows loaded and rows refused per table, and why, the first twenty of each file."""

    loaded: dict[str, int]
    refused: dict[str, int]
    faults: tuple[Fault, ...]


def load_canonical(session: Session, folder: Path) -> LoadResult:
    """Load the 26 tables of `folder` into the schema `canonical`.

    Raises:
        Misconfigured: a file is missing or cannot be read, or a column is missing.
    """
    missing = [f"{name}.csv" for name in TABLES if not (folder / f"{name}.csv").is_file()]
    if missing:
        raise Misconfigured(
            f"{folder} lacks {', '.join(missing)}",
            advice="an empty table is a file with its header line; docs/how-to/measure.md",
        )
    session.execute(f"create schema if not exists {SCHEMA}")
    loaded, refused, faults = {}, {}, list[Fault]()
    for table in TABLES.values():
        found = list(_load(session, table, folder / f"{table.name}.csv"))
        faults += found[:_FAULTS_SHOWN]
        loaded[table.name] = session.value(f"select count(*) from {SCHEMA}.{quoted(table.name)}")
        refused[table.name] = len({fault.line for fault in found})
    return LoadResult(loaded, refused, tuple(faults))


def _load(session: Session, table: CanonicalTable, path: Path) -> Iterator[Fault]:
    unreadable = _read(session, table, path)
    faults = unreadable + session.rows(_faults(table))
    kept = ", ".join(
        f"try_cast({quoted(c.name)} as {SQL_TYPES[c.kind]}) as {quoted(c.name)}"
        for c in table.columns
    )
    session.execute(
        f"create or replace table {SCHEMA}.{quoted(table.name)} as "
        f"select {kept} from read_rows where not list_contains($lines::bigint[], line)",
        {"lines": [fault["line"] for fault in faults]},
    )
    for fault in faults:
        yield Fault(path.name, fault["line"], fault["field"], fault["reason"])


def _read(session: Session, table: CanonicalTable, path: Path) -> list[Row]:
    """Make `read_rows` of the file, as text with line numbers; what is no row of it is returned."""
    _check_header(table, path)
    columns = ", ".join(f"nullif({quoted(c.name)}, '') as {quoted(c.name)}" for c in table.columns)
    session.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    session.execute(
        f"""
        create or replace temp table read_rows as
        select row_number() over () as line, {columns}
        from read_csv(
            $path, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"',
            strict_mode = true, parallel = false, store_rejects = true
        )
        """,
        {"path": str(path)},
    )
    unreadable = session.rows(
        "select line::bigint as line, 'row' as field, "
        "any_value(split_part(error_message, chr(10), 1)) as reason "
        "from reject_errors group by line order by line"
    )
    # Rows count from 1, lines from 2, and a line that is no row was not counted.
    lines = [fault["line"] for fault in unreadable]
    session.execute("update read_rows set line = line + 1")
    for line in lines:
        session.execute("update read_rows set line = line + 1 where line >= $line", {"line": line})
    return unreadable


def _check_header(table: CanonicalTable, path: Path) -> None:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read as text in UTF-8: {error}") from error
    absent = [column.name for column in table.columns if column.name not in header]
    if absent:
        raise Misconfigured(
            f"{path.name}:1: the columns {', '.join(absent)} are missing",
            advice=f"the header is {','.join(column.name for column in table.columns)}",
        )


def _faults(table: CanonicalTable) -> str:
    checks = [check for column in table.columns for check in _column_faults(column)]
    if table.key:
        checks.append(_key_faults(table))
    return " union all ".join(checks) + " order by line, field"


def _key_faults(table: CanonicalTable) -> str:
    key = ", ".join(quoted(name) for name in table.key)
    return f"""
        select line, '{"+".join(table.key)}' as field,
            'the same key stands on line ' || first_line as reason
        from (select *, min(line) over (partition by {key}) as first_line from read_rows)
        where line > first_line
        """


def _column_faults(column: Column) -> Iterator[str]:
    name, kind = quoted(column.name), SQL_TYPES[column.kind]
    shown = f"'{column.name}' as field"
    if column.required:
        yield f"select line, {shown}, 'is empty' as reason from read_rows where {name} is null"
    if column.kind != "text":
        yield (
            f"select line, {shown}, {name} || ' is no {column.kind}' as reason from read_rows "
            f"where {name} is not null and try_cast({name} as {kind}) is null"
        )
    if column.accepted:
        words = ", ".join(f"'{word}'" for word in column.accepted)
        yield (
            f"select line, {shown}, {name} || ' is none of {', '.join(column.accepted)}' as reason "
            f"from read_rows where {name} not in ({words})"
        )
