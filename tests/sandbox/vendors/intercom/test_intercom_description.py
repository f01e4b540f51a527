"""Every answer of the emulated Intercom is one that the official description allows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import Client

from tests.sandbox.vendors.intercom.description import Witness, description

BASE = "/intercom"


@pytest.fixture
def witness(caller: Any) -> Witness:
    return Witness(caller.app, description())


def call(caller: Any, witness: Witness, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": caller.authorization(f"{BASE}{path}"), "Intercom-Version": "2.15"}
    return Client(witness).open(f"{BASE}{path}", method=method, json=body, headers=headers)


def since(stamp: int) -> dict[str, Any]:
    within = [{"field": "updated_at", "operator": ">", "value": stamp}]
    return {"query": {"operator": "AND", "value": within}, "pagination": {"per_page": 5}}


def test_what_is_read_keeps_to_the_description(caller: Any, witness: Witness) -> None:
    contact = caller.records("intercom", "contacts")[0]["id"]
    company = caller.records("intercom", "companies")[0]["id"]
    for path in ("/contacts?per_page=150", "/conversations?per_page=150", "/admins", "/tags"):
        assert call(caller, witness, "GET", path).status_code == 200
    for path in ("/me", "/companies/scroll", "/companies", f"/companies/{company}"):
        assert call(caller, witness, "GET", path).status_code == 200
    for model in ("contact", "company", "conversation"):
        call(caller, witness, "GET", f"/data_attributes?model={model}&include_archived=true")
    call(caller, witness, "GET", f"/contacts/{contact}")
    call(caller, witness, "POST", "/companies/list?page=1&per_page=5&order=desc")
    for kind in ("contacts", "conversations"):
        call(caller, witness, "POST", f"/{kind}/search", since(1_700_000_000))
    for record in caller.records("intercom", "conversations")[:25]:
        call(caller, witness, "GET", f"/conversations/{record['id']}")
    assert witness.found == []
    assert len(witness.seen) > 35


def test_refusals_and_writes_keep_to_the_description(caller: Any, witness: Witness) -> None:
    contacts = caller.records("intercom", "contacts")
    lead, user = (next(c["id"] for c in contacts if c["role"] == r) for r in ("lead", "user"))
    made = call(caller, witness, "POST", "/contacts", {"email": "new@example.com"})
    call(caller, witness, "PUT", f"/contacts/{made.get_json()['id']}", {"name": "新しい人"})
    call(caller, witness, "POST", "/contacts/merge", {"from": lead, "into": user})
    call(caller, witness, "POST", f"/contacts/{made.get_json()['id']}/archive")
    call(caller, witness, "DELETE", f"/contacts/{user}")
    talk = caller.records("intercom", "conversations")[0]["id"]
    call(caller, witness, "DELETE", f"/conversations/{talk}")
    assert call(caller, witness, "GET", f"/conversations/{talk}").status_code == 404
    caller.credentials["intercom"]["token"] = "wrong"
    assert call(caller, witness, "GET", "/contacts").status_code == 401
    assert witness.found == []


def test_an_answer_that_breaks_the_description_would_be_found(
    caller: Any, witness: Witness
) -> None:
    table = caller.app.vendors["intercom"].tables["contacts"]
    table.put(next(iter(table)) | {"created_at": "yesterday"})
    call(caller, witness, "GET", "/contacts?per_page=150")
    (found,) = witness.found
    assert "created_at" in found
    assert json.dumps(witness.seen) == '["GET /contacts 200"]'
