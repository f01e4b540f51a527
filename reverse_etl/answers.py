"""Reads out of an endpoint's answer, as its document says, what became of each row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from reverse_etl.destinations.base import Row, RowOutcome
from reverse_etl.endpoint import Answer, Told, inside
from warehouse.deliveries import ErrorClass


def outcomes(
    answer: Answer, said: Any, rows: Sequence[Row], transient: Sequence[str | int]
) -> list[RowOutcome]:
    """The answer by row; of whom it does not speak, or not clearly, is left out."""
    no, is_whole = _rejections(answer.rejected, said, rows, transient)
    if answer.results is not None:
        yes = _results(answer.results, said, rows, transient)
        return [*no.values(), *(one for trace, one in yes.items() if trace not in no)]
    if not is_whole or (answer.sign is not None and not inside(said, answer.sign)):
        return list(no.values())
    others = [row for row in rows if row.trace not in no]
    return [*no.values(), *(RowOutcome(row.trace, "acknowledged") for row in others)]


def _rejections(
    told: Told | None, said: Any, rows: Sequence[Row], transient: Sequence[str | int]
) -> tuple[dict[str, RowOutcome], bool]:
    """Who was rejected, and whether that is all of them: a rejection may name nobody we know."""
    found = inside(said, told.at) if told else None
    if told is None or found is None:
        return {}, True
    if not isinstance(found, list):
        return {}, False
    no: dict[str, RowOutcome] = {}
    is_whole = True
    for element in found:
        row = _named_row(told, element, 0, rows)
        if row is None:
            is_whole = False
            continue
        one, before = _outcome(told, row, element, transient, is_no=True), no.get(row.trace)
        if before is not None:
            passes = before.error == one.error == "transient"
            one = RowOutcome(
                row.trace,
                "rejected",
                reason=f"{before.reason}; {one.reason}",
                error="transient" if passes else "permanent",
            )
        no[row.trace] = one
    return no, is_whole


def _results(
    told: Told, said: Any, rows: Sequence[Row], transient: Sequence[str | int]
) -> dict[str, RowOutcome]:
    """What was said of each row; one that is named twice is left out, as nobody knows which."""
    found = inside(said, told.at)
    elements: list[Any] = found if isinstance(found, list) else []
    if told.named_by == "place" and len(elements) != len(rows):
        # Nobody can say which of them are missing.
        return {}
    named = [(_named_row(told, one, place, rows), one) for place, one in enumerate(elements)]
    times = Counter(row.trace for row, _ in named if row is not None)
    ids = Counter(str(inside(one, told.id)) for _, one in named if told.id)
    return {
        row.trace: _outcome(told, row, one, transient, is_no=False)
        for row, one in named
        if row is not None
        and times[row.trace] == 1
        and not (told.id and _is_doubled(inside(one, told.id), ids))
    }


def _named_row(told: Told, element: Any, place: int, rows: Sequence[Row]) -> Row | None:
    if told.named_by == "place":
        return rows[place]
    name = inside(element, told.name)
    if told.named_by == "key":
        return next((row for row in rows if row.key == str(name)), None)
    is_number = isinstance(name, int) and not isinstance(name, bool)
    return rows[name] if is_number and 0 <= name < len(rows) else None


def _is_doubled(tool_id: Any, ids: Counter[str]) -> bool:
    """One id for two records: one of them at most has been written."""
    return tool_id is not None and ids[str(tool_id)] > 1


def _outcome(
    told: Told, row: Row, element: Any, transient: Sequence[str | int], *, is_no: bool
) -> RowOutcome:
    error = inside(element, told.error) if told.error else None
    status = inside(element, told.status) if told.status else None
    if not is_no and error in (None, "", [], {}, False) and (not told.ok or status in told.ok):
        tool_id = inside(element, told.id) if told.id else None
        return RowOutcome(row.trace, "acknowledged", None if tool_id is None else str(tool_id))
    reason = ": ".join(_shown(one) for one in (status, error) if one not in (None, ""))
    passing: ErrorClass = "transient" if status in transient or error in transient else "permanent"
    return RowOutcome(
        row.trace, "rejected", reason=reason or json.dumps(element)[:200], error=passing
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
