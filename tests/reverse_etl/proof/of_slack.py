"""Messages to a channel of Slack, which has no key against doubles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from sandbox.app import Sandbox
from sandbox.vendors.slack.records import channel
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.case import Record, Result, named_sync, write_manifest
from tests.reverse_etl.proof.single import OneRowCase


class SlackMessages(OneRowCase):
    """Declared at most once: never twice, and what is in doubt is told."""

    name = "slack messages"
    faults = ("refused_row", "partial", "empty_success", "empty_after_commit", "token_expiry")
    nothing: ClassVar[Record] = {"ok": True}
    write_path = "/chat.postMessage"
    read_paths = ("/conversations.history",)
    settings: ClassVar[Mapping[str, str]] = {"token": "xoxb-proof"}
    broken: ClassVar[object] = {"ok": False, "error": "internal_error"}

    def __init__(self) -> None:
        self.spec = named_sync("slack_escalations")

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        limits = {"messages_per_second": 100_000, "per_minute": 100_000}
        write_manifest(folder, "slack", self.settings, limits)
        opened = channel("C1", self.spec.object, created=AS_OF, creator="U1", is_member=True)
        (folder / "slack" / "channels.ndjson").write_text(json.dumps(opened) + "\n", "utf-8")

    def key(self, number: int) -> str:
        return f"message:{number}"

    def wish(self, number: int, version: int) -> Record:
        return {"text": f"row {number}, version {version}"}

    def version_of(self, fields: Mapping[str, Any]) -> int:
        return int(str(fields["text"]).rpartition(" ")[2])

    def is_taken(self, answer: Any) -> bool:
        return bool(answer["ok"])

    def key_of(self, row: Record) -> str:
        return str(row["metadata"]["event_payload"]["key"])

    def rejection(self, row: Record, *, transient: bool) -> Result:  # noqa: ARG002 - one
        return {"ok": False, "error": "fatal_error" if transient else "msg_too_long"}

    def refusal(self) -> tuple[int, Any]:
        return 200, {"ok": False, "error": "msg_too_long"}

    def expire(self, app: Sandbox) -> tuple[int, object] | None:  # noqa: ARG002 - in the body
        return 200, {"ok": False, "error": "token_expired"}

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        messages = map(json.loads, app.records("slack", "messages").splitlines())
        return [(self.key_of(one), one["ts"], one) for one in messages]


CASES = (SlackMessages,)
