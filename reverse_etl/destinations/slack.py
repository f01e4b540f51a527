"""Posts messages to a Slack channel, one at a time, each with our key in its metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

import httpx
from pydantic import HttpUrl, SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import BearerAuth
from connectors.core.http import Action
from connectors.core.pace import Budget
from connectors.core.pages import Envelope
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource
from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome
from warehouse.deliveries import Operation
from warehouse.errors import Misconfigured

_EVENT = "revops_message"
# Slack says no in the body of a 200.
_LOCKED_OUT = {
    *("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"),
    *("missing_scope", "no_permission", "org_login_required", "ekm_access_denied"),
}
_TOO_FAST = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_PASSING = {
    *("internal_error", "fatal_error", "service_unavailable", "request_timeout"),
    "team_added_to_org",
}
# What says no to the channel and to every message there.
_NO_CHANNEL = {
    *("channel_not_found", "not_in_channel", "is_archived", "channel_type_not_supported"),
    *("restricted_action", "restricted_action_read_only_channel", "team_access_not_granted"),
    *("restricted_action_thread_only_channel", "restricted_action_non_threadable_channel"),
}
# Slack cuts what is longer, and says nothing of it (docs.slack.dev, chat.postMessage).
_LONGEST = 40_000


class SlackSettings(VendorSettings):
    model_config = SettingsConfigDict(env_prefix="REVOPS_SLACK__", env_file=".env", extra="ignore")

    base_url: HttpUrl = HttpUrl("https://slack.com")
    token: SecretStr


class SlackMessages(Destination):
    """`chat.postMessage` to the channel that the sync's `object` names.

    `text` is shown as it is, but for emphasis such as `*bold*`; `mrkdwn` may hold links and
    mentions, too, and has `&`, `<` and `>` escaped by whoever wrote it.

    Slack has no key that keeps a message from being posted twice: each is asked for once, and what
    is in doubt is looked for in the channel's history by the key in the message's metadata. Two
    syncs whose keys may be the same need an identify_by.field each to share a channel.
    """

    batch_size = 1
    operations = frozenset({"append"})

    def faults(self, fields: Sequence[str]) -> list[str]:
        unknown = [
            f"a Slack message has no {name!r}: only text or mrkdwn"
            for name in fields
            if name not in {"text", "mrkdwn"}
        ]
        if {"text", "mrkdwn"} <= set(fields):
            unknown.append("a Slack message has either text or mrkdwn")
        channel = self._channel()
        if channel is None:
            return [*unknown, f"Slack has no channel {self._object!r} that our app can see"]
        if channel.get("is_archived") or not channel.get("is_member", True):
            unknown.append(f"our app is not in Slack's channel {self._object!r}: invite it there")
        return unknown

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002 - only one
        (row,) = rows
        text = str(row.fields.get("mrkdwn") or _escaped(str(row.fields.get("text") or "")))
        if len(text) > _LONGEST:
            said = f"the text has {len(text)} characters, and Slack takes {_LONGEST}"
            return [RowOutcome(row.trace, "rejected", reason=said)]
        metadata = {"event_type": _EVENT, "event_payload": self._name(row.key)}
        message = {"channel": self._object, "metadata": metadata, "text": text}
        answer = self._client.post_once("/api/chat.postMessage", message, Envelope)
        posted_at = answer.value("ts")
        # A success that names no message is in doubt.
        return [RowOutcome(row.trace, "acknowledged", tool_id=str(posted_at))] if posted_at else []

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:  # noqa: ARG002 - text
        channel = self._channel()
        if channel is None:
            raise Misconfigured(f"Slack has no channel {self._object!r} that our app can see")
        wanted = set(keys)
        asked = {"channel": channel["id"], "include_all_metadata": "true"}
        found: dict[str, Fields] = {}
        for message in self._pages("/api/conversations.history", asked, "messages"):
            metadata = message.get("metadata") or {}
            said = metadata.get("event_payload") or {}
            key = said.get("key")
            if metadata.get("event_type") == _EVENT and key in wanted and said == self._name(key):
                text = str(message.get("text") or "")
                found[key] = {"text": _unescaped(text), "mrkdwn": text}
            if found.keys() == wanted:
                break
        return found

    def holds(self, held: object, wish: object) -> bool:
        return held == wish

    def _name(self, key: str) -> dict[str, str]:
        """What the metadata of a message says that it is."""
        return {"key": key} | ({"of": self._identifier} if self._identifier else {})

    def _channel(self) -> dict[str, Any] | None:
        asked = {"types": "public_channel,private_channel", "exclude_archived": "true"}
        channels = self._pages("/api/conversations.list", asked, "channels")
        name = self._object.removeprefix("#")
        return next((one for one in channels if name in {one["id"], one["name"]}), None)

    def _pages(self, path: str, asked: dict[str, str], name: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = {"limit": "200", **asked, **({"cursor": cursor} if cursor else {})}
            answer = self._client.get(path, page)
            yield from answer.value(name, [])
            cursor = str(answer.value("response_metadata", {}).get("next_cursor") or "")
            if not cursor:
                return


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _classify(response: httpx.Response) -> Action | None:
    if not response.is_success:
        return None
    try:
        said = json.loads(response.content)
    except ValueError:
        return "retry"
    if not isinstance(said, dict) or said.get("ok"):
        return None
    error = said.get("error")
    if error in _NO_CHANNEL:
        raise Misconfigured(
            f"Slack takes no message in the channel: {error}",
            advice="compare the sync's object with the channel's name, and invite our app there",
        )
    if error in _TOO_FAST:
        return "wait"
    if error in _LOCKED_OUT:
        return "authorise"
    # Neither a yes nor a reason: it is not known what has been done.
    return "retry" if not error or error in _PASSING else "refuse"


ACCOUNT = HttpSource(
    name="slack",
    title="Slack",
    settings=SlackSettings,
    authorise=lambda given: BearerAuth(cast("SlackSettings", given).token.get_secret_value()),
    budget=Budget(requests=20, seconds=60),
    # One message a second to one channel.
    budgets={"/api/chat.postMessage": Budget(requests=1, seconds=1.2)},
    scopes=(
        "the app's bot token needs the scopes chat:write, channels:read, groups:read,"
        " channels:history and, for private channels, groups:history"
    ),
    classify=_classify,
    streams=(),
)
DESTINATION = SlackMessages
