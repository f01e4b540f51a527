"""`revops new`: scaffolds."""

from __future__ import annotations

import click

from orchestration.commands.pipeline import json_option
from orchestration.output import OUT, print_json
from orchestration.scaffolding import write_connector
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
    written = [path.relative_to(PROJECT_ROOT) for path in write_connector(name, PROJECT_ROOT)]
    if as_json:
        print_json({"written": [str(path) for path in written]})
        return 0
    for path in written:
        OUT.print(f"  {path}")
    OUT.print(
        f"\nnext: add its settings to .env.example and docs/reference/settings.md, its stream to"
        f" docs/reference/tables.md;\n      then `.venv/bin/pytest tests/connectors -k {name}`"
    )
    return 0
