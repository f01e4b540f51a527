"""Compares a plan with what the tool holds: what a person changed there is not lost unnoticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Any, Literal, Protocol

from reverse_etl.destinations.base import Destination
from reverse_etl.packed import Packer
from reverse_etl.plan import Change, Conflict, Plan, Withheld
from reverse_etl.spec import FieldMapping, Ownership, SyncSpec
from warehouse.errors import Misconfigured, Refused

# What is made anew, or only put on a list, meets no value of a person.
_READ = {"update", "upsert", "archive", "delete"}
_EMPTY: tuple[object, ...] = (None, "", [], {})

# Some tools tell their instants in whole seconds: what lies closer together is no order.
_TIE = timedelta(seconds=1)

Decision = Literal["overwritten", "kept", "asked"]
# Of so many records what the tool holds is kept at a time.
_LOOKED_AT = 10_000

Held = Mapping[str, Mapping[str, Any]]


class Same(Protocol):
    """Whether a value that was read is the one that was sent, as `Destination.holds` knows."""

    def __call__(self, held: object, wish: object) -> bool: ...


def previewed(spec: SyncSpec, plan: Plan, destination: Destination) -> Plan:
    """The plan after the tool was asked what it holds; sends nothing.

    Raises:
        Misconfigured: a field must not be written unseen, and the tool cannot be read.
        Unavailable: the tool does not answer.
    """
    if plan.hold_reasons or not any(change.operation in _READ for change in plan.changes):
        return plan
    if not destination.is_readable:
        return _unseen(spec, plan, f"{plan.destination} cannot be read")
    dated = destination.modified_field if spec.dated else None
    changes: Packer[Change] = Packer()
    withheld: Packer[Withheld] = Packer()
    conflicts: Packer[Conflict] = Packer()
    for part in _parts(plan, destination.batch_size):
        looked_at = [change for change in part.changes if change.operation in _READ]
        try:
            held = read_held(destination, looked_at, dated)
        except Refused as refusal:
            return _unseen(spec, plan, f"{plan.destination} refuses to be read: {refusal.body}")
        known = _field_instants(spec, part, held, destination)
        seen = compared(spec, part, held, destination.holds, dated, known)
        changes.extend(seen.changes)
        withheld.extend(seen.withheld)
        conflicts.extend(seen.conflicts)
    return plan.left_with(
        changes.done(), withheld.done(), conflicts=conflicts.done(), preview="read"
    )


def _parts(plan: Plan, batch_size: int) -> Iterator[Plan]:
    """The plan's changes in whole batches, as many at a time as are held in memory."""
    size = max(_LOOKED_AT // batch_size, 1) * batch_size
    changes = iter(plan.changes)
    while some := tuple(islice(changes, size)):
        yield replace(plan, changes=some, withheld=())


def goes_unseen(spec: SyncSpec, plan: Plan) -> bool:
    """Whether the plan may be sent as it is: a look at the tool would decide nothing.

    It would tell what people have changed, and what a revert then gives back to them.
    """
    mappings = {mapping.field: mapping for mapping in spec.fields}
    written = {name for change in plan.changes for name in change.after if name in mappings}
    return spec.look == "when_needed" and not any(_needs_a_look(mappings[one]) for one in written)


def read_held(
    destination: Destination, changes: Sequence[Change], besides: str | None = None
) -> dict[str, dict[str, Any]]:
    """What the tool holds of the fields of these changes, by key, in the tool's own batches.

    `besides` names one more field to be read of every record.

    Raises:
        Refused: the tool does not let itself be read.
        Unavailable: the tool does not answer.
    """
    held: dict[str, dict[str, Any]] = {}
    more = [besides] if besides else []
    for start in range(0, len(changes), destination.batch_size):
        batch = changes[start : start + destination.batch_size]
        fields = sorted({name for change in batch for name in [*_fields(change), *more]})
        found = destination.read([change.key for change in batch], fields)
        for change in batch:
            if change.key in found:
                values = found[change.key]
                held[change.key] = {name: values.get(name) for name in [*_fields(change), *more]}
    return held


def _field_instants(spec: SyncSpec, plan: Plan, held: Held, destination: Destination) -> Held:
    """When the fields in conflict that belong to the newest were changed, where the tool knows.

    Raises:
        Unavailable: the tool does not answer.
    """
    if not spec.dated:
        return {}
    met = [
        one
        for one in compared(spec, plan, held, destination.holds).conflicts
        if one.field in spec.dated
    ]
    keys, fields = list(dict.fromkeys(one.key for one in met)), {one.field for one in met}
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(keys), destination.batch_size):
        batch = keys[start : start + destination.batch_size]
        # What is not told of a field is told of the record.
        with suppress(Refused):
            found |= destination.changed_at(batch, sorted(fields))
    return found


def compared(  # noqa: PLR0917 - what is there, and what is known of it
    spec: SyncSpec,
    plan: Plan,
    held: Held,
    same: Same,
    modified: str | None = None,
    known: Held = MappingProxyType({}),
) -> Plan:
    """Decide every conflict of a plan by the ownership of its field; a pure function.

    A field conflicts if it holds neither what we last sent (nothing, where we never did) nor what
    we wish for now: somebody else wrote it. `modified` is the field of `held` that says when a
    record was last changed in the tool; `known` says it of single fields, and then counts.
    """
    mappings = {mapping.field: mapping for mapping in spec.fields}
    changes: list[Change] = []
    withheld: list[Withheld] = []
    conflicts: list[Conflict] = []
    for change in plan.changes:
        if change.operation not in _READ:
            changes.append(change)
            continue
        there = held.get(change.key)
        if there is None:
            changes.append(replace(change, is_there=False))
            continue
        found = {name: there.get(name) for name in _fields(change)}
        seen = replace(change, found=found, is_there=True)
        whole = None if modified is None else there.get(modified)
        at = dict.fromkeys(found, whole) | dict(known.get(change.key, {}))
        met = list(_conflicts(seen, mappings, same, at))
        conflicts += met
        left, why = _decided(seen, met, _filled(seen, mappings))
        if left is not None:
            changes.append(left)
        if why is not None:
            withheld.append(why)
    return replace(
        plan,
        changes=tuple(changes),
        withheld=(*plan.withheld, *withheld),
        conflicts=tuple(conflicts),
        preview="read",
    )


def _unseen(spec: SyncSpec, plan: Plan, because: str) -> Plan:
    guarded = [one.field for one in spec.fields if _needs_a_look(one)]
    if guarded:
        raise Misconfigured(
            f"{spec.name}: {', '.join(guarded)} must not be written unseen, and {because}",
            advice="let our user read there, or declare ownership: warehouse_wins and no"
            " only_if_empty",
        )
    return replace(plan, preview="cannot_preview", preview_note=because)


def _needs_a_look(mapping: FieldMapping) -> bool:
    return mapping.only_if_empty or mapping.ownership != "warehouse_wins"


def _fields(change: Change) -> list[str]:
    # What takes a record away concerns all that we ever wrote to it.
    return list(change.after or change.before)


def _conflicts(
    change: Change, mappings: Mapping[str, FieldMapping], same: Same, at: Mapping[str, object]
) -> Iterator[Conflict]:
    for field in _fields(change):
        holds, last = (change.found or {}).get(field), change.before.get(field)
        mapping = mappings.get(field)
        is_filler = mapping is not None and mapping.only_if_empty and bool(change.after)
        is_done = bool(change.after) and same(holds, change.after[field])
        if is_filler or is_done or same(holds, last):
            continue
        ours = instant_of(change.changed_at.get(field))
        ownership = "warehouse_wins" if mapping is None else mapping.ownership
        decision = _decision(ownership, ours, instant_of(at.get(field)))
        yield Conflict(change.key, field, last, holds, change.after.get(field), decision)


def _decision(ownership: Ownership, ours: datetime | None, theirs: datetime | None) -> Decision:
    """Whose value stands: ours is of the instant `ours`, the tool's of `theirs` at the latest."""
    if ownership != "newest":
        return _DECISIONS[ownership]
    if ours is None or theirs is None or abs(ours - theirs) < _TIE:
        return "asked"
    return "overwritten" if ours > theirs else "kept"


_DECISIONS: dict[Ownership, Decision] = {
    "warehouse_wins": "overwritten",
    "tool_wins": "kept",
    "ask": "asked",
}


def instant_of(value: object) -> datetime | None:
    """An instant as tools tell it: ISO 8601 with its zone, or seconds since 1970."""
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _filled(change: Change, mappings: Mapping[str, FieldMapping]) -> list[str]:
    """The fields that are only written where the tool holds nothing, and it holds something."""
    return [
        field
        for field in change.after
        if field in mappings
        and mappings[field].only_if_empty
        and (change.found or {}).get(field) not in _EMPTY
    ]


def _decided(
    change: Change, conflicts: Sequence[Conflict], filled: Sequence[str]
) -> tuple[Change | None, Withheld | None]:
    """What is left of a change, and what is kept back of it where nothing is left."""
    rows = 0 if change.is_leaving else 1
    asked = tuple(_told(one) for one in conflicts if one.decision == "asked")
    if asked:
        return None, Withheld(change.key, "conflict", asked, rows)
    kept = [one for one in conflicts if one.decision == "kept"]
    if not kept and not filled:
        return change, None
    left_alone = {*filled, *(one.field for one in kept)}
    after = {name: wish for name, wish in change.after.items() if name not in left_alone}
    if after:
        return replace(change, after=after), None
    if kept:
        return None, Withheld(change.key, "ownership", tuple(map(_told, kept)), rows)
    return None, Withheld(change.key, "not_empty", tuple(filled), rows)


def _told(one: Conflict) -> str:
    return f"{one.field} holds {one.holds!r}, last sent {one.last_sent!r}, would be {one.wish!r}"
