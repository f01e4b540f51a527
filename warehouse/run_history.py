"""Reads the run log as people ask: the latest runs with what came of them, and one run whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from warehouse.runs import as_utc
from warehouse.state import LEDGER, PLANS, RUNS, VERDICTS, StateStore

# A step without a larger run is a run of its own; its id is `larger/step` all the same.
_WHOLE = sa.func.coalesce(RUNS.c.parent, RUNS.c.run_id)
# What is read of a step; a plan with its changes may be large, and stays where it is.
_STEP = (
    *(RUNS.c[name] for name in ("run_id", "kind", "subject", "started_at", "finished_at")),
    *(RUNS.c[name] for name in ("status", "parent", "dagster_run_id")),
    RUNS.c.report["exit_code"].label("exit_code"),
    RUNS.c.report["error"].label("error"),
    RUNS.c.report["streams"].label("streams"),
    RUNS.c.report["models"].label("models"),
    RUNS.c.report["tests"].label("tests"),
    RUNS.c.report["failures"].label("failures"),
    RUNS.c.report["plan"]["hold_reasons"].label("hold_reasons"),
    RUNS.c.report["delivery"]["stopped_by"].label("stopped_by"),
    RUNS.c.report["delivery"]["outcomes"].label("outcomes"),
)

Row = dict[str, Any]


def latest_runs(state: StateStore, limit: int) -> list[tuple[str, list[Row]]]:
    """The newest runs, newest first: the id of each, and it and its steps as they began.

    A step that ran alone, such as of `revops sync`, is listed under the id before its `/`.
    """
    began = sa.func.min(RUNS.c.started_at)
    newest = (
        sa.select(_WHOLE.label("whole"))
        .group_by(_WHOLE)
        .order_by(began.desc(), _WHOLE.desc())
        .limit(limit)
    )
    with state.transaction() as connection:
        ids: list[str] = list(connection.execute(newest).scalars())
        found = connection.execute(
            sa.select(*_STEP)
            .where(sa.or_(RUNS.c.run_id.in_(ids), RUNS.c.parent.in_(ids)))
            .order_by(RUNS.c.started_at, RUNS.c.run_id)
        )
        steps: defaultdict[str, list[Row]] = defaultdict(list)
        for row in found.mappings():
            steps[row["parent"] or row["run_id"]].append(_step(row))
    return [(run_id, steps[run_id]) for run_id in ids]


def steps_of(state: StateStore, run_id: str) -> list[Row]:
    """A run and its steps, in the order in which they began; empty if there is no such run."""
    is_its = sa.or_(
        RUNS.c.run_id == run_id,
        RUNS.c.parent == run_id,
        # Of a store that knew no parents.
        RUNS.c.run_id.startswith(f"{run_id}/", autoescape=True),
    )
    query = sa.select(*_STEP).where(is_its).order_by(RUNS.c.started_at, RUNS.c.run_id)
    with state.transaction() as connection:
        return [_step(row) for row in connection.execute(query).mappings()]


def verdicts_of(state: StateStore, run_ids: Sequence[str]) -> list[Row]:
    """The verdicts that were decided in any of these runs, in that order."""
    columns = ("verdict_id", "ruleset", "run_id", "build_id", "decided_at", "decision")
    query = (
        sa.select(*(VERDICTS.c[name] for name in columns), VERDICTS.c.quarantined)
        .where(VERDICTS.c.run_id.in_(run_ids))
        .order_by(VERDICTS.c.verdict_id)
    )
    with state.transaction() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [
        row | {"decided_at": as_utc(row["decided_at"]), "withheld": len(row.pop("quarantined"))}
        for row in rows
    ]


def plans_of(state: StateStore, run_ids: Sequence[str]) -> list[Row]:
    """The plans of these runs, each with how many of its rows the ledger has by outcome."""
    columns = ("plan_id", "sync", "run_id", "verdict_id", "counts", "reverts")
    is_its = PLANS.c.run_id.in_(run_ids)
    plans = sa.select(*(PLANS.c[name] for name in columns)).where(is_its)
    counted = (
        sa.select(LEDGER.c.plan_id, LEDGER.c.outcome, sa.func.count().label("entries"))
        # The sync is in the plan already, and by it the ledger has an index.
        .join(PLANS, sa.and_(PLANS.c.sync == LEDGER.c.sync, PLANS.c.plan_id == LEDGER.c.plan_id))
        .where(is_its)
        .group_by(LEDGER.c.plan_id, LEDGER.c.outcome)
        .order_by(LEDGER.c.outcome)
    )
    with state.transaction() as connection:
        outcomes: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for row in connection.execute(counted):
            outcomes[row.plan_id][row.outcome] = row.entries
        found = connection.execute(plans.order_by(PLANS.c.planned_at, PLANS.c.plan_id))
        return [dict(row) | {"outcomes": outcomes[row["plan_id"]]} for row in found.mappings()]


def last_successes(state: StateStore, kind: str) -> dict[str, datetime]:
    """When each subject of a kind of run last ended well, rejected rows or not."""
    query = (
        sa.select(RUNS.c.subject, sa.func.max(RUNS.c.finished_at).label("at"))
        .where(RUNS.c.kind == kind, RUNS.c.status.in_(("succeeded", "partial")))
        .group_by(RUNS.c.subject)
    )
    with state.transaction() as connection:
        return {row.subject: as_utc(row.at) for row in connection.execute(query)}


def last_passed(state: StateStore) -> dict[str, datetime]:
    """When each gate last let anything through."""
    query = (
        sa.select(VERDICTS.c.ruleset, sa.func.max(VERDICTS.c.decided_at).label("at"))
        .where(VERDICTS.c.decision != "hold")
        .group_by(VERDICTS.c.ruleset)
    )
    with state.transaction() as connection:
        return {row.ruleset: as_utc(row.at) for row in connection.execute(query)}


def recent_wholes(state: StateStore, count: int) -> dict[str, list[Row]]:
    """The newest runs of each kind of larger run and of the builds, by name, the newest first."""
    is_larger = RUNS.c.kind.in_(("run", "dagster"))
    name = sa.case((is_larger, RUNS.c.kind + " " + RUNS.c.subject), else_=RUNS.c.kind)
    place = sa.func.row_number().over(
        partition_by=name, order_by=(RUNS.c.started_at.desc(), RUNS.c.run_id.desc())
    )
    ranked = (
        sa.select(*_STEP, name.label("name"), place.label("place"))
        .where(sa.or_(is_larger, RUNS.c.kind == "build"))
        .subquery()
    )
    query = sa.select(ranked).where(ranked.c.place <= count).order_by(ranked.c.name, ranked.c.place)
    found: defaultdict[str, list[Row]] = defaultdict(list)
    with state.transaction() as connection:
        for row in connection.execute(query).mappings():
            found[row["name"]].append(_step(row))
    return dict(found)


def latest_outcomes(state: StateStore, kind: str) -> list[Row]:
    """The newest run about each subject of a kind."""
    place = sa.func.row_number().over(
        partition_by=RUNS.c.subject, order_by=(RUNS.c.started_at.desc(), RUNS.c.run_id.desc())
    )
    ranked = sa.select(*_STEP, place.label("place")).where(RUNS.c.kind == kind).subquery()
    query = sa.select(ranked).where(ranked.c.place == 1).order_by(ranked.c.subject)
    with state.transaction() as connection:
        return [_step(row) for row in connection.execute(query).mappings()]


def latest_quotas(state: StateStore, now: datetime) -> dict[str, dict[str, int]]:
    """What each tool last said of its quota for the day, in a run that ended within a day."""
    query = (
        sa.select(RUNS.c.report["quotas"])
        .where(RUNS.c.finished_at >= now - timedelta(days=1))
        .order_by(RUNS.c.finished_at, RUNS.c.run_id)
    )
    found: dict[str, dict[str, int]] = {}
    with state.transaction() as connection:
        told: list[dict[str, dict[str, int]] | None] = list(connection.execute(query).scalars())
    for quotas in told:
        found |= quotas or {}
    return found


def _step(row: sa.RowMapping) -> Row:
    ended = row["finished_at"]
    return dict(row) | {
        "started_at": as_utc(row["started_at"]),
        "finished_at": None if ended is None else as_utc(ended),
    }
