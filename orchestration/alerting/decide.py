"""What a channel is to be told now, from what is firing and what it was told before: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestration.alerting.evaluate import Firing
from warehouse.alert_log import Told

Key = tuple[str, str]


@dataclass(frozen=True)
class Digest:
    """One message to one channel, and what is remembered of it once it has gone out.

    Attributes:
        new: fires, and the channel does not know of it.
        still: fires, the channel was told, and that is longer ago than the rule's `repeat_after`.
        resolved: fires no more, and its end is to be told.
        known: fire, and need not be told again yet.
        forgotten: fire no more, and nobody has to hear of it.
    """

    channel: str
    new: tuple[Firing, ...] = ()
    still: tuple[tuple[Firing, Told], ...] = ()
    resolved: tuple[Told, ...] = ()
    known: tuple[Firing, ...] = ()
    forgotten: tuple[Told, ...] = ()

    @property
    def is_worth_sending(self) -> bool:
        return bool(self.new or self.still or self.resolved)

    def remembered(self, at: datetime) -> list[Told]:
        """What the channel knows once the message is out."""
        new = [
            Told(self.channel, one.rule, one.subject, one.summary, since=at, told_at=at, times=1)
            for one in self.new
        ]
        again = [
            Told(
                *(self.channel, one.rule, one.subject, one.summary),
                since=told.since,
                told_at=at,
                times=told.times + 1,
            )
            for one, told in self.still
        ]
        return [*new, *again]

    def closed(self) -> list[Key]:
        """What the channel need not know any more."""
        return [(one.rule, one.subject) for one in (*self.resolved, *self.forgotten)]


def digest(
    channel: str,
    firing: Iterable[Firing],
    told: Iterable[Told],
    *,
    repeat_after: Mapping[str, timedelta],
    quiet: Iterable[str],
    now: datetime,
) -> Digest:
    """Group what one channel is to hear.

    Args:
        channel: its name.
        firing: what fires now of the rules that go to it, each rule and subject once.
        told: what it was told and not yet told the end of.
        repeat_after: by rule, for every rule that goes to it.
        quiet: rules whose end is not told.
        now: when the message would go out.
    """
    known = {(one.rule, one.subject): one for one in told}
    current = {(one.rule, one.subject): one for one in firing}
    due = {
        key
        for key in current.keys() & known.keys()
        if now - known[key].told_at >= repeat_after[key[0]]
    }
    over = [known[key] for key in sorted(known.keys() - current.keys())]
    # Of a rule that is gone nobody waits for the end.
    silent = {*quiet, *({one.rule for one in over} - repeat_after.keys())}
    return Digest(
        channel,
        new=tuple(current[key] for key in sorted(current.keys() - known.keys())),
        still=tuple((current[key], known[key]) for key in sorted(due)),
        resolved=tuple(one for one in over if one.rule not in silent),
        known=tuple(current[key] for key in sorted((current.keys() & known.keys()) - due)),
        forgotten=tuple(one for one in over if one.rule in silent),
    )
