"""`revops metrics`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType

from orchestration.app import App
from orchestration.hindsight import Hindsight, differences
from orchestration.measure import COLUMNS, MeasureResult, measure, measured, restated, write
from orchestration.output import ERR, OUT, print_json
from orchestration.views import hindsight_view, measure_view, metrics_view, restatements_view

_DIFFERENCES = ("metric", "dims", "then", "now", "unit", "was_reported", "is_reported")
_RESTATEMENTS = (
    *("metric", "dims", "old_value", "new_value", "unit", "was_reported", "is_reported"),
    *("because", "settled_at", "as_of", "old_reported_at", "restated_at", "invocation_id"),
)


@click.command("metrics")
@click.argument("names", nargs=-1)
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Measure the canonical CSV files of a folder, not the warehouse.",
)
@click.option(
    "--as-of",
    "instant",
    metavar="INSTANT",
    help="The report as it would have been made at an instant that has passed.",
)
@click.option(
    "--compare",
    is_flag=True,
    help="With --as-of: what is known otherwise now of periods that had ended.",
)
@click.option(
    "--restatements",
    is_flag=True,
    help="What later builds told otherwise of periods that had ended.",
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="With --from or --as-of: another policy than the folder's, or than the present one.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write metric,dims,value,unit as CSV; - for standard output.",
)
@click.option(
    "--target",
    type=click.Choice(["duckdb", "ducklake"]),
    help="With --from: the kind of database to measure in; DuckDB's own file if not said.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead.")
def metrics_command(
    *,
    names: tuple[str, ...],
    folder: Path | None,
    instant: str | None,
    compare: bool,
    restatements: bool,
    policy: Path | None,
    out: Path | None,
    target: str | None,
    as_json: bool,
) -> int:
    """Show what the company is measured by, all of it or the metrics NAMED.

    As the last `revops build` measured it; what each metric means is told in docs/playbook.md and
    docs/playbook.ja.md. An empty value is undefined (nothing to divide by, or it has not happened),
    never zero.

    With --from, a company whose 26 canonical tables are CSV files is measured by the same models in
    a database of its own; neither the warehouse nor a tool is touched. A row that is not what its
    table holds is refused by file, line and field, the others are measured, and the command ends
    with 4.

    With --as-of, the report is made again as it would have been made at that instant, from what had
    been landed by then, in a database of its own: whatever comes in late, it stays the same. The
    policy is the present one unless --policy names that of then; a policy that names its own as_of
    is seen from there. An instant without an offset is meant by the business's clock, and a day is
    its first instant: 2026-07-01 closes June. With --compare, only what is known otherwise now
    of periods that had ended by then.

    \b
    Examples:
      revops metrics nrr grr
      revops metrics --out metrics.csv
      revops metrics --from company/ --out metrics.csv
      revops metrics --from company/ --target ducklake --out metrics.csv
      revops metrics --from company/ --policy april.yml win_rate_count
      revops metrics --as-of 2026-07-01 --out june.csv
      revops metrics --as-of 2026-07-01 --compare
      revops metrics --restatements
    """
    if sum((folder is not None, instant is not None, restatements)) > 1:
        raise click.UsageError("--from, --as-of and --restatements exclude each other")
    if policy is not None and folder is None and instant is None:
        raise click.UsageError(
            "--policy belongs to --from or --as-of; the warehouse's is REVOPS_POLICY"
        )
    if target is not None and folder is None:
        raise click.UsageError(
            "--target belongs to --from; the warehouse's is a setting of its own"
        )
    if compare and instant is None:
        raise click.UsageError("--compare belongs to --as-of")
    if restatements:
        return _tell_restatements(restated(App.from_environment(), names), out, as_json=as_json)
    if instant is not None:
        asked = Hindsight.of(App.from_environment(), instant, policy, names)
        if compare:
            return _tell_differences(asked, out, as_json=as_json)
        with ERR.status("looking back") as status:
            then = asked.reported_then(status.update)
        values = [{column: row[column] for column in COLUMNS} for row in then]
        return _tell(MeasureResult(values), out, as_json=as_json)
    if folder is None:
        result = MeasureResult(measured(App.from_environment(), names))
    else:
        with ERR.status("measuring"):
            result = measure(folder, names, policy=policy, in_lake=target == "ducklake")
    return _tell(result, out, as_json=as_json)


def _tell(result: MeasureResult, out: Path | None, *, as_json: bool) -> int:
    if out is not None:
        write(result.values, out)
    if as_json and str(out) != "-":
        print_json(result.as_json())
    elif out is None:
        OUT.print(metrics_view(result.as_json()), soft_wrap=True)
    elif str(out) != "-":
        OUT.print(measure_view(result.as_json(), out), soft_wrap=True)
    for key in result.ignored:
        ERR.print(f"{key}, and was ignored", markup=False, soft_wrap=True)
    for fault in result.faults:
        ERR.print(str(fault), markup=False, soft_wrap=True)
    return result.exit_code


def _tell_differences(asked: Hindsight, out: Path | None, *, as_json: bool) -> int:
    with ERR.status("looking back") as status:
        then = asked.reported_then(status.update)
        now = asked.known_now(status.update)
    rows = [vars(one) for one in differences(then, now)]
    document = {
        "as_of": asked.instant.isoformat(),
        "records": len(then),
        "differences": _with_dims(rows),
    }
    return _tell_rows(rows, _DIFFERENCES, document, hindsight_view(document), out, as_json=as_json)


def _tell_restatements(rows: list[dict[str, Any]], out: Path | None, *, as_json: bool) -> int:
    document = {"restatements": _with_dims(rows)}
    view = restatements_view(document["restatements"])
    return _tell_rows(rows, _RESTATEMENTS, document, view, out, as_json=as_json)


def _with_dims(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row) | {"dims": json.loads(row["dims"])} for row in rows]


def _tell_rows(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    document: Mapping[str, Any],
    view: RenderableType,
    out: Path | None,
    *,
    as_json: bool,
) -> int:
    if out is not None:
        write(rows, out, columns)
    if as_json and str(out) != "-":
        print_json(document)
    elif out is None or str(out) != "-":
        OUT.print(view, soft_wrap=True)
    return 0
