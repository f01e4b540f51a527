"""Runs dbt as its own process, and tells what it built."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.connection import Warehouse
from warehouse.errors import Held
from warehouse.settings import DBT_PROJECT, child_environment


@dataclass(frozen=True)
class BuildResult:
    """Counts of what ran, the nodes that did not pass, and what was left out on purpose."""

    models: int
    tests: int
    seconds: float
    failures: tuple[dict[str, str], ...]
    left_out: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "models": self.models,
            "tests": self.tests,
            "seconds": round(self.seconds, 1),
            "failures": list(self.failures),
            "left_out": list(self.left_out),
        }


def dbt_build(
    warehouse: Warehouse,
    target: Path,
    selection: Sequence[str] = (),
    *,
    besides: Sequence[str] = (),
    full_refresh: bool = False,
) -> BuildResult:
    """Build and test the models, or the selected ones; incremental ones anew if asked to.

    What `besides` selects stays as it is.

    Raises:
        Held: a model or a test failed; what depends on it was not built.
    """
    return _build(
        warehouse,
        target,
        selection,
        [
            *(["--full-refresh"] if full_refresh else []),
            *(["--exclude", *besides] if besides else []),
        ],
        advice=f"the compiled SQL is in {target / 'compiled'}; then `revops build` again",
    )


def dbt_run(
    warehouse: Warehouse,
    target: Path,
    selection: Sequence[str],
    *,
    policy: Path,
    rules: Path | None = None,
    at: datetime | None = None,
) -> BuildResult:
    """Make what is selected in another warehouse than the settings', and test nothing.

    Under the policy given, by the settings' rule book if no other is given, and as if it were the
    instant `at`.

    Raises:
        Held: a model failed; what depends on it was not built.
    """
    values = {**warehouse.environment, "REVOPS_POLICY": str(policy.absolute())}
    if rules is not None:
        values["REVOPS_RULES"] = str(rules.absolute())
    if at is not None:
        values["REVOPS_CLOCK"] = at.isoformat()
    # `dbt run` would leave out the seeds.
    untested = [f"--exclude-resource-type={kind}" for kind in ("test", "unit_test")]
    return _build(warehouse, target, selection, untested, environment=child_environment(values))


def _build(
    warehouse: Warehouse,
    target: Path,
    selection: Sequence[str],
    options: Sequence[str] = (),
    *,
    environment: Mapping[str, str] | None = None,
    advice: str | None = None,
) -> BuildResult:
    select = ["--select", *selection] if selection else []
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    with warehouse.lent("dbt build"):
        process = subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
            [
                *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build", "--quiet"),
                *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
                *("--target-path", str(target), "--log-path", str(target), *select, *options),
            ],
            cwd=DBT_PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if not results.exists():
        raise Held(f"dbt could not start:\n{process.stdout}{process.stderr}".rstrip())
    result = _summary(json.loads(results.read_text(encoding="utf-8")))
    if result.failures:
        listed = "\n".join(f"  {one['node']}: {one['message']}" for one in result.failures)
        raise Held(
            f"{len(result.failures)} of the build's models and tests failed:\n{listed}",
            advice=advice,
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
