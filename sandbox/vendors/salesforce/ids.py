"""Salesforce record ids: 15 characters that mind case, 18 that need not."""

KEY_PREFIX = {
    "Account": "001",
    "Contact": "003",
    "Opportunity": "006",
    "User": "005",
    "Lead": "00Q",
    "OpportunityHistory": "008",
    "OpportunityFieldHistory": "017",
    "OpportunityContactRole": "00K",
    "Campaign": "701",
    "CampaignMember": "00v",
    "Task": "00T",
    "Event": "00U",
    "CurrencyType": "01L",
    "DatedConversionRate": "04w",
}

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
# A capital as "1" and anything else as "0", and the check character of five of these.
_CAPITALS = {code: "01"[chr(code).isupper()] for code in range(128)}
_CHECKS = {f"{place:05b}"[::-1]: letter for place, letter in enumerate(_CHECK)}


def long_id(record_id: str) -> str:
    """The 18-character form: each check character tells which of five letters are capitals."""
    if len(record_id) != 15:
        return record_id
    marks = record_id.translate(_CAPITALS)
    return f"{record_id}{_CHECKS[marks[:5]]}{_CHECKS[marks[5:10]]}{_CHECKS[marks[10:]]}"


def salesforce_id(kind: str, number: int) -> str:
    """The 18-character id of record `number` of an object such as `Account`."""
    return spelled_id(KEY_PREFIX[kind], number)


def spelled_id(prefix: str, number: int) -> str:
    """The 18-character id of number `number` under a key prefix; jobs have prefixes too."""
    tail = ""
    while number:
        number, digit = divmod(number, 62)
        tail = _DIGITS[digit] + tail
    return long_id(f"{prefix}5g{tail:0>10}")
