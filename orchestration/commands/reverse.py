"""`revops plan`, `revops approve` and `revops sync`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.output import ERR, OUT, error_document, fail, print_json
from orchestration.plan_views import plan_markdown
from orchestration.planning import document_of, planned
from orchestration.severity import worst
from orchestration.steps import chosen_syncs, deliver, deliver_all
from orchestration.views import plan_view, sync_view
from reverse_etl.approvals import approve, read_plan_file
from reverse_etl.destinations.registry import disabled_syncs
from reverse_etl.spec import SyncSpec, sync
from reverse_etl.sync import SyncResult
from warehouse.errors import Misconfigured, RevopsError

FILE = click.Path(path_type=Path, dir_okay=False)
allow_option = click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="GUARD",
    help="Let the plan exceed this guard, this once.",
)


@click.command("plan")
@click.argument("name", metavar="SYNC")
@click.option("--read", is_flag=True, help="Ask the tool what it holds, and show conflicts.")
@click.option("--out", type=FILE, help="Write it to a file.")
@click.option("--markdown", type=FILE, help="Write it as Markdown, for a pull request.")
@allow_option
@json_option
def plan_command(
    name: str,
    *,
    read: bool,
    out: Path | None,
    markdown: Path | None,
    allowed: tuple[str, ...],
    as_json: bool,
) -> int:
    """Show what a sync would change, field by field; sends nothing.

    \b
    Examples:
      revops plan hubspot_companies
      revops plan hubspot_companies --out plan.json   # then: revops sync ... --plan plan.json
    """
    app = App.from_environment()
    plan, document = planned(app, sync(name), read=read, allowed=allowed)
    if out is not None:
        write_plan(out, document)
    if markdown is not None:
        markdown.write_text(plan_markdown(document), encoding="utf-8")
    if as_json:
        print_json(document)
    else:
        OUT.print(plan_view(document))
    return 3 if plan.is_held else 0


@click.command("approve")
@click.argument("plan_file", metavar="PLAN_FILE", type=FILE)
@click.option("--by", required=True, metavar="NAME", help="Who has read the plan and says yes.")
@json_option
def approve_command(plan_file: Path, by: str, as_json: bool) -> None:
    """Say yes to a plan that `revops plan SYNC --out PLAN_FILE` wrote.

    The yes holds for exactly this plan: it may exceed its guards, and is sent by `revops sync` as
    long as nothing has moved. The gate's no stays a no.
    """
    app = App.from_environment()
    reviewed = read_plan_file(plan_file)
    sync(reviewed.sync)
    given = approve(app.state, app.clock, reviewed, by)
    if as_json:
        print_json(vars(given))
    else:
        OUT.print(
            f"{given.approved_by} approved the plan {given.digest} of {given.sync}", markup=False
        )


@click.command("sync")
@click.argument("names", metavar="SYNC...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every sync.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Send only if this reviewed plan is still what would be sent.",
)
@click.option("--dry-run", is_flag=True, help="Plan only; the same as `revops plan`.")
@allow_option
@json_option
def sync_command(
    names: tuple[str, ...],
    *,
    every: bool,
    plan_file: Path | None,
    dry_run: bool,
    allowed: tuple[str, ...],
    as_json: bool,
) -> int:
    """Push what differs from what was last sent, if the gate lets it.

    Every row is written to the ledger before it is sent and settled after; a run that is cut off
    is put right by the next one. Rows that the gate withholds stay back, with the rule's name.
    Before anything is sent the tool is asked what it holds of the rows to be written.
    Of several syncs, those that write to the same records send them together.
    """
    if bool(names) == every:
        raise Misconfigured("Name a sync, or say --all", advice="revops sync --help")
    if plan_file is not None and len(names) != 1:
        raise Misconfigured("A reviewed plan belongs to one sync: name it")
    if allowed and len(names) != 1:
        raise Misconfigured("A guard is allowed for one sync: name it")
    app = App.from_environment()
    expected = _digest(plan_file)
    chosen = [sync(name) for name in dict.fromkeys(names)] if names else chosen_syncs(app)
    if dry_run:
        told = [_planned(app, spec, expected, allowed, show=not as_json) for spec in chosen]
    elif len(chosen) != 1:
        told = _all_delivered(app, chosen, show=not as_json)
    else:
        told = [_delivered(app, spec, expected, allowed, show=not as_json) for spec in chosen]
    documents, codes = [document for document, _ in told], [code for _, code in told]
    if every:
        for passed_over, reason in disabled_syncs(app.settings.vendors_in_use).items():
            ERR.print(f"{passed_over} is disabled: {reason}", markup=False, soft_wrap=True)
    if as_json:
        print_json({"syncs": documents} if every or len(names) > 1 else documents[0])
    return worst(codes)


def write_plan(out: Path, document: dict[str, Any]) -> None:
    """Write a plan to a file that `revops approve` and `revops sync --plan` read."""
    text = json.dumps(document, ensure_ascii=False, indent=2, default=str)
    out.write_text(text + "\n", encoding="utf-8")


def _planned(
    app: App, spec: SyncSpec, expected: str | None, allowed: tuple[str, ...], *, show: bool
) -> tuple[dict[str, Any], int]:
    """A sync that cannot be planned is shown, and the others go on."""
    try:
        plan, document = planned(app, spec, allowed=allowed)
    except RevopsError as error:
        return _not_begun(spec, error)
    if show:
        OUT.print(plan_view(document))
    if expected not in {None, plan.digest}:
        ERR.print(f"[yellow]not the reviewed plan[/]: {expected} then, {plan.digest} now")
        return document, 3
    return document, 3 if plan.is_held else 0


def _delivered(
    app: App, spec: SyncSpec, expected: str | None, allowed: tuple[str, ...], *, show: bool
) -> tuple[dict[str, Any], int]:
    """A sync that cannot begin is shown, and the others go on."""
    try:
        with ERR.status(f"syncing {spec.name}"):
            result = deliver(app, spec, expected_digest=expected, allowed=allowed)
    except RevopsError as error:
        return _not_begun(spec, error)
    return _shown(app, spec, result, expected, show=show)


def _all_delivered(
    app: App, chosen: Sequence[SyncSpec], *, show: bool
) -> list[tuple[dict[str, Any], int]]:
    """Those that write to the same records go together."""
    told: list[tuple[dict[str, Any], int]] = []
    with ERR.status("syncing") as status:
        every = deliver_all(app, chosen, say=lambda spec: status.update(f"syncing {spec.name}"))
        for spec, result in every:
            status.stop()
            if isinstance(result, RevopsError):
                told.append(_not_begun(spec, result))
            else:
                told.append(_shown(app, spec, result, None, show=show))
            status.start()
    return told


def _shown(
    app: App, spec: SyncSpec, result: SyncResult, expected: str | None, *, show: bool
) -> tuple[dict[str, Any], int]:
    if show:
        # A reviewed plan has been read already.
        if expected is None:
            OUT.print(plan_view(document_of(app, spec, result.plan)))
        OUT.print(sync_view(result.as_json()))
    return result.as_json(), result.exit_code


def _not_begun(spec: SyncSpec, error: RevopsError) -> tuple[dict[str, Any], int]:
    return {"sync": spec.name, **error_document(error)}, fail(error, as_json=False)


def _digest(plan_file: Path | None) -> str | None:
    return None if plan_file is None else read_plan_file(plan_file).digest
