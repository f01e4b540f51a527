import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.conftest import Caller

API = "/stripe/v1"
CURRENT = {"Stripe-Version": "2026-10-28.endive"}


def get(caller: Caller, path: str, **headers: str) -> Any:
    return caller.get(f"{API}{path}", headers=CURRENT | headers)


def send(caller: Caller, path: str, form: dict[str, str], **headers: str) -> Any:
    return caller.call("POST", f"{API}{path}", data=form, headers=CURRENT | headers)


def error(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.get_json()["error"].get("code")


def rows(caller: Caller, path: str, size: int = 100) -> list[dict[str, Any]]:
    """Everything that a list shows, page by page."""
    found: list[dict[str, Any]] = []
    joint = "&" if "?" in path else "?"
    while True:
        after = f"&starting_after={found[-1]['id']}" if found else ""
        caller.ticks.seconds += 1
        page = get(caller, f"{path}{joint}limit={size}{after}").get_json()
        found += page["data"]
        if not page["has_more"]:
            return found


@pytest.mark.parametrize("kind", ["customers", "prices", "invoices", "credit_notes", "coupons"])
def test_a_list_shows_everything_once_newest_first(caller: Caller, kind: str) -> None:
    found = rows(caller, f"/{kind}", size=30)
    assert {row["id"] for row in found} == {r["id"] for r in caller.records("stripe", kind)}
    assert len({row["id"] for row in found}) == len(found)
    created = [row["created"] for row in found]
    assert created == sorted(created, reverse=True)


def test_a_list_shows_ten_if_nobody_says_how_many_and_pages_back(caller: Caller) -> None:
    first = get(caller, "/invoices").get_json()
    assert (len(first["data"]), first["has_more"], first["url"]) == (10, True, "/v1/invoices")
    last = first["data"][-1]["id"]
    back = get(caller, f"/invoices?ending_before={last}&limit=9").get_json()
    assert back["data"] == first["data"][:9]
    assert back["has_more"] is False


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", None),
        ("limit=101", None),
        ("limit=x", None),
        ("foo=1", "parameter_unknown"),
        ("starting_after=cus_nobody", "resource_missing"),
        ("created[gte]=yesterday", None),
        ("expand[]=data.nothing", None),
        ("expand[]=data.discount.source.coupon.a.b", None),
    ],
)
def test_a_wrong_list_is_refused(caller: Caller, query: str, code: str | None) -> None:
    assert error(get(caller, f"/customers?{query}")) == (400, code)


def test_canceled_subscriptions_are_listed_only_when_asked_for(caller: Caller) -> None:
    shown = {row["status"] for row in rows(caller, "/subscriptions")}
    assert "canceled" not in shown
    everything = {row["status"] for row in rows(caller, "/subscriptions?status=all")}
    assert {"canceled", "active", "trialing", "past_due", "unpaid"} <= everything
    only = {row["status"] for row in rows(caller, "/subscriptions?status=canceled")}
    assert only == {"canceled"}


def test_ten_items_are_embedded_and_the_rest_is_listed(caller: Caller) -> None:
    big = next(r for r in rows(caller, "/subscriptions?status=all") if r["items"]["has_more"])
    assert len(big["items"]["data"]) == 10
    items = rows(caller, f"/subscription_items?subscription={big['id']}", size=6)
    assert len(items) > 10
    assert items[:10] == big["items"]["data"]
    bill = next(r for r in rows(caller, "/invoices") if r["lines"]["has_more"])
    assert len(rows(caller, f"/invoices/{bill['id']}/lines")) > 10


def test_ids_are_expanded_on_request(caller: Caller) -> None:
    path = "/subscriptions?status=all&limit=100&expand[]=data.discounts.source.coupon"
    found = get(caller, f"{path}&expand[]=data.customer").get_json()["data"]
    given = [row["discounts"][0] for row in found if row["discounts"]]
    assert {one["source"]["coupon"]["object"] for one in given} == {"coupon"}
    assert {row["customer"]["object"] for row in found} == {"customer"}
    plain = rows(caller, "/subscriptions?status=all")
    assert all(isinstance(one, str) for row in plain for one in row["discounts"])


def test_events_older_than_30_days_are_gone(caller: Caller) -> None:
    now = caller.app.clock.now().timestamp()
    kept = rows(caller, "/events")
    held = caller.records("stripe", "events")
    assert 0 < len(kept) < len(held)
    assert min(row["created"] for row in kept) > now - 30 * 86_400


def test_events_are_filtered_by_types_and_wildcards(caller: Caller) -> None:
    some = rows(caller, "/events?types[]=invoice.paid&types[]=customer.created")
    assert {row["type"] for row in some} == {"invoice.paid", "customer.created"}
    assert all(r["type"].startswith("invoice.") for r in rows(caller, "/events?type=invoice.*"))


def test_an_event_shows_the_version_of_the_account_whatever_is_asked_for(caller: Caller) -> None:
    told = rows(caller, "/events?type=invoice.paid")[0]
    assert told["api_version"] == "2024-06-20"
    assert "subscription" in told["data"]["object"]
    record_id = told["data"]["object"]["id"]
    assert "parent" in get(caller, f"/invoices/{record_id}").get_json()
    old = get(caller, f"/invoices/{record_id}", **{"Stripe-Version": "2024-06-20"}).get_json()
    assert old["subscription"] == told["data"]["object"]["subscription"]
    assert error(get(caller, "/invoices", **{"Stripe-Version": "2099-01-01"})) == (400, None)


def test_a_write_is_told_and_changes_what_is_shown(caller: Caller) -> None:
    made = send(caller, "/customers", {"name": "Ito", "metadata[crm]": "7"}).get_json()
    assert made["metadata"] == {"crm": "7"}
    changed = send(caller, f"/customers/{made['id']}", {"email": "ito@x.example"}).get_json()
    assert (changed["name"], changed["email"]) == ("Ito", "ito@x.example")
    gone = caller.call("DELETE", f"{API}/customers/{made['id']}", headers=CURRENT).get_json()
    assert gone == {"id": made["id"], "object": "customer", "deleted": True}
    assert get(caller, f"/customers/{made['id']}").get_json() == gone
    assert made["id"] not in {row["id"] for row in rows(caller, "/customers")}
    told = [e for e in rows(caller, "/events") if e["data"]["object"]["id"] == made["id"]]
    assert {e["type"] for e in told} == {
        "customer.created",
        "customer.updated",
        "customer.deleted",
    }
    updated = next(e for e in told if e["type"] == "customer.updated")
    assert updated["data"]["previous_attributes"] == {"email": None}


def test_an_upgrade_and_a_cancellation_are_told(caller: Caller) -> None:
    record = rows(caller, "/subscriptions?status=active")[0]
    item = record["items"]["data"][0]["id"]
    form = {"items[0][id]": item, "items[0][quantity]": "77"}
    changed = send(caller, f"/subscriptions/{record['id']}", form).get_json()
    assert changed["items"]["data"][0]["quantity"] == 77
    path = f"{API}/subscriptions/{record['id']}"
    ended = caller.call("DELETE", path, headers=CURRENT).get_json()
    assert (ended["status"], ended["ended_at"] is None) == ("canceled", False)
    told = [e["type"] for e in rows(caller, "/events?type=customer.subscription.*")]
    assert told.count("customer.subscription.deleted") >= 1


def test_a_draft_is_finalised_and_paid_and_then_kept(caller: Caller) -> None:
    buyer = rows(caller, "/customers")[0]["id"]
    bill = send(caller, "/invoices", {"customer": buyer, "amount": "1200"}).get_json()
    assert bill["status"] == "draft"
    for step, status in (("finalize", "open"), ("pay", "paid")):
        assert send(caller, f"/invoices/{bill['id']}/{step}", {}).get_json()["status"] == status
    assert send(caller, f"/invoices/{bill['id']}/void", {}).status_code == 400
    assert caller.call("DELETE", f"{API}/invoices/{bill['id']}", headers=CURRENT).status_code == 400


def test_a_write_comes_once_under_its_idempotency_key(caller: Caller) -> None:
    before = len(rows(caller, "/customers"))
    key = {"Idempotency-Key": "k1"}
    first = send(caller, "/customers", {"name": "A"}, **key)
    again = send(caller, "/customers", {"name": "A"}, **key)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(rows(caller, "/customers")) == before + 1
    other = send(caller, "/customers", {"name": "B"}, **key)
    assert other.get_json()["error"]["type"] == "idempotency_error"


def test_keys_open_the_account_as_bearer_or_user_and_others_do_not(caller: Caller) -> None:
    key = caller.credentials["stripe"]["token"]
    basic = base64.b64encode(f"{key}:".encode()).decode()
    assert get(caller, "/products", Authorization=f"Basic {basic}").status_code == 200
    answer = get(caller, "/products", Authorization="Bearer sk_test_wrong")
    assert answer.status_code == 401
    assert "Invalid API Key" in answer.get_json()["error"]["message"]


def test_the_26th_request_in_a_second_is_refused(caller: Caller) -> None:
    answers = [get(caller, "/products?limit=1") for _ in range(26)]
    assert [a.status_code for a in answers] == [200] * 25 + [429]
    assert answers[-1].get_json()["error"]["code"] == "rate_limit"
    assert answers[-1].headers["Stripe-Should-Retry"] == "true"
    caller.ticks.seconds += 1.1
    assert get(caller, "/products").status_code == 200


def test_a_missing_object_and_an_unknown_path_are_not_found(caller: Caller) -> None:
    assert error(get(caller, "/invoices/in_nothing")) == (404, "resource_missing")
    assert get(caller, "/charges").status_code == 404


def test_a_day_is_told_by_events_that_name_records_as_they_are(caller: Caller) -> None:
    before = {event["id"] for event in rows(caller, "/events")}
    caller.web.post("/_sandbox/advance")
    caller.ticks.seconds += 60
    told = [event for event in rows(caller, "/events") if event["id"] not in before]
    types = {event["type"] for event in told}
    assert {
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "invoice.paid",
        "customer.deleted",
        "coupon.deleted",
        "price.updated",
    } <= types
    for event in told:
        shown = event["data"]["object"]
        assert shown["id"]
        if event["type"] == "customer.subscription.deleted":
            assert shown["status"] == "canceled"


def test_what_was_written_and_told_outlives_a_restart(
    start: Callable[..., Caller], tmp_path: Any
) -> None:
    first = start(state=tmp_path / "state.ndjson")
    made = send(first, "/customers", {"name": "Kept"}).get_json()
    told = [e["id"] for e in rows(first, "/events?type=customer.created")]
    second = start(state=tmp_path / "state.ndjson")
    assert get(second, f"/customers/{made['id']}").get_json() == made
    assert [e["id"] for e in rows(second, "/events?type=customer.created")] == told
