"""Brings a state store to the version of this code, script by script, with alembic."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def scripts() -> Config:
    """Where the scripts are, as alembic wants to be told."""
    config = Config()
    # A percent sign in a path would be the beginning of a name to be put in.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def versions() -> list[str]:
    """Every version that this code knows, the newest first."""
    return [one.revision for one in ScriptDirectory.from_config(scripts()).walk_revisions()]


def move_to_head(connection: sa.Connection) -> None:
    """Run, within the transaction of `connection`, the scripts that it lacks, and stamp it."""
    config = scripts()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
