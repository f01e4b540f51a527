"""What runs did: landing, build, verdicts, plans and the ledger of each, tied by its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from orchestration.app import App
from warehouse.errors import Misconfigured
from warehouse.run_history import latest_runs, plans_of, steps_of, verdicts_of
from warehouse.runs import worst_status

Row = Mapping[str, Any]


def runs_listed(app: App, limit: int) -> list[dict[str, Any]]:
    """The newest runs, newest first, with what came of each in numbers."""
    app.runs.notice_interrupted()
    return [_listed(run_id, steps) for run_id, steps in latest_runs(app.state, limit)]


def run_told(app: App, run_id: str) -> dict[str, Any]:
    """One run: its steps, what it landed and built, its verdicts, plans and ledger.

    `run_id` is a run's, or that of a step, of which only the step is told.

    Raises:
        Misconfigured: there is no such run.
    """
    app.runs.notice_interrupted()
    steps = steps_of(app.state, run_id)
    if not steps:
        raise Misconfigured(f"There is no run {run_id!r}", advice="`revops runs` lists them")
    ids = [step["run_id"] for step in steps]
    return _head(run_id, steps) | {
        "steps": [_told(step) for step in steps if step["run_id"] != run_id or len(steps) == 1],
        "streams": [one for step in steps for one in step["streams"] or ()],
        "builds": [
            {"run_id": step["run_id"]}
            | {name: step[name] for name in ("models", "tests")}
            | {"failures": step["failures"] or []}
            for step in steps
            if step["kind"] == "build"
        ],
        "verdicts": verdicts_of(app.state, ids),
        "plans": plans_of(app.state, ids),
    }


def _listed(run_id: str, steps: Sequence[Row]) -> dict[str, Any]:
    """By the steps' own reports: to count the ledger takes longer the longer it is."""
    landed, outcomes = Counter[str](), Counter[str]()
    for step in steps:
        outcomes.update(step["outcomes"] or {})
        for one in step["streams"] or ():
            landed.update({name: one["landed"][name] for name in ("versions", "rejects")})
    return _head(run_id, steps) | {
        "steps": len([step for step in steps if step["run_id"] != run_id]) or 1,
        "landed": landed["versions"],
        "rejects": landed["rejects"],
        "acknowledged": outcomes["acknowledged"],
        "rejected": outcomes["rejected"],
        "unknown": outcomes["unknown"],
    }


def _head(run_id: str, steps: Sequence[Row]) -> dict[str, Any]:
    """Of the whole run if it was noted as one, else of its steps together."""
    whole = next((step for step in steps if step["run_id"] == run_id), None)
    ended = [step["finished_at"] for step in steps]
    began = steps[0]["started_at"] if whole is None else whole["started_at"]
    finished = (None if None in ended else max(ended)) if whole is None else whole["finished_at"]
    return {
        "run_id": run_id,
        "dagster_run_id": None if whole is None else whole["dagster_run_id"],
        "what": _what(steps) if whole is None else f"{whole['kind']} {whole['subject']}".strip(),
        "started_at": began,
        "finished_at": finished,
        "seconds": None if finished is None else (finished - began).total_seconds(),
        "status": whole["status"] if whole else worst_status(step["status"] for step in steps),
        "error": next((step["error"] for step in steps if step["error"]), None),
    }


def _what(steps: Sequence[Row]) -> str:
    first = f"{steps[0]['kind']} {steps[0]['subject']}".strip()
    return first if len(steps) == 1 else f"{first} and {len(steps) - 1} more"


def _told(step: Row) -> dict[str, Any]:
    names = ("run_id", "kind", "subject", "started_at", "finished_at", "status", "error")
    told = {name: step[name] for name in names}
    return told | {
        "exit_code": step["exit_code"],
        "stopped_by": step["stopped_by"] or "; ".join(step["hold_reasons"] or ()) or None,
    }
