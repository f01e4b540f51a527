"""A store tells itself from any other."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "store",
        sa.Column("only", sa.Integer, primary_key=True),
        sa.Column("store_id", sa.String, nullable=False),
        if_not_exists=True,
    )
    store = sa.table("store", sa.column("only"), sa.column("store_id"))
    if not op.get_bind().execute(sa.select(store.c.store_id)).first():
        op.execute(sa.insert(store).values(only=1, store_id=uuid4().hex))
