"""Refuses a sync that would tell a tool more of people than it may know, and says who waits."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.core import registry
from quality.governance import Governance, governance
from reverse_etl.lookup import Resolved
from reverse_etl.mapping import key_of
from reverse_etl.plan import Change, Plan, Withheld
from reverse_etl.spec import SyncSpec
from warehouse.connection import Session, quoted
from warehouse.errors import Misconfigured
from warehouse.needles import ERASED
from warehouse.tombstones import Kept, person, record

# What must be true of a person's table to look at it.
_OPTED_OUT = """
    select person_id::varchar as person_id, 'has opted out of marketing' as reason
    from canonical.person where has_opted_out
"""
# Lists that are kept outside the tools: by person or by address, for all purposes or one. The first
# is anybody's own table, the second what `revops suppress` keeps.
_LISTS = ("suppressions", "kept_suppressions")
_SUPPRESSED = """
    select people.person_id::varchar as person_id, suppressions.reason
    from ops.{} as suppressions
    join canonical.person as people
        on people.person_id = suppressions.person_id
        or lower(people.email) = lower(suppressions.email)
    where suppressions.purpose in ('all', $purpose)
"""


class Remaining(Resolved):
    """The sync as if its model did not hold the people of whom the tool must not be told."""

    @property
    def table(self) -> str:
        return "remaining_rows"


def check_clearance(spec: SyncSpec, registry: Governance | None = None) -> None:
    """Hold every column that the sync sends against what its destination may be told.

    Raises:
        Misconfigured: it sends a column of a class that the destination is not cleared for, or one
            that is not registered.
    """
    sent = {*spec.identify_by.names, *(name for one in spec.fields for name in one.columns)}
    faults = (registry or governance()).faults(spec.destination, sent)
    if faults:
        raise Misconfigured(
            f"{spec.name}.yaml: {spec.destination} is not cleared for what this sync tells it: "
            + "; ".join(faults),
            advice="leave the columns out, or let whoever answers for them clear it in"
            " quality/governance.yaml",
        )


def suppressed(session: Session, spec: SyncSpec) -> dict[str, str]:
    """People who must not be in a sync, with the reason; none for a sync that is not of people."""
    if spec.gate.key != "person_id" or not session.has("canonical", "person"):
        return {}
    purpose = governance().purpose_of(spec.destination)
    found = session.rows(_OPTED_OUT) if purpose == "marketing" else []
    for name in _LISTS:
        if session.has("ops", name):
            found += session.rows(_SUPPRESSED.format(name), {"purpose": purpose})
    return {row["person_id"]: f"{purpose}: {row['reason']}" for row in found}


def without_members(
    session: Session, spec: SyncSpec, people: Mapping[str, str]
) -> tuple[SyncSpec, list[Withheld]]:
    """The sync of a list or an audience as if none of these people were in its model.

    To be on it is all that a tool is told of somebody: whoever is on it already leaves. Who shares
    a key with one of them, such as a mail address, is left out as well. The sync itself where
    there is nobody, or where its records are more than a membership.
    """
    if not people or spec.leaving != "remove":
        return spec, []
    key, gate_key = key_of(spec.identify_by), f"{quoted(spec.gate.key)}::varchar"
    told = {"_who": list(people), "_why": list(people.values())}
    with session.table("suppressed_people", told, {"_who": "text", "_why": "text"}):
        session.execute(f"""
            create or replace temp table left_out as
            with named as (
                select {key} as _left, _why
                from {spec.table} inner join suppressed_people on _who = {gate_key}
            )

            select _left, min(_why) as _why from named group by _left
        """)
    rows = session.rows(
        f"select _left as key, _why as reason from {spec.table}"
        f" inner join left_out on _left = {key} order by _left"
    )
    if not rows:
        return spec, []
    session.execute(
        f"create or replace temp view remaining_rows as"
        f" select * from {spec.table} anti join left_out on _left = {key}"
    )
    withheld = [Withheld(row["key"], "suppressed", (row["reason"],)) for row in rows]
    return Remaining.of(spec), withheld


def without_suppressed(plan: Plan, people: Mapping[str, str]) -> Plan:
    """The plan without what would be told of these people; a pure function.

    What takes a record away goes on: to stop telling of somebody is what they asked for.
    """
    if not people:
        return plan

    def why(change: Change) -> Withheld | None:
        reason = people.get(change.gate_key or "")
        if reason is None or change.is_leaving:
            return None
        return Withheld(change.key, "suppressed", (reason,))

    return plan.without(why)


def without_erased(plan: Plan, kept: Kept) -> Plan:
    """The plan without what would tell a tool of somebody who was erased.

    A model holds nobody who was erased, unless a source that is not landed tells of them.
    """
    if not kept:
        return plan
    source = registry.sources().get(plan.destination)
    stream = source.stream_of(plan.object) if source else None

    def why(change: Change) -> Withheld | None:
        told = (change.key, *change.after.values())
        is_known = change.gate_key is not None and kept.knows(person(change.gate_key))
        if stream is not None:
            is_known |= kept.knows(record(plan.destination, stream.name, change.key))
        if change.is_leaving or not (is_known or any(map(kept.knows_text, told))):
            return None
        return Withheld(ERASED if kept.knows_text(change.key) else change.key, "erased")

    return plan.without(why)
