"""Writes rows into a file and reads them out again: CSV, NDJSON and Parquet, every value as it was.

CSV is RFC 4180 in UTF-8. Text is quoted and nothing else is, so that null is not an empty text and
"007" is no number; an object or an array is the text of its JSON.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = Mapping[str, Any]

# A quoted value or a plain one, and what stands behind it.
_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\Z)')
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), in either width.
_FORMULA = re.compile("'*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]")
_TRUTHS = {"true": True, "false": False}
_IS_JSON = {b"revops": b"json"}


class Unwritable(ValueError):
    """Values that a file of this kind cannot hold as they are, and why."""


class Unreadable(ValueError):
    """A file that is not what its name says, and why."""


def written(
    ending: str,
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    bom: bool = False,
    is_for_spreadsheets: bool = False,
) -> bytes:
    """A whole file of these rows; what a row lacks is null.

    In CSV for spreadsheets an apostrophe stands before every text that one would take for a
    formula, and before those that begin with apostrophes and go on as such.

    Raises:
        Unwritable: a column would hold values of several kinds.
    """
    if ending == "csv":
        values = [columns, *([row.get(name) for name in columns] for row in rows)]
        if is_for_spreadsheets:
            values = [list(map(_guarded, line)) for line in values]
        lines = map(_line, values)
        return (codecs.BOM_UTF8 if bom else b"") + "".join(lines).encode()
    if ending == "ndjson":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    return _parquet(columns, list(rows))


def read(
    ending: str, content: bytes, *, is_for_spreadsheets: bool = False
) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns and the rows of a file, as they were given to `written`.

    Raises:
        Unreadable: it is no such file.
    """
    readers: dict[str, Callable[[bytes], tuple[list[str], list[dict[str, Any]]]]] = {
        "csv": _read_csv,
        "ndjson": _read_ndjson,
        "parquet": _read_parquet,
    }
    try:
        columns, rows = readers[ending](content)
    except (ValueError, pa.ArrowException) as error:
        raise Unreadable(str(error).splitlines()[0]) from error
    if ending != "csv" or not is_for_spreadsheets:
        return columns, rows
    return list(map(_bare, columns)), [
        {_bare(name): _bare(value) for name, value in row.items()} for row in rows
    ]


def _line(values: Sequence[Any]) -> str:
    return ",".join(map(_cell, values)) + "\r\n"


def _guarded(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _bare(value: Any) -> Any:
    is_guarded = isinstance(value, str) and value.startswith("'") and _FORMULA.match(value)
    return value[1:] if is_guarded else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return '"' + text.replace('"', '""') + '"'


def _read_csv(content: bytes) -> tuple[list[str], list[dict[str, Any]]]:
    header, *lines = list(_lines(content.decode("utf-8-sig"))) or [[]]
    columns = [str(one) for one in header]
    for number, line in enumerate(lines, start=2):
        if len(line) != len(columns):
            raise Unreadable(f"row {number} has {len(line)} values and not {len(columns)}")
    return columns, [dict(zip(columns, line, strict=True)) for line in lines]


def _lines(text: str) -> Iterator[list[Any]]:
    at, line = 0, list[Any]()
    while at < len(text):
        cell = _CELL.match(text, at)
        if cell is None:
            raise Unreadable(f"no value can be read at character {at}")
        line.append(_value(cell))
        at = cell.end()
        if cell[3] != ",":
            yield line
            line = []
    if line:
        # The text ended with a comma: behind it is one more value.
        yield [*line, None]


def _value(cell: re.Match[str]) -> Any:
    quoted, plain = cell[1], cell[2]
    if quoted is not None:
        return quoted.replace('""', '"')
    if not plain:
        return None
    # What a person has typed is a text unless it is written as we write what is none.
    return _TRUTHS.get(plain, json.loads(plain) if _NUMBER.fullmatch(plain) else plain)


def _read_ndjson(content: bytes) -> tuple[list[str], list[dict[str, Any]]]:
    rows = [json.loads(line) for line in content.decode().split("\n") if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        raise Unreadable("a line is no object")
    return list(dict.fromkeys(name for row in rows for name in row)), rows


def _parquet(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    fields, arrays = [], []
    for name in columns:
        values = [row.get(name) for row in rows]
        kind, is_json = _kind(name, values)
        if is_json:
            values = [
                None if one is None else json.dumps(one, ensure_ascii=False) for one in values
            ]
        try:
            arrays.append(pa.array(values, kind))
        except (pa.ArrowException, OverflowError, UnicodeError) as error:
            raise Unwritable(f"{name}: {error}") from error
        fields.append(pa.field(name, kind, metadata=_IS_JSON if is_json else None))
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays, schema=pa.schema(fields)), buffer)
    return buffer.getvalue()


def _kind(name: str, values: Sequence[Any]) -> tuple[pa.DataType, bool]:
    kinds = {type(one) for one in values if one is not None}
    if kinds and kinds <= {dict, list}:
        return pa.string(), True
    if kinds <= {str}:
        return pa.string(), False
    if kinds == {bool}:
        return pa.bool_(), False
    if kinds == {int}:
        return pa.int64(), False
    if kinds <= {int, float}:
        return pa.float64(), False
    named = " and ".join(sorted(kind.__name__ for kind in kinds))
    raise Unwritable(f"{name} would hold {named} in one column")


def _read_parquet(content: bytes) -> tuple[list[str], list[dict[str, Any]]]:
    table = pq.read_table(io.BytesIO(content))
    documents = [one.name for one in table.schema if (one.metadata or {}).get(b"revops")]
    rows: list[dict[str, Any]] = table.to_pylist()
    for row in rows:
        row |= {name: json.loads(row[name]) for name in documents if row[name] is not None}
    return list(table.column_names), rows
