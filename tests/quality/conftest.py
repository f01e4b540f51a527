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
