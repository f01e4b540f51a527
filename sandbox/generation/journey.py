"""How somebody became a lead and what became of that: told alike to whichever tool keeps it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.generation.chance import Chance
from sandbox.generation.meaning import CHANNEL_WORDS

Steps = list[tuple[str, datetime]]
# HubSpot's lifecycle has no word for what sales accepts or turns down; Marketo's status has.
_LIFECYCLE = (
    ("LEAD",),
    ("LEAD", "MQL"),
    ("LEAD", "MQL", "SQL"),
    ("LEAD", "MQL", "LEAD", "MQL", "SQL"),
    ("LEAD", "SQL"),
)
_STATUS = (
    ("LEAD",),
    ("LEAD", "MQL"),
    ("LEAD", "MQL", "SAL"),
    ("LEAD", "MQL", "SAL", "SQL"),
    ("LEAD", "MQL", "REJECTED"),
    ("LEAD", "MQL", "REJECTED", "MQL", "SAL"),
)


@dataclass(frozen=True)
class Journey:
    """By which channel somebody came; `chance` is theirs alone."""

    channel: str
    chance: Chance

    @classmethod
    def drawn(cls, chance: Chance) -> "Journey":
        return cls(chance.choice(tuple(CHANNEL_WORDS)), chance)

    def lifecycle(self, since: datetime, until: datetime) -> Steps:
        """The stages as HubSpot has words for them, from `since` on and before `until`."""
        return self._walked(_LIFECYCLE, since, until)

    def status(self, since: datetime, until: datetime) -> Steps:
        """The stages as Marketo has words for them."""
        return self._walked(_STATUS, since, until)

    def _walked(
        self, paths: tuple[tuple[str, ...], ...], since: datetime, until: datetime
    ) -> Steps:
        at, steps = since, Steps()
        for stage in self.chance.choice(paths):
            steps.append((stage, at))
            at += timedelta(minutes=self.chance.choice((7, 45, 300, 1_500, 9_000, 40_000)))
            if at >= until:
                break
        return steps
