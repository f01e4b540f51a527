"""A killed `revops extract` leaves nothing that the next run does not put right."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.conftest import mirrored_streams
from tests.emulated import Vendors, key_of, serving
from tests.emulation import emulations
from warehouse.connection import Warehouse

KILLS = 6


@pytest.fixture
def vendors(company: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    """Slow enough that a kill lands in the middle, with pages that come one by one."""
    monkeypatch.setattr("sandbox.vendors.salesforce.api.MAX_BATCH", 30)
    with serving(company, latency_ms=25) as found:
        yield found


class Runs:
    """Starts `revops extract` as a person would, in a process of its own."""

    def __init__(self, vendors: Vendors, home: Path) -> None:
        self._vendors = vendors
        self._environment = {
            "PATH": os.defpath,
            "REVOPS_HOME": str(home),
            "REVOPS_WAREHOUSE__WAIT_SECONDS": "20",
            **vendors.settings(),
        }

    def start(self) -> subprocess.Popen[str]:
        command = Path(sys.executable).with_name("revops")
        return subprocess.Popen(
            [str(command), "extract", "--json"],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def asked(self) -> int:
        return sum(self._vendors.requests(name) for name in emulations())

    def kill_after(self, seconds: float) -> None:
        """Kill a run so long after its first request; it may be anywhere by then."""
        before = self.asked()
        with self.start() as process:
            while self.asked() == before and process.poll() is None:
                time.sleep(0.01)
            time.sleep(seconds)
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            assert process.returncode == -signal.SIGKILL


# A process of its own keeps to the vendors' real budgets.
@pytest.mark.slow
def test_kills_at_any_moment_lose_nothing_and_double_nothing(vendors: Vendors, home: Path) -> None:
    runs = Runs(vendors, home)
    moments = random.Random(20261120)
    for _ in range(KILLS):
        runs.kill_after(moments.uniform(0.0, 0.9))
    vendors.sandbox._latency = 0.0
    with runs.start() as last:
        shown, _ = last.communicate()
    assert last.returncode == 0, shown
    with Warehouse(home / "warehouse.duckdb", wait_seconds=5).open("a test") as session:
        # Something was landed before a kill, or nothing was shown here.
        assert session.value("select count(distinct _run_id) from raw_hubspot.companies") > 0
        landed_by = Counter[str]()
        for vendor, stream in mirrored_streams():
            rows = session.rows(f"from raw_{vendor}.{stream}")
            versions = {(r["_key"], r["_cursor"], r["_deleted"], r["payload"]) for r in rows}
            assert len(versions) == len(rows), f"{vendor}.{stream} holds a version twice"
            wanted = sorted(key_of(record) for record in vendors.records(vendor, stream))
            assert sorted(row["_key"] for row in rows) == wanted, f"{vendor}.{stream}"
            landed_by.update(row["_run_id"] for row in rows)
            cursors = f"select cursor from raw_{vendor}._cursors where stream = '{stream}'"
            cursor = session.value(cursors)
            assert cursor is not None
            assert "backfill" not in cursor
        assert len(landed_by) > 1, "no kill came in the middle of a run"
    # The cursors stand at the end: another run finds nothing new.
    with runs.start() as again:
        shown, _ = again.communicate()
    assert again.returncode == 0
    assert '"versions": 0' in shown
    assert not [line for line in shown.splitlines() if "versions" in line and ": 0" not in line]
