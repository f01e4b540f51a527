"""Seeded schedules: what is wished for, what befalls which request, and where a run is killed."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from reverse_etl.engine import Engine
from tests.reverse_etl.proof.case import Case
from tests.reverse_etl.proof.wire import Script
from tests.reverse_etl.proof.world import World

_SHARE_KILLED = 0.7
_SHARE_LEAVING = 0.3


@dataclass
class Tally:
    """What came of some schedules; a violation is told with the seed that shows it again."""

    schedules: int = 0
    killed_at: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[str, str]] = field(default_factory=list)

    def add(self, world: World, number: str) -> None:
        self.schedules += 1
        self.killed_at.update(world.killed_at)
        self.faults += world.struck
        self.violations += [(number, said) for said in world.violations]

    def join(self, other: Tally) -> None:
        self.schedules += other.schedules
        self.killed_at += other.killed_at
        self.faults += other.faults
        self.violations += other.violations


def faults_of(case: Case) -> tuple[str, ...]:
    """Every kind of fault that can befall this destination."""
    return (*case.any_faults, *case.lost_faults, *case.faults)


def random_schedules(
    case: type[Case],
    seeds: Iterable[int],
    engine: type[Engine] = Engine,
    progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """One schedule for each seed: three runs that are cut off, then some that are left alone."""
    tally = Tally()
    for seed in seeds:
        chance = Random(f"{case.name} {seed}")
        rows = chance.randint(2, 4 * case.batch + 1 if case.batch > 1 else 7)
        with _world(case, rows, engine) as world:
            _live(world, chance, rows)
        tally.add(world, f"seed {seed}")
        progress(tally)
    return tally


def sweep(
    case: type[Case],
    engine: type[Engine] = Engine,
    progress: Callable[[Tally], None] = lambda _: None,
    *,
    every: int = 1,
) -> Tally:
    """A run in which an answer is lost, killed at its first step, its second, ... until its end.

    The run that recovers from it is killed, too, each time at another step. `every` leaves out
    what lies between.
    """
    tally, rows, step, is_over = Tally(), 2 * case.batch + 1, 1, False
    script = Script({("write", 2): "time_out_after_commit"})
    while not is_over:
        with _world(case, rows, engine) as world:
            world.wish(dict.fromkeys(range(rows), 1))
            world.run(script, kill_at=step)
            is_over = not world.killed_at
            left = rows // 2 if world.case.rows_leave else rows
            world.wish({number: 1 + number % 2 for number in range(left)})
            world.run(kill_at=step // every)
            world.finish()
        tally.add(world, f"step {step}")
        progress(tally)
        step += every
    return tally


@contextmanager
def _world(case: type[Case], rows: int, engine: type[Engine]) -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="revops-proof-") as home:
        world = World(case(), Path(home), rows, engine)
        yield world
        world.close()


def _live(world: World, chance: Random, rows: int) -> None:
    faults = faults_of(world.case)
    wishes: dict[int, int] = {}
    for version in range(1, 4):
        there = range(rows if not world.case.may_create else max(1, rows * version // 3))
        for number in there:
            if number not in wishes or chance.random() < 0.5:
                wishes[number] = version
        if world.case.rows_leave:
            # Never all of them: an empty model takes nothing away.
            left = [one for one in wishes if one and chance.random() < _SHARE_LEAVING]
            wishes = {one: wishes[one] for one in wishes if one not in left}
        world.wish(wishes)
        kill_at = (
            chance.randint(1, world.case.last_step) if chance.random() < _SHARE_KILLED else None
        )
        world.run(random_script(chance, world.case, faults), kill_at)
    world.finish()


def random_script(chance: Random, case: Case, faults: tuple[str, ...]) -> Script:
    """What befalls the requests of one run."""
    script = {
        ("write", chance.randint(1, 4)): chance.choice(faults) for _ in range(chance.randint(0, 3))
    }
    if chance.random() < 0.5:
        script["read", chance.randint(1, 3)] = chance.choice([*case.any_faults, *case.lost_faults])
    if chance.random() < 0.1:
        script["other", chance.randint(1, 2)] = chance.choice(case.any_faults)
    return Script(script, seed=chance.randrange(1_000_000))
