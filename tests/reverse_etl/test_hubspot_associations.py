"""HubSpot's associations as a destination: pairs of ids, with a label and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from connectors.core.http import ToolClient
from reverse_etl.destinations.base import Row
from reverse_etl.destinations.hubspot import HubSpotObjects
from reverse_etl.destinations.registry import kind_of
from sandbox.app import Sandbox, create_app
from tests.reverse_etl.bench import FIRST_ID
from tests.reverse_etl.proof.of_hubspot_associations import (
    FIRST_CONTACT,
    LABEL,
    HubSpotAssociations,
    write_people,
)
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from warehouse.errors import Misconfigured, Refused

ANN, ACME, GONE = str(FIRST_CONTACT), str(FIRST_ID), "404"
CREATE = "/crm/v4/associations/contacts/companies/batch/create"


class Portal:
    """A portal of two contacts and five companies behind the real client."""

    def __init__(self, folder: Path) -> None:
        write_people(folder, 2)
        case = HubSpotAssociations()
        self.app: Sandbox = create_app(folder)
        self.wire = case.wire(self.app, Steps(), Script(), lambda: None)
        self.client = cast("ToolClient", case.client(self.wire))

    def to(
        self, label: str | None = None, what: str = "contacts:companies", by: str | None = None
    ) -> HubSpotObjects:
        return HubSpotObjects(self.client, f"associations:{what}", by, label)

    def links(self) -> dict[str, dict[str, list[str]]]:
        held = map(json.loads, self.app.records("hubspot", "associations").splitlines())
        return {one["id"]: one["to"] for one in held if one["to"]}


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    made = Portal(tmp_path)
    with made.client:
        yield made


def told(destination: HubSpotObjects, operation: Any, *keys: str) -> dict[str, str]:
    found = destination.write(operation, [Row(key, {}, f"t-{key}") for key in keys])
    assert len({one.trace for one in found}) == len(found)
    assert all(one.reason for one in found if one.outcome == "rejected")
    return {one.trace.removeprefix("t-"): one.outcome for one in found}


@pytest.mark.parametrize("label", [None, LABEL])
def test_pairs_come_and_go_however_often_it_is_said(portal: Portal, label: str | None) -> None:
    to, pair, bad = portal.to(label), f"{ANN}|{ACME}", f"{ANN}|{GONE}"
    other = f"{FIRST_CONTACT + 1}|{ACME}"
    for _ in range(2):
        found = told(to, "add", pair, bad, "no pair", other)
        assert found == {
            pair: "acknowledged",
            bad: "rejected",
            "no pair": "rejected",
            other: "acknowledged",
        }
        assert to.read([pair, bad, "no pair"], []).keys() == {pair}
    for _ in range(2):
        assert told(to, "remove", pair, f"{ANN}|{FIRST_ID + 1}") == {
            pair: "acknowledged",
            f"{ANN}|{FIRST_ID + 1}": "acknowledged",
        }
        assert to.read([pair, other], []).keys() == {other}
    # A label is put upon the plain association, which stays when it is taken off.
    left = {} if label is None else {f"contacts/{ANN}": {f"companies/{ACME}": ["plain"]}}
    assert {one: to for one, to in portal.links().items() if ANN in one} == left


def test_a_pair_with_somebody_elses_label_is_not_taken_apart(portal: Portal) -> None:
    pair = f"{ANN}|{ACME}"
    told(portal.to(LABEL), "add", pair)
    assert told(portal.to(), "remove", pair) == {pair: "rejected"}
    assert portal.to(LABEL).read([pair], []).keys() == {pair}


def test_what_cannot_be_looked_up_after_a_write_is_in_doubt_and_not_refused(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    to, pair = portal.to(), f"{ANN}|{ACME}"
    assert to.faults([]) == []
    post_as = portal.client.post_as

    def refuse(path: str, *given: Any) -> Any:
        if path.endswith("batch/read"):
            raise Refused("no", status=400, body="no")
        return post_as(path, *given)

    monkeypatch.setattr(portal.client, "post_as", refuse)
    assert told(to, "add", pair, f"{ANN}|{GONE}") == {
        pair: "acknowledged",
        f"{ANN}|{GONE}": "rejected",
    }


def test_a_record_with_many_associations_is_read_to_its_end(portal: Portal) -> None:
    stored = {f"companies/{FIRST_ID + number}": ["plain"] for number in range(3)}
    at = "2026-11-20T09:00:00.000Z"
    table = portal.app.vendors["hubspot"].tables["associations"]
    table.put({"id": f"contacts/{ANN}", "to": stored, "updatedAt": at})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.vendors.hubspot.associations.MAX_SHOWN", 1)
        keys = [f"{ANN}|{FIRST_ID + number}" for number in range(5)]
        assert list(portal.to().read(keys, [])) == keys[:3]


def test_what_cannot_be_associated_is_a_fault(portal: Portal) -> None:
    assert portal.to().faults([]) == []
    assert portal.to(LABEL).faults([]) == []
    assert portal.to("Parent Company", "companies:companies").faults([]) == []

    def said(*given: Any, fields: tuple[str, ...] = (), **more: Any) -> str:
        return "; ".join(portal.to(*given, **more).faults(fields))

    assert f"no label 'Friend' from contacts to companies; it has: '{LABEL}'" in said("Friend")
    assert "has no field 'since'" in said(fields=("since",))
    assert "two record ids" in said(by="email")
    assert "associates no contacts to planets" in said(None, "contacts:planets")
    with pytest.raises(Misconfigured, match="no label"):
        told(portal.to("Friend"), "add", f"{ANN}|{ACME}")


def test_what_it_can_do_depends_on_the_object() -> None:
    operations_of = kind_of("hubspot").operations_of
    assert operations_of("associations:deals:contacts") == {"add", "remove"}
    for wrong in ("associations", "associations:deals", "associations:deals:", "list_members:a:b"):
        assert operations_of(wrong) == frozenset()


def test_the_payload_is_the_one_that_the_official_client_makes(portal: Portal) -> None:
    v4 = pytest.importorskip("hubspot.crm.associations.v4", reason="no official client")
    client = pytest.importorskip("hubspot").HubSpot(access_token="none")
    made = v4.PublicAssociationMultiPost(
        types=[{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}],
        _from={"id": ANN},
        to={"id": ACME},
    )
    wanted = client.crm.associations.v4.batch_api.api_client.sanitize_for_serialization(made)
    sent: list[Any] = []
    post = portal.client.post

    def keep(path: str, body: Any) -> Any:
        sent.append((path, body))
        return post(path, body)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portal.client, "post", keep)
        told(portal.to(), "add", f"{ANN}|{ACME}")
    assert sent == [(CREATE, {"inputs": [wanted]})]
