"""The oracle of recurring revenue, revenue and costs: true to the worked example, and to itself."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.metrics.oracle import costs, recurring, revenue
from tests.metrics.oracle.calendar import Calendar, Period, rounded, text
from tests.metrics.oracle.companies import random_company
from tests.metrics.oracle.company import Company, Record, total
from tests.metrics.oracle.mrr import Mrr
from warehouse.settings import PROJECT_ROOT

EXAMPLE = PROJECT_ROOT.parent / "shared" / "worked_example"
SUBJECTS = (recurring, revenue, costs)

Values = dict[tuple[str, str], Decimal | None]

seeds = pytest.mark.parametrize("seed", range(25))


@pytest.fixture
def company(seed: int, tmp_path: Path) -> Company:
    random_company(seed, tmp_path)
    return Company(tmp_path)


def records(company: Company) -> list[Record]:
    return [record for subject in SUBJECTS for record in subject.records(company)]


def values(found: list[Record]) -> Values:
    """By metric and dims; a record that comes twice is a fault."""
    keyed: Values = {}
    for record in found:
        key = (record.metric, json.dumps(record.dims, sort_keys=True))
        assert key not in keyed, key
        keyed[key] = None if record.value is None else Decimal(record.value)
    return keyed


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the worked example is not here")
def test_every_record_of_the_worked_example_is_met_and_no_other_is_made() -> None:
    met = values(records(Company(EXAMPLE)))
    metrics = {metric for metric, _ in met}
    expected = json.loads((EXAMPLE / "expected.json").read_text(encoding="utf-8"))["records"]
    wanted = {
        (row["metric"], json.dumps(row["dims"], sort_keys=True)): row
        for row in expected
        if row["metric"] in metrics
    }
    assert met.keys() == wanted.keys()
    for key, row in wanted.items():
        value = met[key]
        if row["value"] is None or value is None:
            assert (row["value"], value) == (None, None), key
        else:
            assert abs(Decimal(row["value"]) - value) <= Decimal(row["tolerance"]), key


@seeds
def test_movements_lead_from_every_opening_to_its_closing(company: Company) -> None:
    balances: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for record in records(company):
        if record.metric.startswith("mrr_") and record.value is not None:
            balances[record.metric, record.dims["month"]] += Decimal(record.value)
    for month in company.calendar.months:
        opening = balances["mrr_opening", month.label]
        moved = balances["mrr_movement", month.label]
        assert opening + moved == balances["mrr_closing", month.label], month.label
        before = company.calendar.before(month).label
        assert opening == balances["mrr_closing", before], month.label


@seeds
def test_accounts_and_segments_add_up_to_the_company(company: Company) -> None:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for record in records(company):
        if "month" in record.dims and record.value is not None:
            sums[record.dims["month"]][record.metric] += Decimal(record.value)
    for month in company.calendar.months:
        of = sums[month.label]
        assert of["account_mrr_closing"] == of["mrr_closing"]
        assert of["arr_closing_by_segment"] == of["arr_closing"]


@seeds
def test_gross_retention_is_within_one_and_the_net(company: Company) -> None:
    found = values(records(company))
    for (metric, dims), gross in found.items():
        if metric == "grr":
            net = found["nrr", dims]
            assert (gross is None) == (net is None), dims
            assert gross is None or net is None or gross <= min(Decimal(1), net), dims


@seeds
def test_a_lines_parts_over_all_months_are_the_line(company: Company) -> None:
    for found in revenue.lines(company):
        line = found.line
        days = [day for day in (found.issued_on, line.period_start, line.period_end) if day]
        every = Period("every", min(days).replace(day=1), max(days) + timedelta(days=1))
        parts = [revenue.part(company, found, month) for month in every.months]
        assert total(parts) == rounded(line.amount, company.places(found.currency))


@seeds
def test_channels_add_up(company: Company) -> None:
    window = company.calendar.window
    found = values(records(company))
    spent = sum(
        value for (metric, _), value in found.items() if metric == "channel_spend" and value
    )
    rows = costs.channel_spend(company, window)
    assert Fraction(spent) == total(
        company.at_spot(row.amount, row.currency, row.spend_date) for row in rows
    )


def test_random_companies_differ_and_meet_the_hard_cases(tmp_path: Path) -> None:
    """Else the invariants above would hold of nothing."""
    kinds, labels, empty, cut_off_at_a_month_end = set[str](), set[str](), 0, 0
    for seed in range(25):
        random_company(seed, tmp_path / str(seed))
        found = Company(tmp_path / str(seed))
        mrr = Mrr(found)
        kinds |= {movement.kind for movement in mrr.movements}
        labels |= {found.calendar.window.label[4:6]}
        empty += not found.subscription_items
        closings = {found.calendar.close_of(month) for month in mrr.history}
        cut_off_at_a_month_end += sum(item.valid_to in closings for item in mrr.items)
    assert kinds == {"new", "expansion", "contraction", "churn", "reactivation"}
    assert {"-Q", "-H", "-0", ""} <= labels
    assert empty
    assert cut_off_at_a_month_end > 20


def test_the_same_seed_makes_the_same_company(tmp_path: Path) -> None:
    for name in ("a", "b"):
        random_company(7, tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [("1.005", 2, "1.01"), ("-1.005", 2, "-1.01"), ("0.5", 0, "1"), ("2.4444", 3, "2.444")],
)
def test_half_goes_away_from_zero(value: str, places: int, shown: str) -> None:
    assert text(Fraction(value), places) == shown


def test_windows_take_the_names_of_the_calendar(tmp_path: Path) -> None:
    random_company(0, tmp_path)
    policy = json.loads((tmp_path / "policy.json").read_text(encoding="utf-8"))
    names = {
        ("2025-01", "2025-06"): ("2025-H1", ["2025-Q1", "2025-Q2"]),
        ("2024-10", "2025-03"): ("2024-10..2025-03", ["2024-Q4", "2025-Q1"]),
        ("2024-11", "2025-04"): ("2024-11..2025-04", ["2025-Q1"]),
        ("2025-04", "2025-06"): ("2025-Q2", ["2025-Q2"]),
        ("2025-01", "2025-12"): ("2025", ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]),
        ("2025-02", "2025-02"): ("2025-02", []),
    }
    for (start, end), (label, quarters) in names.items():
        policy["window"] = {"start_month": start, "end_month": end}
        calendar = Calendar(policy)
        assert calendar.window.label == label
        assert [quarter.label for quarter in calendar.quarters] == quarters
