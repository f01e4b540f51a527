"""How leads are scored: points for who somebody is and for what somebody did."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, StrictStr, model_validator

from warehouse.documents import Document, said_hash
from warehouse.policy import Share

Points = Annotated[Decimal, Field(max_digits=12, decimal_places=4)]
Number = Annotated[Decimal, Field(max_digits=28, decimal_places=4)]
Scalar = StrictBool | Number | StrictStr
Operator = Literal["==", "!=", "in", "not_in", ">=", ">", "<=", "<", "between"]

# What a rule may ask about: columns of canonical.account and canonical.person, and the mail domain.
# `metrics.lead_attribute_points` asks for each of them.
FIELDS = (
    *("account.account_id", "account.account_name", "account.domain", "account.country"),
    *("account.industry", "account.employee_count", "account.segment", "account.billing_currency"),
    *("account.is_target_account", "account.owner_id"),
    *("person.person_id", "person.account_id", "person.full_name", "person.is_deleted"),
    *("person.email", "person.email_domain"),
    *("person.title", "person.department", "person.seniority", "person.country"),
    "person.lead_channel",
)

_LISTS = {"in", "not_in", "between"}
_ORDERED = {">=", ">", "<=", "<", "between"}


def _is_field(name: str) -> str:
    if name not in FIELDS:
        raise ValueError(f"{name!r} is nothing that a rule knows; one of: {', '.join(FIELDS)}")
    return name


class AttributeRule(Document):
    """Points for a property of the person or of the account; `between` holds both its ends.

    Of what is unknown no condition holds, neither `==` nor `!=`.
    """

    id: str
    field: Annotated[str, AfterValidator(_is_field)]
    op: Operator
    value: Scalar | tuple[Scalar, ...]
    points: Points
    reason: str | None = Field(None, description="what a salesperson reads; else field and value")

    @model_validator(mode="after")
    def _value_fits(self) -> Self:
        several = isinstance(self.value, tuple)
        if several != (self.op in _LISTS):
            raise ValueError(f"{self.op} takes {'one value' if several else 'a list'}")
        if self.op == "between" and len(self.values) != 2:
            raise ValueError("between takes the lowest and the highest value")
        number = self.field == "account.employee_count"
        if number and not all(isinstance(one, Decimal) for one in self.values):
            raise ValueError(f"{self.field} is compared with numbers")
        if self.op in _ORDERED and any(isinstance(one, bool) for one in self.values):
            raise ValueError(f"{self.op} compares numbers, not yes and no")
        return self

    @property
    def values(self) -> tuple[bool | Decimal | str, ...]:
        """What the field is compared with, one or several."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


class BehaviourRule(Document):
    """Points for each touch of a type; what they have decayed to is capped together.

    A cap is a ceiling of what adds up, and a floor, below zero, of what takes off.
    """

    id: str
    touch_type: str
    points: Points
    cap: Annotated[Points, Field(ge=0)] | None = None
    decay: bool = True
    reason: str | None = Field(None, description="what a salesperson reads; else the touch type")


class MqlThreshold(Document):
    """All three have to be met, so that no axis buys the other."""

    min_total: Points
    min_attribute: Points
    min_behaviour: Points


class Grades(Document):
    """Per axis the lowest points of each grade."""

    attribute: tuple[tuple[Points, str], ...]
    behaviour: tuple[tuple[Points, str], ...]


class Evaluation(Document):
    """Whose scores are held against what became of them, and when they are taken."""

    observation_days: int = Field(ge=0)
    label_stage: str
    lead_window: tuple[dt.date, dt.date] | None = Field(
        None, description="first day and the day after the last; the policy's window if left out"
    )
    band_points: int = Field(20, ge=1, description="how wide the score bands are")
    threshold_step: int = Field(5, ge=1, description="how far apart candidate thresholds are")
    agreed_rate: Share | None = Field(
        None, description="the share of MQLs that must reach the label stage, as agreed with sales"
    )
    capacity_per_week: int | None = Field(
        None, ge=0, description="how many MQLs sales can take in a week"
    )


class Propensity(Document):
    """When an estimate from history may stand beside the rules."""

    label_days: int = Field(90, ge=1, description="within so many days a lead gets there or not")
    min_positives: int = Field(200, ge=1, description="with fewer, the rules are all there is")
    min_auc_gain: Share = Field(Decimal("0.02"), description="by how much the rules must be beaten")
    held_out_share: Annotated[Share, Field(gt=0, lt=1)] = Field(
        Decimal("0.3"), description="the latest leads, which the estimate never saw"
    )


class Scoring(Document):
    attribute_rules: tuple[AttributeRule, ...]
    behaviour_rules: tuple[BehaviourRule, ...]
    decay_half_life_days: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=6)]
    mql: MqlThreshold
    grades: Grades
    evaluation: Evaluation
    propensity: Propensity = Propensity()

    @model_validator(mode="after")
    def _names_one_rule_once(self) -> Self:
        for rules in (self.attribute_rules, self.behaviour_rules):
            counts = Counter(rule.id for rule in rules)
            if twice := sorted(name for name, count in counts.items() if count > 1):
                raise ValueError(f"two rules are called {', '.join(twice)}")
        return self

    @property
    def version(self) -> str:
        """Changes with whatever decides a score or its grade, and with how it is told."""
        return said_hash(self, besides={"evaluation", "propensity"})
