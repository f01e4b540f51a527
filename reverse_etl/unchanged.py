"""Keeps what a comparison found while nothing that it compares has changed.

Only of a model that differed in nothing from what was sent: rows that were parked, withheld or
abandoned differ, so that they are looked at in every run.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from reverse_etl.spec import SyncSpec
from warehouse.connection import Session

Found = dict[str, Any]


def inputs_of(session: Session, spec: SyncSpec, mark: str | None) -> str | None:
    """What names all that a comparison depends on; None where that is not known.

    The build of the model and how many rows it has, the sync's document, what was written to its
    ledger (`mark`), and the version of the engine that compares.
    """
    # Of what is looked up or left out, nobody knows a build.
    if mark is None or type(spec) is not SyncSpec:
        return None
    knows_builds = session.value(
        "select count(*) from duckdb_tables()"
        " where schema_name = 'ops' and table_name = 'model_builds'"
    )
    # A view changes without a build.
    is_view = session.value(
        "select count(*) from duckdb_views()"
        " where schema_name = 'activation' and view_name = $model",
        {"model": spec.model},
    )
    if is_view or not knows_builds:
        return None
    built = session.rows(
        "select invocation_id, built_at::varchar as built_at, version() as engine,"
        f" (select count(*) from {spec.table}) as model_rows"
        " from ops.model_builds where model = $model",
        {"model": spec.model},
    )
    if not built:
        return None
    said = json.dumps([mark, spec.config_hash, *built[0].values()])
    return sha256(said.encode()).hexdigest()


def found_before(session: Session, spec: SyncSpec, inputs: str | None) -> Found | None:
    """What was found of the same inputs, where nothing differed."""
    session.execute("create schema if not exists sync_memory")
    session.execute(f"create table if not exists {_TABLE}")
    text = session.value(
        "select found from sync_memory._unchanged where sync = $sync and inputs = $inputs",
        {"sync": spec.name, "inputs": inputs},
    )
    found: Found | None = None if text is None else json.loads(text)
    return found


def keep(session: Session, spec: SyncSpec, inputs: str | None, found: Found) -> None:
    """Keep it for the next run, in place of what was kept."""
    with session.transaction():
        session.execute(
            "delete from sync_memory._unchanged where sync = $sync", {"sync": spec.name}
        )
        session.execute(
            "insert into sync_memory._unchanged values ($sync, $inputs, $found)",
            {"sync": spec.name, "inputs": inputs, "found": json.dumps(found)},
        )


# No sync is called so: its name begins with a letter.
_TABLE = "sync_memory._unchanged (sync varchar, inputs varchar, found varchar)"
