"""Every import contract is broken once, on purpose, in a copy of the tree."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.test_house import PACKAGES
from warehouse.settings import PROJECT_ROOT

# Contract -> the modules that break it, with what they import.
PLANTED = {
    "the layers, from orchestration down to warehouse": {
        "warehouse/planted_upward.py": "quality.spec",
    },
    "vendors do not know each other, and the core knows no vendor": {
        "connectors/zendesk/planted_neighbour.py": "connectors.hubspot.source",
        "connectors/core/planted_vendor.py": "connectors.salesforce.records",
    },
    "destinations do not know each other": {
        "reverse_etl/destinations/planted_neighbour.py": "reverse_etl.destinations.hubspot",
    },
    "identity knows records, not tools": {"identity/planted_tool.py": "connectors.core.http"},
    "estimators know numbers, not tools nor people": {
        "estimators/planted_tool.py": "connectors.core.http",
    },
    "the sandbox imports none of ours": {"sandbox/planted_ours.py": "warehouse.clock"},
    "only orchestration serves the sandbox": {"quality/planted_sandbox.py": "sandbox.app"},
    "dagster only in orchestration": {"reverse_etl/planted_dagster.py": "dagster"},
    "great_expectations only in quality.expectations": {
        "quality/planted_expectations.py": "great_expectations",
    },
    "duckdb only in warehouse": {"quality/planted_duckdb.py": "duckdb"},
    "sqlalchemy only in warehouse": {"reverse_etl/planted_sqlalchemy.py": "sqlalchemy"},
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages and of the contracts."""
    copied = tmp_path / "tree"
    copied.mkdir()
    shutil.copy(PROJECT_ROOT / "pyproject.toml", copied)
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT_ROOT / package, copied / package, ignore=ignored)
    return copied


def plant(tree: Path, modules: dict[str, str]) -> None:
    for path, imported in modules.items():
        (tree / path).write_text(f'"""Breaks a contract."""\n\nimport {imported}\n')


def broken(tree: Path) -> tuple[int, set[str], str]:
    """The exit code of import-linter, the contracts that it says are broken, and all it says."""
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command], cwd=tree, capture_output=True, text=True, check=False)
    names = set(re.findall(r"^(.+) BROKEN\b", done.stdout, re.MULTILINE))
    return done.returncode, names, done.stdout


def test_every_contract_has_a_violation_here() -> None:
    declared = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = declared["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == set(PLANTED)


def test_all_violations_together_break_all_contracts(tree: Path) -> None:
    for modules in PLANTED.values():
        plant(tree, modules)
    exit_code, names, shown = broken(tree)
    assert exit_code == 1
    assert names == set(PLANTED)
    for modules in PLANTED.values():
        assert all(path.rpartition("/")[2].removesuffix(".py") in shown for path in modules)


def test_without_a_violation_every_contract_is_kept(tree: Path) -> None:
    assert broken(tree)[:2] == (0, set())


@pytest.mark.parametrize("name", PLANTED)
def test_one_violation_breaks_its_own_contract_and_no_other(tree: Path, name: str) -> None:
    plant(tree, PLANTED[name])
    assert broken(tree)[:2] == (1, {name})
