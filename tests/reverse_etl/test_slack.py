"""Messages to Slack: what its refusals mean, and that a text stays one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from connectors.core.http import ToolClient
from reverse_etl.destinations.base import Row
from reverse_etl.destinations.slack import ACCOUNT, SlackMessages
from sandbox.app import Sandbox, create_app
from tests.reverse_etl.proof.of_slack import SlackMessages as Case
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from warehouse.clock import SystemClock
from warehouse.errors import Misconfigured, Refused, Unauthorised, Unavailable
from warehouse.settings import HttpSettings

CHANNEL = "revops-alerts"


class Workspace:
    """One channel, behind the real client."""

    def __init__(self, folder: Path) -> None:
        case = Case()
        case.set_up(folder, 0)
        self.app: Sandbox = create_app(folder)
        self.client = case.client(case.wire(self.app, Steps(), Script(), lambda: None))

    def to(self, channel: str = CHANNEL, by: str | None = None) -> SlackMessages:
        return SlackMessages(self.client, channel, by)

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(one) for one in self.app.records("slack", "messages").splitlines()]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(tmp_path)
    with made.client:
        yield made


def post(destination: SlackMessages, key: str, **fields: Any) -> tuple[str, str | None]:
    (said,) = destination.write("append", [Row(key, fields, "7")])
    return said.outcome, said.reason


def answering(*answers: tuple[int, Any]) -> tuple[SlackMessages, list[httpx.Request]]:
    """A destination to which these answers are given, one after the other."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        status, body = answers[min(len(asked), len(answers)) - 1]
        return httpx.Response(status, json=body)

    client = ToolClient(
        "slack",
        "http://127.0.0.1",
        httpx.Auth(),
        budget=ACCOUNT.budget,
        http=HttpSettings(max_attempts=2, backoff_seconds=0, max_wait_seconds=1),
        clock=SystemClock(),
        classify=ACCOUNT.classify,
        transport=httpx.MockTransport(answer),
    )
    return SlackMessages(client, CHANNEL, None), asked


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        *((one, Misconfigured) for one in ("channel_not_found", "not_in_channel", "is_archived")),
        ("restricted_action", Misconfigured),
        ("msg_too_long", Refused),
        ("no_text", Refused),
        ("token_revoked", Unauthorised),
        ("missing_scope", Unauthorised),
        ("internal_error", Unavailable),
        ("fatal_error", Unavailable),
    ],
)
def test_a_no_in_a_200_is_told_as_what_it_is(error: str, kind: type[Exception]) -> None:
    """A channel that is gone says nothing of the message: the next one would be lost as well."""
    destination, asked = answering((200, {"ok": False, "error": error}))
    with pytest.raises(kind):
        post(destination, "k", text="x")
    assert len(asked) == 1


@pytest.mark.parametrize("status", [200, 429])
def test_a_message_that_came_too_fast_is_asked_for_again(status: int) -> None:
    """Nothing was posted: to leave it in doubt would end the run."""
    slow = (status, {"ok": False, "error": "ratelimited"})
    destination, asked = answering(slow, (200, {"ok": True, "ts": "1.2"}))
    assert post(destination, "k", text="x") == ("acknowledged", None)
    assert len(asked) == 2


def test_a_name_from_the_model_is_no_command(workspace: Workspace) -> None:
    name = "<!channel> R&D <https://evil.example|click> *bold* 日本"
    post(workspace.to(), "k", text=name)
    (message,) = workspace.messages()
    shown = "&lt;!channel&gt; R&amp;D &lt;https://evil.example|click&gt; *bold* 日本"
    assert message["text"] == shown
    assert workspace.to().read(["k"], ["text"]) == {"k": {"text": name, "mrkdwn": shown}}


def test_markup_is_sent_as_it_is_where_the_sync_says_that_it_is(workspace: Workspace) -> None:
    link = "<https://crm.example/1|Acme &amp; Co>"
    assert workspace.to().faults(["mrkdwn"]) == []
    post(workspace.to(), "k", mrkdwn=link)
    assert [one["text"] for one in workspace.messages()] == [link]


def test_one_text_a_message(workspace: Workspace) -> None:
    assert workspace.to().faults(["text", "blocks"]) == [
        "a Slack message has no 'blocks': only text or mrkdwn"
    ]
    (said,) = workspace.to().faults(["text", "mrkdwn"])
    assert "either text or mrkdwn" in said


def test_a_text_that_slack_would_cut_is_refused(workspace: Workspace) -> None:
    outcome, reason = post(workspace.to(), "k", text="&" * 10_000)
    assert (outcome, workspace.messages()) == ("rejected", [])
    assert "50000 characters" in str(reason)
    assert post(workspace.to(), "k", text="x" * 40_000)[0] == "acknowledged"


def test_a_message_of_somebody_elses_is_not_taken_for_ours(workspace: Workspace) -> None:
    metadata: dict[str, Any] = {"event_type": "deploy", "event_payload": {"key": "k"}}
    body = {"channel": CHANNEL, "text": "theirs", "metadata": metadata}
    cast("ToolClient", workspace.client).post("/api/chat.postMessage", body)
    assert workspace.to().read(["k"], ["text"]) == {}


def test_two_syncs_to_one_channel_are_told_apart_by_what_they_identify(
    workspace: Workspace,
) -> None:
    post(workspace.to(by="escalation"), "4711", text="escalated")
    assert workspace.to(by="stalled_deal").read(["4711"], ["text"]) == {}
    assert workspace.to(by="escalation").read(["4711"], ["text"]).keys() == {"4711"}


def test_history_with_holes_is_read() -> None:
    ours = {"event_type": "revops_message", "event_payload": {"key": "k"}}
    history = [{"text": None, "metadata": None}, {"metadata": {"event_payload": None}}]
    history.append({"text": "x", "metadata": ours})
    destination, _ = answering(
        (200, {"ok": True, "channels": [{"id": "C1", "name": CHANNEL}]}),
        (200, {"ok": True, "messages": history}),
    )
    assert destination.read(["k"], ["text"]) == {"k": {"text": "x", "mrkdwn": "x"}}


def test_a_channel_that_is_gone_says_nothing_of_what_was_posted_there(
    workspace: Workspace,
) -> None:
    with pytest.raises(Misconfigured, match="no channel 'elsewhere'"):
        workspace.to("elsewhere").read(["k"], ["text"])
