"""What Zendesk's jobs and fields ask of the destination beside what all destinations must do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from reverse_etl.destinations.base import Row
from reverse_etl.destinations.zendesk import ZendeskRecords
from tests.reverse_etl.proof.case import written
from tests.reverse_etl.proof.of_zendesk import ZendeskOrganizations, ZendeskUsers
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
    case: ZendeskOrganizations, identifier: str | None = None, *polls: httpx.Response
) -> Iterator[tuple[ZendeskRecords, Any]]:
    with tempfile.TemporaryDirectory() as home:
        case.set_up(Path(home) / "tool", 3)
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
        ("07", "7", False),
        ("x", 7, False),
    ],
)
def test_a_value_that_was_read_is_the_one_that_was_sent(
    held: object, wish: object, *, same: bool
) -> None:
    with zendesk(ZendeskOrganizations()) as (destination, _):
        assert destination.holds(held, wish) is same
