"""Records in Salesforce's wire shape."""

from datetime import datetime
from typing import Any

from sandbox.instants import salesforce_instant

API_VERSION = "v62.0"
KEY_PREFIX = {"Account": "001", "Contact": "003", "Opportunity": "006", "User": "005"}

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def check_suffix(short_id: str) -> str:
    """The three characters that make a 15-character id safe to compare without case."""
    chunks = (short_id[start : start + 5] for start in (0, 5, 10))
    return "".join(
        _CHECK[sum(1 << place for place, letter in enumerate(chunk) if letter.isupper())]
        for chunk in chunks
    )


def salesforce_id(kind: str, number: int) -> str:
    """The 18-character id of record `number` of an object such as `Account`."""
    tail = ""
    while number:
        number, digit = divmod(number, 62)
        tail = _DIGITS[digit] + tail
    short_id = f"{KEY_PREFIX[kind]}5g{tail:0>10}"
    return short_id + check_suffix(short_id)


def sobject(
    kind: str, record_id: str, fields: dict[str, Any], created: datetime, updated: datetime
) -> dict[str, Any]:
    return {
        "attributes": {
            "type": kind,
            "url": f"/services/data/{API_VERSION}/sobjects/{kind}/{record_id}",
        },
        "Id": record_id,
        **fields,
        "CreatedDate": salesforce_instant(created),
        "LastModifiedDate": salesforce_instant(updated),
        "SystemModstamp": salesforce_instant(updated),
    }
