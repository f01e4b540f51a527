"""`revops suppress`: who is not told of to any tool, by the word of a person."""

from __future__ import annotations

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.output import OUT, print_json, table
from warehouse.errors import Misconfigured
from warehouse.suppressions import Purpose, Suppression, Suppressions

_PURPOSES = click.Choice(["all", "marketing", "service"])
email_option = click.option("--email", metavar="ADDRESS", help="Whom: by an e-mail address.")
person_option = click.option(
    "--person", "person_id", metavar="ID", help="Whom: by the id of canonical.person."
)
purpose_option = click.option(
    "--purpose",
    type=_PURPOSES,
    default="marketing",
    show_default=True,
    help="For which tools, by what quality/governance.yaml says they are for.",
)


@click.group("suppress")
def suppress_command() -> None:
    """Withhold people from tools, whatever the tools themselves say of consent.

    Plans name them with the reason; what takes somebody away from a tool goes on. The list is kept
    in the state store, and counts from the next plan on.
    """


@suppress_command.command("add")
@email_option
@person_option
@purpose_option
@click.option("--because", required=True, metavar="TEXT", help="Why; every plan shows it.")
@json_option
def add_command(
    email: str | None, person_id: str | None, purpose: Purpose, because: str, *, as_json: bool
) -> None:
    """Put somebody on the list.

    \b
    Example:
      revops suppress add --email taro@aoba.example --because "asked by letter, 2026-11-20"
    """
    app = App.from_environment()
    one = Suppression(purpose, because, app.clock.now(), *_who(email, person_id))
    Suppressions(app.state).add(one)
    _mirror(app)
    if as_json:
        print_json(one.as_json())
    else:
        OUT.print(f"{one.who}: withheld from {purpose}", markup=False)


@suppress_command.command("remove")
@email_option
@person_option
@purpose_option
@json_option
def remove_command(
    email: str | None, person_id: str | None, purpose: Purpose, *, as_json: bool
) -> None:
    """Take somebody off the list, for one purpose; the next plan tells of them again."""
    app = App.from_environment()
    one = Suppression(purpose, "", app.clock.now(), *_who(email, person_id))
    if not Suppressions(app.state).remove(one.who, purpose):
        raise Misconfigured(
            f"{one.who} is not on the list for {purpose}", advice="`revops suppress list` shows it"
        )
    _mirror(app)
    if as_json:
        print_json({"removed": one.who, "purpose": purpose})
    else:
        OUT.print(f"{one.who}: off the list for {purpose}", markup=False)


@suppress_command.command("list")
@json_option
def list_command(*, as_json: bool) -> None:
    """Show everybody on the list, for which purpose they are withheld, why, and since when."""
    found = Suppressions(App.from_environment().state).all()
    if as_json:
        print_json({"suppressions": [one.as_json() for one in found]})
        return
    if not found:
        OUT.print("nobody is on the list")
        return
    rows = [(one.email or one.person_id, one.purpose, one.reason, one.since) for one in found]
    OUT.print(table("Withheld", ["who", "purpose", "because", "since"], rows))


def _who(email: str | None, person_id: str | None) -> tuple[str | None, str | None]:
    if (email is None) == (person_id is None):
        raise Misconfigured("Say whom: --email or --person")
    if email is not None and "@" not in email:
        raise Misconfigured(f"{email!r} is no e-mail address", advice="--email name@mail.example")
    return (None if email is None else email.strip().lower()), person_id


def _mirror(app: App) -> None:
    with app.warehouse.open("mirroring suppressions") as session:
        Suppressions(app.state).mirror(session)
