"""Reads from the environment which proxy a host is reached through."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.request import getproxies, proxy_bypass

import httpx
from urllib3.exceptions import LocationValueError
from urllib3.util import make_headers, parse_url

PORTS = {"http": 80, "https": 443}

# Scheme, host and port.
Origin = tuple[str, str, int]


@dataclass(frozen=True)
class Proxy:
    """A proxy of the environment; `authorization` is empty when it wants none."""

    scheme: str
    host: str
    port: int
    authorization: dict[str, str]


def environment_proxy(origin: Origin) -> Proxy | None:
    """The proxy that `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` ask for."""
    scheme, host, port = origin
    proxies = getproxies()
    named = proxies.get(scheme) or proxies.get("all")
    if not named or proxy_bypass(f"{host}:{port}"):
        return None
    try:
        url = parse_url(named if "://" in named else f"http://{named}")
    except LocationValueError as error:
        raise httpx.ProxyError(f"The proxy for {scheme} is no URL: {error}") from error
    if url.scheme not in PORTS or not url.host:
        raise httpx.ProxyError(f"Only http and https proxies are supported, not {url.scheme}.")
    login = make_headers(proxy_basic_auth=url.auth) if url.auth else {}
    return Proxy(url.scheme, url.host, url.port or PORTS[url.scheme], dict(login))
