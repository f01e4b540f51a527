"""How healthy a customer is: components, their weights and the bands."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from warehouse.documents import Document
from warehouse.policy import Month, Share

Component = Annotated[str, Field(pattern="^(usage|support|sentiment|financial|engagement)$")]


class Support(Document):
    """What an open ticket and a reopened one cost."""

    per_unsolved: Decimal
    per_reopened_90d: Decimal


class NpsPoints(Document):
    promoter: Decimal
    passive: Decimal
    detractor: Decimal


class Financial(Document):
    past_due: Decimal
    contraction_last_3_months: Decimal
    otherwise: Decimal


class Health(Document):
    usage_month: Month | None = Field(
        None, description="the month of use that counts; the last whole one if left out"
    )
    min_weight_present: Share
    components: dict[Component, Share]
    support: Support
    sentiment_window_days: int = Field(ge=1)
    nps_points: NpsPoints
    financial: Financial
    engagement_days: tuple[tuple[int, Decimal], ...]
    bands: tuple[tuple[Decimal, str], ...]
