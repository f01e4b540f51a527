"""Makes the plan of a past run again from the ledger, and proves that it is that plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reverse_etl.plan import Change, Plan
from reverse_etl.spec import syncs
from warehouse.errors import Misconfigured
from warehouse.ledger import Ledger, LedgerRow, StoredPlan
from warehouse.state import StateStore
from warehouse.verdicts import stored_verdict

# What makes something anew meets nothing of the tool's: it is not read before.
_NOT_READ = {"create", "append", "add", "remove"}


@dataclass(frozen=True)
class Replayed:
    """A plan as it was sent. `is_proven`: its digest is the one that was noted then.

    Rows that were withheld are counted and not listed: the ledger has what was to be sent.
    `missing` rows were planned and are not in the ledger: those that a killed run had not written
    ahead yet, and so never sent. `is_current`: the sync's document still says the same.
    """

    plan: Plan
    stored: StoredPlan
    outcomes: dict[str, int]
    is_proven: bool
    is_current: bool
    missing: int

    def as_json(self) -> dict[str, Any]:
        return self.plan.as_json() | {
            "counts": self.stored.counts,
            "run_id": self.stored.run_id,
            "planned_at": self.stored.planned_at,
            "noted_digest": self.stored.digest,
            "is_proven": self.is_proven,
            "is_current": self.is_current,
            "missing": self.missing,
            "outcomes": self.outcomes,
        }


def replay(state: StateStore, run_id: str) -> list[Replayed]:
    """Every plan of a run, or of all parts of a larger one, in the order of sending.

    Raises:
        Misconfigured: there is no such run, or it had nothing to send.
    """
    ledger = Ledger(state)
    plans = ledger.plans_of_run(run_id)
    if not plans:
        raise Misconfigured(
            f"There is nothing to replay: a run {run_id!r} has sent nothing",
            advice="ops.sync_runs lists the runs; `revops explain` names the run of a value",
        )
    return [_replayed(state, one, ledger.of_plan(one.plan_id)) for one in plans]


def _replayed(state: StateStore, stored: StoredPlan, rows: Sequence[LedgerRow]) -> Replayed:
    unread = _plan(state, stored, rows)
    read = replace(unread, preview="read")
    # Whether the tool was read is not noted: only the plan that it was has the digest.
    made = next((one for one in (read, unread) if one.digest == stored.digest), None)
    document = syncs().get(stored.sync)
    return Replayed(
        made or unread,
        stored,
        dict(Counter(row.outcome for row in rows)),
        made is not None,
        document is not None and document.config_hash == stored.config_hash,
        sum(stored.counts[one] for one in ("first", "changed", "leaving")) - len(rows),
    )


def _plan(state: StateStore, stored: StoredPlan, rows: Sequence[LedgerRow]) -> Plan:
    verdict = None if stored.verdict_id is None else stored_verdict(state, stored.verdict_id)
    return Plan(
        sync=stored.sync,
        destination=rows[0].destination if rows else "",
        object=rows[0].object if rows else "",
        config_hash=stored.config_hash,
        verdict_id=stored.verdict_id,
        decision="pass" if verdict is None else verdict.decision,
        hold_reasons=(),
        changes=tuple(_change(row) for row in rows),
        withheld=(),
        rows=stored.counts["rows"],
        unchanged=stored.counts["unchanged"],
        gone=stored.counts["gone"],
        reverts=stored.reverts,
    )


def _change(row: LedgerRow) -> Change:
    return Change(
        row.key,
        row.operation,
        row.before,
        row.fields,
        row.desired,
        found=row.found,
        is_there=None if row.operation in _NOT_READ else row.found is not None,
    )
