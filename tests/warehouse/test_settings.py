from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.clock import FixedClock, SystemClock
from warehouse.errors import Misconfigured
from warehouse.settings import Settings, load

SECRET = "s3cr3t-value"


def fault_of(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured) as caught:
        load(Settings)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "REVOPS_WAREHOUSE__WAIT_SECONDS",
        "REVOPS_HTTP__MAX_ATTEMPTS",
        "REVOPS_HTTP__TIMEOUT_SECONDS",
        "REVOPS_CLOCK",
        "REVOPS_WAREHOUSE",
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fault = fault_of(monkeypatch, name, SECRET)
    assert name in fault
    assert SECRET not in fault
    assert ".env.example" in fault


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVOPS_CLOCK", "tomorrow")
    fault = fault_of(monkeypatch, "REVOPS_HTTP__MAX_ATTEMPTS", "0")
    assert "REVOPS_CLOCK" in fault
    assert "REVOPS_HTTP__MAX_ATTEMPTS" in fault


def test_a_clock_without_a_zone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "REVOPS_CLOCK" in fault_of(monkeypatch, "REVOPS_CLOCK", "2026-11-20T09:00:00")


def test_the_clock_stands_still_where_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVOPS_CLOCK", "2026-11-20T18:00:00+09:00")
    clock = load(Settings).make_clock()
    assert isinstance(clock, FixedClock)
    assert clock.now() == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_without_the_setting_the_clock_is_the_machines() -> None:
    clock = load(Settings).make_clock()
    assert isinstance(clock, SystemClock)
    assert clock.now().tzinfo is UTC


def test_everything_lies_in_the_home_unless_it_is_said_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = load(Settings)
    assert settings.warehouse_path == tmp_path / ".revops" / "warehouse.duckdb"
    assert settings.state_url == f"sqlite:///{tmp_path / '.revops' / 'state.sqlite'}"
    monkeypatch.setenv("REVOPS_WAREHOUSE__PATH", str(tmp_path / "elsewhere.duckdb"))
    monkeypatch.setenv("REVOPS_STATE__URL", "sqlite:///state")
    settings = load(Settings)
    assert settings.warehouse_path == tmp_path / "elsewhere.duckdb"
    assert settings.state_url == "sqlite:///state"


def test_settings_are_read_from_a_file_in_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("REVOPS_HTTP__MAX_ATTEMPTS=2\nREVOPS_HUBSPOT__TOKEN=x\n")
    assert load(Settings).http.max_attempts == 2


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("REVOPS_HTTP__MAX_ATTEMPTS=2\n")
    monkeypatch.setenv("REVOPS_HTTP__MAX_ATTEMPTS", "3")
    assert load(Settings).http.max_attempts == 3


def test_the_tools_in_use_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(Settings).vendors_in_use is None
    monkeypatch.setenv("REVOPS_VENDORS", "zendesk, hubspot,")
    assert load(Settings).vendors_in_use == ("zendesk", "hubspot")


def test_the_password_of_the_state_store_is_not_in_the_settings_repr(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REVOPS_STATE__URL", f"postgresql://revops:{SECRET}@db/revops")
    assert SECRET not in repr(load(Settings))
