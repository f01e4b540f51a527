"""`revops runs`."""

from __future__ import annotations

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.history import run_told, runs_listed
from orchestration.history_views import run_view, runs_view
from orchestration.output import OUT, print_json


@click.command("runs")
@click.argument("run_id", required=False)
@click.option(
    "--last",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="How many runs are listed.",
)
@json_option
def runs_command(run_id: str | None, last: int, as_json: bool) -> int:
    """List the newest runs, or tell what one did.

    Of RUN_ID: its steps, what was landed of each stream, what was built, the verdicts, the plans
    and what became of their rows. The same id stands in `_run_id` of what is landed, in the plans
    and in the ledger; a run of Dagster's names its Dagster run, too. A run whose process is gone is
    `interrupted`: the next one goes on where it was.

    \b
    Examples:
      revops runs
      revops runs --last 3
      revops runs 20261120-090000-000-4f1d --json
    """
    app = App.from_environment()
    if run_id is None:
        listed = runs_listed(app, last)
        if as_json:
            print_json({"runs": listed})
        else:
            OUT.print(runs_view(listed), soft_wrap=True)
        return 0
    told = run_told(app, run_id)
    if as_json:
        print_json(told)
    else:
        OUT.print(run_view(told), soft_wrap=True)
    return 0
