"""Remembers every run: what it was about, when, how it ended, and its report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from warehouse.clock import Clock, new_run_id
from warehouse.processes import Processes
from warehouse.state import RUNS, StateStore

# interrupted  its process is gone without a word: it was killed, or the machine stopped
Status = Literal["running", "succeeded", "partial", "held", "failed", "interrupted"]

# The one that stands for several steps, the worst first.
_WORST: tuple[Status, ...] = ("running", "failed", "interrupted", "held", "partial")


@dataclass(frozen=True)
class Run:
    run_id: str
    kind: str
    subject: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    report: dict[str, Any]
    parent: str | None = None
    dagster_run_id: str | None = None


class RunLog:
    """Every run and its steps; `processes` tells which of them are at work still."""

    def __init__(self, state: StateStore, clock: Clock, processes: Processes | None = None) -> None:
        self._state = state
        self._clock = clock
        self._processes = processes

    def start(
        self,
        kind: str,
        subject: str,
        *,
        run_id: str | None = None,
        dagster_run_id: str | None = None,
    ) -> str:
        """Note that a run began, and return its id; `larger/step` is a step of a larger run."""
        run_id = run_id or new_run_id()
        larger, _, step = run_id.partition("/")
        with self._state.transaction() as connection:
            connection.execute(
                sa.insert(RUNS).values(
                    run_id=run_id,
                    kind=kind,
                    subject=subject,
                    started_at=self._clock.now(),
                    status="running",
                    report={},
                    parent=larger if step else None,
                    process=self._processes.own() if self._processes else None,
                    dagster_run_id=dagster_run_id,
                )
            )
        return run_id

    def finish_whole(self, run_id: str, *, has_failed: bool = False) -> None:
        """Note that a larger run ended, as the worst of its steps did.

        `has_failed` says that a part of it failed which is no step of ours, such as a build by
        Dagster's own integration.
        """
        worst = worst_status(part.status for part in self.parts_of(run_id))
        # A step that says nothing while its run ends has ended with it.
        is_failed = worst == "running" or (has_failed and worst in {"partial", "succeeded"})
        self.finish(run_id, "failed" if is_failed else worst, {})

    def notice_interrupted(self) -> None:
        """Note of every run that is said to be running, and of which nothing lives, that it ended.

        When it ended nobody knows.
        """
        if self._processes is None:
            return
        with self._state.transaction() as connection:
            running = sa.select(RUNS.c.process).where(RUNS.c.status == "running").distinct()
            names: list[str | None] = list(connection.execute(running).scalars())
        gone = self._processes.gone(names)
        for name in gone:
            is_its = RUNS.c.process.is_(None) if name is None else RUNS.c.process == name
            with self._state.transaction() as connection:
                connection.execute(
                    sa.update(RUNS)
                    .where(RUNS.c.status == "running", is_its)
                    .values(status="interrupted")
                )

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
        row["parent"],
        row["dagster_run_id"],
    )


def worst_status(statuses: Iterable[str]) -> Status:
    """The status that stands for several steps."""
    found = set(statuses)
    return next((one for one in _WORST if one in found), "succeeded")


def as_utc(instant: datetime) -> datetime:
    """An instant from the store; SQLite forgets that it was UTC."""
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
