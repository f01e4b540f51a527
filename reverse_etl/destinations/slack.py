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

_EVENT = "revops_message"
# Slack says no in the body of a 200.
_LOCKED_OUT = {
    *("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"),
    *("missing_scope", "no_permission", "org_login_required", "ekm_access_denied"),
}
_PASSING = {
    *("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"),
    *("request_timeout", "team_added_to_org"),
}


class SlackSettings(VendorSettings):
    model_config = SettingsConfigDict(env_prefix="REVOPS_SLACK__", env_file=".env", extra="ignore")

    base_url: HttpUrl = HttpUrl("https://slack.com")
    token: SecretStr


class SlackMessages(Destination):
    """`chat.postMessage` to the channel that the sync's `object` names.

    Slack has no key that keeps a message from being posted twice: each is asked for once, and what
    is in doubt is looked for in the channel's history by the key in the message's metadata.
    """

    batch_size = 1
    operations = frozenset({"append"})

    def faults(self, fields: Sequence[str]) -> list[str]:
        unknown = [
            f"a Slack message has no {name!r}: only text" for name in fields if name != "text"
        ]
        channel = self._channel()
        if channel is None:
            return [*unknown, f"Slack has no channel {self._object!r} that our app can see"]
        if channel.get("is_archived") or not channel.get("is_member", True):
            unknown.append(f"our app is not in Slack's channel {self._object!r}: invite it there")
        return unknown

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002 - only one
        (row,) = rows
        metadata = {"event_type": _EVENT, "event_payload": {"key": row.key}}
        message = {"channel": self._object, "metadata": metadata, **row.fields}
        answer = self._client.post_once("/api/chat.postMessage", message, Envelope)
        posted_at = answer.value("ts")
        # A success that names no message is in doubt.
        return [RowOutcome(row.trace, "acknowledged", tool_id=str(posted_at))] if posted_at else []

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:  # noqa: ARG002 - text
        channel = self._channel()
        wanted = set(keys)
        history = self._pages(
            "/api/conversations.history",
            {"channel": channel["id"], "include_all_metadata": "true"} if channel else {},
            "messages",
        )
        found: dict[str, Fields] = {}
        for message in history:
            key = message.get("metadata", {}).get("event_payload", {}).get("key")
            if key in wanted:
                found[key] = {"text": message.get("text")}
            if found.keys() == wanted:
                break
        return found

    def holds(self, held: object, wish: object) -> bool:
        return held == wish

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
        "the app's bot token needs the scopes chat:write, channels:read, channels:history"
        " and, for private channels, groups:read and groups:history"
    ),
    classify=_classify,
    streams=(),
)
DESTINATION = SlackMessages
