"""How Salesforce's own tests run: always by small pages, each landed on its own."""

from __future__ import annotations

import pytest

from tests.connectors.salesforce.emulation import EMULATION


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    for name, value in EMULATION.small_pages.items():
        monkeypatch.setattr(name, value)
