"""Notes a run that writes to a tool: its report, what the tool was asked, and both for analysts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from connectors.core.calls import CallLog
from connectors.core.http import ToolClient
from connectors.core.source import Tool
from orchestration.app import App
from reverse_etl.destinations.registry import account_of
from reverse_etl.mirror_runs import mirror_runs
from reverse_etl.spec import SyncSpec
from warehouse.errors import RevopsError
from warehouse.runs import Status
from warehouse.telemetry import count, span

_STATUS: dict[int, Status] = {0: "succeeded", 3: "held", 4: "partial"}


def status_of(exit_code: int) -> Status:
    return _STATUS.get(exit_code, "failed")


def quota_of(tool: Tool) -> dict[str, dict[str, int]]:
    """What the tool last said of its quota for the day, by its name; empty if it said nothing."""
    if not isinstance(tool, ToolClient) or tool.day is None:
        return {}
    return {tool.vendor: {"limit": tool.day.limit, "remaining": tool.day.remaining}}


@dataclass
class Recording:
    """What a run leaves to be read."""

    report: dict[str, Any] = field(default_factory=dict)
    exit_code: int = 0
    calls: CallLog = field(default_factory=CallLog)
    quotas: dict[str, dict[str, int]] = field(default_factory=dict)

    @contextmanager
    def tool(self, app: App, spec: SyncSpec) -> Iterator[Tool]:
        """The tool of a sync; what it is asked over HTTP is counted for this run."""
        with app.open_tool(account_of(spec.destination)) as tool:
            if isinstance(tool, ToolClient):
                tool.calls = self.calls
            try:
                yield tool
            finally:
                self.quotas |= quota_of(tool)


@contextmanager
def recorded(app: App, kind: str, sync: str, run_id: str) -> Iterator[Recording]:
    """A run for the time of the block, which says how it ended; an error of ours is noted, too."""
    app.runs.start(kind, sync, run_id=run_id)
    with span(kind, step=run_id, sync=sync):
        yield from _recorded(app, sync, run_id)


def _recorded(app: App, sync: str, run_id: str) -> Iterator[Recording]:
    recording = Recording()
    try:
        yield recording
    except RevopsError as error:
        recording.report, recording.exit_code = {"error": str(error)}, error.exit_code
        # What stopped the run is what a person has to hear of.
        with suppress(RevopsError):
            _finish(app, sync, run_id, recording)
        raise
    outcomes = (recording.report.get("delivery") or {}).get("outcomes") or {}
    count("rows_pushed", outcomes.get("acknowledged", 0), sync=sync)
    count("rejects", outcomes.get("rejected", 0), sync=sync)
    _finish(app, sync, run_id, recording)


def _finish(app: App, sync: str, run_id: str, recording: Recording) -> None:
    asked = {
        "exit_code": recording.exit_code,
        "api_calls": recording.calls.as_json(),
        "quotas": recording.quotas,
    }
    app.runs.finish(run_id, status_of(recording.exit_code), recording.report | asked)
    mirror_runs(sync, app.warehouse, app.runs)
