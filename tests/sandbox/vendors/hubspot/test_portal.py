"""The portal beyond its objects: associations, histories, endings, lists, marketing, OAuth."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

OBJECTS = "/hubspot/crm/v3/objects"
PAIR = "/hubspot/crm/v4/associations"


def first(caller: Any, kind: str, count: int = 1) -> list[str]:
    return [record["id"] for record in caller.records("hubspot", kind)[:count]]


def associated(caller: Any, pair: str, ids: list[str]) -> Any:
    body = {"inputs": [{"id": one} for one in ids]}
    return caller.post(f"{PAIR}/{pair}/batch/read", body)


# -- what was invented -----------------------------------------------------------------------


def test_everything_refers_to_something_that_is_there(caller: Any) -> None:
    kinds = ("companies", "contacts", "deals", "calls", "meetings", "emails", "notes", "tasks")
    held = {f"{kind}/{r['id']}" for kind in kinds for r in caller.records("hubspot", kind)}
    for record in caller.records("hubspot", "associations"):
        assert {record["id"], *record["to"]} <= held
    forms = {record["id"] for record in caller.records("hubspot", "forms")}
    assert {r["formId"] for r in caller.records("hubspot", "form_submissions")} <= forms
    members = caller.records("hubspot", "list_memberships")
    assert {f"contacts/{record['recordId']}" for record in members} <= held
    emails = caller.records("hubspot", "marketing_emails")
    known = {one for record in emails for one in record["allEmailCampaignIds"]}
    events = caller.records("hubspot", "email_events")
    assert {str(event["emailCampaignId"]) for event in events} <= known
    ids = {(event["id"], event["created"]) for event in events}
    sent_by = [one["sentBy"] for one in events if "sentBy" in one]
    assert {(one["id"], one["created"]) for one in sent_by} <= ids


def test_custom_fields_have_japanese_labels_and_messy_values(caller: Any) -> None:
    found = caller.get("/hubspot/crm/v3/properties/companies").get_json()["results"]
    assert "年商（円）" in {one["label"] for one in found if not one["hubspotDefined"]}
    values = {
        record["properties"].get("annual_revenue_text")
        for record in caller.records("hubspot", "companies")
    }
    assert {"１２億", "不明"} <= values


@pytest.mark.parametrize(
    ("kind", "name"),
    [("deals", "dealstage"), ("contacts", "lifecyclestage"), ("deals", "amount")],
)
def test_a_history_ends_in_what_holds_now(caller: Any, kind: str, name: str) -> None:
    query = {"limit": 50, "properties": name, "propertiesWithHistory": name}
    found = caller.get(f"{OBJECTS}/{kind}", query_string=query).get_json()["results"]
    lengths = set()
    for record in found:
        history = record["propertiesWithHistory"][name]
        lengths.add(len(history))
        assert (history[0]["value"] if history else None) == record["properties"][name]
        for newer, older in pairwise(history):
            assert newer["timestamp"] >= older["timestamp"]
            assert record["createdAt"] <= older["timestamp"]
    assert len(lengths) > 1


# -- histories -------------------------------------------------------------------------------


def test_a_change_is_added_to_the_history_and_the_past_stays(caller: Any) -> None:
    deal = next(
        r for r in caller.records("hubspot", "deals") if r["properties"]["hs_is_closed"] == "false"
    )
    path = f"{OBJECTS}/deals/{deal['id']}"
    query = {"propertiesWithHistory": "dealstage"}
    before = caller.get(path, query_string=query).get_json()
    for properties in ({"dealname": "Renamed"}, {"dealstage": "closedwon"}, {"dealname": "Again"}):
        caller.ticks.seconds += 60
        caller.call("PATCH", path, json={"properties": properties})
    after = caller.get(path, query_string=query).get_json()["propertiesWithHistory"]["dealstage"]
    assert after[0]["value"] == "closedwon"
    assert after[1:] == before["propertiesWithHistory"]["dealstage"]


@pytest.mark.parametrize("limit", [51, 100])
def test_with_histories_a_page_holds_fifty_at_most(caller: Any, limit: int) -> None:
    query = {"limit": limit, "propertiesWithHistory": "dealstage"}
    assert caller.get(f"{OBJECTS}/deals", query_string=query).status_code == 400
    inputs = [{"id": one} for one in first(caller, "deals", 51)]
    body = {"inputs": inputs, "propertiesWithHistory": ["dealstage"]}
    assert caller.post(f"{OBJECTS}/deals/batch/read", body).status_code == 400


# -- associations ----------------------------------------------------------------------------


def test_both_sides_show_the_same_pairs(caller: Any) -> None:
    ids = {
        kind: [r["id"] for r in caller.records("hubspot", kind)] for kind in ("deals", "contacts")
    }
    there = associated(caller, "deals/contacts", ids["deals"]).get_json()["results"]
    back = associated(caller, "contacts/deals", ids["contacts"]).get_json()["results"]
    pairs = {(one["from"]["id"], str(to["toObjectId"])) for one in there for to in one["to"]}
    assert pairs == {(str(to["toObjectId"]), one["from"]["id"]) for one in back for to in one["to"]}
    assert len(pairs) > 10


def test_who_has_no_association_is_named_in_the_errors(caller: Any) -> None:
    answer = associated(caller, "deals/companies", ["404"])
    (error,) = answer.get_json()["errors"]
    assert (answer.status_code, answer.get_json()["results"]) == (207, [])
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["context"]["fromObjectId"] == ["404"]


def test_a_batch_of_associations_holds_a_thousand_at_most(caller: Any) -> None:
    assert associated(caller, "deals/companies", ["1"] * 1_001).status_code == 400


def test_taking_the_primary_company_away_moves_no_stamp(caller: Any) -> None:
    deal = caller.records("hubspot", "deals")[0]
    company = deal["properties"]["hs_primary_associated_company"]
    path = f"/hubspot/crm/v4/objects/deals/{deal['id']}/associations/companies/{company}"
    assert caller.call("DELETE", path).status_code == 204
    after = caller.records("hubspot", "deals")[0]
    assert after["properties"]["hs_primary_associated_company"] is None
    assert after["updatedAt"] == deal["updatedAt"]


def test_a_label_that_nobody_defined_is_refused(caller: Any) -> None:
    deal, contact = first(caller, "deals")[0], first(caller, "contacts")[0]
    path = f"/hubspot/crm/v4/objects/deals/{deal}/associations/contacts/{contact}"
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": 999}]
    assert caller.call("PUT", path, json=types).status_code == 400


# -- endings ---------------------------------------------------------------------------------


def merged(caller: Any, kind: str) -> tuple[list[str], Any]:
    ids = first(caller, kind, 2)
    body = {"primaryObjectId": ids[0], "objectIdToMerge": ids[1]}
    return ids, caller.post(f"{OBJECTS}/{kind}/merge", body).get_json()


@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_a_merge_makes_a_new_record_and_no_list_shows_the_old_ones(caller: Any, kind: str) -> None:
    ids, survivor = merged(caller, kind)
    assert survivor["properties"]["hs_merged_object_ids"] == ";".join(ids)
    for archived in ("false", "true"):
        seen: set[str] = set()
        after: str | None = ""
        while after is not None:
            query = {"limit": 100, "archived": archived, **({"after": after} if after else {})}
            page = caller.patiently("GET", f"{OBJECTS}/{kind}", query_string=query).get_json()
            seen |= {record["id"] for record in page["results"]}
            after = page.get("paging", {}).get("next", {}).get("after")
        assert not seen & set(ids)
        assert (survivor["id"] in seen) is (archived == "false")
    for one in ids:
        assert caller.get(f"{OBJECTS}/{kind}/{one}").get_json()["id"] == survivor["id"]


def test_a_merged_company_hands_its_contacts_on(caller: Any) -> None:
    ids, survivor = merged(caller, "companies")
    contacts = caller.records("hubspot", "contacts")
    companies = [record["properties"]["associatedcompanyid"] for record in contacts]
    assert survivor["id"] in companies
    assert not set(ids) & set(companies)


def test_an_erased_contact_is_nowhere(caller: Any) -> None:
    (one,) = first(caller, "contacts")
    answer = caller.post(f"{OBJECTS}/contacts/gdpr-delete", {"objectId": one})
    assert answer.status_code == 204
    for archived in ("false", "true"):
        query = {"archived": archived}
        assert caller.get(f"{OBJECTS}/contacts/{one}", query_string=query).status_code == 404
    (held,) = (r for r in caller.records("hubspot", "contacts") if r["id"] == one)
    assert not any(held["properties"].values())


# -- search, lists, marketing ----------------------------------------------------------------


def test_the_index_lags_only_while_the_fault_strikes(caller: Any) -> None:
    (one,) = first(caller, "companies")
    caller.call("PATCH", f"{OBJECTS}/companies/{one}", json={"properties": {"name": "New"}})
    filters = [{"propertyName": "hs_object_id", "operator": "EQ", "value": one}]
    body = {"filterGroups": [{"filters": filters}]}
    fault = {"vendor": "hubspot", "path": "*/search", "kind": "index_delay"}
    caller.post("/_sandbox/faults", [fault])
    totals = [
        caller.post(f"{OBJECTS}/companies/search", body).get_json()["total"] for _ in range(2)
    ]
    assert totals == [0, 1]


def test_a_static_list_is_written_and_an_active_one_is_not(caller: Any) -> None:
    one, two = first(caller, "contacts", 2)
    path = "/hubspot/crm/v3/lists"
    static, active = f"{path}/4/memberships", f"{path}/1/memberships"
    for member in caller.get(static).get_json()["results"]:
        caller.call("PUT", f"{static}/remove", json=[member["recordId"]])
    answer = caller.call("PUT", f"{static}/add", json=[one, one, "404"]).get_json()
    empty: dict[str, list[str]] = {
        "recordsIdsAdded": [],
        "recordIdsRemoved": [],
        "recordIdsMissing": [],
    }
    assert answer == empty | {"recordsIdsAdded": [one], "recordIdsMissing": ["404"]}
    assert caller.call("PUT", f"{static}/add", json=[one]).get_json() == empty
    change = {"recordIdsToAdd": [two], "recordIdsToRemove": [one]}
    answer = caller.call("PUT", f"{static}/add-and-remove", json=change).get_json()
    assert answer == empty | {"recordsIdsAdded": [two], "recordIdsRemoved": [one]}
    asked = {"inputs": [{"objectTypeId": "0-1", "recordId": id_} for id_ in (one, two)]}
    found = caller.post(f"{path}/records/memberships/batch/read", asked).get_json()["results"]
    on = [[held["listId"] for held in record["recordListMemberships"]] for record in found]
    assert ["4" in lists for lists in on] == [False, True]
    refused = caller.call("PUT", f"{active}/add", json=[one])
    assert (refused.status_code, refused.get_json()["category"]) == (400, "VALIDATION_ERROR")
    assert caller.call("PUT", f"{static}/add", json=["x"]).status_code == 400
    named = caller.get(f"{path}/object-type-id/0-1/name/test list").get_json()["list"]
    assert (named["listId"], named["size"]) == ("4", 1)
    assert caller.get(f"{path}/object-type-id/0-2/name/test list").status_code == 404


def test_submissions_come_newest_first_and_fifty_at_a_time(caller: Any) -> None:
    form = caller.records("hubspot", "form_submissions")[0]["formId"]
    path = f"/hubspot/form-integrations/v1/submissions/forms/{form}"
    found = caller.get(path, query_string={"limit": 50}).get_json()["results"]
    stamps = [one["submittedAt"] for one in found]
    assert stamps == sorted(stamps, reverse=True)
    assert caller.get(path, query_string={"limit": 51}).status_code == 400


def test_events_are_turned_by_an_offset_within_a_window(caller: Any) -> None:
    events = caller.records("hubspot", "email_events")
    until = sorted(event["created"] for event in events)[len(events) // 2]
    seen: list[str] = []
    offset, more = None, True
    while more:
        query = {"limit": 20, "endTimestamp": until, **({"offset": offset} if offset else {})}
        answer = caller.get("/hubspot/email/public/v1/events", query_string=query).get_json()
        seen += [event["id"] for event in answer["events"]]
        offset, more = answer["offset"], answer["hasMore"]
    wanted = {event["id"] for event in events if event["created"] <= until}
    assert (len(seen), set(seen)) == (len(wanted), wanted)


def test_a_campaign_shows_only_the_properties_asked_for(caller: Any) -> None:
    query = {"properties": "hs_name"}
    answer = caller.get("/hubspot/marketing/v3/campaigns", query_string=query).get_json()
    assert answer["total"] == len(answer["results"]) == 4
    assert {tuple(one["properties"]) for one in answer["results"]} == {("hs_name",)}


# -- who may come in -------------------------------------------------------------------------

APP = {"client_id": "app", "client_secret": "s3cret", "refresh_token": "r3fresh"}


def test_a_refresh_token_gives_an_access_token_that_ends(caller: Any) -> None:
    credentials = caller.app.vendors["hubspot"].credentials
    credentials.update(APP)
    form = {"grant_type": "refresh_token", **APP}
    issued = caller.web.post("/hubspot/oauth/v3/token", data=form).get_json()
    headers = {"Authorization": f"Bearer {issued['access_token']}"}
    answer = caller.web.get(f"{OBJECTS}/deals", headers=headers)
    assert answer.status_code == 200
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers
    assert "X-HubSpot-RateLimit-Max" in answer.headers
    caller.ticks.seconds += issued["expires_in"]
    assert caller.web.get(f"{OBJECTS}/deals", headers=headers).status_code == 401
    wrong = {**form, "refresh_token": "no"}
    assert caller.web.post("/hubspot/oauth/v3/token", data=wrong).status_code == 400


def test_an_address_that_is_too_long_is_refused(caller: Any) -> None:
    query = {"properties": "x" * 17_000}
    assert caller.get(f"{OBJECTS}/deals", query_string=query).status_code == 414
