"""A run knows the larger run of which it is a step, its process and Dagster's run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.columns import add_missing

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    add_missing(
        "runs",
        sa.Column("parent", sa.String),
        sa.Column("process", sa.String),
        sa.Column("dagster_run_id", sa.String),
    )
    op.create_index("runs_by_status", "runs", ["status"], if_not_exists=True)
    op.create_index("runs_by_parent", "runs", ["parent"], if_not_exists=True)
