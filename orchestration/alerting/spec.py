"""What `orchestration/alerts.yaml` may say: what is worth a message, and who gets it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from warehouse.documents import Document, place_in, read_document
from warehouse.errors import Misconfigured

Severity = Literal["info", "warning", "error"]
NAME = r"^[a-z][a-z0-9_]*$"


class _Channel(Document):
    name: str = Field(pattern=NAME)


class SlackChannel(_Channel):
    """Slack: by an incoming webhook, or to a named channel by our app's token."""

    kind: Literal["slack"]
    channel: str | None = Field(
        None, description="posted to by REVOPS_SLACK__TOKEN; the webhook's own channel if left out"
    )


class EmailChannel(_Channel):
    """E-mail by SMTP."""

    kind: Literal["email"]
    to: tuple[str, ...] = Field((), description="REVOPS_ALERTS__EMAIL_TO if left out")


class WebhookChannel(_Channel):
    """One JSON document by POST to REVOPS_ALERTS__WEBHOOK_URL."""

    kind: Literal["webhook"]


Channel = Annotated[SlackChannel | EmailChannel | WebhookChannel, Field(discriminator="kind")]


class _Rule(Document):
    rule: str = Field(pattern=NAME)
    because: str = Field(min_length=10, description="what a reader should do about it")
    severity: Severity = "warning"
    to: tuple[str, ...] = Field(min_length=1, description="names of channels")
    repeat_after_hours: float = Field(
        24, gt=0, description="what is still true is not told again before"
    )
    tell_resolved: bool = Field(default=True, description="whether its end is told, too")

    @property
    def repeat_after(self) -> timedelta:
        return timedelta(hours=self.repeat_after_hours)


class FailedRun(_Rule):
    """A newest run failed or was interrupted, or a stream was not read to its end."""

    kind: Literal["failed_run"]


class HeldGate(_Rule):
    """A gate's newest verdict holds, or a guard or a missing approval holds a sync."""

    kind: Literal["held_gate"]


class RejectsShare(_Rule):
    """More than this share of a stream's records, or of a sync's rows, is refused."""

    kind: Literal["rejects_share"]
    above: float = Field(ge=0, lt=1)
    at_least: int = Field(1, ge=1, description="fewer rejects than this tell nothing")


class Stale(_Rule):
    """What was not read, built or sent for longer than schedules.yaml agrees to, or `hours`."""

    kind: Literal["stale"]
    of: tuple[Literal["streams", "models", "syncs"], ...] = ("streams",)
    hours: float | None = Field(None, gt=0, description="by schedules.yaml if left out")


class QuotaShare(_Rule):
    """More than this share of a tool's quota for the day is spent."""

    kind: Literal["quota_share"]
    above: float = Field(gt=0, lt=1)


class FailedReconciliation(_Rule):
    """What is landed of a stream is not what its source has."""

    kind: Literal["reconciliation"]


class CountDeviation(_Rule):
    """A stream has so many more or fewer records than it used to have."""

    kind: Literal["count_deviation"]
    above: float = Field(gt=0, description="share of the median of the readings before")
    at_least: int = Field(20, ge=1, description="a stream of fewer records is left alone")


class LongRun(_Rule):
    """A run takes, or took, longer than `minutes`, or than `times` the median of those before."""

    kind: Literal["long_run"]
    minutes: float | None = Field(None, gt=0)
    times: float | None = Field(None, gt=1)

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if self.minutes is None and self.times is None:
            raise ValueError("it needs minutes, or times, or both")
        return self


Rule = Annotated[
    FailedRun
    | HeldGate
    | RejectsShare
    | Stale
    | QuotaShare
    | FailedReconciliation
    | CountDeviation
    | LongRun,
    Field(discriminator="kind"),
]


class Alerts(Document):
    """The document as it is written."""

    channels: tuple[Channel, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()

    def channel(self, name: str) -> Channel:
        return next(one for one in self.channels if one.name == name)


def read_alerts(path: Path) -> Alerts:
    """The rules and channels of a document.

    Raises:
        Misconfigured: naming file, line and field; also for a name that is used twice, and for a
            rule that goes to a channel which is not declared.
    """
    document = read_document(path, Alerts)
    names = [one.name for one in document.channels]
    rules = [one.rule for one in document.rules]
    for place, found in (("channels", names), ("rules", rules)):
        for number, name in enumerate(found):
            if name in found[:number]:
                raise Misconfigured(
                    f"{place_in(path, (place, number))}: {place}: the name {name!r} is used twice",
                    advice=f"edit {path}",
                )
    for number, rule in enumerate(document.rules):
        for name in rule.to:
            if name not in names:
                raise Misconfigured(
                    f"{place_in(path, ('rules', number, 'to'))}: rules.{rule.rule}.to:"
                    f" there is no channel {name!r}",
                    advice=f"one of: {', '.join(names)}",
                )
    return document
