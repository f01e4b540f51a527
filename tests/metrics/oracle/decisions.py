"""What to do next with each open deal: decision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.metrics.oracle.company import Company, Opportunity, Record
from tests.metrics.oracle.deals import Deals, days
from tests.metrics.oracle.health import activities, last_engaged
from tests.metrics.oracle.rules import document


def records(company: Company) -> Iterator[Record]:
    config = document(company, "decision_rules")
    if config is None:
        return
    accounts = last_engaged(company)
    deals: dict[str | None, datetime] = {}
    for activity in sorted(activities(company), key=lambda one: one.occurred_at):
        deals[activity.opportunity_id] = activity.occurred_at
    for deal in Deals(company).open:
        met = [accounts.get(deal.account_id or ""), deals.get(deal.opportunity_id)]
        last = max((at for at in met if at), default=None)
        action = _action(company, config, deal, last)
        yield Record("decision_action", {"opportunity_id": deal.opportunity_id}, action)


def _action(
    company: Company, config: dict[str, Any], deal: Opportunity, last: datetime | None
) -> str:
    """Of the first rule whose conditions all hold."""
    for rule in config["rules_in_priority_order"]:
        if all(holds(company, deal, last, name, want) for name, want in rule["when"].items()):
            return str(rule["action"])
    return str(config["default_action"])


def holds(
    company: Company, deal: Opportunity, last: datetime | None, condition: str, wanted: Any
) -> bool:
    """What is not known holds no condition; who was never met was last met infinitely long ago."""
    match condition:
        case "amount_is_null":
            return bool((deal.amount is None) == wanted)
        case "close_date_overdue":
            today = company.calendar.as_of_date
            return deal.close_date is not None and bool((deal.close_date < today) == wanted)
        case "stage_at_least":
            number = company.policy["stages"].get(deal.stage)
            return number is not None and bool(number >= wanted)
        case "days_since_engagement_gt":
            return last is None or days(company.calendar.as_of - last) > Fraction(wanted)
        case "days_since_engagement_lte":
            return last is not None and days(company.calendar.as_of - last) <= Fraction(wanted)
        case "forecast_category":
            return bool(deal.forecast_category == wanted)
    raise ValueError(condition)
