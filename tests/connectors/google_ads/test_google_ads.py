"""What only Google Ads does: restated figures, rows that vanish, quotas in the body."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from tests.connectors.conftest import Extraction
from tests.emulated import Vendors

PATH = "*/googleAds:search"


def figures(extraction: Extraction, key: str) -> list[dict[str, Any]]:
    log = [v for v in extraction.log("google_ads", "campaign_stats") if v[0] == key]
    return [json.loads(version[3]) for version in log]


def newest(vendors: Vendors, age: int) -> dict[str, Any]:
    """A row of so many days before the newest one."""
    records = vendors.records("google_ads", "campaign_stats")
    days = sorted({one["segments"]["date"] for one in records})
    return next(one for one in records if one["segments"]["date"] == days[-1 - age])


@pytest.mark.parametrize(("age", "versions"), [(0, 2), (1, 2), (30, 2), (40, 1)])
def test_figures_are_landed_anew_as_long_as_they_are_restated(
    extraction: Extraction, vendors: Vendors, age: int, versions: int
) -> None:
    extraction.run("google_ads", "campaign_stats")
    record = newest(vendors, age)
    metrics = {**record["metrics"], "conversions": 77.25, "costMicros": "1000000"}
    vendors.put("google_ads", "campaign_stats", record | {"metrics": metrics})
    vendors.wait(86_400)
    result = extraction.run("google_ads", "campaign_stats")["campaign_stats"]
    assert result.landed.versions == versions - 1
    landed = figures(extraction, record["id"])
    assert len(landed) == versions
    assert ({one["metrics"]["conversions"] for one in landed} >= {77.25}) is (versions == 2)


def test_days_that_are_read_again_are_landed_once_and_move_nothing(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("google_ads", "campaign_stats")
    cursor = extraction.cursor("google_ads", "campaign_stats")
    record, other = newest(vendors, 50), newest(vendors, 60)
    for one in (record, other):
        metrics = {**one["metrics"], "clicks": "77"}
        vendors.put("google_ads", "campaign_stats", one | {"metrics": metrics})
    day = date.fromisoformat(record["segments"]["date"])
    # Older than what is read again by itself.
    assert extraction.run("google_ads", "campaign_stats")["campaign_stats"].landed.versions == 0
    for versions in (1, 0):
        again = extraction.run("google_ads", "campaign_stats", days=(day, day))
        assert again["campaign_stats"].landed.versions == versions
    assert len(figures(extraction, record["id"])) == 2
    assert len(figures(extraction, other["id"])) == 1, "it is of a day that nobody asked for"
    assert extraction.cursor("google_ads", "campaign_stats") == cursor


def test_how_far_back_is_a_setting(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVOPS_GOOGLE_ADS__RESTATED_DAYS", "60")
    extraction.run("google_ads", "campaign_stats")
    record = newest(vendors, 55)
    metrics = {**record["metrics"], "clicks": "1"}
    vendors.put("google_ads", "campaign_stats", record | {"metrics": metrics})
    assert extraction.run("google_ads", "campaign_stats")["campaign_stats"].landed.versions == 1


def test_the_day_that_passes_restates_yesterday_and_older_days(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("google_ads", "campaign_stats")
    yesterday, older = newest(vendors, 1), newest(vendors, 20)
    vendors.advance()
    result = extraction.run("google_ads", "campaign_stats")["campaign_stats"]
    assert result.landed.deletions == 1
    for record in (yesterday, older):
        *_, latest = figures(extraction, record["id"])
        if "metrics" in latest:
            assert latest["metrics"]["conversions"] > record["metrics"]["conversions"]


def test_a_row_that_was_restated_to_nothing_is_landed_as_deleted_once(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("google_ads", "campaign_stats")
    record = newest(vendors, 3)
    vendors.put("google_ads", "campaign_stats", record | {"isDeleted": True})
    result = extraction.run("google_ads", "campaign_stats")["campaign_stats"]
    assert (result.landed.versions, result.landed.deletions) == (1, 1)
    assert extraction.run("google_ads", "campaign_stats")["campaign_stats"].landed.versions == 0


def test_a_run_that_was_cut_off_goes_on_and_still_looks_back_from_the_last_whole_one(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.google_ads.queries.SPAN", 150)
    base = {"vendor": "google_ads", "path": PATH, "kind": "server_error"}
    vendors.fault(base | {"skip": 1, "times": None})
    assert extraction.run("google_ads", "campaign_stats")["campaign_stats"].exit_code == 5
    (way,) = (extraction.cursor("google_ads", "campaign_stats") or {}).values()
    assert set(way) == {"from", "until"}
    vendors.fault()
    vendors.advance()
    assert extraction.run("google_ads", "campaign_stats")["campaign_stats"].status == "done"
    (way,) = (extraction.cursor("google_ads", "campaign_stats") or {}).values()
    assert set(way) == {"through"}
    live = [
        one["id"]
        for one in vendors.records("google_ads", "campaign_stats")
        if not one.get("isDeleted")
    ]
    assert set(extraction.keys("google_ads", "campaign_stats")) >= set(live)


def test_an_expired_token_is_renewed_and_a_wrong_one_names_the_settings(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors.fault({"vendor": "google_ads", "path": PATH, "kind": "expire_token"})
    assert extraction.run("google_ads", "customers")["customers"].status == "done"
    monkeypatch.setenv("REVOPS_GOOGLE_ADS__REFRESH_TOKEN", "wr0ng")
    result = extraction.run("google_ads", "customers")["customers"]
    assert result.exit_code == 2
    assert "REVOPS_GOOGLE_ADS__REFRESH_TOKEN" in str(result.error)
    assert "wr0ng" not in str(result.error)


def test_a_manager_account_that_is_not_named_is_a_missing_right(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVOPS_GOOGLE_ADS__LOGIN_CUSTOMER_ID", "999-888-7777")
    result = extraction.run("google_ads", "customers")["customers"]
    assert (result.exit_code, "adwords" in str(result.error)) == (2, True)


def test_a_long_pause_that_the_body_asks_for_stops_the_run_at_once(
    extraction: Extraction, vendors: Vendors
) -> None:
    fault = {"vendor": "google_ads", "path": PATH, "kind": "long_quota", "times": None}
    vendors.fault(fault)
    before = vendors.requests("google_ads")
    result = extraction.run("google_ads", "campaigns")["campaigns"]
    assert (result.exit_code, "3600 s" in str(result.error)) == (5, True)
    assert vendors.requests("google_ads") == before + 2  # one for the token


def test_removed_campaigns_are_landed_as_deleted_and_keep_their_figures(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("google_ads", "campaigns", "campaign_stats")
    (removed,) = [v for v in extraction.log("google_ads", "campaigns") if v[2]]
    assert json.loads(removed[3])["campaign"]["status"] == "REMOVED"
    number = removed[0].partition("/")[2]
    assert any(f"/{number}/" in key for key in extraction.keys("google_ads", "campaign_stats"))
