"""The domain that somebody registered, of whatever people type where a site or a mail belongs."""

from __future__ import annotations

import functools
import ipaddress
import re
import unicodedata
from typing import Any

import idna
import pyarrow as pa
import tldextract

# One field may list several domains or sites; the first is the one people mean.
_FIRST_ENTRY = re.compile(r"[^\s,;、，；]+")


@functools.cache
def _suffixes() -> tldextract.TLDExtract:
    # The bundled list only: a build that asks the network for a newer one is not repeatable.
    return tldextract.TLDExtract(
        cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True
    )


@functools.lru_cache(maxsize=2**17)
def registrable_domain(text: str) -> str | None:
    """Reduce a URL, host or e-mail address to the domain that somebody registered.

    Hosts under a suffix the list does not know keep their last two labels (the list's own default
    rule). Domains in their own script come back as punycode. IP addresses and bare suffixes have
    none.
    """
    first = _FIRST_ENTRY.search(unicodedata.normalize("NFKC", text).lower())
    if first is None:
        return None
    parts = _suffixes()(first.group())
    if parts.suffix:
        return _ascii(parts.top_domain_under_public_suffix) or None
    host = ".".join(part for part in (parts.subdomain, parts.domain) if part)
    labels = [label for label in host.split(".") if label]
    return _ascii(".".join(labels[-2:])) if len(labels) > 1 and not _is_address(host) else None


def registrable_domains(texts: Any) -> Any:
    """Apply `registrable_domain`, whose cache makes a repeated text cheap; null stays null."""
    return pa.array([text and registrable_domain(text) for text in texts.to_pylist()], pa.string())


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        # Typed by people: not a legal domain, but still the same text on both sides.
        return domain
