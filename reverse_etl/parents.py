"""Asks a tool for the parents that are known neither as landed nor as made by us."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.core.source import Tool
from reverse_etl.destinations.base import Destination
from reverse_etl.destinations.registry import kind_of
from reverse_etl.lookup import Asked, not_known, resolved
from reverse_etl.spec import Parent, SyncSpec
from warehouse.connection import Warehouse
from warehouse.errors import Misconfigured
from warehouse.state import StateStore


def asked_parents(spec: SyncSpec, tool: Tool, warehouse: Warehouse, state: StateStore) -> Asked:
    """What the tool tells of the parents that a sync wants it to be asked for.

    Raises:
        Misconfigured: the tool cannot find such records by that field.
        Unavailable: the tool does not answer.
    """
    if not any(parent.ask for parent in spec.lookups):
        return {}
    with warehouse.open(f"parents of {spec.name}") as session:
        resolved(session, spec, state)
        wanted = not_known(session, spec)
    return {
        number: _found(spec, parent, tool, wanted[number])
        for number, parent in enumerate(spec.lookups)
        if parent.ask and wanted[number]
    }


def _found(spec: SyncSpec, parent: Parent, tool: Tool, values: Sequence[str]) -> dict[str, str]:
    destination = _finder(spec, parent, tool)
    field = str(destination.id_field)
    found: dict[str, str] = {}
    for start in range(0, len(values), destination.batch_size):
        held = destination.read(values[start : start + destination.batch_size], [field])
        found |= {value: str(fields[field]) for value, fields in held.items() if fields.get(field)}
    return found


def _finder(spec: SyncSpec, parent: Parent, tool: Tool) -> Destination:
    """What finds the parents by the field."""
    kind = kind_of(spec.destination)
    destination = kind(tool, parent.object, parent.by)
    # Records that are there are meant, and not what was thrown away.
    destination.asked = frozenset({"update"})
    if destination.id_field is None or not destination.is_readable:
        faults = [f"{spec.destination} does not tell ids"]
    else:
        faults = destination.faults([])
    if faults:
        raise Misconfigured(
            f"{spec.name}.yaml: {spec.destination} cannot be asked for {parent.object} by"
            f" {parent.by}: {'; '.join(faults)}",
            advice="leave out ask: the parents are then those that were landed or made by us",
        )
    return destination
