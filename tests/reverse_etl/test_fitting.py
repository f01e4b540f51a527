"""A value that the tool's field cannot hold stays back with its row, and the others go."""

from __future__ import annotations

from typing import Any

import pytest

from reverse_etl.destinations.base import FieldLimit
from reverse_etl.fitting import misfit
from reverse_etl.spec import FieldMapping, SyncSpec
from tests.reverse_etl.bench import FIRST_ID, SPEC, UPDATE, Bench, wished


@pytest.mark.parametrize(
    ("limit", "fits", "misfits"),
    [
        (FieldLimit(), ["", "any", 1, None, ["one"]], []),
        (FieldLimit(max_length=3), [None, "", "abc", "日本語", 123], ["abcd", 1234]),
        (FieldLimit(kind="number"), [None, "", 1, 1.5, "-2e3"], ["one", "1,5", True, "nan", "inf"]),
        (FieldLimit(kind="truth"), [None, True, False, "true"], ["yes", 1]),
        (FieldLimit(kind="integer"), [None, "", 7, 7.0, "-3", 0], [7.5, "7.5", "x", True, "inf"]),
        (
            FieldLimit(kind="date"),
            [None, "", "2026-11-30"],
            ["20261130", "2026-02-30", "2026-11-30T00:00:00Z", 20261130, "30.11.2026"],
        ),
        (
            FieldLimit(kind="instant"),
            [None, "", "2026-11-30", "2026-11-30T09:00:00Z", "2026-11-30T09:00:00.5+09:00"],
            ["soon", "2026-11-30T25:00:00Z", True],
        ),
        (
            FieldLimit(check=lambda wish: None if wish == "good" else "it is not good"),
            [None, "good"],
            ["bad", ["good"], {}],
        ),
        (FieldLimit(choices=frozenset({"A"})), [[], ["A"], {"any": 1}], [["A", "B"]]),
        (FieldLimit(choices=frozenset({"A", "1"})), [None, "", "A", 1, 1.0], ["a", "A;1", "B"]),
        (
            FieldLimit(choices=frozenset({"A", "B"}), separator=";"),
            ["A", "A;B", ";A", None],
            ["A;C", "C"],
        ),
    ],
)
def test_what_a_field_can_hold(limit: FieldLimit, fits: list[Any], misfits: list[Any]) -> None:
    assert [one for one in fits if misfit(one, limit) is not None] == []
    assert [one for one in misfits if misfit(one, limit) is None] == []


TIER, MRR = "revops_account_tier", "revops_mrr"


def to_a_number() -> SyncSpec:
    """A sync of a text column to a number."""
    wrong = FieldMapping(field=MRR, column="account_tier")
    kept = tuple(one for one in SPEC.fields if one.field not in {TIER, MRR})
    return SPEC.model_copy(update={"fields": (*kept, wrong)})


def test_a_row_with_a_value_of_another_type_stays_back_and_the_others_go(bench: Bench) -> None:
    bench.judge()
    bench.wish(
        [wished(0, account_tier="1"), wished(1, account_tier="A"), wished(2, account_tier="2")]
    )
    spec = to_a_number()
    planned = bench.preview(spec)
    done = bench.sync(spec)
    for plan in (planned, done.plan):
        (kept,) = plan.withheld
        assert (kept.key, kept.reason) == (str(FIRST_ID + 1), "does_not_fit")
        assert kept.details == ("revops_mrr: 'A' is no number",)
        assert len(plan.changes) == 2
    assert done.delivery.outcomes == {"acknowledged": 2}
    # The tool was not asked to refuse it: nothing of the row was sent, and no batch was halved.
    assert bench.calls(UPDATE) == 1
    assert bench.companies()[str(FIRST_ID + 1)]["revops_account_id"] is None


def test_a_row_that_fits_at_last_is_sent(bench: Bench) -> None:
    bench.judge()
    spec = to_a_number()
    bench.wish([wished(0, account_tier="A")])
    assert bench.sync(spec).delivery.outcomes == {}
    bench.wish([wished(0, account_tier="7")])
    assert bench.sync(spec).delivery.outcomes == {"acknowledged": 1}
    assert bench.companies()[str(FIRST_ID)]["revops_mrr"] == "7"


def test_an_option_that_there_is_not_is_named_with_those_that_there_are(bench: Bench) -> None:
    bench.judge()
    bench.wish([wished(0, account_tier="Z"), wished(1)])
    (kept,) = bench.sync().plan.withheld
    assert kept.details == (f"{TIER}: Z is none of: A, B, C",)
