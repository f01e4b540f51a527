"""What a ledger says, read whole."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from warehouse.state import LEDGER, PLANS, StateStore


def changes(state: StateStore, sync: str) -> list[dict[str, Any]]:
    """The ledger's rows of a sync with their plan's run, oldest first."""
    query = (
        sa.select(LEDGER, PLANS.c.run_id)
        .join(PLANS, PLANS.c.plan_id == LEDGER.c.plan_id)
        .where(LEDGER.c.sync == sync)
        .order_by(LEDGER.c.entry_id)
    )
    with state.transaction() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
