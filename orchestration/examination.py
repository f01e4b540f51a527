"""Examines an installation, asking the tools only to read: stores, credentials, scopes, fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

from connectors.core import registry
from connectors.core.source import Source, Stream, Tool
from orchestration.app import App
from reverse_etl.destinations.registry import (
    destination_for,
    mere_destinations,
    mere_destinations_in_use,
)
from reverse_etl.spec import SyncSpec, syncs
from warehouse.errors import Misconfigured, RevopsError, Unauthorised


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `count` is how many records the tool says it has."""

    what: str
    state: Literal["ok", "failed", "disabled"]
    count: int | None = None
    message: str | None = None
    exit_code: int = 0
    is_locked_out: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(app: App, vendor: str | None = None) -> list[Finding]:
    """Everything, or one vendor.

    Raises:
        Misconfigured: there is no vendor of that name.
    """
    chosen = _chosen(app, vendor)
    findings = [] if vendor else [_stores(app)]
    for source in chosen:
        findings += _vendor(app, source)
    return findings


def _chosen(app: App, vendor: str | None) -> list[Source]:
    if vendor is None:
        read = registry.sources_in_use(app.settings.vendors_in_use)
        return [*read, *mere_destinations_in_use()]
    if vendor in mere_destinations():
        return [mere_destinations()[vendor]]
    return registry.sources_in_use((vendor,))


def _stores(app: App) -> Finding:
    def look() -> int | None:
        with app.warehouse.open("doctor") as session:
            session.value("select 1")
        return None

    return _look("warehouse and state store", look)


def _vendor(app: App, source: Source) -> Iterator[Finding]:
    try:
        tool = app.open_tool(source)
    except Misconfigured as error:
        yield Finding(source.name, "disabled", message=str(error), exit_code=error.exit_code)
        return
    with tool:
        for stream in source.streams:
            found = _look(f"{source.name}.{stream.name}", partial(_count, stream, tool))
            yield found
            if found.is_locked_out:
                return
        for spec in syncs().values():
            if spec.destination == source.name:
                yield _look(f"sync {spec.name}", lambda s=spec: _fields(s, tool))  # type: ignore[misc]


def _count(stream: Stream, tool: Tool) -> int | None:
    return stream.count(tool) if stream.count else None


def _fields(spec: SyncSpec, tool: Tool) -> None:
    faults = destination_for(spec, tool).faults([mapping.field for mapping in spec.fields])
    if faults:
        raise Misconfigured("; ".join(faults))


def _look(what: str, look: Callable[[], int | None]) -> Finding:
    try:
        return Finding(what, "ok", count=look())
    except RevopsError as error:
        return Finding(
            what,
            "failed",
            message=str(error),
            exit_code=error.exit_code,
            is_locked_out=isinstance(error, Unauthorised),
        )
