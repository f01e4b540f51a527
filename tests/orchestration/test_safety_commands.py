"""Guards, approvals and the read plan, as a person meets them: through the command."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from reverse_etl import spec as specs
from tests.orchestration.command import revops
from tests.reverse_etl.bench import FIRST_ID, SPEC, Bench, wished

SYNC = SPEC.name
KEY = str(FIRST_ID)


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sync's document in a folder of its own, so that a test can say more in it."""
    folder = tmp_path / "syncs"
    shutil.copytree(specs.SYNCS, folder)
    monkeypatch.setattr(specs.syncs, "__defaults__", (folder,))
    return folder / f"{SYNC}.yaml"


def say(document: Path, **more: Any) -> None:
    said = yaml.safe_load(document.read_text(encoding="utf-8"))
    document.write_text(yaml.safe_dump(said | more), encoding="utf-8")


@pytest.fixture
def ready(bench: Bench, document: Path) -> Bench:
    bench.wish([wished(n) for n in range(5)])
    bench.judge()
    return bench


def test_a_guard_that_trips_ends_with_3_and_tells_the_way_on(ready: Bench, document: Path) -> None:
    say(document, guards={"max_changed": {"count": 2}})
    for command in ("plan", "sync"):
        said = revops(command, SYNC)
        assert said.code == 3
        assert "5 records would be changed, 2 may be" in said.out
        assert "--allow max_changed" in said.out
    assert ready.calls() == 0
    assert revops("sync", SYNC, "--allow", "max_changed").code == 0
    assert ready.calls() == 1


def test_an_approved_plan_passes_its_guards(ready: Bench, document: Path, tmp_path: Path) -> None:
    say(document, guards={"max_changed": {"count": 2}})
    file = str(tmp_path / "plan.json")
    assert revops("plan", SYNC, "--out", file).code == 3
    assert revops("approve", file, "--by", "Mia Kern").code == 0
    assert "approved by Mia Kern" in revops("plan", SYNC).out
    assert revops("sync", SYNC).code == 0
    assert ready.calls() == 1


def test_a_sync_that_needs_an_approval_sends_nothing_without_one(
    ready: Bench, document: Path, tmp_path: Path
) -> None:
    say(document, approval="required")
    file = str(tmp_path / "plan.json")
    refused = revops("sync", SYNC, "--json")
    assert refused.code == 3
    assert "nobody has approved" in refused.out
    assert "needs an approval" in revops("plan", SYNC, "--read", "--out", file).out
    assert revops("approve", file, "--by", "Mia Kern").code == 0
    assert ready.calls() == 0
    assert revops("sync", SYNC, "--plan", file).code == 0
    # With nothing to send, nobody has to approve anything.
    assert revops("sync", SYNC).code == 0


def test_an_approval_ends_when_the_plan_moves(ready: Bench, document: Path, tmp_path: Path) -> None:
    say(document, approval="required")
    file = str(tmp_path / "plan.json")
    revops("plan", SYNC, "--read", "--out", file)
    revops("approve", file, "--by", "Mia Kern")
    ready.wish([wished(n, account_score=90) for n in range(5)])
    assert revops("sync", SYNC).code == 3
    ready.wish([wished(n) for n in range(5)])
    with ready.client() as client:
        changed = {"id": KEY, "properties": {"revops_account_score": "7"}}
        client.post("/crm/v3/objects/companies/batch/update", {"inputs": [changed]})
    calls = ready.calls()
    assert revops("sync", SYNC).code == 3
    assert ready.calls() == calls


def test_a_file_whose_changes_are_not_those_of_its_digest_is_refused(
    ready: Bench,
    tmp_path: Path,
) -> None:
    file = tmp_path / "plan.json"
    revops("plan", SYNC, "--out", str(file))
    plan = json.loads(file.read_text(encoding="utf-8"))
    plan["changes"].pop()
    file.write_text(json.dumps(plan), encoding="utf-8")
    for command in (("approve", str(file), "--by", "Mia"), ("sync", SYNC, "--plan", str(file))):
        said = revops(*command)
        assert said.code == 2
        assert "was changed after it was written" in said.err


def test_what_the_gate_holds_cannot_be_approved(ready: Bench, tmp_path: Path) -> None:
    ready.judge("hold")
    file = str(tmp_path / "plan.json")
    assert revops("plan", SYNC, "--out", file).code == 3
    assert revops("approve", file, "--by", "Mia Kern").code == 3
    assert revops("sync", SYNC).code == 3
    assert ready.calls() == 0


def test_an_approval_needs_a_name(ready: Bench, tmp_path: Path) -> None:
    file = str(tmp_path / "plan.json")
    revops("plan", SYNC, "--out", file)
    assert revops("approve", file, "--by", " ").code == 2


def test_a_read_plan_shows_conflicts_and_cost_and_sends_nothing(
    ready: Bench, tmp_path: Path
) -> None:
    revops("sync", SYNC)
    with ready.client() as client:
        changed = {"id": KEY, "properties": {"revops_account_id": "7|<b>"}}
        client.post("/crm/v3/objects/companies/batch/update", {"inputs": [changed]})
    ready.wish([wished(n, account_id=f"new-{n}") for n in range(5)])
    calls = ready.calls()
    file = tmp_path / "plan.md"
    said = revops("plan", SYNC, "--read", "--markdown", str(file), "--json")
    assert said.code == 0
    assert ready.calls() == calls
    plan = said.document
    assert plan["preview"] == "read"
    cost = plan["cost"]
    assert (cost["reads"], cost["writes"], cost["calls"]) == (2, 1, 3)
    assert (cost["records"], cost["fields"], cost["accounts"]) == (5, 5, 5)
    assert cost["daily_left"] > 0
    text = file.read_text(encoding="utf-8")
    assert "### Conflicts" in text
    assert "is overwritten (warehouse_wins)" in text
    assert r"7\|&lt;b>" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.replace(r"\|", "").count("|") in {6, 7} for line in rows), rows
