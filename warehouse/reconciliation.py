"""Keeps, in `ops.reconciliation`, whether what is landed is what the source has."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from warehouse.connection import Session

# agrees      as many live records as the source counts, or each of its ids
# missing     the source has records that are not landed: something was lost
# surplus     records are landed that the source no longer has
# uncounted   the source cannot count, and its ids were not listed this time
# incomplete  the reading did not come to its end
Verdict = Literal["agrees", "missing", "surplus", "uncounted", "incomplete"]


@dataclass(frozen=True)
class Reconciliation:
    """One stream after one run; counts are of live records unless they say otherwise.

    Attributes:
        counted: at the source after the reading, None where it cannot count.
        live: landed, not deleted.
        rejected: refused by the contract and never landed since.
        landed, deleted: versions that this run added, and how many of them are deletions.
        detail: what a person wants to know next, such as the missing ids.
    """

    run_id: str
    vendor: str
    stream: str
    checked_at: datetime
    counted: int | None
    live: int
    rejected: int
    landed: int
    deleted: int
    verdict: Verdict
    detail: str | None = None


def create_reconciliation(session: Session) -> None:
    """Create the table if it is not there."""
    session.execute("create schema if not exists ops")
    session.execute(
        "create table if not exists ops.reconciliation (run_id varchar not null,"
        " vendor varchar not null, stream varchar not null, checked_at timestamptz not null,"
        " counted bigint, live bigint not null, rejected bigint not null, landed bigint not null,"
        " deleted bigint not null, verdict varchar not null, detail varchar)"
    )


def note_reconciliation(session: Session, found: Reconciliation) -> None:
    """Append one verdict."""
    create_reconciliation(session)
    columns = asdict(found)
    names, values = ", ".join(columns), ", ".join(f"${name}" for name in columns)
    session.execute(f"insert into ops.reconciliation ({names}) values ({values})", columns)


def latest_reconciliations(session: Session) -> dict[tuple[str, str], dict[str, Any]]:
    """The newest verdict of every stream that was ever read, by vendor and stream."""
    create_reconciliation(session)
    found = session.rows(
        "from ops.reconciliation qualify row_number() over"
        " (partition by vendor, stream order by checked_at desc, run_id desc) = 1"
    )
    return {(row["vendor"], row["stream"]): row for row in found}


def last_whole_readings(session: Session) -> dict[tuple[str, str], datetime]:
    """When every stream was last read to its end, by vendor and stream."""
    create_reconciliation(session)
    found = session.rows(
        "select vendor, stream, max(checked_at) as checked_at from ops.reconciliation"
        " where verdict <> 'incomplete' group by vendor, stream"
    )
    return {(row["vendor"], row["stream"]): row["checked_at"] for row in found}


def usual_counts(session: Session, *, before: int, telling: int) -> dict[str, float]:
    """The median of live records in the readings before the newest, by `vendor.stream`.

    Of up to `before` whole readings; fewer than `telling` tell nothing.
    """
    create_reconciliation(session)
    found = session.rows(
        "with readings as (select vendor, stream, live, row_number() over (partition by vendor,"
        " stream order by checked_at desc, run_id desc) - 1 as place from ops.reconciliation"
        " where verdict <> 'incomplete') select vendor || '.' || stream as stream,"
        " median(live)::double as usual from readings where place between 1 and $before"
        " group by all having count(*) >= $telling",
        {"before": before, "telling": telling},
    )
    return {row["stream"]: row["usual"] for row in found}
