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


def long_id(record_id: str) -> str:
    """The 18-character form: each check character tells which of five letters are capitals."""
    if len(record_id) != 15:
        return record_id
    chunks = (record_id[start : start + 5] for start in (0, 5, 10))
    return record_id + "".join(
        _CHECK[sum(1 << place for place, letter in enumerate(chunk) if letter.isupper())]
        for chunk in chunks
    )


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
