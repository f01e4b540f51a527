"""`revops status`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from rich.console import RenderableType

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.history_views import STATUSES
from orchestration.output import OUT, print_json, table
from orchestration.standing import standing
from orchestration.views import AGES, ages, streams_view

_GATES = {"pass": "[green]pass[/]", "quarantine": "[yellow]quarantine[/]", "hold": "[red]hold[/]"}

_BUILT = {"built": "[green]built[/]", "not built": "[red]not built[/]"}


@click.command("status")
@json_option
def status_command(as_json: bool) -> int:
    """Show where every stream, model, gate and sync stands.

    Of each: the last success and how long ago that was, in red where it is longer than
    schedules.yaml agrees to, rows, verdict, and when it runs next where Dagster's daemon runs. A
    sync without a time of its own follows as soon as its rows are new.
    """
    now = standing(App.from_environment())
    if as_json:
        print_json(now)
        return 0
    OUT.print(streams_view(now["streams"]), soft_wrap=True)
    for part in (_models(now), _gates(now), _syncs(now)):
        OUT.print()
        OUT.print(part, soft_wrap=True)
    return 0


def _models(now: Mapping[str, Any]) -> RenderableType:
    if not now["models"]:
        return "No model was ever built; next: `revops build`"
    rows = [
        (one["model"], one["rows"], _BUILT[one["verdict"]], *ages(one)) for one in now["models"]
    ]
    return table("Models", ("model", "#rows", "verdict", *AGES), rows)


def _gates(now: Mapping[str, Any]) -> RenderableType:
    rows = [
        (one["ruleset"], _GATES.get(one["decision"]), one["withheld"], *ages(one))
        for one in now["gates"]
    ]
    return table("Gates", ("ruleset", "verdict", "#withheld", *AGES), rows)


def _syncs(now: Mapping[str, Any]) -> RenderableType:
    rows = [
        (
            one["sync"],
            STATUSES.get(one["status"]),
            *(one[name] for name in ("acknowledged", "open", "rejected")),
            *ages(one),
        )
        for one in now["syncs"]
    ]
    columns = ("sync", "status", "#acknowledged", "#open", "#rejected", *AGES)
    return table("Syncs", columns, rows)
