"""Cron expressions: which are taken, and when they tick where the business is."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from warehouse.cron import Cron, longest_pause, next_tick

TAKEN = TypeAdapter(Cron)


@pytest.mark.parametrize("text", ["0 6 * * *", "*/15 * * * *", "30 22 L * *", "0 6 * * MON-FRI"])
def test_what_cron_and_dagster_both_read_is_taken(text: str) -> None:
    assert TAKEN.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "at six",
        "61 * * * *",
        "0 0 31 2 *",
        # Seconds, and the forms that Dagster refuses when the code is loaded.
        "0 6 * * * *",
        "0 6 LW * *",
        "0 6 * * 5L",
        "@daily",
    ],
)
def test_anything_else_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValidationError, match=r"cron expression|five fields"):
        TAKEN.validate_python(text)


def test_a_tick_is_in_the_time_of_the_business() -> None:
    after = datetime(2026, 11, 28, 12, tzinfo=UTC)
    # 06:00 in Tokyo is 21:00 of the day before in UTC.
    assert next_tick("0 6 * * *", after, "Asia/Tokyo") == datetime(2026, 11, 28, 21, tzinfo=UTC)
    assert next_tick("0 6 * * *", after, "UTC") == datetime(2026, 11, 29, 6, tzinfo=UTC)


def test_a_tick_keeps_to_the_wall_clock_when_the_clocks_change() -> None:
    before, after = (datetime(2026, 3, day, 12, tzinfo=UTC) for day in (7, 8))
    assert next_tick("0 6 * * *", before, "America/New_York").hour == 10
    assert next_tick("0 6 * * *", after, "America/New_York").hour == 10
    assert next_tick("0 6 * * *", before - timedelta(days=1), "America/New_York").hour == 11


def test_the_longest_pause_is_the_weekend() -> None:
    assert longest_pause("0 6 * * 1-5", "Asia/Tokyo") == timedelta(days=3)
    assert longest_pause("*/15 * * * *", "Asia/Tokyo") == timedelta(minutes=15)
    assert longest_pause("0 6 1 * *", "Asia/Tokyo") == timedelta(days=31)
