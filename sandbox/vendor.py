"""What every emulated vendor shares: routes, refusals, writes, and the day that passes."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sandbox.instants import SandboxClock, hubspot_instant
from sandbox.manifest import Manifest
from sandbox.store import Change, Journal, Record, Table, read_ndjson

Handler = Callable[..., Response]


@dataclass
class Refused(Exception):
    """An error answer in the vendor's own body."""

    status: int
    body: object
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        return json_response(self.body, status=self.status, headers=self.headers)


def json_response(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    content_type = "application/json;charset=utf-8"
    return Response(text, status=status, headers=headers, content_type=content_type)


@dataclass(frozen=True)
class Setting:
    """What a vendor is set up with."""

    data: Path
    manifest: Manifest
    clock: SandboxClock
    journal: Journal


class Vendor(ABC):
    """One emulated vendor: its tables, its routes and its manners."""

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    # The field that the fault `bad_record` breaks unless its script names another.
    fragile: ClassVar[str]
    # Faults that only this vendor knows; `mishap` handles them.
    mishaps: ClassVar[tuple[str, ...]] = ()

    def __init__(self, setting: Setting) -> None:
        self.clock = setting.clock
        self.credentials = setting.manifest.credentials.get(self.name, {})
        self.limits = setting.manifest.limits.get(self.name, {})
        self.lock = RLock()
        self._journal = setting.journal
        self.tables = {kind: self.make_table(kind) for kind in self.kinds}
        for kind, table in self.tables.items():
            table.load_file(setting.data / self.name / f"{kind}.ndjson")
        self._next_day = setting.data / "next_day" / self.name
        rules = [
            Rule(path, endpoint=handler, methods=[method])
            for method, path, handler in self.routes()
        ]
        self._map = Map(rules, strict_slashes=False)

    @abstractmethod
    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """Method, path and handler of everything emulated; handlers take the request."""

    @abstractmethod
    def make_table(self, kind: str) -> Table: ...

    @abstractmethod
    def admit(self, request: Request) -> None:
        """Raise Refused when the caller may not come in or comes too often."""

    @abstractmethod
    def throttled(self, retry_after: float | None) -> Refused: ...

    @abstractmethod
    def broken(self) -> Refused:
        """The vendor's answer when it fails itself."""

    def mishap(self, kind: str, request: Request) -> Response | None:
        """Answer as the fault wants, or None when the request is handled after all."""
        raise NotImplementedError(f"{self.name} declares {kind} and does not handle {request.path}")

    def expire_tokens(self) -> None:  # noqa: B027  # vendors override
        """End every session that was issued; nothing where tokens do not expire."""

    @abstractmethod
    def unknown_path(self, request: Request) -> Refused: ...

    @abstractmethod
    def modified_at(self, kind: str, record: Record) -> datetime: ...

    @abstractmethod
    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:
        """The record with its modification instant, and its creation too when `new`."""

    @abstractmethod
    def deleted(self, kind: str, record: Record, at: datetime) -> Record:
        """The record as the vendor shows it once deleted."""

    def headers(self, request: Request) -> dict[str, str]:  # noqa: ARG002  # vendors override
        return {}

    def route(self, request: Request, path: str) -> tuple[str, Handler | None, dict[str, Any]]:
        """The path's template, the handler and its arguments; no handler for an unknown path."""
        adapter = self._map.bind("localhost")
        try:
            rule, arguments = adapter.match(path, method=request.method, return_rule=True)
        except HTTPException:
            return "(unknown)", None, {}
        return template(path, arguments), rule.endpoint, dict(arguments)

    def answer(
        self, request: Request, handler: Handler | None, arguments: dict[str, Any]
    ) -> Response:
        with self.lock:
            try:
                self.admit(request)
                if handler is None:
                    raise self.unknown_path(request)
                response = handler(request, **arguments)
            except Refused as refused:
                response = refused.response()
            response.headers.update(self.headers(request))
        return response

    def commit(self, changes: list[tuple[str, Record]]) -> None:
        """Journal the new records as one entry, then show them."""
        puts = [Change(self.name, kind, record) for kind, record in changes]
        if puts:
            self._journal.append(journal_entry(puts, self.clock.now()))
            self.apply(puts)

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.vendor == self.name:
                self.tables[change.kind].put(change.record)

    def _tomorrow(self) -> Iterator[tuple[str, Record, Record | None]]:
        """Kind, record and its state before, for every record of the next day."""
        return (
            (kind, record, table.loaded(table.key(record)))
            for kind, table in self.tables.items()
            for record in read_ndjson(self._next_day / f"{kind}.ndjson")
        )

    def live_a_day(self, began: datetime, as_of: datetime) -> tuple[list[Change], int, int]:
        """The next day's changes on top of what was written since; how many added, changed."""
        changes, added = [], 0
        for kind, after, before in self._tomorrow():
            at = began + (self.modified_at(kind, after) - as_of)
            current = self.tables[kind].get(self.tables[kind].key(after))
            merged = after if before is None or current is None else patched(current, before, after)
            added += current is None
            record = self.stamped(kind, merged, at, new=current is None)
            changes.append(Change(self.name, kind, record))
        return changes, added, len(changes) - added

    def delete_record(self, kind: str, record_id: str, at: datetime) -> Change | None:
        record = self.tables[kind].get(record_id)
        return Change(self.name, kind, self.deleted(kind, record, at)) if record else None


def template(path: str, arguments: Mapping[str, Any]) -> str:
    """The path without the ids of single records: what calls are counted by."""
    for name in ("record_id", "locator", "property_name"):
        if name in arguments:
            path = path.replace(f"/{arguments[name]}", f"/{{{name}}}")
    return path


def patched(current: Record, before: Record, after: Record) -> Record:
    """`current` with the fields in which `after` differs from `before`."""
    merged = dict(current)
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            merged[name] = patched(current.get(name) or {}, old, value)
        elif value != old:
            merged[name] = value
    return merged


def journal_entry(changes: list[Change], at: datetime, **more: Any) -> Record:
    puts = [[change.vendor, change.kind, change.record] for change in changes]
    return {"at": hubspot_instant(at), "put": puts, **more}
