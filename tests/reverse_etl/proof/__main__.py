"""`python -m tests.reverse_etl.proof`: the long form, with what struck and where it was killed."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.reverse_etl.proof.cases import CASES
from tests.reverse_etl.proof.schedules import Tally, faults_of, random_schedules, sweep
from tests.reverse_etl.proof.together import PAIRS, schedules, sweep_together

_AT_ONCE = 25
_SHOWN = 10
# Two syncs at a time to one tool.
_TOGETHER = {f"together_{pair}": pair for pair in PAIRS}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reverse_etl.proof", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1_000, help="for each destination")
    parser.add_argument("--seed", type=int, default=0, help="the first one; each schedule has one")
    parser.add_argument("--destination", choices=[*CASES, *_TOGETHER], action="append")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    asked = parser.parse_args(arguments)
    names = asked.destination or [*CASES, *_TOGETHER]
    is_proved = True
    with ProcessPoolExecutor(asked.jobs) as pool:
        for name in names:
            began = time.monotonic()
            seeds = range(asked.seed, asked.seed + asked.schedules)
            tally = _prove(pool, name, seeds)
            case = PAIRS[_TOGETHER[name]][0] if name in _TOGETHER else CASES[name]
            missing = set(faults_of(case())) - tally.faults.keys()
            told = _told(name, tally, missing, time.monotonic() - began)
            sys.stdout.write("\n".join(["", *told, ""]))
            sys.stdout.flush()
            is_proved &= not tally.violations
    return 0 if is_proved else 1


def _prove(pool: ProcessPoolExecutor, name: str, seeds: range) -> Tally:
    tally = Tally()
    parts = [seeds[start : start + _AT_ONCE] for start in range(0, len(seeds), _AT_ONCE)]
    if name in _TOGETHER:
        pair = _TOGETHER[name]
        waiting = [pool.submit(sweep_together, pair)]
        waiting += [pool.submit(schedules, pair, part) for part in parts]
    else:
        waiting = [pool.submit(sweep, CASES[name])]
        waiting += [pool.submit(random_schedules, CASES[name], part) for part in parts]
    for done in as_completed(waiting):
        tally.join(done.result())
        if sys.stderr.isatty():
            said = f"{tally.schedules} schedules, {len(tally.violations)} violations"
            sys.stderr.write(f"\r{name}: {said}")
    return tally


def _told(name: str, tally: Tally, missing: set[str], seconds: float) -> list[str]:
    kills, faults = tally.killed_at.total(), tally.faults.total()
    counted = f"{tally.schedules:,} schedules in {seconds:.0f} s, {kills:,} kills"
    return [
        f"{name}: {counted}, {faults:,} faults, {len(tally.violations)} violations",
        *_columns("killed", tally.killed_at),
        *_columns("faults", tally.faults),
        *([f"  never struck: {', '.join(sorted(missing))}"] if missing else []),
        *(f"  {where}: {said}" for where, said in tally.violations[:_SHOWN]),
    ]


def _columns(title: str, counted: Counter[str]) -> list[str]:
    return [
        f"  {title}:",
        *(f"    {what:<30} {times:>7,}" for what, times in sorted(counted.items())),
    ]


if __name__ == "__main__":
    sys.exit(main())
