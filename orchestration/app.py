"""Holds together what every step needs: settings, warehouse, state store, clock, run log."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.clock import Clock
from warehouse.connection import Warehouse
from warehouse.runs import RunLog
from warehouse.settings import Settings, export_for_children, load
from warehouse.state import StateStore


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
        settings.home.mkdir(parents=True, exist_ok=True)
        export_for_children(settings)
        state, clock = StateStore.from_settings(settings), settings.make_clock()
        return cls(settings, Warehouse.from_settings(settings), state, clock, RunLog(state, clock))
