"""HubSpot's own Python client reads the emulated portal and sees what the portal holds."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from tests.emulated import Vendors, key_of

hubspot = pytest.importorskip("hubspot", reason="hubspot-api-client is not installed")


@pytest.fixture
def client(vendors: Vendors) -> Any:
    token = vendors.settings()["REVOPS_HUBSPOT__TOKEN"]
    return hubspot.HubSpot(access_token=token, host=f"{vendors.url}/hubspot")


def held(vendors: Vendors, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in vendors.sandbox.records("hubspot", kind).splitlines()]


@pytest.mark.parametrize("kind", ["contacts", "companies", "deals"])
def test_the_lists_are_paged_to_their_end(client: Any, vendors: Vendors, kind: str) -> None:
    found = getattr(client.crm, kind).get_all()
    assert [one.id for one in found] == [key_of(record) for record in held(vendors, kind)]


@pytest.mark.parametrize("kind", ["calls", "meetings", "emails", "notes", "tasks"])
def test_activities_are_read_as_objects(client: Any, vendors: Vendors, kind: str) -> None:
    page = client.crm.objects.basic_api.get_page(kind, limit=100, properties=["hs_timestamp"])
    assert [one.id for one in page.results] == [key_of(r) for r in held(vendors, kind)]
    assert all(one.properties["hs_timestamp"] for one in page.results)


def test_a_search_filters_sorts_and_counts(client: Any, vendors: Vendors) -> None:
    models = importlib.import_module("hubspot.crm.deals")

    won = {"propertyName": "dealstage", "operator": "EQ", "value": "closedwon"}
    request = models.PublicObjectSearchRequest(
        filter_groups=[{"filters": [won]}],
        sorts=[{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        properties=["dealname", "dealstage"],
        limit=200,
    )
    answer = client.crm.deals.search_api.do_search(public_object_search_request=request)
    wanted = [r for r in held(vendors, "deals") if r["properties"]["dealstage"] == "closedwon"]
    assert answer.total == len(wanted) > 0
    assert [one.id for one in answer.results] == [key_of(record) for record in wanted]


def test_a_batch_is_read_with_the_history_of_a_property(client: Any, vendors: Vendors) -> None:
    models = importlib.import_module("hubspot.crm.deals")

    deals = held(vendors, "deals")[:50]
    request = models.BatchReadInputSimplePublicObjectId(
        inputs=[{"id": record["id"]} for record in deals],
        properties=["dealstage"],
        properties_with_history=["dealstage"],
    )
    answer = client.crm.deals.batch_api.read(batch_read_input_simple_public_object_id=request)
    assert answer.status == "COMPLETE"
    histories = [one.properties_with_history["dealstage"] for one in answer.results]
    assert [one[0].value for one in histories] == [r["properties"]["dealstage"] for r in deals]
    assert max(map(len, histories)) > 2
    for history in histories:
        stamps = [entry.timestamp for entry in history]
        assert stamps == sorted(stamps, reverse=True)


def test_associations_show_every_label(client: Any, vendors: Vendors) -> None:
    models = importlib.import_module("hubspot.crm.associations.v4")

    deals = held(vendors, "deals")
    request = models.BatchInputPublicFetchAssociationsBatchRequest(
        inputs=[{"id": record["id"]} for record in deals]
    )
    read = client.crm.associations.v4.batch_api.get_page
    companies = read("deals", "companies", request)
    primary = {
        one._from.id: other.to_object_id
        for one in companies.results
        for other in one.to
        if "Primary" in {kind.label for kind in other.association_types}
    }
    assert primary == {r["id"]: r["properties"]["hs_primary_associated_company"] for r in deals}
    contacts = read("deals", "contacts", request)
    labels = {
        kind.label
        for one in contacts.results
        for other in one.to
        for kind in other.association_types
    }
    assert labels == {None, "決裁者", "Technical evaluator"}
    assert contacts.num_errors == len(deals) - len(contacts.results) > 0


def test_an_association_can_be_made_and_taken_away(client: Any, vendors: Vendors) -> None:
    contact, company = held(vendors, "contacts")[0]["id"], held(vendors, "companies")[-1]["id"]
    api = client.crm.associations.v4.basic_api
    spec = [{"associationCategory": "USER_DEFINED", "associationTypeId": 41}]
    made = api.create("contacts", contact, "companies", company, spec)
    assert made.labels == ["Billing contact"]
    from_there = api.get_page("companies", company, "contacts", limit=500)
    kinds = {str(one.to_object_id): one.association_types for one in from_there.results}
    assert {kind.type_id for kind in kinds[contact]} >= {280, 40}
    api.archive("contacts", contact, "companies", company)
    again = api.get_page("contacts", contact, "companies")
    assert company not in {str(one.to_object_id) for one in again.results}


def test_owners_pipelines_and_definitions_are_read(client: Any, vendors: Vendors) -> None:
    owners = client.crm.owners.owners_api.get_page(limit=100)
    assert [one.id for one in owners.results] == [r["id"] for r in held(vendors, "owners")]
    pipelines = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert {one.id for one in pipelines} == {r["id"] for r in held(vendors, "pipelines")}
    stages = {stage.id: stage.metadata for one in pipelines for stage in one.stages}
    assert stages["closedwon"] == {"isClosed": "true", "probability": "1.0"}
    definitions = client.crm.properties.core_api.get_all("deals").results
    custom = {one.name: one.label for one in definitions if not one.hubspot_defined}
    assert custom["expected_seats"] == "想定席数"


def test_lists_and_their_members_are_read(client: Any, vendors: Vendors) -> None:
    answer = client.crm.lists.lists_api.do_search(list_search_request={"query": "", "count": 3})
    assert (answer.total, answer.has_more, len(answer.lists)) == (5, True, 3)
    page = client.crm.lists.memberships_api.get_page(1, limit=250)
    wanted = [r["recordId"] for r in held(vendors, "list_memberships") if r["listId"] == "1"]
    assert sorted(one.record_id for one in page.results) == sorted(wanted)


def test_forms_and_marketing_emails_are_read(client: Any, vendors: Vendors) -> None:
    forms = client.marketing.forms.forms_api.get_page(limit=100)
    live = [r["id"] for r in held(vendors, "forms") if not r["archived"]]
    assert [one.id for one in forms.results] == sorted(live)


def test_a_merge_leaves_one_record_that_both_ids_lead_to(client: Any, vendors: Vendors) -> None:
    models = importlib.import_module("hubspot.crm.contacts")

    first, second = (r["id"] for r in held(vendors, "contacts")[:2])
    merge = models.PublicMergeInput(primary_object_id=first, object_id_to_merge=second)
    survivor = client.crm.contacts.basic_api.merge(public_merge_input=merge)
    for one in (first, second):
        assert client.crm.contacts.basic_api.get_by_id(one).id == survivor.id


def test_a_refusal_is_read_as_one(client: Any) -> None:
    models = importlib.import_module("hubspot.crm.contacts")

    with pytest.raises(models.ApiException) as caught:
        client.crm.contacts.basic_api.get_by_id("404")
    assert caught.value.status == 404
    assert json.loads(caught.value.body)["category"] == "OBJECT_NOT_FOUND"
