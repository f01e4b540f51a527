"""The portal's campaigns, e-mails, forms, lists and custom fields, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.generation.people import Person
from sandbox.generation.scene import OUR_DOMAIN, Presence
from sandbox.instants import hubspot_instant
from sandbox.vendors.hubspot.portal import ACCOUNT, default_pipeline, pipeline, stage
from sandbox.vendors.hubspot.properties import CUSTOM_OBJECT
from sandbox.vendors.hubspot.records import list_record, property_definition, target_list

if TYPE_CHECKING:
    from sandbox.generation.invention import Invention

Record = dict[str, Any]

_CAMPAIGNS = (
    ("春の展示会2026", "ACTIVE", "exhibition_spring_2026", "1200000", "JPY"),
    ("Webinar: one view of the customer", "COMPLETED", "webinar-one-view", "3400", "USD"),
    ("導入事例ダウンロード", "ACTIVE", "case_studies_jp", None, None),
    ("test campaign (delete me)", "DRAFT", None, None, None),
)
# Name, subject, which campaign it belongs to.
_EMAILS = (
    ("展示会ご招待", "【ご招待】春の展示会のご案内", 0),
    ("展示会お礼", "ご来場ありがとうございました", 0),
    ("Webinar invitation", "Join us: one view of the customer", 1),
    ("Webinar follow-up", "The recording is here", 1),
    ("Newsletter 11月号", "11月のお知らせ", None),
)
_FORMS = (("お問い合わせ", "hubspot", False), ("Demo request", "hubspot", False))
_FIELDS = (("email", "メールアドレス"), ("lastname", "姓"), ("company", "会社"))
_OLD_FORM = ("Newsletter (old)", "captured", True)
_LISTS = (
    ("全顧客（メール可）", "DYNAMIC"),
    ("展示会2026 来場者", "MANUAL"),
    ("MQL", "DYNAMIC"),
    ("test list", "SNAPSHOT"),
)
# Object, name, (label, type, fieldType), options.
CUSTOM: tuple[tuple[str, str, tuple[str, str, str], tuple[str, ...]], ...] = (
    ("companies", "annual_revenue_text", ("年商（円）", "string", "text"), ()),
    (
        "companies",
        "contract_category",
        ("契約区分", "enumeration", "select"),
        ("直販", "代理店", "その他"),
    ),
    ("contacts", "furigana", ("フリガナ", "string", "text"), ()),
    (
        "contacts",
        "attended_events",
        ("参加イベント", "enumeration", "checkbox"),
        ("展示会2025", "展示会2026", "Webinar", "勉強会"),
    ),
    ("contacts", "newsletter_opt_in", ("メルマガ購読", "bool", "booleancheckbox"), ()),
    ("deals", "expected_seats", ("想定席数", "number", "number"), ()),
    ("deals", "renewal_due_date", ("契約更新日", "date", "date"), ()),
    ("deals", "competitor_memo", ("競合メモ", "string", "textarea"), ()),
)
# What the portal's own object is described by, beside what every object has.
CONTRACTS: tuple[tuple[str, tuple[str, str, str]], ...] = (
    ("contract_number", ("契約番号", "string", "text")),
    ("contract_amount", ("契約金額", "number", "number")),
    ("contract_ends_on", ("契約終了日", "date", "date")),
)
_OF_EVERY_OBJECT = (
    ("hs_object_id", ("Record ID", "number", "number")),
    ("hs_createdate", ("Create Date", "datetime", "date")),
    ("hs_lastmodifieddate", ("Last Modified Date", "datetime", "date")),
)
# Where one story is told, what an opportunity renews is told as well.
_RENEWALS: tuple[tuple[str, str, tuple[str, str, str], tuple[str, ...]], ...] = (
    ("deals", "renewal_base_amount", ("更新前の金額", "number", "number"), ()),
    ("deals", "renewal_base_currency", ("更新前の通貨", "string", "text"), ()),
)
_VALUES: dict[str, tuple[str | None, ...]] = {
    "annual_revenue_text": ("1,200万円", "１２億", "不明", "350000000", "約30億円 ", "n/a"),
    "contract_category": ("直販", "代理店", "その他", None),
    "furigana": ("サトウ ハナコ", "ｻﾄｳ ﾊﾅｺ", "さとう", None),
    "attended_events": ("展示会2026", "展示会2025;展示会2026", "Webinar;勉強会", None),
    "newsletter_opt_in": ("true", "false", None),
    "expected_seats": ("5", "12", "250", "0", None),
    "renewal_due_date": ("2026-12-31", "2027-03-31", None),
    "competitor_memo": ("A社と比較中\n価格重視", "none", "-", None),
}


def contract_definitions(at: datetime) -> list[Record]:
    """The properties of the portal's own object; a contract is known by its number."""
    made = [
        property_definition(CUSTOM_OBJECT, name, shape, at, custom=custom)
        for custom, shapes in ((True, CONTRACTS), (False, _OF_EVERY_OBJECT))
        for name, shape in shapes
    ]
    return [one | {"hasUniqueValue": one["name"] == CONTRACTS[0][0]} for one in made]


def custom_values(chance: Random, kind: str) -> dict[str, str | None]:
    """Values of an object's custom properties, as messy as people type them."""
    return {name: chance.choice(_VALUES[name]) for of, name, _, _ in CUSTOM if of == kind}


class Portal:
    """What the portal offers; its ids are drawn once, from the invention's own chance."""

    def __init__(self, invention: Invention) -> None:
        self._invention = invention
        self._chance = invention.rng
        self._as_of = invention.scene.as_of
        self._is_plain = invention.scene.plain
        self._born = self._as_of - timedelta(days=500)
        self._campaigns = [self._campaign(*one) for one in _CAMPAIGNS]
        self._emails = [self._email(*one) for one in _EMAILS]
        self._forms = [self._form(*one) for one in (*_FORMS, _OLD_FORM)]
        self._lists = [
            list_record(number, *one, self._stamps()) for number, one in enumerate(_LISTS, 1)
        ]

    def everything(self) -> Iterator[tuple[str, list[Record]]]:
        """Every kind with its records, in the order in which they are written."""
        definitions = [
            property_definition(kind, name, shape, self._born, custom=True, options=options)
            for kind, name, shape, options in (*CUSTOM, *(_RENEWALS if self._is_plain else ()))
        ]
        stamp = hubspot_instant(self._born)
        renewals = {
            "objectType": "deals",
            **pipeline("renewals", "更新パイプライン", 1, stamp),
            "stages": [
                stage("renewal_open", "更新確認中", 0, "0.5", stamp),
                stage("renewal_won", "更新済み", 1, "1.0", stamp),
                stage("renewal_lost", "解約", 2, "0.0", stamp),
            ],
        }
        yield "properties", [*definitions, *contract_definitions(self._born)]
        yield "pipelines", [default_pipeline(stamp), renewals]
        yield "campaigns", self._campaigns
        yield "marketing_emails", self._emails
        yield "forms", self._forms
        yield "lists", [*self._lists, target_list(len(self._lists) + 1, self._born)]

    # -- what is offered ---------------------------------------------------------------------

    def _guid(self) -> str:
        digits = self._invention.digits(32)
        parts = (digits[:8], digits[8:12], f"4{digits[13:16]}", f"a{digits[17:20]}", digits[20:])
        return "-".join(parts)

    def _stamps(self) -> dict[str, str]:
        created = self._invention.moment(self._born)
        updated = self._invention.moment(created)
        return {"createdAt": hubspot_instant(created), "updatedAt": hubspot_instant(updated)}

    def _campaign(
        self, name: str, status: str, utm: str | None, spend: str | None, currency: str | None
    ) -> Record:
        began = self._invention.moment(self._born)
        properties = {
            "hs_name": name,
            "hs_campaign_status": status,
            "hs_start_date": f"{began:%Y-%m-%d}",
            "hs_end_date": f"{began + timedelta(days=60):%Y-%m-%d}",
            "hs_utm": utm,
            "hs_currency_code": currency,
            "hs_budget_items_sum_amount": spend,
            "hs_spend_items_sum_amount": spend and str(int(int(spend) * 0.9)),
            "hs_owner": None,
            "hs_notes": None,
        }
        return {"id": self._guid(), "properties": properties, **self._stamps(), "businessUnits": []}

    def _email(self, name: str, subject: str, campaign: int | None) -> Record:
        guid = self._campaigns[campaign]["id"] if campaign is not None else None
        number = self._invention.number("marketing_emails", 90_000_000_000)
        campaign_id = self._invention.number("email_campaign", 300_000_000)
        stamps = self._stamps()
        return {
            "id": str(number),
            "name": name,
            "subject": subject,
            "type": "BATCH_EMAIL",
            "subcategory": "batch",
            "state": "PUBLISHED",
            "isPublished": True,
            "publishDate": stamps["createdAt"],
            "campaign": guid,
            "campaignName": self._campaigns[campaign]["properties"]["hs_name"]
            if campaign is not None
            else None,
            "primaryEmailCampaignId": str(campaign_id),
            "allEmailCampaignIds": [str(campaign_id)],
            "archived": False,
            **stamps,
        }

    def _form(self, name: str, kind: str, archived: bool) -> Record:  # noqa: FBT001  # a row
        fields = [
            {"objectTypeId": "0-1", "name": field, "label": label, "required": field == "email"}
            for field, label in (
                ("email", "メールアドレス"),
                ("lastname", "姓"),
                ("company", "会社"),
            )
        ]
        groups = [{"groupType": "default_group", "richTextType": "text", "fields": fields}]
        return {
            "id": self._guid(),
            "name": name,
            "formType": kind,
            **self._stamps(),
            "archived": archived,
            "fieldGroups": groups,
            "configuration": {"language": "ja", "recaptchaEnabled": False},
            "displayOptions": {"theme": "default_style"},
            "legalConsentOptions": {"type": "none"},
        }

    # -- what people do ----------------------------------------------------------------------

    def membership(self, contact_id: str, at: datetime) -> Record:
        list_id = self._chance.choice(self._lists)["listId"]
        return {
            "listId": list_id,
            "recordId": contact_id,
            "membershipTimestamp": hubspot_instant(at),
        }

    def email_of(self, event: Record) -> Record:
        """The e-mail that an event is about."""
        number = str(event["emailCampaignId"])
        return next(one for one in self._emails if one["primaryEmailCampaignId"] == number)

    def submission(self, person: Person, presence: Presence, at: datetime) -> tuple[Record, Record]:
        """A form and what somebody filled it in with."""
        form = self._chance.choice(self._forms[: len(_FORMS)])
        typed = self._chance.choice((presence.company.core, presence.company.latin, "", "個人"))
        values = {
            "email": self._chance.choice((person.email, person.email.upper())),
            "lastname": person.family if person.japanese else person.family_latin,
            "company": typed,
            "message": self._chance.choice(("資料をください", "Please call me", "test")),
        }
        medium = "&utm_medium=cpc" if self._is_plain else ""
        return form, {
            "formId": form["id"],
            "conversionId": self._guid(),
            "submittedAt": _epoch(at),
            "values": [
                {"name": name, "value": value, "objectTypeId": "0-1"}
                for name, value in values.items()
            ],
            "pageUrl": f"https://www.{OUR_DOMAIN}/contact?utm_source=google&utm_campaign=spring{medium}",
        }

    def mailing(self, recipient: str, at: datetime) -> Iterator[Record]:
        """One e-mail to one person, and what became of it within a few hours."""
        email = self._chance.choice(self._emails)
        base = {
            "appId": 113,
            "appName": "Batch",
            "portalId": ACCOUNT["portalId"],
            "recipient": recipient,
            "emailCampaignId": int(email["primaryEmailCampaignId"]),
        }
        sent = {**base, **self._event("SENT", at), "subject": email["subject"]}
        yield sent
        by = {"sentBy": {"id": sent["id"], "created": sent["created"]}}
        if self._chance.random() < 0.06:
            reason = {"category": "UNKNOWN_USER", "status": "5.1.1", "response": "550 no such user"}
            yield {**base, **self._event("BOUNCE", _soon(at, 1)), **by, **reason}
            return
        yield {**base, **self._event("DELIVERED", _soon(at, 1)), **by}
        if self._chance.random() < 0.45:
            device = {"deviceType": "COMPUTER", "browser": {"name": "Chrome", "type": "Browser"}}
            # Scanners open everything at once: HubSpot marks that as filtered.
            filtered = {"filteredEvent": self._chance.random() < 0.2}
            yield {**base, **self._event("OPEN", _soon(at, 4)), **by, **device, **filtered}
            if self._chance.random() < 0.4:
                link = {"url": f"https://www.{OUR_DOMAIN}/event?utm_medium=email"}
                yield {**base, **self._event("CLICK", _soon(at, 6)), **by, **link, **filtered}
        elif self._chance.random() < 0.05:
            change = {"subscriptions": [{"id": 7, "status": "UNSUBSCRIBED"}]}
            yield {**base, **self._event("STATUSCHANGE", _soon(at, 8)), **by, **change}

    def _event(self, kind: str, at: datetime) -> Record:
        return {"id": self._guid(), "type": kind, "created": _epoch(at)}


def _epoch(at: datetime) -> int:
    return int(at.timestamp() * 1_000)


def _soon(at: datetime, minutes: int) -> datetime:
    return at + timedelta(minutes=minutes)
