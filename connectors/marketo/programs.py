"""Programs with their costs, and who takes part in them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connectors.core.drift import require_fields
from connectors.core.http import ToolClient
from connectors.core.source import Page, Reading
from connectors.marketo.answers import results
from connectors.marketo.export import Extract, Row, read_extract
from connectors.marketo.settings import NAME

PROGRAMS = "/rest/asset/v1/programs.json"
DESCRIBE_MEMBERS = "/rest/v1/programs/members/describe.json"
EXPORT = "/bulk/v1/program/members/export"
LIMIT, PROGRAMS_PER_JOB = 200, 10
# NOTES.md 10: what is removed while we turn a page moves everything behind it forward.
OVERLAP = 5

NEEDED: dict[str, str | None] = {
    "leadId": "integer",
    "statusName": "string",
    "reachedSuccess": "boolean",
    "membershipDate": "datetime",
}


def _lists(client: ToolClient) -> Iterator[list[int]]:
    """The ids of each page of the list of programs."""
    offset = 0
    while True:
        listed = results(client.get(PROGRAMS, {"maxReturn": LIMIT, "offset": offset}))
        yield [int(msgspec.json.decode(one)["id"]) for one in listed]
        if len(listed) < LIMIT:
            return
        offset += LIMIT - OVERLAP


def read_programs(reading: Reading) -> Iterator[Page]:
    """Every program; its costs are only shown by its id."""
    client = reading.client
    for ids in _lists(client):
        records: list[msgspec.Raw] = []
        for one in ids:
            # One that was deleted meanwhile gives nothing.
            records += results(client.get(f"/rest/asset/v1/program/{one}.json"))
        yield Page(records, {})


def read_program_members(reading: Reading) -> Iterator[Page]:
    """The members of all programs, ten programs to an extract.

    A reading shows all there is, so it begins anew each time; the cursor keeps the jobs of one
    that was cut off, whose files can be fetched again and cost no quota.
    """
    client = reading.client
    jobs: dict[str, str] = dict((reading.cursor or {}).get("jobs", {}))
    fields = _member_fields(client)
    programs = sorted({one for ids in _lists(client) for one in ids})
    for first in range(0, len(programs), PROGRAMS_PER_JOB):
        chunk = programs[first : first + PROGRAMS_PER_JOB]
        name = f"{chunk[0]}-{chunk[-1]}"
        job = {"export": jobs[name], "offset": 0} if name in jobs else {}
        body = {"fields": fields, "format": "CSV", "filter": {"programIds": chunk}}
        for rows, goes_on in read_extract(client, Extract(EXPORT, body), job):
            jobs = jobs | ({name: goes_on["export"]} if goes_on else {})
            yield Page([_record(row) for row in rows], {"jobs": jobs})
    yield Page([], {})


def _member_fields(client: ToolClient) -> list[str]:
    """Every field of a membership; the program's id comes with every row unasked."""
    (described,) = results(client.get(DESCRIBE_MEMBERS))
    found = {one["name"]: one["dataType"] for one in msgspec.json.decode(described)["fields"]}
    require_fields(NAME, "program_members", NEEDED, found)
    return [name for name in found if name != "programId"]


def _record(row: Row) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(row))
