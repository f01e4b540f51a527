"""One tool, one ledger, the real engine: runs that are killed, and what must hold afterwards."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from quality.spec import ruleset as read_ruleset
from reverse_etl.conflicts import previewed
from reverse_etl.diff import Candidate, Difference, Leaver
from reverse_etl.engine import Delivery, Engine, check_fields
from reverse_etl.parking import settled
from reverse_etl.plan import Plan, decide_plan
from tests.ledgers import changes
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.case import AnyWire, Case
from tests.reverse_etl.proof.steps import KillableDeliveries, KillableState, Killed, Steps
from tests.reverse_etl.proof.wire import Script
from warehouse.clock import SystemClock
from warehouse.errors import RevopsError
from warehouse.state import StateStore
from warehouse.verdicts import StoredVerdict

_CLOSED = {"acknowledged", "rejected", "abandoned"}
# Runs that are left alone need no more than this to come to an end.
_RUNS_TO_THE_END = 4

# A document is read once and not for every run.
_ruleset = cache(read_ruleset)

Wishes = Mapping[int, int]

# So few rows are written ahead at once that runs are killed between two pieces of a plan, too.
_PIECE = 4


@cache
def _empty_store() -> Path:
    """Making the tables costs more than a run: they are made once and copied."""
    path = Path(tempfile.mkdtemp(prefix="revops-proof-")) / "state.sqlite"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    StateStore(f"sqlite:///{path}").close()
    return path


class World:
    """`wishes` are the versions wished for by number of the row."""

    def __init__(self, case: Case, home: Path, rows: int, engine: type[Engine] = Engine) -> None:
        self.case = case
        self._engine = engine
        case.set_up(home / "tool", rows)
        self._app = case.start(home / "tool")
        shutil.copy(_empty_store(), home / "state.sqlite")
        self._state = KillableState(f"sqlite:///{home / 'state.sqlite'}")
        self._ledger = KillableDeliveries(self._state)
        self._runs = 0
        self._ids_mean_nothing = False
        self.struck: Counter[str] = Counter()
        self.killed_at: list[str] = []
        self.asked: Counter[str] = Counter()
        self._begin()

    def _begin(self) -> None:
        """Nothing is wished for yet, and nothing seen."""
        self._highest: Counter[str] = Counter()
        self._wishes: dict[int, int] = {}
        self._ever: dict[str, set[int]] = {}
        self.violations: list[str] = []

    def close(self) -> None:
        self._state.close()

    def wish(self, wishes: Wishes) -> None:
        self._wishes = dict(wishes)
        for number, version in wishes.items():
            self._ever.setdefault(self.case.key(number), set()).add(version)

    def run(self, script: Script = Script(), kill_at: int | None = None) -> int:  # noqa: B008
        """One `revops sync` without its warehouse; how many changes were sent, or tried."""
        self._runs += 1
        steps = self._state.steps = Steps(kill_at)
        wire = self.case.wire(self._app, steps, script, self._look)
        planned = 0
        try:
            planned = self._sync(wire, f"run-{self._runs}")
        except Killed:
            self.killed_at.append(str(steps.killed_at))
        except RevopsError:
            planned = -1
        self.asked = wire.asked
        self.struck += wire.struck
        self._ids_mean_nothing |= wire.reordered and not self.case.same_ids_when_reordered
        return planned

    def entries(self) -> list[dict[str, Any]]:
        return changes(self._state, self.case.spec.name)

    def finish(self) -> None:
        """Run without a fault until nothing is left to send, then look at everything."""
        for _ in range(_RUNS_TO_THE_END):
            self._free()
            # A recovery can learn of a refusal, too, and then the row waits to be freed again.
            if self.run() == 0 and not self._is_parked():
                break
        else:
            self._violated("there is always something left to send")
        self._check_tool()
        self._check_ledger()

    def _free(self) -> None:
        self._ledger.free(self.case.spec.name)

    def _is_parked(self) -> bool:
        return bool(self._ledger.parked(self.case.spec.name))

    def _sync(self, wire: AnyWire, run_id: str) -> int:
        spec = self.case.spec
        with self.case.client(wire) as client:
            destination = self.case.destination(client)
            destination.batch_size, destination.at_once = self.case.batch, self.case.at_once
            engine = self._engine(spec.name, destination, self._ledger, SystemClock(), piece=_PIECE)
            engine.recover()
            plan = previewed(spec, self._plan(), destination)
            if not plan.changes:
                return 0
            check_fields(spec.name, destination, self.case.fields)
            self._check_report(plan, run_id, engine.apply(plan, run_id))
            return len(plan.changes)

    def _plan(self) -> Plan:
        """The real decision about a difference that is worked out here, without a warehouse."""
        spec, rules = self.case.spec, _ruleset(self.case.spec.gate.ruleset)
        sent = {one.key: one for one in self._ledger.last_sent(spec.name)}
        candidates = []
        for number, version in self._wishes.items():
            key, wish = self.case.key(number), self.case.wish(number, version)
            held = sent[key].held if key in sent else {}
            desired = json.dumps(wish)
            if key in sent and sent[key].desired == desired:
                continue
            patch = {name: value for name, value in wish.items() if held.get(name) != value}
            before = {name: held[name] for name in patch if name in held}
            told = (json.dumps(patch), json.dumps(before))
            candidates.append(Candidate(key, key, desired, *told, was_sent=key in sent))
        same = len(self._wishes) - len(candidates)
        wished = {self.case.key(number) for number in self._wishes}
        gone = [one for key, one in sent.items() if key not in wished]
        leavers = [Leaver(one.key, json.dumps(one.held)) for one in gone if spec.leaving]
        found = Difference(
            len(self._wishes), same, tuple(candidates), 0, {}, len(gone), tuple(leavers)
        )
        verdict = StoredVerdict(
            *(rules.ruleset, "run", "build", AS_OF, "pass", {}, []), rules_hash=rules.rules_hash
        )
        return decide_plan(
            spec,
            found,
            verdict,
            current_build="build",
            is_prepared=True,
            current_rules=rules.rules_hash,
            settled=settled(self._ledger, spec.name),
        )

    # -- what must hold --------------------------------------------------------------------

    def _look(self) -> None:
        """After each request: no older version has taken the place of a newer one."""
        for key, _, fields in self.case.held(self._app):
            version = self.case.version_of(fields)
            if version < self._highest[key]:
                self._violated(f"stale overwrite: {key} is {version} after {self._highest[key]}")
            self._highest[key] = max(version, self._highest[key])

    def _check_report(self, plan: Plan, run_id: str, delivery: Delivery) -> None:
        """What a run reports is what its ledger says: whatever is in doubt is told."""
        rows = [row for row in changes(self._state, plan.sync) if row["run_id"] == run_id]
        said = Counter(str(row["outcome"]) for row in rows)
        if said != delivery.outcomes or len(rows) != len(plan.changes):
            self._violated(f"misreported: {dict(delivery.outcomes)} where the ledger says {said}")

    def _check_tool(self) -> None:
        held = self.case.held(self._app)
        count = Counter(key for key, _, _ in held)
        wished = {self.case.key(number): number for number in self._wishes}
        for key, times in count.items():
            if times > 1:
                self._violated(f"duplicate: {key} is there {times} times")
            if key not in self._ever:
                self._violated(f"uninvited: nobody wished for {key}")
        for key in wished.keys() - count.keys():
            self._violated(f"lost: {key} is not there")
        if self.case.spec.leaving:
            for key in count.keys() - wished.keys():
                self._violated(f"left behind: {key} is still there")
        for key, _, fields in held:
            if key in wished:
                self._check_values(key, wished[key], fields)

    def _check_values(self, key: str, number: int, fields: Mapping[str, Any]) -> None:
        """The wish of now; of what is made once, a wish of some time."""
        versions = self._ever[key] if self.case.is_made_once else {self._wishes[number]}
        wishes = [self.case.wish(number, version) for version in versions]
        if not any(_same(fields, wish) for wish in wishes):
            shown = {name: fields.get(name) for name in self.case.fields}
            self._violated(f"lost: {key} holds {shown} and not {wishes}")

    def _check_ledger(self) -> None:
        rows = changes(self._state, self.case.spec.name)
        twice = Counter((row["plan_id"], row["key"]) for row in rows)
        if any(times > 1 for times in twice.values()):
            self._violated("a row has two entries in one plan")
        for row in rows:
            self._check_entry(row)
        held = {key: (its_id, fields) for key, its_id, fields in self.case.held(self._app)}
        sent = {one.key: one for one in self._ledger.last_sent(self.case.spec.name)}
        if sent.keys() != held.keys():
            self._violated(f"ledger and tool differ in {sorted(sent.keys() ^ held.keys())}")
        for key in sent.keys() & held.keys():
            if not _same(held[key][1], sent[key].held):
                self._violated(f"ledger and tool differ in what they hold of {key}")
        for row in rows:
            if self.case.spec.leaving and row["key"] not in held:
                continue
            its_id = held.get(row["key"], ("", {}))[0]
            if row["tool_id"] not in {None, its_id} and not self._ids_mean_nothing:
                self._violated(f"the ledger has {row['tool_id']} for {row['key']}, which {its_id}")

    def _check_entry(self, row: Mapping[str, Any]) -> None:
        if row["outcome"] not in _CLOSED or not isinstance(row["settled_at"], datetime):
            self._violated(f"open: an entry of {row['key']} ended as {row['outcome']}")
        if row["outcome"] == "rejected" and not (row["reason"] and row["error"]):
            self._violated(f"untold: {row['key']} was rejected without a word")

    def _violated(self, what: str) -> None:
        if what not in self.violations:
            self.violations.append(what)


def _same(held: Mapping[str, Any], wish: Mapping[str, Any]) -> bool:
    return all(str(held.get(name)) == str(value) for name, value in wish.items())


def kinds_of(violations: Sequence[str]) -> Counter[str]:
    return Counter(one.partition(":")[0] for one in violations)
