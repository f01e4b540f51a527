"""Reads streams and lands them: pages in, contract checked, then compared with the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import httpx
import msgspec

from connectors.core.contract import Contract
from connectors.core.drift import FieldWatch
from connectors.core.http import ToolClient
from connectors.core.lander import Lander
from connectors.core.reconcile import (
    Finding,
    compare,
    count_at_source,
    is_sweep_due,
    land_deletions,
    sweep,
)
from connectors.core.source import Page, Reading, Source, Stream, Tool
from warehouse.clock import Clock
from warehouse.connection import Warehouse
from warehouse.errors import Misconfigured, RevopsError, Unauthorised, Unavailable
from warehouse.landing import Landed, Position, RawStream
from warehouse.reconciliation import Reconciliation, Verdict, create_reconciliation

Progress = Callable[[str], None]


@dataclass
class StreamResult:
    """What one stream brought in one run; `error` is set when it stopped early.

    `verdict` says whether what is landed is what the source has; `resting` is a stream that is
    read less often and whose time has not come.
    """

    vendor: str
    stream: str
    read: int = 0
    landed: Landed = field(default_factory=Landed)
    status: Literal["done", "resting", "disabled", "failed"] = "done"
    error: str | None = None
    exit_code: int = 0
    counted: int | None = None
    verdict: Verdict = "uncounted"
    notices: list[str] = field(default_factory=list)

    def stop(self, exit_code: int, error: str) -> None:
        """Note why the stream was not read to its end."""
        self.status, self.exit_code, self.error = "failed", exit_code, error

    def note(self, read: int, landed: Landed) -> None:
        """Count what was committed."""
        self.read += read
        self.landed = self.landed.plus(landed)

    def say(self, notice: str) -> None:
        """Note what people should know and no error is."""
        self.notices.append(notice)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Task:
    """One stream to be read in one run."""

    source: Source
    stream: Stream
    tool: Tool
    raw: RawStream
    clock: Clock
    run_id: str
    compare_ids: bool = False
    days: tuple[date, date] | None = None

    @property
    def now(self) -> datetime:
        """The source's own time where it tells: streams rest by its days, not by ours."""
        tool = self.tool
        return tool.source_time() if isinstance(tool, ToolClient) else self.clock.now()


def create_raw_tables(warehouse: Warehouse, sources: Iterable[Source]) -> None:
    """Create the raw tables of every declared stream, so that a build never misses one."""
    with warehouse.open("preparing the raw layer") as session:
        create_reconciliation(session)
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
    compare_ids: bool = False,
    days: tuple[date, date] | None = None,
    progress: Progress = lambda _: None,
) -> list[StreamResult]:
    """Land what is new in the streams of one source; a stream that fails does not stop the rest.

    With `days` their first to their last are read again, of streams that can be read by day.
    """
    results: list[StreamResult] = []
    refused: Unauthorised | None = None
    asked = ""
    wanted = list(source.streams if streams is None else streams)
    raws = {one.name: RawStream(warehouse, source.name, one.name) for one in wanted}
    with warehouse.open(f"reading {source.name}"):
        for stream in wanted if full_refresh else ():
            _begin_anew(stream, raws[stream.name])
        positions = {name: raw.position() for name, raw in raws.items()}
    for stream in wanted:
        result = StreamResult(source.name, stream.name)
        results.append(result)
        if refused is not None:
            # Each stream is read of by itself: the one that tells more is named.
            said = f"not asked: the credential is not accepted, see {source.name}.{asked}"
            result.stop(refused.exit_code, said)
            continue
        raw, asked = raws[stream.name], stream.name
        progress(f"{source.name}.{stream.name}")
        try:
            task = Task(source, stream, tool, raw, clock, run_id, compare_ids, days)
            extract_stream(task, positions[stream.name], result)
        except (RevopsError, msgspec.MsgspecError, httpx.InvalidURL) as error:
            refused = error if isinstance(error, Unauthorised) else None
            # An answer of another shape than its reader knows is the vendor's, not ours.
            exit_code = error.exit_code if isinstance(error, RevopsError) else Unavailable.exit_code
            result.stop(exit_code, tool.redact(str(error)))
            result.verdict = "incomplete"
            _note(raw, result, run_id, clock.now())
    return results


def _begin_anew(stream: Stream, raw: RawStream) -> None:
    """Make the next reading read everything; what the cursor knows of what was there stays."""
    cursor = raw.cursor()
    raw.forget_cursor(None if cursor is None else stream.anew(cursor))


def disabled(source: Source, error: Misconfigured) -> StreamResult:
    """The result of a source that cannot be asked."""
    return StreamResult(
        source.name, "*", status="disabled", error=str(error), exit_code=error.exit_code
    )


def extract_stream(task: Task, position: Position, result: StreamResult) -> None:
    """Read one stream from its position to its end; `result` counts what is committed.

    Raises:
        Drifted: a field that staging needs is gone or changed its type.
        RevopsError: the reading stopped; what was landed stays, and the next run goes on there.
    """
    if task.days is None and _is_resting(task, position):
        result.status = "resting"
        return
    stream, raw = task.stream, task.raw
    reading = Reading(task.tool, position.cursor, task.clock, raw.live_keys, result.say, task.days)
    before = count_at_source(stream, task.tool, reading)
    watch = FieldWatch(task.source.name, stream.name, stream.record, position.fields)
    contract, shown = Contract(stream.record), set[str]()
    with Lander(raw, contract, watch, task.clock, run_id=task.run_id, note=result.note) as lander:
        for page in _shown(stream, reading, shown):
            lander.add(page)
        counts = before, count_at_source(stream, task.tool, reading)
        with raw.kept_open():
            lander.flush()
            # A reading that went on in the middle did not show what came before.
            if stream.is_snapshot and position.is_whole:
                _land_unshown(task, shown, lander, result)
            found = compare(counts, raw.position().live, raw.refusals())
            is_first = position.cursor is None and position.live == 0
            is_swept = _is_sweep_due(task, found, is_first=is_first)
            if not is_swept:
                _finish(task, result, watch, found, swept=is_first)
    if is_swept:
        found = sweep(stream, raw, reading, run_id=task.run_id, at=task.clock.now())
        _finish(task, result, watch, found, swept=True)


def _is_resting(task: Task, position: Position) -> bool:
    if task.stream.every is None or position.read_at is None or position.cursor is None:
        return False
    return task.now - position.read_at < task.stream.every


def _shown(stream: Stream, reading: Reading, shown: set[str]) -> Iterator[Page]:
    """The pages, while their keys are gathered if they are all that there is."""
    for page in stream.read(reading):
        if stream.is_snapshot:
            shown |= set(_keys(stream, page))
        yield page


def _keys(stream: Stream, page: Page) -> Iterator[str]:
    for record in page.records:
        try:
            yield stream.record.model_validate_json(bytes(record)).record_key()
        except ValueError:
            continue


def _land_unshown(task: Task, shown: set[str], lander: Lander, result: StreamResult) -> None:
    """Land as deleted what a whole reading did not show; a doubtful reading deletes nothing."""
    if lander.pages == 0 or None in lander.refused:
        why = "a record without a key was refused" if lander.pages else "no page came"
        result.say(f"deletions were not looked for: {why}")
        return
    there = shown | lander.refused
    gone = [key for key in task.raw.live_keys() if key not in there]
    cursor = task.raw.position().cursor or {}
    result.landed = result.landed.plus(
        land_deletions(task.raw, gone, cursor, run_id=task.run_id, at=task.clock.now())
    )


def _is_sweep_due(task: Task, found: Finding, *, is_first: bool) -> bool:
    """Whether the ids are to be compared one by one, beyond the counts."""
    if task.compare_ids:
        return task.stream.ids is not None
    agrees = found.verdict in {"agrees", "uncounted"} and found.is_exact
    if agrees and is_first:
        # Everything has just been read: there is nothing to find by asking again.
        return False
    return is_sweep_due(task.stream, task.raw.position(), task.now, agrees=agrees)


def _finish(
    task: Task, result: StreamResult, watch: FieldWatch, found: Finding, *, swept: bool
) -> None:
    """Note what the comparison came to, and that the reading came to its end."""
    result.counted, result.verdict = found.counted, found.verdict
    result.landed = result.landed.plus(Landed(found.deleted, found.deleted))
    if found.detail:
        result.say(found.detail)
    if new := watch.new_fields():
        result.say(f"new fields, kept in the payload: {', '.join(new)}")
    task.raw.finish(at=task.now, fields=watch.as_known(), swept=swept)
    _note(task.raw, result, task.run_id, task.clock.now())


def _note(raw: RawStream, result: StreamResult, run_id: str, at: datetime) -> None:
    """Keep the verdict where people and dbt can read it."""
    raw.note(
        Reconciliation(
            run_id,
            result.vendor,
            result.stream,
            at,
            counted=result.counted,
            live=raw.position().live,
            rejected=len(raw.refusals()),
            landed=result.landed.versions,
            deleted=result.landed.deletions,
            verdict=result.verdict,
            detail=result.error or "; ".join(result.notices) or None,
        )
    )
