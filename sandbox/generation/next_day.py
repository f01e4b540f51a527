"""What happens in the three tools on the day after the data ends."""

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.generation.invention import Invention
from sandbox.generation.output import RecordFiles, json_line
from sandbox.generation.scene import OpenOpportunity, Scene
from sandbox.instants import hubspot_instant, salesforce_instant, zendesk_instant
from sandbox.manifest import Counts
from sandbox.pipeline import (
    HUBSPOT_STAGES,
    SALESFORCE_STAGES,
    hubspot_stage_fields,
    salesforce_stage_fields,
)
from sandbox.vendors.hubspot.properties import MODIFIED_PROPERTY
from sandbox.vendors.hubspot.records import crm_record
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.records import sobject
from sandbox.vendors.zendesk.records import ticket

Record = dict[str, Any]
TYPO_AMOUNT = 9_750_000_000


class NextDay:
    """Draws distinct records from the day's candidates and writes what became of them."""

    def __init__(self, scene: Scene, files: RecordFiles) -> None:
        self._scene = scene
        self._files = files
        self._used: set[object] = set()

    def _moment(self) -> datetime:
        """An instant in the working part of the day, clear of both ends."""
        return self._scene.as_of + timedelta(minutes=self._scene.rng.randint(90, 22 * 60))

    def _draw(self, vendor: str, kind: str, fits: Callable[[Record], bool]) -> Record | None:
        pool = [
            record
            for record in self._scene.candidates.records.get((vendor, kind), [])
            if (vendor, record.get("id", record.get("Id"))) not in self._used and fits(record)
        ]
        if not pool:
            return None
        record = self._scene.rng.choice(pool)
        self._used.add((vendor, record.get("id", record.get("Id"))))
        return copy.deepcopy(record)

    def _draw_opportunity(
        self, fits: Callable[[OpenOpportunity], bool] = lambda _: True
    ) -> OpenOpportunity | None:
        pool = [
            opportunity
            for opportunity in self._scene.candidates.opportunities
            if ("salesforce", opportunity.record["Id"]) not in self._used and fits(opportunity)
        ]
        if not pool:
            return None
        drawn = self._scene.rng.choice(pool)
        self._used.add(("salesforce", drawn.record["Id"]))
        return drawn

    def _change_hubspot(self, kind: str, record: Record | None, changes: Record) -> None:
        if record is None:
            return
        stamp = hubspot_instant(self._moment())
        properties = record["properties"] | changes | {MODIFIED_PROPERTY[kind]: stamp}
        changed = {**record, "properties": properties, "updatedAt": stamp}
        self._files.add("hubspot", kind, changed)

    def _change_salesforce(self, kind: str, record: Record | None, changes: Record) -> None:
        if record is None:
            return
        stamp = salesforce_instant(self._moment())
        changed = {**record, **changes, "LastModifiedDate": stamp, "SystemModstamp": stamp}
        self._files.add("salesforce", kind, changed)

    def _change_zendesk(self, kind: str, record: Record | None, changes: Record) -> None:
        if record is None:
            return
        at = self._moment()
        changed = {**record, **changes, "updated_at": zendesk_instant(at)}
        if kind == "tickets":
            changed["generated_timestamp"] = int(at.timestamp())
        self._files.add("zendesk", kind, changed)

    def change_opportunities(self) -> str | None:
        """One deleted, one mistyped, one won and one moved on; the id of the deleted one."""
        linked = [self._draw_opportunity(lambda o: o.is_linked) for _ in range(2)]
        deleted, mistyped = (drawn or self._draw_opportunity() for drawn in linked)
        if mistyped:
            self._change_salesforce("Opportunity", mistyped.record, {"Amount": TYPO_AMOUNT})
        won = self._draw_opportunity(lambda o: o.mirror is not None) or self._draw_opportunity()
        if won:
            self._win(won)
        moved = self._draw_opportunity(lambda o: o.mirror is None)
        if moved:
            later = _later_stage(list(SALESFORCE_STAGES), moved.record["StageName"])
            changes = salesforce_stage_fields(later)
            self._change_salesforce("Opportunity", moved.record, changes)
        return deleted.record["Id"] if deleted else None

    def _win(self, won: OpenOpportunity) -> None:
        today = f"{self._scene.as_of:%Y-%m-%d}"
        changes = {**salesforce_stage_fields("Closed Won"), "CloseDate": today}
        self._change_salesforce("Opportunity", won.record, changes)
        stage = {"dealstage": "closedwon", **hubspot_stage_fields("closedwon")}
        self._change_hubspot("deals", won.mirror, stage)

    def change_records(self) -> None:
        """A deal, two people, a company, an organization and three tickets change."""
        deal = self._draw("hubspot", "deals", lambda r: r["properties"]["hs_is_closed"] == "false")
        if deal:
            later = _later_stage(list(HUBSPOT_STAGES), deal["properties"]["dealstage"])
            changes: Record = {"dealstage": later, **hubspot_stage_fields(later)}
            self._change_hubspot("deals", deal, changes)
        contact = self._draw("hubspot", "contacts", lambda r: bool(r["properties"]["jobtitle"]))
        self._change_hubspot("contacts", contact, {"jobtitle": "Chief Operating Officer"})
        company = self._draw("hubspot", "companies", lambda r: bool(r["properties"]["domain"]))
        if company:
            renamed = f"{company['properties']['name'].strip()} Group"
            self._change_hubspot("companies", company, {"name": renamed})
        person = self._draw("salesforce", "Contact", lambda r: bool(r["Title"]))
        self._change_salesforce("Contact", person, {"Title": "営業本部長"})
        organization = self._draw("zendesk", "organizations", lambda r: bool(r["domain_names"]))
        if organization:
            renamed = f"{organization['name'].strip()} (旧社名)"
            self._change_zendesk("organizations", organization, {"name": renamed})
        self._change_tickets()

    def _change_tickets(self) -> None:
        for before, after in (("open", "solved"), ("pending", "solved"), ("solved", "open")):
            drawn = self._draw("zendesk", "tickets", _has_status(before))
            self._change_zendesk("tickets", drawn, {"status": after})

    def add_records(self, next_ticket: int) -> None:
        """A contact, an opportunity and a ticket arrive, each like one that was there."""
        scene, at = self._scene, self._moment()
        company = self._draw("hubspot", "companies", lambda _: True)
        if company:
            email = f"new.hire@{(company['properties']['domain'] or 'mail.example').lower()}"
            properties = {"email": email, "firstname": "Aya", "lastname": "Okabe"}
            properties["associatedcompanyid"] = company["id"]
            record_id = str(scene.next_id("contacts"))
            new_contact = crm_record("contacts", record_id, properties, at, at)
            self._files.add("hubspot", "contacts", new_contact)
        like = self._draw_opportunity(lambda o: o.is_linked)
        if like:
            fields = {k: v for k, v in like.record.items() if k not in {"attributes", "Id"}}
            fields |= {"Name": f"{fields['Name']} 2", "Amount": 48_000, "NextStep": None}
            record_id = salesforce_id("Opportunity", scene.next_id("Opportunity"))
            new_opportunity = sobject("Opportunity", record_id, fields, at, at)
            self._files.add("salesforce", "Opportunity", new_opportunity)
        asked = self._draw("zendesk", "tickets", lambda r: r["status"] == "closed")
        if asked:
            kept = {k: v for k, v in asked.items() if k not in {"id", "url", "generated_timestamp"}}
            fields = {**kept, "status": "new", "assignee_id": None, "subject": "追加の質問"}
            fields["satisfaction_rating"] = {"score": "unoffered"}
            self._files.add("zendesk", "tickets", ticket(next_ticket, fields, at, at))


def _has_status(status: str) -> Callable[[Record], bool]:
    return lambda record: bool(record["status"] == status)


def _later_stage(stages: list[str], stage: str) -> str:
    """The next open stage, or the last open one again."""
    still_open = stages[: -len(("won", "lost"))]
    return still_open[min(still_open.index(stage) + 1, len(still_open) - 1)]


def write_next_day(
    scene: Scene, directory: Path, next_ticket: int, inventions: list[Invention]
) -> Counts:
    """Write `directory` (DIR/next_day); the number of records by vendor and object."""
    directory.mkdir(parents=True, exist_ok=True)
    with RecordFiles(directory) as files:
        day = NextDay(scene, files)
        deleted = day.change_opportunities()
        day.change_records()
        day.add_records(next_ticket)
        deletes = [one for each in inventions for one in each.next_day(files, directory)]
    if deleted:
        deletes.append({"vendor": "salesforce", "object": "Opportunity", "id": deleted})
    text = "".join(json_line(line) for line in deletes)
    (directory / "deletes.ndjson").write_text(text, encoding="utf-8")
    return files.counts()
