"""`make audit` fails on a version with an advisory, and says when nobody could be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.audit import LOCKS, main
from warehouse.settings import PROJECT_ROOT

PINNED = "idna==3.10 --hash=sha256:{}\nsniffio==1.3.1 --hash=sha256:{}\n".format("a" * 64, "b" * 64)
ADVISORY = {
    "id": "OSV-2026-1",
    "aliases": ["CVE-2026-0001"],
    "summary": "Reads more than it is told",
    "affected": [
        {
            "package": {"name": "idna", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.11"}]}],
        }
    ],
}


@contextmanager
def advisories(known: dict[str, Any], *, status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """A service of OSV's form on loopback, and what it was asked."""
    asked: list[Any] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            found = known.get(asked[-1]["package"]["name"])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"vulns": [found]} if found else {}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
        server.shutdown()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text(PINNED, encoding="utf-8")
    return path


def test_a_pinned_version_with_an_advisory_fails(lock: Path) -> None:
    with advisories({"idna": ADVISORY}) as (url, asked):
        ended = main([lock], ["--osv-url", url])
    assert [(one["package"]["name"], one["version"]) for one in asked] == [
        ("idna", "3.10"),
        ("sniffio", "1.3.1"),
    ]
    assert ended == "audit: idna 3.10: CVE-2026-0001, OSV-2026-1; mended in 3.11"


def test_a_service_that_nobody_reaches_is_said_and_fails_nothing(
    lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([lock], ["--osv-url", "http://127.0.0.1:9/v1/query"]) == 0
    (said,) = capsys.readouterr().out.splitlines()
    assert said == (
        "audit: the advisory service did not answer (ConnectionError): nothing was looked up"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "says"),
    [(200, "no advisory is known of 2 pinned"), (503, "did not answer (ServiceError)")],
)
def test_no_advisory_and_no_answer_are_told_apart(
    lock: Path, capsys: pytest.CaptureFixture[str], status: int, says: str
) -> None:
    with advisories({}, status=status) as (url, _):
        assert main([lock], ["--osv-url", url]) == 0
    assert says in capsys.readouterr().out


@pytest.mark.slow
def test_a_lock_that_cannot_be_read_fails(tmp_path: Path) -> None:
    path = tmp_path / "requirements.lock"
    path.write_text("idna>=3\n", encoding="utf-8")
    assert str(main([path], [])).startswith("audit: pip-audit failed:")


def test_make_check_audits_every_lock() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    (check,) = [line for line in makefile.splitlines() if line.startswith("check:")]
    assert "audit" in check.split("##")[0].split()
    tracked = {path.relative_to(PROJECT_ROOT).as_posix() for path in PROJECT_ROOT.glob("*.lock")}
    assert tracked | {"benchmarks/requirements.lock"} == set(LOCKS)
