"""How results are shown: tables for people, one JSON document for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from shutil import get_terminal_size
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from warehouse.errors import RevopsError

# Where nobody looks, a line is as long as it has to be: `| grep NAME` finds a whole row.
_NO_SCREEN = (160, 50)


def _width() -> int | None:
    """A screen's is asked for at every table, as it may be resized; COLUMNS is heeded anywhere."""
    return None if sys.stdout.isatty() else get_terminal_size(_NO_SCREEN).columns


# No emoji: a name such as ":key:" is somebody's data, in JSON too.
OUT = Console(highlight=False, emoji=False, width=_width())
ERR = Console(stderr=True, highlight=False, emoji=False)


def print_json(document: object) -> None:
    """One document on standard output, and nothing else there."""
    text = json.dumps(document, ensure_ascii=False, indent=2, default=_plain)
    OUT.print(text, markup=False, soft_wrap=True)


def error_document(error: RevopsError) -> dict[str, Any]:
    return {"error": error.message, "advice": error.advice, "exit_code": error.exit_code}


def fail(error: RevopsError, *, as_json: bool) -> int:
    """Show an error and return the exit code that it stands for."""
    if as_json:
        print_json(error_document(error))
    ERR.print(f"[bold red]{type(error).__name__}[/]: {escape(error.message)}", soft_wrap=True)
    if error.advice:
        ERR.print(f"  [bold]next:[/] {escape(error.advice)}", soft_wrap=True)
    return error.exit_code


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table whose columns named with a leading `#` are numbers; no name is cut off."""
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        shown.add_column(
            column.removeprefix("#"),
            justify="right" if column.startswith("#") else "left",
            overflow="fold",
        )
    for row in rows:
        shown.add_row(*(cell(value) for value in row))
    return shown


def fitted(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    spare: Sequence[str],
    wraps: str,
) -> Table:
    """A table whose words stay whole: where there is no room, `spare` columns are left out.

    In the order in which they are given, no more than has to be, and a line says so. The column
    `wraps` may take several lines, and no other.
    """
    left_out: list[str] = []
    shown = _without(left_out, title, columns, rows, wraps)
    for more in spare:
        if _least_width(shown) <= OUT.width:
            break
        left_out.append(more)
        shown = _without(left_out, title, columns, rows, wraps)
    if left_out:
        names = ", ".join(name.removeprefix("#") for name in left_out)
        shown.caption = f"no room here for {names}: `--json`, or a wider window"
        shown.caption_justify = "left"
    return shown


def _without(
    left_out: Sequence[str],
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    wraps: str,
) -> Table:
    kept = [number for number, name in enumerate(columns) if name not in left_out]
    shown = table(title, [columns[at] for at in kept], ([row[at] for at in kept] for row in rows))
    for column in shown.columns:
        column.no_wrap = column.header != wraps
    return shown


def _least_width(shown: Table) -> int:
    """In characters; between two columns there are two."""
    endless = OUT.options.update(width=10_000)
    columns = [
        [Measurement.get(OUT, endless, one) for one in (column.header, *column.cells)]
        for column in shown.columns
    ]
    widths = (
        max(one.maximum if column.no_wrap else one.minimum for one in measured)
        for column, measured in zip(shown.columns, columns, strict=True)
    )
    return sum(widths) + 2 * (len(columns) - 1)


def cell(value: object) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.2f}".removesuffix(".00") if isinstance(value, float) else f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}Z"
    return str(value)


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
