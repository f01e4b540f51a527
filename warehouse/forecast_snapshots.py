"""Keeps, in `ops`, what was believed of the open deals and of every owner's quarter, day by day.

A day is written once, in one transaction, and never changed or removed: no build drops `ops`, and
nothing here updates or deletes. Every day bears a digest of its rows, which tells of another hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from warehouse.connection import Row, Session
from warehouse.errors import Held, Misconfigured

# What must have been built; all of them from one instant.
_READ = ("forecast_positions", "forecast_deals", "forecast_targets", "opportunity_facts")

_MONEY = "decimal(24, 3)"
_TABLES = (
    f"""
    create table if not exists ops.forecast_snapshot_owners (
        snapshot_date date not null, period varchar not null, owner_or_all varchar not null,
        owner_id varchar, quota_amount {_MONEY}, won_amount {_MONEY} not null,
        called_date date, called_amount {_MONEY}, commit_amount {_MONEY} not null,
        best_case_amount {_MONEY} not null, pipeline_amount {_MONEY} not null,
        weighted_amount {_MONEY} not null, baseline_amount {_MONEY},
        baseline_low_amount {_MONEY}, baseline_high_amount {_MONEY},
        open_count bigint not null, unvalued_count bigint not null,
        primary key (snapshot_date, period, owner_or_all)
    )
    """,
    f"""
    create table if not exists ops.forecast_snapshot_deals (
        snapshot_date date not null, opportunity_id varchar not null, account_id varchar,
        owner_id varchar, opportunity_type varchar, stage varchar, stage_entered_at timestamptz,
        currency varchar, local_amount decimal(22, 4), amount_at_plan {_MONEY},
        probability_pct integer, forecast_category varchar, close_date date,
        this_quarter_chance decimal(18, 10), next_quarter_chance decimal(18, 10),
        primary key (snapshot_date, opportunity_id)
    )
    """,
    """
    create table if not exists ops.forecast_snapshot_days (
        snapshot_date date primary key, taken_at timestamptz not null, as_of timestamptz not null,
        run_id varchar not null, reporting_currency varchar not null,
        baseline_version varchar not null, owners bigint not null, deals bigint not null,
        digest varchar not null
    )
    """,
)

_OWNERS = """
    insert into ops.forecast_snapshot_owners by name
    select
        snapshot_date, period, owner_or_all, owner_id, quota_amount, won_amount, called_date,
        called_amount, commit_amount, best_case_amount, pipeline_amount, weighted_amount,
        baseline_amount, baseline_low_amount, baseline_high_amount, open_count, unvalued_count
    from metrics.forecast_positions
    where is_latest and (is_this_quarter or is_next_quarter)
"""

_DEALS = """
    insert into ops.forecast_snapshot_deals by name
    with chances as (
        select
            deals.opportunity_id,
            max(deals.chance) filter (where targets.is_this_quarter) as this_quarter_chance,
            max(deals.chance) filter (where targets.is_next_quarter) as next_quarter_chance
        from metrics.forecast_deals as deals
        inner join metrics.forecast_targets as targets using (snapshot_date, period)
        where targets.is_latest
        group by deals.opportunity_id
    )

    select
        $day::date as snapshot_date, facts.opportunity_id, facts.account_id, facts.owner_id,
        facts.opportunity_type, facts.stage, facts.stage_entered_at, facts.currency,
        facts.local_amount, facts.amount_at_plan, facts.probability_pct, facts.forecast_category,
        facts.close_date, chances.this_quarter_chance, chances.next_quarter_chance
    from metrics.opportunity_facts as facts
    left join chances using (opportunity_id)
    where not facts.is_closed
"""

_DAY = """
    insert into ops.forecast_snapshot_days by name
    select
        $day::date as snapshot_date, $taken_at::timestamptz as taken_at, as_of, $run_id as run_id,
        reporting_currency,
        (select max(baseline_version) from metrics.forecast_positions) as baseline_version,
        (select count(*) from ops.forecast_snapshot_owners where snapshot_date = $day) as owners,
        (select count(*) from ops.forecast_snapshot_deals where snapshot_date = $day) as deals,
        $digest as digest
    from policy.policy_settings
"""

_DIGEST = """
    select md5(string_agg(line, chr(10) order by line)) from (
        select cast(one as varchar) as line
        from ops.forecast_snapshot_owners as one where snapshot_date = $day
        union all
        select cast(one as varchar) as line
        from ops.forecast_snapshot_deals as one where snapshot_date = $day
        union all
        select cast($day::date as varchar) as line
    )
"""


@dataclass(frozen=True)
class Taken:
    """A day's snapshot; `is_new` if this call wrote it, rather than finding it there."""

    snapshot_date: date
    owners: int
    deals: int
    is_new: bool

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "snapshot_date": self.snapshot_date.isoformat()}


def take(session: Session, now: datetime, run_id: str) -> Taken:
    """Write down what the last build believes, unless the day has been written down already.

    Raises:
        Misconfigured: the forecast has not been built, or not as of today.
    """
    day = _day_of_the_build(session, now)
    with session.transaction():
        for table in ("create schema if not exists ops", *_TABLES):
            session.define(table)
        is_new = not _days(session, day)
        if is_new:
            session.execute(_OWNERS)
            session.execute(_DEALS, {"day": day})
            digest = session.value(_DIGEST, {"day": day})
            session.execute(_DAY, {"day": day, "taken_at": now, "run_id": run_id, "digest": digest})
    (row,) = _days(session, day)
    return Taken(day, row["owners"], row["deals"], is_new)


def days(session: Session) -> list[Row]:
    """The days that are written down, oldest first."""
    return _days(session) if session.has("ops", "forecast_snapshot_days") else []


def owners_on(session: Session, day: date) -> list[Row]:
    """What was believed of every owner and quarter when the day was written down.

    Raises:
        Misconfigured: the day was not written down.
        Held: its rows are no longer those that were written.
    """
    written = [row for row in days(session) if row["snapshot_date"] == day]
    if not written:
        raise Misconfigured(
            f"No forecast was written down on {day}", advice="`revops forecast --days` lists them"
        )
    if session.value(_DIGEST, {"day": day}) != written[0]["digest"]:
        raise Held(
            f"What was written down on {day} has been changed since",
            advice="restore ops.forecast_snapshot_owners and ops.forecast_snapshot_deals",
        )
    return session.rows(
        "from ops.forecast_snapshot_owners where snapshot_date = $day"
        " order by period, owner_or_all",
        {"day": day},
    )


def _days(session: Session, day: date | None = None) -> list[Row]:
    return session.rows(
        "from ops.forecast_snapshot_days where snapshot_date = coalesce($day::date, snapshot_date)"
        " order by snapshot_date",
        {"day": day},
    )


def _day_of_the_build(session: Session, now: datetime) -> date:
    """The last business day that the build saw, if that is today's.

    Raises:
        Misconfigured: it is not.
    """
    if not all(session.has("metrics", table) for table in _READ):
        raise Misconfigured("There is no forecast yet", advice="run `revops build` first")
    (seen,) = session.rows(
        """
        select
            as_of_date as day,
            as_of,
            cast(
                ($now::timestamptz - interval 1 microsecond) at time zone business_timezone as date
            ) as today,
            (select max(ended_at) from metrics.forecast_positions where is_latest) as built_as_of
        from policy.policy_settings
        """,
        {"now": now},
    )
    if seen["day"] != seen["today"] or seen["as_of"] != seen["built_as_of"]:
        raise Misconfigured(
            f"The last build saw the company as of {seen['built_as_of'] or seen['as_of']}",
            advice="only what is believed today is written down: run `revops build`, under a policy"
            " without as_of",
        )
    day: date = seen["day"]
    return day
