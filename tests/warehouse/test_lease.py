from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warehouse import waiting
from warehouse.connection import Warehouse, WarehouseError
from warehouse.errors import Busy
from warehouse.lease import Lease

HOLD = """
import sys, time
from pathlib import Path
from warehouse.lease import Lease
with Lease(Path(sys.argv[1]), wait_seconds=5).held("landing hubspot.deals"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""

COME_AGAIN = """
import sys, time
from pathlib import Path
from warehouse.lease import Lease
lease, until = Lease(Path(sys.argv[1]), wait_seconds=5), time.monotonic() + float(sys.argv[2])
while time.monotonic() < until:
    with lease.held("landing hubspot.deals"):
        print("held", flush=True)
        time.sleep(0.2)
"""

Hold = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "warehouse.duckdb"


@pytest.fixture
def hold(file: Path) -> Iterator[Hold]:
    """Let another process hold the lease for so many seconds."""
    started: list[subprocess.Popen[str]] = []

    def hold(seconds: float, script: str = HOLD) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(file), str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_process_waits_and_is_then_told_who_holds_the_warehouse(
    file: Path, hold: Hold
) -> None:
    holder = hold(60)
    with pytest.raises(Busy) as caught, Lease(file, wait_seconds=0.3).held("a build"):
        pass
    assert f"`landing hubspot.deals` (process {holder.pid})" in str(caught.value)
    assert "waited 0.3 s" in str(caught.value)
    assert "REVOPS_WAREHOUSE__WAIT_SECONDS" in str(caught.value)
    assert caught.value.exit_code == 5


def test_a_second_process_gets_the_lease_as_soon_as_the_first_lets_go(
    file: Path, hold: Hold
) -> None:
    hold(0.5)
    with Lease(file, wait_seconds=30).held("a build"):
        pass


def test_who_lets_go_and_comes_again_at_once_stands_behind_whoever_waits(
    file: Path, hold: Hold
) -> None:
    holder = hold(60, COME_AGAIN)
    with Lease(file, wait_seconds=3).held("a build"):
        assert holder.poll() is None


def test_whoever_waits_says_for_whom_and_since_when(
    file: Path, hold: Hold, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SAID_AFTER", 0.1)
    monkeypatch.setattr(waiting, "SAID_AGAIN_AFTER", 0.3)
    holder = hold(1)
    with Lease(file, wait_seconds=30).held("a build"):
        pass
    first, *again, last = caplog.messages
    assert f"`landing hubspot.deals` (process {holder.pid}) of " in first
    assert "waiting for warehouse.duckdb" in first
    assert first.endswith("; for 30 s more")
    assert again
    assert last.startswith("warehouse.duckdb is free, after ")


def test_a_holder_that_somebody_suspended_is_told_with_the_way_out(file: Path, hold: Hold) -> None:
    holder = hold(60)
    holder.send_signal(signal.SIGSTOP)
    while not waiting.is_suspended(holder.pid):
        pass
    with (
        pytest.raises(Busy, match="which is suspended") as caught,
        Lease(file, wait_seconds=0).held("a build"),
    ):
        pass
    assert f"kill -CONT {holder.pid}" in str(caught.value)


def test_lengths_are_told_as_people_say_them() -> None:
    said = [waiting.span(seconds) for seconds in (0.4, 59, 200, 9000)]
    assert said == ["0 s", "59 s", "3 min", "2 h"]


def test_a_killed_holder_frees_the_lease(file: Path, hold: Hold) -> None:
    holder = hold(60)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    lease = Lease(file, wait_seconds=0.5)
    assert lease.holder() is None
    with lease.held("a build"):
        pass


def test_the_lease_is_free_again_after_a_failure(file: Path) -> None:
    with pytest.raises(RuntimeError), Lease(file, wait_seconds=1).held("a build"):
        raise RuntimeError
    with Lease(file, wait_seconds=0.1).held("another"):
        pass


def test_whoever_holds_the_lease_may_take_it_again(file: Path) -> None:
    lease = Lease(file, wait_seconds=0.1)
    with lease.held("a run"), lease.held("a step of it"):
        pass


def test_opening_the_warehouse_takes_the_lease(file: Path, hold: Hold) -> None:
    hold(60)
    with pytest.raises(Busy, match="landing hubspot"), Warehouse(file, wait_seconds=0.1).open("x"):
        pass


def test_lending_the_file_takes_the_lease(file: Path, hold: Hold) -> None:
    hold(60)
    with pytest.raises(Busy), Warehouse(file, wait_seconds=0.1).lent("dbt"):
        pass


def test_a_holder_that_left_no_name_is_still_reported(file: Path, hold: Hold) -> None:
    hold(60)
    file.with_name(file.name + ".holder").write_text("{")
    with pytest.raises(Busy, match="another process"), Lease(file, wait_seconds=0.1).held("x"):
        pass


def test_a_shell_that_holds_the_file_without_a_lease_is_busy_too(file: Path) -> None:
    file.parent.mkdir()
    script = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == "open\n"
        with (
            pytest.raises(Busy, match="cannot be opened") as caught,
            Warehouse(file, wait_seconds=0.1).open("x"),
        ):
            pass
        assert f"(process {shell.pid}), which takes no turns" in str(caught.value)
        assert "close the program that holds it" in str(caught.value)
        assert "lock" not in str(caught.value)
        with pytest.raises(Busy), Warehouse(file, wait_seconds=0.1).lent("dbt"):
            pass
        shell.communicate("\n")


def test_a_program_that_opens_the_file_after_it_was_lent_is_named_too(file: Path) -> None:
    refusal = (
        "IO Error: Could not set lock on file: Conflicting lock is held in /usr/bin/duckdb (PID 7)."
    )
    with (
        pytest.raises(Busy, match=r"`duckdb` \(process 7\)"),
        Warehouse(file, wait_seconds=0.1).lent("gate accounts"),
    ):
        raise OSError(refusal)


def test_between_two_blocks_the_file_is_free_for_any_program(file: Path) -> None:
    warehouse = Warehouse(file)
    with warehouse.open("a test") as session:
        session.execute("create table seen as select 1 as number")
    script = (
        "import sys, duckdb; duckdb.connect(sys.argv[1]).execute('insert into seen values (2)')"
    )
    subprocess.run([sys.executable, "-c", script, str(file)], check=True)
    with warehouse.open("a test") as session:
        assert session.value("select sum(number) from seen") == 3


def test_a_block_that_failed_leaves_nothing_behind_for_the_next(file: Path) -> None:
    warehouse = Warehouse(file)

    def fail() -> None:
        with warehouse.open("a test") as session:
            session.execute("create table seen as select 1 as number")
            session.execute("set memory_limit = '99MB'")
            session.execute("begin transaction")
            session.execute("insert into seen values (2)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with warehouse.open("a test") as session:
        assert session.value("select sum(number) from seen") == 1
        assert session.value("select current_setting('memory_limit')") != "94.4 MiB"


def test_a_file_that_is_no_warehouse_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_text("not a warehouse at all", encoding="utf-8")
    with (
        pytest.raises(WarehouseError, match="REVOPS_WAREHOUSE__PATH"),
        Warehouse(path, wait_seconds=600).open("a test"),
    ):
        raise AssertionError("it cannot be opened")
