"""Who was told what, so that nobody is told twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.columns import INSTANT

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("rule", sa.String, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        if_not_exists=True,
    )
