"""How a ticket got where it stands: updates that end in its status, at its last change."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sandbox.instants import parse_instant
from sandbox.vendors.zendesk.phrases import Phrases
from sandbox.vendors.zendesk.records import changed, comment, created, tags_added

# Who the vendor's own automations act as.
SYSTEM = -1
MERGE_TAG = "closed_by_merge"
_VIA = {"email": "Mail", "web": "Web form", "api": "Web service", "chat": "Chat"}


@dataclass
class Update:
    """One update of a ticket before it has a time and an id."""

    updater_id: int
    via: str
    children: list[dict[str, Any]]
    at: datetime | None = None


@dataclass
class Tale:
    """What happened to one ticket, in order; `status` is where it stands so far."""

    ticket: dict[str, Any]
    agent: int
    phrases: Phrases
    rng: Random
    status: str = "new"
    updates: list[Update] = field(default_factory=list)

    @property
    def requester(self) -> int:
        return int(self.ticket["requester_id"])

    @property
    def submitter(self) -> int:
        """Who wrote the ticket: its requester, or an agent for them."""
        return int(self.ticket["submitter_id"])

    @property
    def _channel(self) -> str:
        return str(self.ticket["via"]["channel"])

    def _moved(self, status: str | None) -> list[dict[str, Any]]:
        if status is None or status == self.status:
            return []
        before, self.status = self.status, status
        return [changed("status", before, status)]

    def opens(self, schedule_id: int | None) -> None:
        """The customer asks; the ticket gets its fields and its business hours."""
        said = comment(
            self.submitter, self.rng.choice(self.phrases.asked), public=True, channel=self._channel
        )
        fields = [created("subject", self.ticket["subject"]), created("status", "new")]
        if self.ticket["priority"]:
            fields.append(created("priority", self.ticket["priority"]))
        hours = {
            "via_reference_id": None,
            "event_type": "ScheduleAssignment",
            "previous_schedule_id": None,
            "new_schedule_id": schedule_id,
        }
        via = _VIA.get(self._channel, "Web form")
        children = [said, *fields, *([] if schedule_id is None else [hours])]
        self.updates.append(Update(self.submitter, via, children))

    def replies(self, status: str | None = None) -> None:
        said = comment(self.agent, self._answer(status), public=True, channel="web")
        self.updates.append(Update(self.agent, "Web form", [said, *self._moved(status)]))

    def _answer(self, status: str | None) -> str:
        solves = status == "solved"
        return self.rng.choice(self.phrases.solved if solves else self.phrases.answered)

    def notes(self, status: str | None = None) -> None:
        """A word among colleagues, which the customer does not see."""
        said = comment(self.agent, self.rng.choice(self.phrases.noted), public=False, channel="web")
        self.updates.append(Update(self.agent, "Web form", [said, *self._moved(status)]))

    def asks_again(self) -> None:
        """The customer writes; a ticket that waited for that is open again."""
        text = self.rng.choice(self.phrases.asked_again)
        said = comment(self.requester, text, public=True, channel="email")
        reopened = "open" if self.status in {"pending", "solved"} else None
        self.updates.append(Update(self.requester, "Mail", [said, *self._moved(reopened)]))

    def rates(self, score: str, text: str | None) -> None:
        rating = {
            "via_reference_id": None,
            "event_type": "SatisfactionRating",
            "score": score,
            "assignee_id": self.agent,
            "body": text,
        }
        self.updates.append(Update(self.requester, "Web form", [rating]))

    def closes(self) -> None:
        """An automation closes what has been solved long enough."""
        self.updates.append(Update(SYSTEM, "Automation", self._moved("closed")))

    def is_merged_into(self, target: dict[str, Any]) -> None:
        text = self.phrases.merged_into.format(**target)
        said = comment(self.agent, text, public=True, channel="web")
        tagged = tags_added(self.ticket["tags"], [MERGE_TAG])
        moved = self._moved("closed")
        self.updates.append(Update(self.agent, "Web form", [said, *moved, tagged]))

    def takes_in(self, source: dict[str, Any], at: datetime) -> None:
        """Another ticket is merged into this one, at an instant that the other one says."""
        merged = {
            "ticket_id": source["id"],
            "subject": source["subject"],
            "ticket_ids": [source["id"]],
            "channel": source["via"]["channel"],
        }
        text = self.phrases.merged_here.format(**source)
        said = comment(self.agent, text, public=False, channel="web", merged=merged)
        self.updates.append(Update(self.agent, "Web form", [said], at))

    def end(self) -> list[Update]:
        """The updates in order of time: the first at creation, the last at the last change."""
        first, last = (parse_instant(self.ticket[f"{name}_at"]) for name in ("created", "updated"))
        free = [update for update in self.updates if update.at is None]
        seconds = max(0, int((last - first).total_seconds()))
        between = sorted(self.rng.randint(0, seconds) for _ in free[1:-1])
        for update, second in zip(free, [0, *between, seconds], strict=False):
            update.at = first + timedelta(seconds=second)
        free[-1].at = last if len(free) > 1 else first
        return sorted(self.updates, key=lambda update: update.at or first)
