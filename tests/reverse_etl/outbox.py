"""A Salesforce org and a Slack workspace on loopback, with what is made there only once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.core.http import ToolClient
from quality.spec import ruleset
from reverse_etl.destinations.registry import account_of
from reverse_etl.plan import Plan
from reverse_etl.spec import SyncSpec
from reverse_etl.spec import sync as named_sync
from reverse_etl.sync import SyncResult, make_plan, run_sync
from sandbox.app import Sandbox, create_app
from sandbox.faults import parse_faults
from sandbox.server import running
from sandbox.vendors.slack.records import channel
from tests.ledgers import changes
from warehouse.clock import SystemClock, new_run_id
from warehouse.connection import Warehouse
from warehouse.settings import Settings, export_environment, load
from warehouse.state import StateStore
from warehouse.verdicts import StoredVerdict, save_verdict

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
TOKEN, CLIENT, SECRET = "xoxb-outbox-3f", "3MVG9outbox", "outbox-secret"
_CHANNELS = {
    "revops-alerts": {"is_member": True},
    "revops-data-quality": {"is_member": True},
    "random": {"is_member": False},
    "kpi-2019": {"is_member": True, "is_archived": True},
}

Row = dict[str, Any]


@dataclass
class Outbox:
    """One sync that only creates; `rows` are its wishes by the names of its columns."""

    spec: SyncSpec
    path: str
    sandbox: Sandbox
    warehouse: Warehouse
    state: StateStore
    environment: dict[str, str]

    def wish(self, rows: Sequence[Row]) -> None:
        """Build the model with these rows, and let its gate pass them."""
        mapped = [name for one in self.spec.fields for name in one.columns]
        names = [*self.spec.identify_by.names, *mapped]
        names = list(dict.fromkeys([*names, self.spec.gate.key]))
        rules = ruleset(self.spec.gate.ruleset)
        with self.warehouse.open("test") as session:
            session.execute(
                "create schema if not exists activation; create schema if not exists ops"
            )
            columns = ", ".join(f'"{name}" varchar' for name in names)
            session.execute(f"create or replace table activation.{self.spec.model} ({columns})")
            texts = {name: [row.get(name) for row in rows] for name in names}
            with session.table("wishes", texts, dict.fromkeys(names, "text")):
                session.execute(f"insert into activation.{self.spec.model} select * from wishes")
            session.execute(
                "create table if not exists ops.model_builds (model varchar primary key,"
                " invocation_id varchar not null, built_at timestamptz not null)"
            )
            for model in (rules.model, self.spec.model):
                session.execute(
                    "insert or replace into ops.model_builds values ($model, 'build', now())",
                    {"model": model},
                )
        passed = StoredVerdict(
            *(rules.ruleset, "run", "build", AS_OF, "pass", {}, []), rules_hash=rules.rules_hash
        )
        save_verdict(self.state, passed)

    def row(self, number: int, **more: str) -> Row:
        """A wish that differs from every other."""
        mapped = [name for one in self.spec.fields for name in one.columns]
        columns = {name: f"{name} {number}" for name in mapped}
        (key,) = self.spec.identify_by.names
        return columns | {self.spec.gate.key: f"gate:{number}", key: f"it's:{number}"} | more

    def plan(self) -> Plan:
        return make_plan(self.spec, self.warehouse, self.state)

    def sync(self) -> SyncResult:
        with self.client() as client:
            return run_sync(
                self.spec, client, self.warehouse, self.state, SystemClock(), run_id=new_run_id()
            )

    def client(self) -> ToolClient:
        export_environment(self.environment)
        tool = account_of(self.spec.destination).open(load(Settings).http, SystemClock())
        assert isinstance(tool, ToolClient)
        return tool

    def faults(self, *faults: Row) -> None:
        script = [{"vendor": self.spec.destination, "path": self.path, **one} for one in faults]
        self.sandbox._faults.replace(parse_faults(script))

    def made(self) -> list[Row]:
        """What the tool holds, in the order in which it was made."""
        kind = {"salesforce": "Task", "slack": "messages"}[self.spec.destination]
        lines = self.sandbox.records(self.spec.destination, kind).splitlines()
        return [json.loads(line) for line in lines]

    def keys(self) -> list[str]:
        return [
            one["metadata"]["event_payload"]["key"]
            if self.spec.destination == "slack"
            else one["Revops_Key__c"]
            for one in self.made()
        ]

    def ledger(self) -> list[Row]:
        return changes(self.state, self.spec.name)


def _write_tools(folder: Path) -> None:
    (folder / "slack").mkdir(parents=True)
    (folder / "salesforce").mkdir()
    credentials = {
        "slack": {"token": TOKEN},
        "salesforce": {"client_id": CLIENT, "client_secret": SECRET},
    }
    manifest = {
        "as_of": f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}",
        "credentials": credentials,
        "limits": {"slack": {"messages_per_second": 1_000, "per_minute": 10_000}},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    channels = [
        channel(f"C{number}", name, created=AS_OF, creator="U1", **more)
        for number, (name, more) in enumerate(_CHANNELS.items())
    ]
    text = "".join(json.dumps(one) + "\n" for one in channels)
    (folder / "slack" / "channels.ndjson").write_text(text, encoding="utf-8")


@contextmanager
def outbox_of(name: str, home: Path) -> Iterator[Outbox]:
    """The declared sync of a name, between stores and tools of its own."""
    _write_tools(home / "tools")
    sandbox = create_app(home / "tools")
    state = StateStore(f"sqlite:///{home / 'state.sqlite'}")
    spec = named_sync(name)
    paths = {
        "salesforce": "/services/data/v62.0/composite/sobjects",
        "slack": "/api/chat.postMessage",
    }
    with running(sandbox) as url:
        environment = {
            "REVOPS_HOME": str(home),
            "REVOPS_WAREHOUSE__PATH": str(home / "warehouse.duckdb"),
            "REVOPS_SLACK__BASE_URL": f"{url}/slack",
            "REVOPS_SLACK__TOKEN": TOKEN,
            "REVOPS_SALESFORCE__BASE_URL": f"{url}/salesforce",
            "REVOPS_SALESFORCE__CLIENT_ID": CLIENT,
            "REVOPS_SALESFORCE__CLIENT_SECRET": SECRET,
            "REVOPS_HTTP__BACKOFF_SECONDS": "0.01",
            "REVOPS_HTTP__MAX_WAIT_SECONDS": "0.05",
        }
        yield Outbox(
            spec,
            paths[spec.destination],
            sandbox,
            Warehouse(home / "warehouse.duckdb"),
            state,
            environment,
        )
    state.close()
