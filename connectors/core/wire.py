"""Sends requests with their credentials over one transport, and does nothing else.

httpx's own client also merges cookies, follows redirects, runs hooks and times every request;
together that costs more than the transport, on every page. Its requests, responses and
credentials are what is used here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from connectors.core.transport import Transport

_LOG = logging.getLogger(__name__)


class Texts(dict[str, Any]):
    """A body all of whose values, however deep, are texts.

    It is written at an eighth of what another costs. Others may hold what JSON has no word for,
    such as a number that is none: that must raise, and not be sent as null.
    """


class Wire:
    """One base URL, one credential.

    Every answer is read whole. `seen` is shown each request before it goes, credential included.
    """

    def __init__(
        self,
        base_url: str,
        auth: httpx.Auth,
        *,
        timeout: float,
        headers: Mapping[str, str],
        seen: Callable[[httpx.Request], None],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = httpx.URL(base_url)
        self._base = str(self.base_url).rstrip("/")
        self._auth = auth
        self._headers = httpx.Headers(
            {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", **headers}
        )
        self._of_texts = self._with({"Content-Type": "application/json"})
        self._extensions = {"timeout": httpx.Timeout(timeout).as_dict()}
        self._seen = seen
        self._transport = transport or Transport()

    def close(self) -> None:
        self._transport.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send, renewing the credential where its flow says so.

        Args:
            method: of HTTP.
            path: below the base URL, or a whole URL.
            params: of the query; those that are None are left out.
            json: the body, if there is one.
            content: the body where it is no JSON.
            headers: for this request alone.

        Raises:
            httpx.RequestError: no whole answer came.
        """
        url, target = self._address(path, params)
        given = self._with(headers) if headers else self._headers
        if isinstance(json, Texts) and not headers:
            content, json, given = msgspec.json.encode(json), None, self._of_texts
        request = httpx.Request(
            method,
            url,
            headers=given,
            json=json,
            content=content,
            extensions={"target": target} if target else {},
        )
        flow = self._auth.sync_auth_flow(request)
        try:
            request = next(flow)
            while True:
                response = self._once(request)
                try:
                    request = flow.send(response)
                except StopIteration:
                    return response
        finally:
            flow.close()

    def _with(self, headers: Mapping[str, str]) -> httpx.Headers:
        joint = self._headers.copy()
        joint.update(headers)
        return joint

    def _once(self, request: httpx.Request) -> httpx.Response:
        # A flow's own requests, for a token, come without a limit of time.
        request.extensions = {**self._extensions, **request.extensions}
        self._seen(request)
        response = self._transport.handle_request(request)
        response.request = request
        try:
            response.read()
        finally:
            response.close()
        _LOG.debug("%s %s%s: %s", request.method, request.url.host, request.url.path, response)
        return response

    def _address(
        self, path: str, params: Mapping[str, Any] | None
    ) -> tuple[httpx.URL, bytes | None]:
        """The URL, and what is asked of it where that is the URL with a query.

        httpx parses an address letter by letter, and that of a page may have hundreds: the path
        is parsed once, and the query is sent as it is.
        """
        url = _parsed(path if path.startswith(("http://", "https://")) else self._base + path)
        query = "&".join(
            f"{_quoted(name)}={_quoted(str(one))}"
            for name, value in (params or {}).items()
            if value is not None
            for one in (value if isinstance(value, list | tuple) else (value,))
        )
        if not query:
            return url, None
        joint = b"&" if url.query else b"?"
        return url, url.raw_path + joint + query.encode()


@lru_cache(maxsize=256)
def _parsed(address: str) -> httpx.URL:
    return httpx.URL(address)


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return quote(text, safe="")
