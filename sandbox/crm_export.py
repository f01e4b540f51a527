"""Turns a CRM's CSV export of opportunities into sandbox data for HubSpot."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sandbox.generate import clear_data, invented_credentials
from sandbox.generation.output import RecordFiles
from sandbox.generation.spelling import slug
from sandbox.instants import current_second, hubspot_instant
from sandbox.manifest import Manifest, Refusal
from sandbox.pipeline import hubspot_stage_fields
from sandbox.vendors.hubspot.records import (
    crm_record,
    owner_record,
    property_definition,
    property_definitions,
    target_list,
)

COLUMNS = (
    "opportunity_id",
    "sales_agent",
    "product",
    "account",
    "deal_stage",
    "engage_date",
    "close_date",
    "close_value",
)
STAGES = {
    "Won": "closedwon",
    "Lost": "closedlost",
    "Engaging": "presentationscheduled",
    "Prospecting": "appointmentscheduled",
}
_FIRST_COMPANY, _FIRST_DEAL, _FIRST_OWNER = 15_000_000_001, 30_000_000_001, 70_000_001
_EXTERNAL_ID = ("Source opportunity id", "string", "text")


@dataclass(frozen=True)
class Opportunity:
    """One good row; `value` is the amount as written in the file."""

    external_id: str
    agent: str
    product: str
    account: str
    stage: str
    engaged: datetime | None
    closed: datetime | None
    value: str | None


class RefusedField(ValueError):
    """A field whose text cannot be used."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def _day(row: dict[str, str], name: str) -> datetime | None:
    text = row[name].strip()
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise RefusedField(name, f"{text!r} is no date like 2017-03-01") from error


def _value(row: dict[str, str]) -> str | None:
    text = row["close_value"].strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError as error:
        raise RefusedField("close_value", f"{text!r} is no number") from error
    if not math.isfinite(number):
        raise RefusedField("close_value", f"{text!r} is no amount")
    return text


def _opportunity(row: dict[str, str], seen: set[str]) -> Opportunity:
    """The row as an opportunity; RefusedField when it cannot be one."""
    for name in COLUMNS:
        if row.get(name) is None:
            raise RefusedField(name, "the row ends before this column")
    external_id = row["opportunity_id"].strip()
    if not external_id:
        raise RefusedField("opportunity_id", "empty")
    if external_id in seen:
        raise RefusedField("opportunity_id", f"{external_id} stands in an earlier row too")
    stage = STAGES.get(row["deal_stage"].strip())
    if stage is None:
        raise RefusedField("deal_stage", f"{row['deal_stage']!r} is not one of {list(STAGES)}")
    return Opportunity(
        external_id=external_id,
        agent=row["sales_agent"].strip(),
        product=row["product"].strip(),
        account=row["account"].strip(),
        stage=stage,
        engaged=_day(row, "engage_date"),
        closed=_day(row, "close_date"),
        value=_value(row),
    )


def _read(csv_file: Path, refused: list[Refusal]) -> Iterator[Opportunity]:
    """The good rows; the others are added to `refused`."""
    seen: set[str] = set()
    with csv_file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{csv_file}: column {', '.join(missing)} is missing")
        for row in reader:
            try:
                opportunity = _opportunity(row, seen)
            except RefusedField as error:
                refusal = Refusal(csv_file.name, reader.line_num, error.field, str(error))
                refused.append(refusal)
                continue
            seen.add(opportunity.external_id)
            yield opportunity


class _Portal:
    """Writes the opportunities as deals, with an owner per agent and a company per account."""

    def __init__(self, files: RecordFiles, currency: str, as_of: datetime) -> None:
        self._files = files
        self._currency = currency
        self._as_of = as_of
        self._founded = as_of - timedelta(days=365)
        self._companies: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._deals = 0
        self._define_properties()
        files.add("hubspot", "lists", target_list(1, self._founded))

    def _define_properties(self) -> None:
        external = property_definition(
            "deals", "external_id", _EXTERNAL_ID, self._founded, custom=True
        )
        for definition in (*property_definitions(self._founded), external):
            if definition["name"] == "deal_currency_code":
                option = {"label": self._currency, "value": self._currency}
                definition["options"] = [{**option, "displayOrder": 0, "hidden": False}]
            self._files.add("hubspot", "properties", definition)

    def _owner(self, agent: str) -> str | None:
        if not agent:
            return None
        if agent not in self._owners:
            owner_id = _FIRST_OWNER + len(self._owners)
            first, _, last = agent.partition(" ")
            email = f"{slug(agent) or owner_id}@sales.example"
            record = owner_record(owner_id, email, first, last, self._founded)
            self._files.add("hubspot", "owners", record)
            self._owners[agent] = str(owner_id)
        return self._owners[agent]

    def _company(self, account: str, owner: str | None, created: datetime) -> str | None:
        if not account:
            return None
        if account not in self._companies:
            company_id = str(_FIRST_COMPANY + len(self._companies))
            properties = {"name": account, "hubspot_owner_id": owner}
            record = crm_record("companies", company_id, properties, created, created)
            self._files.add("hubspot", "companies", record)
            self._companies[account] = company_id
        return self._companies[account]

    def add(self, row: Opportunity) -> None:
        created = row.engaged or row.closed or self._founded
        updated = max(created, row.closed or created)
        owner = self._owner(row.agent)
        properties = {
            "dealname": f"{row.account or row.external_id} - {row.product}",
            "amount": row.value,
            "deal_currency_code": self._currency,
            "dealstage": row.stage,
            "pipeline": "default",
            "closedate": hubspot_instant(row.closed) if row.closed else None,
            "hubspot_owner_id": owner,
            "hs_primary_associated_company": self._company(row.account, owner, created),
            "external_id": row.external_id,
            **hubspot_stage_fields(row.stage),
        }
        deal_id = str(_FIRST_DEAL + self._deals)
        self._deals += 1
        self._files.add(
            "hubspot", "deals", crm_record("deals", deal_id, properties, created, updated)
        )

    def finish(self) -> None:
        """Leave a file for every object, so that an empty one is served as empty."""
        for kind in ("contacts", "companies", "deals", "owners"):
            self._files.touch("hubspot", kind)


def _write_refused(path: Path, refused: list[Refusal]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "row", "field", "reason"))
        writer.writerows((r.file, r.row, r.field, r.reason) for r in refused)


def from_crm_export(
    csv_file: Path, out: Path, *, currency: str = "USD", as_of: datetime | None = None
) -> Manifest:
    """Write a data directory with a HubSpot portal that holds the export's opportunities.

    Rows that cannot be used are left out and listed in the manifest's `refused` and in
    `out`/refused.csv, with their line number in the file.

    Args:
        csv_file: UTF-8, with or without a byte-order mark, with the columns of COLUMNS.
        out: a new or empty directory, or one that holds earlier sandbox data, which is replaced.
        currency: of every amount, ISO 4217.
        as_of: where the data ends, an aware instant; now when left out.

    Raises:
        ValueError: a column is missing, or `out` holds files that are not sandbox data.
    """
    until = as_of.astimezone(UTC).replace(microsecond=0) if as_of else current_second()
    refused: list[Refusal] = []
    rows = list(_read(csv_file, refused))
    clear_data(out)
    with RecordFiles(out) as files:
        portal = _Portal(files, currency, until)
        for row in rows:
            portal.add(row)
        portal.finish()
    _write_refused(out / "refused.csv", refused)
    credentials = invented_credentials(Random(csv_file.name))  # noqa: S311  # opens nothing real
    hubspot = {"hubspot": credentials["hubspot"]}
    manifest = Manifest(until, hubspot, files.counts(), refused=tuple(refused))
    manifest.write(out)
    return manifest
