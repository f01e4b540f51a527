"""Events that users have caused: taken without a word, and each only once."""

import json
from collections.abc import Callable
from uuid import NAMESPACE_URL, uuid5

from werkzeug.wrappers import Request, Response

from sandbox.store import Record
from sandbox.vendors.intercom.errors import invalid, not_found

Commit = Callable[[list[tuple[str, Record]]], None]
# Who is named by which: the contact that an event belongs to.
Whose = Callable[[str, str], Record | None]
_NAMES = {"user_id": "external_id", "id": "id", "email": "email"}


class Events:
    """The events of a workspace; `whose` finds a contact by a field of it."""

    def __init__(self, commit: Commit, whose: Whose) -> None:
        self._commit, self._whose = commit, whose

    def submit(self, request: Request) -> Response:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not body.get("event_name"):
            raise invalid("parameter_not_found", "event_name is required")
        if not isinstance(body.get("created_at"), int):
            raise invalid("parameter_invalid", "created_at must be a number of seconds")
        metadata = body.get("metadata") or {}
        if any(isinstance(value, list) for value in metadata.values()):
            raise invalid("parameter_invalid", "metadata holds no lists")
        named = [(theirs, str(body[ours])) for ours, theirs in _NAMES.items() if body.get(ours)]
        contact = self._whose(*named[0]) if named else None
        if contact is None:
            raise not_found("not_found", "User Not Found")
        same = json.dumps(
            [contact["id"], body["event_name"], body["created_at"], metadata], sort_keys=True
        )
        event = {
            "id": str(uuid5(NAMESPACE_URL, same)),
            "type": "event",
            "event_name": body["event_name"],
            "created_at": body["created_at"],
            "contact_id": contact["id"],
            "metadata": metadata,
        }
        # One that is there already is itself once more.
        self._commit([("events", event)])
        return Response(status=202)
