"""`revops new`: scaffolds."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.commands.pipeline import json_option
from orchestration.output import OUT, print_json
from orchestration.scaffolding import write_connector, write_destination, write_sync
from warehouse.settings import PROJECT_ROOT


@click.group("new")
def new_command() -> None:
    """Write the beginning of something, ready to run."""


@new_command.command("connector")
@click.argument("name")
@json_option
def new_connector_command(name: str, as_json: bool) -> int:
    """Write a connector called NAME, with an emulated vendor, staging and tests.

    It reads one stream of invented things and works at once. Then make it your vendor's:
    docs/how-to/add-a-connector.md goes through it file by file.

    \b
    Examples:
      revops new connector pipedrive
    """
    _show(
        write_connector(name, PROJECT_ROOT),
        "add its settings to .env.example and docs/reference/settings.md, its stream to"
        f" docs/reference/tables.md;\n      then `.venv/bin/pytest tests/connectors -k {name}`",
        as_json=as_json,
    )
    return 0


@new_command.command("destination")
@click.argument("name")
@json_option
def new_destination_command(name: str, as_json: bool) -> int:
    """Write a destination called NAME, with an emulated vendor, and put it to the proof.

    It writes invented things by a key of ours, a hundred at a time, and works at once. Then make it
    your vendor's: docs/how-to/add-a-sync.md says what each function is for.

    \b
    Examples:
      revops new destination outreach
    """
    _show(
        write_destination(name, PROJECT_ROOT),
        "add its settings to .env.example and docs/reference/settings.md;\n      then"
        f" `.venv/bin/pytest tests/reverse_etl/test_conformance.py -k {name}` and\n     "
        f" `.venv/bin/python -m tests.reverse_etl.proof --destination {name}_things`",
        as_json=as_json,
    )
    return 0


@new_command.command("sync")
@click.argument("name")
@json_option
def new_sync_command(name: str, as_json: bool) -> int:
    """Write a sync called NAME, with its activation model and exposure.

    It plans the account score for HubSpot's companies, and sends nothing before somebody has
    approved the plan. Then make it yours: docs/how-to/add-a-sync.md.

    \b
    Examples:
      revops new sync partner_companies
    """
    _show(
        write_sync(name, PROJECT_ROOT),
        "say what you wish were true in the model, and map it in the YAML; list the columns in"
        "\n      docs/reference/tables.md and CHANGELOG.md; then `revops build`, `revops gate`,"
        f" `revops plan {name}`",
        as_json=as_json,
    )
    return 0


def _show(paths: list[Path], to_do: str, *, as_json: bool) -> None:
    written = [path.relative_to(PROJECT_ROOT) for path in paths]
    if as_json:
        print_json({"written": [str(path) for path in written]})
        return
    for path in written:
        OUT.print(f"  {path}")
    OUT.print(f"\nnext: {to_do}")
