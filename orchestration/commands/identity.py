"""`revops identity`: who is who."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.text import Text

from identity.explain import explain
from orchestration.app import App
from orchestration.commands.identity_stewardship import COMMANDS
from orchestration.commands.pipeline import json_option
from orchestration.identity_views import explanation_view
from orchestration.output import ERR, OUT, print_json, table

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("identity")
def identity_command() -> None:
    """Find out which records are one person or one company."""


@identity_command.command("resolve")
@click.option("--from", "source", type=_FILE, required=True, help="The table of records.")
@click.option("--map", "map_file", type=_FILE, required=True, help="Which column is which field.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@json_option
def resolve_command(source: Path, map_file: Path, out: Path, as_json: bool) -> int:
    """Resolve the records of any table; nothing of the warehouse is read or changed.

    Reads CSV, TSV, JSON, NDJSON or Parquet, and writes CSV, TSV or Parquet: record, cluster and
    confidence; for people with a company their account; with a reference the company of it. Where
    the map names a column of the truth, the quality is told. A row that is no record is named and
    left out; the command then ends with 4.

    \b
    Examples:
      revops identity resolve --from contacts.csv --map contacts.yml --out resolved.csv
    """
    # It loads Splink, which takes longer than any other command runs.
    from identity.resolve import resolve_file  # noqa: PLC0415

    with ERR.status("starting") as status:
        result = resolve_file(source, map_file, out, status.update)
    if as_json:
        print_json(result.as_json())
    else:
        OUT.print(_resolved(result.as_json()), soft_wrap=True)
    return result.exit_code


@identity_command.command("explain")
@click.argument("key", metavar="ID|KEY")
@json_option
def explain_command(key: str, as_json: bool) -> None:
    """Say who somebody is, and why.

    KEY is the id of an account or a person, of now or of then, a record (source:object:id), an
    e-mail address, a domain, a 法人番号 or a part of a name.

    \b
    Examples:
      revops identity explain acc_8eabff10db5c7757
      revops identity explain hana@aoba-mfg.co.jp
      revops identity explain 青葉製作所
    """
    app = App.from_environment()
    with app.warehouse.open("identity explain") as session:
        document = explain(session, key)
    if as_json:
        print_json(document)
    else:
        OUT.print(explanation_view(document))


for _command in COMMANDS:
    identity_command.add_command(_command)


_SHOWN_REFUSALS = 20


def _resolved(result: dict[str, Any]) -> RenderableType:
    counts = f"{result['records']:,} records are {result['clusters']:,} clusters"
    if result["held"]:
        counts += f"; {result['held']:,} pairs were alike and are kept apart by a guard"
    parts: list[RenderableType] = [Text(counts)]
    refused = result["refused"]
    parts += [
        Text(f"{one['file']}, row {one['row']}, {one['field']}: {one['reason']}", style="red")
        for one in refused[:_SHOWN_REFUSALS]
    ]
    if len(refused) > _SHOWN_REFUSALS:
        parts.append(Text(f"and {len(refused) - _SHOWN_REFUSALS:,} more", style="red"))
    measured = list(_measured(result))
    if measured:
        columns = ("", "#precision", "#recall", "#F1", "#B-cubed F1", "#largest false cluster")
        parts.append(table("Quality", columns, measured))
    return Group(*parts)


def _measured(result: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    named = {"quality": "clusters", "account_quality": "accounts", "reference_quality": "reference"}
    for key, name in named.items():
        if key in result:
            found = result[key]
            shares = (found["precision"], found["recall"], found["f1"], found.get("bcubed_f1"))
            shown = ("-" if share is None else f"{share:.4f}" for share in shares)
            yield (name, *shown, found.get("largest_false_cluster"))
