"""How the connectors are run in tests: real sandbox, real warehouse, pages small enough to turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.core import registry
from connectors.core.extract import StreamResult, create_raw_tables, extract_source
from connectors.core.source import Stream
from orchestration.app import App
from tests.emulation import emulations
from warehouse.clock import new_run_id
from warehouse.connection import Warehouse

Version = tuple[str, str | None, bool, str]


class Extraction:
    """Runs connectors into one warehouse and looks at what they landed."""

    def __init__(self, app: App, warehouse: Warehouse) -> None:
        self._app = app
        self.warehouse = warehouse

    def run(
        self,
        vendor: str,
        *streams: str,
        change: Callable[[Stream], Stream] | None = None,
        days: tuple[date, date] | None = None,
        full_refresh: bool = False,
    ) -> dict[str, StreamResult]:
        """Extract a vendor's streams, all if none is named, by name."""
        source = registry.source(vendor)
        create_raw_tables(self.warehouse, [source])
        wanted: Iterable[Stream] = [s for s in source.streams if not streams or s.name in streams]
        if change is not None:
            wanted = [change(stream) for stream in wanted]
        with source.open(self._app.settings.http, self._app.clock) as client:
            results = extract_source(
                source,
                client,
                self.warehouse,
                self._app.clock,
                run_id=new_run_id(),
                streams=wanted,
                days=days,
                full_refresh=full_refresh,
            )
        return {result.stream: result for result in results}

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with self.warehouse.open("a test") as session:
            return session.rows(sql)

    def log(self, vendor: str, stream: str) -> list[Version]:
        """Every landed version: key, cursor, deleted, payload."""
        found = self.rows(f"from raw_{vendor}.{stream} order by all")
        return [(r["_key"], r["_cursor"], r["_deleted"], r["payload"]) for r in found]

    def keys(self, vendor: str, stream: str) -> list[str]:
        return sorted(version[0] for version in self.log(vendor, stream))

    def rejects(self, vendor: str) -> list[dict[str, Any]]:
        return self.rows(f"from raw_{vendor}._rejected order by stream, _key")

    def cursor(self, vendor: str, stream: str) -> dict[str, Any] | None:
        sql = f"select cursor from raw_{vendor}._cursors where stream = '{stream}'"
        found = self.rows(sql)
        return dict(json.loads(found[0]["cursor"])) if found else None


MakeExtraction = Callable[[], Extraction]


@pytest.fixture
def new_extraction(app: App, tmp_path: Path) -> Iterator[MakeExtraction]:
    """Make an extraction into a warehouse of its own."""
    with ExitStack() as held:
        made: list[Extraction] = []

        def make() -> Extraction:
            path = tmp_path / f"extraction-{len(made)}.duckdb"
            warehouse = Warehouse(path, wait_seconds=5)
            # An open connection makes the many short ones of a test cheap.
            held.enter_context(warehouse.open("a test"))
            made.append(Extraction(app, warehouse))
            return made[-1]

        yield make


@pytest.fixture
def extraction(new_extraction: MakeExtraction) -> Extraction:
    return new_extraction()


@pytest.fixture
def small_pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every page be small, on both sides where the vendor decides, and commit after each."""
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    for vendor, emulation in emulations().items():
        if vendor in request.node.name:
            for name, value in emulation.small_pages.items():
                monkeypatch.setattr(name, value)


def streams_of_every_source() -> list[tuple[str, str]]:
    return [(s.name, stream.name) for s in registry.sources().values() for stream in s.streams]


def emulated_streams() -> list[tuple[str, str]]:
    """Every stream of every source that has an emulated vendor."""
    return [one for one in streams_of_every_source() if one[0] in emulations()]


def mirrored_streams() -> list[tuple[str, str]]:
    """Every stream that shows an object of its vendor record for record."""
    return [(name, kind) for name, one in emulations().items() for kind in one.kinds]


def outcome(results: dict[str, StreamResult]) -> list[tuple[str, int, str | None]]:
    return [(one.status, one.exit_code, one.error) for one in results.values()]
