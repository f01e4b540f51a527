"""The contracts of Google Ads' rows: what staging needs of each; `id` is the key that we add."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from connectors.core.source import Record


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class CustomerId(Part):
    id: str


class CustomerPart(CustomerId):
    currencyCode: str  # noqa: N815 - the vendor's name, here and below
    timeZone: str  # noqa: N815
    descriptiveName: str | None = None  # noqa: N815


class CampaignId(Part):
    id: str


class CampaignPart(CampaignId):
    name: str
    status: str
    advertisingChannelType: str  # noqa: N815


class Segments(Part):
    date: date
    adNetworkType: str  # noqa: N815


class Metrics(Part):
    """Whole numbers come as text; a conversion may be a part of one."""

    costMicros: int  # noqa: N815
    clicks: int
    impressions: int
    conversions: float
    conversionsValue: float | None = None  # noqa: N815


class Row(Record):
    id: str = Field(min_length=1)

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> None:
        # Rows have no stamp: the latest one that was landed holds.
        return None


class Customer(Row):
    customer: CustomerPart


class Campaign(Row):
    customer: CustomerId
    campaign: CampaignPart

    def record_deleted(self) -> bool:
        return self.campaign.status == "REMOVED"


class CampaignStat(Row):
    """Figures of a campaign on a day in a network, or that there are none any more."""

    customer: CustomerId
    campaign: CampaignId
    segments: Segments
    metrics: Metrics | None = None
    isDeleted: bool = False  # noqa: N815

    def record_deleted(self) -> bool:
        return self.isDeleted
