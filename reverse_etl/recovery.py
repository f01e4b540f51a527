"""Settles what a killed or cut-off run left open, before anything else is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reverse_etl.destinations.base import Destination, Row, RowOutcome
from reverse_etl.jobs import ended
from reverse_etl.readback import arrived
from warehouse.clock import Clock
from warehouse.deliveries import Deliveries, Entry, Settlement
from warehouse.errors import Refused

# Why what was in doubt counts as delivered, or as not; what was seen is told from what was not.
_READ_BACK = ("found delivered by read-back", "not delivered, by read-back")
_AT_MOST_ONCE = "taken for delivered: it was not found, and may not be there twice"
_UNREAD = ("taken for delivered: the tool cannot be read", "the tool cannot be read: sent again")


@dataclass(frozen=True)
class Recovery:
    """What an interrupted run had left open, and how it turned out."""

    delivered: int = 0
    abandoned: int = 0
    rejected: int = 0


def recover(sync: str, destination: Destination, deliveries: Deliveries, clock: Clock) -> Recovery:
    """Ask the tool what became of what is open: its jobs first, then what it holds.

    Nothing is sent again here: what did not arrive is wished for by the next plan.

    Raises:
        Unavailable: the tool does not answer, or a job of an earlier run is still under way:
            to send anything now could be undone by it.
    """
    left = deliveries.unsettled(sync)
    never_sent = [entry for entry in left if entry.outcome == "planned"]
    deliveries.abandon(never_sent, "never sent: the run was interrupted", clock.now())
    in_doubt = [entry for entry in left if entry.outcome != "planned"]
    told = _told_by_jobs(sync, destination, deliveries, in_doubt)
    deliveries.settle(sync, told, clock.now())
    spoken = {one.entry.entry_id for one in told}
    unspoken = [entry for entry in in_doubt if entry.entry_id not in spoken]
    delivered, lost = _read_back(sync, destination, deliveries, unspoken, clock)
    rejected = sum(one.outcome == "rejected" for one in told)
    return Recovery(delivered + len(told) - rejected, lost + len(never_sent), rejected)


def settlements(entries: Sequence[Entry], outcomes: Sequence[RowOutcome]) -> list[Settlement]:
    """Match the tool's answer to the rows: each gets one outcome, and silence is not success."""
    said: dict[str, RowOutcome] = {}
    contradicted = {one.trace for one in outcomes if said.setdefault(one.trace, one) != one}
    found = []
    for entry in entries:
        trace = str(entry.entry_id)
        told = said.get(trace)
        if told is not None and trace not in contradicted:
            error = told.error if told.outcome == "rejected" else None
            found.append(Settlement(entry, told.outcome, told.tool_id, told.reason, error))
        else:
            why = "contradicts itself" if told else "left it out"
            found.append(Settlement(entry, "unknown", reason=f"the tool's answer {why}"))
    return found


def as_rows(entries: Sequence[Entry]) -> list[Row]:
    """The rows that are sent for entries of the ledger."""
    return [Row(entry.key, entry.fields, str(entry.entry_id)) for entry in entries]


def _told_by_jobs(
    sync: str, destination: Destination, deliveries: Deliveries, in_doubt: Sequence[Entry]
) -> list[Settlement]:
    """What the tool's own jobs say of the rows in doubt that they had."""
    open_ids = {entry.entry_id for entry in in_doubt}
    told: list[Settlement] = []
    for handle in dict.fromkeys(entry.job for entry in in_doubt if entry.job is not None):
        # A job names some rows by their place in the request: it is asked for all that it had.
        whole = deliveries.of_job(sync, handle)
        try:
            outcomes = ended(destination, handle, as_rows(whole))
        except Refused:
            # Jobs are forgotten after a while; what the tool holds is not.
            continue
        told += [
            one
            for one in settlements(whole, outcomes)
            if one.outcome != "unknown" and one.entry.entry_id in open_ids
        ]
    return told


def _read_back(
    sync: str,
    destination: Destination,
    deliveries: Deliveries,
    in_doubt: Sequence[Entry],
    clock: Clock,
) -> tuple[int, int]:
    """How many had arrived, and how many had not; settled in the sizes that can be read."""
    found, not_found = _READ_BACK if destination.is_readable else _UNREAD
    delivered, size = 0, destination.batch_size
    for operation in dict.fromkeys(entry.operation for entry in in_doubt):
        alike = [entry for entry in in_doubt if entry.operation == operation]
        for start in range(0, len(alike), size):
            seen = list(arrived(destination, alike[start : start + size]))
            there = [entry for entry, is_there in seen if is_there]
            said = [Settlement(entry, "acknowledged", reason=found) for entry in there]
            deliveries.settle(sync, said, clock.now())
            lost = [entry for entry, is_there in seen if not is_there]
            if destination.at_most_once:
                said = [Settlement(one, "acknowledged", reason=_AT_MOST_ONCE) for one in lost]
                deliveries.settle(sync, said, clock.now())
                delivered += len(lost)
            else:
                deliveries.abandon(lost, not_found, clock.now())
            delivered += len(there)
    return delivered, len(in_doubt) - delivered
