from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OBJECTS = "/hubspot/crm/v3/objects"


def search(caller: Any, kind: str, **body: Any) -> Any:
    return caller.patiently("POST", f"{OBJECTS}/{kind}/search", json=body)


def ids(caller: Any, count: int) -> list[str]:
    return [r["id"] for r in caller.records("hubspot", "companies")[:count]]


def current(caller: Any, record_id: str) -> Any:
    return next(r for r in caller.records("hubspot", "companies") if r["id"] == record_id)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limit=st.integers(1, 100), kind=st.sampled_from(["companies", "contacts", "deals"]))
def test_paging_a_list_visits_every_record_once(caller: Any, limit: int, kind: str) -> None:
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        query: dict[str, Any] = {"limit": limit, **({"after": after} if after else {})}
        answer = caller.patiently("GET", f"{OBJECTS}/{kind}", query_string=query).get_json()
        seen += [record["id"] for record in answer["results"]]
        after = answer.get("paging", {}).get("next", {}).get("after")
    assert seen == [record["id"] for record in caller.records("hubspot", kind)]


def test_paging_a_search_visits_every_match_once(caller: Any) -> None:
    seen: list[str] = []
    after, total = "0", 0
    while after:
        sorts = [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}]
        answer = search(caller, "contacts", limit=100, after=after, sorts=sorts).get_json()
        seen += [r["properties"]["lastmodifieddate"] for r in answer["results"]]
        total = answer["total"]
        after = answer.get("paging", {}).get("next", {}).get("after")
    assert len(seen) == total == len(caller.records("hubspot", "contacts"))
    assert seen == sorted(seen)


def test_a_record_shows_the_properties_asked_for_as_text(caller: Any) -> None:
    query = {"limit": 1, "properties": "numberofemployees,revops_account_score,nonsense"}
    (record,) = caller.get(f"{OBJECTS}/companies", query_string=query).get_json()["results"]
    assert record["properties"]["revops_account_score"] is None
    assert isinstance(record["properties"]["numberofemployees"], str | None)
    assert {"createdate", "hs_lastmodifieddate", "hs_object_id"} <= record["properties"].keys()


@pytest.mark.parametrize("limit", ["0", "101", "abc"])
def test_a_limit_out_of_range_is_a_validation_error(caller: Any, limit: str) -> None:
    answer = caller.get(f"{OBJECTS}/companies", query_string={"limit": limit})
    assert (answer.status_code, answer.get_json()["category"]) == (400, "VALIDATION_ERROR")


def test_a_wrong_token_is_not_let_in(caller: Any) -> None:
    answer = caller.get(f"{OBJECTS}/companies", headers={"Authorization": "Bearer no"})
    assert (answer.status_code, answer.get_json()["category"]) == (401, "INVALID_AUTHENTICATION")
    assert caller.credentials["hubspot"]["token"] not in answer.get_data(as_text=True)


def test_a_missing_scope_is_named(start: Callable[..., Any], data: Path, tmp_path: Path) -> None:
    manifest = (data / "manifest.json").read_text("utf-8")
    granted = '"hubspot": {"scopes": ["crm.objects.deals.read"], '
    for folder in ("hubspot", "salesforce"):
        (tmp_path / folder).symlink_to(data / folder)
    limited = manifest.replace('"hubspot": {', granted, 1)
    (tmp_path / "manifest.json").write_text(limited, "utf-8")
    caller = start(tmp_path)
    answer = caller.get(f"{OBJECTS}/companies")
    assert answer.status_code == 403
    context = answer.get_json()["errors"][0]["context"]
    assert context == {"requiredGranularScopes": ["crm.objects.companies.read"]}
    assert caller.get(f"{OBJECTS}/deals").status_code == 200


@pytest.mark.parametrize(
    ("operator", "means"),
    [
        ("EQ", lambda have: have == 50),
        ("NEQ", lambda have: have != 50),
        ("GT", lambda have: have > 50),
        ("GTE", lambda have: have >= 50),
        ("LT", lambda have: have < 50),
        ("LTE", lambda have: have <= 50),
    ],
)
def test_numbers_compare_as_numbers(
    caller: Any, operator: str, means: Callable[[int], bool]
) -> None:
    filters = [{"propertyName": "numberofemployees", "operator": operator, "value": "50"}]
    groups = [{"filters": filters}]
    found = search(caller, "companies", limit=200, filterGroups=groups).get_json()["results"]
    known = caller.records("hubspot", "companies")
    wanted = [
        r["id"] for r in known if (n := r["properties"]["numberofemployees"]) and means(int(n))
    ]
    assert [r["id"] for r in found] == wanted


def test_instants_compare_as_epochs_and_as_text(caller: Any) -> None:
    totals = []
    for value in ("2026-06-01T00:00:00.000Z", "1780272000000", 1780272000000):
        filters = [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": value}]
        answer = search(caller, "companies", filterGroups=[{"filters": filters}])
        totals.append(answer.get_json()["total"])
    assert totals[0] == totals[1] == totals[2]
    assert 0 < totals[0] < len(caller.records("hubspot", "companies"))


def test_groups_are_alternatives_and_ids_compare_as_numbers(caller: Any) -> None:
    first, second, third, *_ = ids(caller, 3)
    groups = [
        {"filters": [{"propertyName": "hs_object_id", "operator": "LT", "value": second}]},
        {"filters": [{"propertyName": "hs_object_id", "operator": "IN", "values": [third]}]},
    ]
    answer = search(caller, "companies", filterGroups=groups).get_json()
    assert [r["id"] for r in answer["results"]] == [first, third]


def test_presence_filters_split_the_records(caller: Any) -> None:
    totals = [
        search(
            caller,
            "companies",
            filterGroups=[{"filters": [{"propertyName": "domain", "operator": operator}]}],
        ).get_json()["total"]
        for operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY")
    ]
    assert all(totals)
    assert sum(totals) == len(caller.records("hubspot", "companies"))


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "10000"},
        {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "HAS_PROPERTY"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "LIKE", "value": 1}]}]},
        {"filterGroups": "all"},
        {"sorts": [{"propertyName": "nope"}]},
    ],
)
def test_a_wrong_search_is_refused(caller: Any, body: dict[str, Any]) -> None:
    assert search(caller, "companies", **body).status_code == 400


def test_an_update_changes_values_and_moves_the_modification_instant(caller: Any) -> None:
    (record_id,) = ids(caller, 1)
    before = current(caller, record_id)
    caller.ticks.seconds += 5
    inputs = [{"id": record_id, "properties": {"revops_account_score": 71, "website": ""}}]
    answer = caller.post(f"{OBJECTS}/companies/batch/update", {"inputs": inputs})
    assert (answer.status_code, answer.get_json()["status"]) == (200, "COMPLETE")
    after = current(caller, record_id)
    assert after["properties"]["revops_account_score"] == "71"
    assert after["properties"]["website"] is None
    assert after["updatedAt"] > before["updatedAt"]
    assert after["properties"]["hs_lastmodifieddate"] == after["updatedAt"]


def test_one_bad_row_refuses_an_untraced_batch_whole(caller: Any) -> None:
    good, bad = ids(caller, 2)
    inputs = [
        {"id": good, "properties": {"revops_account_score": "1"}},
        {"id": bad, "properties": {"revops_account_score": "many"}},
    ]
    answer = caller.post(f"{OBJECTS}/companies/batch/update", {"inputs": inputs})
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["code"] == "INVALID_INTEGER"
    assert current(caller, good)["properties"]["revops_account_score"] is None


def test_a_traced_batch_fails_row_by_row(caller: Any) -> None:
    good, bad = ids(caller, 2)
    inputs = [
        {"id": good, "properties": {"revops_account_tier": "A"}, "objectWriteTraceId": "1"},
        {"id": bad, "properties": {"revops_account_tier": "Z"}, "objectWriteTraceId": "2"},
        {"id": "999", "properties": {"revops_account_tier": "B"}, "objectWriteTraceId": "3"},
    ]
    answer = caller.post(f"{OBJECTS}/companies/batch/update", {"inputs": inputs})
    body = answer.get_json()
    assert (answer.status_code, body["numErrors"]) == (207, 2)
    assert [r["objectWriteTraceId"] for r in body["results"]] == ["1"]
    assert [e["context"]["objectWriteTraceId"] for e in body["errors"]] == [["2"], ["3"]]
    assert [e["category"] for e in body["errors"]] == ["VALIDATION_ERROR", "OBJECT_NOT_FOUND"]
    assert body["errors"][0]["errors"][0]["code"] == "INVALID_OPTION"
    assert current(caller, good)["properties"]["revops_account_tier"] == "A"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda i: [{"id": i, "properties": {"nope": "1"}}], "PROPERTY_DOESNT_EXIST"),
        (lambda i: [{"id": i, "properties": {"hs_object_id": "1"}}], "READ_ONLY_VALUE"),
        (lambda i: [{"id": i, "properties": {"revops_won_revenue": "1.2.3"}}], "INVALID_DOUBLE"),
        (lambda i: [{"id": i}, {"id": i}], None),
        (lambda _: [{"id": "999"}], None),
        (lambda _: [{"id": str(n)} for n in range(101)], None),
        (lambda _: [], None),
        (lambda _: ["x"], None),
    ],
)
def test_a_wrong_batch_is_refused(
    caller: Any, make: Callable[[str], list[Any]], code: str | None
) -> None:
    inputs = make(ids(caller, 1)[0])
    answer = caller.post(f"{OBJECTS}/companies/batch/update", {"inputs": inputs})
    assert answer.status_code == 400
    if code:
        assert answer.get_json()["errors"][0]["code"] == code


def test_upsert_updates_the_known_and_creates_the_new(caller: Any) -> None:
    known = next(r for r in caller.records("hubspot", "contacts") if r["properties"]["email"])
    inputs = [
        {"idProperty": "email", "id": email, "properties": {"jobtitle": "Chair"}}
        for email in (known["properties"]["email"].upper(), "someone@new.example")
    ]
    answer = caller.post(f"{OBJECTS}/contacts/batch/upsert", {"inputs": inputs}).get_json()
    assert [r["new"] for r in answer["results"]] == [False, True]
    assert answer["results"][0]["id"] == known["id"]
    assert answer["results"][1]["properties"]["email"] == "someone@new.example"


@pytest.mark.parametrize("name", ["revops_account_id", "domain", "nope", None])
def test_upsert_wants_a_property_with_unique_values(caller: Any, name: str | None) -> None:
    inputs = [{"idProperty": name, "id": "1", "properties": {"name": "X"}}]
    answer = caller.post(f"{OBJECTS}/companies/batch/upsert", {"inputs": inputs})
    assert answer.status_code == 400


def test_a_new_unique_property_can_key_an_upsert(caller: Any) -> None:
    definition = {
        "name": "revops_key",
        "label": "Key",
        "type": "string",
        "fieldType": "text",
        "groupName": "revops",
        "hasUniqueValue": True,
    }
    path = "/hubspot/crm/v3/properties/companies"
    assert caller.post(path, definition).status_code == 201
    assert caller.post(path, definition).status_code == 409
    assert caller.get(f"{path}/revops_key").get_json()["hasUniqueValue"] is True
    inputs = [{"idProperty": "revops_key", "id": "k1", "properties": {"name": "New Co"}}]
    upserts = [caller.post(f"{OBJECTS}/companies/batch/upsert", {"inputs": inputs}) for _ in "12"]
    first, second = (answer.get_json()["results"][0] for answer in upserts)
    assert (first["new"], second["new"]) == (True, False)
    assert first["id"] == second["id"]


def test_a_taken_unique_value_is_a_conflict_of_the_whole_batch(caller: Any) -> None:
    taken = next(r for r in caller.records("hubspot", "contacts") if r["properties"]["email"])
    emails = ("fresh@new.example", taken["properties"]["email"])
    inputs = [{"properties": {"email": email}} for email in emails]
    answer = caller.post(f"{OBJECTS}/contacts/batch/create", {"inputs": inputs})
    assert (answer.status_code, answer.get_json()["category"]) == (409, "CONFLICT")
    texts = [r["properties"]["email"] for r in caller.records("hubspot", "contacts")]
    assert "fresh@new.example" not in texts


def test_an_archived_record_moves_to_the_archived_list(caller: Any) -> None:
    (record_id,) = ids(caller, 1)
    path = f"{OBJECTS}/companies/{record_id}"
    assert caller.call("DELETE", path).status_code == 204
    assert caller.get(path).status_code == 404
    archived = caller.get(f"{OBJECTS}/companies", query_string={"archived": "true"}).get_json()
    assert [r["id"] for r in archived["results"]] == [record_id]
    assert archived["results"][0]["archivedAt"]
    filters = [{"propertyName": "hs_object_id", "operator": "EQ", "value": record_id}]
    assert search(caller, "companies", filterGroups=[{"filters": filters}]).get_json()["total"] == 0


def test_batch_read_names_what_it_did_not_find(caller: Any) -> None:
    (record_id,) = ids(caller, 1)
    body = {"inputs": [{"id": record_id}, {"id": "999"}], "properties": ["name"]}
    answer = caller.post(f"{OBJECTS}/companies/batch/read", body)
    assert answer.status_code == 207
    assert [r["id"] for r in answer.get_json()["results"]] == [record_id]
    assert answer.get_json()["errors"][0]["context"]["ids"] == ["999"]


def test_a_deal_that_reaches_closed_won_is_closed(caller: Any) -> None:
    deals = caller.records("hubspot", "deals")
    deal = next(r for r in deals if r["properties"]["hs_is_closed"] == "false")
    path = f"{OBJECTS}/deals/{deal['id']}"
    answer = caller.call("PATCH", path, json={"properties": {"dealstage": "closedwon"}})
    properties = answer.get_json()["properties"]
    assert (properties["hs_is_closed"], properties["hs_is_closed_won"]) == ("true", "true")


def test_the_191st_call_in_ten_seconds_is_refused_and_the_window_slides(caller: Any) -> None:
    answers = [caller.get(f"{OBJECTS}/companies?limit=1") for _ in range(191)]
    assert [a.status_code for a in answers] == [200] * 190 + [429]
    assert answers[0].headers["X-HubSpot-RateLimit-Remaining"] == "189"
    body = answers[-1].get_json()
    assert (body["errorType"], body["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    caller.ticks.seconds += 10
    assert caller.get(f"{OBJECTS}/companies?limit=1").status_code == 200


def test_the_sixth_search_in_a_second_is_refused_without_rate_headers(caller: Any) -> None:
    answers = [caller.post(f"{OBJECTS}/companies/search", {"limit": 1}) for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert not any(name.startswith("X-HubSpot-RateLimit") for name, _ in answers[0].headers)


def test_owners_properties_and_account_answer(caller: Any) -> None:
    owners = caller.get("/hubspot/crm/v3/owners", query_string={"limit": 5}).get_json()
    rest = caller.get(f"/hubspot/crm/v3/owners?after={owners['paging']['next']['after']}")
    assert len(owners["results"]) + len(rest.get_json()["results"]) == 8
    names = {
        p["name"] for p in caller.get("/hubspot/crm/v3/properties/companies").get_json()["results"]
    }
    assert {"name", "domain", "revops_account_score", "revops_account_tier"} <= names
    assert caller.get("/hubspot/account-info/v3/details").get_json()["companyCurrency"] == "USD"
    assert caller.get("/hubspot/crm/v3/properties/companies/nope").status_code == 404
    assert caller.get("/hubspot/crm/v9/nothing").status_code == 404
