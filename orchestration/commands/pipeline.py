"""`revops run`, `extract`, `build` and `gate`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.alerting.run import tell_channels
from orchestration.app import App
from orchestration.evidence_views import gate_view
from orchestration.output import ERR, OUT, fail, print_json
from orchestration.pipeline import run_once
from orchestration.severity import worst
from orchestration.steps import build, extract, gate
from orchestration.views import build_view, extract_view, plan_view, sync_view
from quality.gate import NEWEST_PAGE
from quality.spec import STAGES, Stage
from reverse_etl.spec import sync
from warehouse.errors import RevopsError

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document instead.")


@click.command("extract")
@click.argument("vendors", nargs=-1)
@click.option("--stream", metavar="NAME", help="Only the streams of this name.")
@click.option("--full-refresh", is_flag=True, help="Forget the cursors and read everything again.")
@click.option("--compare-ids", is_flag=True, help="Look for deletions that no tool tells of, now.")
@json_option
def extract_command(
    vendors: tuple[str, ...],
    stream: str | None,
    full_refresh: bool,
    compare_ids: bool,
    as_json: bool,
) -> int:
    """Land what is new in the tools.

    Reads all of them, or the VENDORS named. Records and cursor are committed together: a run that
    is cut off loses nothing, and the next one goes on where it stopped. A vendor without
    credentials is named and the others are read; the command then ends with 2.

    What is landed is then compared with what the tools count. A record that a tool has and the
    warehouse has not, or the other way round, is told here and in `revops status`: the command
    ends with 4.

    \b
    Examples:
      revops extract
      revops extract hubspot --stream deals
      revops extract salesforce --full-refresh
    """
    app = App.from_environment()
    with ERR.status("reading") as status:
        result = extract(
            app,
            vendors,
            (stream,) if stream else (),
            full_refresh=full_refresh,
            compare_ids=compare_ids,
            say=lambda name: status.update(f"reading {name}"),
        )
    if as_json:
        print_json(result.as_json())
    else:
        OUT.print(extract_view(result.as_json()), soft_wrap=True)
    return result.exit_code


@click.command("build")
@click.argument("selection", nargs=-1)
@click.option(
    "--full-refresh",
    is_flag=True,
    help="Build incremental models anew, from all that is landed.",
)
@json_option
def build_command(selection: tuple[str, ...], full_refresh: bool, as_json: bool) -> int:
    """Build and test the models with dbt.

    All of them, or a dbt SELECTION. What depends on a failure is not built, and nothing is sent.

    \b
    Examples:
      revops build
      revops build marts.accounts+
      revops build staging --full-refresh
    """
    app = App.from_environment()
    with ERR.status("building"):
        result = build(app, selection, full_refresh=full_refresh)
    if as_json:
        print_json(result.as_json())
    else:
        OUT.print(build_view(result.as_json()))
    return 0


@click.command("gate")
@click.argument("rulesets", nargs=-1)
@click.option("--stage", type=click.Choice(STAGES), help="Only the gates that stand there.")
@click.option(
    "--docs",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write Great Expectations' Data Docs there, in a folder per gate.",
)
@json_option
def gate_command(
    rulesets: tuple[str, ...], stage: Stage | None, docs: Path | None, as_json: bool
) -> int:
    """Judge whether data may go on, or leave.

    By every ruleset, or the RULESETS named and those that they come after. A verdict is about one
    build, or one run that landed a stream: after another one, judge again. What fails is shown with
    the first keys of its rows; the command ends with 3 if anything is held.

    \b
    Examples:
      revops gate
      revops gate accounts --json
      revops gate --stage landing
      revops gate people --docs data_docs
    """
    app = App.from_environment()
    with ERR.status("judging"):
        results = gate(app, rulesets, stages=STAGES if stage is None else (stage,), docs=docs)
    documents = [one.as_json() for one in results]
    if as_json:
        print_json({"gates": documents})
    else:
        OUT.print(gate_view(documents, whole=rulesets))
        if docs:
            for name in (one.ruleset for one in results):
                OUT.print(f"Data Docs of {name}: {docs / name / NEWEST_PAGE}", soft_wrap=True)
    return 3 if any(one.verdict.decision == "hold" for one in results) else 0


@click.command("run")
@json_option
def run_command(as_json: bool) -> int:
    """Run everything once: extract, build, gate, sync --all; then tell who has to hear of it.

    A step that fails is shown with its reason, and what does not depend on it goes on.
    """
    app = App.from_environment()
    try:
        with ERR.status("starting") as status:
            result = run_once(app, say=status.update)
    except RevopsError:
        for untold in tell_channels(app):
            _show(untold)
        raise
    for error in tell_channels(app):
        _show(error)
    if as_json:
        print_json(result.as_json())
        return result.exit_code
    OUT.print(extract_view(result.extract.as_json()), soft_wrap=True)
    if result.build:
        OUT.print(build_view(result.build.as_json()))
    OUT.print(gate_view([one.as_json() for one in result.gates]))
    for one in result.syncs:
        known = {"gate": sync(one.plan.sync).gate.ruleset}
        OUT.print(plan_view(one.plan.as_json() | known))
        OUT.print(sync_view(one.as_json()))
    return worst([result.exit_code, *(_show(error) for error in result.errors)])


def _show(error: RevopsError) -> int:
    return fail(error, as_json=False)
