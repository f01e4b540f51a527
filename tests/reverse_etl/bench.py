"""A HubSpot portal on loopback, a warehouse with one activation table, a state store: all real."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.core import registry
from connectors.core.http import ToolClient
from quality.spec import ruleset
from reverse_etl.plan import Plan
from reverse_etl.spec import SyncSpec
from reverse_etl.spec import sync as named_sync
from reverse_etl.sync import SyncResult, make_plan, preview_plan, run_sync
from sandbox.app import Sandbox, create_app
from sandbox.faults import parse_faults
from sandbox.server import running
from sandbox.vendors.hubspot.records import property_definition, property_definitions
from tests.ledgers import changes
from warehouse.clock import SystemClock, new_run_id
from warehouse.connection import Warehouse
from warehouse.settings import Settings, export_environment, load
from warehouse.state import StateStore
from warehouse.verdicts import Decision, StoredVerdict, save_verdict

TOKEN = "pat-bench-4f1d2c"
AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
FIRST_ID = 15_000_000_001
UPDATE = "/crm/v3/objects/companies/batch/update"
READ = "/crm/v3/objects/companies/batch/read"

SPEC = named_sync("hubspot_companies")
RULES = ruleset(SPEC.gate.ruleset)
FIELDS = [mapping.field for mapping in SPEC.fields]
COLUMNS = {
    "hubspot_company_id": "varchar",
    "account_id": "varchar",
    "account_score": "integer",
    "account_tier": "varchar",
    "open_pipeline_amount": "decimal(18, 2)",
    "won_revenue_amount": "decimal(18, 2)",
    "health_band": "varchar",
    "mrr": "decimal(18, 2)",
}

Row = Mapping[str, Any]


def write_portal(folder: Path, companies: int, *, scopes: Sequence[str] | None = None) -> None:
    """Sandbox data of a portal with nothing but companies; `erp_id` is a unique property."""
    (folder / "hubspot").mkdir(parents=True)
    credentials = {"token": TOKEN} | ({"scopes": list(scopes)} if scopes is not None else {})
    manifest = {
        "as_of": f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}",
        "credentials": {"hubspot": credentials},
        "limits": {"hubspot": {"per_ten_seconds": 100_000}},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    _write(folder / "hubspot" / "properties.ndjson", _properties())
    _write(folder / "hubspot" / "companies.ndjson", [_company(n) for n in range(companies)])


def _write(path: Path, records: Sequence[Row]) -> None:
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    path.write_text("".join(lines), encoding="utf-8")


def _properties() -> list[dict[str, Any]]:
    """What every portal defines of companies, and what this one added."""
    shape = ("ERP number", "string", "text")
    external = property_definition("companies", "erp_id", shape, AS_OF, custom=True)
    defined = [one for one in property_definitions(AS_OF) if one["objectType"] == "companies"]
    return [*defined, external | {"hasUniqueValue": True}]


def _company(number: int) -> dict[str, Any]:
    record_id, stamp = str(FIRST_ID + number), "2026-01-05T00:00:00.000Z"
    properties = {
        "name": f"Company {number}",
        "hs_object_id": record_id,
        "createdate": stamp,
        "hs_lastmodifieddate": stamp,
        **dict.fromkeys(FIELDS),
    }
    return {
        "id": record_id,
        "properties": properties,
        "createdAt": stamp,
        "updatedAt": stamp,
        "archived": False,
    }


def wished(number: int, **more: Any) -> dict[str, Any]:
    """A row of the activation model, by default one that differs from every other."""
    return {
        "hubspot_company_id": str(FIRST_ID + number),
        "account_id": f"acc-{number}",
        "account_score": number % 100,
        "account_tier": "ABC"[number % 3],
        "open_pipeline_amount": f"{number * 1000}.50",
        "won_revenue_amount": f"{number}.00",
        "health_band": "green",
        "mrr": "100.00",
    } | more


@dataclass
class Bench:
    home: Path
    url: str
    portal: Sandbox
    warehouse: Warehouse
    state: StateStore
    max_attempts: int = 2

    @property
    def environment(self) -> dict[str, str]:
        return {
            "REVOPS_HOME": str(self.home),
            "REVOPS_WAREHOUSE__PATH": str(self.home / "warehouse.duckdb"),
            "REVOPS_HUBSPOT__BASE_URL": f"{self.url}/hubspot",
            "REVOPS_HUBSPOT__TOKEN": TOKEN,
            "REVOPS_HTTP__BACKOFF_SECONDS": "0.01",
            "REVOPS_HTTP__MAX_WAIT_SECONDS": "0.05",
            "REVOPS_HTTP__TIMEOUT_SECONDS": "5",
            "REVOPS_HTTP__MAX_ATTEMPTS": str(self.max_attempts),
        }

    def wish(self, rows: Sequence[Row], *, build: str = "build-1") -> None:
        """Make the activation model hold these rows, as a dbt build would."""
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        with self.warehouse.open("test") as session:
            session.execute("create schema if not exists activation")
            session.execute(f"create or replace table activation.{SPEC.model} ({columns})")
            texts = {
                name: [None if row[name] is None else str(row[name]) for row in rows]
                for name in COLUMNS
            }
            with session.table("wishes", texts, dict.fromkeys(COLUMNS, "text")):
                session.execute(f"insert into activation.{SPEC.model} select * from wishes")
        self.built(build)

    def built(self, build: str, *models: str) -> None:
        """Note which invocation last built the models; by default mart and activation both."""
        with self.warehouse.open("test") as session:
            session.execute("create schema if not exists ops")
            session.execute(
                "create table if not exists ops.model_builds (model varchar primary key,"
                " invocation_id varchar not null, built_at timestamptz not null)"
            )
            for model in models or ("accounts", SPEC.model):
                session.execute(
                    "insert or replace into ops.model_builds values ($model, $build, now())",
                    {"model": model, "build": build},
                )

    def judge(
        self,
        decision: Decision = "pass",
        *,
        build: str | None = "build-1",
        quarantined: Mapping[str, list[str]] | None = None,
        rules_hash: str = RULES.rules_hash,
    ) -> int:
        verdict = StoredVerdict(
            "accounts",
            "run",
            build,
            AS_OF,
            decision,
            dict(quarantined or {}),
            [],
            rules_hash=rules_hash,
        )
        return save_verdict(self.state, verdict)

    def plan(self, spec: SyncSpec = SPEC) -> Plan:
        return make_plan(spec, self.warehouse, self.state)

    def preview(self, spec: SyncSpec = SPEC) -> Plan:
        """The plan, held against what the portal holds."""
        with self.client() as client:
            return preview_plan(spec, client, self.warehouse, self.state)

    def sync(self, spec: SyncSpec = SPEC, **kwargs: Any) -> SyncResult:
        with self.client() as client:
            return run_sync(
                spec,
                client,
                self.warehouse,
                self.state,
                SystemClock(),
                run_id=new_run_id(),
                **kwargs,
            )

    def client(self) -> ToolClient:
        export_environment(self.environment)
        tool = registry.source("hubspot").open(load(Settings).http, SystemClock())
        assert isinstance(tool, ToolClient)
        return tool

    def faults(self, *faults: Row) -> None:
        """Replace the fault script; each fault says what it does, here where it strikes."""
        script = [{"vendor": "hubspot", "path": UPDATE, **fault} for fault in faults]
        self.portal._faults.replace(parse_faults(script))

    def companies(self) -> dict[str, dict[str, Any]]:
        """What the portal holds, by record id."""
        lines = self.portal.records("hubspot", "companies").splitlines()
        return {record["id"]: record["properties"] for record in map(json.loads, lines)}

    def calls(self, path: str = UPDATE) -> int:
        return sum(one["count"] for one in self.portal.requests() if one["path"] == path)

    def ledger(self) -> list[dict[str, Any]]:
        return changes(self.state, SPEC.name)

    def mirrored(self) -> list[dict[str, Any]]:
        with self.warehouse.open("test") as session:
            return session.rows("select * from ops.sync_changes order by entry_id")

    def assert_holds(self, rows: Sequence[Row]) -> None:
        """The portal holds exactly these wishes, in its own text."""
        held = self.companies()
        for row in rows:
            company = held[row["hubspot_company_id"]]
            assert company["revops_account_id"] == row["account_id"]
            assert company["revops_account_tier"] == row["account_tier"]
            for column, field in _NUMBERS.items():
                assert float(company[field]) == float(row[column]), (row, company)


_NUMBERS = {
    "account_score": "revops_account_score",
    "open_pipeline_amount": "revops_open_pipeline",
    "won_revenue_amount": "revops_won_revenue",
    "mrr": "revops_mrr",
}


@contextmanager
def bench_at(
    home: Path, companies: int, *, latency_ms: int = 0, scopes: Sequence[str] | None = None
) -> Iterator[Bench]:
    """A bench whose stores lie in `home`, with a portal of this many companies."""
    write_portal(home / "portal", companies, scopes=scopes)
    portal = create_app(home / "portal", latency_ms=latency_ms)
    state = StateStore(f"sqlite:///{home / 'state.sqlite'}")
    with running(portal) as url:
        yield Bench(home, url, portal, Warehouse(home / "warehouse.duckdb"), state)
    state.close()
