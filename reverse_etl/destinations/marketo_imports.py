"""Leads as files: Marketo's bulk imports, which have no name before they have been taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.core.http import ToolClient
from connectors.marketo import imports
from reverse_etl.destinations.base import Fields, Row, RowOutcome, Submitted
from reverse_etl.jobs import PATIENCE
from warehouse.errors import Refused, Unavailable

# From so many on Marketo's guide asks for a file; so many of ours stay far below its 10 MB.
FROM, SIZE = 3_000, 10_000
# How long an import may take that is not known by name; such imports are not listed anywhere.
LONGEST = timedelta(hours=1)
_UNNAMED = "unnamed since "


def submitted(client: ToolClient, rows: Sequence[Fields], asked: Mapping[str, str]) -> Submitted:
    """The rows as an import, that begins when the instant at which it was handed in is kept.

    Raises:
        Refused: a file cannot say it, or would be too large: fewer rows may do, or none in a file.
    """
    try:
        file = imports.as_file(rows, asked["lookupField"])
    except ValueError as error:
        raise Refused(str(error), status=400, body=str(error)) from error
    if len(file) > imports.LARGEST:
        said = f"a file of {len(file):,} bytes is too large"
        raise Refused(said, status=413, body=said)
    handle = f"{_UNNAMED}{client.own_time().astimezone(UTC).isoformat()}"
    return Submitted(handle, lambda: imports.submit(client, file, asked))


def check_unnamed(client: ToolClient, handle: str, longest: timedelta) -> None:
    """Return while an import without a name may be under way, for as long as a run waits.

    Raises:
        Unavailable: it may be for longer than a run waits.
        Refused: it has ended if there ever was one, and nobody tells what it did.
    """
    began = datetime.fromisoformat(handle.removeprefix(_UNNAMED))
    left = began + longest - client.own_time()
    if left <= timedelta(0):
        said = "an import that was handed in has not told its name"
        raise Refused(said, status=404, body=said)
    if left.total_seconds() <= PATIENCE:
        return
    raise Unavailable(
        f"marketo: an import that was handed in at {began:%H:%M} UTC may still be under way, and"
        " its name is lost",
        advice=f"run the sync again after {began + longest:%H:%M} UTC: it could undo what is sent"
        " before",
    )


def is_unnamed(handle: str) -> bool:
    return handle.startswith(_UNNAMED)


def outcomes(
    told: imports.Imported, rows: Sequence[Row], held: Callable[[Sequence[Row]], set[str]]
) -> list[RowOutcome]:
    """What an import that has ended tells of its rows. It names those that came to nothing.

    The others are there if the counts leave no other possibility. Of a row with a warning a value
    was left out; `held` says which of such rows the leads hold all the same, by their trace.
    """
    if told.failed is None or told.warned is None:
        return []
    refused = {row.trace: told.failed[row.key] for row in rows if row.key in told.failed}
    said = [RowOutcome(one, "rejected", reason=why) for one, why in refused.items()]
    if told.status != "Complete":
        # A file that was refused as a whole: it may be read another time.
        whole = told.done == 0 and not said
        why = f"the import is {told.status}: {told.message}"
        others = rows if whole else []
        return said + [
            RowOutcome(row.trace, "rejected", reason=why, error="transient") for row in others
        ]
    if len(refused) != len(told.failed) or told.done + len(refused) != len(rows):
        return said
    warned = [row for row in rows if row.key in told.warned and row.trace not in refused]
    there = held(warned) if warned else set()
    lacking = {row.trace: told.warned[row.key] for row in warned if row.trace not in there}
    return [
        *said,
        *(
            RowOutcome(one, "rejected", reason=f"imported without a value: {why}")
            for one, why in lacking.items()
        ),
        *(
            RowOutcome(row.trace, "acknowledged")
            for row in rows
            if row.trace not in refused and row.trace not in lacking
        ),
    ]


def as_read(leads: Mapping[str, Fields], rows: Sequence[Row], holds: Any) -> set[str]:
    """The traces of the rows that the leads hold as they were wished for."""
    return {
        row.trace
        for row in rows
        if row.key in leads
        and all(holds(leads[row.key].get(name), wish) for name, wish in row.fields.items())
    }
