"""Draws each step's result for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from orchestration.dbt import BuildResult
from orchestration.output import table
from orchestration.steps import ExtractResult
from quality.gate import GateResult
from reverse_etl.plan import Plan
from reverse_etl.sync import SyncResult

_MARKS = {"pass": "[green]pass[/]", "quarantine": "[yellow]quarantine[/]", "hold": "[red]hold[/]"}
_SHOWN_CHANGES = 12


def extract_view(result: ExtractResult) -> RenderableType:
    rows = []
    for one in result.streams:
        name = f"{one.vendor}.{one.stream}"
        rows.append(
            (
                name,
                one.read,
                one.landed.versions,
                one.landed.deletions,
                one.landed.rejects,
                result.echoes.get(name, 0),
                "[green]done[/]" if one.status == "done" else f"[red]{one.status}[/]",
            )
        )
    columns = ("stream", "#read", "#landed", "#deleted", "#rejected", "#echoes", "")
    errors = [
        Text(f"{one.vendor}.{one.stream}: {one.error}", style="red")
        for one in result.streams
        if one.error
    ]
    return Group(table("Landed", columns, rows), *errors)


def build_view(result: BuildResult) -> RenderableType:
    return Text.from_markup(
        f"[bold]Built[/] {result.models} models, {result.tests} tests passed"
        f" in {result.seconds:.1f} s"
    )


def gate_view(results: Sequence[GateResult]) -> RenderableType:
    parts: list[RenderableType] = []
    for one in results:
        rows = [
            (
                evidence.rule,
                evidence.severity,
                "[green]passed[/]" if evidence.status == "passed" else f"[red]{evidence.status}[/]",
                evidence.failed or None,
                "" if evidence.status == "passed" else escape(evidence.error or evidence.because),
            )
            for evidence in one.evidence
        ]
        title = f"Gate {one.ruleset}: {_MARKS[one.verdict.decision]} over {one.rows:,} rows"
        parts.append(table(title, ("rule", "severity", "", "#failed", "because"), rows))
    return Group(*parts)


def plan_view(plan: Plan) -> RenderableType:
    counts = plan.counts
    head = (
        f"[bold]Plan {plan.sync}[/] -> {plan.destination} {plan.object}"
        f"  (digest {plan.digest}, verdict {_MARKS[plan.decision]})\n"
        f"  {counts['rows']} rows: [green]{counts['first']} first time[/],"
        f" [cyan]{counts['changed']} changed[/], {counts['unchanged']} unchanged,"
        f" [yellow]{counts['withheld']} withheld[/]"
    )
    parts: list[RenderableType] = [Text.from_markup(head)]
    parts += [Text(f"  held: {reason}", style="red") for reason in plan.hold_reasons]
    if plan.changes:
        parts.append(_changes(plan))
    if plan.withheld:
        parts.append(_withheld(plan))
    return Group(*parts)


def sync_view(result: SyncResult) -> RenderableType:
    outcomes = result.delivery.outcomes
    parts: list[RenderableType] = []
    if result.recovery.delivered or result.recovery.abandoned:
        parts.append(
            Text(
                f"An interrupted run had left rows open: {result.recovery.delivered} had arrived,"
                f" {result.recovery.abandoned} had not and are planned again"
            )
        )
    said = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()) if count)
    parts.append(Text.from_markup(f"[bold]Pushed[/] {result.plan.sync}: {said or 'nothing to do'}"))
    parts += [
        Text(f"  rejected {one['key']}: {one['reason']}", style="red")
        for one in result.delivery.rejected
    ]
    if result.delivery.stopped_by:
        parts.append(Text(f"  stopped: {result.delivery.stopped_by}", style="red"))
    return Group(*parts)


def _changes(plan: Plan) -> Table:
    rows = []
    for change in plan.changes[:_SHOWN_CHANGES]:
        for number, (field, after) in enumerate(change.after.items()):
            rows.append(
                (
                    change.key if number == 0 else "",
                    field,
                    change.before.get(field, "[dim]not sent yet[/]"),
                    after,
                )
            )
    hidden = len(plan.changes) - _SHOWN_CHANGES
    shown = table("", ("record", "field", "last sent", "would be"), rows)
    if hidden > 0:
        shown.caption = f"... and {hidden} more records; `revops plan {plan.sync} --json` has all"
    return shown


def _withheld(plan: Plan) -> Table:
    return table(
        "",
        ("withheld", "why", ""),
        [(one.key, one.reason.replace("_", " "), ", ".join(one.details)) for one in plan.withheld],
    )
