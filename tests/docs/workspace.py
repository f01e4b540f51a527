"""A folder that looks like a fresh clone, where a page's blocks run with stores of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.docs.pages import Block
from warehouse.settings import PROJECT_ROOT

SANDBOX_PORT, UI_PORT = "8900", "3000"
_LINKED = ("Makefile", ".env.example", "docs", "tests", "dbt_project")
_DEADLINE = 900.0


class Workspace:
    """Blocks run here one by one, as a reader would run them; servers in the background."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: dict[str, str] = {}
        self._ports = {SANDBOX_PORT: free_port(), UI_PORT: free_port()}
        self._servers: list[subprocess.Popen[bytes]] = []
        for name in _LINKED:
            (folder / name).symlink_to(PROJECT_ROOT / name)
        (folder / ".venv").symlink_to(sys.prefix)

    def run(self, block: Block) -> str:
        """Run a block and return what it printed; its exit code must be the promised one."""
        done = subprocess.run(
            self._shell(block.text),
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_DEADLINE,
            check=False,
        )
        shown = done.stdout + done.stderr
        promised = int(block.mark("exit") or 0)
        assert done.returncode == promised, f"{block.where} ended with {done.returncode}:\n{shown}"
        return shown

    def serve(self, block: Block) -> None:
        """Start a blocking block and wait until it answers."""
        output = (self.folder / "server.txt").open("wb")
        self._servers.append(
            subprocess.Popen(
                self._shell(block.text),
                cwd=self.folder,
                env=self._environment(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        )
        if "sandbox serve" in block.text:
            eventually(lambda: answers(f"{self._at(SANDBOX_PORT)}/_sandbox/health"))
            eventually(lambda: "ends it" in (self.folder / "sandbox.txt").read_text("utf-8"))
        else:
            eventually(lambda: answers(f"{self._at(UI_PORT)}/server_info"))

    def end(self) -> None:
        for server in self._servers:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=60)

    def _shell(self, script: str) -> list[str]:
        for usual, own in self._ports.items():
            script = script.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{own}")
        script = script.replace("sandbox serve", f"sandbox serve --port {self._ports['8900']}")
        script = re.sub(r"revops ui$", f"revops ui --port {self._ports['3000']}", script)
        return ["bash", "-euo", "pipefail", "-c", script]

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("REVOPS_")}  # noqa: TID251
        own = {
            "PATH": f"{Path(sys.prefix) / 'bin'}:{inherited.get('PATH', '')}",
            "COLUMNS": "100",
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "target"),
        }
        return inherited | own | self.settings

    def _at(self, port: str) -> str:
        return f"http://127.0.0.1:{self._ports[port]}"


@contextmanager
def workspace(folder: Path) -> Iterator[Workspace]:
    made = Workspace(folder)
    try:
        yield made
    finally:
        made.end()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _DEADLINE
    while not holds():
        assert time.monotonic() < until, "the server did not answer in time"
        time.sleep(0.2)


def not_shown(promised: str, printed: str) -> list[str]:
    """The lines of a page's sample output that were not printed, whatever their numbers are."""
    lines = {_shape(line) for line in printed.splitlines()}
    samples = [line for line in promised.splitlines() if line.strip(" .")]
    return [line for line in samples if _shape(line) not in lines]


def _shape(line: str) -> str:
    return " ".join(re.sub(r"\b[0-9a-f]{16}\b|\d[\d,.:TZ-]*", "#", line).split())
