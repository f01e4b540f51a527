"""The contracts of Salesforce's records: what staging needs of each."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import AwareDatetime, BaseModel, Field

from connectors.core.source import Record


class Row(Record):
    """What every queried row carries; an `Id` has 18 characters through the API, 15 elsewhere."""

    Id: str = Field(min_length=18, max_length=18)
    CreatedDate: AwareDatetime

    def record_key(self) -> str:
        return self.Id


class SObject(Row):
    LastModifiedDate: AwareDatetime
    SystemModstamp: AwareDatetime

    def record_cursor(self) -> datetime:
        return self.SystemModstamp


class Deletable(SObject):
    IsDeleted: bool

    def record_deleted(self) -> bool:
        return self.IsDeleted


class Account(Deletable):
    Name: str
    Website: str | None
    Industry: str | None
    NumberOfEmployees: int | None
    BillingCountry: str | None
    Type: str | None
    OwnerId: str
    ParentId: str | None
    MasterRecordId: str | None


class Contact(Deletable):
    AccountId: str | None
    FirstName: str | None
    LastName: str
    Email: str | None
    Title: str | None
    Department: str | None
    Phone: str | None
    MailingCountry: str | None
    LeadSource: str | None
    OwnerId: str
    MasterRecordId: str | None


class Lead(Deletable):
    FirstName: str | None
    LastName: str
    Company: str | None
    Title: str | None
    Email: str | None
    Phone: str | None
    Website: str | None
    Country: str | None
    Industry: str | None
    NumberOfEmployees: int | None
    LeadSource: str | None
    Status: str
    Rating: str | None
    OwnerId: str
    IsConverted: bool
    ConvertedDate: date | None
    ConvertedAccountId: str | None
    ConvertedContactId: str | None
    ConvertedOpportunityId: str | None
    MasterRecordId: str | None


class Opportunity(Deletable):
    AccountId: str | None
    OwnerId: str
    Name: str
    Type: str | None
    Amount: Decimal | None
    StageName: str
    Probability: Decimal | None
    ForecastCategoryName: str | None
    IsClosed: bool
    IsWon: bool
    CloseDate: date
    NextStep: str | None


class OpportunityHistory(Row):
    """The values of an opportunity from `CreatedDate` on; the stamp moves when they end."""

    OpportunityId: str
    StageName: str
    Amount: Decimal | None
    Probability: Decimal | None
    ForecastCategory: str | None
    CloseDate: date | None
    CreatedById: str | None
    IsDeleted: bool
    SystemModstamp: AwareDatetime

    def record_cursor(self) -> datetime:
        return self.SystemModstamp

    def record_deleted(self) -> bool:
        return self.IsDeleted


class OpportunityFieldHistory(Row):
    """One change of one field; its old and new values have that field's type."""

    OpportunityId: str
    Field: str
    CreatedById: str | None
    IsDeleted: bool

    def record_cursor(self) -> datetime:
        return self.CreatedDate

    def record_deleted(self) -> bool:
        return self.IsDeleted


class OpportunityContactRole(Deletable):
    OpportunityId: str
    ContactId: str
    Role: str | None
    IsPrimary: bool


class Campaign(Deletable):
    Name: str
    ParentId: str | None
    Type: str | None
    Status: str | None
    StartDate: date | None
    EndDate: date | None
    IsActive: bool
    BudgetedCost: Decimal | None
    ActualCost: Decimal | None
    NumberSent: Decimal | None
    OwnerId: str


class CampaignMember(Deletable):
    CampaignId: str
    LeadId: str | None
    ContactId: str | None
    Status: str | None
    HasResponded: bool
    FirstRespondedDate: date | None


class Activity(Deletable):
    WhoId: str | None
    WhatId: str | None
    AccountId: str | None
    OwnerId: str
    Subject: str | None
    Description: str | None
    ActivityDate: date | None
    IsArchived: bool


class Task(Activity):
    TaskSubtype: str | None
    CallType: str | None
    CallDurationInSeconds: int | None
    Status: str | None
    IsClosed: bool
    CompletedDateTime: AwareDatetime | None


class Event(Activity):
    StartDateTime: AwareDatetime | None
    EndDateTime: AwareDatetime | None
    DurationInMinutes: int | None
    IsAllDayEvent: bool
    Location: str | None


class User(SObject):
    Name: str
    Email: str
    IsActive: bool
    ManagerId: str | None
    Department: str | None
    LastLoginDate: AwareDatetime | None


class CurrencyType(SObject):
    """A currency and its rate of today: so many units for one of the corporate currency."""

    IsoCode: str
    ConversionRate: Decimal
    DecimalPlaces: int
    IsActive: bool
    IsCorporate: bool


class DatedConversionRate(SObject):
    """A rate that holds from `StartDate` until before `NextStartDate`."""

    IsoCode: str
    StartDate: date
    NextStartDate: date | None
    ConversionRate: Decimal


class FieldDefinition(BaseModel):
    name: str
    label: str
    type: str
    custom: bool
    calculated: bool
    nillable: bool
    filterable: bool


class DescribedField(Record):
    """One field of one object, as describe shows it to our user."""

    sobject: str
    field: FieldDefinition

    def record_key(self) -> str:
        return f"{self.sobject}.{self.field.name}"

    def record_cursor(self) -> None:
        return None
