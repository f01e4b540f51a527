"""The models, compiled once for every test that measures a company."""

from __future__ import annotations

import pytest

from tests.metrics.measured import Models


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return Models(tmp_path_factory.mktemp("compiled"))
