"""Hashes of people as Google wants them; a part of `google_ads`."""

from __future__ import annotations

import hashlib
import re

_IGNORES_DOTS = {"gmail.com", "googlemail.com"}


def hashed(kind: str, value: str, *, drops_plus: bool = False) -> str:
    """SHA-256, in hexadecimal, of an `email` or a `phone` as Google normalises them.

    Of Gmail's addresses the dots are dropped; for audiences, `drops_plus`, also what follows a
    plus (Data Manager, "Format user data").

    Raises:
        ValueError: it is none, in words that do not repeat it.
    """
    text = _email(value, drops_plus=drops_plus) if kind == "email" else _phone(value)
    return hashlib.sha256(text.encode()).hexdigest()


def _email(value: str, *, drops_plus: bool) -> str:
    text = value.strip().lower()
    name, at, domain = text.rpartition("@")
    if domain in _IGNORES_DOTS:
        name = (name.partition("+")[0] if drops_plus else name).replace(".", "")
    if not at or not name or "." not in domain or re.search(r"\s", text):
        raise ValueError("the email is no e-mail address")
    return f"{name}@{domain}"


def _phone(value: str) -> str:
    """E.164; without a country there is no telling which number it is."""
    text = re.sub(r"[\s().\-]", "", value)
    if not re.fullmatch(r"\+[1-9]\d{6,14}", text, re.ASCII):
        raise ValueError("the phone is not in the form of E.164, as +81312345678")
    return text
