"""What marketing's log really means: the truth behind Marketo's records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.generation.customer import KnownPerson
from sandbox.generation.ledger import Ledger
from sandbox.generation.mails import Mails

Record = dict[str, Any]
_CHANNELS = {
    "Webinar": "webinar",
    "Tradeshow": "trade_show",
    "Content": "content",
    "Nurture": "email",
    "Operational": "operational",
}
_PROGRAM_TOUCHES = {
    ("Webinar", "Registered"): "webinar_register",
    ("Webinar", "Attended"): "webinar_attend",
    ("Tradeshow", "Registered"): "event_register",
    ("Tradeshow", "Visited Booth"): "event_visit",
    ("Content", "Downloaded"): "content_download",
}
_FORMS = {
    "Contact us": "form_contact",
    "資料請求": "content_download",
    "Webinar registration": "webinar_register",
}
VISIT, FORM, SENT, DELIVERED, UNSUBSCRIBED, OPENED, CLICKED = 1, 2, 6, 7, 9, 10, 11
_COUNTED = {
    SENT: "sends",
    DELIVERED: "delivered",
    OPENED: "unique_opens",
    CLICKED: "unique_clicks",
}


@dataclass(frozen=True)
class Whose:
    """Whom a lead stands for, and at which company, if any."""

    known: KnownPerson
    account: str | None


def enter_costs(ledger: Ledger, program: Record) -> None:
    """What a program has cost, month by month."""
    key = f"marketo:programs:{program['id']}"
    for number, one in enumerate(program["costs"]):
        ledger.add(
            "spend",
            "marketo",
            program["id"],
            spend_id=f"{key}/{number}",
            spend_date=one["startDate"],
            department="marketing",
            cost_type="program",
            channel=_CHANNELS[program["channel"]],
            campaign_id=key,
            currency="JPY",
            amount=one["cost"],
        )


def program_touch(program: Record, status: str) -> str | None:
    """What somebody does who gets so far in a program; nothing where we do it."""
    return _PROGRAM_TOUCHES.get((program["channel"], status))


def enter_program(
    ledger: Ledger, program: Record, touch: str | None, whose: Whose, at: datetime
) -> None:
    if touch is not None:
        campaign = f"marketo:programs:{program['id']}"
        _enter(ledger, whose, at, touch, _CHANNELS[program["channel"]], campaign=campaign)


def kinds_of(kind: int, asset: str) -> tuple[str, ...]:
    """The kinds of touches that a deed may be taken for."""
    if kind == FORM:
        return ("form", _FORMS[asset])
    names = {VISIT: ("page_visit",), CLICKED: ("email_click",), UNSUBSCRIBED: ("unsubscribed",)}
    return names.get(kind, ())


def count_mail(mails: Mails, kind: int, email_id: int, at: datetime) -> None:
    """A step of an e-mail, if it is one that is counted."""
    if what := _COUNTED.get(kind):
        mails.count(f"marketo:emails:{email_id}", at, what)


def enter_deed(ledger: Ledger, kind: int, asset: str, whose: Whose, at: datetime) -> None:
    """A visit, a form, or what somebody did with an e-mail."""
    if kind == VISIT:
        _enter(ledger, whose, at, "page_visit", "direct", is_marketing=False)
    elif kind == FORM:
        _enter(ledger, whose, at, _FORMS[asset], "referral")
    elif kind == CLICKED:
        _enter(ledger, whose, at, "email_click", "email")
    elif kind == UNSUBSCRIBED:
        _enter(ledger, whose, at, "unsubscribed", "email")


def _enter(
    ledger: Ledger,
    whose: Whose,
    at: datetime,
    touch: str,
    channel: str,
    *,
    campaign: str | None = None,
    is_marketing: bool = True,
) -> None:
    person = whose.known.person.key
    ledger.add(
        "touch",
        "marketo",
        person,
        touch_id=f"marketo/{person}/{touch}/{at:%Y%m%d%H%M%S}",
        person_id=person,
        account_id=whose.account,
        occurred_at=at.replace(microsecond=0),
        channel=channel,
        campaign_id=campaign,
        touch_type=touch,
        is_marketing=is_marketing,
    )
