"""`revops backup` and `revops restore`: everything that is kept, as one folder, and back."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.output import OUT, print_json, table
from warehouse.backups import Backup, back_up, backups, forget_older, opened, restore, verify
from warehouse.errors import Held


@click.command("backup")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where backups are kept; REVOPS_BACKUP__FOLDER if left out.",
)
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Keep the newest N of them.")
@click.option("--list", "only_list", is_flag=True, help="Show the backups that there are.")
@click.option("--verify", "only_verify", is_flag=True, help="Read the newest one back; make none.")
@json_option
def backup_command(
    out: Path | None, keep: int | None, only_list: bool, only_verify: bool, *, as_json: bool
) -> None:
    """Copy the warehouse, the state store and Dagster's files into one folder.

    It is whole or not there. Every file is named in its manifest with a hash, every table with its
    rows; what was written is read back before the command ends. The raw records of every tool are
    in it: guard it as you guard the warehouse.

    \b
    Examples:
      revops backup
      revops backup --out /mnt/backups --keep 30
      revops backup --verify
    """
    app = App.from_environment()
    folder = (out or app.settings.backup_folder).expanduser().absolute()
    if only_list:
        _show(backups(folder), as_json=as_json)
        return
    if only_verify:
        newest = next(iter(backups(folder)), None) or opened(folder)
        _check(newest)
        _tell("verified", newest, as_json=as_json)
        return
    made = back_up(app.settings, app.warehouse, app.state, folder, app.clock.now())
    _check(made)
    gone = forget_older(folder, keep or app.settings.backup.keep)
    _tell("written and verified", made, as_json=as_json)
    if gone and not as_json:
        OUT.print(f"  {len(gone)} older removed", style="dim")


@click.command("restore")
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of the warehouse that is there.")
@json_option
def restore_command(backup: Path, replace: bool, *, as_json: bool) -> None:
    """Put a backup back into REVOPS_HOME and the state store.

    Stop Dagster and everything else first. The backup is read whole before anything is touched; a
    warehouse that is there is kept beside, under another name. If it is interrupted, run it again.
    What was sent to tools after the backup is not in its ledger: the next plan shows it again.
    Who was erased or withheld since stays so, but an erased person's records may be back: run
    `revops erase` for them again.

    \b
    Example:
      revops restore .revops/backups/20261128-020000 --replace
    """
    app = App.from_environment()
    found = opened(backup.absolute())
    kept = restore(found, app.settings, app.warehouse, app.state, replace=replace)
    _tell("restored", found, as_json=as_json, kept=kept)
    if kept and not as_json:
        OUT.print(f"  {kept} tombstones and suppressions made since stay", style="yellow")


def _check(backup: Backup) -> None:
    if faults := verify(backup):
        raise Held(
            f"The backup {backup.path} is not what was written: {'; '.join(faults)}",
            advice="make another one, and look at the disk",
        )


def _tell(what: str, backup: Backup, *, as_json: bool, kept: int | None = None) -> None:
    if as_json:
        print_json(backup.as_json() | ({} if kept is None else {"kept": kept}))
        return
    rows = sum(sum(part.rows.values()) for part in backup.parts if part.rows)
    OUT.print(f"{backup.path}", markup=False, soft_wrap=True)
    OUT.print(f"  {what}: {len(backup.parts)} files, {backup.bytes:,} bytes, {rows:,} rows")


def _show(found: list[Backup], *, as_json: bool) -> None:
    if as_json:
        print_json({"backups": [one.as_json() for one in found]})
        return
    OUT.print(
        table(
            "",
            ("backup", "made at", "files", "bytes"),
            [
                (one.path.name, one.made_at[:19], str(len(one.parts)), f"{one.bytes:,}")
                for one in found
            ],
        )
    )
