"""Hour after hour on one installation: what each did and cost, and what was not true after it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

from orchestration.app import App
from tests.soak import invariants
from tests.soak.invariants import HELD_BY
from tests.soak.steps import Step, run_step
from tests.soak.world import World
from warehouse.errors import RevopsError
from warehouse.published import Published

SOURCES = tuple(dict.fromkeys(name.split("_")[0] for name in HELD_BY))
GATES = ("accounts", "customer_health")
ALL = tuple(f"+sync_{vendor}__{kind}" for vendor, kind in (name.split("_") for name in HELD_BY))
# What people change in an hour is HubSpot's: of all models those are built that it changes.
CHANGED = tuple(
    f"source:revops.hubspot.{stream}+,{model}" for stream in ("deals", "contacts") for model in ALL
)
# dbt's tests of a build cost more than its models, and the gates judge what leaves.
_NO_TESTS = {"DBT_INDIRECT_SELECTION": "empty"}
# Done, held, partial, and a tool that could not be reached: what a command may end with when
# tools fail. When none does, a held gate and a tool out of reach are no excuse any more.
_FAILING, _WORKING = {0, 3, 4, 5}, {0, 4}
# In the order in which they are killed; "publish" is the end of a build, "run" all of an hour.
_KILLABLE = ("build", "sync", "publish", "run", "extract")
_STEP_OF = {"publish": "build"}
_MB = 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """How a soak goes: changes and faults per cycle, every how many cycles what happens."""

    changes: int = 6
    faults: int = 6
    kill_every: int = 2
    backup_every: int = 7
    day_every: int = 5
    growth_mb: float = 8.0
    growing: float = 1.3


@dataclass
class Cycle:
    """One hour: what happened in it, and what was not true at its end."""

    number: int
    steps: list[Step]
    changes: int
    struck: int
    killed: str
    read: int
    sent: int
    disk: float
    readings: int
    violations: list[str]

    @property
    def cpu(self) -> float:
        return sum(one.cpu for one in self.steps)

    @property
    def wall(self) -> float:
        return sum(one.wall for one in self.steps)

    @property
    def peak(self) -> float:
        return max(one.peak for one in self.steps)


@dataclass
class Soak:
    """Runs cycles; `say` is told of each."""

    app: App
    world: World
    scratch: Path
    plan: Plan
    rng: Random
    cycles: list[Cycle] = field(default_factory=list)
    peaks: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _usual: dict[str, float] = field(default_factory=dict, init=False)
    _must_be_whole: bool = field(init=False)

    def __post_init__(self) -> None:
        # Of a new installation there is nothing yet that could be built upon.
        self._must_be_whole = not (self.home / "warehouse.duckdb").exists()

    @property
    def home(self) -> Path:
        return self.app.settings.home

    def cycle(self, *, failing: bool = True) -> Cycle:
        """An hour; without `failing` no tool fails, nobody is killed and every sync is run."""
        number = len(self.cycles) + 1
        before = self.world.struck()
        if self._comes(number, self.plan.day_every):
            self.world.let_a_day_pass()
        changes = self.world.let_people_work(self.plan.changes)
        if failing:
            self.world.fail(self.plan.faults)
        else:
            self.world.work_again()
        victim = ""
        if failing and self._comes(number, self.plan.kill_every):
            turn = number // self.plan.kill_every - 1
            victim = _KILLABLE[turn % len(_KILLABLE)]
        with self._reader() as readings:
            steps = list(self._steps(number, victim, failing=failing))
        found = [*readings.failures, *self._violated(steps, failing=failing)]
        killed = victim if any(one.was_killed for one in steps) else "-"
        one = Cycle(
            *(number, steps, changes, self.world.struck() - before, killed),
            *(_read(steps), _sent(steps), _size(self.home), readings.done, found),
        )
        for step in steps:
            if not step.was_killed:
                self.peaks[step.name].append(step.peak)
        self.cycles.append(one)
        return one

    def bounded(self) -> list[str]:
        """Over all cycles: neither disk nor the memory of any step grows."""
        sizes = [one.disk for one in self.cycles]
        found = invariants.growth("disk (MB)", sizes, per_cycle=self.plan.growth_mb)
        for name, peaks in self.peaks.items():
            found += invariants.slope(f"memory of {name} (MB)", peaks, most=self.plan.growing)
        return found

    def _comes(self, number: int, every: int) -> bool:
        return every > 0 and number % every == 0

    def _steps(self, number: int, victim: str, *, failing: bool) -> Iterator[Step]:
        """What a scheduled hour does; where a step is killed, the hour is over but for the look."""
        names = list(HELD_BY) if not failing else self._some_syncs(number)
        models = CHANGED if failing and not self._comes(number, self.plan.day_every) else ALL
        if self._must_be_whole:
            models = ()
        hour: list[tuple[str, Sequence[str]]] = [
            ("extract", (*SOURCES, "--json")),
            ("build", ("--json", *models)),
            ("gate", (*GATES, "--json")),
            *(("sync", (name, "--json")) for name in names),
        ]
        if self._comes(number, self.plan.backup_every):
            hour.append(("backup", ("--out", str(self.scratch / "backups"), "--keep", "1")))
        if victim == "run":
            hour = [("run", ("--json",))]
        for name, arguments in hour:
            kill_when = self._moment(victim) if name == _STEP_OF.get(victim, victim) else None
            step = self._run(name, *arguments, kill_when=kill_when)
            yield step
            if name in {"build", "run"}:
                # A killed build leaves a part of the models as they were: the next one is whole.
                self._must_be_whole = step.was_killed or step.code != 0
            if step.was_killed:
                break
        yield self._run("status", "--json")

    def _some_syncs(self, number: int) -> list[str]:
        first, *others = HELD_BY
        return [first, others[number % len(others)]]

    def _moment(self, victim: str) -> Callable[[float], bool]:
        """When to kill: while a copy is written, or somewhere in what the step usually takes."""
        if victim == "publish":
            return lambda _: any((self.home / "published").glob("*.partial*"))
        if victim == "run":
            # A run is the steps of an hour, of which a kill may hit any.
            after = sum(self._usual.values()) * self.rng.uniform(0.1, 0.9)
        else:
            # It is at work by then, and not only starting.
            after = self._usual.get(victim, 10.0) * self.rng.uniform(0.4, 0.9)
        return lambda passed: passed >= after

    def _run(
        self, name: str, *arguments: str, kill_when: Callable[[float], bool] | None = None
    ) -> Step:
        step = run_step(
            *(name, name, *arguments),
            folder=self.scratch,
            kill_when=kill_when,
            environment=_NO_TESTS,
        )
        if not step.was_killed:
            self._usual[name] = step.wall
        return step

    def _violated(self, steps: Sequence[Step], *, failing: bool) -> list[str]:
        may = _FAILING if failing else _WORKING
        found = [
            f"exit code: {one.name} ended with {one.code}: {one.error.strip()[-400:]}"
            for one in steps
            if not one.was_killed and one.code not in may
        ]
        found += invariants.leftovers(self.home, build_died=self._must_be_whole)
        found += invariants.running(self.app)
        found += invariants.copies(self.home, self.app.settings.published.keep)
        done = {one.name: one for one in steps if not one.was_killed}
        if (read := done.get("extract")) and read.said:
            with self.app.warehouse.open("soak") as session:
                found += invariants.reconciled(
                    session, self.world, read.said["streams"], wholly=not failing
                )
        settled = set()
        for one in steps:
            if one.name == "sync" and one.code in _WORKING and one.said:
                found += invariants.outcomes(one.said)
                settled.add(one.said["plan"]["sync"])
        for name in HELD_BY:
            found += invariants.ledger(self.app, self.world, name, settled=name in settled)
        return found

    @contextmanager
    def _reader(self) -> Iterator[Readings]:
        """An analyst with the published copy open all the while."""
        readings, over = Readings(), Event()
        thread = Thread(target=readings.go_on, args=(self.app, over))
        thread.start()
        try:
            yield readings
        finally:
            over.set()
            thread.join()


@dataclass
class Readings:
    """How often somebody read the published copy, and what of it went wrong."""

    done: int = 0
    failures: list[str] = field(default_factory=list)

    def go_on(self, app: App, over: Event) -> None:
        copies = Published.from_settings(app.settings)
        while not over.wait(1.0):
            if not copies.current.exists():
                continue
            try:
                with copies.open() as session:
                    accounts = session.value("select count(*) from canonical.account")
                    time.sleep(0.5)
                    again = session.value("select count(*) from canonical.account")
            except RevopsError as error:
                self.failures.append(f"reader: {error}")
                return
            if not accounts or accounts != again:
                self.failures.append(f"reader: {accounts} accounts, then {again}")
            self.done += 1


def spoil(soak: Soak, what: str) -> None:
    """Break one thing, so that a soak is seen to fail: a tool's field or a lease that stays."""
    _SPOILERS[what](soak)


def _spoil_tool(soak: Soak) -> None:
    """Somebody writes over what we sent, and no reading tells us."""
    kind, key, _ = HELD_BY["hubspot_companies"]
    one = next(
        one
        for one in soak.world.records("hubspot", kind)
        if one["properties"].get("revops_account_score") and not one["archived"]
    )
    soak.world.overwrite(kind, one[key], {"revops_account_score": "1000"})


def _spoil_raw(soak: Soak) -> None:
    """A version is lost from the log."""
    with soak.app.warehouse.open("spoiling") as session:
        session.execute(
            "delete from raw_hubspot.deals where _key = (select max(_key) from raw_hubspot.deals)"
        )


def _spoil_run(soak: Soak) -> None:
    """A run is begun that nobody ends."""
    soak.app.runs.start("extract", "nobody")


_SPOILERS: dict[str, Callable[[Soak], None]] = {
    "tool": _spoil_tool,
    "raw": _spoil_raw,
    "run": _spoil_run,
}
SPOILERS = tuple(_SPOILERS)


def check_again(soak: Soak) -> list[str]:
    """The checks that need no new hour, on what the last one left."""
    read = next((one for one in soak.cycles[-1].steps if one.name == "extract"), None)
    found = invariants.running(soak.app) + invariants.leftovers(soak.home)
    with soak.app.warehouse.open("soak") as session:
        if read and read.said:
            found += invariants.reconciled(session, soak.world, read.said["streams"], wholly=False)
    for name in HELD_BY:
        found += invariants.ledger(soak.app, soak.world, name, settled=True)
    return found


def _read(steps: Sequence[Step]) -> int:
    return sum(
        int(stream["landed"]["versions"])
        for one in steps
        if one.name == "extract" and one.said
        for stream in one.said["streams"]
    )


def _sent(steps: Sequence[Step]) -> int:
    said: list[Any] = [one.said for one in steps if one.name == "sync" and one.said]
    return sum(sum(one["delivery"]["outcomes"].values()) for one in said if "delivery" in one)


def _size(home: Path) -> float:
    """MB of all files of an installation but the company, which is the tools'."""
    # By file and not by name: the current copy is one of the numbered ones.
    found = {
        (of_file := path.stat()).st_ino: of_file.st_size
        for path in home.rglob("*")
        if path.is_file() and home / "company" not in path.parents
    }
    return sum(found.values()) / _MB
