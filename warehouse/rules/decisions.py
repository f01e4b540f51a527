"""What to do next: the first rule whose conditions all hold decides."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from warehouse.documents import Document


class Rule(Document):
    id: str
    when: dict[str, bool | int | Decimal | str] = Field(min_length=1)
    action: str


class Decisions(Document):
    rules_in_priority_order: tuple[Rule, ...]
    default_action: str
