"""Recognises our own writes when they come back through a connector."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from connectors.core.source import Source
from reverse_etl.spec import SyncSpec
from warehouse.connection import Session, quoted
from warehouse.deliveries import Delivered
from warehouse.landing import VERSION_ORDER


def count_echoes(
    session: Session,
    spec: SyncSpec,
    source: Source,
    run_id: str,
    last_sent: Sequence[Delivered],
) -> int:
    """How many versions that a run landed say nothing that we did not write ourselves.

    Recognised by content: every field that the tool acknowledged holds what we sent, and the rest
    of the record, the vendor's own modification stamps apart, is as it was in the version before.
    A person's edit of one of our fields is therefore no echo.
    """
    stream = source.stream_of(spec.object)
    if stream is None:
        return 0
    table = f"raw_{source.name}.{quoted(stream.name)}"
    fields = [mapping.field for mapping in spec.fields]
    written = [f"{source.fields_at}.{field}" for field in fields]
    sent = {
        "key": [row.key for row in last_sent],
        "held": [json.dumps(row.held, ensure_ascii=False) for row in last_sent],
    }
    with session.table("last_sent", sent, {"key": "text", "held": "text"}):
        found = session.value(
            f"""
            with landed as (
                select _key, payload from {table} where _run_id = $run_id
            ),

            previous as (
                select _key, arg_max(payload, {VERSION_ORDER}) as payload
                from {table}
                where _key in (select _key from landed) and _run_id < $run_id
                group by _key
            )

            select count(*)
            from landed
            inner join previous on landed._key = previous._key
            inner join last_sent on landed._key = last_sent.key
            where
                json_merge_patch(landed.payload, $rest::json)
                = json_merge_patch(previous.payload, $rest::json)
                and {" and ".join(_is_ours(source, field) for field in fields)}
            """,
            {"run_id": run_id, "rest": json.dumps(_removal([*source.stamps, *written]))},
        )
    return int(found)


def _is_ours(source: Source, field: str) -> str:
    """SQL: the field holds what we sent, or, where we sent nothing, what it held before."""
    name = field.replace("'", "''")
    # A field that stands in a group is named with it: `organization_fields.plan`.
    steps = "".join(f'."{step}"' for step in name.split("."))
    inside, whole = f"'{source.fields_at}{steps}'", f"'$.\"{name}\"'"
    now = f"json_extract_string(landed.payload, {inside})"
    before = f"json_extract_string(previous.payload, {inside})"
    wish = f"json_extract_string(held, {whole})"
    return f"""case
        when json_exists(held, {whole})
            then coalesce({now}, '') = coalesce({wish}, '')
                or try_cast({now} as double) = try_cast({wish} as double)
        else {now} is not distinct from {before}
    end"""


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
