"""Plans a sync for people: with what it costs, and with what the tool holds if it is asked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from connectors.core.pace import Allowance
from orchestration.app import App
from orchestration.steps import check_sync
from reverse_etl.cost import cost_of
from reverse_etl.destinations.registry import account_of, kind_of
from reverse_etl.guards import check_allowed
from reverse_etl.plan import Plan
from reverse_etl.spec import SyncSpec
from reverse_etl.sync import make_plan, preview_plan
from warehouse.approvals import approvals


def planned(
    app: App, spec: SyncSpec, *, read: bool = False, allowed: Collection[str] = ()
) -> tuple[Plan, dict[str, Any]]:
    """The plan of a sync, and its document; with `read`, the tool is asked what it holds.

    Raises:
        Misconfigured: the model, a column or a field does not exist, or `allowed` no guard.
        Unavailable: the tool does not answer.
    """
    check_allowed(allowed)
    check_sync(app, spec)
    if not read:
        plan = make_plan(spec, app.warehouse, app.state, allowed=allowed)
        return plan, document_of(app, spec, plan)
    with app.open_tool(account_of(spec.destination)) as tool:
        plan = preview_plan(spec, tool, app.warehouse, app.state, allowed=allowed)
        return plan, document_of(app, spec, plan, getattr(tool, "day", None))


def document_of(
    app: App, spec: SyncSpec, plan: Plan, day: Allowance | None = None
) -> dict[str, Any]:
    """A plan as JSON, with its gate, its cost and the person who approved it."""
    kind = kind_of(spec.destination)
    cost = cost_of(
        plan,
        batch_size=kind.batch_size,
        is_readable=kind.is_readable,
        budget=getattr(account_of(spec.destination), "budget", None),
        day=day,
    )
    approval = approvals(app.state, spec.name).get(plan.digest)
    approved_by = None if approval is None else approval.approved_by
    known = {"gate": spec.gate.ruleset, "cost": cost.as_json(), "approved_by": approved_by}
    return plan.as_json() | known
