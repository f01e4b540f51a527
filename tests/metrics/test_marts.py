"""The marts on the worked example by hand, and what they promise on random companies."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.measured import Models, slow
from tests.metrics.oracle.companies import random_company
from tests.metrics.test_measured import EXAMPLE
from warehouse.connection import Session


@pytest.fixture(scope="module")
def example(models: Models) -> Iterator[Session]:
    with models.shown(EXAMPLE) as session:
        yield session


def only(session: Session, sql: str) -> Any:
    (row,) = session.rows(sql)
    return tuple(row.values())


def test_the_example_keeps_every_promise(models: Models, example: Session) -> None:
    assert models.broken_promises(example) == []


@pytest.mark.parametrize("seed", [0, *slow(range(1, 8))])
def test_random_companies_keep_every_promise(models: Models, seed: int, tmp_path: Path) -> None:
    random_company(seed, tmp_path)
    with models.shown(tmp_path) as session:
        assert models.broken_promises(session) == []


@pytest.mark.slow
def test_a_broken_mart_breaks_its_promises(models: Models, tmp_path: Path) -> None:
    random_company(1, tmp_path)
    with models.shown(tmp_path) as session:
        session.execute("update marts.mrr_movements set mrr = mrr + 1")
        session.execute("update marts.revenue_monthly set recognised_revenue = 1")
        session.execute("update marts.funnel set mqls = mqls + 1")
        session.execute("delete from marts.support where is_solved")
        session.execute("update marts.opportunities set is_pipeline = true")
        session.execute("update marts.attribution set credited_amount = credited_amount + 1")
        session.execute("update marts.marketing_returns set credited_amount = credited_amount + 1")
        assert {
            "assert_mrr_movements_add_up_to_the_metric",
            "assert_revenue_monthly_adds_up_to_the_metrics",
            "assert_funnel_adds_up_to_the_metrics",
            "assert_support_adds_up_to_the_metrics",
            "assert_opportunities_add_up_to_the_pipeline",
            "assert_attributed_cents_are_what_was_won",
            "assert_channels_add_up_to_what_was_won",
            "assert_estimated_channels_add_up_to_attributable_revenue",
        } <= set(models.broken_promises(session))


def test_what_was_open_on_a_past_day_is_asked_of_the_history(example: Session) -> None:
    # E37, in the currencies of the deals: the end of 15 May in Tokyo.
    found = example.rows("""
        select opportunity_id, currency, local_amount
        from marts.opportunity_history
        where
            is_pipeline
            and valid_from <= timestamptz '2025-05-15 14:59:59+00'
            and timestamptz '2025-05-15 14:59:59+00' < valid_to
        order by opportunity_id
    """)
    assert [tuple(row.values()) for row in found] == [
        ("OP08", "USD", 40_000),
        ("OP10", "JPY", 2_400_000),
        ("OP11", "EUR", 4_800),
        ("OP13", "USD", 12_000),
    ]


def test_a_win_that_was_reversed_is_no_win(example: Session) -> None:
    # E31.
    changes = example.rows(
        "select change from marts.opportunity_history where opportunity_id = 'OP16' order by seq"
    )
    assert [row["change"] for row in changes] == ["created", "won", "reopened", "lost"]
    assert only(
        example,
        "select is_won, reached_stage from marts.opportunities where opportunity_id = 'OP16'",
    ) == (False, "Negotiation")


def test_a_movement_tells_its_products(example: Session) -> None:
    # E10 and E21: the account takes up a second product.
    assert only(
        example,
        "select movement, mrr, products_added, products_changed from marts.mrr_movements "
        "where account_id = 'A01' and month = '2025-05' and movement != 'fx'",
    ) == ("expansion", Decimal("207.000"), ["ANALYTICS"], None)


def test_a_month_of_an_account_is_billed_and_earned(example: Session) -> None:
    # E24 and E26: a credit note counts in its month, a year's fee is earned by the day.
    assert only(
        example,
        "select sum(invoiced_revenue), sum(mrr_closing) from marts.revenue_monthly "
        "where month = '2025-03'",
    ) == (Decimal("1323.980"), Decimal("3064.630"))
    assert only(
        example,
        "select sum(recognised_revenue) from marts.revenue_monthly where month = '2025-01'",
    ) == (Decimal("1801.070"),)


def test_months_before_the_window_are_there(example: Session) -> None:
    assert only(
        example,
        "select sum(mrr_closing), bool_or(in_window) from marts.revenue_monthly "
        "where month = '2024-12'",
    ) == (Decimal("2072.000"), False)


def test_a_ticket_that_came_back_was_resolved_twice(example: Session) -> None:
    # E78 and E83: first and last solution in business hours, and the answer that was changed.
    assert only(
        example,
        "select first_resolution_business_minutes, full_resolution_business_minutes, is_reopened, "
        "csat_score, csat_response_count from marts.support where ticket_id = 'TK3'",
    ) == (Decimal(120), Decimal(720), True, 4, 2)


def test_touches_up_to_the_creation_are_told(example: Session) -> None:
    # E62: T13 falls on the very instant. E65: the deal is older than every touch. E69: no lookback.
    found = example.rows("""
        select touches_before_creation from marts.opportunities
        where opportunity_id in ('OP01', 'OP04', 'OP11')
        order by opportunity_id
    """)
    assert [row["touches_before_creation"] for row in found] == [3, 2, 0]


def test_a_deal_comes_by_the_channel_of_its_primary_contact(example: Session) -> None:
    # Of OP01 take part P01, the primary contact, from a trade show, and P02 by e-mail.
    assert only(
        example,
        "select lead_channel, contact_count, primary_contact_id from marts.opportunities "
        "where opportunity_id = 'OP01'",
    ) == ("trade_show", 2, "P01")


def test_the_funnel_shows_a_channel_from_lead_to_win(example: Session) -> None:
    assert only(
        example,
        "select sum(leads), sum(mqls), sum(mqls_to_sal), sum(mqls_to_sql), "
        "sum(opportunities_won), sum(won_amount) from marts.funnel "
        "where in_window and channel = 'paid_social'",
    ) == (2, 2, 2, 1, 1, Decimal("7128.000"))


def test_accounts_pay_together_what_the_company_is_paid_now(example: Session) -> None:
    assert only(
        example,
        "select sum(mrr), sum(arr), count(*) filter (where mrr > 0) from marts.accounts",
    ) == only(
        example,
        "select mrr_closing, arr_closing, customers_closing from metrics.mrr_months "
        "where month = '2025-06'",
    )


def test_accounts_stand_where_their_last_step_led(example: Session) -> None:
    # A04 is past due and pays; A08 went unpaid in May, A09 left in June; A10 has only a deal.
    found = example.rows("""
        select account_id, lifecycle_stage, mrr_movement, mrr_moved, has_overdue_payment
        from marts.accounts
        where account_id in ('A04', 'A08', 'A09', 'A10')
        order by account_id
    """)
    assert [tuple(row.values()) for row in found] == [
        ("A04", "customer", None, Decimal(0), True),
        ("A08", "former_customer", None, Decimal(0), True),
        ("A09", "former_customer", "churn", Decimal("-49.500"), False),
        ("A10", "opportunity", None, Decimal(0), False),
    ]


def test_people_are_counted_once_and_only_while_they_live(example: Session) -> None:
    assert only(
        example,
        "select count(*), count(first_lead_at), count(*) filter (where is_buyer) from marts.people",
    ) == only(
        example,
        "select (select count(*) from canonical.person where not is_deleted "
        "and created_at < timestamptz '2025-06-30 15:00:00+00'), "
        "count(first_lead_at), count(*) filter (where is_buyer) from metrics.person_milestones",
    )


def test_a_person_answers_for_oneself(example: Session) -> None:
    # E84: P01 said 9, then 6; the deal that P01 is in is won, and an expansion.
    assert only(
        example,
        "select nps_score, open_opportunity_count, won_opportunity_count, is_buyer "
        "from marts.people where person_id = 'P01'",
    ) == (6, 0, 1, False)


def test_a_touch_shows_which_milestones_it_is(example: Session) -> None:
    # E62: T13 made the lead and the opportunity; E68: OP05 was touched by nobody.
    assert only(
        example,
        """
        select is_first_touch, is_lead_creation, is_opportunity_creation, is_last_touch, weight
        from marts.attribution
        where model = 'full_path' and scope = 'account' and touch_id = 'T13'
        """,
    ) == (False, True, True, False, Decimal("0.45"))
    assert only(
        example,
        """
        select touch_id, is_attributed, weight, credited_amount
        from marts.attribution
        where model = 'full_path' and scope = 'account' and opportunity_id = 'OP05'
        """,
    ) == ("(unattributed)", False, None, Decimal(594))


def test_a_campaign_has_its_return_beside_its_channel(example: Session) -> None:
    # All of paid search is the one campaign C01: 2,000.00 spent, 3,244.18 earned.
    for level in ("channel", "campaign"):
        assert only(
            example,
            f"""
            select cost, credited_amount, roi, leads, cost_per_opportunity
            from marts.marketing_returns
            where model = 'full_path' and scope = 'account' and level = '{level}'
                and (channel = 'paid_search' and campaign_id is null or campaign_id = 'C01')
            """,
        )[:3] == (Decimal(2000), Decimal("3244.18"), Decimal("0.62209"))
