"""Starts the server and the contestants, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.contest import Cost
from benchmarks.pages import Rendered, render

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "benchmarks" / ".data"


@contextmanager
def serving(rows: int, *more: str, lines: bool = False) -> Iterator[tuple[str, Rendered]]:
    """The address of a server of up to `rows` contacts, and where they lie rendered."""
    rendered = render(DATA, rows, lines=lines)
    command = [sys.executable, "-m", "benchmarks.server", str(DATA), str(rows), *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}", rendered
        finally:
            server.terminate()


def contest(name: str, server: str, rows: int, rendered: Rendered) -> Cost:
    """One run of one contestant.

    Raises:
        RuntimeError: it failed; the text ends with what it said last.
    """
    arguments = [name, server, str(rows), str(rendered.lines)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.contest", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr[-2_000:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))
