"""The many ways people write one company name, website or e-mail address into a form."""

import re
import unicodedata

from sandbox.generation.chance import Chance

_HALF_KANA = {
    unicodedata.normalize("NFKC", chr(code) + mark): chr(code) + mark
    for mark in ("ﾟ", "ﾞ", "")
    for code in range(0xFF65, 0xFF9E)
    if len(unicodedata.normalize("NFKC", chr(code) + mark)) == 1
}


def half_width_kana(text: str) -> str:
    return "".join(_HALF_KANA.get(letter, letter) for letter in text)


def full_width_latin(text: str) -> str:
    return "".join(
        chr(ord(letter) + 0xFEE0) if letter.isascii() and letter.isalnum() else letter
        for letter in text
    )


def slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def mailbox_part(text: str) -> str:
    return slug(text).replace("-", "")


def typed_website(rng: Chance, domain: str) -> str | None:
    """A website as typed: schemes, `www.`, paths, upper case; None for one in eight."""
    if rng.plain:
        return f"https://{domain}"
    return rng.choice(
        (
            f"https://www.{domain}/",
            f"https://{domain}",
            f"http://www.{domain}",
            f"www.{domain}",
            domain,
            f"https://www.{domain}/company/index.html",
            f"HTTPS://WWW.{domain.upper()}/",
            None,
        )
    )


def typed_domain(rng: Chance, domain: str) -> str | None:
    if rng.plain:
        return domain
    roll = rng.random()
    if roll < 0.12:
        return None
    if roll < 0.20:
        return f"www.{domain}"
    return domain.upper() if roll < 0.24 else domain


def typed_email(rng: Chance, email: str) -> str:
    """Mostly as it is; sometimes capitals or stray spaces survive a copy and paste."""
    if rng.plain:
        return email
    roll = rng.random()
    if roll < 0.05:
        return email.upper()
    if roll < 0.09:
        return f" {email} "
    return email.title() if roll < 0.12 else email
