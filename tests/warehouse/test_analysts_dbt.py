"""An analyst's own dbt takes its turn, under the project's profile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock, Timeout

from warehouse.connection import Warehouse
from warehouse.lease import Lease
from warehouse.settings import DBT_PROJECT, child_environment
from warehouse.waiting import SAID_AFTER

pytestmark = pytest.mark.slow

# Not our own child: what a holder starts has the holder's turn.
SHELL = ("bash", "-c", '"$@"; exit $?', "shell")
BUILD_AS_REVOPS = """
import subprocess, sys
from pathlib import Path
from warehouse.connection import Warehouse
with Warehouse(Path(sys.argv[1])).lent("dbt build"):
    sys.exit(subprocess.run(sys.argv[2:]).returncode)
"""


class Analyst:
    """A project with one model, and the profile that ours has."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "warehouse.duckdb"
        (folder / "models").mkdir()
        (folder / "models" / "one.sql").write_text("select 1 as number")
        (folder / "dbt_project.yml").write_text("name: mine\nprofile: revops\nversion: '1.0'\n")
        shutil.copy(DBT_PROJECT / "profiles.yml", folder)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build"]

    def build(self, *before: str, wait: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*before, *self.command()],
            cwd=self.folder,
            env=child_environment(
                {
                    "REVOPS_WAREHOUSE__PATH": str(self.file),
                    "REVOPS_WAREHOUSE__WAIT_SECONDS": str(wait),
                }
            ),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def analyst(tmp_path: Path) -> Analyst:
    return Analyst(tmp_path)


def number_of(file: Path) -> object:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute("select number from main.one").fetchone()


def let_go_once_waited_for(file: Path, lease: Lease) -> None:
    """Whoever waits has the turn; a moment after it must have said so."""
    turn = FileLock(f"{file}.turn")
    while not lost(turn):
        time.sleep(0.1)
    time.sleep(SAID_AFTER + 1)
    lease._lock.release()


def lost(lock: FileLock) -> bool:
    try:
        with lock.acquire(blocking=False):
            return False
    except Timeout:
        return True


def test_it_is_refused_in_words_while_another_has_the_warehouse(analyst: Analyst) -> None:
    with Lease(analyst.file, wait_seconds=0).held("extract hubspot.deals"):
        done = analyst.build(*SHELL, wait=0.5)
    assert done.returncode != 0
    assert f"in use by `extract hubspot.deals` (process {os.getpid()})" in done.stdout
    assert "Could not set lock" not in done.stdout


def test_it_waits_for_its_turn_says_so_and_keeps_others_out_meanwhile(analyst: Analyst) -> None:
    lease = Lease(analyst.file, wait_seconds=0)
    with lease.held("extract hubspot.deals"):
        threading.Thread(target=let_go_once_waited_for, args=(analyst.file, lease)).start()
        done = analyst.build(*SHELL, wait=120)
        lease._lock.acquire()
    assert done.returncode == 0, done.stdout
    assert "waiting for warehouse.duckdb, in use by `extract hubspot.deals`" in done.stderr
    assert number_of(analyst.file) == (1,)
    assert '"purpose": "dbt build"' in (analyst.folder / "warehouse.duckdb.holder").read_text()


def test_what_revops_starts_has_the_turn_already(analyst: Analyst) -> None:
    done = analyst.build(sys.executable, "-c", BUILD_AS_REVOPS, str(analyst.file), wait=0)
    assert done.returncode == 0, done.stdout
    assert number_of(analyst.file) == (1,)


def test_a_shell_that_has_the_file_open_is_named(analyst: Analyst) -> None:
    script = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(analyst.file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        done = analyst.build(wait=0.5)
        shell.communicate("\n")
    assert done.returncode != 0
    assert f"(process {shell.pid}), which takes no turns" in done.stdout
    with Warehouse(analyst.file).open("a test"):
        pass
