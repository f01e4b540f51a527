"""A row that a tool's own job had can be asked for by the job's handle."""

from __future__ import annotations

import sqlalchemy as sa

from warehouse.migrations.columns import add_missing

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add_missing("ledger", sa.Column("job", sa.String))
