"""HubSpot's pages as small as the generic tests make them."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.emulation import EMULATION


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    for name, value in EMULATION.small_pages.items():
        monkeypatch.setattr(name, value)
