"""Runs the statements that dbt compiled, and nothing else, on one connection in this process."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.modelling.dbt import MEMORY
from warehouse.dbt_plugin import Plugin


def statements(folder: Path) -> Iterator[str]:
    """The metrics' models as tables, each after what it is made of."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    waiting: dict[str, dict[str, Any]] = {
        name: node
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and node["schema"] == "metrics"
        and node["language"] == "sql"
    }
    while waiting:
        ready = [
            name
            for name, node in waiting.items()
            if not waiting.keys() & set(node["depends_on"]["nodes"])
        ]
        for name in ready:
            node = waiting.pop(name)
            compiled = folder / "compiled" / "revops" / node["original_file_path"]
            sql = compiled.read_text(encoding="utf-8")
            yield f"create or replace table {node['relation_name']} as {sql}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("folder", type=Path, help="where dbt put what it compiled")
    asked = parser.parse_args()
    with duckdb.connect(asked.warehouse) as connection:
        connection.execute(f"set threads = 2; set memory_limit = '{MEMORY}'; set TimeZone = 'UTC'")
        Plugin.__new__(Plugin).configure_connection(connection)
        for statement in statements(asked.folder):
            connection.execute(statement)


if __name__ == "__main__":
    main()
