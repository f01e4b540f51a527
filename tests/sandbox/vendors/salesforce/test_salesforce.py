import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.manifest import Manifest
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.records import sobject

DATA = "/salesforce/services/data/v62.0"
TOKEN = "/salesforce/services/oauth2/token"
AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    """A directory with 450 contacts, and a limit of six calls a day."""
    (tmp_path / "salesforce").mkdir()
    credentials = {"salesforce": {"client_id": "id", "client_secret": "secret"}}
    limits = {"salesforce": {"daily_requests": 6}}
    Manifest(AS_OF, credentials, {}, limits=limits).write(tmp_path)
    records = [
        sobject("Contact", salesforce_id("Contact", n), {"LastName": f"L{n}"}, AS_OF, AS_OF)
        for n in range(1, 451)
    ]
    text = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "salesforce" / "Contact.ndjson").write_text(text, "utf-8")
    return tmp_path


def test_a_query_is_read_through_its_locators_once_each(
    start: Callable[..., Any], crowd: Path
) -> None:
    caller = start(crowd).log_in()
    answer = caller.soql("SELECT Id FROM Contact", **{"Sforce-Query-Options": "batchSize=200"})
    pages = [answer.get_json()]
    while not pages[-1]["done"]:
        assert pages[-1]["nextRecordsUrl"].startswith("/services/data/v62.0/query/")
        pages.append(caller.get("/salesforce" + pages[-1]["nextRecordsUrl"]).get_json())
    assert [len(page["records"]) for page in pages] == [200, 200, 50]
    assert {page["totalSize"] for page in pages} == {450}
    assert len({r["Id"] for page in pages for r in page["records"]}) == 450


def test_the_daily_limit_answers_403_in_a_list(start: Callable[..., Any], crowd: Path) -> None:
    caller = start(crowd).log_in()
    answers = [caller.get(f"{DATA}/limits") for _ in range(7)]
    assert [a.status_code for a in answers] == [200] * 6 + [403]
    assert answers[-1].get_json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    assert answers[2].headers["Sforce-Limit-Info"] == "api-usage=3/6"


def test_a_token_opens_the_org_below_its_instance_url(caller: Any) -> None:
    form = {"grant_type": "client_credentials", **caller.credentials["salesforce"]}
    answer = caller.web.post(TOKEN, data=form, base_url="http://127.0.0.1:8900").get_json()
    assert answer["instance_url"] == "http://127.0.0.1:8900/salesforce"
    assert "expires_in" not in answer
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert caller.get(f"{DATA}/limits", headers=bearer).status_code == 200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client_id"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, "invalid_grant"),
    ],
)
def test_a_wrong_login_is_refused(caller: Any, change: dict[str, str], error: str) -> None:
    form = {"grant_type": "client_credentials", **caller.credentials["salesforce"], **change}
    answer = caller.web.post(TOKEN, data=form)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


def test_a_refresh_token_is_good_for_a_session(caller: Any) -> None:
    form = {"grant_type": "refresh_token", **caller.credentials["salesforce"]}
    assert caller.web.post(TOKEN, data=form).status_code == 200


def test_an_unknown_or_expired_session_is_invalid(caller: Any) -> None:
    assert caller.get(f"{DATA}/limits").status_code == 401
    caller.log_in()
    assert caller.get(f"{DATA}/limits").status_code == 200
    caller.ticks.seconds += 2 * 3600
    answer = caller.get(f"{DATA}/limits")
    assert answer.status_code == 401
    assert answer.get_json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]


def test_a_row_carries_its_attributes_and_only_the_fields_selected(caller: Any) -> None:
    answer = caller.log_in().soql("SELECT id, NAME FROM account LIMIT 1").get_json()
    (row,) = answer["records"]
    assert list(row) == ["attributes", "Id", "Name"]
    assert row["attributes"] == {
        "type": "Account",
        "url": f"/services/data/v62.0/sobjects/Account/{row['Id']}",
    }


def test_count_answers_the_total_without_rows(caller: Any) -> None:
    answer = caller.log_in().soql("SELECT COUNT() FROM Opportunity").get_json()
    total = len(caller.records("salesforce", "Opportunity"))
    assert answer == {"totalSize": total, "done": True, "records": []}


def test_query_hides_deleted_rows_and_query_all_shows_them(caller: Any) -> None:
    caller.web.post("/_sandbox/advance")
    caller.log_in()
    deleted = [r for r in caller.records("salesforce", "Opportunity") if r["IsDeleted"]]
    assert len(deleted) == 1
    found = "SELECT Id, IsDeleted FROM Opportunity WHERE IsDeleted = true"
    assert caller.soql(found).get_json()["records"] == []
    shown = caller.soql(found, everything=True).get_json()["records"]
    assert [r["Id"] for r in shown] == [deleted[0]["Id"]]
    answer = caller.get(f"{DATA}/sobjects/Opportunity/{deleted[0]['Id']}")
    assert (answer.status_code, answer.get_json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
    ],
)
def test_a_wrong_query_says_what_is_wrong(caller: Any, query: str, code: str) -> None:
    answer = caller.log_in().soql(query)
    assert (answer.status_code, answer.get_json()[0]["errorCode"]) == (400, code)


def test_describe_lists_the_fields_a_query_may_name(caller: Any) -> None:
    caller.log_in()
    objects = caller.get(f"{DATA}/sobjects").get_json()["sobjects"]
    kinds = {o["name"] for o in objects}
    assert {"Account", "Lead", "OpportunityFieldHistory", "Task", "CurrencyType"} <= kinds
    for kind in kinds:
        fields = caller.get(f"{DATA}/sobjects/{kind}/describe").get_json()["fields"]
        names = [field["name"] for field in fields]
        assert caller.soql(f"SELECT {', '.join(names)} FROM {kind}").status_code == 200
        stored = caller.records("salesforce", kind)[0]
        assert set(stored) - {"attributes"} <= set(names)
        # What is ours is on what is written to the tool, and on nothing that was there before.
        added = {name for name in set(names) - set(stored) if not name.startswith("Revops_")}
        assert added <= {"CurrencyIsoCode"}, kind


def test_an_org_without_currencies_has_no_object_and_no_field_for_them(
    start: Callable[..., Any], crowd: Path
) -> None:
    caller = start(crowd).log_in()
    objects = caller.get(f"{DATA}/sobjects").get_json()["sobjects"]
    assert not {"CurrencyType", "DatedConversionRate"} & {o["name"] for o in objects}
    assert caller.get(f"{DATA}/sobjects/CurrencyType/describe").status_code == 404
    answer = caller.soql("SELECT CurrencyIsoCode FROM Account")
    assert answer.get_json()[0]["errorCode"] == "INVALID_FIELD"


def test_one_record_is_read_by_its_short_or_long_id(caller: Any) -> None:
    caller.log_in()
    record = caller.records("salesforce", "Account")[0]
    for record_id in (record["Id"], record["Id"][:15]):
        answer = caller.get(f"{DATA}/sobjects/Account/{record_id}?fields=Name").get_json()
        assert (answer["Id"] if "Id" in answer else record["Id"]) == record["Id"]
        assert answer["Name"] == record["Name"]
    assert caller.get(f"{DATA}/sobjects/Account/001xx").status_code == 404


def test_a_locator_nobody_gave_out_is_refused(caller: Any) -> None:
    answer = caller.log_in().get(f"{DATA}/query/0r8xx0000000000000-2000")
    assert (answer.status_code, answer.get_json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")
