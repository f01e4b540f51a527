"""Measures a company whose canonical tables are files, by the models of the warehouse."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orchestration.dbt import dbt_run
from warehouse.canonical_files import LoadResult, load_canonical
from warehouse.connection import Warehouse
from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.policy import Policy

_POLICIES = ("policy.yml", "policy.yaml", "policy.json")
# What a metric is made of, and nothing below it: the canonical tables are there already.
_SELECTION = ("policy", "metrics")


@dataclass(frozen=True)
class MeasureResult:
    metrics: int
    records: int
    undefined: int
    loaded: LoadResult

    @property
    def exit_code(self) -> int:
        return 4 if self.loaded.faults else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "metrics": self.metrics,
            "records": self.records,
            "undefined": self.undefined,
            "rows": self.loaded.loaded,
            "refused": {name: count for name, count in self.loaded.refused.items() if count},
            "faults": [vars(fault) for fault in self.loaded.faults],
        }


def measure(folder: Path, out: Path, *, policy: Path | None = None) -> MeasureResult:
    """Write `metric,dims,value,unit` of the canonical CSV files in `folder` to `out`.

    The policy is the given document, else the folder's own, else every default.

    Raises:
        Misconfigured: the folder, a file's columns or the policy are not what they should be.
        Held: a model failed.
    """
    document = policy or _policy_of(folder)
    read_document(document, Policy)
    with TemporaryDirectory(prefix="revops-metrics-") as place:
        warehouse = Warehouse(Path(place) / "warehouse.duckdb")
        with warehouse.open("reading canonical files") as session:
            loaded = load_canonical(session, folder)
        dbt_run(warehouse, Path(place) / "target", _SELECTION, policy=document)
        with warehouse.open("reading metrics") as session:
            rows = session.rows(
                "select metric, dims, value, unit from metrics.metric_values order by metric, dims"
            )
    with _writer(out) as writer:
        writer.writerow(["metric", "dims", "value", "unit"])
        writer.writerows(row.values() for row in rows)
    return MeasureResult(
        metrics=len({row["metric"] for row in rows}),
        records=len(rows),
        undefined=sum(row["value"] is None for row in rows),
        loaded=loaded,
    )


def _policy_of(folder: Path) -> Path:
    for name in _POLICIES:
        if (folder / name).is_file():
            return folder / name
    raise Misconfigured(
        f"{folder} holds no {' or '.join(_POLICIES)}",
        advice="put one beside the tables, or name one with --policy",
    )


@contextmanager
def _writer(out: Path) -> Iterator[Any]:
    if str(out) == "-":
        yield csv.writer(sys.stdout, lineterminator="\n")
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            yield csv.writer(file, lineterminator="\n")
    except OSError as error:
        raise Misconfigured(f"{out} cannot be written: {error.strerror}") from error
