"""Declares Google Ads: customers, campaigns, and figures by day that are read while restated."""

from __future__ import annotations

import json
import re
from typing import cast

import httpx

from connectors.core.http import Action, ToolClient
from connectors.core.pace import Budget
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource, Stream
from connectors.google_ads.auth import GoogleAdsAuth
from connectors.google_ads.queries import (
    CUSTOMERS,
    read_campaign_stats,
    read_campaigns,
    read_customers,
    search,
)
from connectors.google_ads.records import Campaign, CampaignStat, Customer
from connectors.google_ads.settings import NAME, SCOPES, GoogleAdsSettings, settings
from warehouse.errors import Unavailable

LONGEST_PAUSE = 60.0


def _count_customers(client: ToolClient) -> int | None:
    customers = settings().customers
    (rows,) = search(client, customers[0], CUSTOMERS)
    return len(rows) if len(customers) == 1 else None


def _classify(response: httpx.Response) -> Action | None:
    """Tell a token that is refused, and a quota that comes back only after a long time.

    Raises:
        Unavailable: Google asks for more patience than a run has.
    """
    if response.status_code == httpx.codes.BAD_REQUEST and "invalid_grant" in response.text:
        return "authorise"
    asked = _retry_delay(response)
    if asked is not None and asked > LONGEST_PAUSE:
        raise Unavailable(
            f"google_ads' quota is used up; it asks to wait {asked:.0f} s",
            advice="what was landed stays; run the command again after that time",
        )
    return None


def _retry_delay(response: httpx.Response) -> float | None:
    """Seconds that the body of a 429 asks for; it has no header for that."""
    if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
        return None
    try:
        text = json.dumps(response.json())
    except ValueError:
        return None
    found = re.search(r'"retryDelay": "([\d.]+)s"', text)
    return float(found.group(1)) if found else None


def _authorise(own: VendorSettings) -> httpx.Auth:
    return GoogleAdsAuth(cast("GoogleAdsSettings", own))


SOURCE = HttpSource(
    name=NAME,
    title="Google Ads",
    settings=GoogleAdsSettings,
    authorise=_authorise,
    # NOTES.md 4: Google names no rate; this keeps clear of what it refuses.
    budget=Budget(requests=10, seconds=1),
    # Data Manager, "Limits and quotas": a minute of each project.
    budgets={
        "*/v1/audienceMembers:*": Budget(requests=300, seconds=60),
        "*/v1/requestStatus:*": Budget(requests=300, seconds=60),
    },
    scopes=SCOPES,
    streams=(
        Stream(
            "customers",
            Customer,
            read_customers,
            "Accounts with their currency and time zone.",
            count=_count_customers,
            is_snapshot=True,
        ),
        Stream(
            "campaigns",
            Campaign,
            read_campaigns,
            "Campaigns, removed ones too.",
            is_snapshot=True,
        ),
        Stream(
            "campaign_stats",
            CampaignStat,
            read_campaign_stats,
            "Cost, clicks, impressions and conversions by campaign, day and network.",
            is_by_day=True,
        ),
    ),
    classify=_classify,
    stamps=("$.campaign.servingStatus",),
)
