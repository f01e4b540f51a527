"""`revops doctor`."""

from __future__ import annotations

import click
from rich.markup import escape

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.examination import Finding, examine
from orchestration.output import ERR, OUT, print_json, table
from orchestration.severity import worst

_MARKS = {"ok": "[green]ok[/]", "failed": "[red]failed[/]", "disabled": "[yellow]disabled[/]"}


@click.command("doctor")
@click.argument("name", metavar="[VENDOR]", required=False)
@json_option
def doctor_command(name: str | None, as_json: bool) -> int:
    """Check settings, credentials, scopes and counts.

    Reads only. Names the setting that is missing or wrong, the scope to ask for, and what to do.
    """
    app = App.from_environment()
    with ERR.status("examining"):
        findings = examine(app, name)
    if as_json:
        print_json({"findings": [one.as_json() for one in findings]})
    else:
        OUT.print(table("Doctor", ("what", "", "#count"), [_row(one) for one in findings]))
        for one in findings:
            if one.message:
                named = one.message.startswith(f"{one.what} ")
                prefix = "" if named else f"[bold]{one.what}[/]: "
                OUT.print(f"\n{prefix}{escape(one.message)}", soft_wrap=True)
    return worst(one.exit_code for one in findings)


def _row(finding: Finding) -> tuple[object, ...]:
    return (finding.what, _MARKS[finding.state], finding.count)
