"""Names the streams that a landing gate holds, so that what is built of them stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quality.gate import build_id_of
from quality.spec import RuleSet, rulesets
from warehouse.connection import Warehouse, WarehouseError
from warehouse.state import StateStore
from warehouse.verdicts import latest_verdict


@dataclass(frozen=True)
class HeldStream:
    """A stream whose newest records are not built upon, by the gate that says so."""

    vendor: str
    stream: str
    ruleset: str

    @property
    def selection(self) -> str:
        """The stream and all that is built of it, as dbt selects it."""
        return f"source:{self.vendor}.{self.stream}+"


def held_streams(
    warehouse: Warehouse, state: StateStore, known: Mapping[str, RuleSet] | None = None
) -> list[HeldStream]:
    """The streams of which the newest landed run was judged, by the rules as they are, and held."""
    landing = [
        one
        for one in (rulesets() if known is None else known).values()
        if one.stage == "landing" and _may_be_held(one, state)
    ]
    if not landing:
        return []
    with warehouse.open("held streams") as session:
        found = []
        for one in landing:
            verdict = latest_verdict(state, one.ruleset)
            try:
                newest = build_id_of(session, one)
            except WarehouseError:
                continue
            if verdict is not None and verdict.build_id == newest:
                found.append(HeldStream(str(one.vendor), one.model, one.ruleset))
    return found


def _may_be_held(ruleset: RuleSet, state: StateStore) -> bool:
    verdict = latest_verdict(state, ruleset.ruleset)
    return (
        verdict is not None
        and verdict.decision == "hold"
        and verdict.rules_hash == ruleset.rules_hash
    )
