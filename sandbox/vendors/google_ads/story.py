"""What advertising really cost and brought: the truth behind Google's figures."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.generation.ledger import Ledger

Record = dict[str, Any]
_CHANNELS = {"DISPLAY": "display", "VIDEO": "display"}


def channel_of(campaign: Record) -> str:
    return _CHANNELS.get(campaign["campaign"]["advertisingChannelType"], "paid_search")


def enter_campaign(ledger: Ledger, campaign: Record, days: dict[date, list[Record]]) -> None:
    """A campaign's cost by day and network, and its figures by day.

    A conversion is shared among the clicks that led to it: it is counted on the day on which the
    shares are a whole one again.
    """
    key, channel = f"google_ads:campaigns:{campaign['campaign']['id']}", channel_of(campaign)
    credited = Decimal(0)
    for day, records in sorted(days.items()):
        figures = [one["metrics"] for one in records]
        for place, one in enumerate(figures):
            ledger.add(
                "spend",
                "google_ads",
                key,
                spend_id=f"{key}/{day}/{place}",
                spend_date=day,
                department="marketing",
                cost_type="media",
                channel=channel,
                campaign_id=key,
                currency="JPY",
                amount=int(one["costMicros"]) // 1_000_000,
            )
        before = _whole(credited)
        credited += sum(Decimal(str(one["conversions"])) for one in figures)
        ledger.add(
            "campaign_stat",
            "google_ads",
            key,
            campaign_id=key,
            stat_date=day,
            channel=channel,
            impressions=sum(int(one["impressions"]) for one in figures),
            clicks=sum(int(one["clicks"]) for one in figures),
            conversions=_whole(credited) - before,
        )


def _whole(credited: Decimal) -> int:
    return int(credited.quantize(Decimal(1), rounding=ROUND_HALF_UP))
