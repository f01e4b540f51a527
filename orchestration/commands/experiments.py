"""`revops experiments`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.output import OUT, print_json, table
from warehouse.connection import Session
from warehouse.errors import Misconfigured

_RESULTS = "select * from metrics.experiment_results order by position, experiment"
_COMPOUNDING = "select gain_per_cycle, cycles, compounded_gain from metrics.experiment_compounding"


@click.command("experiments")
@json_option
def experiments_command(*, as_json: bool) -> int:
    """Show what every experiment says, and whether chance explains it.

    As the last `revops build` measured it: those of rules/experiments.yml that were counted
    elsewhere, and those on a holdout of a sync, where A was held out and B got what was sent. Then
    what the small gain that is declared there comes to when it is made again and again.

    \b
    Examples:
      revops experiments
      revops experiments --json
    """
    with App.from_environment().warehouse.open("reading experiments") as session:
        document = _read(session)
    if as_json:
        print_json(document)
    else:
        OUT.print(experiments_view(document), soft_wrap=True)
    return 0


def _read(session: Session) -> dict[str, Any]:
    """Everything that the last build says of experiments.

    Raises:
        Misconfigured: nothing has been built.
    """
    if not session.value(
        "select count(*) from duckdb_tables()"
        " where schema_name = 'metrics' and table_name = 'experiment_results'"
    ):
        raise Misconfigured(
            "No experiment has been measured yet", advice="run `revops build` first"
        )
    compounding = session.rows(_COMPOUNDING)
    return {
        "experiments": session.rows(_RESULTS),
        "compounding": compounding[0] if compounding else None,
    }


def experiments_view(document: Mapping[str, Any]) -> RenderableType:
    """The experiments with their verdicts, and what the declared gain comes to."""
    parts: list[RenderableType] = []
    experiments, compounding = document["experiments"], document["compounding"]
    if experiments:
        columns = ("experiment", "#A", "#B", "#A %", "#B %", "#lift", "between", "#p")
        parts.append(table("Experiments", columns, map(_row, experiments)))
        parts += [
            Text.from_markup(f"  [bold]{escape(one['experiment'])}[/] {escape(one['verdict'])}")
            for one in experiments
        ]
    else:
        parts.append(Text("No experiment is declared; they are in rules/experiments.yml"))
    if compounding:
        parts.append(Text.from_markup(_compounded(compounding)))
    return Group(*parts)


def _row(one: Mapping[str, Any]) -> tuple[object, ...]:
    low, high = one["lift_low"], one["lift_high"]
    return (
        escape(one["experiment"]),
        f"{one['a_conversions']:,} of {one['a_n']:,}",
        f"{one['b_conversions']:,} of {one['b_n']:,}",
        _percent(one["a_rate"], sign=""),
        _percent(one["b_rate"], sign=""),
        _percent(one["absolute_lift"]),
        None if low is None else f"{_percent(low)} to {_percent(high)}",
        None if one["p_value"] is None else f"{one['p_value']:.4f}",
    )


def _percent(share: Any, *, sign: str = "+") -> str | None:
    return None if share is None else f"{share * 100:{sign}.2f}"


def _compounded(said: Mapping[str, Any]) -> str:
    gain = said["compounded_gain"]
    total = "beyond all bounds" if gain is None else f"[bold]{gain * 100:+,.2f} %[/]"
    return (
        f"[bold]Compounding[/] {said['gain_per_cycle'] * 100:+.2f} % a cycle,"
        f" {said['cycles']:,} cycles: {total}"
    )
