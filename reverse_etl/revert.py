"""Takes a run back: a plan of the values that were held before, without what has changed since."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from reverse_etl.destinations.base import Destination, Fields
from reverse_etl.fitting import fitting
from reverse_etl.plan import Change, Plan
from reverse_etl.spec import SyncSpec
from warehouse.deliveries import Operation
from warehouse.errors import Misconfigured
from warehouse.ledger import Ledger, LedgerRow
from warehouse.needles import ERASED

SkippedFor = Literal[
    "changed_by_later_run",
    "changed_in_tool",
    "gone_from_tool",
    "value_before_not_known",
    "was_created",
    "cannot_be_taken_back",
]
_WRITTEN: tuple[Operation, ...] = ("update", "upsert")
# What takes a created record away, the gentlest first.
_AWAY: tuple[Operation, ...] = ("archive", "delete")


@dataclass(frozen=True)
class Skipped:
    """A field, or a whole record, that a revert leaves as it is."""

    key: str
    field: str | None
    reason: SkippedFor
    detail: str = ""


@dataclass(frozen=True)
class RevertPlan:
    plan: Plan
    skipped: tuple[Skipped, ...]

    def as_json(self) -> dict[str, Any]:
        return self.plan.as_json() | {"skipped": [asdict(one) for one in self.skipped]}


def entries_of(ledger: Ledger, run_id: str) -> dict[str, list[LedgerRow]]:
    """What a run changed, by sync.

    Raises:
        Misconfigured: there is no such run, or it changed nothing.
    """
    by_sync: dict[str, list[LedgerRow]] = defaultdict(list)
    for entry in ledger.of_run(run_id):
        # Of somebody who was erased nothing is known that could be taken back.
        if not entry.key.startswith(ERASED):
            by_sync[entry.sync].append(entry)
    if not by_sync:
        raise Misconfigured(
            f"There is nothing to revert: no tool acknowledged a change of a run {run_id!r}",
            advice="ops.sync_runs lists the runs; `revops explain` names the run of a value",
        )
    return dict(by_sync)


def plan_revert(
    spec: SyncSpec,
    run_id: str,
    entries: Sequence[LedgerRow],
    ledger: Ledger,
    destination: Destination,
    *,
    created: bool,
    allowed: Collection[str] = (),
) -> RevertPlan:
    """What would give a run's records back what they held before.

    `created` takes records away that the run made. A record of which a value does not fit the
    tool's field any more is withheld. The sync's guards look at it as at any plan;
    `allowed` names those that it may exceed.

    Raises:
        Misconfigured: the sync writes to another object by now.
        Unavailable: the tool does not answer.
    """
    place = (spec.destination, spec.object)
    if any((one.destination, one.object) != place for one in entries):
        raise Misconfigured(f"{spec.name}.yaml names another object than in run {run_id!r}")
    since = _changed_since(ledger, entries)
    now = _read(destination, entries)
    changes: list[Change] = []
    skipped: list[Skipped] = []
    for entry in entries:
        holds = None if now is None else now.get(entry.key)
        if now is not None and holds is None:
            skipped.append(Skipped(entry.key, None, "gone_from_tool"))
            continue
        record = _Record(entry, since.get(entry.key, {}), holds, destination)
        change, left = record.inverse(created=created)
        skipped += left
        if change is not None:
            changes.append(_remembering(change, ledger, spec.name))
    plan = _plan(spec, run_id, changes, ledger.sent(spec.name))
    # What fitted then may not fit today: an option may have been taken away since.
    if fields := sorted({field for one in changes for field in one.after}):
        plan = fitting(plan, destination.limits(fields))
    return RevertPlan(plan.guarded(spec.guards, allowed), tuple(skipped))


@dataclass(frozen=True)
class _Record:
    """One change to take back: `later` names the run that wrote a field since, `holds` is now."""

    entry: LedgerRow
    later: Mapping[str, str]
    holds: Fields | None
    destination: Destination

    def inverse(self, *, created: bool) -> tuple[Change | None, list[Skipped]]:
        if self.entry.operation in _WRITTEN:
            return self._written()
        if self.entry.operation == "create":
            return self._created(wanted=created)
        return None, [Skipped(self.entry.key, None, "cannot_be_taken_back", self.entry.operation)]

    def _written(self) -> tuple[Change | None, list[Skipped]]:
        skipped, before = list(self._touched()), {}
        left = {one.field for one in skipped}
        for field, value in self.entry.fields.items():
            if field in left:
                continue
            is_known, was = self._was(field)
            if not is_known:
                skipped.append(Skipped(self.entry.key, field, "value_before_not_known"))
            elif was != value:
                before[field] = was
        if not before:
            return None, skipped
        taken_back = {field: self.entry.fields[field] for field in before}
        return Change(self.entry.key, self.entry.operation, taken_back, before, "-"), skipped

    def _created(self, *, wanted: bool) -> tuple[Change | None, list[Skipped]]:
        key, touched = self.entry.key, list(self._touched())
        away = [one for one in _AWAY if one in self.destination.operations]
        if not wanted:
            return None, [Skipped(key, None, "was_created", "--created takes it away")]
        if not away:
            return None, [Skipped(key, None, "cannot_be_taken_back", "the tool keeps it")]
        if touched:
            return None, touched
        return Change(key, away[0], dict(self.entry.fields), {}, "-"), []

    def _touched(self) -> Iterator[Skipped]:
        """The fields that somebody else has written since."""
        for field, value in self.entry.fields.items():
            if field in self.later:
                yield Skipped(self.entry.key, field, "changed_by_later_run", self.later[field])
            elif self.holds is not None and not self.destination.holds(
                self.holds.get(field), value
            ):
                told = f"it holds {self.holds.get(field)!r}"
                yield Skipped(self.entry.key, field, "changed_in_tool", told)

    def _was(self, field: str) -> tuple[bool, Any]:
        """Whether it is known what the field held before, and what: as read, else as sent."""
        sent, found = self.entry.before, self.entry.found
        if found is None or field not in found:
            return field in sent, sent.get(field)
        # What was read is the tool's own text; where it means what we sent, that has a type.
        if field in sent and self.destination.holds(found[field], sent[field]):
            return True, sent[field]
        return True, found[field]


def _changed_since(ledger: Ledger, entries: Sequence[LedgerRow]) -> dict[str, dict[str, str]]:
    """The run that last wrote each field of each record after the entries did."""
    own = {entry.key: entry.entry_id for entry in entries}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    first = entries[0]
    for later in ledger.after(first.destination, first.object, list(own), min(own.values())):
        if later.entry_id > own[later.key]:
            # A record that was taken away or made anew holds nothing of what was written.
            names = later.fields or dict.fromkeys(later.before)
            found[later.key] |= dict.fromkeys(names, later.run_id)
    return found


def _read(destination: Destination, entries: Sequence[LedgerRow]) -> dict[str, Fields] | None:
    """What the tool holds now, by key, or None where it cannot tell."""
    if not destination.is_readable:
        return None
    held: dict[str, Fields] = {}
    for start in range(0, len(entries), destination.batch_size):
        batch = entries[start : start + destination.batch_size]
        fields = sorted({field for entry in batch for field in entry.fields})
        held |= destination.read([entry.key for entry in batch], fields)
    return held


def _remembering(change: Change, ledger: Ledger, sync: str) -> Change:
    """The change with the row that is to be remembered as sent: the last one, with what it had."""
    last = ledger.delivered(sync, change.key)
    wished = json.loads(last.desired) if last is not None else {}
    desired = json.dumps(wished | change.after, ensure_ascii=False, separators=(",", ":"))
    return Change(change.key, change.operation, change.before, change.after, desired)


def _plan(spec: SyncSpec, run_id: str, changes: Sequence[Change], sent: int) -> Plan:
    return Plan(
        sync=spec.name,
        destination=spec.destination,
        object=spec.object,
        config_hash=spec.config_hash,
        verdict_id=None,
        # Nobody judges what was held before: it has been there.
        decision="pass",
        hold_reasons=(),
        changes=tuple(changes),
        withheld=(),
        rows=len(changes),
        unchanged=0,
        gone=0,
        reverts=run_id,
        sent=sent,
        needs_approval=spec.approval is not None,
    )
