"""HubSpot's static lists as a destination: who is told of, who is not, and which list is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from connectors.core.http import ToolClient
from reverse_etl.destinations.base import Row
from reverse_etl.destinations.hubspot import HubSpotObjects
from reverse_etl.destinations.registry import kind_of
from reverse_etl.spec import Identifier
from sandbox.app import Sandbox, create_app
from tests.reverse_etl.bench import FIRST_ID, Bench, wished
from tests.reverse_etl.proof.of_hubspot_lists import (
    LIST_ID,
    HubSpotListByName,
    static_list,
    write_lines,
)
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from warehouse.errors import Misconfigured, Refused

ONE, TWO, GONE = str(FIRST_ID), str(FIRST_ID + 1), "404"
LISTS = (
    static_list(LIST_ID, "Target accounts", "0-2", "SNAPSHOT"),
    static_list("502", "Customers", "0-2", "DYNAMIC"),
    static_list("503", "Visitors", "0-1"),
)


class Portal:
    """A portal of two companies and three lists behind the real client."""

    def __init__(self, folder: Path) -> None:
        case = HubSpotListByName()
        case.set_up(folder, 2)
        write_lines(folder, "lists", *LISTS)
        self.app: Sandbox = create_app(folder)
        self.wire = case.wire(self.app, Steps(), Script(), lambda: None)
        self.client = cast("ToolClient", case.client(self.wire))

    def to(
        self, within: str | None, by: str | None = None, what: str = "list_members:companies"
    ) -> HubSpotObjects:
        return HubSpotObjects(self.client, what, by, within)

    def members(self) -> list[str]:
        held = map(json.loads, self.app.records("hubspot", "list_memberships").splitlines())
        return [one["recordId"] for one in held if not one["archived"]]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    made = Portal(tmp_path)
    with made.client:
        yield made


def told(destination: HubSpotObjects, operation: Any, *keys: str) -> dict[str, tuple[str, Any]]:
    rows = [Row(key, {}, f"t-{key}") for key in keys]
    found = destination.write(operation, rows)
    assert len({one.trace for one in found}) == len(found)
    return {one.trace.removeprefix("t-"): (one.outcome, one.tool_id) for one in found}


@pytest.mark.parametrize("within", [LIST_ID, "Target accounts"])
@pytest.mark.parametrize("by", [None, "erp_id"])
def test_members_come_and_go_however_often_it_is_said(
    portal: Portal, within: str, by: str | None
) -> None:
    to = portal.to(within, by)
    one, two, gone = (ONE, TWO, GONE) if by is None else ("ERP 0", "ERP 1", "ERP 404")
    for _ in range(2):
        assert told(to, "add", one, gone) == {
            one: ("acknowledged", ONE),
            gone: ("rejected", None),
        }
        assert portal.members() == [ONE]
        assert to.read([one, two, gone], []) == {one: {}}
    told(to, "add", two)
    for _ in range(2):
        found = told(to, "remove", one, gone)
        assert {key: outcome for key, (outcome, _) in found.items()} == {
            one: "acknowledged",
            gone: "acknowledged",
        }
        assert to.read([one, two], []) == {two: {}}


def test_who_is_not_told_of_is_looked_up_and_in_doubt_if_that_fails(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = portal.to(LIST_ID)
    told(to, "add", ONE)
    asked = portal.wire.asked["read"]
    assert told(to, "add", ONE, TWO) == {ONE: ("acknowledged", ONE), TWO: ("acknowledged", TWO)}
    assert portal.wire.asked["read"] == asked + 1

    def refuse(*_: object) -> None:
        raise Refused("no", status=400, body="no")

    monkeypatch.setattr(portal.client, "post_as", refuse)
    assert told(to, "add", ONE) == {}


def test_a_record_that_is_told_of_in_two_ways_is_looked_up(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contradict(request: httpx.Request, _: str | None) -> httpx.Response:
        said = {"recordsIdsAdded": [ONE], "recordIdsMissing": [ONE], "recordIdsRemoved": []}
        return httpx.Response(200, json=said, request=request)

    monkeypatch.setattr(portal.wire, "_written", contradict)
    assert told(portal.to(LIST_ID), "add", ONE) == {}


def test_a_list_that_cannot_be_written_is_a_fault(portal: Portal) -> None:
    assert portal.to(LIST_ID).faults([]) == []
    assert portal.to("Target accounts", "erp_id").faults([]) == []
    assert portal.to("503", what="list_members").faults([]) == []

    def said(*given: Any, fields: tuple[str, ...] = (), **more: Any) -> str:
        return "; ".join(portal.to(*given, **more).faults(fields))

    assert "no list '9'" in said("9")
    assert "no list 'Visitors' of 0-2" in said("Visitors")
    assert "is DYNAMIC" in said("502")
    assert "is of 0-1 and not of 0-2" in said("503")
    assert "need within" in said(None)
    assert "no field 'name'" in said(LIST_ID, fields=("name",))
    assert "cannot identify" in said(LIST_ID, "name")
    with pytest.raises(Misconfigured, match="no list"):
        told(portal.to("Visitors"), "add", ONE)


def test_whose_row_leaves_the_model_is_taken_off_and_nobody_else(bench: Bench) -> None:
    """Through the engine: two are put on the list, of whom one leaves; a third one is people's."""
    tables = bench.portal.vendors["hubspot"].tables
    tables["lists"].put(static_list(LIST_ID, "Target accounts", "0-2"))
    mine = {"listId": LIST_ID, "recordId": str(FIRST_ID + 3), "membershipTimestamp": "2026-11-01"}
    tables["list_memberships"].put(mine)
    case = HubSpotListByName()
    spec = case.spec.model_copy(update={"identify_by": Identifier(column="hubspot_company_id")})
    bench.judge()

    def synced(*numbers: int) -> set[str]:
        bench.wish([wished(number) for number in numbers])
        outcomes = bench.sync(spec).delivery.outcomes
        assert outcomes.keys() <= {"acknowledged"}
        with bench.client() as client:
            to = HubSpotObjects(client, spec.object, None, spec.within)
            return set(to.read([str(FIRST_ID + number) for number in range(5)], []))

    assert synced(0, 1) == {ONE, TWO, mine["recordId"]}
    assert synced(0) == {ONE, mine["recordId"]}
    assert synced(0, 1) == {ONE, TWO, mine["recordId"]}


def test_what_it_can_do_depends_on_the_object() -> None:
    kind = kind_of("hubspot")
    assert kind.operations_of("list_members") == {"add", "remove"}
    assert kind.operations_of("list_members:companies") == {"add", "remove"}
    assert "upsert" in kind.operations_of("companies")


def test_the_official_client_sees_the_members(portal: Portal) -> None:
    """Its models are made of HubSpot's own description: what they do not know, they do not keep."""
    models = pytest.importorskip("hubspot.crm.lists.models", reason="no official client")
    path = f"/crm/v3/lists/{LIST_ID}"
    one = portal.client.get(path).value("list")
    assert one.keys() <= set(models.PublicObjectList.attribute_map.values())
    answer = portal.client.request("PUT", f"{path}/memberships/add", json=[ONE])
    known = models.MembershipsUpdateResponse.attribute_map.values()
    assert all(answer.value(name) is not None for name in known)
