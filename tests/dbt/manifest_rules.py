"""The rules that every model of the project keeps, as pure functions over dbt's manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Manifest = dict[str, Any]
Node = dict[str, Any]

LAYERS = ["policy", "staging", "identity", "canonical", "marts", "metrics", "activation"]
ABOVE_CANONICAL = ["marts", "metrics"]
CONTRACTED = ["marts", "activation"]
UDF = re.compile(r"\brevops_(nfkc|registrable_domain)\(")


def models(manifest: Manifest, *layers: str) -> Iterator[Node]:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and (not layers or layer(node) in layers):
            yield node


def layer(node: Node) -> str:
    return str(node["fqn"][1])


def vendors(manifest: Manifest) -> set[str]:
    return {source["source_name"] for source in manifest["sources"].values()}


def folder_is_a_layer_and_names_the_schema(manifest: Manifest) -> list[str]:
    return [
        f"{node['name']}: in folder {layer(node)}, schema {node['schema']}"
        for node in models(manifest)
        if layer(node) not in LAYERS or node["schema"] != layer(node)
    ]


def name_begins_as_its_folder_says(manifest: Manifest) -> list[str]:
    return [
        f"{node['name']}: expected {prefix(node) or 'no stg_ or sync_'}"
        for node in models(manifest)
        if not node["name"].startswith(prefix(node))
        or (not prefix(node) and node["name"].startswith(("stg_", "sync_")))
    ]


def prefix(node: Node) -> str:
    """`stg_<vendor>__` in staging/<vendor>, `sync_<destination>__` in activation/<destination>."""
    begin = {"staging": "stg", "activation": "sync"}.get(layer(node))
    return f"{begin}_{node['fqn'][2]}__" if begin else ""


def every_model_is_described(manifest: Manifest) -> list[str]:
    return [node["name"] for node in models(manifest) if not node["description"].strip()]


def marts_are_described_in_japanese_too(manifest: Manifest) -> list[str]:
    japanese = re.compile(r"[ぁ-んァ-ン一-龥]")
    return [n["name"] for n in models(manifest, "marts") if not japanese.search(n["description"])]


def every_model_has_a_tested_key(manifest: Manifest) -> list[str]:
    tested: dict[str, dict[str, set[str]]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("column_name") and node["attached_node"]:
            columns = tested.setdefault(node["attached_node"], {})
            columns.setdefault(node["column_name"], set()).add(node["test_metadata"]["name"])
    return [
        node["name"]
        for node in models(manifest)
        if not any(
            {"not_null", "unique"} <= tests or "is_key" in tests
            for tests in tested.get(node["unique_id"], {}).values()
        )
    ]


def what_others_build_on_has_a_contract(manifest: Manifest) -> list[str]:
    return [n["name"] for n in models(manifest, *CONTRACTED) if not n["contract"]["enforced"]]


def every_sync_has_an_exposure_that_names_it(manifest: Manifest) -> list[str]:
    exposed = {
        model
        for exposure in manifest["exposures"].values()
        if exposure["config"]["meta"].get("sync")
        for model in exposure["depends_on"]["nodes"]
    }
    return [n["name"] for n in models(manifest, "activation") if n["unique_id"] not in exposed]


def only_staging_reads_sources(manifest: Manifest) -> list[str]:
    return [n["name"] for n in models(manifest) if layer(n) != "staging" and n["sources"]]


def staging_reads_one_source_and_no_model(manifest: Manifest) -> list[str]:
    # dbt lists a source once per mention. The policy is no data.
    return [
        node["name"]
        for node in models(manifest, "staging")
        if len({(vendor, table) for vendor, table in node["sources"]}) != 1
        or any(not ref["name"].startswith("policy_") for ref in node["refs"])
    ]


def no_vendor_is_named_above_canonical(manifest: Manifest) -> list[str]:
    return [
        f"{node['name']}: {name}"
        for node in models(manifest, *ABOVE_CANONICAL)
        for name in [node["name"], *node["columns"]]
        if any(vendor in name for vendor in vendors(manifest))
    ]


def functions_of_our_own_are_in_tables_only(manifest: Manifest) -> list[str]:
    return [
        f"{node['name']}: {node['config']['materialized']}"
        for node in models(manifest)
        if node["config"]["materialized"] not in {"table", "incremental", "by_key"}
        and any(UDF.search(code) for code in code_of(node, manifest))
    ]


def code_of(node: Node, manifest: Manifest) -> Iterator[str]:
    """The node's own text and that of every macro it reaches."""
    yield node.get("raw_code") or node.get("macro_sql", "")
    for macro in node["depends_on"]["macros"]:
        if macro.startswith("macro.revops."):
            yield from code_of(manifest["macros"][macro], manifest)


def every_source_is_an_asset(manifest: Manifest) -> list[str]:
    return [
        source["name"]
        for source in manifest["sources"].values()
        if source["config"]["meta"].get("dagster", {}).get("asset_key")
        != ["raw", source["source_name"], source["name"]]
    ]


RULES = [
    folder_is_a_layer_and_names_the_schema,
    name_begins_as_its_folder_says,
    every_model_is_described,
    marts_are_described_in_japanese_too,
    every_model_has_a_tested_key,
    what_others_build_on_has_a_contract,
    every_sync_has_an_exposure_that_names_it,
    only_staging_reads_sources,
    staging_reads_one_source_and_no_model,
    no_vendor_is_named_above_canonical,
    functions_of_our_own_are_in_tables_only,
    every_source_is_an_asset,
]
