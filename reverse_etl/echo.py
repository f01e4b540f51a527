"""Recognises our own writes when they come back through a connector."""

from __future__ import annotations

import json
from typing import Any

from connectors.core.source import Source
from reverse_etl.spec import SyncSpec
from warehouse.connection import Session, quoted


def count_echoes(session: Session, spec: SyncSpec, source: Source, run_id: str) -> int:
    """How many versions that a run landed differ from the one before only in what we wrote.

    Compared by content: the fields that the sync maps and the vendor's own modification stamps
    are taken out of both versions, and what is left must be equal.
    """
    if source.stream(spec.object) is None:
        return 0
    table = f"raw_{source.name}.{quoted(spec.object)}"
    written = [f"$.properties.{mapping.field}" for mapping in spec.fields]
    patch = json.dumps(_removal([*source.stamps, *written]))
    found = session.value(
        f"""
        with landed as (
            select _key, payload from {table} where _run_id = $run_id
        ),

        previous as (
            select _key, arg_max(payload, (_extracted_at, _run_id, _cursor)) as payload
            from {table}
            where _key in (select _key from landed) and _run_id < $run_id
            group by _key
        )

        select count(*)
        from landed
        inner join previous on landed._key = previous._key
        where
            json_merge_patch(landed.payload, $patch::json)
            = json_merge_patch(previous.payload, $patch::json)
        """,
        {"run_id": run_id, "patch": patch},
    )
    return int(found)


def _removal(paths: list[str]) -> dict[str, Any]:
    """A merge patch (RFC 7396) that removes every path: null means "not there"."""
    patch: dict[str, Any] = {}
    for path in paths:
        *parents, leaf = path.removeprefix("$.").split(".")
        node = patch
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = None
    return patch
