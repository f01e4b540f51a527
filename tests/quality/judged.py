"""A table that is judged: good rows, what makes bad ones of them, and a gate over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quality.gate import GateResult, Gather, run_gate
from quality.spec import RuleSet
from tests.quality import plain
from warehouse.clock import FixedClock
from warehouse.connection import Warehouse
from warehouse.state import StateStore

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
COLUMNS = {
    "account_id": "varchar",
    "name": "varchar",
    "amount": "decimal(18, 2)",
    "tier": "varchar",
    "sources": "integer",
    "seen_at": "timestamptz",
}
Row = tuple[Any, ...]

# The columns of a row without an instant: it was seen an hour ago.
GOOD: list[Row] = [(f"acc-{n}", f"Company {n}", 10.5 * n, "AB"[n % 2], n) for n in range(10)]


def rule(**said: Any) -> dict[str, Any]:
    return {"severity": "quarantine", "because": "somebody would be sorry"} | said


def ruleset(*rules: dict[str, Any], **said: Any) -> RuleSet:
    return RuleSet.model_validate(
        {
            "ruleset": "judged",
            "model": "judged",
            "key": "account_id",
            "owner": "revops",
            "description": "a test",
            "max_quarantined_share": 1.0,
            "rules": [rule(**({"name": f"rule_{n}"} | one)) for n, one in enumerate(rules)],
        }
        | said
    )


@dataclass
class Gate:
    warehouse: Warehouse
    state: StateStore
    gather: Gather | None = field(default=plain.gather)

    def fill(self, rows: list[Row], table: str = "marts.judged") -> None:
        rows = [row if len(row) == len(COLUMNS) else (*row, "2026-11-20 08:00:00Z") for row in rows]
        texts = {
            name: [None if row[at] is None else str(row[at]) for row in rows]
            for at, name in enumerate(COLUMNS)
        }
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        with self.warehouse.open("test") as session:
            session.execute(f"create schema if not exists {table.partition('.')[0]}")
            session.execute(f"create or replace table {table} ({columns})")
            with session.table("filling", texts, dict.fromkeys(COLUMNS, "text")):
                session.execute(f"insert into {table} select * from filling")

    def built(self, model: str, build: str = "build") -> None:
        """Note, as dbt does, which invocation built a model."""
        with self.warehouse.open("test") as session:
            session.execute("create schema if not exists ops")
            session.execute(
                "create table if not exists ops.model_builds (model varchar primary key,"
                " invocation_id varchar not null, built_at timestamptz not null)"
            )
            session.execute(
                "insert or replace into ops.model_builds values ($model, $build, now())",
                {"model": model, "build": build},
            )

    def judge(self, *rules: dict[str, Any], share: float = 1.0, **said: Any) -> GateResult:
        return self.judge_by(ruleset(*rules, max_quarantined_share=share, **said))

    def judge_by(self, rules: RuleSet, docs: Path | None = None) -> GateResult:
        return run_gate(
            *(rules, self.warehouse, self.state, FixedClock(NOW)),
            run_id="run/gate",
            gather=self.gather,
            docs=docs,
        )
