"""A budget is spent evenly, never overspent, and by every process together."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.core.pace import Allowance, Budget, Pacer


class Time:
    """Time that passes only by sleeping, and by what a request takes."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def sent(pacer: Pacer, clock: Time, requests: int, latency: float = 0.001) -> list[float]:
    """When each of so many requests went."""
    stamps = []
    for _ in range(requests):
        pacer.wait()
        stamps.append(clock.at)
        clock.at += latency
    return stamps


def most_in_a_window(stamps: list[float], seconds: float) -> int:
    return max(sum(start <= at < start + seconds for at in stamps) for start in stamps)


budgets = st.builds(
    Budget, requests=st.integers(1, 300), seconds=st.sampled_from([0.5, 1, 10, 20, 60])
)


@settings(deadline=None)
@given(
    budget=budgets,
    pauses=st.lists(st.floats(0, 30), max_size=6),
    latency=st.floats(0, 0.3),
)
def test_no_window_ever_holds_more_than_the_budget(
    budget: Budget, pauses: list[float], latency: float
) -> None:
    clock = Time()
    pacer = Pacer(budget, now=clock.now, sleep=clock.sleep)
    stamps: list[float] = []
    for pause in [*pauses, 0.0]:
        stamps += sent(pacer, clock, 60, latency)
        clock.at += pause
    assert most_in_a_window(stamps, budget.seconds) <= budget.requests


@pytest.mark.parametrize("budget", [Budget(190, 10), Budget(100, 20), Budget(10, 60), Budget(5, 1)])
def test_a_long_run_spends_nearly_all_of_it(budget: Budget) -> None:
    clock = Time()
    stamps = sent(Pacer(budget, now=clock.now, sleep=clock.sleep), clock, budget.requests * 10)
    rate = len(stamps) / (stamps[-1] - stamps[0])
    assert rate >= 0.97 * budget.requests / budget.seconds


def test_a_few_requests_after_a_rest_do_not_wait() -> None:
    clock = Time()
    stamps = sent(Pacer(Budget(100, 10), now=clock.now, sleep=clock.sleep), clock, 50)
    assert stamps[-1] - stamps[0] < 0.1


def test_a_budget_beyond_the_memory_keeps_its_rate() -> None:
    clock = Time()
    pacer = Pacer(Budget(100_000, 1), now=clock.now, sleep=clock.sleep)
    stamps = sent(pacer, clock, 20_000, latency=0)
    assert 0.97 * 100_000 <= len(stamps) / (stamps[-1] - stamps[0]) <= 1.06 * 100_000


def test_the_vendors_word_for_its_limit_counts_more_than_ours() -> None:
    clock = Time()
    pacer = Pacer(Budget(100, 10), now=clock.now, sleep=clock.sleep)
    pacer.believe(Allowance(limit=20, remaining=20, resets_in=10))
    assert most_in_a_window(sent(pacer, clock, 100), 10) <= 20


def test_what_others_left_is_spread_until_the_limit_is_whole_again() -> None:
    clock = Time()
    pacer = Pacer(Budget(100, 10), now=clock.now, sleep=clock.sleep)
    pacer.believe(Allowance(limit=100, remaining=0, resets_in=8))
    assert sent(pacer, clock, 1) == [1_008.0]


def test_a_window_that_we_filled_ourselves_is_no_reason_to_wait_for_its_end() -> None:
    clock = Time()
    pacer = Pacer(Budget(100, 10), now=clock.now, sleep=clock.sleep)
    (*_, last) = sent(pacer, clock, 250, latency=0.05)
    pacer.believe(Allowance(limit=100, remaining=1, resets_in=10))
    (following,) = sent(pacer, clock, 1)
    assert following - last < 0.2


def test_a_window_that_others_filled_beside_us_is_waited_for() -> None:
    clock = Time()
    pacer = Pacer(Budget(100, 10), now=clock.now, sleep=clock.sleep)
    (*_, last) = sent(pacer, clock, 60)
    pacer.believe(Allowance(limit=100, remaining=1, resets_in=8))
    (following,) = sent(pacer, clock, 1)
    assert following - last >= 4


def test_nobody_sends_while_the_vendor_wants_quiet(tmp_path: Path) -> None:
    clock = Time()
    one, other = (
        Pacer(Budget(100, 10), tmp_path / "a", now=clock.now, sleep=clock.sleep) for _ in "ab"
    )
    one.hold(30)
    assert sent(other, clock, 1) == [1_030.0]


_SPEND = """
import sys, time
from pathlib import Path
from connectors.core.pace import Budget, Pacer
pacer = Pacer(Budget(20, 1), Path(sys.argv[1]))
for _ in range(20):
    pacer.wait()
    print(time.time(), flush=True)
"""


def test_two_processes_spend_one_budget(tmp_path: Path) -> None:
    began = time.time()
    both = [
        subprocess.Popen(
            [sys.executable, "-c", _SPEND, str(tmp_path / "budget")],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    stamps = sorted(float(line) for one in both for line in one.communicate()[0].split())
    assert len(stamps) == 40
    # A process may be put aside between its turn and its print: half a tenth of slack.
    assert most_in_a_window(stamps, 0.95) <= 21
    assert stamps[-1] - began >= 0.9
