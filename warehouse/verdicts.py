"""Keeps verdicts: what a gate decided about a build, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from warehouse.runs import as_utc
from warehouse.state import VERDICTS, StateStore

Decision = Literal["pass", "quarantine", "hold"]


@dataclass(frozen=True)
class StoredVerdict:
    """A verdict as it was decided; `quarantined` maps a key to the rules it broke."""

    ruleset: str
    run_id: str
    build_id: str | None
    decided_at: datetime
    decision: Decision
    quarantined: dict[str, list[str]]
    evidence: list[dict[str, Any]]
    verdict_id: int | None = None
    rules_hash: str | None = None


def save_verdict(state: StateStore, verdict: StoredVerdict) -> int:
    """Store a verdict and return its id."""
    with state.transaction() as connection:
        statement = (
            sa.insert(VERDICTS)
            .values(
                ruleset=verdict.ruleset,
                run_id=verdict.run_id,
                build_id=verdict.build_id,
                rules_hash=verdict.rules_hash,
                decided_at=verdict.decided_at,
                decision=verdict.decision,
                quarantined=verdict.quarantined,
                evidence=verdict.evidence,
            )
            .returning(VERDICTS.c.verdict_id)
        )
        return connection.execute(statement).scalar_one()


def latest_verdict(state: StateStore, ruleset: str) -> StoredVerdict | None:
    """The newest verdict of a ruleset, or None before the first."""
    query = (
        sa.select(VERDICTS)
        .where(VERDICTS.c.ruleset == ruleset)
        .order_by(VERDICTS.c.verdict_id.desc())
        .limit(1)
    )
    return _first(state, query)


def recent_verdicts(state: StateStore, ruleset: str, count: int) -> list[StoredVerdict]:
    """The newest verdicts of a ruleset, the newest first."""
    query = (
        sa.select(VERDICTS)
        .where(VERDICTS.c.ruleset == ruleset)
        .order_by(VERDICTS.c.verdict_id.desc())
        .limit(count)
    )
    with state.transaction() as connection:
        return [_verdict(row) for row in connection.execute(query).mappings()]


def stored_verdict(state: StateStore, verdict_id: int) -> StoredVerdict | None:
    """The verdict of this id, if there is one."""
    return _first(state, sa.select(VERDICTS).where(VERDICTS.c.verdict_id == verdict_id))


def _first(state: StateStore, query: sa.Select[Any]) -> StoredVerdict | None:
    with state.transaction() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else _verdict(row)


def _verdict(row: sa.RowMapping) -> StoredVerdict:
    return StoredVerdict(
        row["ruleset"],
        row["run_id"],
        row["build_id"],
        as_utc(row["decided_at"]),
        row["decision"],
        row["quarantined"],
        row["evidence"],
        row["verdict_id"],
        row["rules_hash"],
    )
