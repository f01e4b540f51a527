import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverse_etl.diff import Candidate, Difference
from reverse_etl.plan import Plan, decide_plan
from reverse_etl.spec import FieldMapping, Nulls, SyncSpec
from tests.reverse_etl.bench import AS_OF, SPEC
from warehouse.deliveries import Delivered
from warehouse.verdicts import Decision, StoredVerdict

BUILD = "build-1"
COLUMNS = ("score", "tier")

values = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["", "A", "顧客", "0"]))
wishes = st.fixed_dictionaries(dict.fromkeys(COLUMNS, values))
tables = st.dictionaries(st.sampled_from([f"key{n}" for n in range(8)]), wishes, max_size=8)


def spec_of(nulls: Nulls = "skip") -> SyncSpec:
    fields = tuple(FieldMapping(column=name, field=name, nulls=nulls) for name in COLUMNS)
    return SPEC.model_copy(update={"fields": fields})


def verdict_of(
    decision: Decision = "pass",
    *,
    build: str | None = BUILD,
    quarantined: Mapping[str, list[str]] | None = None,
    evidence: list[dict[str, Any]] | None = None,
) -> StoredVerdict:
    return StoredVerdict(
        "accounts", "run", build, AS_OF, decision, dict(quarantined or {}), evidence or [], 1
    )


def text(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def compared(
    table: Mapping[str, Mapping[str, Any]],
    last_sent: list[Delivered],
    *,
    nulls: Nulls = "skip",
    null_keys: int = 0,
    doubled: dict[str, int] | None = None,
) -> Difference:
    """What the set-wise comparison would find; every row's gate key is its key."""
    sent = {row.key: row for row in last_sent}
    differing = [
        key for key in sorted(table) if key not in sent or sent[key].desired != text(table[key])
    ]
    return Difference(
        rows=len(table) + null_keys + sum((doubled or {}).values()),
        same=len(table) - len(differing),
        candidates=tuple(differs(key, table[key], sent.get(key), nulls) for key in differing),
        null_keys=null_keys,
        doubled_keys=doubled or {},
        gone=len(sent.keys() - table.keys()),
    )


def differs(
    key: str, row: Mapping[str, Any], sent: Delivered | None = None, nulls: Nulls = "skip"
) -> Candidate:
    """One row that differs, its patch made field by field."""
    held = sent.held if sent else {}
    patch = {
        field: wish
        for field, wish in row.items()
        if (field not in held or held[field] != wish) and (wish is not None or nulls == "clear")
    }
    before = {field: held[field] for field in patch if field in held}
    refused = tuple(field for field in row if row[field] is None and nulls == "error")
    return Candidate(
        key, key, text(row), text(patch), text(before), sent is not None, refused=refused
    )


def planned(
    table: Mapping[str, Mapping[str, Any]],
    last_sent: list[Delivered] | None = None,
    verdict: StoredVerdict | None = verdict_of(),  # noqa: B008 - it does not change
    *,
    nulls: Nulls = "skip",
    current_build: str | None = BUILD,
    **unusable: Any,
) -> Plan:
    found = compared(table, last_sent or [], nulls=nulls, **unusable)
    return decide_plan(
        spec_of(nulls),
        found,
        verdict,
        current_build=current_build,
        is_prepared=True,
    )


def applied(plan: Plan, last_sent: list[Delivered]) -> list[Delivered]:
    """What the tool acknowledges when every change of a plan arrives."""
    held = {row.key: row for row in last_sent}
    for change in plan.changes:
        before = held[change.key].held if change.key in held else {}
        held[change.key] = Delivered(change.key, change.desired, before | change.after)
    return list(held.values())


verdicts = st.one_of(
    st.none(),
    st.just(verdict_of()),
    st.just(verdict_of("hold")),
    st.just(verdict_of(build="another")),
    st.just(verdict_of("quarantine", quarantined={"key1": ["rule"], "key2": ["rule"]})),
)


@given(table=tables, earlier=tables, verdict=verdicts, nulls=st.sampled_from(["skip", "clear"]))
def test_every_row_is_in_exactly_one_group(
    table: dict[str, Any], earlier: dict[str, Any], verdict: StoredVerdict | None, nulls: Nulls
) -> None:
    last_sent = applied(planned(earlier, nulls=nulls), [])
    plan = planned(table, last_sent, verdict, nulls=nulls, null_keys=2, doubled={"twice": 2})
    changed = {change.key for change in plan.changes}
    withheld = {one.key for one in plan.withheld if one.reason in {"held", "quarantined"}}
    assert changed.isdisjoint(withheld)
    assert len(changed) == len(plan.changes)
    assert changed | withheld <= table.keys()
    assert plan.unchanged + len(changed) + len(withheld) == len(table)


def test_the_counts_add_up_even_when_a_key_is_there_more_than_once() -> None:
    plan = planned({"key1": {"score": 1, "tier": "A"}}, null_keys=2, doubled={"twice": 2})
    counts = plan.counts
    groups = counts["first"] + counts["changed"] + counts["unchanged"] + counts["withheld"]
    assert groups == counts["rows"] == 5


@given(table=tables, earlier=tables, nulls=st.sampled_from(["skip", "clear"]))
def test_applying_a_plan_makes_the_next_one_empty(
    table: dict[str, Any], earlier: dict[str, Any], nulls: Nulls
) -> None:
    last_sent = applied(planned(earlier, nulls=nulls), [])
    last_sent = applied(planned(table, last_sent, nulls=nulls), last_sent)
    assert planned(table, last_sent, nulls=nulls).changes == ()


@given(table=tables, earlier=tables)
def test_applying_a_plan_gives_the_tool_every_value_that_is_not_null(
    table: dict[str, Any], earlier: dict[str, Any]
) -> None:
    last_sent = applied(planned(earlier), [])
    held = {row.key: row.held for row in applied(planned(table, last_sent), last_sent)}
    for key, row in table.items():
        for name, wish in row.items():
            assert wish is None or held[key][name] == wish


@pytest.mark.parametrize(
    ("verdict", "why"),
    [
        (None, "has not judged anything yet"),
        (verdict_of(build="another"), "judged an earlier build"),
        (verdict_of("hold"), "holds"),
    ],
)
def test_a_missing_outdated_or_held_verdict_empties_the_plan_and_says_why(
    verdict: StoredVerdict | None, why: str
) -> None:
    plan = planned({"key1": {"score": 1, "tier": "A"}}, verdict=verdict)
    assert plan.changes == ()
    assert plan.decision == "hold"
    assert why in plan.hold_reasons[0]
    assert [(one.key, one.reason) for one in plan.withheld] == [("key1", "held")]


def test_a_verdict_about_data_that_nobody_has_built_holds() -> None:
    plan = planned(
        {"key1": {"score": 1, "tier": "A"}}, verdict=verdict_of(build=None), current_build=None
    )
    assert plan.changes == ()
    assert plan.hold_reasons


def test_a_hold_names_the_rules_that_failed_and_no_mere_warnings() -> None:
    evidence = [
        _evidence("empty", "failed", "hold", because="an empty mart is a broken build"),
        _evidence("broken", "error", "warn", error="no such column"),
        _evidence("nameless", "failed", "warn", because="cannot be recognised"),
        _evidence("fine", "passed", "hold", because="never shown"),
    ]
    plan = planned({}, verdict=verdict_of("hold", evidence=evidence))
    assert plan.hold_reasons[1:] == (
        "empty: an empty mart is a broken build",
        "broken: no such column",
    )


def _evidence(rule: str, status: str, severity: str, **more: str | None) -> dict[str, Any]:
    return {"rule": rule, "status": status, "severity": severity, "error": None} | more


@given(table=tables, names=st.sets(st.sampled_from([f"key{n}" for n in range(8)])))
def test_quarantined_rows_are_withheld_with_the_names_of_their_rules(
    table: dict[str, Any], names: set[str]
) -> None:
    verdict = verdict_of("quarantine", quarantined={name: ["a", "b"] for name in names})
    plan = planned(table, verdict=verdict, nulls="clear")
    withheld = {one.key: one.details for one in plan.withheld}
    assert withheld == dict.fromkeys(table.keys() & names, ("a", "b"))
    assert {change.key for change in plan.changes} == table.keys() - names


def test_a_quarantined_row_that_is_as_sent_is_unchanged() -> None:
    table = {"key1": {"score": 1, "tier": "A"}}
    last_sent = applied(planned(table), [])
    plan = planned(table, last_sent, verdict_of("quarantine", quarantined={"key1": ["rule"]}))
    assert (plan.unchanged, plan.withheld) == (1, ())


def test_rows_without_a_key_of_their_own_are_withheld() -> None:
    plan = planned({}, null_keys=3, doubled={"twice": 2})
    assert [(one.key, one.reason, one.rows) for one in plan.withheld] == [
        (None, "key_is_null", 3),
        ("twice", "key_is_not_unique", 2),
    ]


def test_a_null_leaves_the_field_alone_by_default() -> None:
    last_sent = applied(planned({"key1": {"score": 1, "tier": "A"}}), [])
    plan = planned({"key1": {"score": 2, "tier": None}}, last_sent)
    assert [change.after for change in plan.changes] == [{"score": 2}]
    assert planned({"key1": {"score": 1, "tier": None}}, last_sent).changes == ()


def test_a_null_empties_the_field_once_where_the_mapping_says_so() -> None:
    last_sent = applied(planned({"key1": {"score": 1, "tier": "A"}}), [])
    table = {"key1": {"score": 1, "tier": None}}
    plan = planned(table, last_sent, nulls="clear")
    assert [change.after for change in plan.changes] == [{"tier": None}]
    assert planned(table, applied(plan, last_sent), nulls="clear").changes == ()


@given(table=tables)
def test_the_digest_does_not_depend_on_when_or_by_which_verdict(table: dict[str, Any]) -> None:
    again = verdict_of(build="later")
    assert planned(table).digest == planned(table, verdict=again, current_build="later").digest


@given(table=tables, other=tables)
def test_the_digest_differs_when_something_else_would_be_sent(
    table: dict[str, Any], other: dict[str, Any]
) -> None:
    one, two = planned(table), planned(other)
    sends = [[(c.key, text(c.after)) for c in plan.changes] for plan in (one, two)]
    assert (one.digest == two.digest) == (sends[0] == sends[1])


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "upsert"},
        {"object": "contacts"},
        {"destination": "other"},
        {"model": "another_model"},
        {"fields": (FieldMapping(column="score", field="score", nulls="clear"),)},
    ],
)
def test_the_digest_differs_when_the_document_says_something_else(change: dict[str, Any]) -> None:
    def digest(spec: SyncSpec) -> str:
        return decide_plan(
            spec, compared({}, []), verdict_of(), current_build=BUILD, is_prepared=True
        ).digest

    assert digest(spec_of()) != digest(spec_of().model_copy(update=change))


def test_who_owns_a_sync_does_not_change_what_it_sends() -> None:
    spec = spec_of().model_copy(update={"owner": "somebody", "description": "else"})
    assert spec.config_hash == spec_of().config_hash


def test_the_document_of_a_plan_can_be_written_and_shows_each_field() -> None:
    last_sent = applied(planned({"key1": {"score": 1, "tier": "A"}}), [])
    plan = planned({"key1": {"score": 2, "tier": "A"}}, last_sent)
    document = json.loads(json.dumps(plan.as_json()))
    assert document["changes"] == [
        {"key": "key1", "operation": "update", "fields": {"score": {"before": 1, "after": 2}}}
    ]
    assert document["digest"] == plan.digest


def test_a_verdict_by_other_rules_holds_and_names_the_command() -> None:
    found = compared({"1": dict.fromkeys(COLUMNS, 1)}, [])
    plan = decide_plan(
        spec_of(),
        found,
        verdict_of(),
        current_build=BUILD,
        is_prepared=True,
        current_rules="rules changed since",
    )
    assert not plan.changes
    assert "revops gate" in plan.hold_reasons[0]


def test_a_row_without_a_gate_key_is_withheld_for_nobody_has_judged_it() -> None:
    nobodys = replace(differs("1", dict.fromkeys(COLUMNS, 1)), gate_key=None)
    found = Difference(1, 0, (nobodys,), 0, {}, 0)
    plan = decide_plan(spec_of(), found, verdict_of(), current_build=BUILD, is_prepared=True)
    assert not plan.changes
    assert [one.reason for one in plan.withheld] == ["not_judged"]
