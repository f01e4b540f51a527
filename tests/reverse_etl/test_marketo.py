"""Marketo as a destination: what it says row by row, and who stands in its static lists."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.core.http import ToolClient
from connectors.core.pace import Budget
from connectors.marketo.answers import classify
from reverse_etl.destinations.base import Row
from reverse_etl.destinations.marketo import MarketoLeads
from reverse_etl.destinations.registry import kind_of
from reverse_etl.fitting import misfit
from sandbox.app import Sandbox, create_app
from sandbox.instants import zendesk_instant
from sandbox.vendors.marketo.records import lead
from tests.connectors.marketo.test_marketo_description import mend_log
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.case import written
from tests.reverse_etl.proof.of_marketo import MarketoUpsert
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from tests.witness import Witness, description
from warehouse.clock import SystemClock
from warehouse.errors import Misconfigured, Refused, Unavailable
from warehouse.settings import HttpSettings

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
    assert said(written(account.to("leads", "email"), "upsert", wishes)) == {
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
    (one,) = written(account.to("leads", "email"), operation, rows((key, {"title": "x"})))
    assert (one.outcome, str(one.reason)[:5]) == ("rejected", code)
    assert account.leads() == before


def test_two_rows_of_one_lead_are_not_sent_together(account: Account) -> None:
    wishes = rows(("new@acme.example", {"title": "a"}), ("NEW@acme.example", {"title": "b"}))
    told = {
        one.trace: one.outcome for one in written(account.to("leads", "email"), "upsert", wishes)
    }
    assert told == {"70": "acknowledged", "71": "rejected"}
    made = [one for one in account.leads().values() if str(one["email"]).startswith("new")]
    assert [one["title"] for one in made] == ["a"]


def test_a_null_empties_a_field(account: Account) -> None:
    to = account.to("leads", "email")
    written(to, "upsert", rows(("ann@acme.example", {"title": "CFO"})))
    written(to, "upsert", rows(("ann@acme.example", {"title": None})))
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


def test_a_lead_of_another_partition_is_another_lead(account: Account) -> None:
    wish = rows(("ann@acme.example", {"title": "部長"}))
    in_japan = account.to("leads", "email", "Japan")
    assert in_japan.faults(["title"]) == []
    assert in_japan.read(["ann@acme.example"], ["title"]) == {}
    (made,) = written(in_japan, "upsert", wish)
    assert (made.outcome, made.tool_id) == ("acknowledged", "5")
    held = {number: one["title"] for number, one in account.leads().items()}
    assert (held[1], held[5]) == (None, "部長")
    assert in_japan.read(["ann@acme.example"], ["title"])["ann@acme.example"]["title"] == "部長"
    default = account.to("leads", "email", "Default")
    assert default.read(["ann@acme.example"], ["title"])["ann@acme.example"]["title"] is None
    # Without a partition there are two of that address, and Marketo writes to neither.
    everywhere = account.to("leads", "email")
    assert everywhere.read(["ann@acme.example"], ["title"]) == {}
    assert written(everywhere, "upsert", wish)[0].reason.startswith("1007")  # type: ignore[union-attr]


def test_a_file_goes_to_its_partition_too(account: Account) -> None:
    in_japan = account.to("leads", "email", "Japan")
    in_japan.batch_size = 1
    wish = rows(("ann@acme.example", {"title": "x"}), ("bob@acme.example", {"title": "y"}))
    assert [one.outcome for one in written(in_japan, "upsert", wish)] == ["acknowledged"] * 2
    assert {number: one["title"] for number, one in account.leads().items() if one["title"]} == {
        5: "x",
        6: "y",
    }


def test_a_partition_that_is_not_there_or_not_needed_is_named(account: Account) -> None:
    (lost,) = account.to("leads", "email", "Mars").faults(["title"])
    assert lost == "Marketo has no lead partition 'Mars'"
    (needless,) = account.to("leads", None, "Japan").faults(["title"])
    assert "leave within out" in needless


@pytest.mark.parametrize(
    ("field", "fits", "misfits"),
    [
        ("leadScore", [7, "7", ""], [7.5, "many", True]),
        ("title", ["x" * 255], ["x" * 256]),
        ("annualBudget", [1.5], ["much"]),
        ("unsubscribed", [True, "false"], ["yes"]),
    ],
)
def test_what_a_field_cannot_hold_is_known_before(
    account: Account, field: str, fits: list[Any], misfits: list[Any]
) -> None:
    leads = account.to("leads", "email")
    limit = leads.limits([field])[field]
    assert [one for one in [None, *fits] if misfit(one, limit)] == []
    assert [one for one in misfits if not misfit(one, limit)] == []
    # What fits is taken.
    given = rows(*[("ann@acme.example", {field: one}) for one in fits[:1]])
    assert [one.outcome for one in written(leads, "update", given)] == ["acknowledged"]
    assert account.to("list_members", "email", "501").limits([]) == {}


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
        written(account.to("list_members", within="Webinar"), "add", rows(("1", {})))


@pytest.mark.parametrize("by", [None, "email"])
def test_members_come_and_go_however_often_it_is_said(account: Account, by: str | None) -> None:
    ann, bob = ("1", "2") if by is None else EMAILS[:2]
    to = account.to("list_members", by, "ABM tier A")
    wishes = rows((ann, {}), (bob, {}), ("99", {}))
    for _ in range(2):
        told = {one.trace: one.outcome for one in written(to, "add", wishes)}
        assert told == {"70": "acknowledged", "71": "acknowledged", "72": "rejected"}
        assert to.read([ann, bob, "99"], []).keys() == {ann, bob}
    for _ in range(2):
        told = {one.trace: one.outcome for one in written(to, "remove", rows((ann, {})))}
        assert told == {"70": "acknowledged"}
        assert to.read([ann, bob], []).keys() == {bob}
    assert account.to("list_members", by, "502").read([ann, bob], []) == {}


def test_the_calls_are_those_of_the_official_description(account: Account) -> None:
    if not SPEC.is_file():
        pytest.skip("the official description is not here")
    account.to("leads", "email").faults(["title"])
    written(account.to("leads", "email"), "upsert", rows(("new@acme.example", {"leadScore": 1})))
    account.to("leads", "email").read(["new@acme.example"], ["leadScore"])
    to = account.to("list_members", within="501")
    written(to, "add", rows(("1", {})))
    to.read(["1"], [])
    written(to, "remove", rows(("1", {})))
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
            written(to, "upsert", rows(("new@acme.example", {"title": "x"})))
    assert wire.asked == Counter(write=1, other=1)


def test_what_it_can_do_depends_on_the_object() -> None:
    kind = kind_of("marketo")
    assert kind.operations_of("leads") == {"update", "upsert", "create"}
    assert kind.operations_of("list_members") == {"add", "remove"}
    assert kind.operations_of("programs") == frozenset()


# -- what Marketo says of a whole request -------------------------------------------------------


def answering(*answers: object) -> tuple[MarketoLeads, list[httpx.Request]]:
    """A destination to which these answers are given, one after the other."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=answers[min(len(asked), len(answers)) - 1])

    client = ToolClient(
        "marketo",
        "http://127.0.0.1",
        httpx.Auth(),
        budget=Budget(requests=100, seconds=1),
        http=HttpSettings(max_attempts=2, backoff_seconds=0, max_wait_seconds=1),
        clock=SystemClock(),
        classify=classify,
        transport=httpx.MockTransport(answer),
    )
    return MarketoLeads(client, "leads", "email"), asked


def no(code: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"code": code, "message": "no"}]}


UPDATED = {"success": True, "result": [{"id": 1, "status": "updated"}]}


@pytest.mark.parametrize("code", ["602", "606", "615"])
def test_what_marketo_did_not_take_is_asked_for_again(code: str) -> None:
    """A rate that is used up, too many at once, a token at its end: nothing was done."""
    destination, asked = answering(no(code), UPDATED)
    (one,) = written(destination, "upsert", rows(("ann@acme.example", {"title": "x"})))
    assert (one.outcome, len(asked)) == ("acknowledged", 2)


@pytest.mark.parametrize("code", ["502", "604", "608", "611", "713"])
def test_what_marketo_may_have_taken_is_left_in_doubt(code: str) -> None:
    destination, asked = answering(no(code), UPDATED)
    with pytest.raises(Unavailable):
        written(destination, "upsert", rows(("ann@acme.example", {"title": "x"})))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        *((one, Misconfigured) for one in ("603", "610", "612", "616", "703", "1006")),
        ("607", Unavailable),
        ("609", Refused),
        ("1003", Refused),
    ],
)
def test_a_no_to_every_row_is_not_asked_for_row_by_row(code: str, error: type[Exception]) -> None:
    """To look for the bad one of 300 would cost 599 of the day's calls, and park all of them."""
    destination, _ = answering(no(code))
    with pytest.raises(error):
        written(destination, "upsert", rows(("ann@acme.example", {"title": "x"})))


def test_keys_of_long_letters_fit_their_addresses() -> None:
    destination, asked = answering({"success": True, "result": []})
    destination.read([f"{'株式会社' * 30}{n}" for n in range(60)], ["title"])
    assert len(asked) > 1
    assert max(len(one.extensions["target"]) for one in asked) < 8_000


def test_the_key_of_a_lead_is_no_field(account: Account) -> None:
    (said,) = account.to("leads", "email").faults(["email"])
    assert said == "'email' is what the lead is looked up by, written by itself"


@pytest.mark.parametrize("key", ["01", "1.0", " 1", "x", "١"])
def test_an_id_has_one_spelling(account: Account, key: str) -> None:
    """Else the lead could be written, and never be found again."""
    before = account.leads()
    (one,) = written(account.to("leads"), "update", rows((key, {"title": "x"})))
    assert (one.outcome, one.error) == ("rejected", "permanent")
    assert account.leads() == before
    assert account.to("leads").read([key], ["title"]) == {}
