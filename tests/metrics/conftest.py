"""The models, compiled once for every test that measures a company."""

from __future__ import annotations

import pytest

from tests.metrics.measured import Models


@pytest.fixture(scope="session")
def models() -> Models:
    return Models()
