"""Deliveries that are killed and lied to are put right by the next run; see `make prove`."""

from __future__ import annotations

import pytest

from reverse_etl.engine import Engine
from tests.reverse_etl.proof.__main__ import main
from tests.reverse_etl.proof.cases import CASES, EVERY
from tests.reverse_etl.proof.schedules import Tally, faults_of, random_schedules, sweep
from tests.reverse_etl.proof.wrong import CountsPartsAsWhole, RemembersFirst

# 7, 10, 11 and 20 show what the harness found: see docs/how-to/prove-delivery.md.
SHORT = (*range(15), 20)


def violated(tally: Tally) -> set[str]:
    return {said.partition(":")[0] for _, said in tally.violations}


@pytest.mark.parametrize("name", EVERY)
def test_whatever_happens_the_tool_holds_what_was_planned(name: str) -> None:
    tally = random_schedules(CASES[name], SHORT)
    assert tally.violations == []
    assert tally.schedules == len(SHORT)
    # A run of few and large requests has few steps: not every schedule meets its moment to die.
    assert tally.killed_at.total() > len(SHORT) // 2
    assert tally.faults.total() > len(SHORT)


@pytest.mark.parametrize("name", EVERY)
def test_no_step_is_a_bad_moment_to_die(name: str) -> None:
    tally = sweep(CASES[name], every=3)
    assert tally.violations == []
    # Of those with one row a request, a run has few steps.
    assert tally.schedules >= 6


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_every_step_is_killed_and_every_fault_strikes(name: str) -> None:
    tally = sweep(CASES[name])
    tally.join(random_schedules(CASES[name], range(200)))
    assert tally.violations == []
    assert tally.faults.keys() == set(faults_of(CASES[name]()))
    kinds = ("planned", "in flight", "settled", "abandoned")
    places = {f"{when} commit: {kind}" for when in ("before", "after") for kind in kinds}
    places |= {
        f"{when} request: {what}" for when in ("before", "after") for what in ("read", "write")
    }
    assert places <= tally.killed_at.keys()


@pytest.mark.parametrize(
    ("engine", "name", "seen"),
    [
        (RemembersFirst, "hubspot_update", "lost"),
        (RemembersFirst, "salesforce_tasks", "lost"),
        (RemembersFirst, "slack_messages", "lost"),
        (CountsPartsAsWhole, "hubspot_update", "lost"),
        (CountsPartsAsWhole, "hubspot_upsert", "lost"),
        (CountsPartsAsWhole, "salesforce_tasks", "lost"),
    ],
)
def test_a_wrong_engine_is_seen(engine: type[Engine], name: str, seen: str) -> None:
    assert seen in violated(random_schedules(CASES[name], range(8), engine))


def test_an_engine_that_remembers_first_is_seen_by_a_kill_alone() -> None:
    tally = sweep(CASES["hubspot_update"], RemembersFirst, every=2)
    assert "lost" in violated(tally)


def test_the_long_form_prints_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--schedules", "2", "--destination", "slack_messages", "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "slack_messages: " in said
    assert " 0 violations" in said
    assert "before request: write" in said
