"""`revops forecast`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.forecast_views import (
    forecast_on_view,
    forecast_view,
    snapshot_days_view,
    snapshot_view,
)
from orchestration.forecasting import forecast, forecast_on, snapshot_days, take_snapshot
from orchestration.output import ERR, OUT, print_json
from warehouse.clock import new_run_id


@click.group("forecast", invoke_without_command=True)
@click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="What was believed on a day, as it was written down then.",
)
@click.option("--days", "list_days", is_flag=True, help="Which days are written down.")
@json_option
@click.pass_context
def forecast_command(
    ctx: click.Context, *, day: datetime | None, list_days: bool, as_json: bool
) -> int:
    """What this and the next quarter will bring, by owner.

    Beside what owners committed stands the baseline: won so far, and every open deal at the share
    of deals which, as long in the same stage, were won in the time that is left. It has a range in
    which eight of ten such sums lie. Below is how accurate each method was over the quarters that
    have ended, and to which side it erred.

    \b
    Examples:
      revops forecast
      revops forecast --on 2026-07-01
      revops forecast snapshot
    """
    if ctx.invoked_subcommand is not None:
        return 0
    if day is not None and list_days:
        raise click.UsageError("--on and --days exclude each other")
    app = App.from_environment()
    document: dict[str, Any]
    with ERR.status("reading"):
        if list_days:
            days = snapshot_days(app)
            document, shown = {"days": days}, snapshot_days_view(days)
        elif day is not None:
            document = forecast_on(app, day.date())
            shown = forecast_on_view(document)
        else:
            document = forecast(app)
            shown = forecast_view(document)
    if as_json:
        print_json(document)
    else:
        OUT.print(shown, soft_wrap=True)
    return 0


@forecast_command.command("snapshot")
@json_option
def snapshot_command(*, as_json: bool) -> int:
    """Write down what is believed today, once a day and for good.

    The scheduled run and the first `revops build` of a day do so by themselves. A day that is
    written down stays as it is: no build, refresh or later call changes it.
    """
    app = App.from_environment()
    with ERR.status("writing down"):
        taken = take_snapshot(app, f"{new_run_id()}/forecast")
    if as_json:
        print_json(taken.as_json())
    else:
        OUT.print(snapshot_view(taken.as_json()), soft_wrap=True)
    return 0
