"""Writes Intercom's companies and contacts, who bears a tag, and events: one at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

import httpx

from connectors.core.pages import BadPage, Envelope
from reverse_etl.destinations.base import (
    Destination,
    FieldLimit,
    Fields,
    Row,
    RowOutcome,
    is_same_number,
    member,
    nested,
)
from warehouse.deliveries import Operation
from warehouse.errors import Misconfigured, Refused

COMPANIES, CONTACTS, TAGGED, EVENTS = "companies", "contacts", "contact_tags", "events"
_OPERATIONS: dict[str, frozenset[Operation]] = {
    COMPANIES: frozenset({"update", "upsert"}),
    CONTACTS: frozenset({"update", "upsert"}),
    TAGGED: frozenset({"add", "remove"}),
    EVENTS: frozenset({"append"}),
}
_MODELS = {COMPANIES: "company", CONTACTS: "contact"}
# The unique field of ours by which one is known, beside Intercom's own id.
_KEYS = {COMPANIES: "company_id", CONTACTS: "external_id"}
# What can be set beside attributes of the workspace's own (OpenAPI 2.15: the requests' schemas).
_OWN = {
    COMPANIES: {"name", "plan", "size", "website", "industry", "monthly_spend"},
    CONTACTS: {
        *("name", "email", "phone", "role", "owner_id", "avatar", "signed_up_at", "last_seen_at"),
        *("unsubscribed_from_emails", "external_id"),
    },
}
_WHOSE = ("user_id", "id", "email")
_CUSTOM, _METADATA = "custom_attributes", "metadata"
# The name under which an event bears our key, so that two of one kind are not taken for one.
_OUR_KEY = "revops_key"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


# A text of an attribute has no more characters (developers.intercom.com, "Custom attributes").
_LONGEST = 255


def _no_instant(wish: object) -> str | None:
    is_seconds = isinstance(wish, int) and not isinstance(wish, bool)
    if wish == "" or is_seconds or _INSTANT.fullmatch(str(wish)):
        return None
    return f"{wish!r} is no instant such as 2026-11-30T09:00:00Z, nor seconds since 1970"


_TIMES = FieldLimit(check=_no_instant)
_OWN_LIMITS = {
    "size": FieldLimit(kind="integer"),
    "monthly_spend": FieldLimit(kind="number"),
    "role": FieldLimit(choices=frozenset({"user", "lead"})),
    "signed_up_at": _TIMES,
    "last_seen_at": _TIMES,
    "unsubscribed_from_emails": FieldLimit(kind="truth"),
}
_LIMITS = {
    "integer": FieldLimit(kind="integer"),
    "float": FieldLimit(kind="number"),
    "boolean": FieldLimit(kind="truth"),
    "date": _TIMES,
}


class IntercomRecords(Destination):
    """Companies and contacts, by Intercom's own id or by `company_id` and `external_id` of ours.

    Who bears the tag that `within` names by id or name; and events of the name in `within`. Of
    what a row wishes for one request tells, so that a refusal speaks of that row alone.

    Intercom takes an event that it has already for the same one: user, name, second and metadata
    alike (developers.intercom.com, "Event de-duplication"). So one in doubt is sent again.
    """

    batch_size = 1
    modified_field = "updated_at"
    # 166 requests a second are allowed to an app.
    at_once = 8

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.is_readable = self._object != EVENTS
        self._tag: str | None = None

    @classmethod
    def joins(cls, object_name: str) -> bool:
        return object_name in {COMPANIES, CONTACTS}

    @classmethod
    def operations_of(cls, object_name: str) -> frozenset[Operation]:
        return _OPERATIONS.get(object_name, frozenset())

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Attributes that the workspace lacks, has archived or does not let us set; a lost tag."""
        if self._object == EVENTS:
            return self._event_faults(fields)
        faults = self._faults_of_identifier()
        if self._object == TAGGED:
            faults += [f"who bears a tag has no field {name!r} to be set" for name in fields]
            missing = f"Intercom has not one tag {self._within!r}: create it, or name it by its id"
            return faults if self._tag_id() else [*faults, missing]
        attributes = self._attributes
        for name in fields:
            is_custom = name.startswith(f"{_CUSTOM}.")
            if not is_custom and name not in _OWN[self._object]:
                own = ", ".join(sorted(_OWN[self._object]))
                faults.append(
                    f"Intercom's {self._object} have no {name!r} to be set: {own}, {_CUSTOM}.<name>"
                )
            elif is_custom and (name not in attributes or attributes[name].get("archived")):
                faults.append(f"Intercom has no {self._object} attribute {name!r}: create it")
            elif is_custom and not attributes[name].get("api_writable", True):
                faults.append(f"Intercom's {name!r} cannot be set through the API")
        return faults

    def limits(self, fields: Sequence[str]) -> dict[str, FieldLimit]:
        """Types, values and lengths; a text that is too long Intercom would cut off."""
        if self._object == TAGGED:
            return {}
        if self._object == EVENTS:
            return {"created_at": _TIMES} if "created_at" in fields else {}
        told = {name: _limit(one) for name, one in self._attributes.items()}
        known = _OWN_LIMITS | {name: told[name] for name in told if name.startswith(_CUSTOM)}
        return {name: known[name] for name in fields if name in known}

    @cached_property
    def _attributes(self) -> dict[str, dict[str, Any]]:
        answer = self._client.get("/data_attributes", {"model": _MODELS[self._object]})
        return {one["full_name"]: one for one in answer.value("data", [])}

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        (row,) = rows
        if operation == "append":
            return self._happened(row)
        if operation in {"add", "remove"}:
            return self._tagged(row, is_added=operation == "add")
        if self._object == COMPANIES and operation == "upsert":
            body = {**_nested(row.fields), "company_id": row.key}
            return self._told(row, self._client.post("/companies", body))
        own = row.key if self._identifier is None else self._own_id(row.key)
        if own is not None:
            answer = self._put(f"/{self._object}/{quote(own, safe='')}", _nested(row.fields))
            return self._told(row, answer)
        if operation == "update":
            reason = f"no {_MODELS[self._object]} of the key {row.key!r}"
            return [RowOutcome(row.trace, "rejected", reason=reason)]
        # A contact that is there already is refused: what was lost on the way is looked up, not
        # sent again.
        body = {**_nested(row.fields), "external_id": row.key}
        return self._told(row, self._client.post_once("/contacts", body, Envelope))

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        if self._object == EVENTS:
            return {}
        found = {key: self._found(key) for key in keys}
        if self._object == TAGGED:
            return {key: {} for key, one in found.items() if one and self._bears(one["id"])}
        return {
            key: {field: _held(one, field) for field in fields}
            for key, one in found.items()
            if one is not None
        }

    def holds(self, held: object, wish: object) -> bool:
        if held in (None, "") or wish in (None, ""):
            return held in (None, "") and wish in (None, "")
        if isinstance(wish, bool) or isinstance(held, bool):
            return held is wish
        wished = _sent(wish)
        if isinstance(wished, str):
            return held == wished
        return is_same_number(held, wished)

    def _faults_of_identifier(self) -> list[str]:
        known = _KEYS[CONTACTS if self._object == TAGGED else self._object]
        if self._identifier in {None, known}:
            return []
        return [f"Intercom's {self._object} are known by {known}, not by {self._identifier!r}"]

    # -- records -----------------------------------------------------------------------------

    def _found(self, key: str) -> dict[str, Any] | None:
        """The record of a key, or None where there is none."""
        folder = CONTACTS if self._object == TAGGED else self._object
        if self._identifier is None:
            return self._asked(f"/{folder}/{quote(key, safe='')}")
        if self._object == COMPANIES:
            return self._asked("/companies", {"company_id": key})
        return self._asked(f"/contacts/find_by_external_id/{quote(key, safe='')}")

    def _asked(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        try:
            answer = self._client.get_as(path, _record, params)
        except Refused as refusal:
            if refusal.status == httpx.codes.NOT_FOUND:
                return None
            raise
        return answer

    def _own_id(self, key: str) -> str | None:
        found = self._found(key)
        return None if found is None else str(found["id"])

    def _put(self, path: str, body: Mapping[str, Any]) -> Envelope:
        return self._client.send("PUT", path, Envelope, json=body)

    def _told(self, row: Row, answer: Envelope) -> list[RowOutcome]:
        """A success that does not name the record that was meant leaves it in doubt."""
        own = answer.value("id", None)
        name = "id" if self._identifier is None else _KEYS[self._object]
        if own is None or str(answer.value(name, None)) != row.key:
            return []
        return [RowOutcome(row.trace, "acknowledged", tool_id=str(own))]

    # -- tags --------------------------------------------------------------------------------

    def _tag_id(self) -> str | None:
        if self._tag is None:
            tags = self._client.get("/tags").value("data", [])
            named = [one for one in tags if self._within in {str(one["id"]), one["name"]}]
            self._tag = str(named[0]["id"]) if len(named) == 1 else None
        return self._tag

    def _bears(self, contact: str) -> bool:
        tags = self._client.get(f"/contacts/{contact}/tags").value("data", [])
        return self._tag_id() in {str(one["id"]) for one in tags}

    def _tagged(self, row: Row, *, is_added: bool) -> list[RowOutcome]:
        tag = self._tag_id()
        if tag is None:
            raise Misconfigured(f"Intercom has no tag {self._within!r}")
        found = self._found(row.key)
        if found is None:
            # Who is not there bears no tag.
            reason = None if not is_added else f"no contact of the key {row.key!r}"
            return [RowOutcome(row.trace, "rejected" if is_added else "acknowledged", None, reason)]
        path = f"/contacts/{found['id']}/tags"
        if is_added:
            self._client.post(path, {"id": tag})
        elif self._bears(found["id"]):
            self._client.send("DELETE", f"{path}/{tag}", Envelope)
        # What a success holds is the tag, and nothing of the contact: look.
        is_so = self._bears(found["id"]) is is_added
        return [RowOutcome(row.trace, "acknowledged", str(found["id"]))] if is_so else []

    # -- events ------------------------------------------------------------------------------

    def _event_faults(self, fields: Sequence[str]) -> list[str]:
        faults = [] if self._within else ["an event needs a name: say it in `within`"]
        allowed = {*_WHOSE, "created_at"}
        faults += [
            f"an event has no {name!r}: {', '.join(sorted(allowed))}, {_METADATA}.<name>"
            for name in fields
            if name not in allowed and not name.startswith(f"{_METADATA}.")
        ]
        if "created_at" not in fields:
            faults.append("an event needs created_at: by it Intercom knows one it has already")
        if not set(_WHOSE) & set(fields):
            faults.append(f"an event needs one of {', '.join(_WHOSE)}: whose it is")
        return faults

    def _happened(self, row: Row) -> list[RowOutcome]:
        body = _nested(row.fields)
        body[_METADATA] = {**body.get(_METADATA, {}), _OUR_KEY: row.key}
        taken = self._client.send(
            "POST", "/events", _is_accepted, json={**body, "event_name": self._within}
        )
        # The answer names nothing: the event is known by the key of ours that it bears.
        return [RowOutcome(row.trace, "acknowledged", row.key)] if taken else []


DESTINATION = IntercomRecords


def _limit(attribute: Mapping[str, Any]) -> FieldLimit:
    kind = str(attribute.get("data_type"))
    if kind in _LIMITS:
        return _LIMITS[kind]
    # The description has texts, the tool has told objects that hold one.
    options = [
        str(one.get("value") if isinstance(one, dict) else one)
        for one in attribute.get("options") or []
    ]
    return FieldLimit(max_length=_LONGEST, choices=frozenset(options) or None)


def _is_accepted(response: httpx.Response) -> bool:
    """An event is accepted without a word; any other success is none that we know."""
    return response.status_code == httpx.codes.ACCEPTED


def _record(response: httpx.Response) -> dict[str, Any]:
    """One record, alone or as the only one of a list."""
    answer = Envelope(response)
    listed = answer.value("data", None)
    found = listed[0] if isinstance(listed, list) and len(listed) == 1 else response.json()
    if not isinstance(found, dict) or "id" not in found:
        raise BadPage("the answer holds no record")
    return found


def _nested(fields: Fields) -> dict[str, Any]:
    return nested({name: _sent(value) for name, value in fields.items()})


def _sent(value: Any) -> Any:
    """An instant is a number of seconds since 1970."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return int(datetime.fromisoformat(value).timestamp())
    return value


def _held(record: Mapping[str, Any], field: str) -> Any:
    return member(record, "plan.name" if field == "plan" else field)
