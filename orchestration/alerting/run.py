"""Judges what is firing, and tells every channel what it does not know yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from orchestration.alerting.channels import is_on, send
from orchestration.alerting.decide import Digest, digest
from orchestration.alerting.evaluate import Firing, firing
from orchestration.alerting.facts import gather
from orchestration.alerting.message import Message, message
from orchestration.alerting.spec import Alerts, Channel, read_alerts
from orchestration.app import App
from warehouse.alert_log import note_told, told_to
from warehouse.documents import choose
from warehouse.errors import RevopsError
from warehouse.lease import Lease


@dataclass
class Watched:
    """What fires, and what became of the messages, by channel."""

    firing: list[Firing]
    channels: dict[str, bool]
    sent: dict[str, Digest] = field(default_factory=dict)
    errors: dict[str, RevopsError] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        codes = {error.exit_code for error in self.errors.values()}
        return 2 if 2 in codes else max(codes, default=0)

    def as_json(self) -> dict[str, Any]:
        return {
            "firing": [asdict(one) for one in self.firing],
            "channels": [{"name": name, "is_on": on} for name, on in self.channels.items()],
            "sent": {
                name: {
                    "new": len(one.new),
                    "still": len(one.still),
                    "resolved": len(one.resolved),
                }
                for name, one in self.sent.items()
            },
            "errors": {name: error.message for name, error in self.errors.items()},
        }


def watch(app: App, *, send_them: bool) -> Watched:
    """What fires now; if `send_them`, every channel that is on hears what it does not know.

    A message is remembered when its receiver has taken it. A crash between the two sends it once
    more: at least once, and never not at all.

    Raises:
        Misconfigured: alerts.yaml is wrong, naming file, line and field.
        Busy: another process sends just now, longer than REVOPS_WAREHOUSE__WAIT_SECONDS.
    """
    alerts = read_alerts(app.settings.alerts_path)
    settings = app.settings.alerts
    watched = Watched(
        firing(alerts, gather(app)), {one.name: is_on(one, settings) for one in alerts.channels}
    )
    if not send_them or not any(watched.channels.values()):
        return watched
    # Two that send at a time would tell everything twice.
    one_at_a_time = Lease(
        app.settings.home / "alerts", wait_seconds=app.settings.warehouse.wait_seconds
    )
    with one_at_a_time.held("sending alerts"):
        for channel in alerts.channels:
            if watched.channels[channel.name]:
                _tell(app, alerts, channel, watched)
    return watched


def tell_channels(app: App) -> list[RevopsError]:
    """Tell every channel at the end of a run; what kept one from being told, which stops nothing.

    Where no channel is on, nothing is read.
    """
    try:
        alerts = read_alerts(app.settings.alerts_path)
        if not any(is_on(one, app.settings.alerts) for one in alerts.channels):
            return []
        return list(watch(app, send_them=True).errors.values())
    except RevopsError as error:
        return [error]


def try_channel(app: App, name: str) -> None:
    """Send a message that is none to one channel; nothing is remembered.

    Raises:
        Misconfigured: there is no such channel, or a setting of it is missing or wrong.
        Unavailable: it does not answer.
    """
    alerts = read_alerts(app.settings.alerts_path)
    channel = choose({one.name: one for one in alerts.channels}, "channel", name)
    now = app.clock.now()
    said = "This is a test: messages of revops arrive here."
    document = {"source": "revops", "sent_at": now.isoformat(), "test": said}
    send(app, channel, Message("revops: test", said, document))


def _tell(app: App, alerts: Alerts, channel: Channel, watched: Watched) -> None:
    now, told = app.clock.now(), _digest(app, alerts, channel, watched.firing)
    because = {one.rule: one.because for one in alerts.rules}
    if told.is_worth_sending:
        text = message(told, because, now, str(app.settings.home.absolute()))
        try:
            send(app, channel, text)
        except RevopsError as error:
            watched.errors[channel.name] = error
            return
        watched.sent[channel.name] = told
    if told.is_worth_sending or told.forgotten:
        note_told(app.state, channel.name, told.remembered(now), told.closed())


def _digest(app: App, alerts: Alerts, channel: Channel, found: Sequence[Firing]) -> Digest:
    rules = {one.rule: one for one in alerts.rules if channel.name in one.to}
    return digest(
        channel.name,
        [one for one in found if one.rule in rules],
        told_to(app.state, channel.name),
        repeat_after={name: one.repeat_after for name, one in rules.items()},
        quiet=[name for name, one in rules.items() if not one.tell_resolved],
        now=app.clock.now(),
    )
