"""Reads a table of records from a file into an input relation, and refuses rows it cannot use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from identity.mapping import Columns, MapDocument, ReferenceMap
from identity.vocabulary import MANY, SINGLE, Entity
from warehouse.connection import Session, quoted
from warehouse.errors import Misconfigured

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_JSON = {".json": "array", ".ndjson": "newline_delimited", ".jsonl": "newline_delimited"}

# Truth beside the records, for measuring.
TRUTHS = ("truth", "account_truth", "reference_truth")

_INSTANT = """coalesce(
    try_cast({x} as timestamptz),
    to_timestamp(try_cast({x} as double) / case when abs(try_cast({x} as double)) > 1e11
        then 1000 else 1 end)
)"""


@dataclass(frozen=True)
class Refusal:
    """A row that is not among the records: `row` counts the file's rows from 1, without heading."""

    file: str
    row: int
    field: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_records(session: Session, path: Path, mapped: MapDocument, into: str) -> list[Refusal]:
    """Make the table `into` with every column of the vocabulary, and what is known of the truth.

    Raises:
        Misconfigured: the file is of no known kind, cannot be read, or lacks a mapped column.
    """
    named = {
        "record": mapped.record,
        "source": mapped.source,
        "created_at": mapped.created_at,
        "updated_at": mapped.updated_at,
        "is_deleted": mapped.is_deleted,
        **{truth: getattr(mapped, truth) for truth in TRUTHS},
    }
    return _read(session, path, mapped.entity, (named, mapped.fields), into)


def read_reference(session: Session, mapped: ReferenceMap, into: str) -> list[Refusal]:
    """Make the table `into` of the known companies; see `read_records`."""
    columns_of = ({"record": mapped.record}, mapped.fields)
    return _read(session, mapped.file, "company", columns_of, into)


def _read(
    session: Session,
    path: Path,
    entity: Entity,
    columns_of: tuple[Mapping[str, str | None], Mapping[str, Columns]],
    into: str,
) -> list[Refusal]:
    named, fields = columns_of
    unread = _load(session, path)
    columns = _columns(session, path)
    asked = [("record", named.get("record"))]
    asked += [(field, column) for field, column in named.items() if field != "record"]
    asked += [(field, one) for field, listed in fields.items() for one in _listed(listed)]
    missing = [f"{field}: {column}" for field, column in asked if column and column not in columns]
    if missing:
        raise Misconfigured(
            f"{path.name} has no column for {', '.join(missing)}",
            advice=f"its columns are {', '.join(columns)}",
        )
    selected = _selected(columns, entity, named, fields)
    session.execute(f"create or replace table {into} as select row, {selected} from read_rows")
    refused = _refuse(session, path, named.get("record"), into)
    for table in ("read_rows", "read_errors", "read_scans"):
        session.execute(f"drop table if exists {table}")
    counted = path.suffix.lower() in _DELIMITERS
    every = _counted(unread, refused) if counted else [*unread, *refused]
    return sorted(every, key=lambda one: one.row)


def _listed(columns: Columns) -> list[str]:
    return [columns] if isinstance(columns, str) else columns


def _load(session: Session, path: Path) -> list[Refusal]:
    """Make `read_rows` of the file, with the number of the `row`, and tell what is no row."""
    kind = path.suffix.lower()
    text = str(path).replace("'", "''")
    if not path.is_file():
        raise Misconfigured(f"{path} is no file")
    if kind in _DELIMITERS:
        source = (
            f"read_csv('{text}', all_varchar = true, header = true, strict_mode = true, "
            f"delim = '{_DELIMITERS[kind]}', quote = '\"', escape = '\"', store_rejects = true, "
            "rejects_table = 'read_errors', rejects_scan = 'read_scans')"
        )
    elif kind in _JSON:
        lenient = ", ignore_errors = true" if _JSON[kind] == "newline_delimited" else ""
        source = f"read_json_objects('{text}', format = '{_JSON[kind]}'{lenient})"
    elif kind == ".parquet":
        source = f"'{text}'"
    else:
        known = ", ".join([*_DELIMITERS, *_JSON, ".parquet"])
        raise Misconfigured(f"{path.name} is of no known kind", advice=f"known are {known}")
    try:
        session.execute(
            f"create or replace table read_rows as "
            f"select row_number() over () as row, * from {source}"
        )
    except Exception as error:
        raise Misconfigured(f"{path.name} cannot be read: {error}") from error
    if kind in _DELIMITERS:
        return _unread_lines(session, path)
    return _unread_objects(session, path) if kind in _JSON else []


def _unread_lines(session: Session, path: Path) -> list[Refusal]:
    rows = session.rows("""
        select line - 1 as row, min_by(column_name, byte_position) as field,
            min_by(error_message, byte_position) as reason
        from read_errors group by line order by line
    """)
    return [
        Refusal(path.name, one["row"], one["field"] or "row", one["reason"].rstrip("."))
        for one in rows
    ]


def _unread_objects(session: Session, path: Path) -> list[Refusal]:
    no_object = "json is null or json_type(json) <> 'OBJECT'"
    rows = session.rows(f"select row from read_rows where {no_object} order by row")
    session.execute(f"delete from read_rows where {no_object}")
    return [Refusal(path.name, one["row"], "row", "is no JSON object") for one in rows]


class _Column(NamedTuple):
    """The SQL of a column of the file as one text, and as a list of texts."""

    text: str
    texts: str


def _columns(session: Session, path: Path) -> dict[str, _Column]:
    """Blanks around a column's name are not part of it."""
    if path.suffix.lower() in _JSON:
        keys = session.rows("select distinct unnest(json_keys(json)) as key from read_rows")
        return {key: _json_column(key) for key in sorted(one["key"] for one in keys)}
    described = session.rows("describe from read_rows")
    return {
        one["column_name"].strip(): _table_column(one["column_name"], one["column_type"])
        for one in described
        if one["column_name"] != "row"
    }


def _json_column(key: str) -> _Column:
    place = _literal(f'$."{key}"')
    text = f"json_extract_string(json, {place})"
    listed = f"from_json(json_extract(json, {place}), '[\"VARCHAR\"]')"
    is_list = f"json_type(json, {place}) = 'ARRAY'"
    return _Column(
        f"case when {is_list} then array_to_string({listed}, ' ') else {text} end",
        f"case when {is_list} then {listed} else [{text}] end",
    )


def _table_column(name: str, kind: str) -> _Column:
    column = quoted(name)
    if kind.endswith("[]"):
        return _Column(f"array_to_string({column}, ' ')", f"{column}::varchar[]")
    return _Column(f"{column}::varchar", f"[{column}::varchar]")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _selected(
    columns: Mapping[str, _Column],
    entity: Entity,
    named: Mapping[str, str | None],
    fields: Mapping[str, Columns],
) -> str:
    """The columns of the input relation, of which each exists, mapped or not."""

    def text(listed: Columns | None) -> str:
        found = [_stripped(columns[one].text) for one in _listed(listed or [])]
        return f"nullif(concat_ws(' ', {', '.join(found)}), '')" if found else "null::varchar"

    def texts(listed: Columns | None) -> str:
        found = ", ".join(columns[one].texts for one in _listed(listed or []))
        clean = f"list_filter([{_stripped('x')} for x in flatten([{found}])], x -> x is not null)"
        return f"case when len({clean}) > 0 then {clean} end" if found else "null::varchar[]"

    record = text(named["record"]) if named["record"] else "row::varchar"
    selected = {
        "record": record,
        "source": text(named.get("source")),
        "created_at": _INSTANT.format(x=text(named.get("created_at"))),
        "updated_at": _INSTANT.format(x=text(named.get("updated_at"))),
        "is_deleted": f"try_cast({text(named.get('is_deleted'))} as boolean)",
        **{name: text(fields.get(name)) for name in SINGLE[entity]},
        **{column: texts(fields.get(name)) for name, column in MANY.items()},
        **{truth: text(named.get(truth)) for truth in TRUTHS},
    }
    return ", ".join(f"{sql} as {name}" for name, sql in selected.items())


def _stripped(sql: str) -> str:
    return f"nullif(trim({sql}), '')"


def _refuse(session: Session, path: Path, record: str | None, into: str) -> list[Refusal]:
    """Take out of `into` the rows without an id, and all rows but the first of an id."""
    field = record or "record"
    rows = session.rows(f"""
        select row, record, min(row) over (partition by record) as first from {into}
        qualify record is null or row > first order by row
    """)
    session.execute(
        f"delete from {into} where row in "
        f"(select row from {into} qualify record is null or "
        "row > min(row) over (partition by record))"
    )
    return [
        Refusal(path.name, one["row"], field, "is empty")
        if one["record"] is None
        else Refusal(
            path.name, one["row"], field, f"is {one['record']!r}, as in row {one['first']}"
        )
        for one in rows
    ]


def _counted(unread: list[Refusal], refused: list[Refusal]) -> list[Refusal]:
    """Rows that could not be read were not counted when the others were."""
    found = list(refused)
    for lost in unread:
        found = [replace(one, row=one.row + (one.row >= lost.row)) for one in found]
    return [*unread, *found]
