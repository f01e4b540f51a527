"""Sends the rows of several syncs to the same record of a tool in one request.

Each sync keeps its own plan, ledger and guards: what is joined is only the request. To the engine
the rows look like those of one sync; what it notes of them is noted of every sync that has a part.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.core.source import Tool
from reverse_etl.ahead import open_in
from reverse_etl.destinations.registry import kind_of
from reverse_etl.engine import Delivery, Engine
from reverse_etl.mirror import mirror_to_ops
from reverse_etl.plan import Plan
from reverse_etl.spec import SyncSpec
from reverse_etl.sync import Ready, SyncResult, prepare
from warehouse.clock import Clock
from warehouse.connection import Warehouse
from warehouse.deliveries import Deliveries, Entry, Operation, Settlement
from warehouse.errors import RevopsError
from warehouse.state import StateStore

# What writes fields to a record; whatever makes or takes away one as a whole goes alone.
_JOINED: frozenset[Operation] = frozenset({"update", "upsert"})

Place = tuple[str, str, str | None, str | None]


def groups(specs: Iterable[SyncSpec]) -> list[list[SyncSpec]]:
    """The syncs that can be sent together, each group in the order of its first one."""
    found: list[list[SyncSpec]] = []
    for spec in specs:
        able = (one for one in found if _can_join(spec) and all(_meet(spec, two) for two in one))
        group = next(able, None)
        if group is None:
            found.append([spec])
        else:
            group.append(spec)
    return found


def _meet(one: SyncSpec, other: SyncSpec) -> bool:
    """Whether two syncs write different fields to the records of one place."""
    ours, theirs = ({mapping.field for mapping in spec.fields} for spec in (one, other))
    return _can_join(other) and _place(one) == _place(other) and not ours & theirs


def _place(spec: SyncSpec) -> Place:
    """Where the records are, and how a key names one."""
    return spec.destination, spec.object, spec.within, spec.identify_by.field


def _can_join(spec: SyncSpec) -> bool:
    # Who watches a delivery while it runs watches its own rows only.
    is_watched = spec.guards.canary or spec.guards.max_rejected_share is not None
    return (
        kind_of(spec.destination).joins(spec.object)
        and spec.operations <= _JOINED
        and not is_watched
    )


def run_together(
    specs: Mapping[str, SyncSpec],
    tool: Tool,
    warehouse: Warehouse,
    state: StateStore,
    clock: Clock,
) -> dict[str, SyncResult | RevopsError]:
    """Run the syncs of one group, by the id of the run of each; what came of each, by that id.

    A sync that cannot begin does not stop the others.
    """
    ready: dict[str, Ready] = {}
    results: dict[str, SyncResult | RevopsError] = {}
    for run_id, spec in specs.items():
        try:
            ready[run_id] = prepare(spec, tool, warehouse, state, clock)
        except RevopsError as error:
            results[run_id] = error
    deliveries = Deliveries(state)
    told = deliver_together(ready, deliveries, clock)
    for run_id, one in ready.items():
        mirror_to_ops(one.spec.name, warehouse, deliveries)
        results[run_id] = SyncResult(one.plan, told[run_id], one.recovery)
    return results


def deliver_together(
    ready: Mapping[str, Ready], deliveries: Deliveries, clock: Clock
) -> dict[str, Delivery]:
    """Send the plans, by the id of the run of each; what happened to the rows of each."""
    going = {
        run_id: one for run_id, one in ready.items() if one.plan.changes and not one.plan.is_held
    }
    told = {run_id: Delivery() for run_id in ready}
    if not _is_joined(going.values()):
        return told | {
            run_id: one.engine.apply(one.plan, run_id, guards=one.spec.guards)
            for run_id, one in going.items()
        }
    joint = JointLedger(deliveries)
    entries = joint.open({run_id: one.plan for run_id, one in going.items()}, clock.now())
    # Any destination of the group will do: a record is written to in one way by all of them.
    first = next(iter(going.values()))
    whole = Engine(first.spec.name, first.destination, joint, clock).send(entries)
    for run_id, one in going.items():
        own = joint.told(one.spec.name)
        if whole.stopped_by is not None:
            own.stopped_by, own.exit_code = whole.stopped_by, whole.exit_code
            own.outcomes["planned"] += len(one.plan.changes) - own.outcomes.total()
            own.outcomes = +own.outcomes
        elif apart := joint.apart(one.spec.name):
            # What was refused for another sync's sake goes once more, without it.
            alone = one.engine.send(apart)
            alone.outcomes += own.outcomes
            alone.rejected = own.rejected + alone.rejected
            own = alone
        told[run_id] = own
    return told


def _is_joined(going: Collection[Ready]) -> bool:
    """Whether there is anything to join, and the tool takes all of it at once and by no job."""
    if len(going) < 2:
        return False
    changes = Counter(change.operation for one in going for change in one.plan.changes)
    destination = next(iter(going)).destination
    return all(
        destination.batch_of(operation, rows) == destination.batch_size
        for operation, rows in changes.items()
    )


@dataclass(frozen=True)
class _Part:
    """What one sync has of a row."""

    sync: str
    entry: Entry


class JointLedger(Deliveries):
    """The ledgers of several syncs as one: an entry of it stands for one of each that has a part.

    All that is noted of an entry is noted of its parts. A row of several parts that the tool
    refuses is not settled but put apart: one sync's value is no reason to park another's.
    """

    def __init__(self, each: Deliveries) -> None:
        self._each = each
        self._parts: dict[int, list[_Part]] = {}
        self._sync_of: dict[int, str] = {}
        self._told: dict[str, Delivery] = {}
        self._apart: dict[str, list[Entry]] = defaultdict(list)

    def open(self, plans: Mapping[str, Plan], at: datetime) -> list[Entry]:
        """Write all plans ahead, by the ids of their runs; the joint rows."""
        by_record: dict[tuple[str, Operation], list[_Part]] = defaultdict(list)
        for run_id, plan in plans.items():
            self._told[plan.sync] = Delivery()
            for entry in open_in(self._each, plan, run_id, at):
                self._sync_of[entry.entry_id] = plan.sync
                by_record[entry.key.casefold(), entry.operation].append(_Part(plan.sync, entry))
        entries = []
        for parts in by_record.values():
            if len({part.entry.key for part in parts}) > 1:
                # Two spellings that a tool may take for one key must not meet in one request.
                self._put_apart(parts)
            else:
                entries.append(self._joined(parts))
        return entries

    def told(self, sync: str) -> Delivery:
        """What happened to the rows of a sync so far."""
        return self._told[sync]

    def apart(self, sync: str) -> list[Entry]:
        """Rows of a sync that were refused together with those of another one."""
        return self._apart[sync]

    def mark_in_flight(self, entries: Sequence[Entry], request_hash: str, at: datetime) -> None:
        self._each.mark_in_flight(self._own(entries), request_hash, at)

    def turn(
        self,
        sync: str,
        settlements: Sequence[Settlement],
        sending: Sequence[tuple[Sequence[Entry], str]],
        at: datetime,
    ) -> None:
        self.settle(sync, settlements, at)
        for entries, request_hash in sending:
            self.mark_in_flight(entries, request_hash, at)

    def settle(self, sync: str, settlements: Sequence[Settlement], at: datetime) -> None:  # noqa: ARG002 - of all
        by_sync: dict[str, list[Settlement]] = defaultdict(list)
        for one in settlements:
            parts = self._parts[one.entry.entry_id]
            if one.outcome == "rejected" and len(parts) > 1:
                self._put_apart(parts)
                continue
            for part in parts:
                by_sync[part.sync].append(one._replace(entry=part.entry))
        for name, own in by_sync.items():
            self._each.settle(name, own, at)
            self._told[name].count(own)

    def unsettled(self, sync: str) -> list[Entry]:  # noqa: ARG002 - of all
        return [entry for name in self._told for entry in self._each.unsettled(name)]

    def abandon(self, entries: Sequence[Entry], reason: str, at: datetime) -> None:
        for name, told in self._told.items():
            own = [one for one in entries if self._sync_of[one.entry_id] == name]
            self._each.abandon(own, reason, at)
            if own:
                told.outcomes["abandoned"] += len(own)

    def _put_apart(self, parts: Sequence[_Part]) -> None:
        for part in parts:
            self._apart[part.sync].append(part.entry)

    def _joined(self, parts: list[_Part]) -> Entry:
        first = parts[0].entry
        self._parts[first.entry_id] = parts
        fields = {name: value for part in parts for name, value in part.entry.fields.items()}
        return first._replace(fields=fields)

    def _own(self, entries: Sequence[Entry]) -> list[Entry]:
        return [part.entry for one in entries for part in self._parts[one.entry_id]]
