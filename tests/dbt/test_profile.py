"""The profile that analysts use as it is."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from warehouse.settings import PROJECT_ROOT


@pytest.fixture
def output() -> dict[str, Any]:
    profiles = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "profiles.yml").read_text())
    found: dict[str, Any] = profiles["revops"]["outputs"]["warehouse"]
    return found


def test_waiting_for_the_writer_takes_minutes_at_most(output: dict[str, Any]) -> None:
    # dbt-duckdb doubles the pause with every attempt: twenty of them are twelve days.
    pauses = [2**attempt for attempt in range(output["retries"]["connect_attempts"])]
    assert 30 <= sum(pauses) <= 180


def test_a_build_downloads_no_extension_and_reads_time_in_utc(output: dict[str, Any]) -> None:
    assert output["settings"] == {"TimeZone": "UTC", "autoinstall_known_extensions": False}
