"""The contracts of Marketo's records: what staging needs of each."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from connectors.core.source import Record


class LeadField(Record):
    name: str = Field(min_length=1)
    displayName: str  # noqa: N815 - the vendor's name, here and below
    dataType: str  # noqa: N815

    def record_key(self) -> str:
        return self.name

    def record_cursor(self) -> None:
        # A field has no stamp.
        return None


class Lead(Record):
    """A lead, or what we write when it is gone: its id, when, and into whom it was merged."""

    id: int
    updatedAt: AwareDatetime  # noqa: N815
    createdAt: AwareDatetime | None = None  # noqa: N815
    email: str | None = None
    firstName: str | None = None  # noqa: N815
    lastName: str | None = None  # noqa: N815
    company: str | None = None
    leadStatus: str | None = None  # noqa: N815
    leadScore: int | None = None  # noqa: N815
    unsubscribed: bool | None = None
    isDeleted: bool = False  # noqa: N815
    mergedInto: int | None = None  # noqa: N815

    def record_key(self) -> str:
        return str(self.id)

    def record_cursor(self) -> datetime:
        return self.updatedAt

    def record_deleted(self) -> bool:
        return self.isDeleted


class LogLine(Record):
    """One line of the log, whichever endpoint it came from; `marketoGUID` is what identifies it."""

    marketoGUID: str = Field(min_length=1)  # noqa: N815
    leadId: int  # noqa: N815
    activityDate: AwareDatetime  # noqa: N815
    activityTypeId: int  # noqa: N815

    def record_key(self) -> str:
        return self.marketoGUID

    def record_cursor(self) -> datetime:
        return self.activityDate


class Attribute(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str


class LoggedActivity(LogLine):
    """A line as the paged log shows it."""

    attributes: list[Attribute]


class ChangedField(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str


class LeadChange(LogLine):
    fields: list[ChangedField] | None = None


class ActivityType(Record):
    id: int
    name: str

    def record_key(self) -> str:
        return str(self.id)

    def record_cursor(self) -> None:
        # A type has no stamp.
        return None


class Cost(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    startDate: str  # noqa: N815
    cost: Decimal


class Program(Record):
    """A program with its costs; its stamps name the zone twice and are kept as text."""

    id: int
    name: str
    type: str
    channel: str
    createdAt: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")  # noqa: N815
    updatedAt: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")  # noqa: N815
    status: str | None = None
    costs: list[Cost] | None = None

    def record_key(self) -> str:
        return str(self.id)

    def record_cursor(self) -> str:
        return self.updatedAt


class ProgramMember(Record):
    programId: int  # noqa: N815
    leadId: int  # noqa: N815
    statusName: str | None  # noqa: N815
    reachedSuccess: bool | None  # noqa: N815
    membershipDate: AwareDatetime | None  # noqa: N815
    updatedAt: AwareDatetime | None = None  # noqa: N815

    def record_key(self) -> str:
        return f"{self.programId}-{self.leadId}"

    def record_cursor(self) -> datetime | None:
        return self.updatedAt
