"""Asks for known advisories of every pinned version: `make audit`, a part of `make check`.

A found advisory fails. A service that cannot be reached does not: a check must not need a network.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from warehouse.settings import PROJECT_ROOT

LOCKS = ("requirements.lock", "benchmarks/requirements.lock", "requirements-pip.lock")

# Advisories that do not concern us, each with the reason; empty is best.
NOT_OURS: dict[str, str] = {}

# How pip-audit ends where nobody, or nobody who knows, has answered it.
_UNANSWERED = re.compile(
    r"(?:^|\.)(ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|ServiceError"
    r"|JSONDecodeError)\b",
    re.MULTILINE,
)


def main(locks: list[Path], options: list[str]) -> str | int:
    """What the process ends with: 0, or what is wrong.

    Args:
        locks: files in which every version is pinned with its hashes.
        options: further ones of pip-audit, such as `--osv-url`.
    """
    with TemporaryDirectory(prefix="revops-audit-") as folder:
        report = Path(folder) / "report.json"
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv"),
                *("--disable-pip", "--timeout", "5", "--progress-spinner", "off"),
                *("--format", "json", "--output", str(report), "--cache-dir", folder),
                *(word for lock in locks for word in ("--requirement", str(lock))),
                *(word for name in NOT_OURS for word in ("--ignore-vuln", name)),
                *options,
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if report.exists():
            return _judged(json.loads(report.read_text(encoding="utf-8"))["dependencies"])
    if said := _UNANSWERED.findall(ended.stderr):
        click.echo(
            f"audit: the advisory service did not answer ({said[-1]}): nothing was looked up"
        )
        return 0
    return f"audit: pip-audit failed:\n{ended.stderr}"


def _judged(found: list[dict[str, Any]]) -> str | int:
    known = [
        f"audit: {one['name']} {one['version']}: {advisory['id']},"
        f" {', '.join(advisory['aliases']) or 'no other name'};"
        f" mended in {', '.join(advisory['fix_versions']) or 'no version yet'}"
        for one in found
        for advisory in one.get("vulns", [])
    ]
    if known:
        return "\n".join(known)
    click.echo(f"audit: no advisory is known of {len(found)} pinned packages")
    return 0


if __name__ == "__main__":
    sys.exit(main([PROJECT_ROOT / name for name in LOCKS], sys.argv[1:]))
