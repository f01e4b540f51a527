"""What is written into calls, meetings, e-mails, notes and tasks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.generation.chance import Chance
from sandbox.generation.people import Person
from sandbox.generation.scene import OUR_DOMAIN
from sandbox.instants import hubspot_instant
from sandbox.vendors.hubspot.engagements import OPTIONS

_CALL_TITLES = ("Call", "フォロー電話", "Discovery call", "お見積りの件", None)
_MEETING_TITLES = ("初回商談", "Product demo", "Demo", "定例ミーティング", "QBR", "オンラインデモ")
_SUBJECTS = (
    "Re: お見積りについて",
    "Following up",
    "【ご確認】契約更新の件",
    "Proposal",
    "(件名なし)",
)
_NOTES = (
    "<p>決裁は来期。<b>予算</b>は未確定。</p>",
    "<p>Asked for a security questionnaire.</p>",
    "担当者異動のため、後任を確認する",
    "<p>called, no answer 😅</p>",
)
_TASKS = ("Send the proposal", "見積書を送付する", "Call back", "更新確認", "test")


def properties(
    chance: Chance, kind: str, at: datetime, invited: Sequence[Person]
) -> dict[str, str | None]:
    """The properties of one activity at an instant, with the people it reached."""
    made = _MAKERS[kind](chance, at, invited)
    return {"hs_timestamp": hubspot_instant(at), **made}


def _call(chance: Chance, at: datetime, invited: Sequence[Person]) -> dict[str, str | None]:  # noqa: ARG001
    is_reached = chance.random() < 0.7
    return {
        "hs_call_title": chance.choice(_CALL_TITLES),
        "hs_call_body": chance.choice((*_NOTES, None)),
        "hs_call_direction": chance.choices(OPTIONS["hs_call_direction"], (1, 4))[0],
        # Milliseconds; people who log a call by hand leave it out.
        "hs_call_duration": str(chance.randint(20, 2_400) * 1_000) if is_reached else None,
        "hs_call_disposition": chance.choice(OPTIONS["hs_call_disposition"]),
        "hs_call_status": "COMPLETED" if is_reached else chance.choice(("NO_ANSWER", "BUSY")),
    }


def _meeting(chance: Chance, at: datetime, invited: Sequence[Person]) -> dict[str, str | None]:  # noqa: ARG001
    length = timedelta(minutes=chance.choice((30, 45, 60)))
    outcomes = (*OPTIONS["hs_meeting_outcome"], "COMPLETED", "COMPLETED", "COMPLETED", None)
    titles = ("初回商談", "QBR") if chance.plain else _MEETING_TITLES
    return {
        "hs_meeting_title": chance.choice(titles),
        "hs_meeting_body": chance.choice((*_NOTES, None)),
        "hs_meeting_start_time": hubspot_instant(at),
        "hs_meeting_end_time": hubspot_instant(at + length),
        "hs_meeting_outcome": chance.choice(outcomes),
        "hs_meeting_location": chance.choice(("Zoom", "貴社オフィス", None)),
        "hs_activity_type": chance.choice((*OPTIONS["hs_activity_type"], None)),
    }


def _email(chance: Chance, at: datetime, invited: Sequence[Person]) -> dict[str, str | None]:  # noqa: ARG001
    theirs = invited[0].email if invited else None
    ours, is_incoming = f"staff{chance.randint(1, 8)}@{OUR_DOMAIN}", chance.random() < 0.4
    return {
        "hs_email_subject": chance.choice(_SUBJECTS),
        "hs_email_text": chance.choice(("お世話になっております。", "Hi, just checking in.", None)),
        "hs_email_direction": "INCOMING_EMAIL" if is_incoming else "EMAIL",
        "hs_email_status": None if is_incoming else chance.choice(("SENT", "SENT", "BOUNCED")),
        "hs_email_from_email": theirs if is_incoming else ours,
        "hs_email_to_email": ours if is_incoming else theirs,
    }


def _note(chance: Chance, at: datetime, invited: Sequence[Person]) -> dict[str, str | None]:  # noqa: ARG001
    return {"hs_note_body": chance.choice(_NOTES)}


def _task(chance: Chance, at: datetime, invited: Sequence[Person]) -> dict[str, str | None]:  # noqa: ARG001
    is_done = chance.random() < 0.5
    still_open = ("NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED")
    return {
        "hs_task_subject": chance.choice(_TASKS),
        "hs_task_status": "COMPLETED" if is_done else chance.choice(still_open),
        "hs_task_priority": chance.choice((*OPTIONS["hs_task_priority"], None)),
        "hs_task_type": chance.choice(OPTIONS["hs_task_type"]),
        "hs_task_completion_date": hubspot_instant(at) if is_done else None,
    }


_MAKERS = {"calls": _call, "meetings": _meeting, "emails": _email, "notes": _note, "tasks": _task}
