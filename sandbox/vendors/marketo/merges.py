"""What is told of two leads that became one."""

from datetime import datetime
from typing import Any

from sandbox.instants import zendesk_instant

Record = dict[str, Any]


def merged(record: Record, winner: Record, at: datetime) -> Record:
    stamp = zendesk_instant(at)
    gone = {"isDeleted": True, "deletedAt": stamp, "mergedInto": winner["id"]}
    return {**record, **gone, "updatedAt": stamp, "changedAt": stamp}


def merge_of(record: Record, winner: Record) -> tuple[tuple[int, str], Record]:
    """What the log says about a merge, on the lead that stays."""
    attributes = {
        "Merge IDs": f"[{record['id']}]",
        "Master Updated": False,
        "Merge Source": "Manual Merge",
        "Merged in Sales": False,
    }
    return (winner["id"], f"{winner['firstName'] or ''} {winner['lastName'] or ''}"), attributes
