"""How results are shown: tables for people, one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from warehouse.errors import RevopsError

# No emoji: a name such as ":key:" is somebody's data, in JSON too.
OUT = Console(highlight=False, emoji=False)
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
