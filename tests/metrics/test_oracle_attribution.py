"""The oracle of attribution: true to the worked example, and to its own promises."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics.example import EXAMPLE, assert_meets_the_example, has_example
from tests.metrics.oracle import attribution, paths
from tests.metrics.oracle.attribution import amount_of, credits_of
from tests.metrics.oracle.companies import random_company
from tests.metrics.oracle.company import Company, Record, Touch
from tests.metrics.oracle.deals import known
from tests.metrics.oracle.journeys import SCOPES, Journeys

Values = dict[tuple[str, str], str | None]


@pytest.fixture(scope="module", params=range(25))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    random_company(request.param, folder)
    return folder


@pytest.fixture
def company(folder: Path) -> Company:
    return Company(folder)


def records(company: Company) -> Iterator[Record]:
    yield from attribution.records(company)
    yield from paths.records(company)


def values(company: Company) -> Values:
    """By metric and dims; a record that comes twice is a fault."""
    keyed: Values = {}
    for record in records(company):
        key = (record.metric, json.dumps(record.dims, sort_keys=True))
        assert key not in keyed, key
        keyed[key] = record.value
    return keyed


def total_of(found: Values, metric: str) -> Decimal:
    return sum((Decimal(v) for (name, _), v in found.items() if name == metric and v), Decimal(0))


@has_example
def test_every_record_of_the_worked_example_is_met_and_no_other_is_made() -> None:
    assert_meets_the_example(values(Company(EXAMPLE)))


def test_weights_make_one_and_cents_the_amount(company: Company) -> None:
    weight: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    amount: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    journeys = Journeys(company)
    for credit in credits_of(journeys):
        key = (credit.model, credit.scope, credit.deal.opportunity_id)
        assert credit.weight > 0
        weight[key] += credit.weight
        amount[key] += credit.amount or 0
    worth = {deal.opportunity_id: amount_of(journeys, deal) or 0 for deal in journeys.won}
    assert set(weight.values()) <= {1}
    assert all(value == worth[deal] for (_, _, deal), value in amount.items())


def test_channels_and_the_unattributed_make_what_was_won_in_every_model(company: Company) -> None:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    found = list(records(company))
    for record in found:
        if record.metric == "attribution_revenue_by_channel":
            sums[record.dims["model"], record.dims["scope"]] += Decimal(record.value or 0)
    won = next(record.value for record in found if record.metric == "attribution_total")
    assert won is not None
    assert set(sums.values()) <= {Decimal(won)}
    assert sums or Decimal(won) == 0


def test_every_touch_lies_where_it_may(company: Company) -> None:
    journeys = Journeys(company)
    lookback = timedelta(days=journeys.rules["lookback_days_before_opp_creation"])
    wins = [
        (other.account_id, at)
        for other in journeys.deals.all
        if other.is_won and other.opportunity_type in journeys.rules["types"]
        if (at := journeys.closed_at(other))
    ]
    for deal in journeys.closed:
        closed = journeys.closed_at(deal)
        assert closed is not None
        for found in (one for scope in SCOPES for one in journeys.touches(deal, scope)):
            assert deal.created_at - lookback <= found.occurred_at <= closed
            if journeys.rules["after_previous_won"]:
                assert not any(
                    account == deal.account_id and found.occurred_at <= at < closed
                    for account, at in wins
                )


def test_sourced_is_influenced_as_well(company: Company) -> None:
    found = values(company)
    dims = json.dumps({"period": company.calendar.window.label})
    for part in ("share_count", "share_value", "revenue"):
        sourced = found[f"marketing_sourced_{part}", dims]
        influenced = found[f"marketing_influenced_{part}", dims]
        if sourced is None or influenced is None:
            assert sourced == influenced
        else:
            assert Decimal(sourced) <= Decimal(influenced)


def test_chains_and_games_give_away_what_can_be_attributed(company: Company) -> None:
    found = values(company)
    walked = paths.paths_of(Journeys(company))
    won = [(deal, path) for deal, path in walked if path.won]
    worth = known(amount_of(Journeys(company), deal) for deal, _ in won)
    text = company.money_text(worth)
    assert text is not None
    assert total_of(found, "shapley_revenue") == Decimal(text)
    assert total_of(found, "markov_revenue") == Decimal(text if won else 0)
    observed = found["markov_conversion_probability", '{"removed": "(none)"}']
    if walked:
        assert observed is not None
        assert abs(Decimal(observed) - Decimal(len(won)) / len(walked)) < Decimal("1e-9")
        assert abs(total_of(found, "shapley_value") - Decimal(observed)) < Decimal("1e-8")


def test_returns_and_ratios_are_one_apart(company: Company) -> None:
    found = values(company)
    for (metric, dims), roas in found.items():
        if metric == "channel_roas_full_path":
            roi = found["channel_roi_full_path", dims]
            assert (roi is None) == (roas is None)
            assert roi is None or roas is None or Decimal(roas) - Decimal(roi) == 1


def test_the_order_of_rows_changes_nothing(company: Company) -> None:
    before = values(company)
    dice = random.Random(0)
    for rows in vars(company).values():
        if isinstance(rows, list):
            dice.shuffle(rows)
    assert values(company) == before


def test_a_touch_that_no_deal_can_use_changes_nothing(company: Company) -> None:
    before = values(company)
    journeys = Journeys(company)
    used = {
        one.touch_id
        for deal in journeys.closed
        for scope in SCOPES
        for one in journeys.touches(deal, scope)
    }
    company.touches = [one for one in company.touches if one.touch_id in used]
    assert values(company) == before


def _useless(company: Company, one: Touch) -> Iterator[Touch]:
    """The same touch, as no deal can use it."""
    rules, as_of = company.policy["attribution"], company.calendar.as_of
    yield replace(one, account_id=None)
    yield replace(one, occurred_at=as_of)
    yield replace(one, occurred_at=one.occurred_at - timedelta(days=4000))
    if rules["marketing_only"]:
        yield replace(one, is_marketing=False)
    for touch_type in rules["exclude_touch_types"]:
        yield replace(one, touch_type=touch_type)
    for person in company.people:
        if person.is_deleted:
            yield replace(one, person_id=person.person_id)


@settings(max_examples=20, deadline=None)
@given(st.integers(100, 400), st.data())
def test_adding_an_ineligible_touch_changes_nothing(seed: int, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        random_company(seed, Path(folder))
        company = Company(Path(folder))
    before = values(company)
    instants = [company.calendar.as_of - timedelta(seconds=1)]
    instants += [deal.created_at for deal in company.opportunities]
    accounts = [None, *(account.account_id for account in company.accounts)]
    at, account_id = data.draw(st.sampled_from(instants)), data.draw(st.sampled_from(accounts))
    one = Touch("ineligible", None, account_id, at, "email", None, "ad_click", True)
    company.touches.append(data.draw(st.sampled_from(list(_useless(company, one)))))
    assert values(company) == before


def test_random_companies_meet_the_hard_cases(tmp_path: Path) -> None:
    """Else the invariants above would hold of nothing."""
    met = Counter[str]()
    for seed in range(25):
        random_company(seed, tmp_path / str(seed))
        journeys = Journeys(Company(tmp_path / str(seed)))
        met[journeys.scope] += 1
        met["no deal"] += not journeys.closed
        met["lost"] += len(journeys.closed) - len(journeys.won)
        for deal in journeys.won:
            touches = journeys.touches(deal)
            found = journeys.milestones(deal, touches)
            places = [one.touch_id for one in found.values()]
            met["no amount"] += amount_of(journeys, deal) is None
            met["no touch"] += not touches
            met["no lead"] += bool(touches) and "LC" not in found
            met["no creation"] += bool(touches) and "OC" not in found
            met["coinciding"] += len(set(places)) < len(places)
            met["apart"] += len(set(places)) == 4
            met["at once"] += len({one.occurred_at for one in touches}) < len(touches)
            met["anonymous"] += any(one.person_id is None for one in touches)
            met["at closing"] += any(one.occurred_at == journeys.closed_at(deal) for one in touches)
            by_scope = [journeys.touches(deal, scope) for scope in SCOPES]
            met["scopes differ"] += by_scope[0] != by_scope[1]
    assert met.pop("apart") >= 1
    assert all(met[kind] >= 2 for kind in met), met
