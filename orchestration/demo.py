"""The main job on the embedded default: a company's tools on loopback, two days, one summary."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from connectors.core import registry
from orchestration.app import App, holds_demo, mark_as_demo
from orchestration.pipeline import run_once
from orchestration.sandboxed import connection_settings, load_app
from orchestration.steps import Say, quiet
from orchestration.summary import Day, summarise
from sandbox.generate import generate
from sandbox.server import running
from warehouse.errors import Misconfigured
from warehouse.settings import Settings, export_environment, load

SEED = 7


@dataclass(frozen=True)
class DemoFolder:
    """A REVOPS_HOME that holds invented data, and says so in a marker file."""

    home: Path

    @property
    def company(self) -> Path:
        return self.home / "company"

    @property
    def journal(self) -> Path:
        return self.home / "sandbox_writes.ndjson"

    def settings(self, url: str) -> dict[str, str]:
        return {
            "REVOPS_HOME": str(self.home),
            "REVOPS_VENDORS": ",".join(registry.sources()),
            "REVOPS_WAREHOUSE__PATH": str(self.home / "warehouse.duckdb"),
            "REVOPS_STATE__URL": f"sqlite:///{self.home / 'state.sqlite'}",
        } | connection_settings(self.company, url)


def demo_folder() -> DemoFolder:
    return DemoFolder(load(Settings).home.absolute())


@contextmanager
def demo_tools(folder: DemoFolder, port: int = 0) -> Iterator[str]:
    """Serve the demo's tools and point the settings of this process at them."""
    app = load_app(folder.company, state=folder.journal)
    with running(app, port) as url:
        export_environment(folder.settings(url))
        yield url


def begin_anew(folder: DemoFolder, *, seed: int = SEED) -> None:
    """Throw away an earlier demo and invent the company.

    Raises:
        Misconfigured: the folder holds something that no demo has made.
    """
    if folder.home.exists() and any(folder.home.iterdir()) and not holds_demo(folder.home):
        raise Misconfigured(
            f"{folder.home} holds data that is not the demo's, and the demo would replace it",
            advice="run it elsewhere: REVOPS_HOME=.revops-demo make demo",
        )
    shutil.rmtree(folder.home, ignore_errors=True)
    folder.home.mkdir(parents=True)
    mark_as_demo(folder.home)
    generate(folder.company, seed=seed)


def first_day(folder: DemoFolder, say: Say = quiet) -> Day:
    """Everything is new: run the pipeline as the command does."""
    app = App.from_environment()
    result = run_once(app, say=say)
    if result.errors:
        raise result.errors[0]
    return summarise(app, result.run_id, folder.company)


def let_a_day_pass(url: str) -> dict[str, int]:
    """Some records change, one is deleted, one is mistyped; the counts of what happened."""
    answer = httpx.post(f"{url}/_sandbox/advance").raise_for_status().json()
    return {name: answer[name] for name in ("added", "changed", "deleted")}


def second_day(folder: DemoFolder, say: Say = quiet) -> Day:
    """Only the change: run the pipeline as the schedule does, through Dagster."""
    say("starting Dagster")
    # Imported here: Dagster takes seconds to load, and only this part needs it.
    from orchestration.scheduled import run_everything  # noqa: PLC0415

    say("running the scheduled job in Dagster")
    run_everything(folder.home / "scheduled_run.log")
    app = App.from_environment()
    run_id = app.runs.latest("sync")[0].run_id.split("/")[0]
    return summarise(app, run_id, folder.company)
