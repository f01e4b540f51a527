"""Reads a dropped file into numbered rows: CSV as spreadsheets write it, JSON, NDJSON, Parquet."""

from __future__ import annotations

import codecs
import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from warehouse.drops import Unreadable, parquet_rows

ENDINGS = (".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".parquet")

_BOM = "\ufeff"


@dataclass(frozen=True)
class Found:
    """A row by its number as a spreadsheet shows it; `fault` says why it is none."""

    row: int
    values: dict[str, Any]
    fault: str | None = None
    is_tabular: bool = True


def rows_of(path: Path) -> Iterator[Found]:
    """The rows of a file, blank ones left out.

    Raises:
        Unreadable: it cannot be read at all; the rows before may have been given already.
    """
    match path.suffix:
        case ".parquet":
            for row, values in enumerate(parquet_rows(path), 1):
                yield Found(row, {column(name): value for name, value in values.items()})
        case ".json" | ".ndjson" | ".jsonl":
            yield from _documents(_decoded(path))
        case _:
            yield from _records(_decoded(path))


def column(heading: object) -> str:
    """A heading without width, case, spaces at its ends and in it."""
    plain = unicodedata.normalize("NFKC", str(heading)).strip().lower()
    return plain.replace(" ", "_").replace("-", "_")


def _decoded(path: Path) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, or what Japanese Excel writes."""
    content = path.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8", "cp932"]
    for encoding in encodings:
        try:
            return content.decode(encoding).removeprefix(_BOM)
        except UnicodeDecodeError:
            continue
    raise Unreadable("it is neither UTF-8 nor Shift_JIS (cp932)")


def _records(text: str) -> Iterator[Found]:
    """Records of a CSV; a quoted cell may hold commas and new lines."""
    delimiter = max(",\t;", key=text.partition("\n")[0].count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    headings: list[str] = []
    try:
        for row, cells in enumerate(lines, 1):
            if not any(cell.strip() for cell in cells):
                continue
            if not headings:
                headings = [column(cell) for cell in cells]
                continue
            yield Found(row, dict(zip(headings, cells, strict=False)), _length(headings, cells))
    except csv.Error as error:
        raise Unreadable(f"row {row + 1}: it is no CSV: {error}") from error


def _length(headings: list[str], cells: list[str]) -> str | None:
    if len(cells) == len(headings):
        return None
    return f"it has {len(cells)} cells, the heading has {len(headings)}"


def _documents(text: str) -> Iterator[Found]:
    """Objects of a JSON array, or one per line."""
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text, parse_float=Decimal)
        except ValueError as error:
            raise Unreadable(f"it is no JSON: {error}") from error
        yield from (_document(row, one) for row, one in enumerate(found, 1))
        return
    for row, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield _document(row, json.loads(line, parse_float=Decimal))
            except ValueError as error:
                yield Found(row, {"_text": line}, f"it is no JSON: {error}")


def _document(row: int, found: object) -> Found:
    if isinstance(found, dict):
        values = {column(name): value for name, value in found.items()}
        return Found(row, values, is_tabular=False)
    return Found(row, {"_text": found}, "it is no JSON object")
