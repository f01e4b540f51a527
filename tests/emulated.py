"""The emulated vendors as tests use them: served on loopback, with time in the test's hands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.core.pace import Budget, Pacer
from orchestration.sandboxed import connection_settings
from sandbox.app import Sandbox, create_app
from sandbox.generate import generate
from sandbox.server import running
from tests.emulation import emulations

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)

Record = dict[str, Any]


def invent_company(out: Path, *, plain: bool = False) -> Path:
    """A small company's data, the same on every day, served without rate limits."""
    manifest = generate(out, as_of=AS_OF, plain=plain)
    # Sandbox time stands still, so that no rate window would ever pass; faults ask for patience.
    limits = {name: dict(one.no_limits) for name, one in emulations().items()}
    # Nothing is read from Slack.
    limits["slack"] = {"messages_per_second": 1_000_000, "per_minute": 1_000_000}
    replace(manifest, limits=limits).write(out)
    return out


def landed_keys(vendors: Vendors, vendor: str, stream: str) -> list[str]:
    """The keys that a full reading of a stream must land, deleted ones included."""
    emulation = emulations()[vendor]
    if stream in emulation.kinds:
        return sorted(key_of(record) for record in vendors.records(vendor, stream))
    assert emulation.keys is not None, f"{vendor}.{stream}: declare what it must land"
    return sorted(emulation.keys(vendors, stream))


def key_of(record: Record) -> str:
    return str(record.get("Id", record.get("id")))


class Ticks:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Vendors:
    """All vendors of one data directory; `sandbox` lets a test reach what no API shows."""

    url: str
    data: Path
    sandbox: Sandbox
    ticks: Ticks

    def settings(self) -> dict[str, str]:
        return connection_settings(self.data, self.url)

    def fault(self, *entries: Record) -> None:
        """Replace the fault script; with no entry, everything works again."""
        self._control("faults", list(entries))

    def advance(self) -> Record:
        answer = self._control("advance")
        self.wait(3_600)
        return answer

    def _control(self, name: str, said: object = None) -> Record:
        """However busy the machine is: a day that passes reads every record."""
        address = f"{self.url}/_sandbox/{name}"
        answer = httpx.post(address, json=said, timeout=120).raise_for_status()
        found: Record = answer.json()
        return found

    def wait(self, seconds: float) -> None:
        self.ticks.seconds += seconds

    def records(self, vendor: str, stream: str) -> list[Record]:
        """Every current record of a stream, deleted ones included, as its vendor holds it."""
        text = self.sandbox.records(vendor, emulations()[vendor].kinds[stream])
        return [json.loads(line) for line in text.splitlines()]

    def put(self, vendor: str, stream: str, record: Record) -> None:
        """Make a record what it is now, stamps included: as if it had always been so."""
        self.sandbox.vendors[vendor].tables[emulations()[vendor].kinds[stream]].put(record)

    def requests(self, vendor: str) -> int:
        """How many requests a vendor has seen."""
        counted = self.sandbox.requests()
        return sum(line["count"] for line in counted if line["vendor"] == vendor)


@contextmanager
def serving(data: Path, *, latency_ms: int = 0) -> Iterator[Vendors]:
    """Serve a data directory, an hour after its last record was made."""
    ticks = Ticks()
    sandbox = create_app(data, ticks=ticks, latency_ms=latency_ms, lazily=True)
    ticks.seconds = 3_600
    with pytest.MonkeyPatch.context() as patch, running(sandbox) as url:
        patch.setattr("connectors.core.http.Pacer", _unhurried)
        yield Vendors(url, data, sandbox, ticks)


def _unhurried(_: Budget, path: Path | None = None) -> Pacer:
    """A pacer of this process for a vendor without limits, who asks for patience by answers alone.

    Spread over the real budgets, one reading of every tool takes 20 s of sleep.
    """
    return Pacer(Budget(requests=100_000, seconds=1), path)
