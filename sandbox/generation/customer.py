"""What one company is in the CRMs and the help desk: what the other tools' records refer to."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.generation.journey import Journey
from sandbox.generation.people import Person
from sandbox.generation.scene import Presence


@dataclass
class KnownPerson:
    """A person at the company with their record ids; none where a tool does not know them.

    Attributes:
        others: their records in tools that nobody else refers to.
        journey: where the tools tell one story, what it is.
        is_told: whether some tool tells it already.
        visits: what the product has seen of their browser, as it keeps that.
        since: from when on that tool tells it.
    """

    person: Person
    hubspot: list[str] = field(default_factory=list)
    salesforce: list[str] = field(default_factory=list)
    zendesk: list[int] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    journey: Journey | None = None
    is_told: bool = False
    since: datetime | None = None
    visits: list[tuple[Any, ...]] = field(default_factory=list)
    _deeds: dict[tuple[str, int], str] = field(default_factory=dict)

    def is_free(self, source: str, at: datetime, *kinds: str) -> bool:
        """Whether no other tool tells something of a kind around a day; from now on this one does.

        Two tools that tell one kind of touch on one day tell one touch.
        """
        days = [(kind, at.toordinal() + near) for kind in kinds for near in (-1, 0, 1)]
        if any(self._deeds.get(day, source) != source for day in days):
            return False
        self._deeds |= {(kind, at.toordinal()): source for kind in kinds}
        return True

    @property
    def is_known(self) -> bool:
        """Some record tells of them."""
        return bool(self.hubspot or self.salesforce or self.zendesk or self.others)


@dataclass(frozen=True)
class Sale:
    """A Salesforce opportunity, a HubSpot deal, or both where the one mirrors the other."""

    opportunity: dict[str, Any] | None
    deal: dict[str, Any] | None

    @property
    def key(self) -> str:
        """The opportunity's own id: that of Salesforce where it is there."""
        return str(self.opportunity["Id"] if self.opportunity else (self.deal or {})["id"])

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
