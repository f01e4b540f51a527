"""The steps of the pipeline; the command, the assets and the demo call these and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

from connectors.core import registry
from connectors.core.extract import (
    StreamResult,
    create_raw_tables,
    disabled,
    extract_source,
)
from connectors.core.source import Source, Stream
from orchestration.app import App
from orchestration.dbt import BuildResult, dbt_build
from orchestration.forecasting import take_snapshot_after_build
from orchestration.publishing import published
from orchestration.readings import ExtractResult, Readings, count_landed
from orchestration.recording import quota_of, recorded, status_of
from orchestration.remembering import remembering
from quality.columns import check_columns
from quality.gate import GateResult, run_gate
from quality.held import held_streams
from quality.order import gates_in_order
from quality.publishing import keep_scores
from quality.spec import STAGES, RuleSet, Stage
from reverse_etl.clearance import check_clearance
from reverse_etl.destinations.registry import account_of, syncs_in_use
from reverse_etl.echo import count_echoes
from reverse_etl.lineage import check_lineage
from reverse_etl.spec import SyncSpec, sync, syncs
from reverse_etl.sync import SyncResult, run_sync
from reverse_etl.together import groups, run_together
from warehouse.clock import new_run_id
from warehouse.deliveries import Deliveries
from warehouse.errors import Misconfigured, RevopsError
from warehouse.lease import Lease
from warehouse.telemetry import span

Say = Callable[[str], None]


def quiet(_: str) -> None:
    """Says nothing."""


def extract(
    app: App,
    vendors: Sequence[str] = (),
    streams: Sequence[str] = (),
    *,
    full_refresh: bool = False,
    compare_ids: bool = False,
    run_id: str | None = None,
    say: Say = quiet,
) -> ExtractResult:
    """Land what is new in the tools; a vendor that cannot be asked does not stop the others.

    Raises:
        Misconfigured: a vendor or stream of that name does not exist.
    """
    chosen = registry.sources_in_use(tuple(vendors) or app.settings.vendors_in_use)
    wanted = {source.name: _streams(source, streams) for source in chosen}
    if streams and not any(wanted.values()):
        raise Misconfigured(f"No connector has a stream {', '.join(streams)}")
    create_raw_tables(app.warehouse, registry.sources().values())
    label = "-".join(["extract", *vendors])
    run_id = app.runs.start("extract", " ".join(wanted), run_id=_step(run_id, label))
    result = ExtractResult(run_id)
    for source in chosen:
        result.streams += _extract_one(
            app,
            source,
            wanted[source.name],
            run_id,
            full_refresh=full_refresh,
            compare_ids=compare_ids,
            quotas=result.quotas,
            say=say,
        )
    result.echoes = _echoes(app, result)
    app.runs.finish(run_id, status_of(result.exit_code), result.as_json())
    return result


def build(
    app: App,
    selection: Sequence[str] = (),
    *,
    full_refresh: bool = False,
    run_id: str | None = None,
) -> BuildResult:
    """Run dbt over the warehouse; the day's first one is the forecast that is written down.

    What is built of a stream that a landing gate holds stays as it was.

    Raises:
        Held: a model or test failed.
    """
    create_raw_tables(app.warehouse, registry.sources().values())
    run_id = app.runs.start("build", " ".join(selection), run_id=_step(run_id, "build"))
    besides = [one.selection for one in held_streams(app.warehouse, app.state)]
    try:
        with span("build", step=run_id), published(app, whole=not selection), remembering(app):
            result = dbt_build(
                app.warehouse,
                dbt_target(app),
                selection,
                besides=besides,
                full_refresh=full_refresh,
            )
            take_snapshot_after_build(app, run_id)
    except RevopsError as error:
        app.runs.finish(run_id, status_of(error.exit_code), {"error": str(error)})
        raise
    result = replace(result, left_out=tuple(besides))
    app.runs.finish(run_id, "succeeded", result.as_json())
    return result


def gate(
    app: App,
    names: Sequence[str] = (),
    *,
    stages: Collection[Stage] = STAGES,
    with_lower: bool = True,
    docs: Path | None = None,
    run_id: str | None = None,
) -> list[GateResult]:
    """Judge tables, the lower ones first; by every ruleset if none is named.

    Of a tool that is not in use, nothing was landed that could be judged: its gates are left out.
    The gates that named ones come after are run too, if `with_lower`. Data Docs are written into a
    folder per gate under `docs`, if it is given.

    Raises:
        Misconfigured: there is no such ruleset, or a rule names a column that its table has not.
        WarehouseError: a table is not there.
    """
    chosen = gates_in_order(names, stages, with_lower=with_lower)
    if not names:
        in_use = {one.name for one in registry.sources_in_use(app.settings.vendors_in_use)}
        chosen = [one for one in chosen if one.vendor is None or one.vendor in in_use]
    for one in chosen:
        check_columns(one)
    run_id = app.runs.start(
        "gate", " ".join(one.ruleset for one in chosen), run_id=_step(run_id, "gate")
    )
    try:
        results = [_judged(app, one, run_id, docs and docs / one.ruleset) for one in chosen]
        with app.warehouse.open("keeping quality scores") as session:
            keep_scores(session)
    except RevopsError as error:
        app.runs.finish(run_id, "failed", {"error": str(error)})
        raise
    held = any(one.verdict.decision == "hold" for one in results)
    report = {"gates": [one.as_json() for one in results]}
    app.runs.finish(run_id, "held" if held else "succeeded", report)
    return results


def _judged(app: App, one: RuleSet, run_id: str, docs: Path | None) -> GateResult:
    with span("gate", step=run_id, gate=one.ruleset):
        return run_gate(one, app.warehouse, app.state, app.clock, run_id=run_id, docs=docs)


def deliver(
    app: App,
    spec: SyncSpec,
    *,
    run_id: str | None = None,
    expected_digest: str | None = None,
    allowed: Collection[str] = (),
    say: Callable[[int], None] = lambda _: None,
) -> SyncResult:
    """Run one sync; `allowed` names guards that it may exceed this time.

    Raises:
        RevopsError: it could not begin; what it did once begun is in the result.
    """
    check_sync(app, spec)
    with _alone(app, spec):
        return _deliver_alone(app, spec, run_id, expected_digest, allowed=allowed, say=say)


def _deliver_alone(
    app: App,
    spec: SyncSpec,
    run_id: str | None,
    expected_digest: str | None,
    *,
    allowed: Collection[str],
    say: Callable[[int], None],
) -> SyncResult:
    run_id = _step(run_id, f"sync-{spec.name}")
    with recorded(app, "sync", spec.name, run_id) as recording:
        with recording.tool(app, spec) as tool:
            result = run_sync(
                spec,
                tool,
                app.warehouse,
                app.state,
                app.clock,
                run_id=run_id,
                expected_digest=expected_digest,
                allowed=allowed,
                progress=say,
            )
        recording.report, recording.exit_code = result.as_json(), result.exit_code
    return result


def deliver_all(
    app: App,
    specs: Sequence[SyncSpec],
    *,
    run_id: str | None = None,
    say: Callable[[SyncSpec], None] = lambda _: None,
) -> Iterator[tuple[SyncSpec, SyncResult | RevopsError]]:
    """Run syncs one after the other, those to the same records together; what came of each.

    `say` is told of a sync before it begins. One that cannot begin does not stop the others.
    """
    for group in groups(specs):
        for spec in group:
            say(spec)
        if len(group) > 1:
            yield from _deliver_together(app, group, run_id)
            continue
        (spec,) = group
        try:
            yield spec, deliver(app, spec, run_id=run_id)
        except RevopsError as error:
            yield spec, error


def _deliver_together(
    app: App, group: Sequence[SyncSpec], run_id: str | None
) -> Iterator[tuple[SyncSpec, SyncResult | RevopsError]]:
    """Run syncs in one go; what the tool was asked is noted of the first one that can begin."""
    results: dict[str, SyncResult | RevopsError] = {}
    run_id = run_id or new_run_id()
    ids = {_step(run_id, f"sync-{spec.name}"): spec for spec in group}
    with ExitStack() as stack:
        going: dict[str, SyncSpec] = {}
        for step, spec in ids.items():
            try:
                check_sync(app, spec)
                stack.enter_context(_alone(app, spec))
            except RevopsError as error:
                results[step] = error
            else:
                going[step] = spec
        try:
            results |= _recorded_together(app, going) if going else {}
        except RevopsError as error:
            results |= dict.fromkeys(going, error)
    for step, spec in ids.items():
        yield spec, results[step]


def _recorded_together(
    app: App, going: Mapping[str, SyncSpec]
) -> dict[str, SyncResult | RevopsError]:
    """A run of each sync is noted, as if it had been alone."""
    recordings = {}
    with ExitStack() as stack:
        for step, spec in going.items():
            recordings[step] = stack.enter_context(recorded(app, "sync", spec.name, step))
        first = next(iter(going))
        tool = stack.enter_context(recordings[first].tool(app, going[first]))
        results = run_together(going, tool, app.warehouse, app.state, app.clock)
        for step, result in results.items():
            noted = recordings[step]
            if isinstance(result, SyncResult):
                noted.report, noted.exit_code = result.as_json(), result.exit_code
            else:
                noted.report, noted.exit_code = {"error": str(result)}, result.exit_code
    return results


def _alone(app: App, spec: SyncSpec) -> AbstractContextManager[None]:
    """Two runs of one sync would abandon each other's rows: one at a time."""
    wait = app.settings.warehouse.wait_seconds
    lease = Lease(app.settings.home / f"sync_{spec.name}", wait_seconds=wait)
    return lease.held(f"sync {spec.name}")


def chosen_syncs(app: App, name: str | None = None) -> list[SyncSpec]:
    """The named sync, or every one to a tool that is in use."""
    return syncs_in_use(app.settings.vendors_in_use) if name is None else [sync(name)]


def check_sync(app: App, spec: SyncSpec) -> None:
    """Refuse a sync that tells a tool what it may not know, or feeds itself by the last build.

    Raises:
        Misconfigured: the destination is not cleared for a column, or an echo is not declared safe.
    """
    check_clearance(spec)
    source = registry.sources().get(spec.destination)
    # What no connector reads does not come back.
    if source is not None:
        check_lineage(spec, source, dbt_target(app) / "manifest.json")


def dbt_target(app: App) -> Path:
    """Where dbt keeps its artifacts for this installation."""
    return app.settings.home.absolute() / "dbt"


def _extract_one(
    app: App,
    source: Source,
    streams: Sequence[Stream],
    run_id: str,
    *,
    full_refresh: bool,
    compare_ids: bool,
    quotas: dict[str, dict[str, int]],
    say: Say,
) -> list[StreamResult]:
    # A source that could not declare any stream says why when it is opened.
    if source.streams and not streams:
        return []
    try:
        tool = app.open_tool(source)
    except Misconfigured as error:
        return [disabled(source, error)]
    with tool:
        with Readings(say, step=run_id) as readings:
            results = extract_source(
                source,
                tool,
                app.warehouse,
                app.clock,
                run_id=run_id,
                streams=streams,
                full_refresh=full_refresh,
                compare_ids=compare_ids,
                progress=readings.begin,
            )
        count_landed(results)
        quotas |= quota_of(tool)
        return results


def _echoes(app: App, result: ExtractResult) -> dict[str, int]:
    landed = {f"{one.vendor}.{one.stream}" for one in result.streams if one.landed.versions}
    found: Counter[str] = Counter()
    with app.warehouse.open("recognising echoes") as session:
        for spec in syncs().values():
            source = account_of(spec.destination)
            read_by = source.stream_of(spec.object)
            stream = f"{spec.destination}.{read_by.name}" if read_by else ""
            # To be put on a list changes nothing in a record.
            if stream in landed and spec.fields:
                found[stream] += count_echoes(
                    session, spec, source, result.run_id, Deliveries(app.state).last_sent(spec.name)
                )
    return {stream: count for stream, count in found.items() if count}


def _streams(source: Source, names: Sequence[str]) -> tuple[Stream, ...]:
    return tuple(one for one in source.streams if not names or one.name in names)


def _step(run_id: str | None, step: str) -> str:
    """The id of one step: a run of its own, or a part of a larger run."""
    return f"{run_id or new_run_id()}/{step}"
