"""What is asked in Google's query language, page by page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from typing import Any

import msgspec

from connectors.core.daily_report import DailyReport
from connectors.core.http import ToolClient
from connectors.core.source import Page, Reading
from connectors.google_ads.settings import settings
from warehouse.errors import Unavailable

CUSTOMERS = """
SELECT customer.id, customer.descriptive_name, customer.currency_code, customer.time_zone,
  customer.status, customer.manager, customer.test_account
FROM customer
"""
CAMPAIGNS = """
SELECT customer.id, campaign.id, campaign.name, campaign.status, campaign.serving_status,
  campaign.advertising_channel_type, campaign.advertising_channel_sub_type,
  campaign.bidding_strategy_type, campaign.start_date_time, campaign.end_date_time,
  campaign.labels
FROM campaign
"""
STATS = """
SELECT customer.id, customer.currency_code, campaign.id, segments.date, segments.ad_network_type,
  metrics.cost_micros, metrics.clicks, metrics.impressions, metrics.conversions,
  metrics.conversions_value, metrics.all_conversions, metrics.view_through_conversions,
  metrics.video_trueview_views
FROM campaign
WHERE segments.date BETWEEN '{first}' AND '{last}'
"""
# Days in one question; Google pages its answer, so this only bounds what a kill repeats.
SPAN = 90

Row = dict[str, Any]


def search(client: ToolClient, customer: str, query: str) -> Iterator[list[msgspec.Raw]]:
    """The pages of an answer; Google leaves the list out where there are no rows.

    Raises:
        Unavailable: the same page was named twice.
    """
    path = f"/{settings().api_version}/customers/{customer}/googleAds:search"
    body = {"query": " ".join(query.split())}
    token = ""
    while True:
        envelope = client.post(path, body | ({"pageToken": token} if token else {}))
        following = envelope.value("nextPageToken", "")
        if following and following == token:
            raise Unavailable("google_ads gave the same page token twice: stopped")
        yield [] if envelope.value("results") is None else envelope.records("results")
        token = following
        if not token:
            return


def _keyed(rows: list[msgspec.Raw], key: Callable[[Row], str]) -> list[msgspec.Raw]:
    """The rows as received, each with its key as `id`: a row of theirs has none."""
    found = []
    for row in rows:
        name = ""
        # What lacks a part of its key breaks its contract, which sets it aside whole.
        with suppress(KeyError, TypeError):
            name = key(msgspec.json.decode(row))
        found.append(msgspec.Raw(b'{"id":' + json.dumps(name).encode() + b"," + bytes(row)[1:]))
    return found


def read_customers(reading: Reading) -> Iterator[Page]:
    for customer in settings().customers:
        for rows in search(reading.client, customer, CUSTOMERS):
            yield Page(_keyed(rows, lambda row: str(row["customer"]["id"])), {})


def read_campaigns(reading: Reading) -> Iterator[Page]:
    for customer in settings().customers:
        for rows in search(reading.client, customer, CAMPAIGNS):
            yield Page(_keyed(rows, campaign_key), {})


def campaign_key(row: Row) -> str:
    return f"{row['customer']['id']}/{row['campaign']['id']}"


def read_campaign_stats(reading: Reading) -> Iterator[Page]:
    """Figures by campaign, day and network; those of the last days once more in every run."""
    own, client = settings(), reading.client
    # Any answer carries the time.
    client.get(f"/{own.api_version}/customers:listAccessibleCustomers")

    def ask(customer: str, first: date, last: date) -> Iterator[list[msgspec.Raw]]:
        for rows in search(client, customer, STATS.format(first=first, last=last)):
            yield _keyed(rows, stat_key)

    report = DailyReport(ask, own.start, own.restated_days, SPAN, day_of, tombstone)
    yield from report.read(reading, "campaign_stats", own.customers)


def stat_key(row: Row) -> str:
    segments = row["segments"]
    customer, campaign = row["customer"]["id"], row["campaign"]["id"]
    return f"{customer}/{segments['date']}/{campaign}/{segments['adNetworkType']}"


def day_of(key: str) -> tuple[str, date]:
    customer, day, _, _ = key.split("/")
    return customer, date.fromisoformat(day)


def tombstone(key: str) -> msgspec.Raw:
    """Figures that were restated to nothing: Google shows no row of zeros."""
    customer, day, campaign, network = key.split("/")
    row = {
        "id": key,
        "customer": {"id": customer},
        "campaign": {"id": campaign},
        "segments": {"date": day, "adNetworkType": network},
        "isDeleted": True,
    }
    return msgspec.Raw(msgspec.json.encode(row))
