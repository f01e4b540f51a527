"""Reads streams and lands them: pages in, contract checked, one commit per segment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Literal

import msgspec
from pydantic import ValidationError

from connectors.core.source import Reading, Source, Stream, Tool
from warehouse.clock import Clock
from warehouse.connection import Warehouse
from warehouse.errors import Misconfigured, RevopsError, Unauthorised
from warehouse.landing import Cursor, Landed, RawStream, Reject, Segment, Version

# Large enough that commits do not dominate, small enough that a kill repeats little.
SEGMENT_RECORDS = 1_000

Progress = Callable[[str], None]


@dataclass
class StreamResult:
    """What one stream brought in one run; `error` is set when it stopped early."""

    vendor: str
    stream: str
    read: int = 0
    landed: Landed = field(default_factory=Landed)
    status: Literal["done", "disabled", "failed"] = "done"
    error: str | None = None
    exit_code: int = 0
    notices: list[str] = field(default_factory=list)

    def stop(self, exit_code: int, error: str) -> None:
        """Note why the stream was not read to its end."""
        self.status, self.exit_code, self.error = "failed", exit_code, error

    def say(self, notice: str) -> None:
        """Note what people should know and no error is."""
        self.notices.append(notice)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def create_raw_tables(warehouse: Warehouse, sources: Iterable[Source]) -> None:
    """Create the raw tables of every declared stream, so that a build never misses one."""
    with warehouse.open("preparing the raw layer") as session:
        for source in sources:
            for table in source.raw_tables:
                RawStream(warehouse, source.name, table).create(session)


def extract_source(
    source: Source,
    tool: Tool,
    warehouse: Warehouse,
    clock: Clock,
    *,
    run_id: str,
    streams: Iterable[Stream] | None = None,
    full_refresh: bool = False,
    progress: Progress = lambda _: None,
) -> list[StreamResult]:
    """Land what is new in the streams of one source; a stream that fails does not stop the rest."""
    results: list[StreamResult] = []
    refused: Unauthorised | None = None
    for stream in streams if streams is not None else source.streams:
        result = StreamResult(source.name, stream.name)
        results.append(result)
        if refused is not None:
            result.stop(refused.exit_code, "not asked: the credential is not accepted, see above")
            continue
        raw = RawStream(warehouse, source.name, stream.name)
        if full_refresh:
            raw.forget_cursor()
        progress(f"{source.name}.{stream.name}")
        try:
            extract_stream(stream, tool, raw, clock, run_id=run_id, result=result)
        except RevopsError as error:
            refused = error if isinstance(error, Unauthorised) else None
            result.stop(error.exit_code, tool.redact(str(error)))
    return results


def disabled(source: Source, error: Misconfigured) -> StreamResult:
    """The result of a source that cannot be asked."""
    return StreamResult(
        source.name, "*", status="disabled", error=str(error), exit_code=error.exit_code
    )


def extract_stream(
    stream: Stream,
    tool: Tool,
    raw: RawStream,
    clock: Clock,
    *,
    run_id: str,
    result: StreamResult,
) -> None:
    """Read one stream from its cursor to its end; `result` counts what is committed."""
    segment = Segment()
    cursor: Cursor | None = None

    def commit() -> None:
        nonlocal segment
        if cursor is None:
            return
        result.landed = result.landed.plus(raw.land(segment, cursor, run_id=run_id, at=clock.now()))
        result.read += len(segment)
        segment = Segment()

    try:
        for page in stream.read(Reading(tool, raw.cursor(), clock, raw.live_keys_of, result.say)):
            for number, record in enumerate(page.records):
                where = partial(page.place, number) if page.place else None
                _sort_in(segment, stream, record, where)
            segment.rejects += page.rejects
            cursor = page.cursor
            if len(segment) >= SEGMENT_RECORDS:
                commit()
    finally:
        # Whatever stopped the reading, the pages that did arrive are complete: keep them.
        commit()


def _sort_in(
    segment: Segment, stream: Stream, payload: msgspec.Raw, where: Callable[[], str] | None
) -> None:
    text = bytes(payload).decode()
    try:
        record = stream.record.model_validate_json(text)
    except ValidationError as error:
        place = f"{where()}: " if where else ""
        segment.rejects.append(Reject(_key_if_any(text), place + _reasons(error), text))
    else:
        segment.versions.append(
            Version(record.record_key(), record.record_cursor(), record.record_deleted(), text)
        )


def _reasons(error: ValidationError) -> str:
    """Which fields broke the contract and how, without their values."""
    return "; ".join(
        f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}"
        for e in error.errors(include_input=False, include_url=False, include_context=False)
    )


def _key_if_any(text: str) -> str | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    key = found.get("id", found.get("Id")) if isinstance(found, dict) else None
    return None if key is None else str(key)
