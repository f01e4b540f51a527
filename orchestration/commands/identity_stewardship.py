"""`revops identity review`, `accept`, `reject`, `link` and the other words of a steward."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from identity import stewardship
from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.identity_views import decisions_view, review_view
from orchestration.output import ERR, OUT, print_json
from warehouse.decisions import Decision, Decisions, Kind
from warehouse.errors import Misconfigured

F = TypeVar("F", bound=Callable[..., Any])


def _signed(command: F) -> F:
    """Who decides, and why; both are kept with the decision."""
    because = click.option("--because", help="Why; kept with the decision.")
    by = click.option("--by", help="Who decides; this user if not given.")
    return because(by(json_option(command)))


@click.command("review")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many pairs."
)
@json_option
def review_command(limit: int, as_json: bool) -> None:
    """List the pairs that wait for a decision.

    Pairs of records that may be one and were not joined: a guard held them back, or the evidence
    is too weak. Both records stand side by side, with the reason.
    """
    app = App.from_environment()
    with app.warehouse.open("identity review") as session:
        pairs = stewardship.queue(session, limit=limit)
    if as_json:
        print_json({"pairs": pairs})
    else:
        OUT.print(review_view(pairs))


@click.command("accept")
@click.argument("pair", nargs=-1, required=True)
@_signed
def accept_command(
    pair: tuple[str, ...], because: str | None, by: str | None, as_json: bool
) -> None:
    """Say that the records of a PAIR are one.

    PAIR is a name from `revops identity review`, or two records.
    """
    _decide_pair(pair, "must_link", because or "accepted in review", by, as_json=as_json)


@click.command("reject")
@click.argument("pair", nargs=-1, required=True)
@_signed
def reject_command(
    pair: tuple[str, ...], because: str | None, by: str | None, as_json: bool
) -> None:
    """Say that the records of a PAIR are not one.

    PAIR is a name from `revops identity review`, or two records.
    """
    _decide_pair(pair, "must_not_link", because or "rejected in review", by, as_json=as_json)


@click.command("link")
@click.argument("left", metavar="RECORD")
@click.argument("right", metavar="RECORD")
@_signed
def link_command(left: str, right: str, because: str | None, by: str | None, as_json: bool) -> None:
    """Say that two records are one, from the next build on.

    \b
    Examples:
      revops identity link hubspot:companies:12 stripe:customers:cus_9 --because "renamed in May"
    """
    _decide_pair((left, right), "must_link", _required(because), by, as_json=as_json)


@click.command("unlink")
@click.argument("left", metavar="RECORD")
@click.argument("right", metavar="RECORD")
@_signed
def unlink_command(
    left: str, right: str, because: str | None, by: str | None, as_json: bool
) -> None:
    """Say that two records are not one, from the next build on.

    The ids that a merge ended come back, and the history says who parted them and why.
    """
    _decide_pair((left, right), "must_not_link", _required(because), by, as_json=as_json)


@click.command("pin")
@click.argument("record")
@click.argument("attribute")
@click.argument("value")
@_signed
def pin_command(record: str, attribute: str, value: str, **signed: Any) -> None:
    """Say what an attribute of the entity of RECORD is, whatever the tools say."""
    _decide_value("use_value", record, attribute, value, **signed)


@click.command("ban")
@click.argument("record")
@click.argument("attribute")
@click.argument("value")
@_signed
def ban_command(record: str, attribute: str, value: str, **signed: Any) -> None:
    """Say that a value, found in RECORD, is nobody's: it joins nothing and is never golden."""
    _decide_value("do_not_use_value", record, attribute, value, **signed)


@click.command("decisions")
@click.option("--all", "every", is_flag=True, help="Those that were taken back, too.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what is in force as YAML, for version control.",
)
@json_option
def decisions_command(every: bool, out: Path | None, as_json: bool) -> None:
    """List what stewards decided, by whom, when and why."""
    decisions = Decisions(App.from_environment().state)
    if out is not None:
        stewardship.write_file(out, decisions.in_force())
    listed = [one.as_json() for one in (decisions.all() if every else decisions.in_force())]
    if as_json:
        print_json({"decisions": listed})
    else:
        OUT.print(decisions_view(listed))


@click.command("decide")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def decide_command(file: Path, as_json: bool) -> None:
    """Take over the decisions of a YAML FILE, as `decisions --out` writes it."""
    app = App.from_environment()
    decisions = Decisions(app.state)
    _tell(app, stewardship.read_file(file, decisions), as_json=as_json)


@click.command("revoke")
@click.argument("decision_id", type=int)
@_signed
def revoke_command(decision_id: int, because: str | None, by: str | None, as_json: bool) -> None:
    """Take a decision back, from the next build on; the record of it stays."""
    app = App.from_environment()
    decisions = Decisions(app.state)
    found = [one for one in decisions.in_force() if one.decision_id == decision_id]
    if not found:
        raise Misconfigured(
            f"No decision {decision_id} is in force", advice="revops identity decisions"
        )
    revoked = decisions.revoke(found[0], _required(because), by or _user(), app.clock.now())
    _tell(app, [revoked], as_json=as_json)


def _decide_pair(
    pair: tuple[str, ...], kind: Kind, because: str, by: str | None, *, as_json: bool
) -> None:
    if len(pair) > 2:
        raise Misconfigured("A pair is one name from the review, or two records")
    app = App.from_environment()
    with app.warehouse.open("identity decision") as session:
        entity, left, right = stewardship.pair_of(session, pair)
    decision = Decision(
        entity, kind, left, because, by or _user(), app.clock.now(), right_record=right
    )
    _tell(app, [Decisions(app.state).decide(decision)], as_json=as_json)


def _decide_value(
    kind: Kind,
    record: str,
    attribute: str,
    value: str,
    *,
    because: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    app = App.from_environment()
    with app.warehouse.open("identity decision") as session:
        entity = stewardship.entity_of(session, record)
    signed = (_required(because), by or _user(), app.clock.now())
    decision = Decision(entity, kind, record, *signed, attribute=attribute, value=value)
    _tell(app, [Decisions(app.state).decide(decision)], as_json=as_json)


def _tell(app: App, decided: list[Decision], *, as_json: bool) -> None:
    """Show the models what is in force now, and the steward what was noted."""
    with app.warehouse.open("identity decision") as session:
        Decisions(app.state).mirror(session)
    listed = [one.as_json() for one in decided]
    if as_json:
        print_json({"decisions": listed})
        return
    OUT.print(decisions_view(listed))
    ERR.print("Respected from the next build on: `revops build`", highlight=False)


def _required(because: str | None) -> str:
    if not because:
        raise Misconfigured("A decision needs a reason", advice="add --because '...'")
    return because


def _user() -> str:
    return getpass.getuser()


COMMANDS = (
    *(review_command, accept_command, reject_command, link_command, unlink_command),
    *(pin_command, ban_command, decisions_command, decide_command, revoke_command),
)
