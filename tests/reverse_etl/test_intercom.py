"""Intercom's records, tags and events; each call keeps to the official description, if at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reverse_etl.destinations.base import Row, RowOutcome
from reverse_etl.destinations.intercom import IntercomRecords
from reverse_etl.fitting import misfit
from sandbox.vendors.intercom.records import contact, data_attribute
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.of_intercom import IntercomCompanies
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Plain, Script
from tests.sandbox.vendors.intercom.description import PATH, Witness, description
from warehouse.errors import Refused

SCORE, AT = "custom_attributes.score", "2026-11-20T09:00:00Z"


class Workspace(IntercomCompanies):
    """Three companies, two contacts."""

    def set_up(self, folder: Path, rows: int) -> None:
        super().set_up(folder, rows)
        people = [
            contact(f"c{n}", {"external_id": f"P {n}"}, created=AS_OF, updated=AS_OF)
            for n in range(2)
        ]
        self._put(folder, "contacts", people)
        attributes = [data_attribute(one, "score", "S", "integer", id=1) for one in ("company",)]
        attributes += [
            data_attribute("company", "grade", "G", "string", id=4) | {"options": ["A", "B"]},
            data_attribute("company", "because", "B", "string", id=5),
            data_attribute("company", "paid", "P", "boolean", id=6),
            data_attribute("company", "renews_at", "R", "date", id=7),
            data_attribute("company", "share", "S", "float", id=8),
            data_attribute("company", "old", "O", "string", id=2, archived=True),
            data_attribute("company", "size", "Size", "integer"),
            data_attribute("company", "own", "O", "string", id=3) | {"api_writable": False},
        ]
        self._put(folder, "data_attributes", attributes)


@contextmanager
def workspace(
    kind: str, identifier: str | None = None, within: str | None = None
) -> Iterator[tuple[IntercomRecords, Any]]:
    with tempfile.TemporaryDirectory() as home:
        case = Workspace()
        case.set_up(Path(home) / "tool", 3)
        app = case.start(Path(home) / "tool")
        witness: Any = Witness(app, description()) if PATH.is_file() else None
        wire = Plain(case, witness or app, Steps(), Script(), lambda: None)
        with case.client(wire) as client:
            yield IntercomRecords(client, kind, identifier, within), app
        if witness is not None:
            # What is not there is 404, of which the description says nothing in two places.
            assert [said for said in witness.found if "ResponseNotFound" not in said] == []


def one(outcomes: list[RowOutcome]) -> RowOutcome:
    (found,) = outcomes
    return found


def test_a_company_is_changed_by_its_own_id_and_what_is_null_is_emptied() -> None:
    key = Workspace().key(1)
    with workspace("companies") as (companies, _):
        wishes = {"name": "株式会社北", "plan": "Pro", "monthly_spend": 1200, SCORE: 7}
        told = one(companies.write("update", [Row(key, wishes, "a")]))
        assert (told.outcome, told.tool_id) == ("acknowledged", key)
        held = companies.read([key], list(wishes))[key]
        assert held == wishes
        assert all(companies.holds(held[name], wish) for name, wish in wishes.items())
        companies.write("update", [Row(key, {"plan": None, SCORE: None}, "b")])
        held = companies.read([key], [SCORE, "plan", "name"])[key]
        assert held == {SCORE: None, "plan": None, "name": "株式会社北"}
        with pytest.raises(Refused, match="404"):
            companies.write("update", [Row("f" * 24, {"name": "x"}, "c")])
        assert companies.read(["f" * 24], ["name"]) == {}


@pytest.mark.parametrize(
    ("field", "fits", "misfits"),
    [
        (SCORE, [7, 7.0, ""], [7.5, "many"]),
        ("custom_attributes.grade", ["A", ""], ["C", "a"]),
        ("custom_attributes.because", ["x" * 255], ["x" * 256]),
        ("custom_attributes.paid", [True], ["yes"]),
        ("custom_attributes.renews_at", [AT, 1_800_000_000], ["2026-11-30", True, "soon"]),
        ("custom_attributes.share", [0.5], ["half"]),
        ("size", [10], [10.5]),
        ("monthly_spend", [9.5], ["much"]),
    ],
)
def test_what_an_attribute_cannot_hold_is_known_before(
    field: str, fits: list[Any], misfits: list[Any]
) -> None:
    with workspace("companies") as (companies, _):
        limit = companies.limits([field, "name"])[field]
    assert [one for one in [None, *fits] if misfit(one, limit)] == []
    assert [one for one in misfits if not misfit(one, limit)] == []


def test_an_event_needs_an_instant_and_a_tag_no_fields() -> None:
    with workspace("events", None, "upgraded") as (events, _):
        (limit,) = events.limits(["created_at", "user_id"]).values()
        assert misfit("yesterday", limit)
        assert not misfit(AT, limit)
    with workspace("contact_tags", None, "VIP") as (tags, _):
        assert tags.limits([]) == {}


def test_by_our_id_a_company_is_made_once_and_an_update_makes_none() -> None:
    with workspace("companies", "company_id") as (companies, app):
        missing = one(companies.write("update", [Row("A/1 株", {"name": "x"}, "a")]))
        assert (missing.outcome, missing.error) == ("rejected", "permanent")
        first = one(companies.write("upsert", [Row("A/1 株", {"name": "One"}, "b")]))
        again = one(companies.write("upsert", [Row("A/1 株", {"name": "Two"}, "c")]))
        assert first.tool_id == again.tool_id
        assert companies.read(["A/1 株"], ["name"]) == {"A/1 株": {"name": "Two"}}
        assert app.records("intercom", "companies").count("\n") == 4


def test_a_contact_of_ours_is_found_or_made() -> None:
    with workspace("contacts", "external_id") as (contacts, app):
        known = one(contacts.write("upsert", [Row("P 1", {"name": "佐藤"}, "a")]))
        assert known.tool_id == "c1"
        made = one(contacts.write("upsert", [Row("P 9", {"signed_up_at": AT}, "b")]))
        assert made.outcome == "acknowledged"
        held = contacts.read(["P 9"], ["signed_up_at"])["P 9"]
        assert held == {"signed_up_at": 1_795_165_200}
        assert contacts.holds(held["signed_up_at"], AT)
        taken = {"email": "a@acme.example"}
        contacts.write("upsert", [Row("P 1", taken, "c")])
        with pytest.raises(Refused, match="409"):
            contacts.write("upsert", [Row("P 9", taken, "d")])
        assert app.records("intercom", "contacts").count("\n") == 3


@pytest.mark.parametrize("tag", ["71", "Target accounts"])
def test_a_tag_is_put_on_and_taken_off_however_often(tag: str) -> None:
    with workspace("contact_tags", "external_id", tag) as (tags, _):
        assert tags.faults([]) == []
        for _ in range(2):
            told = one(tags.write("add", [Row("P 0", {}, "a")]))
            assert (told.outcome, told.tool_id) == ("acknowledged", "c0")
            assert tags.read(["P 0", "P 1", "P 9"], []).keys() == {"P 0"}
        for _ in range(2):
            assert one(tags.write("remove", [Row("P 0", {}, "b")])).outcome == "acknowledged"
            assert tags.read(["P 0"], []) == {}
        assert one(tags.write("remove", [Row("P 9", {}, "c")])).outcome == "acknowledged"
        assert one(tags.write("add", [Row("P 9", {}, "d")])).outcome == "rejected"
    with workspace("contact_tags", "email", "Nope") as (tags, _):
        unknown, unset, missing = tags.faults(["name"])
        assert "known by external_id, not by 'email'" in unknown
        assert "no field 'name'" in unset
        assert "not one tag 'Nope'" in missing


def test_an_event_that_is_sent_again_is_the_same_event() -> None:
    fields = {"user_id": "P 0", "created_at": AT, "metadata.plan": "Pro"}
    with workspace("events", None, "renewed") as (events, app):
        assert events.faults(list(fields)) == []
        assert not events.is_readable
        for key in ("deal 1", "deal 1", "deal 2"):
            assert one(events.write("append", [Row(key, fields, "a")])).outcome == "acknowledged"
        assert app.records("intercom", "events").count("\n") == 2
        with pytest.raises(Refused, match="404"):
            events.write("append", [Row("deal 3", {**fields, "user_id": "P 9"}, "a")])


def test_what_cannot_be_set_is_named_before_anything_is_sent() -> None:
    with workspace("companies") as (companies, _):
        assert companies.faults([SCORE, "name"]) == []
        unset, gone, lost, theirs = companies.faults(
            ["session_count", *(f"custom_attributes.{one}" for one in ("old", "none", "own"))]
        )
        assert "'custom_attributes.own' cannot be set through the API" in theirs
        assert "have no 'session_count' to be set" in unset
        assert "no companies attribute 'custom_attributes.old'" in gone
        assert "no companies attribute 'custom_attributes.none'" in lost
    with workspace("companies", "name") as (companies, _):
        assert "known by company_id, not by 'name'" in companies.faults(["name"])[0]
    with workspace("events") as (events, _):
        said = events.faults(["name"])
        assert len(said) == 4
        assert "within" in said[0]


@pytest.mark.parametrize(
    ("held", "wish", "same"),
    [
        (7, 7.0, True),
        (None, "", True),
        ("07", "7", False),
        (1_795_165_200, AT, True),
        (1_795_165_201, AT, False),
        (True, 1, False),
        ("x", 7, False),
    ],
)
def test_a_value_that_was_read_is_the_one_that_was_sent(
    held: object, wish: object, *, same: bool
) -> None:
    assert IntercomRecords(None, "companies", None).holds(held, wish) is same
