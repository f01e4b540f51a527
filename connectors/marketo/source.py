"""Declares Marketo: leads and activities by bulk extract, programs, members and the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import httpx

from connectors.core.http import ToolClient
from connectors.core.pace import Budget
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource, Stream
from connectors.marketo.answers import classify
from connectors.marketo.auth import MarketoAuth
from connectors.marketo.leads import describe, read_lead_fields, read_leads
from connectors.marketo.log import (
    read_activities,
    read_activity_types,
    read_deleted_leads,
    read_lead_changes,
    read_merges,
)
from connectors.marketo.programs import read_program_members, read_programs
from connectors.marketo.records import (
    ActivityType,
    Lead,
    LeadChange,
    LeadField,
    LoggedActivity,
    LogLine,
    Program,
    ProgramMember,
)
from connectors.marketo.settings import NAME, SCOPES, MarketoSettings


def _count_leads(client: ToolClient) -> None:
    # Leads have no count: the request shows that the right is there.
    describe(client)


def _authorise(settings: VendorSettings) -> httpx.Auth:
    own = cast("MarketoSettings", settings)
    return MarketoAuth(own.url, own.client_id, own.client_secret.get_secret_value())


def _snapshot(name: str, record: Any, read: Any, description: str, **more: Any) -> Stream:
    return Stream(name, record, read, description, is_snapshot=True, **more)


SOURCE = HttpSource(
    name=NAME,
    title="Marketo",
    settings=MarketoSettings,
    authorise=_authorise,
    # NOTES.md 2: 100 calls in 20 seconds, shared by every integration of the subscription.
    budget=Budget(requests=100, seconds=20),
    scopes=SCOPES,
    streams=(
        _snapshot("lead_fields", LeadField, read_lead_fields, "Fields of leads, own ones too."),
        Stream("leads", Lead, read_leads, "Leads, deleted and merged too.", count=_count_leads),
        _snapshot("activity_types", ActivityType, read_activity_types, "Kinds of activities."),
        Stream("activities", LogLine, read_activities, "What leads did and what was done to them."),
        Stream("lead_changes", LeadChange, read_lead_changes, "Changes of lead fields."),
        Stream("deleted_leads", LoggedActivity, read_deleted_leads, "Deletions of leads."),
        Stream("merges", LoggedActivity, read_merges, "Merges of leads."),
        _snapshot("programs", Program, read_programs, "Marketing programs with their costs."),
        _snapshot(
            "program_members",
            ProgramMember,
            read_program_members,
            "Who takes part in which program.",
            every=timedelta(days=1),
        ),
    ),
    classify=classify,
    stamps=("$.updatedAt",),
)
