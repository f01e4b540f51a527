"""A sync must not write what its own model is made of, unless somebody says why it may."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.core import registry
from reverse_etl.lineage import check_lineage, cycles, lineage_faults
from reverse_etl.spec import SyncSpec
from reverse_etl.spec import sync as named_sync
from tests.reverse_etl.bench import SPEC
from warehouse.errors import Misconfigured

HUBSPOT, SALESFORCE = registry.source("hubspot"), registry.source("salesforce")
SCORE = "revops_account_score"
STAGED, MART = "stg_hubspot__companies", "account_scores"


def manifest(staged: str, mart: str = "", *, above: str = STAGED, **more: Any) -> dict[str, Any]:
    """raw companies -> staging -> mart -> the sync's model, and a staging model beside them."""

    def node(name: str, parent: str, code: str) -> dict[str, Any]:
        return {
            "name": name,
            "resource_type": "model",
            "raw_code": code,
            "compiled_code": None,
            "depends_on": {"nodes": [parent]},
        }

    nodes = [
        node(STAGED, "source.revops.hubspot.companies", staged),
        node("stg_hubspot__contacts", "source.revops.hubspot.contacts", staged),
        node(MART, f"model.revops.{above}", mart),
        node(SPEC.model, f"model.revops.{MART}", "select 1"),
    ]
    nodes[0] |= more
    return {"nodes": {f"model.revops.{one['name']}": one for one in nodes}}


READS = f"select json_text(payload, '$.properties.{SCORE}') as score"


@pytest.mark.parametrize(
    ("made", "is_cycle"),
    [
        (manifest(READS), True),
        (manifest(f"""select payload ->> '$."properties"."{SCORE}"'"""), True),
        # A part of the record is passed on, and read further down.
        (manifest("select properties", f"json_text('properties', '$.{SCORE}')"), True),
        # A macro wrote the path.
        (manifest("{{ custom() }}", compiled_code=f"x ->> '$.properties.{SCORE}'"), True),
        (manifest("select json_text(payload, '$.properties.name')"), False),
        (manifest(f"select json_text(payload, '$.properties.{SCORE}_before')"), False),
        (manifest(f"select json_text(payload, '$.properties.my_{SCORE}')"), False),
        (manifest(f"select 1 -- not from {SCORE}"), False),
        # Another object of the tool has a field of that name.
        (manifest(READS, above="stg_hubspot__contacts"), False),
    ],
)
def test_a_field_that_feeds_itself_is_found(made: dict[str, Any], *, is_cycle: bool) -> None:
    assert set(cycles(SPEC, HUBSPOT, made)) == ({SCORE} if is_cycle else set())


def test_a_cycle_is_refused_unless_it_is_declared_safe(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest(READS)), encoding="utf-8")
    with pytest.raises(Misconfigured, match=f"{SCORE} feeds itself: .*{STAGED}"):
        check_lineage(SPEC, HUBSPOT, path)
    check_lineage(safe(SCORE), HUBSPOT, path)


def test_a_declaration_of_no_use_is_refused() -> None:
    told = lineage_faults(safe("revops_mrr"), HUBSPOT, manifest("select 1", above="nothing"))
    assert told == ["safe_echoes names revops_mrr, which does not feed itself"]


def test_an_object_is_known_by_the_vendors_name_for_it() -> None:
    own = manifest("", f"json_text(payload, '$.{SCORE}')")
    own["nodes"][f"model.revops.{STAGED}"]["depends_on"]["nodes"] = [
        "source.revops.salesforce.accounts"
    ]
    accounts = named_sync("salesforce_accounts")
    spec = SPEC.model_copy(update={"destination": "salesforce", "object": accounts.object})
    assert cycles(spec, SALESFORCE, own) == {SCORE: MART}


def test_nothing_is_said_before_anything_is_built(tmp_path: Path) -> None:
    check_lineage(SPEC, HUBSPOT, tmp_path / "manifest.json")


def safe(field: str) -> SyncSpec:
    return SPEC.model_copy(update={"safe_echoes": {field: "it is shown and not counted"}})
