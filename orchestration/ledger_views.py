"""Draws what the ledger knows, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from orchestration.output import cell, table
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
        parts += [Text(line, style="dim") for line in _verdicts(document["fields"])]
    else:
        parts.append(Text(f"{title}: no tool has acknowledged anything of it"))
    for one in document["now"]:
        parts += [Text(f"{one['sync']}: {line}") for line in _now_lines(one)]
        for told in one["because"]:
            parts.append(Text(f"{told['from']} of {told['of']}:", style="bold"))
            parts += [Text(f"  {line}") for line in told["reasons"]]
    return Group(*parts)


def _values(title: str, fields: Sequence[Document]) -> RenderableType:
    columns = ("field", "#value", "#before", "since", "sync", "run", "entry", "#tries", "request")
    rows = [
        (
            escape(one["field"]),
            escape(cell(one["value"])),
            escape(cell(one["before"])),
            one["since"],
            one["sync"],
            escape(one["run_id"]) + (" (a revert)" if one["reverts"] else ""),
            str(one["entry_id"]),
            one["attempts"],
            one["request_hash"],
        )
        for one in fields
    ]
    return table(escape(title), columns, rows)


def _verdicts(fields: Sequence[Document]) -> list[str]:
    """The verdicts by which the values went out, each once, with the rules that did not pass."""
    lines: dict[int, str] = {}
    for one in fields:
        verdict = one["verdict"]
        if verdict is not None:
            rules = verdict["rules"]
            failed = [rule["rule"] for rule in rules if rule["status"] != "passed"]
            lines[verdict["verdict_id"]] = (
                f"verdict {verdict['verdict_id']}: {verdict['ruleset']} {verdict['decision']},"
                f" {len(rules)} rules" + (f", not passed: {', '.join(failed)}" if failed else "")
            )
    return list(lines.values())


def _now_lines(now: Document) -> list[str]:
    lines = [
        f"kept back, {one['reason'].replace('_', ' ')}: {', '.join(one['details'])}"
        for one in now["withheld"]
    ]
    if now["would"]:
        said = ", ".join(f"{name} = {cell(value)}" for name, value in now["would"].items())
        lines.append(f"the next sync would send {said}")
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
    if document["result"] is not None:
        parts.append(sync_view(document["result"]))
        parts.append(Text(f"  as run {document['run_id']}", style="dim"))
    elif plan["changes"]:
        parts.append(Text("Nothing was sent: --apply does it", style="dim"))
    return Group(*parts)


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
