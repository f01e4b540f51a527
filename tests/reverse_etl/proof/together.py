"""Two syncs to the same records of one tool, sent together: killed and lied to as one alone."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random

from reverse_etl.conflicts import previewed
from reverse_etl.engine import Engine
from reverse_etl.recovery import Recovery
from reverse_etl.spec import FieldMapping
from reverse_etl.sync import Ready
from reverse_etl.together import deliver_together
from sandbox.app import Sandbox
from sandbox.vendors.intercom.records import data_attribute
from tests.reverse_etl.bench import SPEC
from tests.reverse_etl.proof.case import AnyWire, Case, Record
from tests.reverse_etl.proof.of_hubspot import HubSpotUpdate, HubSpotUpsert
from tests.reverse_etl.proof.of_intercom import IntercomCompanies
from tests.reverse_etl.proof.of_marketo import MarketoUpdate
from tests.reverse_etl.proof.of_salesforce import SalesforceAccounts
from tests.reverse_etl.proof.schedules import Tally, faults_of, random_script
from tests.reverse_etl.proof.wire import Script
from tests.reverse_etl.proof.world import World
from warehouse.clock import SystemClock

_SHARE_KILLED = 0.7


class _OtherFields(Case):
    """The same records, of which another sync has two fields that are numbers."""

    def __init__(self) -> None:
        super().__init__()
        fields = {"name": f"{self.spec.name}_too", "fields": SPEC.fields[3:5]}
        self.spec = self.spec.model_copy(update=fields)

    def wish(self, number: int, version: int) -> Record:
        first, second = self.fields
        return {first: 1000 + number, second: version}


class OtherUpdate(_OtherFields, HubSpotUpdate):
    name = "hubspot update too"


class OtherUpsert(_OtherFields, HubSpotUpsert):
    name = "hubspot upsert too"


class OtherAccounts(SalesforceAccounts):
    name = "salesforce update too"

    def __init__(self) -> None:
        super().__init__()
        fields = (
            FieldMapping(column="account_id", field="Revops_Account_Id__c"),
            FieldMapping(column="mrr", field="Revops_Mrr__c"),
        )
        self.spec = self.spec.model_copy(update={"name": "salesforce_too", "fields": fields})


class OtherLeads(MarketoUpdate):
    name = "marketo update too"

    def __init__(self) -> None:
        super().__init__()
        fields = (
            FieldMapping(column="account_tier", field="productInterest"),
            FieldMapping(column="account_score", field="behaviorScore"),
        )
        self.spec = self.spec.model_copy(update={"name": "marketo_too", "fields": fields})

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        leads = map(json.loads, app.records("marketo", "leads").splitlines())
        return [(str(one["id"]), str(one["id"]), one) for one in leads if one["productInterest"]]


OTHER = "custom_attributes.other"


class TwoAttributes(IntercomCompanies):
    """Companies with an attribute for each sync."""

    def set_up(self, folder: Path, rows: int) -> None:
        super().set_up(folder, rows)
        known = [("score", "Score"), ("other", "Other")]
        attributes = [
            data_attribute("company", *names, "integer", id=number)
            for number, names in enumerate(known, start=1)
        ]
        self._put(folder, "data_attributes", attributes)


class OtherCompanies(IntercomCompanies):
    name = "intercom companies too"
    text = "industry"
    counter = OTHER

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        found = map(json.loads, app.records("intercom", "companies").splitlines())
        return [
            (one["id"], one["id"], one | {OTHER: one["custom_attributes"]["other"]})
            for one in found
            if "other" in one["custom_attributes"]
        ]


PAIRS: dict[str, tuple[type[Case], type[Case]]] = {
    "update": (HubSpotUpdate, OtherUpdate),
    "upsert": (HubSpotUpsert, OtherUpsert),
    "salesforce": (SalesforceAccounts, OtherAccounts),
    "marketo": (MarketoUpdate, OtherLeads),
    "intercom": (TwoAttributes, OtherCompanies),
}


class _Beside(World):
    """Another sync in the world of the first: the same tool, the same ledger, its own wishes."""

    def __init__(self, case: Case, world: World) -> None:
        self.__dict__ |= world.__dict__
        self.case = case
        self._begin()


class Together(World):
    """The first sync of a pair; the second is `beside` it."""

    def __init__(self, pair: tuple[type[Case], type[Case]], home: Path, rows: int) -> None:
        super().__init__(pair[0](), home, rows)
        self.beside = _Beside(pair[1](), self)

    @property
    def said(self) -> list[str]:
        return [*self.violations, *self.beside.violations]

    def finish(self) -> None:
        super().finish()
        self.beside._check_tool()
        self.beside._check_ledger()

    def _free(self) -> None:
        for world in (self, self.beside):
            world._ledger.free(world.case.spec.name)

    def _is_parked(self) -> bool:
        return any(world._ledger.parked(world.case.spec.name) for world in (self, self.beside))

    def _look(self) -> None:
        World._look(self)
        World._look(self.beside)

    def _sync(self, wire: AnyWire, run_id: str) -> int:
        ready = {}
        with self.case.client(wire) as client:
            for number, world in enumerate((self, self.beside)):
                spec, destination = world.case.spec, world.case.destination(client)
                destination.batch_size = self.case.batch
                engine = Engine(spec.name, destination, self._ledger, SystemClock())
                engine.recover()
                plan = previewed(spec, world._plan(), destination)
                ready[f"{run_id}-{number}"] = Ready(spec, plan, Recovery(), destination, engine)
            told = deliver_together(ready, self._ledger, SystemClock())
        for (name, one), world in zip(ready.items(), (self, self.beside), strict=True):
            world._check_report(one.plan, name, told[name])
        return sum(len(one.plan.changes) for one in ready.values())


def schedules(pair: str, seeds: Iterable[int]) -> Tally:
    """As `random_schedules`: three runs that are cut off, then some that are left alone."""
    tally = Tally()
    for seed in seeds:
        chance = Random(f"{pair} together {seed}")
        case = PAIRS[pair][0]()
        rows = chance.randint(2, 3 * case.batch)
        with tempfile.TemporaryDirectory(prefix="revops-proof-") as home:
            world = Together(PAIRS[pair], Path(home), rows)
            wishes: tuple[dict[int, int], dict[int, int]] = ({}, {})
            for version in range(1, 4):
                for own, one in zip(wishes, (world, world.beside), strict=True):
                    _wish(chance, own, version, rows)
                    one.wish(own)
                is_killed = chance.random() < _SHARE_KILLED
                kill_at = chance.randint(1, case.last_step) if is_killed else None
                world.run(random_script(chance, case, faults_of(case)), kill_at)
            world.finish()
            world.close()
        world.violations = world.said
        tally.add(world, f"seed {seed}")
    return tally


def sweep_together(pair: str, *, every: int = 1) -> Tally:
    """As `sweep`: a run in which an answer is lost, killed at its first step, its second, ..."""
    tally, step, is_over = Tally(), 1, False
    rows = 2 * PAIRS[pair][0]().batch + 1
    script = Script({("write", 2): "time_out_after_commit"})
    while not is_over:
        with tempfile.TemporaryDirectory(prefix="revops-proof-") as home:
            world = Together(PAIRS[pair], Path(home), rows)
            world.wish(dict.fromkeys(range(rows), 1))
            world.beside.wish(dict.fromkeys(range(0, rows, 2), 1))
            world.run(script, kill_at=step)
            is_over = not world.killed_at
            world.wish({number: 1 + number % 2 for number in range(rows)})
            world.beside.wish({number: 1 + number % 3 for number in range(rows)})
            world.run(kill_at=step // every)
            world.finish()
            world.close()
        world.violations = world.said
        tally.add(world, f"step {step}")
        step += every
    return tally


def calls_of(pair: str, rows: int, wishes: Mapping[int, int]) -> tuple[int, World]:
    """How many writes one run of both takes."""
    with tempfile.TemporaryDirectory(prefix="revops-proof-") as home:
        world = Together(PAIRS[pair], Path(home), rows)
        world.wish(wishes)
        world.beside.wish(wishes)
        world.run()
        written = world.asked["write"]
        world.finish()
        world.close()
    world.violations = world.said
    return written, world


def _wish(chance: Random, wishes: dict[int, int], version: int, rows: int) -> None:
    for number in range(rows):
        if (number not in wishes and chance.random() < 0.7) or chance.random() < 0.4:
            wishes[number] = version
