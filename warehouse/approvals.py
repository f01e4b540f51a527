"""Who approved which plan of a sync."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from warehouse.runs import as_utc
from warehouse.state import APPROVALS, StateStore


@dataclass(frozen=True)
class Approval:
    """A person's yes to one plan, named by its digest."""

    sync: str
    digest: str
    approved_by: str
    approved_at: datetime


def save_approval(state: StateStore, approval: Approval) -> None:
    """Keep an approval; a second one of the same plan takes the place of the first."""
    known = (APPROVALS.c.sync == approval.sync, APPROVALS.c.digest == approval.digest)
    with state.transaction() as connection:
        connection.execute(sa.delete(APPROVALS).where(*known))
        connection.execute(sa.insert(APPROVALS).values(**vars(approval)))


def approvals(state: StateStore, sync: str) -> dict[str, Approval]:
    """The approved plans of a sync, by digest."""
    query = sa.select(APPROVALS).where(APPROVALS.c.sync == sync)
    with state.transaction() as connection:
        return {
            row["digest"]: Approval(
                row["sync"], row["digest"], row["approved_by"], as_utc(row["approved_at"])
            )
            for row in connection.execute(query).mappings()
        }
