"""The way to an emulated tool: in this process, killable at every request, and faulty by script."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Any

import httpx
from werkzeug.test import run_wsgi_app

from sandbox.app import Sandbox
from tests.reverse_etl.proof.steps import Steps

if TYPE_CHECKING:
    from tests.reverse_etl.proof.case import Case, Result

# What can befall any request: nothing is done, or something is done and nobody hears of it.
ANY = ("reset", "server_error", "rate_limit", "html")
LOST = ("time_out_after_commit", "server_error_after_commit", "torn_after_commit")


@dataclass(frozen=True)
class Script:
    """What befalls the nth write, the nth read, the nth other request of a run."""

    faults: Mapping[tuple[str, int], str] = field(default_factory=dict)
    seed: int = 0


class Wire(httpx.BaseTransport):
    """`look` is called after whatever the tool has done; `struck` counts the faults by kind,
    `asked` the requests.
    """

    def __init__(
        self, case: Case, app: Sandbox, steps: Steps, script: Script, look: Callable[[], None]
    ) -> None:
        self._case, self._app, self._steps, self._look = case, app, steps, look
        self._script = script
        self._chance = Random(script.seed)
        self.asked: Counter[str] = Counter()
        self._poison: str | None = None
        self.struck: Counter[str] = Counter()
        self.reordered = False
        # Requests may be under way at a time; the emulation answers one after the other.
        self._turn = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._turn:
            return self._handled(request)

    def _handled(self, request: httpx.Request) -> httpx.Response:
        kind = self._case.kind_of_request(request.method, request.url.path)
        self.asked[kind] += 1
        fault = self._script.faults.get((kind, self.asked[kind]))
        self._steps.take(f"before request: {kind}")
        if fault is not None:
            self.struck[fault] += 1
        try:
            return self._answer(request, kind, fault)
        finally:
            self._look()
            self._steps.take(f"after request: {kind}")

    def _answer(self, request: httpx.Request, kind: str, fault: str | None) -> httpx.Response:
        if fault == "reset":
            raise httpx.ConnectError("reset by the script", request=request)
        if fault == "server_error":
            return httpx.Response(500, json=self._case.broken)
        if fault == "html":
            return httpx.Response(502, text="<html><h1>Bad gateway</h1></html>")
        if fault == "rate_limit":
            return httpx.Response(429, json=self._case.broken, headers={"Retry-After": "0"})
        if fault == "token_expiry":
            told = self._case.expire(self._app)
            if told is not None:
                return httpx.Response(told[0], json=told[1])
        if kind != "write":
            return self._lost(request, self._forward(request, request.content), fault)
        return self._written(request, fault)

    def _written(self, request: httpx.Request, fault: str | None) -> httpx.Response:
        body = json.loads(request.content)
        rows = self._case.rows(body)
        if fault == "refused_whole":
            self._poison = self._case.key_of(self._chance.choice(rows))
        if self._poison in [self._case.key_of(row) for row in rows]:
            status, told = self._case.refusal()
            return httpx.Response(status, json=told)
        if fault == "empty_success":
            return self._composed([])
        chosen = self._chance.randrange(len(rows))
        left_out = {chosen} if fault in _UNWRITTEN else set()
        sent = [row for place, row in enumerate(rows) if place not in left_out]
        results: list[Result] = []
        if sent:
            answer = self._forward(request, json.dumps(self._case.with_rows(body, sent)).encode())
            if not answer.is_success or not self._case.is_taken(answer.json()):
                return answer
            results = self._case.results(answer.json(), sent)
        if not fault:
            return self._composed(results)
        return self._lost(
            request, self._composed(self._spoilt(fault, chosen, rows, results)), fault
        )

    def _spoilt(
        self, fault: str, chosen: int, rows: list[Any], results: list[Result]
    ) -> list[Result]:
        """The results as the script wants them told, one per row unless it is said otherwise."""
        if fault in {"partial", "refused_row"}:
            told = self._case.rejection(rows[chosen], transient=fault == "partial")
            return [*results[:chosen], told, *results[chosen:]]
        if fault == "duplicate_id" and results:
            return [*results[:chosen], results[chosen - 1], *results[chosen:]]
        if fault == "missing_result":
            return [*results[:chosen], *results[chosen + 1 :]]
        if fault == "empty_after_commit":
            return []
        if fault == "reordered":
            self.reordered = True
            self._chance.shuffle(results)
        return results

    def _lost(
        self, request: httpx.Request, answer: httpx.Response, fault: str | None
    ) -> httpx.Response:
        """What was done is done; the answer may be lost all the same."""
        if fault == "time_out_after_commit":
            raise httpx.ReadTimeout("no answer, by the script", request=request)
        if fault == "server_error_after_commit":
            return httpx.Response(503, json=self._case.broken)
        if fault == "torn_after_commit":
            return httpx.Response(200, content=answer.content[: len(answer.content) // 2])
        return answer

    def _composed(self, results: list[Result]) -> httpx.Response:
        return httpx.Response(200, json=self._case.composed(results))

    def _forward(self, request: httpx.Request, content: bytes) -> httpx.Response:
        """Ask the emulated tool, which knows nothing of faults."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            # WSGI has the bytes of a path as letters.
            "PATH_INFO": request.url.path.encode().decode("latin-1"),
            "QUERY_STRING": _target(request).partition("?")[2],
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(content)),
            "wsgi.input": BytesIO(content),
            "wsgi.url_scheme": "http",
            **{
                f"HTTP_{name.upper().replace('-', '_')}": value
                for name, value in request.headers.items()
            },
        }
        body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        return httpx.Response(
            int(status.split()[0]), content=b"".join(body), headers=list(headers.items())
        )


class Plain(Wire):
    """The emulation as it is, without a script."""

    def _answer(self, request: httpx.Request, kind: str, fault: str | None) -> httpx.Response:  # noqa: ARG002
        return self._forward(request, request.content)


# Faults by which a row of the request is not written.
_UNWRITTEN = {"partial", "refused_row", "duplicate_id", "skipped"}


def _target(request: httpx.Request) -> str:
    target: bytes = request.extensions.get("target", request.url.raw_path)
    return target.decode()
