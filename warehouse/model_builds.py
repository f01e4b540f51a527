"""Tells which dbt invocation built a model last, as dbt itself has noted it."""

from __future__ import annotations

from warehouse.connection import Session


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


def _knows_builds(session: Session) -> bool:
    return bool(
        session.value(
            "select count(*) from duckdb_tables() where schema_name = 'ops'"
            " and table_name = 'model_builds'"
        )
    )
