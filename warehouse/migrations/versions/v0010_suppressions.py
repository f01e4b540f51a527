"""People are withheld from tools by one's own word."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.columns import INSTANT

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "suppressions",
        sa.Column("who", sa.String, primary_key=True),
        sa.Column("purpose", sa.String, primary_key=True),
        sa.Column("person_id", sa.String),
        sa.Column("email", sa.String),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        if_not_exists=True,
    )
