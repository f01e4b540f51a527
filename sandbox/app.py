"""The emulated vendors as one WSGI application."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from sandbox.arrivals import arrive
from sandbox.faults import (
    Fault,
    FaultScript,
    answer_instead,
    drop_connection,
    parse_faults,
    read_faults,
    spoil,
)
from sandbox.instants import SandboxClock, hubspot_instant, parse_instant
from sandbox.manifest import read_manifest
from sandbox.store import Change, Journal, read_ndjson
from sandbox.vendor import Setting, Vendor, journal_entry, json_response
from sandbox.vendors import declared

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

VENDORS: tuple[type[Vendor], ...] = tuple(declared("api", "VENDOR"))
DAY = timedelta(days=1)


class Vendors(Mapping[str, Vendor]):
    """The emulated vendors by name, each made when it is first wanted."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        present = [kind for kind in VENDORS if (setting.data / kind.name).is_dir()]
        self._kinds = {kind.name: kind for kind in present}
        self._made: dict[str, Vendor] = {}
        self._making = Lock()

    def __getitem__(self, name: str) -> Vendor:
        with self._making:
            if name not in self._made:
                self._made[name] = self._kinds[name](self._setting)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


class Sandbox:
    """A WSGI application: `/<vendor>/...` is the vendor, `/_sandbox/...` the controls."""

    def __init__(
        self,
        setting: Setting,
        vendors: Vendors,
        faults: FaultScript,
        latency_ms: int,
        *,
        changes_folders: bool = False,
    ) -> None:
        self.clock = setting.clock
        self.vendors = vendors
        self._setting = setting
        self._changes_folders = changes_folders
        self._faults = faults
        self._latency = latency_ms / 1_000
        self._counting = Lock()
        self._requests: Counter[tuple[str, str, str, int]] = Counter()
        self._days = 0
        self._answered: dict[tuple[str, str], bytes] = {}
        self._replay()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        request = Request(environ)
        response = self._respond(request)
        response.headers["Date"] = http_date(self.clock.now())
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        _, first, *_ = [*request.path.split("/", 2), ""]
        if first == "_sandbox":
            return self._control(request)
        vendor = self.vendors.get(first)
        if vendor is None:
            serving = ", ".join(self.vendors)
            return json_response({"error": f"no vendor {first!r} here: {serving}"}, status=404)
        return self._vendor(vendor, request)

    def _vendor(self, vendor: Vendor, request: Request) -> Response:
        path = request.path.removeprefix(f"/{vendor.name}") or "/"
        template, handler, arguments = vendor.route(request, path)
        fault = self._faults.due(vendor.name, request.method, path)
        if self._latency:
            time.sleep(self._latency)
        if fault and fault.kind == "reset":
            self._count(vendor.name, request.method, template, 0)
            drop_connection(request.environ)
        response = answer_instead(fault, vendor, request)
        if response is None:
            response = spoil(fault, vendor, vendor.answer(request, handler, arguments))
        self._repeat(fault, (vendor.name, template), response)
        lost = fault is not None and fault.kind == "reset_after_commit"
        status = 0 if lost else response.status_code
        self._count(vendor.name, request.method, template, status)
        if lost:
            drop_connection(request.environ)
        return response

    def _repeat(self, fault: Fault | None, call: tuple[str, str], response: Response) -> None:
        """Put the last answer to the same call in place of this one, if the fault says so."""
        if fault and fault.kind == "repeat_page" and call in self._answered:
            response.set_data(self._answered[call])
        self._answered[call] = response.get_data()

    def _count(self, vendor: str, method: str, template: str, status: int) -> None:
        with self._counting:
            self._requests[vendor, method, template, status] += 1

    def _control(self, request: Request) -> Response:
        match request.method, request.path.split("/")[2:]:
            case "GET", ["health"]:
                return json_response(self._health())
            case "POST", ["advance"]:
                return json_response(self.advance())
            case "GET", ["requests"]:
                return json_response(self.requests())
            case "POST", ["faults"]:
                return self._replace_faults(request)
            case "GET", ["records", name, kind] if kind in self._kinds(name):
                return Response(self.records(name, kind), content_type="application/x-ndjson")
        return json_response({"error": f"no control {request.method} {request.path}"}, status=404)

    def _kinds(self, name: str) -> tuple[str, ...]:
        return self.vendors[name].kinds if name in self.vendors else ()

    def _health(self) -> dict[str, Any]:
        now = hubspot_instant(self.clock.now())
        return {"status": "ok", "now": now, "vendors": list(self.vendors), "days": self._days}

    def _replace_faults(self, request: Request) -> Response:
        try:
            faults = parse_faults(json.loads(request.get_data()))
        except ValueError as error:
            return json_response({"error": str(error)}, status=400)
        self._faults.replace(faults)
        return json_response({"faults": len(faults)})

    def requests(self) -> list[dict[str, Any]]:
        """Counts by vendor, method, path template and status; status 0 is a dropped connection."""
        with self._counting:
            counted = sorted(self._requests.items())
        names = ("vendor", "method", "path", "status")
        return [dict(zip(names, key, strict=True)) | {"count": n} for key, n in counted]

    def records(self, vendor: str, kind: str) -> str:
        """Every current record of an object as NDJSON, deleted ones included."""
        owner = self.vendors[vendor]
        with owner.lock:
            return "".join(
                json.dumps(record, ensure_ascii=False) + "\n" for record in owner.tables[kind]
            )

    def advance(self) -> dict[str, Any]:
        """Let a day pass; the first one brings the changes of `next_day`."""
        with ExitStack() as locks:
            for vendor in self.vendors.values():
                locks.enter_context(vendor.lock)
            changes, counts = self._next_day() if self._days == 0 else ([], (0, 0, 0))
            if self._days == 0 and self._changes_folders:
                arrive(self._setting.data)
            self.clock.advance(DAY)
            self._days += 1
            entry = journal_entry(changes, self.clock.now(), advance=1)
            self._setting.journal.append(entry)
            for vendor in self.vendors.values():
                vendor.apply(changes)
        added, changed, deleted = counts
        now = hubspot_instant(self.clock.now())
        return {"now": now, "added": added, "changed": changed, "deleted": deleted}

    def _next_day(self) -> tuple[list[Change], tuple[int, int, int]]:
        began, as_of = self.clock.now(), self._setting.manifest.as_of
        changes: list[Change] = []
        added = changed = 0
        for vendor in self.vendors.values():
            news, more, altered = vendor.live_a_day(began, as_of)
            changes, added, changed = changes + news, added + more, changed + altered
        lines = read_ndjson(self._setting.data / "next_day" / "deletes.ndjson")
        deletes = [
            self.vendors[line["vendor"]].delete_record(line["object"], line["id"], began + DAY / 2)
            for line in lines
            if line["vendor"] in self.vendors
        ]
        gone = [change for change in deletes if change]
        return changes + gone, (added, changed, len(gone))

    def _replay(self) -> None:
        manifest, journal = self._setting.manifest, self._setting.journal
        is_new = True
        for entry in journal.entries():
            is_new = False
            if entry.get("data", manifest.identity) != manifest.identity:
                raise ValueError(
                    f"{journal.path} was written over other data: remove it, or name another state"
                )
            changes = [Change(*put) for put in entry["put"]]
            for vendor in self.vendors.values():
                vendor.apply(changes)
            if entry.get("advance"):
                self._days += 1
            self.clock.not_before(parse_instant(entry["at"]))
        if is_new:
            journal.append(journal_entry([], self.clock.now(), data=manifest.identity))


def create_app(
    data: Path,
    *,
    state: Path | None = None,
    faults: Path | None = None,
    latency_ms: int = 0,
    ticks: Callable[[], float] = time.monotonic,
    changes_folders: bool = False,
    lazily: bool = False,
) -> Sandbox:
    """Serve the data directory `data`, with the vendors it holds.

    Args:
        data: what `generate` or `from_crm_export` wrote.
        state: a file that keeps what is written, so that it survives a restart.
        faults: a YAML or JSON fault script.
        latency_ms: added to every vendor answer.
        ticks: seconds that drive sandbox time, for tests.
        lazily: read a vendor's records when it is first asked; a broken one is told then.
        changes_folders: the next day's files and rows of what has no API are put into `data`.

    Raises:
        FileNotFoundError: `data` holds no manifest.
        ValueError: a broken record line or fault script, with its place; a state of other data.
    """
    manifest = read_manifest(data)
    setting = Setting(data, manifest, SandboxClock(manifest.as_of, ticks), Journal(state))
    vendors = Vendors(setting)
    if not lazily:
        list(vendors.values())
    script = FaultScript(read_faults(faults) if faults else [])
    return Sandbox(setting, vendors, script, latency_ms, changes_folders=changes_folders)
