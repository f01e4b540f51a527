"""Runs every benchmark one after the other, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.running import DATA, ROOT

ALL = ("landing", "memory", "throttled", "noop", "transport")


def _run(module: str) -> int:
    return subprocess.run([sys.executable, "-m", module], cwd=ROOT, check=False).returncode


def main() -> None:
    failed = [name for name in ALL if _run(f"benchmarks.{name}")]
    print(f"Every figure as JSON: {(DATA / 'results').relative_to(ROOT)}")
    if failed:
        sys.exit(f"These did not run to their end: {', '.join(failed)}")


if __name__ == "__main__":
    main()
