"""Faults on request: which calls go wrong, how, and how often."""

import json
import socket
import struct
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Lock
from typing import Any, Literal, get_args

import yaml
from werkzeug.wrappers import Request, Response

from sandbox.vendor import Vendor
from sandbox.vendors import declared

Kind = Literal[
    "rate_limit",
    "server_error",
    "reset",
    "slow",
    "truncate",
    "html",
    "reset_after_commit",
    "bad_record",
    "hide_record",
    "repeat_page",
    "expire_token",
]
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "vendor": str,
    "path": str,
    "kind": str,
    "method": str,
    "skip": int,
    "times": int,
    "retry_after": (int, float),
    "seconds": (int, float),
    "field": str,
    "value": object,
    "record": int,
}


@dataclass(frozen=True)
class Fault:
    """One line of the script; `times` None means for ever, after `skip` matching calls."""

    vendor: str
    path: str
    kind: str
    method: str | None = None
    skip: int = 0
    times: int | None = 1
    retry_after: float | None = None
    seconds: float = 2.0
    field: str | None = None
    value: Any = None
    record: int = 0

    def matches(self, vendor: str, method: str, path: str) -> bool:
        return (
            self.vendor in {vendor, "*"}
            and self.method in {None, method}
            and fnmatchcase(path, self.path)
        )


def parse_faults(lines: object) -> list[Fault]:
    """Check a script; ValueError names the entry and the field that is wrong."""
    if not isinstance(lines, list):
        raise ValueError("a fault script is a list of entries")  # noqa: TRY004  # bad input
    return [_parse(number, line) for number, line in enumerate(lines, 1)]


def _parse(number: int, line: object) -> Fault:
    if not isinstance(line, dict):
        raise ValueError(f"fault {number}: {line!r} is no mapping")  # noqa: TRY004  # bad input
    for name, value in line.items():
        wanted = _FIELDS.get(name)
        if wanted is None:
            raise ValueError(f"fault {number}: unknown field {name!r}, one of {list(_FIELDS)}")
        if value is not None and not isinstance(value, wanted):
            raise ValueError(f"fault {number}: {name} cannot be {value!r}")
    missing = {"vendor", "path", "kind"} - line.keys()
    if missing:
        raise ValueError(f"fault {number}: {', '.join(sorted(missing))} is missing")
    known = [*get_args(Kind), *(kind for vendor in _vendors() for kind in vendor.mishaps)]
    if line["kind"] not in known:
        raise ValueError(f"fault {number}: kind {line['kind']!r} is not one of {known}")
    return Fault(**line)


def _vendors() -> list[type[Vendor]]:
    return declared("api", "VENDOR")


def read_faults(path: Path) -> list[Fault]:
    """Read a YAML or JSON script; ValueError says what is wrong with it."""
    try:
        return parse_faults(yaml.safe_load(path.read_text(encoding="utf-8")) or [])
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


class FaultScript:
    """The faults in force and how often each has matched."""

    def __init__(self, faults: list[Fault]) -> None:
        self._lock = Lock()
        self.replace(faults)

    def replace(self, faults: list[Fault]) -> None:
        with self._lock:
            self._faults = faults
            self._matched = [0] * len(faults)

    def due(self, vendor: str, method: str, path: str) -> Fault | None:
        """The first fault that strikes this call; every matching fault counts the call."""
        struck = None
        with self._lock:
            for place, fault in enumerate(self._faults):
                if not fault.matches(vendor, method, path):
                    continue
                turn = self._matched[place] - fault.skip
                self._matched[place] += 1
                if struck is None and turn >= 0 and (fault.times is None or turn < fault.times):
                    struck = fault
        return struck


def answer_instead(fault: Fault | None, vendor: Vendor, request: Request) -> Response | None:
    """The answer of a fault that keeps the request from being handled, if it is one."""
    if fault is None:
        return None
    if fault.kind in vendor.mishaps:
        with vendor.lock:
            return vendor.mishap(fault.kind, request)
    if fault.kind == "expire_token":
        with vendor.lock:
            vendor.expire_tokens()
    if fault.kind == "rate_limit":
        return vendor.throttled(fault.retry_after).response()
    if fault.kind == "server_error":
        return vendor.broken().response()
    if fault.kind == "html":
        page = "<html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>"
        return Response(page, status=502, content_type="text/html")
    if fault.kind == "slow":
        time.sleep(fault.seconds)
    return None


def spoil(fault: Fault | None, vendor: Vendor, response: Response) -> Response:
    """Damage the answer of a handled request, if the fault says so."""
    if fault is None:
        return response
    if fault.kind == "truncate":
        body = response.get_data()
        response.set_data(body[: len(body) // 2])
    if fault.kind == "bad_record" and response.status_code < 300:
        response.set_data(_compact(_with_bad_record(response.get_json(), fault, vendor.fragile)))
    if fault.kind == "hide_record" and response.status_code < 300:
        response.set_data(_compact(_without_record(response.get_json(), fault)))
    return response


def _page_of(body: Any) -> list[Any] | None:
    values = body.values() if isinstance(body, dict) else ()
    return next((value for value in values if _is_page(value)), None)


def _without_record(body: Any, fault: Fault) -> Any:
    records = _page_of(body)
    if records is not None:
        del records[min(fault.record, len(records) - 1)]
    return body


def _with_bad_record(body: Any, fault: Fault, fragile: str) -> Any:
    records = _page_of(body)
    if records is None:
        return body
    *path, last = (fault.field or fragile).split(".")
    target = records[min(fault.record, len(records) - 1)]
    for name in path:
        target = target[name]
    target[last] = fault.value
    return body


def _is_page(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def drop_connection(environ: dict[str, Any]) -> None:
    """Close the caller's TCP connection without a word, then raise ConnectionResetError."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        # Lingering zero seconds makes the kernel send a reset instead of an orderly end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    raise ConnectionResetError("the sandbox dropped the connection, as its fault script says")


def _compact(body: Any) -> str:
    """As the vendors write it, so that the records beside a spoiled one keep every byte."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
