"""`python -m tests.soak`: many hours of one installation in a row, and what was true after each.

Each cycle is a scheduled hour: people change records in the tools, the tools fail by a script drawn
from the seed, and `revops extract`, `build`, `gate`, `sync` and `status` run as processes of their
own, while an analyst reads the published copy. Some cycles kill a step with SIGKILL, some make a
backup, some begin a new day. After each one every invariant is checked; the last cycle has no
faults, and must put everything right. The exit code is 1 if anything was not true.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from orchestration.app import App
from orchestration.demo import DemoFolder
from tests.soak.soak import SPOILERS, Cycle, Plan, Soak, check_again, spoil
from tests.soak.world import served
from warehouse.settings import export_environment

_HEAD = (
    "cycle  changes  struck  landed  sent  killed   reads  cpu s  wall s  peak MB  disk MB  untrue"
)


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="revops-soak-") as scratch:
        home = Path(scratch) / "home"
        if asked.begin_with:
            shutil.copytree(asked.begin_with, home, symlinks=True)
        export_environment({"REVOPS_HOME": str(home)})
        with served(DemoFolder(home), asked.seed) as world:
            if not (home / "warehouse.duckdb").exists():
                _tell("no home to begin with: the first build takes minutes")
            rng = Random(asked.seed)
            soak = Soak(App.from_environment(), world, Path(scratch), Plan(), rng)
            _tell(_HEAD)
            until = began + asked.minutes * 60 if asked.minutes else None
            while len(soak.cycles) < asked.cycles and (until is None or time.monotonic() < until):
                _show(soak.cycle())
            _show(soak.cycle(failing=False))
            found = soak.bounded()
            if asked.spoil:
                spoil(soak, asked.spoil)
                found += check_again(soak)
            return _summary(soak, found, time.monotonic() - began)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="A cycle takes two to four minutes on two cores. Begin with the demo's home:\n"
        "  make demo && make soak ARGS='--begin-with .revops --minutes 60'",
    )
    parser.add_argument("--cycles", type=int, default=24, help="at most so many (24: a day)")
    parser.add_argument("--minutes", type=float, help="begin no cycle after so many minutes")
    parser.add_argument("--seed", type=int, default=7, help="of what changes, fails and is killed")
    parser.add_argument(
        "--begin-with", type=Path, metavar="HOME", help="a copy of this demo home is gone on with"
    )
    parser.add_argument(
        "--spoil", choices=SPOILERS, help="break this at the end: the soak has to fail"
    )
    return parser


def _show(one: Cycle) -> None:
    _tell(
        f"{one.number:>5}  {one.changes:>7}  {one.struck:>6}  {one.read:>6}  {one.sent:>4}"
        f"  {one.killed:<7}  {one.readings:>5}  {one.cpu:>5.0f}  {one.wall:>6.0f}"
        f"  {one.peak:>7.0f}  {one.disk:>7.0f}  {len(one.violations):>6}"
    )
    for what in one.violations:
        _tell(f"       {what}")


def _summary(soak: Soak, found: list[str], seconds: float) -> int:
    cycles = soak.cycles
    every = [what for one in cycles for what in one.violations] + found
    kills = sum(one.killed != "-" for one in cycles)
    _tell("")
    for name, peaks in sorted(soak.peaks.items()):
        _tell(f"  {name:<8} peak {min(peaks):>5.0f} to {max(peaks):>5.0f} MB in {len(peaks)} runs")
    _tell(
        f"  disk     {cycles[0].disk:>5.0f} MB after the first cycle, {cycles[-1].disk:.0f} MB"
        " after the last"
    )
    _tell(
        f"{len(cycles)} cycles in {seconds / 60:.0f} min, {sum(one.cpu for one in cycles):.0f} s of"
        f" CPU: {sum(one.changes for one in cycles)} changes, {sum(one.struck for one in cycles)}"
        f" calls refused or cut off, {kills} kills, {sum(one.read for one in cycles)} versions"
        f" landed, {sum(one.sent for one in cycles)} rows sent,"
        f" {sum(one.readings for one in cycles)} readings, {len(every)} violations"
    )
    for what in found:
        _tell(f"  {what}")
    return 1 if every else 0


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
