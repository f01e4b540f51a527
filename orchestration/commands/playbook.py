"""`revops playbook`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.output import OUT
from orchestration.playbook import write_playbook
from warehouse.settings import PROJECT_ROOT


@click.command("playbook")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=PROJECT_ROOT / "docs",
    show_default="docs",
    metavar="DIR",
    help="Where playbook.md and playbook.ja.md are written.",
)
def playbook_command(out: Path) -> int:
    """Write what every metric means, in English and Japanese.

    The pages are made from dbt_project/metric_registry.yml: formula, grain, time basis, currency,
    when it is undefined, who owns it, and which definitions compete. Edit the registry, then run
    this; a registry that is wrong is refused by line. No warehouse is needed.

    \b
    Examples:
      revops playbook
      revops playbook --out wiki/
    """
    for path in write_playbook(out):
        OUT.print(f"wrote {path}", markup=False, soft_wrap=True)
    return 0
