"""The oracle of sales, funnel and support: true to the worked example, and to itself."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.metrics.example import EXAMPLE, assert_meets_the_example, has_example, shuffle_rows
from tests.metrics.oracle import engagement, funnel, pipeline, quotas, sales, stages, support
from tests.metrics.oracle.business_hours import business_minutes
from tests.metrics.oracle.companies import random_company
from tests.metrics.oracle.company import TABLES, Company, Record
from tests.metrics.oracle.deals import Deals, minutes, stage_order

SUBJECTS = (sales, pipeline, quotas, stages, funnel, engagement, support)

Values = dict[tuple[str, str], str | None]

seeds = pytest.mark.parametrize("seed", range(10))


@pytest.fixture
def folder(seed: int, tmp_path: Path) -> Path:
    random_company(seed, tmp_path)
    return tmp_path


@pytest.fixture
def company(folder: Path) -> Company:
    return Company(folder)


def records(company: Company) -> list[Record]:
    return [record for subject in SUBJECTS for record in subject.records(company)]


def values(company: Company) -> Values:
    """By metric and dims; a record that comes twice is a fault."""
    keyed: Values = {}
    for record in records(company):
        key = (record.metric, json.dumps(record.dims, sort_keys=True))
        assert key not in keyed, key
        keyed[key] = record.value
    return keyed


def by_dims(found: Values, metric: str) -> dict[str, Decimal | None]:
    return {
        dims: None if value is None else Decimal(value)
        for (name, dims), value in found.items()
        if name == metric
    }


@has_example
def test_every_record_of_the_worked_example_is_met_and_no_other_is_made() -> None:
    assert_meets_the_example(values(Company(EXAMPLE)))


@seeds
def test_the_order_of_rows_changes_nothing(folder: Path) -> None:
    before = values(Company(folder))
    shuffle_rows(folder)
    assert values(Company(folder)) == before


@seeds
def test_what_happens_after_the_clock_changes_nothing(folder: Path) -> None:
    company = Company(folder)
    happened = {
        "person_stage_history": "entered_at",
        "opportunity_stage_history": "entered_at",
        "ticket_status_history": "entered_at",
        "activity": "occurred_at",
        "touch": "occurred_at",
        "web_session": "started_at",
        "csat_response": "responded_at",
        "nps_response": "responded_at",
        "ticket_comment": "created_at",
        "opportunity": "created_at",
        "ticket": "created_at",
    }
    for table, column in happened.items():
        path = folder / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            kept = [r for r in rows if datetime.fromisoformat(r[column]) < company.calendar.as_of]
            names = list(rows.fieldnames or ())
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.DictWriter(file, names, lineterminator="\n")
            lines.writeheader()
            lines.writerows(kept)
    assert values(Company(folder)) == values(company)


@seeds
def test_months_add_up_to_quarters_and_to_the_window(company: Company) -> None:
    calendar, found = company.calendar, values(company)
    for metric in ("opps_won", "opps_lost", "closed_won_amount"):
        of = {json.loads(dims)["period"]: v or 0 for dims, v in by_dims(found, metric).items()}
        for period in (*calendar.quarters, calendar.window):
            assert sum(of[month.label] for month in period.months) == of[period.label], metric


@seeds
def test_shares_are_shares(company: Company) -> None:
    metrics = (
        *("win_rate_count", "win_rate_value", "close_rate_created_cohort", "stage_conversion_rate"),
        *("stage_conversion_rate_closed_only", "persons_current_stage_share", "lead_to_mql_rate"),
        *("lead_to_customer_rate", "funnel_conversion_rate", "sla_attainment", "engagement_rate"),
        *("outbound_activity_share", "web_session_person_link_rate", "csat", "abm_customer_rate"),
        *("web_session_account_link_rate", "dq_person_account_link_rate", "abm_engaged_90d_rate"),
        *("dq_open_opp_amount_completeness", "dq_open_opp_next_step_completeness"),
        *("crm_adoption_active_users_14d", "mql_information_completeness"),
        *("abm_open_pipeline_rate", "share_of_reps_at_or_above_quota", "renewal_rate_count"),
        *("renewal_rate_gross_value",),
    )
    found = values(company)
    for metric in metrics:
        for value in by_dims(found, metric).values():
            assert value is None or 0 <= value <= 1, metric
    for points in by_dims(found, "nps").values():
        assert points is None or -100 <= points <= 100
    shares = [
        value or Decimal(0) for value in by_dims(found, "persons_current_stage_share").values()
    ]
    assert not shares or abs(sum(shares, Decimal(0)) - 1) < Decimal("1e-8")


@seeds
def test_fewer_deals_reach_each_later_stage(company: Company) -> None:
    reached = by_dims(values(company), "stage_reached_count")
    counts = [
        reached[json.dumps({"stage": stage}, sort_keys=True)] or 0 for stage in stage_order(company)
    ]
    assert all(later <= earlier for earlier, later in pairwise(counts))
    assert counts[-1] == sum(deal.is_won for deal in Deals(company).sales)


@seeds
def test_what_is_kept_of_renewals_is_within_what_is_renewed(company: Company) -> None:
    found = values(company)
    for dims, gross in by_dims(found, "renewal_rate_gross_value").items():
        net = by_dims(found, "renewal_rate_net_value")[dims]
        assert (gross is None) == (net is None)
        assert gross is None or net is None or gross <= min(Decimal(1), net)


@seeds
def test_a_likely_pipeline_is_within_the_whole(company: Company) -> None:
    found = values(company)
    value = by_dims(found, "pipeline_value").popitem()[1]
    weighted = by_dims(found, "pipeline_value_weighted").popitem()[1]
    assert value is not None
    assert weighted is not None
    assert 0 <= weighted <= value


@seeds
def test_a_forecast_is_as_wrong_as_its_parts(company: Company) -> None:
    found = values(company)
    for (metric, dims), accuracy in found.items():
        if metric != "forecast_accuracy":
            continue
        call = json.loads(dims)
        owners = found["forecast_wape", dims]
        netted = found["forecast_wape", json.dumps(call | {"grain": "company"}, sort_keys=True)]
        call.pop("grain")
        bias = found["forecast_bias", json.dumps(call, sort_keys=True)]
        if owners is None or netted is None or bias is None or accuracy is None:
            assert {owners, netted, bias, accuracy} == {None}
            continue
        assert Decimal(accuracy) == 1 - Decimal(owners)
        assert abs(Decimal(bias)) == Decimal(netted) <= Decimal(owners)


@seeds
def test_every_clock_of_an_mql_is_met_breached_or_pending(company: Company) -> None:
    found = values(company)
    state = Counter(v for (metric, _), v in found.items() if metric == "lead_response_sla_state")
    events = found["mql_event_count", json.dumps({"period": company.calendar.window.label})]
    assert events == str(state.total())
    dims = {"period": company.calendar.window.label, "sla": "lead_response"}
    assert found["sla_pending_count", json.dumps(dims)] == str(state["pending"])


@seeds
def test_a_business_clock_is_never_ahead_and_a_first_time_never_last(company: Company) -> None:
    spans: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for record in records(company):
        if "ticket_id" in record.dims and record.value is not None:
            spans[record.dims["ticket_id"]][record.metric] = Decimal(record.value)
    for of in spans.values():
        for name in ("first_reply", "first_resolution", "full_resolution"):
            worked = of.get(f"ticket_{name}_business_minutes", Decimal(0))
            assert worked <= of.get(f"ticket_{name}_calendar_minutes", Decimal(0))
        for clock in ("business", "calendar"):
            full = of.get(f"ticket_full_resolution_{clock}_minutes")
            assert full is None or of[f"ticket_first_resolution_{clock}_minutes"] <= full


@seeds
def test_business_minutes_add_up_wherever_time_is_cut(company: Company) -> None:
    for ticket in company.tickets[:10]:
        cuts = sorted([ticket.created_at, *(row.entered_at for row in company.ticket_statuses[:3])])
        parts = [business_minutes(company, ticket.schedule_id, a, b) for a, b in pairwise(cuts)]
        known = [part for part in parts if part is not None]
        whole = business_minutes(company, ticket.schedule_id, cuts[0], cuts[-1])
        assert whole == (sum(known) if len(known) == len(parts) else None)
        assert sum(known) <= minutes(cuts[-1] - cuts[0])


def test_clocks_that_change_are_kept(tmp_path: Path) -> None:
    """New York springs forward on Sunday 9 March 2025, falls back on 2 November."""
    random_company(0, tmp_path)
    (tmp_path / "business_schedule.csv").write_text(
        "schedule_id,timezone,weekday,open_time,close_time\n"
        "NY,America/New_York,4,09:00,17:00\nNY,America/New_York,6,00:00,06:00\n"
    )
    company = Company(tmp_path)
    for day, hours in {(3, 9): 5, (11, 2): 7, (3, 16): 6}.items():
        start = datetime(2025, *day, tzinfo=UTC)
        end = datetime(2025, day[0], day[1] + 1, tzinfo=UTC)
        assert business_minutes(company, "NY", start, end) == hours * 60


def rewritten(folder: Path, **tables: Sequence[Mapping[str, object]]) -> Company:
    """The company with other rows; what a row does not say is null."""
    for table, rows in tables.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            lines = csv.DictWriter(file, [column.name for column in fields(TABLES[table])])
            lines.writeheader()
            lines.writerows(rows)
    return Company(folder)


def on(folder: Path, day: int, hour: int = 0) -> str:
    """An instant in the first month of the window."""
    start = Company(folder).calendar.window.first.replace(day=day)
    return f"{start.isoformat()}T{hour:02}:00:00Z"


def test_a_later_amount_is_no_new_win(tmp_path: Path) -> None:
    random_company(0, tmp_path)
    won = stage_order(Company(tmp_path))[-1]
    deal = {"opportunity_id": "O", "opportunity_type": "expansion", "created_at": on(tmp_path, 2)}
    flags = {"is_closed": "true", "is_won": "true", "is_deleted": "false"}
    history = [
        {"opportunity_id": "O", "seq": seq, "stage": stage, "entered_at": on(tmp_path, day)}
        for seq, (day, stage) in enumerate([(2, won), (4, "Closed Lost"), (6, won), (20, won)])
    ]
    company = rewritten(
        tmp_path,
        opportunity=[deal | flags | {"stage": won, "close_date": on(tmp_path, 6)[:10]}],
        opportunity_stage_history=history,
    )
    mean = by_dims(values(company), "sales_cycle_opp_created_to_won_days_mean")
    assert list(mean.values()) == [4]


def test_the_latest_answer_counts_and_not_the_last_id(tmp_path: Path) -> None:
    random_company(0, tmp_path)
    late = Company(tmp_path).calendar.as_of
    answers = [
        {"response_id": number, "person_id": "nobody", "score": score, "responded_at": at}
        for number, score, at in (
            ("N1", 10, late - timedelta(days=1)),
            ("N2", 0, late - timedelta(days=2)),
            ("N3", 0, late),
        )
    ]
    found = values(rewritten(tmp_path, nps_response=answers))
    assert list(by_dims(found, "nps").values()) == [100]
    assert list(by_dims(found, "nps_respondents").values()) == [1]


def test_a_deal_is_overdue_the_day_after_it_was_due(tmp_path: Path) -> None:
    random_company(0, tmp_path)
    company = Company(tmp_path)
    today = company.calendar.as_of_date
    deals: list[dict[str, object]] = [
        {
            "opportunity_id": f"O{days}",
            "opportunity_type": "expansion",
            "created_at": on(tmp_path, 2),
            "close_date": today - timedelta(days=days),
            "stage": stage_order(company)[0],
            **dict.fromkeys(("is_closed", "is_won", "is_deleted"), "false"),
        }
        for days in (0, 1)
    ]
    found = values(rewritten(tmp_path, opportunity=deals, opportunity_stage_history=[]))
    assert list(by_dims(found, "pipeline_overdue_close_date_count").values()) == [1]
    assert list(by_dims(found, "pipeline_count").values()) == [2]


def test_to_turn_away_is_no_engagement(tmp_path: Path) -> None:
    random_company(0, tmp_path)
    now = Company(tmp_path).calendar.as_of - timedelta(hours=1)
    account = {"account_id": "A", "is_target_account": "true"}
    touch = {"touch_id": "T", "account_id": "A", "occurred_at": now, "is_marketing": "true"}
    for touch_type, rate in {"unsubscribed": 0, "form_demo": 1}.items():
        company = rewritten(tmp_path, account=[account], touch=[touch | {"touch_type": touch_type}])
        assert list(by_dims(values(company), "abm_engaged_90d_rate").values()) == [rate]


def test_random_companies_meet_the_hard_cases(tmp_path: Path) -> None:
    """Else the invariants above would hold of nothing."""
    met: Counter[str] = Counter()
    for seed in range(25):
        random_company(seed, tmp_path / str(seed))
        company = Company(tmp_path / str(seed))
        deals = Deals(company)
        won = stage_order(company)[-1]
        for deal in deals.all:
            seen = [row.stage for row in deals.history(deal)]
            met["reopened"] += won in seen and not deal.is_won
            met["revalued in place"] += any(a == b for a, b in pairwise(seen))
            met["unpriced"] += deal.amount is None
        for metric, value in ((r.metric, r.value) for r in records(company)):
            met[f"{metric} {value}"] += metric == "lead_response_sla_state"
            met[f"{metric} undefined"] += value is None
            met["reopened ticket"] += metric == "ticket_reopens" and value != "0"
        met["no snapshot"] += not company.forecast_snapshots
    wanted = (
        *("reopened", "revalued in place", "unpriced", "reopened ticket", "no snapshot"),
        *(f"lead_response_sla_state {state}" for state in ("met", "breached", "pending")),
        *("pipeline_coverage undefined", "win_rate_value undefined", "forecast_wape undefined"),
        *("pipeline_velocity_usd_per_day undefined", "csat undefined", "nps undefined"),
    )
    assert not [case for case in wanted if not met[case]]
