"""Marketo as a destination: what it says row by row, and who stands in its static lists."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from reverse_etl.destinations.base import Row
from reverse_etl.destinations.marketo import MarketoLeads
from reverse_etl.destinations.registry import kind_of
from sandbox.app import Sandbox, create_app
from sandbox.instants import zendesk_instant
from sandbox.vendors.marketo.records import lead
from tests.connectors.marketo.test_marketo_description import mend_log
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.of_marketo import MarketoUpsert
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from tests.witness import Witness, description
from warehouse.errors import Misconfigured, Unavailable

LISTS = ((501, "ABM tier A"), (502, "Webinar"), (503, "Webinar"))
EMAILS = ("ann@acme.example", "bob@acme.example", "twin@acme.example", "TWIN@acme.example")


class Account:
    """A subscription of four leads, two of them doubles, behind the real client."""

    def __init__(self, folder: Path) -> None:
        case = MarketoUpsert()
        case.set_up(folder, 0)
        leads = [lead(n, {"email": email}, AS_OF, AS_OF) for n, email in enumerate(EMAILS, 1)]
        stamp = zendesk_instant(AS_OF)
        lists = [
            {"id": number, "name": name, "createdAt": stamp, "updatedAt": stamp}
            for number, name in LISTS
        ]
        for kind, records in (("leads", leads), ("static_lists", lists)):
            lines = [json.dumps(one) + "\n" for one in records]
            (folder / "marketo" / f"{kind}.ndjson").write_text("".join(lines), "utf-8")
        self.app: Sandbox = create_app(folder)
        spec = description("marketo/oas3-mapi.json", mend_log) if SPEC.is_file() else None
        self.witness = Witness(self.app, "marketo", [spec] if spec else [])
        self.wire = case.wire(self.witness, Steps(), Script(), lambda: None)
        self.client = case.client(self.wire)

    def to(self, what: str, by: str | None = None, within: str | None = None) -> MarketoLeads:
        return MarketoLeads(self.client, what, by, within)

    def leads(self) -> dict[int, dict[str, Any]]:
        found = map(json.loads, self.app.records("marketo", "leads").splitlines())
        return {one["id"]: one for one in found}


SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "marketo" / "oas3-mapi.json"


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    made = Account(tmp_path)
    with made.client:
        yield made
    assert made.witness.found == []


def rows(*given: tuple[str, dict[str, Any]]) -> list[Row]:
    return [Row(key, fields, str(70 + place)) for place, (key, fields) in enumerate(given)]


def said(outcomes: Sequence[Any]) -> dict[str, tuple[str, str | None, str]]:
    return {
        one.trace: (one.outcome, one.tool_id or (one.reason or "")[:5], one.error)
        for one in outcomes
    }


def test_every_row_has_its_own_fate(account: Account) -> None:
    wishes = rows(
        ("ann@acme.example", {"title": "CFO", "leadScore": 7}),
        ("new@acme.example", {"title": "COO", "leadScore": 8}),
        ("twin@acme.example", {"title": "CEO"}),
        ("bob@acme.example", {"leadScore": "many"}),
    )
    assert said(account.to("leads", "email").write("upsert", wishes)) == {
        "70": ("acknowledged", "1", "permanent"),
        "71": ("acknowledged", "5", "permanent"),
        "72": ("rejected", "1007:", "permanent"),
        "73": ("rejected", "1003:", "permanent"),
    }
    assert account.leads()[1]["leadScore"] == 7
    assert account.leads()[5]["title"] == "COO"


@pytest.mark.parametrize(
    ("operation", "key", "code"),
    [("update", "nobody@acme.example", "1004:"), ("create", "ann@acme.example", "1005:")],
)
def test_what_the_mode_does_not_want_is_refused(
    account: Account, operation: Any, key: str, code: str
) -> None:
    before = account.leads()
    (one,) = account.to("leads", "email").write(operation, rows((key, {"title": "x"})))
    assert (one.outcome, str(one.reason)[:5]) == ("rejected", code)
    assert account.leads() == before


def test_two_rows_of_one_lead_are_not_sent_together(account: Account) -> None:
    wishes = rows(("new@acme.example", {"title": "a"}), ("NEW@acme.example", {"title": "b"}))
    told = {one.trace: one.outcome for one in account.to("leads", "email").write("upsert", wishes)}
    assert told == {"70": "acknowledged", "71": "rejected"}
    made = [one for one in account.leads().values() if str(one["email"]).startswith("new")]
    assert [one["title"] for one in made] == ["a"]


def test_a_null_empties_a_field(account: Account) -> None:
    to = account.to("leads", "email")
    to.write("upsert", rows(("ann@acme.example", {"title": "CFO"})))
    to.write("upsert", rows(("ann@acme.example", {"title": None})))
    assert account.leads()[1]["title"] is None
    assert to.holds(None, "")
    assert not to.holds(None, "x")
    assert not to.holds("007", "7")
    assert to.holds(7, "7")


def test_of_doubles_none_is_read(account: Account) -> None:
    read = account.to("leads", "email").read(["twin@acme.example", "ANN@acme.example"], ["title"])
    assert read.keys() == {"ANN@acme.example"}


def test_many_keys_are_asked_for_in_addresses_that_fit(account: Account) -> None:
    keys = [f"somebody-with-a-long-name-{n}@acme.example" for n in range(299)]
    read = account.to("leads", "email").read([*keys, "bob@acme.example"], ["title"])
    assert read.keys() == {"bob@acme.example"}


def test_fields_are_held_against_what_marketo_describes(account: Account) -> None:
    assert account.to("leads", "email").faults(["title", "leadScore"]) == []
    told = " ".join(account.to("leads", "title").faults(["createdAt", "nonsense"]))
    assert "no field 'nonsense'" in told
    assert "'createdAt' cannot be set" in told
    assert "cannot look a lead up by 'title'" in told


def test_a_list_is_named_by_its_id_or_its_only_name(account: Account) -> None:
    assert account.to("list_members", within="501").faults([]) == []
    assert account.to("list_members", "email", "ABM tier A").faults([]) == []
    assert "2 static lists" in " ".join(account.to("list_members", within="Webinar").faults([]))
    assert "no static list" in " ".join(account.to("list_members", within="9").faults([]))
    assert "need within" in " ".join(account.to("list_members").faults([]))
    assert "has no field" in " ".join(account.to("list_members", within="501").faults(["title"]))
    with pytest.raises(Misconfigured):
        account.to("list_members", within="Webinar").write("add", rows(("1", {})))


@pytest.mark.parametrize("by", [None, "email"])
def test_members_come_and_go_however_often_it_is_said(account: Account, by: str | None) -> None:
    ann, bob = ("1", "2") if by is None else EMAILS[:2]
    to = account.to("list_members", by, "ABM tier A")
    wishes = rows((ann, {}), (bob, {}), ("99", {}))
    for _ in range(2):
        told = {one.trace: one.outcome for one in to.write("add", wishes)}
        assert told == {"70": "acknowledged", "71": "acknowledged", "72": "rejected"}
        assert to.read([ann, bob, "99"], []).keys() == {ann, bob}
    for _ in range(2):
        told = {one.trace: one.outcome for one in to.write("remove", rows((ann, {})))}
        assert told == {"70": "acknowledged"}
        assert to.read([ann, bob], []).keys() == {bob}
    assert account.to("list_members", by, "502").read([ann, bob], []) == {}


def test_the_calls_are_those_of_the_official_description(account: Account) -> None:
    if not SPEC.is_file():
        pytest.skip("the official description is not here")
    account.to("leads", "email").faults(["title"])
    account.to("leads", "email").write("upsert", rows(("new@acme.example", {"leadScore": 1})))
    account.to("leads", "email").read(["new@acme.example"], ["leadScore"])
    to = account.to("list_members", within="501")
    to.write("add", rows(("1", {})))
    to.read(["1"], [])
    to.write("remove", rows(("1", {})))
    assert account.witness.found == []
    assert len(account.witness.seen) >= 7


def test_a_request_whose_answer_is_lost_is_not_repeated(tmp_path: Path) -> None:
    """Two upserts of one lead at a time make two leads of it."""
    case = MarketoUpsert()
    case.set_up(tmp_path, 0)
    lost = Script({("write", 1): "time_out_after_commit"})
    wire = case.wire(case.start(tmp_path), Steps(), lost, lambda: None)
    with case.client(wire) as client:
        to = MarketoLeads(client, "leads", "email")
        with pytest.raises(Unavailable):
            to.write("upsert", rows(("new@acme.example", {"title": "x"})))
    assert wire.asked == Counter(write=1, other=1)


def test_what_it_can_do_depends_on_the_object() -> None:
    kind = kind_of("marketo")
    assert kind.operations_of("leads") == {"update", "upsert", "create"}
    assert kind.operations_of("list_members") == {"add", "remove"}
    assert kind.operations_of("programs") == frozenset()
