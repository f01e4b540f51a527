"""Google's Data Manager: who is on a customer list, worked off some time after it was taken."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.instants import zendesk_instant
from sandbox.store import Record, Table

MOST = 10_000
_HASHED = re.compile(r"[0-9a-f]{64}")
_PARTS = {"emailAddress", "phoneNumber", "address"}
_GRANTED = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
_KNOWN = {
    "ingest": {
        *("destinations", "audienceMembers", "consent", "validateOnly", "encoding"),
        *("encryptionInfo", "termsOfService"),
    },
    "remove": {"destinations", "audienceMembers", "validateOnly", "encoding", "encryptionInfo"},
}
_STATUS = {
    "ingest": ("audienceMembersIngestionStatus", "userDataIngestionStatus"),
    "remove": ("audienceMembersRemovalStatus", "userDataRemovalStatus"),
}


def user_list(owner: Record, number: int, name: str, **more: Any) -> Record:
    """A customer list of an account; `more` are further fields of it."""
    account = owner["customer"]
    own = {
        "resourceName": f"{account['resourceName']}/userLists/{number}",
        "id": str(number),
        "name": name,
        "type": "CRM_BASED",
        "membershipStatus": "OPEN",
        "readOnly": False,
        "crmBasedUserList": {"uploadKeyType": "CONTACT_INFO"},
        **more,
    }
    named = {"resourceName": account["resourceName"], "id": account["id"]}
    key = f"{account['id']}/{number}"
    return {"id": key, "customer": named, "userList": own, "restatedAt": owner["restatedAt"]}


class Invalid(Exception):
    """A request that is refused as a whole: which field, and what is wrong with it."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, reason


@dataclass
class Taken:
    """A request that was taken; `failing` are its records that will fail: place -> reason."""

    action: str
    destination: Record
    members: list[Record]
    failing: dict[int, str]
    names_places: bool
    is_done: bool = False
    was_asked_for: bool = False


@dataclass
class Audiences:
    """Takes requests and works them off in their order, when it is next asked for anything.

    Attributes:
        commit: keeps what has changed.
        failing: the records of the next request that will fail, by their place; `names_places`
            whether its status says which they were.
    """

    lists: Table
    held: Table
    now: Callable[[], datetime]
    commit: Callable[[list[tuple[str, Record]]], None]
    failing: dict[int, str] = field(default_factory=dict)
    names_places: bool = True
    _requests: dict[str, Taken] = field(default_factory=dict)

    def take(self, action: str, body: Record) -> Record:
        """Accept a request.

        Raises:
            Invalid: something in it is wrong, and so nothing of it is taken.
        """
        self._check(action, body)
        members = body["audienceMembers"]
        self.work()
        name = f"request-{len(self._requests) + 1}"
        consents = {n: _reason(one, body) for n, one in enumerate(members) if action == "ingest"}
        failing = {n: said for n, said in consents.items() if said} | self.failing
        if not body.get("validateOnly"):
            taken = Taken(action, body["destinations"][0], members, failing, self.names_places)
            self._requests[name] = taken
        self.failing, self.names_places = {}, True
        return {"requestId": name}

    def status(self, name: str) -> Record | None:
        """What became of a request: at the first look it is still under way."""
        taken = self._requests.get(name)
        if taken is None:
            return None
        told: Record = {"destination": taken.destination, "requestStatus": "PROCESSING"}
        if taken.was_asked_for:
            self.work()
            told |= self._outcome(taken)
        taken.was_asked_for = True
        return {"requestStatusPerDestination": [told]}

    def work(self) -> None:
        """Do what has been asked for and is not done yet."""
        for taken in self._requests.values():
            if not taken.is_done:
                taken.is_done = True
                self.commit([("audience_members", one) for one in self._changed(taken)])

    def _changed(self, taken: Taken) -> Iterable[Record]:
        number = taken.destination["productDestinationId"]
        for place, member in enumerate(taken.members):
            if place in taken.failing:
                continue
            for identifier in _identifiers(member):
                name, value = next(iter(identifier.items()))
                yield {
                    "id": f"{number}/{name}/{value}",
                    "userListId": number,
                    "identifier": {name: value},
                    "isDeleted": taken.action == "remove",
                    "restatedAt": zendesk_instant(self.now()),
                }

    def _outcome(self, taken: Taken) -> Record:
        outer, inner = _STATUS[taken.action]
        identifiers = sum(len(_identifiers(one)) for one in taken.members)
        counts = {"recordCount": f"{len(taken.members)}", "userIdentifierCount": f"{identifiers}"}
        told: Record = {"requestStatus": "SUCCESS", outer: {inner: counts}}
        if taken.failing:
            is_whole = len(taken.failing) == len(taken.members)
            told["requestStatus"] = "FAILED" if is_whole else "PARTIAL_SUCCESS"
            told["errorInfo"] = {"errorCounts": list(_counted(taken))}
        return told

    def _check(self, action: str, body: Record) -> None:
        for name in sorted(body.keys() - _KNOWN[action]):
            raise Invalid(name, f'Unknown name "{name}"')
        destinations, members = body.get("destinations") or [], body.get("audienceMembers") or []
        if len(destinations) != 1:
            raise Invalid("destinations", "this emulation takes one destination")
        self._check_destination(destinations[0])
        if not 1 <= len(members) <= MOST:
            raise Invalid("audience_members", f"one to {MOST} audience members")
        if body.get("encoding") != "HEX":
            raise Invalid("encoding", "ENCODING_REQUIRED")
        terms = body.get("termsOfService") or {}
        if action == "ingest" and terms.get("customerMatchTermsOfServiceStatus") != "ACCEPTED":
            raise Invalid("terms_of_service", "TERMS_AND_CONDITIONS_NOT_SIGNED")
        for place, member in enumerate(members):
            identifiers = _identifiers(member)
            if not 1 <= len(identifiers) <= 10 or not all(map(_is_identifier, identifiers)):
                raise Invalid(f"audience_members[{place}].user_data", "INVALID_USER_IDENTIFIER")

    def _check_destination(self, destination: Record) -> None:
        account = destination.get("operatingAccount") or {}
        number = destination.get("productDestinationId")
        found = self.lists.get(f"{account.get('accountId')}/{number}")
        if account.get("accountType") != "GOOGLE_ADS" or found is None:
            raise Invalid("destinations[0].product_destination_id", "INVALID_DESTINATION")
        own = found["userList"]
        if own["type"] != "CRM_BASED" or own["membershipStatus"] != "OPEN" or own["readOnly"]:
            raise Invalid("destinations[0].product_destination_id", "DESTINATION_NOT_WRITABLE")


def _identifiers(member: Record) -> list[Record]:
    return list((member.get("userData") or {}).get("userIdentifiers") or [])


def _is_identifier(one: Record) -> bool:
    if len(one) != 1 or not one.keys() <= _PARTS:
        return False
    value = next(iter(one.values()))
    return isinstance(value, dict) or bool(_HASHED.fullmatch(value))


def _reason(member: Record, body: Record) -> str | None:
    """Why a member is not taken: nobody knows of a yes."""
    consent = member.get("consent") or body.get("consent") or {}
    if "CONSENT_DENIED" in consent.values():
        return "PROCESSING_ERROR_REASON_DENIED_CONSENT"
    return None if consent == _GRANTED else "PROCESSING_ERROR_REASON_UNKNOWN_CONSENT"


def _counted(taken: Taken) -> Iterable[Record]:
    for reason, count in Counter(taken.failing.values()).items():
        places = [str(n) for n, said in sorted(taken.failing.items()) if said == reason]
        named = {"recordIndices": places} if taken.names_places else {}
        yield {"reason": reason, "recordCount": str(count), **named}
