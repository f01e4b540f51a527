"""The emulated answers beside Stripe's own: its fixtures, its description, its client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from sandbox.server import running
from tests.sandbox.conftest import Caller
from warehouse.settings import PROJECT_ROOT

stripe = pytest.importorskip("stripe")

SPECS = PROJECT_ROOT.parent / "shared" / "specs" / "stripe"
KINDS = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "coupons": "coupon",
    "promotion_codes": "promotion_code",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "credit_notes": "credit_note",
    "events": "event",
}
# In the fixtures and no longer in the current version, or only where a feature is used.
NOT_SHOWN = {
    "customer": {"customer_account"},
    "subscription": {"managed_payments"},
    "subscription_item": set[str](),
    "invoice": {"subscription"},
}
every_kind = pytest.mark.parametrize(("kind", "noun"), KINDS.items())


@cache
def specification(name: str) -> dict[str, Any]:
    path = SPECS / name
    if not path.is_file():
        pytest.skip(f"{path} is not here: Stripe's own description cannot be compared with")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def listed(caller: Caller, kind: str, version: str) -> list[dict[str, Any]]:
    caller.ticks.seconds += 5
    query = "limit=100" + ("&status=all" if kind == "subscriptions" else "")
    answer = caller.get(f"/stripe/v1/{kind}?{query}", headers={"Stripe-Version": version})
    found: list[dict[str, Any]] = answer.get_json()["data"]
    return found


def kind_of(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else type(value).__name__


@every_kind
def test_a_record_has_the_fields_of_the_current_fixture(
    caller: Caller, kind: str, noun: str
) -> None:
    fixtures = specification("fixtures3.official-2026-08.json")["resources"]
    for record in listed(caller, kind, stripe.api_version):
        _compare(record, fixtures[noun], noun)
        for row in record.get("items", {}).get("data", []):
            _compare(row, fixtures["subscription_item"], "subscription_item")
            _compare(row["price"], fixtures["price"], "price")
        if noun == "invoice":
            for row in record["lines"]["data"]:
                _compare(row, fixtures["line_item"], "line_item")
        if noun == "credit_note":
            for row in record["lines"]["data"]:
                _compare(row, fixtures["credit_note_line_item"], "credit_note_line_item")


def _compare(record: dict[str, Any], fixture: dict[str, Any], noun: str) -> None:
    # `quantity` is missing on metered items, as it is at Stripe.
    missing = set(fixture) - set(record) - NOT_SHOWN.get(noun, set()) - {"quantity"}
    assert missing - {"invoice_line_item"} == set(), noun
    assert set(record) - set(fixture) == set(), noun
    for name, value in record.items():
        if value is not None and fixture[name] is not None:
            assert kind_of(value) == kind_of(fixture[name]), f"{noun}.{name}"


@every_kind
def test_an_answer_in_the_oldest_version_keeps_to_the_description_of_its_time(
    caller: Caller, kind: str, noun: str
) -> None:
    from openapi_core.testing import MockRequest, MockResponse

    openapi = description_of_its_time()
    caller.ticks.seconds += 5
    version = {"Stripe-Version": "2020-08-27"}
    status = "?status=all" if kind == "subscriptions" else ""
    answer = caller.get(f"/stripe/v1/{kind}{status}", headers=version)
    assert answer.get_json()["data"], noun
    openapi.validate_response(
        MockRequest("https://api.stripe.com", "get", f"/v1/{kind}"),
        MockResponse(answer.get_data(), content_type="application/json"),
    )


@cache
def description_of_its_time() -> Any:
    from openapi_core import Config, OpenAPI

    described = specification("stripe-openapi-2022-04-official-collapsed.json")
    allow_nulls(described)
    return OpenAPI.from_dict(described, config=Config(spec_validator_cls=None))


def allow_nulls(part: Any) -> None:
    """Where the description says `nullable`, let the validator take it at its word.

    It goes on to look for null among the alternatives beside that word, where it never stands.
    """
    if isinstance(part, list):
        for one in part:
            allow_nulls(one)
    elif isinstance(part, dict):
        if part.get("nullable") is True:
            if "anyOf" in part:
                part["anyOf"].append({"nullable": True, "enum": [None]})
            if None not in part.get("enum", [None]):
                part["enum"].append(None)
        for one in list(part.values()):
            allow_nulls(one)


@pytest.fixture
def client(caller: Caller) -> Iterator[Any]:
    caller.app.vendors["stripe"]._throttle.limit = 1_000_000  # type: ignore[attr-defined]
    with running(caller.app) as url:
        key = caller.credentials["stripe"]["token"]
        yield stripe.StripeClient(key, base_addresses={"api": f"{url}/stripe"})


@every_kind
def test_the_client_pages_through_everything(
    caller: Caller, client: Any, kind: str, noun: str
) -> None:
    params: dict[str, Any] = {"limit": 20}
    if kind == "subscriptions":
        params["status"] = "all"
    found = [row.id for row in getattr(client.v1, kind).list(params).auto_paging_iter()]
    held = {record["id"] for record in caller.records("stripe", kind)}
    assert len(found) == len(set(found)) > 0
    assert set(found) == held if kind != "events" else set(found) < held
    assert getattr(client.v1, kind).retrieve(found[0]).object == noun


def test_the_client_pages_through_what_is_nested(client: Any) -> None:
    found = client.v1.subscriptions.list({"limit": 100, "status": "all"})
    big = next(one for one in found.data if one["items"].has_more)
    assert len(list(big["items"].auto_paging_iter())) > 10
    bills = client.v1.invoices.list({"limit": 100}).auto_paging_iter()
    bill = next(one for one in bills if one.lines.has_more)
    assert len(list(bill.lines.auto_paging_iter())) > 10


def test_the_client_sees_a_deleted_customer_and_stripes_own_errors(client: Any) -> None:
    made = client.v1.customers.create({"name": "A", "metadata": {"x": "1"}})
    assert made.metadata["x"] == "1"
    client.v1.customers.delete(made.id)
    assert client.v1.customers.retrieve(made.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.invoices.retrieve("in_nothing")
    assert caught.value.code == "resource_missing"
    wrong = stripe.StripeClient("sk_test_wrong", base_addresses=client._requestor.base_addresses)
    with pytest.raises(stripe.AuthenticationError):
        wrong.v1.products.list()
