"""Finds the rows whose wish differs from what was last sent, set-wise in the warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from reverse_etl.holdout import is_held_out
from reverse_etl.mapping import (
    Types,
    before_of,
    changed_instants,
    desired_row,
    hash_of_row,
    hashed_sent,
    held_values,
    key_of,
    patch_of,
    refused_fields,
    sent_marks,
    wish_of,
)
from reverse_etl.meeting import Meeting, Total
from reverse_etl.memory import recall
from reverse_etl.packed import Packable, packed
from reverse_etl.spec import SyncSpec
from reverse_etl.unchanged import found_before, inputs_of, keep
from warehouse.connection import ColumnType, Session, WarehouseError, quoted
from warehouse.delivered import Columns, delivered_of
from warehouse.deliveries import Delivered
from warehouse.errors import Misconfigured
from warehouse.marks import marked
from warehouse.state import StateStore

# What was last sent of some keys, as blocks of columns.
ValuesOf = Callable[[Sequence[str]], Iterable[Columns]]
# What is left of a difference where nothing differs.
_COUNTED = ("rows", "same", "null_keys", "doubled_keys", "gone", "sent")
# What the database keeps of both tables while it goes through them: to read a block twice costs
# less than all of them in memory.
_MEMORY = "600MB"
_VALUES: dict[str, ColumnType] = {"key": "text", "desired": "text", "held": "text"}


@dataclass(frozen=True, slots=True)
class Candidate(Packable):
    """A row that differs: `desired` is its mapped fields as one JSON object, in mapping order.

    `patch` are the fields that have to be sent, `before` what was last sent of them, both as JSON;
    `refused` are fields that are null and may not be. `changed_at` says, as JSON, when the value
    of a field changed in the warehouse, where its ownership asks for that.
    """

    key: str
    gate_key: str | None
    desired: str
    patch: str
    before: str
    was_sent: bool
    is_held_out: bool = False
    refused: tuple[str, ...] = ()
    changed_at: str = "{}"


@dataclass(frozen=True)
class Leaver:
    """A record that was sent and whose row is in the model no more; `held` is JSON."""

    key: str
    held: str


@dataclass(frozen=True)
class Counts:
    """How many rows the model has, how many of them without a key, and how many were sent."""

    rows: int
    null_keys: int
    sent: int


@dataclass(frozen=True)
class Difference:
    """`rows` in the model: `same` as sent, `candidates` that differ, and those with a bad key.

    `doubled_keys` maps a key to the number of its rows; `gone` counts keys that were sent once
    and are in the model no more. Those are listed, as `leavers`, where the sync does something
    with them. `sent` counts all keys that were sent.
    """

    rows: int
    same: int
    candidates: Sequence[Candidate]
    null_keys: int
    doubled_keys: dict[str, int]
    gone: int
    leavers: Sequence[Leaver] = ()
    sent: int = 0


def difference(session: Session, spec: SyncSpec, last_sent: Sequence[Delivered]) -> Difference:
    """Compare the activation model with what the tool acknowledged, given row by row.

    Raises:
        Misconfigured: the model or one of its columns does not exist.
    """
    types = column_types(session, spec)
    sent = {
        "key": [row.key for row in last_sent],
        "desired": [row.desired for row in last_sent],
        "held": [json.dumps(row.held, ensure_ascii=False) for row in last_sent],
    }
    with session.table("last_sent", sent, _VALUES):
        session.execute(f"""
            create or replace temp table given_rows as
            select key, hash(key) as key_hash, row_hash
            from {hashed_sent(spec.fields, types, "last_sent")}
        """)

    def values_of(keys: Sequence[str]) -> Iterable[Columns]:
        wanted = set(keys)
        rows = [place for place, key in enumerate(sent["key"]) if key in wanted]
        yield {name: [column[place] for place in rows] for name, column in sent.items()}

    return _compared(session, spec, types, "given_rows", values_of)


def difference_from_memory(session: Session, spec: SyncSpec, state: StateStore) -> Difference:
    """Compare the activation model with what the tool acknowledged, nearly all in the warehouse.

    What was last sent of the rows that differ is read from the state store.

    Raises:
        Misconfigured: the model or one of its columns does not exist.
    """
    types = column_types(session, spec)
    inputs = inputs_of(session, spec, marked(state, spec.name))
    if before := found_before(session, spec, inputs):
        return Difference(**before, candidates=())
    table = recall(session, spec.name, state, partial(hashed_sent, spec.fields, types))
    found = _compared(
        session, spec, types, table, lambda keys: delivered_of(state, spec.name, keys)
    )
    if inputs is not None and not found.candidates and not found.leavers:
        counted = asdict(found)
        keep(session, spec, inputs, {name: counted[name] for name in _COUNTED})
    return found


def _compared(
    session: Session, spec: SyncSpec, types: Types, sent: str, values_of: ValuesOf
) -> Difference:
    counts = set_apart(session, spec, types, sent)
    doubled = {row["key"]: row["key_rows"] for row in session.rows("from doubled order by key")}
    _fetch(session, values_of, _LEFT if spec.leaving else "")
    candidates = _candidates(session, spec, types)
    leavers = packed(Leaver(**row) for row in session.each(_LEAVERS)) if spec.leaving else ()
    usable = counts.rows - counts.null_keys - sum(doubled.values())
    return Difference(
        counts.rows,
        usable - len(candidates),
        candidates,
        counts.null_keys,
        doubled,
        session.value("select count(*) from there anti join here using (_key)"),
        leavers,
        counts.sent,
    )


def set_apart(session: Session, spec: SyncSpec, types: Types, sent: str) -> Counts:
    """Make small tables of all that may differ: `here` in the model, `there` of what was sent.

    Of rows in neither it is proven that they were sent as they are, each once. Keys of several rows
    are in `doubled`, and those whose row differs from what was sent in `apart`. `sent` is the table
    of what was sent.
    """
    key, row_hash = key_of(spec.identify_by), hash_of_row(spec.fields, types)
    rows = session.value(f"select count(*) from {spec.table}")
    sent_rows = session.value(f"select count(*) from {sent}")
    meeting = Meeting(max(rows, sent_rows))
    with session.sparing(_MEMORY):
        # The model last: it is looked at once more, and then some of it is in memory still.
        theirs = meeting.add(
            session.numbers(f"select key_hash, {_numbered()} from {sent}"), is_ours=False
        )
        ours = meeting.add(
            session.numbers(
                f"select hash({key}), {row_hash} from {spec.table} where {key} is not null"
            ),
            is_ours=True,
        )
        with session.table("suspects", {"bucket": meeting.suspects()}, {"bucket": "integer"}):
            _look(
                session,
                spec,
                types,
                sent,
                f"(%s >> {64 - meeting.bits})::bigint in (from suspects)",
            )
    if ours.without(_total(session, "here")) != theirs.without(_total(session, "there")):
        _look(session, spec, types, sent, "%s is not null")
    session.execute("""
        create or replace temp table doubled as
        select _key as key, count(*) as key_rows from here group by _key having count(*) > 1
    """)
    session.execute("""
        create or replace temp table apart as
        select _key from here anti join there using (_key, _row_hash)
    """)
    return Counts(rows, rows - ours.rows, sent_rows)


def _numbered(prefix: str = "") -> str:
    # What has no number is equal to nothing, and the number that it gets here is no row's.
    return f"coalesce({prefix}row_hash, hash({prefix}key_hash))"


def _look(session: Session, spec: SyncSpec, types: Types, sent: str, which: str) -> None:
    """Take out the rows whose key's hash is one of `which`."""
    key, gate_key = key_of(spec.identify_by), quoted(spec.gate.key)
    mapped = dict.fromkeys(name for mapping in spec.fields for name in mapping.columns)
    mapped |= dict.fromkeys(spec.dated.values())
    columns = "".join(f", {quoted(name)}" for name in mapped)
    session.execute(f"""
        create or replace temp table here as
        select
            {key} as _key,
            hash({key}) as _key_hash,
            {hash_of_row(spec.fields, types)} as _row_hash,
            {gate_key}::varchar as _gate_key,
            {is_held_out(spec.holdout, gate_key)} as _is_held_out
            {columns}
        from {spec.table}
        where {key} is not null and {which % f"hash({key})"}
    """)
    session.execute(f"""
        create or replace temp table there as
        select key as _key, key_hash as _key_hash, row_hash as _row_hash
        from {sent} where {which % "key_hash"}
    """)


def _total(session: Session, table: str) -> Total:
    (row,) = session.rows(
        f"select count(*) as n, sum(_key_hash) as keys, sum({_numbered('_')}) as numbers"
        f" from {table}"
    )
    return Total(row["n"], int(row["keys"] or 0), int(row["numbers"] or 0))


# The keys that differ in parts, each small enough to be looked at whole.
_PARTS = """
    with numbered as (
        select _key, (row_number() over (order by _key) - 1) // 50000 as part
        from apart
        anti join doubled on apart._key = doubled.key
    )

    select min(_key) as first, max(_key) as last from numbered group by part order by part
"""

# So many keys are asked for at a time.
_WANTED = """
    select _key from wanted where $latest::varchar is null or _key > $latest::varchar
    order by _key limit 100000
"""

_LEFT = "union all select _key from there anti join here using (_key)"

_LEAVERS = """
    select sent_apart.key, sent_apart.held
    from sent_apart
    anti join here on sent_apart.key = here._key
    order by sent_apart.key
"""


def _fetch(session: Session, values_of: ValuesOf, besides: str) -> None:
    """Get what was sent of the rows that differ, into `sent_apart`."""
    session.execute(f"""
        create or replace temp table wanted as
        select _key from there semi join apart using (_key) {besides}
    """)
    session.execute(
        "create or replace temp table sent_apart (key varchar, desired varchar, held varchar)"
    )
    latest = None
    while some := session.rows(_WANTED, {"latest": latest}):
        keys = [row["_key"] for row in some]
        for block in values_of(keys):
            with session.table("sent_block", block, _VALUES):
                session.execute("insert into sent_apart select key, desired, held from sent_block")
        latest = keys[-1]


def _candidates(session: Session, spec: SyncSpec, types: Types) -> Sequence[Candidate]:
    """The rows that differ, with what has to be sent of each; only these are written as JSON.

    Part by part: a database has what it answers in memory, and these are wide rows.
    """
    wishes = "".join(
        f", {wish_of(mapping, types)} as wish_{number}"
        for number, mapping in enumerate(spec.fields)
    )
    differing = f"""
        with wished as (
            select
                _key as key, _gate_key as gate_key, _is_held_out as is_held_out,
                {changed_instants(spec.dated, types)} as changed_at
                {wishes}
            from here
            semi join apart on here._key = apart._key
            anti join doubled on here._key = doubled.key
            where here._key between $first and $last
        ),

        written as (
            select *, {desired_row(spec.fields)} as desired from wished
        ),

        known as (
            select
                written.*,
                sent_apart.desired as sent_desired,
                sent_apart.held as sent_held,
                sent_apart.key is not null as was_sent
            from written
            left join sent_apart on written.key = sent_apart.key
        ),

        held as (
            select * {held_values(spec.fields)}
            from known
            where desired is distinct from sent_desired
        ),

        marked as (
            select * {sent_marks(spec.fields)} from held
        )

        select
            key,
            gate_key,
            desired,
            {patch_of(spec.fields)} as patch,
            {before_of(spec.fields)} as before,
            was_sent,
            is_held_out,
            {refused_fields(spec.fields)} as refused,
            changed_at
        from marked
        order by key
    """
    return packed(
        _candidate(*row) for part in session.rows(_PARTS) for row in session.tuples(differing, part)
    )


def _candidate(*row: Any) -> Candidate:
    *said, refused, changed_at = row
    return Candidate(*said, refused=tuple(refused), changed_at=changed_at)  # type: ignore[misc]


def column_types(session: Session, spec: SyncSpec) -> dict[str, str]:
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
    found |= spec.derived
    mapped = [name for mapping in spec.fields for name in mapping.columns]
    mapped += spec.dated.values()
    missing = sorted({*spec.identify_by.names, spec.gate.key, *mapped} - found.keys())
    if missing:
        raise Misconfigured(
            f"{spec.name}.yaml names columns that {spec.model} does not have: {', '.join(missing)}",
            advice=f"it has: {', '.join(sorted(found))}",
        )
    undated = sorted({one for one in spec.dated.values() if "TIMESTAMP" not in found[one]})
    if undated:
        raise Misconfigured(
            f"{spec.name}.yaml: changed_at names what is no instant: {', '.join(undated)}",
            advice=f"a column of the type timestamp or timestamptz of {spec.model}",
        )
    return found
