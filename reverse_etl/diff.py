"""Finds the rows whose wish differs from what was last sent, set-wise in the warehouse."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from reverse_etl.holdout import is_held_out
from reverse_etl.mapping import (
    Types,
    before_of,
    desired_row,
    hash_of_row,
    hash_of_sent,
    held_values,
    key_of,
    patch_of,
    refused_fields,
    sent_marks,
    wish_of,
)
from reverse_etl.memory import recall, rehash
from reverse_etl.spec import SyncSpec
from warehouse.connection import Session, WarehouseError, quoted
from warehouse.deliveries import Delivered
from warehouse.errors import Misconfigured
from warehouse.state import StateStore


@dataclass(frozen=True)
class Candidate:
    """A row that differs: `desired` is its mapped fields as one JSON object, in mapping order.

    `patch` are the fields that have to be sent, `before` what was last sent of them, both as JSON;
    `refused` are fields that are null and may not be.
    """

    key: str
    gate_key: str | None
    desired: str
    patch: str
    before: str
    was_sent: bool
    is_held_out: bool = False
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Leaver:
    """A record that was sent and whose row is in the model no more; `held` is JSON."""

    key: str
    held: str


@dataclass(frozen=True)
class Difference:
    """`rows` in the model: `same` as sent, `candidates` that differ, and those with a bad key.

    `doubled_keys` maps a key to the number of its rows; `gone` counts keys that were sent once
    and are in the model no more. Those are listed, as `leavers`, where the sync does something
    with them. `sent` counts all keys that were sent.
    """

    rows: int
    same: int
    candidates: tuple[Candidate, ...]
    null_keys: int
    doubled_keys: dict[str, int]
    gone: int
    leavers: tuple[Leaver, ...] = ()
    sent: int = 0


def difference(session: Session, spec: SyncSpec, last_sent: Sequence[Delivered]) -> Difference:
    """Compare the activation model with what the tool acknowledged, given row by row.

    Raises:
        Misconfigured: the model or one of its columns does not exist.
    """
    types = _column_types(session, spec)
    sent = {
        "key": [row.key for row in last_sent],
        "desired": [row.desired for row in last_sent],
        "held": [json.dumps(row.held, ensure_ascii=False) for row in last_sent],
    }
    with session.table("last_sent", sent, dict.fromkeys(sent, "text")):
        session.execute(f"""
            create or replace temp table given_rows as
            select key, desired, held, {hash_of_sent(spec.fields, types, "desired")} as row_hash
            from last_sent
        """)
    session.execute("create or replace temp view sent_rows as from given_rows")
    return _compared(session, spec, types)


def difference_from_memory(session: Session, spec: SyncSpec, state: StateStore) -> Difference:
    """Compare the activation model with what the tool acknowledged, all within the warehouse.

    Raises:
        Misconfigured: the model or one of its columns does not exist.
    """
    types = _column_types(session, spec)
    table = recall(session, spec.name, state)
    rehash(session, spec.name, hash_of_sent(spec.fields, types, "desired"))
    session.execute(
        f"create or replace temp view sent_rows as select key, desired, held, row_hash from {table}"
    )
    return _compared(session, spec, types)


def _compared(session: Session, spec: SyncSpec, types: Types) -> Difference:
    session.execute(_apart(spec, types))
    counts = session.rows(f"""
        select
            count(*) filter (key is null and sent_key is null) as null_keys,
            count(key) as rows_apart,
            count(sent_key) as sent_apart,
            (select count(*) from {spec.table}) as all_rows,
            (select count(*) from sent_rows) as all_sent
        from apart
    """)[0]
    met = counts["all_rows"] - counts["null_keys"] - counts["rows_apart"]
    is_met_once = met == counts["all_sent"] - counts["sent_apart"]
    doubled = _doubled_keys(session, spec, is_met_once=is_met_once)
    candidates = _candidates(session, spec, types)
    usable = counts["all_rows"] - counts["null_keys"] - sum(doubled.values())
    leavers = session.rows(_LEAVERS) if spec.leaving else []
    return Difference(
        counts["all_rows"],
        usable - len(candidates),
        candidates,
        counts["null_keys"],
        doubled,
        session.value(_GONE),
        tuple(Leaver(**row) for row in leavers),
        counts["all_sent"],
    )


# A row and what was sent that met are the same; what found no partner is new, changed or gone.
def _apart(spec: SyncSpec, types: Types) -> str:
    return f"""
        create or replace temp table apart as
        select wished.key, sent_rows.key as sent_key
        from (
            select {key_of(spec.identify_by)} as key, {hash_of_row(spec.fields, types)} as row_hash
            from {spec.table}
        ) as wished
        full outer join sent_rows
            on wished.key = sent_rows.key and wished.row_hash = sent_rows.row_hash
        where wished.key is null or sent_rows.key is null
    """


_GONE = """
    select count(*)
    from apart anti join (select key from apart) as here on apart.sent_key = here.key
    where apart.sent_key is not null
"""

# What was only looked at and left as it is was never sent: it holds nothing of ours.
_LEAVERS = """
    select sent_rows.key, sent_rows.held
    from sent_rows
    inner join apart on sent_rows.key = apart.sent_key
    anti join (select key from apart) as here on sent_rows.key = here.key
    order by sent_rows.key
"""


def _doubled_keys(session: Session, spec: SyncSpec, *, is_met_once: bool) -> dict[str, int]:
    """Keys of several rows; where every row that met did so alone, only the others are counted."""
    key = key_of(spec.identify_by)
    suspects = """
        where key in (
            select key from apart where key is not null group by key having count(*) > 1
            union
            select sent_rows.key
            from sent_rows
            semi join (select key from apart) as here on sent_rows.key = here.key
            anti join apart on sent_rows.key = apart.sent_key
        )
    """
    session.execute(f"""
        create or replace temp table doubled as
        select key, count(*) as key_rows
        from (select {key} as key from {spec.table})
        {suspects if is_met_once else "where key is not null"}
        group by key
        having count(*) > 1
    """)
    rows = session.rows("select key, key_rows from doubled order by key")
    return {row["key"]: row["key_rows"] for row in rows}


def _candidates(session: Session, spec: SyncSpec, types: Types) -> tuple[Candidate, ...]:
    """The rows that differ, with what has to be sent of each; only these are written as JSON."""
    wishes = "".join(
        f", {wish_of(mapping, types)} as wish_{number}"
        for number, mapping in enumerate(spec.fields)
    )
    gate_key = quoted(spec.gate.key)
    found = session.rows(f"""
        with apart_rows as (
            select
                {key_of(spec.identify_by)} as key,
                {gate_key}::varchar as gate_key,
                {is_held_out(spec.holdout, gate_key)} as is_held_out
                {wishes}
            from {spec.table}
            where {key_of(spec.identify_by)} in (select key from apart)
        ),

        -- What was sent of these rows alone: the rest is many times as much.
        sent_apart as (
            select sent_rows.*
            from sent_rows
            semi join (select key from apart where key is not null) as here
                on sent_rows.key = here.key
        ),

        known as (
            select
                apart_rows.*,
                {desired_row(spec.fields)} as desired,
                sent_apart.desired::json as sent_desired,
                sent_apart.held::json as sent_held,
                sent_apart.key is not null as was_sent
            from apart_rows
            anti join doubled on apart_rows.key = doubled.key
            left join sent_apart on apart_rows.key = sent_apart.key
        ),

        held as (
            select * {held_values(spec.fields)}
            from known
            where desired is distinct from sent_desired::varchar
        ),

        marked as (
            select * {sent_marks(spec.fields)} from held
        )

        select
            key, gate_key, desired, was_sent, is_held_out,
            {patch_of(spec.fields)} as patch,
            {before_of(spec.fields)} as before,
            {refused_fields(spec.fields)} as refused
        from marked
        order by key
    """)
    return tuple(Candidate(**row | {"refused": tuple(row["refused"])}) for row in found)


def _column_types(session: Session, spec: SyncSpec) -> dict[str, str]:
    """The type of every column of the model, by its name."""
    found = {
        row["column_name"]: row["data_type"]
        for row in session.rows(
            "select column_name, data_type from duckdb_columns()"
            " where schema_name = 'activation' and table_name = $model",
            {"model": spec.model},
        )
    }
    if not found:
        raise WarehouseError(
            f"The sync {spec.name!r} has nothing to read: {spec.table} does not exist",
            advice="run `revops build` first",
        )
    mapped = [name for mapping in spec.fields for name in mapping.columns]
    missing = sorted({*spec.identify_by.names, spec.gate.key, *mapped} - found.keys())
    if missing:
        raise Misconfigured(
            f"{spec.name}.yaml names columns that {spec.model} does not have: {', '.join(missing)}",
            advice=f"it has: {', '.join(sorted(found))}",
        )
    return found
