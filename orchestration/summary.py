"""Gathers what one run of the pipeline did, from the run log and the warehouse."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.app import App
from orchestration.truth import measure
from warehouse.connection import Session
from warehouse.runs import Run


@dataclass(frozen=True)
class Unified:
    """Records and what they are records of, and how well, where the truth is known."""

    company_records: int
    accounts: int
    person_records: int
    people: int
    quality: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Day:
    """One run: the documents of its steps; `names` is what written records are called."""

    run_id: str
    extract: dict[str, Any]
    gates: list[dict[str, Any]]
    syncs: list[dict[str, Any]]
    unified: Unified
    measured: dict[str, Any]
    decided: dict[str, Any]
    names: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(app: App, run_id: str, company: Path) -> Day:
    """Read back what a run did."""
    parts = app.runs.parts_of(run_id)
    reports = {kind: [p.report for p in parts if p.kind == kind] for kind in _kinds(parts)}
    with app.warehouse.open("summary") as session:
        unified = _unified(session, company / "truth")
        measured = _measured(session)
        decided = _decided(session)
        names = _names(session)
    return Day(
        run_id=run_id,
        extract={
            "streams": [one for report in reports["extract"] for one in report["streams"]],
            "echoes": {k: v for report in reports["extract"] for k, v in report["echoes"].items()},
        },
        gates=[one for report in reports["gate"] for one in report["gates"]],
        syncs=reports["sync"],
        unified=unified,
        measured=measured,
        decided=decided,
        names=names,
    )


def _kinds(parts: list[Run]) -> set[str]:
    return {part.kind for part in parts}


def _unified(session: Session, truth: Path) -> Unified:
    counts = session.rows(
        """
        select
            (select count(*) from identity.account_map where not is_deleted) as company_records,
            (select count(*) from marts.accounts) as accounts,
            (select count(*) from identity.person_map where not is_deleted) as person_records,
            (
                select count(distinct person_id) from identity.person_map where not is_deleted
            ) as people
        """
    )[0]
    quality = {name: found.as_json() for name, found in measure(session, truth).items()}
    return Unified(**counts, quality=quality)


def _measured(session: Session) -> dict[str, Any]:
    """How much is measured, and what a company looks at first: now, or over the window."""
    counts = session.rows(
        "select count(distinct metric) as metrics, count(*) as records from metrics.metric_values"
    )[0]
    headlines = session.rows(
        """
        select metric, value, unit
        from metrics.metric_values
        cross join policy.policy_settings
        where
            metric in ('pipeline_value', 'customers_closing', 'mrr_closing')
            or (
                metric in ('nrr', 'win_rate_count')
                and dims = '{"period":"' || window_period || '"}'
            )
        qualify row_number() over (partition by metric order by dims desc) = 1
        """
    )
    return counts | {"headlines": {row["metric"]: row for row in headlines}}


def _decided(session: Session) -> dict[str, Any]:
    """What the rule book makes of people, customers and deals."""
    leads = session.rows(
        "select count(*) as leads, count(*) filter (is_mql) as mqls from marts.lead_scores"
    )[0]
    bands = session.rows(
        "select health_band as band, count(*) as customers from marts.account_health"
        " group by health_band order by customers desc, band"
    )
    # What changes nothing has no label.
    actions = session.rows(
        "select action_en as action, count(*) as subjects from marts.next_actions"
        " where rule_id <> '(default)' group by action_en order by subjects desc, action"
    )
    return leads | {"bands": bands, "actions": actions}


def _names(session: Session) -> dict[str, str]:
    """What accounts, people and deals, and the records behind them, are called."""
    found = session.rows(
        """
        select account_map.source_record_id as key, accounts.account_name as name
        from identity.account_map
        inner join marts.accounts on account_map.account_id = accounts.account_id
        union
        select account_id, account_name from marts.accounts
        union
        select person_map.source_record_id, people.full_name
        from identity.person_map
        inner join marts.people on person_map.person_id = people.person_id
        union
        select opportunity_map.source_record_id, opportunities.opportunity_name
        from identity.opportunity_map
        inner join marts.opportunities
            on opportunity_map.opportunity_id = opportunities.opportunity_id
        """
    )
    return {row["key"]: row["name"] for row in found if row["name"] is not None}
