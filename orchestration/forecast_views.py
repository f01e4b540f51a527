"""Draws forecasts for people, from the same documents that `--json` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.output import table

Document = Mapping[str, Any]

_EVERYBODY = "(all)"
_OWNERS_SHOWN = 30


def forecast_view(document: Document) -> RenderableType:
    """The quarters, then which method has been closer."""
    parts: list[RenderableType] = list(_quarters(document))
    parts += [_track_record(document["track_records"]), _snapshots(document)]
    return Group(*parts)


def forecast_on_view(document: Document) -> RenderableType:
    """What was believed on a day."""
    said = (
        f"As it was written down on {document['snapshot_date']}, at {document['taken_at']:%H:%M}Z"
    )
    return Group(*_quarters(document), Text(said, style="dim"))


def snapshot_view(document: Document) -> RenderableType:
    if not document["is_new"]:
        return Text(f"{document['snapshot_date']} is written down already, and stays as it is")
    return Text(
        f"{document['snapshot_date']} is written down: {document['owners']} rows of owners and"
        f" quarters, {document['deals']} open deals"
    )


def snapshot_days_view(days: Sequence[Document]) -> RenderableType:
    rows = [
        (one["snapshot_date"], one["taken_at"], one["deals"], one["baseline_version"])
        for one in days
    ]
    return table("Forecasts written down", ("day", "written", "#open deals", "baseline"), rows)


def _quarters(document: Document) -> list[RenderableType]:
    """One table per quarter, its sum last."""
    by_period = groupby(document["positions"], key=lambda row: row["period"])
    return [
        _quarter(f"{period}, {document['reporting_currency']}", list(rows))
        for period, rows in by_period
    ]


def _quarter(title: str, rows: Sequence[Document]) -> Table:
    owners = [row for row in rows if row["owner_or_all"] != _EVERYBODY]
    shown = sorted(owners, key=_size, reverse=True)[:_OWNERS_SHOWN]
    everybody = [row for row in rows if row["owner_or_all"] == _EVERYBODY]
    columns = (
        *("owner", "#quota", "#won", "#called", "#commit", "#best case", "#baseline"),
        *("#8 in 10 within", "#gap", "better so far"),
    )
    lines = [_line(row) for row in [*shown, *everybody]]
    if len(owners) > len(shown):
        title += f", the {len(shown)} largest of {len(owners)} owners"
    return table(title, columns, lines)


def _size(row: Document) -> Decimal:
    return max(row["baseline_amount"] or Decimal(0), row["quota_amount"] or Decimal(0))


def _line(row: Document) -> tuple[object, ...]:
    quota, baseline = row["quota_amount"], row["baseline_amount"]
    gap = None if quota is None or baseline is None else quota - baseline
    low, high = row["baseline_low_amount"], row["baseline_high_amount"]
    return (
        row["owner"],
        *map(_whole, (quota, row["won_amount"], row["called_amount"], row["commit_amount"])),
        *map(_whole, (row["best_case_amount"], baseline)),
        None if low is None else f"{_whole(low)} - {_whole(high)}",
        _whole(gap),
        row.get("better_method"),
    )


def _track_record(records: Sequence[Document]) -> RenderableType:
    everybody = [row for row in records if row["owner_or_all"] == _EVERYBODY]
    if not everybody:
        return Text("No quarter has ended that every method forecast", style="dim")
    rows = [
        (
            row["method"],
            row["call_count"],
            _percent(row["accuracy"]),
            _percent(row["bias"]),
            row["in_range_count"],
            "closest" if row["is_best"] else "",
        )
        for row in everybody
    ]
    columns = ("method", "#forecasts", "#accuracy", "#bias", "#within range", "")
    return table("So far, over the quarters that have ended", columns, rows)


def _snapshots(document: Document) -> Text:
    if not document["snapshots"]:
        return Text("Nothing is written down yet: `revops forecast snapshot`", style="dim")
    said = f"{document['snapshots']} days are written down, the last {document['last_snapshot']}"
    return Text(said, style="dim")


def _whole(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:,.0f}"


def _percent(share: Decimal | None) -> str | None:
    return None if share is None else f"{share * 100:+.1f} %"
