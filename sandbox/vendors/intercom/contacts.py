"""What callers may do to contacts: create, update, tag, archive, delete, merge a lead away."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import SandboxClock
from sandbox.store import Record, Table
from sandbox.vendor import json_response
from sandbox.vendors.intercom import records
from sandbox.vendors.intercom.errors import invalid, not_found, refusal

Commit = Callable[[list[tuple[str, Record]]], None]
_WRITABLE = {
    *("role", "external_id", "email", "phone", "name", "owner_id", "signed_up_at"),
    *("last_seen_at", "unsubscribed_from_emails", "custom_attributes"),
}
# Null where these are meant is taken as nothing said.
# What is not there any more once a contact was deleted.
_PERSONAL = ("external_id", "email", "email_domain", "phone", "name", "avatar", "location")
_NEVER_NULL = {"role", "email", "unsubscribed_from_emails", "custom_attributes"}


class Contacts:
    """The contacts of one table; a contact that is gone is answered as if it had never been."""

    def __init__(self, table: Table, tags: Table, clock: SandboxClock, commit: Commit) -> None:
        self._table, self._tags, self._clock, self._commit = table, tags, clock, commit

    def live(self, contact_id: str) -> Record:
        record = self._table.get(contact_id)
        if record is None or record.get("sandbox_gone"):
            raise not_found("not_found", "User Not Found")
        return record

    def create(self, request: Request) -> Response:
        fields = _fields(request)
        if not {"email", "external_id", "role"} & fields.keys():
            raise invalid("parameter_invalid", "email, external_id or role is required")
        self._refuse_double(fields, None)
        now = self._clock.now()
        number = len(self._table) + int(now.timestamp())
        record = records.contact(f"{number:024x}", fields, created=now, updated=now)
        return self._saved(record)

    def update(self, request: Request, record_id: str) -> Response:
        record, fields = self.live(record_id), _fields(request)
        self._refuse_double(fields, record_id)
        attributes = record["custom_attributes"] | fields.get("custom_attributes", {})
        return self._saved({**record, **fields, "custom_attributes": attributes, **self._stamp()})

    def find(self, request: Request, external_id: str) -> Response:  # noqa: ARG002  # a handler
        for record in self._table:
            if record["external_id"] == external_id and not record.get("sandbox_gone"):
                return json_response(record)
        raise not_found("not_found", "User Not Found")

    def list_tags(self, request: Request, record_id: str) -> Response:  # noqa: ARG002  # a handler
        return json_response(self.live(record_id)["tags"])

    def add_tag(self, request: Request, record_id: str) -> Response:
        record = self.live(record_id)
        tag = self._tag(str((request.get_json(silent=True) or {}).get("id")))
        others = [one for one in record["tags"]["data"] if one["id"] != tag["id"]]
        self._with_tags(record, [*others, tag])
        return json_response(tag)

    def remove_tag(self, request: Request, record_id: str, tag_id: str) -> Response:  # noqa: ARG002
        record, tag = self.live(record_id), self._tag(tag_id)
        left = [one for one in record["tags"]["data"] if one["id"] != tag_id]
        if len(left) == len(record["tags"]["data"]):
            raise not_found()
        self._with_tags(record, left)
        return json_response(tag)

    def _tag(self, tag_id: str) -> Record:
        tag = self._tags.get(tag_id)
        if tag is None:
            raise not_found()
        return tag

    def _with_tags(self, record: Record, tags: list[Record]) -> None:
        shown = {**record["tags"], "data": tags, "total_count": len(tags)}
        self._commit([("contacts", {**record, "tags": shown, **self._stamp()})])

    def delete(self, request: Request, record_id: str) -> Response:  # noqa: ARG002  # a handler
        record = self.live(record_id)
        blank = {**record, **dict.fromkeys(_PERSONAL)}
        self._commit([("contacts", gone(blank, "deleted"))])
        return json_response(_named(record) | {"deleted": True})

    def archive(self, request: Request, record_id: str) -> Response:  # noqa: ARG002  # a handler
        record = self.live(record_id)
        self._commit([("contacts", gone(record, "archived"))])
        return json_response(_named(record) | {"archived": True})

    def merge(self, request: Request) -> Response:
        """The lead is gone without a trace; the user is stamped and keeps what it lacked."""
        wanted = request.get_json(silent=True) or {}
        lead, user = (self.live(str(wanted.get(name))) for name in ("from", "into"))
        if (lead["role"], user["role"]) != ("lead", "user"):
            raise invalid("parameter_invalid", "a lead is merged into a user, nothing else")
        kept = {name: user[name] or lead[name] for name in ("phone", "name", "last_seen_at")}
        merged = {**user, **kept, **self._stamp()}
        self._commit([("contacts", gone(lead, f"merged:{user['id']}")), ("contacts", merged)])
        return json_response(merged)

    def _stamp(self) -> Record:
        return {"updated_at": records.seconds(self._clock.now())}

    def _saved(self, record: Record) -> Response:
        self._commit([("contacts", record)])
        return json_response(record)

    def _refuse_double(self, fields: Record, own: str | None) -> None:
        for other in self._table:
            if other["id"] == own or other.get("sandbox_gone"):
                continue
            for name in ("external_id", "email"):
                wanted = fields.get(name)
                if wanted and wanted == other[name] and other["role"] == fields.get("role", "user"):
                    message = (
                        f"A contact matching those details already exists with id={other['id']}"
                    )
                    raise refusal(409, "conflict", message)


def gone(record: Record, how: str) -> Record:
    """The record once no call of the API shows it any more; `how` is the sandbox's own note."""
    return {**record, "sandbox_gone": how}


def _named(record: Record) -> dict[str, Any]:
    return {"type": "contact", "id": record["id"], "external_id": record["external_id"]}


def _fields(request: Request) -> Record:
    wanted = request.get_json(silent=True)
    if not isinstance(wanted, dict):
        raise invalid("parameter_invalid", "a JSON object is required")
    return {
        name: value
        for name, value in wanted.items()
        if name in _WRITABLE and (value is not None or name not in _NEVER_NULL)
    }
