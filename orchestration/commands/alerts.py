"""`revops alerts`."""

from __future__ import annotations

import click
from rich.markup import escape

from orchestration.alerting.run import Watched, try_channel, watch
from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.output import ERR, OUT, fail, print_json, table

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command("alerts")
@click.option("--send", "send_them", is_flag=True, help="Tell every channel what it knows not yet.")
@click.option("--test", "tried", metavar="CHANNEL", help="Send a test message to this channel.")
@json_option
def alerts_command(send_them: bool, tried: str | None, as_json: bool) -> int:
    """Show what is firing of orchestration/alerts.yaml.

    With --send each channel hears in one message what is new to it, what is still true after the
    rule's `repeat_after_hours`, and what is over; what it knows is not told again. `revops run`
    ends with that, too. Exit code 5: a channel did not take its message, which is then sent again
    next time.

    \b
    Examples:
      revops alerts
      revops alerts --test email
      revops alerts --send
    """
    app = App.from_environment()
    if tried is not None:
        try_channel(app, tried)
        if as_json:
            print_json({"channel": tried, "sent": True})
        else:
            OUT.print(f"{escape(tried)} has taken a test message")
        return 0
    watched = watch(app, send_them=send_them)
    if as_json:
        print_json(watched.as_json())
    else:
        _show(watched, told=send_them)
    for error in watched.errors.values():
        fail(error, as_json=False)
    return watched.exit_code


def _show(watched: Watched, *, told: bool) -> None:
    rows = [
        (
            f"[{_COLOURS[one.severity]}]{one.severity}[/]",
            one.rule,
            escape(one.subject),
            escape(one.summary),
        )
        for one in watched.firing
    ]
    if rows:
        OUT.print(table("Firing", ("severity", "rule", "what", ""), rows), soft_wrap=True)
    else:
        OUT.print("Nothing is firing")
    on = [name for name, is_on in watched.channels.items() if is_on]
    off = [name for name, is_on in watched.channels.items() if not is_on]
    OUT.print(f"[dim]channels on: {', '.join(on) or 'none'}; off: {', '.join(off) or 'none'}[/]")
    if told:
        for name, one in watched.sent.items():
            said = f"{len(one.new)} new, {len(one.still)} still, {len(one.resolved)} resolved"
            OUT.print(f"told {name}: {said}")
        if not watched.sent and not watched.errors:
            ERR.print("[dim]nobody had to be told anything[/]")
