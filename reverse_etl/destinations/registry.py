"""Finds a destination by name: a module in this folder, or what a document declares to one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from connectors.core import registry
from connectors.core.settings import is_any_given
from connectors.core.source import Source, Tool
from reverse_etl import destinations
from reverse_etl.destinations.base import Destination
from reverse_etl.spec import SyncSpec, syncs
from warehouse.documents import choose
from warehouse.errors import Misconfigured


def destination_for(spec: SyncSpec, tool: Tool) -> Destination:
    """The destination of a sync.

    Raises:
        Misconfigured: there is no destination of that name, or it cannot do what the mode or a
            field asks.
    """
    if spec.destination not in {*_modules(), *_declared()}:
        raise Misconfigured(f"{spec.name}.yaml: there is no destination {spec.destination!r}")
    kind = kind_of(spec.destination)
    able = kind.operations_of(spec.object)
    missing = sorted(spec.operations - able)
    if missing:
        raise Misconfigured(
            f"{spec.name}.yaml: {spec.destination} cannot do mode {spec.mode}"
            f" with {spec.object}: it cannot {' nor '.join(missing)}",
            advice=f"it can: {', '.join(sorted(able))}",
        )
    _check_fields(spec, kind)
    made = kind(tool, spec.object, spec.identify_by.field, spec.within)
    made.asked = spec.operations
    made.at_most_once = spec.doubt == "at_most_once"
    if spec.dated and made.modified_field is None:
        raise Misconfigured(
            f"{spec.name}.yaml: {spec.destination} does not tell when a record of {spec.object} was"
            f" last changed, so that nobody knows whose {', '.join(spec.dated)} is the newest"
        )
    return made


def kind_of(destination: str) -> type[Destination]:
    """What a destination can do, known before any tool is asked."""
    if destination in _declared():
        return _declared()[destination][1]
    kind: type[Destination] = _module(destination).DESTINATION
    return kind


def _check_fields(spec: SyncSpec, kind: type[Destination]) -> None:
    faults = [
        f"{spec.destination} takes no {mapping.kind}, which {mapping.field} is"
        for mapping in spec.fields
        if mapping.kind in {"object", "array"} and mapping.kind not in kind.nests
    ]
    faults += [
        f"{spec.destination} cannot be read, so that nobody knows whether {mapping.field} is empty"
        for mapping in spec.fields
        if mapping.only_if_empty and not kind.is_readable
    ]
    if spec.guards.canary and not kind.is_readable:
        faults.append(f"{spec.destination} cannot be read, so that no canary can be")
    if faults:
        raise Misconfigured(f"{spec.name}.yaml: {'; '.join(faults)}")


@cache
def mere_destinations() -> dict[str, Source]:
    """The accounts of tools that are written to and not read from, by name."""
    found = [getattr(_module(name), "ACCOUNT", None) for name in _modules()]
    own = {one.name: one for one in found if one is not None}
    return own | {name: account for name, (account, _) in _declared().items()}


def mere_destinations_in_use() -> list[Source]:
    """Those of which any setting is given."""
    return [one for one in mere_destinations().values() if is_any_given(one.settings)]


def account_of(destination: str) -> Source:
    """The account through which a destination is written to.

    Raises:
        Misconfigured: there is no such tool.
    """
    return choose({**registry.sources(), **mere_destinations()}, "destination", destination)


def syncs_in_use(vendors: tuple[str, ...] | None) -> list[SyncSpec]:
    """The syncs to the tools that are in use; a mere destination is if any setting is given.

    In the order in which they are run: the highest `priority` first, then by name.
    """
    read = {source.name for source in registry.sources_in_use(vendors)}
    written = {one.name for one in mere_destinations_in_use()}
    in_use = [one for one in syncs().values() if one.destination in read | written]
    return sorted(in_use, key=lambda one: (-one.priority, one.name))


def disabled_syncs(vendors: tuple[str, ...] | None) -> dict[str, str]:
    """The other syncs, each with the reason that a person can do something about."""
    in_use = {spec.name for spec in syncs_in_use(vendors)}
    return {
        name: f"{spec.destination} is not in use: {_how_to_use(spec.destination)}"
        for name, spec in syncs().items()
        if name not in in_use
    }


def _how_to_use(destination: str) -> str:
    prefix = account_of(destination).settings.model_config.get("env_prefix", "")
    return f"none of its settings {prefix}* is given, or REVOPS_VENDORS leaves it out"


@cache
def _modules() -> tuple[str, ...]:
    """The modules of this folder that are destinations, by name."""
    names = [module.name for module in pkgutil.iter_modules(destinations.__path__)]
    return tuple(name for name in names if hasattr(_module(name), "DESTINATION"))


@cache
def _declared() -> dict[str, tuple[Source, type[Destination]]]:
    """What documents declare to be destinations, by name.

    Raises:
        Misconfigured: a document is wrong, or is called as a tool that is known already.
    """
    found: dict[str, tuple[Source, type[Destination]]] = {}
    for module in pkgutil.iter_modules(destinations.__path__):
        found |= getattr(_module(module.name), "declared", dict)()
    if taken := sorted(found.keys() & {*_modules(), *registry.sources()}):
        raise Misconfigured(f"{taken[0]}.yaml: there is a tool of that name already")
    return found


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{destinations.__name__}.{name}")
