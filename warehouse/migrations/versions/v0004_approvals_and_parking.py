"""Plans are approved and taken back; what a tool refuses for good is parked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.columns import INSTANT, JSON, add_missing

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    add_missing("plans", sa.Column("reverts", sa.String))
    add_missing("ledger", sa.Column("error", sa.String), sa.Column("found", JSON))
    op.create_table(
        "approvals",
        sa.Column("sync", sa.String, primary_key=True),
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("approved_by", sa.String, nullable=False),
        sa.Column("approved_at", INSTANT, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "parked",
        sa.Column("sync", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("entry_id", sa.Integer, nullable=False),
        sa.Column("desired", sa.Text, nullable=False),
        sa.Column("config_hash", sa.String, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("since", INSTANT, nullable=False),
        if_not_exists=True,
    )
