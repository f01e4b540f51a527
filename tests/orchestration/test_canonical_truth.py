"""What happened at the company comes out again, told by its tools through their APIs.

A company is invented with `--plain`: what happened is written down as canonical tables, and told to
the tools. What our models make of what the tools then say has to be the same tables, and the same
value of every metric. docs/concepts.md says what no tool tells.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.dbt import dbt_run
from orchestration.measure import measure
from sandbox.generation.ledger import COLUMNS
from tests.emulated import AS_OF, invent_company, serving
from tests.orchestration.command import revops
from tests.orchestration.conftest import environment
from warehouse.canonical_tables import SQL_TYPES, TABLES, CanonicalTable
from warehouse.connection import Session, Warehouse
from warehouse.settings import DBT_PROJECT

# Ids of rows that nothing refers to, and words that each tool has its own of.
NOT_COMPARED = {
    "account": {"account_name", "domain", "industry", "billing_currency"},
    "activity": {"activity_id"},
    "csat_response": {"response_id"},
    "holiday": {"holiday_name"},
    "nps_response": {"response_id"},
    "opportunity": {"lost_reason"},
    "owner": {"owner_name"},
    "person": {"full_name"},
    "spend": {"spend_id"},
    "subscription_item": {"item_version_id", "change_reason"},
    "ticket_comment": {"comment_id"},
    "touch": {"touch_id"},
    "web_session": {"session_id"},
}
# What was used is told by a bill, later; no subscription says it.
UNTOLD = {"subscription_item": {"quantity": lambda row: row["usage_type"] == "metered"}}
_PREFIXES = dict.fromkeys(("campaigns", "emails", "marketing_emails", "programs"), "cmp")
_PREFIXES |= {"tickets": "tic", "conversations": "tic", "schedules": "sch"}
_EXACT = Decimal("1e-9")

Row = tuple[Any, ...]
Values = dict[tuple[str, str], str | None]


@dataclass(frozen=True)
class Told:
    """The company as it is, the warehouse that its tools filled, and whose id is whose."""

    data: Path
    warehouse: Warehouse
    ids: dict[str, str]

    @property
    def truth(self) -> Path:
        return self.data / "truth" / "canonical"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """From the invention through the vendors' APIs to metrics, once for all tests."""
    place = tmp_path_factory.mktemp("told")
    data, home = place / "data", place / "home"
    invent_company(data, plain=True)
    policy = data / "truth" / "canonical" / "policy.yml"
    with serving(data) as vendors:
        settings = vendors.settings() | {
            "REVOPS_HOME": str(home),
            "REVOPS_HTTP__BACKOFF_SECONDS": "0.01",
            # What is to end some day has not ended for a reader of the same day.
            "REVOPS_CLOCK": (AS_OF + timedelta(hours=1)).isoformat(),
            "REVOPS_WAREHOUSE__PATH": str(home / "warehouse.duckdb"),
        }
        with environment(settings, place):
            said = revops("extract", "--json")
            faults = [one for one in said.document["streams"] if one["status"] != "done"]
            assert not faults, faults
            warehouse = Warehouse(home / "warehouse.duckdb")
            dbt_run(warehouse, place / "target", ["+canonical", "+metrics"], policy=policy)
    with warehouse.open("looking for whose id is whose") as session:
        yield Told(data, warehouse, whose_ids(session, data / "truth"))


def whose_ids(session: Session, truth: Path) -> dict[str, str]:
    """The truth's name of everything that has an id of ours; two names for one are an error."""
    ids: dict[str, str] = {}
    for map_, id_, file, key in (
        ("account_map", "account_id", "accounts", "account"),
        ("person_map", "person_id", "people", "person"),
        ("owner_map", "owner_id", "people", "person"),
    ):
        pairs = session.rows(
            f"select distinct ours.{id_} as ours, theirs.{key} as theirs"
            f" from identity.{map_} as ours"
            f" inner join read_csv('{truth / file}.csv', all_varchar = true) as theirs"
            " on ours.source = theirs.vendor and ours.source_record_id = theirs.record_id"
        )
        found = {pair["ours"]: pair["theirs"] for pair in pairs}
        assert len(found) == len(pairs) == len(set(found.values())), f"{map_} is not the truth"
        ids |= found
    rows = session.rows("select opportunity_id, source_record_id from canonical.opportunity")
    ids |= {row["opportunity_id"]: row["source_record_id"] for row in rows}
    return ids | dict(_hashed(truth / "canonical"))


def _hashed(truth: Path) -> Iterator[tuple[str, str]]:
    """Our ids of what the truth names by a record: see decision 21."""
    for table, column in (
        ("campaign_stat", "campaign_id"),
        ("touch", "campaign_id"),
        ("spend", "campaign_id"),
        ("ticket", "ticket_id"),
        ("business_schedule", "schedule_id"),
    ):
        for row in read(truth / f"{table}.csv"):
            kind = row[column].split(":")[1:2]
            if kind:
                digest = hashlib.md5(row[column].encode(), usedforsecurity=False).hexdigest()
                yield f"{_PREFIXES[kind[0]]}_{digest[:16]}", row[column]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_of(
    session: Session, table: CanonicalTable, relation: str, ids: dict[str, str]
) -> Counter[Row]:
    """The rows that both ways have to tell, each with its number; ids are the truth's."""
    columns = [c for c in table.columns if c.name not in NOT_COMPARED.get(table.name, set())]
    cells = ", ".join(
        f"try_cast(nullif(cast({c.name} as varchar), '') as {SQL_TYPES[c.kind]}) as {c.name}"
        for c in columns
    )
    untold = UNTOLD.get(table.name, {})
    return Counter(
        tuple(
            None if name in untold and untold[name](row) else _plain(value, ids)
            for name, value in row.items()
        )
        for row in session.rows(f"select {cells} from {relation}")
    )


def _plain(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Decimal):
        return value.normalize()
    return ids.get(value, value) if isinstance(value, str) else value


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_happened(told: Told, name: str) -> None:
    table = TABLES[name]
    relation = f"read_csv('{told.truth / name}.csv', all_varchar = true)"
    with told.warehouse.open("comparing") as session:
        ours = rows_of(session, table, f"canonical.{name}", told.ids)
        theirs = rows_of(session, table, relation, told.ids)
    assert theirs, f"the company has no {name} at all"
    assert sorted(map(str, (ours - theirs).elements())) == []
    assert sorted(map(str, (theirs - ours).elements())) == []


@pytest.mark.slow
def test_every_metric_has_the_value_that_what_happened_gives(told: Told) -> None:
    with told.warehouse.open("measuring") as session:
        rows = session.rows("select metric, dims, value from metrics.metric_values")
    ours = values_of(rows, told.ids)
    result = measure(told.truth)
    assert not result.faults
    theirs = values_of(result.values, {})
    assert ours.keys() == theirs.keys()
    others = {
        key: (value, theirs[key]) for key, value in ours.items() if not is_same(value, theirs[key])
    }
    assert others == {}
    # An empty company would agree with itself.
    told_metrics = {metric for (metric, _), value in theirs.items() if value}
    assert len(told_metrics) > 140


def values_of(rows: list[dict[str, Any]], ids: dict[str, str]) -> Values:
    return {(row["metric"], _dims(row["dims"], ids)): row["value"] for row in rows}


def _dims(text: str, ids: dict[str, str]) -> str:
    dims = {name: _plain(value, ids) for name, value in json.loads(text).items()}
    return json.dumps(dims, sort_keys=True, ensure_ascii=False)


def is_same(one: str | None, other: str | None) -> bool:
    """Ratios have ten decimals, of which the last may be rounded either way."""
    if one == other or one is None or other is None:
        return one == other
    try:
        return abs(Decimal(one) - Decimal(other)) <= _EXACT
    except InvalidOperation:
        return False


def test_the_invented_company_means_what_ours_means(tmp_path: Path) -> None:
    invent_company(tmp_path / "data", plain=True)
    theirs = yaml.safe_load((tmp_path / "data/truth/canonical/policy.yml").read_text("utf-8"))
    ours = yaml.safe_load((DBT_PROJECT / "policy.yml").read_text("utf-8"))
    assert theirs.pop("as_of").replace(tzinfo=UTC) == AS_OF
    assert theirs == ours


def test_the_ledger_has_the_columns_of_the_canonical_tables() -> None:
    assert {name: tuple(c.name for c in table.columns) for name, table in TABLES.items()} == COLUMNS
