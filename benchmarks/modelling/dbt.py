"""Runs dbt in a process of its own, with little memory, and tells what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks.modelling.company import AS_OF
from warehouse.settings import DBT_PROJECT, child_environment

# DuckDB keeps to it but for what it does not count, such as text that a result holds.
MEMORY = "3GB"


@dataclass(frozen=True)
class Cost:
    """Seconds of the wall and of all cores, and the largest resident size."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Run:
    cost: Cost
    seconds: Mapping[str, float]
    """Of every model; of those that ran side by side each has its whole time."""


def timed(command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed; the text ends with what it said last.
    """
    began = time.perf_counter()
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {log.read_text(encoding='utf-8')[-2_000:]}")
    wall = time.perf_counter() - began
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1_024)


def build(warehouse: Path, folder: Path, selection: Sequence[str] = ()) -> Run:
    """Make the models, or those selected, and test nothing; dbt's own files go below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_profile(folder)
    policy = folder / "policy.yml"
    policy.write_text(
        f"as_of: {AS_OF}\nwindow: {{start_month: 2024-07, end_month: 2026-06}}\nsla_schedule: TYO\n"
    )
    cost = timed(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build", "--quiet"),
            *("--project-dir", DBT_PROJECT, "--profiles-dir", folder),
            *("--target-path", folder, "--log-path", folder),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *(["--select", *selection] if selection else []),
        ],
        child_environment(
            {
                "REVOPS_WAREHOUSE__PATH": str(warehouse),
                "REVOPS_POLICY": str(policy),
            }
        ),
        folder / "said.txt",
    )
    results = json.loads((folder / "run_results.json").read_text(encoding="utf-8"))["results"]
    models = (one for one in results if one["unique_id"].startswith("model."))
    return Run(cost, {one["unique_id"].split(".")[-1]: one["execution_time"] for one in models})


def _write_profile(folder: Path) -> None:
    yaml = YAML()
    profile = yaml.load(DBT_PROJECT / "profiles.yml")
    profile["revops"]["outputs"]["warehouse"]["settings"]["memory_limit"] = MEMORY
    yaml.dump(profile, folder / "profiles.yml")
