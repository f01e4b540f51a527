"""Who is held out of a sync, so that what it does can be measured, and since when that is known."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from warehouse.clock import Clock
from warehouse.connection import Session
from warehouse.documents import Document

# A hash of 60 bits is read as a number; a share of that range is held out.
_DIGITS = 15
_RANGE = 16**_DIGITS

MEMBERS = """
    create table if not exists ops.holdout_members (
        holdout varchar not null, unit varchar not null, unit_id varchar not null,
        is_held_out boolean not null, sync varchar not null, began_at timestamptz not null,
        moved_at timestamptz, primary key (holdout, unit, unit_id)
    )
"""


class Holdout(Document):
    """A share of the companies or people from whom a sync keeps back what it would send.

    Who is held out depends on the holdout's name and on the id that the gate's key column holds,
    and on nothing else: two syncs with holdouts of one name hold out the same companies.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    share: Annotated[Decimal, Field(gt=0, lt=1, decimal_places=6)]
    unit: Literal["account", "person"] = "account"

    @property
    def limit(self) -> int:
        """Numbers below it are held out."""
        return int(self.share * _RANGE)


def is_held_out(holdout: Holdout | None, key: str) -> str:
    """SQL: whether the unit whose id the column `key` holds is held out; false where it has none.

    MD5 is the same in every version of every engine. A name holds no colon, so that no two pairs of
    name and id are hashed as one text.
    """
    if holdout is None:
        return "false"
    hashed = f"md5('{holdout.name}:' || {key}::varchar)"
    return f"coalesce(('0x' || left({hashed}, {_DIGITS}))::bigint < {holdout.limit}, false)"


def enrol(
    session: Session,
    sync: str,
    holdout: Holdout,
    units: str,
    *,
    besides: Collection[str],
    clock: Clock,
) -> None:
    """Note which units take part from now on, and on which side; who is known stays as noted.

    `units` is SQL for the ids, in a column `unit_id`; `besides` are ids that are kept back on both
    sides. Whoever is on the other side by now, since the share was changed, has been on both:
    `moved_at` tells since when, and they are measured no longer.
    """
    known = {"holdout": holdout.name, "unit": holdout.unit, "now": clock.now()}
    kept_back = {"unit_id": sorted(besides)}
    with session.table("kept_back", kept_back, {"unit_id": "text"}), session.transaction():
        session.execute("create schema if not exists ops")
        session.define(MEMBERS)
        session.execute(f"""
            create or replace temp table sides as
            select distinct unit_id, {is_held_out(holdout, "unit_id")} as is_held_out
            from ({units}) anti join kept_back using (unit_id)
            where unit_id is not null
        """)
        session.execute(_MOVED, known)
        session.execute(_ENROLLED, known | {"sync": sync})


_MOVED = """
    update ops.holdout_members set moved_at = $now::timestamptz
    from sides
    where
        holdout_members.holdout = $holdout
        and holdout_members.unit = $unit
        and holdout_members.unit_id = sides.unit_id
        and holdout_members.is_held_out != sides.is_held_out
        and holdout_members.moved_at is null
"""

_ENROLLED = """
    insert or ignore into ops.holdout_members
    select $holdout, $unit, unit_id, is_held_out, $sync, $now::timestamptz, null
    from sides
"""
