"""The contracts of Salesforce's records: what staging needs of each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import AwareDatetime, Field

from connectors.core.source import Record


class SObject(Record):
    """What every queried record carries; `Id` has 18 characters through the API."""

    Id: str = Field(min_length=15, max_length=18)
    CreatedDate: AwareDatetime
    LastModifiedDate: AwareDatetime
    SystemModstamp: AwareDatetime

    def record_key(self) -> str:
        return self.Id

    def record_cursor(self) -> str:
        return self.SystemModstamp.isoformat()


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


class User(SObject):
    Name: str
    Email: str
    IsActive: bool
    ManagerId: str | None
    Department: str | None
    LastLoginDate: AwareDatetime | None
