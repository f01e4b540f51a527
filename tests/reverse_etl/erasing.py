"""Two people in every place that is real: tools, raw logs, models, ledger, state; one is erased."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

import reverse_etl.erasure.run as running
from connectors.core.http import ToolClient
from connectors.core.pace import Budget
from connectors.core.source import HttpSource, Source, Tool
from orchestration.sandboxed import connection_settings
from reverse_etl.erasure.plan import ErasurePlan, plan_erasure
from reverse_etl.erasure.run import Eraser
from reverse_etl.forgetting.base import tools
from reverse_etl.mirror import mirror_to_ops
from sandbox.app import Sandbox, create_app
from tests.reverse_etl.proof.steps import Killed, Steps
from tests.reverse_etl.proof.wire import Plain, Script
from warehouse.clock import SystemClock
from warehouse.connection import Session, Warehouse
from warehouse.deliveries import Deliveries, NewEntry, PlanHeader, Settlement
from warehouse.erasures import Erasure, Erasures
from warehouse.landing import RawStream, Segment, Version
from warehouse.settings import HttpSettings
from warehouse.state import StateStore
from warehouse.tombstones import Tombstones

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
KEY = SecretStr("0123456789abcdef" * 4)
LOGS = {"stg_hubspot__contacts": "raw_hubspot.contacts"}
STREAMS = {
    ("hubspot", "contacts"): "contacts",
    ("salesforce", "contacts"): "Contact",
    ("marketo", "leads"): "leads",
    ("zendesk", "users"): "users",
    ("intercom", "contacts"): "contacts",
}
SYNC, LIST = "hubspot_contacts", "hubspot_abm_list"

Record = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """One person as the invented company's tools know them; `past` is an address of before."""

    person_id: str
    email: str
    name: str
    phone: str
    past: str
    records: Mapping[tuple[str, str], Record]

    def key(self, place: tuple[str, str]) -> str:
        return str(self.records[place].get("Id", self.records[place].get("id")))

    @property
    def told_by(self) -> list[str]:
        """What must be nowhere afterwards."""
        long = [key for place in self.records if len(key := self.key(place)) >= 10]
        return [self.email, self.name, self.phone, self.past, self.person_id, *long]


def people_of(app: Sandbox) -> list[Person]:
    """People whom every tool knows by one address, two of them."""
    by_email: dict[str, dict[tuple[str, str], Record]] = {}
    for (vendor, stream), kind in STREAMS.items():
        for one in app.vendors[vendor].tables[kind]:
            held = one.get("properties") or one
            email = (held.get("email") or held.get("Email") or "").lower()
            gone = one.get("archived") or one.get("IsDeleted") or one.get("isDeleted")
            if email and not gone and one.get("active", True) and one.get("role") != "admin":
                by_email.setdefault(email, {}).setdefault((vendor, stream), one)
    whole = sorted(email for email, records in by_email.items() if len(records) == len(STREAMS))
    found = []
    for number, email in enumerate(whole[:2]):
        records = by_email[email]
        given = records["hubspot", "contacts"]["properties"]
        name = f"{given['firstname']} {given['lastname']}"
        past = f"before.{number}@old-mail.example"
        phone = f"+81 3-1234-567{number}"
        found.append(Person(f"per_{number:016x}", email, name, phone, past, records))
    return found


class KillableState(StateStore):
    """A state store in which every commit is two steps."""

    steps: Steps = Steps()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        with super().transaction() as connection:
            yield connection
            self.steps.take("before commit: state")
        self.steps.take("after commit: state")

    def compact(self) -> None:
        self.steps.take("before compacting: state")
        super().compact()
        self.steps.take("after compacting: state")


class KillableSession(Session):
    """A session in which each transaction is three steps, the last one behind it."""

    def __init__(self, connection: Any, steps: Steps) -> None:
        super().__init__(connection)
        self._steps = steps

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with super().transaction():
            self._steps.take("before statements: warehouse")
            yield
            self._steps.take("before commit: warehouse")
        self._steps.take("after commit: warehouse")


class KillableWarehouse(Warehouse):
    steps: Steps = Steps()

    @contextmanager
    def open(self, purpose: str, *, part: str | None = None) -> Iterator[Session]:
        with super().open(purpose, part=part) as session:
            yield KillableSession(session.connection, self.steps)


@dataclass
class World:
    """Home, stores and tools of one trial, made by copying a template."""

    home: Path
    company: Path
    people: Sequence[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = create_app(self.company)
        self.steps = Steps()
        self.people = self.people or people_of(self.app)
        self.reopen()

    def reopen(self) -> None:
        """As a new process finds it."""
        self.state = KillableState(f"sqlite:///{self.home / 'state.sqlite'}")
        self.warehouse = KillableWarehouse(self.home / "warehouse.duckdb", wait_seconds=5)
        self.tombstones = Tombstones(self.state, KEY)
        self.warehouse.erased = self.tombstones.kept

    def plan(self) -> ErasurePlan:
        return plan_erasure(
            self.warehouse, self.state, self.home, email=self.people[0].email, logs=LOGS
        )

    def eraser(self) -> Eraser:
        return Eraser(
            self.warehouse,
            self.state,
            self.tombstones,
            SystemClock(),
            self.open_tool,
            self.home / "erasures",
            LOGS,
        )

    def erase(self, kill_at: int | None = None) -> Erasure | None:
        """One `revops erase --apply`, or the same call again; None where it was killed."""
        self.steps = self.state.steps = self.warehouse.steps = Steps(kill_at)
        try:
            begun = Erasures(self.state).all()
            eraser = self.eraser()
            erasure_id = begun[0].erasure_id if begun else eraser.begin(self.plan())
            return eraser.run(erasure_id)
        except Killed:
            self.state.close()
            self.reopen()
            return None

    def open_tool(self, source: Source) -> Tool:
        """The real client, but for the way to the tool, which is in this process and killable."""
        assert isinstance(source, HttpSource)
        base = f"http://127.0.0.1/{source.name}"
        prefix = source.settings.model_config["env_prefix"]
        given = {
            name.removeprefix(prefix).lower(): value
            for name, value in connection_settings(self.company, "http://127.0.0.1").items()
            if name.startswith(prefix)
        }
        settings = source.settings.model_validate(given | {"base_url": base})
        case = SimpleNamespace(kind_of_request=lambda method, _: f"{method} {source.name}")
        wire = Plain(cast("Any", case), self.app, self.steps, Script(), lambda: None)
        return ToolClient(
            source.name,
            base,
            source.authorise(settings),
            budget=Budget(requests=1_000_000, seconds=1),
            headers=source.headers,
            http=HttpSettings(max_attempts=2, backoff_seconds=0, max_wait_seconds=1),
            clock=SystemClock(),
            classify=source.classify,
            transport=wire,
        )

    # -- what there is ---------------------------------------------------------------------

    def tables(self) -> dict[str, list[str]]:
        """Every row of every table of the warehouse, as text."""
        with Warehouse(self.warehouse.path, wait_seconds=5).open("a look") as session:
            names = session.rows(
                "select schema_name as s, table_name as t from duckdb_tables()"
                " where database_name = current_database() order by all"
            )
            return {
                f"{one['s']}.{one['t']}": [
                    str(row["said"])
                    for row in session.rows(
                        f'select t::varchar as said from "{one["s"]}"."{one["t"]}" t order by all'
                    )
                ]
                for one in names
            }

    def stored(self) -> list[str]:
        """Everything in the state store, as SQL."""
        with sqlite3.connect(self.home / "state.sqlite") as connection:
            return list(connection.iterdump())

    def shown(self) -> dict[str, str]:
        """Every record of every tool, but what Salesforce has in its recycle bin."""
        return {
            f"{vendor}.{kind}.{table.key(one)}": json.dumps(one, ensure_ascii=False)
            for (vendor, _), kind in STREAMS.items()
            for table in [self.app.vendors[vendor].tables[kind]]
            for one in table
            if not one.get("IsDeleted")
        }

    def bytes(self) -> bytes:
        """Both files and what lies beside them, as they are on the disk."""
        found = [one for one in self.home.rglob("*") if one.is_file()]
        return b"\0".join(one.read_bytes() for one in sorted(found))


def small(company: Path, folder: Path) -> Path:
    """The tools of a company with few records beside the two people's: each trial reads them."""
    people = people_of(create_app(company))
    kept = {person.key(place) for person in people for place in STREAMS}
    for vendor, _ in STREAMS:
        (folder / vendor).mkdir(parents=True)
        for path in (company / vendor).iterdir():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            few = [
                line
                for number, line in enumerate(lines)
                if number < 30
                or str(json.loads(line).get("Id", json.loads(line).get("id"))) in kept
            ]
            (folder / vendor / path.name).write_text("".join(few), encoding="utf-8")
    shutil.copy(company / "manifest.json", folder)
    return folder


def build(home: Path, company: Path) -> World:
    """Put two people everywhere."""
    home.mkdir(parents=True)
    world = World(home, company)
    for number, person in enumerate(world.people):
        for (vendor, stream), record in person.records.items():
            _land(world, vendor, stream, person, record)
        mention = {"id": f"900{number}", "body": f"Hello {person.name} <{person.email}>, 通話"}
        _put(world, "hubspot", "emails", mention)
        nps = {"id": f"NPS-{number}", "email": person.email, "score": 9}
        _put(world, "files", "nps_responses", nps)
        other = {
            "id": f"7{number}",
            "Subject": "about",
            "WhoId": person.key(("salesforce", "contacts")),
        }
        _put(world, "salesforce", "tasks", other)
    _models(world)
    _ledger(world)
    return world


def _land(world: World, vendor: str, stream: str, person: Person, record: Record) -> None:
    if vendor == "hubspot":
        earlier = {**record, "properties": {**record["properties"], "email": person.past}}
        _put(world, vendor, stream, earlier)
    _put(world, vendor, stream, record)


def _put(world: World, vendor: str, stream: str, record: Record) -> None:
    raw = RawStream(world.warehouse, vendor, stream)
    raw.position()
    key = str(record.get("Id", record.get("id")))
    text = json.dumps(record, ensure_ascii=False)
    raw.land(Segment.of([Version(key, None, False, text)]), {}, run_id="run", at=AT)


def _models(world: World) -> None:
    with world.warehouse.open("models") as session:
        session.execute(_DDL)
        for person in world.people:
            for place in person.records:
                session.execute(
                    "insert into identity.person_map values ($p, $s, $o, $k, $r)",
                    {
                        "p": person.person_id,
                        "s": place[0],
                        "o": place[1],
                        "k": person.key(place),
                        "r": ":".join((*place, person.key(place))),
                    },
                )
                session.execute(
                    "insert into identity.person_records values"
                    " ($r, $s, $o, $k, null, null, $n, $e, [$e], [$t])",
                    {
                        "r": ":".join((*place, person.key(place))),
                        "s": place[0],
                        "o": place[1],
                        "k": person.key(place),
                        "n": person.name,
                        "e": person.email,
                        "t": person.phone,
                    },
                )
            told = {"p": person.person_id, "e": person.email, "n": person.name, "t": person.phone}
            for statement in _ROWS:
                wanted = {name: told[name] for name in told if f"${name}" in statement}
                session.execute(statement, wanted)
        session.execute(
            "insert into staging.stg_hubspot__contacts"
            " select _key, payload->>'$.properties.email', _extracted_at from raw_hubspot.contacts"
            " qualify row_number() over (partition by _key order by _extracted_at desc) = 1"
        )


_DDL = """
    create schema if not exists identity;
    create schema if not exists staging;
    create schema if not exists canonical;
    create schema if not exists ops;
    create schema if not exists marts;
    create schema if not exists identity_work;
    create schema if not exists mine;
    create table identity.person_map (person_id varchar, source varchar, source_object varchar,
        source_record_id varchar, record_reference varchar);
    create table identity.person_records (record_reference varchar, source varchar,
        source_object varchar, source_record_id varchar, given_name varchar, family_name varchar,
        full_name varchar, normalised_email varchar, emails varchar[], phones varchar[]);
    create table staging.stg_hubspot__contacts (_key varchar, email varchar,
        _extracted_at timestamptz);
    create table canonical.person (person_id varchar, email varchar, full_name varchar);
    create table marts.notes (note varchar, people struct(name varchar, mail varchar)[]);
    create table identity_work.party_mail (mail varchar);
    create table mine.calls (who varchar, said json, tags varchar[],
        people struct(name varchar, mail varchar)[]);
    create table ops.identity_assignments (entity varchar, record_reference varchar,
        entity_id varchar);
    create table ops.model_builds (model varchar, invocation_id varchar);
    create table ops.keys_of__person (key_hash ubigint);
    comment on table canonical.person is 'made by key';
    insert into ops.model_builds values ('person', 'one'), ('other', 'one');
"""
_ROWS = (
    "insert into canonical.person values ($p, $e, $n)",
    "insert into marts.notes values ('call', [{'name': $n, 'mail': $e}])",
    "insert into identity_work.party_mail values ($e)",
    """insert into mine.calls
    values ($t, json_object('to', $e, 'of', $n), ['a', $e], [{'name': $n, 'mail': null}])""",
    "insert into ops.identity_assignments values ('person', 'hubspot:contacts:x', $p)",
)


def _ledger(world: World) -> None:
    place = ("hubspot", "contacts")
    rows = [
        NewEntry(
            person.key(place),
            "update",
            {"note": f"for {person.name}", "score": 7},
            {"note": None},
            json.dumps({"id": person.key(place), "mail": person.email}, ensure_ascii=False),
        )
        for person in world.people
    ]
    _deliver(world, SYNC, rows, "run-1")
    members = [NewEntry(one.key, "add", {}, {}, f'{{"m":"{one.key}"}}') for one in rows]
    _deliver(world, LIST, members, "run-2")
    with world.state.transaction() as connection:
        mails = [person.email for person in world.people]
        connection.execute(
            sa.text(
                "insert into runs (run_id, kind, subject, started_at, status, report)"
                " values ('r', 'sync', 's', :at, 'partial', :report)"
            ),
            {"at": AT, "report": json.dumps({"rejected": [{"key": one} for one in mails]})},
        )


def _deliver(world: World, sync: str, rows: Sequence[NewEntry], run_id: str) -> None:
    deliveries = Deliveries(world.state)
    object_name = "contacts" if sync == SYNC else "list_members"
    header = PlanHeader(f"{run_id}:p", sync, "hubspot", object_name, run_id, None, "hash", {})
    entries = list(deliveries.open_plan(header, rows, AT))
    deliveries.mark_in_flight(entries, "hash", AT)
    told = [Settlement(one, "acknowledged", f"T{one.entry_id}") for one in entries]
    deliveries.settle(sync, told, AT)
    mirror_to_ops(sync, world.warehouse, deliveries)


def copied(template: World, home: Path) -> World:
    """The same once more, with tools as fresh as on their first day."""
    shutil.copytree(template.home, home)
    return World(home, template.company, template.people)


def told(texts: Sequence[str], person: Person) -> list[str]:
    """Those that tell of a person, by plain search and not by our own expressions."""
    return [one for one in texts if any(part.lower() in one.lower() for part in person.told_by)]


@contextmanager
def killable_files(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a run be killed around the writing of files, too."""

    def stepped(what: str, do: Callable[..., Any]) -> Callable[..., Any]:
        def done(*given: Any) -> Any:
            world.steps.take(f"before {what}")
            found = do(*given)
            world.steps.take(f"after {what}")
            return found

        return done

    with monkeypatch.context() as patched:
        for name in ("rewrite", "write_certificate"):
            patched.setattr(running, name, stepped(name, getattr(running, name)))
        yield


def can_all_forget() -> bool:
    return all(vendor in tools() for vendor, _ in STREAMS)
