"""Shares, positions and decay make the whole; and what the documents leave open is as decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics.oracle import attribution, paths
from tests.metrics.oracle.company import Company, Touch
from tests.metrics.oracle.credit import TIME_DECAY, cents, decayed, positioned, shared_out
from tests.metrics.oracle.journeys import Journeys

EXAMPLE = Path(__file__).parent / "worked_example"


def touch(number: int, at: datetime) -> Touch:
    return Touch(f"T{number}", None, "A03", at, "email", None, "ad_click", True)


shares = st.lists(st.integers(0, 12), min_size=1, max_size=9).filter(any)


@settings(deadline=None)
@given(st.integers(-10_000, 10_000), shares, st.sampled_from([0, 2, 3]))
def test_what_is_shared_out_adds_up_and_no_part_is_a_unit_off(
    units: int, parts: list[int], places: int
) -> None:
    exact = [Fraction(part, sum(parts)) for part in parts]
    amount, unit = Fraction(units, 10**places), Fraction(1, 10**places)
    shared = shared_out(amount, exact, places)
    assert sum(shared) == amount
    assert all(abs(part - amount * whole) < unit for part, whole in zip(shared, exact, strict=True))
    assert shared == [-part for part in shared_out(-amount, exact, places)]
    for (part, left), (other, right) in pairwise(zip(parts, shared, strict=True)):
        assert part != other or abs(left) >= abs(right), "the earlier of two equals comes first"


def test_cents_go_to_the_largest_remainders() -> None:
    thirds = [Fraction(1, 4)] * 4
    assert shared_out(Fraction("1701.50"), thirds, 2) == [
        *[Fraction("425.38")] * 2,
        *[Fraction("425.37")] * 2,
    ]
    assert shared_out(Fraction(100), [Fraction(1, 6), Fraction(1, 3), Fraction(1, 2)], 0) == [
        *(17, 33, 50)
    ]


weights = st.sampled_from(["0", "0.1", "0.225", "0.3", "1"])
models = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("FT", "LC", "OC", "CW", "middle"), weights),
        "middle_until": st.just("OC"),
    },
)


@settings(deadline=None)
@given(models, st.integers(1, 6), st.data())
def test_positions_make_one_or_nobody_is_there(
    model: dict[str, str], count: int, data: st.DataObject
) -> None:
    touches = [touch(n, datetime(2025, 1, 1 + n, tzinfo=UTC)) for n in range(count)]
    names = data.draw(st.sets(st.sampled_from(["LC", "OC"])))
    found = {"FT": touches[0], "CW": touches[-1]}
    found |= {name: data.draw(st.sampled_from(touches)) for name in sorted(names)}
    credit = positioned(model, touches, found)
    wanted = {name for name in ("FT", "LC", "OC", "CW") if Fraction(model.get(name, "0"))}
    if credit is None:
        assert not wanted & found.keys()
        return
    assert sum(credit) == 1
    assert all(part >= 0 for part in credit)
    for name in wanted & found.keys():
        assert credit[touches.index(found[name])] > 0


def test_what_is_missing_goes_to_what_is_there() -> None:
    model = {"FT": "0.2", "LC": "0.4", "OC": "0.2", "middle": "0.2"}
    touches = [touch(n, datetime(2025, 1, 1 + n, tzinfo=UTC)) for n in range(4)]
    found = {"FT": touches[0], "OC": touches[2], "CW": touches[3]}
    of = [Fraction(part, 10) for part in (4, 1, 4, 1)]
    assert positioned(model, touches, found) == of
    until = [Fraction(part, 10) for part in (4, 2, 4, 0)]
    assert positioned(model | {"middle_until": "OC"}, touches, found) == until
    opening = {"FT": "0.5", "middle": "0.5", "middle_until": "OC"}
    of = [Fraction(part, 4) for part in (2, 1, 1, 0)]
    assert positioned(opening, touches, found) == of, "up to the touch itself"
    assert positioned({"LC": "1"}, touches, found) is None
    assert positioned({"LC": "1", "middle": "1"}, touches, found) == [Fraction(1, 4)] * 4
    assert positioned({"FT": "1", "middle": "1"}, touches[:1], {"FT": touches[0]}) == [Fraction(1)]


@settings(deadline=None)
@given(st.lists(st.integers(0, 40_000_000), min_size=1, max_size=8), st.sampled_from([1, 7, 30]))
def test_decay_makes_one_and_forgets(ages: list[int], half_life: int) -> None:
    closed = datetime(2025, 6, 1, tzinfo=UTC)
    touches = [
        touch(n, closed - timedelta(seconds=age))
        for n, age in enumerate(sorted(ages, reverse=True))
    ]
    credit = decayed(touches, closed, half_life)
    assert sum(credit) == 1
    assert credit == sorted(credit)
    earlier = [replace(o, occurred_at=o.occurred_at - timedelta(days=half_life)) for o in touches]
    both = decayed([*earlier, *touches], closed, half_life)
    halves = zip(both, both[len(touches) :], strict=False)
    assert all(abs(2 * old - new) < Fraction(1, 10**40) for old, new in halves)


def test_a_tie_that_only_noise_could_break_goes_to_the_earlier() -> None:
    closed = datetime(2025, 6, 1, tzinfo=UTC)
    touches = [touch(n, closed - timedelta(days=60 * age)) for n, age in enumerate((1, 1, 0))]
    credit = decayed(touches, closed, 30)
    assert credit == [Fraction(1, 6), Fraction(1, 6), Fraction(2, 3)]
    noisy = [credit[0] - Fraction(1, 10**12), credit[1], credit[2] + Fraction(1, 10**12)]
    assert cents(TIME_DECAY, Fraction(2), noisy, 0) == [1, 0, 1]


class Example:
    """The worked example, with what a test wants to be otherwise."""

    def __init__(self, **rules: object) -> None:
        self.company = Company(EXAMPLE)
        self.company.policy["attribution"] |= rules

    def touches(self, opportunity_id: str, scope: str = "account") -> list[str]:
        journeys = Journeys(self.company)
        deal = next(one for one in journeys.closed if one.opportunity_id == opportunity_id)
        return [one.touch_id for one in journeys.touches(deal, scope)]

    def milestone(self, opportunity_id: str, name: str) -> str | None:
        journeys = Journeys(self.company)
        deal = next(one for one in journeys.closed if one.opportunity_id == opportunity_id)
        found = journeys.milestones(deal, journeys.touches(deal)).get(name)
        return found.touch_id if found else None

    def add(self, touch_id: str, at: str, **other: object) -> None:
        instant = datetime.fromisoformat(at)
        usual = Touch(touch_id, None, "A03", instant, "email", None, "ad_click", True)
        self.company.touches.append(replace(usual, **other))  # type: ignore[arg-type]

    def change(self, table: str, key: str, **other: object) -> None:
        rows = getattr(self.company, table)
        rows[:] = [
            replace(row, **other) if key in {getattr(row, name) for name in vars(row)} else row
            for row in rows
        ]

    def value(self, metric: str, **dims: str) -> str | None:
        found = [*attribution.records(self.company), *paths.records(self.company)]
        return next(
            one.value for one in found if one.metric == metric and dims.items() <= one.dims.items()
        )


def test_what_led_to_a_win_ends_with_its_very_instant() -> None:
    example = Example()
    example.add("at", "2025-01-20T03:00:00Z")
    example.add("after", "2025-01-20T03:00:01Z")
    assert "at" in example.touches("OP02")
    assert example.touches("OP15") == ["after", "T05"]
    example.company.policy["attribution"]["after_previous_won"] = False
    assert example.touches("OP15") == ["T01", "T02", "T03", "T04", "at", "after", "T05"]


def test_a_renewal_and_a_loss_and_a_deleted_win_cut_nothing_off() -> None:
    for change in ({"opportunity_type": "renewal"}, {"is_won": False}, {"is_deleted": True}):
        example = Example()
        example.change("opportunities", "OP02", **change)
        assert example.touches("OP15") == ["T01", "T02", "T03", "T04", "T05"]


def test_wins_of_one_instant_share_their_touches() -> None:
    example = Example()
    at = datetime(2025, 1, 20, 3, tzinfo=UTC)
    example.change("opportunity_stages", "OP15", entered_at=at)
    example.change("opportunities", "OP15", created_at=at, close_date=at.date())
    assert example.touches("OP15") == example.touches("OP02")


def test_the_lookback_and_the_closing_are_inclusive() -> None:
    example = Example()
    for touch_id, at in {
        "early": "2024-06-13T14:59:59Z",
        "first": "2024-06-13T15:00:00Z",
        "last": "2025-01-20T03:00:00Z",
        "late": "2025-01-20T03:00:01Z",
    }.items():
        example.add(touch_id, at)
    assert example.touches("OP02") == ["first", "T01", "T02", "T03", "T04", "last"]


def test_a_touch_is_its_accounts_or_its_persons() -> None:
    example = Example()
    at = "2025-01-01T00:00:00Z"
    example.add("of nobody", at, account_id=None)
    example.add("of the person", at, account_id=None, person_id="P03")
    example.add("elsewhere", at, account_id="A07", person_id="P03")
    example.add("of the account", at, person_id="P06")
    assert example.touches("OP02")[3:5] == ["of the account", "of the person"]
    with_role = example.touches("OP02", "contact_role")
    assert with_role[3:5] == ["elsewhere", "of the person"]
    example.change("people", "P03", is_deleted=True)
    assert example.touches("OP02") == ["of the account"]
    assert example.touches("OP02", "contact_role") == []


def test_a_lead_is_created_with_its_person() -> None:
    example = Example()
    assert example.milestone("OP02", "LC") == "T02"
    example.change("people", "P03", created_at=datetime(2024, 11, 20, 0, 59, tzinfo=UTC))
    assert example.milestone("OP02", "LC") == "T01"
    example.change("people", "P03", created_at=datetime(2025, 2, 1, tzinfo=UTC))
    assert example.milestone("OP02", "LC") == "T04", "a lead after the closing"


def test_without_a_primary_contact_the_first_known_who_was_touched_is_the_lead() -> None:
    example = Example()
    example.change("contact_roles", "OP03", is_primary=False)
    assert example.milestone("OP03", "LC") == "T07"
    example.change("people", "P05", created_at=datetime(2024, 12, 25, tzinfo=UTC))
    assert example.milestone("OP03", "LC") == "T06"
    example.change("people", "P05", created_at=None)
    assert example.milestone("OP03", "LC") == "T07"
    example.change("touches", "A06", person_id=None)
    assert example.milestone("OP03", "LC") is None


def test_the_primary_contact_is_the_lead_whoever_came_before() -> None:
    example = Example()
    example.change("people", "P05", created_at=datetime(2024, 12, 25, tzinfo=UTC))
    assert example.milestone("OP03", "LC") == "T07"
    example.change("people", "P04", is_deleted=True)
    assert example.milestone("OP03", "LC") is None


def test_what_the_policy_leaves_out_leads_nowhere() -> None:
    example = Example()
    example.change("touches", "T07", touch_type="unsubscribed")
    example.change("touches", "T08", is_marketing=False)
    assert example.touches("OP03") == ["T06", "T09", "T10", "T11"]
    example.company.policy["attribution"] |= {"marketing_only": False, "exclude_touch_types": []}
    assert example.touches("OP03") == ["T06", "T07", "T08", "T09", "T10", "T11"]


def test_marketing_contributes_what_marketing_did_under_every_policy() -> None:
    example = Example(marketing_only=False)
    sales = {"account_id": "A09", "is_marketing": False}
    example.add("call", "2025-03-19T00:00:00Z", **sales)
    assert example.touches("OP05") == ["call"]
    assert example.value("marketing_credit_class", opportunity_id="OP05") == "none"


def test_a_touch_at_creation_is_the_source_and_a_second_later_it_is_not() -> None:
    classes = {"2025-03-20T00:00:00Z": "sourced", "2025-03-20T00:00:01Z": "influenced"}
    for at, credit in classes.items():
        example = Example()
        example.add("visit", at, account_id="A09")
        assert example.value("marketing_credit_class", opportunity_id="OP05") == credit


def test_a_deal_without_an_amount_counts_and_pays_nobody() -> None:
    example = Example()
    example.change("opportunities", "OP03", amount=None)
    assert example.value("attribution_total") == "15459.50"
    assert example.value("markov_conversion_probability") == "0.7000000000"
    assert example.value("marketing_sourced_share_count") == "0.7500000000"
    assert example.value("attribution_weight", opportunity_id="OP03") == "0.1666666667"
    paid = [
        one
        for one in attribution.records(example.company)
        if one.metric == "attribution_revenue" and one.dims["opportunity_id"] == "OP03"
    ]
    assert paid == []


def test_where_nothing_is_won_nothing_has_an_effect() -> None:
    example = Example()
    for one in list(example.company.opportunities):
        example.change("opportunities", one.opportunity_id, is_won=False)
    assert example.value("markov_conversion_probability") == "0.0000000000"
    for metric in ("markov_removal_effect", "markov_share", "markov_revenue"):
        assert example.value(metric, channel="email") is None
    assert example.value("shapley_value", channel="email") == "0.0000000000"
    assert example.value("marketing_sourced_share_count") is None
    assert example.value("marketing_roi_full_path") == "-1.0000000000"
    example.company.touches.clear()
    assert example.value("markov_conversion_probability") is None
    assert example.value("touches_to_conversion_mean") is None


def test_a_policy_without_the_full_path_has_no_return_by_it() -> None:
    metrics = {one.metric for one in attribution.records(Example(models={}).company)}
    assert metrics & {"marketing_roi_full_path", "channel_roi_full_path"} == set()
    assert "attribution_weight" in metrics
