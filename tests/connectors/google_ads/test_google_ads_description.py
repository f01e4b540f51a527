"""What the connector and the emulated Google Ads say to each other is what Google describes."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.server import running
from tests.connectors.conftest import Extraction
from tests.emulated import Vendors
from tests.witness import Witness, description


def mend(document: dict[str, Any]) -> None:
    """The defaults of its switches are the text "true", where the type is a boolean."""
    for path in document["paths"].values():
        for place in (path, *(path[name] for name in ("get", "post") if name in path)):
            for parameter in place.get("parameters", []):
                parameter.get("schema", {}).pop("default", None)
    for parameter in document["components"].get("parameters", {}).values():
        parameter.get("schema", {}).pop("default", None)


@pytest.fixture
def witness(vendors: Vendors) -> Witness:
    official = [description("google/google-ads-v25-search-trimmed.json", mend)]
    return Witness(vendors.sandbox, "google_ads", official)


def test_every_call_and_answer_keeps_to_the_description(
    extraction: Extraction, vendors: Vendors, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A page of ten thousand rows takes the validator a minute.
    monkeypatch.setattr("sandbox.vendors.google_ads.api.MAX_PAGE", 40)
    monkeypatch.setenv("REVOPS_GOOGLE_ADS__START", "2026-11-01")
    with running(witness) as url:
        monkeypatch.setenv("REVOPS_GOOGLE_ADS__BASE_URL", f"{url}/google_ads")
        results = extraction.run("google_ads")
    assert {one.status for one in results.values()} == {"done"}
    assert witness.found == []
    assert len(witness.seen) == 2
    # The token's address is Google's own and not part of this description.
    assert witness.unknown == {"POST /token"}


def test_an_answer_that_breaks_the_description_would_be_found(
    extraction: Extraction, vendors: Vendors, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, field = "*/googleAds:search", "customer.manager"
    fault = {"vendor": "google_ads", "path": path, "kind": "bad_record", "field": field}
    vendors.fault(fault | {"value": "maybe"})
    with running(witness) as url:
        monkeypatch.setenv("REVOPS_GOOGLE_ADS__BASE_URL", f"{url}/google_ads")
        extraction.run("google_ads", "customers")
    assert len(witness.found) == 1
