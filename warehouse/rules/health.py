"""How healthy a customer is: components, their weights and the bands."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from warehouse.documents import Document
from warehouse.policy import Month, Share

Component = Literal["usage", "support", "sentiment", "financial", "engagement"]
Points = Annotated[Decimal, Field(max_digits=12, decimal_places=4)]
Weight = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=8)]


class Support(Document):
    """What an open ticket, and one that was reopened within 90 days, take off a hundred."""

    per_unsolved: Points = Decimal(20)
    per_reopened_90d: Points = Decimal(10)


class NpsPoints(Document):
    promoter: Points = Decimal(100)
    passive: Points = Decimal(50)
    detractor: Points = Decimal(0)


class Financial(Document):
    past_due: Points = Decimal(0)
    contraction_last_3_months: Points = Decimal(50)
    otherwise: Points = Decimal(100)


class Health(Document):
    """Weights are relative to each other; what has no data takes no part in the score.

    Whatever points are declared, a component has from 0 to 100.
    """

    usage_month: Month | None = Field(
        None, description="the month of use that counts; the last whole one if left out"
    )
    min_weight_present: Share = Field(
        Decimal("0.50"), description="with less of the weight present there is no score"
    )
    components: dict[Component, Weight] = Field(min_length=1)
    support: Support = Support()
    sentiment_window_days: int = Field(180, ge=1)
    nps_points: NpsPoints = NpsPoints()
    financial: Financial = Financial()
    engagement_days: tuple[tuple[Annotated[int, Field(ge=0)], Points], ...] = Field(
        ((30, Decimal(100)), (90, Decimal(50))),
        description="points of whoever was last in touch within so many days; else none",
    )
    bands: tuple[tuple[Points, str], ...] = Field(
        ((Decimal(75), "green"), (Decimal(50), "yellow"), (Decimal(0), "red")),
        description="the lowest score of each band",
    )

    @model_validator(mode="after")
    def _is_a_measure(self) -> Self:
        if not sum(self.components.values()):
            raise ValueError("components: no component has any weight")
        for field, firsts in (
            ("engagement_days", [days for days, _ in self.engagement_days]),
            ("bands", [floor for floor, _ in self.bands]),
        ):
            if len(set(firsts)) < len(firsts):
                raise ValueError(f"{field}: two begin at the same number")
        return self
