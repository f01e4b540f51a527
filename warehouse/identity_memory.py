"""Keeps in the state store what no rebuild could find again: ids that are not their founder's.

Nearly every id follows from the records alone. Those that do not, after a merge or a split or a
record older than all before, are kept here with the ids that they were, and what became of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from warehouse.connection import Row, Session
from warehouse.state import IDENTITY_EVENTS, REMEMBERED_IDS, StateStore

_IDS = tuple(column.name for column in REMEMBERED_IDS.columns)
_EVENT = (
    *("entity", "event", "from_id", "to_id", "happened_at", "run_id", "rule", "why"),
    "records",
)
_INSTANTS = ("since", "until", "happened_at")

# Whoever has or had an id that is not its founder's, and all that met with them.
_MEMORABLE = """
with strange as (
    select 'company' as entity, account_id as entity_id from identity.account_map
    where account_id != 'acc_' || left(md5(founder_reference), 16)
    union
    select 'person', person_id from identity.person_map
    where person_id != 'per_' || left(md5(founder_reference), 16)
    union
    select entity, entity_id from ops.identity_assignments where until is not null
    union
    select present.entity, present.entity_id
    from ops.identity_assignments as former
    inner join ops.identity_assignments as present using (entity, record_reference)
    where former.until is not null and present.until is null
)

select distinct assignments.*
from ops.identity_assignments as assignments
semi join strange using (entity, entity_id)
order by all
"""

_CHANGES = """
select * from ops.identity_events
where event != 'minted'
order by happened_at, event, from_id, to_id
"""


def is_empty(session: Session) -> bool:
    """Whether the warehouse remembers no id."""
    return not session.value("select count(*) from ops.identity_assignments")


def is_built(session: Session) -> bool:
    """Whether there are maps to remember."""
    return bool(
        session.value(
            "select count(*) = 2 from information_schema.tables"
            " where table_schema = 'identity' and table_name in ('account_map', 'person_map')"
        )
    )


def save(session: Session, state: StateStore) -> None:
    """Make the state store remember what the warehouse does, as far as it cannot be found again."""
    ids = [_plain(row, _IDS) for row in session.rows(_MEMORABLE)]
    events = [_plain(row, _EVENT) for row in session.rows(_CHANGES)]
    with state.transaction() as connection:
        known = {
            tuple(row)
            for row in connection.execute(sa.select(*(REMEMBERED_IDS.c[n] for n in _IDS)))
        }
        if known != {tuple(one[name] for name in _IDS) for one in ids}:
            connection.execute(sa.delete(REMEMBERED_IDS))
            _insert(connection, REMEMBERED_IDS, ids)
        told: set[str] = set(connection.scalars(sa.select(IDENTITY_EVENTS.c.event_key)))
        keyed = {_key(event): event for event in events}
        new = [{"event_key": k, "event": e} for k, e in keyed.items() if k not in told]
        _insert(connection, IDENTITY_EVENTS, new)


def load(session: Session, state: StateStore) -> None:
    """Give an empty warehouse its memory back."""
    with state.transaction() as connection:
        ids = [dict(row) for row in connection.execute(sa.select(REMEMBERED_IDS)).mappings()]
        events: list[Row] = list(connection.scalars(sa.select(IDENTITY_EVENTS.c.event)))
    _append(session, "identity_assignments", _IDS, [_typed(row) for row in ids])
    _append(session, "identity_events", _EVENT, [_typed(row) for row in events])


def copy_until(session: Session, database: str, instant: datetime) -> None:
    """Give another attached database, which has none, the memory that there was at `instant`."""
    session.execute(
        f"""
        insert into {database}.ops.identity_assignments by name
        select * replace (
            if(until <= $instant, until, null) as until,
            if(until <= $instant, until_run, null) as until_run
        )
        from ops.identity_assignments
        where since <= $instant
        """,
        {"instant": instant},
    )
    session.execute(
        f"insert into {database}.ops.identity_events by name"
        " from ops.identity_events where happened_at <= $instant",
        {"instant": instant},
    )


def _append(session: Session, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
    for row in rows:
        columns = ", ".join(names)
        values = ", ".join(f"${name}" for name in names)
        session.execute(f"insert into ops.{table} ({columns}) values ({values})", row)


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _key(event: Row) -> str:
    told = json.dumps(event, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _plain(row: Row, names: Sequence[str]) -> Row:
    return {
        name: row[name].isoformat() if isinstance(row[name], datetime) else row[name]
        for name in names
    }


def _typed(row: Row) -> Row:
    return {
        name: datetime.fromisoformat(value) if name in _INSTANTS and value else value
        for name, value in row.items()
    }
