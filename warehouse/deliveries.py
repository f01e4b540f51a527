"""Keeps the delivery ledger, and what each tool last acknowledged of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.state import DELIVERED, LEDGER, PLANS, StateStore

Outcome = Literal["planned", "in_flight", "acknowledged", "rejected", "unknown", "abandoned"]
Operation = Literal["update", "upsert", "create"]
Values = Mapping[str, Any]

_UPDATED_AT_ONCE = 10_000


@dataclass(frozen=True)
class Entry:
    """One row of a plan in the ledger."""

    entry_id: int
    key: str
    operation: Operation
    fields: dict[str, Any]
    desired: str
    outcome: Outcome


@dataclass(frozen=True)
class NewEntry:
    key: str
    operation: Operation
    fields: Values
    before: Values
    desired: str


@dataclass(frozen=True)
class Settlement:
    """How one entry ended; `tool_id` is the record's id in the tool."""

    entry: Entry
    outcome: Literal["acknowledged", "rejected", "unknown"]
    tool_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Delivered:
    """What the tool acknowledged of a row: the row wished for, and the values it holds."""

    key: str
    desired: str
    held: dict[str, Any]


@dataclass(frozen=True)
class PlanHeader:
    plan_id: str
    sync: str
    destination: str
    object: str
    run_id: str
    verdict_id: int | None
    config_hash: str
    counts: dict[str, int]


class Deliveries:
    """The ledger of one state store; every method is one durable transaction."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def last_sent(self, sync: str) -> list[Delivered]:
        """What was acknowledged for a sync, one per key."""
        query = sa.select(DELIVERED).where(DELIVERED.c.sync == sync)
        with self._state.transaction() as connection:
            return [
                Delivered(row["key"], row["desired"], row["held"])
                for row in connection.execute(query).mappings()
            ]

    def open_plan(self, header: PlanHeader, rows: Sequence[NewEntry], at: datetime) -> list[Entry]:
        """Write a whole plan ahead of its first request, every row of it `planned`."""
        with self._state.transaction() as connection:
            connection.execute(
                sa.insert(PLANS).values(
                    plan_id=header.plan_id,
                    sync=header.sync,
                    run_id=header.run_id,
                    verdict_id=header.verdict_id,
                    config_hash=header.config_hash,
                    planned_at=at,
                    counts=header.counts,
                )
            )
            if rows:
                connection.execute(sa.insert(LEDGER), [_planned(header, row, at) for row in rows])
            found = connection.execute(
                sa.select(LEDGER)
                .where(LEDGER.c.plan_id == header.plan_id)
                .order_by(LEDGER.c.entry_id)
            )
            return [_entry(row) for row in found.mappings()]

    def mark_in_flight(self, entries: Sequence[Entry], request_hash: str, at: datetime) -> None:
        """Note durably that a request is about to be sent."""
        with self._state.transaction() as connection:
            _update(
                connection,
                entries,
                outcome="in_flight",
                request_hash=request_hash,
                attempts=LEDGER.c.attempts + 1,
                sent_at=at,
            )

    def settle(self, sync: str, settlements: Sequence[Settlement], at: datetime) -> None:
        """Record how entries ended, and what the tool now holds of the acknowledged ones."""
        with self._state.transaction() as connection:
            _settle(connection, settlements, at)
            acknowledged = [s.entry for s in settlements if s.outcome == "acknowledged"]
            if acknowledged:
                self._remember(connection, sync, acknowledged, at)

    def unsettled(self, sync: str) -> list[Entry]:
        """Entries that an interrupted run left `planned`, `in_flight` or `unknown`."""
        query = (
            sa.select(LEDGER)
            .where(
                LEDGER.c.sync == sync,
                LEDGER.c.outcome.in_(["planned", "in_flight", "unknown"]),
            )
            .order_by(LEDGER.c.entry_id)
        )
        with self._state.transaction() as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def abandon(self, entries: Sequence[Entry], reason: str, at: datetime) -> None:
        """Close entries that had no effect; the next plan wishes for them again."""
        with self._state.transaction() as connection:
            _update(connection, entries, outcome="abandoned", reason=reason, settled_at=at)

    def changes(self, sync: str, *, touched_since: datetime | None = None) -> list[dict[str, Any]]:
        """Ledger rows of a sync with their plan's run, oldest first."""
        query = (
            sa.select(LEDGER, PLANS.c.run_id)
            .join(PLANS, PLANS.c.plan_id == LEDGER.c.plan_id)
            .where(LEDGER.c.sync == sync)
            .order_by(LEDGER.c.entry_id)
        )
        if touched_since is not None:
            touched = sa.func.coalesce(LEDGER.c.settled_at, LEDGER.c.sent_at, LEDGER.c.planned_at)
            query = query.where(touched >= touched_since)
        with self._state.transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _remember(
        self, connection: sa.Connection, sync: str, entries: Sequence[Entry], at: datetime
    ) -> None:
        held = self._held(connection, sync, [entry.key for entry in entries])
        insert = postgresql.insert if self._state.dialect == "postgresql" else sqlite.insert
        statement = insert(DELIVERED)
        kept = ("desired", "held", "entry_id", "delivered_at")
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["sync", "key"],
                set_={name: getattr(statement.excluded, name) for name in kept},
            ),
            [
                {
                    "sync": sync,
                    "key": entry.key,
                    "desired": entry.desired,
                    "held": held.get(entry.key, {}) | entry.fields,
                    "entry_id": entry.entry_id,
                    "delivered_at": at,
                }
                for entry in entries
            ],
        )

    @staticmethod
    def _held(
        connection: sa.Connection, sync: str, keys: Sequence[str]
    ) -> dict[str, dict[str, Any]]:
        query = sa.select(DELIVERED.c.key, DELIVERED.c.held).where(
            DELIVERED.c.sync == sync, DELIVERED.c.key.in_(keys)
        )
        return {row["key"]: row["held"] for row in connection.execute(query).mappings()}


def _update(connection: sa.Connection, entries: Sequence[Entry], **values: Any) -> None:
    # PostgreSQL takes 65,535 parameters in a statement, and a plan may have more rows.
    for start in range(0, len(entries), _UPDATED_AT_ONCE):
        ids = [entry.entry_id for entry in entries[start : start + _UPDATED_AT_ONCE]]
        connection.execute(sa.update(LEDGER).where(LEDGER.c.entry_id.in_(ids)).values(**values))


def _settle(connection: sa.Connection, settlements: Sequence[Settlement], at: datetime) -> None:
    if not settlements:
        return
    statement = (
        sa.update(LEDGER)
        .where(LEDGER.c.entry_id == sa.bindparam("settled_entry"))
        .values(
            outcome=sa.bindparam("how"),
            tool_id=sa.bindparam("its_id"),
            reason=sa.bindparam("why"),
            settled_at=at,
        )
    )
    rows = [
        {
            "settled_entry": one.entry.entry_id,
            "how": one.outcome,
            "its_id": one.tool_id,
            "why": one.reason,
        }
        for one in settlements
    ]
    connection.execute(statement, rows)


def _planned(header: PlanHeader, row: NewEntry, at: datetime) -> dict[str, Any]:
    return {
        "plan_id": header.plan_id,
        "sync": header.sync,
        "destination": header.destination,
        "object": header.object,
        "key": row.key,
        "operation": row.operation,
        "fields": dict(row.fields),
        "before": dict(row.before),
        "desired": row.desired,
        "verdict_id": header.verdict_id,
        "outcome": "planned",
        "planned_at": at,
    }


def _entry(row: sa.RowMapping) -> Entry:
    return Entry(
        row["entry_id"],
        row["key"],
        row["operation"],
        row["fields"],
        row["desired"],
        row["outcome"],
    )
