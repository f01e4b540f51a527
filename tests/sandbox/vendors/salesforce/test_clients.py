"""A client that others wrote is satisfied with the emulated Salesforce."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from requests import PreparedRequest, Response, Session  # noqa: TID251  # the client sends by it
from requests.adapters import HTTPAdapter  # noqa: TID251  # as above
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from sandbox.app import create_app
from sandbox.manifest import read_manifest
from sandbox.server import running


class ToSandbox(HTTPAdapter):
    """The client knows only https and hosts of Salesforce: send all of it to the sandbox."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        assert request.url is not None
        request.url = f"{self._base}/services{request.url.partition('/services')[2]}"
        return super().send(request, *args, **kwargs)


@pytest.fixture(scope="module")
def org(data: Path) -> Iterator[Any]:
    """Signed in by client credentials."""
    credentials = read_manifest(data).credentials["salesforce"]
    with running(create_app(data)) as url, Session() as session:
        session.mount("https://", ToSandbox(f"{url}/salesforce"))
        yield Salesforce(
            consumer_key=credentials["client_id"],
            consumer_secret=credentials["client_secret"],
            domain="revops-lab.my",
            session=session,
            version="62.0",
        )


def test_it_queries_and_follows_locators(org: Any) -> None:
    answer = org.query("SELECT Id, Name FROM Account ORDER BY Name LIMIT 3")
    assert (answer["totalSize"], answer["done"]) == (3, True)
    org.headers["Sforce-Query-Options"] = "batchSize=200"
    found = org.query_all("SELECT Id, StageName FROM OpportunityHistory")
    assert len(found["records"]) == found["totalSize"] > 400
    assert org.api_usage["api-usage"].total == 100_000


def test_it_describes_and_gets(org: Any) -> None:
    names = {one["name"] for one in org.describe()["sobjects"]}
    assert {"Lead", "Task", "CampaignMember"} <= names
    fields = {one["name"]: one for one in org.Lead.describe()["fields"]}
    assert (fields["Budget__c"]["custom"], fields["Email"]["type"]) == (True, "email")
    lead = org.query("SELECT Id FROM Lead LIMIT 1")["records"][0]
    assert org.Lead.get(lead["Id"])["Id"] == lead["Id"]
    with pytest.raises(SalesforceResourceNotFound):
        org.Lead.get("00Q000000000000AAA")


@pytest.mark.slow
def test_it_queries_in_bulk_with_every_page(org: Any) -> None:
    query = "SELECT Id, Notes__c FROM Lead"
    pages = list(org.bulk2.Lead.query(query, max_records=30))
    assert len(pages) > 2
    rows = sum(page.count('\n"00Q') for page in pages)
    assert rows == org.query(query)["totalSize"]


def test_it_creates_changes_and_deletes(org: Any) -> None:
    made = org.Lead.create({"LastName": "田中", "Company": "Acme"})
    assert made["success"] is True
    assert org.Lead.update(made["id"], {"Status": "Open"}) == 204
    assert org.Lead.get(made["id"])["Status"] == "Open"
    assert org.Lead.delete(made["id"]) == 204
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        org.Lead.create({"LastName": "田中"})


@pytest.mark.slow
def test_it_writes_by_jobs_and_is_told_of_each_row(org: Any) -> None:
    records = [
        {"Legacy_Ref__c": "bulk-1", "Name": "北", "Amount": "12.5"},
        {"Legacy_Ref__c": "bulk-2", "Name": "South", "Amount": "much"},
    ]
    (told,) = org.bulk2.Opportunity.upsert(records=records, external_id_field="Legacy_Ref__c")
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (2, 1)
    assert "INVALID_TYPE_ON_FIELD_IN_RECORD" in org.bulk2.Opportunity.get_failed_records(
        told["job_id"]
    )
    done = org.bulk2.Opportunity.get_successful_records(told["job_id"])
    assert "bulk-1" in done
    assert "bulk-2" not in done
