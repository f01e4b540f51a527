"""`revops metrics`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.measure import measure
from orchestration.output import ERR, OUT, print_json
from orchestration.views import measure_view


@click.command("metrics")
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    metavar="DIR",
    help="Canonical tables as CSV files, and their policy.yml or policy.json.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    required=True,
    metavar="FILE",
    help="Where metric,dims,value,unit is written; - for standard output.",
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Another policy than the folder's own.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead.")
def metrics_command(folder: Path, out: Path, policy: Path | None, *, as_json: bool) -> int:
    """Measure a company whose canonical tables are CSV files.

    The models are those that the warehouse is measured with; they run in a database of their own,
    and neither the warehouse nor a tool is touched. A row that is not what its table holds is
    refused by file, line and field, the others are measured, and the command ends with 4.

    An empty value is undefined (nothing to divide by, or it has not happened), never zero.

    \b
    Examples:
      revops metrics --from company/ --out metrics.csv
      revops metrics --from company/ --policy april.yml --out -
    """
    with ERR.status("measuring"):
        result = measure(folder, out, policy=policy)
    if str(out) != "-":
        if as_json:
            print_json(result.as_json())
        else:
            OUT.print(measure_view(result.as_json(), out), soft_wrap=True)
    for fault in result.loaded.faults:
        ERR.print(str(fault), markup=False, soft_wrap=True)
    return result.exit_code
