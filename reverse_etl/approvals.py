"""Binds a person's yes to one plan: the file that was read, and what would be sent now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverse_etl.digest import digest_of
from reverse_etl.plan import Plan
from reverse_etl.spec import SyncSpec
from warehouse.approvals import Approval, approvals, save_approval
from warehouse.clock import Clock
from warehouse.errors import Held, Misconfigured
from warehouse.state import StateStore


@dataclass(frozen=True)
class ReviewedPlan:
    """What a plan's file says: the sync, and the digest that its changes have."""

    sync: str
    digest: str
    hold_reasons: tuple[str, ...] = ()


def read_plan_file(path: Path) -> ReviewedPlan:
    """Read a file that `revops plan --out` wrote.

    Raises:
        Misconfigured: it is no such file, or its changes are not those that its digest names.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = ReviewedPlan(
            str(document["sync"]), str(document["digest"]), tuple(document["hold_reasons"])
        )
        digest = digest_of(found.sync, document["config_hash"], _sent(document))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Misconfigured(
            f"{path} is not a plan: {type(error).__name__}: {error}",
            advice="make one with `revops plan SYNC --out FILE`",
        ) from error
    if digest != found.digest:
        raise Misconfigured(
            f"{path} was changed after it was written: its changes are not those of its digest",
            advice=f"make it again with `revops plan {found.sync} --out {path}`",
        )
    return found


def approve(state: StateStore, clock: Clock, reviewed: ReviewedPlan, by: str) -> Approval:
    """Keep a person's yes to the plan.

    Raises:
        Held: the gate holds that plan, and no person's yes replaces the gate's.
        Misconfigured: nobody is named.
    """
    if not by.strip():
        raise Misconfigured("An approval needs a name", advice="--by NAME")
    if reviewed.hold_reasons:
        raise Held(
            f"The plan of {reviewed.sync!r} cannot be approved: {'; '.join(reviewed.hold_reasons)}",
            advice="an approval lets a plan pass its guards, not the gate",
        )
    given = Approval(reviewed.sync, reviewed.digest, by.strip(), clock.now())
    save_approval(state, given)
    return given


def approval_of(state: StateStore, plan: Plan, *digests: str) -> Approval | None:
    """Who has approved this plan, under one of the digests that it has before and after reading."""
    given = approvals(state, plan.sync)
    return next((given[one] for one in (*digests, plan.digest) if one in given), None)


def check_approved(spec: SyncSpec, plan: Plan, approval: Approval | None) -> None:
    """Refuse to go on without the approval that the sync asks for; of nothing, none is needed.

    Raises:
        Held: nobody has approved this plan.
    """
    if spec.approval is None or approval is not None or not plan.changes:
        return
    raise Held(
        f"The sync {spec.name!r} needs an approval, and nobody has approved the plan {plan.digest}",
        advice=f"{_asked(plan)} --out FILE, then revops approve FILE --by NAME",
    )


def _asked(plan: Plan) -> str:
    """The command that shows the plan."""
    if plan.reverts is not None:
        return f"revops revert {plan.reverts}"
    return f"revops plan {plan.sync} --read"


def _sent(document: Mapping[str, Any]) -> list[list[Any]]:
    """The parts of a plan's document that its digest is made of."""
    is_read = document.get("preview") == "read"
    return [
        [
            change["key"],
            change["operation"],
            {field: values["after"] for field, values in change["fields"].items()},
            *([change.get("found")] if is_read else []),
        ]
        for change in document["changes"]
    ]
