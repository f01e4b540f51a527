"""Runs dbt as its own process, and tells what it built."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.connection import Warehouse
from warehouse.errors import Held
from warehouse.settings import DBT_PROJECT


@dataclass(frozen=True)
class BuildResult:
    """Counts by status of what ran, and the nodes that did not pass."""

    models: int
    tests: int
    seconds: float
    failures: tuple[dict[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "models": self.models,
            "tests": self.tests,
            "seconds": round(self.seconds, 1),
            "failures": list(self.failures),
        }


def dbt_build(
    warehouse: Warehouse,
    target: Path,
    selection: Sequence[str] = (),
    *,
    full_refresh: bool = False,
) -> BuildResult:
    """Build and test the models, or the selected ones; incremental ones anew if asked to.

    Raises:
        Held: a model or a test failed; what depends on it was not built.
    """
    select = ["--select", *selection] if selection else []
    select += ["--full-refresh"] if full_refresh else []
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    with warehouse.lent("dbt build"):
        process = subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
            [
                *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build", "--quiet"),
                *("--project-dir", str(DBT_PROJECT), "--target-path", str(target)),
                *("--log-path", str(target), *select),
            ],
            cwd=DBT_PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
    if not results.exists():
        raise Held(f"dbt could not start the build:\n{process.stdout}{process.stderr}".rstrip())
    result = _summary(json.loads(results.read_text(encoding="utf-8")))
    if result.failures:
        listed = "\n".join(f"  {one['node']}: {one['message']}" for one in result.failures)
        raise Held(
            f"{len(result.failures)} of the build's models and tests failed:\n{listed}",
            advice=f"the compiled SQL is in {target / 'compiled'}; then `revops build` again",
        )
    return result


def _summary(artifact: dict[str, Any]) -> BuildResult:
    kinds = Counter(one["unique_id"].split(".")[0] for one in artifact["results"])
    failures = tuple(
        {
            "node": ".".join(one["unique_id"].split(".")[:3:2]),
            "message": " ".join((one["message"] or "").split()),
        }
        for one in artifact["results"]
        if one["status"] in {"error", "fail"}
    )
    return BuildResult(
        models=kinds["model"],
        tests=kinds["test"] + kinds["unit_test"],
        seconds=artifact["elapsed_time"],
        failures=failures,
    )
