"""`revops status`."""

from __future__ import annotations

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.output import OUT, print_json, table
from orchestration.standing import standing
from orchestration.views import streams_view


@click.command("status")
@json_option
def status_command(as_json: bool) -> int:
    """Show where every stream, gate and sync stands."""
    now = standing(App.from_environment())
    if as_json:
        print_json(now)
        return 0
    OUT.print(streams_view(now["streams"]), soft_wrap=True)
    OUT.print()
    OUT.print(
        table(
            "Gates",
            ("ruleset", "verdict", "#withheld", "decided"),
            [list(row.values()) for row in now["gates"]],
        )
    )
    OUT.print()
    OUT.print(
        table(
            "Syncs",
            ("sync", "last run", "status", "#acknowledged", "#open", "#rejected"),
            [list(row.values()) for row in now["syncs"]],
        )
    )
    return 0
