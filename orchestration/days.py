"""Reads days of a stream again, for those that the tool can be asked for by day."""

from __future__ import annotations

from datetime import date

from connectors.core import registry
from connectors.core.extract import StreamResult, create_raw_tables, extract_source
from connectors.core.source import Source, Stream
from orchestration.app import App
from orchestration.recording import status_of
from warehouse.errors import Misconfigured


def by_day(source: Source) -> list[Stream]:
    """The streams of a source that can be asked for by day."""
    return [stream for stream in source.streams if stream.is_by_day]


def read_days(
    app: App, source: Source, stream: Stream, first: date, last: date, *, run_id: str
) -> StreamResult:
    """Read the days from the first to the last; what is landed already is not landed twice.

    Raises:
        Misconfigured: the stream cannot be asked for by day, or the days are in no order.
    """
    name = f"{source.name}.{stream.name}"
    if not stream.is_by_day:
        raise Misconfigured(
            f"{name} cannot be read by day", advice="read all of it: revops extract --full-refresh"
        )
    if last < first:
        raise Misconfigured(f"{name}: the last day {last} is before the first, {first}")
    create_raw_tables(app.warehouse, registry.sources().values())
    run_id = app.runs.start("extract", f"{name} {first} to {last}", run_id=run_id)
    with app.open_tool(source) as tool:
        (result,) = extract_source(
            *(source, tool, app.warehouse, app.clock),
            run_id=run_id,
            streams=[stream],
            days=(first, last),
        )
    app.runs.finish(run_id, status_of(result.exit_code), result.as_json())
    return result
