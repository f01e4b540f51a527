"""What the org's records really mean: the truth behind Salesforce's objects."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.generation.ledger import Ledger
from sandbox.generation.meaning import STAGES
from sandbox.instants import parse_instant

Record = dict[str, Any]
_CHANNELS = {
    "Webinar": "webinar",
    "Trade Show": "trade_show",
    "Email": "email",
    "Direct Mail": "direct_mail",
    "Advertisement": "paid_search",
    "Partners": "partner",
    None: None,
}
# What whoever answers to a campaign did; for some it depends on the answer.
_TOUCHES = {
    "Webinar": "webinar_register",
    "Trade Show": "event_visit",
    "Email": "email_click",
    "Direct Mail": "direct_mail_response",
    "Advertisement": "ad_click",
    "Partners": "partner_event",
    None: "campaign_response",
}
_TOUCHES_BY_ANSWER = {
    ("Webinar", "Attended"): "webinar_attend",
    ("Webinar", "参加"): "webinar_attend",
    ("Trade Show", "Registered"): "event_register",
}
# Google bills what the ads cost, and HubSpot plans the exhibition: no cost of either is another.
_TOLD_ELSEWHERE = {"Search brand", "search BRAND (old)", "春の展示会 2026"}


def enter_cost(ledger: Ledger, campaign: Record) -> None:
    """What a campaign has cost, on the day on which it began."""
    if campaign["ActualCost"] is None or campaign["Name"] in _TOLD_ELSEWHERE:
        return
    ledger.add(
        "spend",
        "salesforce",
        campaign["Id"],
        spend_id=_key(campaign),
        spend_date=campaign["StartDate"],
        department="marketing",
        cost_type="program",
        channel=_CHANNELS[campaign["Type"]],
        campaign_id=_key(campaign),
        currency="USD",
        amount=campaign["ActualCost"],
    )


def _key(campaign: Record) -> str:
    return f"salesforce:campaigns:{campaign['Id']}"


def touch_of(campaign: Record, status: str) -> str:
    kind = campaign["Type"]
    return _TOUCHES_BY_ANSWER.get((kind, status)) or _TOUCHES[kind]


def enter_touch(
    ledger: Ledger, campaign: Record, touch: str, whose: tuple[str, str], at: datetime
) -> None:
    """Somebody of a company answers to a campaign."""
    account, person = whose
    moment = at.replace(microsecond=0)
    ledger.add(
        "touch",
        "salesforce",
        campaign["Id"],
        touch_id=f"{_key(campaign)}/{person}/{moment:%Y%m%d%H%M%S}",
        person_id=person,
        account_id=account,
        occurred_at=moment,
        channel=_CHANNELS[campaign["Type"]] or "other",
        campaign_id=_key(campaign),
        touch_type=touch,
        is_marketing=True,
    )


def enter_activity(
    ledger: Ledger, record: Record, whose: tuple[str, str | None, str], opportunity: str | None
) -> None:
    """A call or an e-mail that was done, or a meeting."""
    account, person, owner = whose
    is_task = record["attributes"]["type"] == "Task"
    if is_task and not record["IsClosed"]:
        return
    at = record["CompletedDateTime"] if is_task else record["StartDateTime"]
    ledger.add(
        "activity",
        "salesforce",
        record["Id"],
        activity_id=record["Id"],
        activity_type=_activity_type(record),
        direction=record["Direction__c"].lower() if is_task else "outbound",
        person_id=person,
        account_id=account,
        opportunity_id=opportunity,
        owner_id=owner,
        occurred_at=parse_instant(at),
    )


def _activity_type(record: Record) -> str:
    if record["attributes"]["type"] == "Task":
        return str(record["TaskSubtype"]).lower()
    return "demo" if record["Subject"] in {"Demo", "製品デモ"} else "meeting"


def enter_versions(ledger: Ledger, key: str, history: list[tuple[Record, datetime]]) -> None:
    """An opportunity after each of its changes."""
    for seq, (version, at) in enumerate(history, 1):
        ledger.add(
            "opportunity_stage_history",
            "salesforce",
            key,
            opportunity_id=key,
            seq=seq,
            stage=STAGES[version["StageName"]],
            amount=version["Amount"],
            probability_pct=version["Probability"],
            close_date=version["CloseDate"],
            forecast_category=version["ForecastCategoryName"],
            entered_at=at,
        )


def enter_rates(ledger: Ledger, units: Mapping[str, Mapping[str, float]]) -> None:
    """What any two currencies are worth from each day on, by their units for one US dollar."""
    for day, worth in units.items():
        for sold, sold_units in worth.items():
            for bought, bought_units in worth.items():
                if sold != bought:
                    rate = Decimal(str(bought_units)) / Decimal(str(sold_units))
                    ledger.add(
                        "fx_rate",
                        "salesforce",
                        f"{sold}/{bought}/{day}",
                        rate_type="spot",
                        from_currency=sold,
                        to_currency=bought,
                        rate_date=day,
                        rate=rate.quantize(Decimal("0.00000001"), rounding=ROUND_HALF_UP),
                    )
