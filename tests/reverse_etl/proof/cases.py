"""Finds the destinations under proof: every module `of_<destination>.py` in this folder."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.reverse_etl.proof.case import Case

MODULES = sorted(Path(__file__).parent.glob("of_*.py"))


def _declared() -> list[type[Case]]:
    package = __name__.rpartition(".")[0]
    modules = [importlib.import_module(f"{package}.{path.stem}") for path in MODULES]
    return [case for module in modules for case in module.CASES]


CASES: dict[str, type[Case]] = {one.name.replace(" ", "_"): one for one in _declared()}
# For tests: those that are slow are marked so.
EVERY = [
    pytest.param(name, marks=pytest.mark.slow if case.is_slow else ())
    for name, case in CASES.items()
]
