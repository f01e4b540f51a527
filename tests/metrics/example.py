"""What every oracle is held to: the worked example, and that the order of rows means nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from tests.metrics.oracle.company import TABLES
from warehouse.settings import PROJECT_ROOT

EXAMPLE = PROJECT_ROOT.parent / "shared" / "worked_example"

has_example = pytest.mark.skipif(not EXAMPLE.exists(), reason="the worked example is not here")


def assert_meets_the_example(met: Mapping[tuple[str, str], str | None]) -> None:
    """Every record of the metrics that are told has its value, and there is no other record."""
    metrics = {metric for metric, _ in met}
    expected = json.loads((EXAMPLE / "expected.json").read_text(encoding="utf-8"))["records"]
    wanted = {
        (row["metric"], json.dumps(row["dims"], sort_keys=True)): row
        for row in expected
        if row["metric"] in metrics
    }
    assert met.keys() == wanted.keys()
    for key, row in wanted.items():
        value = met[key]
        if row["unit"] == "text" or row["value"] is None or value is None:
            assert value == row["value"], key
        else:
            assert abs(Decimal(row["value"]) - Decimal(value)) <= Decimal(row["tolerance"]), key


def shuffle_rows(folder: Path) -> None:
    """Put the rows of every table in another order."""
    rng = random.Random(0)
    for table in TABLES:
        path = folder / f"{table}.csv"
        head, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        rng.shuffle(lines)
        path.write_text("".join([head, *lines]), encoding="utf-8")
