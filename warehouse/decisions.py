"""Keeps what stewards decided about records: who is who, and which values count.

Nothing is ever changed or removed: a decision that is taken back is revoked by another row. All
are keyed on source records, so that they outlive every clustering and every id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from warehouse.connection import Session
from warehouse.runs import as_utc
from warehouse.state import DECISIONS, StateStore

Kind = Literal["must_link", "must_not_link", "do_not_use_value", "use_value", "revoke"]
PAIRS = ("must_link", "must_not_link")

_MIRROR = """
create or replace table ops.identity_decisions (
    decision_id bigint, entity varchar, decision varchar, left_record varchar,
    right_record varchar, attribute varchar, value varchar, because varchar, decided_by varchar,
    decided_at timestamptz
)
"""

_COLUMNS = (
    *("decision_id", "entity", "decision", "left_record", "right_record", "attribute"),
    *("value", "because", "decided_by", "decided_at"),
)


@dataclass(frozen=True)
class Decision:
    """One decision; a link's records are kept in alphabetical order."""

    entity: str
    decision: Kind
    left_record: str
    because: str
    decided_by: str
    decided_at: datetime
    right_record: str | None = None
    attribute: str | None = None
    value: str | None = None
    revokes: int | None = None
    decision_id: int | None = None

    @property
    def subject(self) -> tuple[object, ...]:
        """What it is about: a later decision about the same replaces it."""
        kind = "pair" if self.decision in PAIRS else self.decision
        detail = None if self.decision == "use_value" else self.value
        return (self.entity, kind, self.left_record, self.right_record, self.attribute, detail)

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*_COLUMNS, "revokes")}


class Decisions:
    """The decisions in the state store, and their copy that the models of a build read."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def all(self) -> list[Decision]:
        """Every decision ever made, revocations too, oldest first."""
        with self._state.transaction() as connection:
            rows = connection.execute(sa.select(DECISIONS).order_by(DECISIONS.c.decision_id))
            found = [dict(row) for row in rows.mappings()]
        return [Decision(**row | {"decided_at": as_utc(row["decided_at"])}) for row in found]

    def in_force(self, at: datetime | None = None) -> list[Decision]:
        """Those that nobody has taken back, or nobody had by the instant `at`."""
        every = [one for one in self.all() if at is None or one.decided_at <= at]
        revoked = {one.revokes for one in every}
        return [one for one in every if one.decision != "revoke" and one.decision_id not in revoked]

    def decide(self, decision: Decision) -> Decision:
        """Add a decision and revoke what it contradicts; the same one again is told, not added."""
        decision = _ordered(decision)
        for earlier in self.in_force():
            if earlier.subject == decision.subject:
                if (earlier.decision, earlier.value) == (decision.decision, decision.value):
                    return earlier
                self.revoke(earlier, decision.because, decision.decided_by, decision.decided_at)
        return self._append(decision)

    def revoke(self, decision: Decision, because: str, by: str, at: datetime) -> Decision:
        """Take one back, from the next build on."""
        return self._append(
            replace(
                decision,
                decision="revoke",
                because=because,
                decided_by=by,
                decided_at=at,
                revokes=decision.decision_id,
                decision_id=None,
            )
        )

    def mirror(self, session: Session, at: datetime | None = None) -> None:
        """Copy what is in force, or was at an instant, for whoever builds.

        The copy is `ops.identity_decisions`.
        """
        session.execute("create schema if not exists ops")
        session.execute(_MIRROR)
        decisions = self.in_force(at)
        columns = {name: [getattr(one, name) for one in decisions] for name in _COLUMNS}
        types = dict.fromkeys(_COLUMNS, "text") | {
            "decision_id": "integer",
            "decided_at": "instant",
        }
        with session.table("decided", columns, types):  # type: ignore[arg-type]
            session.execute("insert into ops.identity_decisions by name from decided")

    def _append(self, decision: Decision) -> Decision:
        values = {
            name: value for name, value in decision.as_json().items() if name != "decision_id"
        }
        with self._state.transaction() as connection:
            added = sa.insert(DECISIONS).values(values).returning(DECISIONS.c.decision_id)
            return replace(decision, decision_id=connection.execute(added).scalar_one())


def _ordered(decision: Decision) -> Decision:
    other = decision.right_record
    if other is None or decision.left_record <= other:
        return decision
    return replace(decision, left_record=other, right_record=decision.left_record)
