"""Holds together what every step needs: settings, warehouse, state store, clock, run log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from connectors.core.source import Source, Tool
from orchestration.logs import configure_logs
from orchestration.traces import start_traces
from warehouse.clock import Clock
from warehouse.connection import Warehouse
from warehouse.errors import Misconfigured
from warehouse.processes import Processes
from warehouse.runs import RunLog
from warehouse.settings import Settings, export_for_children, load
from warehouse.state import StateStore
from warehouse.tombstones import Tombstones

_DEMO_MARKER = "THIS_IS_A_DEMO"


def mark_as_demo(home: Path) -> None:
    """Note that everything in this folder is invented."""
    (home / _DEMO_MARKER).write_text(
        "Everything here is invented and is replaced by the next `revops demo`.\n",
        encoding="utf-8",
    )


def holds_demo(home: Path) -> bool:
    return (home / _DEMO_MARKER).exists()


@dataclass(frozen=True)
class App:
    settings: Settings
    warehouse: Warehouse
    state: StateStore
    clock: Clock
    runs: RunLog

    @classmethod
    def from_environment(cls) -> App:
        """Everything as `REVOPS_*` and `.env` say.

        Raises:
            Misconfigured: a setting is wrong.
            Unavailable: the state store cannot be opened.
        """
        settings = load(Settings)
        configure_logs(settings.log)
        start_traces()
        try:
            settings.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(
                f"REVOPS_HOME cannot be made at {settings.home}: {error.strerror}",
                advice="set REVOPS_HOME to a folder that this user may write",
            ) from error
        export_for_children(settings)
        state, clock = StateStore.from_settings(settings), settings.make_clock()
        warehouse = Warehouse.from_settings(settings)
        warehouse.erased = Tombstones(state, settings.erasure.key).kept
        runs = RunLog(state, clock, Processes(settings.home / "processes"))
        return cls(settings, warehouse, state, clock, runs)

    def open_tool(self, source: Source) -> Tool:
        """One tool, folder or database, open.

        Raises:
            Misconfigured: a setting is missing, or the demo's data and a real tool would be mixed.
        """
        http = self.settings.http.shared_in(self.settings.home / "budgets")
        tool = source.open(http, self.clock)
        if holds_demo(self.settings.home) and not tool.is_on_loopback:
            raise Misconfigured(
                f"{self.settings.home} holds the demo's invented data, and {source.name} is real",
                advice="set REVOPS_HOME to another folder, or remove this one",
            )
        return tool
