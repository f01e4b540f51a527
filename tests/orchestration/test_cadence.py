"""The document of the schedules: what it may say, and what a pause means for freshness."""

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.core import registry
from orchestration.cadence import cadence
from warehouse.errors import Misconfigured
from warehouse.settings import Settings


def said(tmp_path: Path, text: str, policy: str = "business_timezone: Europe/Berlin\n") -> Settings:
    (tmp_path / "schedules.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "policy.yml").write_text(policy, encoding="utf-8")
    return Settings(schedules=tmp_path / "schedules.yaml", policy=tmp_path / "policy.yml")


def test_the_shipped_document_has_a_cron_for_every_connector() -> None:
    found = cadence(Settings())
    assert found.zone == "Asia/Tokyo"
    for name in registry.sources():
        assert found.stale_stream(name) < timedelta(days=2)


def test_a_clock_is_read_where_the_business_is(tmp_path: Path) -> None:
    assert cadence(said(tmp_path, "nightly: '0 1 * * *'\n")).zone == "Europe/Berlin"


def test_a_source_that_is_not_named_has_the_cron_of_the_others(tmp_path: Path) -> None:
    found = cadence(
        said(tmp_path, "sources:\n  stripe: '5 * * * *'\nother_sources: '0 4 * * 1-5'\n")
    )
    assert found.of_source("stripe") == "5 * * * *"
    assert found.of_source("hubspot") == "0 4 * * 1-5"
    # A weekend is no staleness, nor is the hour that the clocks are set back by.
    assert found.stale_stream("hubspot") == timedelta(days=3, hours=1 + 2)
    assert found.stale_stream("stripe") == timedelta(hours=3)


def test_a_sync_is_stale_after_the_pause_of_its_own_schedule(tmp_path: Path) -> None:
    found = cadence(said(tmp_path, "freshness:\n  syncs_hours: 4\n"))
    assert found.stale_sync(None) == timedelta(hours=4)
    assert found.stale_sync("0 7 * * 1") == timedelta(days=7, hours=1 + 4)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("sources:\n  stripe: daily\n", r"schedules.yaml:2: sources.stripe: .*cron"),
        ("nightly: '0 0 0 * * *'\n", r"schedules.yaml:1: nightly: .*five fields"),
        ("sources:\n\n  hubsopt: '0 6 * * *'\n", r"schedules.yaml:3: sources.hubsopt: .*connector"),
        ("nightly_at: '0 0 * * *'\n", r"schedules.yaml:1: nightly_at: "),
        ("freshness: {marts_hours: 0}\n", r"schedules.yaml:1: freshness.marts_hours: "),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, text: str, because: str) -> None:
    with pytest.raises(Misconfigured, match=because):
        cadence(said(tmp_path, text))
