"""Tells which dbt invocation built a model last, as dbt itself has noted it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.connection import Session, quoted


def build_of(session: Session, model: str) -> str | None:
    """The dbt invocation that last built a model, or None if none ever did."""
    if not _knows_builds(session):
        return None
    found = session.value(
        "select invocation_id from ops.model_builds where model = $model", {"model": model}
    )
    return None if found is None else str(found)


def is_built_since(session: Session, model: str, other: str) -> bool:
    """Whether a model was built after another one, so that it can hold what the other holds."""
    return _knows_builds(session) and bool(
        session.value(
            "select max(built_at) filter (model = $model) >= max(built_at) filter (model = $other)"
            " from ops.model_builds",
            {"model": model, "other": other},
        )
    )


def builds_of_layers(session: Session, schemas: Sequence[str]) -> list[dict[str, Any]]:
    """Every table of these schemas: its rows, and when and by which invocation it was built last.

    Views are left out: they are as old as what they read.
    """
    tables = session.rows(
        "select schema_name, table_name from duckdb_tables() where schema_name in"
        " (select unnest($schemas)) order by all",
        {"schemas": list(schemas)},
    )
    names = [(row["schema_name"], row["table_name"]) for row in tables]
    if not names:
        return []
    counted = session.rows(
        " union all ".join(
            f"select {number} as place, count(*) as rows from {quoted(schema)}.{quoted(name)}"
            for number, (schema, name) in enumerate(names)
        )
    )
    rows = {one["place"]: one["rows"] for one in counted}
    built = {
        one["model"]: one
        for one in (session.rows("from ops.model_builds") if _knows_builds(session) else ())
    }
    return [
        {
            "model": f"{schema}.{name}",
            "rows": rows[number],
            "built_at": built[name]["built_at"] if name in built else None,
            "build_id": built[name]["invocation_id"] if name in built else None,
        }
        for number, (schema, name) in enumerate(names)
    ]


def _knows_builds(session: Session) -> bool:
    return bool(
        session.value(
            "select count(*) from duckdb_tables() where schema_name = 'ops'"
            " and table_name = 'model_builds'"
        )
    )
