"""Declares Salesforce: objects through SOQL, deleted rows included, walked by stamp and id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, cast

import httpx
import msgspec
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import ClientCredentialsAuth
from connectors.core.http import Action
from connectors.core.pace import Allowance, Budget
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource, Page, Reading, Stream
from connectors.salesforce import records
from connectors.salesforce.auth import JwtBearerAuth, RefreshTokenAuth, read_private_key
from connectors.salesforce.fields import SObjectStream, described_fields
from connectors.salesforce.reading import count_live, live_ids, read_object, read_snapshot

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
Grant = Literal["client_credentials", "refresh_token", "jwt_bearer"]
# Which settings each way in needs, beside the client id.
NEEDS = {
    "client_credentials": {"client_secret"},
    "refresh_token": {"refresh_token"},
    "jwt_bearer": {"username", "private_key"},
}


class SalesforceSettings(VendorSettings):
    model_config = SettingsConfigDict(
        env_prefix="REVOPS_SALESFORCE__", env_file=".env", extra="ignore"
    )

    client_id: str
    grant: Grant = "client_credentials"
    client_secret: SecretStr | None = Field(None, validate_default=True)
    refresh_token: SecretStr | None = Field(None, validate_default=True)
    username: str | None = Field(None, validate_default=True)
    private_key: SecretStr | None = Field(None, validate_default=True)
    login_url: str = "https://login.salesforce.com"

    @field_validator("private_key", mode="before")
    @classmethod
    def _on_one_line(cls, value: object) -> object:
        return "".join(value.split("\n")) if isinstance(value, str) else value

    @field_validator("client_secret", "refresh_token", "username", "private_key")
    @classmethod
    def _is_there_if_needed(
        cls, value: str | SecretStr | None, info: ValidationInfo
    ) -> str | SecretStr | None:
        if value is None and info.field_name in NEEDS.get(info.data.get("grant", ""), ()):
            raise PydanticCustomError("missing", "it is needed for this grant")
        return value

    @field_validator("private_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_private_key(value.get_secret_value())
        return value


def _authorise(settings: VendorSettings) -> httpx.Auth:
    own = cast("SalesforceSettings", settings)
    url = f"{own.url}{TOKEN_PATH}"
    secret = own.client_secret.get_secret_value() if own.client_secret else None
    if own.grant == "jwt_bearer" and own.private_key and own.username:
        key = read_private_key(own.private_key.get_secret_value())
        return JwtBearerAuth(
            url, own.client_id, username=own.username, key=key, audience=own.login_url
        )
    if own.grant == "refresh_token" and own.refresh_token:
        return RefreshTokenAuth(url, own.client_id, secret, own.refresh_token.get_secret_value())
    return ClientCredentialsAuth(url, own.client_id, secret or "")


def _classify(response: httpx.Response) -> Action | None:
    # NOTES.md 4: the daily limit is a 403 with a list for a body.
    if response.status_code == httpx.codes.FORBIDDEN and "REQUEST_LIMIT_EXCEEDED" in response.text:
        return "retry"
    is_token = response.request.url.path.endswith(TOKEN_PATH)
    return "authorise" if is_token and response.status_code == httpx.codes.BAD_REQUEST else None


def _allowances(response: httpx.Response, now: datetime) -> list[Allowance]:  # noqa: ARG001 - rolls
    """What is left of the last 24 hours, for the org and for our app where it has a limit."""
    used = re.findall(r"usage=(\d+)/(\d+)", response.headers.get("Sforce-Limit-Info", ""))
    day = timedelta(days=1).total_seconds()
    return [Allowance(int(most), max(0, int(most) - int(of)), day, per="day") for of, most in used]


def _read_fields(reading: Reading) -> Iterator[Page]:
    """The fields of every object that is read, as our user sees them."""
    for of in OBJECTS:
        found = described_fields(reading.client, of.sobject) or []
        rows = [msgspec.json.encode({"sobject": of.sobject, "field": one}) for one in found]
        yield Page([msgspec.Raw(row) for row in rows], {})


def _stream(of: SObjectStream) -> Stream:
    """Currencies are few, and a rate that ends moves no stamp: they are read whole."""
    is_snapshot = of.is_optional
    return Stream(
        of.stream,
        of.record,
        read_snapshot(of) if is_snapshot else read_object(of),
        of.description,
        count=count_live(of),
        ids=None if is_snapshot else live_ids(of),
        is_snapshot=is_snapshot,
        object=of.sobject,
    )


_CURRENCY = ("CurrencyIsoCode",)
OBJECTS = (
    SObjectStream(
        "accounts",
        "Account",
        records.Account,
        "Accounts, deleted and merged ones too.",
        more=_CURRENCY,
    ),
    SObjectStream("contacts", "Contact", records.Contact, "Contacts, deleted and merged ones too."),
    SObjectStream(
        "opportunities",
        "Opportunity",
        records.Opportunity,
        "Opportunities, deleted ones too.",
        more=("CampaignId", *_CURRENCY),
    ),
    SObjectStream("users", "User", records.User, "Users, who own records."),
    SObjectStream(
        "leads",
        "Lead",
        records.Lead,
        "Leads, with what they were converted to or merged into.",
    ),
    SObjectStream(
        "opportunity_histories",
        "OpportunityHistory",
        records.OpportunityHistory,
        "An opportunity's stage, amount and close date after each change.",
        more=_CURRENCY,
    ),
    SObjectStream(
        "opportunity_field_histories",
        "OpportunityFieldHistory",
        records.OpportunityFieldHistory,
        "Changes of single fields of opportunities.",
        untyped=("OldValue", "NewValue"),
        more=("DataType",),
    ),
    SObjectStream(
        "opportunity_contact_roles",
        "OpportunityContactRole",
        records.OpportunityContactRole,
        "Contacts who have a part in an opportunity.",
    ),
    SObjectStream(
        "campaigns",
        "Campaign",
        records.Campaign,
        "Campaigns, with what they were to cost and did cost.",
        more=_CURRENCY,
    ),
    SObjectStream(
        "campaign_members",
        "CampaignMember",
        records.CampaignMember,
        "Leads and contacts in campaigns, and whether they responded.",
    ),
    SObjectStream(
        "tasks",
        "Task",
        records.Task,
        "Tasks: calls and e-mails, archived ones too.",
        more=("Type",),
    ),
    SObjectStream(
        "events",
        "Event",
        records.Event,
        "Events: meetings and demos, archived ones too.",
        more=("Type", "EventSubtype", "IsChild"),
    ),
    SObjectStream(
        "currencies",
        "CurrencyType",
        records.CurrencyType,
        "Currencies and their rates of today.",
        is_optional=True,
    ),
    SObjectStream(
        "conversion_rates",
        "DatedConversionRate",
        records.DatedConversionRate,
        "Currency rates by the dates that they hold for.",
        is_optional=True,
    ),
)

SOURCE = HttpSource(
    name="salesforce",
    title="Salesforce",
    settings=SalesforceSettings,
    authorise=_authorise,
    # The limit is per day and differs by edition; this only keeps bursts civil.
    budget=Budget(requests=50, seconds=5),
    scopes=(
        "by `client_credentials` it is REVOPS_SALESFORCE__CLIENT_SECRET that counts, by"
        " `refresh_token` or `jwt_bearer` what docs/reference/settings.md names; the connected app"
        " needs that flow and the scope `api`, and a run-as user who may read the objects and"
        " fields that staging needs (connectors/salesforce/records.py)"
    ),
    streams=(
        *map(_stream, OBJECTS),
        Stream(
            "fields",
            records.DescribedField,
            _read_fields,
            "The fields of every object read, those of the org's own too.",
            is_snapshot=True,
            every=timedelta(days=1),
        ),
    ),
    classify=_classify,
    allowances=_allowances,
    stamps=("$.LastModifiedDate", "$.SystemModstamp"),
)
