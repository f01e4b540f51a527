"""Remembers every run: what it was about, when, how it ended, and its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from warehouse.clock import Clock, new_run_id
from warehouse.state import RUNS, StateStore

Status = Literal["running", "succeeded", "partial", "held", "failed"]


@dataclass(frozen=True)
class Run:
    run_id: str
    kind: str
    subject: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    report: dict[str, Any]


class RunLog:
    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def start(self, kind: str, subject: str, *, run_id: str | None = None) -> str:
        """Note that a run began, and return its id."""
        run_id = run_id or new_run_id()
        with self._state.transaction() as connection:
            connection.execute(
                sa.insert(RUNS).values(
                    run_id=run_id,
                    kind=kind,
                    subject=subject,
                    started_at=self._clock.now(),
                    status="running",
                    report={},
                )
            )
        return run_id

    def finish(self, run_id: str, status: Status, report: dict[str, Any]) -> None:
        with self._state.transaction() as connection:
            connection.execute(
                sa.update(RUNS)
                .where(RUNS.c.run_id == run_id)
                .values(finished_at=self._clock.now(), status=status, report=report)
            )

    def latest(self, kind: str, subject: str | None = None, *, limit: int = 1) -> list[Run]:
        """The newest runs of a kind, newest first."""
        query = sa.select(RUNS).where(RUNS.c.kind == kind)
        if subject is not None:
            query = query.where(RUNS.c.subject == subject)
        with self._state.transaction() as connection:
            found = connection.execute(query.order_by(RUNS.c.run_id.desc()).limit(limit))
            return [_run(row) for row in found.mappings()]

    def since(self, kinds: Sequence[str], subject: str, started_at: datetime | None) -> list[Run]:
        """Runs about a subject that began at an instant or later, in the order of their ids."""
        query = sa.select(RUNS).where(RUNS.c.kind.in_(kinds), RUNS.c.subject == subject)
        if started_at is not None:
            query = query.where(RUNS.c.started_at >= started_at)
        with self._state.transaction() as connection:
            found = connection.execute(query.order_by(RUNS.c.started_at, RUNS.c.run_id))
            return [_run(row) for row in found.mappings()]

    def parts_of(self, run_id: str) -> list[Run]:
        """The steps of a larger run, in the order in which they began."""
        query = sa.select(RUNS).where(RUNS.c.run_id.startswith(f"{run_id}/", autoescape=True))
        with self._state.transaction() as connection:
            found = connection.execute(query.order_by(RUNS.c.started_at, RUNS.c.run_id))
            return [_run(row) for row in found.mappings()]


def _run(row: sa.RowMapping) -> Run:
    return Run(
        row["run_id"],
        row["kind"],
        row["subject"],
        as_utc(row["started_at"]),
        None if row["finished_at"] is None else as_utc(row["finished_at"]),
        row["status"],
        row["report"],
    )


def as_utc(instant: datetime) -> datetime:
    """An instant from the store; SQLite forgets that it was UTC."""
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
