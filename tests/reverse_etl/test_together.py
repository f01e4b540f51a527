"""Two syncs to one record: one request, and each with its own ledger, whatever happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from reverse_etl import together
from reverse_etl.destinations.base import RowOutcome
from reverse_etl.destinations.hubspot import HubSpotObjects
from reverse_etl.guards import Guards, Limit
from reverse_etl.spec import SyncSpec, syncs
from reverse_etl.sync import SyncResult
from reverse_etl.together import JointLedger, groups, run_together
from tests.ledgers import changes
from tests.reverse_etl.bench import FIRST_ID, READ, SPEC, UPDATE, Bench, wished
from tests.reverse_etl.proof.together import PAIRS, calls_of, schedules, sweep_together
from tests.reverse_etl.test_spec import SAID
from warehouse.clock import SystemClock
from warehouse.deliveries import Settlement
from warehouse.errors import Misconfigured

SCORES = SPEC.model_copy(update={"name": "scores", "fields": SPEC.fields[:3]})
MONEY = SPEC.model_copy(update={"name": "money", "fields": SPEC.fields[3:5]})


def run(bench: Bench, *specs: SyncSpec) -> dict[str, SyncResult]:
    """Both syncs in one go; every one of them could begin."""
    with bench.client() as client:
        named = {f"run-{spec.name}": spec for spec in specs}
        told = run_together(named, client, bench.warehouse, bench.state, SystemClock())
    return {
        spec.name: result
        for run_id, spec in named.items()
        if isinstance(result := told[run_id], SyncResult)
    }


def ledger(bench: Bench, spec: SyncSpec) -> list[tuple[str, str, set[str], int]]:
    rows = changes(bench.state, spec.name)
    return [(row["key"], row["outcome"], set(row["fields"]), row["attempts"]) for row in rows]


def test_what_two_syncs_have_of_a_record_goes_in_one_request(bench: Bench) -> None:
    bench.wish([wished(n) for n in range(5)])
    bench.judge()
    told = run(bench, SCORES, MONEY)
    assert bench.calls(UPDATE) == 1
    assert [one.delivery.outcomes for one in told.values()] == [{"acknowledged": 5}] * 2
    for spec in (SCORES, MONEY):
        fields = {mapping.field for mapping in spec.fields}
        keys = [str(FIRST_ID + n) for n in range(5)]
        assert ledger(bench, spec) == [(key, "acknowledged", fields, 1) for key in keys]
        hashes = {row["request_hash"] for row in changes(bench.state, spec.name)}
        assert len(hashes) == 1
    held = bench.companies()[str(FIRST_ID + 1)]
    assert (held["revops_account_id"], held["revops_open_pipeline"]) == ("acc-1", "1000.5")
    again = run(bench, SCORES, MONEY)
    assert all(one.plan.changes == () for one in again.values())
    assert bench.calls(UPDATE) == 1


def test_a_row_that_is_refused_for_one_sync_is_delivered_for_the_other(bench: Bench) -> None:
    bench.wish([wished(n) for n in range(3)])
    bench.judge()
    refusing = {"field": "revops_open_pipeline", "value": "1000.5"}
    with pytest.MonkeyPatch.context() as patched:
        _refuse(patched, **refusing)
        told = run(bench, SCORES, MONEY)
    assert told["scores"].delivery.outcomes == {"acknowledged": 3}
    assert told["scores"].exit_code == 0
    assert told["money"].delivery.outcomes == {"acknowledged": 2, "rejected": 1}
    assert [one["key"] for one in told["money"].delivery.rejected] == [str(FIRST_ID + 1)]
    assert bench.companies()[str(FIRST_ID + 1)]["revops_account_id"] == "acc-1"
    assert bench.companies()[str(FIRST_ID + 1)]["revops_open_pipeline"] is None
    assert sorted(attempts for *_, attempts in ledger(bench, SCORES)) == [1, 1, 2]
    plans = run(bench, SCORES, MONEY)
    assert [one.reason for one in plans["money"].plan.withheld] == ["rejected"]
    assert plans["scores"].plan.withheld == ()


def _refuse(patched: pytest.MonkeyPatch, field: str, value: str) -> None:
    """Let HubSpot refuse every row in which a field has this value."""
    write = HubSpotObjects.write

    def writing(self: HubSpotObjects, operation: Any, rows: Any) -> list[RowOutcome]:
        bad = [row for row in rows if str(row.fields.get(field)) == value]
        good = [row for row in rows if row not in bad]
        told = write(self, operation, good) if good else []
        return told + [RowOutcome(row.trace, "rejected", reason="no") for row in bad]

    patched.setattr(HubSpotObjects, "write", writing)


def test_each_sync_keeps_its_guards_and_its_gate(bench: Bench) -> None:
    bench.wish([wished(n) for n in range(3)])
    bench.judge(quarantined={"acc-1": ["rule"]})
    guarded = SCORES.model_copy(update={"guards": Guards(max_changed=Limit(count=0))})
    told = run(bench, guarded, MONEY)
    assert (told["scores"].exit_code, told["money"].exit_code) == (3, 0)
    assert told["scores"].delivery.outcomes == {}
    assert told["money"].delivery.outcomes == {"acknowledged": 2}
    assert bench.companies()[str(FIRST_ID)]["revops_account_id"] is None
    assert bench.calls(READ) == 2


def test_a_sync_that_cannot_begin_does_not_stop_the_other(bench: Bench) -> None:
    bench.wish([wished(n) for n in range(3)])
    bench.judge()
    unknown = SCORES.fields[0].model_copy(update={"field": "nowhere"})
    broken = SCORES.model_copy(update={"fields": (unknown,)})
    assert run(bench, broken, MONEY)["money"].delivery.outcomes == {"acknowledged": 3}


@pytest.mark.parametrize(
    ("changed", "is_together"),
    [
        ({}, True),
        ({"object": "contacts"}, False),
        ({"fields": SPEC.fields[2:5]}, False),
        ({"mode": "mirror"}, False),
        ({"guards": Guards(canary=3)}, False),
        ({"guards": Guards(max_rejected_share=0.5)}, False),
        ({"mode": "clear_fields"}, True),
        ({"destination": "zendesk", "object": "organizations"}, False),
    ],
)
def test_only_what_writes_other_fields_to_the_same_records_is_joined(
    changed: dict[str, Any], is_together: bool
) -> None:
    other = MONEY.model_copy(update=changed)
    third = MONEY.model_copy(update={"name": "third", "fields": SPEC.fields[5:]})
    found = [[one.name for one in group] for group in groups([SCORES, other, third])]
    assert (["scores", "money", "third"] in found) == is_together
    assert ["scores", *(["money"] if is_together else []), "third"] in found


def test_two_syncs_that_write_one_field_are_refused_with_file_and_line(tmp_path: Path) -> None:
    for name in ("one", "two"):
        said = SAID | {"name": name, "fields": [{"field": "own_" + name, "column": "a"}]}
        said["fields"].append({"field": "shared", "column": "b"})
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(said, sort_keys=False), "utf-8")
    with pytest.raises(Misconfigured, match=r"two\.yaml:16: fields\.1\.field: one writes shared"):
        syncs(tmp_path)
    (tmp_path / "two.yaml").write_text(
        (tmp_path / "two.yaml").read_text("utf-8").replace("object: companies", "object: deals"),
        "utf-8",
    )
    assert [*syncs(tmp_path)] == ["one", "two"]


# -- killed and lied to --------------------------------------------------------------------


EACH = [
    pytest.param(pair, marks=() if pair in {"update", "upsert"} else pytest.mark.slow)
    for pair in PAIRS
]


@pytest.mark.parametrize("pair", EACH)
def test_whatever_happens_the_tool_holds_what_both_planned(pair: str) -> None:
    tally = schedules(pair, range(6))
    assert tally.violations == []
    assert tally.killed_at.total() > 3
    assert tally.faults.total() > 6


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS)
def test_no_step_of_both_is_a_bad_moment_to_die(pair: str) -> None:
    tally = sweep_together(pair)
    assert tally.violations == []
    assert tally.schedules > 20
    tally = schedules(pair, range(200))
    assert tally.violations == []


class ForgetsTheOther(JointLedger):
    """Wrong: what is refused for one sync counts as delivered for the other."""

    def settle(self, sync: str, settlements: Sequence[Settlement], at: datetime) -> None:  # noqa: ARG002
        by_sync: dict[str, list[Settlement]] = defaultdict(list)
        for one in settlements:
            first, *rest = self._parts[one.entry.entry_id]
            by_sync[first.sync].append(Settlement(first.entry, one.outcome, error=one.error))
            for part in rest:
                by_sync[part.sync].append(Settlement(part.entry, "acknowledged"))
        for name, own in by_sync.items():
            self._each.settle(name, own, at)
            self._told[name].count(own)


def test_a_wrong_joint_ledger_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "JointLedger", ForgetsTheOther)
    said = {said.partition(":")[0] for _, said in schedules("update", range(6)).violations}
    assert "lost" in said


def test_both_together_take_as_many_requests_as_one_alone() -> None:
    wishes = dict.fromkeys(range(12), 1)
    written, world = calls_of("update", 12, wishes)
    # Four rows a request, twelve records, of which both syncs have something.
    assert (written, world.violations) == (3, [])
