"""What a company is measured by: from the warehouse, or from canonical files by the same models."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from orchestration.app import App
from orchestration.dbt import dbt_run
from warehouse.canonical_files import Fault, LoadResult, load_canonical
from warehouse.connection import Session, Warehouse
from warehouse.documents import Document, read_document, without_unknown_keys
from warehouse.errors import Misconfigured
from warehouse.lake import Lake
from warehouse.metric_registry import read_registry
from warehouse.policy import Policy
from warehouse.rules import book

_POLICIES = ("policy.yml", "policy.yaml", "policy.json")
# What a metric is made of, and nothing below it: the canonical tables are there already.
_LAYERS = ("policy", "metrics")

COLUMNS = ("metric", "dims", "value", "unit")

_VALUES = """
    select metric, dims, value, unit
    from ({tables})
    where len($names) = 0 or list_contains($names, metric)
    order by metric, dims
"""

_RESTATEMENTS = """
    select
        metric, dims, unit, old_value, new_value, was_reported, is_reported, because,
        settled_at, as_of, old_reported_at, restated_at, invocation_id
    from metrics.restatements
    where len($names) = 0 or list_contains($names, metric)
    order by restated_at, metric, dims
"""


@dataclass(frozen=True)
class MeasureResult:
    """The values, in order of metric and dimensions; of files also what was left out of them."""

    values: list[dict[str, Any]]
    loaded: LoadResult | None = None
    ignored: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self.loaded.faults if self.loaded else ()

    @property
    def exit_code(self) -> int:
        return 4 if self.faults else 0

    def as_json(self) -> dict[str, Any]:
        loaded = self.loaded or LoadResult({}, {}, ())
        return {
            "metrics": len({row["metric"] for row in self.values}),
            "records": len(self.values),
            "undefined": sum(row["value"] is None for row in self.values),
            "values": [row | {"dims": json.loads(row["dims"])} for row in self.values],
            "rows": loaded.loaded,
            "refused": {name: count for name, count in loaded.refused.items() if count},
            "faults": [vars(fault) for fault in loaded.faults],
            "ignored": list(self.ignored),
        }


def measured(app: App, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The metrics of the last build, all of them or those named.

    Raises:
        Misconfigured: nothing has been built, or there is no metric of a name.
    """
    with _opened(app, "metric_values") as session:
        return _values(session, names)


def restated(app: App, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What later builds told otherwise of what was settled, oldest first.

    Raises:
        Misconfigured: nothing has been built.
    """
    with _opened(app, "restatements") as session:
        return session.rows(_RESTATEMENTS, {"names": list(names)})


def measure(
    folder: Path,
    names: Sequence[str] = (),
    *,
    policy: Path | None = None,
    in_lake: bool = False,
) -> MeasureResult:
    """Measure the canonical CSV files of `folder`, under its own policy or the one given.

    By the rule book that lies beside them; what a document that is not there decides is not told.
    Of metrics that are named, no more is made than they are made of. It is done in a DuckDB file of
    its own, or in a lake.

    Raises:
        Misconfigured: the folder, a file's columns, a document or a name is not what it should be.
        Held: a model failed.
    """
    subjects = _subjects(names)
    with TemporaryDirectory(prefix="revops-metrics-") as place:
        choices = _choices(folder, Path(place), policy)
        lake = Lake(f"sqlite:///{place}/lake.sqlite", Path(place) / "lake") if in_lake else None
        warehouse = Warehouse(Path(place) / "warehouse.duckdb", lake=lake)
        with warehouse.open("reading canonical files") as session:
            loaded = load_canonical(session, folder)
        dbt_run(
            warehouse,
            Path(place) / "target",
            _selection(subjects),
            policy=choices.policy,
            rules=choices.rules,
        )
        with warehouse.open("reading metrics") as session:
            values = _values(session, names, _tables(subjects))
            return MeasureResult(values, loaded, choices.ignored)


def write(rows: Sequence[Mapping[str, Any]], out: Path, columns: Sequence[str] = COLUMNS) -> None:
    """Write the columns as CSV, what is undefined being empty; `-` is standard output.

    Raises:
        Misconfigured: the file cannot be written.
    """
    with _writer(out) as writer:
        writer.writerow(columns)
        writer.writerows([row[column] for column in columns] for row in rows)


@contextmanager
def _opened(app: App, table: str) -> Iterator[Session]:
    """The warehouse, in which a table of the metrics has been built."""
    with app.warehouse.open("reading metrics") as session:
        if not session.value(
            "select count(*) from duckdb_tables()"
            " where schema_name = 'metrics' and table_name = $name",
            {"name": table},
        ):
            raise Misconfigured(
                "The warehouse has not been measured yet", advice="run `revops build` first"
            )
        yield session


def _subjects(names: Sequence[str]) -> list[str]:
    """The subjects that these metrics belong to; none where none is named.

    Raises:
        Misconfigured: there is no metric of a name.
    """
    if not names:
        return []
    known = {metric.metric: family.subject for family, metric in read_registry().metrics()}
    if unknown := sorted(set(names) - known.keys()):
        raise Misconfigured(
            f"There is no metric {', '.join(unknown)}",
            advice="every name is in docs/playbook.md; or `revops metrics` for all of them",
        )
    return sorted({known[name] for name in names})


def _selection(subjects: Sequence[str]) -> list[str]:
    """What dbt is to make so that these subjects are measured, all of them if none is named."""
    made = [f"+metric_values__{subject},{layer}" for subject in subjects for layer in _LAYERS]
    return made or list(_LAYERS)


def _tables(subjects: Sequence[str]) -> list[str]:
    return [f"metric_values__{subject}" for subject in subjects] or ["metric_values"]


def _values(
    session: Session, names: Sequence[str], tables: Sequence[str] = ("metric_values",)
) -> list[dict[str, Any]]:
    """The values of the metrics named, of all if none is.

    Raises:
        Misconfigured: there is no value of a name.
    """
    united = " union all ".join(f"from metrics.{table}" for table in tables)
    rows = session.rows(_VALUES.format(tables=united), {"names": list(names)})
    if missing := sorted(set(names) - {row["metric"] for row in rows}):
        _subjects(missing)
        raise Misconfigured(
            f"There is no value of {', '.join(missing)} here",
            advice="docs/playbook.md tells what it is made of; `revops metrics` tells all there is",
        )
    return rows


@dataclass(frozen=True)
class _Choices:
    """A company's policy and rule book, and what of them means nothing here and was left out."""

    policy: Path
    rules: Path
    ignored: tuple[str, ...]


def _choices(folder: Path, place: Path, policy: Path | None) -> _Choices:
    """Read the documents beside the tables; copies without what means nothing here go to `place`.

    Raises:
        Misconfigured: there is no policy, or a document is not what it should be.
    """
    rules = place / "rules"
    rules.mkdir()
    ignored: list[str] = []
    for name, kind in book.KINDS.items():
        path = book.find(folder, name)
        if path:
            ignored += _copied(path, kind.model, rules)
    if policy is None:
        own = next((folder / name for name in _POLICIES if (folder / name).is_file()), None)
        if own is None:
            raise Misconfigured(
                f"{folder} holds no {' or '.join(_POLICIES)}",
                advice="put one beside the tables, or name one with --policy",
            )
        ignored += _copied(own, Policy, place)
        policy = place / own.name
    else:
        read_document(policy, Policy)
    return _Choices(policy, rules, tuple(ignored))


def _copied(path: Path, model: type[Document], place: Path) -> list[str]:
    """Copy a document without the keys that mean nothing here, and tell them.

    Raises:
        Misconfigured: it is not what it should be.
    """
    try:
        said, ignored = without_unknown_keys(path, model)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError):
        # What is wrong is said where it is read.
        said, ignored = {}, []
    copy = place / path.name
    if ignored:
        copy.write_text(json.dumps(said, default=str), encoding="utf-8")
        read_document(copy, model)
    else:
        read_document(path, model)
        copy.write_bytes(path.read_bytes())
    return [f"{path.name}: {key}: is no choice of ours" for key in ignored]


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
