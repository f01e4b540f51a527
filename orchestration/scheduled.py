"""Runs the scheduled job in this process, on the persistent Dagster instance."""

from __future__ import annotations

import logging
from contextlib import redirect_stdout
from pathlib import Path

import dagster as dg

from orchestration.definitions import defs, everything
from warehouse.errors import Held


def run_everything(log: Path) -> None:
    """Run the job `everything` once; what dbt prints goes to the file `log`.

    Raises:
        Held: a step failed or a gate held; the message names the steps.
    """
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    with (
        dg.DagsterInstance.get() as instance,
        log.open("w", encoding="utf-8") as printed,
        redirect_stdout(printed),
    ):
        result = defs.resolve_job_def(everything.name).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    if not result.success:
        failed = [event.step_key or "?" for event in result.all_events if event.is_failure]
        raise Held(
            f"The scheduled run failed at: {', '.join(failed)}", advice="look at it in `make ui`"
        )
