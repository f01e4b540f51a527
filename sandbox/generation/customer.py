"""What one company is in the CRMs and the help desk: what the other tools' records refer to."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.generation.people import Person
from sandbox.generation.scene import Presence


@dataclass
class KnownPerson:
    """A person at the company with their record ids; none where a tool does not know them."""

    person: Person
    hubspot: list[str] = field(default_factory=list)
    salesforce: list[str] = field(default_factory=list)
    zendesk: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Sale:
    """A Salesforce opportunity, a HubSpot deal, or both where the one mirrors the other."""

    opportunity: dict[str, Any] | None
    deal: dict[str, Any] | None

    @property
    def is_won(self) -> bool:
        if self.opportunity is not None:
            return bool(self.opportunity["IsWon"])
        return self.deal is not None and self.deal["properties"]["hs_is_closed_won"] == "true"


@dataclass(frozen=True)
class Customer:
    """One company with everything that was entered about it, in the order in which it was."""

    presence: Presence
    people: list[KnownPerson]
    sales: list[Sale]
    tickets: list[dict[str, Any]]

    @property
    def is_paying(self) -> bool:
        """They bought at least once: billing and product usage know them."""
        return any(sale.is_won for sale in self.sales)
