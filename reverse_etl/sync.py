"""Plans and applies a sync: what the command, the schedule and the demo all call."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any

from connectors.core.source import Tool
from quality.gate import build_of, is_built_since
from quality.spec import ruleset
from reverse_etl.approvals import approval_of, check_approved
from reverse_etl.clearance import suppressed, without_erased, without_members, without_suppressed
from reverse_etl.conflicts import goes_unseen, previewed
from reverse_etl.destinations.base import Destination
from reverse_etl.destinations.registry import destination_for
from reverse_etl.diff import difference_from_memory
from reverse_etl.engine import Delivery, Engine, Progress, check_fields
from reverse_etl.fitting import fitting
from reverse_etl.guards import GUARDS, check_allowed
from reverse_etl.holdout import enrol
from reverse_etl.lookup import Asked, resolved, unresolved_keys
from reverse_etl.mapping import key_of
from reverse_etl.mirror import mirror_to_ops
from reverse_etl.parents import asked_parents
from reverse_etl.parking import settled
from reverse_etl.plan import Plan, decide_plan
from reverse_etl.recovery import Recovery
from reverse_etl.spec import SyncSpec
from warehouse.clock import Clock
from warehouse.connection import Warehouse, quoted
from warehouse.deliveries import Deliveries
from warehouse.errors import Held
from warehouse.state import StateStore
from warehouse.telemetry import span
from warehouse.verdicts import latest_verdict


@dataclass(frozen=True)
class SyncResult:
    plan: Plan
    delivery: Delivery = field(default_factory=Delivery)
    recovery: Recovery = field(default_factory=Recovery)

    @property
    def exit_code(self) -> int:
        """2 not allowed to write, 3 held, 4 some rows rejected, 5 the tool stopped answering."""
        if self.plan.is_held:
            return 3
        if self.delivery.exit_code:
            return self.delivery.exit_code
        if self.delivery.outcomes["unknown"]:
            return 5
        return 4 if self.delivery.rejected else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "plan": self.plan.as_json(),
            "delivery": self.delivery.as_json(),
            "recovery": asdict(self.recovery),
            "exit_code": self.exit_code,
        }


def make_plan(
    spec: SyncSpec,
    warehouse: Warehouse,
    state: StateStore,
    *,
    allowed: Collection[str] = (),
    asked: Asked = MappingProxyType({}),
) -> Plan:
    """What the sync would change now; reads the warehouse and the state store, asks no tool.

    `asked` are parents that the tool was asked for before.
    """
    deliveries = Deliveries(state)
    verdict = latest_verdict(state, spec.gate.ruleset)
    rules = ruleset(spec.gate.ruleset)
    with warehouse.open(f"plan {spec.name}") as session:
        people = suppressed(session, spec)
        known = resolved(session, spec, state, asked=asked)
        known, left_out = without_members(session, known, people)
        found = difference_from_memory(session, known, state)
        parents = unresolved_keys(session, spec)
        current_build = build_of(session, rules.model)
        is_prepared = is_built_since(session, spec.model, rules.model)
    plan = decide_plan(
        spec,
        replace(found, rows=found.rows + len(left_out)),
        verdict,
        current_build=current_build,
        is_prepared=is_prepared,
        current_rules=rules.rules_hash,
        settled=settled(deliveries, spec.name),
        sent=found.sent,
        allowed=allowed,
        parents=parents,
    )
    erased = warehouse.erased() if warehouse.erased else None
    plan = without_suppressed(plan.left_with(plan.changes, left_out), people)
    if erased:
        plan = without_erased(plan, erased)
    return plan.guarded(spec.guards, allowed)


def preview_plan(
    spec: SyncSpec,
    tool: Tool,
    warehouse: Warehouse,
    state: StateStore,
    *,
    allowed: Collection[str] = (),
) -> Plan:
    """What the sync would change now, held against what the tool has; sends nothing.

    Raises:
        Misconfigured: the tool has no such field, or cannot be read where it must be.
        Unavailable: the tool does not answer.
    """
    check_allowed(allowed)
    destination = destination_for(spec, tool)
    asked = asked_parents(spec, tool, warehouse, state)
    plan = make_plan(spec, warehouse, state, allowed=allowed, asked=asked)
    plan = _fitted(spec, plan, destination)
    return previewed(spec, plan, destination).guarded(spec.guards, allowed)


def run_sync(
    spec: SyncSpec,
    tool: Tool,
    warehouse: Warehouse,
    state: StateStore,
    clock: Clock,
    *,
    run_id: str,
    expected_digest: str | None = None,
    allowed: Collection[str] = (),
    progress: Progress = lambda _: None,
) -> SyncResult:
    """Settle what an earlier run left open, plan, look at the tool, and send what the plan says.

    `allowed` names the guards that may be exceeded this time; so may all in an approved plan.

    Raises:
        As `prepare`.
    """
    ready = prepare(
        spec,
        tool,
        warehouse,
        state,
        clock,
        expected_digest=expected_digest,
        allowed=allowed,
    )
    delivery = Delivery()
    if ready.plan.changes and not ready.plan.is_held:
        delivery = ready.engine.apply(ready.plan, run_id, progress, guards=spec.guards)
    mirror_to_ops(spec.name, warehouse, Deliveries(state))
    return SyncResult(ready.plan, delivery, ready.recovery)


@dataclass(frozen=True)
class Ready:
    """A sync that may be sent: its plan, and what an earlier run had left open."""

    spec: SyncSpec
    plan: Plan
    recovery: Recovery
    destination: Destination
    engine: Engine


def prepare(
    spec: SyncSpec,
    tool: Tool,
    warehouse: Warehouse,
    state: StateStore,
    clock: Clock,
    *,
    expected_digest: str | None = None,
    allowed: Collection[str] = (),
) -> Ready:
    """Settle what an earlier run left open, plan, and look at the tool; sends nothing new.

    Raises:
        Held: the plan is not the one that `expected_digest` names, or needs an approval.
        Misconfigured: the tool has no such field, or does not accept the credential.
        Unavailable: the tool does not answer the questions asked before sending.
    """
    check_allowed(allowed)
    destination = destination_for(spec, tool)
    engine = Engine(spec.name, destination, Deliveries(state), clock)
    recovery = engine.recover()
    asked = asked_parents(spec, tool, warehouse, state)
    with span("plan", sync=spec.name):
        plan = make_plan(spec, warehouse, state, allowed=allowed, asked=asked)
    unread = plan.digest
    plan = _fitted(spec, plan, destination)
    # Whoever reviewed or approved a plan may have seen what the tool held.
    is_reviewed = expected_digest not in {None, unread} or spec.approval or plan.tripped
    if is_reviewed or not goes_unseen(spec, plan):
        plan = previewed(spec, plan, destination)
    # A plan that was reviewed before the tool was read says what the warehouse wishes for.
    if expected_digest not in {None, unread, plan.digest}:
        raise Held(
            f"The plan of {spec.name!r} is no longer the one that was reviewed:"
            f" {expected_digest} then, {plan.digest} now",
            advice=f"run `revops plan {spec.name} --out FILE` and review it again",
        )
    approval = approval_of(state, plan, unread)
    plan = plan.guarded(spec.guards, allowed if approval is None else GUARDS)
    check_approved(spec, plan, approval)
    # Before anything is sent: whoever gets something is known to have been chosen for it.
    _enrol(spec, plan, warehouse, state, clock)
    return Ready(spec, plan, recovery, destination, engine)


def _fitted(spec: SyncSpec, plan: Plan, destination: Destination) -> Plan:
    """The plan without the rows that the tool's fields cannot hold.

    Raises:
        Misconfigured: the tool has no such field.
    """
    if not plan.changes:
        return plan
    fields = [mapping.field for mapping in spec.fields]
    check_fields(spec.name, destination, fields)
    return fitting(plan, destination.limits(fields))


def _enrol(
    spec: SyncSpec, plan: Plan, warehouse: Warehouse, state: StateStore, clock: Clock
) -> None:
    """Note who takes part in the sync's holdout; nobody does while the gate holds."""
    verdict = latest_verdict(state, spec.gate.ruleset)
    if spec.holdout is None or plan.is_held or verdict is None:
        return
    key, unit = key_of(spec.identify_by), quoted(spec.gate.key)
    units = f"select {unit}::varchar as unit_id from {spec.table} where {key} is not null"
    with warehouse.open(f"holdout {spec.name}") as session:
        # Who may not be told of takes part in nothing.
        besides = {*verdict.quarantined, *suppressed(session, spec)}
        enrol(session, spec.name, spec.holdout, units, besides=besides, clock=clock)
