"""Keeps what an erasure has to do and has done, so that one that was cut off goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from warehouse.runs import as_utc
from warehouse.state import ERASURE_STEPS, ERASURES, StateStore

Status = Literal["under_way", "emptied", "ended"]
# `manual` is for a person to do, `unverified` cannot be looked up, `failed` is done again.
StepStatus = Literal["planned", "done", "unverified", "manual", "failed"]
_CLOSED = ("done", "unverified", "manual")


@dataclass(frozen=True)
class Step:
    """One thing to do: `at` names a table, tool or file, `told` holds what it takes to do it.

    `at` and `said` are kept for good, and tell nothing of the person.
    """

    kind: str
    at: str
    found: int
    told: Mapping[str, Any] = field(default_factory=dict)
    status: StepStatus = "planned"
    said: str | None = None
    ended_at: datetime | None = None
    place: int = -1

    @property
    def is_open(self) -> bool:
        return self.status not in _CLOSED


@dataclass(frozen=True)
class Erasure:
    """One erasure; `subject` is there until it has ended."""

    erasure_id: str
    plan_digest: str
    subject_digest: str
    subject: dict[str, Any] | None
    status: Status
    began_at: datetime
    ended_at: datetime | None = None


class Erasures:
    """The erasures of one state store; every method is one durable transaction."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def begin(self, erasure: Erasure, steps: Sequence[Step]) -> None:
        """Write down everything that is to be done, before anything is."""
        with self._state.transaction() as connection:
            connection.execute(sa.insert(ERASURES).values(**vars(erasure)))
            rows = [
                vars(step) | {"erasure_id": erasure.erasure_id, "place": place}
                for place, step in enumerate(steps)
            ]
            connection.execute(sa.insert(ERASURE_STEPS), rows)

    def close(self, erasure_id: str, step: Step, at: datetime) -> None:
        """Note how a step ended, with the status and the words that it has."""
        with self._state.transaction() as connection:
            connection.execute(
                sa.update(ERASURE_STEPS)
                .where(
                    ERASURE_STEPS.c.erasure_id == erasure_id, ERASURE_STEPS.c.place == step.place
                )
                .values(status=step.status, said=step.said, ended_at=at)
            )

    def empty(self, erasure_id: str, at: datetime) -> None:
        """Forget who it was: what is left is what was done, where, when, and how it was seen."""
        with self._state.transaction() as connection:
            connection.execute(
                sa.update(ERASURE_STEPS)
                .where(ERASURE_STEPS.c.erasure_id == erasure_id)
                .values(told=sa.null())
            )
            connection.execute(
                sa.update(ERASURES)
                .where(ERASURES.c.erasure_id == erasure_id)
                .values(subject=sa.null(), status="emptied", ended_at=at)
            )

    def end(self, erasure_id: str) -> None:
        """Nothing is left to do, the room in the files included."""
        with self._state.transaction() as connection:
            connection.execute(
                sa.update(ERASURES)
                .where(ERASURES.c.erasure_id == erasure_id)
                .values(status="ended")
            )

    def steps(self, erasure_id: str) -> list[Step]:
        """What there was and is to do, in order."""
        query = (
            sa.select(ERASURE_STEPS)
            .where(ERASURE_STEPS.c.erasure_id == erasure_id)
            .order_by(ERASURE_STEPS.c.place)
        )
        with self._state.transaction() as connection:
            return [_step(row) for row in connection.execute(query).mappings()]

    def all(self) -> list[Erasure]:
        """Every erasure, the newest first."""
        query = sa.select(ERASURES).order_by(ERASURES.c.began_at.desc())
        with self._state.transaction() as connection:
            return [_erasure(row) for row in connection.execute(query).mappings()]

    def find(self, erasure_id: str) -> Erasure | None:
        return next((one for one in self.all() if one.erasure_id == erasure_id), None)

    def open_with(self, plan_digest: str) -> Erasure | None:
        """The erasure of a plan that was confirmed and has not ended."""
        found = (one for one in self.all() if one.plan_digest == plan_digest)
        return next((one for one in found if one.status != "ended"), None)


def _step(row: sa.RowMapping) -> Step:
    told = {name: value for name, value in row.items() if name != "erasure_id"}
    ended = told["ended_at"]
    return Step(
        **told | {"told": told["told"] or {}, "ended_at": None if ended is None else as_utc(ended)}
    )


def _erasure(row: sa.RowMapping) -> Erasure:
    ended = row["ended_at"]
    times = {
        "began_at": as_utc(row["began_at"]),
        "ended_at": None if ended is None else as_utc(ended),
    }
    return Erasure(**dict(row) | times)
