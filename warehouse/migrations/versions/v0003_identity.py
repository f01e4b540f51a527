"""What people decided about identity, which ids last, and what happened to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.columns import INSTANT, JSON

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "identity_decisions",
        sa.Column("decision_id", sa.Integer, primary_key=True),
        sa.Column("entity", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("left_record", sa.String, nullable=False),
        sa.Column("right_record", sa.String),
        sa.Column("attribute", sa.String),
        sa.Column("value", sa.String),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("decided_by", sa.String, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("revokes", sa.Integer),
        if_not_exists=True,
    )
    op.create_table(
        "identity_ids",
        sa.Column("entity", sa.String, primary_key=True),
        sa.Column("record_reference", sa.String, primary_key=True),
        sa.Column("since", sa.String, primary_key=True),
        sa.Column("entity_id", sa.String, nullable=False),
        sa.Column("since_run", sa.String, nullable=False),
        sa.Column("until", sa.String),
        sa.Column("until_run", sa.String),
        if_not_exists=True,
    )
    op.create_table(
        "identity_events",
        sa.Column("event_key", sa.String, primary_key=True),
        sa.Column("event", JSON, nullable=False),
        if_not_exists=True,
    )
