"""Fields that come, go, hide and change: asked for where they are, missed aloud where needed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.conftest import Extraction
from tests.connectors.salesforce.emulation import org_of
from tests.emulated import Vendors


def payloads(extraction: Extraction, stream: str) -> list[dict[str, Any]]:
    return [json.loads(one[3]) for one in extraction.log("salesforce", stream)]


def test_the_orgs_own_fields_are_asked_for_and_land_as_typed(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("salesforce", "leads")
    held = {r["Id"]: r for r in vendors.records("salesforce", "leads")}
    for one in payloads(extraction, "leads"):
        own = {name: value for name, value in one.items() if name.endswith("__c")}
        assert own.keys() >= {"Budget__c", "Notes__c", "Score__c", "Consent__c"}
        assert own == {name: held[one["Id"]][name] for name in own}


def test_a_field_that_is_new_is_read_for_the_old_records_too(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("salesforce", "accounts")
    vendors.wait(86_400)
    assert extraction.run("salesforce", "accounts")["accounts"].read == 0
    org_of(vendors).fields["Account"]["Tier__c"] = "picklist"
    first = vendors.records("salesforce", "accounts")[0]
    vendors.put("salesforce", "accounts", first | {"Tier__c": "Gold"})
    result = extraction.run("salesforce", "accounts")["accounts"]
    assert "all is read again" in result.notices[0]
    tiers = [one["Tier__c"] for one in payloads(extraction, "accounts") if "Tier__c" in one]
    assert len(tiers) == len(vendors.records("salesforce", "accounts"))
    assert "Gold" in tiers
    assert extraction.run("salesforce", "accounts")["accounts"].notices == []


def test_a_formula_that_changes_without_a_stamp_is_found_within_a_week(
    extraction: Extraction, vendors: Vendors
) -> None:
    org = org_of(vendors)
    org.fields["Account"]["Health_Formula__c"] = "double"
    extraction.run("salesforce", "accounts")
    first = vendors.records("salesforce", "accounts")[0]
    vendors.put("salesforce", "accounts", first | {"Health_Formula__c": 77.5})
    vendors.wait(2 * 86_400)
    assert extraction.run("salesforce", "accounts")["accounts"].landed.versions == 0
    vendors.wait(6 * 86_400)
    result = extraction.run("salesforce", "accounts")["accounts"]
    assert result.landed.versions == 1
    assert "formulas" in result.notices[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [("gone", "Industry is gone"), ("double", "Industry is now of type double, it was text")],
)
def test_a_needed_field_that_is_hidden_or_retyped_is_named_with_its_model(
    extraction: Extraction, vendors: Vendors, change: str, said: str
) -> None:
    extraction.run("salesforce", "accounts")
    before = len(extraction.log("salesforce", "accounts"))
    fields = org_of(vendors).fields["Account"]
    if change == "gone":
        del fields["Industry"]
    else:
        fields["Industry"] = change
    result = extraction.run("salesforce", "accounts")["accounts"]
    assert (result.status, result.exit_code) == ("failed", 2)
    assert said in str(result.error)
    assert "stg_salesforce__accounts" in str(result.error)
    assert len(extraction.log("salesforce", "accounts")) == before


def test_a_field_that_drifts_by_the_sandboxs_script_is_noticed(
    extraction: Extraction, vendors: Vendors
) -> None:
    path = {"vendor": "salesforce", "path": "*/sobjects/Lead/describe"}
    vendors.fault(path | {"kind": "add_field"}, path | {"kind": "retype_field", "skip": 1})
    assert extraction.run("salesforce", "leads")["leads"].status == "done"
    assert "Brand_New__c" in payloads(extraction, "leads")[0]


def test_an_object_that_our_user_may_not_see_is_named(
    extraction: Extraction, vendors: Vendors
) -> None:
    del org_of(vendors).fields["Lead"]
    result = extraction.run("salesforce", "leads")["leads"]
    assert (result.status, result.exit_code) == ("failed", 2)
    assert "no object Lead" in str(result.error)


def test_an_object_without_a_stamp_of_changes_is_walked_by_its_creation(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("salesforce", "opportunity_field_histories")
    shown = payloads(extraction, "opportunity_field_histories")
    assert shown
    assert all(list(one)[-1] == "CreatedDate" for one in shown)
