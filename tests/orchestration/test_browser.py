"""Dagster's pages in a real browser, as a person opens them on the finished demo."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.browser import chromium, opened_browser
from tests.orchestration.conftest import FinishedDemo, environment
from tests.orchestration.test_production import free_port
from warehouse.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Dagster's processes and a browser: minutes.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium on this machine: apt-get install chromium"
    ),
]

PATIENCE_MS = 180_000
# Nothing but what the test asks for is started while it looks.
SCHEDULES = "other_sources: '0 0 1 1 *'\nnightly: '0 0 1 1 *'\nmonth_end: '0 0 1 1 *'\n"
GATE = ("gate", "accounts")
STREAM, SYNC = ("raw", "hubspot", "companies"), ("sync", "hubspot_companies")
# Where pictures are kept for people; the test itself looks at words.
PICTURES = "pictures"


@pytest.fixture
def home(finished_demo: FinishedDemo, tmp_path: Path) -> Iterator[Path]:
    """The demo's home, of which the second day's gate has withheld rows, with no schedule due."""
    (tmp_path / "schedules.yaml").write_text(SCHEDULES, encoding="utf-8")
    settings = {
        "REVOPS_HOME": str(finished_demo.home),
        "REVOPS_SCHEDULES": str(tmp_path / "schedules.yaml"),
        "DAGSTER_HOME": str(PROJECT_ROOT),
    }
    with environment(settings, tmp_path):
        yield finished_demo.home


@pytest.fixture
def address(home: Path, tmp_path: Path) -> Iterator[str]:
    """Where `revops ui` answers."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "ui.log").open("w", encoding="utf-8") as log:
        ui = subprocess.Popen(
            [str(Path(sys.executable).parent / "revops"), "ui", "--demo", "--port", str(port)],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_for(url)
            yield url
        finally:
            ui.send_signal(signal.SIGTERM)
            try:
                ui.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(ui.pid, signal.SIGKILL)
                ui.wait()


def _wait_for(url: str) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/server_info", timeout=5, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(1)
    raise AssertionError("Dagster did not answer in five minutes")


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    with opened_browser() as browser:
        one = browser.new_page(base_url=address, viewport={"width": 1600, "height": 1000})
        one.set_default_timeout(PATIENCE_MS)
        yield one


def test_a_person_finds_the_lineage_the_reason_and_starts_a_run(page: Page, tmp_path: Path) -> None:
    (tmp_path / PICTURES).mkdir()

    def keep(name: str) -> None:
        page.screenshot(path=tmp_path / PICTURES / f"{name}.png")

    _lineage(page, keep)
    _reason(page, keep)
    _launch(page, keep)
    _until_it_is_read()


def _lineage(page: Page, keep: Callable[[str], None]) -> None:
    """From the stream of a tool through every layer to the sync that writes back to it."""
    page.goto("/asset-groups")
    for layer in ("raw", "staging", "identity", "canonical", "marts", "activation", "gate", "sync"):
        page.get_by_text(layer, exact=True).first.wait_for()
    keep("layers")
    page.goto(f"/assets/{'/'.join(STREAM)}?view=lineage&lineageScope=downstream")
    page.get_by_text("stg_hubspot__companies").first.wait_for()
    page.goto(f"/assets/{'/'.join(SYNC)}?view=lineage&lineageScope=upstream")
    page.get_by_text("sync_hubspot__companies").first.wait_for()
    keep("lineage")


def _reason(page: Page, keep: Callable[[str], None]) -> None:
    """The failed check of the gate says which rule withholds how many rows."""
    page.goto(f"/assets/{'/'.join(GATE)}?view=checks")
    page.get_by_text("may_leave").first.wait_for()
    page.get_by_text(re.compile(r"pipeline_is_plausible withholds \d+ rows?")).first.wait_for()
    keep("reason")


def _launch(page: Page, keep: Callable[[str], None]) -> None:
    """A job is started from its own page."""
    page.goto("/locations/orchestration.definitions/jobs/read_hubspot")
    page.get_by_role("button", name="Materialize all").click()
    page.get_by_text(re.compile("Launched run|View run|Starting")).first.wait_for()
    keep("launched")


def _until_it_is_read() -> None:
    import dagster as dg

    end = time.monotonic() + 600
    with dg.DagsterInstance.get() as instance:
        while time.monotonic() < end:
            runs: list[Any] = [
                one for one in instance.get_runs(limit=5) if one.job_name == "read_hubspot"
            ]
            if runs and runs[0].is_finished:
                assert runs[0].is_success
                found = instance.get_latest_materialization_event(dg.AssetKey(list(STREAM)))
                assert found is not None
                return
            time.sleep(1)
    raise AssertionError("the run that was started from the page did not end in ten minutes")
