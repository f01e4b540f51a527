"""Draws what the ledger knows, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from orchestration.output import cell, table
from orchestration.plan_views import safety_lines
from orchestration.views import SHOWN_CHANGES, changes_table, sync_view

Document = Mapping[str, Any]

_SKIPPED = {
    "changed_by_later_run": "a later run has written it",
    "changed_in_tool": "somebody has changed it in the tool",
    "gone_from_tool": "the record is gone from the tool",
    "value_before_not_known": "not known what it held before",
    "was_created": "the run made it",
    "cannot_be_taken_back": "cannot be taken back",
}


def explain_view(document: Document) -> RenderableType:
    """The values with where each comes from, then what the next plan would do, then why."""
    title = f"{document['destination']} {document['object']} {document['key']}"
    parts: list[RenderableType] = []
    if document["fields"]:
        parts.append(_values(title, document["fields"]))
        parts += [Text(line, style="dim") for line in _origins(document["fields"])]
    else:
        parts.append(Text(f"{title}: no tool has acknowledged anything of it"))
    for one in document["now"]:
        parts += [Text(f"{one['sync']}: {line}") for line in _now_lines(one)]
        for told in one["because"]:
            parts.append(Text(f"{told['from']} of {told['of']}:", style="bold"))
            parts += [Text(f"  {line}") for line in told["reasons"]]
    return Group(*parts)


def _values(title: str, fields: Sequence[Document]) -> RenderableType:
    columns = ("field", "#value", "#before", "since", "entry")
    rows = [
        (
            escape(one["field"]),
            escape(cell(one["value"])),
            escape(cell(one["before"])),
            one["since"],
            str(one["entry_id"]),
        )
        for one in fields
    ]
    return table(escape(title), columns, rows)


def _origins(fields: Sequence[Document]) -> list[str]:
    """The entries of the ledger by which the values came, each once."""
    lines: dict[int, str] = {}
    for one in fields:
        tries = "1 attempt" if one["attempts"] == 1 else f"{one['attempts']} attempts"
        taken_back = f", which reverts {one['reverts']}" if one["reverts"] else ""
        by_job = f", job {one['job']}" if one["job"] else ""
        lines[one["entry_id"]] = (
            f"entry {one['entry_id']}: {one['sync']}, run {one['run_id']}{taken_back},"
            f" plan {one['plan_id'].rpartition(':')[2]}, {_judged(one['verdict'])}, {tries},"
            f" request {one['request_hash']}{by_job}"
        )
    return list(lines.values())


def _judged(verdict: Document | None) -> str:
    """The verdict by which a value went out, with the rules that did not pass."""
    if verdict is None:
        return "no verdict"
    failed = [one["rule"] for one in verdict["rules"] if one["status"] != "passed"]
    said = f" (not passed: {', '.join(failed)})" if failed else ""
    return f"verdict {verdict['verdict_id']} of {verdict['ruleset']}: {verdict['decision']}{said}"


def _now_lines(now: Document) -> list[str]:
    lines = [
        f"kept back, {one['reason'].replace('_', ' ')}: {', '.join(one['details'])}"
        for one in now["withheld"]
    ]
    if now["would"]:
        said = ", ".join(f"{name} = {cell(value)}" for name, value in now["would"].items())
        lines.append(f"the next sync would send {said}")
    if now["leaves"]:
        lines.append(f"the next sync would take it away ({now['leaves']})")
    if now["parked"] and not now["withheld"]:
        lines.append(f"refused before: {now['parked']['reason']}, {now['parked']['since']}")
    if not now["is_in_model"]:
        lines.append("its row has left the model")
    return lines or ["nothing waits: the tool has acknowledged what is wished for"]


def revert_view(document: Document) -> RenderableType:
    """The inverse plan, what it leaves, and how it went or how to begin it."""
    plan = document["planned"]
    parts: list[RenderableType] = [
        Text.from_markup(
            f"[bold]Revert {plan['sync']}[/] -> {plan['destination']} {plan['object']}"
            f"   of run {escape(plan['reverts'])}"
        ),
        Text.from_markup(
            f"  [cyan]{len(plan['changes']):,} records get back what they held[/],"
            f" [yellow]{len(plan['skipped']):,} fields or records stay as they are[/]"
        ),
    ]
    if plan["changes"]:
        parts.append(changes_table(plan))
    if plan["skipped"]:
        parts.append(_skipped(plan))
    parts += [Text(said, style=style) for said, style in safety_lines(plan)]
    if document["result"] is not None:
        parts.append(sync_view(document["result"]))
        parts.append(Text(f"  as run {document['run_id']}", style="dim"))
    elif plan["changes"]:
        parts.append(Text("Nothing was sent: --apply does it", style="dim"))
    return Group(*parts)


_MISSING = (
    "  {:,} rows that were planned are not in the ledger: the run was killed before it had\n"
    "  written them ahead, and never sent them, or somebody has deleted them since"
)


def replay_view(plan: Document) -> RenderableType:
    """The plan of a past run, and whether it is proven to be that plan."""
    outcomes = ", ".join(f"{count:,} {name}" for name, count in plan["outcomes"].items())
    proof = (
        (f"proven: its digest is {plan['noted_digest']}, as noted then", "green")
        if plan["is_proven"]
        else (f"NOT PROVEN: {plan['digest']} now, {plan['noted_digest']} noted then", "red")
    )
    same = "the document says the same today" if plan["is_current"] else "the document has changed"
    return Group(
        Text(f"{plan['sync']} -> {plan['destination']} {plan['object']}, run {plan['run_id']}"),
        Text(f"  planned {plan['planned_at']}; {outcomes}; {same}", style="dim"),
        changes_table(plan),
        Text(*proof),
        *([Text(_MISSING.format(plan["missing"]), style="yellow")] if plan["missing"] else []),
    )


def _skipped(plan: Document) -> RenderableType:
    shown = table(
        "",
        ("stays", "field", "why", ""),
        [
            (
                escape(one["key"]),
                escape(cell(one["field"])),
                _SKIPPED[one["reason"]],
                escape(one["detail"]),
            )
            for one in plan["skipped"][:SHOWN_CHANGES]
        ],
    )
    hidden = len(plan["skipped"]) - SHOWN_CHANGES
    if hidden > 0:
        shown.caption, shown.caption_justify = f"... and {hidden:,} more; --json has all", "left"
    return shown
