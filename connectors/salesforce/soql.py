"""The queries: a window of time walked by stamp and id, live rows counted, and bare ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors.salesforce.fields import Shape

State = Mapping[str, Any]


def rows_query(shape: Shape, state: State) -> str:
    """What of the window is still to be read, in the order in which it can be resumed."""
    return (
        f"SELECT {', '.join(shape.fields)} FROM {shape.sobject} WHERE {_conditions(shape, state)}"  # noqa: S608
        f" ORDER BY {shape.stamp} ASC, Id ASC"
    )


def live_count_query(sobject: str, *, has_deleted: bool) -> str:
    where = " WHERE IsDeleted = false" if has_deleted else ""
    return f"SELECT COUNT() FROM {sobject}{where}"  # noqa: S608 - a declared name


def ids_query(sobject: str, after: str, *, has_deleted: bool) -> str:
    """The live ids behind one, in order."""
    conditions = ["IsDeleted = false"] if has_deleted else []
    conditions += [f"Id > '{after}'"] if after else []
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT Id FROM {sobject}{where} ORDER BY Id ASC"  # noqa: S608 - as above


def _conditions(shape: Shape, state: State) -> str:
    stamp = shape.stamp
    conditions = [f"{stamp} <= {literal(state['until'])}"]
    if "since" in state:
        since = f"{stamp} >= {literal(state['since'])}"
        # NOTES.md 3: rows that keep their stamp in the recycle bin are asked for by that alone.
        keeps_stamp = shape.has_deleted and "LastModifiedDate" not in shape.types
        conditions.append(f"({since} OR IsDeleted = true)" if keeps_stamp else since)
    if "stamp" in state:
        at = literal(state["stamp"])
        conditions.append(f"({stamp} > {at} OR ({stamp} = {at} AND Id > '{state['id']}'))")
    return " AND ".join(conditions)


def literal(instant: str) -> str:
    """A SOQL datetime literal: unquoted, in UTC, with milliseconds."""
    return datetime.fromisoformat(instant).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def position(records: Sequence[msgspec.Raw], stamp: str) -> dict[str, str]:
    """The stamp and id of the last whole record; nothing where there is none."""
    for record in reversed(records):
        try:
            row = msgspec.json.decode(record)
            return {"stamp": datetime.fromisoformat(row[stamp]).isoformat(), "id": str(row["Id"])}
        except (msgspec.DecodeError, LookupError, TypeError, ValueError):
            continue
    return {}


def id_of(record: msgspec.Raw) -> str:
    """The id of a row that has nothing else."""
    return str(msgspec.json.decode(record)["Id"])
