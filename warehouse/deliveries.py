"""Keeps the delivery ledger, and what each tool last acknowledged of each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from warehouse import ledger_statements as statements
from warehouse.choosing import is_one_of, listed
from warehouse.delivered import Columns, ledger_since
from warehouse.json_text import written
from warehouse.marks import mark, marked
from warehouse.prepared import instant
from warehouse.runs import as_utc
from warehouse.settling import settle
from warehouse.state import DELIVERED, LEDGER, PARKED, PLANS, StateStore

Outcome = Literal["planned", "in_flight", "acknowledged", "rejected", "unknown", "abandoned"]
Operation = Literal["create", "update", "upsert", "archive", "delete", "add", "remove", "append"]
ErrorClass = Literal["permanent", "transient"]
# What these have made is people's own: it is there whatever it has become, and never made again.
MADE_ONCE: frozenset[Operation] = frozenset({"create", "append"})
# Operations after which the tool holds the record no more.
TAKEN_AWAY: frozenset[Operation] = frozenset({"archive", "delete", "remove"})
Values = Mapping[str, Any]


class Entry(NamedTuple):
    """One row of a plan in the ledger; `job` is the tool's name for the job that had it."""

    entry_id: int
    key: str
    operation: Operation
    fields: dict[str, Any]
    desired: str
    outcome: Outcome
    job: str | None = None


class NewEntry(NamedTuple):
    """A row to be sent; `before` is as last sent, `found` as the tool held it, where read."""

    key: str
    operation: Operation
    fields: Values
    before: Values
    desired: str
    found: Values | None = None


class Settlement(NamedTuple):
    """How one entry ended; `tool_id` is the record's id in the tool.

    A permanent rejection parks the row: the same wish by the same document is not sent again.
    """

    entry: Entry
    outcome: Literal["acknowledged", "rejected", "unknown"]
    tool_id: str | None = None
    reason: str | None = None
    error: ErrorClass | None = None


@dataclass(frozen=True)
class Delivered:
    """What the tool acknowledged of a row: the row wished for, and the values it holds."""

    key: str
    desired: str
    held: dict[str, Any]


@dataclass(frozen=True)
class Parked:
    """A row that the tool refused for good: which wish, by which document, why, since when."""

    desired: str
    config_hash: str
    reason: str | None
    since: datetime
    entry_id: int


@dataclass(frozen=True)
class Reverted:
    """A row whose last acknowledged change took another one back: which values, by which run."""

    taken_back: dict[str, Any]
    run_id: str
    since: datetime


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
    reverts: str | None = None


class Deliveries:
    """The ledger of one state store; every method is one durable transaction."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def marked(self, sync: str) -> str | None:
        """What stands for all that was ever written of a sync: another one after each write."""
        return marked(self._state, sync)

    def last_sent(self, sync: str) -> list[Delivered]:
        """What was acknowledged for a sync, one per key."""
        query = sa.select(DELIVERED).where(DELIVERED.c.sync == sync)
        with self._state.transaction() as connection:
            return [
                Delivered(row["key"], row["desired"], row["held"])
                for row in connection.execute(query).mappings()
            ]

    def open_plan(self, header: PlanHeader, rows: Sequence[NewEntry], at: datetime) -> list[Entry]:
        """Write a plan ahead of its first request, with its first rows, each of them `planned`."""
        with self._state.transaction() as connection:
            mark(connection, header.sync)
            connection.execute(
                sa.insert(PLANS).values(
                    plan_id=header.plan_id,
                    sync=header.sync,
                    run_id=header.run_id,
                    verdict_id=header.verdict_id,
                    config_hash=header.config_hash,
                    planned_at=at,
                    counts=header.counts,
                    reverts=header.reverts,
                )
            )
            return _write_ahead(connection, header, rows, at)

    def go_on(self, header: PlanHeader, rows: Sequence[NewEntry], at: datetime) -> list[Entry]:
        """Write further rows of an open plan ahead; they stand behind those before."""
        with self._state.transaction() as connection:
            mark(connection, header.sync)
            return _write_ahead(connection, header, rows, at)

    def mark_in_flight(self, entries: Sequence[Entry], request_hash: str, at: datetime) -> None:
        """Note durably that a request is about to be sent."""
        with self._state.transaction() as connection:
            _mark_in_flight(connection, entries, request_hash, at)

    def turn(
        self,
        sync: str,
        settlements: Sequence[Settlement],
        sending: Sequence[tuple[Sequence[Entry], str]],
        at: datetime,
    ) -> None:
        """Do as `settle`, and as `mark_in_flight` with entries and hash of each of `sending`.

        In one transaction: to make it durable is a good part of what either costs.
        """
        if not (settlements or sending):
            return
        with self._state.transaction() as connection:
            if settlements:
                settle(connection, sync, settlements, at)
            for entries, request_hash in sending:
                _mark_in_flight(connection, entries, request_hash, at)

    def mark_submitted(self, entries: Sequence[Entry], job: str) -> None:
        """Note durably which job of the tool's has the rows of a request."""
        with self._state.transaction() as connection:
            _update(connection, entries, job=job)

    def of_job(self, sync: str, job: str) -> list[Entry]:
        """Every row that a job had, however it ended, in the order in which they were sent."""
        query = sa.select(LEDGER).where(LEDGER.c.sync == sync, LEDGER.c.job == job)
        with self._state.transaction() as connection:
            rows = connection.execute(query.order_by(LEDGER.c.entry_id)).mappings()
            return [_entry(row) for row in rows]

    def settle(self, sync: str, settlements: Sequence[Settlement], at: datetime) -> None:
        """Record how entries ended, what the tool now holds of the acknowledged, what is parked."""
        if not settlements:
            return
        with self._state.transaction() as connection:
            settle(connection, sync, settlements, at)

    def parked(self, sync: str, key: str | None = None) -> dict[str, Parked]:
        """The rows that a tool rejected for good, by key, until they change or are freed."""
        query = sa.select(PARKED).where(PARKED.c.sync == sync)
        if key is not None:
            query = query.where(PARKED.c.key == key)
        with self._state.transaction() as connection:
            return {
                row["key"]: Parked(
                    row["desired"],
                    row["config_hash"],
                    row["reason"],
                    as_utc(row["since"]),
                    row["entry_id"],
                )
                for row in connection.execute(query).mappings()
            }

    def reverted(self, sync: str, key: str | None = None) -> dict[str, Reverted]:
        """The rows that nothing was acknowledged of since a revert, by key."""
        reverting = sa.select(PLANS.c.plan_id).where(
            PLANS.c.sync == sync, PLANS.c.reverts.is_not(None)
        )
        query = (
            sa.select(DELIVERED.c.key, LEDGER.c.before, PLANS.c.run_id, DELIVERED.c.delivered_at)
            .join(LEDGER, LEDGER.c.entry_id == DELIVERED.c.entry_id)
            .join(PLANS, PLANS.c.plan_id == LEDGER.c.plan_id)
            .where(PLANS.c.sync == sync, PLANS.c.reverts.is_not(None), DELIVERED.c.sync == sync)
        )
        if key is not None:
            query = query.where(DELIVERED.c.key == key)
        with self._state.transaction() as connection:
            # There are few plans: all that was ever sent is gone through only where one reverts.
            if connection.execute(reverting.limit(1)).first() is None:
                return {}
            return {
                row["key"]: Reverted(row["before"], row["run_id"], as_utc(row["delivered_at"]))
                for row in connection.execute(query).mappings()
            }

    def free(self, sync: str) -> int:
        """Let every parked row of a sync be sent again; how many those are."""
        with self._state.transaction() as connection:
            mark(connection, sync)
            return connection.execute(sa.delete(PARKED).where(PARKED.c.sync == sync)).rowcount

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
        if not entries:
            return
        first = sa.select(LEDGER.c.sync).where(LEDGER.c.entry_id == entries[0].entry_id)
        with self._state.transaction() as connection:
            mark(connection, connection.execute(first).scalar_one())
            _update(connection, entries, outcome="abandoned", reason=reason, settled_at=at)

    def blocks(self, sync: str, touched_since: datetime | None) -> Iterator[Columns]:
        """The ledger of a sync in blocks of columns, as `ledger_since` gives them."""
        return ledger_since(self._state, sync, touched_since)


def _mark_in_flight(
    connection: sa.Connection, entries: Sequence[Entry], request_hash: str, at: datetime
) -> None:
    statements.sending(connection.dialect).run(
        connection,
        ids=listed([entry.entry_id for entry in entries], connection.dialect),
        hash=request_hash,
        at=instant(at, connection),
    )


def _write_ahead(
    connection: sa.Connection, header: PlanHeader, rows: Sequence[NewEntry], at: datetime
) -> list[Entry]:
    numbers = _new_ids(connection, len(rows))
    common = _common(header, at, connection)
    statements.planning(connection.dialect).run_rows(
        connection, [_planned(n, row, common) for n, row in zip(numbers, rows, strict=True)]
    )
    return [
        Entry(n, row.key, row.operation, dict(row.fields), row.desired, "planned")
        for n, row in zip(numbers, rows, strict=True)
    ]


def _new_ids(connection: sa.Connection, many: int) -> Sequence[int]:
    """Ids for so many entries, ascending, which no other transaction gets."""
    if connection.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence("ledger", "entry_id")
        query = sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, many))
        return sorted(connection.execute(query).scalars())
    # Whoever has written within a transaction of SQLite's is the only one who writes.
    latest = sa.func.coalesce(sa.func.max(LEDGER.c.entry_id), 0)
    last: int = connection.execute(sa.select(latest)).scalar_one()
    return range(last + 1, last + 1 + many)


def _update(connection: sa.Connection, entries: Sequence[Entry], **values: Any) -> None:
    chosen = is_one_of(LEDGER.c.entry_id, [entry.entry_id for entry in entries], connection)
    connection.execute(sa.update(LEDGER).where(chosen).values(**values))


def _common(
    header: PlanHeader, at: datetime, connection: sa.Connection
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What all rows of a plan have in common: what stands before their key, and at the end."""
    first = (header.plan_id, header.sync, header.destination, header.object)
    return first, (header.verdict_id, "planned", 0, instant(at, connection))


def _planned(
    number: int, row: NewEntry, common: tuple[tuple[Any, ...], tuple[Any, ...]]
) -> tuple[Any, ...]:
    first, last = common
    return (
        *(number, *first, row.key, row.operation, written(row.fields), written(row.before)),
        *(row.desired, *last, None if row.found is None else written(row.found)),
    )


def _entry(row: sa.RowMapping) -> Entry:
    return Entry(
        row["entry_id"],
        row["key"],
        row["operation"],
        row["fields"],
        row["desired"],
        row["outcome"],
        row["job"],
    )
