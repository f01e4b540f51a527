"""What people do about deliveries afterwards: free parked rows, take a run back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from orchestration.app import App
from orchestration.recording import recorded
from reverse_etl.approvals import approval_of, check_approved
from reverse_etl.destinations.registry import account_of, destination_for
from reverse_etl.engine import Delivery, Engine, check_fields
from reverse_etl.guards import GUARDS, check_allowed
from reverse_etl.mirror import mirror_to_ops
from reverse_etl.revert import RevertPlan, entries_of, plan_revert
from reverse_etl.spec import SyncSpec, sync
from reverse_etl.sync import SyncResult
from warehouse.approvals import Approval
from warehouse.clock import new_run_id
from warehouse.deliveries import Deliveries
from warehouse.lease import Lease
from warehouse.ledger import Ledger


@dataclass(frozen=True)
class Reverting:
    """A revert of one sync; `result` is None where it was only planned."""

    planned: RevertPlan
    run_id: str | None = None
    result: SyncResult | None = None
    approved_by: str | None = None

    @property
    def exit_code(self) -> int:
        if self.result is not None:
            return self.result.exit_code
        return 3 if self.planned.plan.is_held else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "planned": self.planned.as_json() | {"approved_by": self.approved_by},
            "run_id": self.run_id,
            "result": self.result.as_json() if self.result else None,
        }


def free_parked(app: App, spec: SyncSpec) -> int:
    """Let every parked row of a sync be sent again; how many those are."""
    deliveries = Deliveries(app.state)
    freed = deliveries.free(spec.name)
    mirror_to_ops(spec.name, app.warehouse, deliveries)
    return freed


def syncs_of_run(app: App, run_id: str) -> list[SyncSpec]:
    """The syncs that changed anything in a run.

    Raises:
        Misconfigured: there is no such run, or a sync of it is gone.
    """
    return [sync(name) for name in entries_of(Ledger(app.state), run_id)]


def plan_to_revert(
    app: App, spec: SyncSpec, run_id: str, *, created: bool, allowed: Collection[str] = ()
) -> Reverting:
    """What would take a run back; asks the tool what it holds now and sends nothing.

    Raises:
        Misconfigured: the sync writes to another object by now, or `allowed` names no guard.
        Unavailable: the tool does not answer.
    """
    check_allowed(allowed)
    ledger = Ledger(app.state)
    with app.open_tool(account_of(spec.destination)) as tool:
        entries = entries_of(ledger, run_id)[spec.name]
        planned = plan_revert(
            spec,
            run_id,
            entries,
            ledger,
            destination_for(spec, tool),
            created=created,
            allowed=allowed,
        )
    return Reverting(planned, approved_by=_approver(approval_of(app.state, planned.plan)))


def revert(
    app: App, spec: SyncSpec, run_id: str, *, created: bool, allowed: Collection[str] = ()
) -> Reverting:
    """Take a run back, as a run of its own; guards and approval are those of the sync.

    Raises:
        Held: the sync needs an approval, and nobody has approved this plan.
        RevopsError: it could not begin; what it did once begun is in the result.
    """
    check_allowed(allowed)
    # As every run of a sync: one at a time.
    alone = Lease(
        app.settings.home / f"sync_{spec.name}", wait_seconds=app.settings.warehouse.wait_seconds
    )
    with alone.held(f"reverting {spec.name}"):
        return _revert_alone(app, spec, run_id, created=created, allowed=allowed)


def _revert_alone(
    app: App, spec: SyncSpec, run_id: str, *, created: bool, allowed: Collection[str]
) -> Reverting:
    own = f"{new_run_id()}/revert-{spec.name}"
    ledger, deliveries = Ledger(app.state), Deliveries(app.state)
    with recorded(app, "revert", spec.name, own) as recording:
        with recording.tool(app, spec) as tool:
            destination = destination_for(spec, tool)
            engine = Engine(spec.name, destination, deliveries, app.clock)
            recovery = engine.recover()
            entries = entries_of(ledger, run_id)[spec.name]
            planned = plan_revert(
                spec, run_id, entries, ledger, destination, created=created, allowed=allowed
            )
            fields = sorted({field for one in planned.plan.changes for field in one.after})
            if fields:
                check_fields(spec.name, destination, fields)
            approval = approval_of(app.state, planned.plan)
            if approval is not None:
                plan = planned.plan.guarded(spec.guards, GUARDS)
                planned = replace(planned, plan=plan)
            check_approved(spec, planned.plan, approval)
            delivery = Delivery()
            if not planned.plan.is_held:
                delivery = engine.apply(planned.plan, own, guards=spec.guards)
            mirror_to_ops(spec.name, app.warehouse, deliveries)
        result = SyncResult(planned.plan, delivery, recovery)
        recording.report, recording.exit_code = result.as_json(), result.exit_code
    return Reverting(planned, own, result, _approver(approval))


def _approver(approval: Approval | None) -> str | None:
    return None if approval is None else approval.approved_by
