"""Tests of one variant against another, and what small gains come to."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from warehouse.documents import Document


class Arm(Document):
    n: int = Field(ge=0)
    conversions: int = Field(ge=0)


class Compounding(Document):
    gain_per_cycle: Decimal
    cycles: int = Field(ge=0)


class Experiments(Document):
    a: Arm
    b: Arm
    compounding: Compounding | None = None
