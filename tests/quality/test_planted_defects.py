"""A fault in a tool's own data, read and built as every day, stops what it should and says so."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from quality.spec import rulesets
from reverse_etl.spec import SyncSpec, syncs
from tests.emulated import Vendors, invent_company, serving
from tests.orchestration.command import Said, revops
from tests.orchestration.conftest import environment
from tests.quality.planted import Fault, plant, spoil_streams
from warehouse.connection import Warehouse
from warehouse.state import StateStore
from warehouse.verdicts import StoredVerdict, latest_verdict

# A company's whole day of every tool, a second reading, and a part of a second build: minutes.
pytestmark = pytest.mark.slow

SYNCS = syncs()
GATES = rulesets()
LANDED = {name for name, one in GATES.items() if one.stage == "landing"}
# Of these, what is built is little: most other models are built anew beside them.
FEW = {
    "landed_google_ads_campaign_stats",
    "landed_intercom_conversations",
    "landed_files_targets",
}
MAPS = {"account": "account_map", "person": "person_map", "opportunity": "opportunity_map"}


@dataclass
class Spoiled:
    """A company whose tools hold faults, and what every command said of it."""

    home: Path
    vendors: Vendors
    settings: dict[str, str]
    faults: list[Fault]
    said: dict[str, Said] = field(default_factory=dict)
    builds: dict[str, dict[str, str]] = field(default_factory=dict)

    def do(self, name: str, *arguments: str) -> Said:
        # No line is broken, so that each can be looked for.
        with environment(self.settings | {"COLUMNS": "400"}, self.home.parent):
            self.said[name] = revops(*arguments)
        return self.said[name]

    def rows(self, query: str) -> list[dict[str, Any]]:
        with Warehouse(self.home / "warehouse.duckdb").open("test") as session:
            return session.rows(query)

    def verdict(self, gate: str) -> StoredVerdict:
        state = StateStore(f"sqlite:///{self.home / 'state.sqlite'}")
        found = latest_verdict(state, gate)
        state.close()
        assert found is not None, gate
        return found

    def note_builds(self, name: str) -> None:
        """Which build made each model, as it is now."""
        found = self.rows("select model, invocation_id from ops.model_builds")
        self.builds[name] = {one["model"]: one["invocation_id"] for one in found}

    def expected(self) -> dict[tuple[str, str], set[str]]:
        """By gate and rule, the keys of what the planted records became."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in self.faults:
            rows = self.rows(
                f"select {one.kind}_id as key from identity.{MAPS[one.kind]}"
                f" where source = '{one.source}' and source_record_id = '{one.record}'"
            )
            assert len(rows) == 1, one
            found[one.gate, one.rule].add(rows[0]["key"])
        return dict(found)


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spoiled]:
    """Faults that withhold rows, through a whole run; then streams that come without a field."""
    folder = tmp_path_factory.mktemp("planted")
    home = folder / "home"
    with serving(invent_company(folder / "company")) as vendors:
        settings = vendors.settings() | {
            "REVOPS_HOME": str(home),
            "REVOPS_HTTP__BACKOFF_SECONDS": "0.01",
            "REVOPS_WAREHOUSE__PATH": str(home / "warehouse.duckdb"),
        }
        made = Spoiled(home, vendors, settings, plant(vendors))
        made.do("run", "run")
        made.do("worklist", "quality", "worklist", "--rows", "1000")
        made.do("report", "quality", "report")
        for name in SYNCS:
            made.do(f"plan {name}", "plan", name)
            made.do(f"plan {name} --json", "plan", name, "--json")
        made.note_builds("before")
        yield made


@pytest.fixture(scope="module")
def held(spoiled: Spoiled) -> Spoiled:
    """Three streams spoiled, read again, judged, and built without them."""
    spoil_streams(spoiled.vendors, FEW)
    for vendor in ("google_ads", "intercom", "files"):
        spoiled.do(f"extract {vendor}", "extract", vendor, "--full-refresh")
    spoiled.do("gate few", "gate", "--stage", "landing")
    spoiled.do("build", "build")
    spoiled.note_builds("after")
    spoiled.do("gate above", "gate")
    for name in SYNCS:
        spoiled.do(f"held plan {name}", "plan", name, "--json")
    return spoiled


def withheld_by(spoiled: Spoiled, gate: str) -> set[str]:
    """What a gate must withhold: what its own rules see, and what the gates below it withhold."""
    return {
        key
        for (name, _), keys in spoiled.expected().items()
        if name in {gate, *GATES[gate].after}
        for key in keys
    }


def shown(said: Said) -> str:
    return " ".join(said.out.split())


def test_every_rule_withholds_exactly_what_was_planted_for_it(spoiled: Spoiled) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for gate, ruleset in GATES.items():
        verdict = spoiled.verdict(gate)
        assert verdict.decision != "hold", (gate, verdict.evidence)
        own = {rule.name for rule in ruleset.rules if rule.severity == "quarantine"}
        for one in verdict.evidence:
            if one["rule"] in own and one["status"] != "passed":
                found[gate, one["rule"]] = set(one["keys"])
    assert found == spoiled.expected()


def test_every_tool_that_says_who_somebody_is_was_spoiled(spoiled: Spoiled) -> None:
    assert {one.source for one in spoiled.faults} == {
        "hubspot", "salesforce", "marketo", "zendesk", "intercom", "stripe", "database",
    }  # fmt: skip


@pytest.mark.parametrize("gate", sorted(name for name, one in GATES.items() if one.after))
def test_a_gate_withholds_what_those_below_it_withhold_and_nothing_else(
    spoiled: Spoiled, gate: str
) -> None:
    # A planted record that nothing is sent of has no row here.
    ruleset = GATES[gate]
    rows = spoiled.rows(f"select {ruleset.key} as key from {ruleset.table}")
    there = {one["key"] for one in rows}
    assert set(spoiled.verdict(gate).quarantined) & there == withheld_by(spoiled, gate) & there


@pytest.mark.parametrize("name", sorted(SYNCS))
def test_a_sync_sends_everything_but_those_rows(spoiled: Spoiled, name: str) -> None:
    spec, plan = SYNCS[name], spoiled.said[f"plan {name} --json"].document
    assert plan["hold_reasons"] == []
    stopped = withheld_by(spoiled, spec.gate.ruleset)
    keys = ", ".join(f"{one}::varchar" for one in spec.identify_by.names)
    rows = spoiled.rows(
        f"select concat_ws('|', {keys}) as key, {spec.gate.key} as judged"
        f" from activation.{spec.model}"
    )
    expected = {one["key"] for one in rows if one["judged"] in stopped}
    found = {one["key"] for one in plan["withheld"] if one["reason"] == "quarantined"}
    assert found == expected
    # Everything else went: it is as it was last sent, or is withheld for a reason of its own.
    assert plan["changes"] == []
    assert plan["counts"]["unchanged"] + len(plan["withheld"]) == plan["counts"]["rows"]


def test_the_faults_reach_tools_of_every_kind(spoiled: Spoiled) -> None:
    touched = {
        name
        for name in SYNCS
        if any(
            one["reason"] == "quarantined"
            for one in spoiled.said[f"plan {name} --json"].document["withheld"]
        )
    }
    assert {"hubspot_companies", "hubspot_contacts", "marketo_leads", "salesforce_accounts"} <= (
        touched
    )
    assert touched & {"intercom_companies", "zendesk_organizations"}


def test_the_run_says_rule_keys_and_the_next_command(spoiled: Spoiled) -> None:
    said = shown(spoiled.said["run"])
    for (gate, rule), keys in spoiled.expected().items():
        because = next(one.because for one in GATES[gate].rules if one.name == rule)
        rows = "1 row" if len(keys) == 1 else f"{len(keys)} rows"
        assert f"{rule} withholds {rows}: {because}" in said, rule
        assert any(key in said for key in keys), rule
        assert f"next: `revops quality worklist {gate}`" in said
        assert f"Gate {gate}: quarantine over" in said


@pytest.mark.parametrize("name", sorted(SYNCS))
def test_a_plan_says_what_it_withholds_by_which_rule_and_what_is_next(
    spoiled: Spoiled, name: str
) -> None:
    said, plan = shown(spoiled.said[f"plan {name}"]), spoiled.said[f"plan {name} --json"].document
    withheld = [one for one in plan["withheld"] if one["reason"] == "quarantined"]
    for one in withheld:
        assert f"{one['key']} quarantined {', '.join(one['details'])}" in said
    is_said = f"next: `revops quality worklist {SYNCS[name].gate.ruleset}`" in said
    assert is_said == bool(withheld)


def test_the_worklist_says_where_each_is_to_be_mended(spoiled: Spoiled) -> None:
    said = spoiled.said["worklist"].out
    for one in spoiled.faults:
        if one.gate.startswith("canonical"):
            assert f"{one.source} " in said
            assert one.record in said, one
    assert "probably meant: planted.zendesk@planted-zendesk.example" in said
    assert "an_address_has_the_form_of_one" in spoiled.said["report"].out


def descendants(spoiled: Spoiled, gates: set[str]) -> set[str]:
    """The models that are built of the streams of these gates, as dbt knows."""
    manifest = json.loads((spoiled.home / "dbt" / "manifest.json").read_text("utf-8"))
    ahead = [f"source.revops.{GATES[one].vendor}.{GATES[one].model}" for one in gates]
    found: set[str] = set()
    while ahead:
        for child in manifest["child_map"].get(ahead.pop(), ()):
            if child not in found and child.split(".")[0] in {"model", "snapshot", "seed"}:
                found.add(child)
                ahead.append(child)
    return {one.split(".")[-1] for one in found}


def test_spoiled_streams_hold_and_no_others(held: Spoiled) -> None:
    said = shown(held.said["gate few"])
    assert held.said["gate few"].code == 3
    for gate in LANDED:
        assert (f"Gate {gate}: hold over" in said) == (gate in FEW), gate
    for rule in ("what_was_spent_is_a_number", "every_state_is_known"):
        assert f"{rule} holds (" in said
    assert "there_are_as_many_targets_as_before holds (it comes to 4, at least 7 is asked)" in said
    assert "what is built of it stays as it was; everything else goes on" in said


def test_what_is_built_of_a_held_stream_stays_and_everything_else_is_built(held: Spoiled) -> None:
    assert held.said["build"].code == 0
    for gate in FEW:
        selection = f"source:{GATES[gate].vendor}.{GATES[gate].model}+"
        assert selection in held.said["build"].out
    before, after = held.builds["before"], held.builds["after"]
    stayed = {model for model in before if after[model] == before[model]}
    assert stayed == descendants(held, FEW) & before.keys()
    assert len(before.keys() - stayed) > 100


def test_a_sync_of_what_stayed_sends_nothing_and_the_others_go(held: Spoiled) -> None:
    stayed = descendants(held, FEW)
    for name, spec in SYNCS.items():
        plan = held.said[f"held plan {name}"].document
        if spec.gate.ruleset == "data_quality_messages":
            # It tells the owners what the gates have found: new is what the held streams hold.
            tables = {f"raw_{GATES[one].vendor}.{GATES[one].model}" for one in FEW}
            told = {one["key"].split(":")[0] for one in plan["changes"]}
            assert told
            assert told <= tables
        elif spec.model in stayed:
            assert plan["changes"] == [], name
        elif not reads(spec, stayed):
            assert plan["hold_reasons"] == [], name


def reads(spec: SyncSpec, models: set[str]) -> bool:
    """Whether the gate of a sync judges one of these models."""
    return GATES[spec.gate.ruleset].model in models


def test_every_other_stream_can_be_held_too_each_by_its_own_tool(held: Spoiled) -> None:
    # Of these a company as small as this has too few records for a share to say anything.
    few = {"landed_hubspot_companies", "landed_salesforce_accounts", "landed_salesforce_leads"}
    few |= {"landed_zendesk_organizations", "landed_intercom_contacts"}
    streams = LANDED - FEW - few
    spoil_streams(held.vendors, streams)
    held.do("extract all", "extract", "--full-refresh")
    held.do("gate all", "gate", "--stage", "landing")
    said = shown(held.said["gate all"])
    for gate in LANDED:
        assert (f"Gate {gate}: hold over" in said) == (gate in streams | FEW), gate
