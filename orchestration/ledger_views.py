"""Draws what the ledger knows, for people."""

from __future__ import annotations

from collections.abc import Mapping
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
