"""A build that is killed half-way leaves nothing that may be sent under an older verdict."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.emulated import serving
from tests.orchestration.command import revops
from tests.orchestration.conftest import environment


@pytest.mark.slow
def test_what_a_killed_build_leaves_behind_holds_until_it_is_judged(
    company: Path, tmp_path: Path
) -> None:
    with serving(company) as vendors:
        settings = vendors.settings() | {"REVOPS_HOME": str(tmp_path / "home")}
        with environment(settings, tmp_path):
            # Partial: one row of a dropped file breaks its contract, and is set aside.
            assert revops("run", "--json").code == 4
            for seconds in (9, 12, 15):
                build_and_kill(seconds)
                plan = revops("plan", "hubspot_companies", "--json")
                assert plan.code == 3, plan.out
                assert plan.document["changes"] == []
            assert revops("run", "--json").code == 0
            assert revops("plan", "hubspot_companies", "--json").code == 0


def build_and_kill(seconds: float) -> None:
    """SIGKILL the command and its dbt process after so many seconds."""
    command = [str(Path(sys.executable).parent / "revops"), "build"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    time.sleep(seconds)
    assert process.poll() is None, "the build was over before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
