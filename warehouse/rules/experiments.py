"""Experiments: one variant against another, by counts or by who was held out."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from warehouse.documents import Document

# The digits that a number of ten places may have beside them in SQL.
Gain = Annotated[Decimal, Field(gt=-1, max_digits=28, decimal_places=18)]
Certainty = Annotated[float, Field(gt=0.5, lt=1)]
Happening = Literal["reached_stage", "opportunity_created", "won", "churned"]


class Arm(Document):
    n: int = Field(ge=0, le=10**15)
    conversions: int = Field(ge=0, le=10**15)

    @model_validator(mode="after")
    def _is_a_part(self) -> Self:
        if self.conversions > self.n:
            raise ValueError(f"{self.conversions} conversions of {self.n} members")
        return self


class Compounding(Document):
    gain_per_cycle: Gain
    cycles: int = Field(ge=0, le=1_000_000)


class Outcome(Document):
    """What is to happen to a member within so many days of 24 hours from its enrolment."""

    happens: Happening
    stage: str | None = Field(None, description="of reached_stage: MQL, SAL or SQL")
    within_days: int = Field(ge=1, le=3650)

    @model_validator(mode="after")
    def _names_a_stage(self) -> Self:
        if (self.happens == "reached_stage") != (self.stage is not None):
            raise ValueError("stage belongs to reached_stage, which needs one")
        return self


class Experiment(Document):
    """Two arms counted elsewhere, or a holdout of a sync whose outcome the warehouse measures."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    a: Arm | None = None
    b: Arm | None = None
    holdout: str | None = Field(None, description="the name of the holdout; a is who is held out")
    outcome: Outcome | None = None

    @model_validator(mode="after")
    def _has_one_kind_of_arms(self) -> Self:
        counted = (self.a is not None, self.b is not None)
        held_out = (self.holdout is not None, self.outcome is not None)
        if len({*counted}) > 1 or len({*held_out}) > 1 or counted[0] == held_out[0]:
            raise ValueError("needs the counts a and b, or a holdout and its outcome")
        return self


class Experiments(Document):
    """`a`, `b` and `compounding` are the form in which companies exchange one experiment."""

    a: Arm | None = None
    b: Arm | None = None
    compounding: Compounding | None = None
    confidence: Certainty = 0.95
    power: Certainty = 0.80
    experiments: tuple[Experiment, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.a is None) != (self.b is None):
            raise ValueError("needs both a and b, or neither")
        names = [one.name for one in self.experiments]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"experiment {', '.join(doubled)} is there twice")
        return self
