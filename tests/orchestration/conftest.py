"""A company's two days through `revops run`, once for all tests that look at what happened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.emulated import Vendors, serving
from tests.orchestration.command import Said, revops
from tests.reverse_etl.bench import Bench, bench_at
from warehouse.settings import export_environment


@contextmanager
def environment(values: dict[str, str], folder: Path) -> Iterator[None]:
    """These settings and no other; everything is put back."""
    before, here = dict(os.environ), Path.cwd()  # noqa: TID251 - put back as it was found
    for name in [name for name in before if name.startswith("REVOPS_")]:
        del os.environ[name]  # noqa: TID251
    os.chdir(folder)
    export_environment(values)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()  # noqa: TID251
        os.environ.update(before)  # noqa: TID251


@dataclass
class TwoDays:
    """What every command said, in order; `secrets` are what none of them may have said."""

    home: Path
    vendors: Vendors
    settings: dict[str, str]
    said: dict[str, Said] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def do(self, name: str, *arguments: str) -> Said:
        self.said[name] = revops(*arguments)
        return self.said[name]

    def document(self, name: str) -> Any:
        return self.said[name].document


@pytest.fixture(scope="session")
def two_days(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoDays]:
    """`revops run`, a day passes, `revops run` again; then the read-only commands."""
    home = tmp_path_factory.mktemp("two_days") / "home"
    with serving(company) as vendors:
        settings = vendors.settings() | {
            "REVOPS_HOME": str(home),
            "REVOPS_HTTP__BACKOFF_SECONDS": "0.01",
            "REVOPS_WAREHOUSE__PATH": str(home / "warehouse.duckdb"),
        }
        days = TwoDays(home, vendors, settings)
        with environment(settings, home.parent):
            days.do("first", "run", "--json")
            vendors.advance()
            days.do("second", "run", "--json")
            for name in ("doctor", "extract", "status"):
                days.do(name, name, "--json")
            days.do("plan", "plan", "hubspot_companies", "--json")
            days.do("sync", "sync", "--all", "--json")
        days.secrets = _secrets(vendors)
        yield days


def _secrets(vendors: Vendors) -> set[str]:
    """What the tools were spoken to with, the session tokens that they issued included."""
    credentials = vendors.sandbox.vendors
    issued = credentials["salesforce"].sessions  # type: ignore[attr-defined]
    return {
        credentials["hubspot"].credentials["token"],
        credentials["salesforce"].credentials["client_secret"],
        credentials["zendesk"].credentials["token"],
        *issued,
    }


@dataclass(frozen=True)
class FinishedDemo:
    """The home of a demo that went through its two days, and what the command said."""

    home: Path
    said: Said


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory: pytest.TempPathFactory) -> FinishedDemo:
    """`revops demo`, once for all tests that look at what it leaves: ten minutes."""
    home = tmp_path_factory.mktemp("finished") / "demo"
    with environment({"REVOPS_HOME": str(home)}, home.parent):
        return FinishedDemo(home, revops("demo", "--json"))


@pytest.fixture
def settled(two_days: TwoDays, tmp_path: Path) -> Iterator[TwoDays]:
    """The settings of the two days, for a test that runs something more."""
    with environment(two_days.settings, tmp_path):
        yield two_days


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A made-up portal and warehouse, and the settings that reach them."""
    with bench_at(tmp_path, 5) as made, environment(made.environment, tmp_path):
        yield made
