"""The ticket events that follow from a ticket's change: a tool writes down what happens in it."""

from datetime import datetime
from typing import Any

from sandbox.instants import parse_instant
from sandbox.store import Record
from sandbox.vendors.zendesk.phrases import phrases_for
from sandbox.vendors.zendesk.records import changed, comment, created, ticket_event
from sandbox.vendors.zendesk.tales import SYSTEM


def event_of(event_id: int, before: Record | None, after: Record) -> Record | None:
    """What is written down when a ticket becomes `after`; nothing when no status changes."""
    children = _opening(after) if before is None else _moving(before, after)
    if not children:
        return None
    updater, via = _updater(after), "Web form" if before else "Mail"
    at = _instant(after)
    return ticket_event(event_id, after["id"], updater, at, via=via, children=children)


def _instant(ticket: Record) -> datetime:
    return parse_instant(ticket["updated_at"])


def _updater(ticket: Record) -> int:
    answered = ticket["status"] in {"solved", "pending", "hold"}
    if ticket["status"] in {"closed", "deleted"}:
        return SYSTEM
    return int(ticket["assignee_id"] or SYSTEM) if answered else int(ticket["requester_id"])


def _opening(ticket: Record) -> list[dict[str, Any]]:
    asked = _phrases(ticket).asked[ticket["id"] % 4]
    said = comment(ticket["requester_id"], asked, public=True, channel=ticket["via"]["channel"])
    return [said, created("subject", ticket["subject"]), created("status", ticket["status"])]


def _moving(before: Record, after: Record) -> list[dict[str, Any]]:
    if before["status"] == after["status"]:
        return []
    moved = changed("status", before["status"], after["status"])
    phrases, author = _phrases(after), _updater(after)
    if author == SYSTEM:
        return [moved]
    texts = phrases.solved if after["status"] == "solved" else phrases.asked_again
    return [comment(author, texts[after["id"] % 2], public=True, channel="web"), moved]


def _phrases(ticket: Record) -> Any:
    return phrases_for(japanese=not (ticket["subject"] or "").isascii())
