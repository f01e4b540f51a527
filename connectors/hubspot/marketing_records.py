"""The contracts of HubSpot's marketing records: what staging needs of each."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from connectors.core.source import Record
from connectors.hubspot.records import Number, Text


class ContactList(Record):
    listId: str = Field(min_length=1)  # noqa: N815
    name: str
    objectTypeId: str  # noqa: N815
    processingType: str  # noqa: N815
    createdAt: AwareDatetime | None = None  # noqa: N815
    updatedAt: AwareDatetime | None = None  # noqa: N815

    def record_key(self) -> str:
        return self.listId

    def record_cursor(self) -> str | None:
        return None


class ListMembership(Record):
    listId: str = Field(min_length=1)  # noqa: N815
    recordId: str = Field(min_length=1)  # noqa: N815
    membershipTimestamp: AwareDatetime  # noqa: N815

    def record_key(self) -> str:
        return f"{self.listId}/{self.recordId}"

    def record_cursor(self) -> datetime:
        return self.membershipTimestamp


class Form(Record):
    id: str = Field(min_length=1)
    name: str
    formType: str  # noqa: N815
    createdAt: AwareDatetime  # noqa: N815
    updatedAt: AwareDatetime  # noqa: N815
    archived: bool

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> datetime:
        return self.updatedAt

    def record_deleted(self) -> bool:
        return self.archived


class SubmittedValue(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    value: str | None = None


class FormSubmission(Record):
    formId: str = Field(min_length=1)  # noqa: N815
    conversionId: str = Field(min_length=1)  # noqa: N815
    submittedAt: int  # noqa: N815
    values: list[SubmittedValue]
    pageUrl: str | None = None  # noqa: N815

    def record_key(self) -> str:
        return self.conversionId

    def record_cursor(self) -> str:
        return f"{self.submittedAt}"


class CampaignProperties(BaseModel):
    """The properties of a campaign that are asked for; it has more."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hs_name: Text = None
    hs_campaign_status: Text = None
    hs_start_date: Text = None
    hs_end_date: Text = None
    hs_utm: Text = None
    hs_owner: Text = None
    hs_notes: Text = None
    hs_currency_code: Text = None
    hs_budget_items_sum_amount: Number = None
    hs_spend_items_sum_amount: Number = None


class Campaign(Record):
    id: str = Field(min_length=1)
    properties: CampaignProperties
    createdAt: AwareDatetime  # noqa: N815
    updatedAt: AwareDatetime  # noqa: N815

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> datetime:
        return self.updatedAt


class MarketingEmail(Record):
    id: str = Field(min_length=1)
    name: str
    subject: str | None = None
    state: str | None = None
    campaign: str | None = None
    allEmailCampaignIds: list[str | int] | None = None  # noqa: N815
    publishDate: AwareDatetime | None = None  # noqa: N815
    createdAt: AwareDatetime | None = None  # noqa: N815
    updatedAt: AwareDatetime | None = None  # noqa: N815
    archived: bool | None = None

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str | None:
        return None

    def record_deleted(self) -> bool:
        return self.archived is True


class EventReference(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    created: int


class EmailEvent(Record):
    """One thing that happened to one e-mail on its way to one person; `created` in ms."""

    id: str = Field(min_length=1)
    created: int
    type: str
    recipient: str
    emailCampaignId: int | None = None  # noqa: N815
    sentBy: EventReference | None = None  # noqa: N815
    causedBy: EventReference | None = None  # noqa: N815
    obsoletedBy: EventReference | None = None  # noqa: N815
    filteredEvent: bool | None = None  # noqa: N815
    url: str | None = None

    def record_key(self) -> str:
        return f"{self.id}/{self.created}"

    def record_cursor(self) -> str:
        return f"{self.created}"
