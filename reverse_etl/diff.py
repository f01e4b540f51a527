"""Finds the rows whose wish differs from what was last sent, set-wise in the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reverse_etl.holdout import is_held_out
from reverse_etl.spec import SyncSpec
from warehouse.connection import Session, WarehouseError, quoted
from warehouse.deliveries import Delivered
from warehouse.errors import Misconfigured


@dataclass(frozen=True)
class Candidate:
    """A row that differs: `desired` is its mapped fields as one JSON object, in mapping order."""

    key: str
    gate_key: str | None
    desired: str
    is_held_out: bool = False


@dataclass(frozen=True)
class Difference:
    """`rows` in the model: `same` as sent, `candidates` that differ, and those with a bad key.

    `doubled_keys` maps a key to the number of its rows; `gone` counts keys that were sent once
    and are in the model no more.
    """

    rows: int
    same: int
    candidates: tuple[Candidate, ...]
    null_keys: int
    doubled_keys: dict[str, int]
    gone: int


def difference(session: Session, spec: SyncSpec, last_sent: Sequence[Delivered]) -> Difference:
    """Compare the activation model with what the tool acknowledged.

    Raises:
        Misconfigured: the model or one of its columns does not exist.
    """
    _check_columns(session, spec)
    sent = {"key": [row.key for row in last_sent], "desired": [row.desired for row in last_sent]}
    with session.table("last_sent", sent, {"key": "text", "desired": "text"}):
        session.execute(_wished(spec))
        counts = session.rows(
            """
            select
                count(*) as all_rows,
                count(*) filter (wished.key is null) as null_keys,
                count(*) filter (desired = sent_desired and key_rows = 1) as same_rows
            from wished
            """
        )[0]
        differing = session.rows(
            """
            select key, gate_key, desired, is_held_out from wished
            where key is not null and key_rows = 1 and desired is distinct from sent_desired
            order by key
            """
        )
        doubled = session.rows(
            "select distinct key, key_rows from wished"
            " where key is not null and key_rows > 1 order by key"
        )
        gone = session.value(
            "select count(*) from last_sent anti join wished on last_sent.key = wished.key"
        )
    return Difference(
        counts["all_rows"],
        counts["same_rows"],
        tuple(Candidate(**row) for row in differing),
        counts["null_keys"],
        {row["key"]: row["key_rows"] for row in doubled},
        gone,
    )


def _wished(spec: SyncSpec) -> str:
    fields = ", ".join(f"{quoted(m.field)} := {quoted(m.column)}" for m in spec.fields)
    key, gate_key = quoted(spec.identify_by.column), quoted(spec.gate.key)
    return f"""
        create or replace temp table wished as
        with desired_rows as (
            select
                {key}::varchar as key,
                {gate_key}::varchar as gate_key,
                {is_held_out(spec.holdout, gate_key)} as is_held_out,
                to_json(struct_pack({fields}))::varchar as desired,
                count(*) over (partition by {key}) as key_rows
            from {spec.table}
        )
        select desired_rows.*, last_sent.desired as sent_desired
        from desired_rows
        left join last_sent on desired_rows.key = last_sent.key
    """


def _check_columns(session: Session, spec: SyncSpec) -> None:
    found = {
        row["column_name"]
        for row in session.rows(
            "select column_name from duckdb_columns()"
            " where schema_name = 'activation' and table_name = $model",
            {"model": spec.model},
        )
    }
    if not found:
        raise WarehouseError(
            f"The sync {spec.name!r} has nothing to read: {spec.table} does not exist",
            advice="run `revops build` first",
        )
    needed = [spec.identify_by.column, spec.gate.key, *(m.column for m in spec.fields)]
    missing = sorted(set(needed) - found)
    if missing:
        raise Misconfigured(
            f"{spec.name}.yaml names columns that {spec.model} does not have: {', '.join(missing)}",
            advice=f"it has: {', '.join(sorted(found))}",
        )
