"""`revops report`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.app import App, holds_demo
from orchestration.output import ERR, OUT, print_json

if TYPE_CHECKING:
    from orchestration.report.page import Languages


@click.command("report")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    default=Path("report.html"),
    show_default=True,
    help="The page.",
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "ja", "both"]),
    default="both",
    show_default=True,
    help="One language, or both with a switch.",
)
@click.option("--company", metavar="NAME", default="", help="Whose report it is: the heading.")
@click.option("--as-of", "instant", metavar="INSTANT", help="As it would have been told then.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON.")
def report_command(
    *, out: Path, language: Languages, company: str, instant: str | None, as_json: bool
) -> int:
    """Write what the last build measured as one page for people who look.

    MRR, retention, pipeline and coverage, funnel, attribution, health, data quality and what the
    syncs did: charts with their definitions behind them and their tables under them, in English
    and Japanese. The page is one HTML file: it loads nothing, runs no script, and can be sent or
    printed. It names customers, so send it to whom they may be named.

    With --as-of, the metrics are built again from what had been landed by then, as
    `revops metrics --as-of` does; what was not measured then is said to be missing.

    \b
    Examples:
      revops report
      revops report --out june.html --lang ja --company "Aoba Inc."
      revops report --as-of 2026-07-01 --out june.html
    """
    # Drawing takes a second to load, which no other command pays.
    from orchestration.hindsight import Hindsight  # noqa: PLC0415
    from orchestration.report.page import AS_OF, write_report  # noqa: PLC0415

    app = App.from_environment()
    is_invented = holds_demo(app.settings.home)
    if instant is None:
        written = write_report(
            app.warehouse, out, language=language, company=company, is_invented=is_invented
        )
    else:
        with (
            ERR.status("looking back") as status,
            Hindsight.of(app, instant).built_then(status.update, AS_OF) as then,
        ):
            written = write_report(
                then, out, language=language, company=company, is_invented=is_invented
            )
    if as_json:
        print_json(asdict(written))
    else:
        OUT.print(
            f"wrote {written.path}: {written.bytes / 1000:,.0f} kB, {written.values} values as of"
            f" {written.as_of}, {written.undefined} of them undefined",
            markup=False,
            soft_wrap=True,
        )
        for name in written.empty:
            OUT.print(f"  nothing to show: {name}", markup=False)
    return 0
