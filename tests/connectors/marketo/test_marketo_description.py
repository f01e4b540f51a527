"""What the connector and the emulated Marketo say to each other is what Marketo describes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.server import running
from tests.connectors.conftest import Extraction
from tests.emulated import Vendors
from tests.witness import Witness, description


def mend_log(document: dict[str, Any]) -> None:
    """Lists are joined by commas; an attribute has any value; usage is told by bare days."""
    schemas = document["components"]["schemas"]
    schemas["Attribute"]["properties"]["value"] = {}
    schemas["UsageData"]["properties"]["date"].pop("format")
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if parameter["schema"].get("type") == "array":
                    parameter.update({"style": "form", "explode": False})


def mend_assets(document: dict[str, Any]) -> None:
    """Marketo's pages show what its schemas forbid: capitals, no status, `Z+0000`, bare dates."""
    for schema in document["components"]["schemas"].values():
        for name, member in schema.get("properties", {}).items():
            if name in {"type", "status"}:
                member.pop("enum", None)
            if name in {"createdAt", "updatedAt", "startDate"}:
                member.pop("format", None)


@pytest.fixture
def witness(vendors: Vendors) -> Witness:
    official = [
        description("marketo/oas3-mapi.json", mend_log),
        description("marketo/oas3-asset.json", mend_assets),
        description("marketo/oas3-identity.json"),
    ]
    # The descriptions hardly know refusals, which come with the status 200.
    return Witness(
        vendors.sandbox,
        "marketo",
        official,
        is_refusal=lambda answer: answer.get_json().get("success") is False,
    )


@pytest.mark.parametrize("has_filter", [1, 0])
def test_every_call_and_answer_keeps_to_the_description(
    extraction: Extraction,
    vendors: Vendors,
    witness: Witness,
    monkeypatch: pytest.MonkeyPatch,
    has_filter: int,
) -> None:
    vendors.sandbox.vendors["marketo"].limits["updated_at_filter"] = has_filter
    with running(witness) as url:
        monkeypatch.setenv("REVOPS_MARKETO__BASE_URL", f"{url}/marketo")
        results = extraction.run("marketo")
        vendors.advance()
        results |= extraction.run("marketo")
    assert {one.status for one in results.values()} == {"done"}
    assert (witness.found, witness.unknown) == ([], set())
    calls = {re.sub(r"/[0-9a-f-]{20,}/", "/{id}/", call) for call in witness.seen}
    assert "GET /bulk/v1/program/members/export/{id}/file.json" in calls
    assert "POST /identity/oauth/token" in calls
    assert ("GET /rest/v1/leads.json" in calls) is not bool(has_filter)


def test_an_answer_that_breaks_the_description_would_be_found(
    extraction: Extraction, vendors: Vendors, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = {"vendor": "marketo", "path": "*/types.json", "kind": "bad_record", "field": "id"}
    vendors.fault(fault | {"value": "one"})
    with running(witness) as url:
        monkeypatch.setenv("REVOPS_MARKETO__BASE_URL", f"{url}/marketo")
        extraction.run("marketo", "activity_types")
    assert len(witness.found) == 1
