"""A sync is killed at random moments, by SIGKILL, and put right by the next one."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.reverse_etl.bench import SPEC, Bench, bench_at, wished
from tests.reverse_etl.killable import run, run_and_kill
from warehouse.deliveries import Deliveries

COMPANIES = 300
SYNC = ["sync", SPEC.name]


def wishes_of(round_number: int) -> list[dict[str, Any]]:
    return [
        wished(n, account_score=(n + round_number) % 100, won_revenue_amount=f"{round_number}.25")
        for n in range(COMPANIES)
    ]


def assert_settled(bench: Bench, rows: list[dict[str, Any]]) -> None:
    """Nothing lost, nothing doubled, nothing open, and three places that agree."""
    bench.assert_holds(rows)
    assert len(bench.companies()) == COMPANIES
    ledger = bench.ledger()
    assert {row["outcome"] for row in ledger} <= {"acknowledged", "abandoned"}
    _assert_ledger_is_what_the_tool_holds(bench)
    mirrored = {row["entry_id"]: row["outcome"] for row in bench.mirrored()}
    assert mirrored == {row["entry_id"]: row["outcome"] for row in ledger}


def _assert_ledger_is_what_the_tool_holds(bench: Bench) -> None:
    held = bench.companies()
    with bench.client() as client:
        from reverse_etl.destinations.hubspot import HubSpotObjects

        same = HubSpotObjects(client, "companies", None).holds
        for row in Deliveries(bench.state).last_sent(SPEC.name):
            for field, value in row.held.items():
                assert same(held[row.key][field], value), (row.key, field)


def kill_again_and_again(bench: Bench, log: Path, *, kills: int, seed: int) -> Counter[bool]:
    """Each round wishes for something else and is killed at a random moment; who was cut off."""
    bench.wish(wishes_of(0))
    bench.judge()
    run(bench.environment, ["plan", SPEC.name], log)  # starts the process that the others fork from
    code, whole = run(bench.environment, SYNC, log)
    assert code == 0, log.read_text()
    chance, cut_off = random.Random(seed), Counter[bool]()
    for number in range(1, kills + 1):
        bench.wish(wishes_of(number))
        code = run_and_kill(bench.environment, SYNC, log, chance.uniform(0.05, whole))
        assert code in {0, -signal.SIGKILL}, log.read_text()
        cut_off[code != 0] += 1
    return cut_off


def finish(bench: Bench, log: Path, rows: list[dict[str, Any]]) -> None:
    bench.wish(rows)
    code, _ = run(bench.environment, SYNC, log)
    assert code == 0, log.read_text()


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    log, kills = tmp_path / "log", 4
    with bench_at(tmp_path, COMPANIES, latency_ms=160) as bench:
        cut_off = kill_again_and_again(bench, log, kills=kills, seed=20261122)
        assert cut_off[True] >= kills // 2, "the kills must strike running syncs"
        finish(bench, log, wishes_of(kills))
        assert_settled(bench, wishes_of(kills))
        before = bench.calls()
        finish(bench, log, wishes_of(kills))
        assert bench.calls() == before, "there is nothing left to send"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_kills_lose_nothing_and_double_nothing(tmp_path: Path, seed: int) -> None:
    log, kills = tmp_path / "log", 40
    with bench_at(tmp_path, COMPANIES, latency_ms=160) as bench:
        kill_again_and_again(bench, log, kills=kills, seed=seed)
        finish(bench, log, wishes_of(kills))
        assert_settled(bench, wishes_of(kills))


@pytest.mark.slow
def test_the_installed_command_killed_between_batches_is_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, log = wishes_of(1), tmp_path / "log"
    with bench_at(tmp_path, COMPANIES, latency_ms=100) as bench:
        bench.wish(rows)
        bench.judge()
        for name, value in bench.environment.items():
            monkeypatch.setenv(name, value)
        command = [str(Path(sys.executable).parent / "revops"), *SYNC]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while bench.calls() < 2 and process.poll() is None:
                time.sleep(0.01)
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert Counter(row["outcome"] for row in bench.ledger())["in_flight"] > 0
        finish(bench, log, rows)
        assert_settled(bench, rows)
        assert bench.calls() <= 6, "three batches under way at a time, none sent a third time"
