import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reverse_etl.diff import Difference, difference
from reverse_etl.plan import decide_plan
from tests.reverse_etl.bench import FIELDS, SPEC, Bench, bench_at, wished
from tests.reverse_etl.test_plan import verdict_of
from warehouse.connection import Session, WarehouseError
from warehouse.deliveries import Delivered
from warehouse.errors import Misconfigured

KEYS = ["1", "2", "3", "株式会社", "it's", 'a"b']

money = st.one_of(st.none(), st.decimals(-10, 10, places=2), st.just(Decimal("1234567890123.45")))
rows = st.fixed_dictionaries(
    {
        "hubspot_company_id": st.one_of(st.none(), st.sampled_from(KEYS)),
        "account_id": st.one_of(st.none(), st.sampled_from(["", "null", "顧客①", "O'Brien", "\\"])),
        "account_score": st.one_of(st.none(), st.integers(0, 2)),
        "account_tier": st.one_of(st.none(), st.sampled_from(["A", "ａ", "a"])),
        "open_pipeline_amount": money,
        "won_revenue_amount": money,
        "health_band": st.one_of(st.none(), st.sampled_from(["green", "red"])),
        "mrr": money,
    }
)
tables = st.lists(rows, max_size=10)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One warehouse for all examples: opening a new one for each would be the slow part."""
    with (
        bench_at(tmp_path_factory.mktemp("diff"), 0) as made,
        made.warehouse.open("all examples"),
    ):
        yield made


def compare(bench: Bench, table: list[Any], last_sent: list[Delivered]) -> Difference:
    bench.wish(table)
    with bench.warehouse.open("test") as session:
        return difference(session, SPEC, last_sent)


def sent(found: Difference) -> list[Delivered]:
    """Everything that differs, as if it had been delivered."""
    return [Delivered(c.key, c.desired, json.loads(c.desired)) for c in found.candidates]


def usable(table: list[Any]) -> dict[str, Any]:
    counted = Counter(row["hubspot_company_id"] for row in table)
    return {
        row["hubspot_company_id"]: row
        for row in table
        if row["hubspot_company_id"] is not None and counted[row["hubspot_company_id"]] == 1
    }


def content(row: Any) -> list[Any]:
    return [row[name] for mapping in SPEC.fields for name in mapping.columns]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=tables, after=tables)
def test_the_comparison_in_the_warehouse_is_the_one_that_python_would_make(
    shared: Bench, before: list[Any], after: list[Any]
) -> None:
    last_sent = sent(compare(shared, before, []))
    found = compare(shared, after, last_sent)
    old, new = usable(before), usable(after)
    counted = Counter(row["hubspot_company_id"] for row in after)
    differing = {
        key for key, row in new.items() if key not in old or content(old[key]) != content(row)
    }
    assert {c.key for c in found.candidates} == differing
    assert found.same == len(new) - len(differing)
    assert found.null_keys == counted[None]
    assert found.doubled_keys == {k: n for k, n in counted.items() if k is not None and n > 1}
    assert found.gone == len(old.keys() - counted.keys())
    assert found.rows == len(after)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table=tables)
def test_a_wish_survives_the_way_to_the_plan_unharmed(shared: Bench, table: list[Any]) -> None:
    found = compare(shared, table, [])
    plan = decide_plan(SPEC, found, verdict_of(), current_build="build-1", is_prepared=True)
    for change in plan.changes:
        row = usable(table)[change.key]
        for mapping in SPEC.fields:
            wish = row[mapping.columns[0]]
            if wish is None:
                # Emptied where the document says so, else left alone.
                assert (mapping.field in change.after) == (mapping.nulls == "clear")
                assert change.after.get(mapping.field) is None
            elif isinstance(wish, Decimal):
                assert Decimal(str(change.after[mapping.field])) == wish
            else:
                assert change.after[mapping.field] == wish


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table=tables)
def test_the_parts_of_every_model_add_up(shared: Bench, table: list[Any]) -> None:
    found = compare(shared, table, [])
    plan = decide_plan(SPEC, found, verdict_of(), current_build="build-1", is_prepared=True)
    counts = plan.counts
    groups = counts["first"] + counts["changed"] + counts["unchanged"] + counts["withheld"]
    assert groups == counts["rows"] == len(table)


def test_a_change_of_two_fields_at_once_is_seen_as_both(bench: Bench) -> None:
    last_sent = sent(compare(bench, [wished(0)], []))
    found = compare(bench, [wished(0, account_tier="C", account_score=9)], last_sent)
    assert len(found.candidates) == 1


def test_a_column_that_is_not_mapped_makes_no_difference(bench: Bench) -> None:
    last_sent = sent(compare(bench, [wished(0)], []))
    with bench.warehouse.open("test") as session:
        session.execute(f"alter table {SPEC.table} add column note varchar default 'new'")
        assert difference(session, SPEC, last_sent).candidates == ()


def test_the_desired_row_keeps_the_order_of_the_mapping(bench: Bench) -> None:
    found = compare(bench, [wished(0)], [])
    assert list(json.loads(found.candidates[0].desired)) == FIELDS


def test_a_model_that_was_never_built_says_what_to_run(tmp_path: Path) -> None:
    with bench_at(tmp_path, 0) as bench, pytest.raises(WarehouseError) as raised:
        bench.plan()
    assert "revops build" in str(raised.value)


def test_a_column_that_the_model_does_not_have_is_named(bench: Bench) -> None:
    bench.wish([wished(0)])
    mapping = SPEC.fields[0].model_copy(update={"column": "nope"})
    spec = SPEC.model_copy(update={"fields": (mapping, *SPEC.fields[1:])})
    with pytest.raises(Misconfigured, match="does not have: nope") as raised:
        bench.plan(spec)
    assert "account_id" in str(raised.value.advice)


def test_a_difference_is_found_in_little_memory_and_leaves_the_limit_as_it_was(
    shared: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both tables are gone through by less memory than they would take."""
    seen = []
    numbers = Session.numbers

    def told(session: Session, sql: str) -> Iterator[Any]:
        seen.append(session.value(_LIMIT))
        return numbers(session, sql)

    monkeypatch.setattr(Session, "numbers", told)
    shared.wish([wished(0)])
    for limit, used in (("2.0 GiB", "572.2 MiB"), ("96.0 MiB", "96.0 MiB")):
        seen.clear()
        with shared.warehouse.open("test") as session:
            before = session.value(_LIMIT)
            session.execute(f"set memory_limit = '{limit}'")
            found = difference(session, SPEC, [])
            after = session.value(_LIMIT)
            session.execute(f"set memory_limit = '{before}'")
        assert (len(found.candidates), seen, after) == (1, [used, used], limit)


_LIMIT = "select current_setting('memory_limit')"
