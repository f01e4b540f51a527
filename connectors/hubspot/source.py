"""Declares HubSpot: its settings and streams; how each is read stands in the modules beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from pydantic import HttpUrl, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import BearerAuth, RefreshTokenAuth
from connectors.core.pace import Budget
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource, Record, Stream
from connectors.hubspot import catalogue, marketing, marketing_records, records
from connectors.hubspot.associations import Associations
from connectors.hubspot.histories import property_histories
from connectors.hubspot.objects import CrmObject
from connectors.hubspot.paging import allowances, scopes_lacking


class HubSpotSettings(VendorSettings):
    model_config = SettingsConfigDict(
        env_prefix="REVOPS_HUBSPOT__", env_file=".env", extra="ignore"
    )

    base_url: HttpUrl = HttpUrl("https://api.hubapi.com")
    token: SecretStr
    # An app with OAuth has these three in place of the private app's token.
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _take_the_app_for_the_token(cls, given: Any) -> Any:
        names = ("client_id", "client_secret", "refresh_token")
        if isinstance(given, dict) and all(given.get(name) for name in names):
            return {"token": given["refresh_token"], **given}
        return given


def _authorise(settings: HubSpotSettings) -> httpx.Auth:
    if settings.client_id and settings.client_secret and settings.refresh_token:
        return RefreshTokenAuth(
            f"{settings.url}/oauth/v3/token",
            settings.client_id,
            settings.client_secret.get_secret_value(),
            settings.refresh_token.get_secret_value(),
        )
    return BearerAuth(settings.token.get_secret_value())


COMPANIES = CrmObject("companies", records.CompanyProperties)
CONTACTS = CrmObject("contacts", records.ContactProperties, "lastmodifieddate")
DEALS = CrmObject("deals", records.DealProperties)
CALLS = CrmObject("calls", records.CallProperties)
MEETINGS = CrmObject("meetings", records.MeetingProperties)
EMAILS = CrmObject("emails", records.EmailProperties)
NOTES = CrmObject("notes", records.NoteProperties)
TASKS = CrmObject("tasks", records.TaskProperties)

_ASSOCIATIONS = Associations([COMPANIES, CONTACTS, DEALS, CALLS, MEETINGS, EMAILS, NOTES, TASKS])
_HISTORIES = property_histories([DEALS, CONTACTS, COMPANIES])


def _stream(one: CrmObject, record: type[Record], description: str) -> Stream:
    return Stream(one.kind, record, one.read, description, count=one.count, ids=one.ids)


SOURCE = HttpSource(
    name="hubspot",
    title="HubSpot",
    settings=HubSpotSettings,
    authorise=_authorise,
    # NOTES.md 1: 190 per 10 s on Professional and Enterprise; the lowest tier has 100.
    budget=Budget(requests=100, seconds=10),
    budgets={"/crm/v3/objects/*/search": Budget(requests=5, seconds=1)},
    allowances=allowances,
    scopes=(
        "the private app needs the scopes crm.objects.companies.read and .write,"
        " crm.objects.contacts.read and .write, crm.objects.deals.read and .write,"
        " crm.objects.owners.read,"
        " crm.schemas.companies.read, crm.lists.read, forms, content"
        " and marketing.campaigns.read"
    ),
    streams=(
        _stream(COMPANIES, records.Company, "Companies with our own revops_* properties."),
        _stream(CONTACTS, records.Contact, "Contacts with their primary company."),
        _stream(DEALS, records.Deal, "Deals with their primary company."),
        Stream(
            "owners",
            records.Owner,
            catalogue.owners,
            "Owners, archived ones too.",
            count=catalogue.count_owners,
        ),
        Stream(
            "pipelines",
            records.Pipeline,
            catalogue.pipelines,
            "Deal pipelines with their stages.",
            is_snapshot=True,
        ),
        Stream(
            "properties",
            records.Property,
            catalogue.properties,
            "Definitions of all properties, custom ones too.",
            is_snapshot=True,
        ),
        _stream(CALLS, records.Call, "Calls, made and received."),
        _stream(MEETINGS, records.Meeting, "Meetings with their outcome."),
        _stream(EMAILS, records.Email, "One-to-one e-mails that were logged."),
        _stream(NOTES, records.Note, "Notes."),
        _stream(TASKS, records.Task, "Tasks, done or to do."),
        Stream(
            "associations",
            records.Association,
            _ASSOCIATIONS.read,
            "Which record belongs to which, with the labels.",
        ),
        Stream(
            "property_histories",
            records.PropertyHistory,
            _HISTORIES.read,
            "Earlier deal stages, amounts and close dates; earlier lifecycle stages.",
            ids=_HISTORIES.ids,
        ),
        Stream(
            "lists",
            marketing_records.ContactList,
            marketing.lists,
            "Lists, static and active.",
            count=marketing.count_lists,
            is_snapshot=True,
        ),
        Stream(
            "list_memberships",
            marketing_records.ListMembership,
            marketing.list_memberships,
            "Who is on which list.",
            is_snapshot=True,
            every=timedelta(days=1),
        ),
        Stream(
            "forms",
            marketing_records.Form,
            marketing.forms,
            "Forms, archived ones too.",
            is_snapshot=True,
        ),
        Stream(
            "form_submissions",
            marketing_records.FormSubmission,
            marketing.form_submissions,
            "What was filled into forms.",
            ids=marketing.form_submission_ids,
        ),
        Stream(
            "campaigns",
            marketing_records.Campaign,
            marketing.campaigns,
            "Marketing campaigns with budget and spend.",
            count=marketing.count_campaigns,
            is_snapshot=True,
        ),
        Stream(
            "marketing_emails",
            marketing_records.MarketingEmail,
            marketing.marketing_emails,
            "Marketing e-mails and the campaign of each.",
            count=marketing.count_marketing_emails,
            is_snapshot=True,
        ),
        Stream(
            "email_events",
            marketing_records.EmailEvent,
            marketing.email_events,
            "What became of each marketing e-mail sent, per recipient.",
        ),
    ),
    scopes_lacking=scopes_lacking,
    fields_at="$.properties",
    stamps=("$.updatedAt", "$.properties.hs_lastmodifieddate"),
)
