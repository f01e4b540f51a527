"""Finds a person in the state store, and takes them out of it without breaking the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.choosing import is_one_of
from warehouse.json_text import written
from warehouse.marks import mark
from warehouse.needles import ERASED, LEAST_REFERENCE, Needles
from warehouse.state import (
    DECISIONS,
    DELIVERED,
    ERASURE_STEPS,
    ERASURES,
    IDENTITY_EVENTS,
    LEDGER,
    METADATA,
    PARKED,
    REMEMBERED_IDS,
    SUPPRESSIONS,
    TOMBSTONES,
    StateStore,
)
from warehouse.tombstones import digest_of

# What these hold of the person is the erasure's own business, or the ledger's.
_NOT_HERE = {one.name for one in (ERASURES, ERASURE_STEPS, TOMBSTONES, LEDGER, DELIVERED, PARKED)}
# Tables of which a row is about the records of one person, and of no use without them.
_OF_ONE = {one.name for one in (DECISIONS, REMEMBERED_IDS, IDENTITY_EVENTS, SUPPRESSIONS)}
_OPEN = ("planned", "in_flight", "unknown")
_TOLD = ("fields", "before", "desired", "found", "reason", "tool_id")

# Whether a key of an object of a destination is one of the person's own records.
IsOwn = Callable[[str, str, str], bool]


@dataclass(frozen=True)
class Entries:
    """What the ledger has of the person with one sync: entries, keys of records, the tool's ids."""

    sync: str
    destination: str
    object: str
    entry_ids: tuple[int, ...]
    keys: tuple[str, ...]
    tool_ids: tuple[str, ...]
    open: int


def sent_of(
    state: StateStore, needles: Needles, own_keys: Sequence[str], is_own: IsOwn
) -> list[Entries]:
    """All that the ledger tells of the person, by sync; `own_keys` are the ids of their records."""
    found: dict[tuple[str, str, str], list[sa.RowMapping]] = {}
    with state.transaction() as connection:
        known = sa.or_(is_one_of(LEDGER.c.key, list(own_keys), connection), *_like(LEDGER, needles))
        for row in connection.execute(sa.select(LEDGER).where(known)).mappings():
            place = (row["sync"], row["destination"], row["object"])
            if is_own(row["destination"], row["object"], row["key"]) or _is_told(row, needles):
                found.setdefault(place, []).append(row)
    return [_entries(place, rows) for place, rows in sorted(found.items())]


def forget_sent(state: StateStore, sent: Entries, needles: Needles, key: bytes) -> None:
    """Keep of the entries that, when and how they ended, and nothing of the person.

    What is known to be delivered, or parked, goes: the sync then never sent them anything.
    """
    with state.transaction() as connection:
        mark(connection, sent.sync)
        for table in (DELIVERED, PARKED):
            connection.execute(
                sa.delete(table).where(
                    table.c.sync == sent.sync, is_one_of(table.c.key, sent.keys, connection)
                )
            )
        chosen = is_one_of(LEDGER.c.entry_id, sent.entry_ids, connection)
        for row in connection.execute(sa.select(LEDGER).where(chosen)).mappings().all():
            connection.execute(
                sa.update(LEDGER)
                .where(LEDGER.c.entry_id == row["entry_id"])
                .values(_anonymous(row, needles, key))
            )


def is_forgotten(state: StateStore, sent: Entries, needles: Needles) -> bool:
    """Whether none of the entries tells of the person, and nothing counts as delivered to them."""
    with state.transaction() as connection:
        for table in (DELIVERED, PARKED):
            left = sa.select(table.c.key).where(
                table.c.sync == sent.sync, is_one_of(table.c.key, sent.keys, connection)
            )
            if connection.execute(left).first():
                return False
        chosen = is_one_of(LEDGER.c.entry_id, sent.entry_ids, connection)
        rows = connection.execute(sa.select(LEDGER).where(chosen)).mappings().all()
    return not any(row["key"] in sent.keys or _is_told(row, needles) for row in rows)


def mirrored(state: StateStore, entry_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The entries as the warehouse mirrors them."""
    with state.transaction() as connection:
        chosen = is_one_of(LEDGER.c.entry_id, entry_ids, connection)
        rows = connection.execute(sa.select(LEDGER).where(chosen)).mappings().all()
    names = ("entry_id", "key", "fields", "before", "reason")
    return [
        {name: written(row[name]) if name in {"fields", "before"} else row[name] for name in names}
        for row in rows
    ]


def documents_of(state: StateStore, needles: Needles) -> dict[str, int]:
    """The other tables that tell of the person, and in how many rows."""
    with state.transaction() as connection:
        counted = {table.name: len(_told_in(connection, table, needles)) for table in _others()}
    return {name: rows for name, rows in counted.items() if rows}


def forget_documents(state: StateStore, name: str, needles: Needles) -> None:
    """Delete the rows of a table that are of the person alone, mask the person in others."""
    table = METADATA.tables[name]
    with state.transaction() as connection:
        for row in _told_in(connection, table, needles):
            this = sa.and_(*(column == row[column.name] for column in table.primary_key))
            if name in _OF_ONE:
                connection.execute(sa.delete(table).where(this))
                if table is DECISIONS:
                    taken_back = DECISIONS.c.revokes == row["decision_id"]
                    connection.execute(sa.delete(DECISIONS).where(taken_back))
                continue
            masked = {name: _masked(value, needles) for name, value in row.items()}
            changed = {name: value for name, value in masked.items() if value != row[name]}
            connection.execute(sa.update(table).where(this).values(changed))


def _others() -> Iterator[sa.Table]:
    return (one for one in METADATA.sorted_tables if one.name not in _NOT_HERE)


def _told_in(connection: sa.Connection, table: sa.Table, needles: Needles) -> list[sa.RowMapping]:
    likely = _like(table, needles)
    if not likely:
        return []
    rows = connection.execute(sa.select(table).where(sa.or_(*likely))).mappings().all()
    return [row for row in rows if _is_told(row, needles)]


def _like(table: sa.Table, needles: Needles) -> list[sa.ColumnElement[bool]]:
    """SQL: a text may tell of the person; what it really tells is looked at behind it."""
    texts = [one for one in table.columns if isinstance(one.type, sa.String | sa.Text | sa.JSON)]
    parts = [*needles.emails, *(p for phone in needles.phones for p in _parts(phone))]
    parts += [one for one in needles.references if len(one) >= LEAST_REFERENCE]
    return [
        sa.func.lower(sa.cast(text, sa.Text)).contains(part.lower(), autoescape=True)
        for text in texts
        for part in parts
    ]


def _parts(phone: str) -> Iterable[str]:
    """A telephone number as it was written, and its digits alone."""
    digits = "".join(filter(str.isdigit, phone))
    return {phone, digits} if len(digits) >= 8 else ()


def _is_told(row: sa.RowMapping, needles: Needles) -> bool:
    return any(
        needles.is_told_by(value if isinstance(value, str) else written(value))
        for value in row.values()
        if isinstance(value, str | dict | list)
    )


def _entries(place: tuple[str, str, str], rows: Sequence[sa.RowMapping]) -> Entries:
    return Entries(
        *place,
        tuple(sorted(row["entry_id"] for row in rows)),
        tuple(sorted({row["key"] for row in rows})),
        tuple(sorted({row["tool_id"] for row in rows if row["tool_id"]})),
        sum(row["outcome"] in _OPEN for row in rows),
    )


def _anonymous(row: sa.RowMapping, needles: Needles, key: bytes) -> dict[str, Any]:
    """What an entry becomes: rows of one record still have one key, which leads to nobody."""
    if str(row["key"]).startswith(f"{ERASED} "):
        return {"key": row["key"]}
    what = f"{row['destination']} {row['object']} {row['key']}"
    digest = digest_of(key, what)[:16]
    return {
        "key": f"{ERASED} {digest}",
        # Without values there is nothing to take back.
        "fields": {},
        "before": {},
        "desired": "{}" if row["desired"] else "",
        "found": None if row["found"] is None else {},
        # A tool's own words may quote what it refused.
        "reason": needles.masked(row["reason"]) if row["reason"] else row["reason"],
        "request_hash": None,
        "tool_id": None,
    }


def _masked(value: Any, needles: Needles) -> Any:
    if isinstance(value, str):
        return needles.masked(value)
    if isinstance(value, dict):
        return {needles.masked(name): _masked(one, needles) for name, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, needles) for one in value]
    is_number = isinstance(value, int) and not isinstance(value, bool)
    is_id = is_number and str(value) in needles.references
    return None if is_id and len(str(value)) >= LEAST_REFERENCE else value
