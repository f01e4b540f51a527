"""The contracts of Zendesk's records: what staging needs of each."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from connectors.core.source import Record


class ZendeskRecord(Record):
    id: int
    created_at: AwareDatetime
    updated_at: AwareDatetime

    def record_key(self) -> str:
        return str(self.id)

    def record_cursor(self) -> str:
        return self.updated_at.isoformat()


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


class Ticket(ZendeskRecord):
    subject: str | None
    status: Literal["new", "open", "pending", "hold", "solved", "closed", "deleted"]
    priority: Literal["low", "normal", "high", "urgent"] | None
    requester_id: int
    submitter_id: int
    assignee_id: int | None
    organization_id: int | None
    generated_timestamp: int

    def record_cursor(self) -> str:
        # System changes move this and not `updated_at` (NOTES.md 3).
        return str(self.generated_timestamp)

    def record_deleted(self) -> bool:
        return self.status == "deleted"
