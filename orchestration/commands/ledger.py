"""`revops explain`, `retry`, `revert` and `replay`: what was delivered, and how to undo it."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.commands.reverse import FILE, allow_option, write_plan
from orchestration.ledger import free_parked, plan_to_revert, revert, syncs_of_run
from orchestration.ledger_views import explain_view, replay_view, revert_view
from orchestration.output import ERR, OUT, print_json
from orchestration.plan_views import plan_markdown
from orchestration.severity import worst
from reverse_etl.explain import explain
from reverse_etl.replay import replay
from reverse_etl.spec import sync
from warehouse.errors import Misconfigured


@click.command("explain")
@click.argument("destination")
@click.argument("object_name", metavar="OBJECT")
@click.argument("key")
@click.argument("field", required=False)
@json_option
def explain_command(
    destination: str, object_name: str, key: str, field: str | None, as_json: bool
) -> None:
    """Tell of a record in a tool what we wrote to it, since when, and why.

    Each value with the run, the plan, the verdict and the request that it came by; what is kept
    back now; and the reasons behind the scores. Asks no tool.

    \b
    Examples:
      revops explain hubspot companies 15000000001
      revops explain hubspot companies 15000000001 revops_account_score
    """
    app = App.from_environment()
    found = explain(app.warehouse, app.state, destination, object_name, key, field=field)
    if as_json:
        print_json(found)
    else:
        OUT.print(explain_view(found), soft_wrap=True)


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


@click.command("revert")
@click.argument("run_id")
@click.option("--apply", "is_applied", is_flag=True, help="Do it, as a run of its own.")
@click.option(
    "--created", is_flag=True, help="Take away records that the run made, where the tool can."
)
@click.option("--out", type=FILE, help="Write the inverse plan to a file, to be approved.")
@allow_option
@json_option
def revert_command(
    run_id: str,
    *,
    is_applied: bool,
    created: bool,
    out: Path | None,
    allowed: tuple[str, ...],
    as_json: bool,
) -> int:
    """Give back to a tool what it held before a run.

    Shows a plan of the values held before; --apply sends it. A field that a later run or a person
    has changed since stays as it is. What was reverted is not sent again before it is wished for
    differently; to have it again, revert the revert. Guards and approvals hold as for any plan.

    \b
    Examples:
      revops revert 20261120-090000-000-a1b2/sync-hubspot_companies
      revops revert 20261120-090000-000-a1b2 --apply    # every sync of that run
    """
    app = App.from_environment()
    documents, codes = [], []
    chosen = syncs_of_run(app, run_id)
    if len(chosen) > 1 and (out is not None or allowed):
        raise Misconfigured(
            f"The run {run_id!r} is of several syncs, and a plan or a guard is of one",
            advice=f"name one part of it, such as {run_id}/sync-{chosen[0].name}",
        )
    for spec in chosen:
        act = revert if is_applied else plan_to_revert
        with ERR.status(f"reverting {spec.name}"):
            done = act(app, spec, run_id, created=created, allowed=allowed)
        if out is not None:
            write_plan(out, done.as_json()["planned"])
        documents.append(done.as_json())
        codes.append(done.exit_code)
        if not as_json:
            OUT.print(revert_view(done.as_json()))
    if as_json:
        print_json({"run_id": run_id, "syncs": documents})
    return worst(codes)


@click.command("replay")
@click.argument("run_id")
@click.option("--markdown", type=FILE, help="Write it as Markdown.")
@json_option
def replay_command(run_id: str, markdown: Path | None, as_json: bool) -> int:
    """Show again what a past run was to send, and prove that it is that plan.

    Made from the ledger alone, row by row, under the document and the verdict of then. Ends with 3
    where the digest is not the one that was noted before the first row was sent.

    \b
    Examples:
      revops replay 20261120-090000-000-a1b2/sync-hubspot_companies --markdown plan.md
    """
    app = App.from_environment()
    found = replay(app.state, run_id)
    documents = [one.as_json() for one in found]
    if markdown is not None:
        markdown.write_text("\n".join(plan_markdown(one) for one in documents), encoding="utf-8")
    if as_json:
        print_json({"run_id": run_id, "plans": documents})
    else:
        for one in documents:
            OUT.print(replay_view(one))
    return 0 if all(one.is_proven for one in found) else 3
