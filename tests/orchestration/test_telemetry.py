"""Logs and traces tell what is done, to a real collector and without a secret; off, at no cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.reverse_etl.bench import SPEC, TOKEN, Bench, wished

REVOPS = str(Path(sys.executable).parent / "revops")


@contextmanager
def collector() -> Iterator[tuple[str, dict[str, list[bytes]]]]:
    """A server that takes OTLP over HTTP and keeps what it was sent, by path."""
    got: dict[str, list[bytes]] = {"/v1/traces": [], "/v1/metrics": []}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Encoding"] is None
            got[self.path].append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run(bench: Bench, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "REVOPS_"))}  # noqa: TID251
    settings = kept | bench.environment | {"REVOPS_VENDORS": "hubspot"} | more
    return subprocess.run(
        arguments, env=settings, cwd=bench.home, capture_output=True, text=True, check=False
    )


@pytest.fixture
def pushed(bench: Bench) -> Bench:
    bench.wish([wished(number) for number in range(3)])
    bench.judge()
    return bench


@pytest.mark.slow
def test_a_sync_is_logged_and_traced_and_no_secret_is_said(pushed: Bench) -> None:
    with collector() as (url, got):
        done = run(
            *(pushed, REVOPS, "sync", SPEC.name, "--json"),
            REVOPS_LOG__FORMAT="json",
            REVOPS_LOG__LEVEL="debug",
            OTEL_EXPORTER_OTLP_ENDPOINT=url,
        )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    (ended,) = (one for one in lines if one["message"] == "sync ended")
    assert ended["step"].endswith(f"/sync-{SPEC.name}")
    assert (ended["sync"], ended["level"], ended["seconds"] > 0) == (SPEC.name, "info", True)
    (counted,) = (one for one in lines if one["message"] == "rows_pushed")
    assert counted["count"] == 3
    requests = [one for one in lines if one["message"] == "request"]
    assert {one["sync"] for one in requests} == {SPEC.name}

    spans = spans_of(got["/v1/traces"])
    by_name = {one.name: one for one in spans}
    assert {"sync", "plan", "request"} <= set(by_name)
    assert by_name["plan"].parent_span_id == by_name["sync"].span_id
    assert len({one.trace_id for one in spans}) == 1
    assert sum(one.name == "request" for one in spans) == len(requests)
    assert totals(got["/v1/metrics"]) == {"revops.rows_pushed": 3}
    for said in (done.stdout, done.stderr, *(str(one) for part in got.values() for one in part)):
        assert TOKEN not in said


def spans_of(bodies: list[bytes]) -> list[Any]:
    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def totals(bodies: list[bytes]) -> dict[str, int]:
    """The last value of every counter; they are cumulative."""
    return {
        metric.name: sum(point.as_int for point in metric.sum.data_points)
        for body in bodies
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


_IMPORTED = """
import sys
from orchestration.cli import main
try:
    main(["runs"])
except SystemExit:
    pass
print(sorted(name for name in sys.modules if name.startswith("opentelemetry")))
from warehouse import telemetry
print(telemetry._LISTENERS)
"""


def test_off_nothing_is_imported_and_nobody_is_told(bench: Bench) -> None:
    done = run(bench, sys.executable, "-c", _IMPORTED)
    assert done.stdout.splitlines()[-2:] == ["[]", "[]"], done.stderr
