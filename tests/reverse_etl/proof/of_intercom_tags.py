"""Who bears a tag of Intercom's, and events, of which none is read and each is there once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import httpx

from reverse_etl.spec import FieldMapping, Identifier
from sandbox.app import Sandbox
from sandbox.vendors.intercom.records import contact
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.case import AnyWire, Kind, Record
from tests.reverse_etl.proof.of_intercom import IntercomCompanies
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script, Wire

TAG, PERSON = "71", "P 0"


class IntercomTags(IntercomCompanies):
    """Contacts under a tag: whoever bears it is held, and there is nothing else to be held."""

    name = "intercom tags"
    is_slow = True
    kind = "contact_tags"
    mode = "add_remove"
    within = "Target accounts"

    def __init__(self) -> None:
        super().__init__()
        self.spec = self.spec.model_copy(update={"fields": ()})

    def held_kind(self) -> str:
        return "contacts"

    def _record(self, number: int) -> Record:
        return contact(self.key(number), {}, created=AS_OF, updated=AS_OF)

    def wish(self, number: int, version: int) -> Record:  # noqa: ARG002 - it is there or is not
        return {}

    def version_of(self, fields: Mapping[str, Any]) -> int:  # noqa: ARG002 - there is none
        return 0

    def kind_of_request(self, method: str, path: str) -> Kind:
        """The contact is looked up first; what tells of it is its tags."""
        kind = super().kind_of_request(method, path)
        return "other" if kind == "read" and not path.endswith("/tags") else kind

    def key_of(self, row: Record) -> str:
        return super().key_of({**row, "sandbox_named": row["sandbox_named"].rpartition("/")[0]})

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        found = map(json.loads, app.records("intercom", "contacts").splitlines())
        return [
            (one["id"], one["id"], {})
            for one in found
            if TAG in [each["id"] for each in one["tags"]["data"]]
        ]


class _Accepting(Wire):
    """An event is taken with 202 and without a word; any other success is the script's."""

    def _forward(self, request: httpx.Request, content: bytes) -> httpx.Response:
        answer = super()._forward(request, content)
        if answer.status_code != httpx.codes.ACCEPTED:
            return answer
        assert not answer.content
        return httpx.Response(httpx.codes.ACCEPTED, json={"taken": True})

    def _composed(self, results: list[Any]) -> httpx.Response:
        return httpx.Response(httpx.codes.ACCEPTED) if results else httpx.Response(200)


class IntercomEvents(IntercomCompanies):
    """What has happened does not change: an event that is sent again says the same."""

    name = "intercom events"
    is_slow = True
    is_readable = False
    may_create = True
    kind = "events"
    mode = "append"
    within = "renewed"
    fixed: ClassVar[Sequence[str]] = ("user_id", "created_at", "metadata.number")

    def __init__(self) -> None:
        super().__init__()
        columns = ("account_id", "account_tier", "account_score")
        fields = tuple(
            FieldMapping(column=column, field=field)
            for column, field in zip(columns, self.fixed, strict=True)
        )
        identifier = Identifier(column="account_id")
        self.spec = self.spec.model_copy(update={"fields": fields, "identify_by": identifier})

    def set_up(self, folder: Path, rows: int) -> None:
        super().set_up(folder, rows)
        person = contact("c0", {"external_id": PERSON}, created=AS_OF, updated=AS_OF)
        self._put(folder, "contacts", [person])

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return _Accepting(self, app, steps, script, look)

    def key(self, number: int) -> str:
        return f"renewal:{number}"

    def wish(self, number: int, version: int) -> Record:  # noqa: ARG002 - it does not change
        at = f"2026-11-{1 + number % 19:02}T09:00:00Z"
        return dict(zip(self.fixed, (PERSON, at, number), strict=True))

    def version_of(self, fields: Mapping[str, Any]) -> int:  # noqa: ARG002 - it does not change
        return 1

    def key_of(self, row: Record) -> str:
        return str(row["metadata"]["revops_key"])

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        found = map(json.loads, app.records("intercom", "events").splitlines())
        return [
            (self.key_of(one), self.key_of(one), dict(zip(self.fixed, _told(one), strict=True)))
            for one in found
        ]


def _told(event: Record) -> tuple[str, str, int]:
    at = datetime.fromtimestamp(event["created_at"], UTC)
    whose = PERSON if event["contact_id"] == "c0" else event["contact_id"]
    return whose, f"{at:%Y-%m-%dT%H:%M:%SZ}", event["metadata"]["number"]


CASES = (IntercomTags, IntercomEvents)
