"""The oracle of scoring and health: true to the worked example, and to itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.metrics.example import shuffle_rows
from tests.metrics.oracle import health, scores
from tests.metrics.oracle.companies import random_company
from tests.metrics.oracle.company import Company, Person, Record, Touch
from tests.metrics.oracle.people import LEAD, stage_entries
from tests.metrics.oracle.rules import document, highest_floor
from tests.metrics.oracle.scores import Observed, Score, Scores, auc, meets

EXAMPLE = Path(__file__).parent / "worked_example"
SUBJECTS = (scores, health)

seeds = pytest.mark.parametrize("seed", range(12))


@pytest.fixture
def folder(seed: int, tmp_path: Path) -> Path:
    random_company(seed, tmp_path)
    return tmp_path


@pytest.fixture
def company(folder: Path) -> Company:
    return Company(folder)


def values(company: Company) -> dict[tuple[str, str], str | None]:
    """By metric and dims; a record that comes twice is a fault."""
    found: list[Record] = [one for subject in SUBJECTS for one in subject.records(company)]
    keyed = {(one.metric, json.dumps(one.dims, sort_keys=True)): one.value for one in found}
    assert len(keyed) == len(found)
    return keyed


def test_every_record_of_the_worked_example_is_met_and_no_other_is_made() -> None:
    met = values(Company(EXAMPLE))
    metrics = {metric for metric, _ in met}
    assert len(metrics) == 14
    with (EXAMPLE / "expected.csv").open(encoding="utf-8", newline="") as file:
        wanted = {
            (row["metric"], json.dumps(json.loads(row["dims"]), sort_keys=True)): row
            for row in csv.DictReader(file)
            if row["metric"] in metrics
        }
    assert met.keys() == wanted.keys()
    for key, row in wanted.items():
        value = met[key]
        if row["unit"] == "text" or not row["value"] or value is None:
            assert (value or "") == row["value"], key
        else:
            assert abs(Decimal(row["value"]) - Decimal(value)) <= Decimal(row["tolerance"]), key


@seeds
def test_the_order_of_rows_changes_nothing(folder: Path) -> None:
    before = values(Company(folder))
    shuffle_rows(folder)
    assert values(Company(folder)) == before


@seeds
def test_what_happens_after_the_clock_changes_nothing(company: Company) -> None:
    before, as_of = values(company), company.calendar.as_of
    company.touches = [one for one in company.touches if one.occurred_at < as_of]
    company.activities = [one for one in company.activities if one.occurred_at < as_of]
    company.person_stages = [one for one in company.person_stages if one.entered_at < as_of]
    company.ticket_statuses = [one for one in company.ticket_statuses if one.entered_at < as_of]
    company.nps_responses = [one for one in company.nps_responses if one.responded_at < as_of]
    company.tickets = [one for one in company.tickets if one.created_at < as_of]
    assert values(company) == before


@seeds
def test_a_document_that_is_missing_decides_nothing(folder: Path) -> None:
    for name in ("scoring_config", "health_config"):
        (folder / f"{name}.json").unlink(missing_ok=True)
    assert values(Company(folder)) == {}


def scored(company: Company) -> Scores | None:
    config = document(company, "scoring_config")
    return Scores(company, config) if config else None


@seeds
def test_nobody_scores_by_what_came_after_they_were_observed(company: Company) -> None:
    found = scored(company)
    if found is None:
        return
    before = found.observed()
    days = timedelta(days=int(found.config["evaluation"]["observation_days"]))
    leads = {
        person: next(row.entered_at for row in rows if row.stage == LEAD)
        for person, rows in stage_entries(company).items()
        if any(row.stage == LEAD for row in rows)
    }
    company.touches = [
        touch
        for touch in company.touches
        if touch.person_id in leads and touch.occurred_at <= leads[touch.person_id] + days
    ]
    assert Scores(company, found.config).observed() == before


@seeds
def test_the_first_crossing_is_the_first(company: Company) -> None:
    found = scored(company)
    for person in found.people if found else []:
        first = found.first_qualified(person) if found else None
        touches = [one for one in company.touches if one.person_id == person.person_id]
        assert found
        if first:
            assert found.qualifies(found.at(person, first))
            assert first in {touch.occurred_at for touch in touches}
        types = {rule["touch_type"] for rule in found.config["behaviour_rules"]}
        for touch in touches:
            counts = touch.occurred_at < company.calendar.as_of and touch.touch_type in types
            if counts and (first is None or touch.occurred_at < first):
                assert not found.qualifies(found.at(person, touch.occurred_at))


PERSON = Person("P", None, None, None, None, None, None, None, None, None, is_deleted=False)
START = datetime(2025, 1, 1, tzinfo=UTC)

rules = st.fixed_dictionaries(
    {
        "touch_type": st.sampled_from(["ad", "form"]),
        "points": st.integers(-40, 40),
        "cap": st.none() | st.integers(0, 50),
        "decay": st.booleans(),
    }
)
touches = st.lists(st.tuples(st.sampled_from(["ad", "form", "other"]), st.integers(0, 99)))


@pytest.fixture(scope="module")
def bare() -> Company:
    """The worked example's people and policy, with nothing done yet."""
    company = Company(EXAMPLE)
    company.touches = []
    return company


def behaviour(
    bare: Company, drawn: Sequence[dict[str, Any]], done: Iterable[tuple[str, int]], day: int
) -> Fraction:
    bare.touches = [
        Touch(str(n), "P", None, START + timedelta(days=at), None, None, kind, True)
        for n, (kind, at) in enumerate(done)
    ]
    bare.calendar.as_of = START + timedelta(days=1000)
    config = {"behaviour_rules": drawn, "decay_half_life_days": 30, "attribute_rules": []}
    return Scores(bare, config).behaviour(PERSON, START + timedelta(days=day))


@given(drawn=st.lists(rules, max_size=4), done=touches)
def test_behaviour_stays_within_the_caps(
    drawn: list[dict[str, Any]], done: list[tuple[str, int]], bare: Company
) -> None:
    capped = [rule | {"cap": rule["cap"] or 0} for rule in drawn]
    assert abs(behaviour(bare, capped, done, 100)) <= sum(rule["cap"] for rule in capped)


@given(drawn=st.lists(rules, max_size=4), done=touches, later=st.integers(0, 50))
def test_behaviour_knows_no_date_but_only_ages(
    drawn: list[dict[str, Any]], done: list[tuple[str, int]], later: int, bare: Company
) -> None:
    moved = [(kind, at + later) for kind, at in done]
    assert behaviour(bare, drawn, done, 100) == behaviour(bare, drawn, moved, 100 + later)


@given(drawn=st.lists(rules, max_size=4), done=touches)
def test_points_halve_in_a_half_life_unless_they_stay(
    drawn: list[dict[str, Any]], done: list[tuple[str, int]], bare: Company
) -> None:
    free = [rule | {"cap": None} for rule in drawn]
    staying = [rule for rule in free if not rule["decay"]]
    lasting = behaviour(bare, staying, done, 100)
    now, later = behaviour(bare, free, done, 100), behaviour(bare, free, done, 130)
    assert abs((now - lasting) / 2 - (later - lasting)) <= Fraction(1, 10**9)


@given(
    rule=st.sampled_from(["==", "!=", "in", "not_in", "between", ">=", ">", "<=", "<"]),
    ends=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    fact=st.integers(0, 9),
)
def test_operators_and_their_opposites(rule: str, ends: tuple[int, int], fact: int) -> None:
    def holds(op: str, value: Any, fact: int | None = fact) -> bool:
        return meets({"op": op, "value": value}, fact)

    low, high = ends
    value = list(ends) if rule in {"in", "not_in", "between"} else low
    assert not holds(rule, value, None)
    assert holds("in", [low, high]) is not holds("not_in", [low, high])
    assert holds("in", [low, high]) is (holds("==", low) or holds("==", high))
    assert holds("==", low) is not holds("!=", low)
    assert holds("between", [low, high]) is (holds(">=", low) and holds("<=", high))
    assert holds(">=", low) is not holds("<", low)
    assert holds("<=", low) is not holds(">", low)


observed = st.lists(st.tuples(st.integers(-5, 5), st.booleans()), max_size=30)


def as_observed(drawn: list[tuple[int, bool]]) -> list[Observed]:
    return [
        Observed(replace(PERSON, person_id=f"{n:02}"), Score(Fraction(points), Fraction(0)), label)
        for n, (points, label) in enumerate(drawn)
    ]


@given(drawn=observed)
def test_auc_by_pairs_is_auc_by_ranks(drawn: list[tuple[int, bool]]) -> None:
    """Mann and Whitney: the ranks of the positives, ties sharing theirs."""
    points = sorted(one for one, _ in drawn)
    good = [one for one, label in drawn if label]
    pairs = len(good) * (len(drawn) - len(good))
    ranks = sum(Fraction(2 * points.index(one) + points.count(one) + 1, 2) for one in good)
    by_ranks = (ranks - Fraction(len(good) * (len(good) + 1), 2)) / pairs if pairs else None
    assert auc(as_observed(drawn)) == by_ranks


@given(drawn=observed)
def test_lift_is_that_of_the_best_third(drawn: list[tuple[int, bool]]) -> None:
    found = as_observed(drawn)
    lift, good = scores.lift(found), sum(label for _, label in drawn)
    if not good:
        assert lift is None
        return
    size = -(-len(drawn) // 3)
    assert lift is not None
    assert 0 <= lift <= Fraction(len(drawn), max(good, size))
    best = sorted(found, key=lambda one: (-one.score.total, one.person.person_id))[:size]
    assert lift * size * good == sum(one.label for one in best) * len(drawn)


weights = st.dictionaries(
    st.sampled_from(["usage", "support", "sentiment", "financial", "engagement"]),
    st.integers(0, 10),
    min_size=1,
).filter(lambda drawn: any(drawn.values()))


@given(drawn=weights, data=st.data())
def test_health_is_a_mean_of_what_is_known(drawn: dict[str, int], data: st.DataObject) -> None:
    some = st.none() | st.integers(0, 100)
    points = {name: _exact(data.draw(some)) for name in drawn}
    config = {"components": drawn, "min_weight_present": "0"}
    score = health.weighted(config, points)
    present = {name: value for name, value in points.items() if value is not None and drawn[name]}
    if not present:
        assert score is None
        return
    assert score is not None
    assert min(present.values()) <= score <= max(present.values())
    scaled = {name: weight * 7 for name, weight in drawn.items()}
    assert health.weighted({**config, "components": scaled}, points) == score
    only = {"components": {name: drawn[name] for name in present}, "min_weight_present": "1"}
    assert health.weighted(only, {**present}) == score
    better: dict[str, Fraction | None] = {name: value + 1 for name, value in present.items()}
    assert health.weighted(config, {**points, **better}) == score + 1


def _exact(value: int | None) -> Fraction | None:
    return None if value is None else Fraction(value)


@given(drawn=weights, least=st.integers(0, 100))
def test_health_needs_enough_of_its_weight(drawn: dict[str, int], least: int) -> None:
    known, *unknown = drawn
    points = {known: Fraction(50), **dict.fromkeys(unknown)}
    config = {"components": drawn, "min_weight_present": Fraction(least, 100)}
    enough = drawn[known] > 0 and 100 * drawn[known] >= least * sum(drawn.values())
    assert (health.weighted(config, points) is not None) is enough


@given(floors=st.lists(st.integers(-9, 9), min_size=1, unique=True), points=st.integers(-9, 9))
def test_bands_and_grades_rise_with_points(floors: list[int], points: int) -> None:
    named = [[floor, str(floor)] for floor in floors]
    below = [floor for floor in floors if floor <= points]
    assert highest_floor(named, Fraction(points)) == (str(max(below)) if below else None)


@seeds
def test_points_of_health_lie_between_nothing_and_a_hundred(company: Company) -> None:
    for (metric, _), value in values(company).items():
        if metric in {"health_component", "health_score"} and value is not None:
            assert 0 <= Decimal(value) <= 100
