"""What the portal's records really mean: the truth behind HubSpot's objects."""

from datetime import UTC, datetime
from typing import Any

from sandbox.generation.ledger import Ledger
from sandbox.generation.mails import Mails
from sandbox.instants import parse_instant

Record = dict[str, Any]
_FORMS = {"お問い合わせ": "form_contact", "Demo request": "form_demo"}
_COUNTED = {
    "SENT": "sends",
    "DELIVERED": "delivered",
    "OPEN": "unique_opens",
    "CLICK": "unique_clicks",
}
_TOUCHES = {"CLICK": "email_click", "STATUSCHANGE": "unsubscribed"}
_NOT_HAPPENED = {"CANCELED", "NO_SHOW", "RESCHEDULED", "BOUNCED"}


def enter_cost(ledger: Ledger, campaign: Record) -> None:
    """What a campaign has cost, on the day on which it began."""
    values = campaign["properties"]
    if values["hs_spend_items_sum_amount"] is None:
        return
    ledger.add(
        "spend",
        "hubspot",
        campaign["id"],
        spend_id=f"hubspot:campaigns:{campaign['id']}",
        spend_date=values["hs_start_date"],
        department="marketing",
        cost_type="program",
        campaign_id=f"hubspot:campaigns:{campaign['id']}",
        currency=values["hs_currency_code"],
        amount=values["hs_spend_items_sum_amount"],
    )


def enter_activity(ledger: Ledger, kind: str, record: Record, whose: dict[str, Any]) -> None:
    """A call, an e-mail or a meeting that took place."""
    values = record["properties"]
    if kind not in {"calls", "emails", "meetings"}:
        return
    if {values.get("hs_meeting_outcome"), values.get("hs_email_status")} & _NOT_HAPPENED:
        return
    inbound = {values.get("hs_call_direction"), values.get("hs_email_direction")} & {
        "INBOUND",
        "INCOMING_EMAIL",
    }
    is_demo = values.get("hs_activity_type") == "Demo"
    ledger.add(
        "activity",
        "hubspot",
        record["id"],
        activity_id=record["id"],
        activity_type="demo" if is_demo else kind.removesuffix("s"),
        direction="inbound" if inbound else "outbound",
        occurred_at=parse_instant(values["hs_timestamp"]),
        **whose,
    )


def enter_mail(
    ledger: Ledger, mails: Mails, email: Record, events: list[Record], whose: tuple[str, str]
) -> None:
    """An e-mail to somebody of a company, and what they did; what a scanner does is nothing."""
    account, person = whose
    guid = email["campaign"]
    # An e-mail of no campaign is one of its own.
    alone = f"hubspot:marketing_emails:{email['id']}"
    campaign = f"hubspot:campaigns:{guid}" if guid else alone
    for event in events:
        at = datetime.fromtimestamp(event["created"] / 1_000, UTC)
        if event.get("filteredEvent"):
            continue
        if what := _COUNTED.get(event["type"]):
            mails.count(campaign, at, what)
        if touch := _TOUCHES.get(event["type"]):
            ledger.add(
                "touch",
                "hubspot",
                event["id"],
                touch_id=event["id"],
                person_id=person,
                account_id=account,
                occurred_at=at,
                channel="email",
                campaign_id=guid and campaign,
                touch_type=touch,
                is_marketing=True,
            )


def form_touch(form: Record) -> str:
    return _FORMS[form["name"]]


def enter_form(ledger: Ledger, sent: Record, touch: str, whose: tuple[str, str]) -> None:
    """Somebody of a company fills in a form to which an advertisement has led."""
    account, person = whose
    ledger.add(
        "touch",
        "hubspot",
        sent["conversionId"],
        touch_id=sent["conversionId"],
        person_id=person,
        account_id=account,
        occurred_at=datetime.fromtimestamp(sent["submittedAt"] / 1_000, UTC),
        channel="paid_search",
        touch_type=touch,
        is_marketing=True,
    )
