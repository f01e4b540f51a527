"""Runs the whole pipeline once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from orchestration.app import App
from orchestration.dbt import BuildResult
from orchestration.readings import ExtractResult
from orchestration.recording import status_of
from orchestration.severity import worst
from orchestration.steps import (
    Say,
    build,
    chosen_syncs,
    deliver_all,
    extract,
    gate,
    quiet,
)
from quality.gate import GateResult
from reverse_etl.sync import SyncResult
from warehouse.errors import Held, RevopsError
from warehouse.telemetry import span


@dataclass
class PipelineResult:
    """What every step did; `errors` are steps that could not."""

    run_id: str
    extract: ExtractResult
    build: BuildResult | None = None
    gates: list[GateResult] = field(default_factory=list)
    syncs: list[SyncResult] = field(default_factory=list)
    errors: list[RevopsError] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return worst(
            [
                self.extract.exit_code,
                *(3 for one in self.gates if one.verdict.decision == "hold"),
                *(one.exit_code for one in self.syncs),
                *(error.exit_code for error in self.errors),
            ]
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "extract": self.extract.as_json(),
            "build": self.build.as_json() if self.build else None,
            "gates": [one.as_json() for one in self.gates],
            "syncs": [one.as_json() for one in self.syncs],
            "errors": [str(error) for error in self.errors],
            "exit_code": self.exit_code,
        }


def run_once(app: App, *, say: Say = quiet) -> PipelineResult:
    """Extract, build and sync, with a gate after each; what a gate stops is what depends on it.

    What an earlier run left when it was killed is gone on with: each stream from its cursor, the
    models from what is landed, each sync after its open rows are settled.
    """
    app.runs.notice_interrupted()
    run_id = app.runs.start("run", "everything")
    try:
        with span("run", run_id=run_id):
            result = _run(app, run_id, say)
    except RevopsError as error:
        app.runs.finish(run_id, status_of(error.exit_code), {"error": str(error)})
        raise
    told = {"exit_code": result.exit_code, "errors": [str(error) for error in result.errors]}
    app.runs.finish(run_id, status_of(result.exit_code), told)
    return result


def _run(app: App, run_id: str, say: Say) -> PipelineResult:
    result = PipelineResult(
        run_id, extract(app, run_id=run_id, say=lambda name: say(f"reading {name}"))
    )
    try:
        say("judging what was landed")
        result.gates = gate(app, stages={"landing"}, run_id=f"{run_id}/landing")
        result.build = _built(app, result, say)
        say("judging the data")
        result.gates += gate(app, stages={"canonical", "activation"}, run_id=run_id)
    except RevopsError as error:
        result.errors.append(error)
        return result
    for _, outcome in deliver_all(
        app, chosen_syncs(app), run_id=run_id, say=lambda spec: say(f"syncing {spec.name}")
    ):
        if isinstance(outcome, RevopsError):
            result.errors.append(outcome)
        else:
            result.syncs.append(outcome)
    return result


def _built(app: App, result: PipelineResult, say: Say) -> BuildResult | None:
    """The build; where a part of it fails, what was built can still be judged and sent.

    What dbt left out is known by no build, so that no verdict is about it and no sync sends it.
    """
    say("building the models")
    try:
        return build(app, run_id=result.run_id)
    except Held as error:
        result.errors.append(error)
        return None
