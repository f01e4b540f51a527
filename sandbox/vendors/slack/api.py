"""Slack's Web API as a bot uses it: post, update, find channels and people, read back."""

import base64
import binascii
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.store import Record, Table
from sandbox.throttle import Throttle
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response
from sandbox.vendors.slack import records
from sandbox.vendors.slack.errors import no, slow_down

MOST_TEXT, MOST_ATTACHMENTS, MOST_BLOCKS = 40_000, 100, 50
STANDARD_LIMIT, MOST_LIMIT = 100, 1_000
_PER_MINUTE = {
    "conversations.list": 20,
    "users.list": 20,
    "conversations.history": 50,
    "conversations.open": 50,
    "chat.update": 50,
    "users.lookupByEmail": 50,
}
_EVERY = ("GET", "POST")


class Slack(Vendor):
    """One workspace, opened with a bot's token."""

    name = "slack"
    fragile = "ts"
    kinds = ("channels", "users", "messages")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._throttles: dict[str, Throttle] = {}
        self._sent = len(self.tables["messages"])

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        methods: dict[str, Handler] = {
            "api.test": self.test_api,
            "auth.test": self.test_auth,
            "chat.postMessage": self.post_message,
            "chat.update": self.update_message,
            "conversations.list": self.list_channels,
            "conversations.open": self.open_direct,
            "conversations.history": self.read_history,
            "users.list": self.list_users,
            "users.lookupByEmail": self.look_up_user,
        }
        return [(verb, f"/api/{name}", one) for name, one in methods.items() for verb in _EVERY]

    def make_table(self, kind: str) -> Table:
        if kind == "messages":
            return Table(lambda one: f"{one['channel']}/{one['ts']}", numeric=False)
        return Table(lambda one: str(one["id"]), numeric=False)

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        method = request.path.rpartition("/")[2]
        if method != "api.test":
            self._recognise(request)
        most = self.limits.get("per_minute", _PER_MINUTE.get(method, 100))
        self._count(method, most, timedelta(minutes=1))

    def _recognise(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token if scheme == "Bearer" else str(_arguments(request).get("token", ""))
        if not token:
            raise no("not_authed")
        if token != self.credentials.get("token"):
            raise no("invalid_auth")

    def _count(self, what: str, most: int, window: timedelta) -> None:
        throttle = self._throttles.setdefault(what, Throttle(most, window))
        now = self.clock.now()
        if not throttle.admit(now):
            raise slow_down(max(1.0, throttle.wait(now)))

    def throttled(self, retry_after: float | None) -> Refused:
        return slow_down(30 if retry_after is None else retry_after)

    def broken(self) -> Refused:
        return Refused(500, {"ok": False, "error": "internal_error"})

    def unknown_path(self, request: Request) -> Refused:
        return no("unknown_method", req_method=request.path.rpartition("/")[2])

    def modified_at(self, kind: str, record: Record) -> datetime:
        stamp = {"messages": "ts", "users": "updated"}.get(kind, "created")
        return datetime.fromtimestamp(float(record[stamp]), UTC)

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:  # noqa: ARG002
        return {**record, "updated": int(at.timestamp())} if kind == "users" else record

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:  # noqa: ARG002
        flag = {"users": "deleted", "channels": "is_archived"}.get(kind, "hidden")
        return {**record, flag: True}

    def headers(self, request: Request) -> dict[str, str]:  # noqa: ARG002  # alike for all
        return {"X-OAuth-Scopes": "chat:write,channels:read,channels:history,im:write,users:read"}

    # -- messages --------------------------------------------------------------------------

    def post_message(self, request: Request) -> Response:
        wanted = _arguments(request)
        channel = self._writable(wanted)
        content = _content(wanted)
        most = self.limits.get("messages_per_second", 1)
        self._count(f"chat.postMessage {channel['id']}", most, timedelta(seconds=1))
        self._sent += 1
        ts = records.timestamp(self.clock.now(), self._sent)
        thread = {"thread_ts": str(wanted["thread_ts"])} if wanted.get("thread_ts") else {}
        posted = records.message(ts, content.pop("text"), **content, **thread, **_metadata(wanted))
        self.commit([("messages", {**posted, "channel": channel["id"]})])
        return json_response({"ok": True, "channel": channel["id"], "ts": ts, "message": posted})

    def update_message(self, request: Request) -> Response:
        wanted = _arguments(request)
        channel = self._writable(wanted)
        known = self.tables["messages"].get(f"{channel['id']}/{wanted.get('ts')}")
        if known is None:
            raise no("message_not_found")
        content = _content(wanted)
        at = records.timestamp(self.clock.now(), 0)
        edited = {**known, **content, "edited": {"user": records.BOT_USER, "ts": at}}
        self.commit([("messages", edited)])
        shown = {name: value for name, value in edited.items() if name != "channel"}
        ids = {"channel": channel["id"], "ts": known["ts"]}
        return json_response({"ok": True, **ids, "text": edited["text"], "message": shown})

    def _writable(self, wanted: Record) -> Record:
        channel = self._channel(wanted)
        if channel["is_archived"]:
            raise no("is_archived")
        if not channel.get("is_member", True):
            raise no("not_in_channel")
        return channel

    def _channel(self, wanted: Record) -> Record:
        """By id, or by name with or without its sign; a person's id is a direct message."""
        name = str(wanted.get("channel", ""))
        if name in {one["id"] for one in self.tables["users"]}:
            return self._direct(name)
        for one in self.tables["channels"]:
            hidden = one.get("is_private") and not one.get("is_member")
            if not hidden and name in {one["id"], one.get("name"), f"#{one.get('name')}"}:
                return one
        raise no("channel_not_found")

    def read_history(self, request: Request) -> Response:
        wanted = _arguments(request)
        channel = self._channel(wanted)
        if not channel.get("is_member", True):
            raise no("not_in_channel")
        oldest, latest = str(wanted.get("oldest", "0")), str(wanted.get("latest", "9" * 10))
        with_metadata = str(wanted.get("include_all_metadata", "")).lower() in {"true", "1"}
        kept_back = {"channel"} if with_metadata else {"channel", "metadata"}
        found = [
            {name: value for name, value in one.items() if name not in kept_back}
            for one in self.tables["messages"]
            if one["channel"] == channel["id"] and float(oldest) < float(one["ts"]) < float(latest)
        ]
        page, cursor = _paged(found[::-1], wanted)
        body = {"ok": True, "messages": page, "has_more": bool(cursor), "pin_count": 0}
        body |= {"channel_actions_ts": None, "channel_actions_count": 0}
        return json_response(
            body | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})
        )

    # -- channels and people ---------------------------------------------------------------

    def list_channels(self, request: Request) -> Response:
        wanted = _arguments(request)
        types = str(wanted.get("types", "public_channel")).split(",")
        without_archived = str(wanted.get("exclude_archived", "")).lower() in {"true", "1"}
        found = [
            one
            for one in self.tables["channels"]
            if _type_of(one) in types
            and not (one.get("is_private") and not one["is_member"])
            and not (without_archived and one["is_archived"])
        ]
        page, cursor = _paged(found, wanted)
        metadata = {"next_cursor": cursor}
        return json_response({"ok": True, "channels": page, "response_metadata": metadata})

    def open_direct(self, request: Request) -> Response:
        wanted = _arguments(request)
        if not wanted.get("users"):
            raise no("users_list_not_supplied")
        people = {one["id"] for one in self.tables["users"]}
        names = str(wanted["users"]).split(",")
        if len(names) != 1 or names[0] not in people:
            raise no("user_not_found")
        known = len(self.tables["channels"])
        channel = self._direct(names[0])
        again = (
            {"already_open": True, "no_op": True} if known == len(self.tables["channels"]) else {}
        )
        whole = str(wanted.get("return_im", "")).lower() in {"true", "1"}
        shown = channel if whole else {"id": channel["id"]}
        return json_response({"ok": True, "channel": shown, **again})

    def _direct(self, user_id: str) -> Record:
        channel_id = f"D{user_id[1:]}"
        known = self.tables["channels"].get(channel_id)
        if known is None:
            known = records.direct(channel_id, user_id, created=self.clock.now())
            self.commit([("channels", known)])
        return known

    def list_users(self, request: Request) -> Response:
        page, cursor = _paged(list(self.tables["users"]), _arguments(request))
        body = {"ok": True, "members": page, "cache_ts": int(self.clock.now().timestamp())}
        return json_response(body | {"response_metadata": {"next_cursor": cursor}})

    def look_up_user(self, request: Request) -> Response:
        email = str(_arguments(request).get("email", "")).lower()
        for one in self.tables["users"]:
            if email and one["profile"].get("email", "").lower() == email and not one["deleted"]:
                return json_response({"ok": True, "user": one})
        raise no("users_not_found")

    def test_auth(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        us = {"user_id": records.BOT_USER, "bot_id": records.BOT, "team_id": records.TEAM}
        names = {"url": "https://revops-lab.slack.example/", "team": "Revops Lab", "user": "revops"}
        return json_response({"ok": True, **names, **us, "is_enterprise_install": False})

    def test_api(self, request: Request) -> Response:
        wanted = {name: value for name, value in _arguments(request).items() if name != "token"}
        if "error" in wanted:
            raise no(str(wanted["error"]), args=wanted)
        return json_response({"ok": True, **({"args": wanted} if wanted else {})})


def _arguments(request: Request) -> Record:
    """From the query, a form or a JSON object, as Slack takes them all."""
    given: Record = {**request.args.to_dict(), **request.form.to_dict()}
    if "json" not in request.mimetype:
        return given
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError:
        raise no("invalid_json") from None
    if not isinstance(body, dict):
        raise no("json_not_object")
    return given | body


def _content(wanted: Record) -> Record:
    """Text, blocks and attachments; in a form the latter two are JSON in a text."""
    found: Record = {"text": str(wanted.get("text") or "")}
    for name, code, most in (
        ("blocks", "invalid_blocks", MOST_BLOCKS),
        ("attachments", "too_many_attachments", MOST_ATTACHMENTS),
    ):
        value = wanted.get(name)
        try:
            value = json.loads(value) if isinstance(value, str) and value else value
        except ValueError:
            raise no(
                "invalid_blocks_format" if name == "blocks" else "invalid_attachments"
            ) from None
        if value:
            if not isinstance(value, list) or len(value) > most:
                raise no(code)
            found[name] = value
    if len(found) == 1 and not found["text"]:
        raise no("no_text")
    if len(found["text"]) > MOST_TEXT:
        raise no("msg_too_long")
    return found


def _metadata(wanted: Record) -> Record:
    """What an app may note on its message: an event's name and a payload of its own."""
    value = wanted.get("metadata")
    try:
        value = json.loads(value) if isinstance(value, str) and value else value
    except ValueError:
        raise no("invalid_metadata_format") from None
    if value is None:
        return {}
    if not isinstance(value, dict) or not (value.get("event_type") and "event_payload" in value):
        raise no("invalid_metadata_schema")
    return {"metadata": value}


def _type_of(channel: Record) -> str:
    if channel["is_im"]:
        return "im"
    return "private_channel" if channel["is_private"] else "public_channel"


def _paged(found: list[Any], wanted: Record) -> tuple[list[Any], str]:
    """A page, and the cursor of the next one; empty at the end."""
    text = str(wanted.get("limit") or STANDARD_LIMIT)
    if not text.isdigit() or not 1 <= int(text) <= MOST_LIMIT:
        raise no("invalid_limit")
    start = _decoded(str(wanted.get("cursor") or ""))
    end = start + int(text)
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(found) else ""
    return found[start:end], cursor


def _decoded(cursor: str) -> int:
    try:
        place = base64.b64decode(cursor, validate=True).decode()
        return int(place.removeprefix("next:")) if cursor else 0
    except (binascii.Error, ValueError):
        raise no("invalid_cursor") from None


VENDOR = Slack
