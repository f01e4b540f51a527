from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from reverse_etl.destinations.base import Row
from reverse_etl.destinations.hubspot import HubSpotObjects
from reverse_etl.fitting import misfit
from sandbox.vendors.hubspot.catalogue import contract_definitions
from tests.reverse_etl.bench import AS_OF, FIELDS, FIRST_ID, SPEC, Bench
from warehouse.errors import Misconfigured, Refused, Unavailable

ONE, TWO = str(FIRST_ID), str(FIRST_ID + 1)


@pytest.fixture
def by_id(bench: Bench) -> Iterator[HubSpotObjects]:
    with bench.client() as client:
        yield HubSpotObjects(client, "companies", None)


@pytest.fixture
def by_erp_id(bench: Bench) -> Iterator[HubSpotObjects]:
    with bench.client() as client:
        yield HubSpotObjects(client, "companies", "erp_id")


def test_an_update_changes_the_named_fields_and_no_other(
    bench: Bench, by_id: HubSpotObjects
) -> None:
    before = bench.companies()[ONE]
    found = by_id.write("update", [Row(ONE, {"revops_account_score": 42}, "1")])
    assert [(o.trace, o.outcome, o.tool_id) for o in found] == [("1", "acknowledged", ONE)]
    after = bench.companies()[ONE]
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"revops_account_score", "hs_lastmodifieddate"}
    assert after["revops_account_score"] == "42"


def test_an_upsert_creates_once_and_updates_after_that(
    bench: Bench, by_erp_id: HubSpotObjects
) -> None:
    first = by_erp_id.write("upsert", [Row("e-1", {"name": "株式会社 新規"}, "1")])
    again = by_erp_id.write("upsert", [Row("e-1", {"name": "株式会社 改名"}, "2")])
    assert first[0].tool_id == again[0].tool_id
    named = [c["name"] for c in bench.companies().values() if c.get("erp_id") == "e-1"]
    assert named == ["株式会社 改名"]


def test_a_batch_that_is_taken_in_part_is_told_apart_row_by_row(by_id: HubSpotObjects) -> None:
    rows = [
        Row(ONE, {"revops_account_score": 1}, "11"),
        Row("404", {"revops_account_score": 2}, "12"),
        Row(TWO, {"revops_account_score": "many"}, "13"),
    ]
    found = {one.trace: one for one in by_id.write("update", rows)}
    assert {trace: one.outcome for trace, one in found.items()} == {
        "11": "acknowledged",
        "12": "rejected",
        "13": "rejected",
    }
    assert "OBJECT_NOT_FOUND" in str(found["12"].reason)
    assert "VALIDATION_ERROR" in str(found["13"].reason)


def test_a_null_empties_the_field(bench: Bench, by_id: HubSpotObjects) -> None:
    by_id.write("update", [Row(ONE, {"revops_account_tier": "A"}, "1")])
    assert bench.companies()[ONE]["revops_account_tier"] == "A"
    by_id.write("update", [Row(ONE, {"revops_account_tier": None}, "2")])
    assert bench.companies()[ONE]["revops_account_tier"] is None


def test_a_key_named_twice_refuses_the_whole_batch(by_id: HubSpotObjects) -> None:
    with pytest.raises(Refused, match="400"):
        by_id.write("update", [Row(ONE, {}, "1"), Row(ONE, {}, "2")])


def test_every_field_of_the_declared_sync_can_be_written(by_id: HubSpotObjects) -> None:
    assert by_id.faults(FIELDS) == []


def test_missing_and_read_only_fields_are_named(by_id: HubSpotObjects) -> None:
    found = "; ".join(by_id.faults([*FIELDS, "nope", "hs_object_id"]))
    assert "no companies property 'nope'" in found
    assert "'hs_object_id' is read-only" in found
    assert "revops" not in found


@pytest.mark.parametrize("identifier", ["nope", "name"])
def test_a_property_that_cannot_identify_a_record_stops_an_upsert_before_it_is_sent(
    bench: Bench, identifier: str
) -> None:
    named = SPEC.identify_by.model_copy(update={"field": identifier})
    spec = SPEC.model_copy(update={"mode": "upsert", "identify_by": named})
    bench.wish([_wish()])
    bench.judge()
    with pytest.raises(Misconfigured, match=identifier):
        bench.sync(spec)
    assert bench.ledger() == []


def _wish() -> dict[str, Any]:
    from tests.reverse_etl.bench import wished

    return wished(0)


def test_an_answer_without_traces_is_matched_by_the_key(bench: Bench) -> None:
    """A record's id may be another record's key; only the property that names it counts."""
    with bench.client() as client:
        by_erp_id = HubSpotObjects(client, "companies", "erp_id")
        original = client.post

        def without_traces(path: str, json: Any) -> Any:
            for entry in json["inputs"]:
                entry.pop("objectWriteTraceId", None)
            return original(path, json)

        client.post = without_traces  # type: ignore[method-assign]
        # The first new record is given the id FIRST_ID + 5, which is the second row's key.
        rows = [Row("a", {}, "1"), Row(str(FIRST_ID + 5), {}, "2")]
        found = by_erp_id.write("upsert", rows)
    assert [(one.trace, one.tool_id) for one in found] == [
        ("1", str(FIRST_ID + 5)),
        ("2", str(FIRST_ID + 6)),
    ]


def test_reading_back_leaves_absent_records_out(by_id: HubSpotObjects) -> None:
    by_id.write("update", [Row(ONE, {"revops_account_score": 7}, "1")])
    held = by_id.read([ONE, "404"], ["revops_account_score"])
    assert list(held) == [ONE]
    assert held[ONE]["revops_account_score"] == "7"


def test_reading_back_by_a_unique_property_is_keyed_by_it(by_erp_id: HubSpotObjects) -> None:
    by_erp_id.write("upsert", [Row("e-1", {"name": "One"}, "1")])
    assert by_erp_id.read(["e-1"], ["name"])["e-1"]["name"] == "One"


@pytest.mark.parametrize(
    ("held", "wish", "same"),
    [
        ("59", 59, True),
        ("109000", 109000.0, True),
        ("109000.00", 109000.0, True),
        ("1.1E5", 110000.0, True),
        ("0.1", Decimal("0.10"), True),
        ("0.1", 0.2, False),
        ("true", True, True),
        ("", None, True),
        (None, None, True),
        (None, 0, False),
        ("0", None, False),
        ("7", "007", False),
        ("007", "007", True),
        ("株式会社", "株式会社", True),
        ("nan", 1.0, False),
        ("many", 1, False),
    ],
)
def test_a_value_read_back_is_compared_as_what_it_means(
    by_id: HubSpotObjects, held: object, wish: object, same: bool
) -> None:
    assert by_id.holds(held, wish) is same


def test_what_a_property_cannot_hold_is_known_before(by_id: HubSpotObjects) -> None:
    kinds = {"name": "string", "renews_on": "date", "seen_at": "datetime"}
    by_id._properties = {name: {"type": kind} for name, kind in kinds.items()}
    name, day, at = by_id.limits(list(kinds)).values()
    ms_of_a_day = 1_796_083_200_000
    fits = [("x" * 65_536, name), ("2026-11-30", day), (ms_of_a_day, day), ("", day), (None, day)]
    fits += [
        ("2026-12-01T09:00:00+09:00", day),
        ("2026-11-30T09:00:00Z", at),
        (1_796_083_200_001, at),
    ]
    assert [one for one, limit in fits if misfit(one, limit)] == []
    misfits: list[tuple[Any, Any]] = [
        ("x" * 65_537, name),
        ("30.11.2026", day),
        ("2026-02-30", day),
    ]
    misfits += [(ms_of_a_day + 1, day), ("2026-11-30T09:00:00Z", day), (True, day), ("soon", at)]
    assert [one for one, limit in misfits if not misfit(one, limit)] == []


@pytest.mark.parametrize("name", ["contracts", "2-1001", "p24680135_contracts"])
def test_an_object_that_the_portal_made_itself_is_written_as_any_other(
    bench: Bench, name: str
) -> None:
    with bench.client() as client:
        for one in contract_definitions(AS_OF):
            bench.portal.vendors["hubspot"].tables["properties"].put(one)
        to = HubSpotObjects(client, name, "contract_number")
        assert to.faults(["contract_amount"]) == []
        assert "no " + name in "; ".join(to.faults(["amount"]))
        first = to.write("upsert", [Row("c-1", {"contract_amount": 7}, "1")])
        again = to.write("upsert", [Row("c-1", {"contract_amount": 8}, "2")])
        assert first[0].tool_id == again[0].tool_id
        assert to.read(["c-1"], ["contract_amount"])["c-1"]["contract_amount"] == "8"
        told = to.write("archive", [Row("c-1", {}, "3")])
        assert [one.outcome for one in told] == ["acknowledged"]
        assert to.read(["c-1"], []) == {}


def test_an_object_that_the_portal_does_not_have_is_a_fault(bench: Bench) -> None:
    with bench.client() as client:
        for name in ("planets", "list_members:planets"):
            (said,) = HubSpotObjects(client, name, None, "1").faults([])
            assert "HubSpot has no object 'planets'" in said


def test_a_tool_that_does_not_answer_is_unavailable(bench: Bench, by_id: HubSpotObjects) -> None:
    bench.faults({"kind": "server_error", "times": None})
    with pytest.raises(Unavailable):
        by_id.write("update", [Row(ONE, {"revops_account_score": 1}, "1")])
