"""Writes of single records and of collections of up to 200."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.store import Record
from sandbox.vendor import Refused
from sandbox.vendors.salesforce.errors import refusal
from sandbox.vendors.salesforce.schema import READ_ONLY, SYSTEM_MADE

MOST = 200
_NEEDED = {"Account": {"Name"}, "Contact": {"LastName"}, "Lead": {"LastName", "Company"}}
# Writes the fields of one record of an object: its id, and whether it was made.
Write = Callable[[str, Mapping[str, Any]], tuple[str, bool]]


def fields_of(data: bytes) -> dict[str, Any]:
    """The body of a write; refuses what is no object."""
    try:
        body = json.loads(data)
    except ValueError as error:
        raise refusal(400, "JSON_PARSER_ERROR", "The body is no JSON.") from error
    if not isinstance(body, dict):
        raise refusal(400, "JSON_PARSER_ERROR", "The body is no object.")
    return {name: value for name, value in body.items() if name != "attributes"}


def check(
    kind: str, fields: Mapping[str, Any], types: Mapping[str, str], before: Record | None
) -> None:
    """Raise Refused unless the fields exist, may be written, and are all that a record needs."""
    for name in fields:
        if name not in types:
            message = f"No such column '{name}' on sobject of type {kind}"
            raise refusal(400, "INVALID_FIELD", message)
        if name in READ_ONLY or kind in SYSTEM_MADE:
            message = f"Unable to create/update fields: {name}."
            raise refusal(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=[name])
    missing = [name for name in _NEEDED.get(kind, ()) if name in fields and not fields[name]]
    if before is None:
        missing += [name for name in _NEEDED.get(kind, ()) if name not in fields]
    if missing:
        message = f"Required fields are missing: {sorted(missing)}"
        raise refusal(400, "REQUIRED_FIELD_MISSING", message, fields=sorted(missing))


def written(record_id: str, *, created: bool | None = None) -> dict[str, Any]:
    """An id as one row of an answer; upserts say, too, whether they made the record."""
    told = {} if created is None else {"created": created}
    return {"id": record_id, "success": True, "errors": [], **told}


def not_written(refused: Refused) -> dict[str, Any]:
    """A refusal as one row of a collection's answer."""
    (error,) = refused.body if isinstance(refused.body, list) else ({},)
    shown = {
        "statusCode": error.get("errorCode"),
        "message": error.get("message"),
        "fields": error.get("fields", []),
    }
    return {"success": False, "errors": [shown]}


def collection(data: bytes, write: Write, *, upserts: bool = False) -> list[dict[str, Any]]:
    """Write record by record; each has its own outcome unless the body says all or none.

    Raises:
        Refused: more than 200 records, or `allOrNone`, which is not emulated.
    """
    body = fields_of(data)
    records = body.get("records")
    if not isinstance(records, list) or len(records) > MOST:
        raise refusal(400, "INVALID_INPUT", f"records must be a list of at most {MOST}")
    if body.get("allOrNone"):
        raise refusal(400, "INVALID_INPUT", "allOrNone is not emulated")
    answers = []
    for record in records:
        kind = record.get("attributes", {}).get("type", "")
        fields = {name: value for name, value in record.items() if name != "attributes"}
        try:
            record_id, created = write(kind, fields)
            answers.append(written(record_id, created=created if upserts else None))
        except Refused as refused:
            answers.append(not_written(refused))
    return answers


def with_id(write: Write) -> Write:
    """Only what names its record is changed; nothing is made."""

    def change(kind: str, given: Mapping[str, Any]) -> tuple[str, bool]:
        if not given.get("Id"):
            raise refusal(400, "MISSING_ARGUMENT", "Id not specified in an update call")
        return write(kind, given)

    return change
