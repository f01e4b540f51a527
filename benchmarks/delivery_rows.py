"""A company of any size to be written back: its activation model, and what a tool acknowledged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from quality.spec import ruleset
from reverse_etl.mapping import desired_row, hashed_sent, wish_of
from reverse_etl.memory import recall
from reverse_etl.spec import FieldMapping, Gate, Identifier, SyncSpec
from warehouse.clock import SystemClock
from warehouse.connection import Session, Warehouse
from warehouse.marks import mark
from warehouse.state import StateStore
from warehouse.verdicts import StoredVerdict, save_verdict

COLUMNS = {
    "account_id": ("varchar", "md5(i::varchar)"),
    "score": ("integer", "hash(i, 1) % 100"),
    "tier": ("varchar", "['A', 'B', 'C', 'D'][(hash(i, 2) % 4 + 1)::integer]"),
    "pipeline": ("decimal(18, 2)", "hash(i, 3) % 100000000 / 100"),
    "revenue": ("decimal(18, 2)", "hash(i, 4) % 10000000 / 100"),
    "health": ("varchar", "['green', 'amber', 'red'][(hash(i, 5) % 3 + 1)::integer]"),
    "mrr": ("decimal(18, 2)", "hash(i, 6) % 500000 / 100"),
    "plan": ("varchar", "['free', 'team', 'scale', 'grown'][(hash(i, 7) % 4 + 1)::integer]"),
    "owner": ("varchar", "'owner' || hash(i, 8) % 500 || '@example.com'"),
    "renews_at": (
        "timestamptz",
        "timestamptz '2026-01-01 00:00:00Z' + to_minutes((hash(i, 9) % 500000)::integer)",
    ),
}
TYPES = {
    name: kind.upper().replace(", ", ",").replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")
    for name, (kind, _) in COLUMNS.items()
}
SPEC = SyncSpec(
    name="bench_companies",
    description="Ten fields of every company.",
    owner="bench",
    model="bench_companies",
    destination="hubspot",
    object="companies",
    mode="update_only",
    look="when_needed",
    identify_by=Identifier(column="company_id"),
    gate=Gate(ruleset="accounts", key="account_id"),
    fields=tuple(FieldMapping(column=name, field=name) for name in COLUMNS),
)
HASH_SCAN = f"select bit_xor(hash(company_id, {', '.join(COLUMNS)})) from {SPEC.table}"
BUILD = "build-1"
_AT = "2026-11-20 09:00:00.000000"


def build(warehouse: Warehouse, rows: int) -> None:
    """Make the activation model, in no order, as a dbt build leaves it."""
    columns = ", ".join(f"({made})::{kind} as {name}" for name, (kind, made) in COLUMNS.items())
    with warehouse.open("building") as session:
        session.execute("create schema if not exists activation")
        session.execute("create schema if not exists ops")
        session.execute(
            f"create or replace table {SPEC.table} as"
            f" select (15000000000 + i)::varchar as company_id, {columns}"
            f" from range({rows}) as made(i) order by hash(i, 10)"
        )
        built(session)


def built(session: Session) -> None:
    """Note a build, as `revops build` does."""
    session.execute(
        "create table if not exists ops.model_builds (model varchar primary key,"
        " invocation_id varchar not null, built_at timestamptz not null)"
    )
    for model in ("accounts", SPEC.model):
        session.execute(
            "insert or replace into ops.model_builds values ($model, $build, now())",
            {"model": model, "build": BUILD},
        )


def judge(state: StateStore) -> None:
    """A gate that lets the build pass."""
    rules, now = ruleset(SPEC.gate.ruleset), SystemClock().now()
    passed = StoredVerdict(
        SPEC.gate.ruleset, "run", BUILD, now, "pass", {}, [], rules_hash=rules.rules_hash
    )
    save_verdict(state, passed)


def change(warehouse: Warehouse, *, one_in: int) -> None:
    """Give one row in so many another score; the table is made anew, as by a build."""
    with warehouse.open("changing") as session:
        session.execute(
            f"create or replace table {SPEC.table} as select * replace"
            f" (score + (hash(company_id, 11) % {one_in} = 0)::integer as score)"
            f" from {SPEC.table}"
        )
        built(session)
        session.execute("checkpoint")


def acknowledge(warehouse: Warehouse, state: StateStore, path: Path) -> None:
    """Write every row of the model into the state store (SQLite, at `path`) as delivered."""
    wishes = "".join(
        f", {wish_of(mapping, TYPES)} as wish_{number}"
        for number, mapping in enumerate(SPEC.fields)
    )
    with warehouse.open("acknowledging") as session, closing(sqlite3.connect(path)) as store:
        store.execute("pragma synchronous = off")
        number = 0
        reader = session.connection.execute(
            f"select company_id, {desired_row(SPEC.fields)} from"
            f" (select company_id{wishes} from {SPEC.table} order by company_id)"
        )
        while block := reader.fetchmany(100_000):
            rows = [
                (SPEC.name, key, desired, desired, number + place, _AT)
                for place, (key, desired) in enumerate(block, start=1)
            ]
            store.executemany("insert into delivered values (?, ?, ?, ?, ?, ?)", rows)
            store.commit()
            number += len(rows)
    with state.transaction() as connection:
        mark(connection, SPEC.name)
    with warehouse.open("remembering") as session:
        recall(session, SPEC.name, state, partial(hashed_sent, SPEC.fields, TYPES))
        session.execute("checkpoint")


def make(home: Path, rows: int) -> tuple[Warehouse, StateStore]:
    """A company whose tool has everything; kept in `home` for the next time."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "state.sqlite"
    done = home / "made"
    warehouse, state = Warehouse(home / "warehouse.duckdb"), StateStore(f"sqlite:///{path}")
    if not done.exists():
        build(warehouse, rows)
        acknowledge(warehouse, state, path)
        done.touch()
    return warehouse, state
