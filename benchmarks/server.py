"""Serves the rendered contacts at HubSpot's paths, cheaply enough never to be the bottleneck."""

from __future__ import annotations

import argparse
import asyncio
import json
import mmap
import re
import time
from array import array
from collections import deque
from dataclasses import asdict, dataclass, field
from email.utils import formatdate
from pathlib import Path
from random import Random
from typing import cast
from urllib.parse import parse_qs

import uvloop

from benchmarks.pages import PAGE, Rendered, page, render

_REQUEST = re.compile(rb"(GET|POST) /rows/(\d+)(/[^ ?]*)\??([^ ]*) HTTP/1\.1\r\n")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CONTACTS = b"/crm/v3/objects/contacts"
_WINDOW = 10.0


@dataclass(frozen=True)
class Answer:
    body: bytes | memoryview
    status: bytes = b"200 OK"
    headers: bytes = b""


@dataclass
class Limit:
    """At most `per_window` requests within ten seconds; 429 for what comes on top, as HubSpot."""

    per_window: int
    sent: deque[float] = field(default_factory=deque)

    def refusal(self, now: float) -> Answer | None:
        while self.sent and self.sent[0] <= now - _WINDOW:
            self.sent.popleft()
        if len(self.sent) >= self.per_window:
            body = b'{"status":"error","message":"rate limit","policyName":"TEN_SECONDLY_ROLLING"}'
            return Answer(body, b"429 Too Many Requests", self.headers())
        self.sent.append(now)
        return None

    def headers(self) -> bytes:
        left = self.per_window - len(self.sent)
        return (
            b"X-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
            b"X-HubSpot-RateLimit-Max: %d\r\nX-HubSpot-RateLimit-Remaining: %d\r\n"
            % (self.per_window, left)
        )


@dataclass
class Seen:
    """What `GET /seen` tells: how many requests were answered, when the last page went out."""

    requests: int = 0
    refused: int = 0
    last_page_at: float = 0.0


class Contacts:
    """The answers; `/rows/<n>` before HubSpot's path is how many contacts there are."""

    def __init__(self, rendered: Rendered) -> None:
        with rendered.pages.open("rb") as file:
            self._bytes = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
        self._ends = array("Q", rendered.places.read_bytes())
        self.seen = Seen()

    def answer(self, rows: int, path: bytes, query: bytes) -> Answer:
        self.seen.requests += 1
        if path == _CONTACTS and b"archived=true" in query:
            return Answer(page([], None))
        if path == _CONTACTS and b"limit=1&" not in query + b"&":
            self.seen.last_page_at = time.monotonic()
            return Answer(self._page(rows, int(parse_qs(query).get(b"after", [b"0"])[0])))
        if path in {_CONTACTS, _CONTACTS + b"/search"}:
            return Answer(json.dumps({"total": rows, "results": []}).encode())
        if path == b"/crm/v3/properties/contacts":
            return Answer(json.dumps({"results": _properties(bytes(self._page(PAGE, 0)))}).encode())
        return Answer(b'{"status":"error","message":"no such path"}', b"404 Not Found")

    def _page(self, rows: int, start: int) -> bytes | memoryview:
        number = start // PAGE
        body = self._bytes[self._ends[number - 1] if number else 0 : self._ends[number]]
        if start + PAGE < rows:
            return body
        # The last page of these rows: as rendered, without what leads on.
        whole = bytes(body)
        return whole[: whole.rindex(b"]") + 1] + b"}"


def _properties(first_page: bytes) -> list[dict[str, object]]:
    names = json.loads(first_page)["results"][0]["properties"]
    dates = {"createdate", "lastmodifieddate"}
    numbers = {"associatedcompanyid", "hs_object_id"}
    types = {name: "datetime" if name in dates else "string" for name in names}
    types |= dict.fromkeys(numbers, "number")
    return [
        {"name": name, "type": type_, "hubspotDefined": True, "archived": False}
        for name, type_ in types.items()
    ]


class Protocol(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as far as the benchmarks' clients speak it."""

    def __init__(self, contacts: Contacts, limit: Limit | None, latency: tuple[float, float]):
        self._contacts, self._limit, self._latency = contacts, limit, latency
        self._held = b""
        self._rng = Random(7)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is none of asyncio's classes, only shaped like one.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head_end = self._held.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._held[: head_end + 2]
        length = _LENGTH.search(head)
        if len(self._held) < head_end + 4 + (int(length[1]) if length else 0):
            return
        self._held = b""
        answer = self._answer(head)
        if self._latency[1]:
            wait = self._rng.uniform(*self._latency)
            asyncio.get_running_loop().call_later(wait, self._send, answer)
        else:
            self._send(answer)

    def _answer(self, head: bytes) -> Answer:
        if head.startswith(b"GET /seen "):
            return Answer(json.dumps(asdict(self._contacts.seen)).encode())
        asked = _REQUEST.match(head)
        if asked is None:
            return Answer(b"{}", b"400 Bad Request")
        refusal = self._limit.refusal(time.monotonic()) if self._limit else None
        self._contacts.seen.refused += refusal is not None
        return refusal or self._contacts.answer(int(asked[2]), asked[3], asked[4])

    def _send(self, answer: Answer) -> None:
        head = b"HTTP/1.1 %s\r\nDate: %s\r\nContent-Type: application/json;charset=utf-8\r\n" % (
            answer.status,
            formatdate(usegmt=True).encode(),
        )
        limits = self._limit.headers() if self._limit and not answer.headers else answer.headers
        length = b"Content-Length: %d\r\n\r\n" % len(answer.body)
        self._transport.writelines([head + limits + length, answer.body])


async def _serve(contacts: Contacts, limit: Limit | None, latency: tuple[float, float]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Protocol(contacts, limit, latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the rendered contacts lie")
    parser.add_argument("rows", type=int, help="how many are rendered at most")
    parser.add_argument("--per-ten-seconds", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, nargs=2, default=(0, 0))
    asked = parser.parse_args()
    limit = Limit(asked.per_ten_seconds) if asked.per_ten_seconds else None
    low, high = (ms / 1_000 for ms in asked.latency_ms)
    uvloop.run(_serve(Contacts(render(asked.folder, asked.rows)), limit, (low, high)))


if __name__ == "__main__":
    main()
