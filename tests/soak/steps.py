"""One `revops` command after the other, each a process whose cost is measured, some killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.settings import child_environment

# Longer than any step takes on a slow machine.
PATIENCE = 1_800
_POLL = 0.02
_MB = 1024


@dataclass(frozen=True)
class Step:
    """What one command did.

    Attributes:
        code: its exit code; None if it was killed.
        cpu: seconds of it and of its children, user and system.
        peak: the largest resident set of it or of a child, in MB.
        said: its JSON document, where it said one.
    """

    name: str
    code: int | None
    cpu: float
    wall: float
    peak: float
    said: Any
    error: str

    @property
    def was_killed(self) -> bool:
        return self.code is None


def run_step(
    name: str,
    *arguments: str,
    folder: Path,
    kill_when: Callable[[float], bool] | None = None,
    environment: dict[str, str] | None = None,
) -> Step:
    """Run `revops ARGUMENTS`; SIGKILL it and all its children at a moment, if told to.

    Args:
        kill_when: asked every 0.02 seconds with the seconds that have passed.

    Raises:
        TimeoutError: it did not end in half an hour.
    """
    command = [str(Path(sys.executable).parent / "revops"), *arguments]
    out, err = folder / "step.out", folder / "step.err"
    began = time.monotonic()
    with out.open("wb") as said, err.open("wb") as told:
        process = subprocess.Popen(
            command,
            stdout=said,
            stderr=told,
            start_new_session=True,
            env=child_environment(environment or {}),
        )
        killed = False
        while True:
            # wait4 and not wait: it tells what this child cost, and none before it.
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            passed = time.monotonic() - began
            if kill_when is not None and not killed and kill_when(passed):
                os.killpg(process.pid, signal.SIGKILL)
                killed = True
            if passed > PATIENCE:
                os.killpg(process.pid, signal.SIGKILL)
                raise TimeoutError(f"`revops {' '.join(arguments)}` did not end")
            time.sleep(_POLL)
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    return Step(
        name,
        None if killed and code == -signal.SIGKILL else code,
        usage.ru_utime + usage.ru_stime,
        time.monotonic() - began,
        usage.ru_maxrss / _MB,
        _document(out.read_text(encoding="utf-8")),
        err.read_text(encoding="utf-8")[-1_500:],
    )


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None
