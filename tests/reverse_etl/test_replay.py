"""A past run is made again from the ledger, and what is not that run is not taken for it."""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reverse_etl.engine import Engine
from reverse_etl.guards import Guards
from reverse_etl.replay import Replayed, replay
from tests.orchestration.command import revops
from tests.reverse_etl.bench import FIRST_ID, SPEC, Bench, wished
from warehouse.deliveries import Deliveries
from warehouse.errors import Misconfigured
from warehouse.settings import export_environment


def one_of(bench: Bench, run_id: str) -> Replayed:
    (found,) = replay(bench.state, run_id)
    return found


def synced(bench: Bench) -> tuple[str, str]:
    """Three companies sent, and sent again with other scores; the two runs."""
    bench.judge()
    runs = []
    for score in (10, 20):
        bench.wish([wished(n, account_score=score + n) for n in range(3)])
        assert bench.sync().exit_code == 0
        runs.append(str(bench.ledger()[-1]["run_id"]))
    return runs[0], runs[1]


def test_the_plan_of_a_past_run_is_made_again(bench: Bench) -> None:
    bench.wish([wished(n) for n in range(3)])
    bench.judge()
    planned = bench.preview()
    assert bench.sync().exit_code == 0
    found = one_of(bench, str(bench.ledger()[-1]["run_id"]))
    assert found.is_proven
    assert found.is_current
    assert found.outcomes == {"acknowledged": 3}
    said = found.as_json()
    for name in ("digest", "changes", "counts", "config_hash", "verdict_id", "decision"):
        assert said[name] == planned.as_json()[name], name


def test_it_stays_what_it_was_when_everything_has_moved_on(bench: Bench) -> None:
    first, second = synced(bench)
    assert one_of(bench, first).plan.changes[0].after["revops_account_score"] == 10
    assert one_of(bench, second).plan.changes[0].before == {"revops_account_score": 10}
    assert one_of(bench, first).is_proven
    assert one_of(bench, second).is_proven


def test_a_run_that_was_sent_unseen_is_proven_too(bench: Bench) -> None:
    bench.wish([wished(n) for n in range(3)])
    bench.judge()
    assert bench.sync(SPEC.model_copy(update={"look": "when_needed"})).exit_code == 0
    found = one_of(bench, str(bench.ledger()[-1]["run_id"]))
    assert (found.is_proven, found.plan.preview) == (True, "not_read")


def test_a_rejected_row_belongs_to_the_plan(bench: Bench) -> None:
    bench.judge()
    bench.wish([wished(0), wished(1, hubspot_company_id=str(FIRST_ID + 900))])
    bench.sync()
    found = one_of(bench, str(bench.ledger()[-1]["run_id"]))
    assert found.is_proven
    assert len(found.plan.changes) == 2
    assert found.outcomes == {"acknowledged": 1, "rejected": 1}


def test_a_stopped_run_has_its_plan_whole(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reverse_etl.sync.Engine", partial(Engine, piece=1))
    bench.judge()
    bench.wish([wished(n) for n in range(5)])
    bench.faults({"kind": "server_error", "times": None})
    # The first row goes alone, and only then the next ones are written ahead.
    stopped = bench.sync(SPEC.model_copy(update={"guards": Guards(canary=1)}))
    assert stopped.exit_code == 5
    assert stopped.delivery.outcomes.total() == 5
    found = one_of(bench, str(bench.ledger()[-1]["run_id"]))
    assert (found.is_proven, found.missing, len(found.plan.changes)) == (True, 0, 5)


def test_a_run_killed_while_it_writes_ahead_lacks_what_it_never_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.judge()
    bench.wish([wished(n) for n in range(5)])
    pieces = 0

    def killed(self: Deliveries, *given: Any) -> Any:
        nonlocal pieces
        pieces += 1
        if pieces == 2:
            raise KeyboardInterrupt
        return written(self, *given)

    written = Deliveries.go_on
    with monkeypatch.context() as patched:
        patched.setattr("reverse_etl.sync.Engine", partial(Engine, piece=2))
        patched.setattr(Deliveries, "go_on", killed)
        with pytest.raises(KeyboardInterrupt):
            bench.sync()
    found = one_of(bench, str(bench.ledger()[-1]["run_id"]))
    assert (found.is_proven, found.missing, len(found.plan.changes)) == (False, 1, 4)
    resumed = bench.sync()
    assert resumed.exit_code == 0
    bench.assert_holds([wished(n) for n in range(5)])


@pytest.mark.parametrize(
    "how",
    [
        """update ledger set fields = '{"revops_account_score": 99}' where key = $key""",
        "update ledger set found = null where key = $key",
        "delete from ledger where key = $key",
    ],
)
def test_a_ledger_that_was_changed_proves_nothing(bench: Bench, how: str) -> None:
    _, second = synced(bench)
    with sqlite3.connect(bench.home / "state.sqlite") as store:
        store.execute(how, {"key": str(FIRST_ID)})
    assert not one_of(bench, second).is_proven


def test_the_command_shows_it_and_tells_what_is_not_proven(bench: Bench, tmp_path: Path) -> None:
    export_environment(bench.environment)
    _, second = synced(bench)
    file = tmp_path / "plan.md"
    said = revops("replay", second, "--markdown", str(file))
    assert said.code == 0
    assert "proven" in said.out
    assert str(FIRST_ID) in file.read_text(encoding="utf-8")
    with sqlite3.connect(bench.home / "state.sqlite") as store:
        store.execute("delete from ledger where key = ?", (str(FIRST_ID),))
    told = revops("replay", second, "--json")
    assert told.code == 3
    assert json.loads(told.out)["plans"][0]["is_proven"] is False


def test_a_run_that_there_was_not_is_an_error(bench: Bench) -> None:
    with pytest.raises(Misconfigured, match="nothing to replay"):
        replay(bench.state, "no-such-run")
