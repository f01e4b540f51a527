"""What Zendesk's jobs and fields ask of the destination beside what all destinations must do."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from reverse_etl.destinations import zendesk_fields
from reverse_etl.destinations.base import Row
from reverse_etl.destinations.zendesk import ZendeskRecords
from reverse_etl.fitting import misfit
from tests.reverse_etl.proof.case import written
from tests.reverse_etl.proof.of_zendesk import (
    CLOSED,
    ZendeskOrganizations,
    ZendeskTickets,
    ZendeskUsers,
)
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script, Wire
from warehouse.errors import Misconfigured

SCORE = "organization_fields.score"


class Plain(Wire):
    """The emulation as it is, without a script; `on_poll` answers what asks for a job."""

    on_poll: list[httpx.Response]

    def _answer(self, request: httpx.Request, kind: str, fault: str | None) -> httpx.Response:  # noqa: ARG002
        if "/job_statuses/" in request.url.path and self.on_poll:
            return self.on_poll.pop(0)
        return self._forward(request, request.content)


@contextmanager
def zendesk(
    case: ZendeskOrganizations,
    identifier: str | None = None,
    *polls: httpx.Response,
    records: int = 3,
) -> Iterator[tuple[ZendeskRecords, Any]]:
    with tempfile.TemporaryDirectory() as home:
        case.set_up(Path(home) / "tool", records)
        app = case.start(Path(home) / "tool")
        wire = Plain(case, app, Steps(), Script(), lambda: None)
        wire.on_poll = list(polls)
        with case.client(wire) as client:
            yield ZendeskRecords(client, case.kind, identifier), app


def test_a_job_is_asked_for_until_it_has_ended() -> None:
    with zendesk(ZendeskOrganizations()) as (destination, app):
        rows = [Row("1", {SCORE: 7}, "a"), Row("9", {SCORE: 1}, "b"), Row("2", {SCORE: "x"}, "c")]
        one, gone, wrong = written(destination, "update", rows)
        assert (one.outcome, one.tool_id) == ("acknowledged", "1")
        assert (gone.outcome, gone.error) == ("rejected", "permanent")
        assert wrong.reason == "RecordInvalid: score: x is no integer"
        polls = [each for each in app.requests() if "job_statuses/" in each["path"]]
        # Being worked on, then completed.
        assert sum(each["count"] for each in polls) == 2
        assert destination.read(["1", "9"], [SCORE, "notes"]) == {"1": {SCORE: 7, "notes": ""}}


def test_a_job_that_was_cut_off_tells_of_what_it_did() -> None:
    results = [{"index": 1, "id": 2, "action": "update", "status": "Updated", "success": True}]
    job = {"id": "x", "status": "killed", "results": results}
    answer = httpx.Response(200, json={"job_status": job})
    with zendesk(ZendeskOrganizations(), None, answer) as (destination, _):
        rows = [Row("1", {SCORE: 7}, "a"), Row("2", {SCORE: 7}, "b")]
        (told,) = written(destination, "update", rows)
    assert (told.trace, told.tool_id) == ("b", "2")


def test_a_field_that_the_account_lacks_is_named_before_anything_is_sent() -> None:
    with zendesk(ZendeskOrganizations()) as (destination, _):
        assert destination.faults([SCORE, "notes"]) == []
        missing, unset, wrong = destination.faults(
            ["organization_fields.tier", "created_at", "user_fields.score"]
        )
    assert "no organization_fields 'tier'" in missing
    assert "no 'created_at' to be set" in unset
    assert "organization_fields.<key>" in wrong


def test_users_are_known_by_our_id_in_any_case() -> None:
    with zendesk(ZendeskUsers(), "external_id") as (destination, _):
        written(destination, "upsert", [Row("CRM 1", {"name": "佐藤 花子"}, "a")])
        held = destination.read(["crm 1"], ["name"])
        assert held == {"crm 1": {"name": "佐藤 花子"}}
        assert destination.faults(["name"]) == []
    with zendesk(ZendeskUsers(), "email") as (destination, _):
        assert "not by 'email'" in destination.faults(["name"])[0]


SCORED, CHURN, CONTRACT, RENEWAL, CALLED, PRODUCTS = (
    f"custom_fields.{360041 + place}" for place in range(6)
)


def test_a_ticket_takes_its_own_fields_and_those_of_the_account() -> None:
    wish = {
        "priority": "high",
        "external_id": "CRM-7",
        SCORED: 7.0,
        CHURN: "churn_risk",
        CONTRACT: "C-0001",
        RENEWAL: "2026-12-01",
        CALLED: True,
        PRODUCTS: ["churn_risk"],
    }
    with zendesk(ZendeskTickets()) as (destination, app):
        assert destination.faults(list(wish)) == [
            "Zendesk's 'priority' is put away: activate it in Admin Center"
        ]
        (one,) = written(destination, "update", [Row("1", wish, "a")])
        assert (one.outcome, one.tool_id) == ("acknowledged", "1")
        held = destination.read(["1", "9"], list(wish))["1"]
        assert held[SCORED] == "7"
        assert all(destination.holds(held[name], wish[name]) for name in wish)
        assert not destination.holds(held[SCORED], 8)
        cleared = dict.fromkeys(wish)
        written(destination, "update", [Row("1", cleared, "b")])
        held = destination.read(["1"], list(wish))["1"]
        assert all(destination.holds(held[name], None) for name in wish)
        events = [json.loads(line) for line in app.records("zendesk", "ticket_events").splitlines()]
        assert [one["ticket_id"] for one in events] == [1, 1]


def test_a_ticket_that_is_closed_is_refused_for_good_and_the_others_are_written() -> None:
    with zendesk(ZendeskTickets(), records=CLOSED + 1) as (destination, _):
        rows = [Row(str(CLOSED + 1), {SCORED: 1}, "a"), Row("1", {SCORED: 1}, "b")]
        closed, open_ = written(destination, "update", rows)
    assert (closed.outcome, closed.error) == ("rejected", "permanent")
    assert closed.reason == "RecordInvalid: Status: closed prevents ticket update"
    assert open_.outcome == "acknowledged"


@pytest.mark.parametrize(
    ("field", "fits", "misfits"),
    [
        (SCORED, [7, 7.0, "8", ""], [7.5, "many", True]),
        (CHURN, ["churn_risk", ""], ["Churn risk", "gone"]),
        (CONTRACT, ["C-0001", ""], ["C-1", "XC-0001", "C-0001 "]),
        (RENEWAL, ["2026-12-01"], ["1.12.2026", "2026-12-01T00:00:00Z"]),
        (CALLED, [True], ["yes"]),
        (PRODUCTS, [["churn_risk"], []], [["churn_risk", "gone"]]),
        ("priority", ["low"], ["lowest"]),
        ("status", ["solved"], ["closed", "new"]),
        ("due_at", ["2026-12-01T00:00:00Z"], ["soon"]),
        ("assignee_id", [77], ["sato"]),
    ],
)
def test_what_a_ticket_does_not_take_is_known_before_and_what_it_takes_is_taken(
    field: str, fits: list[Any], misfits: list[Any]
) -> None:
    with zendesk(ZendeskTickets()) as (destination, _):
        limit = destination.limits([field])[field]
        assert [one for one in [None, *fits] if misfit(one, limit)] == []
        assert [one for one in misfits if not misfit(one, limit)] == []
        # The emulation is stricter than the schema with texts of numbers and of truths only.
        sent = [one for one in fits if not isinstance(one, str) or field not in {SCORED, CALLED}]
        for value in sent:
            (one,) = written(destination, "update", [Row("1", {field: value}, "a")])
            assert one.outcome == "acknowledged", value


def test_an_expression_that_only_ruby_reads_holds_nothing_back() -> None:
    pattern = r"\A[[:alpha:]]+\z"
    odd = {"id": 1, "key": "odd", "type": "regexp", "regexp_for_validation": pattern}
    told = zendesk_fields.limits("users", [odd], ["user_fields.odd"])["user_fields.odd"]
    assert misfit("ü1", told) is None


def test_an_account_with_fewer_priorities_takes_no_others() -> None:
    options = [{"name": "High", "value": "high"}, {"name": "Normal", "value": "normal"}]
    basic = {"id": 1, "type": "basic_priority", "system_field_options": options}
    (told,) = zendesk_fields.limits("tickets", [basic], ["priority"]).values()
    assert misfit("urgent", told) is not None
    assert misfit("high", told) is None


def test_what_a_ticket_cannot_be_set_is_named_before_anything_is_sent() -> None:
    fields = {
        "tags": "lose the values of their dropdowns",
        "created_at": "no 'created_at' to be set",
        "custom_fields.churn": "custom_fields.<id>",
        "custom_fields.360047": "is put away",
        "custom_fields.360048": "is put away",
        "custom_fields.360050": "is Subject, a field of its own",
        "custom_fields.360049": "cannot be set by an agent",
        "ticket_fields.360041": "no custom_fields '360041'",
    }
    with zendesk(ZendeskTickets(), "external_id") as (destination, _):
        *told, known_by = destination.faults(list(fields))
    assert len(told) == len(fields)
    for said, expected in zip(told, fields.values(), strict=True):
        assert expected in said
    assert "by Zendesk's own id, not by 'external_id'" in known_by


def test_users_are_not_updated_by_a_number_of_ours() -> None:
    """An update names the user by Zendesk's id, and ours could be that of somebody else."""
    with zendesk(ZendeskUsers(), "external_id") as (destination, _):
        destination.asked = frozenset({"update"})
        (said,) = destination.faults(["name"])
    assert "leave identify_by.field out" in said


def test_a_key_that_is_no_number_is_a_wrong_setting() -> None:
    with zendesk(ZendeskOrganizations()) as (destination, _), pytest.raises(Misconfigured):
        destination.write("update", [Row("one", {SCORE: 7}, "a")])


@pytest.mark.parametrize(
    ("held", "wish", "same"),
    [
        (7, 7.0, True),
        ("7.50", 7.5, True),
        (None, "", True),
        ([], None, True),
        (True, True, True),
        (True, 1, False),
        (["b", "a"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        ("2026-12-01T00:00:00Z", "2026-12-01T09:00:00+09:00", True),
        ("2026-12-01", "2026-12-02", False),
        ("07", "7", False),
        ("x", 7, False),
    ],
)
def test_a_value_that_was_read_is_the_one_that_was_sent(
    held: object, wish: object, *, same: bool
) -> None:
    with zendesk(ZendeskOrganizations()) as (destination, _):
        assert destination.holds(held, wish) is same
