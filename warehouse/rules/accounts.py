"""How accounts are scored: fit by intent, who of the buying group is known, and the tiers."""

from __future__ import annotations

from warehouse.documents import Document
from warehouse.rules.scoring import AttributeRule


class Accounts(Document):
    fit_rules: tuple[AttributeRule, ...]
