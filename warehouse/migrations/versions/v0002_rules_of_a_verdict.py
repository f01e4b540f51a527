"""A verdict is bound to the rules that judged."""

from __future__ import annotations

import sqlalchemy as sa

from warehouse.migrations.columns import add_missing

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    add_missing("verdicts", sa.Column("rules_hash", sa.String))
