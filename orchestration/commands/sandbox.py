"""`revops sandbox`: a company's data, and its tools on loopback."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, cast

import click
from rich.markup import escape

from orchestration.commands.pipeline import json_option
from orchestration.output import OUT, print_json, table
from orchestration.sandboxed import connection_settings, load_app
from sandbox.crm_export import from_crm_export
from sandbox.generate import generate
from sandbox.manifest import Manifest
from sandbox.server import HOST, serve
from warehouse.errors import Misconfigured, Unavailable

_INSTANT = click.DateTime(["%Y-%m-%dT%H:%M:%S%z"])


@click.group("sandbox")
def sandbox_command() -> None:
    """Emulated tools with invented data.

    CRM, marketing, support, billing and ads on loopback.

    \b
    Try everything without touching a real tool:
      revops sandbox generate --out company
      revops sandbox serve --data company
    """


@sandbox_command.command("generate")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same company.")
@click.option(
    "--scale",
    type=click.Choice(["small", "medium", "large"]),
    default="small",
    show_default=True,
    help="About 60, 3,000 or 60,000 companies.",
)
@click.option(
    "--as-of",
    type=_INSTANT,
    metavar="INSTANT",
    help="The instant at which the data ends; now if left out.",
)
@click.option(
    "--plain",
    is_flag=True,
    help="Mistype nothing and let no tool contradict another; write truth/canonical as well.",
)
@json_option
def generate_command(
    out: Path, *, seed: int, scale: str, as_of: datetime | None, plain: bool, as_json: bool
) -> None:
    """Invent a company's data, with the truth about who is who beside it."""
    try:
        manifest = generate(
            out,
            seed=seed,
            scale=cast("Literal['small', 'medium', 'large']", scale),
            as_of=as_of,
            plain=plain,
        )
    except ValueError as error:
        raise Misconfigured(str(error)) from error
    _show(manifest, out, as_json=as_json)


@sandbox_command.command("import-csv")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--currency", default="USD", show_default=True, help="Of the amounts in the file.")
@json_option
def import_csv_command(file: Path, out: Path, currency: str, as_json: bool) -> int:
    """Turn a CRM's CSV export of opportunities into sandbox data for HubSpot.

    Columns: opportunity_id, sales_agent, product, account, deal_stage, engage_date, close_date,
    close_value. Rows that cannot be read are refused with their row and field; the rest goes on.
    """
    try:
        manifest = from_crm_export(file, out, currency=currency)
    except ValueError as error:
        raise Misconfigured(str(error), advice=f"compare the header of {file.name}") from error
    _show(manifest, out, as_json=as_json)
    return 4 if manifest.refused else 0


@sandbox_command.command("serve")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--port", type=int, default=8900, show_default=True)
@click.option("--faults", type=click.Path(path_type=Path, exists=True), help="A fault script.")
@click.option("--latency-ms", type=int, default=0, show_default=True, help="Added to each answer.")
@click.option("--state", type=click.Path(path_type=Path), help="Keeps what was written to it.")
def serve_command(
    data: Path, port: int, faults: Path | None, latency_ms: int, state: Path | None
) -> None:
    """Serve the tools of a data directory until interrupted; prints the settings to use."""
    app = load_app(data, state=state, faults=faults, latency_ms=latency_ms)
    url = f"http://{HOST}:{port}"
    OUT.print(f"The sandbox answers at {url}; put these in .env, or export them:\n")
    for name, value in connection_settings(data, url).items():
        OUT.print(f"{name}={value}", soft_wrap=True)
    OUT.print("\nControl-C ends it.")
    try:
        serve(app, port)
    except KeyboardInterrupt:
        OUT.print("ended")
    except OSError as error:
        raise Unavailable(
            f"Port {port} cannot be opened: {error.strerror}", advice="choose another --port"
        ) from error


def _show(manifest: Manifest, out: Path, *, as_json: bool) -> None:
    if as_json:
        refused = [
            {"file": r.file, "row": r.row, "field": r.field, "reason": r.reason}
            for r in manifest.refused
        ]
        print_json({"out": str(out), "counts": manifest.counts, "refused": refused})
        return
    rows = [
        (vendor, name, count)
        for vendor, objects in manifest.counts.items()
        for name, count in objects.items()
    ]
    OUT.print(table(f"Sandbox data in {escape(str(out))}", ("tool", "object", "#records"), rows))
    for one in manifest.refused:
        what = escape(f"{one.file} row {one.row}, {one.field}: {one.reason}")
        OUT.print(f"[red]refused[/] {what}")
    OUT.print(f"\nnext: revops sandbox serve --data {out}", markup=False)
