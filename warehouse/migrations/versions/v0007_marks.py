"""Each write of a sync leaves another mark, by which copies know whether they are behind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("sync", sa.String, primary_key=True),
        sa.Column("mark", sa.String, nullable=False),
        if_not_exists=True,
    )
