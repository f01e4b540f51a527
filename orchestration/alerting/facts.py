"""What alerts are judged by: where everything stands, in one form that needs no store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from orchestration.app import App
from orchestration.standing import standing
from warehouse.reconciliation import usual_counts
from warehouse.run_history import latest_outcomes, latest_quotas, recent_wholes

# So many runs or readings before the newest tell what is usual.
BEFORE = 10
# Fewer of them tell nothing.
TELLING = 3


@dataclass(frozen=True)
class StreamFact:
    """`live` and `rejected` are records; `usual` is the median of `live` in the readings before."""

    name: str
    verdict: str | None
    detail: str | None
    lag_seconds: float | None
    is_stale: bool
    live: int
    rejected: int
    usual: float | None = None


@dataclass(frozen=True)
class AgeFact:
    """A model, or a sync."""

    name: str
    lag_seconds: float | None
    is_stale: bool


@dataclass(frozen=True)
class GateFact:
    name: str
    decision: str | None
    withheld: int


@dataclass(frozen=True)
class SyncFact:
    """The newest run of a sync; `sent` and `rejected` are its rows."""

    name: str
    run_id: str
    status: str
    error: str | None
    sent: int
    rejected: int


@dataclass(frozen=True)
class RunFact:
    """The newest run of one kind; `usual_seconds` is the median of those before that ended."""

    name: str
    run_id: str
    status: str
    error: str | None
    seconds: float | None
    usual_seconds: float | None


@dataclass(frozen=True)
class QuotaFact:
    """What a tool last said is left of its quota for the day."""

    tool: str
    limit: int
    remaining: int


@dataclass(frozen=True)
class Facts:
    now: datetime
    streams: tuple[StreamFact, ...] = ()
    models: tuple[AgeFact, ...] = ()
    ages: tuple[AgeFact, ...] = ()
    gates: tuple[GateFact, ...] = ()
    syncs: tuple[SyncFact, ...] = ()
    runs: tuple[RunFact, ...] = ()
    quotas: tuple[QuotaFact, ...] = ()


def gather(app: App) -> Facts:
    """Read the stores once; asks no tool."""
    now, stands = app.clock.now(), standing(app)
    with app.warehouse.open("alerts") as session:
        usual = usual_counts(session, before=BEFORE, telling=TELLING)
    return Facts(
        now,
        streams=tuple(_stream(one, usual) for one in stands["streams"] if one["verdict"]),
        models=tuple(_aged(one, "model") for one in stands["models"]),
        ages=tuple(_aged(one, "sync") for one in stands["syncs"]),
        gates=tuple(
            GateFact(one["ruleset"], one["decision"], one["withheld"] or 0)
            for one in stands["gates"]
        ),
        syncs=tuple(_sync(one) for one in latest_outcomes(app.state, "sync")),
        runs=tuple(
            _run(name, rows, now) for name, rows in recent_wholes(app.state, BEFORE + 1).items()
        ),
        quotas=tuple(
            QuotaFact(tool, left["limit"], left["remaining"])
            for tool, left in latest_quotas(app.state, now).items()
        ),
    )


def _stream(one: Mapping[str, Any], usual: Mapping[str, float]) -> StreamFact:
    names = ("verdict", "detail", "lag_seconds", "is_stale")
    return StreamFact(
        one["stream"],
        **{name: one[name] for name in names},
        live=one["records"],
        rejected=one["refused"] or 0,
        usual=usual.get(one["stream"]),
    )


def _aged(one: Mapping[str, Any], name: str) -> AgeFact:
    return AgeFact(one[name], one["lag_seconds"], one["is_stale"])


def _sync(one: Mapping[str, Any]) -> SyncFact:
    outcomes = one["outcomes"] or {}
    error = one["error"] or one["stopped_by"] or "; ".join(one["hold_reasons"] or ()) or None
    return SyncFact(
        one["subject"],
        one["run_id"],
        one["status"],
        error,
        sent=sum(outcomes.values()),
        rejected=outcomes.get("rejected", 0),
    )


def _run(name: str, rows: Sequence[Mapping[str, Any]], now: datetime) -> RunFact:
    """`rows` are the newest runs of one kind, the newest first."""
    newest, *before = rows
    ended = [_seconds(one) for one in before if one["finished_at"] is not None]
    ends = newest["finished_at"] or (now if newest["status"] == "running" else None)
    return RunFact(
        name,
        newest["run_id"],
        newest["status"],
        newest["error"],
        seconds=None if ends is None else (ends - newest["started_at"]).total_seconds(),
        usual_seconds=median(ended) if len(ended) >= TELLING else None,
    )


def _seconds(run: Mapping[str, Any]) -> float:
    return float((run["finished_at"] - run["started_at"]).total_seconds())
