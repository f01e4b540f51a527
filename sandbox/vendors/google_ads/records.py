"""Rows in Google Ads' wire shape, each with a key of the sandbox's own."""

from datetime import date, datetime
from typing import Any

from sandbox.instants import zendesk_instant

Record = dict[str, Any]

FIELDS = frozenset(
    {
        *(f"customer.{name}" for name in (
            "id", "descriptive_name", "currency_code", "time_zone", "status", "manager",
            "test_account",
        )),
        *(f"campaign.{name}" for name in (
            "id", "name", "status", "serving_status", "advertising_channel_type",
            "advertising_channel_sub_type", "bidding_strategy_type", "start_date_time",
            "end_date_time", "labels",
        )),
        *(f"conversion_action.{name}" for name in (
            "resource_name", "id", "name", "type", "status",
        )),
        *(f"customer.conversion_tracking_setting.{name}" for name in (
            "accepted_customer_data_terms", "enhanced_conversions_for_leads_enabled",
        )),
        *(f"user_list.{name}" for name in (
            "resource_name", "id", "name", "type", "membership_status", "read_only",
            "crm_based_user_list.upload_key_type",
        )),
        *(f"segments.{name}" for name in ("date", "ad_network_type")),
        *(f"metrics.{name}" for name in (
            "cost_micros", "clicks", "impressions", "conversions", "conversions_value",
            "all_conversions", "view_through_conversions", "video_trueview_views",
        )),
    }
)  # fmt: skip


def customer(number: str, name: str, at: datetime) -> Record:
    own = {
        "resourceName": f"customers/{number}",
        "id": number,
        "descriptiveName": name,
        "currencyCode": "JPY",
        "timeZone": "Asia/Tokyo",
        "status": "ENABLED",
        "manager": False,
        "testAccount": False,
        "conversionTrackingSetting": {
            "acceptedCustomerDataTerms": True,
            "enhancedConversionsForLeadsEnabled": True,
        },
    }
    return {"id": number, "customer": own, "restatedAt": zendesk_instant(at)}


def campaign(owner: Record, number: int, name: str, channel: str, status: str) -> Record:
    account = owner["customer"]
    own = {
        "resourceName": f"{account['resourceName']}/campaigns/{number}",
        "id": str(number),
        "name": name,
        "status": status,
        "servingStatus": "SERVING" if status == "ENABLED" else "SUSPENDED",
        "advertisingChannelType": channel,
        "biddingStrategyType": "MAXIMIZE_CONVERSIONS",
        "startDateTime": "2025-04-01 00:00:00",
    }
    named = {"resourceName": account["resourceName"], "id": account["id"]}
    key = f"{account['id']}/{number}"
    return {"id": key, "customer": named, "campaign": own, "restatedAt": owner["restatedAt"]}


def stat(found: Record, day: date, network: str, metrics: Record, at: datetime) -> Record:
    """Figures of a campaign on a day in a network; whole numbers are text on the wire."""
    owner, campaign_id = found["customer"], found["campaign"]["id"]
    name = found["campaign"]["resourceName"]
    return {
        "id": f"{owner['id']}/{day}/{campaign_id}/{network}",
        "customer": {**owner, "currencyCode": "JPY"},
        "campaign": {"resourceName": name, "id": campaign_id},
        "segments": {"date": f"{day}", "adNetworkType": network},
        "metrics": metrics,
        "restatedAt": zendesk_instant(at),
    }
