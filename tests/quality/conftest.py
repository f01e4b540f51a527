"""A gate over one table of five columns."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.quality.judged import GOOD, Gate
from warehouse.connection import Warehouse
from warehouse.state import StateStore


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    state = StateStore(f"sqlite:///{tmp_path / 'state.sqlite'}")
    made = Gate(Warehouse(tmp_path / "warehouse.duckdb"), state)
    made.fill(GOOD)
    yield made
    state.close()


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, StateStore]]:
    """One warehouse and one store for all rules; a rule's history is its ruleset's."""
    folder = tmp_path_factory.mktemp("shipped")
    state = StateStore(f"sqlite:///{folder / 'state.sqlite'}")
    yield Warehouse(folder / "warehouse.duckdb"), state
    state.close()
