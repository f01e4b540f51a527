"""Which rules are true of which things: a pure function over the facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.alerting.facts import AgeFact, Facts, StreamFact
from orchestration.alerting.spec import (
    Alerts,
    CountDeviation,
    FailedReconciliation,
    FailedRun,
    HeldGate,
    LongRun,
    QuotaShare,
    RejectsShare,
    Rule,
    Severity,
    Stale,
)
from warehouse.waiting import span

_BROKEN = {"failed", "interrupted"}
Said = Iterator[tuple[str, str]]


@dataclass(frozen=True, order=True)
class Firing:
    """A rule that is true of a thing; the two together are what it is known by."""

    rule: str
    subject: str
    severity: Severity
    summary: str


def firing(alerts: Alerts, facts: Facts) -> list[Firing]:
    """Everything that is true now, by rule and subject."""
    return sorted(
        Firing(rule.rule, subject, rule.severity, summary)
        for rule in alerts.rules
        for subject, summary in _said(rule, facts)
    )


def _said(rule: Rule, facts: Facts) -> Said:  # noqa: PLR0911 - one line a kind
    match rule:
        case FailedRun():
            return _failed(facts)
        case HeldGate():
            return _held(facts)
        case RejectsShare():
            return _rejects(rule, facts)
        case Stale():
            return _stale(rule, facts)
        case QuotaShare():
            return _quota(rule, facts)
        case FailedReconciliation():
            return _lost(facts)
        case CountDeviation():
            return _deviation(rule, facts)
        case LongRun():
            return _long(rule, facts)


def _failed(facts: Facts) -> Said:
    for run in facts.runs:
        if run.status in _BROKEN:
            yield f"run {run.name}", _with(f"{run.status}, run {run.run_id}", run.error)
    for sync in facts.syncs:
        if sync.status in _BROKEN:
            yield f"sync {sync.name}", _with(f"{sync.status}, run {sync.run_id}", sync.error)
    for stream in facts.streams:
        if stream.verdict == "incomplete":
            yield f"stream {stream.name}", _with("not read to its end", stream.detail)


def _held(facts: Facts) -> Said:
    for gate in facts.gates:
        if gate.decision == "hold":
            yield f"gate {gate.name}", "it holds: nothing that it judges is sent"
    for sync in facts.syncs:
        if sync.status == "held":
            yield f"sync {sync.name}", _with("held", sync.error)


def _rejects(rule: RejectsShare, facts: Facts) -> Said:
    for stream in facts.streams:
        # Those of the last reading that were refused and never landed since.
        if _is_above(rule, stream.rejected, stream.live + stream.rejected):
            yield f"stream {stream.name}", _refused(rule, stream.rejected, stream.live, "records")
    for sync in facts.syncs:
        if _is_above(rule, sync.rejected, sync.sent):
            taken = sync.sent - sync.rejected
            yield f"sync {sync.name}", _refused(rule, sync.rejected, taken, "rows")


def _refused(rule: RejectsShare, rejected: int, taken: int, what: str) -> str:
    of = rejected + taken
    said = f"{rejected:,} of {of:,} {what} refused ({rejected / of:.1%}"
    return f"{said}, more than {rule.above:.1%})"


def _is_above(rule: RejectsShare, rejected: int, of: int) -> bool:
    return rejected >= rule.at_least and rejected > rule.above * of


def _stale(rule: Stale, facts: Facts) -> Said:
    things: dict[str, tuple[StreamFact | AgeFact, ...]] = {
        "streams": facts.streams,
        "models": facts.models,
        "syncs": facts.ages,
    }
    for kind in rule.of:
        for one in things[kind]:
            lag = one.lag_seconds
            is_stale = one.is_stale if rule.hours is None else (lag or 0) > rule.hours * 3600
            if is_stale and lag is not None:
                yield f"{kind.removesuffix('s')} {one.name}", f"last success {span(lag)} ago"


def _quota(rule: QuotaShare, facts: Facts) -> Said:
    for quota in facts.quotas:
        spent = quota.limit - quota.remaining
        if spent > rule.above * quota.limit:
            said = f"{spent:,} of {quota.limit:,} requests of the day are spent"
            share = f"{spent / quota.limit:.0%}, more than {rule.above:.0%}"
            yield f"tool {quota.tool}", f"{said} ({share})"


def _lost(facts: Facts) -> Said:
    for stream in facts.streams:
        if stream.verdict in {"missing", "surplus"}:
            yield f"stream {stream.name}", _with(stream.verdict, stream.detail)


def _deviation(rule: CountDeviation, facts: Facts) -> Said:
    for stream in facts.streams:
        usual = stream.usual
        if usual is None or max(usual, stream.live) < rule.at_least:
            continue
        if abs(stream.live - usual) > rule.above * usual:
            yield (
                f"stream {stream.name}",
                f"{stream.live:,} records, usually {usual:,.0f}",
            )


def _long(rule: LongRun, facts: Facts) -> Said:
    for run in facts.runs:
        limits = [] if rule.minutes is None else [rule.minutes * 60]
        if rule.times is not None and run.usual_seconds is not None:
            limits.append(rule.times * run.usual_seconds)
        if run.seconds is not None and limits and run.seconds > min(limits):
            yield (
                f"run {run.name}",
                f"{span(run.seconds)}, more than {span(min(limits))}: run {run.run_id}",
            )


def _with(said: str, detail: str | None) -> str:
    return f"{said}: {detail}" if detail else said
