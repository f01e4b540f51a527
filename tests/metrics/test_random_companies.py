"""Random companies are valid: what a gate would hold back must not be what SQL is tried on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.oracle.companies import random_company
from tests.metrics.oracle.company import Company


@pytest.fixture(params=range(20))
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    random_company(request.param, tmp_path)
    return Company(tmp_path)


def keys(rows: Sequence[Any], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(row, column) for column in columns) for row in rows]


def test_keys_are_unique(company: Company) -> None:
    tables: dict[str, Sequence[Any]] = {
        "account_id": company.accounts,
        "owner_id": company.owners,
        "person_id": company.people,
        "opportunity_id": company.opportunities,
        "opportunity_id seq": company.opportunity_stages,
        "opportunity_id person_id": company.contact_roles,
        "item_version_id": company.subscription_items,
        "rate_type from_currency to_currency rate_date": company.fx_rates,
        "invoice_id": company.invoices,
        "invoice_line_id": company.invoice_lines,
        "spend_id": company.spend,
        "campaign_id stat_date": company.campaign_stats,
        "touch_id": company.touches,
        "activity_id": company.activities,
        "ticket_id": company.tickets,
        "comment_id": company.ticket_comments,
        "response_id": [*company.csat_responses, *company.nps_responses],
        "owner_id period": company.quotas,
        "snapshot_date period owner_id": company.forecast_snapshots,
        "account_id usage_month": company.product_usage,
        "session_id": company.web_sessions,
        "schedule_id holiday_date": company.holidays,
        "schedule_id weekday open_time": company.business_schedules,
        "person_id stage entered_at": company.person_stages,
    }
    for columns, rows in tables.items():
        twice = [key for key, times in Counter(keys(rows, *columns.split())).items() if times > 1]
        assert not twice, columns


def test_references_are_met(company: Company) -> None:
    owned: dict[str, tuple[Any, ...]] = {
        "account_id": (
            {row.account_id for row in company.accounts},
            *(company.people, company.opportunities, company.subscription_items),
            *(company.invoices, company.touches, company.activities, company.tickets),
            *(company.nps_responses, company.product_usage, company.web_sessions),
        ),
        "owner_id": (
            {row.owner_id for row in company.owners},
            *(company.accounts, company.opportunities, company.activities),
            *(company.quotas, company.forecast_snapshots),
        ),
        "person_id": (
            {row.person_id for row in company.people},
            *(company.person_stages, company.contact_roles, company.touches),
            *(company.activities, company.csat_responses, company.nps_responses),
            company.web_sessions,
        ),
        "opportunity_id": (
            {row.opportunity_id for row in company.opportunities},
            *(company.opportunity_stages, company.contact_roles, company.activities),
        ),
        "invoice_id": ({row.invoice_id for row in company.invoices}, company.invoice_lines),
        "ticket_id": (
            {row.ticket_id for row in company.tickets},
            *(company.ticket_statuses, company.ticket_comments, company.csat_responses),
        ),
    }
    tables: list[Any]
    for column, (known, *tables) in owned.items():
        for rows in tables:
            assert {getattr(row, column) for row in rows} - {None} <= known, column


def test_versions_of_a_subscription_follow_each_other(company: Company) -> None:
    for item in company.subscription_items:
        assert item.valid_to is None or item.valid_from < item.valid_to
    by_key = sorted(company.subscription_items, key=lambda i: (i.subscription_id, i.valid_from))
    for before, after in pairwise(by_key):
        if before.subscription_id == after.subscription_id:
            assert before.valid_to is not None
            assert before.valid_to <= after.valid_from


def test_a_deals_last_state_is_the_deal(company: Company) -> None:
    columns = ("stage", "amount", "probability_pct", "close_date", "forecast_category")
    last = {
        row.opportunity_id: row
        for row in sorted(company.opportunity_stages, key=lambda row: (row.entered_at, row.seq))
    }
    for deal in company.opportunities:
        assert keys([deal], *columns) == keys([last[deal.opportunity_id]], *columns)
        assert deal.stage in company.policy["stages"]


def test_every_amount_has_a_rate(company: Company) -> None:
    valued: list[Any] = [*company.subscription_items, *company.spend]
    day = company.calendar.before(company.calendar.history[0]).first
    for currency in {row.currency for row in valued}:
        assert company.spot(currency, day) > 0
        assert company.plan(currency) > 0
