"""Marketo as the generic tests see it."""

from __future__ import annotations

from typing import Any

from tests.emulation import Broken, Emulation


def landed(vendors: Any, stream: str) -> set[str]:
    """What a full reading lands of the streams that show no object one to one."""
    tool = vendors.sandbox.vendors["marketo"]
    leads = list(tool.tables["leads"])
    log = [line for _, _, line in tool.log()]
    keys = {
        "lead_fields": [one["name"] for one in tool.tables["lead_fields"]],
        "activity_types": [one["id"] for one in tool.tables["activity_types"]],
        "activities": [one["marketoGUID"] for one in log],
        "deleted_leads": [
            9_000_000_000 + one["id"]
            for one in leads
            if one.get("isDeleted") and not one.get("mergedInto")
        ],
        "merges": [one["marketoGUID"] for one in log if one["activityTypeId"] == 32],
        "program_members": [
            f"{one['programId']}-{one['leadId']}"
            for one in tool.tables["program_members"]
            if not next(lead for lead in leads if lead["id"] == one["leadId"]).get("isDeleted")
        ],
    }
    return {str(key) for key in keys[stream]}


EMULATION = Emulation(
    kinds={name: name for name in ("leads", "lead_changes", "programs")},
    keys=landed,
    broken=Broken("lead_changes", "/rest/v1/activities/leadchanges.json", "activityDate"),
    disabling=("REVOPS_MARKETO__CLIENT_SECRET", "Read-Only Lead"),
    no_limits={"per_20_seconds": 1_000_000, "per_day": 1_000_000},
    small_pages={
        "connectors.marketo.export.PAGE_ROWS": 150,
        "connectors.marketo.export.PART_BYTES": 20_000,
        "connectors.marketo.programs.LIMIT": 4,
        "connectors.marketo.programs.OVERLAP": 1,
        "connectors.marketo.programs.PROGRAMS_PER_JOB": 3,
        "sandbox.vendors.marketo.paging.MAX_BATCH": 200,
    },
    deletable=("leads",),
    ways=("lead_changes",),
    secrets=lambda vendor: vendor.issued_tokens(),
)
