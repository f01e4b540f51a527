"""The project keeps the rules of `manifest_rules`, and each rule is able to find a breach."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.dbt import manifest_rules
from tests.dbt.manifest_rules import RULES, Manifest

Rule = Callable[[Manifest], list[str]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Rule, manifest: Manifest) -> None:
    assert rule(manifest) == []


def model(name: str, *folders: str, **fields: Any) -> dict[str, Any]:
    return {
        "unique_id": f"model.revops.{name}",
        "resource_type": "model",
        "name": name,
        "fqn": ["revops", *folders, name],
        "schema": folders[0],
        "description": "One row per company. 企業ごとに1行。",
        "columns": {"account_id": {}},
        "contract": {"enforced": True},
        "config": {"materialized": "view"},
        "sources": [],
        "refs": [],
        "raw_code": "select 1",
        "depends_on": {"macros": ["macro.revops.folded"], "nodes": []},
    } | fields


def key_test(of: str, name: str) -> dict[str, Any]:
    return {
        "resource_type": "test",
        "column_name": "account_id",
        "attached_node": f"model.revops.{of}",
        "test_metadata": {"name": name},
    }


def small_manifest() -> Manifest:
    nodes = {
        "stg": model("stg_acme__accounts", "staging", "acme", sources=[["acme", "accounts"]]),
        "mart": model("accounts", "marts"),
        "sync": model("sync_acme__accounts", "activation", "acme"),
    }
    for node in list(nodes.values()):
        for test in ("not_null", "unique"):
            nodes[f"{test}.{node['name']}"] = key_test(node["name"], test)
    return {
        "nodes": nodes,
        "macros": {
            "macro.revops.folded": {"macro_sql": "lower(x)", "depends_on": {"macros": []}},
        },
        "sources": {
            "acme": {
                "source_name": "acme",
                "name": "accounts",
                "config": {"meta": {"dagster": {"asset_key": ["raw", "acme", "accounts"]}}},
            }
        },
        "exposures": {
            "acme": {
                "config": {"meta": {"sync": "acme_accounts"}},
                "depends_on": {"nodes": ["model.revops.sync_acme__accounts"]},
            }
        },
    }


BREACHES: dict[str, tuple[tuple[str, ...], Any]] = {
    "folder_is_a_layer_and_names_the_schema": (("nodes", "mart", "schema"), "main_marts"),
    "name_begins_as_its_folder_says": (("nodes", "stg", "name"), "acme_accounts"),
    "every_model_is_described": (("nodes", "mart", "description"), "  "),
    "marts_are_described_in_japanese_too": (("nodes", "mart", "description"), "One row each."),
    "every_model_has_a_tested_key": (
        ("nodes", "unique.accounts", "test_metadata", "name"),
        "not_null",
    ),
    "what_others_build_on_has_a_contract": (("nodes", "sync", "contract", "enforced"), False),
    "every_sync_has_an_exposure_that_names_it": (("exposures", "acme", "config", "meta"), {}),
    "only_staging_reads_sources": (("nodes", "mart", "sources"), [["acme", "accounts"]]),
    "staging_reads_one_source_and_no_model": (("nodes", "stg", "refs"), [{"name": "accounts"}]),
    "no_vendor_is_named_above_canonical": (("nodes", "mart", "columns"), {"acme_id": {}}),
    "functions_of_our_own_are_in_tables_only": (
        ("macros", "macro.revops.folded", "macro_sql"),
        "revops_nfkc(x)",
    ),
    "every_source_is_an_asset": (("sources", "acme", "config", "meta"), {}),
}


def test_a_small_manifest_keeps_every_rule() -> None:
    assert {rule.__name__: rule(small_manifest()) for rule in RULES} == {
        rule.__name__: [] for rule in RULES
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_finds_a_breach(rule: Rule) -> None:
    path, value = BREACHES[rule.__name__]
    broken = copy.deepcopy(small_manifest())
    spot: Any = broken
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    assert rule(broken) != []


def test_a_staging_model_may_name_its_source_twice_and_never_another_one() -> None:
    manifest = small_manifest()
    manifest["nodes"]["stg"]["sources"] = [["acme", "accounts"], ["acme", "accounts"]]
    assert manifest_rules.staging_reads_one_source_and_no_model(manifest) == []
    for other in (["acme", "people"], ["zenith", "accounts"]):
        manifest["nodes"]["stg"]["sources"] = [["acme", "accounts"], other]
        assert manifest_rules.staging_reads_one_source_and_no_model(manifest) == [
            "stg_acme__accounts"
        ]


def test_every_layer_above_canonical_is_watched_for_vendor_names() -> None:
    unwatched = set(manifest_rules.LAYERS) - set(manifest_rules.ABOVE_CANONICAL)
    assert unwatched == {"policy", "staging", "identity", "canonical", "activation"}
