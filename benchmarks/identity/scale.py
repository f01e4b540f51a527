"""What holds at 1,000,000 records: right, fast, small, and the same however they came in."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.identity.figures import Asked
from benchmarks.identity.questions import Places, Question, Values
from benchmarks.identity.vocabulary import people
from benchmarks.running import ROOT
from identity import engine, history, ids
from identity.measure import Quality, quality
from warehouse.connection import Session, scratch

SMALL, LARGE, NEW = 10_000, 1_000_000, 10_000
_SEED = 7
_FIRST, _SECOND = (ids.Run(f"run {n}", datetime(2026, 9, n, tzinfo=UTC)) for n in (1, 2))


def population(places: Places, records: int) -> Path:
    """The contacts of a population, made once, by a process of its own."""
    folder = places.made / f"population-{records}-{_SEED}"
    if not (folder / "contacts.parquet").exists():
        arguments = ["--records", str(records), "--seed", str(_SEED), "--to", str(folder)]
        command = [sys.executable, "-m", "benchmarks.identity.population", *arguments]
        subprocess.run(command, cwd=ROOT, check=True)
    return folder / "contacts.parquet"


@dataclass(frozen=True)
class Spent:
    """Seconds of the wall, and of all cores."""

    wall: float
    cpu: float


def _cpu() -> float:
    """Seconds of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


class Stages:
    """When each stage began: what a stage took is what passed until the next one."""

    def __init__(self) -> None:
        self._began: list[tuple[str, float, float]] = []

    def say(self, stage: str) -> None:
        self._began.append((stage, time.perf_counter(), _cpu()))

    def spent(self) -> dict[str, Spent]:
        following = self._began[1:]
        return {
            stage: Spent(wall_then - wall, cpu_then - cpu)
            for (stage, wall, cpu), (_, wall_then, cpu_then) in zip(
                self._began, following, strict=False
            )
        }


@contextmanager
def stages() -> Iterator[Stages]:
    noted = Stages()
    noted.say("preparing")
    yield noted
    noted.say("done")


def _resolved(path: Path) -> tuple[Quality, dict[str, Spent]]:
    """The quality of people, and what each stage took."""
    with scratch(on_disk=True) as session:
        people(session, f"'{path}'", "people")
        with stages() as noted:
            engine.resolve(session, people="people", companies=None, say=noted.say)
        session.execute(f"""
            create temp table judged as
            select c.cluster, t.person_id as truth
            from identity_work.person_clusters as c join '{path}' as t on t.record_id = c.record
        """)
        return quality(session, "judged"), noted.spent()


# The scored part; all others are rules.
_SCORED = "comparing what the rules leave open"


def _million(places: Places) -> Values:
    small, _ = _resolved(population(places, SMALL))
    large, spent = _resolved(population(places, LARGE))
    rules = [took for stage, took in spent.items() if stage != _SCORED]
    return {
        "largest": large.largest_false_cluster,
        "precision_loss": small.precision - large.precision,
        "rules_s": sum(took.wall for took in rules),
        "whole_s": sum(took.wall for took in spent.values()),
        "rules_cpu_s": sum(took.cpu for took in rules),
        "whole_cpu_s": sum(took.cpu for took in spent.values()),
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "f1": large.f1,
    }


# One in a hundred records is new: nearly half of them all that is known of their person.
_IS_NEW = """
    record_id in (
        select record_id from contacts
        order by hash(person_id) % 220 <> 0, hash(record_id), record_id limit {count})
"""


def _later(places: Places) -> Values:
    """The same records at once, and the last ones later."""
    with scratch(on_disk=True) as session:
        session.execute(f"create table contacts as from '{population(places, LARGE + NEW)}'")
        session.execute(f"create table later as from contacts where {_IS_NEW.format(count=NEW)}")
        people(session, "(from contacts anti join later using (record_id))", "people")
        engine.resolve(session, people="people", companies=None, work="steps")
        _identify(session, "steps", _FIRST, "ops")
        session.execute("create table before as from ids_assigned")
        session.execute("create schema full_ops")
        for table in ("identity_assignments", "identity_events"):
            session.execute(f"create table full_ops.{table} as from ops.{table}")

        people(session, "contacts", "people")
        with stages() as noted:
            engine.resolve(session, people="people", companies=None, work="steps", say=noted.say)
            noted.say("giving ids")
            _identify(session, "steps", _SECOND, "ops")
        session.execute("create table stepwise as from ids_assigned")
        engine.resolve(session, people="people", companies=None, work="whole")
        _identify(session, "whole", _SECOND, "full_ops")
        return {
            "later_s": sum(took.wall for took in noted.spent().values()),
            "later_cpu_s": sum(took.cpu for took in noted.spent().values()),
            "changed": _changed(session),
            "different": _different(session),
        }


def _identify(session: Session, work: str, run: ids.Run, memory: str) -> None:
    session.execute(f"""
        create or replace temp view named_clusters as
        select c.record, c.cluster, p.created_at
        from {work}.person_clusters as c join people as p using (record)
    """)
    causes = history.Causes(edges=f"{work}.reasons")
    ids.assign(session, "person", "named_clusters", run, causes=causes, memory=memory)


def _changed(session: Session) -> float:
    """Records whose id changed in the full run though their cluster has the same old records."""
    return float(
        session.value("""
            with old as (
                select b.cluster as cluster, b.entity_id as old_id, n.entity_id as new_id,
                    min(n.cluster) over was <> max(n.cluster) over was as has_parted,
                    min(b.cluster) over became <> max(b.cluster) over became as has_joined
                from before as b join ids_assigned as n using (record)
                window was as (partition by b.cluster), became as (partition by n.cluster)
            )
            select count(*) from old where not has_parted and not has_joined and old_id <> new_id
        """)
    )


def _different(session: Session) -> float:
    """Records that have other company, or another id, in the full run than in the steps."""
    return float(
        session.value("""
            with pairs as (
                select s.entity_id as one, f.entity_id as other,
                    min(s.cluster) over here <> max(s.cluster) over here
                        or min(f.cluster) over there <> max(f.cluster) over there as is_apart
                from stepwise as s full join ids_assigned as f using (record)
                window here as (partition by f.cluster), there as (partition by s.cluster)
            )
            select count(*) from pairs where is_apart or one is distinct from other
        """)
    )


QUESTIONS = [
    Question(
        "million",
        "1,000,000 contacts",
        "",
        {
            "largest": Asked("largest false cluster", 20, at_most=True, elsewhere="381"),
            "precision_loss": Asked("precision lost from 10,000", 0.01, at_most=True),
            "rules_s": Asked("rules", 45, at_most=True, unit=" s"),
            "whole_s": Asked("everything", 180, at_most=True, unit=" s", elsewhere="201"),
            "rules_cpu_s": Asked("rules, CPU", 90, at_most=True, unit=" s"),
            "whole_cpu_s": Asked("everything, CPU", 360, at_most=True, unit=" s"),
            "peak_gb": Asked("peak of memory", 4, at_most=True, unit=" GB", elsewhere="2.3"),
            "f1": Asked("people: pairwise F1", 0.93),
        },
        _million,
    ),
    Question(
        "later",
        "1 % new",
        "",
        {
            "later_s": Asked("end to end", 10, at_most=True, unit=" s"),
            "later_cpu_s": Asked("end to end, CPU", 20, at_most=True, unit=" s"),
            "changed": Asked("ids changed without reason", 0, at_most=True),
            "different": Asked("apart in a full run", 0, at_most=True),
        },
        _later,
    ),
]
