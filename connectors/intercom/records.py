"""The contracts of Intercom's records: what staging needs of each; instants are unix seconds."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel

from connectors.core.source import Record


class Reference(BaseModel):
    id: str | None = None


class Linked(BaseModel):
    data: list[Reference]


class Contact(Record):
    id: str
    role: str
    created_at: int
    updated_at: int
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    owner_id: int | None = None
    signed_up_at: int | None = None
    last_seen_at: int | None = None
    last_replied_at: int | None = None
    last_contacted_at: int | None = None
    companies: Linked | None = None

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str:
        # As text: padded, so that it orders as the number does (NOTES.md 10).
        return f"{self.updated_at:010d}"


class Plan(BaseModel):
    name: str | None = None


class Company(Record):
    id: str
    company_id: str | None = None
    name: str | None = None
    created_at: int
    updated_at: int
    last_request_at: int | None = None
    user_count: int | None = None
    session_count: int | None = None
    size: int | None = None
    website: str | None = None
    industry: str | None = None
    monthly_spend: Decimal | None = None
    plan: Plan | None = None

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str:
        return f"{self.updated_at:010d}"


class Author(BaseModel):
    type: str
    id: str | None = None


class Part(BaseModel):
    id: str
    part_type: str
    created_at: int
    author: Author
    body: str | None = None
    assigned_to: Reference | None = None


class Parts(BaseModel):
    conversation_parts: list[Part]


class Said(BaseModel):
    type: str | None = None
    delivered_as: str | None = None
    subject: str | None = None
    author: Author | None = None


class Rating(BaseModel):
    rating: int | None = None
    remark: str | None = None
    created_at: int | None = None
    updated_at: int | None = None
    contact: Reference | None = None
    teammate: Reference | None = None


class Taking(BaseModel):
    contacts: list[Reference]


class Statistics(BaseModel):
    time_to_admin_reply: int | None = None
    time_to_first_close: int | None = None
    first_admin_reply_at: int | None = None
    first_close_at: int | None = None
    last_close_at: int | None = None
    count_reopens: int | None = None
    count_conversation_parts: int | None = None


class Conversation(Record):
    """A conversation by itself: what searches and lists show has no parts."""

    id: str
    created_at: int
    updated_at: int
    state: str
    open: bool
    admin_assignee_id: int | None = None
    team_assignee_id: int | None = None
    title: str | None = None
    priority: str | None = None
    waiting_since: int | None = None
    snoozed_until: int | None = None
    source: Said | None = None
    contacts: Taking | None = None
    conversation_rating: Rating | None = None
    statistics: Statistics | None = None
    conversation_parts: Parts

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str:
        return f"{self.updated_at:010d}"


class DataAttribute(Record):
    """A standard attribute has neither id nor stamp."""

    model: str
    name: str
    full_name: str
    label: str | None = None
    data_type: str
    custom: bool | None = None
    archived: bool | None = None
    updated_at: int | None = None

    def record_key(self) -> str:
        return f"{self.model}.{self.full_name}"

    def record_cursor(self) -> str | None:
        return f"{self.updated_at or 0:010d}"

    def record_deleted(self) -> bool:
        return self.archived is True


class Admin(Record):
    """A teammate; it carries no stamp."""

    id: str
    name: str | None = None
    email: str | None = None
    away_mode_enabled: bool | None = None
    has_inbox_seat: bool | None = None

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str | None:
        return None


class Tag(Record):
    """A label; it carries no stamp."""

    id: str
    name: str

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str | None:
        return None
