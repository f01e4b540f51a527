"""How leads are scored: points for who somebody is and for what somebody did."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from warehouse.documents import Document

Points = Annotated[Decimal, Field(max_digits=12, decimal_places=4)]
Scalar = bool | Decimal | str


class AttributeRule(Document):
    """Points for a property of the person or of the account; `between` holds both its ends."""

    id: str
    field: Annotated[str, Field(pattern=r"^(account|person)\.[a-z_]+$")]
    op: Literal["==", "!=", "in", "not_in", ">=", ">", "<=", "<", "between"]
    value: Scalar | tuple[Scalar, ...]
    points: Points

    @model_validator(mode="after")
    def _value_fits(self) -> Self:
        several = isinstance(self.value, tuple)
        if several != (self.op in {"in", "not_in", "between"}):
            raise ValueError(f"{self.op} takes {'one value' if several else 'a list'}")
        if isinstance(self.value, tuple) and self.op == "between" and len(self.value) != 2:
            raise ValueError("between takes the lowest and the highest value")
        return self


class BehaviourRule(Document):
    """Points for each touch of a type; what they have decayed to is capped together."""

    id: str
    touch_type: str
    points: Points
    cap: Points | None = None
    decay: bool = True


class MqlThreshold(Document):
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
    lead_window: tuple[dt.date, dt.date]


class Scoring(Document):
    attribute_rules: tuple[AttributeRule, ...]
    behaviour_rules: tuple[BehaviourRule, ...]
    decay_half_life_days: Decimal = Field(gt=0)
    mql: MqlThreshold
    grades: Grades
    evaluation: Evaluation
