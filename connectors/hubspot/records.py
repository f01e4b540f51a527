"""The contracts of HubSpot's records: what staging needs of each."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from connectors.core.source import Record


def _empty_is_none(value: object) -> object:
    # HubSpot clears a property by writing "" and gives either "" or null back.
    return None if value == "" else value


Text = Annotated[str | None, BeforeValidator(_empty_is_none)]
Number = Annotated[Decimal | None, BeforeValidator(_empty_is_none)]
Instant = Annotated[AwareDatetime | None, BeforeValidator(_empty_is_none)]
Flag = Annotated[bool | None, BeforeValidator(_empty_is_none)]


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
    hs_next_step: Text = None
    closed_lost_reason: Text = None
    hs_primary_associated_company: Text = None
    salesforce_opportunity_id: Text = None
    hs_lastmodifieddate: Instant = None


class CrmRecord(Record):
    """The envelope of every CRM object."""

    id: str = Field(min_length=1)
    createdAt: AwareDatetime  # noqa: N815 - the vendor's name
    updatedAt: AwareDatetime  # noqa: N815
    archived: bool

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str:
        return self.updatedAt.isoformat()

    def record_deleted(self) -> bool:
        return self.archived


class Company(CrmRecord):
    properties: CompanyProperties


class Contact(CrmRecord):
    properties: ContactProperties


class Deal(CrmRecord):
    properties: DealProperties


class Owner(CrmRecord):
    email: str | None = None
    firstName: str | None = None  # noqa: N815
    lastName: str | None = None  # noqa: N815
    userId: int | None = None  # noqa: N815
