"""`revops quality`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.app import App
from orchestration.output import OUT, print_json
from orchestration.quality_report import quality_report
from orchestration.worklist import worklist, worklist_view


@click.group("quality")
def quality_command() -> None:
    """See how good the data is, against what is promised of it."""


@quality_command.command("report")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the page there; on the screen if not given.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead.")
def report_command(out: Path | None, as_json: bool) -> int:
    """Write the quality of the data as Markdown.

    What every gate last decided; shares of sound data per table, tool, department and owner against
    their targets, with what they were before; how the CRM is kept; records that a tool holds twice;
    and what is to be mended at the source, by whom. Keys and links are shown, values are not.

    \b
    Examples:
      revops quality report
      revops quality report --out quality.md
    """
    report = quality_report(App.from_environment())
    if as_json:
        print_json(report.as_json())
    elif out is None:
        OUT.print(report.as_markdown(), markup=False, soft_wrap=True)
    else:
        out.write_text(report.as_markdown() + "\n", encoding="utf-8")
        OUT.print(f"wrote {out}", markup=False, soft_wrap=True)
    return 0


@quality_command.command("worklist")
@click.argument("gates", nargs=-1)
@click.option("--owner", metavar="NAME", help="Only what this person, or this team, is to mend.")
@click.option("--rows", default=20, show_default=True, help="Show so many records at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead, of all of them.")
def worklist_command(gates: tuple[str, ...], owner: str | None, rows: int, as_json: bool) -> int:
    """List what is to be mended at the source: the record, where it is, what is wrong, by whom.

    Of every gate, or of the GATES named and those that they come after. What is withheld comes
    first. A record that nobody owns is its rule's owner's.

    \b
    Examples:
      revops quality worklist
      revops quality worklist accounts --owner "Yosuke Kato"
    """
    found = worklist(App.from_environment(), gates, owner)
    if as_json:
        print_json({"work": found})
    else:
        OUT.print(worklist_view(found, rows), soft_wrap=True)
    return 0
