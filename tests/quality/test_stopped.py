"""A planted fault stops the rows or the syncs of the gate that sees it, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quality.columns import declared_columns
from quality.gate import run_gate
from quality.held import held_streams
from quality.order import gates_in_order
from quality.spec import rulesets
from reverse_etl.plan import Plan
from reverse_etl.spec import SyncSpec, syncs
from reverse_etl.sync import make_plan
from tests.quality import plain
from tests.quality.judged import NOW
from tests.quality.test_shipped_rules import EVERYWHERE, FEWER, IN_ONE_ROW, ROWS, Row, fill, rows_of
from warehouse.clock import FixedClock
from warehouse.connection import Warehouse
from warehouse.state import StateStore

SYNCS = syncs()
SHIPPED = rulesets()
# Every gate and every plan over and over: a minute.
pytestmark = pytest.mark.slow

LANDED = sorted(name for name, one in SHIPPED.items() if one.stage == "landing")
# What is planted in a model that is sent itself would be a fault of the wish, too.
GATES = sorted(
    {
        one.gate.ruleset
        for one in SYNCS.values()
        if SHIPPED[one.gate.ruleset].schema_name != "activation"
    }
)
_VALUES = {"varchar": "x", "boolean": True, "date": "2026-01-01"}


class Judged:
    """Every table that a shipped gate judges, sound, and what every shipped sync reads."""

    def __init__(self, warehouse: Warehouse, state: StateStore) -> None:
        self.warehouse, self.state = warehouse, state
        for ruleset in SHIPPED.values():
            fill(warehouse, ruleset, rows_of(ruleset))
            self.built(ruleset.model)
        for spec in SYNCS.values():
            self.wish(spec)
        for ruleset in gates_in_order():
            self.judge(ruleset.ruleset)

    def built(self, model: str) -> None:
        with self.warehouse.open("test") as session:
            session.execute(
                "create schema if not exists ops;"
                "create table if not exists ops.model_builds (model varchar primary key,"
                " invocation_id varchar not null, built_at timestamptz not null)"
            )
            session.execute(
                "insert or replace into ops.model_builds values ($model, 'build', $at)",
                {"model": model, "at": NOW},
            )

    def wish(self, spec: SyncSpec) -> None:
        """Three rows, of the first three that the gate judges."""
        table = SHIPPED[spec.gate.ruleset].model_copy(
            update={"schema_name": "activation", "model": spec.model}
        )
        types = declared_columns("activation", spec.model)
        every = {name: _VALUES.get(kind or "", 1) for name, kind in types.items()}
        every |= {name: str(NOW) for name, kind in types.items() if "timestamp" in (kind or "")}
        rows = [
            every | dict.fromkeys(spec.identify_by.names, f"{n}") | {spec.gate.key: f"key-{n}"}
            for n in range(3)
        ]
        fill(self.warehouse, table, rows)
        self.built(spec.model)

    def judge(self, name: str) -> None:
        ruleset = SHIPPED[name]
        run_gate(
            *(ruleset, self.warehouse, self.state, FixedClock(NOW)),
            run_id="run",
            gather=plain.gather,
        )

    def plans(self) -> dict[str, Plan]:
        return {name: make_plan(spec, self.warehouse, self.state) for name, spec in SYNCS.items()}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    folder: Path = tmp_path_factory.mktemp("stopped")
    state = StateStore(f"sqlite:///{folder / 'state.sqlite'}")
    yield Judged(Warehouse(folder / "warehouse.duckdb"), state)
    state.close()


def planted(judged: Judged, name: str, rows: list[Row]) -> None:
    fill(judged.warehouse, SHIPPED[name], rows)
    judged.judge(name)


def test_sound_data_stops_nothing(judged: Judged) -> None:
    assert held_streams(judged.warehouse, judged.state, SHIPPED) == []
    for name, plan in judged.plans().items():
        assert (plan.hold_reasons, plan.withheld, len(plan.changes)) == ((), (), 3), name


@pytest.mark.parametrize("name", LANDED)
def test_a_fault_that_a_tool_tells_holds_its_stream_and_no_other(judged: Judged, name: str) -> None:
    ruleset = SHIPPED[name]
    for rule in ruleset.rules:
        about = name, rule.name
        fault = {} if about in FEWER else EVERYWHERE.get(about) or IN_ONE_ROW[about]
        planted(judged, name, rows_of(ruleset, FEWER.get(about, ROWS), planted=fault))
        found = held_streams(judged.warehouse, judged.state, SHIPPED)
        if rule.severity != "hold":
            assert found == [], rule.name
            continue
        (held,) = found
        assert held.selection == f"source:{held.vendor}.{ruleset.model}+"
        assert (f"raw_{held.vendor}", held.ruleset) == (ruleset.schema_name, name)
        assert not any(plan.hold_reasons for plan in judged.plans().values())
    planted(judged, name, rows_of(ruleset))


@pytest.mark.parametrize("gate", GATES)
def test_a_fault_stops_the_rows_or_the_syncs_of_its_gate_and_no_other(
    judged: Judged, gate: str
) -> None:
    ruleset = SHIPPED[gate]
    for severity in ("quarantine", "hold"):
        rules = [
            rule.name
            for rule in ruleset.rules
            if rule.severity == severity and (gate, rule.name) in IN_ONE_ROW
        ]
        rows = rows_of(ruleset)
        for number, rule in enumerate(rules):
            # A row that holds breaks one rule; rows are withheld by all that they break.
            rows[1 if severity == "quarantine" else 1 + number] |= IN_ONE_ROW[gate, rule]
        if not rules:
            continue
        planted(judged, gate, rows)
        for name, plan in judged.plans().items():
            about = (gate, severity, name)
            if SYNCS[name].gate.ruleset != gate:
                assert (plan.hold_reasons, plan.withheld) == ((), ()), about
                assert len(plan.changes) == 3, about
            elif severity == "hold":
                for rule in rules:
                    assert any(text.startswith(rule) for text in plan.hold_reasons), (about, rule)
                assert {one.reason for one in plan.withheld} == {"held"}, about
                assert plan.changes == (), about
            else:
                assert plan.hold_reasons == (), about
                (withheld,) = plan.withheld
                is_key = SYNCS[name].gate.key in SYNCS[name].identify_by.names
                keys = [f"key-{n}" if is_key else f"{n}" for n in range(3)]
                assert (withheld.key, withheld.reason) == (keys[1], "quarantined"), about
                for rule in rules:
                    assert rule in " ".join(withheld.details), (about, rule)
                assert [one.key for one in plan.changes] == [keys[0], keys[2]], about
    planted(judged, gate, rows_of(ruleset))
