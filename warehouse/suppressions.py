"""Keeps who must not be told of to a tool, for which purpose and why, whatever the tools say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from warehouse.connection import Session
from warehouse.runs import as_utc
from warehouse.state import SUPPRESSIONS, StateStore

Purpose = Literal["all", "marketing", "service"]
TABLE = "ops.kept_suppressions"
_NAMES = ("person_id", "email", "purpose", "reason", "since")


@dataclass(frozen=True)
class Suppression:
    """One person by id or by address, and for what they are withheld."""

    purpose: Purpose
    reason: str
    since: datetime
    email: str | None = None
    person_id: str | None = None

    @property
    def who(self) -> str:
        """What names the person, as it is kept."""
        return f"person {self.person_id}" if self.email is None else f"email {self.email}"

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _NAMES}


class Suppressions:
    """The list in the state store, and its copy in the warehouse, which plans read."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def all(self) -> list[Suppression]:
        """Everybody on the list, the oldest first."""
        query = sa.select(SUPPRESSIONS).order_by(SUPPRESSIONS.c.since, SUPPRESSIONS.c.who)
        with self._state.transaction() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [
            Suppression(**{name: row[name] for name in _NAMES} | {"since": as_utc(row["since"])})
            for row in rows
        ]

    def add(self, one: Suppression) -> None:
        """Put somebody on the list; what was said of the same purpose before is replaced."""
        with self._state.transaction() as connection:
            connection.execute(_of(one.who, one.purpose))
            connection.execute(sa.insert(SUPPRESSIONS).values(who=one.who, **one.as_json()))

    def remove(self, who: str, purpose: Purpose) -> bool:
        """Take somebody off the list; whether they were on it for this purpose."""
        with self._state.transaction() as connection:
            return bool(connection.execute(_of(who, purpose)).rowcount)

    def mirror(self, session: Session) -> None:
        """Copy the list into the warehouse, where it is met with people."""
        rows = [one.as_json() for one in self.all()]
        columns = {name: [row[name] for row in rows] for name in _NAMES}
        session.execute("create schema if not exists ops")
        with (
            session.table("kept", columns, dict.fromkeys(_NAMES, "text") | {"since": "instant"}),  # type: ignore[arg-type]
            session.transaction(),
        ):
            session.execute(f"create or replace table {TABLE} as from kept")


def _of(who: str, purpose: str) -> sa.Delete:
    return sa.delete(SUPPRESSIONS).where(
        SUPPRESSIONS.c.who == who, SUPPRESSIONS.c.purpose == purpose
    )
