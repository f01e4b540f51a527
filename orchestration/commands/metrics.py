"""`revops metrics`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.app import App
from orchestration.measure import MeasureResult, measure, measured, write
from orchestration.output import ERR, OUT, print_json
from orchestration.views import measure_view, metrics_view


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
    "--policy",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="With --from: another policy than the folder's policy.yml or policy.json.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write metric,dims,value,unit as CSV; - for standard output.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead.")
def metrics_command(
    names: tuple[str, ...],
    folder: Path | None,
    policy: Path | None,
    out: Path | None,
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

    \b
    Examples:
      revops metrics nrr grr
      revops metrics --out metrics.csv
      revops metrics --from company/ --out metrics.csv
      revops metrics --from company/ --policy april.yml win_rate_count
    """
    if policy is not None and folder is None:
        raise click.UsageError("--policy belongs to --from; the warehouse's is REVOPS_POLICY")
    if folder is None:
        result = MeasureResult(measured(App.from_environment(), names))
    else:
        with ERR.status("measuring"):
            result = measure(folder, names, policy=policy)
    if out is not None:
        write(result.values, out)
    if as_json and str(out) != "-":
        print_json(result.as_json())
    elif out is None:
        OUT.print(metrics_view(result.as_json()), soft_wrap=True)
    elif str(out) != "-":
        OUT.print(measure_view(result.as_json(), out), soft_wrap=True)
    for fault in result.faults:
        ERR.print(str(fault), markup=False, soft_wrap=True)
    return result.exit_code
