"""`revops retry`: what the ledger of deliveries knows and can put right."""

from __future__ import annotations

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.ledger import free_parked
from orchestration.output import OUT, print_json
from reverse_etl.spec import sync


@click.command("retry")
@click.argument("name", metavar="SYNC")
@json_option
def retry_command(name: str, as_json: bool) -> None:
    """Let the rows be sent again that a tool refused for good.

    Such a row is parked: it is not sent again until its wish or the sync's document changes.
    When the tool has been put right instead, this frees it. Sends nothing by itself.

    \b
    Examples:
      revops retry hubspot_companies && revops sync hubspot_companies
    """
    freed = free_parked(App.from_environment(), sync(name))
    if as_json:
        print_json({"sync": name, "freed": freed})
    else:
        OUT.print(f"{freed:,} parked rows of {name} are free: the next sync sends them again")
