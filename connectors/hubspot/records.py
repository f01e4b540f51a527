"""The contracts of HubSpot's CRM records: what staging needs of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from connectors.core.contract import INSTANT, NUMERAL, Quick
from connectors.core.source import Record


def _empty_is_none(value: object) -> object:
    # HubSpot clears a property by writing "" and gives either "" or null back.
    return None if value == "" else value


@dataclass(frozen=True)
class OfType:
    """Names, in an annotation, the type that HubSpot's definition of the property must have."""

    name: str


_blank = BeforeValidator(_empty_is_none)
Text = Annotated[str | None, _blank, Quick(str | None)]
Number = Annotated[Decimal | None, _blank, Quick(NUMERAL | Literal[""] | None), OfType("number")]
Instant = Annotated[AwareDatetime | None, _blank, Quick(INSTANT | None), OfType("datetime")]
Flag = Annotated[bool | None, _blank, Quick(Literal["true", "false", ""] | None), OfType("bool")]


# Made by integrations or by editions of HubSpot: not every portal has them.
NOT_EVERYWHERE = {
    "salesforce_opportunity_id",
    "hs_is_target_account",
    "hs_manual_forecast_category",
}


def needed_properties(model: type[BaseModel]) -> Mapping[str, str | None]:
    """Property -> HubSpot's type where staging depends on it, of a model of properties."""
    return {
        name: next((mark.name for mark in info.metadata if isinstance(mark, OfType)), None)
        for name, info in model.model_fields.items()
        if name not in NOT_EVERYWHERE
    }


def property_names(model: type[BaseModel]) -> list[str]:
    """The properties of a model in the order in which it declares them."""
    return [*model.model_fields]


class Properties(BaseModel):
    """Property values are strings on the wire, whatever their type in HubSpot."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hubspot_owner_id: Text = None
    createdate: Instant = None


class CompanyProperties(Properties):
    name: Text = None
    domain: Text = None
    website: Text = None
    country: Text = None
    industry: Text = None
    numberofemployees: Number = None
    lifecyclestage: Text = None
    hs_is_target_account: Flag = None
    hs_merged_object_ids: Text = None
    hs_lastmodifieddate: Instant = None


class ContactProperties(Properties):
    email: Text = None
    firstname: Text = None
    lastname: Text = None
    jobtitle: Text = None
    phone: Text = None
    country: Text = None
    lifecyclestage: Text = None
    associatedcompanyid: Text = None
    hs_analytics_source: Text = None
    hs_merged_object_ids: Text = None
    lastmodifieddate: Instant = None


class DealProperties(Properties):
    dealname: Text = None
    amount: Number = None
    deal_currency_code: Text = None
    dealstage: Text = None
    pipeline: Text = None
    closedate: Instant = None
    dealtype: Text = None
    hs_deal_stage_probability: Number = None
    hs_is_closed: Flag = None
    hs_is_closed_won: Flag = None
    hs_manual_forecast_category: Text = None
    hs_next_step: Text = None
    closed_lost_reason: Text = None
    hs_primary_associated_company: Text = None
    salesforce_opportunity_id: Text = None
    hs_merged_object_ids: Text = None
    hs_lastmodifieddate: Instant = None


class ActivityProperties(BaseModel):
    """What calls, meetings, e-mails, notes and tasks have in common."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hs_timestamp: Instant = None
    hubspot_owner_id: Text = None
    hs_createdate: Instant = None
    hs_lastmodifieddate: Instant = None


class CallProperties(ActivityProperties):
    hs_call_title: Text = None
    hs_call_body: Text = None
    hs_call_direction: Text = None
    hs_call_disposition: Text = None
    hs_call_status: Text = None
    hs_call_duration: Number = None


class MeetingProperties(ActivityProperties):
    hs_meeting_title: Text = None
    hs_meeting_body: Text = None
    hs_meeting_outcome: Text = None
    hs_meeting_location: Text = None
    hs_activity_type: Text = None
    hs_meeting_start_time: Instant = None
    hs_meeting_end_time: Instant = None


class EmailProperties(ActivityProperties):
    hs_email_subject: Text = None
    hs_email_text: Text = None
    hs_email_direction: Text = None
    hs_email_status: Text = None
    hs_email_from_email: Text = None
    hs_email_to_email: Text = None


class NoteProperties(ActivityProperties):
    hs_note_body: Text = None


class TaskProperties(ActivityProperties):
    hs_task_subject: Text = None
    hs_task_body: Text = None
    hs_task_status: Text = None
    hs_task_priority: Text = None
    hs_task_type: Text = None
    hs_task_completion_date: Instant = None


class CrmRecord(Record):
    """The envelope of every CRM object."""

    id: str = Field(min_length=1)
    createdAt: AwareDatetime  # noqa: N815 - the vendor's name
    updatedAt: AwareDatetime  # noqa: N815
    archived: bool

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> datetime:
        return self.updatedAt

    def record_deleted(self) -> bool:
        return self.archived


class Company(CrmRecord):
    properties: CompanyProperties


class Contact(CrmRecord):
    properties: ContactProperties


class Deal(CrmRecord):
    properties: DealProperties


class Call(CrmRecord):
    properties: CallProperties


class Meeting(CrmRecord):
    properties: MeetingProperties


class Email(CrmRecord):
    properties: EmailProperties


class Note(CrmRecord):
    properties: NoteProperties


class Task(CrmRecord):
    properties: TaskProperties


class Owner(CrmRecord):
    email: str | None = None
    firstName: str | None = None  # noqa: N815
    lastName: str | None = None  # noqa: N815
    userId: int | None = None  # noqa: N815


class Ended(BaseModel):
    """One end of an association."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(min_length=1)


class AssociationType(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    category: str
    typeId: int  # noqa: N815
    label: str | None = None


class AssociatedObject(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    toObjectId: int  # noqa: N815
    associationTypes: list[AssociationType]  # noqa: N815


class Association(Record):
    """All associations of one record with one other object; none left makes it a deletion."""

    fromObjectType: str  # noqa: N815
    toObjectType: str  # noqa: N815
    origin: Ended = Field(validation_alias="from")
    to: list[AssociatedObject]

    def record_key(self) -> str:
        return f"{self.fromObjectType}/{self.origin.id}/{self.toObjectType}"

    def record_cursor(self) -> str | None:
        return None

    def record_deleted(self) -> bool:
        return not self.to


class HistoricalValue(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    value: str | None = None
    timestamp: AwareDatetime


class PropertyHistory(Record):
    """Every value that some properties of one record ever had."""

    objectType: str  # noqa: N815
    id: str = Field(min_length=1)
    archived: bool
    propertiesWithHistory: dict[str, list[HistoricalValue]]  # noqa: N815

    def record_key(self) -> str:
        return f"{self.objectType}/{self.id}"

    def record_cursor(self) -> str | None:
        return None

    def record_deleted(self) -> bool:
        return self.archived


class Stage(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    label: str
    displayOrder: int  # noqa: N815
    metadata: dict[str, str]
    archived: bool


class Pipeline(Record):
    objectType: str  # noqa: N815
    id: str = Field(min_length=1)
    label: str
    displayOrder: int  # noqa: N815
    createdAt: AwareDatetime  # noqa: N815
    updatedAt: AwareDatetime | None = None  # noqa: N815
    archived: bool
    stages: list[Stage]

    def record_key(self) -> str:
        return f"{self.objectType}/{self.id}"

    def record_cursor(self) -> str | None:
        return None

    def record_deleted(self) -> bool:
        return self.archived


class Property(Record):
    """The definition of a property; the definition of a custom one may be archived."""

    objectType: str  # noqa: N815
    name: str = Field(min_length=1)
    label: str
    type: str
    fieldType: str  # noqa: N815
    hubspotDefined: bool | None = None  # noqa: N815
    calculated: bool | None = None
    archived: bool | None = None

    def record_key(self) -> str:
        return f"{self.objectType}/{self.name}"

    def record_cursor(self) -> str | None:
        return None

    def record_deleted(self) -> bool:
        return self.archived is True
