"""The tables of the first release: a store that has them is not touched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from warehouse.migrations.columns import INSTANT, JSON

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("report", JSON, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "verdicts",
        sa.Column("verdict_id", sa.Integer, primary_key=True),
        sa.Column("ruleset", sa.String, nullable=False),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("build_id", sa.String),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("quarantined", JSON, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "plans",
        sa.Column("plan_id", sa.String, primary_key=True),
        sa.Column("sync", sa.String, nullable=False),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("verdict_id", sa.Integer),
        sa.Column("config_hash", sa.String, nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("counts", JSON, nullable=False),
        if_not_exists=True,
    )
    _create_ledger()


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("entry_id", sa.Integer, primary_key=True),
        sa.Column("plan_id", sa.String, sa.ForeignKey("plans.plan_id"), nullable=False),
        sa.Column("sync", sa.String, nullable=False),
        sa.Column("destination", sa.String, nullable=False),
        sa.Column("object", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("operation", sa.String, nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("desired", sa.Text, nullable=False),
        sa.Column("verdict_id", sa.Integer),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("request_hash", sa.String),
        sa.Column("tool_id", sa.String),
        sa.Column("reason", sa.Text),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.Column("settled_at", INSTANT),
        if_not_exists=True,
    )
    op.create_index("ledger_by_sync", "ledger", ["sync", "outcome"], if_not_exists=True)
    op.create_index("ledger_by_key", "ledger", ["destination", "object", "key"], if_not_exists=True)
    op.create_table(
        "delivered",
        sa.Column("sync", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("desired", sa.Text, nullable=False),
        sa.Column("held", JSON, nullable=False),
        sa.Column("entry_id", sa.Integer, nullable=False),
        sa.Column("delivered_at", INSTANT, nullable=False),
        if_not_exists=True,
    )
