"""The comparison of two shares against scipy, other forms of the formulas, and draws by chance."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from estimators.experiments import experiment_compounding, experiment_results
from estimators.significance import (
    Arm,
    Demands,
    compare,
    compounded,
    detectable_lift,
    needed_per_arm,
    ten_places,
    two_sided,
    verdict,
    wilson,
)


@st.composite
def arms(draw: st.DrawFn) -> Arm:
    n = draw(st.integers(1, 100_000))
    return Arm(n, draw(st.integers(0, n)))


def converted(arm: Arm) -> list[int]:
    return [arm.conversions, arm.n - arm.conversions]


@given(a=arms(), b=arms())
def test_z_squared_is_the_chi_square_of_the_table_and_p_is_its_tail(a: Arm, b: Arm) -> None:
    found = compare(a, b)
    if sum(converted(a)[:1] + converted(b)[:1]) in {0, a.n + b.n}:
        assert found.z is None
        assert found.p_value is None
        return
    table = stats.chi2_contingency([converted(a), converted(b)], correction=False)
    assert found.z is not None
    assert found.p_value is not None
    assert found.z**2 == pytest.approx(table.statistic, rel=1e-9, abs=1e-12)
    assert found.p_value == pytest.approx(table.pvalue, rel=1e-6, abs=1e-12)
    assert (found.z > 0) == (b.conversions * a.n > a.conversions * b.n)


@given(a=arms(), b=arms())
def test_the_other_way_round_the_lift_has_the_other_sign(a: Arm, b: Arm) -> None:
    one, other = compare(a, b), compare(b, a)
    assert one.absolute_lift is not None
    assert other.absolute_lift is not None
    assert one.absolute_lift == -other.absolute_lift
    assert one.p_value == other.p_value
    assert one.lift_low == pytest.approx(-(other.lift_high or 0), abs=1e-12)


@given(a=arms(), b=arms())
def test_the_interval_holds_the_lift_and_stays_a_difference_of_shares(a: Arm, b: Arm) -> None:
    found = compare(a, b)
    assert found.absolute_lift is not None
    assert found.lift_low is not None
    assert found.lift_high is not None
    assert -1 - 1e-9 <= found.lift_low <= float(found.absolute_lift) + 1e-12
    assert float(found.absolute_lift) - 1e-12 <= found.lift_high <= 1 + 1e-9


@given(arm=arms(), confidence=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_wilson_interval_is_scipys(arm: Arm, confidence: float) -> None:
    low, high = wilson(arm, Demands(confidence).z_confidence)
    known = stats.binomtest(arm.conversions, arm.n).proportion_ci(confidence, method="wilson")
    assert (low, high) == pytest.approx((known.low, known.high), abs=1e-9)


def test_newcombes_published_example_comes_out() -> None:
    # Statistics in Medicine 17 (1998), table II, (a): 56/70 against 48/80, method 10.
    found = compare(Arm(80, 48), Arm(70, 56))
    assert (found.lift_low, found.lift_high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    draw = random.Random(6)
    held = 0
    for _ in range(1500):
        a = Arm(200, sum(draw.random() < 0.10 for _ in range(200)))
        b = Arm(150, sum(draw.random() < 0.16 for _ in range(150)))
        found = compare(a, b)
        assert found.lift_low is not None
        assert found.lift_high is not None
        held += found.lift_low <= 0.06 <= found.lift_high
    assert 0.93 <= held / 1500 <= 0.97


def test_chance_alone_is_called_a_difference_about_as_often_as_it_says() -> None:
    draw = random.Random(7)
    alarms = 0
    for _ in range(1500):
        a, b = (Arm(300, sum(draw.random() < 0.2 for _ in range(300))) for _ in range(2))
        alarms += verdict(compare(a, b)).startswith("B is")
    assert 0.035 <= alarms / 1500 <= 0.065


def test_groups_of_the_size_that_is_asked_for_see_the_lift_as_often_as_it_says() -> None:
    a, b = Arm(1000, 100), Arm(1000, 140)
    needed = needed_per_arm(a, b, Demands())
    assert needed is not None
    draw = random.Random(8)
    seen = 0
    for _ in range(400):
        counts = [sum(draw.random() < share for _ in range(needed)) for share in (0.10, 0.14)]
        p = compare(Arm(needed, counts[0]), Arm(needed, counts[1])).p_value
        assert p is not None
        seen += p <= 0.05
    assert 0.75 <= seen / 400 <= 0.86


def test_the_sizes_are_the_textbooks() -> None:
    z_alpha, z_beta = stats.norm.ppf(0.975), stats.norm.ppf(0.8)
    mean = (0.02 + 0.03) / 2
    wanted = (
        z_alpha * math.sqrt(2 * mean * (1 - mean)) + z_beta * math.sqrt(0.02 * 0.98 + 0.03 * 0.97)
    ) ** 2 / 0.01**2
    assert needed_per_arm(Arm(100, 2), Arm(100, 3), Demands()) == math.ceil(wanted)
    lift = detectable_lift(Arm(10_000, 200), Arm(5_000, 1), Demands())
    assert lift == pytest.approx(
        (z_alpha + z_beta) * math.sqrt(0.02 * 0.98 * (1 / 10_000 + 1 / 5_000))
    )


@pytest.mark.parametrize("z", [0.0, 0.0504458977, 1.0, -1.96, 5.0, 12.0])
def test_the_tail_is_that_of_the_normal_distribution(z: float) -> None:
    assert two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)


def test_a_tenth_of_a_point_in_ten_thousand_is_noise_and_the_verdict_says_what_it_takes() -> None:
    found = compare(Arm(10_000, 200), Arm(10_000, 201))
    assert ten_places(found.absolute_lift) == Decimal("0.0001000000")
    assert ten_places(found.relative_lift) == Decimal("0.0050000000")
    assert ten_places(found.z) == Decimal("0.0504458977")
    assert ten_places(found.p_value) == Decimal("0.9597670618")
    said = verdict(found)
    assert said.startswith("cannot be told from chance: +0.01 points, p 0.960")
    assert f"{found.needed_per_arm:,}" in said
    assert (found.needed_per_arm or 0) > 10_000_000


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        (Arm(0, 0), Arm(10, 1), "a group has no members"),
        (Arm(10, 0), Arm(10, 0), "nobody, or everybody, converted"),
        (Arm(10, 10), Arm(5, 5), "nobody, or everybody, converted"),
        (Arm(40, 1), Arm(40, 8), "too few to judge"),
        (Arm(1000, 100), Arm(1000, 150), "B is better than A: +5.00 points"),
        (Arm(1000, 150), Arm(1000, 100), "B is worse than A: -5.00 points"),
        (Arm(1000, 100), Arm(1000, 100), "no difference is seen"),
    ],
)
def test_the_verdict_says_it_in_words(a: Arm, b: Arm, says: str) -> None:
    assert says in verdict(compare(a, b))


def test_what_cannot_be_divided_by_is_undefined() -> None:
    empty = compare(Arm(0, 0), Arm(10, 1))
    assert (empty.absolute_lift, empty.relative_lift, empty.z, empty.p_value) == (None,) * 4
    none_of_a = compare(Arm(10, 0), Arm(10, 1))
    assert none_of_a.absolute_lift == Fraction(1, 10)
    assert none_of_a.relative_lift is None
    assert none_of_a.z is not None
    all_of_both = compare(Arm(10, 10), Arm(5, 5))
    assert all_of_both.absolute_lift == 0
    assert all_of_both.relative_lift == 0
    assert all_of_both.z is None


@given(
    gain=st.decimals(Decimal("-0.9"), Decimal("0.5"), places=4),
    cycles=st.integers(0, 60),
)
def test_gains_compound_as_they_do_step_by_step(gain: Decimal, cycles: int) -> None:
    grown = Fraction(1)
    for _ in range(cycles):
        grown *= 1 + Fraction(gain)
    assert compounded(gain, cycles) == ten_places(grown - 1)


def test_a_gain_beyond_all_bounds_is_undefined() -> None:
    assert compounded(Decimal("0.5"), 1_000_000) is None
    assert compounded(Decimal("0.001"), 52) == Decimal("0.0533483733")


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(1, 3), "0.3333333333"),
        (Fraction(-5, 10**11), "-0.0000000001"),
        (Fraction(5, 10**11), "0.0000000001"),
        (0.5, "0.5000000000"),
        (None, None),
    ],
)
def test_ratios_have_ten_places_rounded_away_from_zero(
    value: Fraction | float | None, rounded: str | None
) -> None:
    assert ten_places(value) == (None if rounded is None else Decimal(rounded))


def counts(**row: object) -> pa.Table:
    plain = {
        "experiment": "score",
        "kind": "held out",
        "holdout": "score_push",
        "members": 0,
        "a_n": 0,
        "a_conversions": 0,
        "b_n": 0,
        "b_conversions": 0,
    }
    return pa.Table.from_pylist([plain | row])


NO_SETTINGS = pa.table({"setting": pa.array([], pa.string())})


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({}, "not begun: no sync with the holdout score_push has run"),
        ({"members": 1200}, "waiting: none of 1,200 members has been followed to the end"),
        (
            {
                "members": 2100,
                "a_n": 1000,
                "a_conversions": 100,
                "b_n": 1000,
                "b_conversions": 150,
            },
            "B is better than A: +5.00 points, p 0.001 (A held out, B treated)",
        ),
    ],
)
def test_a_holdout_is_told_from_its_beginning(row: dict[str, object], says: str) -> None:
    (told,) = experiment_results(counts(**row), NO_SETTINGS).to_pylist()
    assert told["verdict"] == says


def test_a_stricter_company_is_harder_to_convince() -> None:
    row = counts(kind="counted", members=800, a_n=400, a_conversions=40, b_n=400, b_conversions=60)
    strict = pa.table({"setting": ["experiments"], "confidence": [0.99], "power": [0.9]})
    usual, stern = (experiment_results(row, one).to_pylist()[0] for one in (NO_SETTINGS, strict))
    assert usual["verdict"].startswith("B is better")
    assert stern["verdict"].startswith("cannot be told from chance")
    assert stern["p_value"] == usual["p_value"]
    assert stern["lift_low"] < usual["lift_low"]
    assert stern["needed_per_arm"] > usual["needed_per_arm"]


def test_nothing_declared_is_an_empty_table_with_all_its_columns() -> None:
    none = experiment_results(counts().slice(0, 0), NO_SETTINGS)
    assert none.num_rows == 0
    assert {"z", "p_value", "verdict"} <= set(none.column_names)
    cycles = pa.table(
        {
            "compounding": pa.array([], pa.string()),
            "gain_per_cycle": pa.array([], pa.decimal128(38, 18)),
            "cycles": pa.array([], pa.int64()),
        }
    )
    assert experiment_compounding(cycles).num_rows == 0
