"""Who is on a customer list of Google Ads, ten thousand people at a time; a part of `google_ads`.

Customer lists are written through Google's Data Manager, as the Google Ads API takes them from no
new developer since 2026-04-01 (Google Ads developer blog, 2026-03-04).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import httpx

from connectors.core.http import ToolClient
from connectors.core.pages import BadPage
from connectors.google_ads.settings import GoogleAdsSettings
from reverse_etl.destinations.base import Row, RowOutcome, Submitted
from reverse_etl.destinations.google_ads_people import hashed
from warehouse.deliveries import ErrorClass, Operation
from warehouse.errors import Misconfigured, Refused

LISTS = (
    "SELECT user_list.resource_name, user_list.id, user_list.name, user_list.type,"
    " user_list.membership_status, user_list.read_only,"
    " user_list.crm_based_user_list.upload_key_type FROM user_list"
)
_KINDS = {"email": "emailAddress", "phone": "phoneNumber"}
_CONSENTS = {"ad_user_data": "adUserData", "ad_personalization": "adPersonalization"}
_YES = {"true", "granted"}
_ACTIONS = {"add": "ingest", "remove": "remove"}
_COUNTS = {
    "add": ("audienceMembersIngestionStatus", "userDataIngestionStatus"),
    "remove": ("audienceMembersRemovalStatus", "userDataRemovalStatus"),
}
# What is against the account, the list or the hour, and not against the row.
_AGAINST_ROWS = ("INVALID_FORMAT", "_CONSENT", "USER_IDENTIFIER")
_BAD_REQUEST = 400

# A query -> what the resource `userList` holds, of every customer of ours.
Search = Callable[[str, str], Iterable[dict[str, Any]]]


class Audience:
    """The people on the list that `within` names, by id, resource name or name.

    The key of a row is an address or a telephone number, as `identify_by.field` says (`email`
    unless it does). It is the only thing that Google hears of a person: whoever leaves is removed
    by the same hash by which he was added. Nobody is added whose consent is not a yes.

    Google works a request off after it has answered. Its status names the failed records by their
    place, or only counts them: then all of them stay in doubt.
    """

    operations: frozenset[Operation] = frozenset({"add", "remove"})
    batch_size = 10_000

    def __init__(
        self,
        client: ToolClient,
        own: Callable[[], GoogleAdsSettings],
        search: Search,
        identifier: str | None,
        within: str | None,
    ) -> None:
        self._client, self._own, self._search = client, own, search
        self._kind = identifier or "email"
        self._within = within

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields other than the two consents; a list that is lost, closed or of another kind."""
        faults = [
            f"a member of a Google Ads audience has no {name!r}: it is known by its key alone, as"
            " it could not be removed by anything else"
            for name in fields
            if name not in _CONSENTS
        ]
        faults += [
            f"a Google Ads audience needs the field {name}"
            for name in _CONSENTS
            if name not in fields
        ]
        if self._kind not in _KINDS:
            faults.append(f"Google Ads knows nobody by {self._kind!r}: by email or phone only")
        if self._own().customer_match_terms is None:
            faults.append(
                "nobody has accepted Google's Customer Match terms: do so in Google Ads, then set"
                " REVOPS_GOOGLE_ADS__CUSTOMER_MATCH_TERMS to accepted"
            )
        if self._within is None:
            return [*faults, "Google Ads' audience_members need within: a customer list"]
        if len(self._lists) != 1:
            said = "no list" if not self._lists else f"{len(self._lists)} lists"
            return [*faults, f"Google Ads has {said} {self._within!r}: name one by its id"]
        return faults + self._faults_of(self._lists[0])

    def _faults_of(self, found: Mapping[str, Any]) -> list[str]:
        faults = []
        if found.get("type") != "CRM_BASED":
            faults.append(f"Google Ads' list {self._within!r} is no customer list")
        elif (found.get("crmBasedUserList") or {}).get("uploadKeyType") != "CONTACT_INFO":
            faults.append(f"Google Ads' list {self._within!r} is not of contact information")
        if found.get("membershipStatus") != "OPEN":
            faults.append(f"Google Ads' list {self._within!r} is closed")
        if found.get("readOnly"):
            faults.append(f"Google Ads' list {self._within!r} is not ours to write")
        return faults

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome] | Submitted:
        """Hand the batch to Google.

        Raises:
            Misconfigured: what Google refuses is not against the rows.
        """
        members, told = self._members(operation, rows)
        if not members:
            return told
        body: dict[str, Any] = {
            "destinations": [self._destination],
            "audienceMembers": [one for _, _, one in members],
            "encoding": "HEX",
        }
        if operation == "add":
            body["termsOfService"] = {"customerMatchTermsOfServiceStatus": self._terms}
        path = f"{self._own().data_manager_url}/v1/audienceMembers:{_ACTIONS[operation]}"
        try:
            answer = self._client.post_as(path, body, _object)
        except Refused as refusal:
            if refusal.status == _BAD_REQUEST and not _blames_rows(refusal.body):
                raise Misconfigured(
                    f"Google's Data Manager refuses to write {self._within!r}: {refusal.body}"
                ) from refusal
            raise
        request = answer.get("requestId")
        # Without its name nobody can ask what became of it.
        return Submitted(f"{operation}/{request}") if request else told

    def job(self, handle: str, rows: Sequence[Row]) -> list[RowOutcome] | None:
        """What became of a request; rows whom Google does not tell of apart are left out."""
        what, _, request = handle.partition("/")
        operation: Operation = "add" if what == "add" else "remove"
        answer = self._client.get_as(
            f"{self._own().data_manager_url}/v1/requestStatus:retrieve",
            _object,
            {"requestId": request},
        )
        members, told = self._members(operation, rows)
        statuses = answer.get("requestStatusPerDestination") or []
        if len(statuses) != 1:
            return told
        (status,) = statuses
        if status.get("requestStatus") == "PROCESSING":
            return None
        return told + _outcomes([(row, name) for row, name, _ in members], status, operation)

    def _members(
        self, operation: Operation, rows: Sequence[Row]
    ) -> tuple[list[tuple[Row, str, dict[str, Any]]], list[RowOutcome]]:
        """Rows with hash and wire form, in the order sent; what is said of those not sent."""
        members, told = [], []
        seen: set[str] = set()
        for row in rows:
            try:
                name = hashed(self._kind, row.key, drops_plus=True)
                consent = _consents(row) if operation == "add" else {}
            except ValueError as error:
                told.append(_unsent(operation, row, str(error)))
                continue
            if name in seen and operation == "add":
                told.append(_unsent(operation, row, "another row is the same person to Google"))
                continue
            seen.add(name)
            one = {"userData": {"userIdentifiers": [{_KINDS[self._kind]: name}]}}
            members.append((row, name, one | ({"consent": consent} if consent else {})))
        return members, told

    @cached_property
    def _lists(self) -> list[dict[str, Any]]:
        within = str(self._within)
        named = {"id", "name"} if within.isdecimal() else {"name", "resourceName"}
        return [
            one
            for customer in self._own().customers
            for one in self._search(customer, LISTS)
            if within in {str(one.get(name)) for name in named}
        ]

    @property
    def _destination(self) -> dict[str, Any]:
        if len(self._lists) != 1:
            raise Misconfigured(f"Google Ads has not one customer list {self._within!r}")
        (found,) = self._lists
        owner = str(found["resourceName"]).split("/")[1]
        told: dict[str, Any] = {"operatingAccount": _account(owner)}
        if self._own().manager:
            told["loginAccount"] = _account(self._own().manager)
        return told | {"productDestinationId": str(found["id"])}

    @property
    def _terms(self) -> str:
        if self._own().customer_match_terms is None:
            raise Misconfigured("nobody has accepted Google's Customer Match terms")
        return "ACCEPTED"


def _account(number: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": number}


def _consents(row: Row) -> dict[str, str]:
    """Both consents as Google names them.

    Raises:
        ValueError: one of them is no yes.
    """
    lacking = [one for one in _CONSENTS if str(row.fields.get(one)).lower() not in _YES]
    if lacking:
        raise ValueError(f"nobody knows of a yes: {' and '.join(lacking)} must be GRANTED")
    return dict.fromkeys(_CONSENTS.values(), "CONSENT_GRANTED")


def _unsent(operation: Operation, row: Row, reason: str) -> RowOutcome:
    # Who could not be added stands on no list.
    if operation == "remove":
        return RowOutcome(row.trace, "acknowledged")
    return RowOutcome(row.trace, "rejected", reason=reason)


def _outcomes(
    sent: Sequence[tuple[Row, str]], status: Mapping[str, Any], operation: Operation
) -> list[RowOutcome]:
    """A request that has ended: all taken, none taken, or the failed ones by their place.

    Google counts all members that were sent, taken or not: another count is of another request.
    """
    outer, inner = _COUNTS[operation]
    counts = (status.get(outer) or {}).get(inner) or {}
    if str(counts.get("recordCount", len(sent))) != str(len(sent)):
        return []
    errors = (status.get("errorInfo") or {}).get("errorCounts") or []
    ended = status.get("requestStatus")
    if ended == "FAILED":
        reasons = {str(one.get("reason")) for one in errors} or {"no reason given"}
        return [_refusal(row, reasons) for row, _ in sent]
    failed = _failed(errors, len(sent))
    if (ended, bool(errors)) != ("SUCCESS", False) and (ended != "PARTIAL_SUCCESS" or not failed):
        return []
    return [
        _refusal(row, failed[place])
        if place in failed
        else RowOutcome(row.trace, "acknowledged", tool_id=name)
        for place, (row, name) in enumerate(sent)
    ]


def _failed(errors: Sequence[Mapping[str, Any]], sent: int) -> dict[int, set[str]]:
    """Reasons by the place of the record; nothing where not each of the failed is named."""
    found: dict[int, set[str]] = {}
    for error in errors:
        places = [int(one) for one in error.get("recordIndices") or []]
        if str(len(set(places))) != str(error.get("recordCount")):
            return {}
        if not all(0 <= place < sent for place in places):
            return {}
        for place in places:
            found.setdefault(place, set()).add(str(error.get("reason")))
    return found


def _refusal(row: Row, reasons: set[str]) -> RowOutcome:
    is_its_own = all(any(mark in one for mark in _AGAINST_ROWS) for one in reasons)
    error: ErrorClass = "permanent" if is_its_own else "transient"
    return RowOutcome(row.trace, "rejected", reason=", ".join(sorted(reasons)), error=error)


def _blames_rows(body: str) -> bool:
    """Whether a refusal names a member; if not, to halve the batch would help nobody."""
    try:
        details = json.loads(body)["error"]["details"]
        fields = [str(one["field"]) for each in details for one in each.get("fieldViolations", [])]
    except (ValueError, KeyError, TypeError):
        return False
    return any(one.startswith(("audience_members", "audienceMembers")) for one in fields)


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content)
    except ValueError as error:
        raise BadPage(f"Data Manager's answer is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadPage("Data Manager's answer is no object")
    return found
