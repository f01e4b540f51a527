"""Decides what a sync would change: a pure function of wishes, what was sent, and the verdict."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any, Literal

from reverse_etl.diff import Candidate, Difference, Leaver
from reverse_etl.digest import Summary, summary
from reverse_etl.guards import Guards, Tripped, tripped
from reverse_etl.holding import hold_reasons
from reverse_etl.lookup import Unresolved, unresolved
from reverse_etl.packed import Packable, Packer, packed
from reverse_etl.parking import NOTHING_SETTLED, Settled, kept_back
from reverse_etl.spec import SyncSpec
from warehouse.deliveries import Operation
from warehouse.verdicts import Decision, StoredVerdict

WithheldFor = Literal[
    "held",
    "quarantined",
    "not_judged",
    "holdout",
    "key_is_null",
    "key_is_not_unique",
    "null_not_allowed",
    "rejected",
    "reverted",
    "conflict",
    "ownership",
    "not_empty",
    "does_not_fit",
    "parent_not_found",
    "parent_is_ambiguous",
    "suppressed",
    "erased",
]
# Whether the tool was asked what it holds, and if it was, whether it can tell.
Preview = Literal["not_read", "read", "cannot_preview"]


@dataclass(frozen=True, slots=True)
class Change(Packable):
    """One record: each field's value as last sent (None where never sent) and as it would be.

    `desired` is the whole row, or nothing for a record whose row has left the model. `found` is
    what the tool holds of these fields, where it was read: None where there is no such record.
    `changed_at` says when a field's value changed in the warehouse, where its ownership asks.
    """

    key: str
    operation: Operation
    before: dict[str, Any]
    after: dict[str, Any]
    desired: str
    gate_key: str | None = None
    found: dict[str, Any] | None = None
    is_there: bool | None = None
    changed_at: dict[str, str] = field(default_factory=dict)

    @property
    def is_first(self) -> bool:
        return not self.before and not self.is_leaving

    @property
    def is_leaving(self) -> bool:
        return not self.desired


@dataclass(frozen=True)
class Withheld:
    """A record that differs but may not leave; `rows` are those of the model that it stands for."""

    key: str | None
    reason: WithheldFor
    details: tuple[str, ...] = ()
    rows: int = 1


@dataclass(frozen=True)
class Conflict:
    """A field whose value in the tool we neither sent last nor wish for now, and what is done."""

    key: str
    field: str
    last_sent: Any
    holds: Any
    wish: Any
    decision: Literal["overwritten", "kept", "asked"]


@dataclass(frozen=True)
class Plan:
    """Everything that one sync would do, and everything that it would not, with the reason."""

    sync: str
    destination: str
    object: str
    config_hash: str
    verdict_id: int | None
    decision: Decision
    hold_reasons: tuple[str, ...]
    changes: Sequence[Change]
    withheld: Sequence[Withheld]
    rows: int
    unchanged: int
    gone: int
    reverts: str | None = None
    sent: int = 0
    tripped: tuple[Tripped, ...] = ()
    preview: Preview = "not_read"
    preview_note: str | None = None
    conflicts: Sequence[Conflict] = ()
    needs_approval: bool = False

    @property
    def held_by(self) -> tuple[str, ...]:
        """Why nothing of it may be sent: what the gate says, and guards that nobody has allowed."""
        return (*self.hold_reasons, *(one.said for one in self.tripped if not one.is_allowed))

    @property
    def is_held(self) -> bool:
        return bool(self.held_by)

    def guarded(self, guards: Guards, allowed: Collection[str] = ()) -> Plan:
        """The same plan with the guards that it exceeds; those in `allowed` do not hold it."""
        found = tripped(guards, self.changes, self.sent, allowed)
        # A plan that stays as it is keeps the digest that was worked out for it.
        return self if found == self.tripped else replace(self, tripped=found)

    def left_with(
        self, changes: Sequence[Change], also_withheld: Sequence[Withheld], **known: Any
    ) -> Plan:
        """The plan after a look at its changes: what is left of them, and what stays back too."""
        withheld = self.withheld
        if also_withheld:
            withheld = packed(chain(self.withheld, also_withheld))
        return replace(self, changes=changes, withheld=withheld, **known)

    def without(self, why: Callable[[Change], Withheld | None]) -> Plan:
        """The plan without the changes for which there is a reason to keep them back."""
        changes: Packer[Change] = Packer()
        withheld: Packer[Withheld] = Packer()
        for change in self.changes:
            kept = why(change)
            if kept is None:
                changes.append(change)
            else:
                withheld.append(kept)
        also_withheld = withheld.done()
        return self.left_with(changes.done(), also_withheld) if also_withheld else self

    @property
    def digest(self) -> str:
        """The same for two plans that would send the same, and that found the same where read."""
        return self._told.digest

    @property
    def of_each(self) -> Counter[Operation]:
        """How many changes there are of each operation."""
        return self._told.of_each

    @cached_property
    def _told(self) -> Summary:
        is_read = self.preview == "read"
        return summary(self.sync, self.config_hash, self.changes, is_read=is_read)

    @property
    def counts(self) -> dict[str, int]:
        first, leaving = self._told.first, self._told.leaving
        return {
            "rows": self.rows,
            "first": first,
            "changed": len(self.changes) - first - leaving,
            "unchanged": self.unchanged,
            "withheld": sum(one.rows for one in self.withheld),
            "gone": self.gone,
            "leaving": leaving,
            "parked": sum(one.reason == "rejected" for one in self.withheld),
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "sync": self.sync,
            "destination": self.destination,
            "object": self.object,
            "digest": self.digest,
            "config_hash": self.config_hash,
            "verdict_id": self.verdict_id,
            "decision": self.decision,
            "hold_reasons": list(self.hold_reasons),
            "held_by": list(self.held_by),
            "needs_approval": self.needs_approval,
            "guards": [asdict(one) for one in self.tripped],
            "preview": self.preview,
            "preview_note": self.preview_note,
            "reverts": self.reverts,
            "conflicts": [asdict(one) for one in self.conflicts],
            "counts": self.counts,
            "changes": [
                {
                    "key": change.key,
                    "operation": change.operation,
                    "fields": {
                        field: _field(change, field, after) for field, after in change.after.items()
                    },
                    **({} if change.is_there is None else {"found": change.found}),
                }
                for change in self.changes
            ],
            "withheld": [asdict(one) | {"details": list(one.details)} for one in self.withheld],
        }


def decide_plan(
    spec: SyncSpec,
    found: Difference,
    verdict: StoredVerdict | None,
    *,
    current_build: str | None,
    is_prepared: bool,
    current_rules: str | None = None,
    settled: Settled = NOTHING_SETTLED,
    sent: int = 0,
    allowed: Collection[str] = (),
    parents: Sequence[Unresolved] = (),
) -> Plan:
    """Sort every row of the model into exactly one group: change, unchanged or withheld.

    No verdict, or one about another build of the model or by other rules, holds: nobody has
    judged this data. So do rows that were not prepared from the judged build (`is_prepared`
    false). `sent` is how many records the sync has sent before, and `allowed` names the guards
    that a person lets pass. Of the rows without a key, `parents` tells those that lack a parent.
    """
    holds = hold_reasons(spec, verdict, current_build, current_rules)
    if not holds and not is_prepared:
        holds = (f"{spec.model} is older than the data that was judged: run `revops build`",)
    holds += _empty(spec, found)
    changes: Packer[Change] = Packer()
    withheld = Packer(_unusable(found, parents))
    unchanged = found.same
    document = spec.config_hash
    for candidate in found.candidates:
        change = _change(spec, candidate)
        if change is None and not candidate.refused:
            unchanged += 1
        elif why := _kept_back(
            spec,
            candidate,
            change,
            holds=holds,
            verdict=verdict,
            settled=settled,
            document=document,
        ):
            withheld.append(Withheld(candidate.key, *why))
        elif change is not None:
            changes.append(change)
    for change, kept in _leaving(spec, found, holds, settled):
        if kept is None:
            changes.append(change)
        else:
            withheld.append(kept)
    plan = Plan(
        sync=spec.name,
        destination=spec.destination,
        object=spec.object,
        config_hash=document,
        verdict_id=verdict.verdict_id if verdict else None,
        decision="hold" if holds else verdict.decision if verdict else "hold",
        hold_reasons=holds,
        changes=changes.done(),
        withheld=withheld.done(),
        rows=found.rows,
        unchanged=unchanged,
        gone=found.gone,
        sent=sent,
        needs_approval=spec.approval is not None,
    )
    return plan.guarded(spec.guards, allowed)


def _kept_back(
    spec: SyncSpec,
    candidate: Candidate,
    change: Change | None,
    *,
    holds: tuple[str, ...],
    verdict: StoredVerdict | None,
    settled: Settled,
    document: str,
) -> tuple[WithheldFor, tuple[str, ...]] | None:
    """Why a row that differs may not leave, and the details; None where it may."""
    if holds:
        return "held", holds
    if candidate.gate_key is None:
        return "not_judged", ()
    if verdict is not None and candidate.gate_key in verdict.quarantined:
        return "quarantined", tuple(verdict.quarantined[candidate.gate_key])
    if candidate.is_held_out:
        return "holdout", (spec.holdout.name,) if spec.holdout else ()
    if change is None or candidate.refused:
        return "null_not_allowed", candidate.refused
    return unresolved(spec, change.after) or kept_back(settled, change, document)


def _leaving(
    spec: SyncSpec, found: Difference, holds: tuple[str, ...], settled: Settled
) -> Iterator[tuple[Change, Withheld | None]]:
    """What becomes of each record whose row is gone, and what keeps it back where anything does."""
    document = spec.config_hash
    for one in found.leavers:
        change = _leave(spec, one)
        if change is None:
            continue
        if holds or found.null_keys:
            yield change, _kept(change, found, holds)
        elif why := kept_back(settled, change, document):
            yield change, Withheld(change.key, *why, rows=0)
        else:
            yield change, None


def _field(change: Change, field: str, after: Any) -> dict[str, Any]:
    values = {"before": change.before.get(field), "after": after}
    return values if change.found is None else values | {"holds": change.found.get(field)}


def _unusable(found: Difference, parents: Sequence[Unresolved]) -> list[Withheld]:
    nulls = [Withheld(None, one.reason, one.details, one.rows) for one in parents]
    if rest := found.null_keys - sum(one.rows for one in parents):
        nulls.append(Withheld(None, "key_is_null", rows=rest))
    return nulls + [
        Withheld(key, "key_is_not_unique", rows=rows) for key, rows in found.doubled_keys.items()
    ]


def _change(spec: SyncSpec, candidate: Candidate) -> Change | None:
    # What was made once is people's own: it is not touched again.
    if spec.is_made_once and candidate.was_sent:
        return None
    after = json.loads(candidate.patch)
    if not after and spec.operation != "add":
        return None
    return Change(
        candidate.key,
        spec.operation,
        json.loads(candidate.before),
        after,
        candidate.desired,
        candidate.gate_key,
        changed_at=json.loads(candidate.changed_at),
    )


def _leave(spec: SyncSpec, leaver: Leaver) -> Change | None:
    """What becomes of a record of ours whose row is gone; of what we never wrote, nothing."""
    held = json.loads(leaver.held)
    if spec.leaving is None or (not held and spec.leaving != "remove"):
        return None
    if spec.leaving != "update":
        return Change(leaver.key, spec.leaving, held, {}, desired="")
    ours = [one.field for one in spec.fields if held.get(one.field) is not None]
    if not ours:
        return None
    before = {field: held[field] for field in ours}
    return Change(leaver.key, spec.leaving, before, dict.fromkeys(ours), desired="")


def _empty(spec: SyncSpec, found: Difference) -> tuple[str, ...]:
    """An empty model says that its build is broken, not that everything is to be taken away."""
    if spec.leaving is None or not found.gone or found.rows > found.null_keys:
        return ()
    return (f"{spec.model} has no rows: nothing is taken away because of that",)


def _kept(change: Change, found: Difference, holds: tuple[str, ...]) -> Withheld:
    # A row that has lost its key looks like one that has left.
    because = holds or (f"{found.null_keys} rows have no key: this may be one of them",)
    return Withheld(change.key, "held", because, rows=0)
