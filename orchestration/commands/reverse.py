"""`revops plan` and `revops sync`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.output import ERR, OUT, error_document, fail, print_json
from orchestration.steps import chosen_syncs, deliver, worst
from orchestration.views import plan_view, sync_view
from reverse_etl.destinations.registry import disabled_syncs
from reverse_etl.spec import SyncSpec, sync
from reverse_etl.sync import make_plan
from warehouse.errors import Misconfigured, RevopsError


@click.command("plan")
@click.argument("name", metavar="SYNC")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it to a file.")
@json_option
def plan_command(name: str, out: Path | None, as_json: bool) -> int:
    """Show what a sync would change, field by field; sends nothing.

    \b
    Examples:
      revops plan hubspot_companies
      revops plan hubspot_companies --out plan.json   # then: revops sync ... --plan plan.json
    """
    app = App.from_environment()
    plan = make_plan(sync(name), app.warehouse, app.state)
    if out is not None:
        out.write_text(
            json.dumps(plan.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
    if as_json:
        print_json(plan.as_json())
    else:
        OUT.print(plan_view(plan.as_json()))
    return 3 if plan.hold_reasons else 0


@click.command("sync")
@click.argument("name", metavar="SYNC", required=False)
@click.option("--all", "every", is_flag=True, help="Every sync.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Send only if this reviewed plan is still what would be sent.",
)
@click.option("--dry-run", is_flag=True, help="Plan only; the same as `revops plan`.")
@json_option
def sync_command(
    name: str | None,
    every: bool,
    plan_file: Path | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Push what differs from what was last sent, if the gate lets it.

    Every row is written to the ledger before it is sent and settled after; a run that is cut off
    is put right by the next one. Rows that the gate withholds stay back, with the rule's name.
    """
    if (name is None) == (not every):
        raise Misconfigured("Name one sync, or say --all", advice="revops sync --help")
    if plan_file is not None and name is None:
        raise Misconfigured("A reviewed plan belongs to one sync: name it")
    app = App.from_environment()
    expected = _digest(plan_file)
    documents, codes = [], []
    for spec in chosen_syncs(app, name):
        document, code = (
            _planned(app, spec, expected, show=not as_json)
            if dry_run
            else _delivered(app, spec, expected, show=not as_json)
        )
        documents.append(document)
        codes.append(code)
    if every:
        for passed_over, reason in disabled_syncs(app.settings.vendors_in_use).items():
            ERR.print(f"{passed_over} is disabled: {reason}", markup=False, soft_wrap=True)
    if as_json:
        print_json({"syncs": documents} if every else documents[0])
    return worst(codes)


def _planned(
    app: App, spec: SyncSpec, expected: str | None, *, show: bool
) -> tuple[dict[str, Any], int]:
    plan = make_plan(spec, app.warehouse, app.state)
    if show:
        OUT.print(plan_view(plan.as_json()))
    if expected not in {None, plan.digest}:
        ERR.print(f"[yellow]not the reviewed plan[/]: {expected} then, {plan.digest} now")
        return plan.as_json(), 3
    return plan.as_json(), 3 if plan.hold_reasons else 0


def _delivered(
    app: App, spec: SyncSpec, expected: str | None, *, show: bool
) -> tuple[dict[str, Any], int]:
    """A sync that cannot begin is shown, and the others go on."""
    try:
        with ERR.status(f"syncing {spec.name}"):
            result = deliver(app, spec, expected_digest=expected)
    except RevopsError as error:
        return {"sync": spec.name, **error_document(error)}, fail(error, as_json=False)
    if show:
        # A reviewed plan has been read already.
        if expected is None:
            OUT.print(plan_view(result.plan.as_json()))
        OUT.print(sync_view(result.as_json()))
    return result.as_json(), result.exit_code


def _digest(plan_file: Path | None) -> str | None:
    if plan_file is None:
        return None
    try:
        return str(json.loads(plan_file.read_text(encoding="utf-8"))["digest"])
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(
            f"{plan_file} is not a plan: {error}", advice="make one with `revops plan SYNC --out`"
        ) from error
