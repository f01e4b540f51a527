"""What the emulated org does by itself, how it is written to, and its query jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from warehouse.settings import PROJECT_ROOT

DATA = "/salesforce/services/data/v62.0"
REQUESTS = PROJECT_ROOT.parent / "shared" / "specs" / "salesforce"


def own(caller: Any, kind: str, opportunity: str) -> list[dict[str, Any]]:
    rows = caller.records("salesforce", kind)
    return [row for row in rows if row["OpportunityId"] == opportunity]


@pytest.mark.parametrize("days", [0, 1])
def test_histories_end_with_what_each_opportunity_is_now(caller: Any, days: int) -> None:
    for _ in range(days):
        caller.web.post("/_sandbox/advance")
    latest: dict[str, dict[str, Any]] = {}
    for row in caller.records("salesforce", "OpportunityHistory"):
        known = latest.get(row["OpportunityId"])
        if known is None or (known["CreatedDate"], known["Id"]) < (row["CreatedDate"], row["Id"]):
            latest[row["OpportunityId"]] = row
    opportunities = caller.records("salesforce", "Opportunity")
    assert latest.keys() == {one["Id"] for one in opportunities}
    for one in opportunities:
        row = latest[one["Id"]]
        for name in ("StageName", "Amount", "Probability", "CloseDate"):
            assert row[name] == one[name]
        assert one["CreatedDate"] <= row["CreatedDate"] <= one["SystemModstamp"]


def test_a_changed_opportunity_adds_to_its_histories_and_a_deleted_one_takes_them_along(
    caller: Any,
) -> None:
    caller.log_in()
    one = caller.records("salesforce", "Opportunity")[0]
    before = {
        k: own(caller, k, one["Id"]) for k in ("OpportunityHistory", "OpportunityFieldHistory")
    }
    path = f"{DATA}/sobjects/Opportunity/{one['Id']}"
    assert caller.call("PATCH", path, json={"Amount": 123}).status_code == 204
    after = {kind: own(caller, kind, one["Id"]) for kind in before}
    assert [len(after[k]) - len(before[k]) for k in before] == [1, 1]
    assert [row["NewValue"] for row in after["OpportunityFieldHistory"]].count(123) == 1
    assert caller.call("DELETE", path).status_code == 204
    assert all(row["IsDeleted"] for kind in before for row in own(caller, kind, one["Id"]))


def test_whoever_makes_a_record_owns_it_unless_it_says_otherwise(caller: Any) -> None:
    users = {one["Id"] for one in caller.records("salesforce", "User")}
    made = caller.log_in().post(f"{DATA}/sobjects/Task", {"Subject": "call"}).get_json()
    (task,) = (one for one in caller.records("salesforce", "Task") if one["Id"] == made["id"])
    assert task["OwnerId"] in users


def test_what_was_deleted_or_changed_is_listed_for_a_span_of_time(caller: Any) -> None:
    caller.log_in()
    caller.web.post("/_sandbox/advance")
    caller.log_in()
    span = {"start": "2026-11-20T09:00:00Z", "end": "2026-11-21T09:00:00Z"}
    gone = caller.get(f"{DATA}/sobjects/Opportunity/deleted", query_string=span).get_json()
    assert len(gone["deletedRecords"]) == 1
    changed = caller.get(f"{DATA}/sobjects/Lead/updated", query_string=span).get_json()
    assert len(changed["ids"]) == 1
    early = span | {"start": "2026-01-01T00:00:00Z"}
    answer = caller.get(f"{DATA}/sobjects/Opportunity/deleted", query_string=early)
    assert answer.get_json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"


def test_deleted_records_leave_the_recycle_bin_after_fifteen_days(caller: Any) -> None:
    caller.log_in()
    query = "SELECT Id FROM Lead WHERE IsDeleted = true"
    assert caller.soql(query, everything=True).get_json()["totalSize"] == 2
    caller.ticks.seconds += 16 * 86_400
    assert caller.log_in().soql(query, everything=True).get_json()["totalSize"] == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Nope": 1}, "INVALID_FIELD"),
        ({"IsConverted": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"LastName": "x"}, "REQUIRED_FIELD_MISSING"),
    ],
)
def test_a_wrong_write_says_what_is_wrong(caller: Any, fields: dict[str, Any], code: str) -> None:
    answer = caller.log_in().post(f"{DATA}/sobjects/Lead", fields)
    assert (answer.status_code, answer.get_json()[0]["errorCode"]) == (400, code)


def test_each_record_of_a_collection_has_its_own_outcome(caller: Any) -> None:
    kind = {"attributes": {"type": "Lead"}}
    records = [kind | {"LastName": "A", "Company": "B"}, kind | {"LastName": "C"}]
    answer = caller.log_in().post(f"{DATA}/composite/sobjects", {"records": records}).get_json()
    assert [one["success"] for one in answer] == [True, False]
    assert answer[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"


def test_a_job_runs_and_is_paged_aborted_and_deleted(caller: Any) -> None:
    caller.log_in()
    body = {"operation": "query", "query": "SELECT Id, CreatedDate FROM Contact"}
    job = caller.post(f"{DATA}/jobs/query", body).get_json()
    path = f"{DATA}/jobs/query/{job['id']}"
    assert job["state"] == "UploadComplete"
    assert caller.get(f"{path}/results").status_code == 400
    states = [caller.get(path).get_json()["state"] for _ in range(3)]
    assert states == ["InProgress", "JobComplete", "JobComplete"]
    answer = caller.get(f"{path}/results?maxRecords=100")
    assert answer.headers["Sforce-NumberOfRecords"] == "100"
    assert answer.get_data(as_text=True).splitlines()[1].endswith('.000Z"')
    rest = caller.get(f"{path}/results", query_string={"locator": answer.headers["Sforce-Locator"]})
    assert rest.headers["Sforce-Locator"] == "null"
    assert caller.get(f"{path}/results?locator=nonsense").status_code == 400
    assert caller.call("DELETE", path).status_code == 204
    assert caller.get(path).status_code == 404
    other = caller.post(f"{DATA}/jobs/query", body).get_json()["id"]
    answer = caller.call("PATCH", f"{DATA}/jobs/query/{other}", json={"state": "Aborted"})
    assert answer.get_json()["state"] == "Aborted"


def test_the_requests_that_salesforce_published_have_our_methods_and_paths(caller: Any) -> None:
    """Of its collection those that are emulated: each must lead to a handler."""
    file = REQUESTS / "official-postman-requests-2021-01-CC0.json"
    if not file.is_file():
        pytest.skip("the published requests are not beside this checkout")
    org = caller.app.vendors["salesforce"]
    published = json.loads(file.read_text("utf-8"))
    wanted = {
        "query/create_job_query.json",
        "query/get_job_info_query.json",
        "query/get_job_query_result.json",
        "query/abort_a_job_query.json",
        "query/delete_job_query.json",
        "rest/describe_global.json",
        "rest/sobject_describe.json",
        "rest/sobject_get_deleted.json",
        "rest/sobject_get_updated.json",
        "rest/query.json",
        "rest/queryall.json",
        "rest/limit.json",
    }
    for name in sorted(wanted):
        asked = published[name]
        path = asked["url"].partition("{{_endpoint}}")[2].partition("?")[0]
        for mark, value in {
            "{{version}}": "62.0",
            "{{_jobId}}": "750",
            "<SOBJECT_API_NAME>": "Lead",
        }.items():
            path = path.replace(mark, value)

        class Request:
            method = asked["method"]

        assert org.route(Request, path)[1] is not None, name


def test_a_checkbox_of_a_new_record_is_unset_and_never_null(caller: Any) -> None:
    logged_in = caller.log_in()
    made = logged_in.post(f"{DATA}/sobjects/Task", {"Subject": "Answer the MQL"}).get_json()
    task = logged_in.get(f"{DATA}/sobjects/Task/{made['id']}").get_json()
    assert {name: task[name] for name in ("IsArchived", "IsClosed", "IsDeleted")} == {
        "IsArchived": False,
        "IsClosed": False,
        "IsDeleted": False,
    }
