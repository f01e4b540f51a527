"""Reads the ledger of deliveries back: what a run did, and what became of one record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from warehouse.deliveries import Delivered, Operation
from warehouse.runs import as_utc
from warehouse.state import DELIVERED, LEDGER, PLANS, StateStore

_KEYS_AT_ONCE = 500


@dataclass(frozen=True)
class LedgerRow:
    """One change of one record, with the run and the plan that it belonged to.

    `found` is what the tool held of the record before, or None where it was not read.
    """

    entry_id: int
    sync: str
    destination: str
    object: str
    key: str
    operation: Operation
    fields: dict[str, Any]
    before: dict[str, Any]
    found: dict[str, Any] | None
    desired: str
    outcome: str
    attempts: int
    request_hash: str | None
    job: str | None
    tool_id: str | None
    reason: str | None
    error: str | None
    verdict_id: int | None
    sent_at: datetime | None
    settled_at: datetime | None
    plan_id: str
    run_id: str
    config_hash: str
    reverts: str | None


@dataclass(frozen=True)
class StoredPlan:
    """What was noted of a plan before its first row was sent; its id ends with its digest."""

    plan_id: str
    sync: str
    run_id: str
    verdict_id: int | None
    config_hash: str
    planned_at: datetime
    counts: dict[str, int]
    reverts: str | None

    @property
    def digest(self) -> str:
        return self.plan_id.rsplit(":", 1)[-1]


class Ledger:
    """What is read only; `Deliveries` writes."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def of_run(self, run_id: str) -> list[LedgerRow]:
        """What the tools acknowledged of a run, or of all parts of a larger one; oldest first."""
        return self._rows(_is_of_run(run_id), LEDGER.c.outcome == "acknowledged")

    def plans_of_run(self, run_id: str) -> list[StoredPlan]:
        """What a run, or all parts of a larger one, planned to send; oldest first."""
        query = sa.select(PLANS).where(_is_of_run(run_id))
        with self._state.transaction() as connection:
            rows = connection.execute(query.order_by(PLANS.c.planned_at)).mappings()
            return [
                StoredPlan(**dict(row) | {"planned_at": as_utc(row["planned_at"])}) for row in rows
            ]

    def of_plan(self, plan_id: str) -> list[LedgerRow]:
        """Every row of a plan, however it ended, in the plan's order."""
        return self._rows(LEDGER.c.plan_id == plan_id)

    def of_record(self, destination: str, object_name: str, key: str) -> list[LedgerRow]:
        """Everything that was ever planned for one record, oldest first."""
        return self._rows(
            LEDGER.c.destination == destination,
            LEDGER.c.object == object_name,
            LEDGER.c.key == key,
        )

    def after(
        self, destination: str, object_name: str, keys: Sequence[str], entry_id: int
    ) -> Iterator[LedgerRow]:
        """What was acknowledged of these records by any sync after an entry, oldest first."""
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            yield from self._rows(
                LEDGER.c.destination == destination,
                LEDGER.c.object == object_name,
                LEDGER.c.key.in_(keys[start : start + _KEYS_AT_ONCE]),
                LEDGER.c.entry_id > entry_id,
                LEDGER.c.outcome == "acknowledged",
            )

    def delivered(self, sync: str, key: str) -> Delivered | None:
        """What the tool acknowledged of one row."""
        query = sa.select(DELIVERED).where(DELIVERED.c.sync == sync, DELIVERED.c.key == key)
        with self._state.transaction() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else Delivered(row["key"], row["desired"], row["held"])

    def outcomes(self, sync: str) -> Counter[str]:
        """How many entries of a sync there are of each outcome."""
        query = sa.select(LEDGER.c.outcome, sa.func.count()).where(LEDGER.c.sync == sync)
        with self._state.transaction() as connection:
            found = connection.execute(query.group_by(LEDGER.c.outcome)).all()
        return Counter({row[0]: row[1] for row in found})

    def sent(self, sync: str) -> int:
        """Of how many rows a tool has acknowledged what they are."""
        query = sa.select(sa.func.count()).where(DELIVERED.c.sync == sync)
        with self._state.transaction() as connection:
            return int(connection.execute(query).scalar_one())

    def _rows(self, *where: sa.ColumnElement[bool]) -> list[LedgerRow]:
        query = (
            sa.select(LEDGER, PLANS.c.run_id, PLANS.c.config_hash, PLANS.c.reverts)
            .join(PLANS, PLANS.c.plan_id == LEDGER.c.plan_id)
            .where(*where)
            .order_by(LEDGER.c.entry_id)
        )
        with self._state.transaction() as connection:
            return [_row(row) for row in connection.execute(query).mappings()]


def _is_of_run(run_id: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        PLANS.c.run_id == run_id, PLANS.c.run_id.startswith(f"{run_id}/", autoescape=True)
    )


def _row(row: sa.RowMapping) -> LedgerRow:
    values = {name: row[name] for name in LedgerRow.__dataclass_fields__}
    instants = {
        name: as_utc(values[name]) for name in ("sent_at", "settled_at") if values[name] is not None
    }
    return LedgerRow(**values | instants)
