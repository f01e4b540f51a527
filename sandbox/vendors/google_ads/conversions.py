"""Uploads of offline conversions: each row by itself, an order id once for each action."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.instants import zendesk_instant
from sandbox.store import Record, Table

MOST = 2_000
_FAILURE = "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure"
_CLICKS = ("gclid", "gbraid", "wbraid")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d")
_HASHED = re.compile(r"[0-9a-f]{64}")


def action(owner: Record, number: int, name: str, kind: str = "UPLOAD_CLICKS") -> Record:
    """A conversion action of a customer."""
    account = owner["customer"]
    own = {
        "resourceName": f"{account['resourceName']}/conversionActions/{number}",
        "id": str(number),
        "name": name,
        "type": kind,
        "status": "ENABLED",
    }
    named = {"resourceName": account["resourceName"], "id": account["id"]}
    key = f"{account['id']}/{number}"
    stamp = owner["restatedAt"]
    return {"id": key, "customer": named, "conversionAction": own, "restatedAt": stamp}


class Uploader:
    """Works out one upload; commits nothing itself.

    Attributes:
        made: the conversions to keep.
    """

    def __init__(self, actions: Table, held: Table, customer: str, at: datetime) -> None:
        self._actions = {
            one["conversionAction"]["resourceName"]: one["conversionAction"]
            for one in actions
            if one["customer"]["id"] == customer
        }
        self._held, self._customer, self._at = held, customer, at
        self._clicks = {_click(one["conversion"]) for one in held if _has_click(one["conversion"])}
        self.made: list[Record] = []

    def upload(self, rows: list[Record]) -> Record:
        """The answer to a request whose rows may fail one by one."""
        results: list[Record] = []
        errors: list[Record] = []
        for place, row in enumerate(rows):
            code = self._fault(row)
            if code is None:
                self._keep(row)
                names = ("conversionAction", "conversionDateTime", *_CLICKS, "userIdentifiers")
                results.append({name: row[name] for name in names if name in row})
            else:
                results.append({})
                errors.append(failure(place, code))
        return answer(results, errors)

    def _fault(self, row: Record) -> str | None:
        checks: tuple[tuple[str, Callable[[], bool]], ...] = (
            ("INVALID_CONVERSION_ACTION", lambda: self._action(row) is None),
            ("INVALID_CONVERSION_ACTION_TYPE", lambda: not self._takes_uploads(row)),
            ("UNPARSEABLE_DATE", lambda: not _MOMENT.fullmatch(row.get("conversionDateTime", ""))),
            (
                "MISSING_REQUIRED_FIELD",
                lambda: not (_has_click(row) or row.get("userIdentifiers")),
            ),
            ("INVALID_USER_IDENTIFIER", lambda: not _are_hashed(row.get("userIdentifiers", []))),
            ("DUPLICATE_ORDER_ID", lambda: self._key(row) in {one["id"] for one in self.made}),
            ("ORDER_ID_ALREADY_IN_USE", lambda: self._held.get(self._key(row)) is not None),
            (
                "CLICK_CONVERSION_ALREADY_EXISTS",
                lambda: _has_click(row) and _click(row) in self._clicks,
            ),
        )
        return next((code for code, is_so in checks if is_so()), None)

    def _action(self, row: Record) -> Record | None:
        return self._actions.get(row.get("conversionAction", ""))

    def _takes_uploads(self, row: Record) -> bool:
        return bool(self._actions[row["conversionAction"]]["type"] == "UPLOAD_CLICKS")

    def _key(self, row: Record) -> str:
        # Without an order id only the click tells two conversions apart.
        number = self._actions[row["conversionAction"]]["id"]
        return f"{self._customer}/{number}/{row.get('orderId') or _click(row)}"

    def _keep(self, row: Record) -> None:
        stamp = zendesk_instant(self._at)
        self.made.append({"id": self._key(row), "conversion": row, "restatedAt": stamp})
        if _has_click(row):
            self._clicks.add(_click(row))


def failure(place: int, code: str) -> Record:
    return {
        "errorCode": {"conversionUploadError": code},
        "message": f"{code.replace('_', ' ').capitalize()}.",
        "location": {"fieldPathElements": [{"fieldName": "conversions", "index": place}]},
    }


def answer(results: list[Record], errors: list[Record]) -> Record:
    """Results by their place, and the errors as the details of one status."""
    told: dict[str, Any] = {"results": results, "jobId": "1"}
    if errors:
        details = [{"@type": _FAILURE, "errors": errors, "requestId": "sandbox"}]
        message = f"Multiple errors in details. First error: {errors[0]['message']}"
        told["partialFailureError"] = {"code": 3, "message": message, "details": details}
    return told


def _has_click(row: Record) -> bool:
    return any(row.get(name) for name in _CLICKS)


def _click(row: Record) -> str:
    names = (*_CLICKS, "conversionDateTime", "conversionAction")
    return "|".join(str(row.get(name, "")) for name in names)


def _are_hashed(people: list[Record]) -> bool:
    return len(people) <= 5 and all(
        _HASHED.fullmatch(str(value)) for one in people for value in one.values()
    )
