"""Which touches lead to a deal, and which of them were at its turning points."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.metrics.oracle.company import Company, Opportunity, Person, Touch
from tests.metrics.oracle.deals import Deals
from tests.metrics.oracle.people import erased, living

SCOPES = ACCOUNT, CONTACT_ROLE = ("account", "contact_role")


class Journeys:
    """The closed deals of the window that attribution looks at, and what led to them."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.rules: dict[str, Any] = company.policy["attribution"]
        self.scope: str = self.rules["scope"]
        self.deals = Deals(company)
        self._people = {person.person_id: person for person in living(company)}
        self._candidates = self._countable()
        self.closed = [
            deal
            for deal in self.deals.all
            if deal.is_closed
            and deal.opportunity_type in self.rules["types"]
            and deal.close_date in company.calendar.window
        ]
        self.won = [deal for deal in self.closed if deal.is_won]

    def _countable(self) -> list[Touch]:
        """What no deal can turn down, in order."""
        gone, rules = erased(self.company), self.rules
        return sorted(
            (
                touch
                for touch in self.company.touches
                if touch.occurred_at < self.company.calendar.as_of
                and touch.person_id not in gone
                and touch.touch_type not in rules["exclude_touch_types"]
                and (touch.is_marketing or not rules["marketing_only"])
            ),
            key=lambda touch: (touch.occurred_at, touch.touch_id),
        )

    def person(self, touch: Touch) -> Person | None:
        return self._people.get(touch.person_id or "")

    def account_of(self, touch: Touch) -> str | None:
        """Its own, else its person's."""
        person = self.person(touch)
        return touch.account_id or (person.account_id if person else None)

    def closed_at(self, deal: Opportunity) -> datetime | None:
        return self.deals.last_run_began(deal) if deal.is_closed else None

    def _cut(self, deal: Opportunity, closed_at: datetime) -> datetime | None:
        """The account's win before this one: what led to that does not lead here again."""
        if not self.rules["after_previous_won"] or deal.account_id is None:
            return None
        wins = [
            at
            for other in self.deals.all
            if other.is_won
            and other.account_id == deal.account_id
            and other.opportunity_type in self.rules["types"]
            and (at := self.closed_at(other))
            and at < closed_at
        ]
        return max(wins, default=None)

    def touches(self, deal: Opportunity, scope: str | None = None) -> list[Touch]:
        """The eligible ones, in order."""
        closed_at = self.closed_at(deal)
        if closed_at is None:
            return []
        lookback = timedelta(days=int(self.rules["lookback_days_before_opp_creation"]))
        cut = self._cut(deal, closed_at)
        return [
            touch
            for touch in self._candidates
            if deal.created_at - lookback <= touch.occurred_at <= closed_at
            and (cut is None or touch.occurred_at > cut)
            and self._belongs(touch, deal, scope or self.scope)
        ]

    def _belongs(self, touch: Touch, deal: Opportunity, scope: str) -> bool:
        if scope == ACCOUNT:
            return deal.account_id is not None and self.account_of(touch) == deal.account_id
        assert scope == CONTACT_ROLE, scope
        person = self.person(touch)
        return person is not None and person.person_id in self._roles(deal, primary=False)

    def _roles(self, deal: Opportunity, *, primary: bool) -> set[str]:
        return {
            role.person_id
            for role in self.company.contact_roles
            if role.opportunity_id == deal.opportunity_id and (role.is_primary or not primary)
        }

    def primary_contact(self, deal: Opportunity) -> Person | None:
        present = self._roles(deal, primary=True) & self._people.keys()
        return self._people[min(present)] if present else None

    def lead_created(self, deal: Opportunity, touches: Iterable[Touch]) -> datetime | None:
        """When the primary contact became known, or else the first of those who were touched."""
        primary = self.primary_contact(deal)
        if primary and primary.created_at:
            return primary.created_at
        people = (self.person(touch) for touch in touches)
        return min((p.created_at for p in people if p and p.created_at), default=None)

    def milestones(self, deal: Opportunity, touches: list[Touch]) -> dict[str, Touch]:
        """First touch, and the last ones up to lead creation, deal creation and closing."""
        if not touches:
            return {}
        instants = {
            "LC": self.lead_created(deal, touches),
            "OC": deal.created_at,
            "CW": self.closed_at(deal),
        }
        found = {"FT": touches[0]}
        for name, instant in instants.items():
            before = [touch for touch in touches if instant and touch.occurred_at <= instant]
            if before:
                found[name] = before[-1]
        return found
