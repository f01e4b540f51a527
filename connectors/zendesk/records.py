"""The contracts of Zendesk's records: what staging needs of each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel

from connectors.core.source import Record


class ZendeskRecord(Record):
    id: int
    created_at: AwareDatetime
    updated_at: AwareDatetime

    def record_key(self) -> str:
        return str(self.id)

    def record_cursor(self) -> str | datetime:
        return self.updated_at


class Organization(ZendeskRecord):
    name: str
    domain_names: list[str]
    external_id: str | None = None
    deleted_at: AwareDatetime | None = None

    def record_deleted(self) -> bool:
        return self.deleted_at is not None


class User(ZendeskRecord):
    name: str
    email: str | None
    organization_id: int | None
    role: Literal["end-user", "agent", "admin"]
    active: bool
    phone: str | None = None

    def record_deleted(self) -> bool:
        # Zendesk's word for a deleted user (NOTES.md 4).
        return not self.active


class CustomValue(BaseModel):
    """What one ticket holds in one custom field: text, a number, a truth, a list, or nothing."""

    id: int
    value: Any = None


class Ticket(ZendeskRecord):
    subject: str | None
    status: Literal["new", "open", "pending", "hold", "solved", "closed", "deleted"]
    priority: Literal["low", "normal", "high", "urgent"] | None
    # Of a ticket deleted for good only the id and the status stay true (NOTES.md 4).
    requester_id: int | None
    submitter_id: int | None
    assignee_id: int | None
    organization_id: int | None
    generated_timestamp: int
    tags: list[str]
    custom_fields: list[CustomValue]

    def record_cursor(self) -> str:
        # System changes move this and not `updated_at` (NOTES.md 3).
        return str(self.generated_timestamp)

    def record_deleted(self) -> bool:
        return self.status == "deleted"


class ChildEvent(BaseModel):
    """One change or comment within an update; which other fields it has depends on its type."""

    id: int
    event_type: str


class TicketEvent(Record):
    """One update of a ticket; it never changes any more."""

    id: int
    ticket_id: int
    timestamp: int
    created_at: AwareDatetime
    updater_id: int | None
    child_events: list[ChildEvent]

    def record_key(self) -> str:
        return str(self.id)

    def record_cursor(self) -> str:
        return str(self.timestamp)


class SatisfactionRating(ZendeskRecord):
    ticket_id: int
    requester_id: int | None
    assignee_id: int | None
    score: str
    comment: str | None = None
    reason: str | None = None


class Interval(BaseModel):
    """Minutes since Sunday's midnight, in the time zone of the schedule."""

    start_time: int
    end_time: int


class Schedule(ZendeskRecord):
    name: str
    time_zone: str
    intervals: list[Interval]


class Holiday(Record):
    """Closed from the first day to the last, both included; it carries no stamp."""

    id: int
    schedule_id: int
    name: str
    start_date: date
    end_date: date

    def record_key(self) -> str:
        return str(self.id)

    def record_cursor(self) -> None:
        return None


class Field(ZendeskRecord):
    """The definition of a field; those of users and organizations are known by `key`."""

    type: str
    title: str
    active: bool
    key: str | None = None


class OrganizationMerge(Record):
    """The loser is deleted and what it had belongs to the winner, once `status` is complete."""

    id: str
    loser_id: int
    winner_id: int
    status: str

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str:
        return self.status
