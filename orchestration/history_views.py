"""Draws runs for people, from the same documents that `--json` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from orchestration.output import fitted, table
from warehouse.waiting import span

Document = Mapping[str, Any]

_LISTED = 60

STATUSES = {
    "succeeded": "[green]succeeded[/]",
    "partial": "[yellow]partial[/]",
    "held": "[yellow]held[/]",
    "running": "[cyan]running[/]",
    "failed": "[red]failed[/]",
    "interrupted": "[red]interrupted[/]",
}


def runs_view(runs: Sequence[Document]) -> RenderableType:
    """One line a run, the newest first."""
    if not runs:
        return Text("Nothing has run yet: `revops run`, or `revops demo`")
    columns = ("run", "took", "what", "status", "#landed", "#pushed", "#rejects")
    rows = [
        (
            one["run_id"],
            _took(one),
            escape(_short(one["what"])),
            STATUSES[one["status"]],
            one["landed"],
            one["acknowledged"],
            one["rejects"] + one["rejected"],
        )
        for one in runs
    ]
    # The id is what is copied into the next command; it says when the run began.
    spare = ("took", "#landed", "#rejects", "#pushed")
    return fitted("Runs", columns, rows, spare=spare, wraps="what")


def run_view(run: Document) -> RenderableType:
    """Steps first, then what each did."""
    parts: list[RenderableType] = [
        Text.from_markup(
            f"[bold]{escape(run['run_id'])}[/]  {escape(run['what'])}  "
            f"{STATUSES[run['status']]}, {_took(run)}"
        )
    ]
    if run["dagster_run_id"]:
        parts.append(Text(f"Dagster run {run['dagster_run_id']}", style="dim"))
    steps = [
        (
            one["run_id"].partition("/")[2] or one["run_id"],
            one["started_at"],
            STATUSES[one["status"]],
            escape(one["error"] or one["stopped_by"] or ""),
        )
        for one in run["steps"]
    ]
    parts.append(table("Steps", ("step", "began", "status", ""), steps))
    parts += [part for part in (_landed(run), _judged(run), _planned(run)) if part is not None]
    for build in run["builds"]:
        if build["models"] is not None:
            parts.append(Text(f"Built {build['models']} models, {build['tests']} tests"))
    return Group(*parts)


def _landed(run: Document) -> RenderableType | None:
    """The streams that brought something; the others in a line."""
    brought = [one for one in run["streams"] if any(one["landed"].values()) or one["error"]]
    if not run["streams"]:
        return None
    if not brought:
        return Text(f"{len(run['streams'])} streams brought nothing new", style="dim")
    rows = [
        (
            f"{one['vendor']}.{one['stream']}",
            *(one["landed"][name] for name in ("versions", "deletions", "rejects")),
            one["verdict"],
            escape(one["error"] or ""),
        )
        for one in brought
    ]
    columns = ("stream", "#landed", "#deleted", "#rejected", "verdict", "")
    return table("Landed", columns, rows)


def _judged(run: Document) -> RenderableType | None:
    rows = [(one["ruleset"], one["decision"], one["withheld"]) for one in run["verdicts"]]
    return table("Verdicts", ("gate", "verdict", "#withheld"), rows) if rows else None


def _planned(run: Document) -> RenderableType | None:
    rows = [
        (
            one["sync"],
            one["plan_id"],
            sum(one["outcomes"].values()),
            ", ".join(f"{count:,} {name}" for name, count in one["outcomes"].items()),
        )
        for one in run["plans"]
    ]
    columns = ("sync", "plan", "#rows", "in the ledger")
    return fitted("Plans", columns, rows, spare=("plan",), wraps="in the ledger") if rows else None


def _took(run: Document) -> str:
    return "-" if run["seconds"] is None else span(run["seconds"])


def _short(text: str) -> str:
    """In the list; what a run did is told in full where it is the only one."""
    return text if len(text) <= _LISTED else text[: _LISTED - 1] + "…"
