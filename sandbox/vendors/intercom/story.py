"""What really became of a conversation: the truth behind Intercom's records."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sandbox.generation.ledger import Ledger
from sandbox.generation.meaning import OFFICE

Record = dict[str, Any]
_STATUSES = {"open": "open", "snoozed": "open", "closed": "solved"}
_PRIORITIES = {"priority": "high", "not_priority": "normal"}
_SAID = {"comment": True, "open": True, "note": False}


def enter_conversation(ledger: Ledger, record: Record, account: str, person: str) -> None:
    """A conversation as a ticket: nobody but the customer begins one."""
    if not ledger.is_kept:
        return
    number, key = record["id"], _key(record)
    ledger.add(
        "ticket",
        "intercom",
        number,
        ticket_id=key,
        account_id=account,
        requester_person_id=person,
        schedule_id=OFFICE,
        created_at=_instant(record["created_at"]),
        created_by="end_user",
        priority=_PRIORITIES[record["priority"]],
        current_status=_STATUSES[record["state"]],
        is_deleted=False,
    )
    parts = record["conversation_parts"]["conversation_parts"]
    _enter_statuses(ledger, record, parts)
    said = [("comment", record["source"]["author"], record["created_at"])]
    said += [(one["part_type"], one["author"], one["created_at"]) for one in parts]
    for place, (kind, author, at) in enumerate(said):
        if kind in _SAID and author["type"] != "bot":
            ledger.add(
                "ticket_comment",
                "intercom",
                number,
                comment_id=f"{key}/{place}",
                ticket_id=key,
                author_role="agent" if author["type"] == "admin" else "end_user",
                is_public=_SAID[kind],
                created_at=_instant(at),
            )
    if given := record["conversation_rating"]:
        ledger.add(
            "csat_response",
            "intercom",
            number,
            response_id=key,
            ticket_id=key,
            person_id=person,
            score=given["rating"],
            responded_at=_instant(given["updated_at"]),
        )


def _enter_statuses(ledger: Ledger, record: Record, parts: list[Record]) -> None:
    states = [("open", record["created_at"])]
    states += [(one["state"], one["created_at"]) for one in parts]
    entered = [(_STATUSES[state], at) for state, at in states]
    for (before, _), (status, at) in pairwise([("", 0), *entered]):
        if status != before:
            ledger.add(
                "ticket_status_history",
                "intercom",
                record["id"],
                ticket_id=_key(record),
                status=status,
                entered_at=_instant(at),
            )


def _key(record: Record) -> str:
    return f"intercom:conversations:{record['id']}"


def _instant(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)
