"""`revops migrate`: from the warehouse file to a lake."""

from __future__ import annotations

from dataclasses import asdict

import click

from orchestration.commands.pipeline import json_option
from orchestration.output import ERR, OUT, print_json
from warehouse.connection import Warehouse
from warehouse.moving import move
from warehouse.settings import Settings, load


@click.command("migrate")
@json_option
def migrate_command(*, as_json: bool) -> None:
    """Move the warehouse file into the lake that the settings describe.

    REVOPS_WAREHOUSE__PATH is the file, REVOPS_WAREHOUSE__CATALOG and __DATA_PATH are the lake,
    which must be empty. Every table is copied and compared, rows and sum of hashes, in one
    transaction each; what is stopped or killed goes on where it was. The file stays as it is: set
    REVOPS_WAREHOUSE__KIND=ducklake, then `revops build`, which makes the views and publishes.

    \b
    Examples:
      revops migrate
    """
    settings = load(Settings)
    lake = settings.model_copy(
        update={"warehouse": settings.warehouse.model_copy(update={"kind": "ducklake"})}
    )
    moved = move(settings.warehouse_path, Warehouse.from_settings(lake), ERR.print)
    if as_json:
        print_json(asdict(moved))
        return
    OUT.print(
        f"{moved.tables} tables are in the lake, {moved.copied} of them moved now,"
        f" with {moved.rows} rows, each compared"
    )
    OUT.print("Next: REVOPS_WAREHOUSE__KIND=ducklake, then `revops build`", style="dim")
