"""The emulated Slack: what it takes, what it refuses inside a 200, and what it keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from sandbox.generate import generate
from sandbox.server import running
from tests.sandbox.conftest import AS_OF
from warehouse.settings import PROJECT_ROOT

slack_sdk = pytest.importorskip("slack_sdk", reason="slack_sdk is not installed")

API = "/slack/api"
ALERTS = "C0REVOPS002"
SPEC = PROJECT_ROOT.parent / "shared" / "specs" / "slack" / "oas3-slack-web-api-trimmed.json"


def post(caller: Any, method: str, **arguments: Any) -> dict[str, Any]:
    caller.ticks.seconds += 2
    answer = caller.post(f"{API}/{method}", arguments)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def names(caller: Any, method: str, holds: str, **query: Any) -> list[str]:
    """The ids of every page."""
    found: list[str] = []
    cursor = ""
    while True:
        arguments = query | ({"cursor": cursor} if cursor else {})
        page = caller.get(f"{API}/{method}", query_string=arguments).get_json()
        assert page["ok"], page
        found += [one.get("id") or one["ts"] for one in page[holds]]
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            return found


# -- messages --------------------------------------------------------------------------------


def test_a_message_is_kept_as_it_was_posted(caller: Any) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*5 件* 保留"}}]
    posted = post(caller, "chat.postMessage", channel=ALERTS, text="保留中 😀", blocks=blocks)
    assert posted["ok"]
    assert posted["channel"] == ALERTS
    (kept,) = caller.records("slack", "messages")
    assert (kept["channel"], kept["ts"]) == (ALERTS, posted["ts"])
    assert (kept["text"], kept["blocks"]) == ("保留中 😀", blocks)


def test_a_form_and_a_token_among_the_arguments_are_taken_too(caller: Any) -> None:
    form = {
        "token": caller.credentials["slack"]["token"],
        "channel": "#revops-alerts",
        "text": "by form",
        "blocks": json.dumps([{"type": "divider"}]),
    }
    answer = caller.web.post(f"{API}/chat.postMessage", data=form).get_json()
    assert (answer["ok"], answer["channel"]) == (True, ALERTS)
    assert caller.records("slack", "messages")[0]["blocks"] == [{"type": "divider"}]


def test_the_same_message_posted_twice_is_there_twice(caller: Any) -> None:
    one, two = (
        post(caller, "chat.postMessage", channel=ALERTS, text="x", client_msg_id="same")
        for _ in range(2)
    )
    assert one["ts"] != two["ts"]
    assert len(caller.records("slack", "messages")) == 2


def test_an_answer_that_got_lost_leaves_its_message(caller: Any) -> None:
    with running(caller.app) as url:
        fault = {"vendor": "slack", "path": "/api/chat.postMessage", "kind": "reset_after_commit"}
        caller.web.post("/_sandbox/faults", json=[fault])
        client = slack_sdk.WebClient(
            caller.credentials["slack"]["token"], base_url=f"{url}{API}/", retry_handlers=[]
        )
        with pytest.raises(OSError, match=r"reset|closed|response"):
            client.chat_postMessage(channel=ALERTS, text="once")
    assert [one["text"] for one in caller.records("slack", "messages")] == ["once"]


def test_an_update_changes_the_text_and_keeps_the_place(caller: Any) -> None:
    ts = post(caller, "chat.postMessage", channel=ALERTS, text="old")["ts"]
    updated = post(caller, "chat.update", channel=ALERTS, ts=ts, text="new")
    assert (updated["ok"], updated["ts"], updated["text"]) == (True, ts, "new")
    (kept,) = caller.records("slack", "messages")
    assert (kept["ts"], kept["text"]) == (ts, "new")
    assert kept["edited"]
    missing = post(caller, "chat.update", channel=ALERTS, ts="1.000001", text="new")
    assert missing == {"ok": False, "error": "message_not_found"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"text": "x"}, "channel_not_found"),
        ({"channel": "C0REVOPS005", "text": "x"}, "channel_not_found"),
        ({"channel": "random", "text": "x"}, "not_in_channel"),
        ({"channel": "C0REVOPS007", "text": "x"}, "is_archived"),
        ({"channel": ALERTS}, "no_text"),
        ({"channel": ALERTS, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": ALERTS, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": ALERTS, "text": "x", "blocks": [{}] * 51}, "invalid_blocks"),
    ],
)
def test_a_refusal_is_a_200_with_a_code(caller: Any, arguments: dict[str, Any], error: str) -> None:
    assert post(caller, "chat.postMessage", **arguments) == {"ok": False, "error": error}
    assert caller.records("slack", "messages") == []


def test_a_channel_takes_one_message_a_second_and_another_is_free(caller: Any) -> None:
    path, message = f"{API}/chat.postMessage", {"channel": ALERTS, "text": "x"}
    assert caller.post(path, message).status_code == 200
    refused = caller.post(path, message)
    assert (refused.status_code, refused.get_json()["error"]) == (429, "ratelimited")
    assert int(refused.headers["Retry-After"]) == 1
    assert caller.post(path, message | {"channel": "sales-japan"}).status_code == 200
    caller.ticks.seconds += 1
    assert caller.post(path, message).status_code == 200
    assert len(caller.records("slack", "messages")) == 3


def test_a_listing_has_a_limit_by_the_minute(caller: Any) -> None:
    answers = [caller.get(f"{API}/users.list") for _ in range(21)]
    assert [one.status_code for one in answers] == [200] * 20 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_what_is_posted_outlives_the_process(
    start: Callable[..., Any], data: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state.jsonl"
    first = start(data, state=state)
    ts = post(first, "chat.postMessage", channel=ALERTS, text="kept")["ts"]
    again = start(data, state=state)
    assert [one["ts"] for one in again.records("slack", "messages")] == [ts]
    later = post(again, "chat.postMessage", channel=ALERTS, text="later")["ts"]
    assert later != ts


# -- people and channels ---------------------------------------------------------------------


def test_pages_of_people_and_channels_show_each_once(caller: Any) -> None:
    everybody = [one["id"] for one in caller.records("slack", "users")]
    assert names(caller, "users.list", "members", limit=2) == everybody
    shown = names(caller, "conversations.list", "channels", limit=2)
    assert "C0REVOPS005" not in shown
    assert len(shown) == len(set(shown)) == 7
    live = names(caller, "conversations.list", "channels", exclude_archived="true")
    assert set(shown) - set(live) == {"C0REVOPS007"}


def test_history_is_read_newest_first_by_pages(caller: Any) -> None:
    sent = [
        post(caller, "chat.postMessage", channel=ALERTS, text=f"{number}")["ts"]
        for number in range(5)
    ]
    query = {"channel": ALERTS, "limit": 2}
    assert names(caller, "conversations.history", "messages", **query) == sent[::-1]
    newer = query | {"oldest": sent[2]}
    assert names(caller, "conversations.history", "messages", **newer) == sent[:2:-1]


def test_somebody_is_found_by_address_and_written_to(caller: Any) -> None:
    email = caller.records("slack", "users")[1]["profile"]["email"]
    found = caller.get(f"{API}/users.lookupByEmail", query_string={"email": email}).get_json()
    opened = post(caller, "conversations.open", users=found["user"]["id"])
    sent = post(caller, "chat.postMessage", channel=opened["channel"]["id"], text="こんにちは")
    assert sent["channel"] == opened["channel"]["id"]
    assert post(caller, "conversations.open", users=found["user"]["id"])["already_open"]
    nobody = caller.get(f"{API}/users.lookupByEmail?email=nobody@example.com").get_json()
    assert nobody == {"ok": False, "error": "users_not_found"}


# -- manners ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "error"), [("", "not_authed"), ("Bearer xoxb-wrong", "invalid_auth")]
)
def test_without_the_token_nothing_is_done(caller: Any, header: str, error: str) -> None:
    path, headers = f"{API}/chat.postMessage", {"Authorization": header}
    answer = caller.post(path, {"channel": ALERTS, "text": "x"}, headers=headers)
    assert (answer.status_code, answer.get_json()) == (200, {"ok": False, "error": error})
    assert caller.records("slack", "messages") == []


def test_the_caller_learns_who_it_is_and_a_test_echoes(caller: Any) -> None:
    assert post(caller, "auth.test")["user_id"] == "U0REVOPSBOT"
    assert post(caller, "api.test", a="b") == {"ok": True, "args": {"a": "b"}}
    assert post(caller, "api.test", error="my_error")["error"] == "my_error"
    assert post(caller, "nothing.here")["error"] == "unknown_method"
    refused = caller.web.post(f"{API}/api.test", data="{", content_type="application/json")
    assert refused.get_json()["error"] == "invalid_json"


@pytest.mark.parametrize(("kind", "status"), [("rate_limit", 429), ("server_error", 500)])
def test_faults_speak_as_slack_does(caller: Any, kind: str, status: int) -> None:
    caller.web.post("/_sandbox/faults", json=[{"vendor": "slack", "path": "*", "kind": kind}])
    answer = caller.post(f"{API}/auth.test")
    assert (answer.status_code, answer.get_json()["ok"]) == (status, False)


# -- others' eyes ----------------------------------------------------------------------------


def test_the_client_of_slack_agrees(caller: Any) -> None:
    with running(caller.app) as url:
        client = slack_sdk.WebClient(caller.credentials["slack"]["token"], base_url=f"{url}{API}/")
        assert client.auth_test()["team"] == "Revops Lab"
        assert client.api_test()["ok"]
        pages = client.conversations_list(limit=2, types="public_channel")
        channels = [one["name"] for page in pages for one in page["channels"]]
        assert {"general", "revops-alerts"} <= set(channels)
        people = [one for page in client.users_list(limit=3) for one in page["members"]]
        user = client.users_lookupByEmail(email=people[1]["profile"]["email"])["user"]["id"]
        direct = client.conversations_open(users=[user])["channel"]["id"]
        assert client.chat_postMessage(channel=direct, text="hello")["ok"]
        posted = client.chat_postMessage(channel=ALERTS, text="first", blocks=[{"type": "divider"}])
        assert client.chat_update(channel=ALERTS, ts=posted["ts"], text="second")["ok"]
        (read,) = client.conversations_history(channel=ALERTS)["messages"]
        assert (read["ts"], read["text"]) == (posted["ts"], "second")
        with pytest.raises(slack_sdk.errors.SlackApiError, match="not_in_channel"):
            client.chat_postMessage(channel="random", text="x")
        with pytest.raises(slack_sdk.errors.SlackApiError, match="ratelimited") as slow:
            client.chat_postMessage(channel=ALERTS, text="too soon")
        assert slow.value.response.headers["Retry-After"] == "1"


def description() -> OpenAPI:
    """The archived description, with what it holds wrong put right."""
    if not SPEC.is_file():
        pytest.skip(f"the official description is not here: {SPEC.name}")
    document = json.loads(SPEC.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    for name in ("objs_message", "objs_conversation", "objs_user", "objs_response_metadata"):
        # An object described by `items`, which says nothing; and it forbids fields of today.
        schemas[name] = schemas[name].get("items", {}).get("anyOf", [schemas[name]])[0]
        _open(schemas, schemas[name])
    for methods in document["paths"].values():
        for method in methods.values():
            _open(schemas, method["responses"]["200"]["content"]["application/json"]["schema"])
            # It wants the token as a header of its own, or in the query; a bearer's is in neither.
            asked = method.get("parameters", [])
            method["parameters"] = [one for one in asked if one["name"] != "token"]
    history = document["paths"]["/conversations.history"]["get"]["responses"]["200"]
    history = history["content"]["application/json"]["schema"]["properties"]
    # An array of nothing in particular in the text, null where nobody acted.
    history["channel_actions_ts"] = {"nullable": True, "type": "array", "items": {}}
    profile = schemas["objs_user_profile"]
    profile["additionalProperties"] = True
    update = document["paths"]["/chat.update"]["post"]["responses"]["200"]
    update = update["content"]["application/json"]["schema"]["properties"]["message"]["properties"]
    # Blocks are an array everywhere else.
    update["blocks"] = {"type": "array", "items": {"type": "object"}}
    document["servers"] = [{"url": "http://localhost/api"}]
    return OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


def _open(schemas: dict[str, Any], schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = True
    for member in schema.get("properties", {}).values():
        if isinstance(member, dict) and "additionalProperties" in member:
            member["additionalProperties"] = True


def test_answers_keep_to_the_archived_description(caller: Any) -> None:
    openapi = description()
    ts = post(caller, "chat.postMessage", channel=ALERTS, text="x")["ts"]
    email = caller.records("slack", "users")[1]["profile"]["email"]
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "auth.test", {}),
        ("POST", "chat.postMessage", {"channel": ALERTS, "text": "y"}),
        ("POST", "chat.update", {"channel": ALERTS, "ts": ts, "text": "z"}),
        ("GET", "conversations.list", {"limit": 3}),
        ("POST", "conversations.open", {"users": "U0STAFF0001"}),
        ("GET", "conversations.history", {"channel": ALERTS}),
        ("GET", "users.list", {}),
        ("GET", "users.lookupByEmail", {"email": email}),
    ]
    headers = {"Authorization": caller.authorization(API)}
    for method, name, arguments in calls:
        caller.ticks.seconds += 2
        given: dict[str, Any] = {"query_string" if method == "GET" else "data": arguments}
        answer = caller.web.open(f"{API}/{name}", method=method, headers=headers, **given)
        asked = EnvironBuilder(
            f"/api/{name}", "http://localhost", method=method, headers=Headers(headers), **given
        )
        request = WerkzeugOpenAPIRequest(Request(asked.get_environ()))
        openapi.validate_request(request)
        openapi.validate_response(request, WerkzeugOpenAPIResponse(answer))


def test_the_workspace_holds_the_staff_of_the_other_tools(tmp_path: Path) -> None:
    manifest = generate(tmp_path / "data", as_of=AS_OF)
    assert manifest.counts["slack"] == {"channels": 8, "messages": 0, "users": 9}
    assert manifest.credentials["slack"]["token"].startswith("xoxb-")
