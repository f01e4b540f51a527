"""Prints tables and keeps every figure as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from warehouse.clock import SystemClock

_PACKAGES = ("duckdb", "dlt", "httpx", "msgspec", "pyarrow", "pydantic", "urllib3")


@dataclass(frozen=True)
class Target:
    """What the issue asks for, what was measured, and whether that is enough."""

    what: str
    asked: str
    measured: str
    is_met: bool


@dataclass
class Report:
    """What one benchmark says: a table for people, figures for machines, targets for both."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def show(self) -> None:
        console = Console(width=118)
        table = Table(*self.columns[:1], title=self.title, title_justify="left")
        for column in self.columns[1:]:
            table.add_column(column, justify="right")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)
        for target in self.targets:
            verdict = "[green]met[/]" if target.is_met else "[red]missed[/]"
            console.print(f"  {verdict}  {target.what}: {target.measured} (asked: {target.asked})")

    def write(self, folder: Path) -> Path:
        """Keep the figures as `folder`/<first word of the title>.json."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.title.split()[0].strip(',').lower()}.json"
        document = {
            "title": self.title,
            "at": SystemClock().now().isoformat(),
            "machine": _machine(),
            "targets": [asdict(target) for target in self.targets],
            **self.figures,
        }
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        return path


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
