"""Erasures with their steps, and keyed hashes of what must not return."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.columns import INSTANT, JSON

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "tombstones",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("erasure_id", sa.String, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.String, primary_key=True),
        sa.Column("plan_digest", sa.String, nullable=False),
        sa.Column("subject_digest", sa.String, nullable=False),
        sa.Column("subject", JSON),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        if_not_exists=True,
    )
    op.create_table(
        "erasure_steps",
        sa.Column("erasure_id", sa.String, sa.ForeignKey("erasures.erasure_id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("told", JSON),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("said", sa.Text),
        sa.Column("ended_at", INSTANT),
        if_not_exists=True,
    )
