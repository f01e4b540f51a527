"""A gate from the rules to the stored verdict; few tests go through Great Expectations itself."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from quality.gate import NEWEST_PAGE
from quality.rule import Measure
from quality.spec import RuleSet
from tests.quality import plain
from tests.quality.judged import GOOD, Gate, Row, ruleset
from warehouse.connection import Warehouse, WarehouseError
from warehouse.verdicts import latest_verdict

PERSON = "田中 太郎"

# What is said of a rule, rows that are added to the good ones, and the keys of those that fail.
Kind = tuple[dict[str, Any], list[Row], list[str]]


def formed(kind: str, sound: list[str | None], unsound: list[str]) -> Kind:
    """A kind about the form of a name; the good rows are left out of it."""
    rows: list[Row] = [(f"sound-{n}", name, 1, "A", 1) for n, name in enumerate(sound)]
    rows += [(f"unsound-{n:02}", name, 1, "A", 1) for n, name in enumerate(unsound)]
    said = {"kind": kind, "column": "name", "where": "account_id not like 'acc-%'"}
    return said, rows, [f"unsound-{n:02}" for n in range(len(unsound))]


KINDS: list[Kind] = [
    (
        {"kind": "not_null", "column": "name"},
        [("bad-1", None, 1, "A", 1), ("bad-2", None, 1, "A", 1)],
        ["bad-1", "bad-2"],
    ),
    (
        {"kind": "unique", "column": "name"},
        [("bad-1", "Company 1", 1, "A", 1), ("fine", None, 1, "A", 1), ("ok", None, 1, "A", 1)],
        ["acc-1", "bad-1"],
    ),
    (
        {"kind": "unique", "column": ["tier", "sources"]},
        [("bad-1", "n", 1, "A", 2), ("fine", "n", 1, "A", None), ("ok", "n", 1, "A", None)],
        ["acc-2", "bad-1"],
    ),
    (
        {"kind": "unique", "column": "name", "where": "sources > 0"},
        [("fine", "Company 1", 1, "A", 0), ("bad-1", "Company 2", 1, "A", 1)],
        ["acc-2", "bad-1"],
    ),
    (
        {"kind": "between", "column": "amount", "min": 0, "max": "94.50"},
        [
            ("bad-1", "n", "-0.01", "A", 1),
            ("bad-2", "n", "94.51", "A", 1),
            ("fine", "n", None, "A", 1),
        ],
        ["bad-1", "bad-2"],
    ),
    (
        {"kind": "between", "column": "seen_at", "max": "2026-11-21"},
        [("bad-1", "n", 1, "A", 1, "2026-11-22"), ("fine", "n", 1, "A", 1, None)],
        ["bad-1"],
    ),
    (
        {"kind": "between", "column": "amount", "min": 0, "where": "tier = 'A'"},
        [("bad-1", "n", -1, "A", 1), ("fine", "n", -1, "B", 1)],
        ["bad-1"],
    ),
    (
        {"kind": "one_of", "column": "tier", "values": ["A", "B"]},
        [("bad-1", "n", 1, "C", 1), ("bad-2", "n", 1, "Ａ", 1), ("fine", "n", 1, None, 1)],
        ["bad-1", "bad-2"],
    ),
    (
        {
            "kind": "relation",
            "column": "tier",
            "to": {"table": "canonical.tiers", "column": "name"},
        },
        [("bad-1", "n", 1, "C", 1), ("fine", "n", 1, None, 1)],
        ["bad-1"],
    ),
    (
        {"kind": "pattern", "column": "name", "regex": "(Company|n) ?[0-9]*"},
        [("bad-1", "Company 1x", 1, "A", 1), ("bad-2", "n\n", 1, "A", 1), ("ok", None, 1, "A", 1)],
        ["bad-1", "bad-2"],
    ),
    (
        {"kind": "holds", "expression": "sources >= 0 and name <> 'x:y %'"},
        [("bad-1", "n", 1, "A", -1), ("bad-2", "n", 1, "A", None)],
        ["bad-1", "bad-2"],
    ),
    (
        {"kind": "sql", "query": "select account_id from marts.judged where amount < 0"},
        [("bad-1", "n", -1, "A", -1)],
        ["bad-1"],
    ),
    formed(
        "email",
        ["a@b.co", "o'neil+x.y@mail.example.co.jp", None],
        [
            *("", "a", "a@b", "a@@b.co", ".a@b.co", "a..b@c.co", "a b@c.co", "a@-b.co", "a@b.co "),
            *("あ@b.co", f"{'a' * 65}@b.co", f"a@{'b' * 250}.co", "a@1.2.3.4", "a@b.co\n"),
        ],
    ),
    formed(
        "phone",
        ["+81312345678", "+81 3-1234-5678", "03-1234-5678", "090 1234 5678", None],
        ["", "12345", "+0312345678", "+123", "+1234567890123456", "call me", "0312345"],
    ),
    formed(
        "domain",
        ["b.co", "xn--wgv71a.jp", "a-b.c-d.example", None],
        [
            *("", "b", "b.", ".co", "-b.co", "b-.co", "B.co", "https://b.co", "a_b.co"),
            *(f"{'a' * 64}.co", "1.2.3.4"),
        ],
    ),
    formed(
        "corporate_number",
        # The tax agency's own.
        ["7000012050002", None],
        ["7000012050003", "700001205000", "0000012050002", "T7000012050002", ""],
    ),
]


@pytest.fixture
def tiers(gate: Gate) -> Gate:
    with gate.warehouse.open("test") as session:
        session.execute("create schema canonical")
        session.execute("create table canonical.tiers as select 'A' as name union all select 'B'")
    return gate


@pytest.mark.parametrize(
    ("said", "added", "keys"),
    KINDS,
    ids=[f"{n}-{one[0]['kind']}" for n, one in enumerate(KINDS)],
)
def test_a_rule_passes_good_data_and_names_the_bad_rows(
    tiers: Gate, said: dict[str, Any], added: list[Row], keys: list[str]
) -> None:
    passed = tiers.judge(said)
    assert (passed.verdict.decision, passed.rows) == ("pass", 10), passed.verdict.reasons
    tiers.fill([*GOOD, *added])
    failed = tiers.judge(said)
    assert failed.verdict.decision == ("quarantine" if keys else "pass"), failed.verdict.reasons
    assert failed.verdict.quarantined == {key: ["rule_0"] for key in sorted(keys)}
    assert failed.evidence[0].failed == len(keys)


# What is said of a rule about the whole table, and rows under which it fails.
TABLE_KINDS: list[tuple[dict[str, Any], list[Row]]] = [
    ({"kind": "row_count", "min": 10, "max": 10}, GOOD[1:]),
    ({"kind": "row_count", "min": 10, "max": 10}, [*GOOD, GOOD[0]]),
    (
        {"kind": "freshness", "column": "seen_at", "max_age_hours": 1.5},
        [(*row, "2026-11-20 07:29:00Z") for row in GOOD],
    ),
    ({"kind": "volume", "max_drop": 0.2}, GOOD[3:]),
    ({"kind": "volume", "max_drop": 0.9, "max_growth": 0.2}, [*GOOD, *GOOD[:3]]),
    (
        {"kind": "drift", "column": "amount", "min_rows": 5},
        [(f"a{n}", "n", 80 + n, "A", 1) for n in range(10)],
    ),
    (
        {"kind": "drift", "column": "tier", "min_rows": 5},
        [(f"a{n}", "n", 1, "C" if n > 5 else "A", 1) for n in range(10)],
    ),
    (
        {"kind": "drift", "column": "name", "min_rows": 5},
        [(f"a{n}", None, 1, "A", 1) for n in range(10)],
    ),
    (
        {"kind": "completeness", "column": "name", "min_share": 0.9},
        [*GOOD[2:], ("a", None, 1, "A", 1), ("b", "", 1, "A", 1)],
    ),
    (
        {"kind": "completeness", "column": "name", "min_share": 1, "where": "tier = 'A'"},
        [*GOOD, ("a", None, 1, "A", 1)],
    ),
    (
        {
            "kind": "reconciliation",
            "left": "select sum(amount) from marts.judged",
            "right": "select 472.4",
            "tolerance": 0.11,
        },
        [*GOOD, ("a", "n", 0.02, "A", 1)],
    ),
]


@pytest.mark.parametrize(
    ("said", "bad"), TABLE_KINDS, ids=[f"{n}-{one[0]['kind']}" for n, one in enumerate(TABLE_KINDS)]
)
def test_a_rule_about_the_table_passes_good_data_and_holds_bad(
    gate: Gate, said: dict[str, Any], bad: list[Row]
) -> None:
    for _ in range(2):
        passed = gate.judge(said | {"severity": "hold"})
        assert passed.verdict.decision == "pass", passed.verdict.reasons
    gate.fill(bad)
    held = gate.judge(said | {"severity": "hold"})
    assert held.verdict.decision == "hold"
    assert held.verdict.reasons[0].startswith("rule_0: ")
    assert held.evidence[0].status == "failed"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"amount": "decimal(18,2)", "nope": "varchar"}, {}),
        ({"amount": "double"}, {}),
        ({"amount": "decimal(18,2)"}, {"closed": True}),
    ],
)
def test_a_table_that_breaks_its_contract_holds(
    gate: Gate, columns: dict[str, str], said: dict[str, Any]
) -> None:
    kept = {"kind": "schema", "severity": "hold", "columns": {"amount": "decimal(18,2)"}}
    assert gate.judge(kept).verdict.decision == "pass"
    assert gate.judge(kept | {"columns": columns} | said).verdict.decision == "hold"


def test_what_failed_is_not_what_later_gates_compare_with(gate: Gate) -> None:
    said = {"kind": "volume", "max_drop": 0.3, "severity": "hold"}
    assert gate.judge(said).verdict.decision == "pass"
    gate.fill(GOOD[:5])
    for _ in range(10):
        assert gate.judge(said).verdict.decision == "hold"


def test_a_drifting_column_is_kept_without_its_values(gate: Gate) -> None:
    said = {"kind": "drift", "column": "name", "severity": "hold", "min_rows": 5}
    kept = gate.judge(said).evidence[0].kept
    assert (kept["rows"], len(kept["values"]), len(kept["shares"])) == (10, 10, 12)
    assert "Company" not in json.dumps(kept)


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "not_null", "column": "nope"},
        {"kind": "between", "column": "nope", "min": 0},
        {"kind": "unique", "column": "nope"},
        {"kind": "one_of", "column": "nope", "values": ["A"]},
        {"kind": "relation", "column": "tier", "to": {"table": "marts.nope", "column": "x"}},
        {"kind": "pattern", "column": "name", "regex": "("},
        {"kind": "holds", "expression": "nope > 1"},
        {"kind": "holds", "expression": "this is no SQL"},
        {"kind": "sql", "query": "select nope from marts.judged"},
        {"kind": "freshness", "column": "tier", "max_age_hours": 1},
        {"kind": "reconciliation", "left": "select null::integer", "right": "select 1"},
    ],
)
def test_a_rule_that_cannot_be_evaluated_holds_instead_of_passing(
    gate: Gate, said: dict[str, Any]
) -> None:
    """Even where its failing would only be a warning."""
    held = gate.judge(said | {"severity": "warn"}, {"kind": "not_null", "column": "name"})
    assert held.verdict.decision == "hold"
    assert held.evidence[0].status == "error"


def test_one_rule_that_cannot_be_compiled_does_not_take_the_others_with_it(gate: Gate) -> None:
    held = gate.judge(
        {"kind": "not_null", "column": "nope"}, {"kind": "not_null", "column": "name"}
    )
    assert [one.status for one in held.evidence] == ["error", "passed"]
    assert "could not be evaluated" in held.verdict.reasons[0]


def test_no_rows_are_as_fresh_as_nothing(gate: Gate) -> None:
    gate.fill([])
    said = {"kind": "freshness", "column": "seen_at", "max_age_hours": 1, "severity": "warn"}
    held = gate.judge(said)
    assert held.verdict.decision == "hold"
    assert "nothing to reckon it from" in held.verdict.reasons[0]


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        {"success": True},
        {"success": True, "result": {}},
        {"success": True, "result": {"unexpected_count": 3}},
        {"success": None, "result": {"unexpected_count": 0}},
    ],
)
def test_a_missing_or_odd_result_of_great_expectations_holds(gate: Gate, result: Any) -> None:
    def losing(rules: RuleSet, measures: Mapping[str, Measure], path: Path) -> dict[str, Any]:
        found = plain.gather(rules, measures, path)
        found["rule_1"] = result
        return found

    gate.gather = losing
    said = {"kind": "not_null", "column": "name", "severity": "warn"}
    held = gate.judge(said, said)
    assert held.verdict.decision == "hold"
    assert held.verdict.reasons[0].startswith("rule_1 could not be evaluated")


def test_great_expectations_crashing_holds_and_the_verdict_is_stored(gate: Gate) -> None:
    def crashing(*_: Any) -> dict[str, Any]:
        raise RuntimeError(PERSON)

    gate.gather = crashing
    held = gate.judge({"kind": "not_null", "column": "name", "severity": "warn"})
    stored = latest_verdict(gate.state, "judged")
    assert stored is not None
    assert (held.verdict.decision, stored.decision) == ("hold", "hold")
    assert "RuntimeError" in held.verdict.reasons[0]
    assert PERSON not in json.dumps(stored.evidence, ensure_ascii=False)


def test_more_failing_rows_than_a_sample_are_all_named(gate: Gate) -> None:
    bad = [(f"bad-{n}", "n", -1, "A", -1) for n in range(450)]
    gate.fill([*GOOD, *bad])
    for said in (
        {"kind": "between", "column": "amount", "min": 0},
        {"kind": "holds", "expression": "sources >= 0"},
    ):
        assert len(gate.judge(said).verdict.quarantined) == 450


def test_a_failing_row_without_a_key_cannot_be_withheld_and_holds(gate: Gate) -> None:
    gate.fill([*GOOD, (None, "n", -1, "A", 1)])
    held = gate.judge({"kind": "between", "column": "amount", "min": 0})
    assert held.verdict.decision == "hold"
    assert "could be named" in held.verdict.reasons[0]


def test_too_many_withheld_rows_hold_all_of_them(gate: Gate) -> None:
    gate.fill([*GOOD, ("bad-1", "n", -1, "A", 1)])
    said = {"kind": "between", "column": "amount", "min": 0}
    assert gate.judge(said, share=0.1).verdict.decision == "quarantine"
    assert gate.judge(said, share=0.05).verdict.decision == "hold"


def test_evidence_that_does_not_tally_with_the_named_rows_holds(gate: Gate) -> None:
    def miscounting(rules: RuleSet, measures: Mapping[str, Measure], path: Path) -> dict[str, Any]:
        found = plain.gather(rules, measures, path)
        found["rule_0"]["result"]["unexpected_count"] += 1
        return found

    gate.fill([*GOOD, ("bad-1", "n", -1, "A", 1)])
    gate.gather = miscounting
    held = gate.judge({"kind": "between", "column": "amount", "min": 0})
    assert held.verdict.decision == "hold"
    assert "counted 2 failing rows, 1 could be named" in held.verdict.reasons[0]


def test_the_stored_verdict_is_the_one_that_was_decided(gate: Gate) -> None:
    gate.fill([*GOOD, ("bad-1", "n", -1, "A", 1)])
    result = gate.judge({"kind": "between", "column": "amount", "min": 0, "owner": "sales"})
    stored = latest_verdict(gate.state, "judged")
    assert stored is not None
    assert (stored.verdict_id, stored.decision) == (result.verdict_id, "quarantine")
    assert stored.quarantined == {"bad-1": ["rule_0"]}
    (evidence,) = stored.evidence
    assert evidence["owner"] == "sales"
    # The failing rows are named as Great Expectations does it.
    assert evidence["result"]["result"]["partial_unexpected_index_list"] == [
        {"account_id": "bad-1"}
    ]


def test_a_gate_without_a_table_says_what_to_run(tmp_path: Path, gate: Gate) -> None:
    empty = Gate(Warehouse(tmp_path / "empty.duckdb"), gate.state)
    for schema, step in (("marts", "build"), ("raw_hubspot", "extract")):
        with pytest.raises(WarehouseError) as raised:
            empty.judge({"kind": "not_null", "column": "name", "severity": "hold"}, schema=schema)
        assert f"revops {step}" in str(raised.value)


def test_great_expectations_gives_what_plain_sql_gives_and_keeps_no_value(
    tiers: Gate, tmp_path: Path
) -> None:
    """Through Great Expectations itself: all kinds in one gate, and a statement that fails."""
    bad = [(f"bad-{n}", PERSON, "-987654.32", PERSON, -1) for n in range(3)]
    tiers.fill([*GOOD, *bad])
    first_of_kind = {said["kind"]: said for said, _, _ in reversed(KINDS)}
    rules = ruleset(
        *first_of_kind.values(), *(said | {"severity": "hold"} for said, _ in TABLE_KINDS)
    )
    by_plain = tiers.judge_by(rules)
    tiers.gather = None
    docs = tmp_path / "docs"
    found = tiers.judge_by(rules, docs)
    (address,) = re.findall('href="([^"]*)"', (docs / NEWEST_PAGE).read_text("utf-8"))
    assert address.startswith("validations/judged/run.gate/")
    page = (docs / unquote(address)).read_text("utf-8")
    assert all(one.rule in page for one in found.evidence)
    assert [(one.rule, one.status, one.failed, one.keys) for one in found.evidence] == [
        (one.rule, one.status, one.failed, one.keys) for one in by_plain.evidence
    ]
    assert {one.status for one in found.evidence} == {"passed", "failed"}
    stored = latest_verdict(tiers.state, "judged")
    assert stored is not None
    said = [one["result"] for one in stored.evidence]
    assert {one["expectation_config"]["type"] for one in said} == {
        "expect_no_unsound_rows",
        "expect_aggregate_to_be_between",
    }
    for one in said:
        assert {"success", "result", "exception_info", "meta"} <= one.keys()
        assert one["exception_info"]["raised_exception"] is False
    broken = tiers.judge(
        {"kind": "not_null", "column": "name"},
        {"kind": "holds", "expression": "name::integer > 0"},
        {"kind": "holds", "expression": "amount > strptime(name, '%Y')::integer"},
    )
    assert [one.status for one in broken.evidence] == ["passed", "error", "error"]
    for verdict in (stored, latest_verdict(tiers.state, "judged")):
        assert verdict is not None
        text = json.dumps(verdict.evidence, ensure_ascii=False)
        assert PERSON not in text
        assert "Company 1" not in text
        assert "987654" not in text
    # Nothing of it keeps the file.
    script = f"import duckdb; duckdb.connect({str(tiers.warehouse.path)!r}).execute('select 1')"
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.slow
def test_great_expectations_is_told_to_report_to_nobody(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    import great_expectations as gx

    made: list[Any] = []
    original = gx.get_context

    def watched(**kwargs: Any) -> Any:
        made.append(original(**kwargs))
        return made[-1]

    monkeypatch.setattr(gx, "get_context", watched)
    gate.gather = None
    gate.judge({"kind": "not_null", "column": "name"})
    assert [context.variables.config.analytics_enabled for context in made] == [False]
