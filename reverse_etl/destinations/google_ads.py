"""Uploads won revenue to Google Ads as offline conversions, and writes its customer lists."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import httpx

from connectors.core.pages import BadPage
from connectors.core.source import Tool
from connectors.google_ads.settings import GoogleAdsSettings, settings
from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome, Submitted
from reverse_etl.destinations.google_ads_audience import Audience
from reverse_etl.destinations.google_ads_people import hashed
from warehouse.deliveries import ErrorClass, Operation
from warehouse.errors import Misconfigured

# What a mapping may fill -> the name on the wire (ClickConversion, API v25).
_PLAIN = {
    **{name: name for name in ("gclid", "gbraid", "wbraid")},
    "conversion_value": "conversionValue",
    "currency_code": "currencyCode",
}
_PEOPLE = {"email": "hashedEmail", "phone": "hashedPhoneNumber"}
_CONSENTS = {"ad_user_data": "adUserData", "ad_personalization": "adPersonalization"}
_WHEN = "conversion_date_time"
_FIELDS = (*_PLAIN, *_PEOPLE, *_CONSENTS, _WHEN)
# ConversionUploadError: our order id, or this click at this instant, is there already.
_SAME_CLICK = "CLICK_CONVERSION_ALREADY_EXISTS"
_THERE = {"ORDER_ID_ALREADY_IN_USE", _SAME_CLICK}
# What is not against the row: a click is known to Google only some hours after it.
_PASSING = {"TOO_RECENT_EVENT", "TOO_RECENT_CLICK", "TOO_RECENT_CONVERSION_ACTION"} | {
    *("INTERNAL_ERROR", "TRANSIENT_ERROR", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"),
    # Nor is what the account has not agreed to, or not switched on.
    *("CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", "CONVERSION_TRACKING_NOT_ENABLED"),
    "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
}
_TERMS = "SELECT customer.conversion_tracking_setting.accepted_customer_data_terms FROM customer"
_CLICKS = ("gclid", "gbraid", "wbraid")
_ACTIONS = (
    "SELECT conversion_action.resource_name, conversion_action.id, conversion_action.name,"
    " conversion_action.type, conversion_action.status FROM conversion_action"
)


CONVERSIONS, MEMBERS = "conversions", "audience_members"


class GoogleAdsUploads(Destination):
    """Object `conversions`, of the conversion action that `within` names by id or name.

    Or `audience_members`, of the customer list that it names (`google_ads_audience`).

    The key of a conversion is its order id, which Google takes once for each conversion action. No
    upload can be read back: what is in doubt is sent again, and "there already" is a success.
    E-mail addresses and telephone numbers are hashed here and never sent in clear.
    """

    batch_size = 2_000
    operations = frozenset({"append"})
    is_readable = False

    def __init__(
        self, tool: Tool, object_name: str, identifier: str | None, within: str | None = None
    ) -> None:
        super().__init__(tool, object_name, identifier, within)
        self._audience: Audience | None = None
        if object_name == MEMBERS:
            self.batch_size = Audience.batch_size
            self._audience = Audience(
                self._client,
                lambda: self.own,
                lambda customer, query: self._search(customer, query, "userList"),
                identifier,
                within,
            )

    @cached_property
    def own(self) -> GoogleAdsSettings:
        """Which customers, and which version of the API."""
        return settings()

    @classmethod
    def operations_of(cls, object_name: str) -> frozenset[Operation]:
        if object_name == MEMBERS:
            return Audience.operations
        return cls.operations if object_name == CONVERSIONS else frozenset()

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that no conversion has, what one lacks, and an action that takes no uploads."""
        if self._audience is not None:
            return self._audience.faults(fields)
        faults = [
            f"a Google Ads conversion has no {name!r}: only {', '.join(_FIELDS)}"
            for name in fields
            if name not in _FIELDS
        ]
        if _WHEN not in fields:
            faults.append(f"a Google Ads conversion needs {_WHEN}")
        if "conversion_value" in fields and "currency_code" not in fields:
            faults.append("a conversion_value needs a currency_code: it would be the account's")
        if not {*_CLICKS, *_PEOPLE} & set(fields):
            faults.append("a Google Ads conversion needs a click id, an email or a phone")
        if self._within is None:
            return [*faults, "Google Ads' conversions need within: a conversion action"]
        found = self._actions
        if len(found) != 1:
            said = "no conversion action" if not found else f"{len(found)} conversion actions"
            return [*faults, f"Google Ads has {said} {self._within!r}: name one by its id"]
        (action,) = found
        if action.get("type") != "UPLOAD_CLICKS":
            faults.append(f"Google Ads' {self._within!r} is no action for imports from clicks")
        if action.get("status") != "ENABLED":
            faults.append(f"Google Ads' conversion action {self._within!r} is not enabled")
        owner = str(action["resourceName"]).split("/")[1]
        if _PEOPLE.keys() & set(fields) and not self._has_accepted_terms(owner):
            faults.append(
                f"Google Ads' customer {owner} has not accepted the customer data terms: without"
                " them it takes no email and no phone"
            )
        return faults

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome] | Submitted:
        if self._audience is not None:
            return self._audience.write(operation, rows)
        if len(self._actions) != 1:
            raise Misconfigured(f"Google Ads has not one conversion action {self._within!r}")
        name = str(self._actions[0]["resourceName"])
        wires: dict[str, dict[str, Any]] = {}
        refused = []
        for row in rows:
            try:
                wires[row.trace] = _wire(row, name)
            except ValueError as error:
                refused.append(RowOutcome(row.trace, "rejected", reason=str(error)))
        if not wires:
            return refused
        customer = name.split("/")[1]
        answer = self._client.post_as(
            f"/{self.own.api_version}/customers/{customer}:uploadClickConversions",
            # Without partial failures Google refuses every upload.
            {"conversions": list(wires.values()), "partialFailure": True},
            _object,
        )
        sent = [row for row in rows if row.trace in wires]
        return _outcomes(sent, list(wires.values()), answer) + refused

    def job(self, handle: str, rows: Sequence[Row]) -> list[RowOutcome] | None:
        if self._audience is None:
            return super().job(handle, rows)
        return self._audience.job(handle, rows)

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:  # noqa: ARG002
        """Nothing: Google tells of no single conversion, and not who is on a list."""
        return {}

    def holds(self, held: object, wish: object) -> bool:
        return held == wish

    @cached_property
    def _actions(self) -> list[dict[str, Any]]:
        """The conversion actions that `within` names, of all our customers."""
        named = {"id", "name"} if str(self._within).isdecimal() else {"name"}
        return [
            action
            for customer in self.own.customers
            for action in self._search(customer, _ACTIONS, "conversionAction")
            if self._within in {str(action.get(one)) for one in named}
        ]

    def _has_accepted_terms(self, customer: str) -> bool:
        """What is false is left out of Google's answers."""
        (found,) = self._search(customer, _TERMS, "customer")
        return bool((found.get("conversionTrackingSetting") or {}).get("acceptedCustomerDataTerms"))

    def _search(self, customer: str, query: str, resource: str) -> Iterator[dict[str, Any]]:
        path = f"/{self.own.api_version}/customers/{customer}/googleAds:search"
        token = ""
        while True:
            asked = {"query": query} | ({"pageToken": token} if token else {})
            answer = self._client.post(path, asked)
            yield from (one[resource] for one in answer.value("results", []))
            token = str(answer.value("nextPageToken", "") or "")
            if not token:
                return


DESTINATION = GoogleAdsUploads


def _wire(row: Row, action: str) -> dict[str, Any]:
    """A conversion as Google takes it.

    Raises:
        ValueError: a value cannot be sent, in words that do not repeat it.
    """
    given = {name: value for name, value in row.fields.items() if value not in {None, ""}}
    wire: dict[str, Any] = {"conversionAction": action, "orderId": row.key}
    wire |= {_PLAIN[name]: value for name, value in given.items() if name in _PLAIN}
    if "conversionValue" in wire:
        wire["conversionValue"] = _amount(wire["conversionValue"])
        if "currencyCode" not in wire:
            raise ValueError("conversion_value has no currency_code: it would be the account's")
    wire["conversionDateTime"] = _moment(given.get(_WHEN))
    people = [{_PEOPLE[one]: hashed(one, str(given[one]))} for one in _PEOPLE if one in given]
    if people:
        wire["userIdentifiers"] = people
    elif not {*_CLICKS} & given.keys():
        raise ValueError("there is neither a click id nor an email nor a phone")
    consent = {_CONSENTS[one]: _consent(given[one]) for one in _CONSENTS if one in given}
    if people and consent.get("adUserData") == "DENIED":
        raise ValueError("ad_user_data is denied: neither the email nor the phone may be sent")
    return wire | ({"consent": consent} if consent else {})


def _amount(value: object) -> float:
    try:
        amount = float(str(value))
    except ValueError:
        amount = math.nan
    if not math.isfinite(amount):
        raise ValueError("conversion_value is no number")
    return amount


def _moment(value: object) -> str:
    """The form that Google reads, with a zone, in whole seconds."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{_WHEN} is no instant") from None
    if moment.tzinfo is None:
        raise ValueError(f"{_WHEN} has no zone")
    return moment.isoformat(" ", "seconds")


def _consent(value: object) -> str:
    words = {"true": "GRANTED", "granted": "GRANTED", "false": "DENIED", "denied": "DENIED"}
    try:
        return words[str(value).lower()]
    except KeyError:
        raise ValueError("a consent is true or false, GRANTED or DENIED") from None


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content)
    except ValueError as error:
        raise BadPage(f"Google's answer to an upload is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadPage("Google's answer to an upload is no object")
    return found


def _outcomes(
    rows: Sequence[Row], sent: Sequence[Mapping[str, Any]], answer: Mapping[str, Any]
) -> list[RowOutcome]:
    """An error names its row by the place of it; a result stands at that place and repeats it."""
    errors = _errors(answer)
    results = answer.get("results") or []
    clicks = Counter(map(_click, sent))
    outcomes = []
    for place, (row, wire) in enumerate(zip(rows, sent, strict=True)):
        if place in errors:
            outcomes.append(_refusal(row, errors[place], has_twin=clicks[_click(wire)] > 1))
        elif len(results) == len(rows) and _repeats(results[place], wire):
            outcomes.append(RowOutcome(row.trace, "acknowledged", tool_id=row.key))
    return outcomes


def _errors(answer: Mapping[str, Any]) -> dict[int, list[dict[str, Any]]]:
    """The errors by the place of their row; those that name none are left out."""
    found: dict[int, list[dict[str, Any]]] = {}
    details = (answer.get("partialFailureError") or {}).get("details") or []
    for error in (one for detail in details for one in detail.get("errors") or []):
        path = (error.get("location") or {}).get("fieldPathElements") or [{}]
        if path[0].get("fieldName") == "conversions" and "index" in path[0]:
            found.setdefault(int(path[0]["index"]), []).append(error)
    return found


def _refusal(row: Row, errors: Sequence[Mapping[str, Any]], *, has_twin: bool) -> RowOutcome:
    """What is said against a row; of two that are one click at one instant, the other may be there.

    Google takes them for one conversion: that of the second order is not there, and is not counted.
    """
    codes = {str(code) for one in errors for code in (one.get("errorCode") or {}).values()}
    if codes and codes <= _THERE and not (has_twin and codes == {_SAME_CLICK}):
        return RowOutcome(row.trace, "acknowledged", tool_id=row.key, reason="it was there already")
    said = "; ".join(
        f"{', '.join(map(str, (one.get('errorCode') or {}).values()))}: {one.get('message')}"
        for one in errors
    )
    error: ErrorClass = "transient" if codes and codes <= _PASSING else "permanent"
    return RowOutcome(row.trace, "rejected", reason=said, error=error)


def _click(wire: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(wire.get(name) for name in (*_CLICKS, "conversionDateTime"))


def _repeats(result: object, wire: Mapping[str, Any]) -> bool:
    """Whether a result is of this conversion. An empty one stands where something went wrong."""
    names = ("conversionAction", "conversionDateTime", "gclid", "gbraid", "wbraid")
    return (
        isinstance(result, dict)
        and bool(result)
        and all(result.get(name) == wire[name] for name in names if name in wire)
    )
