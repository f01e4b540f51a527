"""The policy: what a document may say, and which periods follow from it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.periods import Calendar, Period
from warehouse.policy import Policy
from warehouse.policy_tables import interval_rows, settings_row
from warehouse.settings import DBT_PROJECT

NOW = datetime(2025, 6, 30, 15, tzinfo=UTC)


def calendar(now: datetime = NOW, **said: object) -> Calendar:
    return Calendar(Policy.model_validate(said), now)


def periods(**said: object) -> dict[str, Period]:
    found = list(Calendar(Policy.model_validate(said), NOW).periods())
    assert len({one.label for one in found}) == len(found)
    return {one.label: one for one in found}


def window(start: str, end: str) -> dict[str, str]:
    return {"start_month": start, "end_month": end}


def test_the_shipped_policy_is_valid() -> None:
    assert read_document(DBT_PROJECT / "policy.yml", Policy).reporting_currency == "USD"


def test_a_document_that_is_wrong_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text("reporting_currency: USD\nbusiness_timezone: Tokyo\nmrr:\n  statuses: [x]\n")
    with pytest.raises(Misconfigured) as error:
        read_document(path, Policy)
    assert "policy.yml:2: business_timezone" in error.value.message
    assert "policy.yml:4: mrr.statuses" in error.value.message


@pytest.mark.parametrize(
    ("start", "end", "label"),
    [
        ("2025-01", "2025-06", "2025-H1"),
        ("2025-07", "2025-12", "2025-H2"),
        ("2025-04", "2025-06", "2025-Q2"),
        ("2025-03", "2025-03", "2025-03"),
        ("2025-01", "2025-12", "2025"),
        ("2024-10", "2025-03", "2024-10..2025-03"),
        ("2025-02", "2025-04", "2025-02..2025-04"),
    ],
)
def test_the_window_is_named_after_what_it_is(start: str, end: str, label: str) -> None:
    assert calendar(window=window(start, end)).window_label == label


def test_a_fiscal_year_from_april_moves_quarters_and_halves() -> None:
    found = periods(fiscal_year_start_month=4, window=window("2025-01", "2025-06"))
    assert found["2024-Q4"].first_date == date(2025, 1, 1)
    assert found["2025-Q1"].first_date == date(2025, 4, 1)
    halves = calendar(fiscal_year_start_month=4, window=window("2024-10", "2025-03"))
    assert halves.window_label == "2024-H2"


def test_days_are_cut_where_the_business_is() -> None:
    june = periods(window=window("2025-01", "2025-06"))["2025-06"]
    assert june.start_at == datetime(2025, 5, 31, 15, tzinfo=UTC)
    assert june.end_at == datetime(2025, 6, 30, 15, tzinfo=UTC)


def test_a_day_without_midnight_is_cut_all_the_same() -> None:
    # Clocks went from 23:59:59 to 01:00.
    found = periods(business_timezone="America/Asuncion", window=window("2023-10", "2023-10"))
    assert found["2023-10"].start_at == datetime(2023, 10, 1, 4, tzinfo=UTC)


def test_nothing_is_seen_from_the_instant_on() -> None:
    seen = calendar(now=datetime(2025, 6, 10, 3, tzinfo=UTC))
    assert seen.as_of_date == date(2025, 6, 10)
    (june,) = [one for one in seen.periods() if one.label == "2025-06"]
    assert june.end_at == datetime(2025, 6, 10, 3, tzinfo=UTC)
    assert june.in_window


def test_midnight_belongs_to_the_day_before() -> None:
    assert calendar().as_of_date == date(2025, 6, 30)
    assert calendar(window={"months": 3}).window_label == "2025-Q2"


def test_a_quarter_or_month_that_is_the_window_is_one_period() -> None:
    quarter = periods(window=window("2025-04", "2025-06"))["2025-Q2"]
    assert (quarter.is_quarter, quarter.is_window, quarter.in_window) == (True, True, True)


def test_quarters_to_come_are_there_for_targets() -> None:
    found = periods(window=window("2025-01", "2025-06"))
    assert found["2025-Q3"].first_date == date(2025, 7, 1)
    assert not found["2025-Q3"].in_window


def test_quarters_before_the_history_are_there_for_forecasts() -> None:
    found = periods(window=window("2025-02", "2025-06"), history_start_month="2025-02")
    assert found["2025-Q1"].first_date == date(2025, 1, 1)
    assert not found["2025-Q1"].in_window
    assert "2025-01" in found
    assert "2024-12" not in found


def test_intervals_are_exact_fractions() -> None:
    rates = {
        row["billing_interval"]: (row["per_month_numerator"], row["per_month_denominator"])
        for row in interval_rows(Policy())
    }
    assert rates == {"week": (13, 3), "day": (365, 12), "month": (1, 1), "year": (1, 12)}


@pytest.mark.parametrize(("currency", "places"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("XYZ", 2)])
def test_money_has_the_places_of_its_currency(currency: str, places: int) -> None:
    policy = Policy(reporting_currency=currency)
    assert settings_row(policy, Calendar(policy, NOW))["reporting_minor_units"] == places
