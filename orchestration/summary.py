"""Gathers what one run of the pipeline did, from the run log and the warehouse."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.app import App
from warehouse.connection import Session
from warehouse.runs import Run


@dataclass(frozen=True)
class Unified:
    """Records and what they are records of; precision and recall are of pairs, against truth."""

    company_records: int
    accounts: int
    person_records: int
    people: int
    precision: float | None = None
    recall: float | None = None


@dataclass(frozen=True)
class Day:
    """One run: the documents of its steps; `names` is what written records are called."""

    run_id: str
    extract: dict[str, Any]
    gates: list[dict[str, Any]]
    syncs: list[dict[str, Any]]
    unified: Unified
    names: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(app: App, run_id: str, company: Path) -> Day:
    """Read back what a run did."""
    parts = app.runs.parts_of(run_id)
    reports = {kind: [p.report for p in parts if p.kind == kind] for kind in _kinds(parts)}
    with app.warehouse.open("summary") as session:
        unified = _unified(session, company / "truth" / "accounts.csv")
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
    precision, recall = _pairwise(session, truth) if truth.exists() else (None, None)
    return Unified(**counts, precision=precision, recall=recall)


def _pairwise(session: Session, truth: Path) -> tuple[float | None, float | None]:
    """Of the pairs of company records put together, how many belong so, and the reverse."""
    found = session.rows(
        """
        with matched as (
            select account_map.account_id as predicted, truth.account as actual
            from identity.account_map
            inner join read_csv($truth, all_varchar = true) as truth
                on account_map.source = truth.vendor
                and account_map.source_record_id = truth.record_id
                and truth.object in ('companies', 'Account', 'organizations')
        ),

        sizes as (
            select
                (select sum(n * (n - 1) / 2)
                    from (select count(*) as n from matched group by predicted, actual)) as shared,
                (select sum(n * (n - 1) / 2)
                    from (select count(*) as n from matched group by predicted)) as predicted,
                (select sum(n * (n - 1) / 2)
                    from (select count(*) as n from matched group by actual)) as actual
        )

        select
            shared / nullif(predicted, 0) as precision,
            shared / nullif(actual, 0) as recall
        from sizes
        """,
        {"truth": str(truth)},
    )[0]
    return found["precision"], found["recall"]


def _names(session: Session) -> dict[str, str]:
    """What the accounts and the records behind them are called."""
    found = session.rows(
        """
        select account_map.source_record_id as key, accounts.account_name as name
        from identity.account_map
        inner join marts.accounts on account_map.account_id = accounts.account_id
        union
        select account_id, account_name from marts.accounts
        """
    )
    return {row["key"]: row["name"] for row in found if row["name"] is not None}
