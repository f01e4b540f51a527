"""What becomes of records whose rows have left the model: nothing, emptied fields, the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reverse_etl.destinations.registry import destination_for
from reverse_etl.plan import Plan
from reverse_etl.spec import FieldMapping, Identifier, Mode, SyncSpec, sync
from reverse_etl.sync import SyncResult
from tests.reverse_etl.bench import FIELDS, FIRST_ID, SPEC, TOKEN, Bench, bench_at, wished
from warehouse.deliveries import Deliveries
from warehouse.errors import Misconfigured

ARCHIVE = "/crm/v3/objects/companies/batch/archive"
COMPANIES = 8


def spec_of(mode: Mode, **more: Any) -> SyncSpec:
    return SPEC.model_copy(update={"mode": mode, **more})


def key(number: int) -> str:
    return str(FIRST_ID + number)


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Bench]:
    with bench_at(tmp_path, COMPANIES) as made:
        made.judge()
        yield made


def wish(bench: Bench, *numbers: int, **more: Any) -> None:
    bench.wish([wished(n, **more) for n in numbers])


def held(bench: Bench, number: int) -> dict[str, Any]:
    return {name: bench.companies()[key(number)][name] for name in FIELDS}


def archived(bench: Bench) -> set[int]:
    lines = bench.portal.records("hubspot", "companies").splitlines()
    return {int(one["id"]) - FIRST_ID for one in map(json.loads, lines) if one["archived"]}


def operations(plan: Plan) -> dict[str, str]:
    return {change.key: change.operation for change in plan.changes}


def assert_settled(bench: Bench, spec: SyncSpec) -> None:
    assert bench.plan(spec).changes == ()


def test_what_has_left_is_left_alone_unless_the_mode_says_otherwise(crm: Bench) -> None:
    wish(crm, 0, 1)
    crm.sync()
    wish(crm, 0)
    result = crm.sync()
    assert result.plan.changes == ()
    assert (result.plan.counts["gone"], result.plan.counts["leaving"]) == (1, 0)


def test_the_fields_that_we_sent_are_emptied_once_and_forgotten(crm: Bench) -> None:
    spec = spec_of("clear_fields")
    wish(crm, 0, 1, account_tier=None)
    crm.sync(spec)
    before, other = crm.companies()[key(1)], held(crm, 0)
    wish(crm, 0, account_tier=None)
    result = crm.sync(spec)
    assert result.delivery.outcomes == {"acknowledged": 1}
    (change,) = result.plan.changes
    # What was never sent, here the tier, is not ours to empty.
    assert change.after == dict.fromkeys(set(FIELDS) - {"revops_account_tier"})
    assert (result.plan.counts["changed"], result.plan.counts["leaving"]) == (0, 1)
    after = crm.companies()[key(1)]
    assert not any(after[name] for name in change.after)
    assert {name for name in after if after[name] != before[name]} == {
        *change.after,
        "hs_lastmodifieddate",
    }
    assert held(crm, 0) == other
    assert [row.key for row in Deliveries(crm.state).last_sent(spec.name)] == [key(0)]
    assert crm.plan(spec).counts["gone"] == 0
    assert_settled(crm, spec)


def test_who_comes_back_is_sent_as_for_the_first_time(crm: Bench) -> None:
    spec = spec_of("clear_fields")
    first = []
    for numbers in ((0, 1), (0,), (0, 1)):
        wish(crm, *numbers)
        first.append(crm.sync(spec).plan.counts["first"])
    assert first == [2, 0, 1]
    crm.assert_holds([wished(0), wished(1)])


def test_a_mirror_archives_what_it_sent_and_nothing_else(crm: Bench) -> None:
    spec = spec_of("mirror")
    wish(crm, 0, 1, 2)
    crm.sync(spec)
    others = {n: crm.companies()[key(n)] for n in range(3, COMPANIES)}
    wish(crm, 0, account_score=99)
    result = crm.sync(spec)
    assert operations(result.plan) == {
        key(0): "update",
        key(1): "archive",
        key(2): "archive",
    }
    assert result.delivery.outcomes == {"acknowledged": 3}
    assert archived(crm) == {1, 2}
    assert {n: crm.companies()[key(n)] for n in others} == others
    assert_settled(crm, spec)


def test_a_mirror_by_a_key_of_ours_makes_records_and_archives_them(crm: Bench) -> None:
    spec = spec_of("mirror", identify_by=Identifier(column="account_id", field="erp_id"))
    mapped = tuple(one for one in SPEC.fields if one.column != "account_id")
    spec = spec.model_copy(update={"fields": mapped})
    wish(crm, 0, 1)
    crm.sync(spec)
    made = {one["erp_id"]: one for one in crm.companies().values() if one.get("erp_id")}
    assert made.keys() == {"acc-0", "acc-1"}
    wish(crm, 0)
    assert operations(crm.sync(spec).plan) == {"acc-1": "archive"}
    assert archived(crm) == {int(made["acc-1"]["hs_object_id"]) - FIRST_ID}
    assert len(crm.companies()) == COMPANIES + 2
    assert_settled(crm, spec)


def test_what_somebody_archived_already_is_gone_as_wished(crm: Bench) -> None:
    spec = spec_of("mirror")
    wish(crm, 0, 1)
    crm.sync(spec)
    httpx.delete(
        f"{crm.url}/hubspot/crm/v3/objects/companies/{key(1)}",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ).raise_for_status()
    wish(crm, 0)
    result = crm.sync(spec)
    assert result.delivery.outcomes == {"acknowledged": 1}
    assert crm.calls(ARCHIVE) == 0
    assert_settled(crm, spec)


@pytest.mark.parametrize("mode", ["mirror", "clear_fields"])
def test_an_empty_model_holds_and_takes_nothing_away(crm: Bench, mode: Mode) -> None:
    wish(crm, 0, 1)
    crm.sync(spec_of(mode))
    before = crm.companies()
    wish(crm)
    result = crm.sync(spec_of(mode))
    assert result.exit_code == 3
    assert "no rows" in result.plan.hold_reasons[0]
    assert [(one.reason, one.rows) for one in result.plan.withheld] == [("held", 0)] * 2
    assert result.plan.counts["withheld"] == 0
    assert crm.companies() == before


def test_an_empty_model_that_never_sent_anything_holds_nothing(crm: Bench) -> None:
    wish(crm)
    assert crm.sync(spec_of("mirror")).exit_code == 0


def test_while_a_row_has_no_key_nothing_is_taken_away(crm: Bench) -> None:
    spec = spec_of("mirror")
    wish(crm, 0, 1, 2)
    crm.sync(spec)
    crm.wish([wished(0, account_score=99), wished(1, hubspot_company_id=None)])
    result = crm.sync(spec)
    assert operations(result.plan) == {key(0): "update"}
    kept = {one.key: one.details for one in result.plan.withheld if one.reason == "held"}
    assert kept.keys() == {key(1), key(2)}
    assert "no key" in kept[key(1)][0]
    assert archived(crm) == set()


def test_a_row_that_is_there_twice_has_not_left(crm: Bench) -> None:
    spec = spec_of("mirror")
    wish(crm, 0, 1)
    crm.sync(spec)
    for scores in ((1, 1), (7, 8)):
        crm.wish([wished(0), *(wished(1, account_score=score) for score in scores)])
        plan = crm.plan(spec)
        assert plan.changes == ()
        assert [(one.key, one.rows) for one in plan.withheld] == [(key(1), 2)]
        assert plan.gone == 0


def test_whom_the_gate_withholds_has_not_left(crm: Bench) -> None:
    spec = spec_of("mirror")
    wish(crm, 0, 1)
    crm.sync(spec)
    crm.judge("quarantine", quarantined={"acc-1": ["rule"]})
    wish(crm, 0, 1, account_score=5)
    assert operations(crm.plan(spec)) == {key(0): "update"}


def test_a_gate_that_holds_keeps_everything(crm: Bench) -> None:
    spec = spec_of("mirror")
    wish(crm, 0, 1)
    crm.sync(spec)
    crm.judge("hold")
    wish(crm, 0)
    assert crm.sync(spec).exit_code == 3
    assert archived(crm) == set()


@pytest.mark.parametrize(("kind", "delivered"), [("reset_after_commit", 1), ("reset", 0)])
def test_an_archive_whose_answer_was_lost_is_settled_by_looking(
    crm: Bench, kind: str, delivered: int
) -> None:
    spec = spec_of("mirror")
    crm.max_attempts = 1
    wish(crm, 0, 1)
    crm.sync(spec)
    wish(crm, 0)
    crm.faults({"kind": kind, "path": ARCHIVE})
    assert crm.sync(spec).exit_code == 5
    again = crm.sync(spec)
    assert (again.recovery.delivered, again.recovery.abandoned) == (delivered, 1 - delivered)
    assert archived(crm) == {1}
    assert [row.key for row in Deliveries(crm.state).last_sent(spec.name)] == [key(0)]
    assert_settled(crm, spec)


@pytest.mark.parametrize(
    ("name", "change", "because"),
    [
        ("hubspot_companies", {"mode": "mirror", "when_gone": "delete"}, "cannot delete"),
        ("hubspot_companies", {"mode": "add_remove"}, "cannot add nor remove"),
        ("slack_escalations", {"mode": "mirror"}, "cannot archive nor update"),
        (
            "hubspot_companies",
            {"fields": (FieldMapping(field="x", array=("account_id",)),)},
            "takes no array, which x is",
        ),
        (
            "hubspot_companies",
            {"fields": (FieldMapping(field="x", object={"a": "account_id"}),)},
            "takes no object, which x is",
        ),
    ],
)
def test_what_a_destination_cannot_honour_is_refused_before_anything_is_sent(
    crm: Bench, name: str, change: dict[str, Any], because: str
) -> None:
    spec = sync(name).model_copy(update=change)
    with crm.client() as client, pytest.raises(Misconfigured, match=because):
        destination_for(spec, client)
    wish(crm, 0)
    if spec.destination == "hubspot":
        with pytest.raises(Misconfigured, match=because):
            crm.sync(spec)
    assert crm.portal.requests() == []


def test_a_null_that_is_not_allowed_keeps_its_row_back_and_names_the_field(crm: Bench) -> None:
    strict = tuple(one.model_copy(update={"nulls": "error"}) for one in SPEC.fields)
    spec = SPEC.model_copy(update={"fields": strict})
    crm.wish([wished(0), wished(1, account_tier=None, account_score=None)])
    result = crm.sync(spec)
    assert operations(result.plan) == {key(0): "update"}
    assert [(one.key, one.reason, one.details) for one in result.plan.withheld] == [
        (key(1), "null_not_allowed", ("revops_account_score", "revops_account_tier"))
    ]
    assert not any(held(crm, 1).values())


def test_constants_and_templates_reach_the_tool(crm: Bench) -> None:
    mapped = (
        FieldMapping(field="revops_account_tier", constant="B"),
        FieldMapping(field="revops_account_id", template="{account_id}/{account_score}"),
    )
    spec = SPEC.model_copy(update={"fields": mapped})
    wish(crm, 3)
    assert crm.sync(spec).exit_code == 0
    assert held(crm, 3)["revops_account_tier"] == "B"
    assert held(crm, 3)["revops_account_id"] == "acc-3/3"
    assert_settled(crm, spec)


models = st.dictionaries(st.integers(0, COMPANIES - 1), st.integers(0, 2), max_size=COMPANIES)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_at(tmp_path_factory.mktemp("modes"), COMPANIES) as made:
        made.judge()
        yield made


@pytest.mark.slow
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(models, min_size=2, max_size=4), data=st.data())
def test_a_mirror_never_touches_what_it_did_not_send(
    shared: Bench, steps: list[dict[int, int]], data: st.DataObject
) -> None:
    """Whatever the model holds from run to run: each run against what was sent until then."""
    mode: Mode = data.draw(st.sampled_from(["mirror", "clear_fields"]))
    name = f"mode_{mode}"
    spec = spec_of(mode, name=name)
    for step in steps:
        before = shared.companies()
        ours = {row.key for row in Deliveries(shared.state).last_sent(name)}
        shared.wish([wished(n, account_score=score) for n, score in step.items()])
        result = shared.sync(spec)
        here = {key(n) for n in step}
        leaving = {change.key for change in result.plan.changes if change.is_leaving}
        # What the other mode has archived is refused once, and not asked for again.
        parked = {one.key for one in result.plan.withheld if one.reason == "rejected"} - here
        assert leaving | parked == (ours - here if here else set())
        assert_one_group_each(result, here)
        after = shared.companies()
        touched = {one for one in after if after[one] != before[one]}
        assert touched <= {change.key for change in result.plan.changes} <= here | ours
        refused = {one["key"] for one in result.delivery.rejected}
        assert {change.key for change in shared.plan(spec).changes} <= refused


def assert_one_group_each(result: SyncResult, here: set[str]) -> None:
    changed = [change.key for change in result.plan.changes]
    kept = [one.key for one in result.plan.withheld]
    assert len({*changed, *kept}) == len(changed) + len(kept)
    counts = result.plan.counts
    groups = ("first", "changed", "unchanged", "withheld")
    assert sum(counts[name] for name in groups) == counts["rows"] == len(here)
