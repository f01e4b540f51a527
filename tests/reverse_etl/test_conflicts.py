"""The three-way difference: what we last sent, what we wish for now, what the tool holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverse_etl.conflicts import compared, previewed
from reverse_etl.destinations.base import Destination
from reverse_etl.guards import Guards, Limit
from reverse_etl.plan import Plan
from reverse_etl.spec import FieldMapping, Ownership, SyncSpec
from tests.reverse_etl.bench import FIRST_ID, SPEC, Bench, wished
from tests.reverse_etl.test_plan import applied, planned, spec_of, tables, verdict_of
from warehouse.errors import Held, Misconfigured, Refused

SCORE, TIER = "revops_account_score", "revops_account_tier"
KEY = str(FIRST_ID)

held_values = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["", "A", "theirs"]))
portals = st.dictionaries(
    st.sampled_from([f"key{n}" for n in range(8)]),
    st.fixed_dictionaries({"score": held_values, "tier": held_values}),
)
ownerships = st.sampled_from(["warehouse_wins", "tool_wins", "ask"])


def same(held: object, wish: object) -> bool:
    return held == wish or (held in {None, ""} and wish in {None, ""})


def owned(
    score: Ownership = "warehouse_wins", *, only_if_empty: bool = False, base: SyncSpec = SPEC
) -> SyncSpec:
    """A sync whose score belongs to somebody."""
    fields = tuple(
        one.model_copy(update={"ownership": score, "only_if_empty": only_if_empty})
        if one.field in {SCORE, "score"}
        else one
        for one in base.fields
    )
    return base.model_copy(update={"fields": fields})


@given(table=tables, earlier=tables, portal=portals, ownership=ownerships)
def test_what_a_person_changed_is_decided_by_its_owner_and_never_lost_unnoticed(
    table: dict[str, Any], earlier: dict[str, Any], portal: dict[str, Any], ownership: Ownership
) -> None:
    before = planned(table, applied(planned(earlier), []))
    after = compared(owned(ownership, base=spec_of()), before, portal, same)
    sent = {change.key: change.after for change in after.changes}
    told = {(one.key, one.field): one for one in after.conflicts}
    for change in before.changes:
        for field, wish in change.after.items():
            holds = portal.get(change.key, {}).get(field)
            is_theirs = (
                change.key in portal
                and not same(holds, change.before.get(field))
                and not same(holds, wish)
            )
            assert is_theirs == ((change.key, field) in told)
            if is_theirs and field == "score" and ownership != "warehouse_wins":
                assert field not in sent.get(change.key, {})
            elif not is_theirs or field != "score":
                row_waits = any(
                    one.decision == "asked" for one in after.conflicts if one.key == change.key
                )
                assert row_waits or sent[change.key][field] == wish
            else:
                assert told[change.key, field].decision == "overwritten"


@given(table=tables, earlier=tables, portal=portals, ownership=ownerships)
def test_reading_adds_nothing_to_a_plan_and_loses_no_row(
    table: dict[str, Any], earlier: dict[str, Any], portal: dict[str, Any], ownership: Ownership
) -> None:
    before = planned(table, applied(planned(earlier), []))
    after = compared(owned(ownership, base=spec_of()), before, portal, same)
    wished_for = {change.key: change.after for change in before.changes}
    for change in after.changes:
        assert change.after.items() <= wished_for[change.key].items()
    kept_back = {one.key for one in after.withheld}
    assert {change.key for change in after.changes} | kept_back == wished_for.keys()
    assert kept_back.isdisjoint(change.key for change in after.changes)


@given(table=tables, earlier=tables, portal=portals)
def test_a_plan_is_a_pure_function_of_what_is_there(
    table: dict[str, Any], earlier: dict[str, Any], portal: dict[str, Any]
) -> None:
    """The same wishes, ledger and tool: the same plan to the letter, and no argument is changed."""
    last_sent = applied(planned(earlier), [])
    told = json.dumps([table, portal], sort_keys=True)
    one, two = (compared(spec_of(), planned(table, last_sent), portal, same) for _ in range(2))
    assert one == two
    assert one.digest == two.digest
    assert json.dumps([table, portal], sort_keys=True) == told


@given(table=tables, portal=portals)
def test_the_digest_of_a_plan_that_was_read_moves_with_the_tool(
    table: dict[str, Any], portal: dict[str, Mapping[str, Any]]
) -> None:
    plan = planned(table)
    read = compared(spec_of(), plan, portal, same)
    moved = {key: dict(row) | {"score": "moved"} for key, row in portal.items()}
    touched = any(change.key in portal and "score" in change.after for change in plan.changes)
    assert (compared(spec_of(), plan, moved, same).digest != read.digest) == touched


@pytest.mark.parametrize(("holds", "is_sent"), [(None, True), ("", True), (0, False), ("x", False)])
def test_what_is_only_set_if_empty_is_left_alone_where_something_is(
    holds: object, is_sent: bool
) -> None:
    spec = owned(only_if_empty=True, base=spec_of())
    plan = compared(
        spec, planned({"key1": {"score": 1, "tier": "A"}}), {"key1": {"score": holds}}, same
    )
    assert [("score" in one.after, one.after["tier"]) for one in plan.changes] == [(is_sent, "A")]
    alone = compared(
        spec, planned({"key1": {"score": 1, "tier": None}}), {"key1": {"score": holds}}, same
    )
    assert [one.reason for one in alone.withheld] == ([] if is_sent else ["not_empty"])


class Unread(Destination):
    """Cannot be read, or refuses to be."""

    batch_size = 2

    def __init__(self, *, is_readable: bool) -> None:
        self.is_readable = is_readable

    def faults(self, fields: Any) -> list[str]:  # noqa: ARG002 - nothing is wrong with them
        return []

    def write(self, operation: Any, rows: Any) -> Any:  # noqa: ARG002 - never called
        raise AssertionError

    def read(self, keys: Any, fields: Any) -> Any:  # noqa: ARG002 - refused
        raise Refused("no", status=403, body="not for you")

    def holds(self, held: object, wish: object) -> bool:
        return held == wish


@pytest.mark.parametrize("is_readable", [False, True])
def test_a_tool_that_cannot_be_read_is_told_as_that_and_not_as_no_conflict(
    is_readable: bool,
) -> None:
    plan = planned({"key1": {"score": 1, "tier": "A"}})
    seen = previewed(spec_of(), plan, Unread(is_readable=is_readable))
    assert seen.preview == "cannot_preview"
    assert seen.preview_note
    assert seen.changes == plan.changes
    for spec in (owned("tool_wins"), owned("ask"), owned(only_if_empty=True)):
        with pytest.raises(Misconfigured, match=SCORE):
            previewed(spec, plan, Unread(is_readable=is_readable))


def test_a_plan_that_the_gate_holds_asks_nothing_of_the_tool() -> None:
    held = planned({"key1": {"score": 1, "tier": "A"}}, verdict=verdict_of("hold"))
    assert previewed(owned("ask"), held, Unread(is_readable=False)) == held


@pytest.fixture
def edited(bench: Bench) -> Bench:
    """Everything was sent; then a person set the score of the first company to 55."""
    bench.wish([wished(n) for n in range(5)])
    bench.judge()
    bench.sync()
    edit(bench, {SCORE: "55"})
    bench.wish([wished(n, account_score=90, account_tier="A") for n in range(5)])
    return bench


def edit(bench: Bench, properties: Mapping[str, str]) -> None:
    with bench.client() as client:
        client.post(
            "/crm/v3/objects/companies/batch/update",
            {"inputs": [{"id": KEY, "properties": dict(properties)}]},
        )


def test_warehouse_wins_overwrites_what_a_person_changed_and_says_so(edited: Bench) -> None:
    result = edited.sync()
    assert result.exit_code == 0
    assert edited.companies()[KEY][SCORE] == "90"
    (one,) = result.plan.conflicts
    assert (one.key, one.field, one.last_sent, one.holds, one.wish, one.decision) == (
        *(KEY, SCORE, 0, "55", 90),
        "overwritten",
    )


def test_tool_wins_leaves_a_persons_value_and_sends_the_rest(edited: Bench) -> None:
    edited.wish([wished(n, account_score=90, account_tier="C") for n in range(5)])
    result = edited.sync(owned("tool_wins"))
    assert result.exit_code == 0
    assert edited.companies()[KEY][SCORE] == "55"
    assert edited.companies()[KEY][TIER] == "C"
    assert edited.companies()[str(FIRST_ID + 1)][SCORE] == "90"
    assert [one.decision for one in result.plan.conflicts] == ["kept"]


def test_tool_wins_lasts_however_often_the_wish_changes(edited: Bench) -> None:
    for score in (91, 92, 93):
        edited.wish([wished(n, account_score=score, account_tier="B") for n in range(5)])
        edited.sync(owned("tool_wins"))
        assert edited.companies()[KEY][SCORE] == "55"
        assert edited.companies()[str(FIRST_ID + 1)][SCORE] == str(score)


def test_ask_keeps_the_row_back_until_somebody_has_decided(edited: Bench) -> None:
    result = edited.sync(owned("ask"))
    (one,) = result.plan.withheld
    assert (one.key, one.reason) == (KEY, "conflict")
    assert "holds '55', last sent 0, would be 90" in one.details[0]
    assert edited.companies()[KEY][SCORE] == "55"
    assert [w.reason for w in edited.sync(owned("ask")).plan.withheld] == ["conflict"]
    edit(edited, {SCORE: "0"})
    assert not edited.sync(owned("ask")).plan.withheld
    assert edited.companies()[KEY][SCORE] == "90"


def test_a_value_that_was_there_before_the_first_sync_is_somebodys_too(bench: Bench) -> None:
    edit(bench, {SCORE: "42"})
    bench.wish([wished(n) for n in range(5)])
    bench.judge()
    bench.sync(owned("tool_wins"))
    assert bench.companies()[KEY][SCORE] == "42"


def test_what_the_tool_held_is_kept_in_the_ledger(edited: Bench) -> None:
    edited.sync()
    (row,) = [r for r in edited.ledger() if r["key"] == KEY and r["before"]]
    assert row["found"] == {SCORE: "55"}


def test_a_plan_reviewed_with_the_tools_values_is_refused_when_they_have_moved(
    edited: Bench,
) -> None:
    reviewed = edited.preview()
    assert reviewed.preview == "read"
    edit(edited, {SCORE: "56"})
    with pytest.raises(Held):
        edited.sync(expected_digest=reviewed.digest)
    assert edited.companies()[KEY][SCORE] == "56"
    assert edited.sync(expected_digest=edited.preview().digest).exit_code == 0


def test_a_plan_reviewed_without_them_is_sent_as_the_warehouse_wishes(edited: Bench) -> None:
    reviewed = edited.plan()
    edit(edited, {SCORE: "56"})
    assert edited.sync(expected_digest=reviewed.digest).exit_code == 0


READ_PATH = "/crm/v3/objects/companies/batch/read"
WHEN_NEEDED = SPEC.model_copy(update={"look": "when_needed"})


def test_a_tool_is_not_read_where_a_look_would_decide_nothing(edited: Bench) -> None:
    read, written = edited.calls(READ_PATH), edited.calls()
    result = edited.sync(WHEN_NEEDED)
    assert (result.plan.preview, result.delivery.outcomes["acknowledged"]) == ("not_read", 5)
    assert (edited.calls(READ_PATH), edited.calls()) == (read, written + 1)
    (row,) = [r for r in edited.ledger() if r["key"] == KEY and r["before"]]
    assert row["found"] is None


@pytest.mark.parametrize(
    "spec",
    [
        owned("tool_wins", base=WHEN_NEEDED),
        # What is sent only if empty is sent once.
        owned(only_if_empty=True, base=WHEN_NEEDED.model_copy(update={"name": "another"})),
        WHEN_NEEDED.model_copy(update={"guards": Guards(max_changed=Limit(count=1))}),
    ],
)
def test_a_tool_is_read_where_a_field_or_a_person_asks_for_it(
    edited: Bench, spec: SyncSpec
) -> None:
    assert edited.sync(spec).plan.preview == "read"


def test_a_plan_reviewed_with_the_tools_values_is_held_against_them_again(edited: Bench) -> None:
    reviewed = edited.preview(WHEN_NEEDED)
    assert reviewed.preview == "read"
    edit(edited, {SCORE: "56"})
    with pytest.raises(Held):
        edited.sync(WHEN_NEEDED, expected_digest=reviewed.digest)


def test_how_closely_is_looked_does_not_change_what_a_sync_says() -> None:
    assert WHEN_NEEDED.config_hash == SPEC.config_hash


def test_the_document_shows_what_the_tool_holds(edited: Bench) -> None:
    plan: Plan = edited.preview()
    document = json.loads(json.dumps(plan.as_json()))
    change = next(one for one in document["changes"] if one["key"] == KEY)
    assert change["fields"][SCORE] == {"before": 0, "after": 90, "holds": "55"}
    assert replace(plan).digest == document["digest"]


def test_every_mapping_has_an_owner() -> None:
    assert FieldMapping(column="a", field="a").ownership == "warehouse_wins"
