"""Points of people for who they are and what they did, and what became of them: scoring."""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.metrics.oracle.calendar import rounded
from tests.metrics.oracle.company import (
    Company,
    Person,
    Record,
    Touch,
    ratio_text,
    share,
    total,
)
from tests.metrics.oracle.deals import days
from tests.metrics.oracle.people import LEAD, living, stage_entries
from tests.metrics.oracle.rules import document, highest_floor

_PLACES = 10

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda fact, listed: fact in listed,
    "not_in": lambda fact, listed: fact not in listed,
    "between": lambda fact, ends: ends[0] <= fact <= ends[1],
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Score:
    attribute: Fraction
    behaviour: Fraction

    @property
    def total(self) -> Fraction:
        return self.attribute + self.behaviour


@dataclass(frozen=True)
class Observed:
    """A lead some days after it came, and whether it came as far as was hoped."""

    person: Person
    score: Score
    label: bool


def records(company: Company) -> Iterator[Record]:
    config = document(company, "scoring_config")
    if config is not None:
        scores = Scores(company, config)
        yield from _now(scores)
        yield from _evaluation(scores)


class Scores:
    """What the rules give to whom, at any instant."""

    def __init__(self, company: Company, config: dict[str, Any]) -> None:
        self.company = company
        self.config = config
        self.people = living(company)
        self._accounts = {account.account_id: account for account in company.accounts}
        types = {rule["touch_type"] for rule in config["behaviour_rules"]}
        self._touches: dict[str | None, list[Touch]] = defaultdict(list)
        for touch in company.touches:
            if touch.occurred_at < company.calendar.as_of and touch.touch_type in types:
                self._touches[touch.person_id].append(touch)

    def at(self, person: Person, instant: datetime) -> Score:
        """With all that is known and happened until then, that instant included."""
        return Score(self.attribute(person), self.behaviour(person, instant))

    def attribute(self, person: Person) -> Fraction:
        return sum(
            (
                Fraction(rule["points"])
                for rule in self.config["attribute_rules"]
                if meets(rule, self.fact(person, rule["field"]))
            ),
            Fraction(0),
        )

    def fact(self, person: Person, field: str) -> Any:
        whose, name = field.split(".")
        if name == "email_domain":
            _, at, domain = (person.email or "").rpartition("@")
            return domain.lower() if at else None
        owner = self._accounts.get(person.account_id or "") if whose == "account" else person
        return getattr(owner, name) if owner else None

    def behaviour(self, person: Person, instant: datetime) -> Fraction:
        """Of every rule as it is told, so that the parts add up."""
        done = [t for t in self._touches[person.person_id] if t.occurred_at <= instant]
        rules = self.config["behaviour_rules"]
        return total(
            rounded(Fraction(self._earned(rule, done, instant)), _PLACES) for rule in rules
        )

    def _earned(self, rule: dict[str, Any], done: list[Touch], instant: datetime) -> float:
        """With floats, for a half life asks for powers."""
        half_life = Fraction(self.config["decay_half_life_days"])
        points = float(Fraction(rule["points"]))
        earned = math.fsum(
            points
            * (
                2 ** -float(days(instant - t.occurred_at) / half_life)
                if rule.get("decay", 1)
                else 1
            )
            for t in done
            if t.touch_type == rule["touch_type"]
        )
        if rule.get("cap") is None:
            return earned
        cap = float(Fraction(rule["cap"]))
        return max(-cap, min(cap, earned))

    def qualifies(self, score: Score) -> bool:
        """Neither axis can buy the other."""
        least = {key: Fraction(value) for key, value in self.config["mql"].items()}
        return (
            score.total >= least["min_total"]
            and score.attribute >= least["min_attribute"]
            and score.behaviour >= least["min_behaviour"]
        )

    def grade(self, score: Score) -> str | None:
        grades = self.config["grades"]
        attribute = highest_floor(grades["attribute"], score.attribute)
        behaviour = highest_floor(grades["behaviour"], score.behaviour)
        return attribute + behaviour if attribute is not None and behaviour is not None else None

    def first_qualified(self, person: Person) -> datetime | None:
        instants = sorted({touch.occurred_at for touch in self._touches[person.person_id]})
        return next((at for at in instants if self.qualifies(self.at(person, at))), None)

    def observed(self) -> list[Observed]:
        """Leads of the evaluation's days whose days of observation are over."""
        rules, calendar = self.config["evaluation"], self.company.calendar
        since, until = rules["lead_window"]
        entries = stage_entries(self.company)
        found = []
        for person in self.people:
            rows = entries.get(person.person_id, [])
            leads = [row.entered_at for row in rows if row.stage == LEAD]
            if not leads or not since <= calendar.date_of(leads[0]).isoformat() < until:
                continue
            seen = leads[0] + timedelta(days=int(rules["observation_days"]))
            if seen <= calendar.as_of:
                label = any(row.stage == rules["label_stage"] for row in rows)
                found.append(Observed(person, self.at(person, seen), label))
        return found


def meets(rule: dict[str, Any], fact: Any) -> bool:
    """What is not known meets no rule, not even one that says what it must not be."""
    return fact is not None and bool(_OPERATORS[rule["op"]](fact, rule["value"]))


def _now(scores: Scores) -> Iterator[Record]:
    calendar = scores.company.calendar
    for person in scores.people:
        score = scores.at(person, calendar.as_of)
        who = {"person_id": person.person_id}
        dims = {"as_of": calendar.as_of_date.isoformat(), **who}
        yield Record("score_attribute", dims, ratio_text(score.attribute))
        yield Record("score_behaviour", dims, ratio_text(score.behaviour))
        yield Record("score_total", dims, ratio_text(score.total))
        yield Record("score_grade", dims, scores.grade(score))
        first = scores.first_qualified(person)
        yield Record("score_first_mql_at", who, f"{first:%Y-%m-%dT%H:%M:%SZ}" if first else None)


def _evaluation(scores: Scores) -> Iterator[Record]:
    observed = scores.observed()
    for one in observed:
        dims = {"person_id": one.person.person_id, "label": "true" if one.label else "false"}
        yield Record("score_at_observation", dims, ratio_text(one.score.total))
    good = [one for one in observed if one.label]
    called = [one for one in observed if scores.qualifies(one.score)]
    hits = sum(one.label for one in called)
    yield Record("score_eval_population", {}, str(len(observed)))
    yield Record("score_auc", {}, ratio_text(auc(observed)))
    yield Record("score_lift_top_third", {}, ratio_text(lift(observed)))
    yield Record("score_precision_at_threshold", {}, ratio_text(share(hits, len(called))))
    yield Record("score_recall_at_threshold", {}, ratio_text(share(hits, len(good))))


def auc(observed: list[Observed]) -> Fraction | None:
    """How often one who came so far had the higher score than one who did not; ties half."""
    good = [one.score.total for one in observed if one.label]
    bad = [one.score.total for one in observed if not one.label]
    halves = sum(2 * (g > b) + (g == b) for g in good for b in bad)
    return share(halves, 2 * len(good) * len(bad))


def lift(observed: list[Observed]) -> Fraction | None:
    ranked = sorted(observed, key=lambda one: (-one.score.total, one.person.person_id))
    top = ranked[: math.ceil(len(ranked) / 3)]
    overall = share(sum(one.label for one in ranked), len(ranked))
    return share(sum(one.label for one in top), len(top) * overall) if overall else None
