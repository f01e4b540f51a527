"""Takes batches or records as HubSpot does, cheaply, under its limit and with latency."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, cast

import msgspec
import uvloop

from benchmarks.delivery_rows import COLUMNS
from benchmarks.running import ROOT
from benchmarks.server import Answer, Limit

_REQUEST = re.compile(rb"(GET|PATCH|POST) ([^ ?]*)\??[^ ]* HTTP/1\.1\r\n")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_UPDATE = b"/crm/v3/objects/companies/batch/update"
_READ = b"/crm/v3/objects/companies/batch/read"
_RECORD = b"/crm/v3/objects/companies/"
_PROPERTIES = b"/crm/v3/properties/companies"
_TAKEN_AT = "2026-11-20T09:00:00.000Z"


class Input(msgspec.Struct, rename={"trace": "objectWriteTraceId"}):
    id: str = ""
    # A read says which properties by their names, for all inputs: it is given all.
    properties: msgspec.Raw = msgspec.Raw(b"{}")
    trace: str | None = None


class Body(msgspec.Struct):
    inputs: list[Input]


_BODY = msgspec.json.Decoder(Body)


@dataclass
class Taken:
    """What `GET /taken` tells; instants are the machine's monotonic clock."""

    requests: int = 0
    refused: int = 0
    records: int = 0
    first_at: float = 0.0
    last_at: float = 0.0


class Portal:
    """Every company there is, with whatever was written to it last."""

    def __init__(self, limit: Limit | None) -> None:
        self._limit = limit
        self._held: dict[str, msgspec.Raw] = {}
        self._times: Counter[str] = Counter()
        self.taken = Taken()

    def answer(self, path: bytes, body: bytes) -> Answer:
        if path == b"/taken":
            times = self._times.values()
            distinct = {"distinct": len(times), "twice": sum(n > 1 for n in times)}
            return Answer(json.dumps(asdict(self.taken) | distinct).encode())
        refusal = self._limit.refusal(time.monotonic()) if self._limit else None
        if refusal is not None:
            self.taken.refused += 1
            return refusal
        self.taken.requests += 1
        if path == _PROPERTIES:
            return Answer(json.dumps({"results": [{"name": name} for name in COLUMNS]}).encode())
        if path.startswith(_RECORD) and path not in {_UPDATE, _READ}:
            one = msgspec.json.decode(body, type=Input)
            one.id = path.removeprefix(_RECORD).decode()
            self._update([one])
            return Answer(msgspec.json.encode(self._record(one)))
        if path not in {_UPDATE, _READ}:
            return Answer(b'{"status":"error","message":"no such path"}', b"404 Not Found")
        inputs = _BODY.decode(body).inputs
        if path == _UPDATE:
            self._update(inputs)
        records = [self._record(one) for one in inputs if one.id in self._held]
        return Answer(msgspec.json.encode({"status": "COMPLETE", "results": records}))

    def _update(self, inputs: list[Input]) -> None:
        self.taken.last_at = time.monotonic()
        self.taken.first_at = self.taken.first_at or self.taken.last_at
        self.taken.records += len(inputs)
        for one in inputs:
            self._held[one.id] = one.properties.copy()
            self._times[one.id] += 1

    def _record(self, one: Input) -> dict[str, Any]:
        traced = {} if one.trace is None else {"objectWriteTraceId": one.trace}
        return traced | {
            "id": one.id,
            "properties": self._held[one.id],
            "createdAt": _TAKEN_AT,
            "updatedAt": _TAKEN_AT,
            "archived": False,
        }

    def headers(self) -> bytes:
        return self._limit.headers() if self._limit else b""


class Protocol(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, one request at a time on each connection."""

    def __init__(self, portal: Portal, latency: tuple[float, float], rng: Random) -> None:
        self._portal, self._latency, self._rng = portal, latency, rng
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is none of asyncio's classes, only shaped like one.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head_end = self._held.find(b"\r\n\r\n")
        if head_end < 0:
            return
        length = _LENGTH.search(self._held[: head_end + 2])
        end = head_end + 4 + (int(length[1]) if length else 0)
        if len(self._held) < end:
            return
        body, head, self._held = self._held[head_end + 4 : end], self._held[:head_end], b""
        asked = _REQUEST.match(head + b"\r\n")
        answer = self._portal.answer(asked[2], body) if asked else Answer(b"{}", b"400 Bad Request")
        wait = self._rng.uniform(*self._latency) if self._latency[1] else 0
        asyncio.get_running_loop().call_later(wait, self._send, answer)

    def _send(self, answer: Answer) -> None:
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json;charset=utf-8\r\n" % answer.status
        length = b"Content-Length: %d\r\n\r\n" % len(answer.body)
        self._transport.writelines([head + self._portal.headers() + length, answer.body])


async def _serve(limit: Limit | None, latency: tuple[float, float]) -> None:
    portal, rng = Portal(limit), Random(7)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Protocol(portal, latency, rng), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def taking(*limits: str) -> Iterator[str]:
    """The address of such a portal in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.delivery_server", *limits]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-ten-seconds", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, nargs=2, default=(0, 0))
    asked = parser.parse_args()
    limit = Limit(asked.per_ten_seconds) if asked.per_ten_seconds else None
    low, high = (ms / 1_000 for ms in asked.latency_ms)
    uvloop.run(_serve(limit, (low, high)))


if __name__ == "__main__":
    main()
